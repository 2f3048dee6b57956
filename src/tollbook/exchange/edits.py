"""An exported workbook, edited by hand, comes back as decisions: what a person changed, old to new, and by whom.

    plan = read_edits(book, Path("war.xlsx"), why="checked against the ministry's list")
    write_edits(book, plan)

The sheets `incidents` and `claims` are held against what the book gives now, row by id. What cannot be decided in a
spreadsheet (a computed range) is named and left; what has changed in the book since the export is a conflict, and not
overwritten.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import sqlalchemy as sa

from tollbook.errors import UsageError
from tollbook.exchange import cells
from tollbook.exchange.sheets import Cell, Row, Sheet, letter, open_sheet, plain, typed
from tollbook.export import safe
from tollbook.export.loss import Loss
from tollbook.export.tables import CLAIMS, INCIDENTS, Table
from tollbook.export.values import Asked, Content, Incident
from tollbook.ledger.state import REVIEWED
from tollbook.redact import WITHHELD, Policy
from tollbook.store import load, schema

if TYPE_CHECKING:
    from tollbook.book import Book, How

REJECT = ("reject", "rejected")
"""What a person writes into `status_of_review` or `counts` to take an incident or a claim out of the count."""

INCIDENT_FIELDS = ("start", "end", "places", "country", "type", "perpetrators", "grade", "status_of_review")
CLAIM_FIELDS = ("min", "max", "who", "counts")


@dataclass(frozen=True, slots=True)
class Edit:
    """A decision that an edited row asks for: `was`, `now`, `where` tell the cell, `conflict` why it is not written."""

    incident: str
    subjects: tuple[str, ...]
    kind: str
    what: str
    was: str
    now: str
    value: Mapping[str, Any]
    where: str
    why: str
    conflict: str | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """What an edited workbook asks for: decisions in the order they are written, and what cannot be taken."""

    edits: tuple[Edit, ...]
    left: tuple[str, ...]

    @property
    def writable(self) -> tuple[Edit, ...]:
        """The edits without a conflict."""
        return tuple(e for e in self.edits if e.conflict is None)


@dataclass(frozen=True, slots=True)
class _Made:
    """What the workbook was made of: the question it answered, and how far the log reached."""

    asked: Asked
    head: tuple[int, int, int]


@dataclass
class _Work:
    """The content as it was exported and as it is now, and what was found so far."""

    then: Content
    now: Content
    made: _Made
    why: str
    changed: Mapping[str, str]
    file: str
    edits: list[Edit] = field(default_factory=list)
    left: list[str] = field(default_factory=list)
    present: dict[tuple[str, str], dict[str, str]] = field(default_factory=dict)


def read_edits(book: Book, path: Path, *, why: str = "") -> Plan:
    """What a person changed in an exported workbook. Nothing is written.

    The workbook is held against the book as it was when it was exported (the log says so), so that only what a person
    changed counts; a cell that the book has changed too since then is a conflict. A column `why` added to a sheet gives
    a row its own reason. Raises UsageError for a workbook that the export of a book did not make, one of a past day, or
    where an edit has no reason; SourceError where it cannot be read.
    """
    from tollbook.export.collect import collect

    made = _about(path)
    now = collect(book, made.asked)
    moved = json.loads(now.log)[:3] != list(made.head)
    then = collect(cast("Book", _Then(book, _moment(book, made.head))), made.asked) if moved else now
    work = _Work(then, now, made, why, _changed(book, now, made.head) if moved else {}, plain(path.name))
    known = {i.id: i for i in then.incidents}
    _table(work, open_sheet(path, "incidents"), INCIDENTS, lambda row, was: _incident(work, row, was, known))
    _table(work, open_sheet(path, "claims"), CLAIMS, lambda row, was: _claim(work, row, was))
    order = {"correct": 0, "reject": 1, "accept": 2}
    edits = sorted(work.edits, key=lambda e: order[e.kind])
    if any(not e.why.strip() for e in edits):
        raise UsageError("an edit needs a reason: --why, or a column `why` in its sheet")
    return Plan(tuple(edits), tuple(work.left))


class _Then:
    """The book as it was at a moment of its log: what `collect` asks of a book, with that moment's view."""

    def __init__(self, book: Book, moment: str) -> None:
        self._book, self._moment = book, moment

    def __getattr__(self, name: str) -> Any:
        return getattr(self._book, name)

    @contextlib.contextmanager
    def view(self, **how: Any) -> Iterator[sa.Connection]:
        """The view of that moment, counted as asked."""
        from tollbook.store.views import as_of_view

        self._book.refresh()
        with as_of_view(self._book.store, self._moment, self._book.counting(cast("How", how))) as connection:
            yield connection


