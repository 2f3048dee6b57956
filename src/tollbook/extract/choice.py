"""Which of the places that a report names an act happened at: a weighed choice among all of them.

The rules of the assembly give an act the place told nearest to it. Here every place of the report stands against
that answer, each with named traits (where it stands, what words stand before it, how wide it is, whether the rules
chose it) and each trait with a weight of `data/choice.yml`. The likeliest one is taken: a conditional logit
(McFadden 1974), one weight a trait, fitted on the training reports by `training/fit_choice.py`. A choice of days
fitted in the same way lost on sources left out, and is not made.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache

from tollbook import lexicon
from tollbook.errors import LexiconError
from tollbook.extract.clauses import elsewhere, measured_from, width
from tollbook.extract.marks import Marks
from tollbook.extract.merge import Advice, Story, fold
from tollbook.extract.words import words
from tollbook.model import Incident, Place, PlaceDetail

Traits = dict[str, float]

_NEAR = 12  # sentences; what is named farther from the act stands for one choice, its first mention
_SIDE = 5  # tokens between a name and the word of harm from which on it no longer stands at its side
_AWAY = 12


@dataclass(frozen=True, slots=True)
class Option:
    """One place to choose, None for "none of these". `key` is what makes two mentions one place."""

    key: str | None
    place: Place | None
    traits: Traits


@dataclass(frozen=True, slots=True)
class Mention:
    """A place named in sentence `index` at `token`, with the traits that hold whatever act it is weighed for."""

    index: int
    token: int
    place: Place
    key: str
    traits: Traits


@cache
def weights() -> Mapping[str, float]:
    """`data/choice.yml`: trait -> weight. Raises LexiconError for a row that is not a name and a number."""
    data = lexicon.load("choice")
    if not isinstance(data, dict) or not data:
        raise LexiconError("choice.yml: needed is a table of traits with a weight each")
    for name, weight in data.items():
        if not isinstance(name, str) or isinstance(weight, bool) or not isinstance(weight, (int, float)):
            raise LexiconError(f"choice.yml: {name!r}: {weight!r}: needed is a trait's name and a number")
    return {name: float(weight) for name, weight in data.items()}


def choose(
    marks: Sequence[Marks], stories: Sequence[Story], incidents: Sequence[Incident], advice: Advice | None = None
) -> list[Incident]:
    """The incidents with the likeliest of the report's places first; a place given before stays behind it.

    `incidents[k]` is what the rules made of `stories[k]`. A sum has only the places told with it.
    """
    named = mentions(marks)
    weight = weights() if advice is None else advice.place_weights()
    return [
        incident
        if incident.scope in ("total", "statistic")
        else _placed(incident, likeliest(options(k, stories, incidents, marks, named, advice), weight).place)
        for k, incident in enumerate(incidents)
    ]


def likeliest(choices: Sequence[Option], weight: Mapping[str, float]) -> Option:
    """The choice whose mentions together are likeliest; among its mentions the likeliest one."""
    scores = []
    for option in choices:
        score = 0.0
        for name, size in option.traits.items():
            score += weight.get(name, 0.0) * size
        scores.append(score)
    top = max(scores)
    summed: dict[str | None, float] = {}
    best: dict[str | None, tuple[float, Option]] = {}
    for score, option in zip(scores, choices, strict=True):
        summed[option.key] = summed.get(option.key, 0.0) + math.exp(score - top)
        if option.key not in best or score > best[option.key][0]:
            best[option.key] = (score, option)
    return best[max(summed, key=lambda key: summed[key])][1]


def _placed(incident: Incident, place: Place | None) -> Incident:
    if place is None or [fold(p) for p in incident.places[:1]] == [fold(place.name)]:
        return incident
    keep = [n for n, name in enumerate(incident.places) if fold(name) != fold(place.name)][:4]
    details = incident.place_details
    return replace(
        incident,
        places=(place.name, *(incident.places[n] for n in keep)),
        place_details=(place_detail(place), *(details[n] for n in keep)),
        country=place.country or incident.country,
    )


def place_detail(place: Place) -> PlaceDetail:
    """The place as the record holds it."""
    return PlaceDetail(
        place.name, place.span, "at", place.gazetteer_id, place.lat, place.lon, place.radius_km, place.admin_level,
        place.admin1, place.admin2, place.alternatives,
    )  # fmt: skip


# --- what is named, and what holds of it whatever the act ----------------------------------------


def mentions(marks: Sequence[Marks]) -> list[Mention]:
    """Every place named below a country, in order, with its traits.

    Left out is a place that another is measured from ("73 km north-east of Baghdad"): nothing is told of it.
    """
    named = Counter(fold(p.name) for m in marks for p in m.places)
    out = []
    for index, mark in enumerate(marks):
        here = [p for p in mark.places if p.level != "country"]
        for n, place in enumerate(here):
            if measured_from(mark, place):
                continue
            traits = {f"level {place.level or 'unknown'}": 1.0, f"width {width(place)}": 1.0}
            traits["named often"] = math.log(named[fold(place.name)])
            traits.update((name, 1.0) for name in _place_words(mark, place))
            if n == 0:
                traits["first of its sentence"] = 1.0
            if elsewhere(mark, place):
                traits["origin"] = 1.0
            if any(fold(place.name) in fold(x) for q in here if q is not place for x in (q.admin1, q.admin2) if x):
                traits["holds another"] = 1.0
            if any(fold(q.name) in fold(x) for q in here if q is not place for x in (place.admin1, place.admin2) if x):
                traits["held by another"] = 1.0
            out.append(Mention(index, mark.tokens.at(place.span[0]), place, fold(place.name), traits))
    return out


def _place_words(mark: Marks, place: Place) -> Iterator[str]:
    low = mark.tokens.low
    first, last = mark.tokens.at(place.span[0]), mark.tokens.at(place.span[1] - 1) + 1
    k = first - 1
    while k >= max(0, first - 3) and low[k] in words("said_of_place"):
        k -= 1
    if k < max(0, first - 3):
        yield "before: start"
    elif low[k] in words("before_place"):
        yield f"before: {low[k]}"
    if last < len(low) and low[last] in words("said_of_place") | words("small_place"):
        yield f"after: {low[last]}"
    if words("small_place") & set(low[max(0, first - 2) : first]):
        yield "called small"


# --- what holds of it beside one act -------------------------------------------------------------


def _standing(story: Story, told: Mention, marks: Sequence[Marks]) -> Iterator[str]:
    """Where the mention stands beside the act: in its clause, in its sentence, so many sentences off."""
    mark = marks[told.index]
    title = mark.sentence.kind == "title"
    if title:
        yield "title"
    body = [a.index for a in story.acts if not a.title] or [a.index for a in story.acts]
    if _in_clause(story, told):
        if title:
            yield "clause of the title"
            return
        yield "clause"
        yield "first clause" if told.index == min(body) else "later clause"
    elif told.index in body:
        yield "sentence"
    elif not title:
        near = min(body, key=lambda i: abs(i - told.index))
        gap = abs(told.index - near)
        far = str(gap) if gap < 3 else "3" if gap < 5 else "far"
        yield f"{'after' if told.index > near else 'ahead'} {far}"
        if mark.sentence.paragraph == marks[near].sentence.paragraph:
            yield "same paragraph"


def _in_clause(story: Story, told: Mention) -> bool:
    for act in story.acts:  # noqa: SIM110 - the hot path: a generator costs twice as much
        if act.index == told.index and act.first <= told.token < act.last:
            return True
    return False


def _gap(story: Story, told: Mention) -> int | None:
    """Tokens from the nearest word of harm of the act in the mention's sentence; negative before it."""
    acts = [a for a in story.acts if a.index == told.index]
    cues = [a.marks.tokens.at(f.cue[0]) for a in acts for f in a.figures] or [t.first for a in acts for t in a.triggers]
    return min((told.token - c for c in cues), key=abs, default=None)


