"""Fits the weights of `extract/day_choice.py` and writes `data/day_choice.yml`: python -m training.fit_days

Every act told without a day that the rules read, and that `score.py` aligns with one of gold/train or of the reports
written for training, is a choice; right are the days that the gold has. Maximum likelihood with a quadratic penalty,
over traits seen often; `--folds` writes nothing and prints what the choice gains on texts that it was not fitted on,
source by source (FA-KES, MUC, TimeML, GVDB; each region of the written reports) and by fifths. Needs numpy only.
"""

from __future__ import annotations

import argparse
import datetime as dt
import sys
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "src"), str(ROOT / "eval")]

import harness  # noqa: E402
from tollbook import lexicon  # noqa: E402
from tollbook.clean import clean_report  # noqa: E402
from tollbook.extract import day_choice  # noqa: E402
from tollbook.extract.assemble import by_rule  # noqa: E402
from tollbook.extract.choice import Option, likeliest  # noqa: E402
from tollbook.extract.rules import RulesExtractor, may_be_violent  # noqa: E402
from tollbook.model import RawReport, to_plain  # noqa: E402
from training import logit, written  # noqa: E402
from training.sets import SHARED_AT_MOST, DevGuard, full_text, shared_folder, source_of  # noqa: E402
from training.sets import gold as gold_of  # noqa: E402

SEEN = 15
"""Options that must have a trait for it to be weighed."""
PENALTY = 4.0


@dataclass(frozen=True, slots=True)
class Act:
    """One act without a day of its own: what may be chosen, which of it is right, and whether the rules are."""

    doc_id: str
    source: str
    options: Sequence[Option]
    right: Sequence[bool]
    ruled: bool


def acts() -> Iterator[Act]:
    """Every such act of gold/train and of the written reports that is aligned with one of theirs."""
    guard, extractor = DevGuard(shared_folder()), RulesExtractor()
    for row, record in gold_of(shared_folder() / "gold" / "train"):
        if guard.overlap(full_text(row)) < SHARED_AT_MOST:
            yield from _acts(row, record, source_of(row["doc_id"]), extractor)
    for row, record in [*written.load(), *written.load(written.HELD)]:
        yield from _acts(row, record, row["doc_id"].rsplit("-", 1)[0], extractor)


def _acts(row: Mapping[str, Any], record: dict[str, Any], source: str, extractor: RulesExtractor) -> Iterator[Act]:
    score = harness.shared_module("score")
    raw = RawReport(
        row["doc_id"], row["text"], False, "", title=row.get("title"), outlet=row.get("outlet"),
        published=row.get("published"),
    )  # fmt: skip
    report = clean_report(raw)
    if report.published is None or not may_be_violent(report.text):
        return
    marks, read = extractor.marks(report)
    stories, incidents = by_rule(report, marks, read.country)
    told = score.clean({"doc_id": report.doc_id, "incidents": [to_plain(i) for i in incidents]}, [])["incidents"]
    apart = ("incident", "background")
    real = [x for x in score.clean(record, [])["incidents"] if x["scope"] in apart]
    named = day_choice.mentions(marks, report.published)
    for theirs, found in score.align(real, [x for x in told if x["scope"] in apart]):
        k = next(n for n, x in enumerate(told) if x is found)
        if day_choice.open_day(k, report, stories, incidents):
            days = tuple(dt.date.fromisoformat(theirs[end]) if theirs[end] else None for end in ("start", "end"))
            pairs = day_choice.options(k, report.published, marks, stories, incidents, named)
            right = [told_days == days for _, (told_days, _) in pairs]
            ruled = (incidents[k].start, incidents[k].end) == days
            yield Act(report.doc_id, source, [option for option, _ in pairs], right, ruled)


def fit(data: Sequence[Act]) -> dict[str, float]:
    """The weights of the traits."""
    choices = [logit.Choice([o.traits for o in a.options], a.right) for a in data]
    return logit.fit(choices, seen=SEEN, penalty=PENALTY)


def count_right(data: Sequence[Act], weight: Mapping[str, float]) -> int:
    """Acts whose chosen days are the gold's."""
    hits = 0
    for act in data:
        chosen = likeliest(act.options, weight)
        hits += next(right for option, right in zip(act.options, act.right, strict=True) if option is chosen)
    return hits


def folds(data: Sequence[Act]) -> None:
    """Prints how many acts have the right days by rule, and by weights fitted on the other texts."""
    for name, part in (
        ("source", {a.doc_id: a.source for a in data}),
        ("fifth", {a.doc_id: str(zlib.crc32(a.doc_id.encode()) % 5) for a in data}),
    ):
        for left in sorted(set(part.values())):
            held = [a for a in data if part[a.doc_id] == left]
            chosen = count_right(held, fit([a for a in data if part[a.doc_id] != left]))
            ruled = sum(a.ruled for a in held)
            print(
                f"without {name} {left:12} acts {len(held):4}  right by rule {ruled:4}  chosen {chosen:4}", flush=True
            )


def main() -> None:
    """Fits and writes; or measures."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--folds", action="store_true", help="measure on texts left out instead of writing")
    options = parser.parse_args()
    data = list(acts())
    if options.folds:
        folds(data)
        return
    weights = fit(data)
    path = lexicon.DATA / "day_choice.yml"
    head = "".join(line for line in path.read_text(encoding="utf-8").splitlines(True) if line.startswith("#"))
    path.write_text(head + yaml.safe_dump(weights, sort_keys=True, width=120), encoding="utf-8")
    print(len(weights), "weights;", count_right(data, weights), "of", len(data), "right of those they were fitted on")


if __name__ == "__main__":
    main()
