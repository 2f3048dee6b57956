"""One incident and one report as the desk shows them: everything a page needs, read from a view. No pages in it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from tollbook.book import Detail, report_of
from tollbook.errors import UsageError
from tollbook.ledger.bounds import ALL, Bound
from tollbook.ledger.decisions import ADDED, Decision, counts, standing, unmarked
from tollbook.ledger.figures import Figure
from tollbook.ledger.incidents import Told
from tollbook.ledger.state import State
from tollbook.ledger.voices import Voice
from tollbook.model import Furniture, Report, Span
from tollbook.store import load, schema
from tollbook.store import records as stored
from tollbook.web.lists import Line
from tollbook.web.wording import speaker


@dataclass(frozen=True, slots=True)
class Claim:
    """A live claim of a report, as it stands in the log."""

    id: str
    mention: str
    kind: str
    span: Span
    quote: str
    value: dict[str, Any]
    incident: str | None

    @property
    def added(self) -> bool:
        """Whether a person added it: no machine read it."""
        return self.value.get(ADDED) is not None

    def stored(self) -> stored.Claim:
        """As the store takes it."""
        return stored.Claim(self.id, self.mention, self.kind, self.span, self.quote, self.value)

    def plain(self) -> dict[str, Any]:
        """As `marks` takes it."""
        return {"id": self.id, "mention": self.mention, "kind": self.kind, "span": self.span, "value": self.value}


@dataclass(frozen=True, slots=True)
class Sheet:
    """A report with the newest reading of it: `rest` is the record without its incidents, `claims` are those that
    count, `reading` is all of it as it lies in the log."""

    report: Report
    report_id: str
    run: int | None
    made_by: str | None
    claims: tuple[Claim, ...]
    rest: dict[str, Any]
    issues: tuple[tuple[str, str], ...]
    recorded: str
    reading: stored.Grounded

    def acts(self) -> list[tuple[Claim, list[Claim]]]:
        """Each act with its figures, in the record's order."""
        out: list[tuple[Claim, list[Claim]]] = []
        for c in self.claims:
            if c.kind == "act":
                out.append((c, []))
            elif c.kind == "figure" and out and out[-1][0].mention == c.mention:
                out[-1][1].append(c)
        return out

    def ids(self) -> set[str]:
        """Of everything its newest reading tells, also of what counts no more."""
        return {x for c in self.reading.claims for x in (c.claim_id, c.mention_id)}

    def record(self) -> dict[str, Any]:
        """The report's record, whole."""
        kept = {c.id for c in self.claims}
        told = [
            (c.kind if c.claim_id in kept else "gone", c.claim_id, c.mention_id, unmarked(c.value))
            for c in self.reading.claims
        ]
        return stored.rebuild(self.rest, told)


def subjects(connection: sa.Connection, state: State) -> set[str]:
    """The claims of an incident, also those that count no more: rejected ones, and additions that were undone."""
    m, c = schema.mentions, schema.claims
    told = {t.mention.id for t in state.told}
    query = (
        sa.select(c.c.claim_id)
        .join(m, sa.and_(m.c.run_seq == c.c.run_seq, m.c.mention_id == c.c.mention_id))
        .where(load.among(m.c.mention_id, sorted(told)), m.c.live == 1)
    )
    return told | set(connection.execute(query).scalars())


def about(rows: Sequence[Decision], claims: set[str]) -> list[tuple[Decision, bool]]:
    """The decisions about these claims and those that undo them, newest first, each with whether it holds."""
    holding = {d.id for d in standing(rows)}
    mine = {d.id for d in rows if claims & set(d.subjects)}
    for d in rows:
        if d.kind == "undo" and set(d.subjects) & mine:
            mine.add(d.id)
    return [(d, d.id in holding or d.kind in ("undo", "expunge")) for d in reversed(rows) if d.id in mine]


