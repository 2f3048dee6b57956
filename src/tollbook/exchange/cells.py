"""What one cell of a spreadsheet says: a count, a day, a place, names; or why it says none of what its column holds.

Pure. Unknown stays unknown: an empty cell, or one that says "unknown", is None; a cell that cannot be read raises
CellError with what is allowed, and nothing is guessed from it.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

from tollbook import lexicon, ontology
from tollbook.errors import LexiconError, TollbookError
from tollbook.exchange.sheets import Cell
from tollbook.model import DatePrecision

LAYOUTS = ("dmy", "mdy", "ymd")
EPOCH = dt.date(1899, 12, 30)
"""Day 0 of Excel's serial days (the 1900 system, with its 29 February 1900 that never was)."""
FIRST_SERIAL, LAST_SERIAL = 10_000, 80_000
"""Serial days taken for days: May 1927 to January 2119."""
PIVOT = 69
"""Two-digit years below it are 20xx (POSIX strptime)."""
MOST = 10_000_000
"""People in one cell; a larger number is a slip."""

COUNTS = "12, 10-12, 12+, at least 12, up to 12, dozens, or empty"
DAYS = "2016-03-12, a day by the map's layout, 12 March 2016, March 2016, 2016, 12-14 March 2016, or empty"


class CellError(TollbookError):
    """A cell that holds something other than its column; the message says what and what is allowed."""


@dataclass(frozen=True, slots=True)
class Figure:
    """A number of people: `min` or `max` None is open on that side; `word` stands for a number ("dozens")."""

    min: int | None
    max: int | None
    approx: bool = False
    word: str | None = None


@dataclass(frozen=True, slots=True)
class Days:
    """First and last day, both included, and how exact they are."""

    start: dt.date
    end: dt.date
    precision: DatePrecision


@cache
def words() -> Mapping[str, Any]:
    """The content of `data/exchange/headers.yml`, checked once."""
    data = lexicon.load("exchange/headers")
    check(data)
    return dict(data)


def check(data: Mapping[str, Any]) -> None:
    """Raises LexiconError where headers.yml names a harm, group, type or status there is not, or a rule no kind."""
    for group, listed in (("harms", "harms"), ("who", "who"), ("types", "types"), ("statuses", "statuses")):
        wrong = set(data[group]) - ontology.codes(listed)
        if wrong:
            raise LexiconError(f"exchange/headers.yml: {group}: no such code: {', '.join(sorted(wrong))}")
    for rule in data["rules"]:
        if rule.get("is") not in KINDS or not (rule.get("exact") or rule.get("words")):
            raise LexiconError(f"exchange/headers.yml: a rule without a kind or without words: {rule}")
    for header, what in data["known_figures"].items():
        if what.get("harm") not in data["harms"] or what.get("bound") not in BOUNDS:
            raise LexiconError(f"exchange/headers.yml: known_figures: {header}: {what}")


KINDS = (
    "id", "same", "published", "date", "end", "place", "country", "latitude", "longitude", "figure", "type", "status",
    "perpetrators", "targets", "sources", "url", "victim", "age", "sex", "notes", "drop",
)  # fmt: skip
"""What a column may hold. `notes` stays as words; `drop` is left out of the book altogether."""
BOUNDS = ("value", "min", "max", "best")


@cache
def _blank() -> frozenset[str]:
    return frozenset(str(w) for w in words()["blank"])


_WORD = re.compile(r"[^\W_]+|#")


def fold(text: str) -> str:
    """A header or a cell as lower-case words with one blank between them."""
    return " ".join(_WORD.findall(text.casefold()))


def is_blank(cell: Cell) -> bool:
    """Whether a cell says nothing: empty, or a word for "not known"."""
    return cell.fault is None and (cell.value is None or cell.text.casefold().strip(" .") in _blank())


_NUMBER = r"(\d{1,3}(?:[, ]\d{3}){1,3}|\d{1,9})"
_RANGE = re.compile(rf"{_NUMBER} ?(?:-|–|—|\.\.|to) ?{_NUMBER}", re.I)
_PLAIN = re.compile(rf"(?:(>=|≥|>|<=|≤|<|~|≈|c\.|ca\.?|c) ?)?{_NUMBER}(\.0)?(\+)?", re.I)


def _number(text: str) -> int:
    return int(re.sub(r"[, ]", "", text))


def figure(cell: Cell) -> Figure | None:
    """The count of people in a cell; None where it is blank. Raises CellError for what is no count."""
    if cell.fault:
        raise CellError(cell.fault)
    if is_blank(cell):
        return None
    if isinstance(cell.value, (float, dt.date)):
        raise CellError(f"{cell.text!r} is not a whole number of people; allowed: {COUNTS}")
    found = None if cell.text.startswith(("-", "−")) else _read(cell.text)
    if found is None or (found.min is None and found.max is None):
        raise CellError(f"{cell.text[:60]!r} is not one count of people; allowed: {COUNTS}")
    if max(found.min or 0, found.max or 0) > MOST:
        raise CellError(f"{cell.text[:60]!r} is more people than one cell can mean")
    if found.min is not None and found.max is not None and found.min > found.max:
        raise CellError(f"{cell.text[:60]!r}: the first number is above the second")
    return found


