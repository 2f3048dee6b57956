"""Which acts a sum over several acts is made of, across reports.

A report that lists the parts of its total is believed. Beyond that an act in the total's period and area, of its kind
and by its side, may be one of its parts; it is one for sure where the figures of such acts add up to the total.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tollbook.link.mention import families
from tollbook.link.names import same_place

WIDEST = 31
"""Days: a sum over a longer time is shown beside totals like a statistic: too much of it may be counted already."""


@dataclass(frozen=True, slots=True)
class Act:
    """An incident as finding parts needs it; days are ordinals, `killed` is (low, high) of its dead."""

    id: str
    is_total: bool
    start: int | None
    end: int | None
    places: tuple[str, ...]
    country: str | None
    type: str
    actors: frozenset[str]
    sides: frozenset[str]
    reports: frozenset[str]
    killed: tuple[int | None, int | None]
    classes: frozenset[str]


@dataclass(frozen=True, slots=True)
class Part:
    """`part` belongs to `total`, surely or possibly, and why."""

    total: str
    part: str
    sure: bool
    why: str


def may_hold(total: Act, act: Act) -> bool:
    """Whether an act lies within a total's days and area and is of its kind, side and victims."""
    if total.id == act.id or total.start is None or total.end is None or act.start is None or act.end is None:
        return False
    if act.start < total.start or act.end > total.end or total.end - total.start >= WIDEST:
        return False
    if total.country and act.country and total.country != act.country:
        return False
    if act.is_total and not wider(total, act):
        return False
    family = families()
    x, y = family.get(total.type, "harm"), family.get(act.type, "harm")
    if x != y and "attack" not in (total.type, act.type) and "other" not in (total.type, act.type):
        return False
    if total.actors and act.actors and not total.actors & act.actors and total.sides != act.sides:
        return False
    if total.classes == {"civilian"} and act.classes and "civilian" not in act.classes and "unknown" not in act.classes:
        return False
    least, most = act.killed[0], total.killed[1]
    if least is not None and most is not None and least > most:
        return False
    return _within(total, act)


def wider(total: Act, act: Act) -> bool:
    """Of two sums the one that can hold the other: longer, or as long and larger, or the first by id. One order for
    all that makes parts, so that no sum comes to lie within itself by way of others."""
    return (_days(total), total.killed[1] or 0, act.id) > (_days(act), act.killed[1] or 0, total.id)


def _days(act: Act) -> int:
    return act.end - act.start if act.start is not None and act.end is not None else -1


def _within(total: Act, act: Act) -> bool:
    if not total.places:
        return bool(total.country) and total.country == act.country
    return any(same_place(t, p) for t in total.places[:1] for p in act.places) or any(
        same_place(t, p) for t in total.places for p in act.places[:1]
    )


def find(total: Act, near: Sequence[Act], listed: Sequence[str]) -> list[Part]:
    """The parts of one total: those its reports list, and those among `near` that fit."""
    out = [Part(total.id, part, True, "a report that gives the sum lists it") for part in dict.fromkeys(listed)]
    taken = {total.id, *listed}
    fitting = [a for a in near if a.id not in taken and may_hold(total, a)]
    told_apart = [a for a in fitting if not (listed and a.reports <= total.reports)]
    sums = _adds_up(total, told_apart) if not listed else frozenset()
    for act in told_apart:
        if act.id in sums:
            out.append(Part(total.id, act.id, True, "in its days and area, and with the others adds up to it"))
        else:
            out.append(Part(total.id, act.id, False, "in its days and area"))
    return out


def _adds_up(total: Act, acts: Sequence[Act]) -> frozenset[str]:
    """Acts whose dead add up to the total: all that fit, or those that one report tells."""
    goal = {n for n in total.killed if n}
    told = [a for a in acts if a.killed[0] and not a.is_total]
    if not goal or len(told) < 2:
        return frozenset()
    by_report: dict[str, list[Act]] = {}
    for act in told:
        for report in act.reports:
            by_report.setdefault(report, []).append(act)
    for group in [told, *(by_report[r] for r in sorted(by_report))]:
        if len(group) >= 2 and sum(a.killed[0] or 0 for a in group) in goal:
            return frozenset(a.id for a in group)
    return frozenset()
