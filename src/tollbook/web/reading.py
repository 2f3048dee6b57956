"""The pages on which an analyst reads: overview, incidents, reports, voices, totals, log, method."""

from __future__ import annotations

import contextlib
import gc
from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeVar

import sqlalchemy as sa
from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response

from tollbook import tally
from tollbook.book import How
from tollbook.errors import TollbookError
from tollbook.ledger.bounds import ALL, DEFAULT_RULE, RULES
from tollbook.ledger.decisions import standing
from tollbook.link.features import explain, score
from tollbook.redact import Masker
from tollbook.store import load, schema
from tollbook.store.filters import EVERYTHING, Filters
from tollbook.web import dossier, lists, marks, method, overview, placing, sums, svg, utf16, voices, wording, worldmap
from tollbook.web.atlas import spots_of
from tollbook.web.columns import Columns
from tollbook.web.desk import head, scalar
from tollbook.web.site import (
    HARMS,
    NOBODY,
    WAIT,
    Markup,
    Site,
    address,
    filters_of,
    harm_of,
    raw_address,
    session_of,
)

T = TypeVar("T")

WHOLE = "It is counted from the whole book, which takes a while for a large one; the other pages answer as ever."
NEARBY = 15
"""Incidents of nearby days that are offered as the same."""
LATEST = 8
"""Incidents on the overview."""
HISTORY = 100
"""Decisions on a page of the log."""


def routes(site: Site) -> APIRouter:
    """The reading pages."""
    router = APIRouter(include_in_schema=False)

    @router.get("/")
    def first(request: Request) -> HTMLResponse:
        return _overview(site, request)

    @router.get("/incidents")
    def incidents(request: Request) -> HTMLResponse:
        where = filters_of(request.query_params)
        cursor = request.query_params.get("cursor") or None
        with site.desk.view() as connection:
            columns = site.desk.columns(connection)
            page = lists.incidents(connection, columns, where, cursor=cursor)
            harm = harm_of(request.query_params)
            asked = {"filters": where, "harm": harm, **_choices(columns, harm)}
            sums = page.count - int((columns.asked(where) & columns.acts()).sum())
        more = address("/incidents", where, harm=asked["only"], cursor=page.next) if page.next else None
        return site.page(request, "incidents.html", found=page, more=more, cursor=cursor, sums=sums, **asked)

    @router.get("/incidents/{incident}")
    def incident(request: Request, incident: str) -> Response:
        return _incident(site, request, incident)

    @router.get("/reports")
    def reports(request: Request) -> HTMLResponse:
        return _reports(site, request)

    @router.get("/reports/{report}")
    def report(request: Request, report: str) -> HTMLResponse:
        return _report(site, request, report)

    @router.get("/voices")
    def all_voices(request: Request) -> HTMLResponse:
        with site.desk.view() as connection:
            size = len(site.desk.columns(connection).index)
            found = site.voices(connection, head(connection).log, size, WAIT)
        if found is None:
            return site.later(request, "Voices", f"Who speaks, how often alone and first, is being counted. {WHOLE}")
        masker = site.people.speakers(p.name for p in found if not p.outlet)
        return site.page(
            request, "voices.html", masker=masker, found=found, least=voices.LEAST, kind_of_voice=wording.kind_of_voice
        )

    @router.get("/totals")
    def totals(request: Request) -> HTMLResponse:
        return _totals(site, request)

    @router.get("/log")
    def log(request: Request) -> HTMLResponse:
        return _log(site, request)

    @router.get("/model-card")
    def card(request: Request) -> HTMLResponse:
        return site.page(request, "card.html", text=method.card())

    @router.get("/method")
    def how(request: Request) -> HTMLResponse:
        return _method(site, request)

    return router


def prepare(site: Site) -> None:
    """Reads and makes what the first page needs. A book that cannot be read is told of by the page that asks for it."""
    with contextlib.suppress(TollbookError, sa.exc.SQLAlchemyError), site.desk.view() as connection:
        columns = site.desk.columns(connection)
        site.desk.reports_by_month(connection, EVERYTHING)
        overview.months(columns)
        site.queue(connection, head(connection).log)
        for view in (worldmap.fit(p.spot for p in overview.points(columns, EVERYTHING)), worldmap.NOWHERE):
            worldmap.land(view)
    # what was read stays as long as the desk: a collector that walks through it stops every page meanwhile
    gc.collect()
    gc.freeze()


