"""Merges the tellings of one act within a report: headline, lead, details, later toll.

A candidate act joins the act told before it that it fits best, by a sum of small scores, each a
reason; below the weight `join` it opens an act of its own.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, cached_property, lru_cache
from typing import Protocol

from tollbook import lexicon
from tollbook.errors import LexiconError
from tollbook.extract.blame import Blame
from tollbook.extract.clauses import Act
from tollbook.extract.doers import own_forces
from tollbook.extract.figures import Figure
from tollbook.extract.marks import Marks
from tollbook.extract.scenes import width
from tollbook.extract.words import words
from tollbook.model import Actor, ActType, DateRange, Place, Scope, Span

_NEVER = -99.0
_NEXT = 2  # sentences to somebody else's toll
_SAYER = 8  # tokens in which he is named
_LEAD = 3  # sentences, the headline among them
_TELLING = 8  # from here on two acts of one report hardly share a toll by chance
ROUND = 20  # from here on "at least" may round a sum by one, and a toll may be told in round numbers
OVER = 1.1  # times the round number that it may stand for
_IDENTITY = {"person_same", "toll_same", "toll_same_small", "toll_part", "place_same", "place_nested"}
WEIGHTS = (
    "join", "title", "nothing_shared", "anaphora_recent", "anaphora", "adds_recent", "next_without_place",
    "same_sentence", "another", "toll_same", "toll_same_small", "toll_part", "toll_more", "toll_part_of_days",
    "toll_part_of_place", "toll_rounded", "toll_differs", "toll_rival", "toll_differs_anaphora", "toll_differs_title",
    "harm_differs", "figures_differ", "figures_absent", "place_same", "place_nested", "place_overlap", "place_unknown",
    "place_differs_same_toll", "place_differs", "type_open", "type_same", "type_among", "type_family", "type_differs",
    "date_meets", "date_differs", "date_of_its_own", "doer_same", "doer_differs", "wide_place", "no_toll_same",
    "paragraph", "person_same", "person_differs",
)  # fmt: skip

FAMILY: dict[str, str] = {
    t: f
    for f, ts in {
        "blast": ("suicide_bomb", "bomb", "grenade"),
        "fire": ("air_strike", "shelling", "chemical_weapon"),
        "fight": ("armed_clash", "attack", "territory_regained", "territory_taken", "weapons_disrupted"),
        "seize": ("abduction", "arrests"),
        "crowd": ("force_against_protesters", "peaceful_protest", "violent_demonstration", "mob_violence"),
        "harm": ("sexual_violence", "looting_destruction", "other"),
    }.items()
    for t in ts
}


class Advice(Protocol):
    """What a trained reader adds to the rules where it has read the report."""

    def same_act(self, told: Sequence[Act], act: Act) -> float:
        """Added to the fit of a telling to an act told before: above 0 speaks for one act, 0 says nothing."""

    def act_type(self, acts: Sequence[Act], by_rule: ActType) -> ActType:
        """The type of an act with these tellings, the rules' own where the reader has no better one."""

    def scope(self, acts: Sequence[Act], by_rule: Scope) -> Scope:
        """The scope of an act with these tellings, the rules' own where the reader is not sure of another."""

    def place(self, acts: Sequence[Act], span: Span) -> Mapping[str, float]:
        """Traits of a place named at `span` as the scene of an act with these tellings; none where not read."""

    def place_weights(self) -> Mapping[str, float]:
        """The weights of the traits of places with which this reader's own go."""

    def day(self, acts: Sequence[Act], span: Span) -> Mapping[str, float]:
        """Traits of a day named at `span` as that of an act with these tellings; none where not read."""

    def day_weights(self) -> Mapping[str, float]:
        """The weights of the traits of days with which this reader's own go."""

    def doers(self, acts: Sequence[Act], by_rule: Sequence[Blame], named: Sequence[Actor]) -> Sequence[Blame]:
        """Who did an act with these tellings, of the rules' doers and of the actors `named` in and around them."""


