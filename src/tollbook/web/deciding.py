"""What a person does at the desk: each a row with a name and a reason, in force at once, never overwriting another."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from tollbook import review
from tollbook.book import Book, report_of
from tollbook.cli.review import read_figure
from tollbook.errors import UsageError
from tollbook.ledger.decisions import Decision, standing
from tollbook.model import Span
from tollbook.store import load, schema
from tollbook.store.records import HARMS, WHO, Claim, Grounded, digest, dump, locate
from tollbook.web import dossier

WHATS = ("figure", "place", "date", "actor", "incident")
"""What selected words can be made."""

LONGEST = 2000
"""Characters of one value of a form that is no text of a report."""


def value_of(form: Mapping[str, str]) -> dict[str, Any]:
    """The value of a `correct` from a form's fields. Raises UsageError where one is wrong."""
    name = form.get("field", "")
    if name == "figure":
        low, high = read_figure(form.get("figure", ""))
        who = form.get("who")
        return {"field": "figure", "min": low, "max": high, **({"who": who} if who else {})}
    if name == "date":
        start = form.get("start") or None
        return {"field": "date", "start": start, "end": form.get("end") or start}
    if name == "place":
        return {"field": "place", "places": split(form.get("places", ""), ",")}
    if name == "actor":
        return {"field": "actor", "perpetrators": split(form.get("perpetrators", ""), ";")}
    return {"field": name, name: form.get(name, "").strip()}


def split(text: str, sign: str) -> list[str]:
    """The names of a field that holds several."""
    return [part.strip() for part in text.split(sign) if part.strip()]


def decide(book: Book, kind: str, subjects: Sequence[str], why: str, user: str, value: Mapping[str, Any]) -> str:
    """One decision by `tollbook.review`. A pair that already is one incident is told so."""
    return review.decide(book, kind, *subjects, why=why, user=user, value=value)


def undo(book: Book, decision: str, why: str, user: str) -> str:
    """Takes a decision back. What was added from words is taken out of the count by a `reject` of its claim; that
    rejection is a row like any other and can itself be undone. Raises UsageError."""
    with book.store.read() as connection:
        rows = {d.id: d for d in load.decisions(connection)}
    row = rows.get(decision)
    if row is None:
        raise UsageError(f"no decision {decision!r}")
    if row.kind == "add" and row.value.get("claim"):
        with book.store.read() as connection:
            if row.subjects[0] in _live_ids(connection, str(row.anchors[0].get("report_id"))):
                review.decide(book, "reject", row.subjects[0], why=why, user=user, value={"undoes": row.id})
    if row.kind == "undo":  # what was added comes back with the row that added it
        for other in standing(rows.values()):
            if other.kind == "reject" and other.value.get("undoes") in row.subjects:
                review.decide(book, "undo", other.id, why=why, user=user)
    return review.decide(book, "undo", decision, why=why, user=user)


def newer(connection: sa.Connection, after: int, subjects: Sequence[str], own: str) -> list[Decision]:
    """Decisions that others wrote after a page was made, on the incidents that these subjects belong to."""
    rows = [d for d in load.decisions(connection) if d.seq > after and d.id != own and d.kind != "undo"]
    if not rows:
        return []
    mine = _incidents(connection, set(subjects))
    return [d for d in rows if set(d.subjects) & set(subjects) or _incidents(connection, set(d.subjects)) & mine]


def _incidents(connection: sa.Connection, ids: set[str]) -> set[str]:
    """The incidents that mentions, claims or incident ids lead to."""
    m, c = schema.mentions, schema.claims
    out: set[str] = set()
    for batch in load.chunks(sorted(ids)):
        of_claims = sa.select(c.c.mention_id).where(c.c.claim_id.in_(batch))
        query = sa.select(m.c.incident_id).where(sa.or_(m.c.mention_id.in_(batch), m.c.mention_id.in_(of_claims)))
        out.update(i for i in connection.execute(query).scalars() if i)
    return out


# --- words of a report become claims ------------------------------------------------------------


def span_of(text: str, words: str, given: Span | None) -> Span:
    """Where selected words stand: the place given, if they stand there, else their first place. Raises UsageError."""
    if given is not None:
        start, end = given
        if 0 <= start < end <= len(text) and text[start:end].split() == words.split():
            while start < end and text[start].isspace():
                start += 1
            while end > start and text[end - 1].isspace():
                end -= 1
            return (start, end)
    found = locate(text, words)
    if found is None:
        raise UsageError(f"{words[:80]!r} does not stand in the text of the report")
    return found


