"""The map: country outlines and incidents as SVG, drawn on the server. An area is drawn as an area, never as a pin.

Incidents are circles sized by toll, with the radius of the place each is put at around them; where many lie close
they are cells that say how many. Outlines are Natural Earth's (public domain), simplified to what a screen shows.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from html import escape
from pathlib import Path

import numpy as np
import numpy.typing as npt

from tollbook.ledger.bounds import show
from tollbook.ledger.state import REVIEWED
from tollbook.ontology import label
from tollbook.web.atlas import Spot
from tollbook.web.lists import Toll
from tollbook.web.wording import days

ATLAS = Path(__file__).parent / "static" / "vendor" / "countries-50m.json"
WIDTH, HEIGHT = 960, 520
MOST_DOTS = 150
"""Incidents drawn one by one; beyond, cells are."""
CELL = 44
KM_A_DEGREE = 111.2
NARROWEST, WIDEST = 0.2, 360.0

Ring = tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class View:
    """What the map shows: its centre and how many degrees of longitude it is wide."""

    lon: float
    lat: float
    span: float

    @property
    def scale(self) -> float:
        """Pixels a degree of longitude."""
        return WIDTH / self.span

    @property
    def stretch(self) -> float:
        """How much longer a degree of latitude is than one of longitude at the centre."""
        return 1 / max(0.15, math.cos(math.radians(self.lat)))

    def xy(self, lon: float, lat: float) -> tuple[float, float]:
        """A point in pixels."""
        away = (lon - self.lon + 540) % 360 - 180
        return WIDTH / 2 + away * self.scale, HEIGHT / 2 - (lat - self.lat) * self.scale * self.stretch

    def pixels(self, km: float) -> float:
        """A length in pixels."""
        return km / KM_A_DEGREE * self.scale * self.stretch

    def text(self) -> str:
        """As an address carries it."""
        return f"{self.lon:.3f},{self.lat:.3f},{self.span:.3f}"


NOWHERE = View(15, 20, 300)
"""What the map shows where nothing lies anywhere."""


def read_view(text: str | None) -> View | None:
    """The view an address asks for; None where it asks for none there is."""
    try:
        lon, lat, span = (float(x) for x in (text or "").split(","))
    except ValueError:
        return None
    if not (-180 <= lon <= 180 and -85 <= lat <= 85 and NARROWEST <= span <= WIDEST):
        return None
    return View(lon, lat, span)


def fit(spots: Iterable[Spot]) -> View:
    """The view that holds all spots with their radius, with some land around them."""
    listed = list(spots)
    if not listed:
        return NOWHERE
    pads = [max(s.radius_km, 10) / KM_A_DEGREE for s in listed]
    west, east = (
        min(s.lon - p for s, p in zip(listed, pads, strict=True)),
        max(s.lon + p for s, p in zip(listed, pads, strict=True)),
    )
    south, north = (
        min(s.lat - p for s, p in zip(listed, pads, strict=True)),
        max(s.lat + p for s, p in zip(listed, pads, strict=True)),
    )
    lat = max(-70.0, min(70.0, (south + north) / 2))
    tall = (north - south) / max(0.15, math.cos(math.radians(lat))) * WIDTH / HEIGHT
    span = max(east - west, tall, 4.0) * 1.25
    return View((west + east) / 2, lat, min(WIDEST, span))


@lru_cache(maxsize=1)
def _rings() -> list[tuple[str, list[Ring], tuple[float, float, float, float]]]:
    """(country, rings, box) of every outline: TopoJSON's arcs, decoded once."""
    data = json.loads(ATLAS.read_text(encoding="utf-8"))
    sx, sy = data["transform"]["scale"]
    tx, ty = data["transform"]["translate"]
    arcs: list[list[tuple[float, float]]] = []
    for arc in data["arcs"]:
        x = y = 0
        points = []
        for dx, dy in arc:
            x, y = x + dx, y + dy
            points.append((x * sx + tx, y * sy + ty))
        arcs.append(points)
    out = []
    for geometry in data["objects"]["countries"]["geometries"]:
        groups = geometry["arcs"] if geometry["type"] == "MultiPolygon" else [geometry["arcs"]]
        for polygon in groups:
            for numbers in polygon:
                ring = tuple(_unwrapped(_joined(arcs, numbers)))
                xs, ys = [p[0] for p in ring], [p[1] for p in ring]
                out.append((str(geometry["properties"]["name"]), [ring], (min(xs), min(ys), max(xs), max(ys))))
    return out


def _joined(arcs: Sequence[Sequence[tuple[float, float]]], numbers: Sequence[int]) -> list[tuple[float, float]]:
    points: list[tuple[float, float]] = []
    for n in numbers:
        arc = arcs[n] if n >= 0 else list(reversed(arcs[~n]))
        points.extend(arc if not points else arc[1:])
    return points


def _unwrapped(points: Iterable[tuple[float, float]]) -> Iterator[tuple[float, float]]:
    """A ring without jumps from 180 to -180 degrees: what crosses the date line goes on beyond it."""
    turn, last = 0.0, None
    for lon, lat in points:
        if last is not None and abs(lon - last) > 180:
            turn += 360 if lon < last else -360
        last = lon
        yield lon + turn, lat


