"""The book's tables, views and migrations.

`log_*` tables are append-only: triggers refuse UPDATE and DELETE unless the same transaction has
opened `expunging` (see `SqlStore.expunge`). `derived_*` tables can be dropped and rebuilt from the
log. Views with plain names read both, so that Datasette opens the book as it is.
"""

from __future__ import annotations

from collections.abc import Callable

import sqlalchemy as sa

BOOK_VERSION = 3
"""`PRAGMA user_version` of a book of this release."""

APPLICATION_ID = 0x544F4C4C
"""`PRAGMA application_id`: "TOLL". A SQLite file without it is not a book."""

meta = sa.MetaData()


def _log(name: str, *columns: sa.Column[object]) -> sa.Table:
    seq = sa.Column("seq", sa.Integer, primary_key=True, autoincrement=True)
    recorded = sa.Column("recorded_at", sa.Text, nullable=False)
    return sa.Table(name, meta, seq, *columns, recorded, sqlite_autoincrement=True)


def _text(name: str, *, null: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.Text, nullable=null)


def _number(name: str, *, null: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.Integer, nullable=null)


def _sums() -> tuple[sa.Column[object], ...]:
    """The range that a row of a total adds: low, high, and how many of its figures say "at least"."""
    return _number("low"), _number("high"), _number("open")


reports = _log(
    "log_reports",
    _text("report_id"),
    _text("doc_id"),
    _text("outlet", null=True),
    _text("published", null=True),
    _text("title"),
    _text("text"),
    _text("text_sha256"),
    _text("meta"),
)
sa.Index("ix_reports_id", reports.c.report_id, unique=True)
sa.Index("ix_reports_doc", reports.c.doc_id)

runs = _log(
    "log_runs",
    _text("run_id"),
    _text("report_id"),
    _text("made_by"),
    _text("published", null=True),
    _text("record"),
)
sa.Index("ix_runs_report", runs.c.report_id)

claims = _log(
    "log_claims",
    _text("claim_id"),
    _number("run_seq"),
    _text("report_id"),
    _text("mention_id"),
    _text("kind"),
    _number("start"),
    _number("end"),
    _text("quote"),
    _text("value"),
)
sa.Index("ix_claims_run", claims.c.run_seq)
sa.Index("ix_claims_id", claims.c.claim_id)

decisions = _log(
    "log_decisions",
    _text("decision_id"),
    _text("kind"),
    _text("subjects"),
    _text("value"),
    _text("anchors"),
    _text("why"),
    _text("user"),
)

issues = _log(
    "log_issues",
    _text("code"),
    _text("message"),
    _text("doc_id", null=True),
    _text("report_id", null=True),
    _number("run_seq", null=True),
    _number("start", null=True),
    _number("end", null=True),
)
sa.Index("ix_issues_run", issues.c.run_seq)

charters = _log("log_charter", _text("charter"), _text("user"))

expunging = sa.Table("expunging", meta, sa.Column("open", sa.Integer, primary_key=True))

# --- derived ------------------------------------------------------------------------------------

head = sa.Table(
    "derived_head",
    meta,
    sa.Column("one", sa.Integer, primary_key=True),
    _text("log_head"),
    _text("linked"),
    _text("code"),
    _text("rule"),
)

keys = sa.Table(
    "derived_keys",
    meta,
    _number("key"),
    _number("wide"),
    _number("mention"),
    sa.PrimaryKeyConstraint("key", "wide", "mention"),
    sqlite_with_rowid=False,
)

sketches = sa.Table("derived_sketches", meta, _text("report_id"), _text("sketch"), sa.PrimaryKeyConstraint("report_id"))

pairs = sa.Table(
    "derived_pairs",
    meta,
    sa.Column("a", sa.Integer, nullable=False, primary_key=True),
    sa.Column("b", sa.Integer, nullable=False, primary_key=True),
    sa.Column("score", sa.Float, nullable=False),
    sqlite_with_rowid=False,
)
sa.Index("ix_pairs_b", pairs.c.b)