def _went_before(act: Act) -> bool:
    """Is its doer that of what the act came after ("the attack came hours after US planes bombed a camp")?"""
    tokens = act.marks.tokens
    return all(
        not words("went_before").isdisjoint(tokens.low[act.first : tokens.at(b.actor.span[0])]) for b in act.blames
    )


@dataclass
class Story:
    """All tellings of one act. What follows from them is worked out once, until another is added."""

    acts: list[Act] = field(default_factory=list)
    scene: Place | None = None  # where it happened, of an act told together with those in other countries

    def add(self, act: Act) -> None:
        """Takes in one more telling."""
        self.__dict__ = {"acts": [*self.acts, act], "scene": self.scene}

    @cached_property
    def types(self) -> Counter[ActType]:
        """Summed weights of the types told."""
        total: Counter[ActType] = Counter()
        for act in self.acts:
            for name, weight in act.types.items():
                total[name] += weight * (0.6 if act.title else 1.0)  # type: ignore[assignment]
        return total

    @cached_property
    def type(self) -> ActType | None:
        """The type that weighs most, a narrower one of the same harm before it; None where no word tells one."""
        types = self.types
        best = heaviest(types)
        if best in ("bomb", "grenade", "attack") and types.get("suicide_bomb"):
            return "suicide_bomb"
        if best in ("air_strike", "shelling", "bomb", "attack") and types.get("chemical_weapon"):
            return "chemical_weapon"  # GUIDELINES, "Type": the gas did the harm, however it came
        return best

    @cached_property
    def places(self) -> list[Place]:
        """Places of all tellings, the most specific first, each name once."""
        seen: set[str] = set()
        out = []
        for place in sorted([p for act in self.acts for p in act.places], key=width):
            if fold(place.name) not in seen:
                seen.add(fold(place.name))
                out.append(place)
        return out

    @property
    def sites(self) -> list[Place]:
        """Named streets, hospitals and airports of all tellings, each name once."""
        return list({fold(p.name): p for act in reversed(self.acts) for p in reversed(act.sites)}.values())[::-1]

    @cached_property
    def dates(self) -> list[DateRange]:
        """Dates of all tellings, in order."""
        return [d for act in self.acts for d in act.dates]

    @cached_property
    def figures(self) -> list[tuple[Figure, Marks]]:
        """Figures of all tellings with the sentence they stand in."""
        return [(f, act.marks) for act in self.acts for f in act.figures]

    @cached_property
    def blames(self) -> list[Blame]:
        """The doers as the fullest body telling names them; another telling counts where that one names none, or only
        the government whose forces that one names. What somebody does as a rule ("often mines roads") tells of no act.
        """
        told = [
            a
            for a in self.acts
            if a.figures or a is self.acts[0] or not ("habitual" in a.flags or (a.blames and _went_before(a)))
        ]
        order = [a for a in sorted(told, key=lambda a: (a.title, not a.figures, a.index)) if a.blames]
        if not order:
            return []
        first = [b.actor for b in order[0].blames]
        forces = ([b for b in a.blames if b.actor in own_forces(first, [b.actor])] for a in order[1:] if not a.title)
        return next((doers for doers in forces if doers), list(order[0].blames))

    @property
    def targets(self) -> list[Actor]:
        """Actors hit, each name once."""
        seen = {fold(b.actor.name) for b in self.blames}
        out = []
        for act in self.acts:
            for actor in act.targets:
                if fold(actor.name) not in seen:
                    seen.add(fold(actor.name))
                    out.append(actor)
        return out

    def main(self, harm: str = "killed") -> list[Figure]:
        """Counted whole figures for one harm."""
        return [f for act in self.acts for f in act.wholes if f.harm == harm]


def heaviest(types: Counter[ActType]) -> ActType | None:
    """The type with the largest weight; None of none."""
    best: ActType | None = None
    for name, weight in types.items():
        if best is None or weight > types[best]:
            best = name
    return best


@lru_cache(maxsize=8192)
def fold(name: str) -> str:
    """A name for comparing: lower case, no article, only letters and digits."""
    return re.sub(r"[\W_]+", "", re.sub(r"^(al|el|the)[\s\-]+", "", name.lower()))


