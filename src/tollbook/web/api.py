"""The JSON API: all that the pages show, under `/api`. One shape of error, pages of lists by cursor.

Redacted as the session's pages are: names of victims, witnesses and detainees are masked until the session shows them.
"""

from __future__ import annotations

import json
from typing import Annotated, Any, Literal

import sqlalchemy as sa
from fastapi import APIRouter, Depends, HTTPException, Path, Query, Request
from pydantic import BaseModel, Field

from tollbook import export, tally
from tollbook.book import How
from tollbook.detail import plain
from tollbook.errors import UsageError
from tollbook.ledger.bounds import DEFAULT_RULE, RULES
from tollbook.ledger.decisions import standing
from tollbook.model import to_plain
from tollbook.redact import RELEASE, Masker, Policy, redact
from tollbook.store import schema
from tollbook.store.filters import Filters
from tollbook.web import acting, dossier, exporting, lists, marks, sums, utf16, wording
from tollbook.web.desk import head
from tollbook.web.queue import KINDS
from tollbook.web.site import NOBODY, Site, harm_of, session_of

MASKED = Policy(names=False, places=0, quote=None, texts=True)
"""The analyst's own screen with the names hidden: nothing else is cut."""


class Fault(BaseModel):
    """What went wrong: a fixed code, and words."""

    code: str
    message: str


class Error(BaseModel):
    """The one shape of every error."""

    error: Fault


class Deciding(BaseModel):
    """A decision to write. `subjects` are ids of incidents, mentions or figures' claims; the rest belongs to `correct`.

    `head` is the newest decision the client has seen: with it, decisions others wrote meanwhile are told.
    """

    kind: Literal["same", "apart", "unsure", "accept", "reject", "correct"]
    subjects: list[Annotated[str, Field(pattern="^[0-9a-f]{4,16}$")]] = Field(min_length=1, max_length=50)
    why: str = Field(min_length=1, max_length=2000)
    field: Literal["figure", "date", "place", "actor", "type", "grade"] | None = None
    figure: str | None = Field(None, max_length=40)
    who: str | None = Field(None, max_length=40)
    start: str | None = Field(None, max_length=10)
    end: str | None = Field(None, max_length=10)
    places: list[Annotated[str, Field(max_length=200)]] | None = Field(None, max_length=20)
    perpetrators: list[Annotated[str, Field(max_length=200)]] | None = Field(None, max_length=20)
    type: str | None = Field(None, max_length=60)
    grade: str | None = Field(None, max_length=60)
    head: int | None = Field(None, ge=0, le=2**53)


class Undoing(BaseModel):
    """A decision to take back."""

    why: str = Field(min_length=1, max_length=2000)


ERRORS: dict[int | str, dict[str, Any]] = {
    code: {"model": Error} for code in (400, 401, 403, 404, 405, 409, 413, 422, 503)
}
Id = Annotated[str, Path(pattern="^[0-9a-f]{4,16}$")]
Cursor = Annotated[str | None, Query(max_length=400)]
Limit = Annotated[int, Query(ge=1, le=200)]
Word = Annotated[str | None, Query(max_length=200)]


def _filters(
    since: Word = None, until: Word = None, place: Word = None, country: Word = None, type: Word = None,
    perpetrator: Word = None, victims: Word = None, status: Word = None, review: Word = None, grade: Word = None,
    voices: Annotated[int | None, Query(ge=1, le=1000)] = None,
) -> Filters:  # fmt: skip
    given = {
        "since": since, "until": until, "place": place, "country": country, "type": type, "perpetrator": perpetrator,
        "victims": victims, "status": status, "review": review, "grade": grade,
    }  # fmt: skip
    asked: dict[str, Any] = {k: v for k, v in given.items() if v}
    return Filters(**asked, voices=voices)


Asked = Annotated[Filters, Depends(_filters)]


def _may_write(request: Request) -> None:
    """A key in the header is enough, since no browser sends one by itself; a cookie needs the session's token too."""
    import hmac

    given = request.headers.get("x-csrf", "").encode()
    if not request.scope["state"].get("by_key") and not hmac.compare_digest(given, session_of(request).csrf.encode()):
        raise HTTPException(403, "send the session's token as X-CSRF, or come with a key")


Writing = Depends(_may_write)


def routes(site: Site) -> APIRouter:
    """Every address of the API."""
    router = APIRouter(prefix="/api", responses=ERRORS, tags=["book"])
    _incidents(site, router)
    _reports(site, router)
    _sums(site, router)
    _decisions(site, router)
    return router


def _shown(request: Request, value: Any, masker: Masker) -> Any:
    """A value as the session may see it."""
    if session_of(request).names:
        return value
    return redact(value, MASKED, masker=masker)


