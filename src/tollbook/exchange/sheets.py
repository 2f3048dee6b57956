"""Rows of a spreadsheet (.xlsx) or CSV file as cells that know where they stand, one after the other.

Hostile by assumption: a claimed million rows, zip bombs, formulas, merged cells, line breaks and
direction marks in cells are met here, so that what reads cells sees plain text and numbers.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import re
import unicodedata
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tollbook.decoding import MAX_FILE, decode, read_bounded
from tollbook.errors import SourceError, UsageError

MAX_UNPACKED = 1_500_000_000
"""Bytes a workbook may unpack to: a full sheet of Excel (1,048,576 rows) of 20 columns takes about 1 GB of XML."""
MAX_COLUMNS = 500
MAX_CELL = 32_767
"""Characters of a cell: Excel's own limit."""
MERGED_MOST = 200_000
"""Cells that merged ranges may fill in all."""

Value = str | int | float | dt.date | None

_UNSEEN = re.compile("[\x00-\x1f\x7f-\x9f\u00ad\u061c\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\ud800-\udfff]")
_MERGED = re.compile(rb'<(?:\w{1,8}:)?mergeCell ref="([A-Z]{1,3})(\d{1,7}):([A-Z]{1,3})(\d{1,7})"')
_FORMULA = re.compile(rb"<(?:\w{1,8}:)?f[ >/]")


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell. `text` is what it says on one line, without marks that are not seen; `value` keeps numbers and days.

    `fault` says why a cell that holds something gives no value. `shared`: it lies under a merged cell and repeats it.
    """

    column: int
    value: Value = None
    text: str = ""
    fault: str | None = None
    shared: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """One row, numbered as the spreadsheet shows it (from 1)."""

    number: int
    cells: tuple[Cell, ...]

    def at(self, column: int) -> Cell:
        """The cell of a column (from 0); an empty one beyond the row's end."""
        return self.cells[column] if column < len(self.cells) else Cell(column)

    @property
    def blank(self) -> bool:
        """Whether no cell holds anything of its own."""
        return not any(c.text or c.fault for c in self.cells if not c.shared)


@dataclass(frozen=True, slots=True)
class Sheet:
    """One sheet of a file. `rows()` reads it from its beginning, each time anew; rows without content are left out."""

    path: Path
    name: str | None
    names: tuple[str, ...] = ()
    notes: tuple[str, ...] = field(default=(), compare=False)

    @property
    def file(self) -> str:
        """The file's name, which claims of it name as their source."""
        return plain(self.path.name)

    def rows(self) -> Iterator[Row]:
        """Each row that is not blank. Raises SourceError where the file breaks off."""
        found = _csv_rows(self.path) if self.name is None else _xlsx_rows(self.path, self.name)
        return (row for row in found if not row.blank)


def letter(column: int) -> str:
    """The letters of a column counted from 0: 0 is A, 26 is AA."""
    out = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        out = chr(65 + rest) + out
    return out


def column_of(letters: str) -> int:
    """The place, from 0, of a column by its letters."""
    number = 0
    for c in letters:
        number = number * 26 + ord(c) - 64
    return number - 1


def plain(text: str) -> str:
    """A cell's text on one line: composed letters, no control characters, no invisible or direction marks."""
    return " ".join(_UNSEEN.sub(lambda m: " " if m.group() < " " else "", unicodedata.normalize("NFC", text)).split())


def open_sheet(path: Path, name: str | None = None) -> Sheet:
    """The sheet `name` of a workbook (default: its first), or a CSV file.

    Raises UsageError for a file of another kind, or a sheet there is not; SourceError for one that cannot be read.
    """
    suffix = path.suffix.lower()
    if suffix in (".csv", ".tsv", ".txt"):
        if name is not None:
            raise UsageError(f"{path.name}: a CSV file has no sheets; leave out sheet {name!r}")
        if not path.is_file():
            raise SourceError(f"{path}: there is no such file", code="not-found", file=str(path))
        return Sheet(path, None)
    if suffix not in (".xlsx", ".xlsm"):
        raise UsageError(f"{path.name}: a spreadsheet is read as .xlsx, .xlsm, .csv or .tsv")
    book = _workbook(path, values=True)
    try:
        names = tuple(ws.title for ws in book.worksheets)
    finally:
        book.close()
    if not names:
        raise SourceError(f"{path}: a workbook without a sheet of cells", code="no-sheet", file=str(path))
    if name is not None and name not in names:
        raise UsageError(f"{path.name}: no sheet {name!r}; there are: {', '.join(names)}")
    return Sheet(path, name or names[0], names)


def _workbook(path: Path, *, values: bool) -> Any:
    try:
        from openpyxl import load_workbook  # type: ignore[import-untyped, unused-ignore]
    except ImportError:
        raise UsageError("spreadsheets need the extra `export`: pip install 'tollbook[export]'") from None
    try:
        with zipfile.ZipFile(path) as archive:
            if sum(i.file_size for i in archive.infolist()) > MAX_UNPACKED:
                raise SourceError(
                    f"{path}: unpacks to more than {MAX_UNPACKED // 1_000_000} MB",
                    code="workbook-too-big",
                    file=str(path),
                )
        return load_workbook(path, read_only=True, data_only=values, keep_links=False)
    except SourceError:
        raise
    except (OSError, zipfile.BadZipFile, KeyError, ValueError, TypeError, SyntaxError) as error:
        raise SourceError(
            f"{path}: not a workbook that can be read: {error}", code="bad-xlsx", file=str(path)
        ) from error


