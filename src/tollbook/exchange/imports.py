"""A team's spreadsheet of years into a book: each row becomes claims whose source is file, sheet and row.

    import_sheet(book, Path("incidents.xlsx"), load_map(Path("map.yml")))

One transaction a row: again is a no-op, an interrupted import goes on. Rows that a map calls incidents stay apart
from each other (as decisions, which can be undone); they are linked with reports like any other telling.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from tollbook.book import Book, current_user
from tollbook.exchange.rowrecords import row_record
from tollbook.exchange.sheetmap import SheetMap, check_map, header_row
from tollbook.exchange.sheets import Sheet, open_sheet
from tollbook.model import Issue
from tollbook.store import load, report_key, schema
from tollbook.store.records import digest, dump, ground_record

ROUNDS = 12
"""Rounds of setting rows apart: each decision may let two others be joined, which the next round sets apart."""
ISSUES_TOLD = 10_000


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import did: rows added, rows known already, rows without anything mapped, figures, the issues met, and
    how many pairs of rows were set apart or joined as the map says."""

    rows: int
    known: int
    empty: int
    figures: int
    issues: tuple[Issue, ...]
    apart: int = 0
    same: int = 0


def import_sheet(
    book: Book,
    path: Path,
    mapping: Mapping[str, Any],
    *,
    user: str | None = None,
    tell: Callable[[str, int], None] | None = None,
    settle: bool = True,
) -> Imported:
    """Imports a spreadsheet (.xlsx, .csv) by a map (see `sheetmap`). The book must be open for writing.

    Raises UsageError for a wrong map, SourceError for a file that cannot be read or breaks off; rows before the break
    are in the book. With `settle`, rows that the map calls incidents are kept apart and rows of one `same` joined.
    """
    sheet = open_sheet(path, mapping.get("sheet"))
    checked = check_map(mapping, sheet)
    headers = {c.column: c.text for c in header_row(sheet, checked.header_row)}
    added = known = empty = figures = 0
    issues: list[Issue] = []
    taken: set[str] = set()
    keys: dict[str, str | None] = {}
    for row in sheet.rows():
        if row.number <= checked.header_row:
            continue
        made = row_record(row, checked, sheet.file, headers, taken)
        if made is None:
            empty += 1
            continue
        report_id = report_key(made.report.doc_id, made.report.text_sha256)
        grounded = ground_record(report_id, made.report.doc_id, made.report.text, made.record)
        stored = book.store.add_report(
            made.report, made_by=f"sheet {checked.name}", grounded=grounded, issues=made.issues
        )
        issues += [*made.issues, *grounded.issues][: max(0, ISSUES_TOLD - len(issues))]
        keys[report_id] = made.same
        if stored is None:
            known += 1
        else:
            added += 1
            figures += sum(c.kind == "figure" for c in grounded.claims)
        if tell is not None and (added + known) % 1000 == 0:
            tell("rows", added + known)
    apart = same = 0
    if settle and checked.rows == "incidents":
        apart, same = _settle(book, keys, sheet, checked, user or current_user(), tell)
    return Imported(added, known, empty, figures, tuple(issues), apart, same)


# --- rows are incidents ---------------------------------------------------------------------------


def _settle(
    book: Book,
    keys: Mapping[str, str | None],
    sheet: Sheet,
    mapping: SheetMap,
    user: str,
    tell: Callable[[str, int], None] | None,
) -> tuple[int, int]:
    """Decisions that hold rows to the map: one incident a value of `same`, or a row. Returns how many of each."""
    where = ", ".join(p for p in (mapping.name, mapping.sheet) if p)
    counts = {"apart": 0, "same": 0}
    asked: set[tuple[str, str]] = set()
    for _ in range(ROUNDS):
        book.refresh(tell)
        with book.store.read() as connection:
            mentions = _row_mentions(connection, keys)
            wanted = list(_wanted(connection, mentions, keys))
        fresh = [(kind, a, b) for kind, a, b in wanted if (a, b) not in asked]
        if not fresh:
            break
        asked.update((a, b) for _, a, b in fresh)
        why = {
            "same": f"rows of {where} with one value of the column that tells incidents",
            "apart": f"each row of {where} is an incident of its own (rows: incidents in the map)",
        }
        with book.store.read() as connection:
            rows = [_decision(connection, kind, a, b, why[kind], user) for kind, a, b in fresh]
        for row in rows:
            book.store.add_decision(row)
            counts[row["kind"]] += 1
    return counts["apart"], counts["same"]


def _row_mentions(connection: sa.Connection, keys: Mapping[str, str | None]) -> dict[str, tuple[str, str]]:
    """mention id -> (report id, incident id) of the live mentions of the rows."""
    table = schema.mentions
    out: dict[str, tuple[str, str]] = {}
    for batch in load.chunks(sorted(keys)):
        query = sa.select(table.c.mention_id, table.c.report_id, table.c.incident_id).where(
            table.c.report_id.in_(batch), table.c.live == 1
        )
        for mention_id, report_id, incident_id in connection.execute(query):
            if incident_id is not None:
                out[mention_id] = (report_id, incident_id)
    return out


def _wanted(
    connection: sa.Connection, mentions: Mapping[str, tuple[str, str]], keys: Mapping[str, str | None]
) -> Iterable[tuple[str, str, str]]:
    """The pairs of rows that stand otherwise than the map says: joined though apart, doubtful, or apart though same."""
    inside: dict[str, list[str]] = defaultdict(list)
    shared: dict[str, list[str]] = defaultdict(list)
    for mention_id, (report_id, incident_id) in mentions.items():
        inside[incident_id].append(mention_id)
        key = keys[report_id]
        if key is not None:
            shared[key].append(mention_id)

    def one(a: str, b: str) -> bool:
        key = keys[mentions[a][0]]
        return key is not None and key == keys[mentions[b][0]]

    for listed in shared.values():
        first = min(listed)
        for other in sorted(listed):
            if mentions[other][1] != mentions[first][1]:
                yield "same", first, other
    for listed in inside.values():
        for a, b in combinations(sorted(listed), 2):
            if not one(a, b):
                yield "apart", a, b
    table = schema.possible
    for a_incident, b_incident in connection.execute(sa.select(table.c.a, table.c.b)):
        for a in inside.get(a_incident, ()):
            for b in inside.get(b_incident, ()):
                if not one(a, b):
                    yield "apart", min(a, b), max(a, b)


def _decision(connection: sa.Connection, kind: str, a: str, b: str, why: str, user: str) -> dict[str, Any]:
    table = schema.claims
    anchors = []
    for mention_id in (a, b):
        row = connection.execute(
            sa.select(table).where(table.c.claim_id == mention_id).order_by(table.c.seq.desc()).limit(1)
        ).one()
        anchors.append(
            {"report_id": row.report_id, "kind": row.kind, "start": row.start, "end": row.end, "quote": row.quote}
        )
    return {
        "decision_id": digest("decision", kind, a, b, "import", json.dumps(anchors)),
        "kind": kind,
        "subjects": dump([a, b]),
        "value": dump({}),
        "anchors": dump(anchors),
        "why": why,
        "user": user,
    }
