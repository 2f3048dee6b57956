"""How well a telling fits an act told before it: a sum of small scores, each a reason (`data/merge.yml`)."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

from tollbook import lexicon
from tollbook.errors import LexiconError
from tollbook.extract.act import Act
from tollbook.extract.advice import Advice
from tollbook.extract.doers import own_forces
from tollbook.extract.figure import Figure
from tollbook.extract.scenes import width
from tollbook.extract.story import Story, fold, heaviest
from tollbook.extract.words import words
from tollbook.model import Place
from tollbook.resolve.gazetteer_rows import distance_km

_NEVER = -99.0
_OPENS = 6  # tokens from "In" to the place it opens with ("In Russia's Belgorod region")
_SAYER = 8  # tokens in which he is named
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
_CITY_KM = 150.0  # what lies as far from a town, more than a province is wide, is not told as part of it
_NEXT = 2  # sentences to somebody else's toll


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
        types_fit(story, act),
        dates_fit(story, act),
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
    dead = [f for f in story.main("killed") if f.counted]
    unknown = max(
        (f.min or 0 for f in dead if f.who == "unknown"), default=None
    )  # "22 people": a larger toll holds them
    return all(
        not f.more and (f.who in {d.who for d in dead} or (unknown is not None and (f.min or 0) >= unknown))
        for f in act.toll
    )


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


def may_tell(story: Story, act: Act) -> bool:
    """False for an act of one place beside a toll summed over places ("23 were killed elsewhere in the country").

    So too for one that opens with its place, behind another's toll told without one ("25 were hurt. In Kano, ...").
    """
    if _opens_elsewhere(story, act):
        return False
    summed = "sums" in story.acts[0].flags and bool(story.acts[0].toll) and not story.places
    return not (summed and act.places) or bool(_numbers(act.counted) & _told_numbers(story))


def _opens_elsewhere(story: Story, act: Act) -> bool:
    if story.places or not act.places or not act.counted or act.marks.tokens.low[act.first] != "in":
        return False
    first = act.marks.tokens.at(min(p.span[0] for p in act.places))
    told = not any(a.title for a in story.acts) and min(a.index for a in story.acts) > 0
    return first - act.first <= _OPENS and told and any(a.counted for a in story.acts)


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
    if _of_these_bodies(act, whole):
        return "toll_part"
    if act.toll and any(h == "killed" for h, _ in whole):
        if act.title:
            return "toll_differs_title"
        return "toll_differs_anaphora" if "anaphora" in act.flags else "toll_differs"
    return "figures_differ"


def _of_these_bodies(act: Act, told: set[tuple[str, int]]) -> bool:
    """Are bodies without place, day and act of the dead told before, being no more ("Troops found eight bodies")?"""
    if not act.marks.found or act.told or act.places or act.dates or not act.toll:
        return False
    return sum(f.min or 0 for f in act.toll) <= sum(n for harm, n in told if harm == "killed")


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


def outside(part: Place, whole: Place) -> bool:
    """Does the part lie, by the gazetteer, in another country or province than the whole, or far from that town?"""
    if part.country and whole.country and part.country != whole.country:
        return True
    if whole.level == "town" and None not in (a := (part.lat, part.lon, whole.lat, whole.lon)):
        return distance_km(*(x or 0.0 for x in a)) > _CITY_KM
    both = whole.level == "province" and part.admin1 and whole.admin1
    return bool(both) and fold(part.admin1 or "") != fold(whole.admin1 or "")


def types_fit(story: Story, act: Act) -> str:
    """The weight that says how the types of story and telling go together, "type_open" where one tells none."""
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


def dates_fit(story: Story, act: Act) -> str:
    """The weight that says whether story and telling have a day in common; empty where one tells none."""
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