def merge_acts(acts: Sequence[Act], advice: Advice | None = None) -> list[Story]:
    """The stories of a report, in order of their first body telling. Headline acts are placed last."""
    stories: list[Story] = []
    for act in (a for a in acts if not a.title):
        _place(stories, act, advice)
    headline = [a for a in acts if a.title]
    for act in headline:
        best = _best(stories, act, advice)
        if best is not None:
            best.add(act)
        else:
            stories.insert(0, Story([act]))
    return _with_detail(stories)


def _with_detail(stories: list[Story]) -> list[Story]:
    """The lead's toll over a province, or without a place, joined by the one telling that gives its place.

    "An air strike in Idlib province killed 26 ... In Hass, medics counted 20": where only one act of the report lies
    there, is of the lead's type and days, and has half its dead or more, it is that act told closer; where several do,
    the lead sums them up.
    """
    lead = next((s for s in stories if s.main() and not all(a.title for a in s.acts)), None)
    first = lead.acts[0] if lead is not None else None
    if lead is None or first is None or first.title or first.index > _LEAD or lead.type is None:
        return stories
    wide = not lead.places or width(lead.places[0]) > 0
    if not wide or first.statistic or first.split or first.stretch or "sums" in first.flags:
        return stories
    if sum(width(p) > 0 for p in first.places) > 1:
        return stories
    dead = _most(lead)
    closer = [s for s in stories if s is not lead and _may_detail(lead, s) and _most(s) <= dead]
    if len(closer) != 1 or 2 * _most(closer[0]) < dead:
        return stories
    if not first.one and closer[0].acts[0].one:
        return stories  # "strikes on towns across Daraa killed 20 ... In Jasim eleven died in an air strike": a part
    if "another" in closer[0].acts[0].flags or any(f.more for f in closer[0].main()):
        return stories
    for act in closer[0].acts:
        lead.add(act)
    return [s for s in stories if s is not closer[0]]


def _most(story: Story) -> int:
    return max((f.min or 0 for f in story.main()), default=0)


def _may_detail(lead: Story, story: Story) -> bool:
    """May the story be what the lead tells: a toll told later, of its type and days, in its place?"""
    act = story.acts[0]
    if not story.main() or act.statistic or act.index < lead.acts[0].index or all(a.title for a in story.acts):
        return False
    if _types_fit(lead, act) not in ("type_same", "type_among", "type_open") or _dates_fit(lead, act) == "date_differs":
        return False
    if not lead.places or not story.places:
        return True
    return nested(lead.places[0], story.places[0]) or fold(lead.places[0].name) in {fold(p.name) for p in story.places}


def _place(stories: list[Story], act: Act, advice: Advice | None) -> None:
    best = _best(stories, act, advice)
    if best is None and act.describes and not act.told:
        return  # who the dead were, of a toll that the report does not give
    if best is None and act.unhurt and not act.types:
        return  # "none of them was killed": of an act told elsewhere
    if best is None:
        stories.append(Story([act]))
    else:
        best.add(act)


def _best(stories: list[Story], act: Act, advice: Advice | None) -> Story | None:
    if act.describes and (toll := _described(stories, act)) is not None:
        return toll
    recent = next((s for s in reversed(stories) if _may_tell(s, act)), None)
    scored = [
        (fit(story, act, recent=story is recent, alone=len(stories) == 1, advice=advice), k)
        for k, story in enumerate(stories)
        if _may_tell(story, act)
    ]
    good = [s for s in scored if s[0] >= weights()["join"]]
    return stories[max(good)[1]] if good else None


def _described(stories: list[Story], act: Act) -> Story | None:
    """The story whose toll an act that only says who the dead were is about: the last told that is large enough."""
    needed = max(f.min or f.max or 0 for f in act.figures)
    harm = act.figures[0].harm
    large = [s for s in stories if any((f.min or f.max or 0) >= needed for f in s.main(harm))]
    return max(large, key=lambda s: s.acts[-1].index, default=None)


@cache
def weights() -> dict[str, float]:
    """The weights of `data/merge.yml`. Raises LexiconError where one is missing or is no number."""
    data = lexicon.load("merge")
    missing = [name for name in WEIGHTS if not isinstance(data.get(name), (int, float))]
    if missing or set(data) != set(WEIGHTS):
        raise LexiconError(f"merge.yml: must hold one number for each of {', '.join(WEIGHTS)}")
    return {name: float(data[name]) for name in WEIGHTS}


