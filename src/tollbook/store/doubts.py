"""What is left in doubt between incidents: pairs that may be one, sums and what may be their parts, month totals."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from tollbook.ledger.bounds import ALL
from tollbook.ledger.totals import Entry, add_up, period_label
from tollbook.link import parts as link_parts
from tollbook.link.cluster import possible
from tollbook.link.mention import ordinal
from tollbook.store import load, schema
from tollbook.store.counting import entries_of, read_counted
from tollbook.store.pairs import KEEP, Tell, all_pairs, edges
from tollbook.store.records import dump
from tollbook.store.world import World


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
    lows = _lows(connection, {name[k] for x, y, _ in maybe for k in (x, y)})
    rows = []
    for x, y, p in maybe:
        a, b = lows.get(name[x], {}), lows.get(name[y], {})
        merged = {harm: min(v for v in (a.get(harm), b.get(harm)) if v is not None) for harm in {*a, *b}}
        rows.append({"a": name[x], "b": name[y], "score": p, "merged": dump(dict(sorted(merged.items())))})
    if rows:
        connection.execute(schema.possible.insert(), rows)


def _lows(connection: sa.Connection, incidents: set[str]) -> dict[str, dict[str, int]]:
    """Low of each harm of incidents: of two that are one, the lower stands (a voice of either says no more)."""
    table = schema.bounds
    out: dict[str, dict[str, int]] = {}
    for batch in load.chunks(sorted(incidents)):
        query = sa.select(table.c.incident_id, table.c.harm, table.c.low).where(
            table.c.incident_id.in_(batch), table.c.who == ALL, table.c.low.is_not(None)
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


def parts(connection: sa.Connection, touched: Mapping[str, tuple[int, ...]], full: bool, tell: Tell | None) -> None:
    """The parts of every total that was touched, or whose days hold an incident that was."""
    table = schema.incidents
    query = sa.select(table).where(table.c.scope == "total")
    totals = []
    if full:
        totals = list(connection.execute(query))
    else:
        wanted: dict[str, Any] = {}
        days: set[tuple[str, str]] = set()
        for batch in load.chunks(sorted(touched)):
            for row in connection.execute(sa.select(table).where(table.c.incident_id.in_(batch))):
                if row.scope == "total":
                    wanted[row.incident_id] = row
                elif row.start is not None:
                    days.add((row.start, row.end))
        for start, end in sorted(days):
            # a sum that is too long has no parts but those its reports list
            first = (dt.date.fromisoformat(start) - dt.timedelta(days=link_parts.WIDEST)).isoformat()
            around = query.where(table.c.start >= first, table.c.start <= start, table.c.end >= end)
            wanted.update({t.incident_id: t for t in connection.execute(around)})
        totals = list(wanted.values())
        for names in load.chunks(sorted(wanted)):
            connection.execute(schema.parts.delete().where(schema.parts.c.total_id.in_(names)))
    listed = _listed(connection, [t.incident_id for t in totals])
    acts: dict[str, link_parts.Act] = {}
    rows: list[dict[str, Any]] = []
    for done, total in enumerate(totals):
        act = _act(total)
        near = _near(connection, act, acts)
        made = link_parts.find(act, near, listed.get(total.incident_id, ()))
        rows += [{"total_id": p.total, "part_id": p.part, "sure": int(p.sure), "why": p.why} for p in made]
        if tell and done % 1000 == 999:
            tell("totals", done + 1)
    if rows:
        connection.execute(schema.parts.insert(), rows)


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
        for row in connection.execute(sa.select(table).where(table.c.incident_id.in_(batch))):
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
    """Replaces the month rollup where it changed: what `totals --by month` shows, by the default rule."""
    rows = set()
    involved = read_counted(connection, only=_involved(connection))
    base = _base(connection)
    for harm in sorted({h for h, _ in base} | set(involved.harms())):
        found, doubts = entries_of(involved, harm, ALL)
        sums = {label: list(values) for (h, label), values in base.items() if h == harm}
        listed, _, _ = add_up(found, _month_of, doubts)
        plain, _, _ = add_up([e for e in found if e.kind != "residual"], _month_of)
        for sign, some in ((1, listed), (-1, plain)):
            for row in some:  # what the sums, their parts and the doubts change against the plain sum
                values = sums.setdefault(row.label, [0, 0, 0])
                for i, n in enumerate((row.low, row.high, row.open)):
                    values[i] += sign * n
        kept = {label: v for label, v in sums.items() if any(v) or (harm, label) in base}
        rows |= {(label, harm, "all", *values) for label, values in kept.items()}
        rows.add(("total", harm, "all", *(sum(v[i] for v in kept.values()) for i in range(3))))
    table = schema.totals
    have = {tuple(r) for r in connection.execute(sa.select(table))}
    for b, h, k in sorted({(r[0], r[1], r[2]) for r in have - rows}):
        connection.execute(table.delete().where(table.c.bin == b, table.c.harm == h, table.c.row == k))
    new = sorted(rows - have)
    if new:
        columns = ("bin", "harm", "row", "low", "high", "open")
        connection.execute(table.insert(), [dict(zip(columns, r, strict=True)) for r in new])


def _month_of(entry: Entry) -> str:
    return period_label("month", entry.start, entry.end)


def _base(connection: sa.Connection) -> dict[tuple[str, str], tuple[int, int, int]]:
    """(harm, month) -> low, high, open of all incidents that are not sums, each by itself."""
    b, i = schema.bounds, schema.incidents
    query = (
        sa.select(
            b.c.harm,
            i.c.start,
            i.c.end,
            sa.func.sum(sa.func.coalesce(b.c.low, 0)),
            sa.func.sum(sa.func.coalesce(b.c.high, b.c.low, 0)),
            sa.func.sum(b.c.open),
        )
        .join(i, i.c.incident_id == b.c.incident_id)
        .where(b.c.who == ALL, i.c.scope.in_(["incident", "background"]), i.c.status != "alleged")
        .group_by(b.c.harm, i.c.start, i.c.end)
    )
    out: dict[tuple[str, str], tuple[int, int, int]] = {}
    for harm, start, end, low, high, opened in connection.execute(query):
        key = harm, period_label("month", start, end)
        was = out.get(key, (0, 0, 0))
        out[key] = (was[0] + low, was[1] + high, was[2] + opened)
    return out


def _involved(connection: sa.Connection) -> set[str]:
    """Sums, their parts, and incidents in doubt."""
    out = set(
        connection.execute(
            sa.select(schema.incidents.c.incident_id).where(schema.incidents.c.scope == "total")
        ).scalars()
    )
    for column in (schema.parts.c.total_id, schema.parts.c.part_id, schema.possible.c.a, schema.possible.c.b):
        out.update(connection.execute(sa.select(column)).scalars())
    return out
