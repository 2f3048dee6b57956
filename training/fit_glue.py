"""Chooses the numbers of `data/model/glue.yml` on train, and measures what the tagger adds: python -m training.fit_glue

Every train report is read by the fold that leaves out all of gold (`training.run --only folds --folds gold`), so the
numbers are chosen on texts of sources the tagger has not seen. One number at a time is moved over a short list while
the score of `score.py` over all train reports rises. `--keep` only measures `glue.yml` as it is, on train, or with
`--part dev` or `--part held` (the written reports held back) the shipped model. Printed are the tables of section 8
of docs/method.md: the tagger without the rules, rules alone, each use of the tagger alone, all of them, train source
by source; and how often figures and acts are right by what the tagger says of them (`data/model/reliability.yml`).
"""

from __future__ import annotations

import argparse
import json
import sys
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "src"), str(ROOT / "eval")]

import harness  # noqa: E402
from tollbook import lexicon  # noqa: E402
from tollbook.clean import clean_report  # noqa: E402
from tollbook.extract.assemble import assemble  # noqa: E402
from tollbook.extract.local import Glue, TaggerAdvice, calibrated, edited, glue, told_at  # noqa: E402
from tollbook.extract.marks import Marks  # noqa: E402
from tollbook.extract.rules import RulesExtractor, may_be_violent  # noqa: E402
from tollbook.extract.tagger import FOLDER, Tagger, Tagging  # noqa: E402
from tollbook.model import RawReport, Report, to_plain  # noqa: E402
from training import written  # noqa: E402
from training.alone import record  # noqa: E402
from training.sets import FIRST, shared_folder, source_of  # noqa: E402
from training.sets import gold as gold_of  # noqa: E402

OFF = Glue(drop=1.0, harm=1.0, who=1.0, add=1.0, add_person=1.0, type=0.0, type_rule=1.0,
           type_wordless=1.0, type_open=1.0, type_told=0.0, link=0.0, scope=1.0, doer_add=1.0, place=0.0,
           place_link=0.0, day_link=0.0)  # fmt: skip
"""The tagger overrules nothing."""
TRIED: dict[str, tuple[float, ...]] = {
    "drop": (0.9, 0.97, 0.99, 1.0),
    "harm": (0.8, 0.9, 1.0),
    "who": (0.6, 0.7, 0.8, 0.9, 1.0),
    "add": (0.5, 0.6, 0.7, 0.8, 0.9, 1.0),
    "add_person": (0.5, 0.7, 0.8, 0.9, 1.0),
    "type": (0.0, 0.2, 0.33, 0.5),
    "type_rule": (0.7, 1.0),
    "type_wordless": (0.3, 0.5, 0.7),
    "type_open": (0.0, 0.25, 0.5),
    "type_told": (0.0, 0.3, 0.5),
    "link": (0.0, 0.1, 0.2, 0.3, 0.4),
    "scope": (0.7, 0.8, 0.9, 1.0),
    "doer_add": (0.5, 0.55, 0.6, 0.7, 0.8, 0.9, 1.0),
    "place": (0.0, 0.5, 0.8, 1.2),
    "place_link": (0.0, 0.2, 0.4),
    "day_link": (0.0, 0.2, 0.4, 0.6),
}
USES: dict[str, tuple[str, ...]] = {
    "figures": ("drop", "harm", "who", "add", "add_person"),
    "types": ("type", "type_rule", "type_wordless", "type_open", "type_told"),
    "links between tellings": ("link",),
    "scopes": ("scope",),
    "doers": ("doer_add",),
    "places": ("place", "place_link"),
    "days": ("day_link",),
}
"""What the tagger is used for, and the numbers that turn it on."""
PARTS = ("train", "dev", "held")
GROUPS = 8
SHOWN = ("score", "incident", "figure", "killed", "date", "place", "perpetrator", "type", "total", "who", "says")


@dataclass(frozen=True, slots=True)
class Read:
    """One train report: what the rules mark in it and what a tagger that has not seen its source says."""

    report: Report
    marks: Sequence[Marks]
    country: str | None
    tagging: Tagging | None


def pairs_of(part: str) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    """The reports and records of a part of gold, or of the written reports held back."""
    return written.load(written.HELD) if part == "held" else gold_of(shared_folder() / "gold" / part)


