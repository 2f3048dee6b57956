"""CSV, flat: one row a figure, an incident without figures one row, for Excel, R and pandas.

RFC 4180 with `\\r\\n`; UTF-8 with a byte-order mark, without which Excel takes UTF-8 for the local
code page (readr and pandas skip the mark; base R: `fileEncoding = "UTF-8-BOM"`).
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Iterator
from typing import Any, TextIO

from tollbook.model import Casualty, Incident, PlaceDetail, Record

Cell = str | int | float | None


def write_csv(records: Iterable[Record], stream: TextIO) -> None:
    """A header, then the rows of each record. A report without incidents has no row. Unknown is an empty cell."""
    stream.write("\ufeff")
    writer = csv.writer(stream, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for record in records:
        writer.writerows([cell(value) for value in row] for row in rows(record))


def rows(record: Record) -> Iterator[list[Cell]]:
    """The record's rows, in the order of COLUMNS."""
    tail = [of(record) for of in _TAIL.values()]
    for incident in record.incidents:
        figures: tuple[Casualty | None, ...] = incident.casualties or (None,)
        about = [of(record) for of in _RECORD.values()] + [of(incident) for of in _INCIDENT.values()]
        for number, figure in enumerate(figures):
            told = [None] * len(_FIGURE) if figure is None else [of(figure) for of in _FIGURE.values()]
            yield [*about, None if figure is None else number, *told, *tail]


def cell(value: Cell) -> Cell:
    """The value as a spreadsheet may safely open it: words on one line, and none of them a formula.

    A cell of text that begins with = + - @, a tab or a carriage return would be run as a formula (OWASP, "CSV
    Injection"): it gets a leading apostrophe. Numbers stay numbers.
    """
    if not isinstance(value, str):
        return value
    text = " ".join(value.replace("\0", "\ufffd").split())
    return f"'{text}" if value[:1] in _FORMULA or text[:1] in _FORMULA else text


# The full-width forms are what some spreadsheets fold to = + - @.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")


def _joined(values: Iterable[str]) -> str:
    return "; ".join(values)


def _first_place(value: Callable[[PlaceDetail], Cell]) -> Callable[[Incident], Cell]:
    """A value of the place that is named first, if it was resolved."""

    def of(incident: Incident) -> Cell:
        name = incident.places[0] if incident.places else None
        return next((value(detail) for detail in incident.place_details if detail.name == name), None)

    return of


_RECORD: dict[str, Callable[[Record], Any]] = {
    "doc_id": lambda r: r.doc_id,
    "outlet": lambda r: r.outlet,
    "title": lambda r: r.title,
    "published": lambda r: r.published and r.published.isoformat(),
    "published_basis": lambda r: r.published_basis,
}
_INCIDENT: dict[str, Callable[[Incident], Any]] = {
    "incident": lambda i: i.id,
    "type": lambda i: i.type,
    "status": lambda i: i.status,
    "scope": lambda i: i.scope,
    "parts": lambda i: _joined(i.parts),
    "acts": lambda i: i.acts,
    "start": lambda i: i.start and i.start.isoformat(),
    "end": lambda i: i.end and i.end.isoformat(),
    "date_precision": lambda i: i.date.precision,
    "date_basis": lambda i: i.date.basis,
    "date_of": lambda i: i.date.date_of,
    "places": lambda i: _joined(i.places),
    "lat": _first_place(lambda p: p.lat),
    "lon": _first_place(lambda p: p.lon),
    "radius_km": _first_place(lambda p: p.radius_km),
    "admin1": _first_place(lambda p: p.admin1),
    "admin2": _first_place(lambda p: p.admin2),
    "gazetteer_id": _first_place(lambda p: p.gazetteer_id),
    "country": lambda i: i.country,
    "perpetrators": lambda i: _joined(i.perpetrators),
    "perpetrators_are": lambda i: i.perpetrators_are,
    "perpetrator_basis": lambda i: _joined(detail.basis for detail in i.perpetrator_details),
    "perpetrator_says": lambda i: _joined(detail.says or "" for detail in i.perpetrator_details),
    "targets": lambda i: _joined(i.targets),
    "means": lambda i: _joined(means.name for means in i.means),
    "objects": lambda i: _joined(hit.name for hit in i.objects),
    "quote": lambda i: i.quote,
    "confidence": lambda i: i.confidence,
}
_FIGURE: dict[str, Callable[[Casualty], Any]] = {
    "harm": lambda c: c.harm,
    "undivided": lambda c: "true" if c.undivided else "false",
    "who": lambda c: c.who,
    "min": lambda c: c.min,
    "max": lambda c: c.max,
    "approx": lambda c: "true" if c.approx else "false",
    "word": lambda c: c.word,
    "says": lambda c: c.says,
    "subset_of": lambda c: c.subset_of,
    "sex": lambda c: c.sex,
    "age_group": lambda c: c.age_group,
    "role": lambda c: c.role,
    "figure_text": lambda c: c.text,
}
_TAIL: dict[str, Callable[[Record], Any]] = {
    "url": lambda r: r.url,
    "file": lambda r: r.file,
    "line": lambda r: r.line,
    "read_by": lambda r: f"machine: tollbook {r.made_with.version}, {r.made_with.extractor}",
}

COLUMNS = (*_RECORD, *_INCIDENT, "figure", *_FIGURE, *_TAIL)
