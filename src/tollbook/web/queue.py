"""What needs a person, in order of what a decision would settle. No pages in it.

effect = (deaths it leaves open) x (1 - confidence). Each kind of item says what its width and its confidence are; both
are shown with the item, so that the order can be checked by hand.
"""

from __future__ import annotations

import heapq
import json
import re
from bisect import bisect_left, insort
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np
import sqlalchemy as sa

from tollbook.ledger.bounds import ALL
from tollbook.ledger.decisions import Decision
from tollbook.ledger.state import CHANGED, REVIEWED
from tollbook.link.cluster import thresholds
from tollbook.store import load, schema
from tollbook.web.coded import OPEN, SOME, numbers
from tollbook.web.columns import Columns
from tollbook.web.filling import EXTRAS, extra
from tollbook.web.past import kept_up
from tollbook.web.wording import plural

KINDS: dict[str, tuple[str, str]] = {
    "pair": ("may be one", "two incidents that may be one: same, apart or unsure"),
    "merge": ("doubtful merge", "reports joined by the machine on weak grounds"),
    "sum": ("sum that does not add up", "a total that is less than its parts"),
    "range": ("range to check", "an incident nobody has checked"),
    "place": ("place not found", "deaths that stand nowhere on the map"),
    "contradiction": ("contradiction", "decisions against each other"),
    "orphan": ("orphan decision", "a decision whose words are gone after a re-read"),
}
"""kind -> (its name, what it is)."""

UNREAD, STALE = 0.5, 0.7
"""Confidence in a range that a machine alone has read, and in one that changed since a person read it. A convention of
the desk, shown with every item; the extractor gives no probability that is worth more."""
NAMED, UNPLACED = 0.9, 0.5
"""Confidence in the place of an incident with a name that is not on the map, and of one without any place."""
SURE = 0.85
"""A merge on a better probability than this is not asked about."""
MOST = 400
"""Items of each kind that are ranked: those with the greatest effect."""

_ID = re.compile(r"[0-9a-f]{16}")


@dataclass(frozen=True, slots=True)
class Item:
    """One thing to decide. `subjects` are incidents (for a merge: the incident, then the two mentions; for an orphan
    the decision); `width` in deaths."""

    kind: str
    subjects: tuple[str, ...]
    width: int
    confidence: float
    what: str

    @property
    def effect(self) -> float:
        """What the queue is ordered by."""
        return self.width * (1 - self.confidence)

    @property
    def key(self) -> str:
        """The item's own name in an address."""
        return "-".join((self.kind, *self.subjects))

    @property
    def formula(self) -> str:
        """How the effect came about: "67 deaths x (1 - 0.58) = 28.1"."""
        return f"{plural(self.width, 'death')} × (1 − {self.confidence:.2f}) = {self.effect:,.1f}"


@dataclass(frozen=True, slots=True)
class Queue:
    """All items in order, and how many there are of each kind (of those that were ranked)."""

    items: tuple[Item, ...]
    counts: Mapping[str, int]

    def of(self, kind: str | None) -> tuple[Item, ...]:
        """The items of one kind, or all."""
        return tuple(i for i in self.items if kind is None or i.kind == kind)


def build(
    connection: sa.Connection, columns: Columns, rows: Sequence[Decision], issues: Sequence[tuple[str, str]]
) -> Queue:
    """The queue of a view, from its incidents, decisions and the issues of decisions (code, words)."""
    unsure = _unsure(connection, rows)
    items: list[Item] = []
    finders: tuple[Callable[[], Iterable[Item]], ...] = (
        lambda: _pairs(connection, columns, unsure),
        lambda: _merges(connection, columns, unsure),
        lambda: _sums(columns),
        lambda: _ranges(columns),
        lambda: _places(columns),
        lambda: _issues(connection, rows, issues),
    )
    for find in finders:
        items += heapq.nsmallest(MOST, find(), key=lambda i: (-i.effect, i.subjects))
    order = list(KINDS)
    items.sort(key=lambda i: (-i.effect, order.index(i.kind), i.subjects))
    return Queue(tuple(items), Counter(i.kind for i in items))


def _unsure(connection: sa.Connection, rows: Sequence[Decision]) -> set[frozenset[str]]:
    """Pairs of mentions that a person looked at and left open."""
    if not any(r.kind == "unsure" for r in rows):
        return set()
    return {frozenset(p) for p in load.held(connection, rows)[0].unsure}


