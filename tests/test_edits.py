"""An exported workbook, edited by hand, comes back as decisions: shown first, written with a reason, no conflicts."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from book_reports import act, book_of_qasrin, figure, record, report
from conftest import Run
from tollbook.book import Book, init_book
from tollbook.errors import UsageError
from tollbook.exchange.edits import conflicts, read_edits, text, write_edits
from tollbook.export import write
from tollbook.export.values import Asked
from tollbook.redact import INSIDE
from tollbook.review import decide, history

openpyxl = pytest.importorskip("openpyxl")


@pytest.fixture
def book(tmp_path: Path) -> Iterator[Book]:
    reports, records = book_of_qasrin()
    with init_book(tmp_path / "war.toll") as made:
        made.add_records(reports, records)
        yield made


@pytest.fixture
def exported(book: Book, tmp_path: Path) -> Path:
    write(book, "xlsx", tmp_path / "war.xlsx", Asked(policy=INSIDE))
    return tmp_path / "war.xlsx"


def id_of(book: Book, place: str) -> str:
    return next(i.id for i in book.incidents() if i.places[0] == place)


def edit(path: Path, sheet: str, change: Callable[[dict[str, Any]], dict[str, Any] | None]) -> None:
    """Changes rows of a sheet as a person would: `change` gets a row by header and returns new cells."""
    made = openpyxl.load_workbook(path)
    rows = made[sheet]
    headers = [c.value for c in rows[1]]
    for number in range(2, rows.max_row + 1):
        row = {h: rows.cell(number, n).value for n, h in enumerate(headers, 1)}
        for header, value in (change(row) or {}).items():
            if header not in headers:
                headers.append(header)
                rows.cell(1, len(headers), header)
            rows.cell(number, headers.index(header) + 1, value)
    made.save(path)


def on(key: str, **cells: Any) -> Callable[[dict[str, Any]], dict[str, Any] | None]:
    return lambda row: cells if row["id"] == key else None


def test_an_untouched_workbook_asks_for_nothing(book: Book, exported: Path) -> None:
    plan = read_edits(book, exported)
    assert (plan.edits, plan.left) == ((), ())
    edit(exported, "incidents", lambda row: None)  # opened and saved again
    assert read_edits(book, exported).edits == ()


def test_what_changed_is_shown_old_to_new_and_written_with_a_reason(book: Book, exported: Path) -> None:
    qasrin, telhama = id_of(book, "Qasrin"), id_of(book, "Telhama")
    edit(exported, "incidents", on(qasrin, type="shelling", start="2021-02-28", places="Old Qasrin; Marwan"))
    edit(
        exported, "incidents", on(telhama, status_of_review="reviewed", perpetrators="The Ninth Brigade", why="a film")
    )
    with pytest.raises(UsageError, match="--why"):
        read_edits(book, exported)
    plan = read_edits(book, exported, why="read against the list")
    told = text(plan)
    assert f"{qasrin[:10]}  correct type: bomb -> shelling" in told
    assert "start: 2021-03-01 -> 2021-02-28..2021-03-01" in told
    assert "Gunmen -> The Ninth Brigade" in told
    assert book.incident(qasrin).state.card.type == "bomb"  # shown, not written
    write_edits(book, plan, user="anna")
    card = book.incident(qasrin).state.card
    assert (card.type, card.start, card.end, card.places) == (
        "shelling",
        "2021-02-28",
        "2021-03-01",
        ("Old Qasrin", "Marwan"),
    )
    state = book.incident(telhama).state
    assert state.review == "reviewed"
    assert [p.name for p in state.card.perpetrators] == ["The Ninth Brigade"]
    reasons = {line.decision.why for line in history(book)}
    assert reasons == {"read against the list", "a film"}
    assert {line.decision.user for line in history(book)} == {"anna"}


def test_again_is_a_no_op(book: Book, exported: Path) -> None:
    edit(exported, "incidents", on(id_of(book, "Qasrin"), type="shelling"))
    write_edits(book, read_edits(book, exported, why="w"))
    assert read_edits(book, exported, why="w").writable == ()
    assert len(history(book)) == 1


def test_figures_are_corrected_on_their_claims_not_on_ranges(book: Book, exported: Path) -> None:
    claim = next(f for f in book.incident(id_of(book, "Telhama")).state.figures)
    edit(exported, "claims", on(claim.claim_id, min=4, max=5, who="unknown"))
    edit(exported, "incidents", on(id_of(book, "Qasrin"), killed_low=1, quote="something else"))
    plan = read_edits(book, exported, why="w")
    assert [(e.was, e.now) for e in plan.edits] == [("3..3 civilian", "4..5 unknown")]
    assert sum("is computed" in line for line in plan.left) == 2
    write_edits(book, plan)
    assert next(i.killed for i in book.incidents() if i.places[0] == "Telhama") == "4 to 5"


def test_rejecting_a_claim_and_an_incident(book: Book, exported: Path) -> None:
    qasrin, telhama = id_of(book, "Qasrin"), id_of(book, "Telhama")
    claim = next(f for f in book.incident(qasrin).state.figures if f.low == 9)
    edit(exported, "claims", on(claim.claim_id, counts="reject"))
    edit(exported, "incidents", on(telhama, status_of_review="Rejected"))
    write_edits(book, read_edits(book, exported, why="w"))
    assert telhama not in {i.id for i in book.incidents()}
    assert claim.claim_id not in {f.claim_id for f in book.incident(qasrin).state.figures}
    assert read_edits(book, exported, why="w").edits == ()


def test_what_changed_since_the_export_is_named_and_not_overwritten(book: Book, exported: Path) -> None:
    qasrin, telhama = id_of(book, "Qasrin"), id_of(book, "Telhama")
    decide(book, "correct", qasrin, why="seen on site", user="bert", value={"field": "type", "type": "grenade"})
    edit(exported, "incidents", on(qasrin, type="shelling"))
    edit(exported, "incidents", on(telhama, type="bomb"))
    plan = read_edits(book, exported, why="w")
    (missed,) = conflicts(plan)
    assert missed.incident == qasrin
    assert "correct by bert" in str(missed.conflict)
    assert "seen on site" in str(missed.conflict)
    assert "CONFLICT type: bomb -> shelling is not written: changed since the export to type grenade" in text(plan)
    write_edits(book, plan)
    assert book.incident(qasrin).state.card.type == "grenade"
    assert book.incident(telhama).state.card.type == "bomb"


def test_a_report_that_came_since_is_a_conflict(book: Book, exported: Path) -> None:
    qasrin = id_of(book, "Qasrin")
    sentence = "A car bomb tore through the vegetable market of Qasrin on Monday, killing 14 people, the morgue said."
    more = report("later", "Qasrin", sentence, "Daily Z")
    book.add_records(
        [more], [record("later", "2021-03-04", act("a", sentence, figure("14 people", 14, 14, says="morgue")))]
    )
    edit(exported, "incidents", on(qasrin, type="shelling", status_of_review="reviewed"))
    plan = read_edits(book, exported, why="w")
    assert [e.kind for e in plan.writable] == ["correct"]
    (missed,) = conflicts(plan)
    assert missed.kind == "accept"
    assert "report later was read" in str(missed.conflict)


def test_cells_that_cannot_be_decided_are_named(book: Book, exported: Path) -> None:
    qasrin = id_of(book, "Qasrin")
    edit(exported, "incidents", on(qasrin, type="zzz", status_of_review="maybe"))
    claim = book.incident(qasrin).state.figures[0]
    edit(exported, "claims", on(claim.claim_id, min="lots", words="other words"))
    plan = read_edits(book, exported, why="w")
    assert plan.edits == ()
    told = "\n".join(plan.left)
    assert "names none of the codes" in told
    assert "allowed: reviewed, rejected" in told
    assert "words" in told
    assert "is what the report says" in told


def test_rows_may_be_sorted_and_new_rows_are_left(book: Book, exported: Path) -> None:
    made = openpyxl.load_workbook(exported)
    sheet = made["incidents"]
    listed = [[c.value for c in row] for row in sheet.iter_rows(min_row=2)]
    for number, row in enumerate(reversed(listed), 2):
        for column, value in enumerate(row, 1):
            sheet.cell(number, column).value = value
    sheet.cell(len(listed) + 2, 3, "2021-05-05")
    made.save(exported)
    plan = read_edits(book, exported, why="w")
    assert plan.edits == ()
    assert any("a row without an id" in line for line in plan.left)


def test_a_redacted_workbook_cannot_move_places(book: Book, tmp_path: Path) -> None:
    write(book, "xlsx", tmp_path / "out.xlsx")
    assert read_edits(book, tmp_path / "out.xlsx").edits == ()
    edit(tmp_path / "out.xlsx", "incidents", on(id_of(book, "Qasrin"), places="Elsewhere", type="shelling"))
    plan = read_edits(book, tmp_path / "out.xlsx", why="w")
    assert any("--inside" in line for line in plan.left)


def test_other_workbooks_are_refused(book: Book, tmp_path: Path) -> None:
    openpyxl.Workbook().save(tmp_path / "other.xlsx")
    with pytest.raises(UsageError, match="not a workbook that"):
        read_edits(book, tmp_path / "other.xlsx")
    write(book, "xlsx", tmp_path / "past.xlsx", replace(Asked(policy=INSIDE), as_of="2099-01-01"))
    with pytest.raises(UsageError, match="past day"):
        read_edits(book, tmp_path / "past.xlsx")


def test_the_command(book: Book, exported: Path, tmp_path: Path, run: Run) -> None:
    qasrin = id_of(book, "Qasrin")
    edit(exported, "incidents", on(qasrin, type="shelling"))
    book.close()

    war = tmp_path / "war.toll"
    assert "1 would be written" in run("import", war, exported, "--decisions")
    assert "needs a reason" in run("import", war, exported, "--decisions", "--yes", status=2)
    assert "1 decisions written" in run("import", war, exported, "--decisions", "--yes", "--why", "seen")
    assert "no cell was changed" in run("import", war, exported, "--decisions")
