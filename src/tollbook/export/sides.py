"""Which side of a fight the actors of an incident are of, for catalogues that code it: `data/export/sides.yml`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from tollbook import lexicon
from tollbook.errors import LexiconError
from tollbook.export.values import Incident
from tollbook.model import Sentence
from tollbook.resolve.actorbook import KINDS
from tollbook.resolve.actors import find_actors, load_actors

FIGHTING = frozenset({"state", "foreign", "rebel", "militia", "communal"})
STATES = frozenset({"state", "foreign"})


@dataclass(frozen=True, slots=True)
class Side:
    """An actor as a side: the name as told, its side, the state it is (ISO alpha-2) if one, whether tables hold it.

    `who` is the victims' class its members have; `known` is false where the side is a guess from nothing but words.
    `kind` is the kind of a state's force ("police") or of people ("journalists").
    """

    name: str
    side: str
    who: str
    country: str | None
    known: bool
    generic: bool
    kind: str | None = None


@dataclass(frozen=True, slots=True)
class _Table:
    groups: Mapping[str, str]
    kinds: Mapping[str, str]
    who: Mapping[str, str]


@cache
def _table() -> _Table:
    data = lexicon.load("export/sides")
    check(data)
    kinds = {kind: side for side, listed in data["kinds"].items() for kind in listed.split()}
    return _Table(data["groups"], kinds, data["who"])


def check(data: Mapping[str, Any]) -> None:
    """Raises LexiconError where a kind of group has no side, or a side is none of the list."""
    sides = set(data["sides"])
    missing = set(KINDS) - set(data["groups"])
    if missing:
        raise LexiconError(f"sides.yml: groups: no side for {sorted(missing)}")
    wrong = {*data["groups"].values(), *data["kinds"], *data["who"].values()} - sides
    if wrong:
        raise LexiconError(f"sides.yml: {sorted(wrong)} are not sides")


def side_of(name: str, actor_id: str | None, country: str | None, who: str | None = None, strict: bool = False) -> Side:
    """The side of a name. A state is `state` in its own country and `foreign` in another; `who` is the record's class.

    Unless `strict`, "Russian" alone is read as Russian forces.
    """
    table = _table()
    found = _read(name, strict)
    key: str | None
    key, told, generic = found if found is not None else (actor_id, who or "unknown", False)
    if actor_id is not None and (key is None or generic):
        key, generic = actor_id, actor_id.startswith("kind:")
    told = who or told
    space, _, rest = (key or "").partition(":")
    if space == "state":
        state = rest.split(":")[0]
        force = rest.partition(":")[2] or None
        return Side(name, "state" if country in (None, state) else "foreign", "state_forces", state, True, False, force)
    if space == "coalition":
        return Side(name, "foreign", "state_forces", None, True, False)
    if space == "kind":
        return Side(name, table.kinds.get(rest, table.who[told]), told, None, True, True, rest)
    group = load_actors().groups.get(key) if key else None
    if group is not None:
        return Side(name, table.groups[group.kind], group.who, None, True, False)
    return Side(name, table.who[told], told, None, False, False)


@cache
def _read(name: str, strict: bool) -> tuple[str, str, bool] | None:
    """(actor id, victims' class, generic) of the first actor in a name."""
    book = load_actors()
    for text in (name,) if strict else (name, f"{name} forces"):
        for actor in find_actors(text, [Sentence((0, len(text)), 0)], book):
            if actor.actor_id is not None:
                return actor.actor_id, actor.who, actor.generic
    return None


def doers(incident: Incident) -> list[Side]:
    """The sides of those said to have done it, in the order of the incident."""
    return [side_of(d.name, d.actor_id, incident.country) for d in incident.doers]


def hits(incident: Incident) -> list[Side]:
    """The sides of those hit: the targets that are people, else the classes of victims somebody counts."""
    out = [side_of(h.name, h.actor_id, incident.country, h.who, strict=True) for h in incident.hits]
    return [s for s in out if s.side != "unknown"]


def hit_classes(incident: Incident) -> set[str]:
    """The victims' classes told: of the targets, and of those killed or injured."""
    found = {s.who for s in hits(incident)}
    found |= {g for (harm, g), r in incident.ranges.items() if harm in ("killed", "injured") and (r.high or r.low)}
    return found & {"civilian", "state_forces", "armed_group"}


def first(sides: Iterable[Side], among: Iterable[str]) -> Side | None:
    """The first side of a kind; a named one before a generic one."""
    listed = [s for s in sides if s.side in set(among)]
    return next((s for s in listed if not s.generic), listed[0] if listed else None)
