"""The live book while it is recomputed: the state of any group of mentions, and its rows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from tollbook.ledger.areas import province
from tollbook.ledger.decisions import Held
from tollbook.ledger.state import CHOSEN, Options, State, state
from tollbook.link.cluster import Pair
from tollbook.store import load, schema
from tollbook.store.filters import JOIN
from tollbook.store.records import dump


@dataclass(slots=True)
class World:
    """What rebuilding needs to know of the live book. `report_of` holds the live mentions looked at so far."""

    connection: sa.Connection
    held: Held
    same: list[Pair]
    apart: list[Pair]
    options: Options
    report_of: dict[int, str] = field(default_factory=dict)

    def learn(self, numbers: Iterable[int] | None) -> None:
        """Looks at mentions (None: at all): the live ones are in `report_of` then."""
        table = schema.mentions
        query = sa.select(table.c.mention, table.c.report_id).where(table.c.live == 1)
        if numbers is None:
            self.report_of.update(load.lookup(self.connection, query))
            return
        for batch in load.chunks(n for n in sorted(numbers) if n not in self.report_of):
            self.report_of.update(load.lookup(self.connection, query.where(load.among(table.c.mention, batch))))


def tellings_of(connection: sa.Connection, groups: Sequence[Sequence[int]]) -> Tellings:
    """What computing the states of groups of mention numbers needs from the book."""
    table = schema.mentions
    run_of: dict[int, int] = {}
    reports: set[str] = set()
    for batch in load.chunks(sorted({n for g in groups for n in g})):
        query = sa.select(table.c.mention, table.c.run_seq, table.c.report_id).where(load.among(table.c.mention, batch))
        for number, run, report in connection.execute(query):
            run_of[number] = run
            reports.add(report)
    rows: dict[int, list[Any]] = {}
    for batch in load.chunks(sorted(set(run_of.values()))):
        for row in load.rows_of(connection, batch):
            rows.setdefault(row.run_seq, []).append(row)
    return Tellings(run_of, rows, load.sketches(connection, reports))


@dataclass(frozen=True, slots=True)
class Tellings:
    """The run of each mention, the claims of each run as they lie in the log, and the sketches of the reports."""

    run_of: dict[int, int]
    rows: dict[int, list[Any]]
    sketches: dict[str, tuple[int, ...]]
    read: dict[int, load.Telling] = field(default_factory=dict)

    @property
    def reports(self) -> set[str]:
        """The reports that tell these mentions."""
        return {row.report_id for rows in self.rows.values() for row in rows}

    def telling(self, number: int) -> load.Telling:
        """The mention with its figures, read from its run's claims when it is first asked for."""
        if number not in self.read:
            self.read.update({t.told.mention.num: t for t in load.grouped(self.rows[self.run_of[number]], self.run_of)})
        return self.read[number]

    def state(self, group: Sequence[int], held: Held, options: Options) -> State | None:
        """The state of a group (first-recorded first); None where all of it is rejected or was
        added and undone."""
        told = [self.telling(n) for n in group]
        kept = [t for t in told if t.told.mention.id not in held.rejected and held.counts(t.told.act)]
        if not kept:
            return None
        return state([t.told for t in kept], load.figures(kept, self.sketches, held), held, options)


def incident_row(found: State) -> dict[str, Any]:
    """The row of derived_incidents."""
    card = found.card
    shown: dict[str, Any] = {
        "places": card.places,
        "perpetrators": [
            {"name": p.name, "reports": p.reports, "says": p.says, "body": p.body} for p in card.perpetrators
        ],
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
    details = [d for t in found.told for d in t.act.get("place_details") or () if isinstance(d, dict)]
    shown["province"] = province(card.places, card.country, details)
    chosen = next((d for d in details if d.get("basis") == CHOSEN), None)
    if chosen is not None:
        shown["at"] = chosen
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
                    "aside": b.aside, "voices": b.voices, "provisional": b.provisional, "untold": b.untold,
                }
            ),
        }
        for b in found.bounds
    ]  # fmt: skip
