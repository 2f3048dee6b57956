"""What the desk's lists and counts are made of: rows of a view, narrowed by what the address asks for. No pages."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from tollbook.errors import UsageError
from tollbook.ledger.bounds import ALL, show
from tollbook.ledger.state import REVIEWED
from tollbook.ledger.totals import add_up, period_label
from tollbook.store import load, schema
from tollbook.store.counting import entries_of, read_counted
from tollbook.store.filters import EVERYTHING, Filters, conditions

PAGE = 50
"""Rows of one page of a list."""


@dataclass(frozen=True, slots=True)
class Line:
    """One incident in a list. `bounds`: harm -> (low, best, high, open) of everybody."""

    id: str
    type: str
    scope: str
    status: str
    start: str | None
    end: str | None
    place: str | None
    country: str | None
    perpetrator: str | None
    review: str
    grade: str
    reports: int
    voices: tuple[int, int]
    bounds: dict[str, tuple[int | None, int | None, int | None, bool]]

    def range(self, harm: str = "killed") -> str:
        """The range of a harm as it is printed; "-" where nobody gives a figure."""
        found = self.bounds.get(harm)
        return show(found[0], found[2], found[3]) if found else "–"


@dataclass(frozen=True, slots=True)
class Page:
    """A stretch of a list: its rows, how many there are in all, and the cursor of the next stretch."""

    lines: tuple[Line, ...]
    count: int
    next: str | None


def incidents(
    connection: sa.Connection, where: Filters = EVERYTHING, *, cursor: str | None = None, limit: int = PAGE
) -> Page:
    """Incidents asked for, the latest first (undated ones last), from a cursor on. Raises UsageError for a cursor
    that is none."""
    table = schema.incidents
    asked = conditions(connection, where)
    count = connection.execute(sa.select(sa.func.count()).select_from(table).where(*asked)).scalar_one()
    day = sa.func.coalesce(table.c.start, "")
    query = sa.select(table).where(*asked).order_by(day.desc(), table.c.incident_id).limit(limit + 1)
    if cursor:
        last, after = uncursor(cursor, 2)
        query = query.where(sa.or_(day < last, sa.and_(day == last, table.c.incident_id > after)))
    rows = connection.execute(query).all()
    lines = with_bounds(connection, rows[:limit])
    more = to_cursor(rows[limit - 1].start or "", rows[limit - 1].incident_id) if len(rows) > limit else None
    return Page(tuple(lines), count, more)


def some(connection: sa.Connection, ids: Sequence[str]) -> list[Line]:
    """The incidents of these ids that there are, in the ids' order."""
    table = schema.incidents
    found = {}
    for batch in load.chunks(ids):
        rows = connection.execute(sa.select(table).where(table.c.incident_id.in_(batch))).all()
        found.update({x.id: x for x in with_bounds(connection, rows)})
    return [found[i] for i in ids if i in found]


def with_bounds(connection: sa.Connection, rows: Sequence[Any]) -> list[Line]:
    """Rows of derived_incidents as lines."""
    bounds: dict[str, dict[str, Any]] = {}
    table = schema.bounds
    for batch in load.chunks(r.incident_id for r in rows):
        query = sa.select(table).where(table.c.incident_id.in_(batch), table.c.who == ALL)
        for b in connection.execute(query):
            bounds.setdefault(b.incident_id, {})[b.harm] = (b.low, b.best, b.high, bool(b.open))
    return [
        Line(
            r.incident_id, r.type, r.scope, r.status, r.start, r.end, r.place, r.country, r.perpetrator, r.review,
            r.grade, r.reports, (r.voices_low, r.voices_high), bounds.get(r.incident_id, {}),
        )
        for r in rows
    ]  # fmt: skip


def to_cursor(*parts: str) -> str:
    """A place in a list, as an address carries it."""
    return base64.urlsafe_b64encode(json.dumps(parts).encode()).decode().rstrip("=")


