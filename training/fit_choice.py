"""Fits the weights of `extract/choice.py` and writes `data/choice.yml`: python -m training.fit_choice

Every act that the rules read and that `score.py` aligns with one of the gold is a choice; right is the place that
the gold names first. Maximum likelihood with a quadratic penalty, over traits seen often. Fitted on gold/train and on
the reports written for training (`training/written`, those held back too), which tell of other wars; `--written`
weighs an act of theirs against one of gold, 0 leaves them out. `--folds` writes nothing and prints a table of what the
choice gets right on texts it was not fitted on: every source of gold and every file of written reports left out in
turn. gold/dev is never read. Needs numpy only.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "src"), str(ROOT / "eval")]

import harness  # noqa: E402
from tollbook import lexicon  # noqa: E402
from tollbook.clean import clean_report  # noqa: E402
from tollbook.extract import choice  # noqa: E402
from tollbook.extract.assemble import by_rule  # noqa: E402
from tollbook.extract.choice import Option  # noqa: E402
from tollbook.extract.place_traits import mentions  # noqa: E402
from tollbook.extract.rules import RulesExtractor, may_be_violent  # noqa: E402
from tollbook.model import Incident, RawReport, to_plain  # noqa: E402
from training import logit, written  # noqa: E402
from training.sets import SHARED_AT_MOST, DevGuard, full_text, shared_folder, source_of  # noqa: E402
from training.sets import gold as gold_of  # noqa: E402

SEEN = 20
"""Options that must have a trait for it to be weighed."""
PENALTY = 8.0
WRITTEN = 1.0
"""What an act of the written reports weighs against one of gold: 0.5 and 2 were no better on sources left out."""


@dataclass(frozen=True, slots=True)
class Act:
    """One act read by the rules: where its report comes from, what may be chosen, and the gold incident it is."""

    source: str
    incident: Incident
    options: Sequence[Option]
    gold: Mapping[str, Any]


Pairs = Sequence[tuple[dict[str, Any], dict[str, Any]]]


def gold_acts() -> Iterator[Act]:
    """Those of gold/train, but of reports that share their text with gold/dev."""
    guard = DevGuard(shared_folder())
    pairs = gold_of(shared_folder() / "gold" / "train")
    alone = [(row, record) for row, record in pairs if guard.overlap(full_text(row)) < SHARED_AT_MOST]
    yield from acts(alone, lambda doc_id: source_of(doc_id))


def written_acts() -> Iterator[Act]:
    """Those of the written reports; a file of theirs is a source."""
    for folder in (written.FOLDER, written.HELD):
        for path in sorted(folder.glob("*.yml")):
            yield from acts(written.load(folder, path.name), lambda _, stem=path.stem: stem)


def acts(pairs: Pairs, source: Callable[[str], str]) -> Iterator[Act]:
    """Every act that the choice decides on and gold has too, as the rules tell it before the choice."""
    score = harness.shared_module("score")
    extractor = RulesExtractor()
    for row, record in pairs:
        raw = RawReport(
            row["doc_id"], row["text"], False, "", title=row.get("title"), outlet=row.get("outlet"),
            published=row.get("published"),
        )  # fmt: skip
        report = clean_report(raw)
        if not may_be_violent(report.text):
            continue
        marks, read = extractor.marks(report)
        stories, incidents = by_rule(report, marks, read.country)
        told = score.clean({"doc_id": report.doc_id, "incidents": [to_plain(i) for i in incidents]}, [])["incidents"]
        mine = [x for x in told if x["scope"] in ("incident", "background")]
        real = [x for x in score.clean(record, [])["incidents"] if x["scope"] in ("incident", "background")]
        named = mentions(marks)
        for theirs, found in score.align(real, mine):
            k = next(n for n, x in enumerate(told) if x is found)
            yield Act(source(report.doc_id), incidents[k], choice.options(k, stories, incidents, marks, named), theirs)


def is_right(option: Option, gold: Mapping[str, Any], alike: Callable[[str, str], bool]) -> bool:
    """Whether the option is the place that the gold names first, or both have none."""
    first = (gold.get("places") or [None])[0]
    return option.place is None if first is None else option.place is not None and alike(option.place.name, first)


def fit(data: Sequence[Act], files: Container[str], weigh: float) -> dict[str, float]:
    """The weights of the traits; an act of one of the written `files` weighs `weigh`, any other 1."""
    alike = harness.shared_module("score").alike
    return logit.fit(
        [
            logit.Choice(
                [o.traits for o in act.options],
                [is_right(o, act.gold, alike) for o in act.options],
                weigh if act.source in files else 1.0,
            )
            for act in data
        ],
        seen=SEEN,
        penalty=PENALTY,
    )


def count_right(data: Sequence[Act], weight: Mapping[str, float] | None) -> int:
    """Acts whose place is the gold's; without weights, of what the rules say."""
    alike = harness.shared_module("score").alike
    if weight is not None:
        return sum(is_right(choice.likeliest(act.options, weight), act.gold, alike) for act in data)
    hits = 0
    for act in data:
        mine, theirs = act.incident.places[:1], (act.gold.get("places") or [])[:1]
        hits += (not mine and not theirs) or any(alike(a, b) for a in mine for b in theirs)
    return hits


def folds(data: Sequence[Act], files: Container[str], weigh: float) -> None:
    """Prints how many places are right by rule, and by weights fitted on all sources but the one."""
    print("| source left out | acts | right by rule | chosen |\n|---|---|---|---|")
    sums = {"gold": [0, 0, 0], "written": [0, 0, 0]}
    for left in sorted({a.source for a in data}, key=lambda name: (name in files, name)):
        held = [a for a in data if a.source == left]
        weight = fit([a for a in data if a.source != left], files, weigh)
        row = len(held), count_right(held, None), count_right(held, weight)
        print(f"| {left} | {row[0]} | {row[1]} | {row[2]} |", flush=True)
        part = sums["written" if left in files else "gold"]
        part[:] = [a + b for a, b in zip(part, row, strict=True)]
    for name, (n, ruled, chosen) in sums.items():
        print(f"| **{name}** | {n} | {ruled} | {chosen} |")


def main() -> None:
    """Fits and writes; or measures."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--folds", action="store_true", help="measure on sources left out instead of writing")
    parser.add_argument("--written", type=float, default=WRITTEN, help="weight of an act of the written reports")
    options = parser.parse_args()
    others = list(written_acts())
    data, files = [*gold_acts(), *others], {a.source for a in others}
    if options.folds:
        folds(data, files, options.written)
        return
    weights = fit(data, files, options.written)
    path = lexicon.DATA / "choice.yml"
    head = "".join(line for line in path.read_text(encoding="utf-8").splitlines(True) if line.startswith("#"))
    path.write_text(head + yaml.safe_dump(weights, sort_keys=True, width=120), encoding="utf-8")
    print(f"{len(weights)} weights; {count_right(data, weights)} of the {len(data)} acts they were fitted on are right")


if __name__ == "__main__":
    main()
