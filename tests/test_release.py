"""A folder to publish: the same bytes again, checksums, no name anywhere, unreviewed in file names; what changed."""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from book_reports import act, book_of_qasrin, figure, record, report
from conftest import Run
from tollbook import store
from tollbook.book import Book, init_book, open_book
from tollbook.errors import SourceError, UsageError
from tollbook.exchange import conformance, reldiff
from tollbook.exchange.releasing import Release, release, sums
from tollbook.redact import RELEASE
from tollbook.review import add_note, decide

ALL = ("csv", "jsonl", "geojson", "xlsx", "parquet", "ged", "acled", "ibc", "polecat")
FIRST, SECOND = "2024-05-01", "2024-05-02"
NAME, ANALYST = "Zaynab Halqeturi", "analyst-vukobrat"


class Clock:
    """The day on which rows are recorded."""

    day = FIRST


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    ticks = iter(range(10_000))
    monkeypatch.setattr(store, "now", lambda: f"{made.day}T10:00:00.{next(ticks):06d}Z")
    return made


@pytest.fixture
def book(tmp_path: Path, clock: Clock) -> Iterator[Book]:
    reports, records = book_of_qasrin()
    sentence = f"A shell killed {NAME}, a nine-year-old girl, in the hamlet of Smallwell near Dolun on Tuesday."
    told = f"{sentence} The family of {NAME.upper()} fled; Halqeturi was buried the same day. =1+1\tThe end.\u202e"
    reports.append(report("named", f"Girl {NAME} dies", told, "Daily D"))
    records.append(
        record(
            "named", "2021-03-02",
            act("a", sentence, figure(f"{NAME}, a nine-year-old girl", 1, 1, sex="female", age_group="child"),
                type="shelling", start="2021-03-02", end="2021-03-02", places=["Smallwell", "Dolun"], targets=[NAME]),
            victims=[{"name": NAME, "age": 9, "sex": "female", "role": None, "span": [15, 31], "incident": "a",
                      "harm": "killed"}],
        )
    )  # fmt: skip
    with init_book(tmp_path / "war.toll", {"title": "The war of Qasrin", "recorders": ["The Recorders"]}) as made:
        made.add_records(reports, records)
        yield made


def whole(folder: Path) -> dict[str, bytes]:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def id_of(book: Book, place: str) -> str:
    return next(i.id for i in book.incidents() if i.places[0] == place)


def test_the_same_day_gives_the_same_bytes_whatever_came_after(book: Book, tmp_path: Path, clock: Clock) -> None:
    decide(book, "accept", id_of(book, "Telhama"), why="read", user=ANALYST)
    first = release(book, tmp_path / "a", Release(day=FIRST, formats=ALL))
    clock.day = SECOND
    decide(book, "accept", id_of(book, "Qasrin"), why="read", user=ANALYST)
    more = report("four", "More", "A bomb killed 2 people in Farhat on Monday.", "Daily E")
    book.add_records([more], [record("four", "2021-03-03", act("a", more.text[6:], figure("2 people", 2, 2),
                                                                places=["Farhat", "Marwan"]))])  # fmt: skip
    release(book, tmp_path / "b", Release(day=FIRST, formats=ALL))
    a, b = whole(tmp_path / "a"), whole(tmp_path / "b")
    assert a.keys() == b.keys()
    assert [name for name in a if a[name] != b[name]] == []
    assert (first.incidents, first.reviewed, first.day) == (4, 1, FIRST)


def test_checksums_hold(book: Book, tmp_path: Path) -> None:
    done = release(book, tmp_path / "r", Release(day=FIRST, formats=("csv", "parquet")))
    told = dict(reversed(line.split("  ")) for line in (tmp_path / "r" / "SHA256SUMS").read_text().splitlines())
    assert set(told) == set(whole(tmp_path / "r")) - {"SHA256SUMS"} == set(done.files)
    assert all(hashlib.sha256((tmp_path / "r" / n).read_bytes()).hexdigest() == h for n, h in told.items())
    assert sums(tmp_path / "r") == (tmp_path / "r" / "SHA256SUMS").read_text()


