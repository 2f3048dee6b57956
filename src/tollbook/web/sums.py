"""Totals, months and shares of what is asked for, from columns: the same numbers as `tally.totals` of the same view.

What an incident adds to a total of one harm (its share) depends on what is left out only where it hangs together with
what is left out: a sum with a part that is not asked for, one of two that may be the same. All others' shares stand,
and are added up as they are; those groups are computed again from what is asked for of them.
"""

from __future__ import annotations

import json
from array import array
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import compress
from operator import mul, sub

import sqlalchemy as sa

from tollbook import tally
from tollbook.errors import UsageError
from tollbook.ledger.bounds import ALL, Rule
from tollbook.ledger.state import REVIEWED
from tollbook.ledger.totals import PERIODS, Row, cuts, period_label
from tollbook.store.counting import Counted, entries_of, read_counted
from tollbook.store.filters import EVERYTHING, Filters
from tollbook.web.columns import EXTRAS, HIGH, LOW, OPEN, TOLD, Columns, Raw, both, extra, picked
from tollbook.web.lists import Known, Month, Toll
from tollbook.web.past import grouped, kept_up
from tollbook.web.worldmap import MOST_DOTS, Point

NONE, INCIDENT, RECALLED, RESIDUAL, ALLEGED = range(5)
KINDS = {"incident": INCIDENT, "recalled": RECALLED, "residual": RESIDUAL, "alleged": ALLEGED}
"""What an incident's share in a total is, as columns have it."""


Share = tuple[int, int, int, int, int, int]
"""What an incident adds: its kind, low, top, whether it is open and its low untold, what low loses."""
NOTHING: Share = (NONE, 0, 0, 0, 0, 0)


NOT = bytes((1,)) + bytes(255)
"""Turns a mask round."""


class Shares:
    """What each incident adds to a total of one harm and group: `low` and `top` of its range or of what a sum adds to
    its parts, `cut` what low loses as it may be one with another, and whether low is untold or the range open."""

    __slots__ = ("cut", "kind", "low", "open", "top", "untold")

    def __init__(self, size: int) -> None:
        self.kind = bytearray(size)
        self.open = bytearray(size)
        self.untold = bytearray(size)
        self.low = array("q", bytes(8 * size))
        self.top = self.low[:]
        self.cut = self.low[:]

    def grown(self, size: int) -> Shares:
        """The same, for more slots, to be changed."""
        out = Shares(0)
        more = size - len(self.kind)
        for name in Shares.__slots__:
            old = getattr(self, name)
            zeros = bytearray(more) if isinstance(old, bytearray) else array("q", bytes(8 * more))
            setattr(out, name, old + zeros)
        return out

    def clear(self, slot: int) -> None:
        """Adds nothing."""
        self.kind[slot] = self.open[slot] = self.untold[slot] = self.low[slot] = self.top[slot] = self.cut[slot] = 0

    def set(self, some: Mapping[int, Share]) -> None:
        """Sets what slots add."""
        for slot, share in some.items():
            self.kind[slot], self.low[slot], self.top[slot], self.open[slot], self.untold[slot], self.cut[slot] = share


def shares(columns: Columns, harm: str, who: str = ALL) -> Shares:
    """The shares of all incidents, each among all others."""

    def whole() -> Shares:
        out = Shares(len(columns))
        _all_by_themselves(columns, harm, who, out)
        out.set(_tangled(columns, harm, who, [s for group in columns.tangles() for s in group]))
        return out

    def again(old: Shares, moved: frozenset[int]) -> Shares:
        out = old.grown(len(columns))
        for slot in moved:
            out.clear(slot)
        _by_themselves(columns, harm, who, out, moved)
        slots = [s for group in columns.tangles() if not moved.isdisjoint(group) for s in group]
        out.set(_tangled(columns, harm, who, slots))
        return out

    return kept_up(columns, ("shares", harm, who), whole, again)


