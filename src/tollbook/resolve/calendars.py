"""Calendar dates in text: "19 July", "July 19-21, 2016", "Apr 232017", "12 JAN 90", "24.07.2016", "early May", "2013".

Reading (`read_calendar`) and resolving against the publication day (`resolve`) are apart, so that a range can
resolve its first day against its last. The words are rows of `data/lexicon/en/dates.yml`.
"""

from __future__ import annotations

import calendar
import datetime as dt
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, Literal

from tollbook import lexicon
from tollbook.errors import LexiconError
from tollbook.model import DatePrecision
from tollbook.resolve.counts import is_year
from tollbook.resolve.numbers import Phrases, Tokens, numerals, spoken_year

Unit = Literal["hour", "day", "week", "month", "year"]
Days = tuple[dt.date, dt.date]

DAY = dt.timedelta(days=1)
AHEAD = 45 * DAY  # a day without its year this near ahead is the one meant, and has not come
SLACK = DAY  # a report may tell of a day that has begun elsewhere
EARLY, LATE = 10, 21  # "early May" is 1-10, "mid-May" 11-20, "late May" 21-31, as the gold reads them
PIVOT = 50  # without a publication day, '49 is 2049 and '50 is 1950
LIST_LENGTH = 6  # "3, 4, 5 and 6 May": no longer lists of days
_ISO_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_DASHES = ("-", "–", "—")


@dataclass(frozen=True, slots=True)
class Words:
    """The rows of `lexicon/en/dates.yml`, ready to look up."""

    months: Mapping[str, int]
    months_ambiguous: frozenset[str]
    verbs_after_may: frozenset[str]
    weekdays: Mapping[str, int]
    weekdays_short: Mapping[str, int]
    weekday_names: frozenset[str]
    ordinal_endings: frozenset[str]
    units: Mapping[str, Unit]
    few: Phrases
    day_words: Phrases
    nights_before_weekday: Phrases
    into_weekday: Phrases
    on_weekday: frozenset[str]
    day_parts: frozenset[str]
    last: frozenset[str]
    past: frozenset[str]
    previous: frozenset[str]
    this: Phrases
    later_this: frozenset[str]
    thirds: Phrases
    anchor_words: Phrases
    needs_clause_end: frozenset[str]
    came: frozenset[str]
    comes: frozenset[str]
    seasons: Mapping[str, int]
    seasons_unclear: frozenset[str]
    nths: Mapping[str, int]
    decades: Mapping[str, int]
    movable_days: Phrases
    thirds_words: Mapping[str, str]
    shift_words: Mapping[str, int]
    told_unit: Phrases
    weekend: frozenset[str]
    weekend_skip: frozenset[str]
    names_after_day: frozenset[str]
    fixed_days: Phrases
    named_days: Phrases
    since: Phrases
    since_verbs: frozenset[str]
    period_modifiers: frozenset[str]
    no_period: frozenset[str]
    range_links: Phrases
    night_parts: frozenset[str]
    until_morning: Phrases
    before_bare_day: frozenset[str]
    after_bare_day: frozenset[str]
    prepositions: frozenset[str]
    future_left: Phrases
    future_cues: Phrases
    reporting: frozenset[str]
    clause_ends: frozenset[str]
    dateline_labels: Phrases
    update_labels: Phrases
    dateline_not_after: frozenset[str]
    copyright: frozenset[str]


_PHRASES = (
    "nights_before_weekday",
    "into_weekday", "this", "since", "range_links", "until_morning", "future_left", "future_cues", "dateline_labels",
    "update_labels",
)  # fmt: skip
_TABLES = ("few", "day_words", "anchor_words", "told_unit", "fixed_days", "movable_days")
_MAPS = ("months", "weekdays", "weekdays_short", "units", "shift_words", "seasons", "nths", "decades")


@cache
def words() -> Words:
    """The checked lexicon. Raises LexiconError where the file does not hold what it must."""
    data = lexicon.load("lexicon/en/dates")
    check(data)
    values: dict[str, Any] = {key: frozenset(rows) for key, rows in data.items() if isinstance(rows, list)}
    values |= {key: data[key] for key in _MAPS}
    values |= {key: Phrases(data[key].items()) for key in _TABLES}
    values |= {key: Phrases((phrase, phrase) for phrase in data[key]) for key in _PHRASES}
    values["thirds_words"] = {row: part for part, rows in data["thirds"].items() for row in rows if " " not in row}
    values["named_days"] = Phrases((phrase, dt.date.fromisoformat(day)) for phrase, day in data["named_days"].items())
    values["thirds"] = Phrases((phrase, part) for part, rows in data["thirds"].items() for phrase in rows)
    return Words(**values)


