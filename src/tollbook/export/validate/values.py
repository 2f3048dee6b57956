"""A fault, and the reading of single cells."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass

_INTEGER = re.compile(r"[+-]?\d{1,18}(?:\.0{1,6})?")
_NUMBER = re.compile(r"[+-]?\d{1,18}(?:\.\d{0,18})?(?:[eE][+-]?\d{1,3})?")
_STAMP = re.compile(r"(\d{4}-\d\d-\d\d)(?:[ T]\d\d:\d\d(?::\d\d(?:\.\d{1,6})?)?Z?)?")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_WORDED = re.compile(r"(\d{1,2})[ -]([A-Za-z]{3,9})[ -](\d{4})")


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong: where, the value that stands there, what is allowed."""

    file: str
    line: int
    column: str
    value: str
    allowed: str

    def __str__(self) -> str:
        """As it is printed: "war.csv:12: best: '7': at least low (9)"."""
        shown = self.value if len(self.value) <= 60 else self.value[:57] + "..."
        return f"{self.file}:{self.line}: {self.column}: {shown!r}: {self.allowed}"


def integer(cell: str) -> int | None:
    """A whole number ("3", "3.0"); None for anything else."""
    return int(float(cell)) if _INTEGER.fullmatch(cell.strip()) else None


def number(cell: str) -> float | None:
    """A decimal number with a point; None for anything else."""
    return float(cell) if _NUMBER.fullmatch(cell.strip()) else None


def stamp(cell: str) -> dt.date | None:
    """The day of an ISO day or time; None for anything else."""
    found = _STAMP.fullmatch(cell.strip())
    return _day(found.group(1)) if found else None


def worded(cell: str) -> dt.date | None:
    """The day of "5 Jan 2006" or "05 January 2006", in English; None for anything else."""
    found = _WORDED.fullmatch(cell.strip())
    if not found or found.group(2)[:3].lower() not in _MONTHS:
        return None
    month = _MONTHS.index(found.group(2)[:3].lower()) + 1
    return _day(f"{found.group(3)}-{month:02d}-{int(found.group(1)):02d}")


def _day(iso: str) -> dt.date | None:
    try:
        return dt.date.fromisoformat(iso)
    except ValueError:
        return None
