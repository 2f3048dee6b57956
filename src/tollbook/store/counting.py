"""The derived rows as entries of a total: each act once, sums as what they add to their parts."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from tollbook.ledger.totals import Entry, Node, residuals
from tollbook.link.mention import ordinal
from tollbook.link.parts import WIDEST
from tollbook.store import load, schema
from tollbook.store.filters import EVERYTHING, Filters, conditions

Bounded = tuple[int | None, int | None, int | None, bool]


@dataclass(frozen=True, slots=True)
class Counted:
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
    doubts: list[tuple[str, str, dict[str, int | None]]] = field(default_factory=list)

    def harms(self) -> list[str]:
        """The harms somebody gives a figure for."""
        return sorted({h for c in self.incidents.values() for h, _ in c.bounds})


def read_counted(
    connection: sa.Connection,
    where: Filters = EVERYTHING,
    only: Collection[str] | None = None,
    *,
    cards: bool = True,
) -> Book:
    """The derived rows that are asked for, and of `only` (ids); parts and doubts between rows that are kept.

    Without `cards`, the largest part of them by far, `card` is empty.
    """
    out = Book()
    table = schema.incidents
    asked = conditions(connection, where)
    kept = sa.select(table.c.incident_id).where(*asked)

    def rows(of: sa.Table, owner: sa.ColumnElement[Any], *left_out: str) -> Iterator[Any]:
        query = sa.select(*(c for c in of.c if c.name not in left_out))
        if asked:
            query = query.where(owner.in_(kept))
        if only is None:
            yield from connection.execute(query, execution_options={"yield_per": 5000})
        else:
            for some in load.chunks(sorted(only)):
                yield from connection.execute(query.where(load.among(owner, some)))

    bounds: dict[str, dict[tuple[str, str], Bounded]] = {}
    for x in rows(schema.bounds, schema.bounds.c.incident_id, "claims"):
        bounds.setdefault(x.incident_id, {})[x.harm, x.who] = (x.low, x.best, x.high, bool(x.open))
    for r in rows(table, table.c.incident_id, *(() if cards else ("card",))):
        out.incidents[r.incident_id] = Counted(
            r.incident_id, r.scope, r.status, r.type, r.start, r.end, r.place, r.country, r.review, r.grade,
            bounds.get(r.incident_id, {}), r.card if cards else "",
        )  # fmt: skip
    for p in rows(schema.parts, schema.parts.c.total_id, "why"):
        if p.total_id in out.incidents and p.part_id in out.incidents:
            (out.sure if p.sure else out.maybe).setdefault(p.total_id, []).append(p.part_id)
    for d in rows(schema.possible, schema.possible.c.a):
        # of a pair with a sum the sum may hold the other: that is among its parts
        pair = [out.incidents[x] for x in (d.a, d.b) if x in out.incidents]
        if len(pair) == 2 and all(c.scope != "total" for c in pair):
            out.doubts.append((d.a, d.b, json.loads(d.merged)))
    return out


def entries_of(book: Book, harm: str, group: str) -> tuple[list[Entry], list[tuple[str, str, int]]]:
    """(entries, doubts) of one harm and group. Sums over long times and statistics make no entry."""
    nodes: dict[str, Node] = {}
    for c in book.incidents.values():
        found = c.bounds.get((harm, group))
        if c.scope == "statistic" or c.wide or (found is None and c.scope == "total"):
            continue
        low, _, high, opened = found or (None, None, None, False)
        nodes[c.id] = Node(c.id, low, high, opened, c.scope == "total")
    left = residuals(nodes, book.sure, book.maybe)
    out: list[Entry] = []
    for node in nodes.values():
        c = book.incidents[node.id]
        place = (c.place or "", c.country or "")
        reviewed = c.review == "reviewed"
        alleged = c.status == "alleged"
        if node.is_total:
            r = left[node.id]
            if r.low or r.high:
                kind = "alleged" if alleged else "residual"
                out.append(Entry(c.id, r.low, r.high, r.open, c.start, c.end, place, kind, reviewed))
        elif (harm, group) in c.bounds:
            kind = "alleged" if alleged else "recalled" if c.scope == "background" else "incident"
            out.append(Entry(c.id, node.low, node.high, node.open, c.start, c.end, place, kind, reviewed))
    doubts = [(a, b, merged.get(harm) or 0) for a, b, merged in book.doubts] if group == "all" else []
    return out, doubts
