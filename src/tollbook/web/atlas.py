"""Where incidents lie: coordinates and radius of the place each is put at, from its reports' own readings."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from tollbook.link.names import same_place


@dataclass(frozen=True, slots=True)
class Spot:
    """A place on the map: an area around a point. `name` as the report spells it."""

    name: str
    lat: float
    lon: float
    radius_km: float
    level: int | None = None
    gazetteer_id: str | None = None
    alternatives: tuple[str, ...] = ()


def spots_told(details: str) -> tuple[Spot, ...]:
    """The spots among the details (JSON) of the places of one mention."""
    return tuple(_spots(json.loads(details)))


def chosen_spot(at: str) -> Spot | None:
    """The spot (JSON) that a person put an incident at."""
    return next(iter(_spots([json.loads(at)])), None)


def place_spot(place: str, spots: Sequence[Spot]) -> Spot | None:
    """The spot of the most specific name of a place that one of its mentions' spots has; else of one spelled alike."""
    names = place.split(", ")
    for name in names:
        for spot in spots:
            if spot.name == name:
                return spot
    return next((s for n in names for s in spots if same_place(n, s.name)), None)


def spots_of(connection: sa.Connection, mentions: Collection[str]) -> list[Spot]:
    """All spots that live mentions (by id) tell, in the order they were recorded, each once."""
    rows = connection.exec_driver_sql(
        "SELECT json_extract(c.value, '$.place_details') FROM derived_mentions m "
        "JOIN log_claims c ON c.seq = m.mention "
        "WHERE m.mention_id IN (SELECT value FROM json_each(?)) AND m.live = 1 AND c.kind = 'act' ORDER BY m.mention",
        (json.dumps(sorted(mentions)),),
    )
    return list(dict.fromkeys(s for (details,) in rows if details for s in spots_told(details)))


def _spots(details: object) -> Iterator[Spot]:
    for one in details if isinstance(details, list) else ():
        if not isinstance(one, dict):
            continue
        lat, lon, name = one.get("lat"), one.get("lon"), one.get("name")
        if not isinstance(lat, (int, float)) or not isinstance(lon, (int, float)) or not isinstance(name, str):
            continue
        if not (-90 <= lat <= 90 and -180 <= lon <= 180):
            continue
        radius = one.get("radius_km")
        level = one.get("admin_level")
        yield Spot(
            name=name,
            lat=float(lat),
            lon=float(lon),
            radius_km=float(radius) if isinstance(radius, (int, float)) and 0 <= radius < 5000 else 5.0,
            level=level if isinstance(level, int) else None,
            gazetteer_id=str(one["gazetteer_id"]) if one.get("gazetteer_id") else None,
            alternatives=tuple(str(a) for a in one.get("alternatives") or ())[:12],
        )