def _moment(book: Book, head: tuple[int, int, int]) -> str:
    """When the last row of the log that an export saw was recorded. Raises UsageError for the log of another book."""
    found = []
    with book.store.read() as connection:
        for table, seq in zip((schema.claims, schema.runs, schema.decisions), head, strict=True):
            if seq:
                at = connection.execute(sa.select(table.c.recorded_at).where(table.c.seq == seq)).scalar()
                if at is None:
                    raise UsageError("the workbook was exported from another book, or from a newer copy of this one")
                found.append(str(at))
    if not found:
        raise UsageError("the workbook was exported from an empty book")
    return max(found)


def write_edits(book: Book, plan: Plan, *, user: str | None = None) -> list[str]:
    """Writes the decisions of a plan that have no conflict; returns their ids. The book must be open for writing."""
    from tollbook.review import decide

    out = []
    for edit in plan.writable:
        for subject in edit.subjects:
            out.append(decide(book, edit.kind, subject, why=edit.why, user=user, value=edit.value))
    book.refresh()
    return out


def text(plan: Plan) -> str:
    """The plan as lines: what will change, old to new, by incident; then conflicts; then what is left."""
    out = []
    for e in sorted(plan.writable, key=lambda e: e.incident):
        out.append(f"{e.incident[:10]}  {e.kind:7} {e.what}: {e.was or '-'} -> {e.now or '-'}  [{e.where}: {e.why}]")
    for e in plan.edits:
        if e.conflict is not None:
            out.append(
                f"{e.incident[:10]}  CONFLICT {e.what}: {e.was or '-'} -> {e.now or '-'} is not written: {e.conflict} "
                f"[{e.where}]"
            )
    out += [f"left: {line}" for line in plan.left]
    return "\n".join(out) or "no cell was changed that can be decided"


# --- what the workbook was made of ---------------------------------------------------------------


def _about(path: Path) -> _Made:
    sheet = open_sheet(path)
    if not {"about", "incidents", "claims"} <= set(sheet.names):
        raise UsageError(f"{path.name}: not a workbook that `tollbook export --to xlsx` made: it lacks its sheets")
    told = {row.at(0).text: safe.plain(row.at(1).text) for row in open_sheet(path, "about").rows()}
    if told.get("as_of"):
        raise UsageError(f"{path.name}: it shows the book of a past day ({told['as_of']}); edit an export of today's")
    try:
        numbers = [int(n) for n in json.loads(told["log"])]
        policy = Policy(**{f.name: _setting(told[f"redaction.{f.name}"]) for f in fields(Policy)})
        head = (numbers[0], numbers[1], numbers[2])
    except (KeyError, ValueError, IndexError, TypeError) as error:
        raise UsageError(f"{path.name}: its sheet `about` does not say what it was made of: {error}") from error
    if policy.delay_days:
        raise UsageError(f"{path.name}: it was made with a delay and lacks reports; edit one without")
    asked = Asked(
        rule=told.get("rule") or None, classes=told.get("classes") or None, grade=told.get("grade") or None,
        count_parties=told.get("count_parties") == "True", policy=policy,
    )  # fmt: skip
    return _Made(asked, head)


def _setting(text: str) -> Any:
    """A value of the redaction as the sheet `about` writes it."""
    return {"True": True, "False": False, "": None, "None": None}[text] if not text.isdecimal() else int(text)


def _changed(book: Book, content: Content, head: tuple[int, int, int]) -> Mapping[str, str]:
    """incident -> what happened to it since the export: reports that came, decisions that people wrote."""
    owner = {m: i.id for i in content.incidents for m in i.mentions}
    told: dict[str, list[str]] = {}
    claims, reports = schema.claims, schema.reports
    with book.store.read() as connection:
        query = (
            sa.select(claims.c.mention_id, reports.c.doc_id)
            .join(reports, reports.c.report_id == claims.c.report_id)
            .where(claims.c.seq > head[0])
            .distinct()
        )
        for mention, doc_id in connection.execute(query):
            if mention in owner:
                told.setdefault(owner[mention], []).append(f"report {doc_id} was read")
        later = [d for d in load.decisions(connection) if d.seq > head[2]]
        mention_of: dict[str, str] = {}
        for batch in load.chunks(sorted({s for d in later for s in d.subjects})):
            found = sa.select(claims.c.claim_id, claims.c.mention_id).where(claims.c.claim_id.in_(batch))
            mention_of.update(load.lookup(connection, found))
        for d in later:
            for subject in d.subjects:
                key = owner.get(mention_of.get(subject, subject))
                if key is not None:
                    told.setdefault(key, []).append(f"{d.kind} by {d.user} on {d.at[:10]} ({d.why})")
    return {key: "; ".join(dict.fromkeys(listed)) for key, listed in told.items()}


