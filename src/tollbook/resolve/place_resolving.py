"""Decides which bearer of a name is meant, or that none of them is.

The report's country (its own words, demonyms, places that can only lie in one country, the user's hint) and its other
places
decide between namesakes. A bearer in a country that nothing else in the report speaks of is refused
unless the world knows it: no coordinates beat wrong ones.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cache, lru_cache

from tollbook.lexicon import load
from tollbook.model import Place
from tollbook.resolve.countries import countries
from tollbook.resolve.gazetteer import Entry
from tollbook.resolve.place_mention import ACCEPTED, Mention, holds, near
from tollbook.resolve.place_outlets import Home
from tollbook.resolve.place_text import Words, place_words

FAMOUS = 400_000  # people: a town of that size is meant without its country being named
HINT_WEIGHT, SPOKEN_WEIGHT, CAP = 6.0, 1.4, 10.0
# What the outlet's seat adds: a national outlet's country only breaks ties (less than SUPPORTED), a local paper's
# counts like a country named twice, and its province like one named once.
HOME_WEIGHT, LOCAL_WEIGHT, LOCAL_PROVINCE = 0.7, 2.8, 1.4
CUE_WEIGHT, CUES = 0.9, 3  # what a word that hardly any other country uses adds, and how many of them count
SUPPORTED = 0.8  # weight of a country that something else in the report speaks of
SEAT_KM = 15.0  # how far outside a town its airport or its camp may lie
TOLD = 3.0  # "Lebanon, Pa." makes the report's other Lebanons the same one
NESTED = 2.5  # "Huntsville" and "Walker County" in one report: the Huntsville that lies in a Walker County
COUNTRY, CAPITAL = 1.5, 1.0  # "Italy" in a Texan paper is the country, "Washington" the seat of a government
NAMESAKE = 2.0  # what a small town loses beside a country or a large province of its name ("Egypt", Arizona)
AGREED = 0.5  # votes of other names for the province of a place that nothing else speaks for
MAX_ALTERNATIVES = 5
MAX_SPREAD = 40  # a name borne in more provinces says nothing about which one is meant
_GENERIC = {
    "US": 0.45,
    "GB": 0.5,
    "FR": 0.6,
    "RU": 0.6,
    "TR": 0.8,
    "IR": 0.7,
    "CN": 0.6,
    "DE": 0.6,
}  # often named as actors, not as scenes


@dataclass(slots=True)
class Context:
    """What a report says about where it plays: weight by country, by province id, and points taken as certain."""

    countries: dict[str, float]
    provinces: dict[str, float]
    points: list[tuple[str, Entry]]  # with the name that gave it
    main: str | None
    own: dict[str, dict[str, float]]  # name -> country -> what that name itself added
    districts: dict[str, set[str]]  # district id -> names that may mean it
    inside: dict[str, set[str]]  # district id -> names that may mean a place in it
    own_areas: dict[tuple[str, str], float]  # name, province id -> what that name itself added to the province
    told: dict[str, set[str]]  # name -> bearers that the text once names with what holds them
    _beside: dict[str, tuple[dict[str, float], float]] = field(default_factory=dict)
    _chosen: dict[tuple[str, str | None, int], tuple[Entry | None, list[Entry]]] = field(default_factory=dict)

    def beside(self, name: str) -> tuple[dict[str, float], float]:
        """The countries' weights without what the name itself adds, and the largest: no name is its own witness."""
        known = self._beside.get(name)
        if known is None:
            own = self.own.get(name, {})
            support = {c: max(0.0, weight - own.get(c, 0.0)) for c, weight in self.countries.items()}
            known = self._beside[name] = (support, max(support.values(), default=0.0))
        return known

    def nests(self, entry: Entry, name: str) -> bool:
        """Does another name of the report mean, or may it, the district that holds the entry, or a place in it?"""
        if entry.level == "district":
            beside = self.inside.get(entry.id, set())
        else:
            beside = self.districts.get(entry.admin2_id or "", set())
        return not beside <= {name}

    def choose(self, mention: Mention) -> tuple[Entry | None, list[Entry]]:
        """`best`, remembered where nothing but name and level decides."""
        if mention.containers or mention.measured is not None:
            return best(mention, self)
        key = (mention.name, mention.hint, len(mention.entries))
        if key not in self._chosen:
            self._chosen[key] = best(mention, self)
        return self._chosen[key]


