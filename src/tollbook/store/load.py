"""Rows of the log as values: what each report tells, with the decisions that hold laid over it."""

from __future__ import annotations

import json
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import sqlalchemy as sa

from tollbook.ledger.decisions import ADDED, YIELDS, Decision, Held, Standing, bind, hold, standing
from tollbook.ledger.figures import Figure, figure
from tollbook.ledger.incidents import Told
from tollbook.ledger.voices import Voice, named_voice, own_voice
from tollbook.link.copies import origins
from tollbook.link.mention import Mention, mention
from tollbook.store import schema
from tollbook.store.versions import carried

CHUNK = 2000
"""Ids or numbers asked for at a time."""


class Seed(NamedTuple):
    """A figure claim before its voice is known."""

    claim_id: str
    span: tuple[int, int]
    words: str
    value: Mapping[str, Any] | None
    order: int


class Telling(NamedTuple):
    """One live mention with its figures."""

    told: Told
    seeds: tuple[Seed, ...]
    run_seq: int


def chunks(values: Iterable[Any], size: int = CHUNK) -> Iterator[list[Any]]:
    """The values in lists of at most `size`."""
    batch: list[Any] = []
    for value in values:
        batch.append(value)
        if len(batch) == size:
            yield batch
            batch = []
    if batch:
        yield batch


def lookup(connection: sa.Connection, query: sa.Select[Any]) -> dict[Any, Any]:
    """The rows of a two-column query as a dictionary."""
    return {key: value for key, value in connection.execute(query).all()}  # noqa: C416 - rows are not pairs to mypy


def among(column: sa.ColumnElement[Any], values: Iterable[Any]) -> sa.ColumnElement[bool]:
    """Whether the column is one of any number of ids or numbers, given as one variable: a statement is compiled once,
    and SQLite bounds the variables of a statement, not the length of one."""
    listed = sa.func.json_each(sa.bindparam(None, json.dumps(list(values)), type_=sa.Text)).table_valued("value")
    return column.in_(sa.select(listed.c.value))


