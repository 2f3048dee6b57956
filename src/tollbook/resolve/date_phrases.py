"""Single expressions of time: what stands at one token, and the days it stands for.

Each resolves against the publication day by the conventions of the annotation guidelines: a weekday is the nearest
such day on or before publication, "last week" is Monday to Sunday, "overnight" the two days it touches. `dates.py`
joins them to ranges and reads a text; the words are rows of `data/lexicon/en/dates.yml`.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from functools import cache

from tollbook.model import DatePrecision
from tollbook.resolve.calendars import (
    DAY,
    Calendar,
    Days,
    Unit,
    day_number,
    is_month,
    latest_numbered,
    latest_weekday,
    month_span,
    part_of_year,
    read_calendar,
    resolve,
    shift_months,
    unit_span,
    words,
)
from tollbook.resolve.numbers import Tokens, number_at, numerals
from tollbook.resolve.periods import read_period
from tollbook.resolve.scene import Hit, Scene, after, until

LOOK_BACK = 12  # tokens: how far left of a date "will" may stand
NEAR = 30  # days: as far as "two days after the bomb" counts back
FARTHEST = 2000  # units: "3000 years ago" is no date of an act
_PRECISION: dict[Unit, DatePrecision] = {"hour": "days", "day": "day", "week": "week", "month": "month", "year": "year"}


# --- single expressions --------------------------------------------------------------------------


def _named(s: Scene, i: int) -> list[Hit]:
    """ "9/11", "Christmas Day"."""
    w = words()
    if found := w.named_days.after(s.t, i):
        day = dt.date.fromisoformat(str(found[1]))
        return [Hit(i, found[0], (day, day), "day", "stated")]
    if found := w.fixed_days.after(s.t, i):
        month, day_of_month = found[1]
        year = s.t.at(found[0] + (s.t.at(found[0]) == ","))
        told = int(year) if len(year) == 4 and year.isdecimal() and 1900 <= int(year) <= 2099 else None
        return _from_calendar(s, Calendar(i, found[0], told, month, day_of_month))
    return []


def _from_calendar(s: Scene, c: Calendar) -> list[Hit]:
    w, t = words(), s.t
    if c.year is None and not c.choices:
        if (_ahead(c, s.published) and _future(t, c.first)) or (c.day and t.at(c.last) in w.names_after_day):
            return [Hit(c.first, c.last, None, "day", "stated", void=True)]
        if found := _year_beside(t, c.last):
            if s.published is None:
                return [Hit(c.first, found[0], None, "day" if c.day else "month", "relative")]
            c = replace(c, year=s.published.year + found[1], last=found[0])
        elif c.day is None and (t.at(c.first - 1) in w.last and s.published):
            before = s.published.replace(day=1) - DAY
            resolved = resolve(c, before)
            return [Hit(c.first - 1, c.last, resolved[0], "month", "relative")] if resolved else []
    resolved = resolve(c, s.published)
    if resolved is None:
        return [Hit(c.first, c.last, None, "day", "stated", void=True)]
    return [Hit(c.first, c.last, resolved[0], resolved[1], "stated")]


def _ahead(c: Calendar, published: dt.date | None) -> bool:
    """Whether a day or month without its year still lies ahead in the year of publication (or may)."""
    return (
        published is None or c.month is None or (c.month, c.day or 0) > (published.month, published.day if c.day else 0)
    )


def _year_beside(t: Tokens, j: int) -> tuple[int, int] | None:
    """ "last year" or "of this year" at token j, after a month: (index past it, years from publication)."""
    k = j + (t.at(j) in ("of", ","))
    k += t.at(k) == "the"
    if t.at(k + 1) != "year":
        return None
    w = words()
    if t.at(k) in w.last or t.at(k) in w.past or t.at(k) in w.previous:
        return k + 2, -1
    return (k + 2, 0) if t.at(k) == "this" else None


def _future(t: Tokens, i: int) -> bool:
    """Whether the clause before token i speaks of what is to come ("will meet on", "next")."""
    w = words()
    if w.future_left.before(t, i):
        return True
    for k in range(i, max(-1, i - LOOK_BACK), -1):
        if t.at(k - 1) in w.clause_ends or t.at(k - 1) in w.reporting:
            return False
        if w.future_cues.before(t, k):
            return True
    return False


def _weekday_at(t: Tokens, i: int) -> int | None:
    """The weekday named at token i; "Fridays" only for a lost apostrophe ("Fridays attack")."""
    w = words()
    word = t.at(i)
    if word in w.weekdays:
        return None if t.at(i - 1) in w.weekday_names else w.weekdays[word]
    if word in w.weekdays_short and _clock(t, i + 1):
        return w.weekdays_short[word]
    if word.endswith("s") and word[:-1] in w.weekdays and t.at(i - 1) not in ("on", "every", "of", "and"):
        return w.weekdays[word[:-1]] if t.at(i + 1).isalpha() else None
    return None


def _clock(t: Tokens, j: int) -> bool:
    """Whether a time of day stands at token j: "0838", "19:30"."""
    word = t.at(j)
    if word.isdecimal() and len(word) == 4:
        return int(word[:2]) < 24 and int(word[2:]) < 60
    colon = t.at(j + 1) in (":", ".") and t.glued(j + 1) and t.glued(j + 2)
    return word.isdecimal() and len(word) <= 2 and colon and len(t.at(j + 2)) == 2 and t.at(j + 2).isdecimal()


def _weekday(s: Scene, i: int) -> list[Hit]:
    w, t = words(), s.t
    weekday = _weekday_at(t, i)
    if weekday is None or _future(t, i):
        return []
    before = t.at(i - 1)
    first, last = i, i + 1
    day: dt.date | None = None
    if s.published:
        day = latest_weekday(weekday, s.published)
        if before in w.last or before in w.past:
            first, day = i - 1, latest_weekday(weekday, s.published - DAY)
            if before in w.last and _too_near(day, s.published):
                day -= 7 * DAY
        elif before in w.previous and s.told:
            first, day = i - 1, latest_weekday(weekday, s.told - DAY)
        elif before == "this" and day < unit_span(s.published, "week")[0]:
            return []
        k = last + (t.at(last) == "of")
        k += t.at(k) == "the"
        if t.at(k + 1) == "week" and (t.at(k) in w.last or t.at(k) in w.previous or t.at(k) in w.past):
            last, day = k + 2, unit_span(s.published - 7 * DAY, "week")[0] + weekday * DAY
        elif t.at(k) == "week" and k == last:
            return []
    if s.published and last == i + 1 and (numbered := _numbered(s, weekday, last)):
        last, day = numbered
    if t.at(last) in w.day_parts:
        last += 1
    if day and t.at(last) == "and" and t.at(i - 1) in ("on", "overnight") and (second := _weekday(s, last + 1)):
        days = second[0].days
        if days and days[0] == day + DAY:
            return [Hit(first, second[0].last, (day, days[1]), "days")]
    if day and before in ("to", "into") and t.at(i - 2) == "night" and t.at(i - 3) == "the":
        return [Hit(first, last, (day - DAY, day), "days")]
    return [Hit(first, last, (day, day) if day else None, "day")]


def _too_near(day: dt.date, published: dt.date) -> bool:
    """Would "last Monday" told on a Wednesday be called "on Monday"? Then the Monday of the week before is meant."""
    return (published - day).days <= 2 and unit_span(published, "week")[0] <= day and published.weekday() < 5


def _numbered(s: Scene, weekday: int, j: int) -> tuple[int, dt.date] | None:
    """ "Saturday 18" without its month: the last such day, if one fell on that weekday of late; the index past it."""
    t = s.t
    if s.published is None or not (found := day_number(t, j)) or t.at(found[1]) not in words().after_bare_day:
        return None
    day = latest_numbered(found[0], s.published)
    return (found[1], day) if day is not None and day.weekday() == weekday else None


def _bare_day(s: Scene, i: int) -> list[Hit]:
    """ "on the 9th", "since the 15th", "the 14th of last month": a day of this month or of the one before."""
    w, t = words(), s.t
    found = day_number(t, i + 1)
    if t.at(i) != "the" or not found or found[1] != i + 3:
        return []
    month = {"this": 0, "last": -1}.get(t.at(i + 4)) if t.at(i + 3) == "of" and t.at(i + 5) == "month" else None
    if month is None and not (
        t.at(i - 1) in w.before_bare_day and (t.at(i + 3) in w.after_bare_day or not t.at(i + 3))
    ):
        return []
    if s.published is None:
        return [Hit(i, i + 3, None, "day")]
    if month is not None:
        first = shift_months(s.published.replace(day=1), month)
        day = first.replace(day=found[0]) if found[0] <= month_span(first.year, first.month)[1].day else None
        last = i + 6
    else:
        day, last = latest_numbered(found[0], s.published), i + 3
    return [Hit(i, last, (day, day), "day")] if day is not None and day <= s.published else []


def _day_word(s: Scene, i: int) -> list[Hit]:
    """ "today", "yesterday morning", "last night", "overnight Friday", "overnight into Saturday"."""
    w, t = words(), s.t
    found = w.day_words.after(t, i)
    if not found:
        return []
    j, (first, last) = found
    if w.nights_before_weekday.after(t, i):
        k = j + (t.at(j) in w.on_weekday)
        into = w.into_weekday.after(t, j)
        if hits := _weekday(s, k):
            return [replace(hits[0], first=i)]
        if into and (hits := _weekday(s, into[0])):
            days = hits[0].days
            return [Hit(i, hits[0].last, (days[0] - DAY, days[0]) if days else None, "days")]
    if t.at(j) in w.day_parts:
        j += 1
    return [Hit(i, j, s.around(first, last), "day" if first == last else "days")]


def _anchored(s: Scene, i: int) -> list[Hit]:
    """ "the next day", "a day earlier", "that month": counted from the last day told."""
    w, t = words(), s.t
    if found := w.anchor_words.after(t, i):
        j, offset = found
        if t.low[j - 1] in w.needs_clause_end and (t.at(j).isalpha() or t.at(j).isdecimal()):
            return _counted_back(s, i, j, offset, "day")
        if _future(t, i):
            return []
        day = s.told + offset * DAY if s.told else None
        if t.low[j - 2 : j] == ["hours", "later"]:
            return [Hit(i, j, until((day, day + DAY), s.published) if day else None, "days")]
        return [Hit(i, j, (day, day) if day else None, "day")]
    found = w.told_unit.after(t, i)
    unit = w.units.get(t.at(found[0])) if found else None
    if not found or unit not in ("week", "month", "year") or (found[1] and not s.told_any):
        return []
    span = unit_span(_back(s.told_any, -found[1], unit), unit) if s.told_any else None
    return [Hit(i, found[0] + 1, until(span, s.published), _PRECISION[unit], void=after(span, s.published))]


def _counted_back(s: Scene, i: int, j: int, number: int, unit: Unit) -> list[Hit]:
    """ "on Friday, two days after a bomb killed ten": the bomb's day, where the day it is counted from stands in the
    same sentence or the words say that an act told before "came two days after" it; what "comes" so is today's news.
    """
    w, t = words(), s.t
    verb = t.at(i - 1 - (t.at(i - 1) in ("just", "only")))
    base = s.published if verb in w.comes else s.told if verb in w.came else s.here if unit == "day" else None
    days = number * (7 if unit == "week" else 1)
    if base is None or t.at(j - 1) != "after" or unit not in ("day", "week") or not 0 < days <= NEAR:
        return []
    day = base - days * DAY
    return [Hit(i, j, (day, day), "day", back=True)]


def _quantity(t: Tokens, i: int) -> tuple[int, int] | None:
    """How many units at token i: "24", "two", "a", "the few" is 3: (number, index past it)."""
    if found := words().few.after(t, i):
        return found[1], found[0]
    if t.at(i) in ("a", "an"):
        few = words().few.after(t, i + 1)
        if few:
            return few[1], few[0]
        number = number_at(t, i)
        return (number[0], number[1]) if number else (1, i + 1)
    return number_at(t, i)


def _back(day: dt.date, number: int, unit: Unit) -> dt.date:
    """A day some units before another. Raises OverflowError where the calendar ends."""
    if abs(number) > FARTHEST:
        raise OverflowError("too far")
    if unit == "hour":
        return day - -(-number // 24) * DAY
    if unit == "week":
        return day - 7 * number * DAY
    if unit in ("month", "year"):
        return shift_months(day, -number * (12 if unit == "year" else 1))
    return day - number * DAY


def _ago(s: Scene, i: int) -> list[Hit]:
    """ "three days ago", "two weeks ago" (that week), "24 hours earlier", "two days later" (from the last day told)."""
    w, t = words(), s.t
    quantity = _quantity(t, i)
    if not quantity or w.few.after(t, i + (t.at(i) in ("a", "an"))):
        return []
    number, j = quantity
    unit = w.units.get(t.at(j))
    if not unit or j > i + 6:
        return []
    word = t.at(j + 1)
    if word == "ago":
        base = s.published
    elif word in w.needs_clause_end and (t.at(j + 2).isalpha() or t.at(j + 2).isdecimal()):
        return _counted_back(s, i, j + 2, number, unit)
    elif word in w.shift_words:
        number = -number if w.shift_words[word] > 0 else number
        base = s.told
        if unit == "hour" and number % 24:  # "three hours later": that day
            return [Hit(i, j + 2, (base, base) if base else None, "day")] if abs(number) < 24 else []
    else:
        return []
    days: Days | None = None
    if base:
        day = _back(base, number, unit)
        days = (day, base) if unit == "hour" and number % 24 else unit_span(day, unit)
    days = until(days, s.published)
    precision = "day" if unit == "hour" and number % 24 == 0 else _PRECISION[unit]
    return [Hit(i, j + 2, days, precision)]


def _span(s: Scene, i: int) -> list[Hit]:
    """ "in the past 24 hours", "last week", "over the past three days", "last weekend", "the last 12 days of May"."""
    w, t = words(), s.t
    the = t.at(i) in ("the", "these")
    k = i + the
    word = t.at(k)
    if word not in w.last and word not in w.past and word not in w.previous:
        return []
    if t.at(k + 1) in w.weekend and word not in w.past:
        days = _weekend(s.published, before=True)
        return [Hit(i, k + 2, days, "days")]
    quantity = _quantity(t, k + 1)
    number, j = quantity or (1, k + 1)
    unit = w.units.get(t.at(j))
    if not unit:
        return []
    if t.at(j + 1) == "of" and is_month(t, j + 2):
        return _end_of_month(s, i, j, number, unit)
    precision = _PRECISION[unit] if unit in ("month", "year") else "days"
    if quantity or word in w.past or (the and word in w.last and unit in ("week", "month", "year")):
        days = (_back(s.published, number, unit), s.published) if s.published else None
        return [Hit(i, j + 1, days, precision)]
    if unit in ("hour", "day") or t.at(j).endswith("s"):
        return []
    base = s.told if word in w.previous and s.told else s.published
    days = unit_span(_back(base, 1, unit), unit) if base else None
    third = w.thirds.before(t, i) if unit in ("year", "week") else None
    if third and days:
        days = part_of_year(days, third[1]) if unit == "year" else _part_of_week(days[0], third[1])
    return [Hit(third[0] if third else i, j + 1, days, _PRECISION[unit])]


def _part_of_week(monday: dt.date, third: str) -> Days:
    """ "early last week" is Monday to Wednesday, "late last week" Thursday to Sunday, "mid" Tuesday to Thursday."""
    first, last = {"early": (0, 2), "mid": (1, 3), "late": (3, 6)}[third]
    return monday + first * DAY, monday + last * DAY


def _within(s: Scene, i: int) -> list[Hit]:
    """ "50 killed in 24 hours", "in two days": the days up to publication; "for the first time in ten days" is none."""
    w, t = words(), s.t
    k = i + 1
    while t.at(k) in w.period_modifiers and k < i + 4:
        k += 1
    quantity = number_at(t, k)
    unit = w.units.get(t.at(quantity[1])) if quantity else None
    if not quantity or unit not in ("hour", "day") or t.at(quantity[1] + 1) in w.no_period:
        return []
    if (
        t.at(i - 1) in w.no_period
        or _future(t, i)
        or (unit == "day" and quantity[0] == 1)
        or not 1 <= quantity[0] <= (96 if unit == "hour" else 31)
    ):
        return []
    days = (_back(s.published, quantity[0], unit), s.published) if s.published else None
    return [Hit(i, quantity[1] + 1, days, "days")]


def _end_of_month(s: Scene, i: int, j: int, number: int, unit: Unit) -> list[Hit]:
    """ "the last 12 days of September", "the last week of May"."""
    length = number * {"day": 1, "week": 7}.get(unit, 0)
    hits = _month_behind(s, j) if 1 <= length <= 28 else []
    days = hits[0].days if hits else None
    if days:
        last = month_span(days[0].year, days[0].month)[1]
        days = (last - (length - 1) * DAY, last)
    return [replace(h, first=i, days=until(days, s.published), precision="days") for h in hits]


def _part_of_month(s: Scene, i: int) -> list[Hit]:
    """ "the first week of May", "the first ten days of June": seven days to a week, from the first of the month."""
    nth = words().nths.get(s.t.at(i))
    number, j = (nth == 1 and number_at(s.t, i + 1)) or (1, i + 1)
    length = number * {"day": 1, "week": 7}.get(words().units.get(s.t.at(j), ""), 0)
    hits = _month_behind(s, j) if nth and number > 0 and nth * length <= 28 and (length > 1) else []
    days = hits[0].days if hits else None
    if days and nth:
        days = (days[0] + (nth - 1) * length * DAY, days[0] + (nth * length - 1) * DAY)
    void = after(days, s.published)
    return [replace(h, first=i, days=until(days, s.published), precision="days", void=void) for h in hits]


def _month_behind(s: Scene, j: int) -> list[Hit]:
    """The month told behind "of" at token j + 1, if one is that is not still to come."""
    if s.t.at(j + 1) != "of" or not is_month(s.t, j + 2):
        return []
    hits = [hit for c in read_calendar(s.t, j + 2)[:1] for hit in _from_calendar(s, c)]
    return [] if not hits or hits[0].void or hits[0].precision != "month" else hits[:1]


def _weekend(published: dt.date | None, *, before: bool) -> Days | None:
    """The last Saturday and Sunday that began before publication; with `before`, that ended before it."""
    if published is None:
        return None
    saturday = latest_weekday(5, published - DAY)
    if before and saturday + DAY >= published:
        saturday -= 7 * DAY
    return saturday, min(saturday + DAY, published)


def _this(s: Scene, i: int) -> list[Hit]:
    """ "this week", "earlier this month", "this April", "at the weekend"."""
    w, t = words(), s.t
    if t.at(i) in w.weekend:
        back = i - 1 - (t.at(i - 2) in w.weekend_skip)
        if t.at(i - 1) in w.weekend_skip or t.at(back) in w.weekend_skip:
            return []
        return [Hit(i, i + 1, _weekend(s.published, before=False), "days")]
    found = w.this.after(t, i)
    if not found:
        return []
    j = found[0]
    if t.at(i - 1) in w.later_this or _future(t, i):
        return []
    unit = w.units.get(t.at(j))
    if unit in ("week", "month", "year") and unit and not t.at(j).endswith("s"):
        days = (unit_span(s.published, unit)[0], s.published) if s.published else None
        if days and unit == "week" and t.low[i] == "earlier":
            days = (days[0], max(days[0], days[1] - DAY))
        return [Hit(i, j + 1, days, _PRECISION[unit])]
    if t.at(j) in w.weekend:
        return [Hit(i, j + 1, _weekend(s.published, before=False), "days")]
    if is_month(t, j):
        c = Calendar(i, j + 1, s.published.year if s.published else None, w.months[t.low[j]])
        resolved = resolve(c, s.published)
        return [Hit(i, j + 1, resolved[0], "month")] if resolved else []
    return []


# --- which of them begins at a token ---------------------------------------------------------------


def read_at(s: Scene, i: int) -> list[Hit]:
    """The expression that begins at token i; a list of days ("3 and 5 May") is several."""
    if not may_begin(s.t, i):
        return []
    if s.t.low[i] in ("in", "within"):
        return _within(s, i)
    if not s.t.low[i].isalpha():
        return _named(s, i) or read_period(s, i) or _calendar(s, i) or _ago(s, i)
    for read in (
        _named,
        read_period,
        _part_of_month,
        _calendar,
        _bare_day,
        _day_word,
        _weekday,
        _anchored,
        _span,
        _this,
        _ago,
    ):
        if hits := read(s, i):
            return hits
    return []


def may_begin(t: Tokens, i: int) -> bool:
    """A cheap look at token i and what follows it: most numbers and articles begin no expression of time."""
    word = t.low[i]
    if word.isdecimal() or word in numerals().starts:
        near = _near_numbers()
        return (len(word) == 4 and word.isdecimal()) or not near.isdisjoint(t.low[i + 1 : i + 7])
    following = triggers().get(word)
    return following is not None and (not following or t.at(i + 1) in following or t.at(i + 1).isdecimal())


def _calendar(s: Scene, i: int) -> list[Hit]:
    return [hit for c in read_calendar(s.t, i) for hit in _from_calendar(s, c)]


@cache
def _near_numbers() -> frozenset[str]:
    """What stands within six tokens of a number that is part of a date."""
    w = words()
    named = (
        word for table in (w.named_days, w.fixed_days) for first in table.firsts() for word in table.seconds(first)
    )
    return frozenset([*w.months, *w.units, *named, "-", "/", ".", *numerals().tens])


@cache
def triggers() -> dict[str, frozenset[str]]:
    """Every word an expression of time can begin with, and the words that must follow it (none: any)."""
    w, n = words(), numerals()
    tables = (w.few, w.day_words, w.this, w.thirds, w.anchor_words, w.told_unit, w.fixed_days, w.named_days)
    periods = (w.seasons, w.nths, w.decades, w.movable_days.firsts())
    plurals = (f"{name}s" for name in w.weekdays)
    sets = (w.months, w.weekdays, w.weekdays_short, plurals, w.last, w.past, w.previous, w.weekend)
    found = dict.fromkeys([word for table in tables for word in table.firsts()], frozenset[str]())
    found |= dict.fromkeys([word for rows in (*sets, *periods) for word in rows], frozenset[str]())
    number_words = [*n.starts, *w.few.firsts()]
    spans = [*w.last, *w.past, *w.previous, *w.weekend]
    found["the"] = frozenset()
    for word in ("the", "these", "that", "this"):
        seconds = [second for table in tables for second in table.seconds(word)]
        found[word] = frozenset([*seconds, *spans, *w.units, *w.months])
    found["in"] = found["within"] = frozenset([*number_words, *w.period_modifiers, *w.thirds.seconds("in")])
    for word in ("a", "an"):
        seconds = [second for table in tables for second in table.seconds(word)]
        found[word] = frozenset([*seconds, *number_words, *w.units])
    return found
