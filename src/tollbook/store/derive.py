"""What the book computes from its log: incidents, bounds, doubts, parts, totals by month.

`refresh` brings the `derived_*` tables up to the log's head in one transaction, touching only what
changed; dropping them and refreshing gives the same rows.
"""

from __future__ import annotations

import contextlib
import gc
import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import sqlalchemy as sa

from tollbook import __version__, lexicon
from tollbook.ledger.bounds import DEFAULT_RULE, get_rule
from tollbook.ledger.decisions import Decision
from tollbook.ledger.state import Options
from tollbook.link.cluster import pair
from tollbook.store import SqlStore, load, now, schema
from tollbook.store.doubts import doubts
from tollbook.store.doubts import parts as parts_of_sums
from tollbook.store.grouping import all_groups, changed_groups
from tollbook.store.pairs import Tell, link
from tollbook.store.records import dump
from tollbook.store.regroup import replace_incidents
from tollbook.store.rollup import month_totals
from tollbook.store.world import World

LINK_FILES = ("link.yml", "speakers.yml", "countries.yml", "lexicon/en/actors.yml", "actors/*.yml")
"""The data files that comparing reports depends on."""
CACHE_KB = 128 * 1024
"""Memory for the book's pages while it is computed: ids and hashes fall all over the indexes of a large book."""
COUNT_FILES = (*LINK_FILES, "voices.yml", "classes.yml", "grades.yml")
"""The data files that counting depends on; a change of another one leaves the computed rows standing."""


@cache
def code_version(files: Sequence[str] = COUNT_FILES) -> str:
    """What derived rows depend on besides the log: the package's version, and the data files of these patterns, as
    this process found them (it counts by what it has read, whatever becomes of the files)."""
    digest = hashlib.sha256()
    for pattern in files:
        for path in sorted(lexicon.DATA.glob(pattern)):
            digest.update(path.read_bytes() + b"\0")
    return f"{__version__}/{digest.hexdigest()[:12]}"


@dataclass(frozen=True, slots=True)
class Head:
    """How far into the log the derived tables reach."""

    claims: int
    runs: int
    decisions: int

    def text(self) -> str:
        """As stored in derived_head."""
        return dump([self.claims, self.runs, self.decisions])


def log_head(connection: sa.Connection) -> Head:
    """The newest rows of the log."""

    row = connection.exec_driver_sql(
        "SELECT (SELECT coalesce(max(seq), 0) FROM log_claims), (SELECT coalesce(max(seq), 0) FROM log_runs), "
        "(SELECT coalesce(max(seq), 0) FROM log_decisions)"
    ).one()
    return Head(*map(int, row))


def is_fresh(connection: sa.Connection) -> bool:
    """Whether the derived tables are at the log's head and made by this code."""
    row = connection.exec_driver_sql("SELECT log_head, code FROM derived_head").first()
    return row is not None and tuple(row) == (log_head(connection).text(), code_version())


def is_counted(connection: sa.Connection) -> bool:
    """Whether the derived tables were made by this code, of the log as it was then: what came since is little."""
    row = connection.execute(sa.select(schema.head)).first()
    return row is not None and row.code == code_version()


def refresh(store: SqlStore, options: Options, tell: Tell | None = None) -> bool:
    """Brings the derived tables to the log's head. Returns whether anything changed. One transaction."""
    with store.read() as connection:
        if is_fresh(connection):
            return False
    with _rarely_collecting(), store.write() as connection:
        connection.exec_driver_sql(f"PRAGMA cache_size = -{CACHE_KB}")
        row = connection.execute(sa.select(schema.head)).first()
        now = log_head(connection)
        before, linked = Head(0, 0, 0), 0
        if row is not None and row.linked == code_version(LINK_FILES):
            linked = Head(*json.loads(row.log_head)).claims
            if row.code == code_version() and row.rule == _rule_key(options):
                before = Head(*json.loads(row.log_head))
        for table in schema.DERIVED_TABLES:
            if not (linked if table in schema.LINK_TABLES else before.claims or before.decisions):
                connection.execute(table.delete())
        if linked and not before.claims:
            connection.execute(schema.mentions.update().values(live=0, incident_id=None))
        link(connection, linked, tell)
        _rebuild(connection, before, options, tell)
        connection.execute(schema.head.delete())
        connection.execute(
            schema.head.insert(),
            {
                "one": 1, "log_head": now.text(), "linked": code_version(LINK_FILES), "code": code_version(),
                "rule": _rule_key(options),
            },
        )  # fmt: skip
    return True


