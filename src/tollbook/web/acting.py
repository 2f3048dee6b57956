"""The pages on which an analyst acts: the queue, forms that decide, new reports, other windows."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any

import sqlalchemy as sa
from fastapi import APIRouter, Depends, HTTPException, Request
from fastapi.datastructures import FormData
from fastapi.responses import HTMLResponse, Response

from tollbook import review
from tollbook.book import Detail
from tollbook.cli.review import read_figure
from tollbook.errors import TollbookError, UsageError
from tollbook.ledger.bounds import ALL, by_harm
from tollbook.ledger.decisions import KINDS
from tollbook.link.features import Reason, explain, score
from tollbook.web import deciding, dossier, incoming, lists, utf16, wording
from tollbook.web.desk import head
from tollbook.web.guard import Session
from tollbook.web.queue import Item
from tollbook.web.site import NOBODY, Site, address, back, raw_address, session_of

UPCOMING = 12
"""Items of the queue shown beside the one in hand."""


async def _checked(request: Request) -> FormData:
    """The form of a request that carries its session's own token: no other page can send it."""
    form = await request.form(max_part_size=25_000_000)
    session: Session | None = request.scope["state"].get("session")
    given = form.get("csrf")
    if session is None or not isinstance(given, str) or not _same(given, session.csrf):
        raise HTTPException(403, "This form is not of this desk, or the desk was started anew: go back and reload.")
    return form


def _same(a: str, b: str) -> bool:
    import hmac

    return hmac.compare_digest(a.encode(), b.encode())


Form = Annotated[FormData, Depends(_checked)]


def routes(site: Site) -> APIRouter:
    """The acting pages."""
    router = APIRouter(include_in_schema=False)

    @router.get("/queue")
    def queue_page(request: Request) -> HTMLResponse:
        return _queue(site, request)

    @router.get("/new")
    def new(request: Request) -> HTMLResponse:
        return site.page(request, "new.html")

    @router.get("/doors")
    def doors(request: Request) -> HTMLResponse:
        return site.page(request, "doors.html", made=None, about="")

    @router.post("/doors")
    def made_door(request: Request, form: Form) -> HTMLResponse:
        host = request.headers["host"]
        if field(form, "kind") == "window":
            made, about = (
                f"http://{host}/enter?token={site.sessions.invite()}",
                "Open this in the other browser; it works once:",
            )
        else:
            made, about = (
                f"Authorization: Bearer {site.sessions.open()}",
                "Send this header; it holds until the desk ends:",
            )
        return site.page(request, "doors.html", made=made, about=about)

    @router.post("/names")
    def names(request: Request, form: Form) -> Response:
        session = session_of(request)
        session.names = not session.names
        return back(field(form, "back"))

    @router.post("/decide")
    def decide(request: Request, form: Form) -> Response:
        values = fields(form)
        subjects = [named(s) for s in form.getlist("subject") if isinstance(s, str) and s.strip()]
        made = act(
            site, session_of(request), values.get("kind", ""), subjects, values.get("why", ""), values,
            seen=_number(values.get("head")),
        )  # fmt: skip
        return back(made or values.get("back"))

    @router.post("/undo")
    def undo(request: Request, form: Form) -> Response:
        values, session = fields(form), session_of(request)
        with site.desk.writing() as book:
            made = deciding.undo(book, values.get("decision", ""), values.get("why", ""), site.user)
        session.made.append(made)
        session.notes.append(("decided", "Undone. The row stays in the log."))
        return back(values.get("back"))

    @router.post("/add")
    def add(request: Request, form: Form) -> Response:
        values, session = fields(form), session_of(request)
        with site.desk.view() as connection:
            sheet = dossier.sheet(connection, values.get("report", ""))
        with site.desk.writing() as book:
            made = deciding.add(book, sheet, values, _given(sheet.report.text, values), site.user)
        session.made.append(made)
        session.notes.append(("decided", f"Added: {values.get('what')} “{values.get('words', '')[:60]}”."))
        return back(values.get("back"), f"/reports/{sheet.report_id}")

    @router.post("/note")
    def note(request: Request, form: Form) -> Response:
        values, session = fields(form, long=("note",)), session_of(request)
        low, high = read_figure(values.get("figure", ""))
        with site.desk.writing() as book:
            made = review.add_note(
                book, values.get("incident", ""), values.get("note", ""), harm=values.get("harm") or "killed",
                words=values.get("words", ""), low=low, high=high, says=values.get("says") or None,
                why=values.get("why", ""), user=site.user,
            )  # fmt: skip
        session.made.append(made)
        session.notes.append(("decided", "The note is a report of its own now, and its figure counts."))
        return back(values.get("back"))

    @router.post("/reports")
    def add_report(request: Request, form: Form) -> Response:
        return _add_report(site, request, form)

    return router