def _incidents(site: Site, router: APIRouter) -> None:
    @router.get("/incidents")
    def incidents(asked: Asked, cursor: Cursor = None, limit: Limit = lists.PAGE) -> dict[str, Any]:
        """Incidents, the latest first."""
        with site.desk.view() as connection:
            columns = site.desk.columns(connection)
            found = lists.incidents(connection, columns, asked, cursor=cursor, limit=limit)
        return {
            "items": [{**_line(x), "spot": to_plain(columns.spot_of(x.id))} for x in found.lines], "count": found.count,
            "next": found.next,
        }  # fmt: skip

    @router.get("/incidents/{incident}")
    def incident(request: Request, incident: Id) -> dict[str, Any]:
        """One incident whole: bounds, claims by voice with their words, why its reports were merged, history."""
        with site.desk.view() as connection:
            detail = site.desk.incident(connection, incident)
            state = detail.state
            masker = site.people.masker(connection, {t.report_id for t in state.told})
            spot = site.desk.columns(connection).spot_of(state.card.id)
        value = plain(detail, site.desk.book.counting({}).rule.name)
        value |= {"sentence": wording.sentence(state), "spot": to_plain(spot)}
        return dict(_shown(request, value, masker))

    @router.get("/map")
    def mapped(asked: Asked, cursor: Cursor = None, limit: Limit = 200) -> dict[str, Any]:
        """Where incidents lie: GeoJSON points with a radius in kilometres. What is nowhere is in no feature."""
        with site.desk.view() as connection:
            columns = site.desk.columns(connection)
            found = lists.incidents(connection, columns, asked, cursor=cursor, limit=limit)
        features = [
            {"type": "Feature", "geometry": {"type": "Point", "coordinates": [s.lon, s.lat]},
             "properties": {**_line(x), "spot_name": s.name, "radius_km": s.radius_km}}
            for x in found.lines if (s := columns.spot_of(x.id))
        ]  # fmt: skip
        return {"type": "FeatureCollection", "features": features, "next": found.next}


def _line(line: lists.Line) -> dict[str, Any]:
    value = {k: v for k, v in to_plain(line).items() if k != "bounds"}
    value["bounds"] = [
        {"harm": h, "low": low, "best": best, "high": high, "open": opened}
        for h, (low, best, high, opened) in line.bounds.items()
    ]
    return value


def _reports(site: Site, router: APIRouter) -> None:
    @router.get("/reports")
    def reports(request: Request, cursor: Cursor = None, limit: Limit = lists.PAGE) -> dict[str, Any]:
        """The newest text of each document, the last recorded first; without the text."""
        table = schema.reports
        query = sa.select(
            table.c.seq, table.c.report_id, table.c.doc_id, table.c.outlet, table.c.published, table.c.title,
            table.c.recorded_at,
        ).where(lists.newest_reports())  # fmt: skip
        if cursor:
            (last,) = lists.uncursor(cursor, 1)
            query = query.where(
                table.c.seq < (int(last) if last.isascii() and last.isdigit() and len(last) < 16 else 0)
            )
        with site.desk.view() as connection:
            rows = connection.execute(query.order_by(table.c.seq.desc()).limit(limit + 1)).all()
            masker = site.people.masker(connection, [r.report_id for r in rows])
        items = [{k: v for k, v in r._mapping.items() if k != "seq"} for r in rows[:limit]]
        more = lists.to_cursor(str(rows[limit - 1].seq)) if len(rows) > limit else None
        return {"items": [_shown(request, i, masker) for i in items], "next": more}

    @router.get("/reports/{report}")
    def report(request: Request, report: Id) -> dict[str, Any]:
        """A report: its text, its record, and every span with its kind, in code points and as browsers count."""
        with site.desk.view() as connection:
            found = dossier.sheet(connection, report)
            masker = site.people.masker(connection, [found.report_id])
        text = found.report.text
        shown = text if session_of(request).names else masker.blocks(text)
        spans = marks.marks(text, [c.plain() for c in found.claims], found.rest.get("victims") or ())
        simple = shown.isascii()

        def units(span: tuple[int, int]) -> list[int]:
            return list(span) if simple else [utf16.to_utf16(shown, at) for at in span]

        record = redact(found.record(), MASKED, masker=masker) if not session_of(request).names else found.record()
        return {
            "report_id": found.report_id, "doc_id": found.report.doc_id, "text": shown, "record": record,
            "made_by": found.made_by, "recorded_at": found.recorded,
            "claims": [
                {"id": c.id, "mention": c.mention, "kind": c.kind, "span": list(c.span), "incident": c.incident}
                for c in found.claims
            ],
            "spans": [
                {"kind": m.kind, "span": list(m.span), "row": m.row,
                 "utf16": units(m.span)}
                for m in spans[:5000]
            ],
        }  # fmt: skip