def insert(connection: sa.Connection, table: sa.Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Inserts many rows of one shape by the driver's own loop."""
    if rows:
        names = list(rows[0])
        marks = ", ".join("?" for _ in names)
        columns = ", ".join(f'"{name}"' for name in names)
        statement = f'INSERT INTO "{table.name}" ({columns}) VALUES ({marks})'
        connection.exec_driver_sql(statement, [tuple(row[name] for name in names) for row in rows])


_CLAIMS = (
    sa.select(
        schema.claims.c.seq,
        schema.claims.c.claim_id,
        schema.claims.c.run_seq,
        schema.claims.c.mention_id,
        schema.claims.c.kind,
        schema.claims.c.start,
        schema.claims.c.end,
        schema.claims.c.quote,
        schema.claims.c.value,
        schema.claims.c.recorded_at,
        schema.claims.c.report_id,
        schema.runs.c.published.label("run_published"),
        schema.reports.c.doc_id,
        schema.reports.c.outlet,
        schema.reports.c.published,
    )
    .join(schema.runs, schema.runs.c.seq == schema.claims.c.run_seq)
    .join(schema.reports, schema.reports.c.report_id == schema.claims.c.report_id)
    .order_by(schema.claims.c.seq)
)


def tellings(connection: sa.Connection, *, after: int = 0) -> Iterator[Telling]:
    """Mentions in the order they were recorded, of all runs after a claim number."""
    rows = connection.execution_options(yield_per=2000).execute(_CLAIMS.where(schema.claims.c.seq > after))
    yield from grouped(rows)


def rows_of(connection: sa.Connection, runs: Sequence[int]) -> Sequence[Any]:
    """The claims of runs with what their reports say of themselves, for `grouped`."""
    return connection.execute(_CLAIMS.where(among(schema.claims.c.run_seq, runs))).all()


def grouped(rows: Iterable[Any], wanted: Container[int] | None = None) -> Iterator[Telling]:
    """The mentions of claims in the order they were recorded; of `wanted` numbers only, where given."""
    act: Any = None
    seeds: list[Seed] = []
    order = 0
    for row in rows:
        if row.kind == "act":
            if act is not None and (wanted is None or act.seq in wanted):
                yield _telling(act, seeds, order)
            order = order + 1 if act is not None and act.run_seq == row.run_seq else 0
            act, seeds = row, []
        elif act is None or (wanted is not None and act.seq not in wanted):
            continue
        elif act.run_seq == row.run_seq and act.mention_id == row.mention_id:
            # an expunged figure keeps its place, so that `subset_of` of the others stays true
            value = None if row.kind == "gone" else json.loads(row.value)
            seeds.append(Seed(row.claim_id, (row.start, row.end), row.quote, value, len(seeds)))
    if act is not None and (wanted is None or act.seq in wanted):
        yield _telling(act, seeds, order)


def _telling(row: Any, seeds: list[Seed], order: int) -> Telling:
    act = json.loads(row.value)
    published = row.run_published or row.published
    found = mention(
        num=row.seq,
        mention_id=row.mention_id,
        report_id=row.report_id,
        published=published,
        act=act,
        figures=[s.value for s in seeds if s.value is not None],
        order=order,
    )
    told = Told(
        mention=found,
        act=act,
        report_id=row.report_id,
        doc_id=row.doc_id,
        outlet=row.outlet,
        published=published,
        recorded=row.recorded_at,
        span=(row.start, row.end),
    )
    return Telling(told, tuple(seeds), row.run_seq)


def figures(group: Sequence[Telling], sketches: Mapping[str, Sequence[int]], held: Held) -> tuple[Figure, ...]:
    """The figures of one incident's mentions, each with its voice, corrected and without the rejected ones."""
    reports = {t.told.report_id: t.told.outlet for t in group}
    origin = origins({r: sketches.get(r, ()) for r in reports}, reports)
    out: list[Figure] = []
    for telling in group:
        told = telling.told
        listed = _standing_in(telling.seeds, held)
        for seed in telling.seeds:
            value = seed.value
            if value is None or seed.claim_id in held.rejected or not held.counts(value):
                continue
            change = held.corrected.get((seed.claim_id, "figure"))
            if change is not None:
                value = {**value, **{k: v for k, v in change.value.items() if k != "field"}, "word": None}
            parent = value.get("subset_of")
            out.append(
                figure(
                    claim_id=seed.claim_id,
                    mention_id=told.mention.id,
                    report_id=told.report_id,
                    voice=_voice(value.get("says"), origin[told.report_id], told.outlet),
                    said=told.published,
                    order=seed.order,
                    span=seed.span,
                    words=seed.words,
                    value=value,
                    subset_of=listed[parent] if isinstance(parent, int) and 0 <= parent < len(listed) else None,
                    recorded=told.recorded,
                )
            )
    return tuple(out)


def _standing_in(seeds: Sequence[Seed], held: Held) -> list[str]:
    """The claim of each figure of a mention; for one that yields to what a person added, the added one's."""
    added = {s.value[ADDED]: s.claim_id for s in seeds if s.value is not None and s.value.get(ADDED) in held.added}
    yielding = ([d for d in (s.value or {}).get(YIELDS) or () if d in added] for s in seeds)
    return [added[to[-1]] if to else s.claim_id for s, to in zip(seeds, yielding, strict=True)]


def standing_additions(connection: sa.Connection) -> frozenset[str]:
    """The ids of the `add` decisions that stand."""
    table = schema.decisions
    rows = connection.execute(sa.select(table).where(table.c.kind.in_(["add", "undo"])).order_by(table.c.seq))
    return frozenset(d.id for d in standing(map(_decision, rows)))


def _voice(says: object, origin: str, outlet: str | None) -> Voice:
    if isinstance(says, str) and says.strip():
        return named_voice(says)
    return own_voice(origin, outlet)


def live_runs(connection: sa.Connection, until: str | None = None, docs: Iterable[str] | None = None) -> dict[int, str]:
    """run -> report of the newest run of the newest text of each document, as of a moment (None: now)."""
    reports, runs = schema.reports, schema.runs
    query = sa.select(reports.c.seq, reports.c.doc_id, reports.c.report_id)
    run_query = sa.select(runs.c.seq, runs.c.report_id)
    if until is not None:
        query = query.where(reports.c.recorded_at <= until)
        run_query = run_query.where(runs.c.recorded_at <= until)
    newest: dict[str, tuple[int, str]] = {}
    for batch in chunks(docs) if docs is not None else [None]:
        part = query if batch is None else query.where(among(reports.c.doc_id, batch))
        for seq, doc_id, report_id in connection.execute(part):
            if doc_id not in newest or newest[doc_id][0] < seq:
                newest[doc_id] = (seq, report_id)
    wanted = {report_id for _, report_id in newest.values()}
    last: dict[str, int] = {}
    for batch in chunks(sorted(wanted)) if docs is not None else [None]:
        part = run_query if batch is None else run_query.where(among(runs.c.report_id, batch))
        for seq, report_id in connection.execute(part):
            if report_id in wanted and last.get(report_id, 0) < seq:
                last[report_id] = seq
    return {seq: report_id for report_id, seq in last.items()}


def decisions(connection: sa.Connection, until: str | None = None, after: int = 0) -> list[Decision]:
    """Every decision row, oldest first; those after a number."""
    table = schema.decisions
    query = sa.select(table).where(table.c.seq > after).order_by(table.c.seq)
    if until is not None:
        query = query.where(table.c.recorded_at <= until)
    return [_decision(row) for row in connection.execute(query)]


def _decision(row: Any) -> Decision:
    return _parsed(
        row.seq, row.decision_id, row.kind, row.subjects, row.value, row.anchors, row.why, row.user, row.recorded_at
    )


@lru_cache(maxsize=65_536)
def _parsed(
    seq: int, decision_id: str, kind: str, subjects: str, value: str, anchors: str, why: str, user: str, at: str
) -> Decision:
    """A row as a value. Kept, since each decision asks for all that were made before it."""
    about, places = tuple(json.loads(subjects)), tuple(json.loads(anchors))
    return Decision(seq, decision_id, kind, about, json.loads(value), places, why, user, at)


def held(connection: sa.Connection, rows: Sequence[Decision]) -> tuple[Held, list[Decision]]:
    """(the decisions that hold, those that mean no claim any more), over the live runs."""
    holding = standing(rows)
    if not any(d.subjects for d in holding):
        return Held(), []
    bound, orphans = bind(holding, *_standing(connection, holding))
    return hold(rows, bound), orphans


def held_of(connection: sa.Connection, rows: Sequence[Decision], reports: Iterable[str]) -> Held:
    """The decisions that hold on what reports and other versions of them tell."""
    table = schema.reports
    versions: set[str] = set()
    for batch in chunks(sorted(reports)):
        own = sa.select(table.c.doc_id).where(among(table.c.report_id, batch))
        versions.update(connection.execute(sa.select(table.c.report_id).where(table.c.doc_id.in_(own))).scalars())
    near = [d for d in rows if d.kind in ("add", "undo") or any(str(a.get("report_id")) in versions for a in d.anchors)]
    return held(connection, near)[0]


def _standing(
    connection: sa.Connection, rows: Sequence[Decision]
) -> tuple[set[str], Callable[[Mapping[str, Any]], Standing | None]]:
    """For `bind`: the subjects of these rows that are live claims, and where an anchor of another stands now."""
    doc_of = _documents(connection, {str(a.get("report_id")) for d in rows for a in d.anchors})
    live = live_runs(connection, docs=sorted(set(doc_of.values())))
    table, reports = schema.claims, schema.reports
    alive: set[str] = set()
    for batch in chunks(sorted({s for d in rows for s in d.subjects})):
        query = sa.select(table.c.claim_id, table.c.run_seq)
        found = connection.execute(query.where(among(table.c.claim_id, batch), table.c.kind != "gone"))
        alive.update(claim_id for claim_id, run in found if run in live)
    lost = [a for d in rows for s, a in zip(d.subjects, d.anchors, strict=False) if s not in alive]
    documents = {doc_of[r] for a in lost if (r := str(a.get("report_id"))) in doc_of}
    reread = live_runs(connection, docs=sorted(documents)) if documents else {}
    newest: dict[str, str] = {}
    claims_of: dict[str, list[tuple[str, str, tuple[int, int], str]]] = {}
    for batch in chunks(sorted(set(reread.values()))):
        of = sa.select(reports.c.doc_id, reports.c.report_id)
        newest.update(lookup(connection, of.where(among(reports.c.report_id, batch))))
    for batch in chunks(sorted(reread)):
        for c in connection.execute(sa.select(table).where(among(table.c.run_seq, batch), table.c.kind != "gone")):
            claims_of.setdefault(c.report_id, []).append((c.claim_id, c.kind, (c.start, c.end), c.quote))
    carriers: dict[tuple[str, str], Callable[[tuple[int, int]], tuple[int, int] | None]] = {}

    def find(anchor: Mapping[str, Any]) -> Standing | None:
        old = str(anchor.get("report_id"))
        now = newest.get(doc_of.get(old, ""))
        if now is None:
            return None
        # a text is read only where a claim is gone: most decisions stand where they stood
        if (old, now) not in carriers:
            one, other = (
                connection.execute(sa.select(reports.c.text).where(reports.c.report_id == r)).scalar_one()
                for r in (old, now)
            )
            carriers[old, now] = carried(one, other)
        span = carriers[old, now]((int(anchor.get("start", 0)), int(anchor.get("end", 0))))
        return Standing(claims_of.get(now, ()), span, rewritten=old != now)

    return alive, find


def _documents(connection: sa.Connection, reports: Iterable[str]) -> dict[str, str]:
    """report -> the document it is a version of."""
    table = schema.reports
    out: dict[str, str] = {}
    for batch in chunks(sorted(reports)):
        query = sa.select(table.c.report_id, table.c.doc_id).where(among(table.c.report_id, batch))
        out.update(lookup(connection, query))
    return out


def mentions_by_number(connection: sa.Connection, numbers: Iterable[int]) -> dict[int, Mention]:
    """Mentions by their numbers."""
    table = schema.claims
    runs: set[int] = set()
    wanted = set(numbers)
    for batch in chunks(sorted(wanted)):
        runs.update(connection.execute(sa.select(table.c.run_seq).where(among(table.c.seq, batch))).scalars())
    found: dict[int, Mention] = {}
    for batch in chunks(sorted(runs)):
        found.update({t.told.mention.num: t.told.mention for t in grouped(rows_of(connection, batch), wanted)})
    return found


def sketches(connection: sa.Connection, reports: Iterable[str]) -> dict[str, tuple[int, ...]]:
    """The sketches of reports' texts."""
    table = schema.sketches
    out: dict[str, tuple[int, ...]] = {}
    for batch in chunks(sorted(set(reports))):
        for report_id, value in connection.execute(sa.select(table).where(among(table.c.report_id, batch))):
            out[report_id] = tuple(json.loads(value))
    return out
