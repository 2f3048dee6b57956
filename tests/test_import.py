"""A team's spreadsheet into a book: cells, maps, hostile files, rows as claims, again and after an interruption."""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import time
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from conftest import Run
from tollbook.book import Book, init_book, open_book
from tollbook.errors import SourceError, UsageError
from tollbook.exchange import cells
from tollbook.exchange.imports import import_sheet
from tollbook.exchange.sheetmap import check_map, dump_map, load_map, propose
from tollbook.exchange.sheets import column_of, letter, open_sheet, plain, typed
from tollbook.review import decide

openpyxl = pytest.importorskip("openpyxl")

CASES = yaml.safe_load((Path(__file__).parent / "cases" / "sheet_cells.yml").read_text(encoding="utf-8"))


def read(kind: str, cell: Any, layout: str | None) -> object:
    if kind == "figure":
        found = cells.figure(cell)
        return None if found is None else [found.min, found.max]
    if kind == "days":
        told = cells.days(cell, layout)
        return None if told is None else [told.start.isoformat(), told.end.isoformat(), told.precision]
    if kind == "latitude":
        return cells.degrees(cell, 90)
    readers = {"type": lambda c: cells.code(c, "types"), "country": lambda c: cells.country(c.text), "age": cells.age}
    return readers.get(kind, cells.sex)(cell)  # type: ignore[no-untyped-call]


@pytest.mark.parametrize("case", CASES, ids=lambda c: f"{c['kind']}: {c['description']}")
def test_a_cell(case: dict[str, Any]) -> None:
    cell, expected = typed(0, case["input"]), case["expected"]
    if isinstance(expected, dict):
        with pytest.raises(cells.CellError) as told:
            read(case["kind"], cell, case.get("layout"))
        assert expected["error"] in str(told.value)
    else:
        assert read(case["kind"], cell, case.get("layout")) == expected


HEAD = ["ID", "Date", "Town", "Province", "Country", "Type", "Killed min", "Killed max", "Children killed", "Wounded",
        "Perpetrator", "Sources", "Description", "Contact phone"]  # fmt: skip
ROWS = [
    ["A1", dt.date(2016, 3, 12), "Aleppo", "Aleppo", "Syria", "air strike", 10, 12, 3, "at least 5", "Syrian army",
     "SANA; SOHR", "Jets hit a bread queue near the round square at noon", "0999"],
    ["A2", "13/03/2016", "Idlib", "Idlib", "Syria", "barrel bomb", 2, 2, None, "dozens", "unknown", None, "Men", "1"],
    ["A3", "13/03/2016", "Idlib", "Idlib", "Syria", "barrel bomb", 2, 2, None, "dozens", "unknown", None, "Too", "2"],
    ["A4", "31/02/2016", "Homs", "Homs", "Syria", "weird", "abc", None, None, None, "Jaysh\nal-Islam", None, None, ""],
]  # fmt: skip


def workbook(path: Path, *rows: list[Any], title: str = "Incidents") -> Path:
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = title
    for row in rows:
        sheet.append(row)
    book.save(path)
    return path


@pytest.fixture
def team(tmp_path: Path) -> Path:
    return workbook(tmp_path / "team.xlsx", ["Our list, since 2016"], [], HEAD, *ROWS)


@pytest.fixture
def book(tmp_path: Path) -> Book:
    return init_book(tmp_path / "war.toll")


def entry(data: dict[str, Any], column: str) -> dict[str, Any]:
    return next(c for c in data["columns"] if c.get("column") == column)


def test_the_proposed_map_says_what_it_guessed_and_why(team: Path, tmp_path: Path) -> None:
    sheet = open_sheet(team)
    data = propose(sheet)
    assert data["header_row"] == 3
    kinds = [c["is"] for c in data["columns"]]
    assert kinds == ["id", "date", "place", "place", "country", "type", "figure", "figure", "figure", "figure",
                     "perpetrators", "sources", "notes", "drop"]  # fmt: skip
    assert entry(data, "Date")["layout"] == "dmy"
    assert entry(data, "Killed max")["bound"] == "max"
    assert entry(data, "Children killed")["part"] is True
    assert entry(data, "Type")["values"] == {"weird": "other"}
    assert all(c["why"] for c in data["columns"])
    (tmp_path / "map.yml").write_text(dump_map(data, sheet))
    assert load_map(tmp_path / "map.yml")["columns"] == data["columns"]
    check_map(data, sheet)


