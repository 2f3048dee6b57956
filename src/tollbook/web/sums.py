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
from dataclasses import dataclass, field
from itertools import compress
from operator import mul, sub

import sqlalchemy as sa

from tollbook import tally
from tollbook.errors import UsageError
from tollbook.ledger.bounds import ALL, Rule
from tollbook.ledger.state import REVIEWED
from tollbook.ledger.totals import PERIODS, Entry, Row, cuts, period_label
from tollbook.store.counting import Counted, entries_of, read_counted
from tollbook.store.filters import EVERYTHING, Filters
from tollbook.web.columns import EXTRAS, HIGH, LOW, OPEN, TOLD, Columns, Raw, both, extra, grouped, picked
from tollbook.web.lists import Known, Month, Toll
from tollbook.web.worldmap import MOST_DOTS, Point

NONE, INCIDENT, RECALLED, RESIDUAL, ALLEGED = range(5)
KINDS = {"incident": INCIDENT, "recalled": RECALLED, "residual": RESIDUAL, "alleged": ALLEGED}
"""What an incident's share in a total is, as columns have it."""


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

    def put(self, slot: int, entry: Entry, cut: int) -> None:
        """Sets what an entry adds."""
        self.kind[slot] = KINDS[entry.kind]
        self.low[slot] = entry.low or 0
        self.top[slot] = entry.high if entry.high is not None else entry.low or 0
        self.open[slot] = entry.open
        self.untold[slot] = entry.low is None
        self.cut[slot] = cut


def shares(columns: Columns, harm: str, who: str = ALL) -> Shares:
    """The shares of all incidents, each among all others."""
    key = ("shares", harm, who)
    if key in columns.memo:
        found: Shares = columns.memo[key]
        return found
    base = columns.base
    if base is not None and key in base.memo:
        before: Shares = base.memo[key]
        out = before.grown(len(columns))
        for slot in columns.moved:
            out.clear(slot)
        _by_themselves(columns, harm, who, out, columns.moved)
        slots = [s for group in columns.tangles() if not columns.moved.isdisjoint(group) for s in group]
    else:
        out = Shares(len(columns))
        _all_by_themselves(columns, harm, who, out)
        slots = [s for group in columns.tangles() for s in group]
    _tangled(columns, harm, who, out, slots)
    columns.memo[key] = out
    return out


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


def _tangled(columns: Columns, harm: str, who: str, out: Shares, slots: Sequence[int]) -> None:
    """Puts in the shares of slots that hang together, of these alone."""
    for slot in slots:
        out.clear(slot)
    entries, doubts = entries_of(columns.book(slots, [(harm, who)]), harm, who)
    lost = cuts({e.id: e.low or 0 for e in entries if e.kind not in ("alleged", "residual")}, doubts)
    for e in entries:
        out.put(columns.index[e.id], e, lost.get(e.id, 0))


@dataclass(slots=True)
class Asked:
    """The slots of what is asked for, and the groups of it that are asked for only in part."""

    mask: bytes
    whole: bool
    broken: list[list[int]] = field(default_factory=list)


def asked(columns: Columns, where: Filters) -> Asked:
    """What is asked for."""
    mask = columns.asked(where)
    if where == EVERYTHING:
        return Asked(mask, True)
    key = ("broken", where)
    if key not in columns.memo:
        broken = []
        for group in columns.tangles():
            inside = [s for s in group if mask[s]]
            if inside and len(inside) < len(group):
                broken.append(inside)
        columns.memo[key] = broken
    return Asked(mask, False, columns.memo[key])


def shares_asked(columns: Columns, want: Asked, harm: str, who: str = ALL) -> Shares:
    """The shares of what is asked for, as if there were nothing else in the book; those of the rest mean nothing."""
    whole = shares(columns, harm, who)
    slots = [s for group in want.broken for s in group]
    if not slots:
        return whole
    out = whole.grown(len(columns))
    _tangled(columns, harm, who, out, slots)
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


def _adding(of: Shares, mask: bytes, kinds: Sequence[int] = (INCIDENT, RECALLED, RESIDUAL)) -> list[int]:
    table = bytes(1 if n in kinds else 0 for n in range(256))
    return picked(both(mask, bytes(of.kind).translate(table)))


def rows(columns: Columns, want: Asked, of: Shares, label: Callable[[int], str], ids: bool = False) -> list[Row]:
    """A row for each label, in no order. `label` gives that of a slot."""
    groups: dict[str, list[int]] = {}
    for slot in _adding(of, want.mask):
        groups.setdefault(label(slot), []).append(slot)
    read = _reviewed(columns)
    return [add(slots, of, read).row(name, _ids(columns, slots) if ids else ()) for name, slots in groups.items()]


