"""What a day named in a sentence is the day of: the act, somebody's statement, a new count of its dead, or none.

RULINGS: an act reported on a weekday is of the day before to that day, so the day of a statement is not the day of
the act. Nor is the day on which a toll rose or a wounded man died, and "the worst attack since 2008" names no period.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import replace

from tollbook.extract.marks import Marks
from tollbook.extract.tokens import Tokens
from tollbook.extract.words import phrases, words
from tollbook.model import DateRange
from tollbook.resolve.calendars import unit_span

_HEARERS = 9  # tokens between "told" and the day: a name, an outlet, a town
_COUNTED = 9  # tokens between "rose to" and the day: a figure, a group, a speaker
_TOLL = 5  # tokens from the day to "the death toll" that was counted on it
_FILED = 6  # tokens: names of a town and its country before the day of a dateline
_AGENCY = 6  # tokens of an agency in brackets
_MEASURED = 9  # tokens between "the deadliest" and "since": what is the deadliest, and where


def act_days(tokens: Tokens, dates: Iterable[DateRange]) -> tuple[DateRange, ...]:
    """The dates without those that only measure ("the worst attack since 2008", but not "since 2008, when") and
    without that of the place a report was filed from ("COLOMBO, AUG 14 - ").
    """
    return tuple(d for d in dates if d.span is None or not (_measures(tokens, d.span) or _filed(tokens, d.span)))


def _filed(tokens: Tokens, span: tuple[int, int]) -> bool:
    """Does the sentence open with a name, a comma, this day and, after an agency at most, a dash?"""
    first, last, low = tokens.at(span[0]), tokens.at(span[1] - 1) + 1, tokens.low
    if not 1 < first <= _FILED or low[first - 1] != "," or low[0] in words("at_address") | words("count_ends"):
        return False
    closed = low[last : last + _AGENCY]
    behind = last + closed.index(")") + 1 if closed[:1] == ("(",) and ")" in closed else last
    return low[behind : behind + 1] in (("-",), ("–",), ("—",))


def _measures(tokens: Tokens, span: tuple[int, int]) -> bool:
    i, low = tokens.at(span[0]), tokens.low
    since = next((k for k in (i, i - 1, i - 2) if k > 0 and low[k] == "since"), None)
    behind = low[tokens.at(span[1] - 1) + 1 :][:2]
    if since is None or "when" in behind or ("in" in behind[1:] and behind[0] == ","):
        return False
    before = low[max(0, since - _MEASURED) : since]
    return any(w in words("superlatives") for w in before) and not {";", ":"} & set(before)


def is_counted_on(marks: Marks, date: DateRange) -> bool:
    """Is this the day a toll was counted or grew, not that of the act ("rose to 40 on Tuesday", "as of Monday")?"""
    if date.span is None or date.start is None or date.start != date.end:
        return False
    low, i = marks.tokens.low, marks.tokens.at(date.span[0])
    if i and low[i - 1] == "by":
        return True
    first = max(0, i - _COUNTED)
    cut = max((k + 1 for k in range(first, i) if low[k] in words("count_ends")), default=first)
    told = f" {' '.join(low[cut:i])} "
    return any(f" {phrase} " in told for phrase in phrases("counted_on")) or _counts_next(marks, date)


def _counts_next(marks: Marks, date: DateRange) -> bool:
    """ "On Sunday the death toll from the raid rose to 115", "a monitor on Sunday raised the toll of Friday's raid"."""
    tokens = marks.tokens
    behind = tokens.at(date.span[1] - 1) + 1 if date.span else len(tokens)
    low = tokens.low[behind : behind + _COUNTED + 3]
    end = next((k for k, word in enumerate(low) if word in words("count_ends")), len(low))
    told = f" {' '.join(low[: min(end, _TOLL)])} "
    if not any(f" {phrase} " in told for phrase in phrases("tolls_counted")):
        return False
    counts = words("raises_toll")
    return bool(counts & set(low[:end]))


def day_of(marks: Marks, date: DateRange) -> DateRange:
    """ "Since Monday, when ten were killed": the ten were killed on Monday; "since 2003, when ...": in that year."""
    if date.start is None or not since_when(marks, date):
        return date
    if date.precision in ("month", "year"):
        return replace(date, end=unit_span(date.start, date.precision)[1])
    return replace(date, end=date.start, precision="day")


def since_when(marks: Marks, date: DateRange) -> bool:
    """ "since D, when" an act is told, not when something began that goes on."""
    if date.span is None:
        return False
    low, i = marks.tokens.low, marks.tokens.at(date.span[1] - 1) + 1
    since = low[max(0, marks.tokens.at(date.span[0]) - 1) : i]
    if "since" not in since or "when" not in low[i : i + 2] or words("begins") & set(low[i : i + 8]):
        return False
    return not _goes_on(low[i:])


def _goes_on(low: Sequence[str]) -> bool:
    """Is what the sentence counts told behind what began ("since 1985, when they came, 200 have been killed")?"""
    return any(a in ("have", "has") and b in ("been", "died", "killed", "lost") for a, b in itertools.pairwise(low))


def is_said_on(marks: Marks, span: tuple[int, int]) -> bool:
    """Is this the day somebody spoke ("the ministry said on Monday that ..."), not the day of the act?"""
    tokens = marks.tokens
    i = tokens.at(span[0])
    k = i - 1
    while k >= 0 and tokens.low[k] in (
        "on",
        "late",
        "early",
        "earlier",
        "in",
        "a",
        "the",
        "new",
        "toll",
        "statement",
        ",",
    ):
        k -= 1
    behind = tokens.at(span[1] - 1) + 1
    if behind + 1 < len(tokens) and tokens.low[behind] in words("said_after_day"):
        return True  # "the ministry on Friday accused the rebels of ..."
    if _of_court(tokens, i):
        return True
    if k < 0 or not (tokens.low[k] in words("said") or _told_someone(marks, k)):
        return False
    if k == i - 1 and tokens.low[behind : behind + 1] and tokens.low[behind] in words("be"):
        return False  # "the ministry said 2014 was the worst year"
    after = " ".join(tokens.low[tokens.at(span[1] - 1) + 1 : tokens.at(span[1] - 1) + 6])
    return not any(w in after for w in ("at dawn", "morning"))


def _of_court(tokens: Tokens, i: int) -> bool:
    """ "Was charged Tuesday with the murder": the day at token `i` is that of the charge or the sentence."""
    at = i - 1 - (tokens.low[max(0, i - 1) : i] == ("on",))
    return at >= 0 and tokens.low[at] in words("court_verbs")


def _told_someone(marks: Marks, k: int) -> bool:
    """Does "told the agency", "said in a radio interview", "said at a briefing in X" end at token k?"""
    low = marks.tokens.low
    for i in range(k - 1, max(-1, k - _HEARERS), -1):
        if low[i] in words("not_hearers"):
            return False
        if low[i] in ("told", "telling"):
            return True
        if low[i] in words("says_to"):
            return low[i + 1] in ("in", "at", "to", "by", "via", "through", "during")
    return False