def uncursor(cursor: str, count: int) -> list[str]:
    """The parts of a cursor. Raises UsageError where it is none."""
    try:
        parts = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (binascii.Error, ValueError, UnicodeError):
        parts = None
    if not isinstance(parts, list) or len(parts) != count or not all(isinstance(p, str) for p in parts):
        raise UsageError("the cursor is none of this list")
    return parts


# --- months -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Month:
    """A bin of a chart: its range, how much of the low a person has reviewed, how many ranges are open."""

    label: str
    low: int
    high: int
    open: int
    reviewed: int


def months(
    connection: sa.Connection, where: Filters = EVERYTHING, harm: str = "killed", group: str = ALL
) -> tuple[list[Month], list[Month]]:
    """(months in order, rows that are no month: undated ones). By the book's rule, all incidents from the rollup."""
    if where == EVERYTHING and group == ALL:
        found = _rolled(connection, harm)
    else:
        found = _counted(connection, where, harm, group)
    dated = [m for m in found if len(m.label) == 7]
    return sorted(dated, key=lambda m: m.label), [m for m in found if len(m.label) != 7 and (m.high or m.open)]


def _counted(connection: sa.Connection, where: Filters, harm: str, group: str) -> list[Month]:
    """The same sums as `tally.totals` by month: what stands by itself is added up by SQLite; sums, their parts and
    incidents in doubt are taken apart here."""
    tangled = _tangled(connection)
    book = read_counted(connection, where, only=tangled)
    entries, doubts = entries_of(book, harm, group)
    rows, _, _ = add_up(entries, lambda e: period_label("month", e.start, e.end), doubts)
    sums = {r.label: [r.low, r.high, r.open, r.reviewed_low] for r in rows}
    i, b = schema.incidents, schema.bounds
    low = sa.func.coalesce(b.c.low, 0)
    query = (
        sa.select(
            i.c.start, i.c.end, sa.func.sum(low), sa.func.sum(sa.func.coalesce(b.c.high, b.c.low, 0)),
            sa.func.sum(b.c.open), sa.func.sum(sa.case((i.c.review == REVIEWED, low), else_=0)),
        )
        .join(b, b.c.incident_id == i.c.incident_id)
        .where(
            *conditions(connection, where), b.c.harm == harm, b.c.who == group, i.c.status != "alleged",
            i.c.scope.in_(["incident", "background"]), sa.not_(load.among(i.c.incident_id, tangled)),
        )
        .group_by(i.c.start, i.c.end)
    )  # fmt: skip
    for start, end, *numbers in connection.execute(query):
        held = sums.setdefault(period_label("month", start, end), [0, 0, 0, 0])
        for n, value in enumerate(numbers):
            held[n] += int(value or 0)
    return [Month(label, v[0], v[1], v[2], min(v[3], v[0])) for label, v in sums.items()]


def _tangled(connection: sa.Connection) -> set[str]:
    """Sums, their parts, and incidents that may be one with another."""
    i = schema.incidents
    out = set(connection.execute(sa.select(i.c.incident_id).where(i.c.scope == "total")).scalars())
    columns = (schema.parts.c.total_id, schema.parts.c.part_id, schema.possible.c.a, schema.possible.c.b)
    for column in columns:
        out.update(connection.execute(sa.select(column).distinct()).scalars())
    return out


def _rolled(connection: sa.Connection, harm: str) -> list[Month]:
    table, i, b = schema.totals, schema.incidents, schema.bounds
    query = (
        sa.select(i.c.start, i.c.end, sa.func.sum(b.c.low))
        .join(b, b.c.incident_id == i.c.incident_id)
        .where(
            i.c.review == REVIEWED, b.c.harm == harm, b.c.who == ALL, b.c.low.is_not(None),
            i.c.scope.in_(["incident", "background"]), i.c.status != "alleged",
        )
        .group_by(i.c.start, i.c.end)
    )  # fmt: skip
    reviewed: dict[str, int] = {}
    for start, end, low in connection.execute(query):
        label = period_label("month", start, end)
        reviewed[label] = reviewed.get(label, 0) + low
    rows = connection.execute(
        sa.select(table.c.bin, table.c.low, table.c.high, table.c.open)
        .where(table.c.harm == harm, table.c.row == "all", table.c.bin != "total")
        .order_by(table.c.bin)
    )
    return [Month(x.bin, x.low, x.high, x.open, min(reviewed.get(x.bin, 0), x.low)) for x in rows]


