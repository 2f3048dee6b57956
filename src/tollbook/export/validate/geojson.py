"""Whether a file is GeoJSON (RFC 7946) that says where and how exactly: points in range, no pin for the unplaced."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Any

from tollbook.export.validate.values import Fault, stamp

_KINDS = ("Point", "MultiPoint", "LineString", "MultiLineString", "Polygon", "MultiPolygon")
_LIST = re.compile(r'"features"\s{0,20}:\s{0,20}\[\s{0,20}')


def check_geojson(file: str, data: bytes) -> Iterator[Fault | int]:
    """Faults, then the number of features."""
    try:
        text = data.decode("utf-8-sig")
        whole = json.loads(text)
    except UnicodeDecodeError as error:
        yield Fault(file, data.count(b"\n", 0, error.start) + 1, "-", "", "UTF-8")
        return
    except (json.JSONDecodeError, RecursionError) as error:
        yield Fault(file, getattr(error, "lineno", 1), "-", "", f"JSON: {error}")
        return
    if not isinstance(whole, dict) or whole.get("type") != "FeatureCollection":
        yield Fault(file, 1, "type", str(whole.get("type") if isinstance(whole, dict) else whole), "FeatureCollection")
        return
    if "crs" in whole:
        yield Fault(file, 1, "crs", str(whole["crs"]), "absent: coordinates are WGS 84")
    features = whole.get("features")
    if not isinstance(features, list):
        yield Fault(file, 1, "features", str(features), "a list")
        return
    seen: dict[str, int] = {}
    for line, feature in zip(_lines(text, len(features)), features, strict=True):
        yield from _feature(file, line, feature, seen)
    yield len(features)


def _lines(text: str, count: int) -> list[int]:
    """The line each feature begins in."""
    found = _LIST.search(text)
    if found is None:
        return [1] * count
    decoder = json.JSONDecoder()
    out: list[int] = []
    at, line, counted = found.end(), 1, 0
    while len(out) < count:
        line += text.count("\n", counted, at)
        counted = at
        out.append(line)
        try:
            _, at = decoder.raw_decode(text, at)
        except json.JSONDecodeError:
            return out + [line] * (count - len(out))
        while at < len(text) and text[at] in " \t\r\n,":
            at += 1
    return out


def _feature(file: str, line: int, feature: Any, seen: dict[str, int]) -> Iterator[Fault]:
    def fault(column: str, value: object, allowed: str) -> Fault:
        return Fault(file, line, column, "" if value is None else str(value), allowed)

    if not isinstance(feature, dict) or feature.get("type") != "Feature":
        yield fault("type", feature.get("type") if isinstance(feature, dict) else feature, "Feature")
        return
    key = feature.get("id")
    if key is not None:
        if not isinstance(key, (str, int, float)):
            yield fault("id", key, "a text or a number")
        elif str(key) in seen:
            yield fault("id", key, f"once; it stands in line {seen[str(key)]} too")
        seen.setdefault(str(key), line)
    properties = feature.get("properties")
    if properties is not None and not isinstance(properties, dict):
        yield fault("properties", properties, "an object or null")
    if "geometry" not in feature:
        yield fault("geometry", None, "a geometry, or null where the place is not known")
    elif feature["geometry"] is not None:
        yield from (fault(*wrong) for wrong in _geometry(feature["geometry"]))
    if isinstance(properties, dict):
        yield from (fault(*wrong) for wrong in _properties(properties))


def _geometry(geometry: Any) -> Iterator[tuple[str, object, str]]:
    if not isinstance(geometry, dict) or geometry.get("type") not in _KINDS:
        yield "geometry", geometry, ", ".join(_KINDS)
        return
    points = list(_positions(geometry.get("coordinates")))
    if not points:
        yield "coordinates", geometry.get("coordinates"), "numbers: longitude, latitude"
    for point in points:
        if len(point) < 2 or any(isinstance(x, bool) or not isinstance(x, (int, float)) for x in point):
            yield "coordinates", point, "numbers: longitude, latitude"
        elif not (-180 <= point[0] <= 180 and -90 <= point[1] <= 90):
            yield "coordinates", point, "longitude from -180 to 180, then latitude from -90 to 90"
        elif point[0] == 0 and point[1] == 0 and geometry["type"] == "Point":
            yield "coordinates", point, "not 0, 0: an unknown place has a null geometry"


def _positions(value: Any) -> Iterator[list[Any]]:
    if isinstance(value, list):
        if value and not isinstance(value[0], list):
            yield value
        else:
            for inner in value:
                yield from _positions(inner)


def _properties(properties: Mapping[str, Any]) -> Iterator[tuple[str, object, str]]:
    for name in properties:
        if name.endswith("_low"):
            stem = name.removesuffix("_low")
            yield from _range(stem, *(properties.get(f"{stem}_{part}") for part in ("low", "best", "high")))
    days = {name: properties.get(name) for name in ("start", "end")}
    read = {name: stamp(str(value)) for name, value in days.items() if value is not None}
    for name, found in read.items():
        if found is None:
            yield name, days[name], "a day: YYYY-MM-DD"
    first, last = read.get("start"), read.get("end")
    if first is not None and last is not None and first > last:
        yield "end", days["end"], f"not before start ({first})"
    radius, precision = properties.get("radius_km"), properties.get("where_prec")
    if radius is not None and (not isinstance(radius, (int, float)) or radius < 0):
        yield "radius_km", radius, "kilometres from 0"
    if precision is not None and precision not in range(1, 8):
        yield "where_prec", precision, "a code from 1 to 7"


def _range(stem: str, low: Any, best: Any, high: Any) -> Iterator[tuple[str, object, str]]:
    told = {part: value for part, value in (("low", low), ("best", best), ("high", high)) if value is not None}
    wrong = [p for p, v in told.items() if isinstance(v, bool) or not isinstance(v, int) or v < 0]
    for part in wrong:
        yield f"{stem}_{part}", told[part], "a whole number from 0, or null"
    if wrong:
        return
    listed = list(told.items())
    for (below, a), (above, b) in pairwise(listed):
        if a > b:
            yield f"{stem}_{below}", a, f"at most {stem}_{above} ({b})"