@contextlib.contextmanager
def _rarely_collecting() -> Iterator[None]:
    """Millions of values that all stay are made: looking through them for cycles again and again would cost more than
    the few that there are."""
    before = gc.get_threshold()
    gc.set_threshold(50_000, 20, 1_000)
    try:
        yield
    finally:
        gc.set_threshold(*before)


def rebuild_all(connection: sa.Connection, options: Options) -> None:
    """Computes incidents, bounds, doubts, parts and totals from nothing, over the pairs that are there."""
    _rebuild(connection, Head(0, 0, 0), options, None)


def drop(store: SqlStore) -> None:
    """Empties every derived table; the next refresh computes them again."""
    with store.write() as connection:
        for table in schema.DERIVED_TABLES:
            connection.execute(table.delete())


def _rule_key(options: Options) -> str:
    return f"{DEFAULT_RULE}/{options.classes}/{options.grade}"


# --- incidents ----------------------------------------------------------------------------------


def _rebuild(connection: sa.Connection, before: Head, options: Options, tell: Tell | None) -> None:
    """Clusters what the new rows touched, and replaces the incidents, bounds, parts, doubts and totals of it."""
    full = before.claims == 0 and before.decisions == 0
    dirty = _mark_live(connection, before, full)
    _bring(connection, None if full else dirty, load.decisions(connection), before.decisions, options, tell)


def holds(connection: sa.Connection, options: Options) -> bool:
    """Whether the derived tables are those of the log's head, counted by these options."""
    row = connection.execute(sa.select(schema.head)).first()
    default = options.rule.name == DEFAULT_RULE and not options.count_parties
    return is_fresh(connection) and default and row is not None and row.rule == _rule_key(options)


def go_back(connection: sa.Connection, later: Sequence[Decision], options: Options) -> None:
    """Brings tables that hold the book of a later moment to the log that the connection shows: its beginning.

    `later` are the decisions of that later moment. Only what was added, replaced or decided since is computed again.
    """
    table = schema.mentions
    live = load.live_runs(connection)
    query = sa.select(table.c.mention, table.c.run_seq, table.c.live)
    moved = {n: run in live for n, run, was in connection.execute(query) if (run in live) != bool(was)}
    statement = "UPDATE derived_mentions SET live = ? WHERE mention = ?"
    if moved:
        connection.exec_driver_sql(statement, [(int(now_live), n) for n, now_live in sorted(moved.items())])
    last = connection.execute(sa.select(sa.func.coalesce(sa.func.max(schema.decisions.c.seq), 0))).scalar_one()
    _bring(connection, set(moved), later, last, options, None)


def _bring(
    connection: sa.Connection,
    dirty: set[int] | None,
    rows: Sequence[Decision],
    after: int,
    options: Options,
    tell: Tell | None,
) -> None:
    """Brings incidents, bounds, doubts, parts and totals to the live mentions and the log's decisions.

    `dirty` are the mentions that came or went (None: all is computed); decisions of `rows` newer than `after` were
    added, or taken back.
    """
    full = dirty is None
    held, orphans = load.held(connection, load.decisions(connection))
    _orphan_issues(connection, orphans)
    number_of = _numbers(connection, {x for p in (*held.same, *held.apart) for x in p})
    same, apart = (
        [pair(number_of[a], number_of[b]) for a, b in listed if a in number_of and b in number_of]
        for listed in (held.same, held.apart)
    )
    world = World(connection, held, same, apart, options)
    if dirty is None:
        world.learn(None)
        found = all_groups(world)
    else:
        dirty = dirty | _decided(connection, rows, after)
        found = changed_groups(world, dirty)
    touched, left = replace_incidents(world, found, dirty, tell)
    doubts(world, touched, full)
    looked = parts_of_sums(connection, touched, None if full else left, tell)
    month_totals(connection, None if full else {*touched, *left, *looked})


def _numbers(connection: sa.Connection, ids: Iterable[str]) -> dict[str, int]:
    """The numbers of live mentions by their ids."""
    table = schema.mentions
    out: dict[str, int] = {}
    for batch in load.chunks(sorted(ids)):
        query = sa.select(table.c.mention_id, table.c.mention).where(load.among(table.c.mention_id, batch))
        out.update(load.lookup(connection, query.where(table.c.live == 1)))
    return out