def _choices(columns: Columns, harm: str) -> dict[str, Any]:
    """What the form of filters offers. `only`: the harm as an address names it, which says nothing of the usual one."""
    return {
        "grades": columns.used("grade"), "address_of": address, "only": harm if harm != "killed" else None,
    }  # fmt: skip


# --- overview -----------------------------------------------------------------------------------


def _overview(site: Site, request: Request) -> HTMLResponse:
    where, harm = filters_of(request.query_params), harm_of(request.query_params)
    asked_view = worldmap.read_view(request.query_params.get("map"))
    group = where.victims or ALL
    with site.desk.view() as connection:
        at = head(connection).log
        columns = site.desk.columns(connection)

        def kept(name: str, make: Callable[[], T]) -> T:
            return site.kept(at, (name, where, harm), make, alone=False)

        months, rest = kept("months", lambda: overview.months(columns, where, harm, group))
        published = site.desk.reports_by_month(connection, where)
        points = kept("points", lambda: overview.points(columns, where, harm, group))
        known = kept("known", lambda: overview.known(columns, where))
        latest = lists.incidents(connection, columns, where, limit=LATEST)
        waiting = site.queue(connection, at)
        top = lists.some(connection, list(dict.fromkeys(s for i in waiting.items[:5] for s in i.subjects)))
        choices = _choices(columns, harm)
    view = asked_view or kept("fit", lambda: worldmap.fit(p.spot for p in points))
    extra = {"harm": choices["only"]}

    def to_view(v: worldmap.View) -> str:
        return raw_address("/", where, **extra, map=v.text()) + "#map"

    def to_place(name: str) -> str:
        return raw_address("/incidents", replace(where, place=name), **extra)

    drawn = site.kept(
        at,
        ("map", where, harm, view),
        lambda: worldmap.draw(
            points, lambda slots: overview.tolls(columns, slots, harm, group), view, lambda i: f"/incidents/{i}",
            to_view, to_place,
        ),
        alone=False,
    )  # fmt: skip
    chart = kept(
        "chart",
        lambda: svg.band(
            months, _what(harm, where), published, lambda m: raw_address("/", where, **extra, since=m, until=m)
        ),
    )
    names = {x.id: x for x in top}
    bars = svg.filled(months)
    return site.page(
        request, "overview.html", filters=where, harm=harm, chart=Markup(chart), map=Markup(drawn),
        moves=[(sign, what, to_view(v)) for sign, what, v in worldmap.moves(view)], moved=asked_view is not None,
        rule=site.desk.book.options.rule, unit="year" if bars and len(bars[0].label) == 4 else "month",
        months=months, rest=rest, known=known, latest=latest, waiting=waiting, named=names,
        unmapped=known.incidents - known.mapped, what=_what(harm, where), **choices,
    )  # fmt: skip


def _what(harm: str, where: Filters) -> str:
    words = harm.replace("_", " ")
    whom = {"civilian": "civilians ", "state_forces": "state forces ", "armed_group": "members of armed groups "}
    return f"{whom.get(where.victims or '', 'people ')}{words}"


# --- incident -----------------------------------------------------------------------------------


