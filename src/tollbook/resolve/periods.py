"""Seasons, quarters, halves and decades, and the feasts that move: "last fall", "the third quarter", "the late 1980s".

A season is its three months by the weather office's count (spring is March to May), a quarter and a half those of the
calendar year. "Early", "mid" and "late" are years 0 to 3, 4 to 6 and 6 to 9 of a decade, a convention of this project:
loose words share a year. Without a year the latest such period that has begun is meant. The words are rows of
`data/lexicon/en/dates.yml`.
"""

from __future__ import annotations

import datetime as dt

from tollbook.model import DateBasis
from tollbook.resolve.calendars import DAY, Days, month_span, shift_months, words
from tollbook.resolve.numbers import Tokens, number_at
from tollbook.resolve.scene import Hit, Scene, after, until

_DECADES = range(1900, 2100, 10)
_THIRDS = {"early": (0, 3), "mid": (4, 6), "late": (6, 9)}  # years of a decade, from its first
_NOVEMBER = 11
_FROM_EASTER = 180  # days: farther from Easter than any feast counted from it (200 is Thanksgiving)


def read_period(s: Scene, i: int) -> list[Hit]:
    """The season, part of a year, decade or movable feast that begins (or has its main word) at token i."""
    return _season(s, i) or _part(s, i) or _decade(s, i) or _feast(s, i)


def _hit(s: Scene, first: int, last: int, days: Days | None, basis: DateBasis) -> list[Hit]:
    return [Hit(first, last, until(days, s.published), "month", basis, void=after(days, s.published))]


def _year_at(t: Tokens, i: int) -> int | None:
    word = t.at(i)
    return int(word) if len(word) == 4 and word.isdecimal() and _DECADES[0] <= int(word) < _DECADES[-1] else None


def _months(year: int, month: int, number: int) -> Days:
    first = shift_months(dt.date(year, 1, 1), month - 1)
    end = shift_months(first, number - 1)
    return first, month_span(end.year, end.month)[1]


def _season(s: Scene, i: int) -> list[Hit]:
    """ "last fall", "this summer", "the summer of 2012", "in the spring"; "the fall of Kabul" is none."""
    w, t = words(), s.t
    month = w.seasons.get(t.at(i))
    if month is None:
        return []
    k = i + 1 + (t.at(i + 1) in ("of", ","))
    year = _year_at(t, k)
    if year is not None:
        if month == 12:  # the winter of a year is that of its beginning, or of its end
            return []
        return _hit(s, i, k + 1, _months(year, month, 3), "stated")
    before = t.at(i - 1)
    if before in w.thirds_words and t.at(i - 2) in ("the", "in", "since", "last", "this"):
        before = "the" if t.at(i - 2) in ("in", "since") else t.at(i - 2)
    relative = before in w.last or before in w.past or before == "this"
    bare = before == "the" and t.at(i) not in w.seasons_unclear and t.at(i + 1) not in ("of", "-")
    if not (relative or bare) or s.published is None:
        return []
    days = _months(s.published.year, month, 3)
    if before == "this" and t.at(i - 1) not in w.past:
        return _hit(s, i - 1, i + 1, days, "relative")
    ended = before in w.last or before in w.past
    while (days[1] if ended else days[0]) >= s.published:
        days = _months(days[0].year - 1, month, 3)
    return _hit(s, i - 1 if relative else i, i + 1, days, "relative")


def _part(s: Scene, i: int) -> list[Hit]:
    """ "the third quarter", "the first half of 2016", "the first nine months of the year"."""
    w, t = words(), s.t
    nth = w.nths.get(t.at(i))
    if nth is None:
        return []
    k = i + 1 + (t.at(i + 1) == "-")
    length = {"quarter": 3, "half": 6}.get(t.at(k))
    months = number_at(t, k) if length is None and nth == 1 else None
    if months is not None and t.at(months[1]) == "months" and 1 < months[0] < 12:
        length, k = months[0], months[1]
    if length is None or nth > 12 // length or t.at(k + 1) == "-":
        return []
    year, last = _year_of_part(s, i, k + 1)
    if year is None:
        if length != 3 or months is not None or t.at(k + 1) == "of" or s.published is None:
            return []
        days = _months(s.published.year, 1 + 3 * (nth - 1), 3)
        if days[0] > s.published:
            days = _months(s.published.year - 1, 1 + 3 * (nth - 1), 3)
        return _hit(s, i, k + 1, days, "relative")
    basis: DateBasis = "stated" if _year_at(t, last - 1) or _year_at(t, i - 1) else "relative"
    return _hit(s, i, last, _months(year, 1 + length * (nth - 1), length), basis)


