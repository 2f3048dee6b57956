"""One row of a mapped spreadsheet as a report and the record of it. Pure: a row and a map in, values out.

The report's text is the row, a line a column; every claim points at its cell's words in it. What a cell does not
tell is not in the record; a cell that cannot be read is an issue that names file,
sheet, row, column and what is allowed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache, partial
from typing import Any, TypeVar

from tollbook.exchange import cells
from tollbook.exchange.cells import CellError, Days, Figure
from tollbook.exchange.sheetmap import Column, SheetMap
from tollbook.exchange.sheets import Cell, Row, letter
from tollbook.model import Issue, Report, Span

_T = TypeVar("_T")
LONG_NOTE = 5
"""Words from which a column of notes is taken for the telling of the incident."""


@dataclass(frozen=True, slots=True)
class RowRecord:
    """What one row gives: its report, its record, the value that rows of one incident share, and its issues."""

    row: int
    report: Report
    record: dict[str, Any]
    same: str | None
    issues: tuple[Issue, ...]


@dataclass
class _Reading:
    """A row being read: where each cell's words stand in the text, and what was wrong so far."""

    row: Row
    map: SheetMap
    file: str
    headers: Mapping[int, str]
    doc_id: str
    lookup: bool
    spans: dict[int, Span] = field(default_factory=dict)
    issues: list[Issue] = field(default_factory=list)

    def where(self, column: Column) -> str:
        sheet = f", sheet {self.map.sheet}" if self.map.sheet else ""
        return f"{self.file}{sheet}, row {self.row.number}, column {letter(column.at)} ({column.header or 'no header'})"

    def note(self, column: Column, message: str, code: str = "bad-cell") -> None:
        self.issues.append(
            Issue(
                code, f"{self.where(column)}: {message}", self.doc_id, self.file, self.row.number,
                self.spans.get(column.at),
            )
        )  # fmt: skip

    def read(self, column: Column, reader: Callable[[Cell], _T], empty: _T) -> _T:
        """What a reader makes of a column's cell; `empty` and an issue where it cannot."""
        try:
            return reader(self.row.at(column.at))
        except CellError as error:
            self.note(column, str(error))
            return empty


def row_record(
    row: Row, mapping: SheetMap, file: str, headers: Mapping[int, str], taken: set[str], *, lookup: bool = True
) -> RowRecord | None:
    """The report and record of a row; None where none of its mapped cells holds anything. `taken` are ids so far.

    Without `lookup` places are not looked up in the gazetteer.
    """
    if all(cells.is_blank(row.at(c.at)) for c in mapping.columns if c.is_ not in ("notes", "drop", "id", "country")):
        return None
    reading = _Reading(row, mapping, file, headers, "", lookup)
    reading.doc_id = _doc_id(reading, taken)
    title = reading.doc_id
    text = _text(reading, title)
    act, victims = _incident(reading, title, text)
    published = _single(reading, "published", lambda c, column: cells.days(c, column.layout))
    day = published.start if published and published.precision == "day" else None
    report = Report(
        doc_id=reading.doc_id, text=text, title_end=len(title), published=day,
        published_basis="field" if day else "none", language="en", raw_sha256="",
        text_sha256=hashlib.sha256(text.encode()).hexdigest(), outlet=mapping.recorder or mapping.name,
        url=_first_name(reading, "url"), country=act["country"],
        extra={"file": mapping.name, "sheet": mapping.sheet, "row": row.number},
    )  # fmt: skip
    record = {
        "doc_id": reading.doc_id,
        "published": day.isoformat() if day else None,
        "incidents": [act],
        "victims": victims,
    }
    return RowRecord(row.number, report, record, _first_name(reading, "same"), tuple(reading.issues))


def _doc_id(reading: _Reading, taken: set[str]) -> str:
    whole = ", ".join(p for p in (reading.map.name, reading.map.sheet) if p)
    found = f"{whole}, row {reading.row.number}"
    for column in reading.map.of("id"):
        cell = reading.row.at(column.at)
        named = f"{whole}, {cell.text[:80]}"
        if not cells.is_blank(cell) and named not in taken:
            found = named
        elif named in taken:
            reading.note(column, f"{cell.text!r} stands in an earlier row too; this row goes by its number", "same-id")
    taken.add(found)
    return found


