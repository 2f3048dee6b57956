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
from tollbook.store import load, schema
from tollbook.store.filters import EVERYTHING, Filters
from tollbook.web.columns import Columns, day_key

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
        """The range of a harm as it is printed; "–" where nobody gives a figure."""
        low, _, high, opened = self.bounds.get(harm, (None, None, None, False))
        return "–" if low is None and high is None else show(low, high, opened)


@dataclass(frozen=True, slots=True)
class Page:
    """A stretch of a list: its rows, how many there are in all, and the cursor of the next stretch."""

    lines: tuple[Line, ...]
    count: int
    next: str | None


def incidents(
    connection: sa.Connection, columns: Columns, where: Filters = EVERYTHING, *, cursor: str | None = None,
    limit: int = PAGE,
) -> Page:  # fmt: skip
    """Incidents asked for, the latest first (undated ones last), from a cursor on. Raises UsageError for a cursor
    that is none. `columns` are those of the view."""
    after = None
    if cursor:
        day, last = uncursor(cursor, 2)
        if not (day.replace("-", "").isascii() and day.replace("-", "").isdigit()) and day:
            raise UsageError("the cursor is none of this list")
        after = (day_key(day), last)
    mask = None if where == EVERYTHING else columns.asked(where)
    ids = columns.page(mask, after, limit + 1)
    count = len(columns.index) if mask is None else int(mask.sum())
    lines = some(connection, ids[:limit])
    more = to_cursor(lines[-1].start or "", lines[-1].id) if len(ids) > limit else None
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


@dataclass(frozen=True, slots=True)
class ReportLine:
    """One report in a list. `acts`: how many it tells."""

    report_id: str
    doc_id: str
    outlet: str | None
    published: str | None
    title: str | None
    recorded_at: str
    acts: int


@dataclass(frozen=True, slots=True)
class Reports:
    """A stretch of the list of reports, and the cursor of the next."""

    rows: tuple[ReportLine, ...]
    next: str | None


def reports(connection: sa.Connection, words: str = "", *, cursor: str | None = None, limit: int = PAGE) -> Reports:
    """The newest texts of the documents that have these words in their title, outlet or id, the last recorded first.
    Raises UsageError for a cursor that is none."""
    table, m = schema.reports.c, schema.mentions.c
    query = sa.select(
        table.seq, table.report_id, table.doc_id, table.outlet, table.published, table.title, table.recorded_at
    ).where(*_of_words(words))  # fmt: skip
    if cursor:
        (last,) = uncursor(cursor, 1)
        query = query.where(table.seq < (int(last) if last.isascii() and last.isdigit() and len(last) < 16 else 0))
    rows = connection.execute(query.order_by(table.seq.desc()).limit(limit + 1)).all()
    acts: dict[str, int] = {}
    for batch in load.chunks(r.report_id for r in rows[:limit]):
        counted = sa.select(m.report_id, sa.func.count()).where(m.report_id.in_(batch), m.live == 1)
        acts.update(load.lookup(connection, counted.group_by(m.report_id)))
    found = tuple(
        ReportLine(r.report_id, r.doc_id, r.outlet, r.published, r.title, r.recorded_at, acts.get(r.report_id, 0))
        for r in rows[:limit]
    )
    return Reports(found, to_cursor(str(rows[limit - 1].seq)) if len(rows) > limit else None)


def count_reports(connection: sa.Connection, words: str = "") -> int:
    """How many there are in that list."""
    query = sa.select(sa.func.count()).select_from(schema.reports).where(*_of_words(words))
    return int(connection.execute(query).scalar_one())


def _of_words(words: str) -> list[sa.ColumnElement[bool]]:
    asked = [newest_reports()]
    if words:
        like = f"%{words.replace('!', '!!').replace('%', '!%').replace('_', '!_')}%"
        table = schema.reports.c
        asked.append(sa.or_(*(c.like(like, escape="!") for c in (table.title, table.outlet, table.doc_id))))
    return asked


def newest_reports() -> sa.ColumnElement[bool]:
    """Whether a row of log_reports is the newest text of its document: asked row by row, so that a page of a list
    costs a page."""
    later = schema.reports.alias()
    return ~sa.exists().where(later.c.doc_id == schema.reports.c.doc_id, later.c.seq > schema.reports.c.seq)


# --- months -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Month:
    """A bin of a chart: its range, how much of the low a person has reviewed, how many ranges are open."""

    label: str
    low: int
    high: int
    open: int
    reviewed: int


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
