"""What is left in doubt between incidents: pairs that may be one, sums and what may be their parts, month totals."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from tollbook.ledger.bounds import ALL
from tollbook.link import parts as link_parts
from tollbook.link.cluster import Pair, possible
from tollbook.link.mention import ordinal
from tollbook.store import load, schema
from tollbook.store.pairs import KEEP, Tell, all_pairs, edges
from tollbook.store.records import dump
from tollbook.store.world import World

HELD = 20_000
"""Acts held in memory while looking for the parts of sums."""


def doubts(world: World, touched: Mapping[str, tuple[int, ...]], full: bool) -> None:
    """Pairs of incidents that may be one, and what low would be if they were."""
    connection = world.connection
    groups: dict[str, tuple[int, ...]] = dict(touched)
    scores: Iterable[tuple[Pair, float]]
    if full:  # every mention that stands in an incident is in one of these
        scores = all_pairs(connection)
    else:
        inside = {n for g in touched.values() for n in g}
        found = edges(connection, inside, KEEP)
        world.learn({n for p in found for n in p})
        found = {p: s for p, s in found.items() if p[0] in world.report_of and p[1] in world.report_of}
        groups.update(_beside(world, {n for p in found for n in p} - inside))
        scores = found.items()
    name = sorted(groups)
    maybe = possible({k: groups[i] for k, i in enumerate(name)}, scores, world.report_of, world.apart)
    maybe = tuple((x, y, p) for x, y, p in maybe if name[x] in touched or name[y] in touched)
    _write_doubts(connection, [(name[x], name[y], p) for x, y, p in maybe])


def doubts_again(connection: sa.Connection) -> None:
    """The doubts between incidents that are there, with what low would be by the bounds that are there."""
    table, incident = schema.possible, sa.select(schema.incidents.c.incident_id)
    there = sa.select(table.c.a, table.c.b, table.c.score).where(table.c.a.in_(incident), table.c.b.in_(incident))
    found = [(a, b, p) for a, b, p in connection.execute(there)]
    connection.execute(table.delete())
    _write_doubts(connection, found)


def _write_doubts(connection: sa.Connection, maybe: Sequence[tuple[str, str, float]]) -> None:
    for some in load.chunks(maybe):
        lows = _lows(connection, {name for a, b, _ in some for name in (a, b)})
        rows = []
        for one, other, p in some:
            a, b = lows.get(one, {}), lows.get(other, {})
            merged = {harm: min(v for v in (a.get(harm), b.get(harm)) if v is not None) for harm in {*a, *b}}
            rows.append({"a": one, "b": other, "score": p, "merged": dump(dict(sorted(merged.items())))})
        load.insert(connection, schema.possible, rows)


def _beside(world: World, mentions: Collection[int]) -> dict[str, tuple[int, ...]]:
    """The whole incidents that mentions stand in."""
    connection, table = world.connection, schema.mentions
    names: set[str] = set()
    for batch in load.chunks(sorted(mentions)):
        query = sa.select(table.c.incident_id).where(load.among(table.c.mention, batch))
        names.update(i for i in connection.execute(query).scalars() if i)
    out: dict[str, tuple[int, ...]] = {}
    for some in load.chunks(sorted(names)):
        members: dict[str, list[int]] = {}
        query = sa.select(table.c.incident_id, table.c.mention).where(
            load.among(table.c.incident_id, some), table.c.live == 1
        )
        for incident, number in connection.execute(query):
            members.setdefault(incident, []).append(number)
        out.update({i: tuple(sorted(g)) for i, g in members.items()})
        world.learn(n for g in members.values() for n in g)
    return out


def _lows(connection: sa.Connection, incidents: set[str]) -> dict[str, dict[str, int]]:
    """Low of each harm of incidents: of two that are one, the lower stands (a voice of either says no more)."""
    table = schema.bounds
    out: dict[str, dict[str, int]] = {}
    for batch in load.chunks(sorted(incidents)):
        query = sa.select(table.c.incident_id, table.c.harm, table.c.low).where(
            load.among(table.c.incident_id, batch), table.c.who == ALL, table.c.low.is_not(None)
        )
        for incident, harm, low in connection.execute(query):
            out.setdefault(incident, {})[harm] = low
    return out


def _act(row: Any) -> link_parts.Act:
    card = json.loads(row.card)
    places, actors, sides, reports, killed, classes = card["act"]
    return link_parts.Act(
        row.incident_id, row.scope == "total", ordinal(row.start), ordinal(row.end), tuple(places), row.country,
        row.type, frozenset(actors), frozenset(sides), frozenset(reports), (killed[0], killed[1]), frozenset(classes),
    )  # fmt: skip


def parts(
    connection: sa.Connection,
    touched: Mapping[str, tuple[int, ...]],
    left: Collection[str] | None,
    tell: Tell | None,
) -> set[str]:
    """The parts of every total that was touched, that may hold an incident that was, or that may be one with it.

    `left` are incidents that lost a neighbour; None: all is computed. Returns the totals whose parts are others than
    before, and those parts.
    """
    table = schema.parts
    old: dict[tuple[str, str], tuple[int, str]] = {}
    if left is None:
        query = sa.select(schema.incidents).where(schema.incidents.c.scope == "total")
        totals = list(connection.execute(query))
    else:
        totals = _around(connection, touched, left)
        for names in load.chunks(sorted(t.incident_id for t in totals)):
            for row in connection.execute(sa.select(table).where(load.among(table.c.total_id, names))):
                old[row.total_id, row.part_id] = (row.sure, row.why)
    found = {
        (p.total, p.part): (int(p.sure), p.why)
        for p in _found(connection, [(t.incident_id, _act(t)) for t in totals], tell)
    }
    gone = [key for key, said in old.items() if found.get(key) != said]
    made = [key for key, said in found.items() if old.get(key) != said]
    connection.exec_driver_sql("DELETE FROM derived_parts WHERE total_id = ? AND part_id = ?", gone) if gone else None
    values = [{"total_id": t, "part_id": p, "sure": found[t, p][0], "why": found[t, p][1]} for t, p in made]
    load.insert(connection, table, values)
    return {name for key in (*gone, *made) for name in key}


def _found(
    connection: sa.Connection, totals: Sequence[tuple[str, link_parts.Act]], tell: Tell | None
) -> Iterator[link_parts.Part]:
    """The parts of totals, each pair once."""
    listed = _listed(connection, [name for name, _ in totals])
    acts: dict[str, link_parts.Act] = {}
    within: dict[Any, list[link_parts.Act]] = {}
    seen: set[tuple[str, str]] = set()
    for done, (name, act) in enumerate(sorted(totals, key=lambda t: (t[1].start or 0, t[1].end or 0, t[0]))):
        if len(acts) > HELD:  # in order of days, so that what was read is near what comes
            acts, within = {}, {}
        window = (act.start, act.end, act.country)
        if window not in within:
            within[window] = _near(connection, act, acts)
        rows = {(p.total, p.part): p for p in link_parts.find(act, within[window], listed.get(name, ()))}
        seen.update(rows)
        yield from rows.values()
        if tell and done % 1000 == 999:
            tell("totals", done + 1)
    yield from (p for p in _doubtful(connection, [act for _, act in totals]) if (p.total, p.part) not in seen)


def _around(connection: sa.Connection, touched: Mapping[str, tuple[int, ...]], left: Collection[str]) -> list[Any]:
    """The totals that were touched, whose reports tell something touched, or that something touched may be a part of
    or one with."""
    table, doubt = schema.incidents, schema.possible
    query = sa.select(table).where(table.c.scope == "total")
    wanted: dict[str, Any] = {}
    acts: dict[tuple[str, str], list[link_parts.Act]] = {}
    near = set(left) | _told_beside(connection, touched)
    for batch in load.chunks(sorted(touched)):
        for row in connection.execute(sa.select(table).where(load.among(table.c.incident_id, batch))):
            if row.scope == "total":
                wanted[row.incident_id] = row
            if row.start is not None and row.end is not None:
                acts.setdefault((row.start, row.end), []).append(_act(row))
        for other, one in ((doubt.c.a, doubt.c.b), (doubt.c.b, doubt.c.a)):
            near.update(connection.execute(sa.select(other).where(load.among(one, batch))).scalars())
    for batch in load.chunks(sorted(near)):
        wanted.update(
            {t.incident_id: t for t in connection.execute(query.where(load.among(table.c.incident_id, batch)))}
        )
    read: dict[str, link_parts.Act] = {}
    for (start, end), inside in sorted(acts.items()):
        # a sum that is too long has no parts but those its reports list
        first = (dt.date.fromisoformat(start) - dt.timedelta(days=link_parts.WIDEST)).isoformat()
        around = query.where(table.c.start >= first, table.c.start <= start, table.c.end >= end)
        for row in connection.execute(around):
            if row.incident_id in wanted:
                continue
            if row.incident_id not in read:
                read[row.incident_id] = _act(row)
            if any(link_parts.may_hold(read[row.incident_id], act) for act in inside):
                wanted[row.incident_id] = row
    return list(wanted.values())


def _told_beside(connection: sa.Connection, touched: Mapping[str, tuple[int, ...]]) -> set[str]:
    """The incidents told in the reports of what was touched: a sum among them may list it as a part."""
    table = schema.mentions
    reports: set[str] = set()
    for batch in load.chunks(sorted(n for group in touched.values() for n in group)):
        query = sa.select(table.c.report_id).where(load.among(table.c.mention, batch))
        reports.update(connection.execute(query).scalars())
    out: set[str] = set()
    for names in load.chunks(sorted(reports)):
        query = sa.select(table.c.incident_id).where(load.among(table.c.report_id, names), table.c.live == 1)
        out.update(i for i in connection.execute(query).scalars() if i is not None)
    return out


def _doubtful(connection: sa.Connection, totals: Sequence[link_parts.Act]) -> list[link_parts.Part]:
    """What may be one with a sum may lie within it; of two sums within the wider."""
    table, doubt = schema.incidents, schema.possible
    own = {t.id: t for t in totals}
    pairs: set[tuple[str, str]] = set()
    for batch in load.chunks(sorted(own)):
        for one, other in ((doubt.c.a, doubt.c.b), (doubt.c.b, doubt.c.a)):
            pairs.update((t, o) for t, o in connection.execute(sa.select(one, other).where(load.among(one, batch))))
    others: dict[str, link_parts.Act] = dict(own)
    for batch in load.chunks(sorted({o for _, o in pairs} - set(own))):
        for row in connection.execute(sa.select(table).where(load.among(table.c.incident_id, batch))):
            others[row.incident_id] = _act(row)

    why = "may be one with it"
    return [
        link_parts.Part(t, o, False, why)
        for t, o in sorted(pairs)
        if not others[o].is_total or link_parts.wider(others[t], others[o])
    ]


def _near(connection: sa.Connection, total: link_parts.Act, acts: dict[str, link_parts.Act]) -> list[link_parts.Act]:
    """The incidents within the days of a sum that is not too long; `acts` keeps those already read."""
    if total.start is None or total.end is None or total.end - total.start >= link_parts.WIDEST:
        return []
    table = schema.incidents
    first, last = dt.date.fromordinal(total.start).isoformat(), dt.date.fromordinal(total.end).isoformat()
    where = [table.c.start >= first, table.c.start <= last, table.c.end <= last, table.c.scope != "statistic"]
    if total.country is not None:
        where.append(sa.or_(table.c.country == total.country, table.c.country.is_(None)))
    ids = sorted(connection.execute(sa.select(table.c.incident_id).where(*where)).scalars())
    for batch in load.chunks(i for i in ids if i not in acts):
        for row in connection.execute(sa.select(table).where(load.among(table.c.incident_id, batch))):
            acts[row.incident_id] = _act(row)
    return [acts[i] for i in ids]


def _listed(connection: sa.Connection, totals: Sequence[str]) -> dict[str, list[str]]:
    """The incidents that the reports of each total list as its parts."""
    table, claims = schema.mentions, schema.claims
    out: dict[str, list[str]] = {}
    for batch in load.chunks(sorted(totals)):
        query = (
            sa.select(table.c.incident_id, table.c.run_seq, claims.c.value)
            .join(claims, claims.c.seq == table.c.mention)
            .where(load.among(table.c.incident_id, batch), table.c.live == 1)
        )
        asked: dict[int, list[tuple[str, str]]] = {}
        for incident, run, value in connection.execute(query):
            for part in json.loads(value).get("parts") or ():
                asked.setdefault(run, []).append((incident, str(part)))
        for runs in load.chunks(sorted(asked)):
            inner = (
                sa.select(table.c.incident_id, table.c.run_seq, claims.c.value)
                .join(claims, claims.c.seq == table.c.mention)
                .where(load.among(table.c.run_seq, runs), table.c.incident_id.is_not(None))
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