def field(form: FormData, name: str) -> str:
    """One field of a form as text; empty where it is none."""
    value = form.get(name)
    return value if isinstance(value, str) else ""


def fields(form: FormData, long: tuple[str, ...] = ()) -> dict[str, str]:
    """The fields of a form. Raises UsageError for one that is longer than any value is."""
    out = {}
    for name, value in form.items():
        if isinstance(value, str):
            if len(value) > (deciding.LONGEST if name not in long else 100_000):
                raise UsageError(f"{name}: longer than {deciding.LONGEST} characters")
            out[name] = value
    return out


def named(subject: str) -> str:
    """The id that a field holds: as it is, or at the end of an incident's address."""
    return re.sub(r"^.*/incidents/|[?#].*$", "", subject.strip())


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 16 else None


def _given(text: str, values: Mapping[str, str]) -> tuple[int, int] | None:
    """The place of selected words, from a browser's units to the report's."""
    first, last = _number(values.get("from")), _number(values.get("to"))
    if first is None or last is None:
        return None
    try:
        return utf16.from_utf16(text, first), utf16.from_utf16(text, last)
    except ValueError:
        return None


def act(
    site: Site, session: Session, kind: str, subjects: list[str], why: str, values: Mapping[str, str], *,
    seen: int | None,
) -> str | None:  # fmt: skip
    """One decision, in force at once; tells the session what others decided on the same since it looked.

    Returns the address to go to, where the form's own will not do. Raises UsageError.
    """
    if kind not in KINDS or kind in ("add", "undo"):
        raise UsageError(f"no decision {kind!r}; there are: same, apart, unsure, accept, reject, correct")
    if kind in ("same", "apart", "unsure") and len(subjects) == 1:
        raise UsageError(f"{kind} is between two or more: choose the other, or give its id")
    if not 1 <= len(subjects) <= 50 or not all(s.isascii() and s.isalnum() and len(s) <= 16 for s in subjects):
        raise UsageError("name what the decision is about by its id, or by its address in this desk")
    value = deciding.value_of(values) if kind == "correct" else {}
    with site.desk.writing() as book:
        made = deciding.decide(book, kind, subjects, why, site.user, value)
    session.made.append(made)
    said = f"Decided: {kind}{' ' + str(value['field']) if value else ''}. It is in force."
    session.notes.append(("decided", said))
    if seen is not None:
        with site.desk.view() as connection:
            others = deciding.newer(connection, seen, subjects, made, site.desk.decisions(connection))
            rows = site.desk.decisions(connection)
        session.seen = max((d.seq for d in rows), default=0)
        for d in others:
            if d.id not in session.made:
                session.notes.append(
                    ("warn", f"While this page was open, {d.user} decided “{d.kind}” ({d.why}) on the same. "
                     "Both rows are kept; yours is the newest and stands.")
                )  # fmt: skip
    return None


def _add_report(site: Site, request: Request, form: FormData) -> Response:
    session = session_of(request)
    sent = form.get("file")
    file = None
    if sent is not None and not isinstance(sent, str):
        file = (sent.filename or "file.txt", sent.file.read())
    given = {n: field(form, n) for n in ("kind", "text", "title", "outlet", "published", "country")}
    outcomes = list(incoming.read(file=file, user=site.user, **given))
    with site.desk.writing() as book:
        done, met = incoming.add(book, outcomes)
    for issue in met:
        session.notes.append(("warn", f"Not added: {issue.message}"))
    session.notes.append(
        ("done", f"{wording.plural(done.reports, 'report')} added"
         f"{f', {done.known:,} known already' if done.known else ''}; "
         f"{wording.plural(done.incidents, 'act')}, {wording.plural(done.figures, 'figure')} read by machine.")
    )  # fmt: skip
    ids = incoming.documents(outcomes, met)
    if len(ids) == 1 and not met:
        with site.desk.view() as connection:
            return back(f"/reports/{dossier.report_row(connection, ids[0]).report_id}")
    return back("/reports")


