"""What the book knows of each voice: how often it speaks, alone, first, through whom; how its tolls compare."""

from __future__ import annotations

import json
import statistics
from collections import Counter
from dataclasses import dataclass, field

import sqlalchemy as sa

from tollbook.ledger.voices import named_voice
from tollbook.store import schema

LEAST = 10
"""Incidents shared with others from which on a voice's tolls are compared: fewer say nothing."""


@dataclass(slots=True)
class Profile:
    """One voice. `through`: who carries it (outlets of a speaker, speakers of an outlet). `ratios`: its stated toll to
    the median of the others' in each incident where both give one."""

    name: str
    kind: str
    outlet: bool
    incidents: int = 0
    reports: int = 0
    alone: int = 0
    first: int = 0
    shared: int = 0
    through: Counter[str] = field(default_factory=Counter)
    ratios: list[float] = field(default_factory=list)

    @property
    def spread(self) -> tuple[float, float, float] | None:
        """(lower quartile, median, upper quartile) of the ratios; None under LEAST shared incidents."""
        if len(self.ratios) < LEAST:
            return None
        low, middle, high = statistics.quantiles(self.ratios, n=4)
        return low, middle, high


def profiles(connection: sa.Connection) -> list[Profile]:
    """Every outlet and every named speaker or kind of speaker, those that speak most first."""
    told: dict[str, list[tuple[str, str, str | None, str | None, int | None]]] = {}
    query = (
        "SELECT m.incident_id, r.report_id, r.outlet, coalesce(n.published, r.published), c.value "
        "FROM derived_mentions m JOIN log_claims c ON c.run_seq = m.run_seq AND c.mention_id = m.mention_id "
        "JOIN log_runs n ON n.seq = m.run_seq JOIN log_reports r ON r.report_id = m.report_id "
        "WHERE m.live = 1 AND m.incident_id IS NOT NULL AND c.kind = 'figure' "
    )
    outlets: dict[str, Profile] = {}
    speakers: dict[str, Profile] = {}
    _outlets(connection, outlets)
    for incident, report, outlet, day, value in connection.exec_driver_sql(query):
        figure = json.loads(value)
        says = figure.get("says")
        if isinstance(says, str) and says.strip():
            voice = named_voice(says)
            speaker = speakers.setdefault(voice.id, Profile(voice.name, voice.kind, False))
            if outlet:
                speaker.through[outlet] += 1
                if outlet in outlets:
                    outlets[outlet].through[voice.name] += 1
            key = voice.id
        elif outlet and outlet in outlets:
            key = f"outlet:{outlet}"
        else:
            continue
        toll = figure.get("max") if figure.get("max") is not None else figure.get("min")
        whole = figure.get("harm") == "killed" and figure.get("subset_of") is None and not figure.get("word")
        told.setdefault(incident, []).append((key, report, outlet, day, toll if whole else None))
    for rows in told.values():
        _count(rows, outlets, speakers)
    found = [p for p in (*outlets.values(), *speakers.values()) if p.reports]
    return sorted(found, key=lambda p: (not p.outlet, -p.reports, p.name))


def _outlets(connection: sa.Connection, outlets: dict[str, Profile]) -> None:
    """Reports of each outlet, and the incidents it told alone or first."""
    table, m = schema.reports, schema.mentions
    newest = sa.select(sa.func.max(table.c.seq)).group_by(table.c.doc_id)
    query = sa.select(table.c.outlet, sa.func.count()).where(table.c.seq.in_(newest), table.c.outlet.is_not(None))
    for outlet, number in connection.execute(query.group_by(table.c.outlet)):
        outlets[outlet] = Profile(outlet, "outlet", True, reports=number)
    rows: dict[str, dict[str, str]] = {}
    pairs = (
        sa.select(m.c.incident_id, table.c.outlet, sa.func.min(sa.func.coalesce(table.c.published, "9999")))
        .join(table, table.c.report_id == m.c.report_id)
        .where(m.c.live == 1, m.c.incident_id.is_not(None))
        .group_by(m.c.incident_id, table.c.outlet)
    )
    for incident, outlet, day in connection.execute(pairs):
        rows.setdefault(incident, {})[outlet or ""] = day
    for days in rows.values():
        earliest = min(days.values())
        for outlet, day in days.items():
            if outlet in outlets:
                p = outlets[outlet]
                p.incidents += 1
                p.alone += len(days) == 1
                p.shared += len(days) > 1
                p.first += len(days) > 1 and day == earliest and list(days.values()).count(earliest) == 1


def _count(
    rows: list[tuple[str, str, str | None, str | None, int | None]],
    outlets: dict[str, Profile],
    speakers: dict[str, Profile],
) -> None:
    """One incident: who speaks in it, and how each toll stands to the others'."""
    keys = {r[0] for r in rows}
    tolls: dict[str, tuple[str, int]] = {}
    days: dict[str, str] = {}
    reports: dict[str, set[str]] = {}
    for key, report, _, day, toll in rows:
        reports.setdefault(key, set()).add(report)
        days[key] = min(days.get(key, "9999"), day or "9999")
        if toll is not None and (key not in tolls or (day or "") >= tolls[key][0]):
            tolls[key] = (day or "", toll)
    for key in keys:
        if key in speakers:
            p = speakers[key]
            p.incidents += 1
            p.reports += len(reports[key])
            p.alone += len(keys) == 1
            p.shared += len(keys) > 1
            p.first += len(keys) > 1 and [k for k in keys if days[k] == min(days.values())] == [key]
        profile = speakers.get(key) or outlets.get(key.removeprefix("outlet:"))
        others = [t for k, (_, t) in tolls.items() if k != key]
        if profile is not None and key in tolls and others and statistics.median(others) > 0:
            profile.ratios.append(tolls[key][1] / statistics.median(others))
