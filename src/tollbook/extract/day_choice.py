"""Which of the days that a report names an act is of that is told without one: a weighed choice among all of them.

The rules (`days.py`) take the day of the act told before, the day before somebody spoke, or the day before publication.
Here every day of the report stands against that answer, each with named traits (how many sentences off, how long ago,
in the headline, spoken on, another act's) and each trait with a weight of `data/day_choice.yml`; so do "no day" and
"the day before publication". The likeliest is taken: a conditional logit, as for places (`choice.py`), fitted by
`training/fit_days.py`. A day told with the act is never weighed: choices over those lost on sources left out.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from tollbook.extract.advice import Advice
from tollbook.extract.choice import Option, likeliest, weights
from tollbook.extract.days import ONE_DAY, Told, lasted
from tollbook.extract.marks import Marks
from tollbook.extract.place_traits import Traits
from tollbook.extract.scopes import NEWS_DAYS, dated
from tollbook.extract.story import Story, fold
from tollbook.extract.told_days import is_counted_on, is_said_on
from tollbook.model import DateDetail, DateRange, Incident, Report

_NEAR = 12  # sentences; a day named farther from the act counts once, at its first mention
_LEAD = 2  # sentences, the headline among them
_LENGTHS = ((0, "one day"), (1, "two days"), (7, "a week"), (31, "a month"))

Days = tuple[dt.date | None, dt.date | None]


@dataclass(frozen=True, slots=True)
class Mention:
    """A day named in sentence `index` at `token`, with the traits that hold whatever act it is weighed for."""

    index: int
    token: int
    date: DateRange
    days: Days
    spoken: bool
    traits: Traits


def choose_days(
    report: Report,
    marks: Sequence[Marks],
    stories: Sequence[Story],
    incidents: Sequence[Incident],
    advice: Advice | None = None,
) -> list[Incident]:
    """The incidents, those told without a day with the likeliest of the report's days.

    `incidents[k]` is what the rules made of `stories[k]`. What turns out older than news is background.
    """
    if report.published is None:
        return list(incidents)
    named = mentions(marks, report.published)
    weight = weights("day_choice") if advice is None else advice.day_weights()
    out = []
    for k, incident in enumerate(incidents):
        if open_day(k, report, stories, incidents):
            pairs = options(k, report.published, marks, stories, incidents, named, advice)
            best = likeliest([option for option, _ in pairs], weight)
            incident = _dated(incident, next(told for option, told in pairs if option is best), report.published)
        out.append(incident)
    return out


def open_day(k: int, report: Report, stories: Sequence[Story], incidents: Sequence[Incident]) -> bool:
    """Is the act one told without a day of its own, and no sum over acts?"""
    told = incidents[k].scope in ("total", "statistic") or dated(stories[k]) is not None
    return not told and not lasted(stories[k], report)


def _dated(incident: Incident, told: Told, published: dt.date) -> Incident:
    (start, end), detail = told
    if (start, end) == (incident.start, incident.end):
        return incident
    old = end is not None and (published - end).days > NEWS_DAYS
    scope = "background" if old and incident.scope == "incident" else incident.scope
    kept = incident.date.date_of if incident.date else detail.date_of
    return replace(incident, start=start, end=end, scope=scope, date=replace(detail, date_of=kept))


# --- what is named, and what holds of it whatever the act ----------------------------------------


def mentions(marks: Sequence[Marks], published: dt.date) -> list[Mention]:
    """Every day and stretch of days named, in order, with its traits."""
    out = []
    for index, mark in enumerate(marks):
        for date in mark.dates:
            if date.span is None or date.start is None or date.end is None:
                continue
            traits = {f"length: {_length((date.end - date.start).days)}": 1.0}
            if (published - date.end).days > NEWS_DAYS:
                traits["old"] = 1.0
            elif index <= _LEAD and mark.sentence.kind != "title":
                traits["lead"] = 1.0
            spoken = is_said_on(mark, date.span) or is_counted_on(mark, date)
            out.append(Mention(index, mark.tokens.at(date.span[0]), date, (date.start, date.end), spoken, traits))
    return out


def _length(days: int) -> str:
    return next((name for most, name in _LENGTHS if days <= most), "longer")


# --- what holds of it beside one act -------------------------------------------------------------


def _standing(story: Story, told: Mention, marks: Sequence[Marks]) -> str:
    """Where the mention stands beside the act: in its sentence, in the title, so many sentences off."""
    body = [a.index for a in story.acts if not a.title] or [a.index for a in story.acts]
    if told.index in body:
        return "sentence"
    if marks[told.index].sentence.kind == "title":
        return "title"
    near = min(body, key=lambda i: abs(i - told.index))
    gap = abs(told.index - near)
    far = str(gap) if gap < 3 else "3" if gap < 5 else "far"
    same = marks[told.index].sentence.paragraph == marks[near].sentence.paragraph
    return f"{'after' if told.index > near else 'ahead'} {far}{', same paragraph' if same else ''}"


def _by_rule(incident: Incident) -> str:
    """Where the rules have the days from."""
    detail = incident.date
    if detail is None or detail.basis == "none":
        return "none"
    if detail.basis != "fresh-news":
        return "carried"
    return "spoken" if detail.span else "fresh"


def _within_reach(story: Story, named: Sequence[Mention]) -> Iterator[Mention]:
    here = {a.index for a in story.acts}
    first, last = min(here), max(here)
    seen: set[Days] = set()
    for told in named:
        if first - _NEAR <= told.index <= last + _NEAR or told.days not in seen:
            seen.add(told.days)
            yield told


def _scenes(others: Sequence[tuple[Story, Incident]]) -> dict[int, set[str]]:
    """The places of the other acts told in each sentence."""
    out: dict[int, set[str]] = {}
    for story, _ in others:
        for act in story.acts:
            out.setdefault(act.index, set()).update(fold(p.name) for p in act.places)
    return out


def options(
    k: int,
    published: dt.date,
    marks: Sequence[Marks],
    stories: Sequence[Story],
    incidents: Sequence[Incident],
    named: Sequence[Mention],
    advice: Advice | None = None,
) -> list[tuple[Option, Told]]:
    """The days that story `k` may be of, with what they rest on; the day before publication; none."""
    story = stories[k]
    here = min([a.index for a in story.acts if not a.title] or [a.index for a in story.acts])
    ruled, source = (incidents[k].start, incidents[k].end), _by_rule(incidents[k])
    others = [(o, i) for n, (o, i) in enumerate(zip(stories, incidents, strict=True)) if n != k]
    days = {(i.start, i.end) for o, i in others if dated(o) is not None}
    told_at = {a.index for o, _ in others for a in o.acts}
    share = Counter(m.days for m in named if not m.spoken)
    out: list[tuple[Option, Told]] = []

    def add(key: Days, traits: Traits, detail: DateDetail) -> None:
        if advice is not None and detail.span is not None:
            traits.update(advice.day(story.acts, detail.span))
        if key == ruled:
            traits[f"by rule {source}"] = 1.0
        out.append((Option(f"{key[0]}/{key[1]}", None, traits), (key, detail)))

    before = max((m.index for m in named if m.index < here), default=None)
    scenes = _scenes(others)
    for told in _within_reach(story, named):
        at = _standing(story, told, marks)
        date = told.date
        detail = DateDetail(date.span, date.precision, date.basis)
        if told.spoken:
            add(told.days, {f"spoken, {at}": 1.0, "spoken": 1.0}, detail)
            if date.start is not None and date.start == date.end:
                spoke = {f"before spoken, {at}": 1.0, "before spoken": 1.0}
                add((date.start - ONE_DAY, date.end), spoke, DateDetail(date.span, "days", "fresh-news"))
            continue
        traits = dict(told.traits)
        if "old" in traits:
            traits[f"old, {at.partition(', ')[0]}"] = 1.0
            if told.index in told_at and at != "sentence":
                traits["old, told with another act"] = 1.0
            add(told.days, traits, detail)
            continue
        traits[at] = 1.0
        there = scenes.get(told.index)
        if at != "sentence" and there and story.places and fold(story.places[0].name) not in there:
            traits["told with another place"] = 1.0
        traits["share"] = share[told.days] / share.total()
        if told.days in days:
            traits["another act's"] = 1.0
        if told.index in told_at and at != "sentence":
            traits["told with another act"] = 1.0
        if told.index == before:
            traits["last before"] = 1.0
        add(told.days, traits, detail)
    fresh = {"fresh": 1.0, f"fresh, {'one' if len(stories) == 1 else 'few' if len(stories) < 4 else 'many'}": 1.0}
    if not any(not m.spoken and 0 <= (published - m.date.end).days <= NEWS_DAYS for m in named if m.date.end):
        fresh["fresh, no day of the news"] = 1.0
    if here <= _LEAD:
        fresh["fresh, lead"] = 1.0
    add((published - ONE_DAY, published), fresh, DateDetail(None, "days", "fresh-news"))
    add((None, None), {"none": 1.0}, DateDetail(None, None, "none"))
    return out