def _sums(site: Site, router: APIRouter) -> None:
    @router.get("/totals")
    def totals(
        asked: Asked,
        by: Annotated[Literal[tally.BY], Query()] = "month",  # type: ignore[valid-type]
        harm: Annotated[str, Query(max_length=40)] = "killed",
        rule: Annotated[Literal[tuple(RULES)] | None, Query()] = None,  # type: ignore[valid-type]
        as_of: Annotated[str | None, Query(max_length=10)] = None,
        count_parties: bool = False,
        ids: bool = False,
    ) -> dict[str, Any]:
        """Totals with everything that must be printed with them; with `ids`, each row names its incidents."""
        asked_harm = harm_of({"harm": harm})
        if rule in (None, DEFAULT_RULE) and not as_of and not count_parties and by not in ("sex", "age"):
            options = site.desk.book.options
            with site.desk.view() as connection:
                found = sums.totals(
                    site.desk.columns(connection), connection, by=by, harm=asked_harm, rule=options.rule,
                    classes=options.classes, where=asked,
                    reports=site.desk.reports_by_month(connection, asked), ids=ids,
                )  # fmt: skip
        else:
            with site.desk.view() as connection:
                at, size = head(connection).log, len(site.desk.columns(connection).index)
            how: How = {"rule": rule, "as_of": as_of or None, "count_parties": count_parties}
            counted = site.totals(at, size, None, by=by, harm=asked_harm, where=asked, **how)
            assert counted is not None
            found = counted
        value = dict(to_plain(found))
        if not ids:
            for row in (*value["rows"], value["total"], value["alleged"]):
                del row["ids"]
        return value

    @router.get("/voices")
    def all_voices(request: Request) -> dict[str, Any]:
        """Each outlet and speaker; `spread` (quartiles against the others' median) from ten shared incidents on."""
        with site.desk.view() as connection:
            size = len(site.desk.columns(connection).index)
            found = site.voices(connection, head(connection).log, size, None) or []
        items = [
            {"name": p.name, "kind": p.kind, "reports": p.reports, "incidents": p.incidents, "alone": p.alone,
             "first": p.first, "shared": len(p.ratios), "spread": list(p.spread) if p.spread else None,
             "through": [{"name": n, "times": k} for n, k in p.through.most_common(10)]}
            for p in found
        ]  # fmt: skip
        return {"items": _shown(request, items, site.people.speakers(p.name for p in found if not p.outlet))}

    @router.get("/method")
    def method() -> dict[str, Any]:
        """The charter, the rules there are, the formats of downloads."""
        return {
            "charter": site.desk.book.charter, "rules": {r.name: r.about for r in RULES.values()},
            "formats": {f.name: f.about for f in export.FORMATS.values()}, "caveats": list(tally.CAVEATS),
            "policy": to_plain(RELEASE),
        }  # fmt: skip

    @router.get("/export/{format}", response_model=None, responses={200: {"content": {"application/zip": {}}}})
    def exported(request: Request, asked: Asked, format: Annotated[str, Path(max_length=40)]) -> Any:
        """The incidents asked for in a format of the field, zipped with its loss report."""
        return exporting.download(site, request, format)


def _decisions(site: Site, router: APIRouter) -> None:
    @router.get("/queue")
    def queue(
        kind: Annotated[Literal[tuple(KINDS)] | None, Query()] = None,  # type: ignore[valid-type]
        cursor: Cursor = None,
        limit: Limit = lists.PAGE,
    ) -> dict[str, Any]:
        """What needs a person, in order of effect = width x (1 - confidence)."""
        with site.desk.view() as connection:
            whole = site.queue(connection, head(connection).log)
        items = whole.of(kind)
        at = 0
        if cursor:
            (key,) = lists.uncursor(cursor, 1)
            at = next((n + 1 for n, i in enumerate(items) if i.key == key), 0)
        page = items[at : at + limit]
        return {
            "items": [{**to_plain(i), "key": i.key, "effect": i.effect, "formula": i.formula} for i in page],
            "counts": dict(whole.counts),
            "next": lists.to_cursor(page[-1].key) if at + limit < len(items) else None,
        }

    @router.get("/decisions")
    def decisions(
        request: Request, after: Annotated[int, Query(ge=0, le=2**53)] = 0,
        subject: Annotated[str | None, Query(pattern="^[0-9a-f]{1,16}$")] = None, limit: Limit = lists.PAGE,
    ) -> dict[str, Any]:  # fmt: skip
        """Every decision, oldest first, from a number on; `holds` says whether it was undone."""
        with site.desk.view() as connection:
            rows = site.desk.decisions(connection)
            chosen = [
                d for d in rows
                if d.seq > after and (not subject or any(s.startswith(subject) for s in (*d.subjects, d.id)))
            ]  # fmt: skip
            masker = site.people.masker(connection, {str(a.get("report_id")) for d in chosen for a in d.anchors})
        holding = {d.id for d in standing(rows)}
        mine = set(session_of(request).made)
        items = [
            {**to_plain(d), "holds": d.id in holding or d.kind in ("undo", "expunge"), "own": d.id in mine}
            for d in chosen[:limit]
        ]
        return {
            "items": _shown(request, items, masker), "head": rows[-1].seq if rows else 0,
            "next": str(chosen[limit - 1].seq) if len(chosen) > limit else None,
        }  # fmt: skip

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
        from tollbook.web import deciding

        session = session_of(request)
        if not asked.why.strip():
            raise UsageError("a decision needs a reason")
        with site.desk.writing() as book:
            session.made.append(deciding.undo(book, decision, asked.why, site.user))
        return {"decision": session.made[-1]}


__all__ = ["NOBODY", "json", "routes"]
