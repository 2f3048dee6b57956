"""Which stories are news, recalled, a sum over others (`total`) or a war's statistic: GUIDELINES, "scope"."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from itertools import combinations

from tollbook.extract.clauses import Act
from tollbook.extract.marks import Marks
from tollbook.extract.oneormany import names_many_acts
from tollbook.extract.same_act import nested
from tollbook.extract.scenes import width
from tollbook.extract.story import Story, fold
from tollbook.extract.told_days import is_said_on
from tollbook.extract.words import words
from tollbook.model import DateRange, Report, Scope

NEWS_DAYS = 14  # GUIDELINES, "scope": news is what happened within the 14 days before publication
_ANY = (None, "attack", "other")  # types that may stand for any other
_TO_TOTAL = 3  # tokens from "a total" to its number
LARGE_KM = 8.0  # a city drawn as wide as this stands for what lies around it too
_BRINGS = 9  # tokens from "bringing" to the number of a sum
_SINCE = 9  # tokens from "since" to the day of what it counts from ("since the start of the war in May 2006")
_PRECISE = 7  # days: what is told more exactly than this is the day of an act, however old
_MANY = 150  # as many dead over a province or city, other than by one blast, are a sum over acts


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


def told_day(mark: Marks) -> dt.date | None:
    """The day that "the next day" in the sentences after this one counts from: the last day told, rather one on which
    something happened than one on which somebody spoke.
    """
    days = [d for d in mark.dates if d.span is not None and d.start is not None and d.start == d.end]
    acted = [d for d in days if d.span is not None and not is_said_on(mark, d.span)]
    return (acted or days)[-1].start if days else None


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
    cues = [tokens.at(f.cue[0]) for f in act.figures if f.harm == "killed" and f.counted and f.part_of is None]
    return any(w in ("have", "has") for cue in cues for w in tokens.low[max(0, cue - 3) : cue])


def find_totals(stories: list[Story], scopes: list[Scope]) -> dict[int, tuple[int, ...]]:
    """Marks sums over other stories as `total` (in place in `scopes`) and returns their parts."""
    parts: dict[int, tuple[int, ...]] = {}
    summed_up: set[int] = set()  # by a sum told as one: no other act's toll is made of them
    counts = {k: n for k, s in enumerate(stories) if (n := whole_toll(s)) is not None}
    for k, story in enumerate(stories):
        if k not in counts or scopes[k] != "incident" or counts[k] < 3:
            continue
        others = [j for j in counts if j != k and scopes[j] == "incident" and j not in parts and counts[j] < counts[k]]
        flagged = "sums" in story.acts[0].flags
        if not flagged:
            others = [j for j in others if j not in summed_up]
        fitting = [j for j in others if _meet(story, stories[j]) and (flagged or _begin(stories[j]) >= _begin(story))]
        if not flagged:
            fitting = [j for j in fitting if _may_hold(story, stories[j])]
        summed = _summing(counts[k], fitting, counts, exact_all=not flagged)
        if summed:
            scopes[k] = "total"
            parts[k] = summed
            summed_up |= set(summed) if flagged else set()
            continue
        smaller = [j for j in counts if j != k and scopes[j] == "incident" and counts[j] < counts[k]]
        if all(a.title for a in story.acts) and len(smaller) >= 2:
            scopes[k] = "total"
            parts[k] = tuple(smaller)
            continue
        if (
            counts[k] >= _MANY
            and (not story.places or width(story.places[0]) > 0)
            and not _one_act(story)
            and story.type not in ("bomb", "suicide_bomb", "chemical_weapon")
            and not _told_by(story).one
        ):
            scopes[k] = "total"
            parts[k] = ()
            continue
        if flagged and _brought(story.acts[0]):
            scopes[k] = "total"
            parts[k] = tuple(_later(k, stories, scopes, counts))
            continue
        if story.acts[0].split or (story.acts[0].stretch and not story.acts[0].one) or _told_as_sum(story):
            scopes[k] = "total"
            parts[k] = ()
            continue
        free = {j: n for j, n in counts.items() if j not in summed_up}
        if _over_parts(k, stories, scopes, free | {k: counts[k]}):
            scopes[k] = "total"
            parts[k] = tuple(_later(k, stories, scopes, free | {k: counts[k]}))
            continue
        if flagged and not story.places[:1] and not _told_by(story).one and not _only_days(story.acts[0]):
            scopes[k] = "total"
            parts[k] = ()
    return parts


def _one_act(story: Story) -> bool:
    """Is so large a toll told of one act, no battle: on one named day, at a site or in a clause that tells the act?"""
    if story.type == "armed_clash" or any("sums" in a.flags for a in story.acts):
        return False
    day = dated(story)
    told = any(a.told for a in story.acts if a.figures) or bool(story.sites)
    return told and day is not None and day.start is not None and day.start == day.end


def _may_hold(whole: Story, part: Story) -> bool:
    """May a sum told of the whole's place hold the part? A province or large city holds all, a town its quarters.

    Bodies found were not killed in another act whose type is told.
    """
    if whole.type not in _ANY and part.only_found and not whole.only_found:
        return False
    if not whole.places or not part.places:
        return True
    first, other = whole.places[0], part.places[0]
    named = {fold(p.name) for p in whole.places}
    if width(first) > 1 or (width(first) == 1 and (first.radius_km or 0) >= LARGE_KM):
        return True
    if any(fold(p.name) in named for p in part.places):
        return True
    return width(first) == 1 and (other.level != "town" or nested(first, other))


def _told_by(story: Story) -> Act:
    """The telling that gives the largest toll."""
    return max(story.acts, key=lambda a: (max([f.min or 0 for f in a.toll], default=0), not a.title))


def _told_as_sum(story: Story) -> bool:
    """Do the words of a telling sum up: "have been killed since Thursday", "a total of 54, 9 in A and 8 in B"?"""
    for act in [a for a in story.acts if not a.one]:
        tokens = act.marks.tokens
        for figure in act.toll:
            start = tokens.at(figure.span[0])
            in_total = "total" in tokens.low[max(0, start - _TO_TOTAL) : start + 1]
            if act.since or (in_total and _spread(act, figure.span[1])):
                return True
    return False


def _brought(act: Act) -> bool:
    """Do the deaths told before bring the sum to its number ("bringing to 45 those killed in two days")?"""
    tokens = act.marks.tokens
    starts = [tokens.at(f.span[0]) for f in act.toll]
    return any(not words("brings").isdisjoint(tokens.low[max(0, i - _BRINGS) : i]) for i in starts)


def _spread(act: Act, position: int) -> bool:
    """Are two or more numbers behind `position` each followed by where ("including 9 in the north, 8 in the south")?"""
    tokens = act.marks.tokens
    ends = [tokens.at(c.span[1] - 1) + 1 for c in act.marks.counts if c.span[0] > position]
    return sum(1 for i in ends if i < len(tokens) and tokens.low[i] in words("lies")) >= 2


def _over_parts(k: int, stories: Sequence[Story], scopes: Sequence[Scope], counts: dict[int, int]) -> bool:
    """A toll over an area whose acts the report tells one by one, each smaller, together not more."""
    story = stories[k]
    if story.places and width(story.places[0]) == 0:
        return False
    parts = _later(k, stories, scopes, counts)
    room = counts[k] + counts[k] // 20 + (counts[k] > 9)
    return (len(parts) >= 2 or any(_one_of_many(story, stories[j]) for j in parts)) and sum(
        counts[j] for j in parts
    ) <= room


def _one_of_many(whole: Story, part: Story) -> bool:
    """Does the whole tell several acts of an area ("strikes across Taiz killed 30"), the part one at a place in it?"""
    act, other = _told_by(whole), _told_by(part)
    if not (act.places and other.places) or act.one or names_many_acts(other.marks.tokens, other.first, other.last):
        return False
    many = names_many_acts(act.marks.tokens, act.first, act.last)
    first, second = act.places[0], other.places[0]
    inside = nested(first, second) or any(f.among_dead for f in other.toll)
    return many and fold(first.name) != fold(second.name) and inside


def _later(k: int, stories: Sequence[Story], scopes: Sequence[Scope], counts: dict[int, int]) -> list[int]:
    """Smaller tolls told after this one, those before it too where its words sum up ("in total").

    Those of another kind only where all together are the toll.
    """
    summed = "sums" in stories[k].acts[0].flags
    here = 0 if summed else min((a.index for a in stories[k].acts if not a.title), default=0)
    found = [
        j for j in counts
        if j != k and scopes[j] == "incident" and counts[j] < counts[k] and stories[j].places
        and min(a.index for a in stories[j].acts) >= here and _meet(stories[j], stories[k])
        and _may_hold(stories[k], stories[j]) and not _side_by_side(stories[k], stories[j])
    ]  # fmt: skip
    if sum(counts[j] for j in found) == counts[k]:
        return found
    return [j for j in found if _of_a_kind(stories[k], stories[j])]


def _side_by_side(whole: Story, part: Story) -> bool:
    """Are both told place by place in one sentence ("11 in Marib, six in Taiz")? Then neither holds the other."""
    one, other = whole.acts[0], part.acts[0]
    return other.shared and one.index == other.index and not one.split and bool(one.places)


def _of_a_kind(whole: Story, part: Story) -> bool:
    """Could the part be of the whole's kind? A toll of shelling holds no clash, one of fighters no civilians."""
    kinds = {whole.type} if whole.type == "chemical_weapon" else set(whole.types)  # what brought the gas is no kind
    if whole.type not in _ANY and "armed_clash" not in whole.types and part.type not in (*_ANY, *kinds):
        return False
    told, inside = ({f.who for f in s.main("killed")} for s in (whole, part))
    if told == {"armed_group"}:
        return "armed_group" in inside
    return told != {"civilian"} or not inside <= {"armed_group", "state_forces"}


