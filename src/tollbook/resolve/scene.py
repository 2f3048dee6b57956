"""What an expression of time is read against, and what comes of reading it."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from tollbook.model import DateBasis, DatePrecision
from tollbook.resolve.calendars import DAY, Days
from tollbook.resolve.numbers import Tokens


@dataclass(frozen=True, slots=True)
class Hit:
    """An expression of time: tokens first..last (exclusive) and the days it stands for, None where unresolved."""

    first: int
    last: int
    days: Days | None
    precision: DatePrecision
    basis: DateBasis = "relative"
    void: bool = False  # a day that does not exist or has not come: read over, not returned
    back: bool = False  # "on Friday, two days after a bomb ...": later days are not counted from it


@dataclass(frozen=True, slots=True)
class Scene:
    """What an expression is read against: the publication day, and the last day told before it."""

    t: Tokens
    published: dt.date | None
    told: dt.date | None
    told_any: dt.date | None = None  # ... or the last month or year
    here: dt.date | None = None  # the last day told in the same text, not the caller's anchor

    def around(self, offset_first: int, offset_last: int) -> Days | None:
        """Days counted from publication."""
        if self.published is None:
            return None
        return self.published + offset_first * DAY, self.published + offset_last * DAY


def until(days: Days | None, published: dt.date | None) -> Days | None:
    """Days cut at publication: nothing has happened after it."""
    if days is None or published is None or days[0] > published:
        return days
    return days[0], min(days[1], published)


def after(days: Days | None, published: dt.date | None) -> bool:
    """Do the days begin after publication?"""
    return days is not None and published is not None and days[0] > published
