"""Totals over incidents: each act once, sums over acts as what they add to their parts, no doubt thrown away.

low and high of a total are sums of rows; each row is an incident, or the residual of a sum over several acts ("not
told apart"), and stands in the bin its days or place lie in, or in an "undated within" row.
"""

from __future__ import annotations

import calendar
import datetime as dt
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, lru_cache
from typing import NamedTuple

from tollbook.errors import UsageError

PERIODS = ("month", "week", "year")
APART = "not told apart"


class Entry(NamedTuple):
    """One incident's part in a total of one harm: its range (None: nobody says), where and when it stands.

    `kind` is incident, recalled (told only in retrospect), residual, or alleged (not added up).
    """

    id: str
    low: int | None
    high: int | None
    open: bool
    start: str | None
    end: str | None
    bin: tuple[str, ...]
    kind: str = "incident"
    reviewed: bool = False


class Node(NamedTuple):
    """An incident or a sum over incidents, for taking sums and parts apart."""

    id: str
    low: int | None
    high: int | None
    open: bool
    is_total: bool


class Residual(NamedTuple):
    """What a sum over acts says beyond its parts: low and high of people not told apart, and the parts it covers."""

    id: str
    low: int
    high: int
    open: bool
    parts: tuple[str, ...]


@dataclass(slots=True)
class Row:
    """One line of a total: the bin's label, the range, how many incidents, and what made it up."""

    label: str
    low: int = 0
    high: int = 0
    open: int = 0
    incidents: int = 0
    unsaid: int = 0
    reviewed_low: int = 0
    low_if_same: int = 0
    kinds: dict[str, int] = field(default_factory=dict)
    ids: list[str] = field(default_factory=list)
    statistics: list[str] = field(default_factory=list)


def residuals(
    nodes: Mapping[str, Node], sure: Mapping[str, Iterable[str]], possible: Mapping[str, Iterable[str]]
) -> dict[str, Residual]:
    """What every total adds to its parts.

    low(total with parts) = max(total's low, sum of its parts' lows); the excess is the residual. Parts that may
    belong to the total are in it for low and apart for high. Totals that share parts overlap: of them only the
    largest residual counts in low, all in high. Totals nest: an inner total stands for itself and its parts.
    """

    @cache
    def within(total: str) -> set[str]:
        return _all_parts(total, sure)

    kids = {t: _direct(t, sure, nodes, within) for t, n in nodes.items() if n.is_total}
    loose = {
        t: [p for p in possible.get(t, ()) if p in nodes and p != t and p not in within(t) and t not in within(p)]
        for t in kids
    }
    _break_rings(nodes, kids, loose)
    done: dict[str, Residual] = {}
    whole_low: dict[str, int] = {}
    whole_high: dict[str, int] = {}

    def visit(t: str) -> None:
        if t in whole_low:
            return
        node = nodes[t]
        if not node.is_total:
            whole_low[t], whole_high[t] = node.low or 0, _top(node)
            return
        for k in [*kids[t], *loose[t]]:
            visit(k)
        parts_low = sum(whole_low[k] for k in kids[t])
        parts_high = sum(whole_high[k] for k in kids[t])
        loose_low = sum(whole_low[k] for k in loose[t])
        apart = max(0, (node.low or 0) - parts_low)
        low = max(0, apart - loose_low)
        # a doubt whether a part belongs may not narrow the range: high is as if it did not
        high = max(apart, _top(node) - parts_high)
        done[t] = Residual(t, low, high, node.open, tuple(kids[t]))
        whole_low[t] = low + parts_low
        whole_high[t] = high + parts_high

    for t in sorted(kids):
        visit(t)
    return _overlapping(done, kids, loose)