def check(data: Any) -> None:
    """Raises LexiconError unless `data` holds what `lexicon/en/dates.yml` must hold."""
    wanted: dict[str, Sequence[int]] = {"months": range(1, 13), "weekdays": range(7), "weekdays_short": range(7)}
    wanted |= {"seasons": (3, 6, 9, 12), "nths": range(1, 5), "decades": range(20, 100, 10)}
    for key, allowed in wanted.items():
        if set(data[key].values()) != set(allowed):
            raise LexiconError(f"dates.yml: {key} must name each of {allowed[0]} to {allowed[-1]}")
    if not set(data["units"].values()) <= {"hour", "day", "week", "month", "year"}:
        raise LexiconError("dates.yml: units must be hour, day, week, month or year")
    for phrase, days in data["day_words"].items():
        if len(days) != 2 or not days[0] <= days[1] <= 0:
            raise LexiconError(f"dates.yml: day_words: {phrase!r} must be two days up to publication, not {days!r}")
    for phrase, day in data["named_days"].items():
        if not isinstance(day, str) or not _ISO_DAY.fullmatch(day):  # a word: a day is parsed from YAML at every start
            raise LexiconError(f"dates.yml: named_days: {phrase!r} must be a day in quotes, YYYY-MM-DD, not {day!r}")
    if set(data["thirds"]) != {"early", "mid", "late"}:
        raise LexiconError("dates.yml: thirds must be early, mid, late")
    lists = [*data["thirds"].values(), *(rows for rows in data.values() if isinstance(rows, list))]
    lists += [list(data[key]) for key in (*_TABLES, *_MAPS, "named_days")]
    for row in lists:
        if not all(isinstance(word, str) and word == word.lower().strip() for word in row):
            raise LexiconError(f"dates.yml: a list of lower-case phrases is wanted, not {row!r}")


# --- reading -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Calendar:
    """A calendar date as written: tokens first..last (exclusive), unknown parts None.

    `last_day` closes a range within the month; `choices` are the readings of "05-09-2013" as (year, month, day).
    """

    first: int
    last: int
    year: int | None = None
    month: int | None = None
    day: int | None = None
    last_day: int | None = None
    third: str | None = None
    weekday: int | None = None
    choices: tuple[tuple[int, int, int], ...] = ()


def is_month(t: Tokens, i: int) -> bool:
    """Whether token i is written as a month's name ("May" but not "may", not the "MAY" of "MAY HAVE")."""
    w = words()
    if t.at(i) not in w.months:
        return False
    raw = t.raw(i)
    if raw.islower() and raw in ("may", "march", "mar", "sep", "dec", "jan"):
        return False
    return not (t.low[i] == "may" and t.at(i + 1) in w.verbs_after_may)


def read_calendar(t: Tokens, i: int) -> list[Calendar]:
    """The calendar dates that begin at token i: none, one, or each day of a list ("3, 4 and 6 May")."""
    w = words()
    weekday = w.weekdays.get(t.at(i), w.weekdays_short.get(t.at(i)))
    if weekday is not None:
        k = i + 1
        while k < i + 4 and t.at(k) in (".", ",", "(", "the"):
            k += 1
        return [replace(c, first=i, weekday=weekday) for c in _plain(t, k)[:1] if c.day or c.choices]
    if third := w.thirds.after(t, i):
        inner = [c for c in _plain(t, third[0])[:1] if c.day is None and not c.choices]
        return [replace(c, first=i, third=third[1]) for c in inner]
    return _plain(t, i)


def _plain(t: Tokens, i: int) -> list[Calendar]:
    """Calendar dates without a weekday or "early" before them."""
    if spoken := spoken_year(t, i):
        return [Calendar(i, spoken[1], spoken[0])]
    if t.at(i).isdecimal():
        return _numeric(t, i) or _day_month(t, i) or _year(t, i)
    if not is_month(t, i) or t.at(i - 1) in words().weekday_names:
        return []
    return _month_day(t, i)


def _number(t: Tokens, i: int, low: int, high: int) -> int | None:
    word = t.at(i)
    if not word.isdecimal() or len(word) > 4:
        return None
    value = int(word)
    return value if low <= value <= high else None