def _read(text: str) -> Figure | None:
    if match := _RANGE.fullmatch(text):
        return Figure(_number(match[1]), _number(match[2]))
    if match := _PLAIN.fullmatch(text):
        mark, number = (match[1] or "").strip(" .").lower(), _number(match[2])
        if match[4] or mark in (">=", "≥"):
            return Figure(number, None)
        if mark == ">":
            return Figure(number + 1, None)
        if mark in ("<=", "≤", "<"):
            return Figure(None, number - (mark == "<")) if number else None
        return Figure(number, number, approx=bool(mark))
    from tollbook.resolve.counts import find_counts

    found = find_counts(text)
    if len(found) != 1:
        return None
    count = found[0]
    outside = text[: count.span[0]] + text[count.span[1] :]
    if any(c.isdigit() for c in outside):
        return None
    return Figure(count.min, count.max, count.approx, count.word)


_ISO = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})(?:[T ]\d{1,2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?(?:Z|[+-]\d\d:?\d\d)?)?")
_SLASHED = re.compile(r"(\d{1,4})([./-])(\d{1,2})\2(\d{1,4})(?: \d{1,2}:\d{2}(?::\d{2})?)?")
_MONTH = re.compile(r"(\d{4})[-/.](\d{1,2})|(\d{1,2})[-/.](\d{4})")
_BETWEEN = re.compile(r"(\S{6,10}) (?:-|–|to|until) (\S{6,10})", re.I)


def days(cell: Cell, layout: str | None = None) -> Days | None:
    """The days a cell tells, None where it is blank. `layout` (dmy, mdy, ymd) reads 03/04/2016; without one such a cell
    raises CellError where the two readings differ."""
    if cell.fault:
        raise CellError(cell.fault)
    if is_blank(cell):
        return None
    value = cell.value
    if isinstance(value, dt.date):
        return Days(value, value, "day")
    if isinstance(value, float):
        value = int(value)  # a serial day with its time
    if isinstance(value, int) and FIRST_SERIAL <= value <= LAST_SERIAL:
        day = EPOCH + dt.timedelta(days=value)
        return Days(day, day, "day")
    text = cell.text
    found = _one_day(text, layout) or _wider(text)
    if found is None and (match := _BETWEEN.fullmatch(text)):
        first, last = _one_day(match[1], layout), _one_day(match[2], layout)
        if first and last and first.start <= last.start:
            found = Days(first.start, last.start, "day" if first.start == last.start else "days")
    if found is None:
        found = _in_words(text)
    if found is None:
        raise CellError(f"{text[:60]!r} is not a day; allowed: {DAYS}")
    return found


def _one_day(text: str, layout: str | None) -> Days | None:
    if match := _ISO.fullmatch(text):
        return _day(text, int(match[1]), int(match[2]), int(match[3]))
    if re.fullmatch(r"(?:19|20)\d{6}", text):
        return _day(text, int(text[:4]), int(text[4:6]), int(text[6:]))
    match = _SLASHED.fullmatch(text)
    if match is None:
        return None
    a, b, c = match[1], match[3], match[4]
    if len(a) == 4:
        return _day(text, int(a), int(b), int(c))
    if len(a) == 3 or len(c) not in (2, 4):
        return None
    year = int(c) if len(c) == 4 else (2000 if int(c) < PIVOT else 1900) + int(c)
    if layout == "ymd" and len(c) == 2:
        return _day(text, (2000 if int(a) < PIVOT else 1900) + int(a), int(b), int(c))
    dmy, mdy = (int(b), int(a)), (int(a), int(b))
    if layout in ("dmy", "mdy"):
        month, day = dmy if layout == "dmy" else mdy
        return _day(text, year, month, day)
    readings = {pair for pair in (dmy, mdy) if 1 <= pair[0] <= 12 and 1 <= pair[1] <= 31}
    if len(readings) > 1:
        raise CellError(
            f"{text!r} may be day {dmy[1]} of month {dmy[0]} or day {mdy[1]} of month {mdy[0]}: "
            "give the column a `layout`, dmy or mdy"
        )
    return _day(text, year, *readings.pop()) if readings else _day(text, year, *dmy)


def _day(text: str, year: int, month: int, day: int) -> Days:
    try:
        found = dt.date(year, month, day)
    except ValueError:
        raise CellError(f"{text!r}: there is no such day; allowed: {DAYS}") from None
    return Days(found, found, "day")


def _wider(text: str) -> Days | None:
    from tollbook.resolve.calendars import month_span

    if re.fullmatch(r"(?:19|20)\d\d", text):
        return Days(dt.date(int(text), 1, 1), dt.date(int(text), 12, 31), "year")
    if match := _MONTH.fullmatch(text):
        year, month = (match[1], match[2]) if match[1] else (match[4], match[3])
        if 1 <= int(month) <= 12:
            first, last = month_span(int(year), int(month))
            return Days(first, last, "month")
    return None


def _in_words(text: str) -> Days | None:
    from tollbook.resolve.dates import find_dates

    found = [d for d in find_dates(text, None) if d.start is not None and d.end is not None]
    if len(found) != 1:
        return None
    told = found[0]
    assert told.start is not None
    assert told.end is not None
    assert told.span is not None
    outside = text[: told.span[0]] + text[told.span[1] :]
    beside = set(fold(re.sub(r"\b\d{1,2}[:.]\d\d\b", " ", outside)).split())
    if not beside <= set(words()["beside_date"]):
        return None
    return Days(told.start, told.end, told.precision or "day")


def names(cell: Cell, separators: tuple[str, ...] | None = None) -> list[str]:
    """The names in a cell, split where the separators stand; blank and "unknown" give none."""
    if cell.fault:
        raise CellError(cell.fault)
    if is_blank(cell):
        return []
    parts = [cell.text]
    for mark in separators or tuple(str(s) for s in words()["separators"]):
        parts = [piece for part in parts for piece in part.split(mark)]
    kept = [p.strip() for p in parts]
    return list(dict.fromkeys(p for p in kept if p and p.casefold().strip(" .") not in _blank()))


@cache
def _coded(group: str) -> tuple[dict[str, str], tuple[tuple[str, str], ...]]:
    """(whole words -> code, (word looked for in a cell, code) in order) of types or statuses."""
    whole: dict[str, str] = {}
    for code, row in ontology.entries(group).items():
        for name in (code, ontology.label(group, code), row.get("acled")):
            if name:
                whole.setdefault(str(name).casefold(), code)
    listed = tuple((str(w), code) for code, many in words()[group].items() for w in many)
    for word, code in listed:
        whole.setdefault(word, code)
    return whole, listed


def code(cell: Cell, group: str, values: Mapping[str, str] | None = None) -> str | None:
    """The code of the ontology's list `group` (types, statuses) that a cell names; None where blank.

    The map's own `values` come first. Raises CellError where none is meant.
    """
    if cell.fault:
        raise CellError(cell.fault)
    told = {str(k).casefold(): v for k, v in (values or {}).items()}
    text = cell.text.casefold()
    if text in told:
        return told[text]
    if is_blank(cell):
        return None
    whole, listed = _coded(group)
    if text in whole:
        return whole[text]
    folded = f" {fold(text)} "
    for word, found in listed:
        if f" {word} " in folded:
            return found
    allowed = ", ".join(ontology.entries(group))
    raise CellError(f"{cell.text[:60]!r} names none of the codes; allowed: {allowed}; or name it in the map's `values`")


def country(text: str) -> str:
    """The ISO 3166 alpha-2 code of a country by code, name or other name. Raises CellError where none is meant."""
    found = _countries().get(text.casefold().strip())
    if found is None:
        raise CellError(f"{text[:60]!r} is not a country; allowed: its English name or its ISO 3166 code")
    return found


@cache
def _countries() -> dict[str, str]:
    from tollbook.resolve.countries import countries

    out: dict[str, str] = {}
    for row in countries().values():
        for name in (row.alpha2, row.alpha3, row.name, *row.aliases):
            out.setdefault(name.casefold(), row.alpha2)
    return out


def degrees(cell: Cell, most: float) -> float | None:
    """A latitude or longitude in degrees; None where blank. Raises CellError beyond `most` on either side."""
    if cell.fault:
        raise CellError(cell.fault)
    if is_blank(cell):
        return None
    try:
        value = float(cell.text.replace(",", ".").strip(" °"))
    except ValueError:
        value = float("nan")
    if not -most <= value <= most:
        raise CellError(f"{cell.text[:60]!r} is not in degrees; allowed: -{most:g} to {most:g}")
    return value


def age(cell: Cell) -> int | None:
    """An age in years; None where blank. Raises CellError for anything else."""
    if cell.fault:
        raise CellError(cell.fault)
    if is_blank(cell):
        return None
    match = re.fullmatch(r"(\d{1,3})(?: ?(?:years?|yrs?|y/?o)\.?(?: old)?)?", cell.text, re.I)
    if match is None or int(match[1]) > 130:
        raise CellError(f"{cell.text[:60]!r} is not an age; allowed: whole years, 0 to 130")
    return int(match[1])


def sex(cell: Cell) -> Literal["female", "male"] | None:
    """female, male or None where blank. Raises CellError for anything else."""
    if cell.fault:
        raise CellError(cell.fault)
    if is_blank(cell):
        return None
    text = cell.text.casefold()
    for found, told in words()["sexes_told"].items():
        if text in told:
            return "female" if found == "female" else "male"
    raise CellError(f"{cell.text[:60]!r} is not a sex; allowed: female, male, or empty")