_UNHINTED = {"country": 1.0, "town": 0.6, "province": 0.3, "region": 0.5, "point": 0.3, "district": 0.0}
_HINTED = {
    ("district", "town"): 0.5,
    ("town", "district"): 0.2,
    ("region", "province"): 0.9,
    ("region", "town"): 0.6,
    ("region", "district"): 0.5,
    ("province", "district"): 0.4,
    ("province", "region"): 0.6,
    ("district", "province"): 0.1,
    ("town", "point"): 0.3,
}


def level_fit(entry: Entry, hint: str | None) -> float:
    """How well an entry's level agrees with the words around the name; a town where they say nothing."""
    level = entry.level
    if hint is None:
        return _UNHINTED[level] - (0.5 if level == "district" and not entry.curated else 0.0)
    if hint == level:
        return 2.6 if level == "province" else 1.6
    return _HINTED.get((hint, level), -0.6)


def size_bonus(entry: Entry) -> float:
    """Larger places are meant more often: 0 to about 3 by the logarithm of the people living there."""
    return _size_bonus(entry.level, entry.population, entry.curated)


@lru_cache(maxsize=8192)
def _size_bonus(level: str, population: int, curated: bool) -> float:
    if level == "country":
        return 3.2
    people = population if level != "district" or curated else population * 0.5
    bonus = max(0.0, math.log10(people + 1) - 2.0) * 0.55
    return min(2.8, max(bonus, 1.0 if curated else 0.0)) + (0.5 if curated else 0.0)


_MATCH = {"name": 0.0, "alternate": -0.35, "folded": -1.6}


@cache
def _capitals() -> frozenset[str]:
    return frozenset(c.capital for c in countries().values() if c.capital)


def rate(entry: Entry, mention: Mention, context: Context, namesake: bool) -> float:
    """How likely this bearer is meant; only differences count. `namesake`: see `_has_large_namesake`."""
    value = size_bonus(entry) + level_fit(entry, mention.hint) + _MATCH[entry.match]
    if entry.level == "country" and not mention.containers:
        value += COUNTRY
    elif entry.level == "town" and entry.population >= FAMOUS and entry.name in _capitals():
        value += CAPITAL
    if namesake and entry.level in ("town", "district") and not mention.containers and _is_small(entry, mention):
        value -= NAMESAKE
    support, strongest = context.beside(mention.name)
    if strongest:
        value += 3.0 * support.get(entry.country, 0.0) / strongest
    area = entry.id if entry.level == "province" else entry.admin1_id
    if area:
        beside = context.provinces.get(area, 0.0) - context.own_areas.get((mention.name, area), 0.0)
        value += 2.4 * min(1.0, max(0.0, beside) / 2.0)
    if context.nests(entry, mention.name) and (entry.level == "district" or mention.hint != "district"):
        value += NESTED
    for container in mention.containers:
        if any(holds(outer, entry) for outer in container.entries):
            value += 4.0
            break
    else:
        if mention.hint in (None, entry.level) and entry.id in context.told.get(mention.name, ()):
            value += TOLD
    if context.points and entry.radius_km and entry.level != "country":
        closest = min([near(entry, point) for name, point in context.points if name != mention.name], default=None)
        if closest is not None:
            value += 1.5 * math.exp(-closest / 120.0)
    return value


def _is_small(entry: Entry, mention: Mention) -> bool:
    """Is the place one that a country or large province of its name hides ("Egypt", "Oregon")?"""
    return entry.population < FAMOUS and not entry.curated and mention.hint != entry.level


def _has_large_namesake(mention: Mention) -> bool:
    """Is a country or a large province called so?"""
    return any(
        e.level == "country" or (e.level == "province" and e.population >= FAMOUS and e.match == "name")
        for e in mention.entries
    )