def _incident(site: Site, request: Request, asked: str) -> Response:
    session = session_of(request)
    with site.desk.view() as connection:
        detail = site.desk.incident(connection, asked)
        state = detail.state
        now = head(connection)
        reports = {t.report_id for t in state.told}
        masker = site.people.masker(connection, reports)
        hide = (lambda text: text) if session.names else masker.blocks
        said = dossier.speaking(connection, state, hide)
        columns = site.desk.columns(connection)
        chosen = columns.spot_of(state.card.id)
        near = lists.some(connection, columns.nearby(state.card.id, NEARBY))
        others = spots_of(connection, [t.mention.id for t in state.told])
        around = [i for i, _ in detail.possible] + [p for p, _, _ in (*detail.parts, *detail.part_of)]
        named = {x.id: x for x in lists.some(connection, around)}
        decided = dossier.about(site.desk.decisions(connection), dossier.subjects(connection, state))
        titles = _titles(connection, reports)
    placed = placing.readings(state.card.places, state.card.country, chosen, others, [t.act for t in state.told])
    lengths = {t.mention.id: hide(detail.sentences.get(t.mention.id, ""))[:1500] for t in state.told}
    return site.page(
        request, "incident.html", masker=masker, detail=detail, state=state, card=state.card,
        sentence=wording.sentence(state), said=said, whose={b: dossier.who(b, state) for b in state.bounds},
        spot=chosen, placed=placed, small=Markup(placing.small_map(placed)),
        curves=[(h, Markup(c)) for h in HARMS if (c := svg.toll(detail.steps, h))],
        named=named, decided=decided, titles=titles, sentences=lengths, head=now.decision, all_group=ALL,
        weapon=wording.means(state), rule=site.desk.book.options.rule, acted_as=asked,
        country_name=wording.country_name, voice_kind=wording.voice_kind, speaker=wording.speaker,
        parts=dossier.parts(detail, named), near=near,
    )  # fmt: skip


def _titles(connection: sa.Connection, reports: set[str]) -> dict[str, tuple[str, str | None, str | None]]:
    """report id -> (title, outlet, day)."""
    table = schema.reports
    out: dict[str, tuple[str, str | None, str | None]] = {}
    for batch in load.chunks(sorted(reports)):
        query = sa.select(table.c.report_id, table.c.title, table.c.doc_id, table.c.outlet, table.c.published)
        for r in connection.execute(query.where(table.c.report_id.in_(batch))):
            out[r.report_id] = (r.title or r.doc_id, r.outlet, r.published)
    return out


# --- reports ------------------------------------------------------------------------------------


def _reports(site: Site, request: Request) -> HTMLResponse:
    words = (request.query_params.get("q") or "").strip()[:200]
    with site.desk.view() as connection:
        found = lists.reports(connection, words, cursor=request.query_params.get("cursor") or None)
        count = count_reports(site, connection, words)
        masker = site.people.masker(connection, [x.report_id for x in found.rows])
    more = address("/reports", q=words, cursor=found.next) if found.next else None
    return site.page(request, "reports.html", masker=masker, rows=found.rows, count=count, words=words, more=more)


def count_reports(site: Site, connection: sa.Connection, words: str) -> int:
    """How many reports of the book have these words in their title, outlet or id."""
    newest = scalar(connection, sa.select(sa.func.max(schema.reports.c.seq)))
    return int(site.kept(str(newest), ("reports", words), lambda: lists.count_reports(connection, words)))


def _report(site: Site, request: Request, asked: str) -> HTMLResponse:
    session = session_of(request)
    with site.desk.view() as connection:
        now = head(connection)
        found = dossier.sheet(connection, asked)
        masker = site.people.masker(connection, [found.report_id])
        decided = dossier.about(site.desk.decisions(connection), found.ids())
        named = {
            x.id: x for x in lists.some(connection, list(dict.fromkeys(c.incident for c in found.claims if c.incident)))
        }
    text = found.report.text
    shown = text if session.names else masker.blocks(text)
    part = request.query_params.get("part", "0")
    first = int(part) * marks.WINDOW if part.isascii() and part.isdigit() and len(part) < 6 else 0
    first = first if first < len(text) else 0
    window = (first, min(len(text), first + marks.WINDOW))
    listed = marks.marks(text, [c.plain() for c in found.claims], found.rest.get("victims") or ())
    cut = marks.paragraphs(shown, listed, found.report.furniture, found.report.title_end, window)
    units = (
        {p.start: utf16.to_utf16(shown, p.start) for p in cut}
        if not shown.isascii()
        else {p.start: p.start for p in cut}
    )
    return site.page(
        request, "report.html", masker=masker, sheet=found, report=found.report, acts=found.acts(), paragraphs=cut,
        units=units, named=named, decided=decided, head=now.decision, legend=marks.KINDS,
        part=first // marks.WINDOW, parts=-(-len(text) // marks.WINDOW), victims=found.rest.get("victims") or (),
        count=wording.count,
    )  # fmt: skip