def _all_by_themselves(columns: Columns, harm: str, who: str, out: Shares) -> None:
    """As if nothing hung together."""
    raw = columns.raw(harm, who)
    told = raw.having(TOLD)
    out.kind[:] = columns.coded["scope"].equal("incident").replace(b"\1", bytes((INCIDENT,)))
    for slot in picked(columns.coded["scope"].equal("background")):
        out.kind[slot] = RECALLED
    for slot in picked(both(columns.coded["status"].equal("alleged"), columns.acts())):
        out.kind[slot] = ALLEGED
    out.kind[:] = bytes(map(mul, out.kind, told))
    out.low, out.top = raw.low[:], raw.top[:]
    out.open[:] = raw.having(OPEN)
    out.untold[:] = bytes(map(sub, told, raw.having(LOW)))


def _by_themselves(columns: Columns, harm: str, who: str, out: Shares, slots: Iterable[int]) -> None:
    raw, scope, status = columns.raw(harm, who), columns.coded["scope"], columns.coded["status"]
    for slot in slots:
        flags = raw.flags[slot]
        if flags and scope[slot] in ("incident", "background"):
            alleged = status[slot] == "alleged"
            out.kind[slot] = ALLEGED if alleged else INCIDENT if scope[slot] == "incident" else RECALLED
            out.low[slot], out.top[slot] = raw.low[slot], raw.top[slot]
            out.open[slot], out.untold[slot] = bool(flags & OPEN), not flags & LOW


