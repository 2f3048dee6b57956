"""Fits the weights of `extract/choice.py` on gold/train and writes `data/choice.yml`: python -m training.fit_choice

Every act that the rules read and that `score.py` aligns with one of the gold is a choice; right is the place that
the gold names first. Maximum likelihood with a quadratic penalty, over traits seen often; `--folds` prints what the
choice gains on texts it was not fitted on: by fifths of the reports, and source by source, each left out in turn.
Reads gold/train and nothing else. Needs numpy only.
"""

from __future__ import annotations

import argparse
import sys
import zlib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import yaml

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "src"), str(ROOT / "eval")]

import harness  # noqa: E402
from tollbook import lexicon  # noqa: E402
from tollbook.clean import clean_report  # noqa: E402
from tollbook.extract import choice  # noqa: E402
from tollbook.extract.assemble import by_rule  # noqa: E402
from tollbook.extract.choice import Option  # noqa: E402
from tollbook.extract.rules import RulesExtractor, may_be_violent  # noqa: E402
from tollbook.model import Incident, RawReport, to_plain  # noqa: E402
from training.sets import SHARED_AT_MOST, DevGuard, full_text, shared_folder, source_of  # noqa: E402
from training.sets import gold as gold_of  # noqa: E402

SEEN = 20
"""Options that must have a trait for it to be weighed."""
PENALTY = 4.0
SMALL = 0.15
"""A weight nearer to zero than this is left out: it moves no choice."""
STEPS = 250


@dataclass(frozen=True, slots=True)
class Act:
    """One act read by the rules: its report, the incident, what may be chosen, and the gold incident it is."""

    doc_id: str
    incident: Incident
    options: Sequence[Option]
    gold: Mapping[str, Any] | None


def acts(part: str) -> Iterator[Act]:
    """Every act of the part's reports, as the rules tell it before the choice."""
    score = harness.shared_module("score")
    guard = DevGuard(shared_folder())
    extractor = RulesExtractor()
    for row, record in gold_of(shared_folder() / "gold" / part):
        if part == "train" and guard.overlap(full_text(row)) >= SHARED_AT_MOST:
            continue
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
        real = score.clean(record, [])["incidents"]
        right: dict[int, Any] = {}
        for scopes in (("incident", "background"), ("statistic", "total")):
            mine = [x for x in told if x["scope"] in scopes]
            for theirs, found in score.align([x for x in real if x["scope"] in scopes], mine):
                right[next(n for n, x in enumerate(told) if x is found)] = theirs
        named = choice.mentions(marks)
        for k, incident in enumerate(incidents):
            yield Act(report.doc_id, incident, choice.options(k, stories, incidents, marks, named), right.get(k))


def is_right(option: Option, gold: Mapping[str, Any], alike: Callable[[str, str], bool]) -> bool:
    """Whether the option is the place that the gold names first, or both have none."""
    first = (gold.get("places") or [None])[0]
    return option.place is None if first is None else option.place is not None and alike(option.place.name, first)


def fit(data: Sequence[Act]) -> dict[str, float]:
    """The weights of the traits."""
    alike = harness.shared_module("score").alike
    sets = []
    for act in data:
        if act.gold is not None:
            truth = [is_right(o, act.gold, alike) for o in act.options]
            if any(truth) and not all(truth):
                sets.append((act.options, truth))
    seen = Counter(name for options, _ in sets for o in options for name in o.traits)
    names = sorted(name for name, n in seen.items() if n >= SEEN)
    column = {name: n for n, name in enumerate(names)}
    rows = np.zeros((sum(len(o) for o, _ in sets), len(names)))
    for at, option in enumerate(o for options, _ in sets for o in options):
        for name, size in option.traits.items():
            if name in column:
                rows[at, column[name]] = size
    truth = np.concatenate([t for _, t in sets]).astype(float)
    first = np.cumsum([0] + [len(t) for _, t in sets])[:-1]
    group = np.repeat(np.arange(len(sets)), [len(t) for _, t in sets])
    weight, slow, fast = (np.zeros(len(names)) for _ in range(3))
    for step in range(1, STEPS + 1):
        scores = rows @ weight
        e = np.exp(scores - np.maximum.reduceat(scores, first)[group])
        said = e / np.add.reduceat(e, first)[group]
        meant = e * truth / np.add.reduceat(e * truth, first)[group]
        slope = rows.T @ (said - meant) + PENALTY * weight
        slow, fast = 0.9 * slow + 0.1 * slope, 0.99 * fast + 0.01 * slope**2
        weight -= 0.1 * (slow / (1 - 0.9**step)) / (np.sqrt(fast / (1 - 0.99**step)) + 1e-8)
    return {name: round(float(w), 2) for name, w in zip(names, weight, strict=True) if abs(w) >= SMALL}


def count_right(data: Sequence[Act], weight: Mapping[str, float] | None) -> tuple[int, int]:
    """(acts whose place is the gold's, acts aligned); without weights, of what the rules say."""
    alike = harness.shared_module("score").alike
    hits = n = 0
    for act in data:
        if act.gold is None:
            continue
        n += 1
        if weight is not None:
            hits += is_right(choice.likeliest(act.options, weight), act.gold, alike)
        else:
            mine, theirs = act.incident.places, act.gold.get("places") or []
            hits += (not mine and not theirs) or any(alike(a, b) for a in mine[:1] for b in theirs[:1])
    return hits, n


def folds(data: Sequence[Act]) -> None:
    """Prints how many places are right by rule, and by weights fitted on the other texts."""
    fifth = {a.doc_id: f"fifth {zlib.crc32(a.doc_id.encode()) % 5}" for a in data}
    source = {a.doc_id: source_of(a.doc_id) for a in data}
    for part in (fifth, source):
        for left in sorted(set(part.values())):
            held = [a for a in data if part[a.doc_id] == left]
            weight = fit([a for a in data if part[a.doc_id] != left])
            ruled, n = count_right(held, None)
            chosen, _ = count_right(held, weight)
            print(f"without {left:10} acts {n:4}  right by rule {ruled:4}  chosen {chosen:4}", flush=True)


def main() -> None:
    """Fits and writes; or measures."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--folds", action="store_true", help="measure on texts left out instead of writing")
    options = parser.parse_args()
    data = list(acts("train"))
    if options.folds:
        folds(data)
        return
    weights = fit(data)
    path = lexicon.DATA / "choice.yml"
    head = "".join(line for line in path.read_text(encoding="utf-8").splitlines(True) if line.startswith("#"))
    path.write_text(head + yaml.safe_dump(weights, sort_keys=True, width=120), encoding="utf-8")
    print(len(weights), "weights;", *count_right(data, weights), "right of those they were fitted on")


if __name__ == "__main__":
    main()
