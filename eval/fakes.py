#!/usr/bin/env python3
"""A book of the FA-KES corpus by our own reading: eval/fakes.py BOOK [--year 2016] [--top 20] [--sample 10]

Makes BOOK (unless it is there) of the reports of the shared folder's `corpora/fakes`, of one year or of all, read by
the rules; prints how many incidents, by how many reports and voices, the totals by month, and the incidents with the
largest high figures: what inflates a total is among them. `--sample` draws incidents to be checked by hand: half told
by two reports or more, half by one, sorted by id, `random.Random(5)`. Prints no text of the corpus, only ids, days,
places and figures.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import tempfile
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SHARED = Path(os.environ.get("TOLLBOOK_SHARED", ROOT.parent / "shared"))


def make(path: Path, year: str | None) -> None:
    """Reads the reports of the year into a new book."""
    from tollbook.book import init_book
    from tollbook.pipeline import run

    lines = (SHARED / "corpora" / "fakes" / "reports.jsonl").read_text(encoding="utf-8").splitlines()
    kept = [line for line in lines if year is None or str(json.loads(line)["published"]).startswith(year)]
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "reports.jsonl"
        source.write_text("\n".join(kept) + "\n", encoding="utf-8")
        with init_book(path) as book:
            done = book.add_read(run([source], extractor="rules"))
            book.refresh()
    print(f"{done.reports} reports, {done.incidents} mentions, {done.figures} figures, {done.issues} issues")


def show(path: Path, top: int, sample: int) -> None:
    """The numbers of the book, without its words."""
    from tollbook.book import open_book

    with open_book(path) as book:
        found = book.incidents()
        print(f"{len(found)} incidents: {dict(Counter(i.scope for i in found))}")
        print(f"told by so many reports: {sorted(Counter(min(i.reports, 5) for i in found).items())} (5: or more)")
        print(f"voices at most: {sorted(Counter(min(i.voices[1], 5) for i in found).items())} (5: or more)")
        print(book.totals("month").text())
    counted = [i for i in found if i.bounds.get(("killed", "all"), (None,) * 3)[2]]
    print(f"\nThe {top} largest:")
    for i in sorted(counted, key=lambda i: -(i.bounds["killed", "all"][2] or 0))[:top]:
        print(f"  {i.id[:10]} {i.scope:10} {i.status:8} {i.start}..{i.end} {', '.join(i.places[:2])}: {i.killed}")
    acts = sorted((i for i in counted if i.scope == "incident"), key=lambda i: i.id)
    dice = random.Random(5)
    print(f"\n{sample} to be checked by hand:")
    for group in ([i for i in acts if i.reports > 1], [i for i in acts if i.reports == 1]):
        for i in dice.sample(group, min(sample // 2, len(group))):
            print(f"  {i.id[:10]} {i.type}, {i.start}..{i.end}, {', '.join(i.places[:2])}: {i.killed}, {i.reports}")


def main() -> None:
    ask = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    ask.add_argument("book", type=Path)
    ask.add_argument("--year")
    ask.add_argument("--top", type=int, default=20)
    ask.add_argument("--sample", type=int, default=10)
    asked = ask.parse_args()
    if not asked.book.exists():
        make(asked.book, asked.year)
    show(asked.book, asked.top, asked.sample)


if __name__ == "__main__":
    main()
