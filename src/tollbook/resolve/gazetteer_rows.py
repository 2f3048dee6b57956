"""The project's own rows (`data/places/*.yml`, `data/precision.yml`) made into rows of the gazetteer.

A country's file is named by its code and holds `source` and any of four lists:

    provinces:  "name; other spelling; ..."                       spellings of an administrative area that GeoNames has
    places:     "name; other spelling | admin1 | lat lon | level | radius km"   level (town) and radius may be left out
    spellings:  "name of a town that GeoNames has; other spelling; ..."
    within:     {town: ["district; other spelling", ...]}        parts of a town that lie in it; the point is the town's
"""

from __future__ import annotations

import hashlib
import math
import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from tollbook.errors import LexiconError
from tollbook.lexicon import DATA, load
from tollbook.resolve.gazetteer_file import LEVELS, Row, deep, light

_KIND = re.compile(
    r"(?i:\b(?:province|governorate|oblast|region|state|district|department|prefecture|county|parish|municipality|muḩāfaz̧at|"
    r"muhafazat|wilaya|division|territory|republic|krai|okrug|raion|canton|zone|community|council|township|regency|"
    r"local government area|departamento|departamento de|provincia|provincia de|estado|estado de|distrito|distrito de|"
    r"municipio de|municipio|wilayat|wilayah|ostan|ostan-e|vilayat|viloyati|circle|subdistrict|"
    r"qaza|caza|of|the|de|du|d['’]))\b"
)
_SOURCES = ("general reference",)
SAME_KM = 20.0  # two towns of one name within it are one place
OWN_KM = 5.0  # how exact a row's point is where it does not say
SAME_PART_KM = 6.0  # two parts of a town


@dataclass(frozen=True, slots=True)
class Own:
    """One row of a country's file. `lat`, `lon` None: the point of `within`, or of a place known already.

    `level` is one of the gazetteer's, or "spelling" for other spellings of a town that is there.
    """

    country: str
    names: tuple[str, ...]
    level: str
    admin1: str | None = None
    lat: float | None = None
    lon: float | None = None
    radius_km: float | None = None
    within: str | None = None


def distance_km(lat1: float, lon1: float, lat2: float, lon2: float) -> float:
    """Great-circle distance (haversine, mean earth radius 6371 km)."""
    p1, p2 = math.radians(lat1), math.radians(lat2)
    a = math.sin((p2 - p1) / 2) ** 2 + math.cos(p1) * math.cos(p2) * math.sin(math.radians(lon2 - lon1) / 2) ** 2
    return 12742.0 * math.asin(min(1.0, math.sqrt(a)))


def default_radius(level: str, population: int = 0) -> float:
    """The radius of a place of which no better is known, from `data/precision.yml`."""
    radii = load("precision")["radius_km"]
    if level != "town":
        return float(radii.get(level, radii["district"]))
    for most, radius in radii["town"]:
        if most is None or population <= most:
            return float(radius)
    raise LexiconError("precision.yml: the last row of radius_km.town must have no bound")


def strip_kind(name: str) -> str:
    """The name of an administrative area without the word for its kind: "Kirkuk Governorate" is "Kirkuk"."""
    stripped = " ".join(_KIND.sub(" ", name).split()).strip(" -'’")
    return stripped if len(stripped) >= 3 else name


def area_of(points: Sequence[tuple[float, float, int]]) -> tuple[float, float, float, int]:
    """Middle, radius (km) and people of an area from its towns; all zero without a town.

    The middle is that of the box around 96 in 100 towns, the radius reaches 95 in 100 of them.
    """
    if not points:
        return 0.0, 0.0, 0.0, 0
    cut = len(points) // 50

    def middle(values: Iterable[float]) -> float:
        ordered = sorted(values)[cut : len(points) - cut]
        return (ordered[0] + ordered[-1]) / 2

    lat, lon = middle(p[0] for p in points), middle(p[1] for p in points)
    far = sorted(distance_km(lat, lon, p[0], p[1]) for p in points)
    margin = float(load("precision")["radius_km"]["area_margin"])
    radius = far[min(len(far) - 1, int(len(far) * 0.95))] + margin
    return round(lat, 4), round(lon, 4), round(min(radius, 6500.0), 1), sum(p[2] for p in points)


def country_names() -> dict[str, tuple[tuple[str, ...], tuple[str, ...]]]:
    """Code -> (names, demonyms), from `data/places/countries.yml`."""
    found = {}
    for code, line in load("places/countries").items():
        names, _, people = line.partition("|")
        found[code] = (_split(names), _split(people))
    return found


