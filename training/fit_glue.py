"""Chooses the numbers of `data/model/glue.yml` on train, and measures what the tagger adds: python -m training.fit_glue

Every train report is read by the fold model that was trained without its source (`python -m training.run --only
folds`), so the numbers are chosen on texts of sources the tagger has not seen. One number at a time is moved over a
short list while the score of `score.py` over all train reports rises. Prints each step and, at the end, the ablation
of docs/method.md: rules alone, each use of the tagger alone, and all of them, source by source.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "src"), str(ROOT / "eval")]

import harness  # noqa: E402
from tollbook import lexicon  # noqa: E402
from tollbook.clean import clean_report  # noqa: E402
from tollbook.extract.assemble import assemble  # noqa: E402
from tollbook.extract.local import Glue, TaggerAdvice, edited, glue  # noqa: E402
from tollbook.extract.marks import Marks  # noqa: E402
from tollbook.extract.rules import RulesExtractor, may_be_violent  # noqa: E402
from tollbook.extract.tagger import Tagger, Tagging  # noqa: E402
from tollbook.model import RawReport, Report, to_plain  # noqa: E402
from training.sets import FOLDS, fold_for, shared_folder, source_of  # noqa: E402
from training.sets import gold as gold_of  # noqa: E402

OFF = Glue(drop=1.0, harm=1.0, who=1.0, add=1.0, add_person=1.0, type=1.0, type_kept=0.0, link=0.0, scope=1.0,
           doer_drop=0.0, doer_add=1.0)  # fmt: skip
"""The tagger overrules nothing."""
TRIED: dict[str, tuple[float, ...]] = {
    "drop": (0.9, 0.97, 0.99, 1.0),
    "harm": (0.8, 0.9, 1.0),
    "who": (0.6, 0.7, 0.8, 0.9, 1.0),
    "add": (0.7, 0.8, 0.9, 1.0),
    "add_person": (0.8, 0.9, 1.0),
    "type": (0.4, 0.5, 0.6, 0.7, 1.0),
    "type_kept": (0.1, 0.25),
    "link": (0.0, 0.1, 0.2, 0.3, 0.4),
    "scope": (0.7, 0.8, 0.9, 1.0),
    "doer_drop": (0.0, 0.02, 0.05, 0.1, 0.2),
    "doer_add": (0.5, 0.6, 0.7, 0.8, 0.9, 1.0),
}
SHOWN = ("score", "incident", "figure", "killed", "date", "place", "perpetrator", "type", "total", "who", "says")


@dataclass(frozen=True, slots=True)
class Read:
    """One train report: what the rules mark in it and what a tagger that has not seen its source says."""

    report: Report
    marks: Sequence[Marks]
    country: str | None
    tagging: Tagging | None


def read(work: Path, part: str = "train", model: Path | None = None) -> list[Read]:
    """The reports of the part, read by the fold models in `work`, or all by `model`."""
    rules = RulesExtractor()
    taggers = {name: Tagger.open(model or work / f"fold-{name}") for name in FOLDS}
    out = []
    for row, _ in gold_of(shared_folder() / "gold" / part):
        report = clean_report(
            RawReport(
                row["doc_id"], row["text"], False, "", title=row.get("title"), outlet=row.get("outlet"),
                published=row.get("published"),
            )
        )  # fmt: skip
        if not may_be_violent(report.text):
            continue
        marks, places = rules.marks(report)
        fold = fold_for(source_of(row["doc_id"]))
        out.append(Read(report, marks, places.country, taggers[fold].tag(report, [m.sentence for m in marks])))
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
    rows: dict[str, Glue | None] = {
        "rules": None,
        "figures": replace(how, type=1.0, type_kept=0.0, link=0.0),
        "type": replace(OFF, type=how.type, type_kept=how.type_kept),
        "same act": replace(OFF, link=how.link),
        "both": how,
    }
    for name, glue_of in rows.items():
        records = predicted(data, glue_of)
        print(line(name, measured(gold, records)), flush=True)
        if name in ("rules", "both"):
            for source in sorted({source_of(d) for d in gold}):
                part = {d: g for d, g in gold.items() if source_of(d) == source}
                print(line(f"{name}, {source} ({len(part)})", measured(part, records)), flush=True)


def main() -> None:
    """Searches or measures."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--work", type=Path, default=ROOT / "build/training", help="where the folds' models lie")
    parser.add_argument("--keep", action="store_true", help="measure glue.yml as it is instead of searching")
    options = parser.parse_args()
    gold = {r["doc_id"]: r for _, r in gold_of(shared_folder() / "gold/train")}
    data = read(options.work)
    how = glue() if options.keep else search(data, gold, glue())
    ablation(data, gold, how)
    print(json.dumps(asdict(how)))
    if not options.keep:
        path = lexicon.DATA / "model/glue.yml"
        lines = path.read_text(encoding="utf-8").splitlines(True)
        for name, value in asdict(how).items():
            lines = [f"{name}: {value}{old[old.index('  ') :]}" if old.startswith(f"{name}:") else old for old in lines]
        path.write_text("".join(lines), encoding="utf-8")


if __name__ == "__main__":
    main()