def _owners(connection: sa.Connection, mentions: set[str]) -> dict[str, str]:
    table = schema.mentions
    out: dict[str, str] = {}
    for batch in load.chunks(sorted(mentions)):
        query = sa.select(table.c.mention_id, table.c.incident_id).where(
            table.c.mention_id.in_(batch), table.c.live == 1, table.c.incident_id.is_not(None)
        )
        out.update(load.lookup(connection, query))
    return out


def _pairs(connection: sa.Connection, columns: Columns, unsure: set[frozenset[str]]) -> Iterator[Item]:
    owner = _owners(connection, {m for p in unsure for m in p})
    left = {frozenset(owner.get(m, m) for m in p) for p in unsure}
    low, index = columns.raw("killed").low, columns.index
    asked = (r for r in _pair_ranks(columns) if frozenset(r[1]) not in left)
    for _, (a, other), likely, _ in islice(asked, MOST):
        width = max(0, low[index[a]] + low[index[other]] - (columns.doubts[a, other][1].get("killed") or 0))
        yield Item("pair", (a, other), width, 1 - likely, f"counted apart; {likely:.0%} likely to be one")


PairRank = tuple[float, tuple[str, str], float, frozenset[int]]
"""(-effect, the two incidents, how likely they are one, their slots)."""


def _pair_ranks(columns: Columns) -> list[PairRank]:
    """The pairs that may be one, those with the greatest effect first."""
    low, index = columns.raw("killed").low, columns.index

    def rank(pair: tuple[str, str]) -> PairRank | None:
        if pair not in columns.doubts or pair[0] not in index or pair[1] not in index:
            return None
        likely, merged = columns.doubts[pair]
        a, b = index[pair[0]], index[pair[1]]
        width = max(0, low[a] + low[b] - (merged.get("killed") or 0))
        return (-width * likely, pair, likely, frozenset((a, b)))

    def whole() -> tuple[list[PairRank], dict[int, frozenset[PairRank]]]:
        order = sorted(r for r in map(rank, columns.doubts) if r is not None)
        of: dict[int, set[PairRank]] = {}
        for one in order:
            for slot in one[3]:
                of.setdefault(slot, set()).add(one)
        return order, {slot: frozenset(some) for slot, some in of.items()}

    def again(
        old: tuple[list[PairRank], dict[int, frozenset[PairRank]]], moved: frozenset[int]
    ) -> tuple[list[PairRank], dict[int, frozenset[PairRank]]]:
        order, of = old[0][:], old[1].copy()
        for one in {r for slot in moved for r in of.get(slot, ())}:
            del order[bisect_left(order, one)]
            for slot in one[3]:
                of[slot] -= {one}
        near = {(i, o) for s in moved if (i := columns.ids[s]) is not None for o in columns.beside.get(i, ())}
        for found in map(rank, near | {(b, a) for a, b in near}):
            if found is not None:
                insort(order, found)
                for slot in found[3]:
                    of[slot] = of.get(slot, frozenset()) | {found}
        return order, of

    return kept_up(columns, "pairs", whole, again)[0]


EXTRAS["ties"] = (
    "SELECT x.incident_id, json_group_array(json_array(x.mention_id, y.mention_id, p.score)) "
    "FROM (SELECT * FROM derived_incidents {}) i CROSS JOIN derived_mentions x ON x.incident_id = i.incident_id "
    "CROSS JOIN derived_pairs p ON p.a = x.mention JOIN derived_mentions y ON y.mention = p.b AND y.live = 1 "
    "AND y.incident_id = x.incident_id WHERE x.live = 1 AND i.review = 'machine' AND i.reports > 1 "
    "GROUP BY x.incident_id", "incident_id", lambda v: weak_ties(json.loads(v)),
)  # fmt: skip


def weak_ties(pairs: Iterable[tuple[str, str, float]]) -> tuple[tuple[float, str, str], ...]:
    """Mentions whose best tie to the rest of their incident is weak: (how likely, the mention, the other), from all
    pairs of an incident's mentions. The weakest come first."""
    least = thresholds()[0]
    best: dict[str, tuple[float, str]] = {}
    for a, b, score in pairs:
        for one, other in ((a, b), (b, a)):
            if best.get(one, (-1.0, ""))[0] < score:
                best[one] = (score, other)
    return tuple(sorted((s, one, other) for one, (s, other) in best.items() if least * 0.5 < s < SURE))


