#!/usr/bin/env python3
"""Measure finding and resolving of places.

    python eval/places.py [--errors N] [--only lgl|geovirus|train|dev] [--half first|second] [--outlets]

Geoparsing corpora (LGL, GeoVirus): share of gold toponyms found (overlapping span), and found with a point within
161 km (100 miles, the measure of the field) of the gold's; demonyms ("Russian"), which are no places here, are counted
apart. LGL also marks the places that institutions are named after ("Laurel County Sheriff"): Tollbook reads them as
evidence of where a report plays (`PlaceReading.associated`), never as scenes; `as scenes alone` leaves them out.
`right` is the share of resolved finds on gold spans within 161 km, `precision` the share of finds that overlap a gold
toponym.
Incident gold: share of incidents' first places that are found at all with the same spelling (score.py's `alike`).
Texts are read from the folder TOLLBOOK_SHARED names (default: `shared` beside the repository).
"""

from __future__ import annotations

import argparse
import hashlib
import importlib.util
import json
import os
import sys
import time
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

from tollbook.model import Place, Report
from tollbook.resolve.gazetteer import Gazetteer
from tollbook.resolve.gazetteer_rows import distance_km
from tollbook.resolve.place_outlets import home_of
from tollbook.resolve.place_text import place_words
from tollbook.resolve.places import PlaceReading, read_places
from tollbook.sentences import split_sentences

SHARED = Path(os.environ.get("TOLLBOOK_SHARED", Path(__file__).resolve().parents[1].parent / "shared"))
KM = 161.0
HALVES = {None: slice(None), "first": slice(294), "second": slice(294, None)}  # LGL's: rules are learned on the first


def report(doc_id: str, text: str, title: str = "") -> Report:
    whole = f"{title}\n\n{text}" if title else text
    digest = hashlib.sha256(whole.encode()).hexdigest()
    return Report(doc_id, whole, len(title), None, "none", "en", digest, digest)