def _xlsx_rows(path: Path, name: str) -> Iterator[Row]:
    merged, formulas = _scan(path, name)
    widths: dict[int, int] = {}
    for r, c in merged:
        widths[r] = max(widths.get(r, 0), c + 1)
    book = _workbook(path, values=True)
    shadow = _workbook(path, values=False) if formulas else None
    try:
        held: dict[tuple[int, int], Cell] = {}
        tops = set(merged.values())
        for number, (found, source) in enumerate(_pairs(book[name], shadow[name] if shadow is not None else None), 1):
            width = min(max(len(found), widths.get(number, 0)), MAX_COLUMNS)
            cells = []
            for column in range(width):
                raw = found[column] if column < len(found) else None
                cell = _cell(column, raw, held.get(merged.get((number, column), (0, 0))), source)
                if (number, column) in tops:
                    held[number, column] = cell
                cells.append(cell)
            if cells:
                yield Row(number, tuple(cells))
    except (KeyError, ValueError, TypeError, SyntaxError, zipfile.BadZipFile, EOFError) as error:
        raise SourceError(f"{path}: the sheet {name!r} breaks off: {error}", code="bad-xlsx", file=str(path)) from error
    finally:
        book.close()
        if shadow is not None:
            shadow.close()


def _pairs(sheet: Any, shadow: Any) -> Iterator[tuple[tuple[Any, ...], tuple[Any, ...] | None]]:
    """Rows of values, each with the same row of formulas where the sheet has any."""
    sheet.reset_dimensions()  # rows would be padded to the size the file claims: 16,384 columns
    if shadow is None:
        for row in sheet.iter_rows():
            yield row, None
        return
    shadow.reset_dimensions()
    yield from zip(sheet.iter_rows(), shadow.iter_rows(), strict=False)


def _cell(column: int, cell: Any, top: Cell | None, source: tuple[Any, ...] | None) -> Cell:
    """A cell as it is, or as the first cell of the merged range that covers it."""
    if top is not None:
        return Cell(column, top.value, top.text, top.fault, shared=True)
    value = getattr(cell, "value", None)
    if value is None and source is not None and column < len(source):
        formula = getattr(source[column], "value", None)
        if formula is not None and getattr(source[column], "data_type", "") == "f":
            return Cell(column, None, "", "a formula whose value was never saved: open and save the file in Excel")
    if getattr(cell, "data_type", "") == "e" and value is not None:
        return Cell(column, None, plain(str(value)), f"the error {plain(str(value))}")
    return typed(column, value)


def typed(column: int, value: Any) -> Cell:
    """A cell of a value as a library gives it: text, number, day, truth or nothing."""
    if value is None:
        return Cell(column)
    if isinstance(value, bool):
        return Cell(column, str(value).upper(), str(value).upper())
    if isinstance(value, dt.datetime):
        text = value.date().isoformat() if value.time() == dt.time() else value.isoformat(" ", "minutes")
        return Cell(column, value.date(), text)
    if isinstance(value, dt.date):
        return Cell(column, value, value.isoformat())
    if isinstance(value, float):
        if value != value or value in (float("inf"), float("-inf")):
            return Cell(column, None, str(value), "not a number")
        whole = int(value)
        return Cell(column, whole, str(whole)) if whole == value else Cell(column, value, repr(value))
    if isinstance(value, int):
        return Cell(column, value, str(value))
    text = plain(str(value)[:MAX_CELL])
    return Cell(column, text or None, text)


def _scan(path: Path, name: str) -> tuple[dict[tuple[int, int], tuple[int, int]], bool]:
    """(cells that merged ranges cover, but their first -> that first; whether the sheet holds formulas)."""
    book = _workbook(path, values=True)
    inner = getattr(book[name], "_worksheet_path", None)
    book.close()
    merged: dict[tuple[int, int], tuple[int, int]] = {}
    formulas = False
    if inner is None:
        return merged, True
    with zipfile.ZipFile(path) as archive, archive.open(inner.lstrip("/")) as stream:
        tail = b""
        while chunk := stream.read(1 << 20):
            block = tail + chunk
            formulas = formulas or _FORMULA.search(block) is not None
            for found in _MERGED.finditer(block):
                _fill(merged, found)
            tail = block[-200:]
    return merged, formulas


def _fill(merged: dict[tuple[int, int], tuple[int, int]], found: re.Match[bytes]) -> None:
    left, top, right, bottom = found.groups()
    first = (int(top), column_of(left.decode()))
    last = (int(bottom), min(column_of(right.decode()), MAX_COLUMNS))
    cells = (last[0] - first[0] + 1) * (last[1] - first[1] + 1)
    if cells < 2 or len(merged) + cells > MERGED_MOST:
        return
    for row in range(first[0], last[0] + 1):
        for column in range(first[1], last[1] + 1):
            if (row, column) != first:
                merged[row, column] = first


def _csv_rows(path: Path) -> Iterator[Row]:
    try:
        with path.open("rb") as stream:
            text, _ = decode(read_bounded(stream, MAX_FILE))
    except OSError as error:
        raise SourceError(
            f"{path}: cannot be read: {error.strerror or error}", code="not-found", file=str(path)
        ) from error
    csv.field_size_limit(max(csv.field_size_limit(), 10_000_000))
    head = text[:20_000].split("\n", 1)[0]
    delimiter = max(("\t", ";", ",", "|"), key=lambda d: (head.count(d), d == ","))
    reader = csv.reader(io.StringIO(text.replace("\0", "\ufffd"), newline=""), delimiter=delimiter)
    try:
        for number, found in enumerate(reader, 1):
            yield Row(number, tuple(typed(i, v) for i, v in enumerate(found[:MAX_COLUMNS])))
    except csv.Error as error:
        raise SourceError(f"{path}: line {reader.line_num}: {error}", code="bad-csv", file=str(path)) from error