def day_number(t: Tokens, i: int) -> tuple[int, int] | None:
    """A day of the month at token i with its "th": (day, index past it)."""
    day = _number(t, i, 1, 31)
    if day is None or len(t.low[i]) > 2:
        return None
    ordinal = t.at(i + 1) in words().ordinal_endings and t.glued(i + 1)
    return day, i + 1 + ordinal


def latest_numbered(number: int, day: dt.date) -> dt.date | None:
    """The latest day with this number in its month, on or before `day`; None where neither month has it."""
    for month in (day.replace(day=1), (day.replace(day=1) - DAY).replace(day=1)):
        found = _date(month.year, month.month, number)
        if found is not None and found <= day:
            return found
    return None


def _full_year(t: Tokens, i: int) -> int | None:
    return _number(t, i, 1900, 2099) if len(t.at(i)) == 4 else None


def _year_after(t: Tokens, k: int, month: str) -> tuple[int | None, int]:
    """The year that may follow a day and `month` (as written) at token k: (year, index past it).

    Two digits are a year after a month in capitals ("12 JAN 90", "18 APRIL 89 (AFP)") or an apostrophe.
    """
    j = k + (t.at(k) == ".")
    j += t.at(j) in (",", "of", "-")
    year = _full_year(t, j)
    if year:
        return year, j + 1
    if t.at(k) in ("'", "’") and len(t.at(k + 1)) == 2 and t.glued(k + 1) and t.low[k + 1].isdecimal():
        return _century(int(t.low[k + 1])), k + 2
    two, after = t.at(j), t.at(j + 1)
    closed = after in ("(", "-", "–", "—", "[") or (len(month) <= 4 and after not in numerals().people)
    if month.isupper() and len(two) == 2 and two.isdecimal() and int(two) > 31 and closed:
        return _century(int(two)), j + 1
    return None, k


def _century(two_digits: int) -> int:
    return (1900 if two_digits >= PIVOT else 2000) + two_digits


def _numeric(t: Tokens, i: int) -> list[Calendar]:
    """ "2016-07-19", "19/07/2016", "24.07.2016", "05-09-13"."""
    mark = t.at(i + 1)
    if mark not in ("-", "/", ".") or t.at(i + 3) != mark or not all(t.glued(k) for k in range(i + 1, i + 5)):
        return []
    parts = [t.at(i), t.at(i + 2), t.at(i + 4)]
    if not all(part.isdecimal() and len(part) <= 4 for part in parts) or (t.glued(i) and t.at(i - 1) not in "(:[\"'“"):
        return []
    a, b, c = (int(part) for part in parts)
    if len(parts[0]) == 4:
        readings = [(a, b, c)]
    elif len(parts[2]) == 4 or (len(parts[2]) == 2 and mark != "."):
        year = c if len(parts[2]) == 4 else _century(c)
        readings = [(year, b, a), (year, a, b)]
    else:
        return []
    good = tuple(dict.fromkeys(r for r in readings if 1900 <= r[0] <= 2099 and _date(*r)))
    return [Calendar(i, i + 5, choices=good)] if good else []


def _day_month(t: Tokens, i: int) -> list[Calendar]:
    """ "19 July 2016", "19th of July", "3-5 May", "3, 4 and 6 May"."""
    found = day_number(t, i)
    if not found or (t.glued(i) and (t.at(i - 1).isalnum() or t.at(i - 1) in "-/.:")):
        return []
    days, j, spans, ranged = [found[0]], found[1], [i], False
    while len(days) < LIST_LENGTH and t.at(j) in (*_DASHES, "to", "and", ",", "or", "until", "through"):
        k = j + 1 + (t.at(j) == "," and t.at(j + 1) == "and")
        more = day_number(t, k)
        if not more or more[0] <= days[-1]:
            break
        ranged = ranged or t.at(j) in (*_DASHES, "to", "until", "through") or t.at(i - 1) in ("between", "from")
        days.append(more[0])
        spans.append(k)
        j = more[1]
    j += t.at(j) in ("of", "-") or (t.at(j) == "." and t.glued(j))
    if not is_month(t, j):
        return []
    month = words().months[t.low[j]]
    year, end = _year_after(t, j + 1, t.raw(j))
    if ranged:
        return [Calendar(i, end, year, month, days[0], days[-1])]
    ends = [*(k + 1 for k in spans[:-1]), end]
    return [Calendar(first, last, year, month, day) for first, last, day in zip(spans, ends, days, strict=True)]