def fit(story: Story, act: Act, *, recent: bool, alone: bool = False, advice: Advice | None = None) -> float:
    """How well the act fits the story: a sum of named weights; `recent` says the story is the last one told."""
    if act.statistic != story.acts[0].statistic:
        return _NEVER
    if _other_sum(story, act):
        return _NEVER
    shared = bool(_numbers(act.toll) & _told_numbers(story)) or _rounded(story, act)
    own = (act.title or "sums" in act.flags) and act.toll and not shared
    if own and ("sums" in act.flags or story.main() or not alone):
        return _NEVER
    w = weights()
    reasons = [
        _figures_fit(story, act),
        _places_fit(story, act),
        _types_fit(story, act),
        _dates_fit(story, act),
        _doers_fit(story, act),
    ]
    if "anaphora" in act.flags:
        reasons.append("anaphora_recent" if recent else "anaphora")
    apart = reasons[1].startswith("place_differs") or reasons[3] == "date_differs"
    if recent and not act.told and not apart:
        reasons.append("adds_recent")
    if recent and act.index - story.acts[-1].index <= 1 and not act.places:
        reasons.append("next_without_place")
    if recent and reasons[0] == "toll_differs" and _rival(story, act):
        reasons.append("toll_rival")
    if act.shared and story.acts[-1].marks is act.marks:
        reasons.append("same_sentence")
    if "another" in act.flags and not act.title:
        reasons.append("another")
    reasons.append(_persons_fit(story, act))
    if act.title:
        reasons.append("title")
    else:
        reasons += _told_on(story, act)
    if not recent and not act.title and not set(reasons) & _IDENTITY:
        reasons.append("nothing_shared")
    advised = advice.same_act(story.acts, act) if advice is not None else 0.0
    if recent and not (act.places or act.dates or act.told):
        advised = max(0.0, advised)  # "One policeman also died": nothing of its own tells it apart
    return sum(w[reason] for reason in reasons if reason) + advised


def _other_sum(story: Story, act: Act) -> bool:
    """Does the act sum up a time ("have been killed since Sunday", a war's dead) by a toll that is not the story's?"""
    if act.title or not act.toll or not (act.statistic or act.since):
        return False
    if act.statistic and not act.since:
        return bool(story.main()) and not _numbers(act.toll) & _told_numbers(story)
    return max(_numbers(act.toll), key=lambda n: n[1], default=None) not in _told_numbers(story)


def _rival(story: Story, act: Act) -> bool:
    """Does somebody else give his toll of the same dead next ("The rebels claimed to have killed 60 soldiers")?"""
    if act.places or act.dates or "another" in act.flags or act.index - story.acts[-1].index > _NEXT:
        return False
    if words("says_toll").isdisjoint(act.marks.tokens.low[act.first : act.first + _SAYER]):
        return False
    dead = {f.who for f in story.main("killed") if f.counted}
    return all(f.who in dead and not f.more for f in act.toll)


def _told_on(story: Story, act: Act) -> list[str]:
    """The reasons that hold between tellings of the body, not of a headline."""
    found = []
    if (
        act.places
        and story.places
        and fold(act.places[0].name) == fold(story.places[0].name)
        and width(act.places[0]) > 0
    ):
        found.append("wide_place")
    mine, theirs = _by_harm(act.wholes), _by_harm([f for a in story.acts for f in a.wholes])
    if len(mine) > 1 and len(theirs) > 1 and all(not mine[h] & theirs[h] for h in set(mine) & set(theirs)):
        found.append("no_toll_same")
    days = [d for d in act.dates if d.start and d.start == d.end]
    if days and not story.dates and act.told:
        found.append("date_of_its_own")
    if act.marks.sentence.paragraph != story.acts[-1].marks.sentence.paragraph:
        found.append("paragraph")
    return found


