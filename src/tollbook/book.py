"""A book from Python: many reports, one count.

    with tollbook.open_book("war.toll") as book:
        for incident in book.incidents(Filters(since="2016-07", place="Aleppo")):
            print(incident.card.start, incident.card.places, incident.killed)
        print(book.totals(by="month").text())

Reading functions never write, except that the first one after an `add` brings the computed tables up to
the log. All of it can be asked as of a past day: what the book knew then.
"""

from __future__ import annotations

import contextlib
import getpass
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypedDict, Unpack

import sqlalchemy as sa

from tollbook import lexicon, tally
from tollbook.errors import TollbookError, UsageError
from tollbook.ledger.bounds import ALL, DEFAULT_RULE, RULES, Bound, get_rule, show
from tollbook.ledger.decisions import Decision, Held, counts, unmarked
from tollbook.ledger.figures import schemes
from tollbook.ledger.state import Options, State
from tollbook.ledger.trajectory import Step, trajectory
from tollbook.link.features import Reason, explain
from tollbook.model import Issue, Record, Report, to_plain
from tollbook.redact import Masker
from tollbook.store import SqlStore, derive, end_of, load, report_key, schema
from tollbook.store.counting import Counted, read_counted
from tollbook.store.filters import EVERYTHING, Day, Filters, day_of
from tollbook.store.people import names_in
from tollbook.store.records import Grounded, ground_record, rebuild
from tollbook.store.reports import report_of, stored_report
from tollbook.store.views import WHOLE, Wanted, as_of_view, counted_view
from tollbook.store.world import tellings_of
from tollbook.tally import Totals

Tell = Callable[[str, int], None]


class How(TypedDict, total=False):
    """How a book is asked: as of the end of a UTC day, by which rule, victims' classes and grades (by name), and
    whether a party's word on harm it did or suffered counts."""

    as_of: Day
    rule: str | None
    classes: str | None
    grade: str | None
    count_parties: bool


@dataclass(frozen=True, slots=True)
class Added:
    """What an `add` did: reports stored, readings stored, inputs already there, issues met."""

    reports: int = 0
    known: int = 0
    incidents: int = 0
    figures: int = 0
    issues: int = 0
    unread: int = 0


@dataclass(frozen=True, slots=True)
class Line:
    """One incident in a list."""

    id: str
    type: str
    status: str
    scope: str
    start: str | None
    end: str | None
    places: tuple[str, ...]
    country: str | None
    perpetrators: tuple[str, ...]
    reports: int
    voices: tuple[int, int]
    review: str
    grade: str
    bounds: Mapping[tuple[str, str], tuple[int | None, int | None, int | None, bool]]

    def range(self, harm: str = "killed", group: str = ALL) -> str:
        """The range of a harm as it is printed; "-" where nobody gives a figure."""
        found = self.bounds.get((harm, group))
        return show(found[0], found[2], found[3]) if found else "-"

    @property
    def killed(self) -> str:
        """The range of the killed as it is printed."""
        return self.range()


@dataclass(frozen=True, slots=True)
class Detail:
    """One incident whole: its state, why its reports were merged, what it may be one with, sums it is part of.

    `asked` is the id asked for; `state.card.id` the incident it leads to now.
    """

    asked: str
    state: State
    merged: tuple[tuple[str, str, float, tuple[Reason, ...]], ...]
    possible: tuple[tuple[str, float], ...]
    parts: tuple[tuple[str, bool, str], ...]
    part_of: tuple[tuple[str, bool, str], ...]
    sentences: Mapping[str, str] = field(default_factory=dict)
    steps: tuple[Step, ...] = ()


def open_book(path: str | Path, *, write: bool = False) -> Book:
    """The book at `path`. With `write`, this process is its one writer until it is closed.

    Raises UsageError where it is not a book, is newer than this release, lies on a network disk, or another process
    is writing to it.
    """
    return Book(SqlStore.open(Path(path), write=write))


