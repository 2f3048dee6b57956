"""Exports: written, valid, read back, nothing lost that is not counted; codes by case tables; hostile text; files."""

from __future__ import annotations

import ast
import csv
import datetime as dt
import io
import json
import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from book_reports import act, figure, record, report
from export_book import NAME, claim, content, digest, full_book, incident, range_of
from tollbook import export, lexicon
from tollbook.book import Book, init_book, open_book
from tollbook.cli.app import app
from tollbook.errors import LexiconError, OutputError, UsageError
from tollbook.export import acled, ged, ibc, places, polecat, safe, sides, tables, values
from tollbook.export.collect import collect
from tollbook.export.loss import Loss, check, rules
from tollbook.export.validate import SHAPES, check_file
from tollbook.export.values import Asked, Content, Where
from tollbook.redact import INSIDE, RELEASE, WITHHELD
from tollbook.review import decide

CASES = Path(__file__).parent / "cases"
SRC = Path(export.__file__).parent
NOT_IN_THE_FILE = {
    "statistic", "wide-sum", "sum-told", "sum-no-event", "alleged", "thwarted", "no-killed-figure", "none-killed",
    "party-only", "undated", "days-too-wide", "no-country", "gw-unknown", "country-only", "no-such-type",
    "no-civilians",
}  # fmt: skip
"""Rules by which an incident may have no row at all."""


def cases(name: str) -> list[Any]:
    rows = yaml.safe_load((CASES / f"{name}.yml").read_text(encoding="utf-8"))
    return [pytest.param(row, id=row["description"]) for row in rows]


def made(told: Mapping[str, Any]) -> Content:
    words = dict(told)
    claims = tuple(
        claim(w, low, high, id=f"c{n}", vague=not any(c.isdigit() for c in w), counts=("low",) if n == 0 else ("high",))
        for n, (w, low, high) in enumerate(words.pop("claims", ()))
    )
    adds = words.pop("adds", None)
    point = {"radius_km": 4.0, "admin_level": 3, "admin1": None, "admin2": None, "gazetteer_id": None}
    if isinstance(words.get("where"), dict):
        words["where"] = Where(**{**point, "ged": 1, "acled": 1, **words["where"]})
    words["also"] = tuple(Where(**{**point, "ged": 1, "acled": 1, **w}) for w in words.get("also", ()))
    one = incident(**words)
    if adds is not None:
        one = replace(one, residual={("killed", "all"): range_of(adds)})
    return content(one, claims=claims)


def rows_of(path: Path, skip: int = 0, delimiter: str = ",") -> list[dict[str, str]]:
    text = path.read_text(encoding="utf-8-sig").split("\n", skip)[-1] if skip else path.read_text(encoding="utf-8-sig")
    return list(csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter))


def agrees(row: Mapping[str, str], expected: Mapping[str, Any]) -> None:
    assert {k: row[k] for k in expected} == {k: str(v) for k, v in expected.items()}


def counted(report: Any, expected: Mapping[str, int]) -> None:
    found = {r.rule: r.count for r in report.losses}
    assert {k: found.get(k, 0) for k in expected} == dict(expected)


# --- codes, by case tables ----------------------------------------------------------------------


@pytest.mark.parametrize("case", cases("export_ged"))
def test_ged_rows(case: dict[str, Any], tmp_path: Path) -> None:
    report = export.write_content(made(case["input"]), "ged", tmp_path / "a.csv")
    rows = rows_of(tmp_path / "a.csv")
    assert len(rows) == (case["expected"] is not None)
    for row in rows:
        agrees(row, case["expected"])
    counted(report, case.get("counts", {}))
    assert not check_file(tmp_path / "a.csv", "ged").faults


@pytest.mark.parametrize("case", cases("export_acled"))
def test_acled_rows(case: dict[str, Any], tmp_path: Path) -> None:
    report = export.write_content(made(case["input"]), "acled", tmp_path / "a.csv")
    rows = rows_of(tmp_path / "a.csv")
    assert len(rows) == len(case["expected"])
    for row, expected in zip(rows, case["expected"], strict=True):
        agrees(row, expected)
    counted(report, case.get("counts", {}))
    assert not check_file(tmp_path / "a.csv", "acled").faults