def _break_rings(nodes: Mapping[str, Node], kids: Mapping[str, list[str]], loose: Mapping[str, list[str]]) -> None:
    """Takes out of `kids` and `loose` what makes a sum lie within itself, so that what a sum adds does not depend on
    where one begins: where sums hold one another in a ring, only the larger (or first by id) of two holds the other."""
    ring = _rings({t: [p for p in (*kids[t], *loose[t]) if nodes[p].is_total] for t in kids})

    def stays(t: str, p: str) -> bool:
        if ring.get(t) is None or ring.get(t) != ring.get(p):
            return True
        return (_top(nodes[t]), p) > (_top(nodes[p]), t)

    for t in ring:
        for held in (kids[t], loose[t]):
            held[:] = [p for p in held if stays(t, p)]


def _rings(beneath: Mapping[str, Sequence[str]]) -> dict[str, int]:
    """Those that can be reached from themselves, each with the number of its ring: Tarjan's strongly connected
    components (SIAM J. Comput. 1, 1972), without recursion."""
    found: dict[str, int] = {}
    seen: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    open_: set[str] = set()
    for first in beneath:
        todo = [] if first in seen else [(first, iter(beneath[first]))]
        while todo:
            one, rest = todo[-1]
            if one not in seen:
                seen[one] = low[one] = len(seen)
                stack.append(one)
                open_.add(one)
            for other in rest:
                if other not in seen:
                    todo.append((other, iter(beneath[other])))
                    break
                if other in open_:
                    low[one] = min(low[one], seen[other])
            else:
                todo.pop()
                if todo:
                    low[todo[-1][0]] = min(low[todo[-1][0]], low[one])
                if low[one] == seen[one]:
                    members = [stack.pop()]
                    while members[-1] != one:
                        members.append(stack.pop())
                    open_.difference_update(members)
                    if len(members) > 1:
                        found.update(dict.fromkeys(members, seen[one]))
    return found


def _top(node: Node) -> int:
    return node.high if node.high is not None else node.low or 0


def _direct(
    total: str,
    sure: Mapping[str, Iterable[str]],
    nodes: Mapping[str, Node],
    within: Callable[[str], set[str]],
) -> list[str]:
    """Parts of a total that are not also parts of one of its other parts; `within`: all that a total holds."""
    parts = [p for p in dict.fromkeys(sure.get(total, ())) if p in nodes and p != total]
    deeper: set[str] = set()
    for p in parts:
        if nodes[p].is_total:
            deeper |= within(p) - {p}
    return [p for p in parts if p not in deeper or total in within(p)]


def _all_parts(total: str, sure: Mapping[str, Iterable[str]]) -> set[str]:
    seen: set[str] = set()
    todo = [total]
    while todo:
        for p in sure.get(todo.pop(), ()):
            if p not in seen:
                seen.add(p)
                todo.append(p)
    return seen


def _overlapping(
    done: dict[str, Residual], kids: Mapping[str, Sequence[str]], loose: Mapping[str, Sequence[str]]
) -> dict[str, Residual]:
    """Of totals that share a part, only the one with the largest residual keeps its low.

    Each is compared with those it shares a part with and no further, so that what a total adds depends on its own
    surroundings alone.
    """
    owners: dict[str, list[str]] = {}
    for t in done:
        for p in [*kids[t], *loose[t]]:
            if p not in done or p in kids[t]:
                owners.setdefault(p, []).append(t)
    out = dict(done)
    for sharing in owners.values():
        keep = max(sharing, key=lambda t: (done[t].low, t))
        for t in sharing:
            if t != keep and out[t].low:
                r = out[t]
                out[t] = Residual(r.id, 0, r.high, r.open, r.parts)
    return out


# --- bins ---------------------------------------------------------------------------------------


