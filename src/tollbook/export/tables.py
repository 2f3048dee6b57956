"""The book as four flat tables with plain names: incidents, figures, claims, sources. Shared by CSV, XLSX and Parquet.

Columns have a name, a type (text, integer, number, yes) and a sentence; ids are stable. Unknown is empty, never 0.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from tollbook.export.loss import Loss
from tollbook.export.safe import Tell
from tollbook.export.values import STATISTIC, SUM, Claim, Content, Incident, Range, Source
from tollbook.ledger.bounds import ALL

Kind = Literal["text", "integer", "number", "yes"]
Cell = str | int | float | bool | None
Value = Cell | Sequence[str]
"""A cell before a list of names is joined."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its name, its type, what it holds."""

    name: str
    kind: Kind
    about: str


@dataclass(frozen=True, slots=True)
class Table:
    """One table: its name, its columns, its rows (made when they are asked for)."""

    name: str
    columns: tuple[Column, ...]
    rows: Callable[[Content, Loss], Iterator[list[Cell]]]


HARMS = ("killed", "injured", "killed_or_injured", "missing", "abducted", "detained", "displaced")
GROUPS = ("civilian", "state_forces", "armed_group")
SEPARATOR = "; "


def _adds(i: Incident) -> Range | None:
    """What the killed of an incident add to a sum in which all rows stand; None for what stands beside sums."""
    if i.scope == STATISTIC or i.wide or i.status == "alleged":
        return None
    if i.scope == SUM and ("killed", ALL) in i.ranges:
        return i.added() or Range(0, None, 0)
    return i.added()


def joined(values: Iterable[str], tell: Tell) -> str | None:
    """Values of a list in one cell; a semicolon within one becomes a comma, so that the list can be read back."""
    listed = list(values)
    if any(";" in v for v in listed):
        tell("separator")
    return SEPARATOR.join(v.replace(";", ",") for v in listed) or None


_INCIDENT: tuple[tuple[Column, Callable[[Incident], Value]], ...] = (
    (Column("id", "text", "stable id; an older one that was merged into it leads here"), lambda i: i.id),
    (Column("status_of_review", "text", "machine, reviewed, changed since review"), lambda i: i.review),
    (Column("start", "text", "first day, ISO"), lambda i: i.start),
    (Column("end", "text", "last day, ISO"), lambda i: i.end),
    (Column("date_precision", "text", "day, days, week, month, year"), lambda i: i.precision),
    (Column("date_basis", "text", "stated, relative, fresh-news (assumed)"), lambda i: i.date_basis),
    (Column("places", "text", "most specific first, joined by ;"), lambda i: i.places),
    (Column("country", "text", "ISO 3166 alpha-2"), lambda i: i.country),
    (Column("lat", "number", "WGS 84; empty: no point known"), lambda i: i.where.lat if i.where else None),
    (Column("lon", "number", "WGS 84"), lambda i: i.where.lon if i.where else None),
    (
        Column("radius_km", "number", "how far the place may lie from the point"),
        lambda i: i.where.radius_km if i.where else None,
    ),
    (Column("point_of", "text", "the place it is the point of"), lambda i: i.where.name if i.where else None),
    (Column("admin1", "text", "first-order division"), lambda i: i.where.admin1 if i.where else None),
    (Column("admin2", "text", "second-order division"), lambda i: i.where.admin2 if i.where else None),
    (Column("type", "text", "kind of act"), lambda i: i.type),
    (Column("status", "text", "happened, alleged, denied, thwarted"), lambda i: i.status),
    (Column("scope", "text", "incident, background (recalled), total (a sum), statistic"), lambda i: i.scope),
    (Column("perpetrators", "text", "who is said to have done it"), lambda i: [d.name for d in i.doers]),
    (
        Column("perpetrators_said_by", "text", "who says so"),
        lambda i: list(dict.fromkeys(s for d in i.doers for s in d.says)),
    ),
    (Column("perpetrators_are", "text", "joint, either"), lambda i: i.doers_are),
    (Column("targets", "text", "who or what was hit"), lambda i: [h.name for h in i.hits]),
    (Column("weapons", "text", "as told"), lambda i: i.means),
    (Column("objects", "text", "what was hit besides people"), lambda i: i.objects),
)
_TAIL: tuple[tuple[Column, Callable[[Incident], Value]], ...] = (
    (
        Column("killed_adds_low", "integer", "what it adds to a sum of rows, low; empty: it stands beside sums"),
        lambda i: adds.low if (adds := _adds(i)) else None,
    ),
    (
        Column("killed_adds_high", "integer", "what it adds to a sum of rows, high"),
        lambda i: adds.high if (adds := _adds(i)) else None,
    ),
    (Column("reports", "integer", "reports that tell of it"), lambda i: len(i.sources)),
    (Column("voices_low", "integer", "independent voices, at least"), lambda i: i.independent[0]),
    (Column("voices_high", "integer", "independent voices, at most"), lambda i: i.independent[1]),
    (Column("voices", "text", "who gives figures"), lambda i: i.voices),
    (Column("grade", "text", "by the charter's rule of grades"), lambda i: i.grade),
    (Column("denied", "yes", "some report carries a denial"), lambda i: i.contested),
    (Column("acts", "integer", "acts told of together"), lambda i: i.acts),
    (Column("parts", "text", "ids of the parts of a sum"), lambda i: i.parts),
    (Column("possibly_same_as", "text", "ids of incidents that may be this one"), lambda i: i.possibly),
    (Column("sources", "text", "ids of reports"), lambda i: i.sources),
    (Column("older_ids", "text", "ids that lead here"), lambda i: [m for m in i.mentions if m != i.id]),
    (Column("reviewed_by", "text", "who reviewed it"), lambda i: i.reviewed_by),
    (Column("reviewed_at", "text", "when, UTC"), lambda i: i.reviewed_at),
    (Column("quote", "text", "what the first report says"), lambda i: i.quote or None),
)


