"""Which mentions stand together: the groups of the live book, and after a change those that the change can move."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain

import sqlalchemy as sa

from tollbook.link.cluster import Clusters, Pair, cluster, components, thresholds
from tollbook.store import load, schema
from tollbook.store.pairs import KEEP, all_pairs, edges
from tollbook.store.world import World

Group = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Grouped:
    """The groups that are new or not as they were, and the "same" decisions that could not be kept."""

    groups: tuple[Group, ...]
    refused: tuple[Pair, ...]


def all_groups(world: World) -> Grouped:
    """The groups of every live mention."""
    joining = (p for p, _ in all_pairs(world.connection, thresholds()[0]))
    return _cluster(world, world.report_of.keys(), joining, all_pairs(world.connection), {})


def changed_groups(world: World, dirty: Collection[int]) -> Grouped:
    """The groups that differ from those stored, after the mentions of `dirty` came, went or were decided on.

    What is computed again begins with `dirty`, the groups it was in and all it would join, and takes in the groups
    that a mention whose group changed would join, until no such is left outside. Nothing beyond can change: joining is
    greedy by the mean of pairs, so that the first group to join otherwise than before has a mention that is new, gone
    or already joined otherwise as its member or as the partner it lost; and it joins only where a pair is likely.
    """
    region = _Region(world, set(dirty))
    region.take(dirty)
    region.take(region.left_behind())
    known: dict[Group, Clusters] = {}
    while True:
        joining = (p for p, s in region.scores.items() if s >= thresholds()[0])
        found = _cluster(world, region.mentions, joining, region.scores.items(), known)
        groups = tuple(g for g in found.groups if not region.stands(g))
        near = region.beyond({n for g in groups for n in g})
        if not near:
            return Grouped(groups, found.refused)
        region.take(near)


@dataclass(slots=True)
class _Region:
    """Live mentions with their whole stored groups and what people joined to them, and the pairs at them."""

    world: World
    dirty: set[int]
    mentions: set[int] = field(default_factory=set)
    scores: dict[Pair, float] = field(default_factory=dict)
    _incident: dict[int, str | None] = field(default_factory=dict)
    _members: dict[str, set[int]] = field(default_factory=dict)
    _broken: set[str] = field(default_factory=set)
    _joined: dict[int, set[int]] = field(default_factory=dict)
    _beside: dict[int, set[int]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for a, b in self.world.same:
            self._joined.setdefault(a, set()).add(b)
            self._joined.setdefault(b, set()).add(a)

    def take(self, numbers: Iterable[int]) -> None:
        """Takes mentions in, with the groups they are stored in and what is decided to be the same."""
        connection, table, report_of = self.world.connection, schema.mentions, self.world.report_of
        before, todo = set(self.mentions), set(numbers)
        while todo:
            self.world.learn(todo)
            incidents: set[str] = set()
            for batch in load.chunks(sorted(todo)):
                query = sa.select(table.c.mention, table.c.incident_id).where(load.among(table.c.mention, batch))
                stored = load.lookup(connection, query)
                self._incident.update(stored)
                incidents.update(i for i in stored.values() if i is not None)
                self._broken.update(i for n, i in stored.items() if i is not None and n in self.dirty)
            self.mentions |= {n for n in todo if n in report_of}
            todo = {b for a in todo for b in self._joined.get(a, ())}
            for names in load.chunks(sorted(incidents - set(self._members))):
                self._members.update({name: set() for name in names})
                query = sa.select(table.c.mention, table.c.incident_id).where(
                    load.among(table.c.incident_id, names), table.c.live == 1
                )
                for number, incident in connection.execute(query):
                    self._members[incident].add(number)
                    todo.add(number)
            todo -= self._incident.keys()
        new = self.mentions - before
        least = thresholds()[0]
        for (a, b), p in edges(connection, new, KEEP).items():
            self.scores[a, b] = p
            if p >= least:
                self._beside.setdefault(a, set()).add(b)
                self._beside.setdefault(b, set()).add(a)

    def stands(self, group: Group) -> bool:
        """Whether a group is stored as it is, and nothing in it is new or decided on. Of what people joined, and of
        what is wholly rejected, the machine's own groups are not stored: it never stands."""
        incident = self._incident.get(group[0])
        if incident is None or incident in self._broken or any(n in self._joined for n in group):
            return False
        return self._members[incident] == set(group)

    def left_behind(self) -> set[int]:
        """What the mentions that are gone from no incident would have joined: who was wholly rejected with them."""
        gone = {n for n in self.dirty - self.mentions if self._incident.get(n) is None}
        near = {n for p in edges(self.world.connection, gone, thresholds()[0]) for n in p} - gone
        return near - self.mentions

    def beyond(self, changed: Iterable[int]) -> set[int]:
        """Live mentions outside that one of `changed` would join."""
        near = {b for a in changed for b in self._beside.get(a, ())} - self.mentions
        self.world.learn(near)
        return {n for n in near if n in self.world.report_of}


def _cluster(
    world: World,
    alive: Collection[int],
    joining: Iterable[Pair],
    pairs: Iterable[tuple[Pair, float]],
    known: dict[Group, Clusters],
) -> Grouped:
    """The groups of each component of live mentions that `joining` pairs and decisions hold together; `known` keeps
    the clusters of components already computed."""
    linked = [p for p in chain(joining, world.same) if p[0] in alive and p[1] in alive]
    parts = components({n for p in linked for n in p}, linked)
    owner = {n: i for i, part in enumerate(parts) for n in part}
    split: dict[int, dict[Pair, float]] = {}
    for p, s in pairs:
        i = owner.get(p[0])
        if i is not None and i == owner.get(p[1]):
            split.setdefault(i, {})[p] = s
    same, apart = _by_part(world.same, owner), _by_part(world.apart, owner)
    groups: list[Group] = [(n,) for n in alive if n not in owner]
    refused: list[Pair] = []
    for i, part in enumerate(parts):
        key = tuple(part)
        if key not in known:
            known[key] = cluster(part, split.get(i, {}), world.report_of, same=same.get(i, ()), apart=apart.get(i, ()))
        groups += known[key].groups
        refused += known[key].refused
    return Grouped(tuple(groups), tuple(refused))


def _by_part(pairs: Sequence[Pair], owner: Mapping[int, int]) -> dict[int, list[Pair]]:
    """Pairs whose two ends are in one part, by part."""
    out: dict[int, list[Pair]] = {}
    for p in pairs:
        if p[0] in owner and owner[p[0]] == owner.get(p[1]):
            out.setdefault(owner[p[0]], []).append(p)
    return out