def lines(path: Path) -> list[dict[str, Any]]:
    with path.open(encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def read(item: Report, gazetteer: Gazetteer, outlet: str | None = None) -> PlaceReading:
    return read_places(item.text, split_sentences(item), gazetteer, home=home_of(outlet))


def overlap(a: tuple[int, int], b: tuple[int, int]) -> bool:
    return a[0] < b[1] and b[0] < a[1]


def around(text: str, start: int, end: int) -> str:
    return f"...{text[max(0, start - 40) : end + 25]!r}"


def judge(gold: dict[str, Any], place: Place) -> bool:
    return (
        place.lat is not None
        and place.lon is not None
        and distance_km(gold["lat"], gold["lon"], place.lat, place.lon) <= KM
    )


def geoparsing(name: str, gazetteer: Gazetteer, errors: int, part: slice, outlets: bool) -> None:
    demonyms = place_words().demonyms
    count: Counter[str] = Counter()
    wrong: list[str] = []
    for doc in lines(SHARED / "corpora" / "geoparsing" / f"{name}.jsonl")[part]:
        reading = read(report(doc["docid"], doc["text"]), gazetteer, doc.get("outlet") if outlets else None)
        scenes = [*reading.places, *reading.datelines, *reading.references]
        found = [*scenes, *reading.associated]
        spans = [(t["start"], t["end"]) for t in doc["toponyms"]]
        count["found"] += len(found)
        for place in found:
            good = any(overlap(place.span, span) for span in spans)
            count["precise"] += good
            if not good:
                wrong.append(f"extra   {doc['docid']} {place.name!r} {around(doc['text'], *place.span)}")
        for gold in doc["toponyms"]:
            if gold["lat"] is None:
                continue
            if gold["phrase"].lower() in demonyms:
                count["demonyms"] += 1
                continue
            count["gold"] += 1
            near = [p for p in found if overlap(p.span, (gold["start"], gold["end"]))]
            if not near:
                wrong.append(
                    f"missed  {doc['docid']} {gold['phrase']!r} {around(doc['text'], gold['start'], gold['end'])}"
                )
                continue
            scene = near[0] in scenes
            count["hit"] += 1
            count["scenes"] += scene
            count["resolved"] += near[0].lat is not None
            if judge(gold, near[0]):
                count["right"] += 1
                count["right scenes"] += scene
            else:
                p = near[0]
                wrong.append(
                    f"{'far' if p.lat is not None else 'open':7} {doc['docid']} {p.name!r} as {p.gazetteer_id} "
                    f"{p.admin1} {p.country}; gold {gold.get('fcode')} {gold.get('admin1')} {gold.get('country')} "
                    f"{gold['lat']},{gold['lon']}"
                )
    every = count["gold"] + count["demonyms"]
    print(
        f"{name:10} toponyms {count['gold']:5}  found {pct(count['hit'], count['gold'])}  found and within {KM:.0f} km "
        f"{pct(count['right'], count['gold'])} (as scenes alone {pct(count['right scenes'], count['gold'])}; "
        f"with {count['demonyms']} demonyms as misses {pct(count['right'], every)})  "
        f"right of resolved {pct(count['right'], count['resolved'])}  precision {pct(count['precise'], count['found'])}"
    )
    for line in wrong[:: max(1, len(wrong) // errors)][:errors] if errors else ():
        print("   ", line)


def pct(part: int, whole: int) -> str:
    return f"{100 * part / whole:5.1f}" if whole else "  -  "


def incidents(part: str, gazetteer: Gazetteer, errors: int) -> None:
    spec = importlib.util.spec_from_file_location("score", SHARED / "gold" / "score.py")
    assert spec is not None
    assert spec.loader is not None
    score = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(score)
    gold = {d["doc_id"]: d for d in lines(SHARED / "gold" / part / "gold.jsonl")}
    total: dict[str, Counter[str]] = defaultdict(Counter)
    wrong: list[str] = []
    spent = 0.0
    for doc in lines(SHARED / "gold" / part / "reports.jsonl"):
        item = report(doc["doc_id"], doc["text"], doc.get("title") or "")
        sentences = split_sentences(item)
        start = time.process_time()
        reading = read_places(item.text, sentences, gazetteer)
        spent += time.process_time() - start
        every = [*reading.places, *reading.datelines, *reading.references]
        names = {p.name for p in every}
        wanted = [name for i in gold[doc["doc_id"]]["incidents"] for name in i["places"]]
        firsts = {i["places"][0] for i in gold[doc["doc_id"]]["incidents"] if i["places"]}
        countries = Counter(i["country"] for i in gold[doc["doc_id"]]["incidents"] if i["country"])
        for key in ("all", doc["doc_id"].split("-")[0]):
            c = total[key]
            c["words"] += len(item.text.split())
            c["names"] += len({p.name for p in reading.places if p.level != "country"})
            c["wanted"] += len(set(wanted))
            c["open"] += len({p.name for p in reading.places if p.lat is None})
            if countries:
                c["countries"] += 1
                c["country"] += reading.country == countries.most_common(1)[0][0]
            for name in firsts:
                hit = any(score.alike(name, n) for n in names)
                c["firsts"] += 1
                c["hit"] += hit
                c["point"] += any(score.alike(name, p.name) and p.lat is not None for p in every)
                if not hit and key == "all":
                    at = item.text.find(name)
                    wrong.append(
                        f"missed {doc['doc_id']} {name!r} ...{item.text[max(0, at - 50) : at + len(name) + 35]!r}"
                    )
    for key, c in total.items():
        print(
            f"{part:6} {key:8} first places {c['firsts']:5}  found {pct(c['hit'], c['firsts'])}  "
            f"with a point {pct(c['point'], c['firsts'])}  country right {pct(c['country'], c['countries'])}  "
            f"names found {c['names']} for {c['wanted']} in the gold, left open {c['open']}"
        )
    print(f"{part:6} {1e3 * spent / total['all']['words'] * 400:.1f} ms for 400 words")
    for line in wrong[:: max(1, len(wrong) // errors)][:errors] if errors else ():
        print("   ", line)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--errors", type=int, default=0)
    parser.add_argument("--only", choices=["lgl", "geovirus", "train", "dev"], action="append")
    parser.add_argument(
        "--half", choices=["first", "second"], help="of a geoparsing corpus: the first 294 texts, or the rest"
    )
    parser.add_argument("--outlets", action="store_true", help="let the outlet's seat decide between namesakes")
    arguments = parser.parse_args()
    if not SHARED.is_dir():
        print("eval/places.py: the shared folder is not there; set TOLLBOOK_SHARED", file=sys.stderr)
        return 2
    gazetteer = Gazetteer.open()
    for name in arguments.only or ("lgl", "geovirus", "train", "dev"):
        if name in ("lgl", "geovirus"):
            geoparsing(name, gazetteer, arguments.errors, HALVES[arguments.half], arguments.outlets)
        else:
            incidents(name, gazetteer, arguments.errors)
    return 0


if __name__ == "__main__":
    sys.exit(main())