def read(part: str, model: Path) -> list[Read]:
    """The reports of the part, read by the tagger in the folder `model`."""
    rules = RulesExtractor()
    tagger = Tagger.open(model)
    out = []
    for row, _ in pairs_of(part):
        report = clean_report(
            RawReport(
                row["doc_id"], row["text"], False, "", title=row.get("title"), outlet=row.get("outlet"),
                published=row.get("published"),
            )
        )  # fmt: skip
        if not may_be_violent(report.text):
            continue
        marks, places = rules.marks(report)
        out.append(Read(report, marks, places.country, tagger.tag(report, [m.sentence for m in marks])))
    return out


def predicted(data: Sequence[Read], how: Glue | None) -> dict[str, Any]:
    """The records that the glue makes; without glue, those of the rules."""
    found = {}
    for one in data:
        if how is None or one.tagging is None:
            reading = assemble(one.report, one.marks, one.country)
        else:
            advice = TaggerAdvice(one.tagging, how, one.report.text)
            reading = assemble(one.report, edited(one.marks, one.tagging, how), one.country, advice)
        doc_id = one.report.doc_id
        found[doc_id] = {"doc_id": doc_id, "incidents": [to_plain(i) for i in reading.incidents]}
    return found


def alone(data: Sequence[Read]) -> dict[str, Any]:
    """The records that the tagger makes without the rules."""
    return {one.report.doc_id: record(one.report, one.marks, one.tagging) for one in data if one.tagging is not None}


def measured(gold: Mapping[str, Any], records: Mapping[str, Any]) -> dict[str, float]:
    """The measures of score.py, F1 where they have one."""
    result = harness.shared_module("score").score(dict(gold), dict(records))
    return {k: result[k]["f1"] if isinstance(result[k], dict) else result[k] for k in SHOWN}


def line(name: str, result: Mapping[str, float]) -> str:
    """A row of the ablation table."""
    return f"| {name} | " + " | ".join(f"{result[k]:.1f}" for k in SHOWN) + " |"


def search(data: Sequence[Read], gold: Mapping[str, Any], how: Glue) -> Glue:
    """The best glue found by moving one number at a time, twice around."""
    best = measured(gold, predicted(data, how))["score"]
    for _ in range(2):
        moved = False
        for name, values in TRIED.items():
            for value in values:
                other = replace(how, **{name: value})
                if other != how:
                    score = measured(gold, predicted(data, other))["score"]
                    if score > best:
                        best, how, moved = score, other, True
                        print(f"{name} {value}: {score}", flush=True)
        if not moved:
            break
    return how


def ablation(data: Sequence[Read], gold: Mapping[str, Any], how: Glue) -> None:
    """Prints the table."""
    print("| | " + " | ".join(SHOWN) + " |\n|" + "---|" * (len(SHOWN) + 1))
    rows: dict[str, Glue | None] = {"rules": None, "local": how}
    for name, numbers in USES.items():
        rows[name] = replace(OFF, **{n: getattr(how, n) for n in numbers})
    print(line("model alone", measured(gold, alone(data))), flush=True)
    for name, glue_of in rows.items():
        records = predicted(data, glue_of)
        print(line(name, measured(gold, records)), flush=True)
        for source in sorted({source_of(d) for d in gold}) if name in ("rules", "local") else ():
            part = {d: g for d, g in gold.items() if source_of(d) == source}
            print(line(f"{name}, {source} ({len(part)})", measured(part, records)), flush=True)


Said = list[tuple[str, float, bool]]
"""Of each thing told: its report, what the tagger says of it, whether it is right."""