def _by_harm(figures: Iterable[Figure]) -> dict[str, set[int]]:
    out: dict[str, set[int]] = {}
    for f in figures:
        if f.harm in ("killed", "injured") and not f.word:
            out.setdefault(f.harm, set()).add(f.min if f.min is not None else f.max or 0)
    return out


def _may_tell(story: Story, act: Act) -> bool:
    """False for an act of one place beside a toll summed over places ("23 were killed elsewhere in the country")."""
    summed = "sums" in story.acts[0].flags and bool(story.acts[0].toll) and not story.places
    return not (summed and act.places) or bool(_numbers(act.counted) & _told_numbers(story))


def _numbers(figures: Iterable[Figure]) -> set[tuple[str, int]]:
    return {(f.harm, f.min if f.min is not None else f.max or 0) for f in figures if not f.word}


def _told_numbers(story: Story) -> set[tuple[str, int]]:
    return _numbers([f for act in story.acts for f in act.counted])


def _summed(story: Story, act: Act) -> bool:
    """Do the killed groups of one telling add up to the toll of the other ("at least" may round)?"""
    groups, tolls = [f.min or 0 for f in act.toll], [[f.min or 0 for f in a.toll] for a in story.acts]
    return any(
        len(a) > 1 and len(b) == 1 and b[0] >= _TELLING and 0 <= b[0] - sum(a) <= (b[0] >= ROUND)
        for told in tolls
        for a, b in ((groups, told), (told, groups))
    )


def _figures_fit(story: Story, act: Act) -> str:
    mine, all_mine = _numbers(act.wholes), _numbers(act.counted)
    theirs, whole = _told_numbers(story), _numbers([f for a in story.acts for f in a.wholes])
    if (_seized(mine) and _hurt(whole)) or (_hurt(mine) and _seized(whole)):
        return "harm_differs"
    harms = {f.harm for a in story.acts for f in a.wholes}
    if any(f.more and f.harm in harms for f in act.wholes):
        return "toll_more"
    if not all_mine or not theirs:
        return "figures_absent" if not act.figures or not story.figures else ""
    common = mine & whole
    dead = {n for h, n in mine if h == "killed"}, {n for h, n in whole if h == "killed"}
    if common and not (dead[0] and dead[1] and not dead[0] & dead[1]):
        return "toll_same" if any(n >= _TELLING for _, n in common) or len(common) > 1 else "toll_same_small"
    if _summed(story, act) and not _places_fit(story, act).startswith("place_differs"):
        return "toll_same"
    if any(n > 4 for _, n in all_mine & theirs):
        return "toll_part"
    if _rounded(story, act):
        return "toll_rounded"
    if any(f.more and any(h == f.harm for h, _ in whole) for f in act.figures):
        return "toll_more"
    if act.toll and _part_of_days(story, act):
        return "toll_part_of_days"
    if act.toll and _part_of_place(story, act):
        return "toll_part_of_place"
    if act.toll and any(h == "killed" for h, _ in whole):
        if act.title:
            return "toll_differs_title"
        return "toll_differs_anaphora" if "anaphora" in act.flags else "toll_differs"
    return "figures_differ"


def _rounded(story: Story, act: Act) -> bool:
    """Is the largest toll of one the other's in round numbers ("more than 60 soldiers ... sixty-two")?"""
    mine, theirs = (
        max((f for f in tolls if f.min), key=lambda f: f.min or 0, default=None) for tolls in (act.toll, story.main())
    )
    if mine is None or theirs is None or mine.word or theirs.word or mine.more:
        return False
    low, high = sorted((mine, theirs), key=lambda f: f.min or 0)
    least, most = low.min or 0, high.min or 0
    return least >= ROUND and (low.max is None or low.approx) and most <= least * OVER


def _seized(numbers: set[tuple[str, int]]) -> bool:
    """Do the figures tell of people taken, and of no one hurt?"""
    harms = {h for h, _ in numbers}
    return bool(harms) and harms <= {"detained", "abducted"}


def _hurt(numbers: set[tuple[str, int]]) -> bool:
    return any(h in ("killed", "injured") for h, _ in numbers)