def test_file_names_say_what_nobody_reviewed(book: Book, tmp_path: Path) -> None:
    release(book, tmp_path / "r", Release(day=FIRST))
    assert not [n for n in whole(tmp_path / "r") if "-reviewed" in n]
    decide(book, "accept", id_of(book, "Telhama"), why="read")
    done = release(book, tmp_path / "s", Release(day=FIRST))
    names = set(whole(tmp_path / "s"))
    assert {"csv-reviewed.csv", "csv-unreviewed.csv", "jsonl-reviewed.jsonl"} <= names
    assert "totals-killed-by-month-unreviewed.csv" in names
    assert "Telhama" not in (tmp_path / "s" / "csv-unreviewed.csv").read_text()
    assert done.reviewed == 1
    rows = [json.loads(line) for line in (tmp_path / "s" / "jsonl-reviewed.jsonl").read_text().splitlines()]
    assert [r["review"] for r in rows] == ["reviewed"]


def bytes_of(path: Path) -> bytes:
    """What a file holds, unpacked where it is a ZIP archive, plain text of a Parquet file by reading it."""
    if path.suffix == ".xlsx":
        with zipfile.ZipFile(path) as archive:
            return b"\n".join(archive.read(n) for n in archive.namelist())
    if path.suffix == ".parquet":
        import duckdb

        found = duckdb.connect().execute(f"SELECT * FROM read_parquet('{path}')").fetchall()
        return repr(found).encode() + path.read_bytes()
    return path.read_bytes()


def test_no_name_of_a_person_or_an_analyst_is_in_any_file(book: Book, tmp_path: Path) -> None:
    decide(book, "accept", id_of(book, "Telhama"), why=f"{ANALYST} looked", user=ANALYST)
    add_note(book, id_of(book, "Qasrin"), "We were told that 15 people died.", harm="killed", words="15 people", low=15,
             high=15, why="a call", user=ANALYST)  # fmt: skip
    decide(book, "correct", id_of(book, "Qasrin"), why="so", user=ANALYST,
           value={"field": "actor", "perpetrators": ["The Ninth Brigade"]})  # fmt: skip
    done = release(book, tmp_path / "r", Release(day=FIRST, formats=ALL))
    for path in sorted((tmp_path / "r").rglob("*")):
        if not path.is_file():
            continue
        told = bytes_of(path).lower()
        for word in (NAME, "Halqeturi", "Zaynab", ANALYST, "Smallwell"):
            assert word.lower().encode() not in told, f"{word} in {path.name}"
        assert "\u202e".encode() not in told
    assert any("9-year-old" in e or "nine-year-old" in e for e in done.exposed)
    assert "[place withheld]" in (tmp_path / "r" / "csv-unreviewed.csv").read_text()


def test_whom_it_may_expose_is_told_but_not_written(book: Book, tmp_path: Path) -> None:
    done = release(book, tmp_path / "r", Release(day=FIRST))
    assert done.exposed
    for name, data in whole(tmp_path / "r").items():
        assert all(e.encode() not in data for e in done.exposed), name
        if name.endswith(".loss.json"):
            assert not json.loads(data)["exposed"]


def test_a_delay_holds_young_reports_back_and_the_totals_with_them(book: Book, tmp_path: Path) -> None:
    late = release(book, tmp_path / "s", Release(day=FIRST, policy=replace(RELEASE, delay_days=5000)))
    assert late.incidents == 0
    assert not [n for n in whole(tmp_path / "s") if n.startswith("totals")]
    assert "held back" in (tmp_path / "s" / "README.md").read_text()


def test_the_pages_name_rule_charter_contact_and_versions(book: Book, tmp_path: Path) -> None:
    release(book, tmp_path / "r", Release(day=FIRST, contact="errors@recorders.example"))
    pages = {n: d.decode() for n, d in whole(tmp_path / "r").items() if n.endswith((".md", ".json"))}
    assert "# The war of Qasrin" in pages["README.md"]
    assert "errors@recorders.example" in pages["README.md"]
    assert "errors@recorders.example" in pages["CORRECTIONS.md"]
    assert "`latest-per-voice`" in pages["method.md"]
    assert "| `killed_low` |" in pages["codebook.md"]
    versions = json.loads(pages["versions.json"])
    assert versions["release"] == FIRST
    assert versions["read_by"] == {"records": 4}
    assert json.loads(pages["charter.json"])["recorders"] == ["The Recorders"]
    assert "csv-unreviewed.csv" in pages["losses.md"]
    assert not any("T10:00" in d for n, d in pages.items() if n.endswith(".md"))


def test_the_contact_may_come_from_the_charter(tmp_path: Path, clock: Clock) -> None:
    with init_book(tmp_path / "c.toll", {"contact": "desk@recorders.example"}) as made:
        release(made, tmp_path / "r", Release(day=FIRST))
    assert "desk@recorders.example" in (tmp_path / "r" / "CORRECTIONS.md").read_text()
    assert "Readers can report errors. | met" in (tmp_path / "r" / "conformance.md").read_text()