# --- totals, log, method ------------------------------------------------------------------------


def _totals(site: Site, request: Request) -> HTMLResponse:
    from tollbook.export import FORMATS

    params = request.query_params
    where, harm = filters_of(params), harm_of(params)
    by = params.get("by") or "month"
    rule = params.get("rule") or None
    parties = params.get("parties") == "1"
    as_of = params.get("as_of") or None
    plain = rule in (None, DEFAULT_RULE) and not parties and as_of is None and by not in ("sex", "age")
    with site.desk.view() as connection:
        at = head(connection).log
        columns = site.desk.columns(connection)
        choices = _choices(columns, harm)
        published = site.desk.reports_by_month(connection, where)
        if plain:
            options = site.desk.book.options
            found = site.kept(
                at,
                ("totals", by, harm, where),
                lambda: sums.totals(
                    columns, connection, by=by, harm=harm, rule=options.rule, classes=options.classes, where=where,
                    reports=published,
                ),
                alone=False,
            )  # fmt: skip
    if not plain:
        how: How = {"rule": rule, "count_parties": parties, "as_of": as_of}
        asked = site.totals(at, len(columns.index), WAIT, by=by, harm=harm, where=where, **how)
        if asked is None:
            return site.later(request, "Totals and downloads", f"These totals are being counted. {WHOLE}")
        found = asked
    months = (
        [
            lists.Month(r.label, r.low, r.high, r.open, min(r.reviewed_low, r.low))
            for r in found.rows
            if len(r.label) == 7
        ]
        if by == "month"
        else []
    )
    chart = svg.band(
        months, f"people {harm.replace('_', ' ')}", published,
        lambda m: raw_address("/incidents", where, harm=choices["only"], since=m, until=m),
    )  # fmt: skip
    return site.page(
        request, "totals.html", found=found, by=by, bys=tally.BY, harm=harm, filters=where, rule=rule, rules=RULES,
        parties=parties, as_of=as_of, chart=Markup(chart), text=tally.text(found), formats=FORMATS, plain=plain,
        shown=tally.shown, **choices,
    )  # fmt: skip


def _log(site: Site, request: Request) -> HTMLResponse:
    table = schema.decisions
    params = request.query_params
    subject = (params.get("subject") or "").strip()[:40]
    with site.desk.view() as connection:
        rows = site.desk.decisions(connection)
        holding = {d.id for d in standing(rows)}
        chosen = [d for d in reversed(rows) if not subject or any(s.startswith(subject) for s in (*d.subjects, d.id))]
        cursor = params.get("cursor")
        if cursor:
            (last,) = lists.uncursor(cursor, 1)
            chosen = [d for d in chosen if last.isdecimal() and d.seq < int(last)]
        shown = chosen[:HISTORY]
        owners = load.lookup(
            connection,
            sa.select(schema.claims.c.claim_id, schema.mentions.c.incident_id)
            .join(schema.mentions, schema.mentions.c.mention_id == schema.claims.c.mention_id)
            .where(schema.claims.c.claim_id.in_(sorted({s for d in shown for s in d.subjects})[:900])),
        )
        named = {x.id: x for x in lists.some(connection, sorted({i for i in owners.values() if i}))}
        count = scalar(connection, sa.select(sa.func.count()).select_from(table))
        masker = site.people.masker(connection, {str(a.get("report_id")) for d in shown for a in d.anchors})
        issues = method.issues(site, connection)
    more = (
        address("/log", subject=subject, cursor=lists.to_cursor(str(shown[-1].seq))) if len(chosen) > HISTORY else None
    )
    lines = [(d, d.id in holding or d.kind in ("undo", "expunge")) for d in shown]
    return site.page(
        request, "log.html", masker=masker, lines=lines, owners=owners, named=named, count=count, more=more,
        subject=subject, issues=issues,
    )  # fmt: skip


def _method(site: Site, request: Request) -> HTMLResponse:
    with site.desk.view() as connection:
        values = method.read(site, connection)
    return site.page(request, "method.html", options=site.desk.book.options, **values)


__all__ = ["EVERYTHING", "NOBODY", "Masker", "explain", "routes", "score"]
