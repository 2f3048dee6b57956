"""`tollbook check`: files of the formats, ours and theirs; each seeded fault is found where it stands."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from tollbook.cli.app import app
from tollbook.errors import SourceError, UsageError
from tollbook.export import acled, ged, ibc
from tollbook.export.validate import SHAPES, check_file
from tollbook.export.validate.values import integer, number, stamp, worded

CASES = yaml.safe_load((Path(__file__).parent / "cases" / "check.yml").read_text(encoding="utf-8"))

# Rows in our own words, in the shape in which the catalogues publish theirs.
ROWS: dict[str, dict[str, str]] = {
    "ged": {
        "id": "4711", "relid": "ETH-2010-1-9041-1", "year": "2010", "active_year": "1", "code_status": "Clear",
        "type_of_violence": "1", "conflict_dset_id": "333", "conflict_new_id": "333",
        "conflict_name": "Ethiopia: Ogaden", "dyad_dset_id": "406", "dyad_new_id": "406",
        "dyad_name": "Government of Ethiopia - ONLF", "side_a_dset_id": "116", "side_a_new_id": "116",
        "side_a": "Government of Ethiopia", "side_b_dset_id": "291", "side_b_new_id": "291", "side_b": "ONLF",
        "number_of_sources": "1", "source_article": "A paper,2010-05-14,Fighting near a town",
        "source_office": "A paper", "source_date": "2010-05-14", "source_headline": "Fighting near a town",
        "source_original": "residents", "where_prec": "1", "where_coordinates": "Degehabur town",
        "where_description": "outside the town", "adm_1": "Somali region", "adm_2": "Degehabur zone",
        "latitude": "8.21972", "longitude": "43.5675", "geom_wkt": "POINT (43.567500 8.219720)",
        "priogrid_gid": "141568", "country": "Ethiopia", "country_id": "530", "region": "Africa",
        "event_clarity": "1", "date_prec": "1", "date_start": "2010-05-13 00:00:00.000",
        "date_end": "2010-05-13 00:00:00.000", "deaths_a": "0", "deaths_b": "3", "deaths_civilians": "0",
        "deaths_unknown": "0", "best": "3", "high": "5", "low": "3", "gwnoa": "530", "gwnob": "",
    },
    "acled": {
        "event_id_cnty": "IRQ90123", "event_date": "2021-03-13", "year": "2021", "time_precision": "1",
        "disorder_type": "Political violence", "event_type": "Battles", "sub_event_type": "Armed clash",
        "actor1": "A Rebel Front", "assoc_actor_1": "", "inter1": "Rebel group",
        "actor2": "Military Forces of Iraq (2020-)", "assoc_actor_2": "", "inter2": "State forces",
        "interaction": "State forces-Rebel group", "civilian_targeting": "", "iso": "368", "region": "Middle East",
        "country": "Iraq", "admin1": "Ninewa", "admin2": "Mosul", "admin3": "", "location": "A village",
        "latitude": "36.3351", "longitude": "43.1189", "geo_precision": "2", "source": "A paper; A monitor",
        "source_scale": "National", "notes": "Fighters and soldiers exchanged fire.", "fatalities": "2", "tags": "",
        "timestamp": "1615900000",
    },
    "ibc": {
        "IBC code": "k2345", "Start Date": "5 Jan 2006", "End Date": "5 Jan 2006", "Time": "7:30 AM onwards",
        "Location": "a market in Karbala", "Target": "shoppers", "Weapons": "suicide bomb", "Reported Minimum": "3",
        "Reported Maximum": "5", "Sources": "A paper 05 Jan; An agency 06 Jan",
    },
}  # fmt: skip
COLUMNS = {"ged": ged.tables().columns, "acled": acled.tables().columns, "ibc": tuple(ibc.tables()["columns"])}


def text(name: str, *rows: dict[str, str], columns: Any = None, delimiter: str = ",", before: str = "") -> str:
    listed = columns or COLUMNS[name]
    out = io.StringIO()
    writer = csv.writer(out, delimiter=delimiter, lineterminator="\r\n")
    writer.writerow(listed)
    for row in rows:
        writer.writerow([row.get(c, "") for c in listed])
    return before + out.getvalue()


def found(tmp_path: Path, name: str, told: str | bytes) -> list[tuple[int, str]]:
    path = tmp_path / "file"
    path.write_bytes(told if isinstance(told, bytes) else told.encode("utf-8"))
    return [(f.line, f.column) for f in check_file(path, name).faults]


@pytest.mark.parametrize("case", [pytest.param(c, id=c["description"]) for c in CASES])
def test_seeded_faults_are_found_and_nothing_else(case: dict[str, Any], tmp_path: Path) -> None:
    name = case["format"]
    changed = {**ROWS[name], **case["input"]}
    assert set(changed) == set(COLUMNS[name])
    assert found(tmp_path, name, text(name, changed)) == [(2, c) for c in case["expected"]]


@pytest.mark.parametrize("name", ROWS)
def test_headers_and_rows(name: str, tmp_path: Path) -> None:
    row, columns = ROWS[name], list(COLUMNS[name])
    key = columns[0]
    other = {**row, key: row[key][:-1] + "8"}
    fine = text(name, row)
    assert found(tmp_path, name, fine) == []
    assert found(tmp_path, name, "\ufeff" + fine) == []
    assert found(tmp_path, name, text(name, row, delimiter=";")) == []
    assert found(tmp_path, name, fine.replace("\r\n", "\n")) == []
    assert found(tmp_path, name, text(name)) == []
    swapped = [columns[0], columns[2], columns[1], *columns[3:]]
    assert found(tmp_path, name, text(name, row, columns=swapped)) == [(1, columns[2])]
    assert found(tmp_path, name, text(name, row, columns=columns[:3] + columns[4:])) == [(1, columns[3])]
    assert found(tmp_path, name, text(name, row, columns=[*columns, "extra"])) == [(1, "extra")]
    assert found(tmp_path, name, text(name, row, columns=[*columns, columns[1]])) == [(1, columns[1])]
    assert found(tmp_path, name, text(name, row, row)) == [(3, key)]
    assert found(tmp_path, name, text(name, row, other)) == [(3, key)]
    assert found(tmp_path, name, fine + "a,b\r\n") == [(3, "-")]
    assert found(tmp_path, name, fine.partition("\r\n")[2]) == [(1, "-")]
    assert found(tmp_path, name, "x,y\r\n1,2\r\n") == [(1, "-")]
    assert found(tmp_path, name, "") == [(1, "-")]
    assert (1, "-") in found(tmp_path, name, fine.replace(columns[1], "\0" + columns[1]))
    assert found(tmp_path, name, fine.encode() + text(name, other).partition("\r\n")[2].encode("cp1252") + b"\xff")


def test_lines_are_those_of_the_file_where_cells_hold_line_breaks(tmp_path: Path) -> None:
    one = {**ROWS["ged"], "source_headline": "a\r\nb\r\nc"}
    two = {**ROWS["ged"], "id": "4712", "low": "9", "adm_2": "other"}
    assert found(tmp_path, "ged", text("ged", one, two)) == [(5, "low")]


def test_comment_lines_of_ibc(tmp_path: Path) -> None:
    eleven = "".join(f'"line {n}, of comment\r\n' for n in range(11))
    bad = {**ROWS["ibc"], "Reported Minimum": "9"}
    assert found(tmp_path, "ibc", text("ibc", ROWS["ibc"], before=eleven)) == []
    assert found(tmp_path, "ibc", text("ibc", bad, before=eleven)) == [(13, "Reported Minimum")]
    assert found(tmp_path, "ibc", text("ibc", ROWS["ibc"], before="one\r\n")) == [(1, "-")]
    assert found(tmp_path, "ged", text("ged", ROWS["ged"], before="one\r\n")) == [(1, "-")]


def test_optional_columns_of_acled_may_lack(tmp_path: Path) -> None:
    columns = [c for c in COLUMNS["acled"] if c not in ("admin3", "tags", "timestamp")]
    assert found(tmp_path, "acled", text("acled", ROWS["acled"], columns=columns)) == []
    more = [*COLUMNS["acled"], "population_best"]
    assert found(tmp_path, "acled", text("acled", ROWS["acled"], columns=more)) == []


FEATURE = {
    "type": "Feature", "id": "a", "geometry": {"type": "Point", "coordinates": [43.5, 8.2]},
    "properties": {"killed_low": 3, "killed_best": None, "killed_high": 5, "start": "2021-03-01", "end": "2021-03-02",
                   "radius_km": 4.0, "where_prec": 1},
}  # fmt: skip


def collection(*features: Any, **more: Any) -> str:
    listed = ",\n".join(json.dumps(f) for f in features)
    head = json.dumps({"type": "FeatureCollection", **more})[:-1]
    return f'{head}, "features": [\n{listed}\n]}}'


@pytest.mark.parametrize(
    ("change", "column"),
    [
        ({}, None),
        ({"geometry": None}, None),
        ({"geometry": {"type": "Polygon", "coordinates": [[[0, 0], [1, 0], [1, 1], [0, 0]]]}}, None),
        ({"geometry": {"type": "Point", "coordinates": [0, 0]}}, "coordinates"),
        ({"geometry": {"type": "Point", "coordinates": [8.2, 143.5]}}, "coordinates"),
        ({"geometry": {"type": "Point", "coordinates": ["8", "43"]}}, "coordinates"),
        ({"geometry": {"type": "Point", "coordinates": []}}, "coordinates"),
        ({"geometry": {"type": "Pin", "coordinates": [1, 2]}}, "geometry"),
        ({"type": "feature"}, "type"),
        ({"properties": []}, "properties"),
        ({"properties": {"killed_low": 6, "killed_high": 5}}, "killed_low"),
        ({"properties": {"killed_low": 1, "killed_best": 9, "killed_high": 5}}, "killed_best"),
        ({"properties": {"killed_low": 1.5}}, "killed_low"),
        ({"properties": {"killed_low": True}}, "killed_low"),
        ({"properties": {"start": "2021-03-02", "end": "2021-03-01"}}, "end"),
        ({"properties": {"start": "soon"}}, "start"),
        ({"properties": {"radius_km": -1}}, "radius_km"),
        ({"properties": {"where_prec": 9}}, "where_prec"),
    ],
)
def test_geojson(change: dict[str, Any], column: str | None, tmp_path: Path) -> None:
    told = collection(FEATURE, {**FEATURE, "id": "b", **change})
    assert found(tmp_path, "geojson", told) == ([(3, column)] if column else [])


def test_geojson_as_a_whole(tmp_path: Path) -> None:
    assert found(tmp_path, "geojson", collection()) == []
    assert found(tmp_path, "geojson", collection(FEATURE, FEATURE)) == [(3, "id")]
    assert found(tmp_path, "geojson", collection(FEATURE, crs={})) == [(1, "crs")]
    assert found(tmp_path, "geojson", json.dumps(FEATURE)) == [(1, "type")]
    assert found(tmp_path, "geojson", '{"type": "FeatureCollection"}') == [(1, "features")]
    assert found(tmp_path, "geojson", '{"type":\n nope}') == [(2, "-")]
    assert found(tmp_path, "geojson", b"\xff\xfe") == [(1, "-")]
    assert found(tmp_path, "geojson", json.dumps({"type": "FeatureCollection", "features": [FEATURE, 3]}, indent=1))


def test_a_fault_names_file_line_column_and_what_is_allowed(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "war.csv"
    path.write_text(text("ged", {**ROWS["ged"], "low": "4", "region": "Sahel\x1b[31m" + "x" * 80}))
    with pytest.raises(SystemExit) as end:
        app(["check", str(path), "--as", "ged"], standalone_mode=False)
    assert end.value.code == 1
    out = capfd.readouterr()
    assert f"{path}:2: low: '4': at most best (3)" in out.out
    assert "Africa, Americas, Asia, Europe, Middle East" in out.out
    assert "\x1b" not in out.out
    assert "1 rows, 2 faults" in out.err
    with pytest.raises(SystemExit):
        app(["check", str(path), "--as", "ged", "--most", "1"], standalone_mode=False)
    assert "(1 not shown)" in capfd.readouterr().err
    for words, status in (([str(path), "--as", "doc"], 2), ([str(tmp_path / "none"), "--as", "ged"], 1)):
        with pytest.raises(SystemExit) as end:
            app(["check", *words], standalone_mode=False)
        assert end.value.code == status


def test_what_cannot_be_read_or_is_no_format(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="ged, acled, ibc, geojson"):
        check_file(tmp_path / "x", "gtd")
    with pytest.raises(SourceError, match="cannot be read"):
        check_file(tmp_path / "x", "ged")


@given(data=st.binary(max_size=400), name=st.sampled_from(sorted(SHAPES)))
@settings(max_examples=150, deadline=None)
def test_any_bytes_end_in_faults_and_not_in_an_error(data: bytes, name: str, tmp_path_factory: Any) -> None:
    path = tmp_path_factory.mktemp("any") / "f"
    path.write_bytes(data)
    assert check_file(path, name).faults


@given(cell=st.text(max_size=30), column=st.sampled_from(COLUMNS["ged"]))
@settings(max_examples=150, deadline=None)
def test_any_cell_ends_in_faults_and_not_in_an_error(cell: str, column: str, tmp_path_factory: Any) -> None:
    path = tmp_path_factory.mktemp("any") / "f"
    path.write_bytes(text("ged", {**ROWS["ged"], column: cell}).encode("utf-8", "replace"))
    check_file(path, "ged")


def test_readings_of_cells() -> None:
    assert [integer(c) for c in ("3", "3.0", "-1", " 7 ", "3.5", "", "three", "1e3")] == [3, 3, -1, 7] + [None] * 4
    assert [number(c) for c in ("3", "-3.25", "1,5", "", "nan", "inf")] == [3.0, -3.25] + [None] * 4
    assert str(stamp("2010-05-13 00:00:00.000")) == "2010-05-13"
    assert stamp("13/05/2010") is None
    assert str(worded("5 Jan 2006")) == str(worded("05 January 2006")) == "2006-01-05"
    assert worded("5 Foo 2006") is None
    assert worded("31 Feb 2006") is None