def init_book(path: str | Path, charter: Mapping[str, Any] | None = None, *, user: str | None = None) -> Book:
    """A new book with its charter (the keys of `data/charter.yml`; what is left out takes its default)."""
    whole = {**lexicon.load("charter"), **(charter or {})}
    check_charter(whole)
    return Book(SqlStore.create(Path(path), whole, user or current_user()))


def check_charter(charter: Mapping[str, Any]) -> None:
    """Raises UsageError where a charter has a key there is not, or names a rule or scheme there is not."""
    known = set(lexicon.load("charter"))
    strange = sorted(set(charter) - known)
    if strange:
        raise UsageError(f"charter: no such key: {', '.join(strange)}; there are: {', '.join(sorted(known))}")
    if charter["classes"] not in schemes():
        raise UsageError(f"charter: no class scheme {charter['classes']!r}; there are: {', '.join(schemes())}")
    get_rule(str(charter["rule"]))
    grades = [k for k in lexicon.load("grades") if k != "default"]
    if charter["grade"] not in grades:
        raise UsageError(f"charter: no grade rule {charter['grade']!r}; there are: {', '.join(grades)}")


def current_user() -> str:
    """The name decisions are signed with: the system's user."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "unknown"


class Book:
    """A book that is open. Made by `open_book` or `init_book`; a context manager."""

    def __init__(self, store: SqlStore) -> None:
        self.store = store
        self.charter = store.charter()
        self.options = derive.default_options(self.charter)

    def close(self) -> None:
        """Lets go of the file and the writer's lock."""
        self.store.close()

    def __enter__(self) -> Book:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    # --- in ---

    def add_records(
        self, reports: Iterable[Report], records: Iterable[Mapping[str, Any]], made_by: str = "records"
    ) -> Added:
        """Stores reports with the records made of them elsewhere, matched by doc_id, one transaction a report.

        A record that holds its own `text` needs no report. A record with neither is an issue `no_report`; a report
        without a record is stored unread.
        """
        waiting: dict[str, list[Mapping[str, Any]]] = {}
        own: list[Mapping[str, Any]] = []
        counts = _Counts()
        faults: list[Issue] = []
        for record in records:
            doc_id = record.get("doc_id")
            if not isinstance(doc_id, str) or not doc_id:
                faults.append(Issue("bad_record", f"a record without a doc_id: {str(record)[:80]!r}"))
            elif isinstance(record.get("text"), str):
                own.append(record)
            else:
                waiting.setdefault(doc_id, []).append(record)
        for report in reports:
            listed = waiting.pop(report.doc_id, [])
            if not listed:
                self._add(report, None, made_by, counts)
            for record in listed:
                self._add(report, record, made_by, counts)
        for record in own:
            self._add(report_of(record), record, made_by, counts)
        faults += [
            Issue("no_report", f"a record, but no report of this id: {doc_id}", doc_id) for doc_id in sorted(waiting)
        ]
        if faults:
            self.store.add_issues(faults)
            counts.issues += len(faults)
        return counts.done()

    def add_read(self, outcomes: Iterable[Record | Issue], on_issue: Callable[[Issue], None] | None = None) -> Added:
        """Stores reports read by our own extractor (`tollbook.run`), one transaction a report.

        What gave no record is stored as an issue and told to `on_issue`.
        """
        counts = _Counts()
        for outcome in outcomes:
            if isinstance(outcome, Issue):
                self.store.add_issues([outcome])
                counts.issues += 1
                if on_issue is not None:
                    on_issue(outcome)
                continue
            plain = outcome.to_json()
            self._add(report_of(plain), plain, f"extractor {outcome.made_with.extractor}", counts, outcome.issues)
        return counts.done()

    def _add(
        self,
        report: Report,
        record: Mapping[str, Any] | None,
        made_by: str,
        counts: _Counts,
        issues: Sequence[Issue] = (),
    ) -> None:
        if record is None:
            stored = self.store.add_report(report)
            counts.note(stored, None)
            counts.unread += stored is not None
            return
        report_id = report_key(report.doc_id, report.text_sha256)
        slim = {k: v for k, v in record.items() if k not in _ELSEWHERE}
        grounded = ground_record(report_id, report.doc_id, report.text, slim)
        counts.note(self.store.add_report(report, made_by=made_by, grounded=grounded, issues=issues), grounded)

    def reread(self, extractor: str, on_done: Callable[[str], None] | None = None) -> Added:
        """Reads every live report again with an extractor: a new run each; decisions stay and find their claims.

        Raises UsageError for an extractor there is not.
        """
        from tollbook.intake import read_again

        read = read_again(extractor)
        counts = _Counts()
        for report in self.reports():
            try:
                record, issues = read(report)
            except TollbookError as error:
                self.store.add_issues([Issue("extractor_failed", str(error), report.doc_id)])
                counts.issues += 1
                continue
            self._add(report, record, f"extractor {extractor}", counts, issues)
            if on_done:
                on_done(report.doc_id)
        return counts.done()

    def reports(self) -> Iterator[Report]:
        """The newest text of each document, as it was stored. Expunged ones are left out."""
        table = schema.reports
        newest = sa.select(sa.func.max(table.c.seq)).group_by(table.c.doc_id)
        with self.store.read() as connection:
            numbers = sorted(connection.execute(newest).scalars())
        for batch in load.chunks(numbers, 200):
            with self.store.read() as connection:
                rows = connection.execute(
                    sa.select(table).where(load.among(table.c.seq, batch)).order_by(table.c.seq)
                ).all()
            for row in rows:
                meta = json.loads(row.meta)
                if not meta.get("expunged"):
                    yield stored_report(row, meta)

    def refresh(self, tell: Tell | None = None) -> bool:
        """Brings the computed tables up to the log. Reading functions do it by themselves where they may write."""
        if self.store.writes:
            return derive.refresh(self.store, self.options, tell)
        with self.store.read() as connection:
            if derive.is_fresh(connection):
                return False
        try:
            with SqlStore.open(self.store.path, write=True) as writer:
                return derive.refresh(writer, self.options, tell)
        except UsageError:
            return False  # another process is writing: what is shown is as of its last refresh

    # --- out ---

    @contextlib.contextmanager
    def view(self, wanted: Wanted = WHOLE, **how: Unpack[How]) -> Iterator[sa.Connection]:
        """A connection whose derived tables are what is asked: of now by the default rule, or computed for it.

        Counted another way, they hold what is `wanted` and nothing else.
        """
        options = self.counting(how)
        self.refresh()
        day = day_of(how.get("as_of"))
        if day is not None:
            shown = as_of_view(self.store, end_of(day), options, self.options, wanted)
        else:
            shown = self.store.read() if options == self.options else counted_view(self.store, options, wanted)
        with shown as connection:
            yield connection

    def counting(self, how: How) -> Options:
        """The options a view counts by: what is asked, else what the charter says. Raises UsageError."""
        return Options(
            get_rule(how.get("rule") or DEFAULT_RULE),
            how.get("classes") or self.options.classes,
            how.get("grade") or self.options.grade,
            count_parties=bool(how.get("count_parties")),
        )

    def incidents(self, where: Filters = EVERYTHING, **how: Unpack[How]) -> list[Line]:
        """The incidents asked for, in order of day; `how` as for `view`."""
        with self.view(Wanted(where, relations=False), **how) as connection:
            counted = read_counted(connection, where)
        lines = [_line(c, json.loads(c.card)) for c in counted.incidents.values()]
        return sorted(lines, key=lambda i: (i.start or "9999", i.end or "9999", i.places, i.id))

    def totals(
        self, by: str = "month", harm: str = "killed", where: Filters = EVERYTHING, **how: Unpack[How]
    ) -> Totals:
        """Totals by month, week, year, place, perpetrator, type, class, sex or age; `how` as for `view`."""
        if by in ("sex", "age"):
            how["classes"] = by
        with self.view(Wanted(where), **how) as connection:
            return tally.totals(
                connection,
                by=by,
                harm=harm,
                rule=get_rule(how.get("rule") or DEFAULT_RULE),
                classes=how.get("classes") or self.options.classes,
                where=where,
                as_of=str(how["as_of"]) if how.get("as_of") else None,
            )

    def records(self, **how: Unpack[How]) -> Iterator[dict[str, Any]]:
        """The record of each live report as it came in, with what people added to it, and `cluster` (the incident's id)
        on each incident."""
        with self.view(**how) as connection:
            table, runs = schema.mentions, schema.runs
            where: dict[tuple[int, str], str] = {
                (r.run_seq, r.mention_id): r.incident_id
                for r in connection.execute(
                    sa.select(table.c.run_seq, table.c.mention_id, table.c.incident_id).where(table.c.live == 1)
                )
            }
            live = load.live_runs(connection)
            added = load.standing_additions(connection)
            for batch in load.chunks(sorted(live)):
                rests = load.lookup(
                    connection, sa.select(runs.c.seq, runs.c.record).where(load.among(runs.c.seq, batch))
                )
                claims: dict[int, list[tuple[str, str, str, dict[str, Any]]]] = {}
                query = (
                    sa.select(schema.claims)
                    .where(load.among(schema.claims.c.run_seq, batch))
                    .order_by(schema.claims.c.seq)
                )
                for c in connection.execute(query):
                    read = json.loads(c.value)
                    kind, value = (c.kind if counts(read, added) else "gone"), unmarked(read)
                    if kind == "act" and value.get("scope") != "statistic":
                        value["cluster"] = where.get((c.run_seq, c.mention_id))
                    claims.setdefault(c.run_seq, []).append((kind, c.claim_id, c.mention_id, value))
                for run in batch:
                    rest = json.loads(rests[run])
                    if not rest.get("expunged"):
                        yield rebuild(rest, claims.get(run, []))

    def resolve(self, connection: sa.Connection, asked: str) -> str:
        """The incident that an id leads to: its own, a merged one's, or a mention's. A unique beginning of an id is
        enough. Raises UsageError where it leads to none or to several."""
        table = schema.mentions
        query = sa.select(table.c.incident_id).where(table.c.mention_id.op("GLOB")(f"{bare(asked)}*")).distinct()
        found = sorted({i for i in connection.execute(query).scalars() if i})
        if not found:
            raise UsageError(f"no incident {asked!r} in this book")
        if len(found) > 1:
            raise UsageError(f"{asked!r} begins the ids of {len(found)} incidents: {', '.join(found[:5])}")
        return str(found[0])

    def incident(self, asked: str, **how: Unpack[How]) -> Detail:
        """One incident whole, by its id, an older id that was merged into it, or the beginning of one."""
        options = self.counting(how)
        wanted = WHOLE
        if options != self.options:
            with self.view(as_of=how.get("as_of")) as connection:
                wanted = Wanted(incident=self.resolve(connection, asked))
        with self.view(wanted, **how) as connection:
            return self.detail(connection, asked, options)

    def detail(
        self,
        connection: sa.Connection,
        asked: str,
        options: Options | None = None,
        decisions: Sequence[Decision] | None = None,
    ) -> Detail:
        """`incident` in a view that is open; `decisions` are its rows, where they are at hand."""
        options = options or self.options
        incident = self.resolve(connection, asked)
        members = _members(connection, incident)
        telling = tellings_of(connection, [members])
        rows = load.decisions(connection) if decisions is None else decisions
        found = telling.state(members, load.held_of(connection, rows, telling.reports), options)
        if found is None:
            raise UsageError(f"{asked!r}: everything told of it was rejected")
        table = schema.parts
        parts = connection.execute(sa.select(table).where(table.c.total_id == incident)).all()
        owners = connection.execute(sa.select(table).where(table.c.part_id == incident)).all()
        doubt = schema.possible
        near = [
            *connection.execute(sa.select(doubt.c.b, doubt.c.score).where(doubt.c.a == incident)).all(),
            *connection.execute(sa.select(doubt.c.a, doubt.c.score).where(doubt.c.b == incident)).all(),
        ]
        texts = _sentences(connection, found)
        return Detail(
            asked=asked,
            state=found,
            merged=_why_merged(found),
            possible=tuple((other, likely) for other, likely in near),
            parts=tuple((p.part_id, bool(p.sure), p.why) for p in parts),
            part_of=tuple((p.total_id, bool(p.sure), p.why) for p in owners),
            sentences=texts,
            steps=trajectory(
                found.figures,
                sides=found.sides,
                rule=options.rule,
                classes=options.classes,
                count_parties=options.count_parties,
            ),
        )

    def names(self, *reports: str) -> Masker:
        """What masks the names of victims, witnesses and detainees that stand in reports, by their ids."""
        with self.store.read() as connection:
            return Masker(names_in(connection, reports))

    def held(self, connection: sa.Connection) -> Held:
        """The decisions that hold in a view."""
        return load.held(connection, load.decisions(connection))[0]


