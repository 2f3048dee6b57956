"""Measures named victims: run `python eval/victims.py [gvdb|muc] [--misses N] [--wrong N]`.

gvdb: US local news with victims' and shooters' names. A name found counts as right when it shares its last word with a
gold victim of the report; a gold victim counts as found likewise. "of shooters" are names found that are a gold
shooter's and no victim's. The gold names one victim an article on average and omits many, so precision is a floor.
muc: radio and newswire in capitals, victims (human targets) of the templates of 1989-90, names of two words or more.
Ages are compared where both sides tell one.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

from harness import shared
from tollbook.clean import clean_report
from tollbook.extract.tokens import tokenize
from tollbook.extract.victims import find_victims
from tollbook.model import RawReport, Report, Victim
from tollbook.resolve.actors import find_actors, load_actors
from tollbook.sentences import split_sentences


def words(name: str) -> list[str]:
    return [w for w in re.findall(r"[a-z]+", name.lower()) if w not in ("jr", "sr", "ii", "iii")]


def alike(a: str, b: str) -> bool:
    x, y = words(a), words(b)
    return (
        bool(x)
        and bool(y)
        and (x[-1] == y[-1] or (len(x) > 1 and set(x) <= set(y)) or (len(y) > 1 and set(y) <= set(x)))
    )


def report(doc_id: str, text: str) -> Report:
    return clean_report(RawReport(doc_id=doc_id, body=text, is_html=False, raw_sha256=""))


def victims(read: Report, book: Any) -> tuple[list[Victim], float]:
    sentences = [s for s in split_sentences(read) if s.kind in ("title", "body", "standfirst")]
    actors = find_actors(read.text, sentences, book)
    found: list[Victim] = []
    start = time.perf_counter()
    for sentence in sentences:
        first, last = sentence.span
        here = [a for a in actors if first <= a.span[0] < last]
        found += find_victims(read.text, tokenize(read.text, sentence.span), here)
    return found, time.perf_counter() - start


def gvdb(path: Path) -> list[tuple[str, str, list[tuple[str, int | None]], list[str]]]:
    rows = []
    for line in path.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        names = []
        for v in row["victims"]:
            if v["name"]:
                age = re.match(r"\d+", v["age"]["text"]) if v["age"] else None
                names.append((v["name"]["text"], int(age.group()) if age else None))
        rows.append((row["docid"], row["text"], names, [s["name"]["text"] for s in row["shooters"] if s["name"]]))
    return rows


def muc(path: Path) -> list[tuple[str, str, list[tuple[str, int | None]], list[str]]]:
    rows = []
    for line in path.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        names = []
        for entity in row["entities_doc"].get("Victim", []):
            best = max((m if isinstance(m, str) else m[0] for m in entity), key=len)
            if len(words(best)) >= 2 and not re.search(
                r"\b(the|of|and|two|three|priests?|citizens?|persons?)\b|s$", best
            ):
                names.append((best, None))
        rows.append((row["docid"], row["text"], names, []))
    return rows


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("corpus", choices=["gvdb", "muc"], nargs="?", default="gvdb")
    parser.add_argument("--misses", type=int, default=0)
    parser.add_argument("--wrong", type=int, default=0)
    parser.add_argument("--limit", type=int, default=400)
    options = parser.parse_args()
    corpora = shared() / "corpora"
    rows = gvdb(corpora / "gvdb" / "dev.jsonl") if options.corpus == "gvdb" else muc(corpora / "muc4" / "dev.jsonl")
    book = load_actors()
    tally: Counter[str] = Counter()
    missed: list[str] = []
    wrong: list[str] = []
    seconds = 0.0
    for doc_id, text, gold, shooters in rows[: options.limit]:
        read = report(doc_id, text)
        found, spent = victims(read, book)
        seconds += spent
        named = [v for v in found if v.name]
        tally["described"] += len(found) - len(named)
        tally["words"] += len(text.split())
        for name, age in gold:
            hits = [v for v in named if v.name and alike(name, v.name)]
            tally["gold"] += 1
            tally["gold found"] += bool(hits)
            if not hits:
                missed.append(f"{doc_id} | {name} | {sum(words(name)[-1:] == words(w)[-1:] for w in text.split())}x")
            ages = {v.age for v in hits if v.age is not None}
            if age is not None and ages:
                tally["ages"] += 1
                tally["ages right"] += age in ages
        for v in named:
            assert v.name is not None
            right = any(alike(name, v.name) for name, _ in gold)
            tally["found"] += 1
            tally["found right"] += right
            if not right:
                shooter = any(alike(s, v.name) for s in shooters)
                tally["of shooters"] += shooter
                around = read.text[max(0, v.span[0] - 60) : v.span[1] + 50].replace("\n", " ")
                wrong.append(f"{doc_id} | {'SHOOTER ' if shooter else ''}{v.harm} {v.name} | ... {around}")
    recall = tally["gold found"] / max(tally["gold"], 1)
    precision = tally["found right"] / max(tally["found"], 1)
    print(f"{options.corpus}: names recall {recall:.3f} ({tally['gold found']}/{tally['gold']}) "
          f"precision {precision:.3f} ({tally['found right']}/{tally['found']}), shooters {tally['of shooters']}, "
          f"ages {tally['ages right']}/{tally['ages']}, described {tally['described']}, "
          f"{1000 * seconds / max(tally['words'], 1) * 400:.2f} ms for 400 words")  # fmt: skip
    for line in missed[: options.misses] + wrong[: options.wrong]:
        print(line)
    return 0


if __name__ == "__main__":
    sys.exit(main())
