"""Totals of a book: rows by period, place, perpetrator, type, class, sex or age, with all that qualifies them."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import sqlalchemy as sa

from tollbook.errors import UsageError
from tollbook.ledger.bounds import ALL, Rule, show
from tollbook.ledger.state import REVIEWED
from tollbook.ledger.totals import PERIODS, Entry, Row, add_up, period_bounds, period_label
from tollbook.link.names import same_place
from tollbook.redact import public_actor
from tollbook.store import load, schema
from tollbook.store.counting import Book, Counted, entries_of, read_counted
from tollbook.store.filters import EVERYTHING, Filters

BY = (*PERIODS, "place", "perpetrator", "type", "class", "sex", "age")
UNTOLD = "not told"
SHOWN_STATISTICS = 8
CAVEATS = (
    "Low to high is the spread of what sources say under the rule above; it is not a confidence interval.",
    "What is documented is not all that happened: fewer reports can look like fewer deaths.",
)
"""The two lines that stand under every total and every chart."""


@dataclass(frozen=True, slots=True)
class Statistic:
    """A figure over a long time that somebody gives, beside a total and never in it.

    `matches` says whether period and class meet the total's; if not, `mismatch` says how they differ.
    """

    incident: str
    start: str | None
    end: str | None
    places: tuple[str, ...]
    low: int | None
    high: int | None
    open: bool
    matches: bool
    mismatch: str


@dataclass(frozen=True, slots=True)
class Totals:
    """One table of totals with everything that must be printed with it."""

    by: str
    harm: str
    rule: Rule
    classes: str
    rows: tuple[Row, ...]
    total: Row
    alleged: Row
    statistics: tuple[Statistic, ...]
    reports: tuple[tuple[str, int], ...]
    party_only: int
    as_of: str | None
    caveats: tuple[str, ...] = CAVEATS
    asked: dict[str, Any] = field(default_factory=dict)

    def text(self) -> str:
        """The table as plain text, with the rule, the shares and the caveats."""
        return text(self)

    @property
    def reviewed_only(self) -> bool:
        """Whether only incidents that a person has reviewed were asked for."""
        return self.asked.get("review") == REVIEWED

    @property
    def read_share(self) -> float | None:
        """Share (0 to 1) of the low that a person has read; None where low is 0."""
        return self.total.reviewed_low / self.total.low if self.total.low else None


def shown(row: Row) -> str:
    """A row's sum as it is printed: "6,900 to 7,420+ (31 open)"."""
    text = show(row.low, row.high, row.open > 0)
    return f"{text} ({row.open} open)" if row.open else text


def totals(
    connection: sa.Connection,
    *,
    by: str,
    harm: str,
    rule: Rule,
    classes: str,
    where: Filters = EVERYTHING,
    as_of: str | None = None,
) -> Totals:
    """The totals of a view, of the incidents asked for. Raises UsageError for a `by` there is not."""
    if by not in BY:
        raise UsageError(f"no totals by {by!r}; there are: {', '.join(BY)}")
    grouped = by in ("class", "sex", "age")
    cards = by in ("place", "perpetrator")
    book = read_counted(connection, where, cards=cards, harm=harm, group=None if grouped or by in PERIODS else ALL)
    long = _with_cards(connection, [c for c in book.incidents.values() if is_long(c)])
    countries = {c.country for c in book.incidents.values() if c.country and not is_long(c)}
    if grouped:
        rows, total, alleged = _by_group(connection, book, harm)
    else:
        entries, doubts = entries_of(book, harm, ALL)
        rows, total, alleged = add_up(entries, _labels(by, book), doubts)
    return Totals(
        by=by,
        harm=harm,
        rule=rule,
        classes=classes,
        rows=tuple(rows),
        total=total,
        alleged=alleged,
        statistics=statistics_beside(long, harm, rows, by, where, countries),
        reports=reports_by_month(reports_by_day(connection), where),
        party_only=_party_only(book, harm),
        as_of=as_of,
        asked=where.asked(),
    )


def _with_cards(connection: sa.Connection, some: Sequence[Counted]) -> list[Counted]:
    """Incidents that were read without their cards, with them."""
    table = schema.incidents
    query = sa.select(table.c.incident_id, table.c.card)
    out = []
    for batch in load.chunks(some):
        cards = load.lookup(connection, query.where(load.among(table.c.incident_id, [c.id for c in batch])))
        out += [c._replace(card=cards[c.id]) for c in batch]
    return out


def _labels(by: str, book: Book) -> Callable[[Entry], str]:
    if by in PERIODS:
        return lambda e: period_label(by, e.start, e.end)

    def label(entry: Entry) -> str:
        counted = book.incidents[entry.id]
        if by == "type":
            return counted.type
        card = json.loads(counted.card)
        if by == "perpetrator":
            return perpetrators_label(card["perpetrators"])
        return str(card["province"] or place_unknown(counted.country))

    return label


