"""What people added to a report, laid over every reading of it: an addition is a decision, and no reading loses it.

A decision of kind `add` holds its claims in `value["claim"]` ([claim id, mention id, kind, span, words, value]). Each
reading that is stored of its report takes them in, marked `added` with the decision's id; a figure that the reading
itself has of the same words and harm is marked `yields_to` it. The ledger counts the first while the decision stands
and the second while it does not, so that nothing is counted twice and an undone addition leaves what was read.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import sqlalchemy as sa

from tollbook.ledger.decisions import ADDED, YIELDS, overlap
from tollbook.model import Span
from tollbook.store import schema
from tollbook.store.records import Claim, Grounded
from tollbook.store.versions import carried

HALF = 0.5
"""Two acts of one report are the same when their sentences share this part of the shorter one."""


@dataclass(frozen=True, slots=True)
class Addition:
    """What one decision added: its claims with their places in the newest text, and for a figure the act it is of."""

    decision: str
    claims: tuple[Claim, ...]
    act: Claim | None


def as_row(claim: Claim) -> list[Any]:
    """A claim as a decision of kind `add` holds it."""
    return [claim.claim_id, claim.mention_id, claim.kind, list(claim.span), claim.quote, claim.value]


def take_in(connection: sa.Connection, doc_id: str, text: str, reading: Grounded) -> Grounded:
    """A reading of a document's newest text with all that people added to the document, undone or not."""
    found = tuple(_additions(connection, doc_id, text))
    return replace(reading, claims=lay(reading.claims, found)) if found else reading


def _additions(connection: sa.Connection, doc_id: str, text: str) -> Iterable[Addition]:
    """The additions to a document whose words still stand in this text, oldest first."""
    reports, table = schema.reports, schema.decisions
    query = sa.select(reports.c.report_id, reports.c.text).where(reports.c.doc_id == doc_id)
    texts: dict[str, str] = {row.report_id: row.text for row in connection.execute(query)}
    moves: dict[str, Callable[[Span], Span | None]] = {}
    rows = connection.execute(sa.select(table).where(table.c.kind == "add").order_by(table.c.seq))
    for row in rows:
        report = next((str(a.get("report_id")) for a in json.loads(row.anchors)), "")
        if report not in texts:
            continue
        if report not in moves:
            moves[report] = carried(texts[report], text)
        value = json.loads(row.value)
        claims = [_moved(c, text, moves[report]) for c in value.get("claim") or ()]
        act = value.get("act")
        if claims and all(c is not None for c in claims):
            yield Addition(
                row.decision_id, tuple(c for c in claims if c is not None),
                _moved(act, text, moves[report]) if act else None,
            )  # fmt: skip


def _moved(row: Sequence[Any], text: str, move: Callable[[Span], Span | None]) -> Claim | None:
    """A claim where its words stand in a text; None where they do not, or were expunged."""
    claim_id, mention, kind, (start, end), quote, value = row
    span = move((start, end))
    if span is None or span[1] > len(text) or not quote.strip():
        return None
    if kind == "figure" and text[span[0] : span[1]].split() != quote.split():
        return None
    return Claim(claim_id, mention, kind, span, text[span[0] : span[1]], value)


def lay(reading: Sequence[Claim], additions: Iterable[Addition]) -> tuple[Claim, ...]:
    """The claims of a reading with the additions among them. Pure.

    A figure goes to the act it was added to, else to the one whose sentence overlaps that most, else its act is added
    with it. An act goes in by itself, unless the reading now tells the same act: then its figures go to that one.
    """
    out = list(reading)
    for one in additions:
        if any(c.value.get(ADDED) == one.decision for c in out):
            continue
        act = next((c for c in one.claims if c.kind == "act"), None)
        figures = [c for c in one.claims if c.kind == "figure"]
        home = _same_act(out, act, figures) if act is not None else _home(out, figures[0].mention_id, one.act)
        if home is None:
            told = act or one.act
            if told is None:
                continue
            home = replace(told, value={**told.value, ADDED: one.decision})
            out.append(home)
        for figure in figures:
            for i, c in enumerate(out):
                if c.kind == "figure" and ADDED not in c.value and _same_words(c, figure):
                    out[i] = replace(c, value={**c.value, YIELDS: [*c.value.get(YIELDS, ()), one.decision]})
            last = max(i for i, c in enumerate(out) if c.mention_id == home.mention_id)
            value = {**figure.value, "span": list(figure.span), ADDED: one.decision}
            out.insert(last + 1, replace(figure, mention_id=home.mention_id, value=value))
    return tuple(out)


def _same_words(a: Claim, b: Claim) -> bool:
    return a.value.get("harm") == b.value.get("harm") and overlap(a.span, b.span) > 0


def _home(claims: Sequence[Claim], mention: str, act: Claim | None) -> Claim | None:
    """The act of a reading that an added figure belongs to."""
    acts = [c for c in claims if c.kind == "act"]
    own = next((a for a in acts if a.mention_id == mention), None)
    return own or (_nearest(acts, act) if act is not None else None)


def _nearest(acts: Sequence[Claim], act: Claim) -> Claim | None:
    """The act whose sentence overlaps most, as decisions find theirs again (`ledger.decisions.bind`)."""

    def rank(a: Claim) -> tuple[int, int, str]:
        (start, end), (first, last) = a.span, act.span
        return (overlap(a.span, act.span), -abs((end - start) - (last - first)), a.claim_id)

    best = max(acts, key=rank, default=None)
    return best if best is not None and overlap(best.span, act.span) > 0 else None


def _same_act(claims: Sequence[Claim], act: Claim, figures: Sequence[Claim]) -> Claim | None:
    """The act of a reading that tells what a person added: its sentence, and its figures where both have some."""
    found = _nearest([c for c in claims if c.kind == "act" and ADDED not in c.value], act)
    if found is None or found.value.get("scope") in ("total", "statistic"):
        return None
    shorter = min(found.span[1] - found.span[0], act.span[1] - act.span[0])
    if overlap(found.span, act.span) < HALF * shorter:
        return None
    told = [c for c in claims if c.kind == "figure" and c.mention_id == found.mention_id]
    harms = {c.value.get("harm") for c in figures}
    rivals = [c for c in told if c.value.get("harm") in harms]
    return found if not rivals or any(_same_words(c, f) for c in rivals for f in figures) else None