def test_conformance_says_what_is_not_met(book: Book, tmp_path: Path) -> None:
    points = {p.id: p for p in release(book, tmp_path / "r", Release(day=FIRST)).points}
    assert points["ecw-who"].verdict == "met"
    assert points["ecw-quality"].verdict == "not met"
    assert points["ecw-name"].verdict == "not met"
    assert points["ecw-corrections"].verdict == "not met"
    assert points["ohchr-proof"].verdict == "not met"
    assert points["ecw-security"].verdict == "for people to say"
    assert points["sdg-disaggregated"].verdict == "in part"
    assert all(p.source for p in points.values())
    conformance.check({"sources": {}, "points": []})


def test_a_folder_with_something_in_it_is_left_alone(book: Book, tmp_path: Path) -> None:
    (tmp_path / "r").mkdir()
    (tmp_path / "r" / "mine.txt").write_text("mine")
    with pytest.raises(UsageError, match="holds something already"):
        release(book, tmp_path / "r")
    with pytest.raises(UsageError, match="no format 'gtd'"):
        release(book, tmp_path / "n", Release(formats=("gtd",)))
    with pytest.raises(UsageError, match="did not exist"):
        release(book, tmp_path / "n", Release(day="2020-01-01"))
    assert sorted(p.name for p in tmp_path.iterdir() if p.is_dir()) == ["r"]


def test_what_changed_between_two_releases_totals_first(book: Book, tmp_path: Path, clock: Clock) -> None:
    release(book, tmp_path / "a", Release(day=FIRST))
    clock.day = SECOND
    decide(book, "correct", id_of(book, "Qasrin"), why="it says so", value={"field": "type", "type": "shelling"})
    more = report("four", "More", "A bomb killed 2 people in Farhat on Monday.", "Daily E")
    book.add_records([more], [record("four", "2021-03-03", act("a", more.text[6:], figure("2 people", 2, 2),
                                                                places=["Farhat", "Marwan"]))])  # fmt: skip
    release(book, tmp_path / "b", Release(day=SECOND, contact="x@example.org"))
    lines = reldiff.diff_releases(tmp_path / "a", tmp_path / "b")
    kinds = [line.kind for line in lines]
    assert kinds[0] == "total"
    order = ["total", "new", "figure", "detail", "merged", "gone", "method", "file"]
    assert [k for k in dict.fromkeys(kinds) if k not in ("new", "figure", "detail")] == [
        k for k in order if k in kinds and k not in ("new", "figure", "detail")
    ]
    assert any(line.kind == "total" and line.what == "killed-by-year, total" for line in lines)
    assert any(line.kind == "detail" and (line.was, line.now) == ("bomb", "shelling") for line in lines)
    assert any(line.kind == "new" and "Marwan" in line.about for line in lines)
    told = reldiff.text(lines, tmp_path / "a", tmp_path / "b")
    assert told.startswith("a -> b")
    assert reldiff.diff_releases(tmp_path / "a", tmp_path / "a") == []


def test_a_release_that_was_changed_by_hand_is_told(book: Book, tmp_path: Path) -> None:
    release(book, tmp_path / "a", Release(day=FIRST))
    (tmp_path / "a" / "csv-unreviewed.csv").write_bytes((tmp_path / "a" / "csv-unreviewed.csv").read_bytes() + b"x\r\n")
    lines = reldiff.diff_releases(tmp_path / "a", tmp_path / "a")
    assert [(line.kind, line.what) for line in lines] == [("damaged", "a/csv-unreviewed.csv")] * 2
    (tmp_path / "a" / "versions.json").write_text("{")
    with pytest.raises(SourceError):
        reldiff.diff_releases(tmp_path / "a", tmp_path / "a")
    with pytest.raises(UsageError, match="not a release"):
        reldiff.diff_releases(tmp_path, tmp_path)


def test_the_commands(book: Book, tmp_path: Path, run: Run) -> None:
    book.close()

    war = tmp_path / "war.toll"
    out = run("release", war, tmp_path / "r", "--contact", "a@example.org", "--as-of", FIRST)
    assert f"release of {FIRST}" in out
    assert "may be known by day, place and age" in out
    run("release", war, tmp_path / "s", "--contact", "b@example.org", "--as-of", FIRST)
    assert "README.md" in run("diff", tmp_path / "r", tmp_path / "s")
    assert "two release folders" in run("diff", tmp_path / "r", status=2)
    assert "--from" in run("diff", war, status=2)
    with open_book(war) as opened:
        assert len(opened.incidents()) == 4