def add(book: Book, sheet: dossier.Sheet, form: Mapping[str, str], given: Span | None, user: str) -> str:
    """Makes selected words of a report a figure, place, date, actor or incident; returns the decision's id.

    A figure or an incident becomes a claim in a new reading of the report that holds all of the newest one besides;
    a place, date or actor corrects the act it is of, and remembers the words. Raises UsageError.
    """
    what = form.get("what", "")
    why = form.get("why", "").strip()
    if what not in WHATS:
        raise UsageError(f"words cannot be made {what!r}; they can be: {', '.join(WHATS)}")
    if not why:
        raise UsageError("a decision needs a reason")
    text = sheet.report.text
    span = span_of(text, form.get("words", ""), given)
    words = text[span[0] : span[1]]
    if what in ("place", "date", "actor"):
        return _describe(book, sheet, what, words, span, form, why, user)
    claims = _figure(sheet, words, span, form) if what == "figure" else _incident(sheet, words, span, form)
    return _store(book, sheet, claims, {"what": what, "words": words}, why, user)


def _act(sheet: dossier.Sheet, mention: str) -> dossier.Claim:
    for act, _ in sheet.acts():
        if act.mention == mention:
            return act
    raise UsageError("choose the act that the words are of; or make a whole incident of them first")


def _describe(
    book: Book, sheet: dossier.Sheet, what: str, words: str, span: Span, form: Mapping[str, str], why: str, user: str
) -> str:
    """A place, date or actor from words: a correction of the act that remembers where they stand."""
    act = _act(sheet, form.get("mention", ""))
    where = {"words": words, "span": list(span), "report": sheet.report_id}
    name = " ".join(words.split())
    if what == "place":
        rest = [p for p in act.value.get("places") or () if isinstance(p, str) and p != name]
        value: dict[str, Any] = {"field": "place", "places": [name, *rest]}
    elif what == "actor":
        value = {"field": "actor", "perpetrators": [name]}
    else:
        start, end = _days(words, form, sheet)
        value = {"field": "date", "start": start, "end": end}
    return review.decide(book, "correct", act.mention, why=why, user=user, value={**value, **where})


def _days(words: str, form: Mapping[str, str], sheet: dossier.Sheet) -> tuple[str, str]:
    """The days a form names, else those the words mean for a report of that day. Raises UsageError."""
    start = form.get("start") or None
    if start:
        return start, form.get("end") or start
    from tollbook.resolve.dates import find_dates

    for found in find_dates(words, sheet.report.published):
        if found.start is not None and found.end is not None:
            return found.start.isoformat(), found.end.isoformat()
    raise UsageError(f"{words!r} cannot be read as a day: give the first day")


def _casualty(words: str, span: Span, form: Mapping[str, str]) -> dict[str, Any]:
    """A casualty of a record from the fields of a form; an empty figure is read from the words."""
    if form.get("figure", "").strip():
        low, high = read_figure(form["figure"])
        approx, word = False, None
    else:
        from tollbook.resolve.counts import find_counts

        counts = find_counts(words)
        if len(counts) != 1:
            raise UsageError(f"{words!r} holds {'no number' if not counts else 'several numbers'}: give the figure")
        low, high, approx, word = counts[0].min, counts[0].max, counts[0].approx, counts[0].word
    harm, who = form.get("harm") or "killed", form.get("who") or "unknown"
    if harm not in HARMS or who not in WHO:
        raise UsageError("harm or who is not on the list")
    if low is not None and high is not None and low > high:
        raise UsageError(f"min {low} is above max {high}")
    return {
        "harm": harm, "who": who, "min": low, "max": high, "approx": approx,
        "says": form.get("says", "").strip() or None, "subset_of": None, "text": words,
        "span": list(span), "word": word,
    }  # fmt: skip


def _figure(sheet: dossier.Sheet, words: str, span: Span, form: Mapping[str, str]) -> list[Claim]:
    act = _act(sheet, form.get("mention", ""))
    value = _casualty(words, span, form)
    claim_id = digest("figure", act.mention, value["harm"], span[0], span[1])
    if any(c.id == claim_id for c in sheet.claims):
        raise UsageError("this figure is in the record already; correct it there")
    return [Claim(claim_id, act.mention, "figure", span, words, value)]


