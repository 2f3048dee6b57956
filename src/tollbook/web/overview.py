"""What the overview shows of what is asked for, from columns: months, how complete the record is, what lies where."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from tollbook.ledger.bounds import ALL
from tollbook.store.filters import EVERYTHING, Filters
from tollbook.web.coded import OPEN, TOLD, Mask, numbers
from tollbook.web.columns import Columns
from tollbook.web.lists import Known, Month, Toll
from tollbook.web.shares import asked, shares_asked
from tollbook.web.sums import added, periods, rows
from tollbook.web.worldmap import MOST_DOTS, Point


def months(
    columns: Columns, where: Filters = EVERYTHING, harm: str = "killed", who: str = ALL
) -> tuple[list[Month], list[Month]]:
    """(months in order, rows that are no month: undated ones)."""
    want = asked(columns, where)
    of = shares_asked(columns, want, harm, who)
    made = rows(columns, want, of, periods(columns, "month"))
    found = [Month(r.label, r.low, r.high, r.open, min(r.reviewed_low, r.low)) for r in made]
    dated = sorted((m for m in found if len(m.label) == 7), key=lambda m: m.label)
    return dated, sorted((m for m in found if len(m.label) != 7 and (m.high or m.open)), key=lambda m: m.label)


def known(columns: Columns, where: Filters) -> Known:
    """How complete the record of what is asked for is. Sums and statistics are no acts and not asked."""
    c, raw = columns.coded, columns.raw("killed")
    mask, read = columns.asked(where) & columns.acts(), columns.reviewed()
    told = mask & raw.having(TOLD)
    dated = c["days"].where(lambda d: d is not None and d[0] is not None and d[0] == d[1], "a day")
    low = numbers(raw.low)

    def many(also: Mask) -> int:
        return int((mask & also).sum())

    def has(name: str) -> Mask:
        return c[name].numbers() > 0

    return Known(
        incidents=many(mask), counted=many(told), day=many(dated), place=many(has("place")), mapped=many(has("spot")),
        perpetrator=many(has("perpetrator")), reviewed=many(read), low=int(low[told].sum()),
        low_reviewed=int(low[told & read].sum()),
    )  # fmt: skip


def points(columns: Columns, where: Filters, harm: str = "killed", who: str = ALL) -> list[Point]:
    """The spots of the acts asked for, each with how many lie there and their ranges, each added by itself."""
    spot, raw = columns.coded["spot"], columns.raw(harm, who)
    mask = columns.asked(where) & columns.acts() & (spot.numbers() > 0)
    slots = np.flatnonzero(mask)
    codes = spot.numbers()[slots]
    order = np.argsort(codes, kind="stable")
    slots, codes = slots[order], codes[order]
    there, first, count = np.unique(codes, return_index=True, return_counts=True)
    at = np.repeat(np.arange(len(there)), count)
    low, top, opened, read = (
        added(at, values[slots], len(there))
        for values in (numbers(raw.low), numbers(raw.top), raw.having(OPEN), columns.reviewed())
    )
    return [
        Point(spot.values[code], many, low[n], top[n], opened[n] > 0, read[n] == many,
              slots[start : start + min(many, MOST_DOTS)])
        for n, (code, start, many) in enumerate(zip(there.tolist(), first.tolist(), count.tolist(), strict=True))
    ]  # fmt: skip


def tolls(columns: Columns, slots: Iterable[int], harm: str = "killed", who: str = ALL) -> list[Toll]:
    """What the map needs of single incidents."""
    c, raw = columns.coded, columns.raw(harm, who)
    out = []
    for slot in map(int, slots):
        low, _, high, opened = raw.range(slot)
        start, end = c["days"][slot]
        out.append(Toll(columns.ids[slot] or "", c["type"][slot], start, end, c["review"][slot], low, high, opened))
    return out
