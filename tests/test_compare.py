"""A book beside somebody else's catalogue: pairs, lone entries, tolls that differ, and each form it is shown in."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest

from book_reports import book_of_qasrin
from tollbook import charts
from tollbook.book import Book, init_book
from tollbook.errors import UsageError
from tollbook.exchange import compared, theirs
from tollbook.exchange.comparing import DIFFER, MEET, SAME, UNTOLD, compare, match, tolls
from tollbook.exchange.theirs import Catalogue, Entry, Toll, entry_mention, read_catalogue
from tollbook.export import write
from tollbook.export.values import Asked
from tollbook.redact import INSIDE

GED = (
    "id,type_of_violence,side_a,side_b,date_start,date_end,where_prec,where_coordinates,adm_1,adm_2,country,deaths_civilians,"
    "best,high,low"
)
IBC = "IBC code,Start Date,End Date,Time,Location,Target,Weapons,Reported Minimum,Reported Maximum,Sources"
ACLED = (
    "event_id_cnty,event_date,sub_event_type,actor1,actor2,country,admin1,admin2,admin3,location,latitude,longitude,notes,"
    "fatalities"
)


@pytest.fixture
def book(tmp_path: Path) -> Book:
    reports, records = book_of_qasrin()
    made = init_book(tmp_path / "war.toll")
    made.add_records(reports, records)
    return made


def lay(folder: Path, name: str, *lines: str) -> Path:
    path = folder / name
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def test_ged_rows_are_paired_by_day_place_and_toll(book: Book, tmp_path: Path) -> None:
    path = lay(
        tmp_path,
        "ged.csv",
        GED,
        "7,3,XX,Civilians,2021-03-01 00:00:00.000,2021-03-01 00:00:00.000,1,Qasrin,Marwan,,Iraq,14,14,14,14",
        "8,3,XX,Civilians,2021-03-01,2021-03-01,1,Farhat,Marwan,,Iraq,2,2,2,2",
        "9,3,XX,Civilians,2015-03-01,2015-03-01,1,Qasrin,Marwan,,Iraq,2,2,2,2",
    )
    found = compare(book, path)
    assert found.format == "ged"
    assert [(p.theirs[0].id, p.tolls) for p in found.pairs] == [("7", SAME)]
    assert [a.entry.places[0] for a in found.only_ours] == ["Telhama"]
    assert [a.entry.id for a in found.only_theirs] == ["8"]
    assert (found.outside, found.left_out) == (1, 1)
    assert any("same day" in why for why in found.pairs[0].reasons)
    assert not any("kind of act" in why for why in found.pairs[0].reasons)


def test_ibc_with_its_comment_lines_and_a_toll_that_differs(book: Book, tmp_path: Path) -> None:
    path = lay(
        tmp_path,
        "ibc.csv",
        *[f"# comment {n}" for n in range(11)],
        IBC,
        'k1,1 Mar 2021,1 Mar 2021,9 AM,"Qasrin, Marwan",market,car bomb,20,21,"A, B"',
    )
    found = compare(book, path)
    assert found.format == "ibc"
    (pair,) = found.pairs
    assert (pair.tolls, pair.theirs_killed.low, pair.theirs_killed.high) == (DIFFER, 20, 21)
    assert found.differing == (pair,)


def test_acled_zero_is_not_a_toll(tmp_path: Path) -> None:
    path = lay(
        tmp_path,
        "acled.csv",
        ACLED,
        "IRQ1,2021-03-01,Armed clash,Army,Rioters (X),Iraq,Marwan,,,Qasrin,1,1,They fought.,0",
    )
    (entry,) = read_catalogue(path).entries
    assert not entry.killed.told
    assert entry.actors == ("Army",)
    assert entry.type == "armed_clash"


def test_a_catalogue_that_is_not_known_needs_a_map(book: Book, tmp_path: Path) -> None:
    path = lay(tmp_path, "list.csv", "When,Where,Dead", "2021-03-01,Qasrin,14")
    with pytest.raises(UsageError, match="--map"):
        compare(book, path)
    mapping = {
        "columns": [
            {"column": "When", "is": "date"},
            {"column": "Where", "is": "place"},
            {"column": "Dead", "is": "figure", "harm": "killed"},
        ],
        "defaults": {"country": "IQ", "type": "bomb"},
    }
    assert [p.tolls for p in compare(book, path, mapping=mapping).pairs] == [SAME]
    with pytest.raises(UsageError, match="no catalogue"):
        compare(book, path, given="gtd")


def entry(key: str, start: str, end: str, low: int, high: int, place: str = "Qasrin") -> Entry:
    toll = Toll(low, None, high)
    act: dict[str, Any] = {
        "type": "bomb", "start": start, "end": end, "places": [place, "Marwan"], "country": "IQ", "quote": "",
    }  # fmt: skip
    return Entry(
        key, start, end, (place, "Marwan"), "IQ", "bomb", (), toll, entry_mention(int(key[1:]), key, act, toll)
    )


def test_rows_a_day_stand_with_the_incident_of_several_days() -> None:
    ours = [entry("o0", "2021-03-01", "2021-03-02", 10, 10)]
    rows = (entry("t0", "2021-03-01", "2021-03-01", 5, 5), entry("t1", "2021-03-02", "2021-03-02", 5, 5))
    found = match(ours, Catalogue("f", "acled", "rows", rows, ()))
    (pair,) = found.pairs
    assert [t.id for t in pair.theirs] == ["t0", "t1"]
    assert (pair.theirs_killed.low, pair.tolls) == (10, SAME)
    assert not found.only_theirs


@pytest.mark.parametrize(
    ("a", "b", "how"),
    [
        (Toll(3, 3, 3), Toll(3, 3, 3), SAME),
        (Toll(3, None, 8), Toll(8, 8, 8), MEET),
        (Toll(3, None, 8), Toll(9, 9, 9), DIFFER),
        (Toll(3, None, 3, True), Toll(9, 9, 9), MEET),
        (Toll(3, None, 3, True), Toll(1, None, 2), DIFFER),
        (Toll(), Toll(2, 2, 2), UNTOLD),
    ],
)
def test_how_tolls_stand(a: Toll, b: Toll, how: str) -> None:
    assert tolls(a, b) == tolls(b, a) == how


def test_every_form_shows_every_entry_and_runs_nothing(book: Book, tmp_path: Path) -> None:
    path = lay(
        tmp_path,
        "ged.csv",
        GED,
        "7,3,XX,Civilians,2021-03-01,2021-03-01,1,Qasrin,Marwan,,Iraq,14,14,14,14",
        '"=cmd|1",3,XX,Civilians,2021-03-01,2021-03-01,1,"<script>Far\u202ehat",Marwan,,Iraq,2,2,2,2',
    )
    found = compare(book, path)
    rows = list(csv.DictReader(io.StringIO(compared.as_csv(found).removeprefix("\ufeff"))))
    assert [r["where"] for r in rows] == ["both", "only ours", "only theirs"]
    assert rows[2]["theirs"] == "'=cmd|1"
    assert [json.loads(line)["where"] for line in compared.as_jsonl(found).splitlines()] == [r["where"] for r in rows]
    page = compared.as_html(found)
    assert "<script" not in page
    assert "\u202e" not in page
    assert "only theirs: 1" in page
    assert "Only theirs:" in compared.text(found)
    charts.save(compared.chart(found), tmp_path / "c.svg")
    assert "only theirs" in (tmp_path / "c.svg").read_text()


def test_the_data_of_the_formats_is_checked() -> None:
    theirs.check(theirs.formats())


@pytest.mark.parametrize("name", ["ged", "acled", "ibc"])
def test_a_book_beside_its_own_export_is_one_and_the_same(book: Book, tmp_path: Path, name: str) -> None:
    write(book, name, tmp_path / "own.csv", Asked(policy=INSIDE))
    found = compare(book, tmp_path / "own.csv")
    assert found.format == name
    assert not found.only_theirs
    assert {p.ours.places[0]: p.tolls for p in found.pairs} == {"Qasrin": SAME, "Telhama": SAME}