def test_days_that_may_be_either_are_left_open(tmp_path: Path, book: Book) -> None:
    path = workbook(tmp_path / "t.xlsx", ["Date", "Place", "Killed"], ["03/04/2016", "Homs", 3])
    data = propose(open_sheet(path))
    assert entry(data, "Date")["layout"] is None
    assert "dmy or mdy" in entry(data, "Date")["why"]
    done = import_sheet(book, path, data)
    assert "column A (Date)" in done.issues[0].message
    assert "layout" in done.issues[0].message
    assert book.incidents()[0].start is None


def test_rows_become_claims_that_point_at_their_cells(team: Path, book: Book) -> None:
    done = import_sheet(book, team, propose(open_sheet(team)))
    assert (done.rows, done.known) == (4, 0)
    first, *_ = book.incidents()
    assert (first.start, first.places, first.country, first.type) == ("2016-03-12", ("Aleppo",), "SY", "air_strike")
    assert (first.range("killed"), first.range("injured")) == ("10 to 12", "5+")
    detail = book.incident(first.id)
    told = detail.state.told[0]
    assert told.doc_id == "team.xlsx, Incidents, A1"
    report = next(r for r in book.reports() if r.doc_id == told.doc_id)
    assert report.extra == {"file": "team.xlsx", "sheet": "Incidents", "row": 4}
    for figure in detail.state.figures:
        words = report.text[figure.span[0] : figure.span[1]]
        assert words in ("10\nKilled max: 12", "3", "at least 5")
    assert {v.name for v in detail.state.voices} >= {"SANA"}
    assert "0999" not in report.text
    child = [f for f in detail.state.figures if f.age == "child"]
    assert child
    assert all(f.subset_of for f in child)


def test_a_cell_that_cannot_be_read_names_its_place_and_what_is_allowed(team: Path, book: Book) -> None:
    done = import_sheet(book, team, propose(open_sheet(team)))
    told = [i.message for i in done.issues]
    assert any("team.xlsx, sheet Incidents, row 7, column B (Date): '31/02/2016'" in m for m in told)
    assert any("row 7, column G (Killed min): 'abc'" in m and "allowed: 12, 10-12" in m for m in told)
    homs = next(i for i in book.incidents() if i.places == ("Homs",))
    assert homs.start is None
    assert homs.killed == "-"
    assert homs.perpetrators == ("Jaysh al-Islam",)


def test_again_is_a_no_op_and_rows_stay_apart(team: Path, book: Book) -> None:
    mapping = propose(open_sheet(team))
    done = import_sheet(book, team, mapping)
    assert done.apart >= 1  # A2 and A3 look alike
    before = book.incidents()
    assert len(before) == 4
    again = import_sheet(book, team, mapping)
    assert (again.rows, again.known, again.figures, again.apart) == (0, 4, 0, 0)
    assert book.incidents() == before


def test_as_reports_alike_rows_are_linked(team: Path, book: Book) -> None:
    import_sheet(book, team, {**propose(open_sheet(team)), "rows": "reports"})
    assert len(book.incidents()) == 3


def test_rows_of_one_incident_number_are_one_incident(tmp_path: Path, book: Book) -> None:
    path = workbook(
        tmp_path / "t.xlsx", ["Incident ID", "Date", "Place", "Source", "Killed"],
        ["7", dt.date(2016, 3, 1), "Homs", "Reuters", 3], ["7", dt.date(2016, 3, 2), "Talbiseh", "AFP", 5],
        ["8", dt.date(2016, 3, 1), "Homs", "AFP", 3],
    )  # fmt: skip
    data = propose(open_sheet(path))
    assert data["columns"][0]["is"] == "same"
    done = import_sheet(book, path, data)
    assert done.same == 1
    assert sorted(i.killed for i in book.incidents()) == ["3", "3 to 5"]


def test_an_interrupted_import_goes_on(team: Path, book: Book, monkeypatch: pytest.MonkeyPatch) -> None:
    mapping, store = propose(open_sheet(team)), book.store
    kept = store.add_report
    seen: list[str] = []

    def fails(report: Any, **more: Any) -> Any:
        if len(seen) == 2:
            raise KeyboardInterrupt
        seen.append(report.doc_id)
        return kept(report, **more)

    monkeypatch.setattr(store, "add_report", fails)
    with pytest.raises(KeyboardInterrupt):
        import_sheet(book, team, mapping)
    monkeypatch.undo()
    done = import_sheet(book, team, mapping)
    assert (done.rows, done.known) == (2, 2)