def _mark_live(connection: sa.Connection, before: Head, full: bool) -> set[int]:
    """Sets `live` for the mentions of new runs and of those they replace; returns those that changed (`full`: none of
    them, since all is computed)."""
    reports, runs, table = schema.reports, schema.runs, schema.mentions
    if full:  # in one statement: each looks through all mentions
        newest = sorted(load.live_runs(connection))
        connection.execute(table.update().where(load.among(table.c.run_seq, newest), table.c.live == 0).values(live=1))
        return set()
    query = (
        sa.select(reports.c.doc_id)
        .join(runs, runs.c.report_id == reports.c.report_id)
        .where(runs.c.seq > before.runs)
        .distinct()
    )
    docs = list(connection.execute(query).scalars())
    live = load.live_runs(connection, docs=docs)
    changed: set[int] = set()
    for batch in load.chunks(sorted(live)):
        where = load.among(table.c.run_seq, batch) & (table.c.live == 0)
        changed.update(connection.execute(sa.select(table.c.mention).where(where)).scalars())
        connection.execute(table.update().where(where).values(live=1))
    for doc_batch in load.chunks(docs):
        old = list(
            connection.execute(sa.select(reports.c.report_id).where(load.among(reports.c.doc_id, doc_batch))).scalars()
        )
        for batch in load.chunks(old):
            query = sa.select(table.c.mention, table.c.run_seq).where(
                load.among(table.c.report_id, batch), table.c.live == 1
            )
            dead = [number for number, run in connection.execute(query) if run not in live]
            changed.update(dead)
            for some in load.chunks(dead):
                connection.execute(table.update().where(load.among(table.c.mention, some)).values(live=0))
    return changed


def _orphan_issues(connection: sa.Connection, orphans: Sequence[Decision]) -> None:
    """One issue a decision that lost its claim, written once."""
    table = schema.issues
    have = set(connection.execute(sa.select(table.c.message).where(table.c.code == "orphan_decision")).scalars())
    for row in orphans:
        message = (
            f"decision {row.id} ({row.kind} by {row.user}, {row.at[:10]}) means no claim of the newest reading any more"
        )
        if message not in have:
            connection.execute(
                table.insert(),
                {
                    "code": "orphan_decision", "message": message, "doc_id": None, "report_id": None, "run_seq": None,
                    "start": None, "end": None, "recorded_at": now(),
                },
            )  # fmt: skip


def _decided(connection: sa.Connection, rows: Sequence[Decision], after: int) -> set[int]:
    """Mentions that decisions newer than `after` are about, with those they undo."""
    by_id = {row.id: row for row in rows}
    about: dict[str, Decision] = {}
    todo = [row for row in rows if row.seq > after]
    while todo:
        row = todo.pop()
        if row.kind == "undo":
            todo += [by_id[s] for s in row.subjects if s in by_id]
        else:
            about[row.id] = row
    subjects = {s for row in about.values() for s in row.subjects}
    claims, m = schema.claims.c, schema.mentions.c
    mentions: set[str] = set()
    standing: set[str] = set()
    for batch in load.chunks(sorted(subjects)):
        mentions.update(
            connection.execute(sa.select(claims.mention_id).where(load.among(claims.claim_id, batch))).scalars()
        )
        live = sa.and_(m.run_seq == claims.run_seq, m.mention_id == claims.mention_id, m.live == 1)
        query = sa.select(claims.claim_id).join(schema.mentions, live).where(load.among(claims.claim_id, batch))
        standing.update(connection.execute(query.where(claims.kind != "gone")).scalars())
    numbers = _numbers(connection, mentions)
    # what yields to an addition, and what a decision means now whose claim is gone, may be of any act of the document
    anywhere = {
        str(anchor.get("report_id"))
        for row in about.values()
        if row.kind == "add" or not standing.issuperset(row.subjects)
        for anchor in row.anchors
    }
    return set(numbers.values()) | _of_documents(connection, anywhere)


def _of_documents(connection: sa.Connection, reports: Iterable[str]) -> set[int]:
    """The live mentions of the documents that these reports are versions of."""
    table, m = schema.reports, schema.mentions
    out: set[int] = set()
    for batch in load.chunks(sorted(reports)):
        documents = sa.select(table.c.doc_id).where(load.among(table.c.report_id, batch))
        versions = sa.select(table.c.report_id).where(table.c.doc_id.in_(documents))
        live = sa.select(m.c.mention).where(m.c.live == 1, m.c.report_id.in_(versions))
        out.update(connection.execute(live).scalars())
    return out


def default_options(charter: Mapping[str, Any]) -> Options:
    """How a book's charter says to count."""
    return Options(
        rule=get_rule(DEFAULT_RULE),
        classes=str(charter.get("classes") or "tollbook"),
        grade=str(charter.get("grade") or "ibc"),
    )