def _merges(connection: sa.Connection, columns: Columns, unsure: set[frozenset[str]]) -> Iterator[Item]:
    """Incidents that hang together by a weak tie that no person has made or left open."""
    ties, least = extra(columns, connection, "ties"), columns.raw("killed").least()
    doubt = ties.spread(np.array(ties.table(lambda v: 1 - v[0][0] if v else 0.0, "doubt"), np.float64))
    slots = np.flatnonzero(doubt > 0)
    # a tie that was left open only moves its incident down
    for slot in columns.foremost(slots, [-(least[slots] * doubt[slots])], MOST + len(unsure)):
        weak = next((t for t in ties[slot] if frozenset(t[1:]) not in unsure), None)
        if weak is not None:
            score, one, other = weak
            what = f"counted once; {score:.0%} likely to be one"
            yield Item("merge", (_id(columns, slot), one, other), int(least[slot]), score, what)


def _id(columns: Columns, slot: int) -> str:
    incident = columns.ids[slot]
    assert incident is not None
    return incident


def _sums(columns: Columns) -> Iterator[Item]:
    """Totals, not reviewed and not open, whose sure parts add up to more than they say."""
    raw, index = columns.raw("killed"), columns.index
    for total, parts in columns.parts.items():
        slot = index.get(total)
        if slot is None or columns.coded["review"][slot] == REVIEWED:
            continue
        _, _, high, opened = raw.range(slot)
        low = sum(raw.low[index[p]] for p, sure in parts.items() if sure and p in index)
        if high is not None and not opened and low > high:
            yield Item("sum", (total,), low - high, 0.0, f"it says {high:,}, its parts add up to {low:,}")


def _ranges(columns: Columns) -> Iterator[Item]:
    """Acts nobody has reviewed: the widest, and of those as wide the deadliest."""
    raw, review = columns.raw("killed"), columns.coded["review"]
    slots = np.flatnonzero(columns.acts() & ~columns.reviewed())
    low, top = numbers(raw.low)[slots], numbers(raw.top)[slots]
    doubt = np.where(review.equal(CHANGED)[slots], 1 - STALE, 1 - UNREAD)
    for slot in columns.foremost(slots, [-((top - low) * doubt), -top], MOST):
        stale = review[slot] == CHANGED
        what = "changed since it was reviewed" if stale else "read by machine only"
        told = f"{what}{'; somebody says at least' if raw.flags[slot] & OPEN else ''}"
        yield Item("range", (_id(columns, slot),), raw.top[slot] - raw.low[slot], STALE if stale else UNREAD, told)


def _places(columns: Columns) -> Iterator[Item]:
    """Deaths that stand nowhere on the map."""
    raw, place = columns.raw("killed"), columns.coded["place"]
    mapped = columns.coded["spot"].numbers() > 0
    slots = np.flatnonzero(columns.acts() & ~columns.reviewed() & ~mapped & raw.having(SOME))
    doubt = np.where(place.numbers()[slots] > 0, 1 - NAMED, 1 - UNPLACED)
    for slot in columns.foremost(slots, [-(numbers(raw.top)[slots] * doubt)], MOST):
        what = f"{place[slot]} is not on the map" if place[slot] else "no place is told"
        yield Item("place", (_id(columns, slot),), raw.top[slot], NAMED if place[slot] else UNPLACED, what)


def _lows(connection: sa.Connection, ids: list[str]) -> dict[str, int]:
    b = schema.bounds
    out: dict[str, int] = {}
    for batch in load.chunks(ids):
        query = sa.select(b.c.incident_id, sa.func.coalesce(b.c.low, b.c.high, 0)).where(
            b.c.incident_id.in_(batch), b.c.harm == "killed", b.c.who == ALL
        )
        out.update(load.lookup(connection, query))
    return out


ISSUES = ("contradiction", "orphan_decision")
"""Codes of the issues that a person is asked about."""


def _issues(connection: sa.Connection, rows: Sequence[Decision], found: Sequence[tuple[str, str]]) -> Iterator[Item]:
    """Contradictions and orphans that still stand: both name the ids they are about in their words."""
    from tollbook.ledger.decisions import standing

    if not found:
        return
    held, orphans = load.held(connection, rows)
    lost = {d.id: d for d in orphans}
    holding = {d.id for d in standing(rows)}
    for code, message in found:
        ids = tuple(dict.fromkeys(_ID.findall(message)))
        if code == "orphan_decision":
            if ids and ids[0] in lost and ids[0] in holding:
                yield Item("orphan", ids[:1], 0, 0.0, message)
        elif len(ids) == 2 and tuple(sorted(ids)) in {tuple(sorted(p)) for p in held.same}:
            owner = _owners(connection, set(ids))
            if len(set(owner.values())) == 2:
                incidents = tuple(owner[i] for i in ids)
                lows = _lows(connection, list(incidents))
                yield Item("contradiction", incidents, min(lows.values(), default=0), 0.0, message)