@pytest.mark.parametrize("case", cases("export_ibc"))
def test_ibc_rows(case: dict[str, Any], tmp_path: Path) -> None:
    report = export.write_content(made(case["input"]), "ibc", tmp_path / "a.csv")
    rows = rows_of(tmp_path / "a.csv", skip=11)
    assert len(rows) == (case["expected"] is not None)
    for row in rows:
        agrees(row, case["expected"])
    counted(report, case.get("counts", {}))
    assert not check_file(tmp_path / "a.csv", "ibc").faults


def test_headers_are_those_of_the_codebooks(tmp_path: Path) -> None:
    one = content(incident(killed=3))
    for name in ("ged", "acled", "polecat", "ibc"):
        export.write_content(one, name, tmp_path / name)
    ged_columns = (tmp_path / "ged").read_text().splitlines()[0].split(",")
    assert (len(ged_columns), ged_columns[44:47]) == (49, ["best", "high", "low"])
    assert len((tmp_path / "acled").read_text().splitlines()[0].split(",")) == 31
    polecat_columns = (tmp_path / "polecat").read_text().splitlines()[0].split("\t")
    assert (len(polecat_columns), polecat_columns[0], polecat_columns[-1]) == (40, "Event ID", "Version")
    lines = (tmp_path / "ibc").read_text().splitlines()
    assert (
        lines[11]
        == "IBC code,Start Date,End Date,Time,Location,Target,Weapons,Reported Minimum,Reported Maximum,Sources"
    )
    assert all(line.startswith("# ") for line in lines[:11])


def test_polecat_types_modes_and_sectors(tmp_path: Path) -> None:
    told = content(
        incident(id="01", type="air_strike", by=["Turkish warplanes"], hit=["medics"], means=("drones",), killed=2),
        incident(id="02", type="attack", by=["gunmen"], means=("knives",), means_kinds=("blade",)),
        incident(id="03", type="territory_taken", by=["Taliban"], where=None),
        incident(id="04", type="other"),
        incident(id="05", start=None),
    )
    report = export.write_content(told, "polecat", tmp_path / "a.tsv")
    rows = rows_of(tmp_path / "a.tsv", delimiter="\t")
    assert [r["Event ID"] for r in rows] == ["tollbook:01", "tollbook:02", "tollbook:03"]
    agrees(rows[0], {"Event Type": "ASSAULT", "Event Mode": "drone", "Intensity": -9.5, "Quad Code": 4,
                     "Actor Country": "TUR", "Actor COW": 640, "Primary Actor Sector": "MIL",
                     "Primary Recipient Sector": "MED", "Country": "IRQ", "GeoNames ID": 1, "City": "Qasrin",
                     })  # fmt: skip
    agrees(rows[1], {"Event Type": "ASSAULT", "Event Mode": "primitive", "Primary Actor Sector": "UAF"})
    agrees(rows[2], {"Event Type": "COERCE", "Event Mode": "seize", "Primary Actor Sector": "REB", "Latitude": ""})
    counted(report, {"no-such-type": 1, "undated": 1, "type-mapped": 1, "counts-lost": 1, "no-point": 1})


@given(deaths=st.integers(0, 10_000), days=st.integers(1, 31))
@settings(max_examples=200, deadline=None)
def test_deaths_divided_over_days_stay_as_many(deaths: int, days: int) -> None:
    found = acled.divided(deaths, days)
    assert len(found) == days
    assert sum(found) == deaths
    assert len(set(found[1:])) <= 1
    assert 0 <= found[0] - found[-1] < days


_number = st.one_of(st.none(), st.integers(0, 400))


@st.composite
def _ranges(draw: st.DrawFn) -> dict[tuple[str, str], values.Range]:
    out = {}
    for group in ("all", "civilian", "state_forces", "armed_group"):
        low, high = draw(_number), draw(_number)
        if low is not None and high is not None and low > high:
            low, high = high, low
        known = [n for n in (low, high) if n is not None]
        best = draw(st.sampled_from([None, *known]))
        out["killed", group] = values.Range(low, best, high, draw(st.booleans()))
    return out


