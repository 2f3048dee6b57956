"""The JSON API: all that the pages show, under `/api`. One shape of error, pages of lists by cursor.

Redacted as the session's pages are: names of victims, witnesses and detainees are masked until the session shows them.
"""

from __future__ import annotations

import json
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, HTTPException, Path, Query, Request

from tollbook import export, tally
from tollbook.book import How
from tollbook.detail import plain
from tollbook.ledger.bounds import ALL, DEFAULT_RULE, RULES
from tollbook.ledger.decisions import standing
from tollbook.model import to_plain
from tollbook.redact import RELEASE, Masker, Policy, public_actor, redact
from tollbook.store.filters import Filters
from tollbook.web import (
    acting,
    apiwriting,
    dossier,
    exporting,
    lists,
    marks,
    method,
    overview,
    placing,
    sums,
    utf16,
    wording,
)  # fmt: skip
from tollbook.web.apiforms import ERRORS, Cursor, Id, Limit, Word
from tollbook.web.atlas import spots_of
from tollbook.web.columns import ACTS
from tollbook.web.desk import head
from tollbook.web.queue import KINDS
from tollbook.web.reading import count_reports
from tollbook.web.site import NOBODY, Site, harm_of, session_of

MASKED = Policy(names=False, places=0, quote=None, texts=True)
"""The analyst's own screen with the names hidden: nothing else is cut."""
NEARBY = 15
"""Incidents of nearby days that are named beside one."""


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