def _text(reading: _Reading, title: str) -> str:
    """The row, a line a column; the columns of one figure stand together. Fills `spans`."""
    mapped = {c.at: c for c in reading.map.columns}
    order: list[int] = []
    for at in sorted({*mapped, *(c.column for c in reading.row.cells)}):
        column = mapped.get(at)
        if at in order or (column is not None and column.is_ == "drop"):
            continue
        order.append(at)
        if column is not None and column.is_ == "figure":
            order += [c.at for c in reading.map.of("figure") if c.group == column.group and c.at not in order]
    lines: list[str] = []
    place = len(title) + 2
    for at in order:
        cell = reading.row.at(at)
        if not cell.text:
            continue
        head = f"{reading.headers.get(at) or f'column {letter(at)}'}: "
        reading.spans[at] = (place + len(head), place + len(head) + len(cell.text))
        lines.append(head + cell.text)
        place += len(lines[-1]) + 1
    return f"{title}\n\n" + "\n".join(lines)


def _single(reading: _Reading, kind: str, reader: Callable[[Cell, Column], _T | None]) -> _T | None:
    for column in reading.map.of(kind):
        found = reading.read(column, partial(_apply, reader, column), None)
        if found is not None:
            return found
    return None


def _apply(reader: Callable[[Cell, Column], _T | None], column: Column, cell: Cell) -> _T | None:
    return reader(cell, column)


def _listed(reading: _Reading, column: Column, marks: tuple[str, ...] | None) -> list[str]:
    """The names of a column's cell; none and an issue where it cannot be read."""
    empty: list[str] = []
    return reading.read(column, partial(cells.names, separators=marks), empty)


def _first_name(reading: _Reading, kind: str) -> str | None:
    for column in reading.map.of(kind):
        cell = reading.row.at(column.at)
        if not cells.is_blank(cell):
            return cell.text
    return None


def _names(reading: _Reading, kind: str) -> list[tuple[str, Span]]:
    """The names of a kind of column, each with where it stands."""
    out: list[tuple[str, Span]] = []
    for column in reading.map.of(kind):
        found = _listed(reading, column, column.separators)
        start, _ = reading.spans.get(column.at, (0, 0))
        text = reading.row.at(column.at).text
        for name in found:
            at = start + max(0, text.find(name))
            if all(name != other for other, _ in out):
                out.append((name, (at, at + len(name))))
    return out


def _incident(reading: _Reading, title: str, text: str) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    mapping = reading.map
    days = _days(reading)
    kind = _single(reading, "type", lambda c, column: cells.code(c, "types", column.values))
    status = _single(reading, "status", lambda c, column: cells.code(c, "statuses", column.values))
    country = _single(reading, "country", lambda c, _: None if cells.is_blank(c) else cells.country(c.text))
    country = country or mapping.defaults.get("country")
    places, country = _places(reading, country)
    perpetrators, targets = _names(reading, "perpetrators"), _names(reading, "targets")
    quote = _quote(reading, title, text)
    act = {
        "id": "a",
        "type": kind or mapping.defaults.get("type") or "other",
        "status": status or mapping.defaults.get("status") or "happened",
        "scope": "incident",
        "parts": [],
        "start": days[0].start.isoformat() if days else None,
        "end": days[0].end.isoformat() if days else None,
        "places": [p["name"] for p in places],
        "country": country,
        "perpetrators": [name for name, _ in perpetrators],
        "targets": [name for name, _ in targets],
        "casualties": _figures(reading, text),
        "quote": text[quote[0] : quote[1]],
        "quote_span": list(quote),
        "date": {
            "span": list(days[1]) if days and days[1] else None, "precision": days[0].precision if days else None,
            "basis": "stated" if days else "none", "date_of": "act",
        },
        "place_details": places,
        "perpetrator_details": [
            {"name": n, "span": list(s), "actor_id": _actor(n), "says": None, "says_span": None, "basis": "asserted"}
            for n, s in perpetrators
        ],
    }  # fmt: skip
    return act, _victims(reading)


def _quote(reading: _Reading, title: str, text: str) -> Span:
    """The longest column of notes, where one tells the incident; else the row."""
    told = [reading.spans[c.at] for c in reading.map.of("notes") if c.at in reading.spans]
    long = [s for s in told if len(text[s[0] : s[1]].split()) >= LONG_NOTE]
    return max(long, key=lambda s: s[1] - s[0]) if long else (len(title) + 2, len(text))


