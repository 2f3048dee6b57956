"""Reading a table of unknown making: encoding, separator, comment lines, header, rows with their line numbers."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain

from tollbook.export.validate.values import Fault

LONGEST_CELL = 10_000_000
HEADER_WITHIN = 30
"""Lines in which a header may stand."""


@dataclass(slots=True)
class Table:
    """A table that is being read. `before` counts the lines above the header; `faults` are those of the whole file."""

    file: str
    header: tuple[str, ...]
    header_line: int
    before: int
    body: Iterator[tuple[int, list[str]] | Fault]
    faults: list[Fault] = field(default_factory=list)
    count: int = 0

    def __iter__(self) -> Iterator[tuple[int, list[str]] | Fault]:
        """The lines and cells of the rows that are left, read as they are asked for, and what breaks the reading."""
        for row in self.body:
            self.count += not isinstance(row, Fault)
            yield row

    def counted(self) -> int:
        """How many rows the file has: reads what is left."""
        for _ in self:
            pass
        return self.count


@dataclass(frozen=True, slots=True)
class Row:
    """One row: its line, its cells by column, and a way to say what is wrong with one."""

    file: str
    line: int
    cells: Mapping[str, str]

    def __getitem__(self, column: str) -> str:
        return self.cells.get(column, "").strip()

    def fault(self, column: str, allowed: str) -> Fault:
        """A fault of one cell."""
        return Fault(self.file, self.line, column, self.cells.get(column, ""), allowed)


def read(file: str, data: bytes, expected: Sequence[str]) -> Table:
    """The table of a file: the header is the first line whose first cells are `expected`'s, else there is none.

    What cannot be decoded, a missing header, and NUL characters are among its faults.
    """
    faults: list[Fault] = []
    text = _decoded(file, data, faults)
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        faults.append(Fault(file, line, "-", "\\0", "no NUL characters"))
        text = text.replace("\0", "")
    lines = text.split("\n", HEADER_WITHIN)[:HEADER_WITHIN]
    first = expected[0].casefold()
    found = next((n for n, line in enumerate(lines) if line.strip().strip('"').casefold().startswith(first)), None)
    delimiter = _delimiter(lines[found] if found is not None else lines[0] if lines else "", expected)
    start = sum(len(line) + 1 for line in lines[: found or 0])
    rows = _rows(file, text[start:], delimiter, (found or 0) + 1)
    top = next(rows, (1, [""]))
    if isinstance(top, Fault):
        return Table(file, (), 0, 0, iter(()), [*faults, top])
    line, cells = top
    if found is not None:
        return Table(file, tuple(name.strip() for name in cells), line, found, rows, faults)
    faults.append(Fault(file, line, "-", cells[0], f"a header line: {', '.join(expected[:4])}, ..."))
    if len(cells) == len(expected):
        return Table(file, tuple(expected), 0, 0, chain([top], rows), faults)
    return Table(file, (), 0, 0, iter(()), faults)


def _decoded(file: str, data: bytes, faults: list[Fault]) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        faults.append(Fault(file, line, "-", repr(data[error.start : error.start + 1])[2:-1], "UTF-8"))
        return data.decode("cp1252", "replace")


def _delimiter(line: str, expected: Sequence[str]) -> str:
    return max(",;\t", key=lambda d: (line.count(d), d == ",")) if len(expected) > 1 else ","


def _rows(file: str, text: str, delimiter: str, first: int) -> Iterator[tuple[int, list[str]] | Fault]:
    csv.field_size_limit(LONGEST_CELL)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    line = first
    try:
        for row in reader:
            if row:
                yield line, row
            line = first + reader.line_num
    except csv.Error as error:
        yield Fault(file, line, "-", "", f"a row of cells: {error}")


def columns(
    table: Table,
    expected: Sequence[str],
    *,
    optional: Collection[str] = (),
    extra: Collection[str] = (),
) -> Iterator[Fault]:
    """Faults of the header: a column that is missing, strange, double or out of order."""
    have = table.header
    if not have:
        return  # that there is no header is told already
    for name in expected:
        if name not in have and name not in optional:
            yield Fault(table.file, table.header_line, name, "", "is missing")
    for n, name in enumerate(have):
        if name not in expected and name not in extra:
            yield Fault(table.file, table.header_line, name or f"column {n + 1}", name, "not a column of this format")
        elif name in have[:n]:
            yield Fault(table.file, table.header_line, name, name, "once")
    ours = [name for name in have if name in expected]
    order = [name for name in expected if name in have]
    if ours != order and len(ours) == len(order):
        wrong, right = next((a, b) for a, b in zip(ours, order, strict=True) if a != b)
        yield Fault(table.file, table.header_line, wrong, wrong, f"{right} stands here: the order is fixed")


def walk(
    table: Table,
    expected: Sequence[str],
    key: str,
    of_row: Callable[[Row], Iterator[Fault]],
    *,
    optional: Collection[str] = (),
    extra: Collection[str] = (),
) -> Iterator[Fault | int]:
    """Faults of the header, then of each row where no needed column is missing, then the number of rows."""
    yield from columns(table, expected, optional=optional, extra=extra)
    if set(expected) - set(optional) <= set(table.header):
        for row in rows(table, key):
            if isinstance(row, Fault):
                yield row
            else:
                yield from of_row(row)
    yield table.counted()


def rows(table: Table, key: str) -> Iterator[Row | Fault]:
    """The rows as cells by column; a row of another length, or a key that stands twice, is a fault."""
    seen: dict[str, int] = {}
    whole: dict[int, int] = {}
    at = table.header.index(key) if key in table.header else None
    for found in table:
        if isinstance(found, Fault):
            yield found
            continue
        line, cells = found
        if len(cells) != len(table.header):
            yield Fault(table.file, line, "-", str(len(cells)), f"{len(table.header)} cells, as in the header")
            continue
        if at is not None:
            value = cells[at].strip()
            if value in seen:
                yield Fault(table.file, line, key, value, f"once; it stands in line {seen[value]} too")
            else:
                twin = hash(tuple(c for n, c in enumerate(cells) if n != at))
                if twin in whole:
                    yield Fault(
                        table.file, line, key, value, f"no row twice; line {whole[twin]} differs in this cell only"
                    )
                whole.setdefault(twin, line)
            seen.setdefault(value, line)
        yield Row(table.file, line, dict(zip(table.header, cells, strict=True)))


def coordinates(row: Row, lat: str, lon: str, *, may_lack: bool) -> Iterator[Fault]:
    """Faults of a point: degrees of WGS 84, both or none, and not 0, 0."""
    from tollbook.export.validate.values import number

    if not row[lat] and not row[lon]:
        if not may_lack:
            yield row.fault(lat, "degrees from -90 to 90; a row here has a point")
        return
    y, x = number(row[lat]), number(row[lon])
    if y is None or not -90 <= y <= 90:
        yield row.fault(lat, "degrees from -90 to 90, with a point for decimals")
    if x is None or not -180 <= x <= 180:
        yield row.fault(lon, "degrees from -180 to 180, with a point for decimals")
    if y == 0 and x == 0:
        yield row.fault(lat, "not 0, 0: an unknown place has no coordinates")


def counts(row: Row, names: Sequence[str]) -> Iterator[Fault]:
    """Faults of cells that hold whole numbers from 0 on, never blank."""
    from tollbook.export.validate.values import integer

    for name in names:
        value = integer(row[name])
        if value is None or value < 0:
            yield row.fault(name, "a whole number from 0")