def _acceptable(entry: Entry, mention: Mention, context: Context) -> bool:
    """Whether the entry may be meant at all, given what the report speaks of."""
    if entry.level == "country":
        return True
    if any(holds(outer, entry) for container in mention.containers for outer in container.entries):
        return True
    if entry.match != "folded" and context.nests(entry, mention.name):
        return True
    supports, strongest = context.beside(mention.name)
    support = supports.get(entry.country, 0.0)
    if entry.match == "folded":
        return support >= 1.4 and support >= 0.5 * strongest
    if support >= SUPPORTED and support >= 0.12 * strongest:
        return True
    if entry.match == "name" and _among_its_own(entry, mention, context):
        return True
    famous = entry.population >= FAMOUS and entry.match == "name" and entry.level in ("town", "province")
    if famous or (entry.level == "region" and entry.curated):
        return True
    if strongest < SUPPORTED:
        return entry.population >= 100_000 or (entry.curated and entry.level != "district") or entry.level == "province"
    return entry.level == "province" and entry.match == "name" and entry.population >= 3_000_000


def best(mention: Mention, context: Context) -> tuple[Entry | None, list[Entry]]:
    """The bearer meant, or None, and all candidates from likely to unlikely."""
    namesake = _has_large_namesake(mention)
    rated = [(rate(e, mention, context, namesake), e) for e in mention.entries]
    if len(rated) > 1:
        rated.sort(key=lambda pair: (-pair[0], pair[1].id))
    for _, entry in rated:
        if _acceptable(entry, mention, context) and _measures(entry, mention):
            return entry, [e for _, e in rated]
    return None, [e for _, e in rated]


def _among_its_own(entry: Entry, mention: Mention, context: Context) -> bool:
    """Do other names of the report, each ambiguous by itself, speak for the entry's province?"""
    area = entry.admin1_id
    if area is None:
        return False
    areas = {e.admin1_id for e in mention.entries if e.match != "folded"}
    return context.provinces.get(area, 0.0) - 1.0 / max(1, len(areas)) >= AGREED


def _measures(entry: Entry, mention: Mention) -> bool:
    """Where the text says how far the place lies from another, it must lie about there."""
    for_other = mention.measured
    if for_other is None or for_other.distance is None:
        return True
    km = for_other.distance[0]
    anchors = [e for e in for_other.entries if e.country == entry.country and e.level == "town"]
    if not anchors or not entry.radius_km:
        return True
    return any(
        abs(near(entry, anchor) - km) <= 0.35 * km + anchor.radius_km + entry.radius_km + 5 for anchor in anchors
    )


def _single_country(entries: Sequence[Entry]) -> str | None:
    """The country where a name's every bearer of weight lies."""
    strong = [e for e in entries if e.match != "folded"]
    if not strong:
        return None
    top = max(strong, key=lambda e: (e.curated, e.population))
    rivals = [
        e
        for e in strong
        if e.country != top.country and (e.population * 8 >= top.population or e.population >= 20_000 or e.curated)
    ]
    return None if rivals else top.country


def _votes(mentions: Sequence[Mention], provinces: dict[str, float], own: dict[str, dict[str, float]]) -> None:
    """Provinces and countries that several names share: each name has one vote, split over where its bearers lie.

    "Palestine", "Athens" and "Anderson County" are each ambiguous; only Texas has all three.
    """
    for name, entries in {m.name: m.entries for m in mentions}.items():
        exact = [e for e in entries if e.match != "folded"]
        if not exact or any(e.level == "country" for e in exact):
            continue
        areas = {e.id if e.level == "province" else e.admin1_id for e in exact} - {None}
        for area in areas if len(areas) <= MAX_SPREAD else ():
            provinces[str(area)] += 1.0 / len(areas)
        sizes: dict[str, float] = defaultdict(float)
        for e in exact:
            sizes[e.country] = max(sizes[e.country], 0.3 + size_bonus(e))
        total = sum(sizes.values())
        for code, size in sizes.items():
            own[name][code] += size / total


