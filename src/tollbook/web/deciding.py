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
from tollbook.ledger.decisions import Decision
from tollbook.model import Span
from tollbook.store import load, schema
from tollbook.store.records import HARMS, WHO, Claim, digest, locate
from tollbook.web import dossier, placing

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
        places = split(form.get("places", ""), ",")
        at = form.get("at", "").strip()
        more = placing.chosen_place(form.get("at_name") or (places or [""])[0], at) if at else {}
        return {"field": "place", "places": places, **more}
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
    """Takes a decision back, with all that was added by it; the row stays in the log. Raises UsageError."""
    return review.decide(book, "undo", decision, why=why, user=user)


def newer(
    connection: sa.Connection, after: int, subjects: Sequence[str], own: str, rows: Sequence[Decision]
) -> list[Decision]:
    """Of all rows those that others wrote after a page was made, on the incidents that these subjects belong to."""
    rows = [d for d in rows if d.seq > after and d.id != own and d.kind != "undo"]
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

    A figure or an incident is a claim that every reading of the report holds from now on; a place, date or actor
    corrects the act it is of, and remembers the words. Raises UsageError.
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
    of = _act(sheet, form.get("mention", "")) if what == "figure" else None
    claims = _figure(sheet, of, words, span, form) if of is not None else _incident(sheet, words, span, form)
    return review.add_claims(
        book, sheet.report, claims, what=what, words=words, act=of.stored() if of is not None else None,
        reading=sheet.reading, made_by=sheet.made_by or f"added by {user}", why=why, user=user,
    )  # fmt: skip


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


def _counts(words: str) -> list[Any]:
    """The numbers that selected words tell."""
    from tollbook.resolve.counts import find_counts

    return find_counts(words)


def _casualty(words: str, span: Span, form: Mapping[str, str]) -> dict[str, Any]:
    """A casualty of a record from the fields of a form; an empty figure is read from the words."""
    if form.get("figure", "").strip():
        low, high = read_figure(form["figure"])
        approx, word = False, None
    else:
        counts = _counts(words)
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


def _figure(sheet: dossier.Sheet, act: dossier.Claim, words: str, span: Span, form: Mapping[str, str]) -> list[Claim]:
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
    figures: list[tuple[Span, dict[str, Any]]] = []
    if form.get("figure", "").strip() or _counts(words):
        value = _casualty(words, span, form)
        at = _number_in(words, span, value)
        figures.append((at, {**value, "text": sheet.report.text[at[0] : at[1]], "span": list(at)}))
    mention = digest("act", sheet.report_id, span, [at for at, _ in figures])
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
    for at, value in figures:
        claim_id = digest("figure", mention, value["harm"], at[0], at[1])
        out.append(Claim(claim_id, mention, "figure", at, str(value["text"]), value))
    return out


def _number_in(words: str, span: Span, value: Mapping[str, Any]) -> Span:
    """Where in the words of an act its figure stands, if they tell that number once; else all of them."""
    told = [c.span for c in _counts(words) if (c.min, c.max) == (value["min"], value["max"])]
    return (span[0] + told[0][0], span[0] + told[0][1]) if len(told) == 1 else span


__all__ = ["add", "decide", "newer", "report_of", "span_of", "undo", "value_of"]
