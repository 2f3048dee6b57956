"""A mention: one incident as one report tells it, in the form that comparing needs."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from tollbook import lexicon
from tollbook.link.names import words

_NAME = re.compile(r"\b[A-Z][\w'’-]+")
LONGEST_KEY_SPAN = 10

Point = tuple[float, float, float]
"""Latitude, longitude, radius in km."""


@dataclass(frozen=True, slots=True)
class Toll:
    """One main figure: harm, victims' class, the number stated (`min`, else `max`), exact or open."""

    harm: str
    who: str
    number: int
    exact: bool


@dataclass(frozen=True, slots=True)
class Mention:
    """One act of one report. Days are proleptic ordinals (`date.toordinal`), None where unknown.

    `num` orders mentions by when they were first recorded. `places` are most specific first. `actors` are bodies
    ("state:SY", "group:taliban", or a name nobody knows), `sides` is made of state, non_state and foreign; `fighting`
    holds the bodies that were hit. `targets` are folded words. `points` are the latitude, longitude and radius (km) of
    where it happened, as far as the record resolves its first place, and of its other places. `numbers` are those of
    `tolls`.
    """

    num: int
    id: str
    report_id: str
    published: int | None
    type: str
    scope: str
    status: str
    start: int | None
    end: int | None
    places: tuple[str, ...]
    country: str | None
    actors: frozenset[str]
    sides: frozenset[str]
    fighting: frozenset[str]
    targets: frozenset[str]
    tolls: tuple[Toll, ...]
    quote: frozenset[str]
    order: int = 0
    parts: tuple[str, ...] = ()
    local_id: str = ""
    acts: int = 1
    points: tuple[Point, ...] = ()
    numbers: frozenset[int] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "numbers", frozenset(t.number for t in self.tolls))

    @property
    def is_total(self) -> bool:
        """A sum over several acts."""
        return self.scope == "total"


@lru_cache(maxsize=1)
def _vocabulary() -> tuple[frozenset[str], frozenset[str]]:
    data = lexicon.load("link")
    return frozenset(data["plain_targets"].split()), frozenset(data["stop_words"].split())


@lru_cache(maxsize=1)
def families() -> dict[str, str]:
    """The family of each act type, from `data/link.yml`."""
    return {kind: family for family, listed in lexicon.load("link")["families"].items() for kind in listed.split()}


@lru_cache(maxsize=65536)
def bodies(name: str, strict: bool = False) -> tuple[frozenset[str], frozenset[str]]:
    """(bodies, sides) that an actor's name speaks of. A kind of actor ("rebels") has a side and no body.

    A name the actor tables do not hold is its own body, unless `strict`. "Russian" alone is read as Russian forces.
    """
    from tollbook.model import Sentence
    from tollbook.resolve.actors import find_actors, load_actors

    book = load_actors()
    found: set[str] = set()
    sides: set[str] = set()
    for text in (name,) if strict else (name, f"{name} forces", f"{name} group"):
        for actor in find_actors(text, [Sentence((0, len(text)), 0)], book):
            if actor.actor_id is None:
                continue
            kind, _, rest = actor.actor_id.partition(":")
            if kind == "kind":
                if actor.who in ("state_forces", "armed_group"):
                    sides.add("state" if actor.who == "state_forces" else "non_state")
                continue
            found.add(f"state:{rest.split(':')[0]}" if kind == "state" else actor.actor_id)
            sides.add("foreign" if kind == "coalition" else "state" if actor.who == "state_forces" else "non_state")
        if found or sides:
            break
    if not found and not sides and not strict:
        found.add(" ".join(words(name)))
    return frozenset(found), frozenset(sides)


@lru_cache(maxsize=65536)
def _target(name: str) -> frozenset[str]:
    plain, stop = _vocabulary()
    return frozenset(_stem(t) for t in words(name) if t not in plain and t not in stop)


def _stem(word: str) -> str:
    return word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith("ss") else word


@lru_cache(maxsize=4096)
def content_words(text: str) -> frozenset[str]:
    """The words of a sentence that tell something, plural s off."""
    _, stop = _vocabulary()
    return frozenset(_stem(w) for w in words(text) if w not in stop)


def ordinal(day: object) -> int | None:
    """An ISO day as a proleptic ordinal; None for anything else."""
    return _ordinal(day) if isinstance(day, str) else None


@lru_cache(maxsize=32768)
def _ordinal(day: str) -> int | None:
    try:
        return dt.date.fromisoformat(day).toordinal()
    except ValueError:
        return None


def _strings(value: object) -> tuple[str, ...]:
    return tuple(v for v in value if isinstance(v, str) and v.strip()) if isinstance(value, list) else ()


def mention(
    *,
    num: int,
    mention_id: str,
    report_id: str,
    published: str | None,
    act: Mapping[str, Any],
    figures: Sequence[Mapping[str, Any]],
    order: int = 0,
) -> Mention:
    """The mention of an act claim (`act`: the incident of a record without its casualties) and its figures."""
    actors: set[str] = set()
    sides: set[str] = set()
    for name in _strings(act.get("perpetrators")):
        found, on = bodies(name)
        actors |= found
        sides |= on
    targets: set[str] = set()
    fighting: set[str] = set()
    for name in _strings(act.get("targets")):
        targets |= _target(name)
        fighting |= bodies(name, strict=True)[0]
    tolls = tuple(
        _toll(
            figure["harm"],
            figure.get("who", "unknown"),
            figure["min"] if figure.get("min") is not None else figure["max"],
            figure.get("min") == figure.get("max"),
        )
        for figure in figures
        if figure.get("subset_of") is None and not figure.get("undivided")
    )
    start, end = ordinal(act.get("start")), ordinal(act.get("end"))
    if start is None and end is not None:
        start = end
    if end is None and start is not None:
        end = start
    if start is not None and end is not None and start > end:
        start, end = end, start
    acts = act.get("acts")
    return Mention(
        num=num,
        id=mention_id,
        report_id=report_id,
        published=ordinal(published),
        type=str(act.get("type")),
        scope=str(act.get("scope") or "incident"),
        status=str(act.get("status") or "happened"),
        start=start,
        end=end,
        places=_strings(act.get("places"))[:6],
        country=act.get("country") if isinstance(act.get("country"), str) else None,
        actors=frozenset(actors),
        sides=frozenset(sides),
        fighting=frozenset(fighting),
        targets=frozenset(targets),
        tolls=tolls,
        quote=content_words(str(act.get("quote") or "")),
        order=order,
        parts=_strings(act.get("parts")),
        local_id=str(act.get("id") or ""),
        acts=acts if isinstance(acts, int) and acts > 0 else 1,
        points=_points(act.get("place_details")),
    )


@lru_cache(maxsize=8192)
def _toll(harm: str, who: str, number: int, exact: bool) -> Toll:
    """One value for equal tolls: a large book holds the same few in memory again and again."""
    return Toll(harm, who, number, exact)


def _points(details: object) -> tuple[Point, ...]:
    """Where the places lie and how far they reach; none where the first was not resolved."""
    out: list[Point] = []
    for detail in details[:6] if isinstance(details, list) else ():
        found = [detail.get(key) for key in ("lat", "lon", "radius_km")] if isinstance(detail, Mapping) else [None] * 3
        if all(isinstance(n, (int, float)) and not isinstance(n, bool) for n in found[:2]):
            lat, lon, radius = (float(n) if isinstance(n, (int, float)) else 0.0 for n in found)
            out.append((lat, lon, radius))
        elif not out:
            return ()
    return tuple(out)