def perpetrators_label(listed: Sequence[Mapping[str, Any]]) -> str:
    """The row of an incident by who is said to have done it, from the perpetrators of its card."""
    names = sorted({body_name(p.get("body")) or public_actor(p["name"]) for p in listed})
    return " and ".join(names[:2]) if names else UNTOLD


def place_unknown(country: str | None) -> str:
    """The row of an incident whose province is not known."""
    return f"place not known within {country or 'the book'}"


@lru_cache(maxsize=4096)
def body_name(body: str | None) -> str | None:
    """What a body of the actor tables is called in a row: "Islamic State", "Syria: state forces"; None for no body."""
    from tollbook.resolve.actors import load_actors
    from tollbook.resolve.countries import countries

    if body is None:
        return None
    group = load_actors().groups.get(body)
    if group is not None:
        return group.name
    kind, _, rest = body.partition(":")
    country = countries().get(rest.split(":")[0]) if kind == "state" else None
    return f"{country.name}: state forces" if country is not None else None


def _by_group(connection: sa.Connection, book: Book, harm: str) -> tuple[list[Row], Row, Row]:
    """One row a class, sex or age that is told, and one of what is not told apart."""
    groups = sorted({g for c in book.incidents.values() for h, g in c.bounds if h == harm and g != ALL})
    entries, doubts = entries_of(book, harm, ALL)
    _, total, alleged = add_up(entries, lambda e: "", doubts)
    rows: list[Row] = []
    told: Counter[str] = Counter()
    least: Counter[str] = Counter()
    for group in groups:
        found, _ = entries_of(book, harm, group)
        _, row, _ = add_up(found, lambda e: "", ())
        row.label = group
        rows.append(row)
        for e in found:
            told[e.id] += e.high or e.low or 0
            least[e.id] += e.low or 0
    rest = Row("not told apart")
    untold = _untold(connection, harm)
    for e in entries:
        if e.kind == "alleged":
            continue
        top = e.high if e.high is not None else e.low or 0
        # of what a sum adds to its parts only the difference is known
        least_left, most_left = max(0, (e.low or 0) - told[e.id]), max(0, top - least[e.id])
        low, high = (least_left, most_left) if e.kind == "residual" else untold.get(e.id, (least_left, most_left))
        rest.low += min(low, e.low or 0)
        rest.high += high
        rest.incidents += high > 0
        rest.open += e.open and e.id not in told
    return [*rows, *([rest] if rest.high or rest.open else [])], total, alleged


def _untold(connection: sa.Connection, harm: str) -> dict[str, tuple[int, int]]:
    """How many of each incident's people no voice puts in a class, as (fewest, most)."""
    table = schema.bounds
    query = sa.select(table.c.incident_id, table.c.claims).where(table.c.harm == harm, table.c.who == ALL)
    found = ((incident, json.loads(claims)["untold"]) for incident, claims in connection.execute(query))
    return {incident: (low, high) for incident, (low, high) in found}


def statistics_beside(
    long: Iterable[Counted], harm: str, rows: Sequence[Row], by: str, where: Filters, countries: Collection[str]
) -> tuple[Statistic, ...]:
    """Statistics, and sums over too long a time (`long`), of this harm; each with whether it can be set against a row.

    `countries`: those of all other incidents asked for. A row that one matches names it.
    """
    out = []
    # (place, country) that the rows are about, as far as it is one: what is asked for, or the only country told
    area = (where.place, where.country or (next(iter(countries)) if len(countries) == 1 else None))
    periods = {period_bounds(r.label): r for r in rows}
    for c in long:
        found = c.bounds.get((harm, ALL))
        if found is None:
            continue
        low, _, high, opened = found
        row, mismatch = _mismatch(c, harm, periods, by, where, area)
        if row is not None:
            row.statistics.append(c.id)
        places = tuple(json.loads(c.card)["places"])
        out.append(Statistic(c.id, c.start, c.end, places, low, high, opened, row is not None, mismatch))
    return tuple(sorted(out, key=lambda s: (s.start or "", s.end or "", s.incident)))


def is_long(c: Counted) -> bool:
    """Whether it is a statistic, or a sum over too long a time to be taken apart: beside totals, not in them."""
    return c.scope == "statistic" or c.wide


