"""From a book to what an exporter gets: one view of it, redacted, as frozen values."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from tollbook import __version__, redact
from tollbook.book import How
from tollbook.export import places
from tollbook.export.values import Asked, Claim, Content, Doer, Hit, Incident, Person, Range, Source
from tollbook.export.withhold import cut_places, without_places
from tollbook.ledger.state import Options, State
from tollbook.link.mention import ordinal
from tollbook.store import derive, load, schema
from tollbook.store.counting import Book as Counted
from tollbook.store.counting import entries_of, read_counted
from tollbook.store.world import tellings_of

if TYPE_CHECKING:
    from tollbook.book import Book
    from tollbook.ledger.decisions import Held

BATCH = 300
"""Incidents whose claims are held at once."""


RECORDERS = "the recorders"
"""Stands for the name of an analyst where names are withheld."""


@dataclass(slots=True)
class _Work:
    """What collecting needs at every step, and what it has taken out so far."""

    asked: Asked
    mask: redact.Masker
    options: Options
    held: Held
    persons: Mapping[tuple[int, str], list[dict[str, Any]]]
    young: Collection[str]
    analysts: frozenset[str]
    withheld: list[tuple[str, str]] = field(default_factory=list)

    def speaker(self, name: str, example: str) -> str:
        """The name of a speaker: an analyst (who corrected it, or told it in a note) is not named outside."""
        if name not in self.analysts:
            return name
        self.withheld.append(("analyst-withheld", example))
        return RECORDERS

    def shown(self, value: Any, key: str, example: str) -> Any:
        """A value under one key as the policy lets it be seen; what it takes out is counted."""
        out = redact.redact({key: value}, self.asked.policy, masker=self.mask)[key]
        if out != value:
            for before, after in zip(_strings(value), _strings(out), strict=False):
                if redact.WITHHELD in after and redact.WITHHELD not in before:
                    self.withheld.append(("name-withheld", example))
                if after.endswith(" …") and not before.endswith(" …"):
                    self.withheld.append(("quote-shortened", example))
        return out


def collect(book: Book, asked: Asked = Asked()) -> Content:  # noqa: B008 - frozen
    """The content of an export. Reads one consistent view; the same log, code and question give the same value.

    Raises UsageError for a rule, scheme or filter there is not.
    """
    how = How(
        as_of=asked.as_of, rule=asked.rule, classes=asked.classes, grade=asked.grade, count_parties=asked.count_parties
    )
    options = book.counting(how)
    with book.view(**how) as connection:
        counted = read_counted(connection, asked.filters)
        work, exposed = _work(book, connection, asked, options)
        groups = _groups(connection, counted.incidents)
        incidents: list[Incident] = []
        claims: list[Claim] = []
        residual = _residuals(counted)
        near = _near(counted)
        listed = sorted(counted.incidents)
        for start in range(0, len(listed), BATCH):
            batch = listed[start : start + BATCH]
            told = tellings_of(connection, [[m.mention for m in groups[i]] for i in batch])
            for key in batch:
                kept = [m for m in groups[key] if m.report_id not in work.young]
                found = told.state([m.mention for m in kept], work.held, work.options) if kept else None
                if found is None:
                    work.withheld.append(("incident-too-young", key))
                    continue
                runs = {str(m.mention_id): int(m.run_seq) for m in kept}
                one = _incident(found, runs, work)
                incidents.append(
                    replace(
                        one,
                        id=key,
                        wide=counted.incidents[key].wide,
                        parts=tuple(sorted({*counted.sure.get(key, ()), *counted.maybe.get(key, ())})),
                        possibly=near.get(key, ()),
                        residual=residual.get(key, {}),
                    )
                )
                claims += _claims(found, key, work)
        sources = _sources(connection, {s for i in incidents for s in i.sources}, work)
        head = derive.log_head(connection).text()
        cut = cut_places(connection, asked.policy)
    work.withheld += [("too-young", key) for key in sorted(work.young)]
    content = Content(
        incidents=tuple(sorted(incidents, key=lambda i: (i.start or "9999", i.end or "9999", i.id))),
        claims=tuple(sorted(claims, key=lambda c: (c.incident, c.source, c.start, c.end, c.id))),
        sources=sources,
        charter=work.shown(dict(book.charter), "charter", "charter"),
        asked=replace(asked, rule=options.rule.name, classes=options.classes, grade=options.grade),
        log=head,
        code=f"{__version__}/{derive.code_version().partition('/')[2]}",
        withheld=tuple(work.withheld),
        exposed=exposed,
    )
    return without_places(content, cut)


def _strings(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    if isinstance(value, Mapping):
        return [s for v in value.values() for s in _strings(v)]
    return [s for v in value for s in _strings(v)] if isinstance(value, (list, tuple)) else []


def _work(book: Book, connection: sa.Connection, asked: Asked, options: Options) -> tuple[_Work, tuple[str, ...]]:
    """The names to mask, the reports too young to show, the persons told of; and whom a release may expose.

    Names are taken from every live report, not from the ones asked for: one report's quote may name another's victim.
    """
    live = load.live_runs(connection)
    names: set[str] = set()
    persons: dict[tuple[int, str], list[dict[str, Any]]] = {}
    exposed: list[str] = []
    inside = asked.policy.names
    for batch in load.chunks(sorted(live)):
        runs = schema.runs
        rests = load.lookup(connection, sa.select(runs.c.seq, runs.c.record).where(runs.c.seq.in_(batch)))
        acts: dict[int, dict[str, dict[str, Any]]] = {}
        if not inside:
            table = schema.claims
            query = sa.select(table.c.run_seq, table.c.kind, table.c.mention_id, table.c.value)
            for c in connection.execute(query.where(table.c.run_seq.in_(batch)).order_by(table.c.seq)):
                value = json.loads(c.value)
                if c.kind == "act":
                    acts.setdefault(c.run_seq, {})[c.mention_id] = {**value, "casualties": []}
                elif c.kind == "figure" and c.mention_id in acts.get(c.run_seq, {}):
                    acts[c.run_seq][c.mention_id]["casualties"].append(value)
        for run in batch:
            rest = json.loads(rests[run])
            for victim in rest.get("victims") or ():
                if isinstance(victim, dict):
                    persons.setdefault((run, str(victim.get("incident"))), []).append(victim)
            if not inside:
                record = {**rest, "incidents": list(acts.get(run, {}).values())}
                names |= redact.private_names(record)
                exposed += [e.why for e in redact.exposed(record, asked.policy)]
    work = _Work(
        asked=asked,
        mask=redact.Masker(names),
        options=options,
        held=book.held(connection),
        persons=persons,
        young=_young(connection, live, asked),
        analysts=frozenset() if inside else _analysts(connection),
    )
    return work, tuple(sorted(set(exposed)))


def _analysts(connection: sa.Connection) -> frozenset[str]:
    """The names that decisions and charters are signed with."""
    listed = (sa.select(table.c.user).distinct() for table in (schema.decisions, schema.charters))
    return frozenset(str(user) for query in listed for user in connection.execute(query).scalars())


def _young(connection: sa.Connection, live: Mapping[int, str], asked: Asked) -> frozenset[str]:
    """The live reports that the delay leaves out."""
    if not asked.policy.delay_days:
        return frozenset()
    today = asked.today or dt.datetime.now(dt.UTC).date()
    runs, reports = schema.runs, schema.reports
    query = sa.select(runs.c.seq, sa.func.coalesce(runs.c.published, reports.c.published)).join(
        reports, reports.c.report_id == runs.c.report_id
    )
    return frozenset(
        live[seq]
        for seq, day in connection.execute(query)
        if seq in live and redact.too_young(day, asked.policy, today)
    )


def _groups(connection: sa.Connection, wanted: Collection[str]) -> dict[str, list[Any]]:
    """incident -> its live mentions (rows of derived_mentions), first-recorded first."""
    table = schema.mentions
    first = load.lookup(
        connection, sa.select(table.c.mention_id, sa.func.min(table.c.mention)).group_by(table.c.mention_id)
    )
    rows = [r for r in connection.execute(sa.select(table).where(table.c.live == 1)) if r.incident_id in wanted]
    out: dict[str, list[Any]] = {}
    for r in sorted(rows, key=lambda r: (first[r.mention_id], r.mention)):
        out.setdefault(r.incident_id, []).append(r)
    return out


def _residuals(counted: Counted) -> dict[str, dict[tuple[str, str], Range]]:
    """What each sum over several acts adds to its parts, by harm and group."""
    out: dict[str, dict[tuple[str, str], Range]] = {}
    for harm, group in sorted({key for c in counted.incidents.values() for key in c.bounds}):
        for e in entries_of(counted, harm, group)[0]:
            if counted.incidents[e.id].scope == "total":
                out.setdefault(e.id, {})[harm, group] = Range(e.low, None, e.high, e.open)
    return out


def _near(counted: Counted) -> dict[str, tuple[str, ...]]:
    """incident -> those it may be one with."""
    out: dict[str, set[str]] = {}
    for a, b, _ in counted.doubts:
        out.setdefault(a, set()).add(b)
        out.setdefault(b, set()).add(a)
    return {k: tuple(sorted(v)) for k, v in out.items()}


_WHERE = ("name", "admin1", "admin2", "gazetteer_id")


def _incident(found: State, runs: Mapping[str, int], work: _Work) -> Incident:
    card, policy = found.card, work.asked.policy
    acts = [t.act for t in found.told]
    names = [str(p) for p in redact.coarser(card.places, policy)]
    if len(names) < len(card.places):
        work.withheld.append(("place-coarsened", card.id))
    spots = places.points(names, acts, policy)
    if any(w.rounded for w in spots):
        work.withheld.append(("point-coarsened", card.id))
    dated = next((a for a in acts if (a.get("start"), a.get("end")) == (card.start, card.end)), {})
    date = dated.get("date") or {}
    persons = [v for t in found.told for v in work.persons.get((runs[t.mention.id], t.mention.local_id), ())]
    shown: dict[str, Any] = work.shown(
        {
            "doers": [[p.name, [work.speaker(s, card.id) for s in p.says]] for p in card.perpetrators],
            "hits": list(card.targets),
            "means": _named(acts, "means"),
            "objects": _named(acts, "objects"),
            "quote": str(acts[0].get("quote") or ""),
            "voices": [work.speaker(v.name, card.id) for v in found.voices],
            "names": names,
            "spots": [[w.name, w.admin1, w.admin2, w.gazetteer_id] for w in spots],
            "persons": [{k: v.get(k) for k in ("name", "age", "sex", "role", "harm")} for v in persons],
        },
        "incident",
        card.id,
    )
    for before, after in zip(persons, shown["persons"], strict=True):
        if before.get("name") and not after["name"]:
            work.withheld.append(("name-withheld", card.id))
        if before.get("age") is not None and after["age"] is None:
            work.withheld.append(("person-described", card.id))
    spots = tuple(
        replace(w, **dict(zip(_WHERE, told, strict=True))) for w, told in zip(spots, shown["spots"], strict=True)
    )
    by = found.reviewed_by
    if by is not None and not policy.names:
        by = None
        work.withheld.append(("analyst-withheld", card.id))
    return Incident(
        id=card.id,
        type=card.type,
        status=card.status,
        scope=card.scope,
        start=card.start,
        end=card.end,
        precision=_precision(card.start, card.end),
        date_basis=date.get("basis"),
        date_of=date.get("date_of"),
        places=tuple(shown["names"]),
        country=card.country,
        where=spots[0] if spots else None,
        also=spots[1:],
        doers=tuple(
            Doer(name, _actor(acts, "perpetrator_details", p.name), p.reports, tuple(says))
            for p, (name, says) in zip(card.perpetrators, shown["doers"], strict=True)
        ),
        doers_are=next((a["perpetrators_are"] for a in acts if a.get("perpetrators_are")), None),
        hits=tuple(
            Hit(name, _actor(acts, "target_details", was), _actor(acts, "target_details", was, "class"))
            for was, name in zip(card.targets, shown["hits"], strict=True)
        ),
        means=tuple(shown["means"]),
        means_kinds=tuple(
            dict.fromkeys(str(m.get("kind")) for a in acts for m in a.get("means") or () if m.get("kind"))
        ),
        objects=tuple(shown["objects"]),
        persons=tuple(
            Person(**{k: p.get(k) for k in ("name", "age", "sex", "role", "harm")}) for p in shown["persons"]
        ),
        acts=card.acts,
        quote=shown["quote"],
        contested=card.contested,
        recalled=card.recalled,
        wide=False,
        grade=found.grade,
        review=found.review,
        reviewed_by=by,
        reviewed_at=found.reviewed_at,
        voices=tuple(shown["voices"]),
        independent=found.independent,
        sources=tuple(dict.fromkeys(t.report_id for t in found.told)),
        mentions=card.mentions,
        parts=(),
        possibly=(),
        ranges={(b.harm, b.group): Range(b.low, b.best, b.high, b.open, b.voices, b.provisional) for b in found.bounds},
    )


def _named(acts: Iterable[Mapping[str, Any]], key: str) -> list[str]:
    """The names of weapons or objects, as told, each once; an object with what became of it."""
    out: dict[str, None] = {}
    for act in acts:
        for item in act.get(key) or ():
            if isinstance(item, Mapping) and item.get("name"):
                effect = item.get("effect")
                out[f"{item['name']} ({effect})" if effect else str(item["name"])] = None
    return list(out)


def _actor(acts: Iterable[Mapping[str, Any]], key: str, name: str, value: str = "actor_id") -> str | None:
    """The first resolved id (or another value) that some report gives an actor of that name."""
    for act in acts:
        for detail in act.get(key) or ():
            if str(detail.get("name", "")).casefold() == name.casefold() and detail.get(value):
                return str(detail[value])
    return None


def _precision(start: str | None, end: str | None) -> str | None:
    """The code whose span the days fit: day, days (2-6), week (7), month (within one, or to 31 days), year."""
    first, last = ordinal(start), ordinal(end)
    if first is None or last is None:
        return None
    days = last - first + 1
    if days <= 7:
        return "day" if days == 1 else "week" if days == 7 else "days"
    return "month" if days <= 31 else "year"


def _claims(found: State, incident: str, work: _Work) -> list[Claim]:
    """The incident's figures, each with what becomes of it under the rule."""
    fate: dict[str, list[str]] = {}
    for b in found.bounds:
        group = "" if b.group == "all" else f" of {b.group}"
        for name, ids in (("low", b.low_claims), ("best", b.best_claims), ("high", b.high_claims)):
            for key in ids:
                fate.setdefault(key, []).append(f"{name}{group}")
        for key in b.beside:
            fate.setdefault(key, []).append("beside: a party's word")
        for key, why in b.aside:
            fate.setdefault(key, []).append(f"aside: {why}")
    acts = {t.mention.id: str(t.act.get("quote") or "") for t in found.told}
    out = []
    for f in found.figures:
        told = {"words": f.words, "quote": acts.get(f.mention_id, ""), "says": work.speaker(f.voice.name, incident)}
        shown = work.shown(told, "claim", incident)
        out.append(
            Claim(
                id=f.claim_id,
                incident=incident,
                source=f.report_id,
                harm=f.harm,
                who=f.who,
                low=f.low,
                high=f.high,
                approx=f.approx,
                says=None if f.voice.own else shown["says"],
                voice=work.mask(f.voice.id) if f.voice.name not in work.analysts else RECORDERS,
                voice_kind=f.voice.kind,
                own=f.voice.own,
                subset_of=f.subset_of,
                said=f.said,
                start=f.span[0],
                end=f.span[1],
                words=shown["words"],
                quote=shown["quote"],
                counts=tuple(
                    dict.fromkeys(fate.get(f.claim_id, ("part of another figure" if f.subset_of else "aside",)))
                ),
                role=f.role,
                sex=f.sex,
                age_group=f.age,
                vague=f.vague,
            )
        )
    return out