def report_row(connection: sa.Connection, asked: str) -> Any:
    """The newest row of a document, by its doc_id or by a report's id. Raises UsageError where there is none."""
    table = schema.reports
    query = sa.select(table).where(sa.or_(table.c.doc_id == asked, table.c.report_id == asked))
    row = connection.execute(query.order_by(table.c.seq.desc()).limit(1)).first()
    if row is None:
        raise UsageError(f"no report {asked!r} in this book")
    return row


def sheet(connection: sa.Connection, asked: str) -> Sheet:
    """A report and its newest reading. Raises UsageError where there is no such report."""
    row = report_row(connection, asked)
    meta = json.loads(row.meta)
    report = report_of(
        {
            "doc_id": row.doc_id, "text": row.text, "title": row.title, "published": row.published,
            "outlet": row.outlet, "url": meta.get("url"), "language": meta.get("language"),
            "furniture": meta.get("furniture"), "published_basis": meta.get("published_basis"),
            "text_sha256": row.text_sha256,
        }
    )  # fmt: skip
    runs, claims = schema.runs, schema.claims
    run = connection.execute(
        sa.select(runs).where(runs.c.report_id == row.report_id).order_by(runs.c.seq.desc()).limit(1)
    ).first()
    found: list[Claim] = []
    whole: list[stored.Claim] = []
    issues: list[tuple[str, str]] = []
    if run is not None:
        owner = load.lookup(
            connection,
            sa.select(schema.mentions.c.mention_id, schema.mentions.c.incident_id).where(
                schema.mentions.c.run_seq == run.seq
            ),
        )
        standing = load.standing_additions(connection)
        for c in connection.execute(sa.select(claims).where(claims.c.run_seq == run.seq).order_by(claims.c.seq)):
            one = stored.Claim(c.claim_id, c.mention_id, c.kind, (c.start, c.end), c.quote, json.loads(c.value))
            whole.append(one)
            if counts(one.value, standing):
                found.append(
                    Claim(
                        one.claim_id, one.mention_id, one.kind, one.span, one.quote, one.value,
                        owner.get(one.mention_id),
                    )
                )  # fmt: skip
        table = schema.issues
        query = sa.select(table.c.code, table.c.message).where(
            sa.or_(table.c.run_seq == run.seq, sa.and_(table.c.report_id == row.report_id, table.c.run_seq.is_(None)))
        )
        issues = [(code, message) for code, message in connection.execute(query)]
    rest = json.loads(run.record) if run else {}
    bare = rest or {"doc_id": report.doc_id, "published": None, "incidents": None}
    return Sheet(
        report, row.report_id, run.seq if run else None, run.made_by if run else None, tuple(found), rest,
        tuple(dict.fromkeys(issues)), row.recorded_at, stored.Grounded(tuple(whole), bare, ()),
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Words:
    """A figure in its report: the text around it, where it stands in that, and why it sets no bound, if it does not."""

    figure: Figure
    told: Told
    before: str
    words: str
    after: str
    bounds: tuple[str, ...]
    aside: str | None
    beside: bool


@dataclass(frozen=True, slots=True)
class Speaking:
    """One voice of an incident with all it says, oldest first."""

    voice: Voice
    says: tuple[Words, ...]


def texts(connection: sa.Connection, reports: Sequence[str], spans: Mapping[str, Sequence[Span]]) -> dict[str, str]:
    """The texts of reports (by report id). `spans` is not needed to read them, only to say which are."""
    table = schema.reports
    out: dict[str, str] = {}
    for batch in load.chunks(sorted({*reports, *spans})):
        out.update(
            load.lookup(connection, sa.select(table.c.report_id, table.c.text).where(table.c.report_id.in_(batch)))
        )
    return out


def speaking(connection: sa.Connection, state: State, hide: Any) -> list[Speaking]:
    """The claims of an incident, voice by voice, each in its context; `hide` masks a text without moving its places."""
    from tollbook.web.marks import context

    whole = texts(connection, [f.report_id for f in state.figures], {})
    by_mention = {t.mention.id: t for t in state.told}
    setting: dict[str, list[str]] = {}
    aside: dict[str, str] = {}
    beside: set[str] = set()
    for b in state.bounds:
        name = b.harm.replace("_", " ") + ("" if b.group == ALL else f", {b.group.replace('_', ' ')}")
        for which, claims in (("low", b.low_claims), ("best", b.best_claims), ("high", b.high_claims)):
            for c in claims:
                setting.setdefault(c, []).append(f"{which} of {name}")
        if b.group == ALL:
            aside.update(dict(b.aside))
            beside |= set(b.beside)
    out = []
    for voice in state.voices:
        said = []
        for f in sorted((f for f in state.figures if f.voice.id == voice.id), key=lambda f: (f.said or "", f.order)):
            text = whole.get(f.report_id, "")
            start, end = context(text, f.span) if text else (0, 0)
            cut = hide(text[start:end])
            at, until = f.span[0] - start, f.span[1] - start
            before = "" if start == 0 or text[start - 1] == "\n" else "… "
            after = "" if end >= len(text) or text[end] == "\n" else " …"
            said.append(
                Words(
                    f, by_mention[f.mention_id], before + cut[:at], cut[at:until] or f.words,
                    cut[until:].rstrip() + after,
                    tuple(dict.fromkeys(setting.get(f.claim_id, ()))), aside.get(f.claim_id), f.claim_id in beside,
                )
            )  # fmt: skip
        out.append(Speaking(voice, tuple(said)))
    return sorted(out, key=lambda s: (not any(w.bounds for w in s.says), s.voice.name))


def who(bound: Bound, state: State) -> dict[str, tuple[tuple[str, str], ...]]:
    """Whose claims set the ends of a bound: end -> (name of the voice, its first claim) of each."""
    names = {f.claim_id: speaker(f.voice) for f in state.figures}
    out = {}
    for end, claims in (("low", bound.low_claims), ("best", bound.best_claims), ("high", bound.high_claims)):
        first: dict[str, str] = {}
        for claim in claims:
            if claim in names:
                first.setdefault(names[claim], claim)
        out[end] = tuple(first.items())
    return out


@dataclass(frozen=True, slots=True)
class Parts:
    """What a sum holds: (incident, why) of those that are parts of it for sure, and of those that may be; the killed of
    the first added up; `rest` is how many more the sum says than its parts, None where nothing can be said."""

    sure: tuple[tuple[str, str], ...]
    maybe: tuple[tuple[str, str], ...]
    low: int
    high: int
    open: bool
    rest: int | None


def parts(detail: Detail, named: Mapping[str, Line]) -> Parts:
    """The parts of a sum, those with most dead first."""

    def dead(incident: str) -> tuple[int, int, bool]:
        low, _, high, opened = named[incident].bounds.get("killed") or (None, None, None, False)
        return low or 0, high if high is not None else low or 0, opened

    known = [(i, sure, why) for i, sure, why in detail.parts if i in named]
    ordered = sorted(known, key=lambda p: (-dead(p[0])[1], p[0]))
    sure = tuple((i, why) for i, is_sure, why in ordered if is_sure)
    found = [dead(i) for i, _ in sure]
    own = next((b.low for b in detail.state.bounds if b.harm == "killed" and b.group == ALL), None)
    low = sum(f[0] for f in found)
    return Parts(
        sure, tuple((i, why) for i, is_sure, why in ordered if not is_sure), low, sum(f[1] for f in found),
        any(f[2] for f in found), max(0, own - low) if own is not None and sure else None,
    )  # fmt: skip


__all__ = [
    "Claim", "Furniture", "Parts", "Sheet", "Speaking", "Words", "about", "parts", "report_row", "sheet", "speaking",
    "subjects", "texts", "who",
]  # fmt: skip