def routes(site: Site) -> APIRouter:
    """Every address of the API."""
    router = APIRouter(prefix="/api", responses=ERRORS, tags=["book"])
    _incidents(site, router)
    _reports(site, router)
    _overview(site, router)
    _sums(site, router)
    _queue(site, router)
    apiwriting.routes(site, router)
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
            columns = site.desk.columns(connection)
            spot = columns.spot_of(state.card.id)
            spots = spots_of(connection, [t.mention.id for t in state.told])
            hide = (lambda text: text) if session_of(request).names else masker.blocks
            said = dossier.speaking(connection, state, hide)
            named = {x.id: x for x in lists.some(connection, [part for part, _, _ in detail.parts])}
            decided = dossier.about(site.desk.decisions(connection), dossier.subjects(connection, state))
            near = columns.nearby(state.card.id, NEARBY)
        value = plain(detail, site.desk.book.counting({}).rule.name)
        value |= {
            "sentence": wording.sentence(state), "spot": to_plain(spot), "weapon": wording.means(state),
            "readings": to_plain(
                placing.readings(state.card.places, state.card.country, spot, spots, [t.act for t in state.told])
            ),
            "claims": [
                {"claim": w.figure.claim_id, "voice": s.voice.id, "before": w.before, "words": w.words,
                 "after": w.after, "sets": list(w.bounds), "aside": w.aside, "beside": w.beside}
                for s in said for w in s.says
            ],
            "parts_together": to_plain(dossier.parts(detail, named)),
            "decisions": [{**to_plain(d), "holds": holds} for d, holds in decided], "nearby": near,
        }  # fmt: skip
        return dict(_shown(request, value, masker))

    @router.get("/map")
    def mapped(asked: Asked, cursor: Cursor = None, limit: Limit = 200) -> dict[str, Any]:
        """Where acts lie: GeoJSON points with a radius in kilometres. Sums and what is nowhere are in no feature."""
        with site.desk.view() as connection:
            columns = site.desk.columns(connection)
            found = lists.incidents(connection, columns, asked, cursor=cursor, limit=limit)
        features = [
            {"type": "Feature", "geometry": {"type": "Point", "coordinates": [s.lon, s.lat]},
             "properties": {**_line(x), "spot_name": s.name, "radius_km": s.radius_km}}
            for x in found.lines if x.scope in ACTS and (s := columns.spot_of(x.id))
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
    def reports(request: Request, q: Word = None, cursor: Cursor = None, limit: Limit = lists.PAGE) -> dict[str, Any]:
        """The newest report of each document, the last recorded first. `q`: words of title or outlet."""
        words = (q or "").strip()
        with site.desk.view() as connection:
            found = lists.reports(connection, words, cursor=cursor, limit=limit)
            count = count_reports(site, connection, words)
            masker = site.people.masker(connection, [r.report_id for r in found.rows])
        items = [_shown(request, to_plain(r), masker) for r in found.rows]
        return {"items": items, "count": count, "next": found.next}

    @router.get("/reports/{report}")
    def report(request: Request, report: Id) -> dict[str, Any]:
        """A report: its text, its record, and every span with its kind, in code points and as browsers count."""
        with site.desk.view() as connection:
            found = dossier.sheet(connection, report)
            masker = site.people.masker(connection, [found.report_id])
            decided = dossier.about(site.desk.decisions(connection), found.ids())
        text = found.report.text
        shown = text if session_of(request).names else masker.blocks(text)
        spans = marks.marks(text, [c.plain() for c in found.claims], found.rest.get("victims") or ())
        simple = shown.isascii()

        def units(span: tuple[int, int]) -> list[int]:
            return list(span) if simple else [utf16.to_utf16(shown, at) for at in span]

        history = [{**to_plain(d), "holds": holds} for d, holds in decided]
        return {
            "report_id": found.report_id, "doc_id": found.report.doc_id, "text": shown,
            "record": _shown(request, found.record(), masker), "made_by": found.made_by, "recorded_at": found.recorded,
            "title": _shown(request, found.report.title, masker), "outlet": found.report.outlet,
            "published": to_plain(found.report.published), "published_basis": found.report.published_basis,
            "furniture": to_plain(found.report.furniture), "decisions": _shown(request, history, masker),
            "issues": [{"code": c, "message": _shown(request, m, masker)} for c, m in found.issues],
            "claims": [
                {"id": c.id, "mention": c.mention, "kind": c.kind, "span": list(c.span), "incident": c.incident,
                 "added": c.added}
                for c in found.claims
            ],
            "spans": [
                {"kind": m.kind, "span": list(m.span), "row": m.row,
                 "utf16": units(m.span)}
                for m in spans[:5000]
            ],
        }  # fmt: skip


def _overview(site: Site, router: APIRouter) -> None:
    @router.get("/overview")
    def first(asked: Asked, harm: Annotated[str, Query(max_length=40)] = "killed") -> dict[str, Any]:
        """What the first page draws: months from low to high, how complete the record is, what waits."""
        asked_harm = harm_of({"harm": harm})
        with site.desk.view() as connection:
            columns = site.desk.columns(connection)
            months, rest = overview.months(columns, asked, asked_harm, asked.victims or ALL)
            waiting = site.queue(connection, head(connection).log)
            return {
                "harm": asked_harm, "months": to_plain(months), "no_month": to_plain(rest),
                "reports": [{"month": m, "reports": n} for m, n in site.desk.reports_by_month(connection, asked)],
                "known": to_plain(overview.known(columns, asked)), "waiting": dict(waiting.counts),
                "caveats": list(tally.CAVEATS),
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
    def all_voices(request: Request, cursor: Cursor = None, limit: Limit = 200) -> dict[str, Any]:
        """Each outlet and speaker; `spread` (quartiles against the others' median) from ten shared incidents on."""
        with site.desk.view() as connection:
            size = len(site.desk.columns(connection).index)
            every = site.voices(connection, head(connection).log, size, None) or []
        at = 0
        if cursor:
            (told,) = lists.uncursor(cursor, 1)
            at = int(told) if told.isascii() and told.isdigit() and len(told) < 9 else 0
        found = every[at : at + limit]
        items = [
            {"name": p.name, "kind": p.kind, "reports": p.reports, "incidents": p.incidents, "alone": p.alone,
             "first": p.first, "shared": len(p.ratios), "spread": list(p.spread) if p.spread else None,
             "through": [{"name": n, "times": k} for n, k in p.through.most_common(10)]}
            for p in found
        ]  # fmt: skip
        masker = site.people.speakers(p.name for p in every if not p.outlet)
        more = lists.to_cursor(str(at + limit)) if at + limit < len(every) else None
        return {"items": _shown(request, items, masker), "count": len(every), "next": more}

    @router.get("/method")
    def how() -> dict[str, Any]:
        """The charter, the rules in force and those there are, what read the reports, the formats of downloads, the
        model card, how many issues of each kind the log holds."""
        with site.desk.view() as connection:
            found = method.read(site, connection)
            issues = method.issues(site, connection)
        options = site.desk.book.options
        return {
            "charter": found["charter"], "charters": [{"user": u, "at": at} for u, at in found["charters"]],
            "in_force": {"rule": options.rule.name, "classes": options.classes, "grade": options.grade},
            "rules": {r.name: r.about for r in RULES.values()},
            "formats": {f.name: f.about for f in export.FORMATS.values()}, "caveats": list(tally.CAVEATS),
            "policy": to_plain(RELEASE), "made": [{"made_by": r.made_by, "runs": r.runs} for r in found["made"]],
            "made_with": found["made_with"], "lexicon": found["lexicon_version"],
            "link": {k: found["link"][k] for k in ("merge", "possible", "bias")}, "queue": found["queue_numbers"],
            "model_card": method.card(), "issues": dict(issues),
        }  # fmt: skip

    @router.get("/release", response_model=None, responses={200: {"content": {"application/zip": {}}}})
    def released() -> Any:
        """The whole book by its charter, to publish: one file."""
        return exporting.release_of(site)

    @router.get("/export/{format}", response_model=None, responses={200: {"content": {"application/zip": {}}}})
    def exported(request: Request, asked: Asked, format: Annotated[str, Path(max_length=40)]) -> Any:
        """The incidents asked for in a format of the field, zipped with its loss report."""
        return exporting.download(site, request, format)


def _queue(site: Site, router: APIRouter) -> None:
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

    @router.get("/queue/{key}")
    def waiting(request: Request, key: Annotated[str, Path(pattern="^[a-z]{1,20}(-[0-9a-f]{1,16}){1,4}$")]) -> Any:
        """One thing that waits: what stands side by side, what speaks for and against, what can be decided."""
        session = session_of(request)
        with site.desk.view() as connection:
            item = next((i for i in site.queue(connection, head(connection).log).items if i.key == key), None)
            if item is None:
                raise HTTPException(404, "nothing of this name waits")
            views, reasons, reports = acting.sides(site, connection, session, item)
            masker = site.people.masker(connection, reports)
        sides = [
            {**v, "rows": [{"term": t, "value": x} for t, x in v["rows"]],
             "quotes": [{"about": a, "text": b + w + c, "figure": w} for a, b, w, c in v["quotes"]]}
            for v in views
        ]  # fmt: skip
        choices = [
            {"key": k, "name": n, "decision": d, "subjects": list(s), "why": why}
            for k, n, d, s, why, _ in acting.choices_of(item, reasons)
        ]
        value = {
            **to_plain(item),
            "key": item.key,
            "effect": item.effect,
            "formula": item.formula,
            "sides": sides,
            "reasons": to_plain(reasons),
            "choices": choices,
        }
        return _shown(request, value, masker)

    @router.get("/decisions")
    def decisions(
        request: Request, after: Annotated[int, Query(ge=0, le=2**53)] = 0,
        subject: Annotated[str | None, Query(pattern="^[0-9a-f]{1,16}$")] = None, cursor: Cursor = None,
        limit: Limit = lists.PAGE,
    ) -> dict[str, Any]:  # fmt: skip
        """Every decision, oldest first; `after`: only those with a greater `seq`. `holds`: it was not undone."""
        if cursor:
            (told,) = lists.uncursor(cursor, 1)
            after = max(after, int(told) if told.isascii() and told.isdigit() and len(told) < 16 else 0)
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
            {
                **to_plain(d),
                "told": d.told() if session_of(request).names else d.told(public_actor),
                "own": d.id in mine,
                "holds": d.id in holding or d.kind in ("undo", "expunge"),
            }
            for d in chosen[:limit]
        ]
        return {
            "items": _shown(request, items, masker), "head": rows[-1].seq if rows else 0,
            "next": lists.to_cursor(str(chosen[limit - 1].seq)) if len(chosen) > limit else None,
        }  # fmt: skip


__all__ = ["NOBODY", "json", "routes"]