@given(
    ranges=_ranges(),
    kind=st.sampled_from(sorted(lexicon.load("ontology")["types"])),
    by=st.sampled_from([[], ["Iraqi army"], ["Islamic State"], ["gunmen"], ["a mob"], ["Zzyx"], ["Taliban", "police"]]),
    hit=st.sampled_from([[], ["civilians"], ["Iraqi army"], ["Hamas"], ["protesters", "soldiers"], ["Zzyx"]]),
    country=st.sampled_from([None, "IQ", "PS", "AQ", "ZZ", "XK"]),
    days=st.integers(0, 400),
    status=st.sampled_from(["happened", "denied", "thwarted", "alleged"]),
)
@settings(max_examples=40, deadline=None)
def test_whatever_an_incident_holds_the_files_are_valid(
    ranges: Any, kind: str, by: Any, hit: Any, country: Any, days: int, status: str, tmp_path_factory: Any
) -> None:
    start = dt.date(2021, 3, 1)
    one = incident(
        type=kind, by=by, hit=hit, country=country, start=start.isoformat(), status=status,
        end=(start + dt.timedelta(days)).isoformat(), places=("Qasrin",),
    )  # fmt: skip
    told = content(replace(one, ranges=ranges))
    folder = tmp_path_factory.mktemp("any")
    for name in SHAPES:
        report = export.write_content(told, name, folder / name)
        found = check_file(folder / name, name)
        assert not found.faults, found.faults
        gone = sum(r.count for r in report.losses if r.rule in NOT_IN_THE_FILE)
        assert found.rows or gone, "neither in the file nor counted"


# --- a whole book, every format -----------------------------------------------------------------


@pytest.fixture(scope="module")
def war(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Book]:
    with full_book(tmp_path_factory.mktemp("book") / "war.toll") as book:
        yield book


@pytest.fixture(scope="module")
def released(war: Book, tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[Path, Any]]:
    folder = tmp_path_factory.mktemp("released")
    return {n: (folder / f"war{f.suffix}.{n}", export.write(war, n, folder / f"war{f.suffix}.{n}")) for n, f in
            export.FORMATS.items()}  # fmt: skip


@pytest.fixture(scope="module")
def inside(war: Book, tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[Path, Any]]:
    folder = tmp_path_factory.mktemp("inside")
    asked = Asked(policy=INSIDE)
    return {n: (folder / f"war.{n}", export.write(war, n, folder / f"war.{n}", asked)) for n in export.FORMATS}


def strings(name: str, path: Path) -> list[str]:
    """Every text in a file, read by the reader of its kind."""
    if name == "xlsx":
        from openpyxl import load_workbook

        book = load_workbook(path)
        return [c.value for s in book for row in s.iter_rows() for c in row if isinstance(c.value, str)]
    if name == "parquet":
        import duckdb

        with duckdb.connect() as con:
            return [
                c
                for f in sorted(path.glob("*.parquet"))
                for row in con.execute(f"SELECT * FROM '{f}'").fetchall()
                for c in row
                if isinstance(c, str)
            ]
    text = path.read_text(encoding="utf-8-sig")
    if name in ("geojson", "jsonl"):
        return [s for line in ([text] if name == "geojson" else text.splitlines()) for s in walk(json.loads(line))]
    skip = 11 if name == "ibc" else 0
    lines = text.split("\n", skip)
    told = list(csv.reader(io.StringIO(lines[-1], newline=""), delimiter="\t" if name == "polecat" else ","))
    return [*lines[:skip], *(c for row in told for c in row)]