@lru_cache(maxsize=65536)
def period_label(by: str, start: str | None, end: str | None) -> str:
    """The bin of a span of days: "2016-07", "2016-W29", "2016"; "undated within 2016" where it is wider than a bin;
    "undated" where no day is told. Raises UsageError for a period there is not."""
    if by not in PERIODS:
        raise UsageError(f"no period {by!r}; there are: {', '.join(PERIODS)}")
    if start is None or end is None:
        return "undated"
    first, last = dt.date.fromisoformat(start), dt.date.fromisoformat(end)
    name = {"month": _month, "week": _week, "year": _year}[by]
    if name(first) == name(last):
        return name(first)
    for wider in (_month, _year):
        if by == "week" and wider is _month and _month(first) == _month(last):
            return f"undated within {_month(first)}"
        if wider is _year and first.year == last.year:
            return f"undated within {first.year}"
    return f"undated within {first.year} to {last.year}"


def _month(day: dt.date) -> str:
    return f"{day.year:04d}-{day.month:02d}"


def _week(day: dt.date) -> str:
    year, week, _ = day.isocalendar()
    return f"{year:04d}-W{week:02d}"


def _year(day: dt.date) -> str:
    return f"{day.year:04d}"


def period_bounds(label: str) -> tuple[str, str] | None:
    """First and last day of a month, week or year label; None for the other rows."""
    try:
        if "-W" in label:
            first = dt.date.fromisocalendar(int(label[:4]), int(label[6:]), 1)
            return first.isoformat(), (first + dt.timedelta(days=6)).isoformat()
        if len(label) == 7:
            year, month = int(label[:4]), int(label[5:])
            return f"{label}-01", f"{label}-{calendar.monthrange(year, month)[1]:02d}"
        if len(label) == 4 and dt.date(int(label), 1, 1):
            return f"{label}-01-01", f"{label}-12-31"
    except ValueError:
        pass
    return None


def add_up(
    entries: Iterable[Entry],
    label: Callable[[Entry], str],
    doubts: Iterable[tuple[str, str, int]] = (),
) -> tuple[list[Row], Row, Row]:
    """(rows in order of label, their total, what is only alleged and not in it).

    `doubts` are (incident, incident, low if they are one): the row of the one with the larger low loses what counting
    both puts into low, once however many it may be one with. The sum's own width stays apart in `low_if_same`: what
    low would be more if all doubtful pairs were told apart.
    """
    rows: dict[str, Row] = {}
    total, alleged = Row("total"), Row("alleged only")
    where: dict[str, tuple[str, int]] = {}
    for entry in entries:
        if entry.kind == "alleged":
            _put(alleged, entry)
            continue
        name = label(entry)
        _put(rows.setdefault(name, Row(name)), entry)
        _put(total, entry)
        if entry.kind != "residual":
            where[entry.id] = (name, entry.low or 0)
    for incident, cut in cuts({i: low for i, (_, low) in where.items()}, doubts).items():
        for row in (rows[where[incident][0]], total):
            row.low -= cut
            row.low_if_same += cut
    return [rows[k] for k in sorted(rows, key=_row_order)], total, alleged


def cuts(lows: Mapping[str, int], doubts: Iterable[tuple[str, str, int]]) -> dict[str, int]:
    """What each incident's low loses where it may be one with another that has a smaller low."""
    out: dict[str, int] = {}
    for a, b, merged in doubts:
        if a in lows and b in lows:
            larger = max((a, b), key=lambda x: (lows[x], x))
            loss = min(lows[larger], max(0, lows[a] + lows[b] - merged))
            if loss > out.get(larger, 0):
                out[larger] = loss
    return out


def _put(row: Row, entry: Entry) -> None:
    row.low += entry.low or 0
    row.high += entry.high if entry.high is not None else entry.low or 0
    row.open += entry.open
    row.incidents += entry.kind != "residual"
    row.unsaid += entry.low is None
    row.kinds[entry.kind] = row.kinds.get(entry.kind, 0) + 1
    if entry.reviewed:
        row.reviewed_low += entry.low or 0
    row.ids.append(entry.id)


def _row_order(label: str) -> tuple[int, str]:
    if label.startswith("undated"):
        return (2, label)
    return (1, label) if label.startswith(("place not", "not told")) else (0, label)