def _side(gap: int) -> str:
    size = "beside" if abs(gap) <= _SIDE else "near" if abs(gap) <= _AWAY else "away"
    return f"{'ahead of' if gap < 0 else 'behind'} the harm, {size}"


def _within_reach(story: Story, named: Sequence[Mention]) -> Iterator[Mention]:
    """Mentions near the act, and the first of every name that is told only far from it."""
    first, last = min(a.index for a in story.acts), max(a.index for a in story.acts)
    seen: set[str] = set()
    for told in named:
        if first - _NEAR <= told.index <= last + _NEAR or told.key not in seen:
            seen.add(told.key)
            yield told


def options(
    k: int,
    stories: Sequence[Story],
    incidents: Sequence[Incident],
    marks: Sequence[Marks],
    named: Sequence[Mention],
    advice: Advice | None = None,
) -> list[Option]:
    """The places that story `k` may have happened at, and "none of these"."""
    story, ruled = stories[k], [fold(p) for p in incidents[k].places]
    others = {fold(i.places[0]) for n, i in enumerate(incidents) if n != k and i.places}
    told_apart = [other for n, other in enumerate(stories) if n != k]
    background = incidents[k].scope == "background"
    out: list[Option] = []
    for told in _within_reach(story, named):
        traits = dict(told.traits)
        for name in _standing(story, told, marks):
            traits[name] = 1.0
        rank = ruled.index(told.key) if told.key in ruled else None
        traits["by rule none" if not ruled else "by rule another" if rank is None else f"by rule {min(rank, 2)}"] = 1.0
        here = "clause" in traits
        traits[f"width {width(told.place)}, {'clause' if here else 'outside'}"] = 1.0
        if not here and any(_in_clause(other, told) for other in told_apart):
            traits["clause of another act"] = 1.0
        if told.key in others:
            traits["another act's" + (", clause" if here else "")] = 1.0
        gap = _gap(story, told) if here else None
        if gap is not None:
            traits[_side(gap)] = 1.0
        if advice is not None:
            traits.update(advice.place(story.acts, told.place.span))
        out.append(Option(told.key, told.place, traits))
    nothing = {"none": 1.0, f"none, by rule {'some' if ruled else 'none'}": 1.0}
    if background:
        nothing["none, background"] = 1.0
    return [*out, Option(None, None, nothing)]