def countries_rows(points: dict[str, list[tuple[float, float, int]]]) -> list[Row]:
    """A row for each country of `countries.yml`; the point of `centres.yml` or the middle of its towns, the radius
    from these.
    """
    rows, centres = [], load("places/centres")
    for code, (names, _) in country_names().items():
        towns = points.get(code, [])
        lat, lon, radius, people = area_of(towns)
        if code in centres:
            lat, lon = (float(x) for x in centres[code].split())
            far = sorted(distance_km(lat, lon, p[0], p[1]) for p in towns)
            radius = round(far[int(len(far) * 0.95)], 1) if far else radius
        rows.append(
            Row(
                id=f"co:{code}",
                name=names[0],
                country=code,
                level="country",
                lat=lat,
                lon=lon,
                radius_km=radius,
                population=people,
                spellings=names[1:],
                code=code,
                curated=True,
            )
        )
    return rows


def _split(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(";") if part.strip())


def _place(line: str, country: str, file: str) -> Own:
    cells = [cell.strip() for cell in line.split("|")] + [""] * 5
    names, admin1, point, level, radius = (
        _split(cells[0]),
        cells[1],
        cells[2].replace(",", " ").split(),
        cells[3],
        cells[4],
    )
    problem = None
    if not names or len([c for c in cells if c]) > 5:
        problem = "a row is 'name; spelling | admin1 | lat lon | level | radius'"
    elif level and (level not in LEVELS or level == "country"):
        problem = f"no level {level!r}"
    elif len(point) != 2:
        problem = "lat and lon are missing"
    if problem is None:
        try:
            lat, lon = float(point[0]), float(point[1])
            km = float(radius) if radius else None
        except ValueError:
            problem = "not a number"
        else:
            if abs(lat) <= 90 and abs(lon) <= 180 and (km is None or 0 < km <= 3000):
                return Own(country, names, level or "town", admin1 or None, lat, lon, km)
            problem = "a number out of range"
    raise LexiconError(f"places/{file}.yml: {line!r}: {problem}")


def _file_rows(name: str, content: Any) -> list[Own]:
    if not isinstance(content, dict) or content.get("source") not in _SOURCES:
        raise LexiconError(f"places/{name}.yml: a mapping with a source out of {', '.join(_SOURCES)} is wanted")
    unknown = set(content) - {"source", "country", "provinces", "spellings", "places", "within"}
    country = content.get("country")
    if unknown or not isinstance(country, str) or country not in country_names():
        raise LexiconError(f"places/{name}.yml: unknown keys {sorted(unknown)} or country {country!r}")
    own = [Own(country, _split(line), "province") for line in content.get("provinces") or ()]
    own += [Own(country, _split(line), "spelling") for line in content.get("spellings") or ()]
    own += [_place(line, country, name) for line in content.get("places") or ()]
    for town, lines in (content.get("within") or {}).items():
        own += [Own(country, _split(line), "district", within=town) for line in lines]
    if any(not row.names for row in own):
        raise LexiconError(f"places/{name}.yml: a row without a name")
    return own


def own_files() -> list[str]:
    """The names of the countries' files, sorted."""
    return sorted(path.stem for path in (DATA / "places").glob("??.yml"))


def own_places() -> list[Own]:
    """Every row of every country's file. Raises LexiconError where one does not hold what it must."""
    return [row for name in own_files() for row in _file_rows(name, load(f"places/{name}"))]


def own_hash() -> str:
    """A hash of all files the compiled gazetteer takes from this project."""
    digest = hashlib.sha256()
    for path in [DATA / "places" / f"{name}.yml" for name in (*own_files(), "countries", "centres")] + [
        DATA / "precision.yml"
    ]:
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()[:16]


class _Known:
    """The rows so far, found by country and spelling; a row can be put in the place of another."""

    def __init__(self, rows: Iterable[Row]) -> None:
        self.rows = {row.id: row for row in rows}
        self._by_name: dict[tuple[str, str], list[str]] = defaultdict(list)
        self._provinces: dict[str, list[Row]] = defaultdict(list)
        for row in self.rows.values():
            if row.level == "province":
                self._provinces[row.country].append(row)
        for row in self.rows.values():
            self._file(row)

    def _file(self, row: Row) -> None:
        for spelling in (row.name, *row.spellings):
            self._by_name[row.country, light(spelling)].append(row.id)

    def named(self, country: str, names: Iterable[str]) -> list[Row]:
        ids = {i for name in names for i in self._by_name.get((country, light(name)), ())}
        return sorted((self.rows[i] for i in ids), key=lambda row: (-row.population, row.id))

    def province(self, country: str, names: Iterable[str]) -> Row | None:
        """The one province some of these names mean, as spelled or as transliterated."""
        names = tuple(names)
        exact = [row for row in self.named(country, names) if row.level == "province"]
        wanted = {deep(strip_kind(n)) for n in names} - {""}
        alike = [
            row
            for row in self._provinces[country]
            if wanted & {deep(strip_kind(n)) for n in (row.name, *row.spellings)}
        ]
        for found in (exact, alike):
            if len({row.id for row in found}) == 1:
                return self.rows[found[0].id]
        return None

    def put(self, row: Row) -> None:
        self.rows[row.id] = row
        self._file(row)


