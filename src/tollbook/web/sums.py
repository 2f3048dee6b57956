"""Totals of what is asked for, from columns: the same numbers as `tally.totals` of the same view."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import sqlalchemy as sa

from tollbook import tally
from tollbook.errors import UsageError
from tollbook.ledger.bounds import ALL, Rule
from tollbook.ledger.totals import PERIODS, Row, period_label
from tollbook.store.counting import Counted, read_counted
from tollbook.store.filters import EVERYTHING, Filters
from tollbook.web.coded import HIGH, LOW, TOLD, Mask, Slots, numbers
from tollbook.web.columns import Columns
from tollbook.web.shares import ALLEGED, INCIDENT, KINDS, RECALLED, RESIDUAL, Asked, Shares, asked, shares_asked

ADDED = (INCIDENT, RECALLED, RESIDUAL)
"""Kinds of shares that a total adds up; what is only alleged stands beside it."""


# --- rows ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Labels:
    """The row that each slot stands in: the number of its name."""

    names: Sequence[str]
    of: npt.NDArray[Any]


def added(at: npt.NDArray[Any], values: npt.NDArray[Any], size: int) -> list[int]:
    """Values added up by where they stand (0 to size - 1). Exact: numbers of people are far below 2^53."""
    return [int(n) for n in np.bincount(at, values, size).tolist()]


def one_row(
    columns: Columns, want: Asked, of: Shares, name: str, ids: bool = False, kinds: Sequence[int] = ADDED
) -> Row:
    """All that is asked for as one row."""
    labels = Labels([name], np.zeros(len(columns), np.intp))
    return next(iter(rows(columns, want, of, labels, ids, kinds)), Row(name))


def rows(
    columns: Columns, want: Asked, of: Shares, labels: Labels, ids: bool = False, kinds: Sequence[int] = ADDED
) -> list[Row]:
    """A row for each label in which something is added, in no order. `of` are the shares of what is asked for."""
    slots = np.flatnonzero(of.adding(want.mask, *kinds))
    at, size = labels.of[slots], len(labels.names)
    read = columns.reviewed()[slots]
    low, top, opened, untold, cut, lows_read = (
        added(at, values, size)
        for values in (of.low[slots], of.top[slots], of.open[slots], of.untold[slots], of.cut[slots],
                       of.low[slots] * read)
    )  # fmt: skip
    many_of = {name: np.bincount(at[of.kind[slots] == number], minlength=size) for name, number in KINDS.items()}
    members = _members(columns, slots, at, size) if ids else [[] for _ in range(size)]
    found = []
    for n, name in enumerate(labels.names):
        counts = {kind: int(many[n]) for kind, many in many_of.items() if many[n]}
        if counts:
            incidents = sum(counts.values()) - counts.get("residual", 0)
            found.append(
                Row(name, low[n] - cut[n], top[n], opened[n], incidents, untold[n], lows_read[n], cut[n], counts,
                    members[n])
            )  # fmt: skip
    return found


def _members(columns: Columns, slots: Slots, at: npt.NDArray[Any], size: int) -> list[list[str]]:
    """The ids of slots by where they stand, in order."""
    out: list[list[str]] = [[] for _ in range(size)]
    for place, slot in zip(at.tolist(), slots.tolist(), strict=True):
        out[place].append(columns.ids[slot] or "")
    for some in out:
        some.sort()
    return out


def _labels(columns: Columns, by: str) -> Labels:
    """The row of each slot."""
    c = columns.coded
    if by in PERIODS:
        return periods(columns, by)
    if by == "type":
        return _named([str(v) for v in c["type"].values], c["type"].numbers())
    if by == "perpetrator":
        return _named([str(v) for v in c["doers"].values], c["doers"].numbers())
    province, country = c["province"], c["country"]
    names = [str(v) for v in province.values]
    unknown = [tally.place_unknown(v) for v in country.values]
    code = province.numbers().astype(np.intp)
    known = np.array([bool(v) for v in province.values[: len(names)]])[code]
    return _named([*names, *unknown], np.where(known, code, len(names) + country.numbers().astype(np.intp)))


def periods(columns: Columns, by: str) -> Labels:
    """The month, week or year of each slot, or what it is undated within."""
    days = columns.coded["days"]
    return _named(
        days.table(lambda d: period_label(by, *d) if d is not None else "", ("label", by)), days.numbers()
    )  # fmt: skip


def _named(names: Sequence[str], of: npt.NDArray[Any]) -> Labels:
    """Labels of which some are alike."""
    number = {name: n for n, name in enumerate(dict.fromkeys(names))}
    return Labels(list(number), np.fromiter(map(number.__getitem__, names), np.intp, len(names))[of])


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
    reports: tuple[tuple[str, int], ...],
    ids: bool = False,
) -> tally.Totals:
    """`tally.totals` of the view that `columns` is of, by the rule it was computed by; rows hold the ids of their
    incidents where `ids` are asked for. `reports` are those of each month that is asked for.

    Raises UsageError for a `by` that is none, or that needs another view (sex, age).
    """
    if by not in tally.BY or by in ("sex", "age"):
        raise UsageError(f"no totals by {by!r}; there are: {', '.join(tally.BY)}")
    want = asked(columns, where)
    of = shares_asked(columns, want, harm)
    if by == "class":
        found = _by_class(columns, want, harm, of, ids)
    else:
        found = sorted(rows(columns, want, of, _labels(columns, by), ids), key=_order)
    long, beside = _long(columns, connection), _is_long(columns)
    raw = columns.raw(harm)
    countries = columns.coded["country"]
    told = np.unique(countries.numbers()[want.mask & ~beside]).tolist()
    return tally.Totals(
        by=by, harm=harm, rule=rule, classes=classes, rows=tuple(found),
        total=one_row(columns, want, of, "total", ids),
        alleged=one_row(columns, want, of, "alleged only", ids, (ALLEGED,)),
        statistics=tally.statistics_beside(
            [c for c in long if want.mask[columns.index[c.id]]], harm, found, by, where,
            {c for n in told if (c := countries.values[n])},
        ),
        reports=reports,
        party_only=int((want.mask & raw.having(TOLD) & ~raw.having(LOW | HIGH)).sum()),
        as_of=None, asked=where.asked(),
    )  # fmt: skip


def _order(row: Row) -> tuple[int, str]:
    """Rows of a period or name first, then what is not known within something, then what is undated."""
    if row.label.startswith("undated"):
        return (2, row.label)
    return (1, row.label) if row.label.startswith(("place not", "not told")) else (0, row.label)


def _is_long(columns: Columns) -> Mask:
    """The slots of what stands beside totals: statistics, and sums over too long a time."""

    def make() -> Mask:
        found = columns.coded["scope"].equal("statistic")
        for slot in np.flatnonzero(columns.coded["scope"].equal("total")).tolist():
            found[slot] = tally.is_long(columns.counted(slot, ()))
        return found

    out: Mask = columns.once("long", make)
    return out


def _long(columns: Columns, connection: sa.Connection) -> list[Counted]:
    """What stands beside totals, whole."""

    def make() -> list[Counted]:
        ids = [i for s in np.flatnonzero(_is_long(columns)).tolist() if (i := columns.ids[s]) is not None]
        return list(read_counted(connection, only=ids).incidents.values()) if ids else []

    out: list[Counted] = columns.once("long rows", make)
    return out


def _by_class(columns: Columns, want: Asked, harm: str, of: Shares, ids: bool) -> list[Row]:
    """One row a class that is told, and one of what is not told apart."""
    raws = {who: raw for (h, who), raw in columns.raws.items() if h == harm and who != ALL}
    groups = sorted(who for who, raw in raws.items() if np.any(want.mask & raw.having(TOLD)))
    parts = [shares_asked(columns, want, harm, who) for who in groups]
    found = [one_row(columns, want, part, who, ids) for who, part in zip(groups, parts, strict=True)]
    slots = np.flatnonzero(of.adding(want.mask, *ADDED))
    told, least, some = np.zeros(len(slots), np.int64), np.zeros(len(slots), np.int64), np.zeros(len(slots), np.bool_)
    for part in parts:
        here = part.kind[slots] > 0
        told, least, some = told + part.top[slots] * here, least + part.low[slots] * here, some | here
    # of what a sum adds to its parts only the difference is known; an act's own row says what is told of no class
    raw = columns.raw(harm)
    own = (of.kind[slots] != RESIDUAL) & (numbers(raw.rest_low)[slots] >= 0) & raw.having(TOLD)[slots]
    low = np.where(own, numbers(raw.rest_low)[slots], np.maximum(0, of.low[slots] - told))
    high = np.where(own, numbers(raw.rest_high)[slots], np.maximum(0, of.top[slots] - least))
    rest = Row("not told apart", int(np.minimum(low, of.low[slots]).sum()), int(high.sum()))
    rest.incidents = int((high > 0).sum())
    rest.open = int((of.open[slots] & ~some).sum())
    return [*found, *([rest] if rest.high or rest.open else [])]