# --- the queue ----------------------------------------------------------------------------------


def _queue(site: Site, request: Request) -> HTMLResponse:
    kind = request.query_params.get("kind") or None
    at = request.query_params.get("at") or ""
    session = session_of(request)
    with site.desk.view() as connection:
        now = head(connection)
        whole = site.queue(connection, now.log)
        items = whole.of(kind)
        place = next((n for n, i in enumerate(items) if i.key == at), None)
        gone = bool(at) and place is None
        place = place or 0
        item = items[place] if items else None
        masker = NOBODY
        views: list[dict[str, Any]] = []
        reasons: tuple[Reason, ...] = ()
        last = None
        if session.made:
            rows = {d.id: d for d in site.desk.decisions(connection)}
            undone = {s for d in rows.values() if d.kind == "undo" for s in d.subjects}
            last = next(
                (rows[i] for i in reversed(session.made) if i in rows and rows[i].kind != "undo" and i not in undone),
                None,
            )
        if item is not None:
            views, reasons, reports = sides(site, connection, session, item)
            masker = site.people.masker(connection, reports)
            if not session.names:
                for v in views:
                    v["quotes"] = [(a, *_hidden(masker, b, w, c)) for a, b, w, c in v["quotes"]]
        upcoming = items[place : place + UPCOMING]
        named = {x.id: x for x in lists.some(connection, list(dict.fromkeys(i.subjects[0] for i in upcoming)))}
    if gone and not session.notes:
        session.notes.append(("done", "That item is settled; this is the first that waits."))
    follow = items[place + 1] if item is not None and place + 1 < len(items) else items[0] if len(items) > 1 else None
    onward = raw_address("/queue", None, kind=kind, at=follow.key if follow else None)
    return site.page(
        request, "queue.html", kind=kind, counts=whole.counts, total=len(whole.items), item=item, place=place + 1,
        listed=len(items), views=views, reasons=reasons, choices=choices_of(item, reasons) if item else [],
        onward=onward, head=now.decision, upcoming=upcoming, named=named, last=last, address_of=address,
        before=address("/queue", None, kind=kind, at=items[place - 1].key) if place else None,
        after=address("/queue", None, kind=kind, at=items[place + 1].key) if place + 1 < len(items) else None,
        places=views[0]["places"] if views else "", masker=masker,
    )  # fmt: skip


def _hidden(masker: Any, before: str, words: str, after: str) -> tuple[str, str, str]:
    whole = masker.blocks(before + words + after)
    return whole[: len(before)], whole[len(before) : len(before) + len(words)], whole[len(before) + len(words) :]


def sides(
    site: Site, connection: sa.Connection, session: Session, item: Item
) -> tuple[list[dict[str, Any]], tuple[Reason, ...], set[str]]:
    """What stands side by side, what speaks for and against, and the reports behind it."""
    if item.kind == "orphan":
        row = next((d for d in site.desk.decisions(connection) if d.id == item.subjects[0]), None)
        anchors = row.anchors if row else ()
        quotes = [(f"stood in report {a.get('report_id')}", "", str(a.get("quote", ""))[:600], "") for a in anchors]
        title = f"{row.kind} by {row.user}, {row.at[:10]}: {row.why}" if row else item.subjects[0]
        reports = {str(a.get("report_id")) for a in anchors}
        return [{"title": title, "link": None, "rows": [], "quotes": quotes, "places": ""}], (), reports
    wanted = item.subjects[:1] if item.kind == "merge" else item.subjects
    details = [site.desk.incident(connection, i) for i in wanted]
    reports = {t.report_id for d in details for t in d.state.told}
    if item.kind == "merge":
        told = {t.mention.id: t for t in details[0].state.told}
        two = [told[m] for m in item.subjects[1:] if m in told]
        views = [_mention(details[0], t) for t in two]
        reasons = explain(two[0].mention, two[1].mention) if len(two) == 2 else ()
        return views, reasons, reports
    views = [_view(d) for d in details]
    reasons = ()
    if len(details) == 2:
        pairs = [(a.mention, b.mention) for a in details[0].state.told for b in details[1].state.told]
        if pairs:
            reasons = explain(*max(pairs[:400], key=lambda p: score(*p)))
    return views, reasons, reports