def _incident(sheet: dossier.Sheet, words: str, span: Span, form: Mapping[str, str]) -> list[Claim]:
    """An act whose quote the words are, with one figure where the form or the words give one."""
    from tollbook.ontology import codes

    kind = form.get("type") or "other"
    if kind not in codes("types"):
        raise UsageError(f"no type {kind!r}; there are: {', '.join(sorted(codes('types')))}")
    start = form.get("start") or None
    end = form.get("end") or start
    for day in (start, end):
        if day is not None:
            try:
                dt.date.fromisoformat(day)
            except ValueError:
                raise UsageError(f"{day!r} is not a day (YYYY-MM-DD)") from None
    if start and end and start > end:
        raise UsageError("the first day is after the last")
    places = split(form.get("places", ""), ",")
    figures: list[dict[str, Any]] = []
    if form.get("figure", "").strip() or any(c.isdigit() for c in words):
        figures.append(_casualty(words, span, form))
    mention = digest("act", sheet.report_id, span, [span for _ in figures])
    if any(c.mention == mention for c in sheet.claims):
        raise UsageError("these words are an incident of the record already")
    used = {str(c.value.get("id")) for c in sheet.claims if c.kind == "act"}
    name = next(n for i in range(1, 10_000) if (n := f"p{i}") not in used)
    act = {
        "id": name, "type": kind, "status": "happened", "scope": "incident", "parts": [], "start": start, "end": end,
        "places": places, "country": None, "perpetrators": [], "targets": [], "casualties": None, "quote": words,
        "quote_span": list(span),
    }  # fmt: skip
    out = [Claim(mention, mention, "act", span, words, act)]
    for value in figures:
        out.append(
            Claim(digest("figure", mention, value["harm"], span[0], span[1]), mention, "figure", span, words, value)
        )
    return out


def _store(
    book: Book, sheet: dossier.Sheet, fresh: Sequence[Claim], value: Mapping[str, Any], why: str, user: str
) -> str:
    """A new reading of the report with the fresh claims in their places, and the row that says who added them."""
    kept = [Claim(c.id, c.mention, c.kind, c.span, c.quote, c.value) for c in sheet.claims]
    first = fresh[0]
    if first.kind == "act":
        claims = [*kept, *fresh]
    else:
        last = max(i for i, c in enumerate(kept) if c.mention_id == first.mention_id)
        claims = [*kept[: last + 1], *fresh, *kept[last + 1 :]]
    rest = sheet.rest or {"doc_id": sheet.report.doc_id, "published": None, "incidents": None}
    book.store.add_report(sheet.report, made_by=f"added by {user}", grounded=Grounded(tuple(claims), rest, ()))
    row = {**value, "claim": [[c.claim_id, c.mention_id, c.kind, list(c.span), c.quote, c.value] for c in fresh]}
    decision = digest("decision", "add", first.claim_id, dump(row), why, dt.datetime.now(dt.UTC).isoformat())
    anchor = {
        "report_id": sheet.report_id, "kind": first.kind, "start": first.span[0], "end": first.span[1],
        "quote": first.quote,
    }  # fmt: skip
    book.store.add_decision(
        {
            "decision_id": decision, "kind": "add", "subjects": dump([first.claim_id]), "value": dump(row),
            "anchors": dump([anchor]), "why": why, "user": user,
        }
    )  # fmt: skip
    return decision


def add_again(book: Book, decision: str, why: str, user: str) -> str:
    """Puts back what a decision had added and a later reading lost. Raises UsageError where it cannot be."""
    with book.store.read() as connection:
        row = next((d for d in standing(load.decisions(connection)) if d.id == decision and d.kind == "add"), None)
        if row is None or not row.value.get("claim"):
            raise UsageError(f"{decision!r} is no addition that holds")
        found = dossier.sheet(connection, str(row.anchors[0].get("report_id")))
    fresh = [Claim(c[0], c[1], c[2], (c[3][0], c[3][1]), c[4], c[5]) for c in row.value["claim"]]
    have = {c.mention for c in found.claims}
    if fresh[0].kind == "figure" and fresh[0].mention_id not in have:
        near = [a for a, _ in found.acts() if a.span[0] <= fresh[0].span[0] < a.span[1] + 400]
        if not near:
            raise UsageError("the act it was of is not in the newest reading: add it to another one by hand")
        act = near[-1]
        fresh = [
            Claim(
                digest("figure", act.mention, c.value["harm"], *c.span), act.mention, c.kind, c.span, c.quote, c.value
            )
            for c in fresh
        ]
    made = _store(book, found, fresh, {"what": row.value.get("what"), "words": row.value.get("words")}, why, user)
    review.decide(book, "undo", decision, why=f"added again as {made}: {why}", user=user)
    return made


def _live_ids(connection: sa.Connection, report: str) -> set[str]:
    try:
        return {c.id for c in dossier.sheet(connection, report).claims}
    except UsageError:
        return set()


__all__ = ["add", "add_again", "decide", "newer", "report_of", "span_of", "undo", "value_of"]