_ELSEWHERE = ("text", "text_sha256", "furniture")
"""Keys of a record that the report's own row holds; they come back from there."""


class _Counts:
    def __init__(self) -> None:
        self.reports = self.known = self.incidents = self.figures = self.issues = self.unread = 0

    def note(self, stored: str | None, grounded: Grounded | None) -> None:
        if stored is None:
            self.known += 1
            return
        self.reports += 1
        if grounded is not None:
            self.incidents += sum(c.kind == "act" for c in grounded.claims)
            self.figures += sum(c.kind == "figure" for c in grounded.claims)
            self.issues += len(grounded.issues)

    def done(self) -> Added:
        return Added(self.reports, self.known, self.incidents, self.figures, self.issues, self.unread)


def _line(counted: Counted, card: Mapping[str, Any]) -> Line:
    return Line(
        id=counted.id,
        type=counted.type,
        status=counted.status,
        scope=counted.scope,
        start=counted.start,
        end=counted.end,
        places=tuple(card["places"]),
        country=counted.country,
        perpetrators=tuple(p["name"] for p in card["perpetrators"]),
        reports=int(card["reports"]),
        voices=(card["independent"][0], card["independent"][1]),
        review=counted.review,
        grade=counted.grade,
        bounds=counted.bounds,
    )


