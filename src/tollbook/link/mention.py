"""A mention: one incident as one report tells it, in the form that comparing needs."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from tollbook import lexicon
from tollbook.link.names import words

_NAME = re.compile(r"\b[A-Z][\w'’-]+")
LONGEST_KEY_SPAN = 10


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

    `num` orders mentions by when they were first recorded. `places` are most specific first.
    `actors` and `targets` are folded words; `sides` what kind of actor they speak of.
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
    targets: frozenset[str]
    tolls: tuple[Toll, ...]
    quote: frozenset[str]
    order: int = 0
    parts: tuple[str, ...] = ()
    local_id: str = ""
    acts: int = 1

    @property
    def is_total(self) -> bool:
        """A sum over several acts."""
        return self.scope == "total"


@lru_cache(maxsize=1)
def _vocabulary() -> tuple[dict[str, str], frozenset[str], dict[str, str], frozenset[str]]:
    data = lexicon.load("link")
    sides = {word: side for side, listed in data["sides"].items() for word in listed.split()}
    aliases = {alias: name for name, listed in data["aliases"].items() for alias in listed}
    return sides, frozenset(data["plain_targets"].split()), aliases, frozenset(data["stop_words"].split())


@lru_cache(maxsize=1)
def families() -> dict[str, str]:
    """The family of each act type, from `data/link.yml`."""
    return {kind: family for family, listed in lexicon.load("link")["families"].items() for kind in listed.split()}


@lru_cache(maxsize=65536)
def _actor(name: str) -> tuple[frozenset[str], frozenset[str]]:
    """(identifying words, sides) of an actor's name."""
    sides, _, aliases, _ = _vocabulary()
    folded = " ".join(words(name))
    for alias, canonical in aliases.items():
        if f" {alias} " in f" {folded} ":
            folded = f" {folded} ".replace(f" {alias} ", f" {canonical} ").strip()
    tokens = folded.split()
    return (
        frozenset(t for t in tokens if t not in sides),
        frozenset(sides[t] for t in tokens if t in sides),
    )


@lru_cache(maxsize=65536)
def _target(name: str) -> frozenset[str]:
    _, plain, _, stop = _vocabulary()
    return frozenset(_stem(t) for t in words(name) if t not in plain and t not in stop)


def _stem(word: str) -> str:
    return word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith("ss") else word


@lru_cache(maxsize=4096)
def content_words(text: str) -> frozenset[str]:
    """The words of a sentence that tell something, plural s off."""
    _, _, _, stop = _vocabulary()
    return frozenset(_stem(w) for w in words(text) if w not in stop)


def ordinal(day: object) -> int | None:
    """An ISO day as a proleptic ordinal; None for anything else."""
    if not isinstance(day, str):
        return None
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
        found, on = _actor(name)
        actors |= found
        sides |= on
    targets: set[str] = set()
    for name in _strings(act.get("targets")):
        targets |= _target(name)
    tolls = tuple(
        Toll(
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
        targets=frozenset(targets),
        tolls=tolls,
        quote=content_words(str(act.get("quote") or "")),
        order=order,
        parts=_strings(act.get("parts")),
        local_id=str(act.get("id") or ""),
        acts=acts if isinstance(acts, int) and acts > 0 else 1,
    )
