"""Which of the places that a report names an act happened at: a weighed choice among all of them.

The rules of the assembly give an act the place told nearest to it. Here every place of the report stands against
that answer, each with named traits (where it stands, what words stand before it, how wide it is, whether the rules
chose it) and each trait with a weight of `data/choice.yml`. The likeliest one is taken: a conditional logit
(McFadden 1974), one weight a trait, fitted on the training reports by `training/fit_choice.py`. The day of an
act told without one is chosen in the same way (`day_choice.py`).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache

from tollbook import lexicon
from tollbook.errors import LexiconError
from tollbook.extract.advice import Advice
from tollbook.extract.marks import Marks
from tollbook.extract.place_traits import (
    Mention,
    Traits,
    beside_harm,
    mentions,
    standing,
    told_apart,
    within_reach,
)
from tollbook.extract.scenes import width
from tollbook.extract.story import Story, fold
from tollbook.model import Incident, Place, PlaceDetail


@dataclass(frozen=True, slots=True)
class Option:
    """One place to choose, None for "none of these". `key` is what makes two mentions one place."""

    key: str | None
    place: Place | None
    traits: Traits


@cache
def weights(name: str = "choice") -> Mapping[str, float]:
    """`data/<name>.yml`: trait -> weight. Raises LexiconError for a row that is not a name and a number."""
    data = lexicon.load(name)
    if not isinstance(data, dict) or not data:
        raise LexiconError(f"{name}.yml: needed is a table of traits with a weight each")
    for trait, weight in data.items():
        if not isinstance(trait, str) or isinstance(weight, bool) or not isinstance(weight, (int, float)):
            raise LexiconError(f"{name}.yml: {trait!r}: {weight!r}: needed is a trait's name and a number")
    return {trait: float(weight) for trait, weight in data.items()}


def choose(
    marks: Sequence[Marks], stories: Sequence[Story], incidents: Sequence[Incident], advice: Advice | None = None
) -> list[Incident]:
    """The incidents with the likeliest of the report's places first; a place given before stays behind it.

    `incidents[k]` is what the rules made of `stories[k]`. A sum has only the places told with it,
    an act told together with those in other countries only its own.
    """
    named = mentions(marks)
    weight = weights() if advice is None else advice.place_weights()
    return [
        incident
        if incident.scope in ("total", "statistic") or stories[k].scene is not None
        else with_first(incident, likeliest(options(k, stories, incidents, marks, named, advice), weight).place)
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


def with_first(incident: Incident, place: Place | None) -> Incident:
    """The incident with this place before its others, each named once; as it is where nothing was chosen."""
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


# --- what may be chosen --------------------------------------------------------------------------


def options(
    k: int,
    stories: Sequence[Story],
    incidents: Sequence[Incident],
    marks: Sequence[Marks],
    named: Sequence[Mention],
    advice: Advice | None = None,
) -> list[Option]:
    """The places that story `k` may have happened at, and "none of these"."""
    story = stories[k]
    others = {fold(i.places[0]) for n, i in enumerate(incidents) if n != k and i.places}
    apart = [other for n, other in enumerate(stories) if n != k]
    single = sum(i.scope in ("incident", "background") for i in incidents) == 1
    ruled = [fold(name) for name in incidents[k].places]
    first = next((m.place for m in named if m.key == ruled[0]), None) if ruled else None
    out: list[Option] = []
    for told in within_reach(story, named):
        traits = dict(told.traits)
        where = list(standing(story, told, marks))
        here = "clause" in where
        traits.update((name, 1.0) for name in where)
        traits.update((name, 1.0) for name in _by_rule(incidents[k], ruled, told, "clause" if here else "outside"))
        if single:
            traits[f"one act, {where[0]}"] = 1.0
            traits["one act, named often"] = traits["named often"]
        if not here:
            traits.update((name, 1.0) for name in told_apart(story, told, apart))
            if first is not None and width(told.place) < width(first):
                traits[f"finer than the rule's, {where[0]}"] = 1.0
        if told.key in others:
            traits["another act's" + (", clause" if here else "")] = 1.0
        if here or "clause of the title" in where:
            traits.update((name, 1.0) for name in beside_harm(story, told, named))
        if advice is not None:
            traits.update(advice.place(story.acts, told.place.span))
        out.append(Option(told.key, told.place, traits))
    return [*out, _nothing(incidents[k], single)]


def _by_rule(incident: Incident, ruled: Sequence[str], told: Mention, where: str) -> Iterator[str]:
    """Whether the rules chose the place, or one that holds it or lies in it; `where` is the clause or outside.

    `ruled` are the incident's places, folded.
    """
    rank = f"{min(ruled.index(told.key), 2)}" if told.key in ruled else "another" if ruled else "none"
    yield f"by rule {rank}"
    yield f"by rule {rank}, {where}"
    yield f"width {width(told.place)}, {where}"
    if incident.place_details and ruled[0] != told.key:
        first = incident.place_details[0]
        if any(ruled[0] in fold(x) for x in (told.place.admin1, told.place.admin2) if x):
            yield "in the rule's place"
        elif any(told.key in fold(x) for x in (first.admin1, first.admin2) if x):
            yield "around the rule's place"


def _nothing(incident: Incident, single: bool) -> Option:
    traits = {"none": 1.0, f"none, by rule {'some' if incident.places else 'none'}": 1.0}
    if incident.scope == "background":
        traits["none, background"] = 1.0
    if single:
        traits["none, one act"] = 1.0
    return Option(None, None, traits)