def _with_spellings(row: Row, names: Sequence[str]) -> Row:
    have = {light(n) for n in (row.name, *row.spellings)}
    new = tuple(n for n in names if light(n) not in have)
    return replace(row, spellings=row.spellings + new, curated=True)


def apply_own(rows: Sequence[Row], own: Sequence[Own]) -> tuple[list[Row], list[str]]:
    """The rows with the project's own added or merged in, and remarks for a person to read.

    A row that names a known place of its country within SAME_KM adds its spellings to it and marks it; the
    GeoNames point stays. Raises LexiconError for an admin1, a province or a town (`within`) that nothing has.
    """
    known, remarks, problems = _Known(rows), [], []
    for item in own:
        try:
            if item.within is not None:
                _apply_within(known, item)
            elif item.level in ("province", "spelling"):
                _apply_spellings(known, item)
            elif remark := _apply_place(known, item):
                remarks.append(remark)
        except LexiconError as error:
            problems.append(str(error))
    if problems:
        raise LexiconError("; ".join(problems))
    return list(known.rows.values()), remarks


def _apply_spellings(known: _Known, item: Own) -> None:
    if item.level == "province":
        province = known.province(item.country, item.names)
        if province is None:
            raise LexiconError(f"{item.country} {item.names[0]}: no one province of that name")
        matches = [province]
    else:
        matches = [row for row in known.named(item.country, item.names[:1]) if row.level == "town"]
        if not matches:
            raise LexiconError(f"{item.country} {item.names[0]}: no town of that name")
    known.put(_with_spellings(matches[0], item.names))


def _apply_within(known: _Known, item: Own) -> None:
    towns = [row for row in known.named(item.country, [item.within or ""]) if row.level == "town"]
    if not towns:
        raise LexiconError(f"{item.country} {item.within}: no town of that name")
    town = towns[0]
    for row in known.named(item.country, item.names):
        if row.level == "district" and row.lat and distance_km(row.lat, row.lon, town.lat, town.lon) <= SAME_PART_KM:
            known.put(_with_spellings(row, item.names))
            return
    known.put(
        Row(
            id=_own_id(known, item),
            name=item.names[0],
            country=item.country,
            level="district",
            lat=town.lat,
            lon=town.lon,
            radius_km=town.radius_km,
            admin1=town.admin1,
            admin2=town.admin2,
            spellings=item.names[1:],
            curated=True,
        )
    )


def _apply_place(known: _Known, item: Own) -> str | None:
    assert item.lat is not None
    assert item.lon is not None
    remark = None
    kin = ("town", "district") if item.level in ("town", "district") else (item.level,)
    for row in known.named(item.country, item.names):
        if row.level not in kin or row.id.startswith("a2:"):
            continue
        far = distance_km(row.lat, row.lon, item.lat, item.lon)
        if far <= SAME_KM:
            known.put(_with_spellings(row, item.names))
            return None
        if light(row.name) == light(item.names[0]):
            remark = f"{item.country} {item.names[0]}: a namesake lies {far:.0f} km away ({row.id} {row.lat} {row.lon})"
    admin1 = None
    if item.admin1:
        province = known.province(item.country, [item.admin1])
        if province is None:
            raise LexiconError(f"{item.country} {item.names[0]}: no province {item.admin1!r}")
        admin1 = province.id
        if (
            province.radius_km
            and distance_km(province.lat, province.lon, item.lat, item.lon) > province.radius_km * 1.6 + 30
        ):
            remark = f"{item.country} {item.names[0]}: far outside {item.admin1}"
    known.put(
        Row(
            id=_own_id(known, item),
            name=item.names[0],
            country=item.country,
            level=item.level,
            lat=item.lat,
            lon=item.lon,
            radius_km=item.radius_km or OWN_KM,
            admin1=admin1,
            spellings=item.names[1:],
            curated=True,
        )
    )
    return remark


def _own_id(known: _Known, item: Own) -> str:
    base = f"tb:{item.country.lower()}-{light(item.names[0]).replace(' ', '-')}"
    number, wanted = 1, base
    while wanted in known.rows:
        number += 1
        wanted = f"{base}-{number}"
    return wanted
