"""The live book while it is recomputed: the state of any group of mentions, and its rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from tollbook.ledger.decisions import Held
from tollbook.ledger.state import Options, State, state
from tollbook.link.cluster import Pair
from tollbook.store import load, schema
from tollbook.store.filters import JOIN
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


def tellings_of(connection: sa.Connection, groups: Sequence[Sequence[int]]) -> Tellings:
    """What computing the states of groups of mention numbers needs from the book."""
    table = schema.mentions
    runs: set[int] = set()
    wanted = {n for g in groups for n in g}
    for batch in load.chunks(sorted(wanted)):
        runs.update(connection.execute(sa.select(table.c.run_seq).where(table.c.mention.in_(batch))).scalars())
    found = {t.told.mention.num: t for t in load.tellings(connection, runs=runs) if t.told.mention.num in wanted}
    return Tellings(found, load.sketches(connection, {t.told.report_id for t in found.values()}))


@dataclass(frozen=True, slots=True)
class Tellings:
    """Mentions by number with their figures, and the sketches of their reports."""

    found: dict[int, load.Telling]
    sketches: dict[str, tuple[int, ...]]

    def state(self, group: Sequence[int], held: Held, options: Options) -> State | None:
        """The state of a group (first-recorded first); None where all of it is rejected. Pure."""
        kept = [self.found[n] for n in group if self.found[n].told.mention.id not in held.rejected]
        if not kept:
            return None
        return state([t.told for t in kept], load.figures(kept, self.sketches, held), held, options)


def incident_row(found: State) -> dict[str, Any]:
    """The row of derived_incidents."""
    card = found.card
    shown: dict[str, Any] = {
        "places": card.places,
        "perpetrators": [{"name": p.name, "reports": p.reports, "says": p.says} for p in card.perpetrators],
        "targets": card.targets,
        "mentions": card.mentions,
        "reports": card.reports,
        "recalled": card.recalled,
        "contested": card.contested,
        "acts": card.acts,
        "types": card.types,
        "days": card.days,
        "statuses": card.statuses,
    }
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
        "perpetrator": JOIN.join(p.name for p in card.perpetrators) or None,
        "review": found.review,
        "grade": found.grade,
        "reports": card.reports,
        "voices_low": found.independent[0],
        "voices_high": found.independent[1],
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