def test_a_row_that_moves_keeps_its_decisions_where_it_has_an_id(team: Path, book: Book, tmp_path: Path) -> None:
    mapping = propose(open_sheet(team))
    import_sheet(book, team, mapping)
    aleppo = book.incidents(place="Aleppo")[0].id
    decide(book, "accept", aleppo, why="read against the list")
    workbook(team, ["Our list, since 2016"], [], HEAD, *reversed(ROWS))
    done = import_sheet(book, team, mapping)
    assert (done.rows, done.known) == (0, 4)
    assert book.incidents(place="Aleppo")[0].review == "reviewed"


def test_two_bounds_two_names_and_places(tmp_path: Path, book: Book) -> None:
    path = workbook(
        tmp_path / "t.xlsx",
        ["Date", "Town", "Country", "Killed min", "Killed max", "Perpetrators", "Victim name", "Age"],
        ["2016-03-01", "Homs", "SY", 9, 4, "Group Ax; Group Bx", "Person Onlyhere", 9],
    )  # fmt: skip
    done = import_sheet(book, path, propose(open_sheet(path)))
    assert any("the least, 9, is above the most, 4" in i.message for i in done.issues)
    (found,) = book.incidents()
    assert found.killed == "-"
    assert found.perpetrators == ("Group Ax", "Group Bx")
    (record,) = book.records()
    assert [(v["name"], v["age"]) for v in record["victims"]] == [("Person Onlyhere", 9)]
    place = record["incidents"][0]["place_details"][0]
    assert place["gazetteer_id"]
    assert round(place["lat"]) == 35


# --- hostile files --------------------------------------------------------------------------------


def test_formulas_errors_line_breaks_and_direction_marks(tmp_path: Path, book: Book) -> None:
    path = workbook(
        tmp_path / "t.xlsx", ["Date", "Place", "Killed", "Notes"],
        ["2016-03-01", "Ho\nms\t\u202e", "=1+1", '=HYPERLINK("http://x.example","y")'],
        ["2016-03-02", "#REF!", 3, None],
    )  # fmt: skip
    sheet = open_sheet(path)
    data = propose(sheet)
    done = import_sheet(book, path, data)
    assert any("column C (Killed): a formula whose value was never saved" in i.message for i in done.issues)
    assert {p for i in book.incidents() for p in i.places} == {"Ho ms"}
    assert all("\u202e" not in r.text and "HYPERLINK" not in r.text for r in book.reports())


def test_merged_cells_are_shared_but_their_figures_counted_once(tmp_path: Path, book: Book) -> None:
    made = openpyxl.Workbook()
    sheet = made.active
    for row in (
        ["Date", "Place", "Killed"],
        [dt.date(2016, 3, 1), "Homs", 6],
        [None, "Hama", None],
        [None, "Idlib", None],
    ):
        sheet.append(row)
    sheet.merge_cells("A2:A4")
    sheet.merge_cells("C2:C4")
    made.save(tmp_path / "m.xlsx")
    done = import_sheet(book, tmp_path / "m.xlsx", propose(open_sheet(tmp_path / "m.xlsx")))
    found = {i.places[0]: (i.start, i.killed) for i in book.incidents()}
    assert found == {"Homs": ("2016-03-01", "6"), "Hama": ("2016-03-01", "-"), "Idlib": ("2016-03-01", "-")}
    assert sum(i.code == "merged" for i in done.issues) == 2


def test_a_cell_in_the_last_row_does_not_stop_the_reading(tmp_path: Path, book: Book) -> None:
    made = openpyxl.Workbook()
    sheet = made.active
    sheet.append(["Date", "Place", "Killed"])
    sheet.append(["2016-03-01", "Homs", 6])
    sheet.cell(1_048_576, 1, "2016-03-02")
    sheet.cell(3, 16_384, "far")
    made.save(tmp_path / "far.xlsx")
    began = time.monotonic()
    data = propose(open_sheet(tmp_path / "far.xlsx"))
    done = import_sheet(book, tmp_path / "far.xlsx", data)
    assert done.rows == 2
    assert time.monotonic() - began < 120