def reports_by_month(connection: sa.Connection, where: Filters = EVERYTHING) -> list[tuple[str, int]]:
    """Reports published in each month of what is asked for: the strip under a chart."""
    table = schema.reports
    newest = sa.select(sa.func.max(table.c.seq)).group_by(table.c.doc_id)
    month = sa.func.substr(table.c.published, 1, 7)
    query = (
        sa.select(month, sa.func.count())
        .where(table.c.seq.in_(newest), table.c.published.is_not(None))
        .group_by(month)
        .order_by(month)
    )
    if where.first:
        query = query.where(table.c.published >= where.first)
    if where.last:
        query = query.where(month <= where.last[:7])
    return [(str(m), int(n)) for m, n in connection.execute(query)]


# --- how much is known --------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Known:
    """How complete the record is: of `incidents` acts, how many tell what; and the deaths that a person has read."""

    incidents: int
    counted: int
    day: int
    place: int
    mapped: int
    perpetrator: int
    reviewed: int
    low: int
    low_reviewed: int


def known(connection: sa.Connection, where: Filters, mapped: int) -> Known:
    """How complete the record of what is asked for is; `mapped` of it are on the map. Sums and statistics are no acts
    and not asked."""
    i, b = schema.incidents, schema.bounds
    asked = [*conditions(connection, where), i.c.scope.in_(["incident", "background"])]
    row = connection.execute(
        sa.select(
            sa.func.count(),
            sa.func.sum(sa.case((i.c.start == i.c.end, 1), else_=0)),
            sa.func.count(i.c.place),
            sa.func.count(i.c.perpetrator),
            sa.func.sum(sa.case((i.c.review == REVIEWED, 1), else_=0)),
        ).where(*asked)
    ).one()
    told = (
        sa.select(
            sa.func.count(), sa.func.sum(b.c.low), sa.func.sum(sa.case((i.c.review == REVIEWED, b.c.low), else_=0))
        )
        .join(i, i.c.incident_id == b.c.incident_id)
        .where(b.c.harm == "killed", b.c.who == ALL, *asked)
    )
    counted, low, low_reviewed = connection.execute(told).one()
    return Known(
        incidents=row[0] or 0,
        counted=counted or 0,
        day=row[1] or 0,
        place=row[2] or 0,
        mapped=mapped,
        perpetrator=row[3] or 0,
        reviewed=row[4] or 0,
        low=low or 0,
        low_reviewed=low_reviewed or 0,
    )


@dataclass(frozen=True, slots=True)
class Toll:
    """What the map needs of an incident."""

    id: str
    type: str
    start: str | None
    end: str | None
    review: str
    low: int | None
    high: int | None
    open: bool


def tolls(connection: sa.Connection, where: Filters, harm: str = "killed", group: str = ALL) -> list[Toll]:
    """The acts asked for with their range of one harm."""
    i, b = schema.incidents, schema.bounds
    on = sa.and_(b.c.incident_id == i.c.incident_id, b.c.harm == harm, b.c.who == group)
    query = (
        sa.select(i.c.incident_id, i.c.type, i.c.start, i.c.end, i.c.review, b.c.low, b.c.high, b.c.open)
        .outerjoin(b, on)
        .where(*conditions(connection, where), i.c.scope.in_(["incident", "background"]))
    )
    rows = connection.execute(query).tuples()
    return [Toll(a, b, c, d, e, f, g, bool(h)) for a, b, c, d, e, f, g, h in rows]