def _part_of_days(story: Story, act: Act) -> bool:
    """A smaller toll for a day within the days of a larger one ("50 over two days ... On Tuesday 25")."""
    mine = next((d for d in act.dates if d.start and d.end), None)
    theirs = next((d for d in story.dates if d.start and d.end), None)
    if mine is None or theirs is None or mine.start is None or theirs.start is None:
        return False
    inside = theirs.start <= mine.start and (mine.end or mine.start) <= (theirs.end or theirs.start)
    narrower = (mine.start, mine.end) != (theirs.start, theirs.end)
    largest = max((f.min or 0 for f in story.main()), default=0)
    return inside and narrower and max((f.min or 0 for f in act.toll), default=0) < largest


def _part_of_place(story: Story, act: Act) -> bool:
    """A smaller toll at a place within the wider one of a larger toll ("6 in the city ... 2 in Midan")."""
    first = next((a for a in story.acts if a.toll), None)
    if first is None or not act.places or not first.places or act.title:
        return False
    named = {fold(p.name) for p in first.places}
    inside = width(first.places[0]) > 0 and fold(act.places[0].name) not in named
    largest = max((f.min or 0 for f in first.toll), default=0)
    return inside and max((f.min or 0 for f in act.toll), default=0) < largest


def _places_fit(story: Story, act: Act) -> str:
    mine, theirs = act.places, story.places
    if not mine or not theirs:
        return ""
    a, b = fold(mine[0].name), fold(theirs[0].name)
    names_a, names_b = {fold(p.name) for p in mine}, {fold(p.name) for p in theirs}
    if a == b:
        return "place_same"
    if a in names_b or b in names_a or nested(mine[0], theirs[0]):
        return "place_nested"
    both_small = width(mine[0]) == 0 and width(theirs[0]) == 0
    shared = any(fold(p.name) in names_b and not (both_small and width(p) > 0) for p in mine)
    if shared or act.title:
        return "place_overlap"
    if width(theirs[0]) > 0 and mine[0].gazetteer_id is None and not act.figures:
        return "place_unknown"
    same = _numbers(act.counted) & _told_numbers(story)
    return "place_differs_same_toll" if any(n > 4 for _, n in same) else "place_differs"


def nested(a: Place, b: Place) -> bool:
    """Is one the province or district of the other, as the gazetteer has it?"""

    def up(place: Place) -> set[str]:
        return {fold(x) for x in (place.admin1, place.admin2) if x}

    return any(fold(a.name) in name for name in up(b)) or any(fold(b.name) in name for name in up(a))


def _types_fit(story: Story, act: Act) -> str:
    mine = heaviest(act.types)
    theirs = story.type
    if mine is None or theirs is None:
        return "type_open"
    if mine == theirs:
        return "type_same"
    if mine in story.types or theirs in act.types:
        return "type_among"
    return "type_family" if FAMILY[mine] == FAMILY[theirs] else "type_differs"


def _persons_fit(story: Story, act: Act) -> str:
    """Is the same person named as harmed, or in each another one alone?"""
    theirs = frozenset().union(*(a.persons for a in story.acts))
    if not act.persons or not theirs:
        return ""
    if act.persons & theirs:
        return "person_same" if act.persons <= theirs else ""
    alone = all(len(a.persons) == 1 and [f.min for f in a.wholes] == [1] for a in (act, story.acts[0]))
    return "person_differs" if alone else ""


def _dates_fit(story: Story, act: Act) -> str:
    mine = [d for d in act.dates if d.start and d.end]
    theirs = [d for d in story.dates if d.start and d.end]
    if not mine or not theirs:
        return ""
    meet = any(a.start <= b.end and b.start <= a.end for a in mine for b in theirs)  # type: ignore[operator]
    return "date_meets" if meet else "date_differs"


def _doers_fit(story: Story, act: Act) -> str:
    mine = {b.actor.actor_id or fold(b.actor.name) for b in act.blames}
    theirs = {b.actor.actor_id or fold(b.actor.name) for b in story.blames}
    if not mine or not theirs:
        return ""
    if mine & theirs:
        return "doer_same"
    here, there = [b.actor for b in act.blames], [b.actor for b in story.blames]
    return "" if own_forces(here, there) or own_forces(there, here) else "doer_differs"