mentions = sa.Table(
    "derived_mentions",
    meta,
    sa.Column("mention", sa.Integer, primary_key=True),
    _text("mention_id"),
    _text("report_id"),
    _number("run_seq"),
    _number("live"),
    _text("incident_id", null=True),
)
sa.Index("ix_mentions_id", mentions.c.mention_id)
sa.Index("ix_mentions_incident", mentions.c.incident_id)
sa.Index("ix_mentions_report", mentions.c.report_id)

incidents = sa.Table(
    "derived_incidents",
    meta,
    _text("incident_id"),
    _text("scope"),
    _text("status"),
    _text("type"),
    _text("start", null=True),
    _text("end", null=True),
    _text("place", null=True),
    _text("country", null=True),
    _text("perpetrator", null=True),
    _text("review"),
    _text("grade"),
    _number("reports"),
    _number("voices_low"),
    _number("voices_high"),
    _text("card"),
    sa.PrimaryKeyConstraint("incident_id"),
)
sa.Index("ix_incidents_start", incidents.c.start)

bounds = sa.Table(
    "derived_bounds",
    meta,
    _text("incident_id"),
    _text("harm"),
    _text("who"),
    _number("low", null=True),
    _number("best", null=True),
    _number("high", null=True),
    _number("open"),
    _text("claims"),
    sa.PrimaryKeyConstraint("incident_id", "harm", "who"),
)

parts = sa.Table(
    "derived_parts",
    meta,
    _text("total_id"),
    _text("part_id"),
    _number("sure"),
    _text("why"),
    sa.PrimaryKeyConstraint("total_id", "part_id"),
)
sa.Index("ix_parts_part", parts.c.part_id)

possible = sa.Table(
    "derived_possible",
    meta,
    _text("a"),
    _text("b"),
    sa.Column("score", sa.Float, nullable=False),
    _text("merged"),
    sa.PrimaryKeyConstraint("a", "b"),
)
sa.Index("ix_possible_b", possible.c.b)

shares = sa.Table(
    "derived_shares",
    meta,
    _text("incident_id"),
    _text("harm"),
    _text("bin"),
    *_sums(),
    sa.PrimaryKeyConstraint("incident_id", "harm"),
)
"""What each incident adds to its month, after sums, parts and doubts."""

totals = sa.Table(
    "derived_totals",
    meta,
    _text("bin"),
    _text("harm"),
    _text("row"),
    *_sums(),
    _number("shares"),
    sa.PrimaryKeyConstraint("bin", "harm", "row"),
)

changes = sa.Table(
    "changed_incidents",
    meta,
    sa.Column("seq", sa.Integer, primary_key=True, autoincrement=True),
    _text("incident_id"),
    sqlite_autoincrement=True,
)
"""The incidents whose row, bounds, parts or doubts were written or taken away, in order: what a program that holds the
book in memory reads again. Its highest `seq` names a state of the derived tables. Written by triggers."""
CHANGES_KEPT = 50_000
"""Changes that stay after a refresh; who has seen none of them reads everything again."""

LOG_TABLES = (reports, runs, claims, decisions, issues, charters)
LINK_TABLES = (keys, sketches, pairs, mentions)
"""What comparing reports gives: it depends on no rule, class scheme or decision."""
DERIVED_TABLES = (head, keys, sketches, pairs, mentions, incidents, bounds, parts, possible, shares, totals)

