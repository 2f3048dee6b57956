"""Taking something out of a book for a person's safety or the law: bytes, names and quotes go, a tombstone stays."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from tollbook.book import Book, current_user
from tollbook.errors import UsageError
from tollbook.model import Span
from tollbook.redact import Masker
from tollbook.store import derive, load, schema
from tollbook.store.records import digest, dump

Edit = tuple[str, str, Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Gone:
    """What was taken out: `kind` is report, claim or person; how many rows of the log were overwritten."""

    kind: str
    tombstone: str
    rows: int


def expunge(book: Book, target: str, *, why: str, user: str | None = None) -> Gone:
    """Takes a report (by doc_id), a claim (by id) or a person (by name) out of the log, and rebuilds what was computed.

    A report's text, a claim's words and a person's name are overwritten in every row, the file is rewritten, and a
    decision row (kind `expunge`, without the name) says that, when, by whom and why. Copies of the file made before
    keep what they hold. Raises UsageError where nothing of that name is in the book.
    """
    if not why.strip():
        raise UsageError("expunging needs a reason (--why)")
    with book.store.read() as connection:
        kind, edits = _plan(connection, target)
    subject = digest("person", target) if kind == "person" else target
    with book.store.write() as connection:
        for table in schema.DERIVED_TABLES:
            connection.execute(table.delete())
    book.store.expunge(change=edits)
    book.store.add_decision(
        {
            "decision_id": digest("expunge", subject, why),
            "kind": "expunge",
            "subjects": dump([subject]),
            "value": dump({"of": kind, "sha256": hashlib.sha256(target.encode()).hexdigest()[:16]}),
            "anchors": "[]",
            "why": why.strip(),
            "user": user or current_user(),
        }
    )
    derive.refresh(book.store, book.options)
    return Gone(kind, subject, len(edits))


def _plan(connection: sa.Connection, target: str) -> tuple[str, list[Edit]]:
    reports, claims = schema.reports, schema.claims
    found = connection.execute(sa.select(reports).where(reports.c.doc_id == target)).all()
    if found:
        return "report", [e for row in found for e in _report(connection, row)]
    if len(target) >= 8 and all(c in "0123456789abcdef" for c in target):
        ids = set(
            connection.execute(sa.select(claims.c.claim_id).where(claims.c.claim_id.like(f"{target}%"))).scalars()
        )
        if len(ids) > 1:
            raise UsageError(f"{len(ids)} claims begin with {target!r}")
        if ids:
            return "claim", list(_claim(connection, ids.pop()))
    edits = list(_person(connection, target))
    if not edits:
        raise UsageError(f"no report, claim or person {target!r} in this book")
    return "person", edits


def _report(connection: sa.Connection, row: Any) -> Iterator[Edit]:
    yield "log_reports", str(row.seq), {"title": "", "text": "", "meta": dump({"expunged": True}), "outlet": None}
    runs, claims, issues = schema.runs, schema.claims, schema.issues
    for run in connection.execute(sa.select(runs).where(runs.c.report_id == row.report_id)):
        yield "log_runs", str(run.seq), {"record": dump({"doc_id": row.doc_id, "expunged": True})}
    for claim in connection.execute(sa.select(claims.c.seq).where(claims.c.report_id == row.report_id)):
        yield "log_claims", str(claim.seq), _NOTHING
    for issue in connection.execute(sa.select(issues.c.seq).where(issues.c.report_id == row.report_id)):
        yield "log_issues", str(issue.seq), {"message": "expunged"}
    yield from _remembered(connection, {row.report_id: None})


_NOTHING: Mapping[str, Any] = {"kind": "gone", "quote": "", "value": "{}"}


def _claim(connection: sa.Connection, claim_id: str) -> Iterator[Edit]:
    """The claim, with the figures of an act, and the words in the report as blocks, so that other spans stay true."""
    claims, reports = schema.claims, schema.reports
    where = sa.or_(claims.c.claim_id == claim_id, claims.c.mention_id == claim_id)
    spans: dict[str, list[tuple[int, int]]] = {}
    for row in connection.execute(sa.select(claims).where(where)).all():
        spans.setdefault(row.report_id, []).append((row.start, row.end))
        yield "log_claims", str(row.seq), _NOTHING
    for report_id, listed in spans.items():
        row = connection.execute(sa.select(reports).where(reports.c.report_id == report_id)).one()
        text = row.text
        for start, end in listed:
            text = text[:start] + "█" * (end - start) + text[end:]
        yield "log_reports", str(row.seq), {"text": text, "title": text[: len(row.title)] if row.title else ""}
        for other in connection.execute(sa.select(claims).where(claims.c.report_id == report_id)):
            covered = any(other.start < end and other.end > start for start, end in listed)
            if covered and other.claim_id != claim_id and other.mention_id != claim_id:
                value = json.loads(other.value)
                key = "quote" if other.kind == "act" else "text"
                if key in value:
                    value[key] = text[other.start : other.end]
                yield "log_claims", str(other.seq), {"quote": text[other.start : other.end], "value": dump(value)}
    yield from _remembered(connection, spans, claim_id)


def _person(connection: sa.Connection, name: str) -> Iterator[Edit]:
    """Every cell that holds the name, with the surname alone in reports that hold all of it."""
    if len(name.split()) < 2 and len(name) < 4:
        raise UsageError(f"{name!r} is too short a name to be told from other words")
    full = Masker([name])
    whole = Masker([" ".join(name.split())])
    named: set[str] = set()
    reports = schema.reports
    for report_id, told in connection.execute(sa.select(reports.c.report_id, reports.c.text)):
        if _whole(told, name):
            named.add(report_id)
    cells = {
        schema.reports: ("title", "text", "meta"), schema.runs: ("record",), schema.claims: ("quote", "value"),
        schema.decisions: ("value", "anchors", "why"), schema.issues: ("message",), schema.charters: ("charter",),
    }  # fmt: skip
    for table, columns in cells.items():
        for found in connection.execute(sa.select(table)).mappings():
            row: dict[str, Any] = dict(found)
            inside = row.get("report_id") in named if "report_id" in row else True
            masker = full if inside else whole
            changed = {c: masker.blocks(row[c]) for c in columns if row[c] and (inside or _whole(row[c], name))}
            changed = {c: v for c, v in changed.items() if v != row[c]}
            if changed and (named or any(_whole(row[c], name) for c in changed)):
                yield table.name, str(row["seq"]), changed


def _whole(text: str, name: str) -> bool:
    return " ".join(name.split()).casefold() in " ".join(text.split()).casefold()


def _remembered(
    connection: sa.Connection, gone: Mapping[str, list[Span] | None], claim_id: str | None = None
) -> Iterator[Edit]:
    """What decisions remember of words that go (report -> their places, None: all of it): the quotes of anchors, and
    words that were made claims, blocked where they overlap what goes."""
    for row in load.decisions(connection):
        reports = {str(a.get("report_id")) for a in row.anchors} & set(gone)
        if not reports:
            continue
        anchors = [{**a, "quote": ""} if a.get("report_id") in gone else dict(a) for a in row.anchors]
        spans = [gone[r] for r in sorted(reports)]
        if None in spans or claim_id in row.subjects:
            value = {k: v for k, v in row.value.items() if k not in ("words", "claim", "act")}
        else:
            value = _blocked(row.value, [s for listed in spans for s in listed or ()])
        yield "log_decisions", str(row.seq), {"anchors": dump(anchors), "value": dump(value)}


def _blocked(value: Mapping[str, Any], spans: list[Span]) -> dict[str, Any]:
    """The value of a decision with blocks for the words that stand at these places."""

    def hide(words: str, at: int) -> str:
        return "".join("█" if any(a <= at + i < b for a, b in spans) else c for i, c in enumerate(words))

    def claim(row: list[Any]) -> list[Any]:
        held, mention, kind, span, quote, told = row
        hidden = hide(quote, span[0])
        key = "quote" if kind == "act" else "text"
        return [held, mention, kind, span, hidden, {**told, key: hidden} if key in told else told]

    out = dict(value)
    if "claim" in out:
        out["claim"] = [claim(c) for c in out["claim"]]
        out["words"] = out["claim"][0][4]
    if "act" in out:
        out["act"] = claim(out["act"])
    if "span" in out and "words" in out:
        out["words"] = hide(str(out["words"]), int(out["span"][0]))
    return out