def _sources(connection: sa.Connection, wanted: Collection[str], work: _Work) -> tuple[Source, ...]:
    table, runs = schema.reports, schema.runs
    out: list[Source] = []
    for batch in load.chunks(sorted(wanted)):
        said = load.lookup(
            connection,
            sa.select(runs.c.report_id, sa.func.max(runs.c.published))
            .where(runs.c.report_id.in_(batch))
            .group_by(runs.c.report_id),
        )
        for row in connection.execute(sa.select(table).where(table.c.report_id.in_(batch))):
            meta = json.loads(row.meta)
            shown = work.shown(
                {
                    "doc_id": row.doc_id,
                    "outlet": row.outlet and work.speaker(row.outlet, row.report_id),
                    "words": row.title or None,
                    "url": meta.get("url"),
                },
                "source",
                row.report_id,
            )
            out.append(
                Source(
                    id=row.report_id,
                    doc_id=shown["doc_id"],
                    outlet=shown["outlet"],
                    published=said.get(row.report_id) or row.published,
                    title=shown["words"],
                    url=shown["url"],
                    text_sha256=row.text_sha256,
                    recorded_at=row.recorded_at,
                )
            )
    return tuple(sorted(out, key=lambda s: (s.published or "9999", s.doc_id, s.id)))
