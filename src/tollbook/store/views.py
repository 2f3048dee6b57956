"""The book as it was, or counted another way: the same tables, computed beside the stored ones.

SQLite looks for a table in the temporary schema first. A view of a past day puts temporary views of the log's
beginning and temporary derived tables before the stored ones, and lets the ordinary functions fill them.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import sqlalchemy as sa

from tollbook.ledger.state import Options
from tollbook.store import SqlStore, derive, load, schema

COUNTED = (schema.incidents, schema.bounds, schema.parts, schema.possible, schema.shares, schema.totals)
INDEXES = {
    "derived_mentions": ("mention", "incident_id", "run_seq", "mention_id", "report_id"),
    "derived_incidents": ("start", "incident_id"),
    "derived_bounds": ("incident_id",),
    "derived_parts": ("total_id", "part_id"),
    "derived_possible": ("a", "b"),
    "derived_shares": ("incident_id",),
}
SMALL = 0.3
"""Share of the mentions recorded since up to which a past day is reached by taking them back."""


@contextlib.contextmanager
def as_of_view(store: SqlStore, until: str | None, options: Options) -> Iterator[sa.Connection]:
    """A connection that shows the book at a moment (None: now), counted by `options`. Nothing of it is stored.

    A past day counted as the book's charter says is reached from the stored tables by taking back what came since;
    another rule, or a day far back, is computed from the claims.
    """
    with store.shadow() as connection:
        later = load.decisions(connection) if until is not None and derive.holds(connection, options) else None
        if until is not None:
            for table in schema.LOG_TABLES:
                if table is not schema.issues:
                    connection.exec_driver_sql(
                        f"CREATE TEMP VIEW {table.name} AS SELECT * FROM main.{table.name} "
                        f"WHERE recorded_at <= '{until}'"
                    )
        connection.exec_driver_sql(f"CREATE TEMP TABLE {schema.issues.name} AS SELECT * FROM main.{schema.issues.name}")
        last = int(connection.execute(sa.select(sa.func.coalesce(sa.func.max(schema.claims.c.seq), 0))).scalar_one())
        if later is not None and _since(connection, last) <= SMALL:
            _copied(connection, "")
            connection.exec_driver_sql("CREATE TEMP TABLE derived_mentions AS SELECT * FROM main.derived_mentions")
            _indexed(connection)
            derive.go_back(connection, later, options)
            connection.exec_driver_sql(f"DELETE FROM temp.derived_mentions WHERE mention > {last}")
        else:
            connection.exec_driver_sql(
                f"CREATE TEMP VIEW derived_pairs AS SELECT * FROM main.derived_pairs WHERE b <= {last}"
            )
            _copied(connection, " WHERE 0")
            connection.exec_driver_sql(
                "CREATE TEMP TABLE derived_mentions AS SELECT mention, mention_id, report_id, run_seq, 0 AS live, "
                f"NULL AS incident_id FROM main.derived_mentions WHERE mention <= {last}"
            )
            _indexed(connection)
            derive.rebuild_all(connection, options)
        yield connection


def _since(connection: sa.Connection, last: int) -> float:
    """The share of mentions recorded after a claim number."""
    query = f"SELECT count(*), total(mention > {last}) FROM main.derived_mentions"
    count, later = connection.exec_driver_sql(query).one()
    return float(later) / count if count else 0.0


def _copied(connection: sa.Connection, where: str) -> None:
    for table in COUNTED:
        connection.exec_driver_sql(f"CREATE TEMP TABLE {table.name} AS SELECT * FROM main.{table.name}{where}")


def _indexed(connection: sa.Connection) -> None:
    for table, columns in INDEXES.items():
        for column in columns:
            connection.exec_driver_sql(f"CREATE INDEX temp.of_{table}_{column} ON {table} ({column})")