@lru_cache(maxsize=32)
def land(view: View) -> str:
    """The outlines in a view, as paths: points closer than a pixel are left out."""
    half = view.span / 2 * 1.05
    tall = half * HEIGHT / WIDTH / view.stretch * 1.05
    paths = []
    for name, rings, (west, south, east, north) in _rings():
        if north < view.lat - tall or south > view.lat + tall:
            continue
        if (east - west) * view.scale < 2.5 and (north - south) * view.scale < 2.5:
            continue
        centre = ((west + east) / 2 - view.lon + 540) % 360 - 180
        if abs(centre) > half + (east - west) / 2:
            continue
        drawn = "".join(_path(ring, view) for ring in rings)
        if drawn:
            paths.append(f'<path d="{drawn}"><title>{escape(name)}</title></path>')
    return "".join(paths)


def _path(ring: Ring, view: View) -> str:
    """One ring. Points far outside are pulled to the edge, so that a continent costs no more than what is seen."""
    out: list[str] = []
    last: tuple[float, float] | None = None
    kept = 0
    shift = ((ring[0][0] - view.lon + 540) % 360 - 180) - (ring[0][0] - view.lon)
    for lon, lat in ring:
        x = WIDTH / 2 + (lon + shift - view.lon) * view.scale
        y = HEIGHT / 2 - (lat - view.lat) * view.scale * view.stretch
        x, y = max(-40.0, min(WIDTH + 40.0, x)), max(-40.0, min(HEIGHT + 40.0, y))
        if last is not None and abs(x - last[0]) < 1.5 and abs(y - last[1]) < 1.5:
            continue
        out.append(f"{'L' if kept else 'M'}{x:.0f} {y:.0f}")
        last, kept = (x, y), kept + 1
    return "".join(out) + "Z" if kept > 2 else ""


@dataclass(frozen=True, slots=True)
class Point:
    """What lies at a spot: how many incidents, their ranges added up, whether all are reviewed, and the places of the
    first of them in a list that the caller keeps."""

    spot: Spot
    count: int
    low: int
    high: int
    open: bool
    reviewed: bool
    members: npt.NDArray[np.intp]


def draw(
    points: Sequence[Point],
    single: Callable[[npt.NDArray[np.intp]], Sequence[Toll]],
    view: View,
    link: Callable[[str], str],
    to_view: Callable[[View], str],
    to_place: Callable[[str], str],
) -> str:
    """The map of what lies at these points: incidents one by one where they are few, else cells. `single` gives the
    incidents of some members, `link` the address of an incident, `to_view` that of another view, `to_place` that of a
    place's list."""
    shown = []
    for p in points:
        x, y = view.xy(p.spot.lon, p.spot.lat)
        if -30 <= x <= WIDTH + 30 and -30 <= y <= HEIGHT + 30:
            shown.append((p, x, y))
    count = sum(p.count for p, _, _ in shown)
    parts = [
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" class="map" role="group" aria-label="Map: {count} incidents on the map">',
        f'<rect width="{WIDTH}" height="{HEIGHT}" class="sea"/><g class="land">{land(view)}</g>',
    ]
    if count > MOST_DOTS:
        parts += _cells(shown, view, to_view)
    else:
        parts += _one_by_one([(t, p.spot, x, y) for p, x, y in shown for t in single(p.members)], view, link, to_place)
    parts.append(scale_bar(view))
    return "".join([*parts, "</svg>"])


def _one_by_one(
    shown: Sequence[_Shown], view: View, link: Callable[[str], str], to_place: Callable[[str], str]
) -> list[str]:
    areas = {s[1]: s for s in shown if view.pixels(s[1].radius_km) > 7}
    single, shared = _at_one_point(shown)
    return [
        *(_area(s, view) for s in areas.values()),
        *(_stack(g, to_place) for g in shared),
        *(_dot(s, view, link) for s in sorted(single, key=lambda s: -(s[0].high or s[0].low or 0))),
    ]


_Shown = tuple[Toll, Spot, float, float]


def _at_one_point(shown: Sequence[_Shown]) -> tuple[list[_Shown], list[list[_Shown]]]:
    """(incidents with a point of their own, those that share one: they would hide each other)."""
    groups: dict[tuple[float, float], list[_Shown]] = {}
    for one in shown:
        groups.setdefault((one[1].lat, one[1].lon), []).append(one)
    return [g[0] for g in groups.values() if len(g) == 1], [g for g in groups.values() if len(g) > 1]


def _stack(members: Sequence[_Shown], to_place: Callable[[str], str]) -> str:
    """Incidents at one point: one circle that says how many, and leads to their list."""
    low, high, opened = _added(members)
    _, spot, x, y = members[0]
    told = f"{spot.name}: {len(members)} incidents, {show(low, high, opened)}, each added by itself"
    kind = "dot reviewed" if all(m[0].review == REVIEWED for m in members) else "dot"
    return (
        f'<a href="{escape(to_place(spot.name))}" aria-label="{escape(told)}"><circle cx="{x:.1f}" cy="{y:.1f}" '
        f'r="{max(10.0, size(high)):.1f}" class="{kind} many"><title>{escape(told)}</title></circle>'
        f'<text x="{x:.1f}" y="{y + 4:.1f}" class="count">{len(members)}</text></a>'
    )