def bare(asked: str) -> str:
    """What is asked for as the beginning of an id. Raises UsageError where it can begin none."""
    if not asked or not all(c in "0123456789abcdef" for c in asked):
        raise UsageError(f"{asked!r} is not an id: 16 digits 0-9 and a-f, or the first of them")
    return asked


def _members(connection: sa.Connection, incident: str) -> list[int]:
    table = schema.mentions
    query = sa.select(table.c.mention, table.c.mention_id).where(table.c.incident_id == incident, table.c.live == 1)
    rows = connection.execute(query).all()
    seen = sa.select(table.c.mention_id, sa.func.min(table.c.mention)).group_by(table.c.mention_id)
    first = load.lookup(connection, seen.where(table.c.mention_id.in_([r.mention_id for r in rows])))
    return [r.mention for r in sorted(rows, key=lambda r: (first[r.mention_id], r.mention))]


def _why_merged(found: State) -> tuple[tuple[str, str, float, tuple[Reason, ...]], ...]:
    """For each mention but the first, the one before it that speaks most for it, with the reasons."""
    from tollbook.link.features import score

    out = []
    mentions = [t.mention for t in found.told]
    for i, mention in enumerate(mentions[1:], 1):
        best = max(mentions[:i], key=lambda m: score(m, mention))
        out.append((best.id, mention.id, score(best, mention), explain(best, mention)))
    return tuple(out)


def _sentences(connection: sa.Connection, found: State) -> dict[str, str]:
    """The sentence of each mention and each figure, by claim id."""
    ids = [t.mention.id for t in found.told] + [f.claim_id for f in found.figures]
    table = schema.claims
    out: dict[str, str] = {}
    for batch in load.chunks(sorted(set(ids))):
        query = sa.select(table.c.claim_id, table.c.quote).where(load.among(table.c.claim_id, batch))
        out.update(load.lookup(connection, query))
    return out


__all__ = [
    "ALL", "RULES", "Added", "Book", "Bound", "Detail", "Filters", "How", "Line", "TollbookError", "check_charter",
    "current_user", "init_book", "open_book", "report_of", "to_plain",
]  # fmt: skip
