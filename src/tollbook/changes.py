"""What changed in a book between two days, line by line, and why."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Unpack

import sqlalchemy as sa

from tollbook.book import Book, How
from tollbook.ledger.bounds import ALL, show
from tollbook.ledger.decisions import Decision
from tollbook.redact import public_actor
from tollbook.store import end_of, load, schema
from tollbook.store.counting import Counted, read_counted


@dataclass(frozen=True, slots=True)
class Change:
    """One line: `kind` is new, gone, merged, split, figure or detail; `was`, `now` in words; `why` the rows behind."""

    kind: str
    incident: str
    what: str
    was: str
    now: str
    why: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Side:
    """An incident on one of the two days."""

    id: str
    mentions: frozenset[str]
    reports: frozenset[str]
    ranges: dict[str, str]
    details: dict[str, str]


def diff(book: Book, start: str, end: str, **how: Unpack[How]) -> list[Change]:
    """Every change between the end of one day and the end of another (UTC), in order of incident."""
    import datetime as dt

    from tollbook.errors import UsageError

    days = []
    for value in (start, end):
        try:
            days.append(dt.date.fromisoformat(value))
        except ValueError:
            raise UsageError(f"{value!r} is not a day (YYYY-MM-DD)") from None
    if days[0] > days[1]:
        raise UsageError(f"--from {start} is after --to {end}")
    before, _ = _sides(book, start, how)
    after, names = _sides(book, end, how)
    with book.store.read() as connection:
        rows = [
            d for d in load.decisions(connection, end_of(days[1])) if d.at > end_of(days[0])
        ]  # the decisions of the days between
        owner = _owners(connection, rows)
    return _compare(before, after, rows, owner, names)


def _sides(book: Book, day: str, how: How) -> tuple[dict[str, _Side], dict[str, str]]:
    asked: How = {**how, "as_of": day}
    with book.view(**asked) as connection:
        counted = read_counted(connection)
        table = schema.reports
        names = load.lookup(connection, sa.select(table.c.report_id, table.c.doc_id))
    return {c.id: _side(c) for c in counted.incidents.values()}, names


def _side(c: Counted) -> _Side:
    card = json.loads(c.card)
    ranges = {h: show(b[0], b[2], b[3]) for (h, g), b in sorted(c.bounds.items()) if g == ALL}
    days = "not told" if c.start is None else c.start if c.start == c.end else f"{c.start} to {c.end}"
    details = {
        "days": days, "place": c.place or "not told", "type": c.type, "scope": c.scope, "status": c.status,
        "grade": c.grade, "review": c.review,
    }  # fmt: skip
    return _Side(c.id, frozenset(card["mentions"]), frozenset(card["act"][3]), ranges, details)


def _owners(connection: sa.Connection, rows: Sequence[Decision]) -> dict[str, str]:
    """The mention of each figure claim that decisions are about."""
    table = schema.claims
    out: dict[str, str] = {}
    for batch in load.chunks(sorted({s for d in rows for s in d.subjects})):
        out.update(
            load.lookup(connection, sa.select(table.c.claim_id, table.c.mention_id).where(table.c.claim_id.in_(batch)))
        )
    return out


def _compare(
    before: dict[str, _Side],
    after: dict[str, _Side],
    rows: Sequence[Decision],
    owner: dict[str, str],
    names: dict[str, str],
) -> list[Change]:
    was_in = {m: s.id for s in before.values() for m in s.mentions}
    now_in = {m: s.id for s in after.values() for m in s.mentions}

    def why(mentions: frozenset[str], reports: frozenset[str]) -> tuple[str, ...]:
        said = [f"report {names.get(r, r)}" for r in sorted(reports)]
        for d in rows:
            if any(owner.get(s, s) in mentions for s in d.subjects):
                said.append(f"{d.told(public_actor)} by {d.user}, {d.at[:10]}: {d.why}")
        return tuple(said)

    out: list[Change] = []
    for side in sorted(after.values(), key=lambda s: s.id):
        earlier = sorted({was_in[m] for m in side.mentions if m in was_in})
        fresh = side.reports - frozenset(r for e in earlier for r in before[e].reports)
        reasons = why(side.mentions | frozenset(m for e in earlier for m in before[e].mentions), fresh)
        if not earlier:
            out.append(Change("new", side.id, "incident", "", _killed(side), reasons))
            continue
        if len(earlier) > 1:
            out.append(Change("merged", side.id, "incidents", " and ".join(earlier), side.id, reasons))
        parts = sorted({now_in[m] for m in before[earlier[0]].mentions if m in now_in})
        if len(earlier) == 1 and len(parts) > 1:
            out.append(Change("split", side.id, "incident", earlier[0], " and ".join(parts), reasons))
        old = before[side.id if side.id in earlier else earlier[0]]
        for kind, was, now in (("figure", old.ranges, side.ranges), ("detail", old.details, side.details)):
            for name in sorted({*was, *now}):
                if was.get(name) != now.get(name):
                    out.append(Change(kind, side.id, name, was.get(name, "-"), now.get(name, "-"), reasons))
    for side in sorted(before.values(), key=lambda s: s.id):
        if not any(m in now_in for m in side.mentions):
            reasons = why(side.mentions, frozenset()) or ("its report was read again, replaced or expunged",)
            out.append(Change("gone", side.id, "incident", _killed(side), "", reasons))
    return out


def _killed(side: _Side) -> str:
    """The range of killed as a line shows it; "-" alone would not say why there is none."""
    found = side.ranges.get("killed")
    return "nobody said to be killed" if found is None else "only a party's figure of killed" if found == "-" else found


def text(changes: Sequence[Change]) -> str:
    """The changes as lines."""
    if not changes:
        return "nothing changed"
    lines = []
    for c in changes:
        moved = f"{c.was} -> {c.now}" if c.was and c.now else c.now or c.was
        because = "; ".join(c.why) or "linking: other reports or decisions around it"
        lines.append(f"{c.incident[:10]}  {c.kind:7} {c.what}: {moved}  [{because}]")
    return "\n".join(lines)