VIEWS = {
    "reports": "SELECT report_id, doc_id, outlet, published, title, text, recorded_at FROM log_reports r "
    "WHERE seq = (SELECT max(seq) FROM log_reports x WHERE x.doc_id = r.doc_id)",
    "claims": "SELECT c.claim_id, c.kind, c.mention_id, m.incident_id, c.report_id, c.start, c.end, c.quote, c.value, "
    "c.recorded_at FROM log_claims c LEFT JOIN derived_mentions m ON m.mention_id = c.mention_id AND m.live "
    "WHERE c.run_seq = (SELECT max(seq) FROM log_runs x WHERE x.report_id = c.report_id)",
    "decisions": "SELECT decision_id, kind, subjects, value, why, user, recorded_at FROM log_decisions",
    "issues": "SELECT code, message, doc_id, report_id, start, end, recorded_at FROM log_issues",
    "charter": "SELECT charter, user, recorded_at FROM log_charter WHERE seq = (SELECT max(seq) FROM log_charter)",
    "incidents": "SELECT incident_id, type, status, scope, start, end, place, country, perpetrator, review, grade, "
    "reports, voices_low, voices_high FROM derived_incidents",
    "bounds": "SELECT incident_id, harm, who, low, best, high, open, claims FROM derived_bounds",
    "totals": "SELECT bin, harm, row, low, high, open FROM derived_totals",
    "same_incident_pairs": "SELECT x.mention_id AS a, y.mention_id AS b, p.score FROM derived_pairs p "
    "JOIN derived_mentions x ON x.mention = p.a JOIN derived_mentions y ON y.mention = p.b",
    "possibly_same": "SELECT a, b, score FROM derived_possible",
    "parts": "SELECT total_id, part_id, sure, why FROM derived_parts",
}


def _guards() -> list[str]:
    out = []
    for table in LOG_TABLES:
        for act in ("UPDATE", "DELETE"):
            out.append(
                f"CREATE TRIGGER IF NOT EXISTS guard_{table.name}_{act.lower()} BEFORE {act} ON {table.name} "
                "WHEN NOT EXISTS (SELECT 1 FROM expunging) "
                f"BEGIN SELECT RAISE(ABORT, '{table.name} is append-only'); END"
            )
    return out


def _notes() -> list[str]:
    """The triggers that fill `changed_incidents`. Bounds are written and deleted with their incident only."""
    out = []
    for table, columns in ((incidents, ("incident_id",)), (parts, ("total_id", "part_id")), (possible, ("a", "b"))):
        for act, row in (("INSERT", "NEW"), ("DELETE", "OLD")):
            values = ", ".join(f"({row}.{c})" for c in columns)
            out.append(
                f"CREATE TRIGGER IF NOT EXISTS note_{table.name}_{act.lower()} AFTER {act} ON {table.name} "
                f"BEGIN INSERT INTO changed_incidents (incident_id) VALUES {values}; END"
            )
    out.append(
        f"CREATE TRIGGER IF NOT EXISTS note_{head.name} AFTER INSERT ON {head.name} "
        "BEGIN DELETE FROM changed_incidents "
        f"WHERE seq <= (SELECT max(seq) FROM changed_incidents) - {CHANGES_KEPT}; END"
    )
    return out


def create(connection: sa.Connection) -> None:
    """All tables, guards and views of a new book, and its version."""
    meta.create_all(connection)
    for statement in (*_guards(), *_notes()):
        connection.exec_driver_sql(statement)
    for name, query in VIEWS.items():
        connection.exec_driver_sql(f"CREATE VIEW IF NOT EXISTS {name} AS {query}")
    connection.exec_driver_sql(f"PRAGMA application_id = {APPLICATION_ID}")
    connection.exec_driver_sql(f"PRAGMA user_version = {BOOK_VERSION}")


def _derived_anew(connection: sa.Connection) -> None:
    """All that is computed is dropped and made empty in today's form; the next refresh computes it from the log."""
    for name in VIEWS:
        connection.exec_driver_sql(f"DROP VIEW IF EXISTS {name}")
    for table in DERIVED_TABLES:
        connection.exec_driver_sql(f"DROP TABLE IF EXISTS {table.name}")
    create(connection)


MIGRATIONS: tuple[tuple[int, str, Callable[[sa.Connection], None]], ...] = (
    (2, "incidents with their perpetrators and voices", _derived_anew),
    (3, "the incidents that a refresh changed", create),
)
"""(version it leads to, what it does, the step), in order. Each runs once, inside one transaction."""
