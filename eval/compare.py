#!/usr/bin/env python3
"""Is B better than A, or is it noise? eval/compare.py A.jsonl B.jsonl [--part dev] [-n 2000]

A and B are predictions that `score_extractor.py` left in eval/out/ (copy one aside before a change). Prints score,
killed and incident F1 of both, the difference with its 95 % interval from a paired bootstrap over the reports, and
how often B came out ahead. An interval that holds 0 proves nothing. The drawing is the shared `compare.py`'s.
"""

from __future__ import annotations

import argparse
import random
from pathlib import Path

import harness


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("a", type=Path)
    parser.add_argument("b", type=Path)
    parser.add_argument("--part", choices=[*harness.PARTS, "both"], default="dev")
    parser.add_argument("-n", type=int, default=2000, help="draws")
    args = parser.parse_args()
    try:
        gold = harness.gold(args.part)
        shared = harness.shared_module("compare")
    except harness.NoData as error:
        raise SystemExit(str(error)) from None
    a, b = (shared.per_report(gold, {r["doc_id"]: r for r in harness.jsonl(path)}) for path in (args.a, args.b))
    docs, rng = list(gold), random.Random(0)
    draws = [[rng.choice(docs) for _ in docs] for _ in range(args.n)]
    one, two = shared.f1s(a, docs), shared.f1s(b, docs)
    boots = [(shared.f1s(a, drawn), shared.f1s(b, drawn)) for drawn in draws]
    for key in ("score", "killed", "incident", "figure", "date", "place", "perpetrator", "type"):
        gains = sorted(y[key] - x[key] for x, y in boots)
        low, high = gains[int(0.025 * len(gains))], gains[int(0.975 * len(gains)) - 1]
        ahead = sum(gain > 0 for gain in gains) / len(gains)
        print(
            f"{key:11} A {one[key]:5.1f}  B {two[key]:5.1f}  B-A {two[key] - one[key]:+5.1f}"
            f"  95 % [{low:+.1f}, {high:+.1f}]  B ahead in {ahead:.0%}"
        )


if __name__ == "__main__":
    main()