def _days(reading: _Reading) -> tuple[Days, Span | None] | None:
    """First and last day of the row, and where its first stands."""
    first = _single(reading, "date", lambda c, column: cells.days(c, column.layout))
    last = _single(reading, "end", lambda c, column: cells.days(c, column.layout))
    column = next(iter(reading.map.of("date" if first else "end")), None)
    span = reading.spans.get(column.at) if column else None
    if first is None or last is None:
        found = first or last
        return (found, span) if found else None
    if last.end < first.start:
        reading.note(reading.map.of("end")[0], f"the last day {last.end} is before the first, {first.start}; not used")
        return first, span
    if last.end == first.end:
        return first, span
    rough = {first.precision, last.precision} & {"month", "year"}
    return Days(first.start, last.end, "year" if "year" in rough else "month" if rough else "days"), span


def _places(reading: _Reading, country: str | None) -> tuple[list[dict[str, Any]], str | None]:
    """The places, finest first, looked up in the gazetteer; and the country, as told or as they agree."""
    listed: list[tuple[int, int, str, Span]] = []
    for column in sorted(reading.map.of("place"), key=lambda c: c.rank):
        marks = column.separators or (";",)
        for name in _listed(reading, column, marks):
            start = reading.spans[column.at][0] + max(0, reading.row.at(column.at).text.find(name))
            if all(name.casefold() != other.casefold() for _, _, other, _ in listed):
                listed.append((column.rank, column.at, name, (start, start + len(name))))
    lat = _single(reading, "latitude", lambda c, _: cells.degrees(c, 90))
    lon = _single(reading, "longitude", lambda c, _: cells.degrees(c, 180))
    wider = tuple(name for rank, _, name, _ in listed if rank >= 3)
    out: list[dict[str, Any]] = []
    lands: set[str] = set()
    for number, (rank, at, name, span) in enumerate(listed):
        others: tuple[str, ...] = ()
        found = None
        if reading.lookup:
            found, others = _looked_up(name, country, rank, tuple(w for w in wider if w != name))
        if found is None and others:
            column = next(c for c in reading.map.columns if c.at == at)
            reading.note(
                column,
                f"{name!r} is {len(others)} places of the gazetteer; left without coordinates: give the province",
                "place-ambiguous",
            )  # fmt: skip
        own = number == 0 and lat is not None and lon is not None
        if found is not None:
            lands.add(found.country)
        out.append(
            {
                "name": name, "span": list(span), "role": "at", "gazetteer_id": found.id if found else None,
                "lat": lat if own else found.lat if found and found.has_point else None,
                "lon": lon if own else found.lon if found and found.has_point else None,
                "radius_km": found.radius_km if found and found.has_point else None,
                "admin_level": _LEVELS.get(found.level) if found else None,
                "admin1": found.admin1 if found else None, "admin2": found.admin2 if found else None,
                "alternatives": list(others),
            }
        )  # fmt: skip
    return out, country or (lands.pop() if len(lands) == 1 else None)


_LEVELS = {"point": 3, "town": 3, "district": 2, "province": 1, "country": 0}


@lru_cache(maxsize=20_000)
def _looked_up(name: str, country: str | None, rank: int, wider: tuple[str, ...]) -> tuple[Any, tuple[str, ...]]:
    """(the one place meant, ids of those that may be meant): in the country, of the column's rank, in the province."""
    from tollbook.link.names import same_place
    from tollbook.resolve.gazetteer import default_gazetteer

    found = [e for e in default_gazetteer().find(name) if country is None or e.country == country]
    exact = [e for e in found if e.match != "folded"]
    found = exact or found
    areas = ("province",) if rank >= 4 else ("district",) if rank == 3 else ("town", "point", "district")
    found = [e for e in found if e.level in areas] or found
    if wider:
        inside = [e for e in found if any(same_place(w, a) for w in wider for a in (e.admin1, e.admin2) if a)]
        found = inside or found
    ids = tuple(dict.fromkeys(e.id for e in found))
    if len(ids) == 1:
        return found[0], ()
    named = [e for e in found if e.level == "town" and e.match == "name"]
    if country is not None and len(named) == 1:
        return named[0], tuple(i for i in ids if i != named[0].id)
    return None, ids[:10]


