"""What is written by the API: decisions, words of reports, notes, new reports. The same as by the pages' forms."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request

from tollbook import review
from tollbook.cli.review import read_figure
from tollbook.errors import UsageError
from tollbook.model import to_plain
from tollbook.web import acting, deciding, dossier, incoming
from tollbook.web.apiforms import Adding, Deciding, Id, Noting, Reporting, Undoing, Writing
from tollbook.web.guard import Session
from tollbook.web.site import Site, session_of


def routes(site: Site, router: APIRouter) -> None:
    """The addresses that write."""

    @router.post("/decisions", status_code=201, dependencies=[Writing])
    def decide(request: Request, asked: Deciding) -> dict[str, Any]:
        """Writes a decision; it is in force at once. `notes` tell what others decided on the same meanwhile."""
        session = session_of(request)
        values = {k: v for k, v in asked.model_dump().items() if isinstance(v, str)}
        values["places"] = ", ".join(asked.places or ())
        values["perpetrators"] = "; ".join(asked.perpetrators or ())
        before = len(session.notes)
        acting.act(site, session, asked.kind, asked.subjects, asked.why, values, seen=asked.head)
        notes = [words for kind, words in session.notes[before:] if kind == "warn"]
        del session.notes[before:]
        return {"decision": session.made[-1], "notes": notes}

    @router.post("/decisions/{decision}/undo", status_code=201, dependencies=[Writing])
    def undo(request: Request, decision: Id, asked: Undoing) -> dict[str, Any]:
        """Takes a decision back; the row stays in the log."""
        session = session_of(request)
        if not asked.why.strip():
            raise UsageError("a decision needs a reason")
        with site.desk.writing() as book:
            session.made.append(deciding.undo(book, decision, asked.why, site.user))
        return {"decision": session.made[-1]}

    @router.post("/reports/{report}/words", status_code=201, dependencies=[Writing])
    def words(request: Request, report: Id, asked: Adding) -> dict[str, Any]:
        """Makes words of a report a figure, place, date, actor or incident."""
        values = {k: v for k, v in asked.model_dump().items() if isinstance(v, str)}
        values["places"] = ", ".join(asked.places or ())
        with site.desk.view() as connection:
            sheet = dossier.sheet(connection, report)
        with site.desk.writing() as book:
            return _made(session_of(request), deciding.add(book, sheet, values, asked.span, site.user))

    @router.post("/incidents/{incident}/notes", status_code=201, dependencies=[Writing])
    def note(request: Request, incident: Id, asked: Noting) -> dict[str, Any]:
        """Adds a figure from a typed note, which becomes a report of its own."""
        low, high = read_figure(asked.figure)
        with site.desk.writing() as book:
            made = review.add_note(
                book, incident, asked.note, harm=asked.harm, words=asked.words, low=low, high=high,
                says=asked.says or None, why=asked.why, user=site.user,
            )  # fmt: skip
        return _made(session_of(request), made)

    @router.post("/reports", status_code=201, dependencies=[Writing])
    def reports(asked: Reporting) -> dict[str, Any]:
        """Reads new reports by machine and adds them; `not_added` says what was not, and why."""
        given = asked.model_dump(exclude={"name", "kind", "text"})
        file = (asked.name, asked.text.encode("utf-8", "surrogatepass")) if asked.kind == "file" else None
        outcomes = list(incoming.read(kind=asked.kind, text=asked.text, file=file, user=site.user, **given))
        with site.desk.writing() as book:
            done, met = incoming.add(book, outcomes)
        with site.desk.view() as connection:
            ids = [dossier.report_row(connection, d).report_id for d in incoming.documents(outcomes, met)]
        return {**to_plain(done), "ids": ids, "not_added": [i.message for i in met]}


def _made(session: Session, decision: str) -> dict[str, Any]:
    session.made.append(decision)
    return {"decision": decision}