def _tangled(columns: Columns, harm: str, who: str, slots: Sequence[int]) -> dict[int, Share]:
    """The shares of slots that hang together, of these alone."""
    out = dict.fromkeys(slots, NOTHING)
    entries, doubts = entries_of(columns.book(slots, [(harm, who)]), harm, who)
    lost = cuts({e.id: e.low or 0 for e in entries if e.kind not in ("alleged", "residual")}, doubts)
    for e in entries:
        low = e.low or 0
        top = e.high if e.high is not None else low
        out[columns.index[e.id]] = (KINDS[e.kind], low, top, int(e.open), int(e.low is None), lost.get(e.id, 0))
    return out


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked for, and its slots."""

    where: Filters
    mask: bytes

    @property
    def whole(self) -> bool:
        """Whether it is the whole book."""
        return self.where == EVERYTHING


def asked(columns: Columns, where: Filters) -> Asked:
    """What is asked for."""
    return Asked(where, columns.asked(where))


def shares_asked(columns: Columns, want: Asked, harm: str, who: str = ALL) -> Shares:
    """The shares of what is asked for, as if there were nothing else in the book; those of the rest mean nothing.

    They are others than in the whole book only in groups that are asked for in part.
    """
    whole = shares(columns, harm, who)
    if want.whole:
        return whole

    def broken(groups: Iterable[Sequence[int]]) -> dict[int, Share]:
        slots: list[int] = []
        for group in groups:
            inside = [s for s in group if want.mask[s]]
            if len(inside) < len(group):
                slots += inside
        return _tangled(columns, harm, who, slots)

    def again(old: dict[int, Share], moved: frozenset[int]) -> dict[int, Share]:
        stay = {slot: share for slot, share in old.items() if slot not in moved}
        return stay | broken(g for g in columns.tangles() if not moved.isdisjoint(g))

    found = kept_up(columns, ("broken", want.where, harm, who), lambda: broken(columns.tangles()), again)
    if not found:
        return whole
    out = whole.grown(len(columns))
    out.set(found)
    return out


# --- rows ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Sum:
    """What a group of incidents adds up to."""

    low: int
    high: int
    open: int
    incidents: int
    untold: int
    reviewed: int
    cut: int
    kinds: dict[str, int]

    def row(self, label: str, ids: Sequence[str] = ()) -> Row:
        """As a line of a total."""
        return Row(
            label, self.low - self.cut, self.high, self.open, self.incidents, self.untold, self.reviewed, self.cut,
            dict(self.kinds), list(ids),
        )  # fmt: skip


def together(some: Iterable[Sum]) -> Sum:
    """Sums of different incidents as one."""
    low = high = opened = incidents = untold = reviewed = cut = 0
    kinds: Counter[str] = Counter()
    for s in some:
        low, high, opened, cut = low + s.low, high + s.high, opened + s.open, cut + s.cut
        incidents, untold, reviewed = incidents + s.incidents, untold + s.untold, reviewed + s.reviewed
        kinds.update(s.kinds)
    return Sum(low, high, opened, incidents, untold, reviewed, cut, {k: kinds[k] for k in KINDS if kinds[k]})


def add(slots: Sequence[int], of: Shares, reviewed: Sequence[int]) -> Sum:
    """The sum of the shares of these slots, all of which add something."""
    kinds = bytes(map(of.kind.__getitem__, slots))
    counts = {name: n for name, number in KINDS.items() if (n := kinds.count(number))}
    low = list(map(of.low.__getitem__, slots))
    return Sum(
        sum(low), sum(map(of.top.__getitem__, slots)), sum(map(of.open.__getitem__, slots)),
        len(slots) - counts.get("residual", 0), sum(map(of.untold.__getitem__, slots)),
        sum(map(mul, low, map(reviewed.__getitem__, slots))), sum(map(of.cut.__getitem__, slots)), counts,
    )  # fmt: skip


def _reviewed(columns: Columns) -> bytes:
    if "reviewed" not in columns.memo:
        columns.memo["reviewed"] = columns.coded["review"].equal(REVIEWED)
    found: bytes = columns.memo["reviewed"]
    return found


def _counted(of: Shares, mask: bytes, kinds: Sequence[int] = (INCIDENT, RECALLED, RESIDUAL)) -> bytes:
    table = bytes(1 if n in kinds else 0 for n in range(256))
    return both(mask, bytes(of.kind).translate(table))


def _adding(of: Shares, mask: bytes, kinds: Sequence[int] = (INCIDENT, RECALLED, RESIDUAL)) -> list[int]:
    return picked(_counted(of, mask, kinds))


def rows(
    columns: Columns, want: Asked, of: Shares, by: str, harm: str, who: str, label: Callable[[int], str],
    ids: bool = False,
) -> tuple[list[Row], Sum]:  # fmt: skip
    """(a row for each label, in no order, what they add up to). `label` gives that of a slot; `by` is its name.
    `of` are the shares of what is asked for."""
    read, adding = _reviewed(columns), _counted(of, want.mask)
    found = grouped(columns, ("rows", by, want.where, harm, who), adding, label, lambda _, slots: add(slots, of, read))
    made = [one.row(name, _ids(columns, slots) if ids else ()) for name, (slots, one) in found.items()]
    return made, together(one for _, one in found.values())


def _ids(columns: Columns, slots: Iterable[int]) -> list[str]:
    return sorted(i for s in slots if (i := columns.ids[s]) is not None)


def _labels(columns: Columns, connection: sa.Connection, by: str) -> Callable[[int], str]:
    """The row of each slot. `connection` is the view that `columns` is of."""
    c = columns.coded
    if by in PERIODS:
        return _periods(columns, by)
    if by == "type":
        return lambda slot: str(c["type"][slot])
    found = extra(columns, connection, by)
    if by == "perpetrator":
        return lambda slot: str(found[slot])
    return lambda slot: str(found[slot] or tally.place_unknown(c["country"][slot]))


def _periods(columns: Columns, by: str) -> Callable[[int], str]:
    days = columns.coded["days"]
    names = days.table(lambda d: period_label(by, *d) if d is not None else "", ("label", by))
    return lambda slot: str(names[days.codes[slot]])


EXTRAS["place"] = (
    "SELECT incident_id, json_extract(card, '$.province') FROM derived_incidents {}", "incident_id", lambda v: v,
)  # fmt: skip
EXTRAS["perpetrator"] = (
    "SELECT incident_id, json_extract(card, '$.perpetrators') FROM derived_incidents {}", "incident_id",
    lambda v: tally.perpetrators_label(json.loads(v)),
)  # fmt: skip
EXTRAS["untold"] = (
    "SELECT incident_id, json_group_array(json_array(harm, json_extract(claims, '$.untold'))) FROM "
    "(SELECT * FROM derived_bounds {}) WHERE who = 'all' GROUP BY incident_id", "incident_id",
    lambda v: tuple(sorted((harm, tuple(untold)) for harm, untold in json.loads(v))),
)  # fmt: skip


# --- totals -------------------------------------------------------------------------------------


def totals(
    columns: Columns,
    connection: sa.Connection,
    *,
    by: str,
    harm: str,
    rule: Rule,
    classes: str,
    where: Filters = EVERYTHING,
    reports: Mapping[str | None, int],
    ids: bool = False,
) -> tally.Totals:
    """`tally.totals` of the view that `columns` is of, by the rule it was computed by; rows hold the ids of their
    incidents where `ids` are asked for. `reports` are those of each day.

    Raises UsageError for a `by` that is none, or that needs another view (sex, age).
    """
    if by not in tally.BY or by in ("sex", "age"):
        raise UsageError(f"no totals by {by!r}; there are: {', '.join(tally.BY)}")
    want = asked(columns, where)
    of = shares_asked(columns, want, harm)
    read = _reviewed(columns)
    if by == "class":
        found = _by_class(columns, connection, want, harm, of, ids)
        total = rows(columns, want, of, "all", harm, ALL, lambda _: "all")[1]
    else:
        found, total = rows(columns, want, of, by, harm, ALL, _labels(columns, connection, by), ids)
        found.sort(key=_order)
    adding = _adding(of, want.mask) if ids else []
    alleged = _adding(of, want.mask, (ALLEGED,))
    long, beside = _long(columns, connection), _is_long(columns)
    raw = columns.raw(harm)
    countries = columns.coded["country"]
    told = set(compress(countries.codes, both(want.mask, beside.translate(NOT)) if 1 in beside else want.mask))
    return tally.Totals(
        by=by, harm=harm, rule=rule, classes=classes, rows=tuple(found),
        total=total.row("total", _ids(columns, adding) if ids else ()),
        alleged=add(alleged, of, read).row("alleged only", _ids(columns, alleged) if ids else ()),
        statistics=tally.statistics_beside(
            [c for c in long if want.mask[columns.index[c.id]]], harm, found, by, where,
            {c for n in told if (c := countries.values[n])},
        ),
        reports=tally.reports_by_month(reports, where),
        party_only=both(want.mask, raw.having(TOLD), raw.having(LOW | HIGH).translate(NOT)).count(1),
        as_of=None, asked=where.asked(),
    )  # fmt: skip


def _order(row: Row) -> tuple[int, str]:
    """Rows of a period or name first, then what is not known within something, then what is undated."""
    if row.label.startswith("undated"):
        return (2, row.label)
    return (1, row.label) if row.label.startswith(("place not", "not told")) else (0, row.label)


def _is_long(columns: Columns) -> bytes:
    """1 for what stands beside totals: statistics, and sums over too long a time."""
    if "long" not in columns.memo:
        found = bytearray(columns.coded["scope"].equal("statistic"))
        for slot in picked(columns.coded["scope"].equal("total")):
            found[slot] = tally.is_long(columns.counted(slot, ()))
        columns.memo["long"] = bytes(found)
    out: bytes = columns.memo["long"]
    return out


def _long(columns: Columns, connection: sa.Connection) -> list[Counted]:
    """What stands beside totals, whole."""
    if "long rows" not in columns.memo:
        slots = picked(_is_long(columns))
        ids = [i for s in slots if (i := columns.ids[s]) is not None]
        columns.memo["long rows"] = list(read_counted(connection, only=ids).incidents.values()) if ids else []
    out: list[Counted] = columns.memo["long rows"]
    return out


def _by_class(columns: Columns, connection: sa.Connection, want: Asked, harm: str, of: Shares, ids: bool) -> list[Row]:
    """One row a class that is told, and one of what is not told apart."""
    found_for = {who: raw for (h, who), raw in columns.raws.items() if h == harm and who != ALL}
    groups = sorted(who for who, raw in found_for.items() if any(both(want.mask, raw.having(TOLD))))
    read = _reviewed(columns)
    found: list[Row] = []
    parts = [shares_asked(columns, want, harm, who) for who in groups]
    for who, part in zip(groups, parts, strict=True):
        slots = _adding(part, want.mask)
        found.append(add(slots, part, read).row(who, _ids(columns, slots) if ids else ()))
    untold = extra(columns, connection, "untold")
    rest = Row("not told apart")
    for slot in _adding(of, want.mask):
        told = least = 0
        some = False
        for part in parts:
            if part.kind[slot]:
                told, least, some = told + part.top[slot], least + part.low[slot], True
        # of what a sum adds to its parts only the difference is known
        low, high = max(0, of.low[slot] - told), max(0, of.top[slot] - least)
        if of.kind[slot] != RESIDUAL:
            low, high = dict(untold[slot] or ()).get(harm, (low, high))
        rest.low += min(low, of.low[slot])
        rest.high += high
        rest.incidents += high > 0
        rest.open += bool(of.open[slot]) and not some
    return [*found, *([rest] if rest.high or rest.open else [])]


# --- what the overview shows ----------------------------------------------------------------------


def months(
    columns: Columns, where: Filters = EVERYTHING, harm: str = "killed", who: str = ALL
) -> tuple[list[Month], list[Month]]:
    """(months in order, rows that are no month: undated ones)."""
    want = asked(columns, where)
    of = shares_asked(columns, want, harm, who)
    made = rows(columns, want, of, "month", harm, who, _periods(columns, "month"))[0]
    found = [Month(r.label, r.low, r.high, r.open, min(r.reviewed_low, r.low)) for r in made]
    dated = sorted((m for m in found if len(m.label) == 7), key=lambda m: m.label)
    return dated, sorted((m for m in found if len(m.label) != 7 and (m.high or m.open)), key=lambda m: m.label)


def known(columns: Columns, where: Filters) -> Known:
    """How complete the record of what is asked for is. Sums and statistics are no acts and not asked."""
    c, raw = columns.coded, columns.raw("killed")
    mask, months = both(columns.asked(where), columns.acts()), _periods(columns, "month")
    days, place, spot, by = c["days"], c["place"].codes, c["spot"].codes, c["perpetrator"].codes
    dated = days.table(lambda d: d is not None and d[0] is not None and d[0] == d[1], "a day")
    read, flags, low = _reviewed(columns), raw.flags, raw.low

    def make(_: str, slots: Sequence[int]) -> tuple[int, ...]:
        told = [s for s in slots if flags[s] & TOLD]
        return (
            len(slots), len(told), sum(dated[days.codes[s]] for s in slots), sum(place[s] > 0 for s in slots),
            sum(spot[s] > 0 for s in slots), sum(by[s] > 0 for s in slots), sum(read[s] for s in slots),
            sum(low[s] for s in told), sum(low[s] for s in told if read[s]),
        )  # fmt: skip

    found = grouped(columns, ("known", where), mask, months, make)
    return Known(*map(sum, zip((0,) * 9, *(made for _, made in found.values()), strict=True)))


def points(columns: Columns, where: Filters, harm: str = "killed", who: str = ALL) -> list[Point]:
    """The spots of the acts asked for, each with how many lie there and their ranges, each added by itself."""
    mask, codes = both(columns.asked(where), columns.acts()), columns.coded["spot"].codes
    raw = columns.raw(harm, who)
    found = grouped(
        columns, ("points", where, harm, who), mask, lambda slot: codes[slot] or None,
        lambda code, slots: _point(columns, raw, code, slots),
    )  # fmt: skip
    return [made for _, made in found.values()]


def _point(columns: Columns, raw: Raw, code: int, slots: Sequence[int]) -> Point:
    read, flags = _reviewed(columns), raw.flags
    low, top = sum(map(raw.low.__getitem__, slots)), sum(map(raw.top.__getitem__, slots))
    opened = any(flags[s] & OPEN for s in slots)
    spot = columns.coded["spot"].values[code]
    return Point(spot, len(slots), low, top, opened, all(map(read.__getitem__, slots)), tuple(slots[:MOST_DOTS]))


def tolls(columns: Columns, slots: Iterable[int], harm: str = "killed", who: str = ALL) -> list[Toll]:
    """What the map needs of single incidents."""
    c, raw = columns.coded, columns.raw(harm, who)
    out = []
    for slot in slots:
        low, _, high, opened = raw.range(slot)
        start, end = c["days"][slot]
        out.append(Toll(columns.ids[slot] or "", c["type"][slot], start, end, c["review"][slot], low, high, opened))
    return out
