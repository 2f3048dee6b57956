#!/usr/bin/env python3
"""How well `tollbook compare` pairs incidents with rows of another catalogue: eval/compare.py [train|dev ...]

Of the gold standard's incidents (news and recalled acts with a day) each cluster that two reports tell goes to both
sides, ours from one report, theirs from another, as a row without a sentence; the others go to one side, by lot. Five
lots a part. `typed` rows name a kind of act (ACLED, IBC), `untyped` do not (GED). A pair is right where both
sides are one cluster.
"""

from __future__ import annotations

import json
import os
import random
import sys
from collections import defaultdict
from pathlib import Path
from typing import Any

from tollbook.exchange.comparing import match
from tollbook.exchange.theirs import Catalogue, Entry, Toll, entry_mention

SHARED = Path(os.environ.get("TOLLBOOK_SHARED", Path(__file__).resolve().parents[2] / "shared"))
LOTS = 5


def toll(incident: dict[str, Any]) -> Toll:
    killed = [
        c
        for c in incident.get("casualties", ())
        if c["harm"] == "killed" and c.get("subset_of") is None and not c.get("undivided")
    ]
    if not killed:
        return Toll()
    low = sum(c["min"] or 0 for c in killed)
    highs = [c["max"] for c in killed]
    if None in highs:
        return Toll(low, None, low, True)
    return Toll(low, low if low == sum(highs) else None, sum(highs))


def entry(number: int, key: str, incident: dict[str, Any], typed: bool, quote: bool) -> Entry:
    told = toll(incident)
    act = {**incident, "quote": incident["quote"] if quote else ""}
    return Entry(
        key, incident["start"], incident["end"], tuple(incident["places"]), incident["country"],
        incident["type"] if typed else None, tuple(incident["perpetrators"]), told,
        entry_mention(number, key, act, told),
    )  # fmt: skip


def lot(part: str, typed: bool, seed: int) -> tuple[int, int, int, int]:
    """(right pairs, pairs, right pairs at the lower line, clusters on both sides)."""
    chance = random.Random(seed)
    clusters: dict[Any, list[tuple[str, dict[str, Any]]]] = defaultdict(list)
    for line in (SHARED / "gold" / part / "gold.jsonl").read_text(encoding="utf-8").splitlines():
        record = json.loads(line)
        for i in record["incidents"]:
            if i["scope"] in ("incident", "background") and i["status"] != "thwarted" and i.get("start"):
                clusters[i.get("cluster") or (record["doc_id"], i["id"])].append((record["doc_id"], i))
    ours: list[tuple[Any, dict[str, Any]]] = []
    theirs: list[tuple[Any, dict[str, Any]]] = []
    both = 0
    for key, told in clusters.items():
        first = chance.choice(told)
        others = [t for t in told if t[0] != first[0]]
        if others:
            ours.append((key, first[1]))
            theirs.append((key, chance.choice(others)[1]))
            both += 1
        else:
            (ours if chance.random() < 0.5 else theirs).append((key, first[1]))
    left = [entry(n, f"o{n}", i, True, True) for n, (_, i) in enumerate(ours)]
    right = [entry(n, f"t{n}", i, typed, False) for n, (_, i) in enumerate(theirs)]
    of = {**{f"o{n}": k for n, (k, _) in enumerate(ours)}, **{f"t{n}": k for n, (k, _) in enumerate(theirs)}}
    found = match(left, Catalogue("lot", "lot", "a lot", tuple(right), ()))
    good = sum(of[p.ours.id] == of[p.theirs[0].id] for p in found.pairs)
    near = sum(a.near is not None and of[a.entry.id] == of[a.near] for a in found.only_ours)
    return good, len(found.pairs), good + near, both


def main() -> None:
    for part in sys.argv[1:] or ["train", "dev"]:
        for typed in (True, False):
            good, pairs, wide, both = (sum(n) for n in zip(*(lot(part, typed, s) for s in range(LOTS)), strict=True))
            print(
                f"{part:5} {'typed' if typed else 'untyped':7} pairs {pairs / LOTS:.0f} of {both / LOTS:.0f}: "
                f"P {good / pairs:.3f} R {good / both:.3f}; R with 'perhaps' {wide / both:.3f}"
            )


if __name__ == "__main__":
    main()