def _view(detail: Detail) -> dict[str, Any]:
    """An incident as one side of a comparison."""
    card, state = detail.state.card, detail.state
    found = by_harm(state.bounds)
    from tollbook.ledger.bounds import show

    counted = [(h.replace("_", " "), show(b.low, b.high, b.open)) for (h, g), b in found.items() if g == ALL]
    quotes = []
    for t in state.told[:4]:
        words = detail.sentences.get(t.mention.id, "")[:700]
        figures = [f for f in state.figures if f.mention_id == t.mention.id]
        quotes.append((f"{t.outlet or t.doc_id}, {t.published or 'undated'}", *_lit(words, figures)))
    return {
        "title": wording.sentence(state), "link": f"/incidents/{card.id}", "places": ", ".join(card.places),
        "rows": [
            ("when", wording.days(card.start, card.end)), ("where", ", ".join(card.places) or "not told"),
            ("what", card.type.replace("_", " ")), *counted,
            ("ascribed to", "; ".join(p.name for p in card.perpetrators) or "nobody"),
            ("hit", ", ".join(card.targets) or "not told"),
        ],
        "quotes": quotes,
    }  # fmt: skip


def _lit(sentence: str, figures: list[Any]) -> tuple[str, str, str]:
    """A sentence cut around its first figure: what is before, the figure, what is after."""
    for f in sorted(figures, key=lambda f: f.harm != "killed"):
        at = sentence.find(f.words)
        if at >= 0 and f.words:
            return sentence[:at], f.words, sentence[at + len(f.words) :]
    return sentence, "", ""


def _mention(detail: Detail, told: Any) -> dict[str, Any]:
    """One report's telling as one side of a comparison."""
    from tollbook.ledger.bounds import show

    figures = [f for f in detail.state.figures if f.mention_id == told.mention.id]
    act = told.act
    return {
        "title": f"{told.outlet or told.doc_id}, {told.published or 'undated'}", "link": f"/reports/{told.report_id}",
        "places": ", ".join(detail.state.card.places),
        "rows": [
            ("when", wording.days(act.get("start"), act.get("end"))),
            ("where", ", ".join(str(p) for p in act.get("places") or ()) or "not told"),
            ("what", str(act.get("type", "")).replace("_", " ")),
            *((f.harm.replace("_", " "), f"{show(f.low, f.high, f.open)} ({f.voice.name})") for f in figures),
            ("ascribed to", "; ".join(str(p) for p in act.get("perpetrators") or ()) or "nobody"),
            ("hit", ", ".join(str(p) for p in act.get("targets") or ()) or "not told"),
        ],
        "quotes": [("", *_lit(detail.sentences.get(told.mention.id, "")[:900], figures))],
    }  # fmt: skip


def choices_of(item: Item, reasons: tuple[Reason, ...]) -> list[tuple[str, str, str, tuple[str, ...], str, str]]:
    """(key, name, decision, subjects, suggested reason, look) of what can be decided on an item."""
    speaking = [r.why for r in sorted(reasons, key=lambda r: -r.weight) if r.weight > 0][:3]
    against = [r.why for r in sorted(reasons, key=lambda r: r.weight) if r.weight < 0][:3]
    both = item.subjects[1:] if item.kind == "merge" else item.subjects
    if item.kind in ("pair", "merge", "contradiction"):
        return [
            ("s", "same", "same", both, "; ".join(speaking)[:300] or "one act", "good"),
            ("a", "apart", "apart", both, "; ".join(against)[:300] or "two acts", "warn"),
            ("u", "unsure", "unsure", both, "the reports do not settle it", ""),
        ]
    if item.kind == "orphan":
        return [("x", "let it go", "undo", item.subjects, "what it was about is gone", "warn")]
    accept = ("y", "accept", "accept", item.subjects[:1], "read the reports; it stands", "good")
    reject = ("x", "reject", "reject", item.subjects[:1], "not what the report says", "warn")
    if item.kind == "place":
        return [accept, ("c", "correct the place", "correct", item.subjects[:1], "", ""), reject]
    return [accept, reject]


__all__ = ["TollbookError", "act", "field", "fields", "routes"]
