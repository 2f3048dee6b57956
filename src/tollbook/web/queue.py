"""What needs a person, in order of what a decision would settle. No pages in it.

effect = (deaths it leaves open) x (1 - confidence). Each kind of item says what its width and its confidence are; both
are shown with the item, so that the order can be checked by hand.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from tollbook.ledger.bounds import ALL
from tollbook.ledger.state import CHANGED, REVIEWED
from tollbook.link.cluster import thresholds
from tollbook.store import load, schema
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


def build(connection: sa.Connection, mapped: Mapping[str, object]) -> Queue:
    """The queue of a view; `mapped` holds the incidents that are on the map."""
    rows = load.decisions(connection)
    unsure = _unsure(connection, rows)
    items: list[Item] = []
    finders: tuple[Callable[[], Iterator[Item]], ...] = (
        lambda: _pairs(connection, unsure),
        lambda: _merges(connection, unsure),
        lambda: _sums(connection),
        lambda: _ranges(connection),
        lambda: _places(connection, mapped),
        lambda: _issues(connection, rows),
    )
    for find in finders:
        items += sorted(find(), key=lambda i: (-i.effect, i.subjects))[:MOST]
    items.sort(key=lambda i: (-i.effect, list(KINDS).index(i.kind), i.subjects))
    return Queue(tuple(items), Counter(i.kind for i in items))


def _unsure(connection: sa.Connection, rows: list[Any]) -> set[frozenset[str]]:
    """Pairs of mentions that a person looked at and left open."""
    if not any(r.kind == "unsure" for r in rows):
        return set()
    held = load.held(connection, rows, load.live_runs(connection))[0]
    return {frozenset(p) for p in held.unsure}


def _owners(connection: sa.Connection, mentions: set[str]) -> dict[str, str]:
    table = schema.mentions
    out: dict[str, str] = {}
    for batch in load.chunks(sorted(mentions)):
        query = sa.select(table.c.mention_id, table.c.incident_id).where(
            table.c.mention_id.in_(batch), table.c.live == 1, table.c.incident_id.is_not(None)
        )
        out.update(load.lookup(connection, query))
    return out


def _pairs(connection: sa.Connection, unsure: set[frozenset[str]]) -> Iterator[Item]:
    owner = _owners(connection, {m for p in unsure for m in p})
    left = {frozenset(owner.get(m, m) for m in p) for p in unsure}
    table, b = schema.possible, schema.bounds
    x, y = aliased(b), aliased(b)
    query = sa.select(table.c.a, table.c.b, table.c.score, table.c.merged, x.c.low, y.c.low)
    for of, side in ((x, table.c.a), (y, table.c.b)):
        query = query.outerjoin(of, sa.and_(of.c.incident_id == side, of.c.harm == "killed", of.c.who == ALL))
    for a, other, score, merged, low_a, low_b in connection.execute(query):
        if frozenset((a, other)) in left:
            continue
        one = json.loads(merged).get("killed") or 0
        width = max(0, (low_a or 0) + (low_b or 0) - one)
        yield Item("pair", (a, other), width, 1 - score, f"counted apart; {score:.0%} likely to be one")


def _merges(connection: sa.Connection, unsure: set[frozenset[str]]) -> Iterator[Item]:
    """Mentions whose best tie to the rest of their incident is weak, and that no person has tied."""
    least = thresholds()[0]
    rows = connection.exec_driver_sql(
        "SELECT x.incident_id, x.mention_id, y.mention_id, p.score FROM derived_pairs p "
        "JOIN derived_mentions x ON x.mention = p.a AND x.live = 1 "
        "JOIN derived_mentions y ON y.mention = p.b AND y.live = 1 "
        "JOIN derived_incidents i ON i.incident_id = x.incident_id "
        "WHERE x.incident_id = y.incident_id AND i.review = 'machine' AND i.reports > 1"
    )
    best: dict[tuple[str, str], tuple[float, str]] = {}
    for incident, a, b, score in rows:
        for one, other in ((a, b), (b, a)):
            if best.get((incident, one), (-1.0, ""))[0] < score:
                best[incident, one] = (score, other)
    weak: dict[str, tuple[float, str, str]] = {}
    for (incident, one), (score, other) in best.items():
        if (least * 0.5 < score < SURE and frozenset((one, other)) not in unsure) and (
            incident not in weak or score < weak[incident][0]
        ):
            weak[incident] = (score, one, other)
    lows = _lows(connection, list(weak))
    for incident, (score, one, other) in weak.items():
        yield Item(
            "merge", (incident, one, other), lows.get(incident, 0), score, f"counted once; {score:.0%} likely to be one"
        )


def _lows(connection: sa.Connection, ids: list[str]) -> dict[str, int]:
    b = schema.bounds
    out: dict[str, int] = {}
    for batch in load.chunks(ids):
        query = sa.select(b.c.incident_id, sa.func.coalesce(b.c.low, b.c.high, 0)).where(
            b.c.incident_id.in_(batch), b.c.harm == "killed", b.c.who == ALL
        )
        out.update(load.lookup(connection, query))
    return out


def _sums(connection: sa.Connection) -> Iterator[Item]:
    rows = connection.exec_driver_sql(
        "SELECT p.total_id, t.high, sum(x.low) FROM derived_parts p "
        "JOIN derived_bounds t ON t.incident_id = p.total_id AND t.harm = 'killed' AND t.who = 'all' AND t.open = 0 "
        "JOIN derived_bounds x ON x.incident_id = p.part_id AND x.harm = 'killed' AND x.who = 'all' "
        "JOIN derived_incidents i ON i.incident_id = p.total_id AND i.review != 'reviewed' "
        "WHERE p.sure = 1 GROUP BY p.total_id, t.high HAVING sum(x.low) > t.high"
    )
    for total, high, low in rows:
        yield Item("sum", (total,), low - high, 0.0, f"it says {high:,}, its parts add up to {low:,}")


def _ranges(connection: sa.Connection) -> Iterator[Item]:
    i, b = schema.incidents, schema.bounds
    width = sa.func.coalesce(b.c.high, b.c.low, 0) - sa.func.coalesce(b.c.low, 0)
    doubt = sa.case((i.c.review == CHANGED, 1 - STALE), else_=1 - UNREAD)
    query = (
        sa.select(i.c.incident_id, i.c.review, width, b.c.open, b.c.high)
        .outerjoin(b, sa.and_(b.c.incident_id == i.c.incident_id, b.c.harm == "killed", b.c.who == ALL))
        .where(i.c.review != REVIEWED, i.c.scope.in_(["incident", "background"]))
        .order_by((sa.func.coalesce(width, 0) * doubt).desc(), sa.func.coalesce(b.c.high, 0).desc(), i.c.incident_id)
        .limit(MOST)
    )
    for incident, review, wide, opened, _ in connection.execute(query):
        what = "changed since it was reviewed" if review == CHANGED else "read by machine only"
        yield Item(
            "range", (incident,), wide or 0, STALE if review == CHANGED else UNREAD,
            f"{what}{'; somebody says at least' if opened else ''}",
        )  # fmt: skip


def _places(connection: sa.Connection, mapped: Mapping[str, object]) -> Iterator[Item]:
    i, b = schema.incidents, schema.bounds
    query = (
        sa.select(i.c.incident_id, i.c.place, sa.func.coalesce(b.c.high, b.c.low))
        .join(b, sa.and_(b.c.incident_id == i.c.incident_id, b.c.harm == "killed", b.c.who == ALL))
        .where(i.c.review != REVIEWED, i.c.scope.in_(["incident", "background"]), sa.or_(b.c.high > 0, b.c.low > 0))
        .order_by(sa.func.coalesce(b.c.high, b.c.low).desc())
    )
    found = 0
    for incident, place, deaths in connection.execute(query):
        if incident in mapped:
            continue
        what = f"{place} is not on the map" if place else "no place is told"
        yield Item("place", (incident,), deaths, NAMED if place else UNPLACED, what)
        found += 1
        if found >= 2 * MOST:
            return


def _issues(connection: sa.Connection, rows: list[Any]) -> Iterator[Item]:
    """Contradictions and orphans that still stand: both name the ids they are about in their words."""
    from tollbook.ledger.decisions import standing

    table = schema.issues
    found = connection.execute(
        sa.select(table.c.code, table.c.message).where(table.c.code.in_(["contradiction", "orphan_decision"]))
    ).all()
    if not found:
        return
    held, orphans = load.held(connection, rows, load.live_runs(connection))
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
