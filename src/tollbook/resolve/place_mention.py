"""A candidate for a place's name in a text, and what the gazetteer alone says about it."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from tollbook.resolve.gazetteer import Entry
from tollbook.resolve.place_text import Line

ACCEPTED = 2.0

# Evidence that a name is meant as a place; ACCEPTED is the line. Set by eye on the training texts and LGL: an unknown
# name
# needs one clear sign ("near X", "X district"), a well-known one hardly any, an ordinary word two.
WEIGHTS = {
    "kind_of": 4.0,
    "kind_after": 3.0,
    "kind_before": 2.0,
    "strong": 2.2,
    "weak": 1.0,
    "direction": 1.0,
    "list": 2.0,
    "nested": 3.0,
    "title": -6.0,
    "verb": -2.0,
    "person": -4.0,
    "common": -3.0,
    "small": -3.0,
    "sentence_start": -0.7,
    "heads": 2.0,
    "struck": 2.0,
    "distance": 4.0,
    "known": 0.5,
    "capitals": -1.0,
    "adjacent": -2.5,
    "people": 1.5,
    "civic": 0.5,
    "article": -1.6,
    "headline": -1.0,
    "arabic": 0.7,
    "owner": -2.0,
    "unknown_capitals": -1.6,
    "letters": -2.5,
}


@dataclass(slots=True)
class Mention:
    """A candidate: words `first`..`last` of `line`. `hint` is the level its words give it, `score` its evidence.

    `entries` is empty for a name the gazetteer does not have. `containers` are mentions said to hold it
    ("Shaab, Baghdad"). `distance` is (km, degrees or None) where the text only measures from it.
    """

    line: Line
    first: int
    last: int
    name: str
    entries: tuple[Entry, ...]
    score: float = 0.0
    hint: str | None = None
    facility: bool = False
    dateline: bool = False
    abbreviation: bool = False
    preposition: bool = False
    associated: bool = False  # named in an institution's name, a party's letter and the like: evidence, no scene
    civic: bool = False  # an office or institution follows: "Carthage Police Chief"
    inner: Mention | None = None  # the place a facility is named after: "Beirut airport"
    containers: list[Mention] = field(default_factory=list)
    distance: tuple[float, float | None] | None = None
    measured: Mention | None = None  # what is said to lie that far from it

    @property
    def start(self) -> int:
        """Where the name begins in the text."""
        return self.line.tokens[self.first].start

    @property
    def end(self) -> int:
        """Where it ends."""
        return self.line.tokens[self.last].end

    @property
    def known(self) -> bool:
        """Whether the gazetteer has the name as it is spelled."""
        return bool(self.entries) and self.entries[0].match != "folded"  # the best spelled stands first


def near(a: Entry, b: Entry) -> float:
    """Kilometres between two entries, to about one per cent under 1000 km (equirectangular projection)."""
    east = abs(a.lon - b.lon)
    x = min(east, 360.0 - east) * math.cos(math.radians((a.lat + b.lat) / 2))
    return 111.2 * math.hypot(x, a.lat - b.lat)


def holds(outer: Entry, inner: Entry) -> bool:
    """Whether one entry lies in the other, by administration or, for towns and parts of them, by distance."""
    if outer.id == inner.id:
        return False
    if outer.level == "country":
        return outer.country == inner.country
    if outer.level in ("province", "district") and outer.id in (inner.admin1_id, inner.admin2_id):
        return True
    if outer.country != inner.country and outer.level != "region":
        return False
    if inner.level in ("country", "province") or not outer.radius_km or not inner.radius_km:
        return False
    if outer.level == "town" and inner.population > outer.population:
        return False
    reach = {
        "region": outer.radius_km,
        "province": 0.0,
        "district": outer.radius_km,
        "town": outer.radius_km + 25.0,
    }.get(outer.level, 0.0)
    return abs(outer.lat - inner.lat) * 111.0 <= reach and near(outer, inner) <= reach


def can_hold(outer: Mention, inner: Mention) -> bool:
    """Whether some reading of the second name lies in some reading of the first."""
    return any(holds(o, i) for o in outer.entries for i in inner.entries if i.match != "folded")


def prominence(entries: Sequence[Entry], prior: Collection[str] = ()) -> float:
    """What the gazetteer alone says for a name being meant as a place: 0 to 2.5.

    `prior` are the countries the report plainly speaks of; bearers elsewhere count little beside them.
    """
    best = 0.0
    for entry in entries:
        if entry.level == "country":
            return 2.5
        people = entry.population
        if entry.level == "province":
            value = 1.5
        elif entry.curated:
            value = 1.2
        else:
            value = 1.8 if people >= 1_000_000 else 1.3 if people >= 200_000 else 0.8 if people >= 30_000 else 0.3
        if entry.match == "alternate":
            value -= 0.3
        if prior and entry.country not in prior and people < 1_000_000:
            value = min(value, 0.3)
        elif entry.country in prior:
            value += 0.4
        best = max(best, value)
    return best
