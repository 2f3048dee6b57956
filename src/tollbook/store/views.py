"""The book as it was, or counted another way: the same tables, computed beside the stored ones.

SQLite looks for a table in the temporary schema first. A view of a past day puts temporary views of the log's
beginning and temporary derived tables before the stored ones, and lets the ordinary functions fill them.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

import sqlalchemy as sa

from tollbook.ledger.state import Options
from tollbook.link.parts import WIDEST
from tollbook.store import SqlStore, derive, load, regroup, schema
from tollbook.store.filters import EVERYTHING, Filters, conditions

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


@dataclass(frozen=True, slots=True)
class Wanted:
    """What of a view counted another way will be looked at: the incidents of `where`, or the one `incident` with the
    sums around it; `relations`: the parts of sums and the doubts between incidents too."""

    where: Filters = EVERYTHING
    incident: str | None = None
    relations: bool = True


WHOLE = Wanted()
"""All of it."""


@contextlib.contextmanager
def counted_view(store: SqlStore, options: Options, wanted: Wanted = WHOLE) -> Iterator[sa.Connection]:
    """A connection that shows the book of now, counted by `options`, as far as it is wanted. Nothing of it is stored.

    Who stands in which incident does not depend on how it is counted: only rows that are looked at, and those that
    they are computed from, are counted again.
    """
    with store.shadow() as connection:
        if derive.is_fresh(connection):
            only = _needed(connection, wanted)
            _copied(connection, " WHERE 0", tuple(t for t in COUNTED if t is not schema.possible))
            _copied(connection, "" if wanted.relations else " WHERE 0", (schema.possible,))
            _indexed(connection, [table.name for table in COUNTED])
            regroup.recount(connection, options, only, relations=wanted.relations)
            yield connection
            return
    with as_of_view(store, None, options) as connection:  # another process is writing
        yield connection


def _needed(connection: sa.Connection, wanted: Wanted) -> set[str] | None:
    """The incidents to count again, of the stored ones; None: all."""
    if wanted.incident is not None:
        asked = {wanted.incident}
        asked |= _ids(connection, _OVER, asked)
        for column, other in ((schema.parts.c.part_id, schema.parts.c.total_id), *_ENDS):
            asked.update(connection.execute(sa.select(other).where(column == wanted.incident)).scalars())
    else:
        # what these say depends on how things are counted
        fixed = conditions(connection, replace(wanted.where, victims=None, grade=None, voices=None))
        if not fixed:
            return None
        asked = set(connection.execute(sa.select(schema.incidents.c.incident_id).where(*fixed)).scalars())
    if not wanted.relations:
        return asked
    return asked.union(*(_ids(connection, _WITHIN, some) for some in load.chunks(sorted(asked))))


_ENDS = ((schema.possible.c.a, schema.possible.c.b), (schema.possible.c.b, schema.possible.c.a))
_OVER = (
    "SELECT t.incident_id FROM derived_incidents i JOIN derived_incidents t ON t.scope = 'total' "
    f"AND t.start >= date(i.start, '-{WIDEST} days') AND t.start <= i.start AND t.end >= i.end "
    "WHERE i.incident_id IN (SELECT value FROM json_each(?))"
)
"""The sums that an incident may be a part of, by their days."""
_WITHIN = (
    "SELECT i.incident_id FROM derived_incidents t JOIN derived_incidents i ON i.start >= t.start AND i.start <= t.end "
    f"AND i.end <= t.end WHERE t.scope = 'total' AND julianday(t.end) - julianday(t.start) < {WIDEST} "
    "AND t.incident_id IN (SELECT value FROM json_each(?))"
)
"""What may be a part of a sum, by its days: all that finding its parts looks at."""


def _ids(connection: sa.Connection, query: str, of: Iterable[str]) -> set[str]:
    return set(connection.exec_driver_sql(query, (json.dumps(sorted(of)),)).scalars())


@contextlib.contextmanager
def as_of_view(
    store: SqlStore, until: str | None, options: Options, stored: Options | None = None, wanted: Wanted = WHOLE
) -> Iterator[sa.Connection]:
    """A connection that shows the book at a moment (None: now), counted by `options`. Nothing of it is stored.

    A past day is reached from the stored tables, where those are counted by `stored` (None: by `options`), by taking
    back what came since; what is `wanted` of it is then counted by `options`. A day far back is computed from the
    claims.
    """
    base = stored or options
    with store.shadow() as connection:
        later = load.decisions(connection) if until is not None and derive.holds(connection, base) else None
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
            _copied(connection, "", COUNTED)
            connection.exec_driver_sql("CREATE TEMP TABLE derived_mentions AS SELECT * FROM main.derived_mentions")
            _indexed(connection, INDEXES)
            derive.go_back(connection, later, base)
            connection.exec_driver_sql(f"DELETE FROM temp.derived_mentions WHERE mention > {last}")
            if options != base:
                only = _needed(connection, wanted)
                for table in (schema.incidents, schema.bounds):
                    connection.execute(table.delete())
                regroup.recount(connection, options, only, relations=wanted.relations)
        else:
            connection.exec_driver_sql(
                f"CREATE TEMP VIEW derived_pairs AS SELECT * FROM main.derived_pairs WHERE b <= {last}"
            )
            _copied(connection, " WHERE 0", COUNTED)
            connection.exec_driver_sql(
                "CREATE TEMP TABLE derived_mentions AS SELECT mention, mention_id, report_id, run_seq, 0 AS live, "
                f"NULL AS incident_id FROM main.derived_mentions WHERE mention <= {last}"
            )
            _indexed(connection, INDEXES)
            derive.rebuild_all(connection, options)
        yield connection


def _since(connection: sa.Connection, last: int) -> float:
    """The share of mentions recorded after a claim number."""
    query = f"SELECT count(*), total(mention > {last}) FROM main.derived_mentions"
    count, later = connection.exec_driver_sql(query).one()
    return float(later) / count if count else 0.0


def _copied(connection: sa.Connection, where: str, tables: Iterable[sa.Table]) -> None:
    for table in tables:
        connection.exec_driver_sql(f"CREATE TEMP TABLE {table.name} AS SELECT * FROM main.{table.name}{where}")


def _indexed(connection: sa.Connection, tables: Iterable[str]) -> None:
    for table in tables:
        for column in INDEXES.get(table, ()):
            connection.exec_driver_sql(f"CREATE INDEX temp.of_{table}_{column} ON {table} ({column})")