# --- rows ----------------------------------------------------------------------------------------


def _table(work: _Work, sheet: Sheet, table: Table, take: Callable[[_Row, Mapping[str, str]], None]) -> None:
    """Calls `take` for each row whose cells differ from what the export wrote."""
    names = [c.name for c in table.columns]
    then = _texts(table, work.then)
    present = then if work.now is work.then else _texts(table, work.now)
    work.present |= {(table.name, key): row for key, row in present.items()}
    columns: dict[str, int] = {}
    for row in sheet.rows():
        if not columns:
            columns = {c.text: c.column for c in row.cells if c.text}
            if "id" not in columns:
                raise UsageError(f"{work.file}: sheet {sheet.name} has no column id")
            continue
        key = safe.plain(row.at(columns["id"]).text)
        found = _Row(row, columns, sheet.name or "", then.get(key, {}))
        if not key:
            work.left.append(f"{found.where('id')}: a row without an id; new incidents come as reports or by `import`")
        elif key not in then:
            work.left.append(f"{found.where('id')}: {key} is not in the book as it was exported")
        elif any(found.text(n) != then[key][n] for n in names if n in columns):
            take(found, then[key])


def _texts(table: Table, content: Content) -> dict[str, dict[str, str]]:
    names = [c.name for c in table.columns]
    return {str(row[0]): {n: _shown(v) for n, v in zip(names, row, strict=True)} for row in table.rows(content, Loss())}


@dataclass(frozen=True, slots=True)
class _Row:
    row: Row
    columns: Mapping[str, int]
    sheet: str
    was: Mapping[str, str]

    def cell(self, name: str) -> Cell:
        return self.row.at(self.columns[name]) if name in self.columns else Cell(0)

    def text(self, name: str) -> str:
        return safe.plain(self.cell(name).text)

    def where(self, name: str) -> str:
        return f"{self.sheet}!{letter(self.columns.get(name, 0))}{self.row.number}"

    def why(self, otherwise: str) -> str:
        return self.text("why") or otherwise


def _shown(value: Any) -> str:
    """A value of a table as a workbook gives it back."""
    return safe.plain(typed(0, safe.cell(value) if isinstance(value, str) else value).text)


def _differs(row: _Row, now: Mapping[str, str]) -> Iterator[str]:
    return (name for name in now if name in row.columns and row.text(name) != now[name])


def _left(work: _Work, row: _Row, now: Mapping[str, str], taken: tuple[str, ...], instead: str) -> None:
    for name in _differs(row, now):
        if name not in taken:
            work.left.append(f"{row.where(name)}: {name} {now[name] or '-'} -> {row.text(name) or '-'}: {instead}")


def _add(
    work: _Work,
    row: _Row,
    incident: str,
    subjects: tuple[str, ...],
    kind: str,
    fields: tuple[str, ...],
    was: str,
    now: str,
    value: Mapping[str, Any],
) -> None:
    """Notes an edit of some cells of a row, unless the book says the same by now; a conflict where it says a third."""
    present = work.present.get((row.sheet, row.text("id")))
    what = work.changed.get(incident, "other reports or decisions around it")
    conflict = None
    if present is None:
        if kind == "reject":
            return
        conflict = f"it no longer stands in the book by itself: {what}"
    elif all(row.text(n) == present[n] for n in fields):
        return
    elif any(present[n] != row.was[n] for n in fields) or (kind == "accept" and incident in work.changed):
        here = ", ".join(f"{n} {present[n] or '-'}" for n in fields if present[n] != row.was[n])
        conflict = f"changed since the export{f' to {here}' if here else ''}: {what}"
    name = next((n for n in fields if row.text(n) != row.was[n]), fields[0])
    work.edits.append(
        Edit(incident, subjects, kind, name, was, now, value, row.where(name), row.why(work.why), conflict)
    )


