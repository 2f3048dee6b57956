"""Whether a file is IBC's incidents file, with or without its eleven lines of comment."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tollbook.export import ibc
from tollbook.export.validate.table import Row, counts, read, walk
from tollbook.export.validate.values import Fault, integer, worded

_CODE = re.compile(r"[a-z]\d{1,6}[a-z]{0,4}(?:-[\w-]{1,20})?")


def check_ibc(file: str, data: bytes) -> Iterator[Fault | int]:
    """Faults, then the number of rows."""
    expected = ibc.tables()["columns"]
    table = read(file, data, expected)
    yield from table.faults
    if table.before not in (0, ibc.tables()["comment_lines"]):
        yield Fault(file, 1, "-", str(table.before), "no line above the header, or eleven: loaders skip eleven")
    yield from walk(table, expected, "IBC code", _row)


def _row(row: Row) -> Iterator[Fault]:
    if not row["IBC code"].startswith(ibc.NAMESPACE) and not _CODE.fullmatch(row["IBC code"]):
        yield row.fault("IBC code", f"a letter and a number (k1234), or {ibc.NAMESPACE} and an id of ours")
    start, end = worded(row["Start Date"]), worded(row["End Date"])
    for name, value in (("Start Date", start), ("End Date", end)):
        if value is None:
            yield row.fault(name, "a day: 5 Jan 2006")
    if start is not None and end is not None and start > end:
        yield row.fault("End Date", f"not before Start Date ({row['Start Date']})")
    wrong = list(counts(row, ["Reported Minimum", "Reported Maximum"]))
    yield from wrong
    if not wrong:
        low, high = integer(row["Reported Minimum"]) or 0, integer(row["Reported Maximum"]) or 0
        if low > high:
            yield row.fault("Reported Minimum", f"at most Reported Maximum ({high})")
        if high < 1:
            yield row.fault("Reported Maximum", "at least 1: a row is an act in which a civilian was killed")
