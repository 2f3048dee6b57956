"""What a place is to the clause that names it: a scene, a yardstick, where somebody spoke, was taken or treated."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from tollbook.extract.marks import Marks
from tollbook.extract.words import phrases, words
from tollbook.model import Place
from tollbook.resolve.countries import capitals

_BIG_KM = 4.0  # a town drawn wider than this is a city: it stands behind a village or a district of its own
_REGION_KM = 25.0  # a region drawn as wide is as wide as a province
_OPENS = 5  # tokens before a name that are looked at for where it lies
_CARED = 16  # tokens before a hospital's name in which somebody is taken there
_HOSPITAL = frozenset({"hospital", "medical", "clinic", "infirmary", "health", "trauma"})


def measured_from(marks: Marks, place: Place) -> bool:
    """Is the place what another is measured from ("south of Baghdad", "73 km from the capital")?"""
    i = marks.tokens.at(place.span[0])
    before = marks.tokens.low[max(0, i - 4) : i]
    sides = [k for k, w in enumerate(before) if w in words("compass") and not w.endswith("ern")]
    return bool(sides) and any(w in ("of", "from") for w in before[sides[0] :])


def elsewhere(marks: Marks, place: Place) -> bool:
    """Is the place where fire came from, where somebody spoke or was taken, rather than where harm was done?

    So is one that the sentence turns from ("Away from Anbar, ..."), and the home of those harmed at another.
    """
    if _home_of_harmed(marks, place):
        return True
    i = marks.tokens.at(place.span[0])
    before = list(marks.tokens.low[max(0, i - _OPENS) : i])
    while before and before[-1] in (
        "the",
        "town",
        "city",
        "of",
        "village",
        "countryside",
        "province",
        "rural",
        "northern",
        "southern",
        "eastern",
        "western",
        "citys",
        "east",
        "west",
    ):
        before.pop()
    if i <= _OPENS and " ".join(before) in phrases("turns_from"):
        return True
    return " ".join(before[-3:]).endswith(phrases("origin"))


def _home_of_harmed(marks: Marks, place: Place) -> bool:
    """ "Killed seven barbers from Punjab in Gwadar": the people counted come from there, and another place is told."""
    tokens = marks.tokens
    i = tokens.at(place.span[0]) - 1
    if i < 1 or tokens.low[i] != "from":
        return False
    hurt = ("killed", "injured")  # not "abducted 12 pupils from Dori"
    counted = any(f.counted and f.harm in hurt and tokens.at(f.span[1] - 1) + 1 == i for f in marks.figures)
    return counted and any(p.level not in ("country", "point") and p.name != place.name for p in marks.places)


def cared_for(marks: Marks, place: Place) -> bool:
    """Is it where the hurt were taken, or the town of that hospital ("rushed to Mercy Hospital in Salem")?"""
    low, i = marks.tokens.low, marks.tokens.at(place.span[0])
    hospitals = [p for p in marks.places if p.level == "point" and _HOSPITAL & set(p.name.lower().split())]
    if all(p is not place for p in hospitals):
        before = next((p for p in reversed(hospitals) if p.span[1] <= place.span[0]), None)
        if before is None or low[marks.tokens.at(before.span[1] - 1) + 1 : i] not in (("in",), (",",)):
            return False
        i = marks.tokens.at(before.span[0])
    return not words("takes_to_care").isdisjoint(low[max(0, i - _CARED) : i])


def of_office(marks: Marks, place: Place) -> bool:
    """Does the place only say whose office the speaker holds ("the deputy governor of Lower Shabelle said")?"""
    low, i = marks.tokens.low, marks.tokens.at(place.span[0])
    if words("said").isdisjoint(low):
        return False
    after = marks.tokens.at(place.span[1] - 1) + 1
    before = [w for w in low[max(0, i - 3) : i] if w != "the"]
    held = before[-1:] == ["of"] and not words("place_offices").isdisjoint(before[:-1])
    return held or not words("place_offices").isdisjoint(low[after : after + 2])


def stands_for_state(marks: Marks, place: Place) -> bool:
    """Does a capital's name stand for its government ("Washington and its allies", "troops loyal to Paris")?"""
    if place.name.casefold() not in capitals():
        return False
    first, last = marks.tokens.at(place.span[0]), marks.tokens.at(place.span[1] - 1) + 1
    before, after = marks.tokens.low[max(0, first - 2) : first], marks.tokens.low[last : last + 3]
    return bool({" ".join(before[-1:]), " ".join(before)} & words("before_state")) or bool(
        {" ".join(after[:n]) for n in (1, 2, 3)} & words("after_state")
    )


def is_site(place: Place) -> bool:
    """A named street, hospital or airport; a point measured from a town ("73km from Baghdad") bears no name."""
    return place.level == "point" and (place.lat is None or place.gazetteer_id is not None or place.admin1 is not None)


def is_scene(marks: Marks, place: Place) -> bool:
    """May something have happened there: no country, no bare point, not where one spoke or fired from?"""
    return place.level not in ("country", "point") and not elsewhere(marks, place)


def as_called(marks: Marks, place: Place) -> Place:
    """A name called a neighbourhood, village or street is a small place, whatever larger namesake there is."""
    i = marks.tokens.at(place.span[1] - 1) + 1
    called = marks.tokens.low[i : i + 2]
    if any(w in words("small_place") for w in called[:1]) or (
        len(called) > 1 and called[1] in words("small_place") and called[0] in ("residential", "city")
    ):
        return replace(place, level="district")
    return place


def width(place: Place) -> int:
    """0 for a village, district, small region or unknown name, 1 for a city, 2 for a province or large region."""
    if place.level in ("province", "country") or (place.level == "region" and (place.radius_km or 0.0) >= _REGION_KM):
        return 2
    return 1 if place.level == "town" and (place.radius_km or 0.0) >= _BIG_KM else 0


def finest_first(places: Sequence[Place]) -> list[Place]:
    """Most specific first, otherwise in text order; each name once."""
    seen: set[str] = set()
    kept = []
    for place in sorted(places, key=lambda p: (width(p), p.span[0])):
        if place.name.lower() not in seen:
            seen.add(place.name.lower())
            kept.append(place)
    return kept