def context_of(
    mentions: Sequence[Mention],
    words: Words,
    hint: str | None,
    first: Context | None = None,
    home: tuple[Home, Entry | None] | None = None,
) -> Context:
    """Weighs countries and provinces by what is named; with `first`, by what it made of the ambiguous names too."""
    taken = [m for m in mentions if m.score >= ACCEPTED and m.entries]
    provinces: dict[str, float] = defaultdict(float)
    own: dict[str, dict[str, float]] = defaultdict(lambda: defaultdict(float))
    own_areas: dict[tuple[str, str], float] = defaultdict(float)
    _votes(taken, provinces, own)
    points: list[tuple[str, Entry]] = []
    times: Counter[str] = Counter()
    for mention in taken:
        times[mention.name] += 1
        factor = 1.0 / times[mention.name] * (0.4 if mention.dateline else 1.0)
        entry = _evident(mention, first)
        if entry is None:
            continue
        if entry.level == "country":
            sure = not any(
                e.country != entry.country and e.level != "district" and e.population > 5000 for e in mention.entries
            )
            weight = SPOKEN_WEIGHT if sure or first else 0.7
            own[mention.name][entry.country] += weight * max(factor, 0.5) * _GENERIC.get(entry.country, 1.0)
            continue
        if factor < 0.2:
            continue
        own[mention.name][entry.country] += factor
        area = entry.id if entry.level == "province" else entry.admin1_id
        if area:
            share = factor if entry.level == "province" else 0.7 * factor
            provinces[area] += share
            own_areas[mention.name, area] += share
        if entry.radius_km and entry.level in ("town", "district", "point") and times[mention.name] == 1:
            points.append((mention.name, entry))
    countries: dict[str, float] = defaultdict(float)
    if hint:
        countries[hint] += HINT_WEIGHT
    if home is not None:
        at_home, seat = home
        countries[at_home.country] += LOCAL_WEIGHT if seat else HOME_WEIGHT
        if seat is not None:
            provinces[seat.admin1_id or seat.id] += LOCAL_PROVINCE
            points.append(("", seat))
    for code, number in words.peoples.items():
        countries[code] += min(CAP, SPOKEN_WEIGHT * number) * _GENERIC.get(code, 1.0)
    for code, number in words.cues.items():
        countries[code] += CUE_WEIGHT * min(CUES, number)
    for weights in own.values():
        for code, weight in weights.items():
            countries[code] += weight
    main = max(countries.items(), key=lambda pair: (pair[1], pair[0]))[0] if countries else None
    districts, inside = _nesting(taken)
    each = {n: dict(w) for n, w in own.items()}
    told: dict[str, set[str]] = defaultdict(set)
    for mention in taken if first is not None else ():
        outer = [e for c in mention.containers for e in c.entries if e.level != "country"]
        entry = first.choose(mention)[0] if first is not None and outer and mention.hint is None else None
        if entry is not None and any(holds(e, entry) for e in outer):
            told[mention.name].add(entry.id)
    return Context(dict(countries), dict(provinces), points[:12], main, each, districts, inside, own_areas, told)


def _nesting(mentions: Sequence[Mention]) -> tuple[dict[str, set[str]], dict[str, set[str]]]:
    """The districts that names called so may mean, and those that hold what names may mean, each with the names."""
    districts: dict[str, set[str]] = defaultdict(set)
    inside: dict[str, set[str]] = defaultdict(set)
    kinds = place_words().kinds
    so_called = {m.name for m in mentions if m.hint == "district"}
    for mention in {m.name: m for m in mentions}.values():
        called = mention.name in so_called or kinds.get(mention.name.rsplit(" ", 1)[-1].lower()) == "district"
        for entry in mention.entries:
            if entry.match == "folded":
                continue
            if entry.level == "district" and called:
                districts[entry.id].add(mention.name)
            elif entry.level != "district" and entry.admin2_id and mention.name not in so_called:
                inside[entry.admin2_id].add(mention.name)
    return districts, inside


