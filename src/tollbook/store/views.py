"""The book as it was, or counted another way: the same tables, computed beside the stored ones.

SQLite looks for a table in the temporary schema first. A view of a past day puts temporary views of the log's
beginning and temporary derived tables before the stored ones, and lets the ordinary functions fill them.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import sqlalchemy as sa

from tollbook.ledger.state import Options
from tollbook.store import SqlStore, derive, schema


@contextlib.contextmanager
def as_of_view(store: SqlStore, until: str | None, options: Options) -> Iterator[sa.Connection]:
    """A connection that shows the book at a moment (None: now), counted by `options`. Nothing of it is stored."""
    with store.shadow() as connection:
        if until is not None:
            for table in schema.LOG_TABLES:
                if table is not schema.issues:
                    connection.exec_driver_sql(
                        f"CREATE TEMP VIEW {table.name} AS SELECT * FROM main.{table.name} "
                        f"WHERE recorded_at <= '{until}'"
                    )
        connection.exec_driver_sql(f"CREATE TEMP TABLE {schema.issues.name} AS SELECT * FROM main.{schema.issues.name}")
        last = connection.execute(sa.select(sa.func.coalesce(sa.func.max(schema.claims.c.seq), 0))).scalar_one()
        connection.exec_driver_sql(
            f"CREATE TEMP VIEW derived_pairs AS SELECT * FROM main.derived_pairs WHERE b <= {int(last)}"
        )
        for table in (schema.incidents, schema.bounds, schema.parts, schema.possible, schema.shares, schema.totals):
            connection.exec_driver_sql(f"CREATE TEMP TABLE {table.name} AS SELECT * FROM main.{table.name} WHERE 0")
        connection.exec_driver_sql(
            "CREATE TEMP TABLE derived_mentions AS SELECT mention, mention_id, report_id, run_seq, 0 AS live, "
            f"NULL AS incident_id FROM main.derived_mentions WHERE mention <= {int(last)}"
        )
        for name, of, columns in (
            ("tm", "derived_mentions", "mention"),
            ("ti", "derived_mentions", "incident_id"),
            ("tr", "derived_mentions", "run_seq"),
            ("tn", "derived_mentions", "mention_id"),
            ("tc", "derived_incidents", "start"),
            ("td", "derived_incidents", "incident_id"),
        ):
            connection.exec_driver_sql(f"CREATE INDEX temp.{name} ON {of} ({columns})")
        derive.rebuild_all(connection, options)
        yield connection
