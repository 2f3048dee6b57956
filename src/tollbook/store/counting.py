"""The derived rows as entries of a total: each act once, sums as what they add to their parts."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import sqlalchemy as sa

from tollbook.ledger.totals import Entry, Node, residuals
from tollbook.link.mention import ordinal
from tollbook.link.parts import WIDEST
from tollbook.store import load, schema
from tollbook.store.filters import EVERYTHING, Filters, conditions

Bounded = tuple[int | None, int | None, int | None, bool]


class Counted(NamedTuple):
    """One incident as totals need it. `bounds`: (harm, group) -> low, best, high, open."""

    id: str
    scope: str
    status: str
    type: str
    start: str | None
    end: str | None
    place: str | None
    country: str | None
    review: str
    grade: str
    bounds: dict[tuple[str, str], Bounded]
    card: str

    @property
    def wide(self) -> bool:
        """A sum over more time than can be taken apart."""
        first, last = ordinal(self.start), ordinal(self.end)
        return self.scope == "total" and (first is None or last is None or last - first >= WIDEST)


@dataclass(slots=True)
class Book:
    """Everything totals are made of."""

    incidents: dict[str, Counted] = field(default_factory=dict)
    sure: dict[str, list[str]] = field(default_factory=dict)
    maybe: dict[str, list[str]] = field(default_factory=dict)
    doubts: list[tuple[str, str, Mapping[str, int | None]]] = field(default_factory=list)

    def harms(self) -> list[str]:
        """The harms somebody gives a figure for."""
        return sorted({h for c in self.incidents.values() for h, _ in c.bounds})


def read_counted(
    connection: sa.Connection,
    where: Filters = EVERYTHING,
    only: Collection[str] | None = None,
    *,
    cards: bool = True,
    harm: str | None = None,
    group: str | None = None,
) -> Book:
    """The derived rows that are asked for, and of `only` (ids); parts and doubts between rows that are kept.

    Without `cards`, the largest part of them by far, `card` is empty; with `harm` or `group` there are only the bounds
    of that one.
    """
    out = Book()
    table = schema.incidents
    asked = conditions(connection, where)
    kept = sa.select(table.c.incident_id).where(*asked)

    def rows(columns: Sequence[sa.ColumnElement[Any]], *also: sa.ColumnElement[bool]) -> Iterator[Any]:
        """The columns, of the incidents that the first of them names."""
        owner = columns[0]
        query = sa.select(*columns).where(*also)
        if asked:
            query = query.where(owner.in_(kept))
        for some in load.chunks(sorted(only)) if only is not None else (None,):
            yield from connection.execute(query if some is None else query.where(load.among(owner, some))).all()

    bound, part, doubt = schema.bounds.c, schema.parts.c, schema.possible.c
    bounds: dict[str, dict[tuple[str, str], Bounded]] = {}
    of = [column == value for column, value in ((bound.harm, harm), (bound.who, group)) if value is not None]
    ranges = (bound.incident_id, bound.harm, bound.who, bound.low, bound.best, bound.high, bound.open)
    for incident, told, who, low, best, high, opened in rows(ranges, *of):
        bounds.setdefault(incident, {})[told, who] = (low, best, high, bool(opened))
    i = table.c
    shown = (i.incident_id, i.scope, i.status, i.type, i.start, i.end, i.place, i.country, i.review, i.grade)
    for *row, card in rows((*shown, i.card) if cards else (*shown, sa.literal(""))):
        out.incidents[row[0]] = Counted._make((*row, bounds.get(row[0], {}), card))
    incidents = out.incidents
    for total, inner, sure in rows((part.total_id, part.part_id, part.sure)):
        if inner in incidents and total in incidents:
            (out.sure if sure else out.maybe).setdefault(total, []).append(inner)
    read: dict[str, dict[str, int | None]] = {}  # a book has few different ones
    for a, b, merged in rows((doubt.a, doubt.b, doubt.merged)):
        one, other = incidents.get(a), incidents.get(b)
        # of a pair with a sum the sum may hold the other: that is among its parts
        if one is not None and other is not None and one.scope != "total" and other.scope != "total":
            if merged not in read:
                read[merged] = json.loads(merged)
            out.doubts.append((a, b, read[merged]))
    return out


def entries_of(book: Book, harm: str, group: str) -> tuple[list[Entry], list[tuple[str, str, int]]]:
    """(entries, doubts) of one harm and group. Sums over long times and statistics make no entry."""
    key = (harm, group)
    counted = [c for c in book.incidents.values() if key in c.bounds and c.scope != "statistic" and not c.wide]
    left = residuals(_nodes(book, counted, key), book.sure, book.maybe)
    out: list[Entry] = []
    for c in counted:
        kind = "alleged" if c.status == "alleged" else "recalled" if c.scope == "background" else "incident"
        low, _, high, opened = c.bounds[key]
        if c.scope == "total":
            r = left[c.id]
            if not (r.low or r.high):
                continue
            low, high, opened = r.low, r.high, r.open
            kind = "residual" if kind == "incident" else kind
        place = (c.place or "", c.country or "")
        out.append(Entry(c.id, low, high, opened, c.start, c.end, place, kind, c.review == "reviewed"))
    doubts = [(a, b, merged.get(harm) or 0) for a, b, merged in book.doubts] if group == "all" else []
    return out, doubts


def _nodes(book: Book, counted: Sequence[Counted], key: tuple[str, str]) -> dict[str, Node]:
    """The sums among these incidents, and what is or may be a part of one."""
    sums = [c for c in counted if c.scope == "total"]
    beneath = {p for parts in (book.sure, book.maybe) for c in sums for p in parts.get(c.id, ())}
    parts = (book.incidents[p] for p in beneath)
    out: dict[str, Node] = {}
    for c in (*sums, *(p for p in parts if p.scope not in ("total", "statistic"))):
        low, _, high, opened = c.bounds.get(key) or (None, None, None, False)
        out[c.id] = Node(c.id, low, high, opened, c.scope == "total")
    return out
