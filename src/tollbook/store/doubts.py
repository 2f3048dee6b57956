"""What is left in doubt between incidents: pairs that may be one, sums and what may be their parts, month totals."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from tollbook.ledger.bounds import ALL
from tollbook.ledger.totals import add_up, period_label
from tollbook.link import parts as link_parts
from tollbook.link.cluster import possible
from tollbook.link.mention import ordinal
from tollbook.store import load, schema
from tollbook.store.counting import entries_of, read_counted
from tollbook.store.pairs import KEEP, Tell, all_pairs, edges
from tollbook.store.records import dump
from tollbook.store.world import World, states


def doubts(world: World, touched: Mapping[str, tuple[int, ...]], full: bool) -> None:
    """Pairs of incidents that may be one, and what low would be if they were."""
    connection, table = world.connection, schema.mentions
    inside = {n: i for i, g in touched.items() for n in g}
    scores = all_pairs(connection) if full else edges(connection, inside, KEEP)
    scores = {p: s for p, s in scores.items() if p[0] in world.report_of and p[1] in world.report_of}
    outside = {n for p in scores for n in p} - set(inside)
    groups: dict[str, tuple[int, ...]] = dict(touched)
    names: set[str] = set()
    for batch in load.chunks(sorted(outside)):
        query = sa.select(table.c.incident_id).where(table.c.mention.in_(batch))
        names.update(i for i in connection.execute(query).scalars() if i)
    for some in load.chunks(sorted(names)):
        members: dict[str, list[int]] = {}
        query = sa.select(table.c.incident_id, table.c.mention).where(table.c.incident_id.in_(some), table.c.live == 1)
        for incident, number in connection.execute(query):
            members.setdefault(incident, []).append(number)
        groups.update({i: tuple(sorted(g)) for i, g in members.items()})
    label = {i: k for k, i in enumerate(sorted(groups))}
    name = {k: i for i, k in label.items()}
    maybe = possible({label[i]: g for i, g in groups.items()}, scores, world.report_of, world.apart)
    maybe = tuple((x, y, p) for x, y, p in maybe if name[x] in touched or name[y] in touched)
    rows: list[dict[str, Any]] = []
    for batch in load.chunks(maybe):
        unions = [tuple(sorted((*groups[name[x]], *groups[name[y]]))) for x, y, _ in batch]
        for (x, y, p), made in zip(batch, states(connection, unions, world.held, world.options), strict=True):
            if made is None:
                continue
            merged = {b.harm: b.low for b in made[0].bounds if b.group == ALL}
            rows.append({"a": name[x], "b": name[y], "score": p, "merged": dump(merged)})
    if rows:
        connection.execute(schema.possible.insert(), rows)


def _act(row: Any) -> link_parts.Act:
    card = json.loads(row.card)
    places, actors, sides, reports, killed, classes = card["act"]
    return link_parts.Act(
        row.incident_id, row.scope == "total", ordinal(row.start), ordinal(row.end), tuple(places), row.country,
        row.type, frozenset(actors), frozenset(sides), frozenset(reports), (killed[0], killed[1]), frozenset(classes),
    )  # fmt: skip


def parts(connection: sa.Connection, touched: Mapping[str, tuple[int, ...]], full: bool, tell: Tell | None) -> None:
    """The parts of every total that was touched, or whose days hold an incident that was."""
    table = schema.incidents
    query = sa.select(table).where(table.c.scope == "total")
    totals = []
    if full:
        totals = list(connection.execute(query))
    else:
        wanted: dict[str, Any] = {}
        for batch in load.chunks(sorted(touched)):
            for row in connection.execute(sa.select(table).where(table.c.incident_id.in_(batch))):
                if row.scope == "total":
                    wanted[row.incident_id] = row
                if row.start is not None:
                    around = query.where(table.c.start <= row.end, table.c.end >= row.start)
                    wanted.update({t.incident_id: t for t in connection.execute(around)})
        totals = list(wanted.values())
        for names in load.chunks(sorted(wanted)):
            connection.execute(schema.parts.delete().where(schema.parts.c.total_id.in_(names)))
    listed = _listed(connection, [t.incident_id for t in totals])
    rows: list[dict[str, Any]] = []
    for done, total in enumerate(totals):
        near: list[link_parts.Act] = []
        if total.start is not None and total.end is not None:
            found = sa.select(table).where(
                table.c.start >= total.start, table.c.start <= total.end, table.c.end <= total.end
            )
            if total.country is not None:
                found = found.where(sa.or_(table.c.country == total.country, table.c.country.is_(None)))
            act = _act(total)
            if act.end is not None and act.start is not None and act.end - act.start < link_parts.WIDEST:
                near = [_act(r) for r in connection.execute(found.order_by(table.c.incident_id))]
        made = link_parts.find(_act(total), near, listed.get(total.incident_id, ()))
        rows += [{"total_id": p.total, "part_id": p.part, "sure": int(p.sure), "why": p.why} for p in made]
        if tell and done % 1000 == 999:
            tell("totals", done + 1)
    if rows:
        connection.execute(schema.parts.insert(), rows)


def _listed(connection: sa.Connection, totals: Sequence[str]) -> dict[str, list[str]]:
    """The incidents that the reports of each total list as its parts."""
    table, claims = schema.mentions, schema.claims
    out: dict[str, list[str]] = {}
    for batch in load.chunks(sorted(totals)):
        query = (
            sa.select(table.c.incident_id, table.c.run_seq, claims.c.value)
            .join(claims, claims.c.seq == table.c.mention)
            .where(table.c.incident_id.in_(batch), table.c.live == 1)
        )
        asked: dict[int, list[tuple[str, str]]] = {}
        for incident, run, value in connection.execute(query):
            for part in json.loads(value).get("parts") or ():
                asked.setdefault(run, []).append((incident, str(part)))
        for runs in load.chunks(sorted(asked)):
            inner = (
                sa.select(table.c.incident_id, table.c.run_seq, claims.c.value)
                .join(claims, claims.c.seq == table.c.mention)
                .where(table.c.run_seq.in_(runs), table.c.incident_id.is_not(None))
            )
            ids = {
                (run, str(json.loads(value).get("id"))): incident for incident, run, value in connection.execute(inner)
            }
            for run in runs:
                for incident, part in asked[run]:
                    found = ids.get((run, part))
                    if found is not None and found != incident and found not in out.setdefault(incident, []):
                        out[incident].append(found)
    return out


def month_totals(connection: sa.Connection) -> None:
    """Replaces the month rollup where it changed."""
    counted = read_counted(connection)
    rows = []
    for harm in counted.harms():
        found, doubts = entries_of(counted, harm, ALL)
        listed, total, _ = add_up(found, lambda e: period_label("month", e.start, e.end), doubts)
        for row in [*listed, total]:
            rows.append((row.label, harm, "all", row.low, row.high, row.open))
    table = schema.totals
    have = {tuple(r) for r in connection.execute(sa.select(table))}
    stale = {(r[0], r[1], r[2]) for r in have - set(rows)}
    for b, h, k in sorted(stale):
        connection.execute(table.delete().where(table.c.bin == b, table.c.harm == h, table.c.row == k))
    new = sorted(set(rows) - have)
    if new:
        columns = ("bin", "harm", "row", "low", "high", "open")
        connection.execute(table.insert(), [dict(zip(columns, r, strict=True)) for r in new])