def _month_day(t: Tokens, i: int) -> list[Calendar]:
    """ "July 19, 2016", "July 3-5", "Jul 262016", "July 2016", "July"."""
    w = words()
    month = w.months[t.low[i]]
    j = i + 1 + (t.at(i + 1) == "." and t.at(i + 2).isdecimal())
    if glued := _glued_day_year(t.at(j)):
        return [Calendar(i, j + 1, glued[1], month, glued[0])]
    j += t.at(j) in ("the", "-") and day_number(t, j + 1) is not None
    found = day_number(t, j)
    counted = t.at(i - 1) in ("in", "since", "of", "by") and t.at(j + 1) in numerals().people and t.at(j + 1) != "of"
    clock = found and t.at(found[1]) == ":" and t.glued(found[1]) and t.glued(found[1] + 1)
    if found and not counted and not clock:
        return _days_after_month(t, i, month, found)
    k = i + 1 + (t.at(i + 1) in (",", "of", "."))
    year = _full_year(t, k)
    if year and not (t.at(k + 1) in numerals().people and not is_year(t, k)):
        return [Calendar(i, k + 1, year, month)]
    if spoken := spoken_year(t, k):
        return [Calendar(i, spoken[1], spoken[0], month)]
    if t.at(i + 1) in ("'", "’") and len(t.at(i + 2)) == 2 and t.at(i + 2).isdecimal():
        return [Calendar(i, i + 3, _century(int(t.low[i + 2])), month)]
    alone = len(t.low[i]) > 4 or t.low[i] in ("may", "june", "july")
    clear = t.low[i] not in w.months_ambiguous or t.at(i - 1) in w.prepositions or t.at(i + 2) == "year"
    if not alone or not clear:
        return []
    return [Calendar(i, i + 1, None, month)] if t.at(i - 1) != "-" or t.at(i - 2) in w.thirds else []


def _days_after_month(t: Tokens, i: int, month: int, found: tuple[int, int]) -> list[Calendar]:
    """The rest of "July 3-5, 2016" or "July 3 and 5" once "July 3" is read."""
    day, j = found
    link = t.at(j)
    more = day_number(t, j + 1) if link in (*_DASHES, "to", "and", "through", "until") else None
    if more and more[0] > day and t.at(more[1]) not in numerals().people and not is_month(t, more[1]):
        year, end = _year_after(t, more[1], t.raw(i))
        if link != "and" or t.at(i - 1) in ("between", "from"):
            return [Calendar(i, end, year, month, day, more[0])]
        return [Calendar(i, j, year, month, day), Calendar(j + 1, end, year, month, more[0])]
    year, end = _year_after(t, j, t.raw(i))
    return [Calendar(i, end, year, month, day)]


def _glued_day_year(word: str) -> tuple[int, int] | None:
    """ "262016" after a month: the comma between day and year was lost."""
    if not word.isdecimal() or len(word) not in (5, 6):
        return None
    day, year = int(word[:-4]), int(word[-4:])
    return (day, year) if 1 <= day <= 31 and 1900 <= year <= 2099 else None


def _year(t: Tokens, i: int) -> list[Calendar]:
    if not is_year(t, i) or t.at(i + 1) in ("%", "$"):
        return []
    before, after = t.at(i - 1), t.at(i + 1)
    hyphen_ok = before == "-" and (t.at(i - 2) in words().thirds or t.at(i - 2).isdecimal())
    if t.glued(i) and not (before in "('\"“‘[—–/" or hyphen_ok):
        return []
    if t.glued(i + 1) and (after.isalpha() or (after in ".:,/" and t.glued(i + 2) and t.at(i + 2).isdecimal())):
        return []
    return [Calendar(i, i + 1, int(t.low[i]))]


# --- resolving -----------------------------------------------------------------------------------


def _date(year: int, month: int, day: int) -> dt.date | None:
    try:
        return dt.date(year, month, day)
    except ValueError:
        return None


def month_span(year: int, month: int) -> Days:
    """First and last day of a month."""
    return dt.date(year, month, 1), dt.date(year, month, calendar.monthrange(year, month)[1])


def shift_months(day: dt.date, months: int) -> dt.date:
    """The same day of the month some months on (or back), the month's last day where it is shorter.

    Raises OverflowError where the calendar ends.
    """
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    if not 1 <= year <= 9999:
        raise OverflowError("year out of range")
    return min(day.replace(year=year, month=month + 1, day=1) + (day.day - 1) * DAY, month_span(year, month + 1)[1])


