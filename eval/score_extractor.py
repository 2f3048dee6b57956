#!/usr/bin/env python3
"""Score an extractor on the gold standard: eval/score_extractor.py --extractor rules --part dev [--errors N] [--write]

Runs it over `gold/<part>/reports.jsonl` of the shared folder, or over reports of our own words (eval/wire: news as
agencies write it; eval/styles: six ways of telling; training/written/held), as a user would, keeps the records in
eval/out/, and prints the measures of the shared `score.py` (F1 in per cent where nothing else is said), for the part
and for each source in it. `gap` and `seconds` are better when small. `--write` appends a row to eval/RESULTS.md.
"""

from __future__ import annotations

import argparse
import datetime as dt
import sys
from typing import Any

import harness

COLUMNS = [
    "score", "killed", "incident", "figure", "date", "place", "perpetrator", "type",
    "says", "who", "status", "total", "exact", "gap", "quiet",
]  # fmt: skip
HEADER = f"| date | commit | command | part | {' | '.join(COLUMNS)} | seconds |"


def cell(value: Any) -> str:
    return "-" if value is None else f"{value:.1f}" if isinstance(value, float) else str(value)


def table(rows: dict[str, dict[str, Any]]) -> str:
    """A row a source, a column a measure."""
    names = ["", "docs", *COLUMNS, "published"]
    lines = [[name, *(cell(row.get(column)) for column in names[1:])] for name, row in rows.items()]
    widths = [max(len(line[i]) for line in [names, *lines]) for i in range(len(names))]
    return "\n".join(
        "  ".join(text.rjust(width) for text, width in zip(line, widths, strict=True)) for line in [names, *lines]
    )


def row(command: str, part: str, result: dict[str, Any], seconds: float) -> str:
    cells = [dt.date.today().isoformat(), harness.commit(), f"`{command}`", part]
    cells += [cell(result.get(column)) for column in COLUMNS] + [f"{seconds:.1f}"]
    return f"| {' | '.join(cells)} |"


def append(line: str) -> None:
    text = harness.RESULTS.read_text(encoding="utf-8")
    if HEADER not in text:
        raise SystemExit(f"{harness.RESULTS.name}: the table's header is not {HEADER}")
    head, rest = text.split(HEADER, 1)
    block, *after = rest.split("\n\n", 1)
    harness.RESULTS.write_text(
        head + HEADER + block.rstrip("\n") + f"\n{line}\n" + "".join("\n" + a for a in after), "utf-8"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--extractor", default="rules")
    parser.add_argument("--part", choices=[*harness.PARTS, "both", *harness.OWN], default="dev")
    parser.add_argument(
        "--errors", type=int, default=0, metavar="N", help="list what was missed and invented in N reports"
    )
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--write", action="store_true", help="append a row to eval/RESULTS.md")
    args = parser.parse_args()
    try:
        gold = harness.gold(args.part)
    except harness.NoData as error:
        raise SystemExit(str(error)) from None
    run = harness.run_part(args.part, args.extractor, args.jobs)
    if args.errors:
        harness.shared_module("score").score(gold, run.predicted, args.errors)
    result = harness.measures(gold, run.predicted)
    groups = {name: harness.measures(part, run.predicted) for name, part in harness.by_source(gold).items()}
    print(table({args.part: result} | groups))
    cpu = f", {run.cpu_seconds:.1f} s of processor time, {run.per_second:.0f} reports/s" if args.jobs == 1 else ""
    print(f"{len(run.predicted)} records in {run.seconds:.1f} s{cpu}; toll predicted/gold {result['ratio']}")
    for issue in run.issues:
        print(f"not read: {issue.doc_id}: {issue.code}: {issue.message}", file=sys.stderr)
    if args.write:
        command = f"eval/score_extractor.py --extractor {args.extractor} --part {args.part}"
        append(row(command, args.part, result, run.cpu_seconds))


if __name__ == "__main__":
    main()