def said_and_right(data: Sequence[Read], gold: Mapping[str, Any], how: Glue) -> tuple[Said, Said]:
    """Figures and acts. A figure is right if its act's gold has one with the same bounds, an act if gold has it."""
    score = harness.shared_module("score")
    figures: Said = []
    acts: Said = []
    for one in data:
        if one.tagging is None:
            continue
        advice = TaggerAdvice(one.tagging, how, one.report.text)
        incidents = assemble(one.report, edited(one.marks, one.tagging, how), one.country, advice).incidents
        plain = {"doc_id": one.report.doc_id, "incidents": [to_plain(i) for i in incidents]}
        told = score.clean(plain, [])["incidents"]
        real = score.clean(gold[one.report.doc_id], [])["incidents"]
        right: dict[int, list[Any]] = {}
        for scopes in (("incident", "background"), ("statistic", "total")):
            mine = [x for x in told if x["scope"] in scopes]
            for theirs, mate in score.align([x for x in real if x["scope"] in scopes], mine):
                right[id(mate)] = [(c["harm"], c["min"], c["max"]) for c in theirs["casualties"]]
        telling = told_at(one.marks, one.tagging)
        for incident, entry in zip(incidents, told, strict=True):
            if incident.quote_span in telling:
                acts.append((one.report.doc_id, telling[incident.quote_span], id(entry) in right))
            for c in incident.casualties:
                classes = one.tagging.figure(c.span)
                if classes is not None:
                    hit = (c.harm, c.min, c.max) in right.get(id(entry), ())
                    figures.append((one.report.doc_id, classes.harm[c.harm], hit))
    return figures, acts


def table(pairs: Said) -> list[tuple[float, float]]:
    """Means of what was said and what was right in groups of like size, in rising order; equal ones only once."""
    rows: list[tuple[float, float]] = []
    for part in np.array_split(np.array(sorted((p, float(hit)) for _, p, hit in pairs)), GROUPS):
        said, right = (round(float(x), 3) for x in part.mean(axis=0))
        right = max(right, rows[-1][1] if rows else 0.0)
        if not rows or right > rows[-1][1]:
            rows.append((said, right))
    return rows


def off_by(pairs: Sequence[tuple[float, bool]]) -> float:
    """Expected calibration error over ten bins."""
    bins: dict[int, list[tuple[float, bool]]] = {}
    for said, hit in pairs:
        bins.setdefault(min(9, int(said * 10)), []).append((said, hit))
    gaps = [abs(sum(p for p, _ in b) - sum(hit for _, hit in b)) for b in bins.values()]
    return round(sum(gaps) / max(1, len(pairs)), 3)


def reliability(name: str, pairs: Said) -> None:
    """Prints how often they are right, the table, and how far off raw numbers and other halves' tables are."""
    for low in range(10):
        inside = [hit for _, p, hit in pairs if min(9, int(p * 10)) == low]
        if inside:
            print(f"said {low / 10:.1f}: {len(inside)} {name}, {100 * sum(inside) / len(inside):.0f} % right")
    half = {d: zlib.crc32(d.encode()) % 2 for d, _, _ in pairs}
    other = [table([x for x in pairs if half[x[0]] != n]) for n in (0, 1)]
    crossed = [(calibrated(p, other[half[d]]), hit) for d, p, hit in pairs]
    raw = off_by([(p, hit) for _, p, hit in pairs])
    print(f"{len(pairs)} {name}; calibration error said {raw}, by the other half's table {off_by(crossed)}")
    print(*(f"- [{said}, {right}]" for said, right in table(pairs)), sep="\n")


def main() -> None:
    """Searches or measures."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--work", type=Path, default=ROOT / "build/training", help="where the folds' models lie")
    parser.add_argument("--part", choices=PARTS, default="train", help="train by the fold, others by the shipped model")
    parser.add_argument("--keep", action="store_true", help="measure glue.yml as it is instead of searching")
    options = parser.parse_args()
    if options.part != "train" and not options.keep:
        parser.error("numbers are chosen on train only; the other parts are measured, with --keep")
    gold = {r["doc_id"]: r for _, r in pairs_of(options.part)}
    data = read(options.part, options.work / f"fold-{FIRST}" if options.part == "train" else FOLDER)
    how = glue() if options.keep else search(data, gold, glue())
    ablation(data, gold, how)
    for name, pairs in zip(("figures", "acts"), said_and_right(data, gold, how), strict=True):
        reliability(name, pairs)
    print(json.dumps(asdict(how)))
    if not options.keep:
        path = lexicon.DATA / "model/glue.yml"
        lines = path.read_text(encoding="utf-8").splitlines(True)
        for name, value in asdict(how).items():
            lines = [f"{name}: {value}{old[old.index('  ') :]}" if old.startswith(f"{name}:") else old for old in lines]
        path.write_text("".join(lines), encoding="utf-8")


if __name__ == "__main__":
    main()
