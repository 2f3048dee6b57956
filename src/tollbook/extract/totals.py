"""Which tolls are sums over several acts, and over which of the acts told: GUIDELINES, "scope" (`total`)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations

from tollbook.extract.act import Act
from tollbook.extract.figure import Figure
from tollbook.extract.oneormany import names_many_acts
from tollbook.extract.same_act import nested, outside
from tollbook.extract.scenes import width
from tollbook.extract.scopes import dated, meet, whole_toll
from tollbook.extract.story import Story, fold
from tollbook.extract.words import words
from tollbook.model import Actor, Scope

_ANY = (None, "attack", "other")  # types that may stand for any other
_TO_TOTAL = 3  # tokens from "a total" to its number
LARGE_KM = 8.0  # a city drawn as wide as this stands for what lies around it too
_BRINGS = 9  # tokens from "bringing" to the number of a sum
_MANY = 150  # as many dead over a province or city are a sum, where the words tell several acts (docs/method.md, 8)
_VAST = 1000  # as many are one wherever the report tells other tolls
_LEAST = 3  # dead: of fewer no report tells the acts that make them
_PERFECT = 3  # tokens from "have" to the word of harm ("have also been killed")
_SOME_DAYS = 3  # days from the first to the last: over as many even one name stands for many acts


def find_totals(stories: Sequence[Story], scopes: list[Scope]) -> dict[int, tuple[int, ...]]:
    """Marks sums over other stories as `total` (in place in `scopes`) and returns their parts."""
    parts: dict[int, tuple[int, ...]] = {}
    summed_up: set[int] = set()  # by a sum told as one: no other act's toll is made of them
    counts = {k: n for k, s in enumerate(stories) if (n := whole_toll(s)) is not None}
    for k, story in enumerate(stories):
        if k not in counts or scopes[k] != "incident" or counts[k] < _LEAST:
            continue
        smaller = [j for j in counts if j != k and scopes[j] == "incident" and counts[j] < counts[k]]
        apart = [j for j in smaller if j not in parts]
        flagged = "sums" in story.acts[0].flags
        made = _made_of(k, stories, apart if flagged else [j for j in apart if j not in summed_up], counts)
        held = made or _told_of(k, stories, scopes, counts, smaller, summed_up)
        if held is not None:
            scopes[k] = "total"
            parts[k] = held
            summed_up |= set(made) if flagged else set()
    return parts


def _made_of(k: int, stories: Sequence[Story], others: Sequence[int], counts: Mapping[int, int]) -> tuple[int, ...]:
    """The acts whose tolls add up to the story's: told after it and where it may hold them, or those its words sum."""
    story, flagged = stories[k], "sums" in stories[k].acts[0].flags
    fitting = [j for j in others if meet(story, stories[j]) and (flagged or _begin(stories[j]) >= _begin(story))]
    if not flagged:
        fitting = [j for j in fitting if _may_hold(story, stories[j])]
    return _summing(counts[k], fitting, counts, exact_all=not flagged)


def _told_of(
    k: int,
    stories: Sequence[Story],
    scopes: Sequence[Scope],
    counts: Mapping[int, int],
    smaller: Sequence[int],
    summed_up: set[int],
) -> tuple[int, ...] | None:
    """The acts held by a toll that is told as a sum, none told among them maybe; None for the toll of an act."""
    story = stories[k]
    lead, flagged = story.acts[0], "sums" in story.acts[0].flags
    if all(a.title for a in story.acts) and len(smaller) >= 2:
        return tuple(smaller)
    others = [n for j, n in counts.items() if j != k and scopes[j] == "incident"]
    if counts[k] >= _MANY and _of_an_area(story, counts[k], others):
        return ()
    if flagged and _brought(lead):
        return tuple(_later(k, stories, scopes, counts))
    if lead.split or (lead.stretch and not lead.one) or _told_as_sum(story):
        return ()
    later = tuple(_later(k, stories, scopes, {j: n for j, n in counts.items() if j not in summed_up} | {k: counts[k]}))
    if _over_parts(k, stories, later, counts):
        return later
    if flagged and not story.places and not _told_by(story).one and not _only_days(lead):
        return ()
    return None


def _of_an_area(story: Story, toll: int, others: Sequence[int]) -> bool:
    """Is a large toll, no blast's, told of no one place, and in words for more than one act? `others` are the tolls
    of other acts: beside one of ten dead a bare number is no longer plainly of the act told, nor so great a one.
    """
    if story.places and width(story.places[0]) == 0:
        return False
    act = _told_by(story)
    if story.type in ("bomb", "suicide_bomb", "chemical_weapon") or act.one or _one_act(story):
        return False
    return _of_many_acts(act) or (bool(others) and toll >= _VAST) or (story.type is None and max(others, default=0) > 9)


