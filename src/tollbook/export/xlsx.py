"""XLSX: the tables of `tables.py` as sheets, with frozen headers, filters and stable ids, after a sheet about the book.

Dates are ISO text, so that no spreadsheet turns them into something else. The same content gives the same bytes: the
library's clock is taken out of the file.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tollbook.errors import UsageError
from tollbook.export import safe
from tollbook.export.loss import Loss
from tollbook.export.tables import TABLES, Cell, Table
from tollbook.export.values import Content
from tollbook.tally import CAVEATS

LONGEST = 32_767
"""Characters of a cell: the format's own limit."""

ROWS = 1_048_576
"""Rows of a sheet, the header among them: the format's own limit."""

_WIDTHS = {"text": 18, "integer": 10, "number": 10, "yes": 8}
_CLOCK = re.compile(rb"(<dcterms:(?:created|modified)[^>]*>)[^<]*(<)")
_NO_TIME = (1980, 1, 1, 0, 0, 0)


def write_xlsx(content: Content, target: Path, loss: Loss) -> Mapping[str, int]:
    """Writes the sheets `about`, `incidents`, `figures`, `claims`, `sources`.

    Raises UsageError where openpyxl is not installed, or a table has more rows than a sheet.
    """
    try:
        from openpyxl import Workbook  # type: ignore[import-untyped]
    except ImportError as error:
        raise UsageError('xlsx needs openpyxl: pip install "tollbook[export]"') from error
    book = Workbook(write_only=True)
    _about(book, content)
    for i in content.incidents:
        loss.note("places-joined", i.id, len(i.also) > 0)
        loss.note("persons-lost", i.id, len(i.persons))
        loss.note("date-of-lost", i.id, i.date_of not in (None, "act"))
    rows = {table.name: _sheet(book, table, content, loss) for table in TABLES}
    made = io.BytesIO()
    book.save(made)
    target.write_bytes(_timeless(made.getvalue()))
    return rows


def _sheet(book: Any, table: Table, content: Content, loss: Loss) -> int:
    from openpyxl.cell import WriteOnlyCell  # type: ignore[import-untyped]
    from openpyxl.comments import Comment  # type: ignore[import-untyped]
    from openpyxl.styles import Font  # type: ignore[import-untyped]
    from openpyxl.utils import get_column_letter  # type: ignore[import-untyped]

    listed = list(table.rows(content, loss))
    if len(listed) >= ROWS:
        raise UsageError(f"xlsx: {len(listed):,} {table.name} do not fit a sheet ({ROWS:,} rows); use parquet or csv")
    sheet = book.create_sheet(table.name)
    sheet.freeze_panes = "B2"
    sheet.auto_filter.ref = f"A1:{get_column_letter(len(table.columns))}{len(listed) + 1}"
    header = []
    for n, column in enumerate(table.columns, 1):
        sheet.column_dimensions[get_column_letter(n)].width = _WIDTHS[column.kind]
        cell = WriteOnlyCell(sheet, value=column.name)
        cell.font = Font(bold=True)
        cell.comment = Comment(column.about, "Tollbook")
        header.append(cell)
    sheet.append(header)
    for row in listed:
        tell = loss.teller(str(row[0]))
        sheet.append([_cell(v, tell) for v in row])
    return len(listed)


def _cell(value: Cell, tell: safe.Tell) -> Cell:
    if not isinstance(value, str):
        return value
    out = safe.cell(value, tell)
    if len(out) > LONGEST:
        tell("long-cell")
        return out[:LONGEST]
    return out


def _about(book: Any, content: Content) -> None:
    from tollbook.export import made_of

    sheet = book.create_sheet("about")
    sheet.column_dimensions["A"].width, sheet.column_dimensions["B"].width = 24, 100
    made = made_of(content)
    shown = {**made, **{f"redaction.{k}": v for k, v in made["redaction"].items()}}
    shown.pop("redaction")
    for key, value in shown.items():
        told = (
            "; ".join(map(str, value)) if isinstance(value, list) else str(value) if value not in (None, "", {}) else ""
        )
        sheet.append([key, safe.cell(told)])
    for caveat in CAVEATS:
        sheet.append(["read this", caveat])
    sheet.append(["read this", "What is marked machine was read by a program and has not been checked by a person."])
    sheet.append(["read this", "A leading apostrophe keeps text that begins like a formula from being run as one."])


def _timeless(made: bytes) -> bytes:
    """The file without a clock: fixed times in its directory and its properties."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(made)) as source, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as whole:
        for item in source.infolist():
            data = source.read(item)
            if item.filename == "docProps/core.xml":
                data = _CLOCK.sub(rb"\g<1>1980-01-01T00:00:00Z\g<2>", data)
            fixed = zipfile.ZipInfo(item.filename, _NO_TIME)
            fixed.compress_type, fixed.external_attr = zipfile.ZIP_DEFLATED, 0o600 << 16
            whole.writestr(fixed, data)
    return out.getvalue()