def _year_of_part(s: Scene, i: int, j: int) -> tuple[int | None, int]:
    """The year of the part told at tokens i..j: "of 2015", "2015", "of last year", "the 1988 second quarter"."""
    t, w = s.t, words()
    k = j + (t.at(j) in ("of", ",", "in"))
    if (year := _year_at(t, k)) is not None:
        return year, k + 1
    if k > j and t.at(j) == "of" and t.at(k + 1) == "year" and s.published is not None:
        if t.at(k) in ("the", "this"):
            return s.published.year, k + 2
        if t.at(k) in w.last:
            return s.published.year - 1, k + 2
    return _year_at(t, i - 1), j


def _decade(s: Scene, i: int) -> list[Hit]:
    """ "the 1980s", "the late nineties"; "in his eighties" is an age."""
    w, t = words(), s.t
    back = i - 1 - (t.at(i - 1) == "-")
    third = w.thirds_words.get(t.at(back))
    if third is None:
        back = i
    if t.at(i) in w.decades:
        if t.at(back - 1) != "the":
            return []
        year, last = 1900 + w.decades[t.at(i)], i + 1
    else:
        year = _year_at(t, i) or 0
        apostrophe = t.at(i + 1) in ("'", "’")
        last = i + 2 + apostrophe
        if year not in _DECADES or t.at(last - 1) != "s" or not t.glued(last - 1):
            return []
        if apostrophe and t.at(back - 1) != "the":
            return []
    first, end = _THIRDS[third] if third else (0, 9)
    days = dt.date(year + first, 1, 1), dt.date(year + end, 12, 31)
    return [Hit(i, last, until(days, s.published), "year", "stated", void=after(days, s.published))]


def _feast(s: Scene, i: int) -> list[Hit]:
    """ "Easter Sunday", "Good Friday", "Thanksgiving Day": the latest one, or that of the year told."""
    w, t = words(), s.t
    if not (found := w.movable_days.after(t, i)) or not t.raw(i)[:1].isupper() or t.at(i - 1) == "orthodox":
        return []
    k = found[0] + (t.at(found[0]) == ",")
    year = _year_at(t, k)
    if year is None and s.published is None:
        return [Hit(i, found[0], None, "day")]
    if year is not None:
        day = _feast_of(year, found[1])
        return [Hit(i, k + 1, (day, day), "day", "stated", void=after((day, day), s.published))]
    assert s.published is not None
    day = _feast_of(s.published.year, found[1])
    if day > s.published:
        day = _feast_of(s.published.year - 1, found[1])
    return [Hit(i, found[0], (day, day), "day")]


def _feast_of(year: int, offset: int) -> dt.date:
    """Days from Easter Sunday; beyond any such feast, the fourth Thursday of November (Thanksgiving)."""
    if abs(offset) >= _FROM_EASTER:
        first = dt.date(year, _NOVEMBER, 1)
        return first + ((3 - first.weekday()) % 7 + 21) * DAY
    return easter(year) + offset * DAY


def easter(year: int) -> dt.date:
    """Easter Sunday of the Western churches (Meeus, "Astronomical Algorithms", chapter 8)."""
    a, (b, c) = year % 19, divmod(year, 100)
    g = (8 * b + 13) // 25
    h = (19 * a + b - b // 4 - g + 15) % 30
    i, k = divmod(c, 4)
    m = (32 + 2 * (b % 4) + 2 * i - h - k) % 7
    n = (a + 11 * h + 22 * m) // 451
    month, day = divmod(h + m - 7 * n + 114, 31)
    return dt.date(year, month, day + 1)