def _of_many_acts(act: Act) -> bool:
    """Do the words tell several acts or a time: "have been killed", "in the past weeks", "strikes", over some days?

    "The army said that 300 rebels had been killed", "160 bodies lie there": the toll of the act told before.
    """
    tokens, near = act.marks.tokens, act.nearest_date
    if _perfect(act) or names_many_acts(tokens, act.first, act.last):
        return True
    if not words("over_acts").isdisjoint(tokens.low[act.first : act.last]):
        return True
    if near is None or near.start is None or near.end is None:
        return False
    return (near.end - near.start).days >= _SOME_DAYS


def _perfect(act: Act) -> bool:
    """Is the toll that of up to now: "have been killed", "has cost 300 lives"?"""
    tokens = act.marks.tokens
    cues = [tokens.at(f.cue[0]) for f in act.toll]
    return any(w in ("have", "has") for i in cues for w in tokens.low[max(act.first, i - _PERFECT) : i])


def _one_act(story: Story) -> bool:
    """Is so large a toll told of one act, no battle: on one named day, at a site or in a clause that tells the act?"""
    if story.type == "armed_clash" or any("sums" in a.flags for a in story.acts):
        return False
    day = dated(story)
    told = any(a.told for a in story.acts if a.figures) or bool(story.sites)
    return told and day is not None and day.start is not None and day.start == day.end


def _may_hold(whole: Story, part: Story) -> bool:
    """May a sum told of the whole's place hold the part?

    A province or large city holds all that the gazetteer does not know elsewhere, a town its quarters.
    Bodies found were not killed in another act whose type is told.
    """
    if whole.type not in _ANY and part.only_found and not whole.only_found:
        return False
    if not whole.places or not part.places:
        return True
    first, other = whole.places[0], part.places[0]
    if all(outside(p, q) for p in part.places for q in whole.places):
        return False
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
        if _over_time(act):
            return True
    return False


def _over_time(act: Act) -> bool:
    """Is the toll that of a long time up to now: "have died in four months of fighting"?"""
    return _perfect(act) and not words("long_times").isdisjoint(act.marks.tokens.low[act.first : act.last])


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


def _over_parts(k: int, stories: Sequence[Story], parts: Sequence[int], counts: Mapping[int, int]) -> bool:
    """A toll over an area whose acts the report tells one by one, each smaller, together not more."""
    story = stories[k]
    if story.places and width(story.places[0]) == 0:
        return False
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


def _later(k: int, stories: Sequence[Story], scopes: Sequence[Scope], counts: Mapping[int, int]) -> list[int]:
    """Smaller tolls told after this one, those before it too where its words sum up ("in total").

    Those of another kind only where all together are the toll.
    """
    summed = "sums" in stories[k].acts[0].flags
    here = 0 if summed else min((a.index for a in stories[k].acts if not a.title), default=0)
    found = [
        j for j in counts
        if j != k and scopes[j] == "incident" and counts[j] < counts[k] and stories[j].places
        and min(a.index for a in stories[j].acts) >= here and meet(stories[j], stories[k])
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
    if any(_of_one_state(f, b.actor) for f in part.main("killed") for a in whole.acts for b in a.blames):
        return False
    told, inside = ({f.who for f in s.main("killed")} for s in (whole, part))
    if told == {"armed_group"}:
        return "armed_group" in inside
    return told != {"civilian"} or not inside <= {"armed_group", "state_forces"}


def _of_one_state(figure: Figure, doer: Actor) -> bool:
    """Are they soldiers of the state that did it ("two Israeli soldiers" beside "Israeli strikes")?"""
    mine, theirs = (figure.of or "").split(":"), (doer.actor_id or "").split(":")
    return figure.who == "state_forces" and mine[0] == theirs[0] == "state" and mine[1] == theirs[1]


def _only_days(act: Act) -> bool:
    """Is it a sum by its time alone ("killed ten fighters in the past 24 hours")? Acts not told apart are one."""
    tokens = act.marks.tokens
    starts = act.marks.telling.flags.get("sums", ())
    only = all(words("time_gone") & set(tokens.low[i + 2 : i + 3]) for i in starts)
    return only and not names_many_acts(tokens, act.first, act.last)


def _begin(story: Story) -> int:
    """Where in the report the story is first told; a headline is first of all."""
    return min(a.index for a in story.acts)


def _summing(whole: int, others: list[int], counts: Mapping[int, int], *, exact_all: bool) -> tuple[int, ...]:
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