def unit_span(day: dt.date, unit: Unit) -> Days:
    """The calendar week (Monday to Sunday), month or year around a day; the day itself for the rest."""
    if unit == "week":
        monday = day - day.weekday() * DAY
        return monday, monday + 6 * DAY
    if unit == "month":
        return month_span(day.year, day.month)
    if unit == "year":
        return dt.date(day.year, 1, 1), dt.date(day.year, 12, 31)
    return day, day


def latest_weekday(weekday: int, day: dt.date) -> dt.date:
    """The nearest such weekday on or before a day."""
    return day - ((day.weekday() - weekday) % 7) * DAY


def resolve(c: Calendar, published: dt.date | None) -> tuple[Days | None, DatePrecision] | None:
    """First and last day of a calendar date and its precision; days None where the year is open.

    A year that is not told is the latest that does not lie after publication. None where the date does not exist,
    lies after publication, or is more likely one of the coming weeks.
    """
    if c.choices:
        chosen = _choose(c.choices, published)
        return (None, "day") if chosen is None else _not_future((chosen, chosen), "day", published)
    if c.month is None:
        if c.year is None:
            return None
        span = unit_span(dt.date(c.year, 1, 1), "year")
        return _not_future(part_of_year(span, c.third), "year", published)
    if c.day is None:
        return _resolve_month(c, published)
    return _resolve_day(c, c.month, c.day, published)


def _not_future(days: Days, precision: DatePrecision, published: dt.date | None) -> tuple[Days, DatePrecision] | None:
    if published is None:
        return days, precision
    if days[0] > published + SLACK:
        return None
    return (days[0], max(days[0], min(days[1], published))) if precision != "day" else days, precision


def _choose(choices: Sequence[tuple[int, int, int]], published: dt.date | None) -> dt.date | None:
    """Day-month or month-day: the only reading there is, else the one nearest to publication and not after it."""
    dates = [dt.date(*choice) for choice in choices]
    if len(dates) == 1:
        return dates[0]
    if published is None:
        return None
    past = [day for day in dates if day <= published + SLACK]
    return max(past) if past else min(dates)


def part_of_year(days: Days, third: str | None) -> Days:
    """ "early 2014" is January to March, "mid-2014" June and July, "late 2014" October to December."""
    year = days[0].year
    if third is None:
        return days
    first, last = {"early": (1, 3), "mid": (6, 7), "late": (10, 12)}[third]
    return dt.date(year, first, 1), month_span(year, last)[1]


def _resolve_month(c: Calendar, published: dt.date | None) -> tuple[Days | None, DatePrecision] | None:
    assert c.month is not None
    year = c.year
    if year is None:
        if published is None:
            return None, "month"
        year = published.year - (c.month > published.month)
    if year < 1:
        return None
    first, last = month_span(year, c.month)
    if c.third == "early":
        last = first.replace(day=EARLY)
    elif c.third == "mid":
        first, last = first.replace(day=EARLY + 1), first.replace(day=LATE - 1)
    elif c.third == "late":
        first = first.replace(day=LATE)
    if c.third and c.year is None and published and first > published:
        return _resolve_month(replace(c, year=year - 1), published)
    return _not_future((first, last), "month", published)


def _resolve_day(
    c: Calendar, month: int, day: int, published: dt.date | None
) -> tuple[Days | None, DatePrecision] | None:
    if c.year is not None:
        start, end = _date(c.year, month, day), _date(c.year, month, c.last_day or day)
    elif published is None:
        return (None, "days" if c.last_day else "day") if _date(2000, month, c.last_day or day) else None
    else:
        start, end = _latest(c, month, day, published)
    if start is None or end is None:
        return None
    return _not_future((start, end), "days" if c.last_day else "day", published)


def _soon(year: int, month: int, day: int, published: dt.date) -> bool:
    coming = _date(year, month, day) if year <= dt.MAXYEAR else None
    return coming is not None and SLACK < coming - published <= AHEAD


def _latest(c: Calendar, month: int, day: int, published: dt.date) -> tuple[dt.date | None, dt.date | None]:
    """The latest such day not after publication, or none where the next is near: eleven months back one names the year.

    A weekday told beside it decides between two years.
    """
    candidates = []
    for year in range((published + SLACK).year, max(0, published.year - 9), -1):
        start, end = _date(year, month, day), _date(year, month, c.last_day or day)
        if start and end and start <= published + SLACK:
            candidates.append((start, end))
    if c.weekday is None and any(_soon(year, month, day, published) for year in (published.year, published.year + 1)):
        return None, None
    for start, end in candidates[:2]:
        if c.weekday is not None and start.weekday() == c.weekday:
            return start, end
    return candidates[0] if candidates else (None, None)
