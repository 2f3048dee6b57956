"""Where incidents lie: coordinates and radius of the place each is put at, from its reports' own readings."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass

import sqlalchemy as sa

from tollbook.link.names import same_place
from tollbook.store import schema


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


class Atlas:
    """The spots of mentions, read once each: a claim never changes. Safe to use from several threads."""

    def __init__(self) -> None:
        self._spots: dict[int, tuple[Spot, ...]] = {}
        self._last = 0
        self._incidents: dict[str, Spot] = {}
        self._known: str | None = None
        self._lock = threading.Lock()

    def spots(self, connection: sa.Connection) -> dict[str, Spot]:
        """incident -> the spot of the most specific of its places that has coordinates. Others are not in it."""
        head = connection.execute(sa.select(schema.head.c.log_head)).scalar()
        with self._lock:
            if head is None or head != self._known:
                self._read(connection)
                self._incidents = dict(self._placed(connection))
                self._known = head
            return self._incidents

    def of_mention(self, number: int) -> tuple[Spot, ...]:
        """The spots of one mention that has been read."""
        return self._spots.get(number, ())

    def _read(self, connection: sa.Connection) -> None:
        rows = connection.exec_driver_sql(
            "SELECT seq, json_extract(value, '$.place_details') FROM log_claims "
            f"WHERE kind = 'act' AND seq > {int(self._last)} ORDER BY seq"
        )
        for seq, details in rows:
            self._last = seq
            found = tuple(_spots(json.loads(details))) if details else ()
            if found:
                self._spots[seq] = found

    def _placed(self, connection: sa.Connection) -> Iterator[tuple[str, Spot]]:
        """An expunged claim's spots go with it: only mentions that are live and still acts are asked."""
        mentions: dict[str, list[int]] = {}
        rows = connection.exec_driver_sql(
            "SELECT m.incident_id, m.mention FROM derived_mentions m JOIN log_claims c ON c.seq = m.mention "
            "WHERE m.live = 1 AND c.kind = 'act' AND m.incident_id IS NOT NULL ORDER BY m.mention"
        )
        for incident, number in rows:
            if number in self._spots:
                mentions.setdefault(incident, []).append(number)
        table = schema.incidents
        at = sa.func.json_extract(table.c.card, "$.at")
        for incident, place, chosen in connection.execute(sa.select(table.c.incident_id, table.c.place, at)):
            if chosen:  # a person put it there
                yield from ((incident, s) for s in _spots([json.loads(chosen)]))
                continue
            numbers = mentions.get(incident)
            if numbers and place:
                spot = self._best(place.split(", "), numbers)
                if spot is not None:
                    yield incident, spot

    def _best(self, places: list[str], numbers: list[int]) -> Spot | None:
        spots = [s for n in numbers for s in self._spots[n]]
        for place in places:
            for spot in spots:
                if spot.name == place:
                    return spot
        return next((s for p in places for s in spots if same_place(p, s.name)), None)


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
