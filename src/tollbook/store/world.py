"""The live book while it is recomputed: the state of any group of mentions, and its rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from tollbook.ledger.decisions import Held
from tollbook.ledger.state import Options, State, state
from tollbook.link.cluster import Pair
from tollbook.model import to_plain
from tollbook.store import load, schema
from tollbook.store.records import dump


@dataclass(slots=True)
class World:
    """What rebuilding needs to know of the live book."""

    connection: sa.Connection
    held: Held
    same: list[Pair]
    apart: list[Pair]
    report_of: dict[int, str]
    options: Options
    number_of: dict[str, int]


def states(
    connection: sa.Connection, groups: Sequence[Sequence[int]], held: Held, options: Options
) -> list[tuple[State, tuple[int, ...]] | None]:
    """The state of each group of mention numbers (first-recorded first); None where all of it is rejected."""
    table = schema.mentions
    runs: set[int] = set()
    wanted = {n for g in groups for n in g}
    for batch in load.chunks(sorted(wanted)):
        runs.update(connection.execute(sa.select(table.c.run_seq).where(table.c.mention.in_(batch))).scalars())
    found = {t.told.mention.num: t for t in load.tellings(connection, runs=runs) if t.told.mention.num in wanted}
    texts = load.sketches(connection, {t.told.report_id for t in found.values()})
    out: list[tuple[State, tuple[int, ...]] | None] = []
    for group in groups:
        kept = [found[n] for n in group if found[n].told.mention.id not in held.rejected]
        if not kept:
            out.append(None)
            continue
        made = state([t.told for t in kept], load.figures(kept, texts, held), held, options)
        out.append((made, tuple(group)))
    return out


def incident_row(found: State) -> dict[str, Any]:
    """The row of derived_incidents."""
    card = found.card
    shown = to_plain(card)
    shown["voices"] = [[v.id, v.name, v.kind] for v in found.voices]
    shown["independent"] = list(found.independent)
    shown["grade_why"] = found.grade_why
    shown["reviewed_by"], shown["reviewed_at"] = found.reviewed_by, found.reviewed_at
    shown["seen"] = found.seen
    act = found.act
    shown["act"] = [
        list(act.places), sorted(act.actors), sorted(act.sides), sorted(act.reports), list(act.killed),
        sorted(act.classes),
    ]  # fmt: skip
    return {
        "incident_id": card.id,
        "scope": card.scope,
        "status": card.status,
        "type": card.type,
        "start": card.start,
        "end": card.end,
        "place": ", ".join(card.places) or None,
        "country": card.country,
        "review": found.review,
        "grade": found.grade,
        "reports": card.reports,
        "card": dump(shown),
    }


def bound_rows(found: State) -> list[dict[str, Any]]:
    """The rows of derived_bounds."""
    return [
        {
            "incident_id": found.card.id,
            "harm": b.harm,
            "who": b.group,
            "low": b.low,
            "best": b.best,
            "high": b.high,
            "open": int(b.open),
            "claims": dump(
                {
                    "low": b.low_claims, "best": b.best_claims, "high": b.high_claims, "beside": b.beside,
                    "aside": b.aside, "voices": b.voices, "provisional": b.provisional,
                }
            ),
        }
        for b in found.bounds
    ]  # fmt: skip
