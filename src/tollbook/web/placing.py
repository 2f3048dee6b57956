"""Where an incident may lie: the place it is put at, the other readings of that place, and a small map of them.

The map is SVG drawn on the server, each reading a numbered link to the form that puts the incident there.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

from tollbook.errors import UsageError
from tollbook.link.names import same_place
from tollbook.resolve.gazetteer import Entry, default_gazetteer
from tollbook.resolve.gazetteer_rows import distance_km
from tollbook.resolve.place_resolving import admin_level
from tollbook.web.atlas import Spot
from tollbook.web.wording import country_name
from tollbook.web.worldmap import HEIGHT, WIDTH, View, fit, land, scale_bar

MOST = 8
"""Other readings that are shown."""
NEAR_KM = 400.0
"""The map shows readings up to this far from the chosen one in their place; farther ones at its edge."""
APART = 40.0
"""Pixels that markers keep from each other."""


@dataclass(frozen=True, slots=True)
class Reading:
    """One place that a name may mean. `chosen`: the incident is put there. `away` is its distance from that in km.

    `names` is what the incident's place becomes where it is taken, `gazetteer_id` None where the map's data are a
    report's own.
    """

    number: int
    name: str
    about: str
    lat: float
    lon: float
    radius_km: float
    names: tuple[str, ...]
    gazetteer_id: str | None
    chosen: bool
    away: float | None


def readings(
    places: Sequence[str],
    country: str | None,
    chosen: Spot | None,
    spots: Sequence[Spot],
    acts: Iterable[Mapping[str, Any]],
) -> list[Reading]:
    """The chosen place first (if any), then what else its name may mean, then what else the reports name.

    `places` are the incident's, most specific first; `spots` its reports' readings; `acts` their acts.
    """
    out: list[Reading] = []
    seen: set[str] = set()
    if chosen is not None:
        entry = _entry(chosen.name, chosen.gazetteer_id)
        about = _about(entry) if entry is not None else country_name(country)
        out.append(
            Reading(
                0, chosen.name, about, chosen.lat, chosen.lon, chosen.radius_km, tuple(places), chosen.gazetteer_id,
                True, None,
            )
        )  # fmt: skip
        seen.add(chosen.gazetteer_id or "")
    name = chosen.name if chosen is not None else places[0] if places else None
    others: list[tuple[str, Entry, tuple[str, ...]]] = []
    if name is not None:
        for entry in _alternatives(name, acts, chosen):
            kept = tuple(places) if entry.country == country else (name,)
            others.append((name, entry, kept))
    for spot in spots:
        entry = _entry(spot.name, spot.gazetteer_id)
        if entry is not None and not (name is not None and same_place(spot.name, name)):
            at = next((i for i, p in enumerate(places) if same_place(p, spot.name)), None)
            others.append((spot.name, entry, tuple(places[at:]) if at is not None else (spot.name,)))
    for told, entry, names in others:
        if entry.id in seen or not entry.has_point or len(out) > MOST:
            continue
        seen.add(entry.id)
        away = distance_km(chosen.lat, chosen.lon, entry.lat, entry.lon) if chosen is not None else None
        out.append(
            Reading(
                len(out) + (chosen is None), told, _about(entry), entry.lat, entry.lon, entry.radius_km, names,
                entry.id, False, away,
            )
        )  # fmt: skip
    return out


def _alternatives(name: str, acts: Iterable[Mapping[str, Any]], chosen: Spot | None) -> list[Entry]:
    """The entries that readings of this name left aside, and that a person may have left for another."""
    wanted: dict[str, None] = {}
    for act in acts:
        for detail in act.get("place_details") or ():
            if isinstance(detail, Mapping) and isinstance(detail.get("name"), str) and same_place(detail["name"], name):
                told = [detail.get("gazetteer_id"), *(str(a).split(" ")[0] for a in detail.get("alternatives") or ())]
                wanted.update(dict.fromkeys(str(t) for t in told if t))
    found = {e.id: e for e in default_gazetteer().lookup(name)}
    if chosen is not None and not wanted.keys() - {chosen.gazetteer_id}:
        wanted.update(dict.fromkeys(e.id for e in list(found.values())[:MOST] if e.match != "folded"))
    return [found[i] for i in wanted if i in found]


def _entry(name: str, gazetteer_id: str | None) -> Entry | None:
    if gazetteer_id is None:
        return None
    return next((e for e in default_gazetteer().lookup(name) if e.id == gazetteer_id), None)


def _about(entry: Entry) -> str:
    """An entry told from others of its name: "town in Anbar, Iraq"."""
    within = entry.admin1 if entry.admin1 and entry.admin1 != entry.name else None
    kind = {"point": "place", "region": "region"}.get(entry.level, entry.level)
    return f"{kind} in {', '.join(x for x in (within, country_name(entry.country)) if x)}"


def chosen_place(name: str, gazetteer_id: str) -> dict[str, Any]:
    """The values of a `correct place` that puts an incident at an entry of the gazetteer. Raises UsageError."""
    entry = _entry(name, gazetteer_id)
    if entry is None or not entry.has_point:
        raise UsageError(f"the gazetteer has no place {name[:80]!r} with the id {gazetteer_id[:40]!r}")
    return {
        "country": entry.country,
        "at": {
            "name": name, "gazetteer_id": entry.id, "lat": entry.lat, "lon": entry.lon, "radius_km": entry.radius_km,
            "admin_level": admin_level(entry), "admin1": entry.name if entry.level == "province" else entry.admin1,
            "admin2": entry.admin2,
        },
    }  # fmt: skip


# --- the small map ------------------------------------------------------------------------------


def small_map(found: Sequence[Reading]) -> str:
    """The readings on a map around the chosen one; those far away stand at its edge, in their direction."""
    if not found:
        return ""
    near = [r for r in found if r.chosen or (r.away or 0) <= NEAR_KM]
    view = fit([Spot(r.name, r.lat, r.lon, r.radius_km) for r in near])
    view = View(view.lon, view.lat, max(view.span, 6.0))
    told = f"{found[0].name} and {len(found) - 1} other readings of the place" if len(found) > 1 else found[0].name
    parts = [
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" class="map small" role="group" aria-label="Map: {escape(told)}">',
        f'<rect width="{WIDTH}" height="{HEIGHT}" class="sea"/><g class="land">{land(view)}</g>',
    ]
    at = _spread([_inside(r, view) for r in found])
    for r in found:
        x, y, far = _inside(r, view)
        if not far:
            radius = max(6.0, min(view.pixels(r.radius_km), 900))
            kind = "area chosen" if r.chosen else "area other"
            parts.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius:.1f}" class="{kind}"/>')
    labels: list[tuple[float, float]] = []
    for r, (x, y), (_, _, far) in sorted(
        zip(found, at, (_inside(r, view) for r in found), strict=True), key=lambda z: not z[0].chosen
    ):
        parts.append(_marker(r, x, y, far, labels))
    return "".join([*parts, scale_bar(view), "</svg>"])


def _inside(r: Reading, view: View) -> tuple[float, float, bool]:
    """(where a reading stands on the map, whether it lies beyond it and stands at the edge)."""
    x, y = view.xy(r.lon, r.lat)
    edge = 34.0
    kept = min(max(x, edge), WIDTH - edge), min(max(y, edge), HEIGHT - edge)
    return (*kept, kept != (x, y))


def _spread(points: Sequence[tuple[float, float, bool]]) -> list[tuple[float, float]]:
    """The points, moved sideways where two would hide each other; the first stays."""
    out: list[tuple[float, float]] = []
    for x, y, _ in points:
        step = 0
        while any(abs(x - a) < APART and abs(y - b) < APART for a, b in out) and step < 2 * len(points):
            step += 1
            x = x + APART if x < WIDTH - 2 * APART else x - (WIDTH - 4 * APART)
        out.append((x, y))
    return out


def _marker(r: Reading, x: float, y: float, far: bool, labels: list[tuple[float, float]]) -> str:
    """A reading's mark, number and name; a link to the form that takes it, unless it is taken."""
    sign = "" if r.chosen else str(r.number)
    told = f"{r.name}, {r.about}, where the incident is put"
    if not r.chosen:  # begins with what is seen, so that who speaks to the browser can name it
        told = f"{r.number} {r.name}, {r.about}: another reading of the place"
    if far and r.away is not None:
        told += f", {r.away:,.0f} km away, beyond the map"
    kind = "mark chosen" if r.chosen else "mark far" if far else "mark"
    right = x < WIDTH * 0.62
    dx, anchor = (24.0, "start") if right else (-24.0, "end")
    name = ""
    if r.chosen:  # above its mark: the others' marks stand beside it
        labels.append((x, y))
        name = f'<text x="{x:.1f}" y="{y - 22:.1f}" class="name middle">{escape(r.name)}</text>'
    elif not any(abs(y - b) < 30 and abs(x - a) < 260 for a, b in labels):
        labels.append((x, y))
        name = f'<text x="{x + dx:.1f}" y="{y + 9:.1f}" class="name {anchor}">{escape(r.name)}</text>'
    body = (
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{10 if r.chosen else 17}" class="{kind}"><title>{escape(told)}</title>'
        f"</circle>" + (f'<text x="{x:.1f}" y="{y + 8:.1f}" class="number">{sign}</text> ' if sign else "") + name
    )
    if r.chosen:
        return f'<g role="img" aria-label="{escape(told)}">{body}</g>'
    return f'<a href="#reading-{r.number}" aria-label="{escape(told)}">{body}</a>'
