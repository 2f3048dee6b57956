"""The day a report prints about itself: "BAGHDAD, 12 JAN 90", "Date of publication 7 October 2016".

Only a full date counts (day, month and year), near the start or behind a label; a copyright year never does.
"""

from __future__ import annotations

import datetime as dt

from tollbook.model import DateRange
from tollbook.resolve.calendars import Calendar, read_calendar, resolve, words
from tollbook.resolve.numbers import Tokens, tokens

START = 700  # code points: a headline, a standfirst and the line with agency and date
LABELLED = 4000  # a label says what the date is, wherever it stands; farther down stand other reports' dates
DAY_FIRST_MARKS = ("-", ".")  # d-m-y; "05/09/2013" with a slash is written both ways


def dateline_date(text: str) -> DateRange | None:
    """The publication day as printed in the text, basis "stated", or None.

    The earliest labelled date wins ("Published", "Last updated at", "Posted on"), then a date that opens a line or
    follows a place or an agency within the first 700 code points. A day told in a sentence ("on 12 March 2011") is
    none. "05-09-2013" is read day first; "05/09/2013", where both readings are days, gives None.
    """
    t = tokens(text, 0, min(len(text), LABELLED))
    candidates = [c for i in range(len(t.low)) if _may_begin(t, i) for c in read_calendar(t, i)[:1] if _full(c)]
    labelled = [c for c in candidates if _labelled(t, c) and not _copyright(t, c.first)]
    printed = [c for c in candidates if t.start[c.first] < START and _printed(t, c) and not _copyright(t, c.first)]
    for c in [*labelled[:1], *printed[:1]]:
        resolved = resolve(c, None) if len(c.choices) < 2 else None
        day = resolved[0][0] if resolved and resolved[0] else _day_first(t, c)
        if day:
            return DateRange(day, day, "day", "stated", (t.start[c.first], t.end[c.last - 1]))
    return None


def _may_begin(t: Tokens, i: int) -> bool:
    w = words()
    word = t.low[i]
    return word in w.months or word in w.weekdays or word in w.weekdays_short or word.isdecimal()


def _full(c: Calendar) -> bool:
    return bool(c.choices) or (c.year is not None and c.day is not None and c.last_day is None)


def _day_first(t: Tokens, c: Calendar) -> dt.date | None:
    """The day-first reading of "05-09-2013" and "05.09.2013"."""
    if len(c.choices) < 2:
        return None
    mark = t.at(c.last - 2)
    return dt.date(*c.choices[0]) if mark in DAY_FIRST_MARKS else None


def _labelled(t: Tokens, c: Calendar) -> bool:
    """Whether a label stands right before the date, a colon or a clock time between them at most."""
    k = c.first
    for _ in range(5):
        if words().dateline_labels.before(t, k):
            label = words().dateline_labels.before(t, k)
            return label is not None and t.raw(label[0])[:1].isupper()
        if not (t.at(k - 1).isdecimal() or t.at(k - 1) in (":", "|", ",", "-", "am", "pm", "gmt", "at", "/")):
            return False
        k -= 1
    return False


def _copyright(t: Tokens, i: int) -> bool:
    return any(t.at(k) in words().copyright for k in range(max(0, i - 8), i))


def _printed(t: Tokens, c: Calendar) -> bool:
    """Whether the date stands as a line of print, not in a sentence."""
    before = t.at(c.first - 1)
    if not before:
        return True
    gap = t.text[t.end[c.first - 1] : t.start[c.first]]
    if before in words().dateline_not_after and "\n" not in gap:
        return False
    after = t.raw(c.last)
    tail = t.text[t.end[c.last - 1] : t.start[c.last]] if c.last < len(t.low) else "\n"
    closes = "\n" in tail or not after or after[:1].isupper() or after.isdecimal() or after in "(-–—_|[:"
    opens = "\n" in gap or not before.isalpha() or t.raw(c.first - 1)[:1].isupper()
    return closes and opens