def _mismatch(
    c: Counted,
    harm: str,
    periods: Mapping[tuple[str, str] | None, Row],
    by: str,
    where: Filters,
    area: tuple[str | None, str | None],
) -> tuple[Row | None, str]:
    """The row whose period (first and last day), area and victims are a statistic's; else None and how it differs from
    every row."""
    place, country = area
    some = sorted(set(where.asked()) - {"since", "until", "place", "country"})
    groups = sorted(g for h, g in c.bounds if h == harm and g != ALL)
    if c.start is None or c.end is None:
        return None, "its period is not told"
    if by not in PERIODS:
        return None, f"it is over {c.start} to {c.end}, the rows are not periods"
    row = periods.get((c.start, c.end))
    if row is None:
        return None, f"its period {c.start} to {c.end} is not one {by}"
    if some:
        return None, f"the rows are only some incidents (by {', '.join(some)})"
    if groups:
        return None, f"it counts {' and '.join(g.replace('_', ' ') for g in groups)} only, the rows everyone"
    if place is None and c.place:
        return None, f"it is about {c.place} only"
    if place is not None and not any(same_place(place, p) for p in (c.place or "").split(", ")[:1]):
        return None, f"it is about {c.place or c.country or 'no place told'}, the rows about {place}"
    if c.country and country != c.country:
        return None, f"it is about {c.country}, the rows about {country or 'several countries'}"
    return row, ""


def reports_by_day(connection: sa.Connection) -> dict[str | None, int]:
    """How many live reports each day has; None: reports without one."""
    rows = connection.exec_driver_sql(
        "SELECT coalesce(n.published, r.published), count(*) FROM log_reports r "
        "JOIN log_runs n ON n.seq = (SELECT max(x.seq) FROM log_runs x WHERE x.report_id = r.report_id) "
        "WHERE r.seq IN (SELECT max(seq) FROM log_reports GROUP BY doc_id) GROUP BY 1"
    )
    return {day or None: number for day, number in rows}


def reports_by_month(days: Mapping[str | None, int], where: Filters) -> tuple[tuple[str, int], ...]:
    """Reports published in each month of what is asked: the strip under every chart."""
    counts: Counter[str] = Counter()
    first, last = where.first, where.last
    for day, number in days.items():
        if (not first or (day and day >= first)) and (not last or (day and day[:7] <= last[:7])):
            counts[day[:7] if day else "undated"] += number
    return tuple(sorted(counts.items()))


def _party_only(book: Book, harm: str) -> int:
    """Incidents whose only figures of this harm are a party's own."""
    found = (c.bounds.get((harm, ALL)) for c in book.incidents.values())
    return sum(1 for f in found if f is not None and f[0] is None and f[2] is None)


def text(found: Totals) -> str:
    """The table as plain text, with the rule, the shares and the caveats."""
    label = {"class": "victims' class"}.get(found.by, found.by)
    rows = [
        (
            r.label,
            shown(r),
            str(r.incidents),
            str(r.kinds.get("residual", 0) or ""),
            str(r.kinds.get("recalled", 0) or ""),
        )
        for r in (*found.rows, found.total)
    ]
    head = (label, found.harm.replace("_", " "), "incidents", "not told apart", "recalled only")
    out = table([head, *rows], right=(2, 3, 4))
    lines = [out, "", f"Rule {found.rule.name}: {found.rule.about}."]
    if found.classes not in ("sex", "age"):
        lines.append(f"Victims' classes by scheme {found.classes}.")
    share = found.read_share
    if share is not None:
        read = "all" if share == 1 else "none" if share == 0 else f"{share:.0%}"
        lines.append(f"Of the low, {read} is of incidents a person has reviewed; the rest was read by machine only.")
    if found.total.low_if_same:
        n = found.total.low_if_same
        lines.append(f"Incidents that may be one widen the range: low would be {n:,} higher were they all apart.")
    if found.alleged.incidents:
        lines.append(f"Alleged by one side only, not in the sum: {shown(found.alleged)} in {found.alleged.incidents}.")
    if found.party_only:
        lines.append(
            f"Not in the sum, since only a party gives figures: {found.party_only} of the incidents (--count-parties)."
        )
    told = [s for s in found.statistics if s.matches] + [s for s in found.statistics if not s.matches]
    for s in told[:SHOWN_STATISTICS]:
        where = ", ".join(s.places) or "no place told"
        note = "matches a row" if s.matches else s.mismatch
        lines.append(f"Beside it, not in it: {show(s.low, s.high, s.open)} ({s.incident[:10]}, {where}; {note}).")
    if len(told) > SHOWN_STATISTICS:
        lines.append(f"{len(told) - SHOWN_STATISTICS} more figures over long times: --to jsonl lists them.")
    if found.reports:
        strip = "  ".join(f"{m} {n}" for m, n in found.reports)
        lines.append(f"Reports per month: {strip}")
    if found.as_of:
        lines.append(f"As the book stood at the end of {found.as_of} (UTC).")
    return "\n".join([*lines, *found.caveats])


def table(rows: Sequence[Sequence[str]], right: Sequence[int] = ()) -> str:
    """Rows in aligned columns, the first a heading."""
    widths = [max(len(r[i]) for r in rows) for i in range(len(rows[0]))]
    lines = []
    for n, row in enumerate(rows):
        cells = [c.rjust(w) if i in right else c.ljust(w) for i, (c, w) in enumerate(zip(row, widths, strict=True))]
        lines.append("  ".join(cells).rstrip())
        if n == 0:
            lines.append("  ".join("-" * w for w in widths))
    return "\n".join(lines)