def _bounds_columns() -> Iterator[tuple[str, str, str]]:
    """(prefix, harm, group) of the bounds that the incidents table holds: every harm, and the killed by class."""
    for harm in HARMS:
        yield harm, harm, ALL
    for group in GROUPS:
        yield f"killed_{group}", "killed", group


_PARTS: tuple[tuple[str, Kind, str, Callable[[Range], Cell]], ...] = (
    ("low", "integer", "low", lambda r: r.low),
    ("best", "integer", "best; empty: no number most voices state", lambda r: r.best),
    ("high", "integer", "high: the largest number stated", lambda r: r.high),
    ("open", "yes", 'somebody says "at least"', lambda r: r.open),
)


def _cells(values: Iterable[Value], tell: Tell) -> list[Cell]:
    return [v if v is None or isinstance(v, (str, int, float)) else joined(v, tell) for v in values]


def _incident_rows(content: Content, loss: Loss) -> Iterator[list[Cell]]:
    for i in content.incidents:
        tell = loss.teller(i.id)
        row = _cells((of(i) for _, of in _INCIDENT), tell)
        for _, harm, group in _bounds_columns():
            found = i.range(harm, group)
            row += [None if found is None else of(found) for *_, of in _PARTS]
        yield [*row, *_cells((of(i) for _, of in _TAIL), tell)]


INCIDENTS = Table(
    "incidents",
    (
        *(c for c, _ in _INCIDENT),
        *(
            Column(f"{prefix}_{part}", kind, f"{harm.replace('_', ' ')}{'' if g == ALL else f' ({g})'}: {about}")
            for prefix, harm, g in _bounds_columns()
            for part, kind, about, _ in _PARTS
        ),
        *(c for c, _ in _TAIL),
    ),
    _incident_rows,
)


def _figure_rows(content: Content, _loss: Loss) -> Iterator[list[Cell]]:
    for i in content.incidents:
        for (harm, group), r in sorted(i.ranges.items()):
            counted = i.scope == "total" and not i.wide
            adds = i.residual.get((harm, group), Range(0, None, 0)) if counted else None
            yield [
                f"{i.id}:{harm}:{group}", i.id, harm, group, r.low, r.best, r.high, r.open, r.voices[0], r.voices[1],
                r.provisional, adds.low if adds else None, adds.high if adds else None,
            ]  # fmt: skip


