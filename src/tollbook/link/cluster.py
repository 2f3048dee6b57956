"""From scored pairs and people's decisions to incidents.

Agglomerative, mean linkage: two groups join only while their members agree on average, so that one
wrong pair cannot chain two groups together. Two mentions of one report are never joined by the
machine (a report tells its own acts apart), nor two that a person has put apart.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from tollbook import lexicon

FLOOR = -4.0
CEILING = 4.0
"""Log odds beyond which one pair counts no more, and what a pair that was never compared counts."""

Pair = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Clusters:
    """Groups of mention numbers (each sorted, the list by first member), and the "same" decisions that could not
    be kept because an "apart" stands against them."""

    groups: tuple[tuple[int, ...], ...]
    refused: tuple[Pair, ...]


def thresholds() -> tuple[float, float]:
    """(probability from which groups join, probability from which they are possibly one), from `data/link.yml`."""
    data = lexicon.load("link")
    return float(data["merge"]), float(data["possible"])


def pair(a: int, b: int) -> Pair:
    """The two numbers in order."""
    return (a, b) if a < b else (b, a)


def logit(p: float) -> float:
    """Log odds of a probability, held between FLOOR and CEILING."""
    if p <= 0.0:
        return FLOOR
    if p >= 1.0:
        return CEILING
    return max(FLOOR, min(CEILING, math.log(p / (1.0 - p))))


def components(numbers: Iterable[int], links: Iterable[Pair]) -> list[list[int]]:
    """Numbers joined by links, each component sorted, the list by first member."""
    parent = {n: n for n in numbers}

    def root(n: int) -> int:
        while parent[n] != n:
            parent[n] = parent[parent[n]]
            n = parent[n]
        return n

    for a, b in links:
        x, y = root(a), root(b)
        if x != y:
            parent[max(x, y)] = min(x, y)
    out: dict[int, list[int]] = {}
    for n in sorted(parent):
        out.setdefault(root(n), []).append(n)
    return [out[k] for k in sorted(out)]


def cluster(
    numbers: Sequence[int],
    scores: Mapping[Pair, float],
    report_of: Mapping[int, str],
    *,
    same: Sequence[Pair] = (),
    apart: Iterable[Pair] = (),
) -> Clusters:
    """Groups of one component. `scores` are probabilities of compared pairs; `same` is newest first.

    The machine's groups come first; "same" then joins the groups its mentions are in, whole. The outcome does not
    depend on the order of `numbers` or `scores`.
    """
    merge = logit(thresholds()[0])
    decided, refused = _decided(numbers, same, {pair(*p) for p in apart})
    forbidden = _inherited(decided, apart)
    members: dict[int, tuple[int, ...]] = {n: (n,) for n in sorted(numbers)}
    blocked = {key: _reports(group, report_of) for key, group in members.items()}
    barred = _barred(members, forbidden)
    sums: dict[Pair, float] = {}
    owner = {n: key for key, group in members.items() for n in group}
    known: dict[int, set[int]] = {key: set() for key in members}
    for (a, b), p in sorted(scores.items()):
        x, y = owner[a], owner[b]
        if x != y:
            between = (x, y) if x < y else (y, x)
            sums[between] = sums.get(between, 0.0) + logit(p) - FLOOR
            known[x].add(y)
            known[y].add(x)

    def mean(x: int, y: int) -> float:
        return sums[(x, y) if x < y else (y, x)] / (len(members[x]) * len(members[y])) + FLOOR

    def allowed(x: int, y: int) -> bool:
        return y not in barred.get(x, ()) and blocked[x].isdisjoint(blocked[y])

    # groups that do not agree well enough to join never stand in the heap
    worths = ((mean(x, y), x, y) for x, y in sums)
    heap = [(-worth, x, y) for worth, x, y in worths if worth >= merge and allowed(x, y)]
    heapq.heapify(heap)
    while heap:
        worth, x, y = heapq.heappop(heap)
        if x not in members or y not in members or not allowed(x, y) or abs(worth + mean(x, y)) > 1e-12:
            continue
        members[x] = tuple(sorted(members[x] + members.pop(y)))
        blocked[x] |= blocked.pop(y)
        barred[x] = barred.get(x, set()) | barred.pop(y, set())
        for others in barred.values():
            if y in others:
                others.discard(y)
                others.add(x)
        for z in known.pop(y) - {x}:
            known[z].discard(y)
            known[z].add(x)
            known[x].add(z)
            sums[pair(x, z)] = sums.get(pair(x, z), 0.0) + sums.pop(pair(y, z))
        known[x].discard(y)
        sums.pop(pair(x, y))
        for z in known[x]:
            joined = mean(x, z)
            if joined >= merge and allowed(x, z):
                heapq.heappush(heap, (-joined, *pair(x, z)))
    return Clusters(_joined(members.values(), decided), refused)


def possible(
    groups: Mapping[int, tuple[int, ...]],
    scores: Iterable[tuple[Pair, float]],
    report_of: Mapping[int, str],
    apart: Iterable[Pair] = (),
) -> tuple[tuple[int, int, float], ...]:
    """Pairs of groups (by key) that may be one incident, with the probability: below the merging threshold or kept
    from merging, above the other one. Groups with a report in common, or put apart by a person, are not. `scores` are
    compared pairs with their probability, each once."""
    chance = thresholds()[1]
    least = logit(chance)
    several = {key for key, group in groups.items() if len(group) > 1}
    owner = {n: key for key, group in groups.items() for n in group}
    barred = {pair(owner[a], owner[b]) for a, b in apart if a in owner and b in owner}
    sums: dict[Pair, float] = {}
    for (a, b), p in scores:
        x, y = owner.get(a), owner.get(b)
        if x is None or y is None or x == y:
            continue
        if p >= chance or x in several or y in several:  # else it is all that there is
            key = (x, y) if x < y else (y, x)
            sums[key] = sums.get(key, 0.0) + logit(p) - FLOOR
    out = []
    for (x, y), total in sums.items():
        mean = total / (len(groups[x]) * len(groups[y])) + FLOOR
        if mean < least or (x, y) in barred:
            continue
        if _reports(groups[x], report_of).isdisjoint(_reports(groups[y], report_of)):
            out.append((x, y, round(1.0 / (1.0 + math.exp(-mean)), 4)))
    return tuple(sorted(out))


def _decided(
    numbers: Sequence[int], same: Sequence[Pair], forbidden: set[Pair]
) -> tuple[list[tuple[int, ...]], tuple[Pair, ...]]:
    """Groups that "same" decisions make, newest first, and those an "apart" forbids."""
    group_of: dict[int, tuple[int, ...]] = {n: (n,) for n in numbers}
    refused = []
    for a, b in same:
        if a not in group_of or b not in group_of or group_of[a] is group_of[b]:
            continue
        joined = tuple(sorted(group_of[a] + group_of[b]))
        if any(pair(x, y) in forbidden for x in group_of[a] for y in group_of[b]):
            refused.append(pair(a, b))
            continue
        for n in joined:
            group_of[n] = joined
    return sorted(set(group_of.values())), tuple(refused)


def _inherited(decided: Iterable[tuple[int, ...]], apart: Iterable[Pair]) -> set[Pair]:
    """Pairs apart, with those that follow from mentions a person holds to be the same as one of them."""
    group_of = {n: group for group in decided for n in group}
    return {pair(x, y) for a, b in apart for x in group_of.get(a, (a,)) for y in group_of.get(b, (b,))}


def _joined(groups: Iterable[tuple[int, ...]], decided: Iterable[tuple[int, ...]]) -> tuple[tuple[int, ...], ...]:
    """The groups, those joined whole that a decision names together."""
    links = [pair(some[0], n) for some in (*groups, *decided) for n in some[1:]]
    numbers = {n for group in groups for n in group}
    return tuple(tuple(part) for part in components(numbers, links))


def _reports(group: Iterable[int], report_of: Mapping[int, str]) -> set[str]:
    return {report_of[n] for n in group}


def _barred(members: Mapping[int, tuple[int, ...]], forbidden: set[Pair]) -> dict[int, set[int]]:
    owner = {n: key for key, group in members.items() for n in group}
    out: dict[int, set[int]] = {}
    for a, b in forbidden:
        if a in owner and b in owner:
            out.setdefault(owner[a], set()).add(owner[b])
            out.setdefault(owner[b], set()).add(owner[a])
    return out
