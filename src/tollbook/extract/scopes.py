"""Which stories are news, recalled or a war's statistic, and of which day: GUIDELINES, "scope"; sums: `totals.py`."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from tollbook.extract.act import Act
from tollbook.extract.marks import Marks
from tollbook.extract.oneormany import brings_sum
from tollbook.extract.story import Story
from tollbook.extract.told_days import is_counted_on, is_said_on
from tollbook.model import DateRange, Report, Scope

NEWS_DAYS = 14  # GUIDELINES, "scope": news is what happened within the 14 days before publication
_SINCE = 9  # tokens from "since" to the day of what it counts from ("since the start of the war in May 2006")
_PRECISE = 7  # days: what is told more exactly than this is the day of an act, however old


def dated(story: Story) -> DateRange | None:
    """The date told nearest to the harm, in the first body telling that has one; a day within a month or year told so.

    Where somebody told of the act on a day, a month or year long before it in a later telling is of something else.
    """
    acts = sorted(story.acts, key=lambda a: (a.title, a.index))
    spoken = next((d.start for act in acts for d in act.said_on if d.start), None)
    for n, act in enumerate(acts):
        near = act.nearest_date
        if near is not None and counted_back(act, near):
            near = next((d for d in act.dates if d is not near), None)
        if near is not None and near.start is not None and not (n and _long_before(near, spoken)):
            return _day_within(near, acts[n + 1 :])
    rest = [d for act in acts[1:] for d in act.dates if not _long_before(d, spoken)]
    return next((d for d in [*acts[0].dates, *rest] if d.start is not None), None)


def _day_within(date: DateRange, acts: Sequence[Act]) -> DateRange:
    """The one day within a month or year told first that a later telling names ("the May killing", "on May 3")."""
    if date.precision not in ("month", "year") or date.start is None or date.end is None:
        return date
    days = [d for a in acts if (d := a.nearest_date) and d.start and d.start == d.end and not counted_back(a, d)]
    return next((d for d in days if d.start is not None and date.start <= d.start <= date.end), date)


def _long_before(date: DateRange, spoken: dt.date | None) -> bool:
    if spoken is None or date.start is None or date.end is None:
        return False
    return (spoken - date.end).days > NEWS_DAYS and (date.end - date.start).days > _PRECISE


def counted_back(act: Act, date: DateRange) -> bool:
    """Is it the day of what follows, not of the harm told before ("ten died on Friday, a day after a truce")?"""
    if date.span is None or not act.figures or date.span[0] < act.figures[0].cue[0]:
        return False
    tokens = act.marks.tokens
    return tokens.low[tokens.at(date.span[1] - 1)] == "after"


def told_day(mark: Marks, before: dt.date | None) -> dt.date | None:
    """The day that "the next day" in the sentences after this one counts from: the last day told, rather one on which
    something happened, of this sentence or told `before`, than one on which somebody spoke or counted a toll.
    """
    days = [d for d in mark.dates if d.span is not None and d.start is not None and d.start == d.end]
    acted = [d for d in days if d.span is not None and not is_said_on(mark, d.span) and not is_counted_on(mark, d)]
    if acted:
        return acted[-1].start
    return before or (days[-1].start if days else None)


def scope_of(story: Story, report: Report) -> Scope:
    """The scope that the story has by itself: a statistic, recalled from before the news, or news."""
    date = dated(story)
    lead = story.acts[0]
    if lead.statistic:
        return "statistic"
    if date is not None and date.end and report.published and (report.published - date.end).days > NEWS_DAYS:
        return "statistic" if counted_since(lead, date) else "background"
    return "incident"


def counted_since(act: Act, date: DateRange) -> bool:
    """Is the toll that of the time since the day told: "since the coup of May 2006 the army has killed 300"?"""
    if date.span is None:
        return False
    tokens = act.marks.tokens
    at = tokens.at(date.span[0])
    low = tokens.low[max(act.first, at - _SINCE) : at + 1]
    if "since" not in low or {"when", "after", ","} & set(low[low.index("since") :]):
        return False
    if brings_sum(tokens, act.first, act.last):
        return True
    cues = [tokens.at(f.cue[0]) for f in act.figures if f.harm == "killed" and f.counted and f.part_of is None]
    return any(w in ("have", "has") for cue in cues for w in tokens.low[max(0, cue - 3) : cue])


def whole_toll(story: Story) -> int | None:
    """The story's killed, its groups added up; None where no number is told."""
    figures = story.main("killed")
    if not figures:
        return None
    groups: dict[str, int] = {}
    for f in figures:
        groups.setdefault(f.who, f.min or 0)
    return sum(groups.values()) if "unknown" not in groups else max(groups.values())


def meet(a: Story, b: Story) -> bool:
    """Could both be of the same days?"""
    x, y = dated(a), dated(b)
    if x is None or y is None or not (x.start and x.end and y.start and y.end):
        return True
    return x.start <= y.end and y.start <= x.end