def whole_rows(
    columns: Columns, by: str, harm: str, who: str, label_of: Callable[[Columns], Callable[[int], str]],
    ids: bool = False,
) -> tuple[list[Row], Sum]:  # fmt: skip
    """(the rows of the whole book, in no order, what they add up to). Kept up to date from state to state."""

    def key_of(state: Columns) -> Callable[[int], str | None]:
        kind, label = shares(state, harm, who).kind, label_of(state)
        return lambda slot: label(slot) if kind[slot] not in (NONE, ALLEGED) else None

    def make(state: Columns, _: str, slots: list[int]) -> Sum:
        return add(slots, shares(state, harm, who), _reviewed(state))

    found = grouped(columns, ("rows", by, harm, who), key_of, make)
    rows = [made.row(name, _ids(columns, slots) if ids else ()) for name, (slots, made) in found.items()]
    return rows, together(made for _, made in found.values())


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
    elif want.whole:
        found, whole = whole_rows(columns, by, harm, ALL, lambda c: _labels(c, connection, by), ids)
    else:
        found = rows(columns, want, of, _labels(columns, connection, by), ids)
    if by != "class":
        found.sort(key=_order)
    adding = _adding(of, want.mask) if ids or not want.whole or by == "class" else []
    total = whole if want.whole and by != "class" else add(adding, of, read)
    alleged = _adding(of, want.mask, (ALLEGED,))
    long, beside = _long(columns, connection), _is_long(columns)
    raw = columns.raw(harm)
    countries = columns.coded["country"]
    plain = both(want.mask, bytes(1 - n for n in beside)) if any(beside) else want.mask
    told = set(map(countries.codes.__getitem__, picked(plain)))
    return tally.Totals(
        by=by, harm=harm, rule=rule, classes=classes, rows=tuple(found),
        total=total.row("total", _ids(columns, adding) if ids else ()),
        alleged=add(alleged, of, read).row("alleged only", _ids(columns, alleged) if ids else ()),
        statistics=tally.statistics_beside(
            [c for c in long if want.mask[columns.index[c.id]]], harm, found, by, where,
            {c for n in told if (c := countries.values[n])},
        ),
        reports=tally.reports_by_month(reports, where),
        party_only=sum(both(want.mask, raw.having(TOLD), bytes(1 - n for n in raw.having(LOW | HIGH)))),
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
    if want.whole:
        made = whole_rows(columns, "month", harm, who, lambda c: _periods(c, "month"))[0]
    else:
        made = rows(columns, want, shares_asked(columns, want, harm, who), _periods(columns, "month"))
    found = [Month(r.label, r.low, r.high, r.open, min(r.reviewed_low, r.low)) for r in made]
    dated = sorted((m for m in found if len(m.label) == 7), key=lambda m: m.label)
    return dated, sorted((m for m in found if len(m.label) != 7 and (m.high or m.open)), key=lambda m: m.label)


def known(columns: Columns, where: Filters) -> Known:
    """How complete the record of what is asked for is. Sums and statistics are no acts and not asked."""
    c = columns.coded
    mask = both(columns.asked(where), columns.acts())
    raw = columns.raw("killed")
    read = _reviewed(columns)
    told = both(mask, raw.having(TOLD))
    dated = c["days"].where(lambda d: d is not None and d[0] is not None and d[0] == d[1])
    return Known(
        incidents=mask.count(1),
        counted=told.count(1),
        day=both(mask, dated).count(1),
        place=both(mask, c["place"].told()).count(1),
        mapped=both(mask, c["spot"].told()).count(1),
        perpetrator=both(mask, c["perpetrator"].told()).count(1),
        reviewed=both(mask, read).count(1),
        low=sum(compress(raw.low, told)),
        low_reviewed=sum(compress(raw.low, both(told, read))),
    )


def points(columns: Columns, where: Filters, harm: str = "killed", who: str = ALL) -> list[Point]:
    """The spots of the acts asked for, each with how many lie there and their ranges, each added by itself."""
    if where == EVERYTHING:

        def key_of(state: Columns) -> Callable[[int], int | None]:
            acts, codes = state.acts(), state.coded["spot"].codes
            return lambda slot: codes[slot] or None if acts[slot] else None

        def make(state: Columns, code: int, slots: list[int]) -> Point:
            return _point(state, state.raw(harm, who), code, slots)

        return [made for _, made in grouped(columns, ("points", harm, who), key_of, make).values()]
    mask = both(columns.asked(where), columns.acts(), columns.coded["spot"].told())
    there: dict[int, list[int]] = {}
    for slot, code in zip(picked(mask), compress(columns.coded["spot"].codes, mask), strict=True):
        there.setdefault(code, []).append(slot)
    raw = columns.raw(harm, who)
    return [_point(columns, raw, code, slots) for code, slots in there.items()]


def _point(columns: Columns, raw: Raw, code: int, slots: list[int]) -> Point:
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
