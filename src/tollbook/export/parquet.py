"""Parquet: a folder with one file a table (`incidents.parquet`, `figures.parquet`, ...), for R, pandas and DuckDB.

Written by duckdb on one thread in the order of the rows, so that the same content gives the same bytes. Whole numbers
are 64-bit integers, yes and no booleans, unknown is NULL.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from pathlib import Path

from tollbook.errors import UsageError
from tollbook.export import safe
from tollbook.export.loss import Loss
from tollbook.export.tables import TABLES, Cell, Table
from tollbook.export.values import Content

_TYPES = {"text": "VARCHAR", "integer": "BIGINT", "number": "DOUBLE", "yes": "BOOLEAN"}
_NULL = "\\N"
_AS_WRITTEN = (
    "header = false, auto_detect = false, delim = ',', quote = '\"', escape = '\"', parallel = false, "
    "max_line_size = 20000000"
)


def write_parquet(content: Content, target: Path, loss: Loss) -> Mapping[str, int]:
    """Writes one file a table into the folder. Raises UsageError where duckdb is not installed."""
    try:
        import duckdb
    except ImportError as error:
        raise UsageError('parquet needs duckdb: pip install "tollbook[export]"') from error
    rows: dict[str, int] = {}
    with duckdb.connect(":memory:", config={"threads": 1, "preserve_insertion_order": True}) as connection:
        for table in TABLES:
            staged = target / f"{table.name}.staged"
            rows[table.name] = _stage(table, content, staged, loss)
            columns = ", ".join(f"'{c.name}': '{_TYPES[c.kind]}'" for c in table.columns)
            read = f"read_csv({_quoted(staged)}, columns = {{{columns}}}, nullstr = '{_NULL}', {_AS_WRITTEN})"
            made = _quoted(target / f"{table.name}.parquet")
            connection.execute(f"COPY (SELECT * FROM {read}) TO {made} (FORMAT parquet, COMPRESSION zstd)")
            staged.unlink()
    for i in content.incidents:
        loss.note("places-joined", i.id, len(i.also) > 0)
        loss.note("persons-lost", i.id, len(i.persons))
        loss.note("date-of-lost", i.id, i.date_of not in (None, "act"))
    return rows


def _quoted(path: Path) -> str:
    return "'" + str(path).replace("'", "''") + "'"


def _stage(table: Table, content: Content, staged: Path, loss: Loss) -> int:
    """The rows as CSV for duckdb to read, text as it stands but for controls and overrides."""
    count = 0
    with staged.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, quoting=csv.QUOTE_NONNUMERIC, lineterminator="\n")
        for row in table.rows(content, loss):
            tell = loss.teller(str(row[0]))
            writer.writerow([_staged(v, tell) for v in row])
            count += 1
    return count


def _staged(value: Cell, tell: safe.Tell) -> Cell:
    if value is None:
        return _NULL
    if isinstance(value, bool):
        return "true" if value else "false"
    return safe.text(value, tell) if isinstance(value, str) else value
