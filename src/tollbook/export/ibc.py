"""Iraq Body Count's incidents file: ten columns after eleven lines of comment, civilians only. `data/export/ibc.yml`.

Who is a civilian is its scheme's to say (`--classes ibc`, the default of this format): police in ordinary duty are.
Dead whose class nobody tells count as civilians unless the act is a fight or fighters were hit; each is counted.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from tollbook import lexicon
from tollbook.errors import LexiconError
from tollbook.export import rows, safe, sides
from tollbook.export.flat import write_cells
from tollbook.export.loss import Loss, rules
from tollbook.export.safe import Tell
from tollbook.export.tables import Cell, joined
from tollbook.export.values import Content, Incident, Range, Source
from tollbook.ledger.state import REVIEWED
from tollbook.ontology import codes

NAMESPACE = "tollbook-"


@cache
def tables() -> Mapping[str, Any]:
    """The tables, checked."""
    data: Mapping[str, Any] = lexicon.load("export/ibc")
    check(data)
    return data


def check(data: Mapping[str, Any]) -> None:
    """Raises LexiconError where the columns are not ten or a type or a rule is not one."""
    if len(data["columns"]) != 10 or len(data["months"]) != 12:
        raise LexiconError("ibc.yml: ten columns and twelve months")
    if set(data["fights"].split()) - set(codes("types")):
        raise LexiconError("ibc.yml: fights: not a type")
    if not set(data["lost"].split()) <= set(rows.LOST) & set(rules()):
        raise LexiconError("ibc.yml: lost: a rule there is not")


def write_ibc(content: Content, target: Path, loss: Loss) -> Mapping[str, int]:
    """Writes the rows, in order of day."""
    sources = {s.id: s for s in content.sources}
    lines: list[list[Cell]] = []
    written: list[str] = []
    kept: list[Incident] = []
    for i, found in rows.deaths(content, loss):
        if i.start is None or i.end is None:
            loss.note("undated", i.id)
            continue
        civil = _civilians(i, found, loss)
        if civil is None:
            continue
        low, _, high = rows.whole(i, civil, loss)
        tell = loss.teller(i.id)
        told = [sources[s] for s in i.sources if s in sources]
        lines.append(
            [
                f"{NAMESPACE}{i.id}",
                day(i.start),
                day(i.end),
                None,
                joined(i.places, tell),
                joined([h.name for h in i.hits], tell),
                joined(i.means, tell),
                low,
                high,
                _sources(told, tell),
            ]
        )
        written.append(i.id)
        kept.append(i)
        rows.lost(i, tables()["lost"].split(), loss)
    loss.note("left-empty", "Time", len(written))
    rows.claims_of(content, written, loss)
    write_cells(target, tables()["columns"], lines, loss, before=_comments(content, kept))
    return {"rows": len(lines)}


def day(iso: str) -> str:
    """An ISO day as IBC writes it: "5 Jan 2006"."""
    found = dt.date.fromisoformat(iso)
    return f"{found.day} {tables()['months'][found.month - 1]} {found.year}"


def _sources(told: Sequence[Source], tell: Tell) -> str | None:
    names = [f"{s.outlet or s.doc_id} {day(s.published)}" if s.published else s.outlet or s.doc_id for s in told]
    return joined(names, tell)


def _civilians(i: Incident, found: Range, loss: Loss) -> Range | None:
    """The civilians among the killed, by the scheme; None where there are none."""
    civil = i.added("killed", "civilian")
    fighters = [r for g in ("state_forces", "armed_group") if (r := i.added("killed", g)) is not None]
    low_fighters = sum(r.low or 0 for r in fighters)
    high_fighters = sum(r.high if r.high is not None else r.low or 0 for r in fighters)
    if high_fighters:
        loss.note("combatants", i.id)
    rest_low = max(0, (found.low or 0) - high_fighters)
    rest_high = max(0, (found.high if found.high is not None else found.low or 0) - low_fighters)
    top = 0 if civil is None else civil.high if civil.high is not None else civil.low or 0
    if rest_high > top:
        struck = {s.side for s in sides.hits(i)} & sides.FIGHTING
        if i.type in tables()["fights"].split() or struck:
            loss.note("civilians-not-told", i.id)
        else:
            loss.note("civilians-by-scheme", i.id)
            low = max(rest_low, (civil.low or 0) if civil else 0)
            return Range(low, None, rest_high, found.open, found.voices, found.provisional)
    if civil is None or not (civil.high or civil.low):
        loss.note("no-civilians", i.id)
        return None
    return civil


def _comments(content: Content, kept: Sequence[Incident]) -> list[str]:
    """The eleven lines: what the file is, of which book, counted how, and what must be known to use it."""
    asked = content.asked
    reviewed = sum(i.review == REVIEWED for i in kept)
    shown = [
        "IBC-shaped incidents file, made by Tollbook; it is not published by Iraq Body Count",
        f"Book: {content.charter.get('title') or 'untitled'}",
        f"Recorders: {'; '.join(str(r) for r in content.charter.get('recorders') or ()) or 'not told'}",
        f"As of: {asked.as_of or 'the newest state of the book'}; log {content.log}; made with {content.code}",
        f"Rule: {asked.rule}; victims' classes: {asked.classes}; grades: {asked.grade}",
        f"Asked for: {asked.filters.asked() or 'everything'}",
        f"Names of persons: {'kept' if asked.policy.names else 'withheld'}; finest places cut: {asked.policy.places}",
        f"Rows: {len(kept)}; reviewed by a person: {reviewed}; the others were read by machine only",
        "Reported Minimum and Maximum are civilians; the codes are Tollbook's own",
        "Low to high is the spread of what sources say; it is not a confidence interval",
        "What is documented is not all that happened",
    ]
    assert len(shown) == tables()["comment_lines"]
    return ["# " + safe.line(line.replace('"', "'")) for line in shown]