def test_files_that_are_no_spreadsheet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.xlsx").write_bytes(b"PK\x03\x04 nothing")
    with pytest.raises(SourceError, match=r"a\.xlsx: not a workbook"):
        open_sheet(tmp_path / "a.xlsx")
    (tmp_path / "b.pdf").write_bytes(b"%PDF-")
    with pytest.raises(UsageError, match=r"\.xlsx, \.xlsm, \.csv"):
        open_sheet(tmp_path / "b.pdf")
    with pytest.raises(SourceError):
        open_sheet(tmp_path / "none.csv")
    workbook(tmp_path / "bomb.xlsx", ["x"])
    monkeypatch.setattr("tollbook.exchange.sheets.MAX_UNPACKED", 100)
    with pytest.raises(SourceError, match="unpacks to more than"):
        open_sheet(tmp_path / "bomb.xlsx")


def test_csv_in_an_old_encoding_with_semicolons(tmp_path: Path, book: Book) -> None:
    (tmp_path / "t.csv").write_bytes("Date;Place;Killed\r\n2016-03-01;Orléans;3\r\n".encode("cp1252"))
    data = propose(open_sheet(tmp_path / "t.csv"))
    import_sheet(book, tmp_path / "t.csv", data)
    assert book.incidents()[0].places == ("Orléans",)
    assert next(book.reports()).doc_id == "t.csv, row 2"


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"colums": []}, "no such key"),
        ({"rows": "events"}, "incidents, reports"),
        ({"columns": [{"column": "Nope", "is": "date"}]}, "no column has this header"),
        ({"columns": [{"column": "Date", "is": "day"}]}, "allowed: id"),
        ({"columns": [{"column": "Date", "is": "date", "layout": "ddmm"}]}, "dmy, mdy, ymd"),
        ({"columns": [{"column": "Town", "is": "place"}, {"at": "C", "is": "place"}]}, "named twice"),
        ({"columns": [{"column": "Type", "is": "type", "values": {"x": "bombing"}}]}, "allowed: armed_clash"),
        ({"columns": [{"column": "Description", "is": "notes"}]}, "nothing would be read"),
        ({"defaults": {"country": "Atlantis"}}, "not a country"),
    ],
)
def test_a_wrong_map_is_told(team: Path, change: dict[str, Any], told: str) -> None:
    sheet = open_sheet(team)
    with pytest.raises(UsageError, match=told):
        check_map({**propose(sheet), **change}, sheet)


@settings(max_examples=300, deadline=None)
@given(st.one_of(st.text(max_size=60), st.integers(), st.floats(), st.dates(), st.booleans(), st.none()))
def test_no_cell_breaks_a_reader(value: object) -> None:
    cell = typed(0, value)
    assert plain(cell.text) == cell.text
    for kind in ("figure", "days", "type", "country", "age", "sex", "latitude"):
        for layout in (None, "dmy"):
            with contextlib.suppress(cells.CellError):
                found = read(kind, cell, layout)
                if kind == "figure" and isinstance(found, list):
                    low, high = found
                    assert low is None or high is None or 0 <= low <= high


@settings(max_examples=100, deadline=None)
@given(st.lists(st.sampled_from(["0", "7", "12", "-", "/", "+", ".", " ", "to", "about", "March", "2016"]), max_size=9))
def test_no_mixture_of_number_words_breaks_a_reader(words: list[str]) -> None:
    cell = typed(0, "".join(words))
    for kind in ("figure", "days"):
        with contextlib.suppress(cells.CellError):
            read(kind, cell, "dmy")


def test_letters_of_columns() -> None:
    assert [letter(n) for n in (0, 25, 26, 701, 702)] == ["A", "Z", "AA", "ZZ", "AAA"]
    assert all(column_of(letter(n)) == n for n in range(2000))


def test_the_words_of_headers_are_checked() -> None:
    cells.check(cells.words())


def test_the_command(team: Path, tmp_path: Path, run: Run) -> None:
    run("init", tmp_path / "w.toll")
    out = run("import", tmp_path / "w.toll", team, "--propose-map", tmp_path / "map.yml")
    assert "Killed min: figure" in out
    assert "4 rows added" in run("import", tmp_path / "w.toll", team, "--map", tmp_path / "map.yml", status=1)
    assert "0 rows added, 4 known" in run("import", tmp_path / "w.toll", team, "--map", tmp_path / "map.yml", status=1)
    assert "--propose-map" in run("import", tmp_path / "w.toll", team, status=2)
    with open_book(tmp_path / "w.toll") as opened:
        assert json.dumps([i.id for i in opened.incidents()])