FIGURES = Table(
    "figures",
    (
        Column("id", "text", "incident, harm and group"),
        Column("incident", "text", "id of the incident"),
        Column("harm", "text", ", ".join(HARMS)),
        Column("group", "text", "all, or a class of victims"),
        Column("low", "integer", "low"),
        Column("best", "integer", "the number most voices state; empty: none"),
        Column("high", "integer", "the largest number stated"),
        Column("open", "yes", 'somebody says "at least"'),
        Column("voices_low", "integer", "independent voices behind it, at least"),
        Column("voices_high", "integer", "independent voices behind it, at most"),
        Column("provisional", "yes", "too few voices for the rule"),
        Column("adds_low", "integer", "of a sum over several acts: what it adds to its parts, low"),
        Column("adds_high", "integer", "of a sum over several acts: what it adds to its parts, high"),
    ),
    _figure_rows,
)

_CLAIM: tuple[tuple[Column, Callable[[Claim], Value]], ...] = (
    (Column("id", "text", "stable id of the claim"), lambda c: c.id),
    (Column("incident", "text", "id of the incident"), lambda c: c.incident),
    (Column("source", "text", "id of the report"), lambda c: c.source),
    (Column("harm", "text", "harm"), lambda c: c.harm),
    (Column("who", "text", "class of victims as told"), lambda c: c.who),
    (Column("min", "integer", "empty: not bounded below"), lambda c: c.low),
    (Column("max", "integer", "empty: not bounded above"), lambda c: c.high),
    (Column("approx", "yes", '"about", "some"'), lambda c: c.approx),
    (Column("says", "text", "who says so; empty: the report itself"), lambda c: c.says),
    (Column("kind_of_voice", "text", "kind of speaker"), lambda c: c.voice_kind),
    (Column("said_on", "text", "day of publication"), lambda c: c.said),
    (Column("counts", "text", "the bounds it sets, or why it sets none"), lambda c: c.counts),
    (Column("part_of", "text", "id of the claim it is part of"), lambda c: c.subset_of),
    (Column("role", "text", "role of the victims"), lambda c: c.role),
    (Column("sex", "text", "female, male"), lambda c: c.sex),
    (Column("age_group", "text", "child, adult, elderly"), lambda c: c.age_group),
    (Column("start", "integer", "where the words begin in the report's clean text"), lambda c: c.start),
    (Column("end", "integer", "where they end"), lambda c: c.end),
    (Column("words", "text", "the words of the figure"), lambda c: c.words),
    (Column("quote", "text", "the sentence of the act"), lambda c: c.quote or None),
)
CLAIMS = Table(
    "claims",
    tuple(c for c, _ in _CLAIM),
    lambda content, loss: (_cells((of(c) for _, of in _CLAIM), loss.teller(c.id)) for c in content.claims),
)

_SOURCE: tuple[tuple[Column, Callable[[Source], Value]], ...] = (
    (Column("id", "text", "stable id of the report"), lambda s: s.id),
    (Column("doc_id", "text", "the id it was given"), lambda s: s.doc_id),
    (Column("outlet", "text", "who published it"), lambda s: s.outlet),
    (Column("published", "text", "the outlet's printed day"), lambda s: s.published),
    (Column("title", "text", "headline"), lambda s: s.title),
    (Column("url", "text", "address"), lambda s: s.url),
    (Column("text_sha256", "text", "hash of the clean text"), lambda s: s.text_sha256),
    (Column("recorded_at", "text", "when the book got it, UTC"), lambda s: s.recorded_at),
)
SOURCES = Table(
    "sources",
    tuple(c for c, _ in _SOURCE),
    lambda content, loss: (_cells((of(s) for _, of in _SOURCE), loss.teller(s.id)) for s in content.sources),
)

TABLES = (INCIDENTS, FIGURES, CLAIMS, SOURCES)
