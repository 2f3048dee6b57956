"""The incidents of groups of mentions as rows: written, taken away, counted another way, and where old ids lead."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Any

import sqlalchemy as sa

from tollbook.ledger.state import Options
from tollbook.link.cluster import Pair
from tollbook.model import Span
from tollbook.store import load, now, schema
from tollbook.store.doubts import doubts_again
from tollbook.store.doubts import parts as parts_of_sums
from tollbook.store.grouping import Grouped
from tollbook.store.pairs import Tell
from tollbook.store.spread import spread
from tollbook.store.versions import carried
from tollbook.store.world import World, bound_rows, incident_row, tellings_of

BATCH = 6_000
"""Incidents computed and written at a time: a fork each, as for pairs."""


def replace_incidents(
    world: World, found: Grouped, dirty: set[int] | None, tell: Tell | None
) -> tuple[dict[str, tuple[int, ...]], set[str]]:
    """Replaces the incidents of the groups, and of what is gone among `dirty` (None: nothing was there before).

    Returns incident id -> its mentions, and the ids that were there before with those that stood beside them.
    """
    connection = world.connection
    _contradictions(connection, found.refused)
    numbers = {n for g in found.groups for n in g}
    first = _first_recorded(connection, numbers)
    named = {}
    for group in found.groups:
        ordered = tuple(sorted(group, key=lambda n: (first[n], n)))
        named[ordered[0]] = ordered
    left, dead = (set[str](), _dead(connection)) if dirty is None else _forget(connection, numbers | dirty)
    out: dict[str, tuple[int, ...]] = {}
    done = 0
    for batch in load.chunks(sorted(named), BATCH):
        for incident, members in write_incidents(world, [named[k] for k in batch]):
            out[incident] = members
        done += len(batch)
        if tell:
            tell("incidents", done)
    _lead_old_ids(connection, dead)
    return out, left


def _contradictions(connection: sa.Connection, refused: Sequence[Pair]) -> None:
    """A "same" that an "apart" forbids goes to a person, once."""
    for a, b in refused:
        ids = connection.execute(
            sa.select(schema.mentions.c.mention_id).where(schema.mentions.c.mention.in_([a, b]))
        ).scalars()
        message = f"decided to be the same, and apart through others: {' and '.join(sorted(ids))}; they are kept apart"
        table = schema.issues
        if not connection.execute(sa.select(table.c.seq).where(table.c.message == message).limit(1)).scalar():
            connection.execute(
                table.insert(),
                {
                    "code": "contradiction", "message": message, "doc_id": None, "report_id": None, "run_seq": None,
                    "start": None, "end": None, "recorded_at": now(),
                },
            )  # fmt: skip


def _first_recorded(connection: sa.Connection, numbers: Iterable[int]) -> dict[int, int]:
    """For each mention the number under which its id was first recorded: a re-read does not rename incidents."""
    table = schema.mentions
    first = sa.select(table.c.mention_id, sa.func.min(table.c.mention)).group_by(table.c.mention_id)
    out: dict[int, int] = {}
    for batch in load.chunks(sorted(numbers)):
        query = sa.select(table.c.mention, table.c.mention_id).where(load.among(table.c.mention, batch))
        ids = load.lookup(connection, query)
        seen = load.lookup(connection, first.where(load.among(table.c.mention_id, sorted(set(ids.values())))))
        out.update({n: seen[i] for n, i in ids.items()})
    return out


def _dead(connection: sa.Connection) -> set[int]:
    """The mentions that are live no more."""
    return set(connection.execute(sa.select(schema.mentions.c.mention).where(schema.mentions.c.live == 0)).scalars())


def _forget(connection: sa.Connection, numbers: set[int]) -> tuple[set[str], set[int]]:
    """Deletes the incidents that mentions belonged to.

    Returns them and their neighbours (the sums over them, their parts, and what they may have been one with), and the
    mentions that are live no more and led to them.
    """
    table = schema.mentions
    old: set[str] = set()
    dead: set[int] = set()
    for batch in load.chunks(sorted(numbers)):
        query = sa.select(table.c.mention, table.c.live, table.c.incident_id).where(load.among(table.c.mention, batch))
        for number, live, incident in connection.execute(query):
            old.update([incident] if incident else ())
            dead.update(() if live else [number])
    dead |= _unled(connection, numbers)
    left = set(old)
    parts, doubt = schema.parts.c, schema.possible.c
    for names in load.chunks(sorted(old)):
        led = sa.select(table.c.mention).where(load.among(table.c.incident_id, names), table.c.live == 0)
        dead.update(connection.execute(led).scalars())
        connection.execute(schema.incidents.delete().where(load.among(schema.incidents.c.incident_id, names)))
        connection.execute(schema.bounds.delete().where(load.among(schema.bounds.c.incident_id, names)))
        for one, other in (
            (parts.total_id, parts.part_id), (parts.part_id, parts.total_id), (doubt.a, doubt.b), (doubt.b, doubt.a),
        ):  # fmt: skip
            left.update(connection.execute(sa.select(other).where(load.among(one, names))).scalars())
            connection.execute(one.table.delete().where(load.among(one, names)))
    return left, dead


def _unled(connection: sa.Connection, numbers: set[int]) -> set[int]:
    """The mentions that are live no more and lead nowhere, of the documents of these: one may lead somewhere again."""
    table, reports = schema.mentions, schema.reports
    out: set[int] = set()
    for batch in load.chunks(sorted(numbers)):
        own = sa.select(table.c.report_id).where(load.among(table.c.mention, batch))
        documents = sa.select(reports.c.doc_id).where(reports.c.report_id.in_(own))
        versions = sa.select(reports.c.report_id).where(reports.c.doc_id.in_(documents))
        lost = sa.select(table.c.mention).where(table.c.report_id.in_(versions), table.c.live == 0)
        out.update(connection.execute(lost.where(table.c.incident_id.is_(None))).scalars())
    return out


def write_incidents(world: World, groups: Sequence[tuple[int, ...]]) -> list[tuple[str, tuple[int, ...]]]:
    """Writes the incidents of groups (first-recorded first), to which their mentions lead then; returns each with its
    group, but those that are wholly rejected."""
    made = _write_rows(world, groups)
    owners = [(incident, n) for group, incident in zip(groups, made, strict=True) for n in group]
    if owners:
        world.connection.exec_driver_sql("UPDATE derived_mentions SET incident_id = ? WHERE mention = ?", owners)
    return [(incident, group) for group, incident in zip(groups, made, strict=True) if incident is not None]


def _write_rows(world: World, groups: Sequence[tuple[int, ...]]) -> list[str | None]:
    """Writes the incidents of groups and their bounds; returns the id of each (None: all of it is rejected)."""
    told = tellings_of(world.connection, groups)

    def computed(some: Sequence[tuple[int, ...]]) -> list[tuple[dict[str, Any], list[dict[str, Any]]] | None]:
        found = (told.state(group, world.held, world.options) for group in some)
        return [None if f is None else (incident_row(f), bound_rows(f)) for f in found]

    made = spread(computed, groups)
    load.insert(world.connection, schema.incidents, [m[0] for m in made if m is not None])
    load.insert(world.connection, schema.bounds, [row for m in made if m is not None for row in m[1]])
    return [None if m is None else str(m[0]["incident_id"]) for m in made]


def recount(connection: sa.Connection, options: Options, only: Collection[str] | None, *, relations: bool) -> None:
    """Fills the tables of incidents and bounds, which are empty, by other options; of `only` (ids), where given.

    How things are counted moves no mention: the groups are those stored. With `relations` the doubts that are there are
    brought to the new bounds, those between others taken away, and the parts of sums found again.
    """
    held = load.held(connection, load.decisions(connection))[0]
    world = World(connection, held, [], [], options)
    table = schema.mentions
    query = sa.select(table.c.mention, table.c.incident_id).where(table.c.live == 1, table.c.incident_id.is_not(None))
    found: dict[str, list[int]] = {}
    for names in load.chunks(sorted(only)) if only is not None else [None]:
        part = query if names is None else query.where(load.among(table.c.incident_id, names))
        for number, incident in connection.execute(part):
            found.setdefault(incident, []).append(number)
    first = _first_recorded(connection, {n for group in found.values() for n in group})
    groups = [tuple(sorted(group, key=lambda n: (first[n], n))) for group in found.values()]
    for batch in load.chunks(sorted(groups), BATCH):
        _write_rows(world, batch)
    if relations:
        doubts_again(connection)
        connection.execute(schema.parts.delete())
        parts_of_sums(connection, {}, None, None)


def _lead_old_ids(connection: sa.Connection, dead: Iterable[int]) -> None:
    """A mention that a new reading or version replaced leads to the incident of the live one that overlaps it most."""
    claims, table, reports = schema.claims, schema.mentions, schema.reports
    place = sa.select(
        claims.c.seq, claims.c.claim_id, claims.c.start, claims.c.end, reports.c.doc_id, reports.c.report_id
    )
    place = place.join(reports, reports.c.report_id == claims.c.report_id)
    for batch in load.chunks(sorted(dead), 500):
        gone = connection.execute(place.where(load.among(claims.c.seq, batch))).all()
        by_doc: dict[str, list[Any]] = {}
        documents = sorted({old.doc_id for old in gone})
        query = place.add_columns(table.c.incident_id).join(table, table.c.mention == claims.c.seq)
        for row in connection.execute(query.where(load.among(reports.c.doc_id, documents), table.c.live == 1)):
            by_doc.setdefault(row.doc_id, []).append(row)
        rewritten = {old.report_id for old in gone} - {row.report_id for rows in by_doc.values() for row in rows}
        versions = {
            row.report_id for doc in {o.doc_id for o in gone if o.report_id in rewritten} for row in by_doc.get(doc, ())
        }
        texts = load.lookup(
            connection,
            sa.select(reports.c.report_id, reports.c.text).where(
                load.among(reports.c.report_id, sorted(rewritten | versions))
            ),
        )
        carriers: dict[str, Callable[[Span], Span | None]] = {}
        leads = []
        for old in gone:
            rows = by_doc.get(old.doc_id, [])
            span: Span | None = (old.start, old.end)
            if rows and rows[0].report_id != old.report_id:
                if old.report_id not in carriers:
                    carriers[old.report_id] = carried(texts[old.report_id], texts[rows[0].report_id])
                span = carriers[old.report_id]((old.start, old.end))
            leads.append((_nearest(old.claim_id, span, rows), old.seq))
        if leads:
            connection.exec_driver_sql("UPDATE derived_mentions SET incident_id = ? WHERE mention = ?", leads)


def _nearest(claim_id: str, span: Span | None, rows: Sequence[Any]) -> str | None:
    """The incident of the row that overlaps a span most; None where none does."""
    if span is None or not rows:
        return None
    ranked = [(min(span[1], r.end) - max(span[0], r.start), r.claim_id == claim_id, r.claim_id, r) for r in rows]
    best = max(ranked, key=lambda found: found[:3])
    return best[3].incident_id if best[0] > 0 else None