@lru_cache(maxsize=20_000)
def _actor(name: str) -> str | None:
    """The id of the actor that a name means in the actor tables; None for one they do not hold."""
    from tollbook.model import Sentence
    from tollbook.resolve.actors import find_actors, load_actors

    found = [a for a in find_actors(name, [Sentence((0, len(name)), 0)], load_actors()) if a.actor_id]
    return found[0].actor_id if len(found) == 1 else None


def _figures(reading: _Reading, text: str) -> list[dict[str, Any]]:
    """The figures of a row; with several sources each source states each figure."""
    groups: dict[tuple[object, ...], list[Column]] = {}
    for column in reading.map.of("figure"):
        groups.setdefault(column.group, []).append(column)
    told: list[tuple[Column, Figure, Span]] = []
    for columns in groups.values():
        found = _figure(reading, columns)
        if found is not None:
            told.append(found)
    told.sort(key=lambda f: f[0].part)
    speakers: Sequence[tuple[str | None, Span | None]] = _names(reading, "sources") or [(None, None)]
    out: list[dict[str, Any]] = []
    for says, says_span in speakers:
        wholes: list[tuple[int, Column]] = []
        for column, figure, (start, end) in told:
            parent = next((i for i, w in wholes if w.harm == column.harm), None) if column.part else None
            if not column.part:
                wholes.append((len(out), column))
            out.append(
                {
                    "harm": column.harm, "who": column.who, "min": figure.min, "max": figure.max,
                    "approx": figure.approx, "says": says, "subset_of": parent, "text": text[start:end],
                    "span": [start, end], "word": figure.word, "undivided": column.undivided,
                    "says_span": list(says_span) if says_span else None, "sex": column.sex,
                    "age_group": column.age_group, "role": column.role,
                }
            )  # fmt: skip
    return out


def _figure(reading: _Reading, columns: Sequence[Column]) -> tuple[Column, Figure, Span] | None:
    """One figure from the columns that bound it: the value, or the least and the most; `best` only without these."""
    got: dict[str, tuple[Column, Figure]] = {}
    for column in columns:
        cell = reading.row.at(column.at)
        if cell.shared and not cells.is_blank(cell):
            reading.note(
                column, f"{cell.text!r} stands in a merged cell; it is counted in its first row only", "merged"
            )
            continue
        found = reading.read(column, cells.figure, None)
        if found is not None:
            if column.bound in got:
                reading.note(column, f"a second {column.bound} of the same people; not used", "second-figure")
                continue
            got[column.bound] = (column, found)
    if "min" in got or "max" in got:
        low = got["min"][1].min if "min" in got else None
        high = got["max"][1].max if "max" in got else None
        used = [got[b] for b in ("min", "max") if b in got]
        if low is not None and high is not None and low > high:
            reading.note(got["min"][0], f"the least, {low}, is above the most, {high}; neither is used")
            return None
        if low is None and high is None:
            return None
        spans = [reading.spans[c.at] for c, _ in used]
        return used[0][0], Figure(low, high), (min(s[0] for s in spans), max(s[1] for s in spans))
    pair = got.get("value") or got.get("best")
    return (pair[0], pair[1], reading.spans[pair[0].at]) if pair else None


def _victims(reading: _Reading) -> list[dict[str, Any]]:
    """The person or persons a row names. They never add to its figures."""
    named = _names(reading, "victim")
    age = _single(reading, "age", lambda c, _: cells.age(c))
    sex = _single(reading, "sex", lambda c, _: cells.sex(c))
    alone = len(named) == 1
    harm = next((c.harm for c in reading.map.of("figure")), "killed")
    if not named and (age is not None or sex is not None):
        column = (reading.map.of("age") or reading.map.of("sex"))[0]
        span = reading.spans.get(column.at, (0, 1))
        return [{"name": None, "age": age, "sex": sex, "role": None, "span": list(span), "incident": "a", "harm": harm}]
    return [
        {
            "name": name, "age": age if alone else None, "sex": sex if alone else None, "role": None,
            "span": list(span), "incident": "a", "harm": harm,
        }
        for name, span in named
    ]  # fmt: skip