def walk(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [s for k, v in value.items() for s in [k, *walk(v)]]
    if isinstance(value, list):
        return [s for v in value for s in walk(v)]
    return [value] if isinstance(value, str) else []


def ids(name: str, path: Path) -> set[str]:
    """The ids of the incidents that a file holds."""
    found = {m for s in strings(name, path) for m in re.findall(r"\b[0-9a-f]{16}\b", s)}
    return found


@pytest.mark.parametrize("name", export.FORMATS)
@pytest.mark.parametrize("who", ["released", "inside"])
def test_each_format_is_written_valid_and_read_back(name: str, who: str, request: Any, war: Book) -> None:
    path, report = request.getfixturevalue(who)[name]
    told = strings(name, path)
    assert any(t for t in told)
    if name in SHAPES:
        assert not check_file(path, name).faults
    beside = export.loss_path(path, name)
    assert json.loads(beside.read_text())["format"] == name
    assert report.rows


@pytest.mark.parametrize("name", export.FORMATS)
def test_every_incident_is_in_the_file_or_counted(name: str, inside: Any, war: Book) -> None:
    path, report = inside[name]
    have = ids(name, path) & {i.id for i in war.incidents()}
    gone = {r.rule: r.count for r in report.losses if r.rule in NOT_IN_THE_FILE}
    assert len(have) + sum(gone.values()) == report.incidents == 16


@pytest.mark.parametrize("name", export.FORMATS)
def test_a_planted_name_is_in_no_release(name: str, released: Any) -> None:
    path, report = released[name]
    first, last = NAME.split()
    told = strings(name, path)
    assert not [t for t in told if first in t or last in t or "34-year" in t]
    raw = b"".join(f.read_bytes() for f in (sorted(path.iterdir()) if path.is_dir() else [path]))
    assert last.encode() not in raw
    assert any(WITHHELD in t for t in told)
    counted(report, {"person-described": 1})
    assert next(r.count for r in report.losses if r.rule == "name-withheld") > 5
    beside = export.loss_path(path, name).read_text()
    assert last not in beside
    assert "year-old" not in beside
    assert json.loads(beside)["exposed"] == len(report.exposed) == 1


@pytest.mark.parametrize("name", export.FORMATS)
def test_a_place_that_is_cut_from_the_list_is_cut_from_the_words_too(name: str, tmp_path: Path) -> None:
    words = "A bomb went off in the village of Qasrin and killed 9 people."
    with init_book(tmp_path / "b.toll") as book:
        book.add_records(
            [report("r1", "Nine dead in Qasrin", words, "Daily")],
            [record("r1", "2021-03-02", act("a", words, figure("9 people", 9, 9)))],
        )
        for policy in (RELEASE, INSIDE):
            export.write(book, name, tmp_path / f"{policy.places}.{name}", Asked(policy=policy))
    told = {p: strings(name, tmp_path / f"{p.places}.{name}") for p in (RELEASE, INSIDE)}
    assert not [t for t in told[RELEASE] if "qasrin" in t.lower()]
    assert [t for t in told[INSIDE] if "qasrin" in t.lower()]


@pytest.mark.parametrize("name", export.FORMATS)
@pytest.mark.parametrize("who", ["released", "inside"])
def test_no_text_is_a_formula_a_control_or_turns_the_order(name: str, who: str, request: Any) -> None:
    path, report = request.getfixturevalue(who)[name]
    told = strings(name, path)
    assert not [t for t in told if any("\u202a" <= c <= "\u202e" or "\u2066" <= c <= "\u2069" for c in t)]
    assert not [t for t in told if re.search("[\x00-\x08\x0b-\x0c\x0e-\x1f\x7f]", t)]
    if name not in ("geojson", "jsonl", "parquet"):
        assert not [t for t in told if t[:1] in ("=", "@", "\t", "\r")]
        assert not [t for t in told if t[:1] in ("+", "-") and not re.fullmatch(r"-?[\d.]+", t)]
        assert not [t for t in told if "\n" in t or "\t" in t]
        assert any(t.startswith("'=HYPERLINK") for t in told)
        assert {"formula", "line-breaks"} <= {r.rule for r in report.losses}
    assert {"control-characters", "bidi-overrides"} <= {r.rule for r in report.losses}


@pytest.mark.parametrize("name", export.FORMATS)
def test_the_same_book_gives_the_same_bytes(name: str, war: Book, inside: Any, tmp_path: Path) -> None:
    path, _ = inside[name]
    again = tmp_path / path.name
    export.write(war, name, again, Asked(policy=INSIDE))
    assert digest(again) == digest(path)
    assert export.loss_path(again, name).read_bytes() == export.loss_path(path, name).read_bytes()


@pytest.mark.parametrize("name", export.FORMATS)
@pytest.mark.parametrize("error", [KeyboardInterrupt, OSError])
def test_an_interrupted_write_leaves_no_file(
    name: str, error: type[BaseException], war: Book, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    chosen = export.FORMATS[name]
    writer = chosen.load()

    def broken(told: Content, target: Path, loss: Loss) -> Mapping[str, int]:
        writer(told, target, loss)
        raise error("now")

    monkeypatch.setitem(export.FORMATS, name, replace(chosen, load=lambda: broken))
    with pytest.raises(OutputError if error is OSError else error):
        export.write(war, name, tmp_path / "war")
    assert not list(tmp_path.iterdir())


def test_a_file_that_is_there_stays_until_the_new_one_is_whole(war: Book, tmp_path: Path) -> None:
    target = tmp_path / "war.csv"
    target.write_text("old")
    with pytest.raises(UsageError, match="no format"):
        export.write(war, "doc", target)
    assert target.read_text() == "old"
    export.write(war, "csv", target)
    assert target.read_text(encoding="utf-8-sig").startswith("id,")
    with pytest.raises(OutputError, match="is a folder"):
        export.write(war, "csv", tmp_path)


def test_a_folder_with_other_files_is_not_replaced(war: Book, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine.txt").write_text("x")
    with pytest.raises(UsageError, match="other files"):
        export.write(war, "parquet", tmp_path / "out")
    (tmp_path / "out" / "mine.txt").unlink()
    export.write(war, "parquet", tmp_path / "out")
    export.write(war, "parquet", tmp_path / "out")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["out"]


@pytest.mark.parametrize(("name", "package"), [("xlsx", "openpyxl"), ("parquet", "duckdb")])
def test_a_package_that_is_not_installed_is_named(
    name: str, package: str, war: Book, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(UsageError, match=rf'{package}: pip install "tollbook\[export\]"'):
        export.write(war, name, tmp_path / "war")
    assert not list(tmp_path.iterdir())


def test_the_formats_load_no_heavy_package_before_they_write() -> None:
    for path in [SRC / "__init__.py", SRC / "tables.py", SRC / "xlsx.py", SRC / "parquet.py"]:
        tree = ast.parse(path.read_text())
        names = [a.name for n in tree.body if isinstance(n, ast.Import) for a in n.names]
        names += [n.module or "" for n in tree.body if isinstance(n, ast.ImportFrom)]
        assert not {n.split(".")[0] for n in names} & {"openpyxl", "duckdb"}, path


# --- what is in them ----------------------------------------------------------------------------


def test_unknown_is_an_empty_cell_and_zero_a_zero(tmp_path: Path) -> None:
    told = content(incident(id="01", killed=0), incident(id="02"), incident(id="03", killed=[None, 20]))
    export.write_content(told, "csv", tmp_path / "a.csv")
    rows = rows_of(tmp_path / "a.csv")
    assert [(r["killed_low"], r["killed_high"]) for r in rows] == [("0", "0"), ("", ""), ("", "20")]
    assert {r["injured_low"] for r in rows} == {""}
    export.write_content(told, "jsonl", tmp_path / "a.jsonl")
    bounds = [json.loads(line)["bounds"] for line in (tmp_path / "a.jsonl").read_text().splitlines()]
    assert [b and b[0]["low"] for b in bounds] == [0, [], None]


def test_figures_come_back_from_every_table(inside: Any, war: Book) -> None:
    import duckdb
    from openpyxl import load_workbook

    shown = {i.id: i.bounds.get(("killed", "all"), (None, None, None, False)) for i in war.incidents()}
    sheet = load_workbook(inside["xlsx"][0])["incidents"]
    header = [c.value for c in sheet[1]]
    at = [header.index(f"killed_{p}") for p in ("low", "best", "high")]
    assert {r[0].value: tuple(r[i].value for i in at) for r in sheet.iter_rows(min_row=2)} == {
        k: v[:3] for k, v in shown.items()
    }
    with duckdb.connect() as con:
        file = inside["parquet"][0] / "incidents.parquet"
        query = f"SELECT id, killed_low, killed_best, killed_high, killed_open FROM '{file}'"
        told = {i: (a, b, c, bool(o)) for i, a, b, c, o in con.execute(query).fetchall()}
    assert told == shown
    for line in inside["jsonl"][0].read_text().splitlines():
        one = json.loads(line)
        whole = next((b for b in one["bounds"] if (b["harm"], b["group"]) == ("killed", "all")), None)
        assert shown[one["id"]][:3] == ((whole["low"], whole["best"], whole["high"]) if whole else (None, None, None))


def test_the_catalogues_sum_to_the_books_total(inside: Any, war: Book) -> None:
    """What GED holds in `low`, with what it counts as left out, is the book's own low, where none may be one."""
    total = war.totals("year").total
    rows = rows_of(inside["ged"][0])
    assert sum(int(r["low"]) for r in rows) == 14 + 3 + 5 + 6 + 11 + 24
    left_out = {"undated": 4, "no-country": 2}
    assert total.low <= sum(int(r["low"]) for r in rows) + sum(left_out.values())


def test_the_rows_of_a_table_can_be_added_up(inside: Any, war: Book) -> None:
    """A sum and its parts stand in one column: what each adds gives the book's total, doubtful pairs taken as apart."""
    rows = rows_of(inside["csv"][0])
    total = war.totals("year").total
    assert sum(int(r["killed_adds_low"] or 0) for r in rows) == total.low + total.low_if_same
    assert sum(int(r["killed_adds_high"] or r["killed_adds_low"] or 0) for r in rows) == total.high
    assert {r["scope"]: r["killed_adds_low"] for r in rows if r["scope"] != "incident"} == {
        "total": "0",
        "statistic": "",
    }


def test_the_workbook_has_sheets_filters_and_frozen_headers(inside: Any) -> None:
    from openpyxl import load_workbook

    book = load_workbook(inside["xlsx"][0])
    assert book.sheetnames == ["about", "incidents", "figures", "claims", "sources"]
    for name in book.sheetnames[1:]:
        sheet = book[name]
        assert sheet.freeze_panes == "B2"
        assert sheet.auto_filter.ref.startswith("A1:")
        assert sheet["A1"].value == "id"
        column = [c.value for c in sheet["A"][1:]]
        assert len(set(column)) == len(column)
    assert not [c for s in book for row in s.iter_rows() for c in row if c.data_type == "f"]


def test_geojson_says_how_exactly_and_has_no_pin_for_the_unplaced(tmp_path: Path) -> None:
    told = content(incident(id="01", killed=[3, None]), incident(id="02", where=None))
    export.write_content(told, "geojson", tmp_path / "a.geojson")
    one, two = json.loads((tmp_path / "a.geojson").read_text())["features"]
    assert one["geometry"] == {"type": "Point", "coordinates": [43.25, 36.5]}
    assert (one["properties"]["radius_km"], one["properties"]["where_prec"]) == (4.0, 1)
    assert (one["properties"]["killed_high"], one["properties"]["killed_open"]) == (3, True)
    assert two["geometry"] is None
    assert "killed_low" not in two["properties"]


def test_a_release_rounds_points_and_widens_their_radius(war: Book) -> None:
    record = {
        "doc_id": "solo", "published": "2021-05-02", "title": "T", "text": "T\n\nA bomb killed 2 men in Solo.",
        "incidents": [{
            "id": "a", "type": "bomb", "status": "happened", "scope": "incident", "parts": [], "start": "2021-05-01",
            "end": "2021-05-01", "places": ["Solo"], "country": "IQ", "perpetrators": [], "targets": [],
            "casualties": [], "quote": "A bomb killed 2 men in Solo.", "place_details": [{
                "name": "Solo", "role": "at", "gazetteer_id": "gn:7", "lat": 36.512, "lon": 43.254, "radius_km": 1.5,
                "admin_level": 3, "admin1": "Marwan", "admin2": None, "alternatives": []}],
        }],
    }  # fmt: skip
    war.add_records([], [record])
    where = {
        policy: next(i.where for i in collect(war, Asked(policy=policy)).incidents if i.places == ("Solo",))
        for policy in (RELEASE, INSIDE)
    }
    exact, coarse = where[INSIDE], where[RELEASE]
    assert exact is not None
    assert coarse is not None
    assert (exact.lat, exact.lon, exact.radius_km, exact.ged) == (36.512, 43.254, 1.5, 1)
    assert (coarse.lat, coarse.lon, coarse.ged, coarse.acled) == (36.5, 43.3, 2, 2)
    assert coarse.radius_km >= 1.5 + 4.6  # the place lies 4.3 km from the rounded point
    assert coarse.gazetteer_id is None


def test_places_farther_apart_than_they_reach_are_places_of_their_own() -> None:
    def detail(name: str, lat: float, lon: float, radius: float, level: int = 3) -> dict[str, Any]:
        return {"name": name, "role": "at", "lat": lat, "lon": lon, "radius_km": radius, "admin_level": level}

    acts = [{"place_details": [detail("Falluja", 33.35, 43.78, 10), detail("Ramadi", 33.42, 43.31, 10),
                               detail("Karrada", 33.3, 44.43, 4), detail("Baghdad", 33.34, 44.4, 28),
                               detail("Anbar", 33.76, 42.04, 180, 1)]}]  # fmt: skip
    names = {
        n: [w.name for w in places.points(n, acts, INSIDE)]
        for n in (("Falluja", "Ramadi"), ("Karrada", "Baghdad"), ("Falluja", "Anbar"), ("Anbar",), ("Nowhere",))
    }
    assert list(names.values()) == [["Falluja", "Ramadi"], ["Karrada"], ["Falluja"], ["Anbar"], []]


def test_a_delay_leaves_out_the_young_with_their_figures(war: Book) -> None:
    late = replace(RELEASE, delay_days=100)
    told = collect(war, Asked(policy=late, today=dt.date(2021, 7, 1)))
    assert {s.published for s in told.sources} == {"2021-03-01", "2021-03-02"}
    young = [rule for rule, _ in told.withheld if rule == "incident-too-young"]
    assert len(young) + len(told.incidents) == len(war.incidents())


def test_an_export_as_of_a_day_before_the_book_is_empty(war: Book, tmp_path: Path) -> None:
    report = export.write(war, "ged", tmp_path / "a.csv", Asked(as_of="2000-01-01"))
    assert (report.incidents, report.rows) == (0, {"rows": 0})
    assert not check_file(tmp_path / "a.csv", "ged").faults


def test_what_a_person_reviewed_says_so_in_every_format_that_can(tmp_path: Path) -> None:
    with full_book(tmp_path / "b.toll") as book:
        one = next(i for i in book.incidents() if i.places and i.places[0] == "Telhama")
        decide(book, "accept", one.id, why="read", user="ana")
        for name in ("ged", "acled", "polecat", "geojson", "csv", "jsonl"):
            report = export.write(book, name, tmp_path / name, Asked(policy=INSIDE))
            assert report.review["reviewed"] == 1
            told = (tmp_path / name).read_text(encoding="utf-8-sig")
            assert {"ged": ",Clear,", "acled": "tollbook=reviewed"}.get(name, "reviewed") in told
        rows = rows_of(tmp_path / "ged")
        assert [r["id"] for r in rows if r["code_status"] == "Clear"] == [f"tollbook:{one.id}"]


def test_an_analyst_is_named_inside_only(tmp_path: Path) -> None:
    with full_book(tmp_path / "b.toll") as book:
        one = next(i for i in book.incidents() if i.places and i.places[0] == "Telhama")
        actor = {"field": "actor", "perpetrators": ["A militia"]}
        decide(book, "correct", one.id, why="told by phone", user="ana.ruiz", value=actor)
        decide(book, "accept", one.id, why="read", user="ana.ruiz")
        for name in export.FORMATS:
            export.write(book, name, tmp_path / f"out.{name}")
            assert not [t for t in strings(name, tmp_path / f"out.{name}") if "ana.ruiz" in t], name
        told = {
            p: next(i for i in collect(book, Asked(policy=p)).incidents if i.id == one.id) for p in (RELEASE, INSIDE)
        }
    assert (told[INSIDE].reviewed_by, told[INSIDE].doers[0].says) == ("ana.ruiz", ("ana.ruiz",))
    assert (told[RELEASE].reviewed_by, told[RELEASE].doers[0].says) == (None, ("the recorders",))


# --- tables, text, command line -----------------------------------------------------------------


def test_the_tables_of_codes_hold() -> None:
    for module, name in ((ged, "ged"), (acled, "acled"), (ibc, "ibc"), (polecat, "polecat"), (sides, "sides")):
        module.check(lexicon.load(f"export/{name}"))
    check(lexicon.load("export/loss"))


@pytest.mark.parametrize(
    ("module", "name", "change"),
    [
        (ged, "ged", {"columns": "id relid"}),
        (ged, "ged", {"violence": "state | state | * | 1 | yes"}),
        (ged, "ged", {"violence": "sate | * | * | 1 | yes"}),
        (ged, "ged", {"lost": "nothing-of-the-kind"}),
        (acled, "acled", {"events": {"Battles": ["Armed clash"]}}),
        (acled, "acled", {"sides": {"state": 1}}),
        (acled, "acled", {"regions": {"Europe": "FR"}}),
        (ibc, "ibc", {"columns": ["IBC code"]}),
        (ibc, "ibc", {"fights": "brawl"}),
        (polecat, "polecat", {"types": {"bomb": {"type": "ASSAULT", "mode": "boom", "exact": True}}}),
        (polecat, "polecat", {"sectors": {"state": "MIL"}}),
        (sides, "sides", {"groups": {"rebel": "rebel"}}),
        (sides, "sides", {"who": {"civilian": "people"}}),
    ],
)
def test_a_table_with_a_fault_is_refused(module: Any, name: str, change: dict[str, Any]) -> None:
    with pytest.raises(LexiconError, match=name):
        module.check({**lexicon.load(f"export/{name}"), **change})


def test_every_rule_of_loss_is_applied_somewhere() -> None:
    code = "".join(p.read_text() for p in SRC.rglob("*.py"))
    lost = " ".join(str(lexicon.load(f"export/{n}").get("lost", "")) for n in ("ged", "acled", "ibc", "polecat"))
    unused = [r for r in rules() if f'"{r}"' not in code and r not in lost.split()]
    assert not unused
    with pytest.raises(LexiconError, match="no rule"):
        Loss().note("made-up")


@given(st.text(max_size=60))
@settings(max_examples=300, deadline=None)
def test_a_cell_is_one_line_and_no_formula_and_comes_back(text: str) -> None:
    cell = safe.cell(text)
    assert cell[:1] not in (*safe.FORMULA, " ")
    assert not re.search("[\x00-\x1f\x7f\u202a-\u202e\u2066-\u2069]", cell)
    cell.encode("utf-8")
    assert safe.plain(cell) == safe.line(text)
    assert safe.cell(safe.plain(cell)) == cell


def test_columns_have_one_name_and_a_sentence() -> None:
    for table in tables.TABLES:
        names = [c.name for c in table.columns]
        assert len(set(names)) == len(names)
        assert all(c.about for c in table.columns)


def test_the_command_writes_reports_and_checks(war: Book, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    path = str(war.store.path)
    out = tmp_path / "war.csv"
    app(["export", path, "--to", "ged", "-o", str(out), "--since", "2021-03"], standalone_mode=False)
    told = capfd.readouterr()
    assert not told.out
    assert "no killed" in told.err or "no figure of killed" in told.err
    assert "not been checked by a person" in told.err
    assert json.loads((tmp_path / "war.csv.loss.json").read_text())["made"]["filters"] == {"since": "2021-03"}
    app(["check", str(out), "--as", "ged"], standalone_mode=False)
    assert "0 faults" in capfd.readouterr().err
    for words in (["--to", "doc"], ["--to", "ged", "--rule", "x"], ["--to", "ged", "--since", "soon"]):
        with pytest.raises(SystemExit) as end:
            app(["export", path, "-o", str(out), *words], standalone_mode=False)
        assert end.value.code == 2
    capfd.readouterr()


def test_a_format_counts_by_its_own_rule_unless_asked_otherwise(war: Book) -> None:
    assert (export.question("ibc", Asked()).rule, export.question("ibc", Asked()).classes) == ("ibc", "ibc")
    assert export.question("acled", Asked()).rule == "acled"
    assert export.question("acled", Asked(rule="widest")).rule == "widest"
    assert collect(war, export.question("ged", Asked())).asked.rule == "latest-per-voice"


def test_a_book_opened_for_reading_can_be_exported(war: Book, tmp_path: Path) -> None:
    with open_book(war.store.path) as book:
        assert export.write(book, "csv", tmp_path / "a.csv").incidents
