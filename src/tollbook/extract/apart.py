"""Acts told together that were done in two or more countries: "bombs at embassies in Kenya and Tanzania killed 81".

One incident is at one place (GUIDELINES, "What is an incident"), and no place lies in two countries: each country's act
is an incident of its own, and the toll told of them together is their total. What is later told of one of the countries
("the blast in Tanzania") is about its act; what is told without a place ("the bombings") is about all of them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cache

from tollbook.extract.act import Act
from tollbook.extract.blame import Blame
from tollbook.extract.figure import Figure
from tollbook.extract.marks import Marks
from tollbook.extract.same_act import FAMILY
from tollbook.extract.story import Story, fold, heaviest
from tollbook.extract.tokens import Phrases
from tollbook.extract.words import phrases, words
from tollbook.model import ActType, DateRange, Place
from tollbook.resolve.countries import countries

_TO_PLACE = 24  # tokens from the word for the acts to the first of their places
_OWN_TARGET = 7  # tokens between two places where each has its own target ("camps in A and a factory in B")
_ONCE = 4  # tokens around the word for the acts in which their number, "twin" or "simultaneous" stands
_BEFORE = 3  # tokens from a day to the word for the acts behind it ("the Aug. 7 embassy bombings")
_DOER = 4  # tokens from who did the acts to the word for them ("US missile attacks")
_FOLLOWS = 2  # sentences within which a toll without a place goes on with the act told before it
_ABOUT = {"seize", "harm", "crowd"}  # families of what is told beside the acts: who was arrested for them
_HURT = ("killed", "injured", "missing")


@dataclass
class Apart:
    """The acts of one set: `scenes[k]` is where `told[k]` happened, `whole` tells of all of them together."""

    scenes: list[Place]
    told: list[list[Act]] = field(default_factory=list)
    whole: list[Act] = field(default_factory=list)
    recalled: list[Act] = field(default_factory=list)  # named without a toll ("to investigate the bombings")


def told_apart(acts: Sequence[Act]) -> tuple[list[Apart], list[Act]]:
    """The sets of acts told together in several countries, and the acts that belong to none of them."""
    found: list[Apart] = []
    rest = list(acts)
    while (run := next((r for r in map(_run, rest) if r is not None), None)) is not None:
        codes = {p.country for p in run}
        apart, left = _shared_out(rest, codes)
        if apart is None:
            done = [(r := _run(a)) is not None and {p.country for p in r} == codes for a in rest]
            more, others = told_apart([a for a, is_done in zip(rest, done, strict=True) if not is_done])
            kept = [a for a, is_done in zip(rest, done, strict=True) if is_done]
            return found + more, sorted([*others, *kept], key=lambda a: (a.index, a.first))
        found.append(apart)
        rest = left
    return found, rest


def stories_of(apart: Apart) -> tuple[list[Story], Story | None]:
    """A story for each scene, and the story of the toll told of all together; None where none is told."""
    dating, days = _days([*apart.whole, *apart.recalled])
    whole = [
        replace(a, dates=[], said_on=[], blames=_doers(a, apart), figures=[f for f in a.figures if f.harm in _HURT])
        for a in apart.whole
    ]
    if dating is not None:
        whole = [replace(a, dates=days) if told is dating else a for a, told in zip(whole, apart.whole, strict=True)]
    if dating is not None and any(dating is a for a in apart.recalled):
        whole.append(replace(dating, dates=days, said_on=[], blames=[], figures=[]))
    shared = [replace(a, figures=[], places=[], sites=[]) for a in whole]
    stories = []
    for scene, told in zip(apart.scenes, apart.told, strict=True):
        here = [scene] if scene.level != "country" else []
        stories.append(Story([replace(a, places=here) for a in [*told, *shared]], scene=scene))
    if not any(a.wholes for a in whole):
        return stories, None
    towns = [p for p in apart.scenes if p.level != "country"]
    return stories, Story([replace(a, places=towns) for a in whole])


def _days(acts: Sequence[Act]) -> tuple[Act | None, list[DateRange]]:
    """The telling that names a day beside the word for the acts, and the day: rather one day, one with a toll."""
    told = [(near[0].start == near[0].end, bool(a.figures), -a.index, a) for a in acts if (near := _days_beside(a))]
    best = max(told, key=lambda t: t[:3])[3] if told else None
    return best, _days_beside(best) if best is not None else []


def _days_beside(act: Act, behind: int = _TO_PLACE) -> list[DateRange]:
    """The day told right before a word for acts, or within so many tokens behind it."""
    tokens = act.marks.tokens
    nouns = [i for i in range(act.first, act.last) if tokens.low[i] in words("told_together") | words("many_acts")]
    placed = [(tokens.at(d.span[0]), tokens.at(d.span[1] - 1), d) for d in act.dates if d.span is not None]
    return [d for a, b, d in placed if any(i < a <= i + behind or 0 < i - b <= _BEFORE for i in nouns)][:1]


def _doers(act: Act, apart: Apart) -> list[Blame]:
    """Its doers without the countries struck; without a toll only those told right before the acts, or blamed."""
    tokens = act.marks.tokens
    struck = {name.lower() for scene in apart.scenes for name in _called(scene.country)}
    nouns = [i for i in range(act.first, act.last) if tokens.low[i] in words("told_together") | words("many_acts")]
    speaks = any(w.startswith(phrases("speaks_of_stems")) for w in tokens.low[act.first : act.last])
    found = []
    for blame in act.blames:
        end = tokens.at(blame.actor.span[1] - 1)
        beside = bool(act.figures) or any(0 < i - end <= _DOER for i in nouns)
        if blame.basis in ("claimed", "blamed") or (beside and not speaks):
            found.append(blame)
    return [b for b in found if b.actor.name.lower() not in struck]


def _called(code: str | None) -> tuple[str, ...]:
    row = countries().get(code or "")
    return (row.name, *row.aliases) if row is not None else ()


def blamed_for_all(marks: Sequence[Marks], claims: Sequence[tuple[int, Blame]]) -> list[Blame]:
    """Who claims acts told together, or is blamed for them, anywhere in the report ("X is accused of the bombings")."""
    nouns = words("told_together") | words("one_act")
    return [blame for index, blame in claims if not nouns.isdisjoint(marks[index].tokens.low)][:1]


# --- where several acts are told together --------------------------------------------------------


@cache
def _names() -> Phrases[str]:
    return Phrases((name, c.alpha2) for c in countries().values() for name in (c.name, *c.aliases))


def _named(marks: Marks, first: int, last: int) -> list[tuple[int, int, Place]]:
    """Towns and countries named in tokens [first, last), in order, with their first and last token."""
    tokens = marks.tokens
    out = []
    for hit in _names().find(tokens):
        span = (tokens.starts[hit.first], tokens.ends[hit.last - 1])
        out.append((hit.first, hit.last, Place("", span, "country", country=hit.value)))
    taken = {i for a, b, _ in out for i in range(a, b)}
    for place in marks.places:
        a, b = tokens.at(place.span[0]), tokens.at(place.span[1] - 1) + 1
        if place.level not in (None, "country", "point") and place.country and taken.isdisjoint(range(a, b)):
            out.append((a, b, place))
    return sorted((n for n in out if first <= n[0] < last), key=lambda n: n[0])


def _run(act: Act) -> list[Place] | None:
    """The place of each of the countries in which the clause tells acts together ("bombings in A, B and C")."""
    low = act.marks.tokens.low
    for i in range(act.first, act.last):
        own_targets = low[i] not in words("told_together")
        if own_targets and low[i] not in words("many_acts"):
            continue
        named = _named(act.marks, i + 1, act.last)
        begin = next((k for k, n in enumerate(named) if low[n[0] - 1] in words("lies") and n[0] - i <= _TO_PLACE), None)
        if begin is None:
            continue
        places, own = _joined(low, named[begin:])
        if len({p.country for p in places}) > 1 and (own or not own_targets):
            return places
    return None


def _joined(low: Sequence[str], named: Sequence[tuple[int, int, Place]]) -> tuple[list[Place], bool]:
    """Of places told one behind another the finest of each country; was each told with a target of its own?"""
    kept: dict[str | None, Place] = {}
    own = False
    for k, (first, _, place) in enumerate(named):
        if k:
            between = low[named[k - 1][1] : first]
            target = between[:1] == ("and",) and between[-1] in words("lies") and 3 <= len(between) <= _OWN_TARGET
            if not target and not set(between) <= words("links_places"):
                break
            if not target and not between and named[k - 1][2].country != place.country:
                break
            own = own or target
        if place.country not in kept or kept[place.country].level == "country":
            kept[place.country] = place
    return list(kept.values()), own


# --- which tellings are about which ---------------------------------------------------------------


def _shared_out(acts: Sequence[Act], codes: set[str | None]) -> tuple[Apart | None, list[Act]]:
    """The set of acts in these countries and the acts left; None where nothing says that the acts were done once."""
    runs = [a for a in acts if (r := _run(a)) is not None and {p.country for p in r} == codes]
    scenes: dict[str | None, Place] = {}
    for place in (p for a in runs for p in _run(a) or ()):
        if place.country not in scenes or scenes[place.country].level == "country":
            scenes[place.country] = place
    named = {FAMILY[kind] for a in runs if (kind := heaviest(_own_types(a))) is not None}
    apart = Apart(list(scenes.values()), [[] for _ in scenes])
    rest: list[Act] = []
    before: list[Act] | None = None
    last = -_FOLLOWS - 1
    opened: Act | None = None  # "The blast in Nairobi shook ...": the toll comes in the next sentence
    for act in acts:
        where = None
        kind = heaviest(act.types)
        alike = kind is None or not named or any(FAMILY[t] in named for t in act.types)
        told = _told_in(act, apart) if alike else None
        if act in runs or (told is not None and len(told) > 1):
            split = _split(act, apart)
            for scene, part in split:
                scene_acts = apart.told[scene]
                scene_acts.append(part)
            apart.whole.append(replace(act, figures=[]) if split else act)
            before, last = apart.whole, act.index
            continue
        if told and act.figures and (kind is not None or act.index - last <= _FOLLOWS + 1):
            where = apart.told[told[0]]
        elif told == [] and act.figures and _all_of(act):
            where = apart.whole
        elif told == [] and act.figures and not act.told and act.index - last <= _FOLLOWS:
            where = before
        if where is not None:
            where += [act] if opened is None or where is not before else [opened, act]
            before, last, opened = where, act.index, None
        elif told is not None and not act.figures and (_recalls(act) or told):
            apart.recalled.append(act)
            if len(told) == 1 and act.told:
                before, last, opened = apart.told[told[0]], act.index, act
        else:
            rest.append(act)
    apart.recalled += [a for a in rest if _days_beside(a, 0) and _told_in(a, apart) is not None]
    if not any(_once(a) for a in (*apart.whole, *apart.recalled)):
        return None, []
    return apart, rest


def _own_types(act: Act) -> Counter[ActType]:
    """Its types without those of what is told beside the acts."""
    return Counter({t: n for t, n in act.types.items() if FAMILY[t] not in _ABOUT})


def _told_in(act: Act, apart: Apart) -> list[int] | None:
    """Which of the scenes the clause names; None where it names another place than them."""
    found = _named(act.marks, act.first, act.last)
    named = [p for _, _, p in found]
    at = {scene.country: n for n, scene in enumerate(apart.scenes)}
    for k, _, place in found:
        scene = at.get(place.country)
        town = place.level != "country"
        if town and scene is None and act.figures:
            return None
        if town and scene is not None and apart.scenes[scene].level == "country" and (act.figures or _site_of(act, k)):
            apart.scenes[scene] = place
        elif town and scene is not None and fold(apart.scenes[scene].name) != fold(place.name) and act.figures:
            return None
    return sorted({at[p.country] for p in named if p.country in at})


def _site_of(act: Act, token: int) -> bool:
    """Does the place at this token stand right behind a word for one act ("the blast in Nairobi")?"""
    return any(w in words("one_act") for w in act.marks.tokens.low[max(act.first, token - 2) : token])


def _split(act: Act, apart: Apart) -> list[tuple[int, Act]]:
    """The tolls told scene by scene: "killed 247 people in Kenya and 10 in Tanzania"."""
    tokens = act.marks.tokens
    whole = next((f for f in act.figures if f.harm == "killed" and f.part_of is None and f.counted), None)
    if whole is None:
        return []
    at = {scene.country: k for k, scene in enumerate(apart.scenes)}
    found: dict[int, Figure] = {}
    for first, _, place in _named(act.marks, act.first, act.last):
        count = next((c for c in reversed(act.marks.counts) if whole.span[0] <= c.span[0] < place.span[0]), None)
        if count is None or place.country not in at or at[place.country] in found:
            continue
        if first - tokens.at(count.span[1] - 1) <= 4 and tokens.low[first - 1] in words("lies"):
            found[at[place.country]] = replace(
                whole, span=count.span, min=count.min, max=count.max, approx=count.approx, word=count.word
            )
    spans = {f.span for f in found.values()}
    if len(found) < 2 or len(spans) < len(found):
        return []
    return [(k, replace(act, figures=[f], shared=True)) for k, f in found.items()]


def _all_of(act: Act) -> bool:
    """Does the clause name several acts: "the bombings killed", "both blasts"?"""
    return not words("many_acts").isdisjoint(act.marks.tokens.low[act.first : act.last])


def _recalls(act: Act) -> bool:
    """Does "the" or the like stand before the words for the acts?"""
    low = act.marks.tokens.low
    nouns = [i for i in range(act.first, act.last) if low[i] in words("many_acts") | words("one_act")]
    return any(w in words("definite") for i in nouns for w in low[max(0, i - _ONCE) : i])


def _once(act: Act) -> bool:
    """Does the clause tell acts done once: their number, "simultaneous", or one day?"""
    low = act.marks.tokens.low[act.first : act.last]
    if "habitual" in act.flags:
        return False
    nouns = [i for i, w in enumerate(low) if w in words("told_together")]
    if any(w in words("done_once") for i in nouns for w in low[max(0, i - _ONCE) : i + _ONCE]):
        return True
    return any(d.start is not None and d.start == d.end for d in _days_beside(act))
