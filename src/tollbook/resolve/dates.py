"""Dates in reports: "on Friday", "overnight", "in the past 24 hours", "two days later", "19 July", "since March 2011".

Every expression resolves against the publication day to a first and a last day, by the conventions of the annotation
guidelines: a weekday is the nearest such day on or before publication, "last week" is Monday to Sunday, "overnight"
the two days it touches. What cannot be resolved comes back without days; what lies in the future, and what names no
time ("recently"), does not come back at all. The words are rows of `data/lexicon/en/dates.yml`; `date_phrases.py`
reads one expression, `calendars.py` explicit dates, `dateline.py` the day a report prints about itself.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

from tollbook.model import DatePrecision, DateRange
from tollbook.resolve.calendars import DAY, words
from tollbook.resolve.date_phrases import may_begin, read_at, triggers
from tollbook.resolve.dateline import dateline_date
from tollbook.resolve.numbers import Tokens, numerals, tokens
from tollbook.resolve.scene import Hit, Scene, until

__all__ = ["dateline_date", "find_dates"]

SINCE_BACK = 24  # tokens: how far left of a date "since the war began" may stand


def _with_range(s: Scene, i: int, hits: list[Hit]) -> list[Hit]:
    """The hit joined with the day that closes its range ("from Monday to Wednesday"), or opened by "since"."""
    w, t = words(), s.t
    a = hits[-1]
    precision: DatePrecision
    opener = t.at(i - 1)
    link = w.range_links.after(t, a.last)
    end = link[0] if link else a.last + 1
    if end < len(t.low) and (link or (opener == "between" and t.at(a.last) == "and")):
        b = read_at(s, end)
        if b and b[0].days and a.precision == b[0].precision and _joins(s, i, a, b[0]):
            again = read_at(replace(s, published=b[0].days[1]), i)
            days = again[-1].days if again else None
            if days and days[0] < b[0].days[0]:
                precision = "days" if a.precision == "day" else a.precision
                return [*hits[:-1], replace(a, last=b[0].last, days=(days[0], b[0].days[1]), precision=precision)]
    if len(hits) == 2 and (both := _two_in_a_row(t, *hits)):
        return [both]
    if a.days and a.precision == "day" and (dawn := _until_morning(t, a)):
        return [
            *hits[:-1],
            replace(a, last=dawn, days=until((a.days[0], a.days[0] + DAY), s.published), precision="days"),
        ]
    if a.days and s.published and len(hits) == 1 and a.days[0] <= s.published and _opened_by_since(t, hits[0].first):
        precision = "days" if a.precision == "day" else a.precision
        return [replace(a, days=(a.days[0], s.published), precision=precision)]
    return hits


def _joins(s: Scene, i: int, a: Hit, b: Hit) -> bool:
    """Is the second day, where "and" joins it, the one after the first ("on Monday and again on Tuesday")? Its early
    hours are joined to a night ("late on Monday and early on Tuesday"), not to what was done in the day.
    """
    t = s.t
    if t.at(a.last) != "and" or t.at(i - 1) == "between":
        return True
    if not (a.days and b.days and b.days[0] - a.days[1] == DAY):
        return False
    return (
        t.at(a.last + 1) != "early" or "late" in (t.at(i - 1), t.at(i - 2)) or t.at(a.last - 1) in words().night_parts
    )


def _two_in_a_row(t: Tokens, a: Hit, b: Hit) -> Hit | None:
    """ "On 3 and 4 May" is a span, as "on Monday and Tuesday" is; days farther apart, or more of them, are a list."""
    if t.low[a.last : b.first] != ["and"] or not (a.days and b.days) or {a.precision, b.precision} != {"day"}:
        return None
    if b.days[0] - a.days[1] != DAY:
        return None
    return replace(b, first=a.first, days=(a.days[0], b.days[1]), precision="days")


def _until_morning(t: Tokens, a: Hit) -> int | None:
    """The index past "until dawn" behind a night."""
    found = words().until_morning.after(t, a.last)
    return found[0] if found and t.at(a.last - 1) in words().night_parts else None


def _opened_by_since(t: Tokens, i: int) -> bool:
    """ "since March 2011", "since the conflict began in March 2011", "the war, which began in 2011"."""
    w = words()
    period = t.at(i) in w.weekend or t.at(i) in w.seasons or t.at(i) in w.decades or t.at(i + 1) == "s"
    third = i - (t.at(i - 1) in w.thirds_words)
    if w.since.before(t, third - (t.at(third - 1) == "the" and period)):
        return True
    if t.at(i - 1) not in ("in", "on", "of"):
        return False
    if t.at(i - 2) in w.since_verbs and t.at(i - 3) in ("that", "which", "first"):
        return True
    verb = False
    for k in range(i - 1, max(-1, i - SINCE_BACK), -1):
        if t.low[k] in w.clause_ends:
            return False
        verb = verb or t.low[k] in w.since_verbs
        if w.since.before(t, k + 1):
            return verb
    return False


def find_dates(
    text: str,
    published: dt.date | None,
    *,
    start: int = 0,
    end: int | None = None,
    anchor: dt.date | None = None,
) -> list[DateRange]:
    """Every expression of time in text[start:end], in order, with its span in `text`.

    `published` is the outlet's printed day; without it whatever depends on it comes back with start and end None.
    `anchor` is the day that "the next day" and "two days earlier" count from until the text itself names a day.
    `basis` is "stated" for calendar dates, "relative" for the rest. Never raises on text; a day that does not exist
    (31 February) and one that lies in the future give nothing.
    """
    t = tokens(text, start, end)
    first_words, numbers = triggers(), numerals().starts
    told = told_any = anchor
    here: dt.date | None = None
    dates: list[DateRange] = []
    after = 0
    for i in [k for k, word in enumerate(t.low) if word in first_words or word in numbers or word.isdecimal()]:
        if i < after or not may_begin(t, i):
            continue
        s = Scene(t, published, told, told_any, here)
        try:
            hits = read_at(s, i)
            hits = _with_range(s, i, hits) if hits else hits
        except OverflowError:
            hits = []
        for hit in hits:
            after = hit.last
            if hit.void:
                continue
            first, last = hit.days or (None, None)
            dates.append(DateRange(first, last, hit.precision, hit.basis, (t.start[hit.first], t.end[hit.last - 1])))
            if hit.days and not hit.back:
                told_any = hit.days[0]
                if hit.days[0] == hit.days[1]:
                    told = here = hit.days[0]
    return dates
