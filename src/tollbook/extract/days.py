"""The days of an act: those told with it, else those of the act told before it, else what fresh news leaves open."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import replace

from tollbook.extract.marks import Marks
from tollbook.extract.scopes import NEWS_DAYS, counted_since, dated, whole_toll
from tollbook.extract.story import Story
from tollbook.extract.told_days import is_counted_on, is_said_on
from tollbook.extract.words import words
from tollbook.model import DateDetail, DateRange, Incident, Report, Scope
from tollbook.resolve.numbers import number_at, tokens

Told = tuple[tuple[dt.date | None, dt.date | None], DateDetail]

ONE_DAY = dt.timedelta(days=1)
_UNITS = {"hour": 1, "hours": 1, "day": 24, "days": 24, "week": 168, "weeks": 168, "month": 720, "months": 720}  # hours
_DAY_HOURS = 24
_LONGEST = 31  # days: as long as fighting told as one goes on
_CAMPAIGN = 100  # days: longer ago, what began is told of as history
_BEGUN = 10  # tokens between "launched" and the day
_SAME_DAY = 3  # sentences over which "Meanwhile four were killed in ..." goes on the day told before


def days_of(k: int, stories: Sequence[Story], scopes: Sequence[Scope], report: Report, marks: Sequence[Marks]) -> Told:
    """First and last day of story `k`, and what they rest on: the words that tell them, or `fresh-news`.

    What a report recalls without a day stays without one; news without a day is of the day before its telling.
    """
    days, detail = _told_days(k, stories, scopes, report, marks)
    back = lasted(stories[k], report)
    told = detail.basis != "fresh-news"
    if not back or days[0] is None or days[1] is None or (days[1] - days[0]).days > (0 if told else 1):
        return days, detail
    return (min(days[0], days[1] - back * ONE_DAY), days[1]), replace(detail, precision="days")


def lasted(story: Story, report: Report) -> int:
    """Over how many days back the act went on ("ending a two-day siege", "after 30 hours of street fighting"), or 0."""
    for act in story.acts:
        t = tokens(report.text, *act.marks.sentence.span)
        first, last = act.marks.tokens.starts[act.first], act.marks.tokens.ends[act.last - 1]
        for i in [i for i, word in enumerate(t.low) if word in _UNITS and first <= t.start[i] < last]:
            joined = t.at(i - 1) == "-"
            number = next((n for k in (1, 2) if (n := number_at(t, i - joined - k)) and n[1] == i - joined), None)
            weeks = _UNITS[t.low[i]] > _DAY_HOURS
            if number is None and weeks and t.at(i - 1) == "a":
                number = (1, i)  # "a week of fighting"
            if number is None or not (joined or t.at(i + 1) == "of") or (weeks and not act.toll):
                continue  # a town taken after weeks of fighting was taken on a day
            days = number[0] * _UNITS[t.low[i]] // _DAY_HOURS
            if 0 < days <= _LONGEST and words("goes_on") & set(t.low[i + 1 : i + 5]):
                return days
    return 0


def _told_days(
    k: int, stories: Sequence[Story], scopes: Sequence[Scope], report: Report, marks: Sequence[Marks]
) -> Told:
    story, scope, published = stories[k], scopes[k], report.published
    date = dated(story)
    if date is not None:
        runs_on = scope == "statistic" and published is not None and counted_since(story.acts[0], date)
        if published is not None and _begun_on(story, date, published):
            return (date.start, published), DateDetail(date.span, "days", date.basis)
        return (date.start, published if runs_on else date.end), DateDetail(date.span, date.precision, date.basis)
    if published is None:
        return (None, None), DateDetail(None, None, "none")
    if scope == "statistic":
        since = _long_period([d for m in marks for d in m.dates], published)
        if since is not None:
            return (since.start, since.end), DateDetail(since.span, since.precision, since.basis)
    if scope in ("statistic", "background"):
        return (None, None), DateDetail(None, None, "none")
    said = next((d for a in story.acts for d in a.said_on if d.start and d.start == d.end), None)
    if said is not None and said.end is not None and said.start is not None:
        return (said.start - ONE_DAY, said.end), DateDetail(said.span, "days", "fresh-news")
    before = _date_before(k, stories, scopes, report, marks)
    if before is not None:
        return (before.start, before.end), DateDetail(before.span, before.precision, before.basis)
    start = published - ONE_DAY
    return (start, published), DateDetail(None, "days", "fresh-news")


def _begun_on(story: Story, date: DateRange, published: dt.date) -> bool:
    """Did something begin that day that goes on ("launched an offensive on Friday", "fighting that began on Friday")?

    What it cost is told of that day, unless it has cost that since ("has left 50 dead").
    """
    act = next((a for a in story.acts if date in a.dates), None)
    if act is None or date.span is None or date.start is None or date.start != date.end:
        return False
    if not 0 < (published - date.start).days <= _CAMPAIGN:
        return False
    low, i = act.marks.tokens.low, act.marks.tokens.at(date.span[0])
    begin = next((k for k in range(i - 1, max(-1, i - _BEGUN), -1) if low[k] in words("begins_act")), None)
    if begin is None or words("count_ends") & set(low[begin:i]):
        return False
    what = words("goes_on_from") if low[begin] in words("launched") else words("goes_on_from") | words("once_begun")
    if what.isdisjoint(low[max(0, begin - _BEGUN) : i]):
        return False
    perfect = any(w in ("have", "has") for w in low[act.first : act.last])
    return perfect or not any(f.counted for f in act.figures)


def _date_before(
    k: int, stories: Sequence[Story], scopes: Sequence[Scope], report: Report, marks: Sequence[Marks]
) -> DateRange | None:
    """The day of an act told without one: that of the news act told last before it ("Meanwhile four were killed in
    ..."), else the last day of the news told before it.
    """
    body = [a.index for a in stories[k].acts if not a.title]
    here = min(body or [a.index for a in stories[k].acts])
    best: tuple[int, DateRange] | None = None
    for j, story in enumerate(stories):
        if j == k or scopes[j] not in ("incident", "total"):
            continue
        for act in story.acts:
            date = next((d for d in act.dates if d.start), None)
            if (
                date is not None
                and 0 <= here - act.index <= _SAME_DAY
                and not act.title
                and (best is None or act.index >= best[0])
            ):
                best = (act.index, date)
    if best is not None:
        return best[1] if best[1].start == best[1].end else None
    for index in range(here - 1, max(-1, here - 1 - _SAME_DAY), -1):
        day = _news_day(marks[index], report)
        if day is not None:
            return day
    return None


def _news_day(mark: Marks, report: Report) -> DateRange | None:
    """The one day of the news, not of a statement, that a sentence of the body names."""
    if mark.sentence.kind == "title" or report.published is None:
        return None
    days = {
        d.start: d
        for d in mark.dates
        if d.span
        and d.start is not None
        and d.start == d.end
        and not is_said_on(mark, d.span)
        and not is_counted_on(mark, d)
        and 0 <= (report.published - d.start).days <= NEWS_DAYS
    }
    return next(iter(days.values())) if len(days) == 1 else None


def _long_period(dates: Sequence[DateRange], published: dt.date) -> DateRange | None:
    """The longest stated stretch that runs up to publication ("since March 2011"), wherever the report tells it."""
    running = [d for d in dates if d.start and d.end and (d.end - d.start).days > 60 and (published - d.end).days <= 31]
    return min(running, key=lambda d: d.start, default=None)  # type: ignore[arg-type, return-value]


def with_days_of_sums(incidents: Sequence[Incident], stories: Sequence[Story], report: Report) -> list[Incident]:
    """The incidents, sums and their parts with each other's days, where one of them is told without.

    A sum told without a day is of its parts' first to last day. What the body adds up to the last one is counted over
    one time: a part told without a day is of the one day of the parts that are told with one ("In all 23 died in
    attacks ... A bomb killed 13 on Friday. Another killed ten in Kirkuk"). Headlines count together what took days.
    """
    days = list(incidents)
    at = {i.id: k for k, i in enumerate(incidents)}
    for k, whole in enumerate(incidents):
        parts = [at[part] for part in whole.parts]
        if not parts or dated(stories[k]) is not None:
            continue
        told = [n for n in parts if dated(stories[n]) is not None]
        if _adds_up(stories[k], [stories[n] for n in parts]) and len({(days[n].start, days[n].end) for n in told}) == 1:
            for n in set(parts) - set(told):
                if not lasted(stories[n], report):
                    days[n] = _on_days(days[n], days[told[0]].start, days[told[0]].end, days[told[0]].date)
        first, last = [days[n].start for n in parts], [days[n].end for n in parts]
        if None not in first and None not in last:
            start, end = min(d for d in first if d), max(d for d in last if d)
            same = next((days[n].date for n in parts if (days[n].start, days[n].end) == (start, end)), None)
            days[k] = _on_days(days[k], start, end, same or DateDetail(None, "days", days[parts[0]].date.basis))
    return days


def _adds_up(whole: Story, parts: Sequence[Story]) -> bool:
    """Do words of the body sum up, and do the parts' dead add up to theirs?"""
    tolls = [whole_toll(s) for s in (whole, *parts)]
    in_words = any("sums" in a.flags and not a.title for a in whole.acts)
    return in_words and None not in tolls and tolls[0] == sum(n for n in tolls[1:] if n)


def _on_days(incident: Incident, start: dt.date | None, end: dt.date | None, detail: DateDetail) -> Incident:
    return replace(incident, start=start, end=end, date=replace(detail, date_of=incident.date.date_of))