def _evident(mention: Mention, first: Context | None) -> Entry | None:
    """The bearer that can be counted on: the only one of weight, or what an earlier round chose."""
    if first is not None:
        return first.choose(mention)[0]
    exact = [e for e in mention.entries if e.match != "folded"]
    if not exact:
        return None
    country = next((e for e in exact if e.level == "country"), None)
    if country is not None:
        return (
            None if any(e.level == "province" and e.country != country.country for e in exact) else country
        )  # Georgia
    nested = [e for e in exact if any(holds(o, e) for c in mention.containers for o in c.entries)]
    if len({e.country for e in nested}) == 1:
        return max(nested, key=lambda e: (e.population, e.id))
    if _single_country(exact) and exact[0].population >= 50_000:
        wanted = [e for e in exact if e.level == mention.hint] or [e for e in exact if e.level == "town"] or exact
        return max(wanted, key=lambda e: (e.population, e.id))
    return None


def moved(entry: Entry, km: float, bearing: float) -> tuple[float, float]:
    """The point so many kilometres from an entry, on a flat earth (exact enough under 300 km)."""
    angle = math.radians(bearing)
    lat = entry.lat + km * math.cos(angle) / 111.2
    lon = entry.lon + km * math.sin(angle) / (111.2 * max(0.05, math.cos(math.radians(entry.lat))))
    return round(lat, 4), round((lon + 180) % 360 - 180, 4)


def admin_level(entry: Entry) -> int | None:
    """0 country, 1 province, 2 district, 3 anything smaller; None for a region that no administration has."""
    if entry.level == "district" and not entry.id.startswith("a2:"):
        return 3
    value = load("precision")["levels"][entry.level]["admin_level"]
    return None if value is None else int(value)


def to_place(mention: Mention, entry: Entry | None, candidates: Sequence[Entry]) -> Place:
    """The public value. Alternatives read `id (country)`, at most five, the chosen one not among them."""
    others = tuple(f"{e.id} ({e.country})" for e in candidates if entry is None or e.id != entry.id)[:MAX_ALTERNATIVES]
    span = (mention.start, mention.end)
    if entry is None:
        return Place(name=mention.name, span=span, level=mention.hint, alternatives=others)
    if (
        mention.distance is not None
        and mention.measured is None
        and mention.distance[1] is not None
        and entry.radius_km
    ):
        km, bearing = mention.distance
        assert bearing is not None
        lat, lon = moved(entry, km, bearing)
        share = float(load("precision")["radius_km"]["distance_share"])
        radius = round(max(5.0, km * share) + min(entry.radius_km, 15.0), 1)
        return Place(
            name=mention.name,
            span=span,
            level="point",
            lat=lat,
            lon=lon,
            radius_km=radius,
            admin_level=None,
            country=entry.country,
            alternatives=(f"{entry.id} ({entry.country})", *others)[:MAX_ALTERNATIVES],
        )
    placed = entry.radius_km > 0
    return Place(
        name=mention.name,
        span=span,
        level=entry.level,
        gazetteer_id=entry.id,
        lat=entry.lat if placed else None,
        lon=entry.lon if placed else None,
        radius_km=entry.radius_km if placed else None,
        admin_level=admin_level(entry),
        admin1=entry.name if entry.level == "province" else entry.admin1,
        admin2=entry.admin2,
        country=entry.country,
        alternatives=others,
    )


def seated(place: Place, inner: Mention, entry: Entry | None) -> Place:
    """A nameless-in-the-gazetteer facility set where the place it is named after lies ("Beirut airport"): that
    place's point and radius, and its reach on top. Unchanged where that place is a country or has no point.
    """
    if entry is None or entry.level == "country" or not entry.radius_km:
        return place
    return replace(
        place,
        lat=entry.lat,
        lon=entry.lon,
        radius_km=round(entry.radius_km + SEAT_KM, 1),
        admin1=entry.name if entry.level == "province" else entry.admin1,
        admin2=entry.admin2,
        country=entry.country,
    )
