"""What people decide about a book, as rows: same, apart, unsure, accept, reject, correct, add, undo. No pages in it.

A decision names its subjects by id and remembers where each stood in its text, so that it can find them again
after a re-read. Nothing is edited; the newest decision on a subject holds; `undo` takes one back.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import sqlalchemy as sa

from tollbook.book import Book, bare, current_user
from tollbook.errors import UsageError
from tollbook.ledger.decisions import FIELDS, KINDS, Decision, standing, unmarked
from tollbook.model import Report
from tollbook.ontology import codes
from tollbook.store import end_of, load, report_key, schema
from tollbook.store.additions import as_row
from tollbook.store.filters import Day, day_of
from tollbook.store.records import HARMS, WHO, Claim, Grounded, digest, dump, ground_record

_SUBJECTS = {"same": 2, "apart": 2, "unsure": 2, "accept": 1, "reject": 1, "correct": 1, "undo": 1}


@dataclass(frozen=True, slots=True)
class Anchor:
    """Where a subject stood: enough to find what stands there after a re-read."""

    claim_id: str
    kind: str
    report_id: str
    start: int
    end: int
    quote: str


@dataclass(frozen=True, slots=True)
class HistoryLine:
    """One decision and whether it still holds."""

    decision: Decision
    holds: bool


def decide(
    book: Book, kind: str, *subjects: str, why: str, user: str | None = None, value: Mapping[str, Any] | None = None
) -> str:
    """Writes one decision; returns its id. The book must be open for writing.

    `same`, `apart`, `unsure` name two or more incidents (or mentions); `accept` an incident; `reject` an incident (all
    that tells of it, by one decision) or a figure's claim; `correct` an incident or a figure's claim with `value`
    holding "field" (figure, date, place, actor, type, grade) and the new values; `undo` a decision. Raises UsageError
    for anything else, and for an empty `why`.
    """
    if kind not in KINDS or kind == "add":
        allowed = ", ".join(k for k in KINDS if k != "add")
        raise UsageError(f"no decision {kind!r}; there are: {allowed} (and add, which writes down a note)")
    if not why.strip():
        raise UsageError("a decision needs a reason (--why)")
    if len(subjects) < _SUBJECTS[kind] or (len(subjects) > _SUBJECTS[kind] and _SUBJECTS[kind] == 1):
        raise UsageError(f"{kind} takes {_SUBJECTS[kind]}{' or more' if _SUBJECTS[kind] > 1 else ''} ids")
    book.refresh()
    given = dict(value or {})
    with book.store.read() as connection:
        if kind == "undo":
            found = [_decision_id(connection, subjects[0])]
            anchors: list[Anchor] = []
        else:
            whole = kind in ("same", "apart", "unsure", "accept")
            anchors = [_anchor(book, connection, s, whole) for s in subjects]
            if kind == "reject" and anchors[0].kind == "act":
                anchors += _also_told(connection, anchors[0].claim_id)
            found = [a.claim_id for a in anchors]
        if kind == "accept":
            given["seen"] = _seen(connection, found[0])
    if kind == "correct":
        given = correction(given, anchors[0].kind)
    if len(set(found)) < len(found):
        raise UsageError("these ids lead to one and the same thing")
    row = _row(kind, found, given, anchors, why, user)
    book.store.add_decision(row)
    return str(row["decision_id"])


def correction(value: Mapping[str, Any], kind: str) -> dict[str, Any]:
    """The value of a `correct`, checked. Raises UsageError naming what is wrong and what is allowed."""
    name = value.get("field")
    if name not in FIELDS:
        raise UsageError(f"no field {name!r} to correct; there are: {', '.join(FIELDS)}")
    if (name == "figure") != (kind == "figure"):
        raise UsageError(f"{name} is corrected on {'a figure' if name == 'figure' else 'an incident'}, not on this id")
    out = {k: v for k, v in value.items() if v is not None or k in ("min", "max", "start", "end")}
    if name == "figure":
        low, high = out.get("min"), out.get("max")
        for number in (low, high):
            if number is not None and (not isinstance(number, int) or isinstance(number, bool) or number < 0):
                raise UsageError(f"{number!r} is not a whole number from 0")
        if low is None and high is None:
            raise UsageError("a figure needs min or max")
        if low is not None and high is not None and low > high:
            raise UsageError(f"min {low} is above max {high}")
        if out.get("who") not in (None, *WHO) or out.get("harm") not in (None, *HARMS):
            raise UsageError("who or harm is not on the list")
    elif name == "date":
        for key in ("start", "end"):
            if out.get(key) is not None:
                try:
                    dt.date.fromisoformat(str(out[key]))
                except ValueError:
                    raise UsageError(f"{out[key]!r} is not a day (YYYY-MM-DD)") from None
        if out.get("start") and out.get("end") and str(out["start"]) > str(out["end"]):
            raise UsageError("the first day is after the last")
    elif name == "type" and out.get("type") not in codes("types"):
        raise UsageError(f"no type {out.get('type')!r}; there are: {', '.join(sorted(codes('types')))}")
    elif name == "place":
        if not isinstance(out.get("places"), list):
            raise UsageError("a place is a list of names, the most specific first")
        if "at" in out:
            out["at"] = _point(out["at"])
    elif name == "actor" and not isinstance(out.get("perpetrators"), list):
        raise UsageError("an actor is a list of names")
    elif name == "grade" and not isinstance(out.get("grade"), str):
        raise UsageError("a grade is a word")
    return out


def _point(value: object) -> dict[str, Any]:
    """The detail of a place (as in a record's `place_details`) that a person puts an incident at. Raises UsageError."""
    if not isinstance(value, Mapping) or not isinstance(value.get("name"), str):
        raise UsageError("at: the detail of a place has a name, lat, lon and radius_km")
    out = {
        k: value.get(k) for k in ("name", "gazetteer_id", "lat", "lon", "radius_km", "admin_level", "admin1", "admin2")
    }
    for key, most in (("lat", 90), ("lon", 180), ("radius_km", 5000)):
        number = out[key]
        if not isinstance(number, (int, float)) or isinstance(number, bool) or not abs(number) <= most:
            raise UsageError(f"at: {key} {number!r} is not a number up to {most}")
    return out


def add_note(
    book: Book,
    incident: str,
    note: str,
    *,
    harm: str,
    words: str,
    low: int | None,
    high: int | None,
    who: str = "unknown",
    says: str | None = None,
    why: str,
    user: str | None = None,
) -> str:
    """Adds a figure from a typed note: the note becomes a report, `words` (which must stand in it) the figure's place.

    One decision of kind `add` holds the note's claims and joins them to the incident; undoing it takes back all of it.
    Returns its id. Raises UsageError, also where the note is in the book already.
    """
    if not why.strip():
        raise UsageError("a decision needs a reason (--why)")
    if words not in note:
        raise UsageError(f"{words!r} does not stand in the note")
    signed = user or current_user()
    card = book.incident(incident).state.card
    text = note.strip()
    doc_id = f"note-{hashlib.sha256(note.encode()).hexdigest()[:12]}"
    report = Report(
        doc_id=doc_id, text=text, title_end=0, published=dt.datetime.now(dt.UTC).date(), published_basis="none",
        language="en", raw_sha256="", text_sha256=hashlib.sha256(text.encode()).hexdigest(), outlet=f"note by {signed}",
    )  # fmt: skip
    figure = {
        "harm": harm, "who": who, "min": low, "max": high, "approx": False, "says": says, "subset_of": None,
        "text": words,
    }  # fmt: skip
    act = {
        "id": "a", "type": card.type, "status": card.status, "scope": "incident", "parts": [], "start": card.start,
        "end": card.end, "places": list(card.places), "country": card.country, "perpetrators": [], "targets": [],
        "casualties": [figure], "quote": text,
    }  # fmt: skip
    rest = {"doc_id": doc_id, "published": report.published.isoformat() if report.published else None}
    report_id = report_key(doc_id, report.text_sha256)
    grounded = ground_record(report_id, doc_id, text, {**rest, "incidents": [act]})
    if len(grounded.claims) != 2:
        raise UsageError("; ".join(i.message for i in grounded.issues) or "the note holds no figure")
    with book.store.read() as connection:
        known = connection.execute(sa.select(schema.claims.c.seq).where(schema.claims.c.report_id == report_id)).first()
        if known is not None:
            raise UsageError("this note is in the book already; say in it what is new")
        other = _anchor(book, connection, card.id, True)
    told = grounded.claims[0]
    own = Anchor(told.claim_id, told.kind, report_id, *told.span, told.quote)
    value = {"what": "note", "words": words, "claim": [as_row(c) for c in grounded.claims]}
    row = _row("add", [told.claim_id, other.claim_id], value, [own, other], why, signed)
    book.store.add_report(report)
    empty = replace(grounded, claims=())
    book.store.add_to_report(row, report, empty, f"note by {signed}")
    return str(row["decision_id"])


def history(book: Book, subject: str | None = None, as_of: Day = None) -> list[HistoryLine]:
    """Every decision, oldest first, or those on one id; each with whether it was undone. `as_of`: as they stood at the
    end of a UTC day."""
    day = day_of(as_of)
    with book.store.read() as connection:
        rows = load.decisions(connection, end_of(day) if day else None)
    holding = {d.id for d in standing(rows)}
    return [
        HistoryLine(d, d.id in holding or d.kind in ("undo", "expunge"))
        for d in rows
        if subject is None or any(s.startswith(subject) for s in (*d.subjects, d.id))
    ]


def anchored(book: Book) -> set[str]:
    """The reports that decisions are about, by their ids."""
    with book.store.read() as connection:
        return {str(a["report_id"]) for d in load.decisions(connection) for a in d.anchors if "report_id" in a}


def _row(
    kind: str,
    subjects: Sequence[str],
    value: Mapping[str, Any],
    anchors: Sequence[Anchor],
    why: str,
    user: str | None,
) -> dict[str, Any]:
    """A decision as the log takes it."""
    decision_id = digest("decision", kind, *subjects, dump(value), why, dt.datetime.now(dt.UTC).isoformat())
    return {
        "decision_id": decision_id,
        "kind": kind,
        "subjects": dump(list(subjects)),
        "value": dump(dict(value)),
        "anchors": dump(
            [
                {"report_id": a.report_id, "kind": a.kind, "start": a.start, "end": a.end, "quote": a.quote}
                for a in anchors
            ]
        ),
        "why": why.strip(),
        "user": user or current_user(),
    }


def add_claims(
    book: Book,
    report: Report,
    claims: Sequence[Claim],
    *,
    what: str,
    words: str,
    act: Claim | None = None,
    reading: Grounded,
    made_by: str,
    why: str,
    user: str | None = None,
) -> str:
    """Adds claims that a person points at in a report: the first is what was added, `act` the act a figure is of.

    `reading` is the report's newest one, and `made_by` what read it. The addition holds over every later reading until
    it is undone. Returns the decision's id. Raises UsageError where the reason is empty.
    """
    if not why.strip():
        raise UsageError("a decision needs a reason (--why)")
    first = claims[0]
    report_id = report_key(report.doc_id, report.text_sha256)
    anchor = Anchor(first.claim_id, first.kind, report_id, *first.span, first.quote)
    value = {"what": what, "words": words, "claim": [as_row(c) for c in claims]}
    if act is not None:
        value["act"] = as_row(replace(act, value=unmarked(act.value)))
    row = _row("add", [first.claim_id], value, [anchor], why, user)
    book.store.add_to_report(row, report, reading, made_by)
    return str(row["decision_id"])


def _anchor(book: Book, connection: sa.Connection, asked: str, whole: bool) -> Anchor:
    """The live claim an id means: a figure's, a mention's, or (first) an incident's first-recorded mention."""
    table, mentions = schema.claims, schema.mentions
    begins = f"{bare(asked)}*"
    if not whole:
        of_mention = sa.and_(mentions.c.mention_id == table.c.mention_id, mentions.c.run_seq == table.c.run_seq)
        figure = (
            sa.select(table)
            .join(mentions, of_mention)
            .where(table.c.claim_id.op("GLOB")(begins), table.c.kind == "figure", mentions.c.live == 1)
        )
        for row in connection.execute(figure.order_by(table.c.seq).limit(1)):
            return Anchor(row.claim_id, row.kind, row.report_id, row.start, row.end, row.quote)
    own = sa.select(mentions.c.mention).where(mentions.c.mention_id.op("GLOB")(begins), mentions.c.live == 1).limit(2)
    numbers = list(connection.execute(own).scalars())
    if len(numbers) == 1:
        exact = numbers[0]
    else:
        incident = book.resolve(connection, asked)
        query = sa.select(mentions.c.mention).where(mentions.c.incident_id == incident, mentions.c.live == 1)
        named = query.where(mentions.c.mention_id == incident)
        exact = connection.execute(named).scalar() or connection.execute(query.order_by(mentions.c.mention)).scalar()
    row = connection.execute(sa.select(table).where(table.c.seq == exact)).one()
    return Anchor(row.claim_id, row.kind, row.report_id, row.start, row.end, row.quote)


def _also_told(connection: sa.Connection, first: str) -> list[Anchor]:
    """The other mentions of the incident that goes by this mention's id; none where it is one among others."""
    table, mentions = schema.claims, schema.mentions
    query = (
        sa.select(table)
        .join(mentions, mentions.c.mention == table.c.seq)
        .where(mentions.c.incident_id == first, mentions.c.mention_id != first, mentions.c.live == 1)
    )
    rows = connection.execute(query.order_by(table.c.seq))
    return [Anchor(r.claim_id, r.kind, r.report_id, r.start, r.end, r.quote) for r in rows]


def _decision_id(connection: sa.Connection, asked: str) -> str:
    table = schema.decisions
    found = list(
        connection.execute(sa.select(table.c.decision_id).where(table.c.decision_id.like(f"{asked}%"))).scalars()
    )
    if len(found) != 1:
        raise UsageError(f"{len(found) or 'no'} decisions begin with {asked!r}")
    return str(found[0])


def _seen(connection: sa.Connection, mention_id: str) -> str:
    table, incidents = schema.mentions, schema.incidents
    incident = connection.execute(
        sa.select(table.c.incident_id).where(table.c.mention_id == mention_id, table.c.live == 1)
    ).scalar_one()
    card = connection.execute(sa.select(incidents.c.card).where(incidents.c.incident_id == incident)).scalar_one()
    return str(json.loads(card)["seen"])