def _incident(work: _Work, row: _Row, now: Mapping[str, str], known: Mapping[str, Incident]) -> None:
    key = now["id"]
    changed = [n for n in _differs(row, now) if n in INCIDENT_FIELDS]
    _left(work, row, now, INCIDENT_FIELDS, "is computed; decide on the claims behind it (sheet claims)")
    policy = work.made.asked.policy
    try:
        if "start" in changed or "end" in changed:
            _dates(work, row, now, key)
        if "places" in changed or "country" in changed:
            if policy.places:
                raise UsageError("the export left out the finest places; edit places in one made with --inside")
            country = cells.country(row.text("country")) if row.text("country") else None
            value = {"field": "place", "places": _list(row, "places"), "country": country}
            was, told = (f"{r['places']} ({r['country'] or '?'})" for r in (now, _texts_of(row)))
            _add(work, row, key, (key,), "correct", ("places", "country"), was, told, value)
        if "type" in changed:
            kind = cells.code(row.cell("type"), "types")
            if kind is None:
                raise UsageError("a type cannot be empty")
            _add(work, row, key, (key,), "correct", ("type",), now["type"], kind, {"field": "type", "type": kind})
        if "perpetrators" in changed:
            names = _list(row, "perpetrators")
            if any(WITHHELD in n for n in names):
                raise UsageError("a name is withheld in this export; edit names in one made with --inside")
            value = {"field": "actor", "perpetrators": names}
            was, told = now["perpetrators"], "; ".join(names)
            _add(work, row, key, (key,), "correct", ("perpetrators",), was, told, value)
        if "grade" in changed:
            value = {"field": "grade", "grade": row.text("grade")}
            _add(work, row, key, (key,), "correct", ("grade",), now["grade"], row.text("grade"), value)
    except (UsageError, cells.CellError) as error:
        work.left.append(f"{row.sheet}, row {row.row.number} ({key[:10]}): {error}")
    if "status_of_review" in changed:
        wanted = row.text("status_of_review").casefold()
        was = now["status_of_review"]
        if wanted == REVIEWED:
            _add(work, row, key, (key,), "accept", ("status_of_review",), was, REVIEWED, {})
        elif wanted in REJECT:
            _add(work, row, key, (key,), "reject", ("status_of_review",), was, "rejected", {})
        else:
            work.left.append(f"{row.where('status_of_review')}: {wanted!r}; allowed: reviewed, rejected")


def _dates(work: _Work, row: _Row, now: Mapping[str, str], key: str) -> None:
    first, last = cells.days(row.cell("start"), "ymd"), cells.days(row.cell("end"), "ymd")
    start = first.start.isoformat() if first else None
    end = last.end.isoformat() if last else first.end.isoformat() if first else None
    was = now["start"] if now["start"] == now["end"] else f"{now['start']}..{now['end']}"
    told = (start or "-") if start == end else f"{start}..{end}"
    value = {"field": "date", "start": start, "end": end}
    _add(work, row, key, (key,), "correct", ("start", "end"), was, told, value)


def _texts_of(row: _Row) -> dict[str, str]:
    return {n: row.text(n) for n in row.columns}


def _list(row: _Row, name: str) -> list[str]:
    return [part.strip() for part in row.text(name).split(";") if part.strip()]


def _claim(work: _Work, row: _Row, now: Mapping[str, str]) -> None:
    key, incident = now["id"], now["incident"]
    changed = [n for n in _differs(row, now) if n in CLAIM_FIELDS]
    _left(work, row, now, CLAIM_FIELDS, "is what the report says, and stays")
    if row.text("counts").casefold() in REJECT:
        _add(work, row, incident, (key,), "reject", ("counts",), now["words"], "rejected", {})
        return
    if "counts" in changed:
        work.left.append(f"{row.where('counts')}: is computed; write `reject` to take the claim out of the count")
    if not {"min", "max", "who"} & set(changed):
        return
    try:
        low, high = (cells.figure(row.cell(n)) for n in ("min", "max"))
        for name, found in (("min", low), ("max", high)):
            if found is not None and found.min != found.max:
                raise cells.CellError(f"{name}: a whole number, or empty where it is open")
        value = {
            "field": "figure", "min": low.min if low else None, "max": high.max if high else None,
            "who": row.text("who") or None,
        }  # fmt: skip
        from tollbook.review import correction

        value = correction(value, "figure")
    except (UsageError, cells.CellError) as error:
        work.left.append(f"{row.sheet}, row {row.row.number} ({key[:10]}): {error}")
        return
    was = f"{now['min'] or '-'}..{now['max'] or '-'} {now['who']}"
    told = f"{row.text('min') or '-'}..{row.text('max') or '-'} {row.text('who')}"
    _add(work, row, incident, (key,), "correct", ("min", "max", "who"), was, told, value)


def conflicts(plan: Plan) -> tuple[Edit, ...]:
    """The edits that are not written because the book has changed since the export."""
    return tuple(e for e in plan.edits if e.conflict is not None)