def _added(members: Sequence[_Shown]) -> tuple[int, int, bool]:
    low = sum(m[0].low or 0 for m in members)
    high = sum(m[0].high if m[0].high is not None else m[0].low or 0 for m in members)
    return low, high, any(m[0].open for m in members)


def _area(one: _Shown, view: View) -> str:
    _, spot, x, y = one
    radius = min(view.pixels(spot.radius_km), 900)
    return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius:.1f}" class="area"/>'


def size(number: int | None) -> float:
    """The radius in pixels of a circle whose area stands for a number of people."""
    return 3.5 + 1.25 * math.sqrt(min(number or 0, 900))


def _dot(one: _Shown, view: View, link: Callable[[str], str]) -> str:
    toll, spot, x, y = one
    kind = "dot reviewed" if toll.review == REVIEWED else "dot"
    if view.pixels(spot.radius_km) > 7:
        kind += " wide"
    told = (
        f"{spot.name}, {days(toll.start, toll.end)}: {label('types', toll.type)}, "
        f"{show(toll.low, toll.high, toll.open)}"
        f"{'' if spot.radius_km < 3 else f'; within {spot.radius_km:.0f} km'}"
    )
    number = toll.high if toll.high is not None else toll.low
    return (
        f'<a href="{escape(link(toll.id))}" aria-label="{escape(told)}"><circle cx="{x:.1f}" cy="{y:.1f}" '
        f'r="{size(number):.1f}" class="{kind}"><title>{escape(told)}</title></circle></a>'
    )


def _cells(shown: Sequence[tuple[Point, float, float]], view: View, to_view: Callable[[View], str]) -> list[str]:
    groups: dict[tuple[int, int], list[tuple[Point, float, float]]] = {}
    for one in shown:
        groups.setdefault((int(one[1] // CELL), int(one[2] // CELL)), []).append(one)
    out = []
    sized = sorted(((sum(p.count for p, _, _ in g), g) for g in groups.values()), key=lambda g: -g[0])
    for count, members in sized:
        x, y = sum(x * p.count for p, x, _ in members) / count, sum(y * p.count for p, _, y in members) / count
        lon = sum(p.spot.lon * p.count for p, _, _ in members) / count
        lat = sum(p.spot.lat * p.count for p, _, _ in members) / count
        nearer = View(max(-180.0, min(180.0, lon)), max(-85.0, min(85.0, lat)), max(NARROWEST, view.span / 3))
        low, high = sum(p.low for p, _, _ in members), sum(p.high for p, _, _ in members)
        told = f"{count:,} incidents, {show(low, high, any(p.open for p, _, _ in members))}, each added by itself"
        radius = min(CELL * 0.62, 8 + 2.2 * math.sqrt(count))
        out.append(
            f'<a href="{escape(to_view(nearer))}" aria-label="{escape(told)}"><circle cx="{x:.1f}" cy="{y:.1f}" '
            f'r="{radius:.1f}" class="cell"><title>{escape(told)}</title></circle>'
            f'<text x="{x:.1f}" y="{y + 4:.1f}" class="celltext">{count:,}</text></a>'
        )
    return out


def scale_bar(view: View) -> str:
    """A bar of a round number of kilometres."""
    whole = WIDTH / 5 / view.pixels(1)
    power = 10 ** math.floor(math.log10(max(whole, 0.001)))
    km = next((m * power for m in (5, 2, 1) if m * power <= whole), power)
    long, y = view.pixels(km), HEIGHT - 16
    told = f"{km:,.0f} km" if km >= 1 else f"{km * 1000:,.0f} m"
    return (
        f'<g class="scale"><path d="M16 {y - 5}V{y}H{16 + long:.1f}V{y - 5}"/>'
        f'<text x="{22 + long:.1f}" y="{y + 3}">{told} at mid-height</text></g>'
    )


def moves(view: View) -> list[tuple[str, str, View]]:
    """The controls: (sign, what it does, the view it leads to)."""
    far = view.span / 3
    up = far * HEIGHT / WIDTH / view.stretch

    def at(lon: float, lat: float, span: float) -> View:
        return View((lon + 540) % 360 - 180, max(-80.0, min(80.0, lat)), max(NARROWEST, min(WIDEST, span)))

    return [
        ("+", "nearer", at(view.lon, view.lat, view.span / 2)),
        ("−", "farther", at(view.lon, view.lat, view.span * 2)),
        ("←", "west", at(view.lon - far, view.lat, view.span)),
        ("→", "east", at(view.lon + far, view.lat, view.span)),
        ("↑", "north", at(view.lon, view.lat + up, view.span)),
        ("↓", "south", at(view.lon, view.lat - up, view.span)),
    ]