def _only_days(act: Act) -> bool:
    """Is it a sum by its time alone ("killed ten fighters in the past 24 hours")? Acts not told apart are one."""
    tokens = act.marks.tokens
    starts = act.marks.telling.flags.get("sums", ())
    only = all(words("time_gone") & set(tokens.low[i + 2 : i + 3]) for i in starts)
    return only and not names_many_acts(tokens, act.first, act.last)


def _begin(story: Story) -> int:
    """Where in the report the story is first told; a headline is first of all."""
    return min(a.index for a in story.acts)


def _meet(a: Story, b: Story) -> bool:
    """Could both be of the same days?"""
    x, y = dated(a), dated(b)
    if x is None or y is None or not (x.start and x.end and y.start and y.end):
        return True
    return x.start <= y.end and y.start <= x.end


def whole_toll(story: Story) -> int | None:
    """The story's killed, its groups added up; None where no number is told."""
    figures = story.main("killed")
    if not figures:
        return None
    groups: dict[str, int] = {}
    for f in figures:
        groups.setdefault(f.who, f.min or 0)
    return sum(groups.values()) if "unknown" not in groups else max(groups.values())


def _summing(whole: int, others: list[int], counts: dict[int, int], *, exact_all: bool) -> tuple[int, ...]:
    """The stories whose tolls add up to `whole`: all of them, else (for a told sum) some of at most eight."""
    if len(others) >= 2 and sum(counts[j] for j in others) == whole:
        return tuple(others)
    if exact_all or len(others) > 8:
        return ()
    for size in range(len(others) - 1, 1, -1):
        for chosen in combinations(others, size):
            if sum(counts[j] for j in chosen) == whole:
                return chosen
    return ()
