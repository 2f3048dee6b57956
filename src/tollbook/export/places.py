"""Where an incident lies on the map, as exactly as its reports and the redaction allow. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from tollbook.export.values import Where
from tollbook.redact import Policy
from tollbook.resolve.gazetteer_rows import distance_km

GRID = 1
"""Decimals of a degree that a coarsened point keeps: a tenth, 11 km from north to south."""

CELL_KM = 8.0
"""The farthest a place can lie from its coarsened point: half the diagonal of a cell (11.1 km wide at the equator)."""

_CODES: dict[int | None, tuple[int, int]] = {3: (1, 1), 2: (3, 2), 1: (4, 3), 0: (6, 3), None: (5, 3)}
"""admin_level of a place -> (GED where_prec, ACLED geo_precision), as `data/precision.yml` has them by level."""

POINT = 3
"""The admin_level of a town, a village or a named spot."""

_NEAR = (2, 2)
"""A coarsened point, or one that stands for a place near it: "within about 25 km", "near the town"."""


def points(names: Sequence[str], acts: Iterable[Mapping[str, Any]], policy: Policy) -> tuple[Where, ...]:
    """The point of the first of `names` (most specific first) that some report resolved, and those of further places.

    A further name is a place of its own, and not one that holds the first, where both are points and lie farther
    apart than both may reach: "Falluja and Ramadi", but not "Karrada, Baghdad". Empty where nothing was resolved.
    """
    details: dict[str, Mapping[str, Any]] = {}
    for act in acts:
        for detail in act.get("place_details") or ():
            if isinstance(detail, Mapping) and _number(detail.get("lat")) and _number(detail.get("lon")):
                details.setdefault(str(detail.get("name", "")).casefold(), detail)
    found = [(rank, details[n.casefold()]) for rank, n in enumerate(names) if n.casefold() in details]
    if not found:
        return ()
    first = _point(found[0][1], found[0][0] == 0, policy)
    out = [first]
    for _, detail in found[1:]:
        other = _point(detail, True, policy)
        if first.finest and first.admin_level == other.admin_level == POINT and all(_apart(p, other) for p in out):
            out.append(other)
    return tuple(out)


def _apart(a: Where, b: Where) -> bool:
    return distance_km(a.lat, a.lon, b.lat, b.lon) > a.radius_km + b.radius_km


def _number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _point(detail: Mapping[str, Any], finest: bool, policy: Policy) -> Where:
    level = detail.get("admin_level")
    level = level if isinstance(level, int) and 0 <= level <= 3 else 3 if level is not None else None
    ged, acled = _CODES[level]
    if detail.get("role") == "near":
        ged, acled = max(ged, _NEAR[0]), max(acled, _NEAR[1])
    lat, lon, radius = float(detail["lat"]), float(detail["lon"]), float(detail.get("radius_km") or 0)
    rounded = bool(policy.places) and level == 3
    if rounded:
        lat, lon, radius = round(lat, GRID), round(lon, GRID), round(radius + CELL_KM, 1)
        ged, acled = _NEAR
    return Where(
        name=str(detail.get("name")),
        lat=lat,
        lon=lon,
        radius_km=radius,
        admin_level=level,
        admin1=detail.get("admin1"),
        admin2=detail.get("admin2"),
        gazetteer_id=None if rounded else detail.get("gazetteer_id"),
        ged=ged,
        acled=acled,
        finest=finest,
        rounded=rounded,
    )
