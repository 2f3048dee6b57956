"""The toll of one incident over time: what the book would have said on each day that somebody gave a figure. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tollbook.ledger.bounds import ALL, NOBODY, Bound, Rule, Sides, bounds
from tollbook.ledger.figures import Figure


@dataclass(frozen=True, slots=True)
class Step:
    """One day: the bounds over all figures said up to it (harm -> bound), and the claims that day brought."""

    day: str
    bounds: tuple[tuple[str, Bound], ...]
    new: tuple[str, ...]


def trajectory(
    figures: Sequence[Figure],
    *,
    sides: Sides = NOBODY,
    rule: Rule | None = None,
    classes: str = "tollbook",
    count_parties: bool = False,
) -> tuple[Step, ...]:
    """Steps in order of the day the figures were published; figures of reports without a day are in none.

    Who was counted as injured and died later moves by itself: the later toll of the same voice replaces both.
    """
    days = sorted({f.said for f in figures if f.said})
    steps = []
    for day in days:
        known = [f for f in figures if f.said is not None and f.said <= day]
        found = bounds(known, sides=sides, rule=rule, classes=classes, count_parties=count_parties)
        told = tuple((b.harm, b) for b in found if b.group == ALL)
        steps.append(Step(day, told, tuple(f.claim_id for f in known if f.said == day)))
    return tuple(steps)
