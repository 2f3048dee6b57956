"""The day a report prints about itself: "BAGHDAD, 12 JAN 90", "Date of publication 7 October 2016".

Only a full date counts (day, month and year), near the start or behind a label; a copyright year never does.
"""

from __future__ import annotations

import datetime as dt
from bisect import bisect_left
from functools import cache

from tollbook.model import DateRange
from tollbook.resolve.calendars import Calendar, read_calendar, resolve, words
from tollbook.resolve.numbers import Phrases, Tokens, tokens

START = 700  # code points: a headline, a standfirst and the line with agency and date
LABELLED = 4000  # a label says what the date is, wherever it stands; farther down stand other reports' dates
_CLOSERS = ("(", ")", "-", "–", "—", "_", "|", "[", ":", '"', "“")
DAY_FIRST_MARKS = ("-", ".")  # d-m-y; "05/09/2013" with a slash is written both ways


def dateline_date(text: str) -> DateRange | None:
    """The publication day as printed in the text, basis "stated", or None.

    Within the first 700 code points: a date behind a label ("Published", "Posted on"), else one that opens a line or
    follows a place or an agency. Else a label that opens a line, else "Last updated". A day told in a sentence ("on
    12 March 2011") is none. "05-09-2013" is read day first; "05/09/2013", where both readings are days, gives None.
    """
    w = words()
    t = tokens(text)
    near = _candidates(t, 0, START)
    choices = [c for c in near if _labelled(t, c, w.dateline_labels)] + [c for c in near if _printed(t, c)]
    day = _first_day(t, choices)
    if day is None:
        found = [*near, *_candidates(t, START, LABELLED)]
        choices = [c for c in found if _labelled(t, c, w.dateline_labels, own_line=True)]
        day = _first_day(t, choices + [c for c in found if _labelled(t, c, w.update_labels)])
    return day


def _candidates(t: Tokens, low: int, high: int) -> list[Calendar]:
    """The full dates that begin in code points low..high."""
    found = []
    opening = _opening()
    first, last = bisect_left(t.start, low), bisect_left(t.start, high)
    for i in [i for i, word in enumerate(t.low[first:last], first) if word in opening or word.isdecimal()]:
        found += [c for c in read_calendar(t, i)[:1] if _full(c) and not _copyright(t, c.first)]
    return found


def _first_day(t: Tokens, choices: list[Calendar]) -> DateRange | None:
    for c in choices:
        resolved = resolve(c, None) if len(c.choices) < 2 else None
        day = resolved[0][0] if resolved and resolved[0] else _day_first(t, c)
        if day:
            return DateRange(day, day, "day", "stated", (t.start[c.first], t.end[c.last - 1]))
    return None


@cache
def _opening() -> frozenset[str]:
    """The words a date begins with, where it does not begin with a number."""
    w = words()
    return frozenset([*w.months, *w.weekdays, *w.weekdays_short])


def _full(c: Calendar) -> bool:
    return bool(c.choices) or (c.year is not None and c.day is not None and c.last_day is None)


def _day_first(t: Tokens, c: Calendar) -> dt.date | None:
    """The day-first reading of "05-09-2013" and "05.09.2013"."""
    if len(c.choices) < 2:
        return None
    mark = t.at(c.last - 2)
    return dt.date(*c.choices[0]) if mark in DAY_FIRST_MARKS else None


def _labelled(t: Tokens, c: Calendar, labels: Phrases, *, own_line: bool = False) -> bool:
    """Whether a label stands right before the date, a colon or a clock time between them at most."""
    k = c.first
    for _ in range(5):
        if label := labels.before(t, k):
            first = label[0]
            opens = first == 0 or "\n" in t.text[t.end[first - 1] : t.start[first]]
            return t.raw(first)[:1].isupper() and (opens or not own_line)
        if not (t.at(k - 1).isdecimal() or t.at(k - 1) in (":", "|", ",", "-", "am", "pm", "gmt", "at", "/")):
            return False
        k -= 1
    return False


def _copyright(t: Tokens, i: int) -> bool:
    return any(t.at(k) in words().copyright for k in range(max(0, i - 8), i))


def _printed(t: Tokens, c: Calendar) -> bool:
    """Whether the date stands as a line of print ("KABUL, May 5, 2016 (AFP)"), not in a sentence."""
    before = t.raw(c.first - 1)
    if not before:
        return True
    new_line = "\n" in t.text[t.end[c.first - 1] : t.start[c.first]]
    if before.lower() in words().dateline_not_after and not new_line:
        return False
    after = t.raw(c.last)
    line_ends = not after or "\n" in t.text[t.end[c.last - 1] : t.start[c.last]]
    capital = after[:1].isupper() or after.isdecimal() or after in _CLOSERS or after.lower() in ("title", "at")
    agency_left = (before.isupper() and len(before) > 1) or (before[:1].isupper() and c.weekday is not None)
    agency_right = any(t.raw(k).isupper() and len(t.raw(k)) > 2 for k in (c.last, c.last + 1))
    opens = new_line or not before.isalpha() or before[:1].isupper()
    return (opens and (line_ends or capital or agency_left)) or agency_right
