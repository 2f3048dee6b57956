"""The book on disk: append-only, killed at any moment, two writers, full disks, older and newer books."""

from __future__ import annotations

import contextlib
import json
import os
import random
import signal
import sqlite3
import time
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from book_reports import act, book_of_qasrin, figure, many, record, report
from tollbook.book import Book, init_book, open_book
from tollbook.errors import OutputError, UsageError
from tollbook.review import decide
from tollbook.store import SqlStore, derive, schema
from tollbook.store.files import mount_type, refuse_network
from tollbook.store.records import ground_record, locate

FIXTURES = Path(__file__).parent / "fixtures"


@pytest.fixture
def qasrin(tmp_path: Path) -> Book:
    book = init_book(tmp_path / "q.toll", user="tester")
    book.add_records(*book_of_qasrin())
    book.refresh()
    yield book
    book.close()


def derived(book: Book) -> dict[str, list[tuple[object, ...]]]:
    with book.store.read() as connection:
        return {
            table.name: sorted(tuple(r) for r in connection.execute(sa.select(table)))
            for table in schema.DERIVED_TABLES
            if table is not schema.head
        }


# --- what goes in -------------------------------------------------------------------------------


def test_records_come_back_unchanged_but_for_the_cluster(qasrin: Book) -> None:
    _, given = book_of_qasrin()
    out = list(qasrin.records())
    for one in out:
        for incident in one["incidents"]:
            assert isinstance(incident.pop("cluster"), str)
    assert sorted(out, key=lambda r: r["doc_id"]) == sorted(given, key=lambda r: r["doc_id"])


def test_adding_again_is_a_no_op(qasrin: Book) -> None:
    before = derived(qasrin)
    done = qasrin.add_records(*book_of_qasrin())
    assert (done.reports, done.known) == (0, 3)
    assert not qasrin.refresh()
    assert derived(qasrin) == before


def test_white_space_is_folded_when_a_value_is_looked_for() -> None:
    assert locate("killed\n  at  least 9\tpeople", "at least 9 people") == (9, 27)


@pytest.mark.parametrize(
    ("text", "words", "near", "expected"),
    [
        ("two men and two men", "two men", (12, 19), (12, 19)),
        ("two men and two men", "two men", None, (0, 7)),
        ("TWO MEN", "two men", None, (0, 7)),
        ("two men", "three men", None, None),
        ("two men", "  ", None, None),
    ],
)
def test_locate(text: str, words: str, near: tuple[int, int] | None, expected: tuple[int, int] | None) -> None:
    assert locate(text, words, near) == expected


def test_a_figure_that_is_not_in_the_text_is_an_issue_and_no_claim() -> None:
    quote = "Shells killed 4 people and hurt 6."
    given = record(
        "d", "2021-01-02",
        act("a", quote, figure("40 people", 40, 40), figure("4 people", 4, 4), figure("2 women", 2, 2, subset_of=1)),
    )  # fmt: skip
    found = ground_record("r", "d", f"T\n\n{quote}", given)
    assert [c.kind for c in found.claims] == ["act", "figure"]
    assert [i.code for i in found.issues if i.code != "name_not_in_text"] == ["not_in_text", "not_in_text"]


def test_a_part_of_a_figure_that_is_gone_stands_alone() -> None:
    quote = "Shells killed 4 people, 2 of them women."
    given = record(
        "d", "2021-01-02",
        act("a", quote, figure("9 men", 9, 9), figure("4 people", 4, 4), figure("2 of them", 2, 2, subset_of=1)),
    )  # fmt: skip
    found = ground_record("r", "d", quote, given)
    assert [c.value["subset_of"] for c in found.claims if c.kind == "figure"] == [None, 0]


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"type": None}, "type is missing"),
        ({"scope": "war"}, "scope"),
        ({"start": "yesterday"}, "ISO day"),
        ({"status": "maybe"}, "status"),
    ],
)
def test_an_incident_that_cannot_be_read_is_an_issue(change: dict[str, object], says: str) -> None:
    found = ground_record("r", "d", "A bomb.", record("d", "2021-01-02", act("a", "A bomb.", **change)))
    assert not found.claims
    assert says in found.issues[0].message


@pytest.mark.parametrize(
    "bad", [{"min": -1}, {"min": 5, "max": 3}, {"min": None, "max": None}, {"harm": "sad"}, {"min": "3"}]
)
def test_a_figure_that_is_none_is_an_issue(bad: dict[str, object]) -> None:
    found = ground_record(
        "r",
        "d",
        "A bomb killed 3.",
        record("d", "2021-01-02", act("a", "A bomb killed 3.", {**figure("3", 3, 3), **bad})),
    )
    assert [c.kind for c in found.claims] == ["act"]
    assert any(i.code == "bad_record" for i in found.issues)


def test_a_record_without_a_report_is_an_issue(tmp_path: Path) -> None:
    with init_book(tmp_path / "b.toll") as book:
        done = book.add_records([], [record("ghost", "2021-01-01")])
        assert (done.reports, done.issues) == (0, 1)


def test_a_report_whose_text_changed_replaces_the_older_one(tmp_path: Path) -> None:
    old = "A bomb killed 3 people in Qasrin."
    new = "A bomb killed 5 people in Qasrin."
    with init_book(tmp_path / "b.toll") as book:
        book.add_records([report("p", "T", old)], [record("p", "2021-03-01", act("a", old, figure("3 people", 3, 3)))])
        assert [i.killed for i in book.incidents()] == ["3"]
        book.add_records([report("p", "T", new)], [record("p", "2021-03-01", act("a", new, figure("5 people", 5, 5)))])
        assert [i.killed for i in book.incidents()] == ["5"]


# --- the log ------------------------------------------------------------------------------------


@pytest.mark.parametrize("table", [t.name for t in schema.LOG_TABLES])
@pytest.mark.parametrize("statement", ["DELETE FROM {}", "UPDATE {} SET recorded_at = 'x'"])
def test_the_log_is_append_only(qasrin: Book, table: str, statement: str) -> None:
    qasrin.store.add_decision(
        {"decision_id": "x", "kind": "undo", "subjects": "[]", "value": "{}", "anchors": "[]", "why": "w", "user": "u"}
    )
    with contextlib.closing(sqlite3.connect(qasrin.store.path)) as connection:
        if connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]:
            with pytest.raises(sqlite3.IntegrityError, match="append-only"):
                connection.execute(statement.format(table))


def test_dropping_and_rebuilding_gives_the_same_rows(qasrin: Book) -> None:
    before = derived(qasrin)
    derive.drop(qasrin.store)
    assert not any(rows for rows in derived(qasrin).values())
    qasrin.refresh()
    assert derived(qasrin) == before


def test_one_by_one_and_all_at_once_give_the_same_incidents(tmp_path: Path) -> None:
    reports, records = many(30)
    with init_book(tmp_path / "a.toll") as book:
        book.add_records(reports, records)
        book.refresh()
        at_once = {(i.start, i.places, i.killed, i.reports) for i in book.incidents()}
    with init_book(tmp_path / "b.toll") as book:
        for one, its in zip(reports, records, strict=True):
            book.add_records([one], [its])
            book.refresh()
        one_by_one = derived(book)
        assert {(i.start, i.places, i.killed, i.reports) for i in book.incidents()} == at_once
        derive.drop(book.store)
        book.refresh()
        assert derived(book) == one_by_one


def dense(count: int) -> tuple[list[Any], list[dict[str, Any]]]:
    """Reports of one small area and few days, every fourth a sum over them: each may be one with, or within, others."""
    reports, records = [], []
    for n in range(count):
        day, place = f"2022-05-{1 + n % 5:02d}", ("Qasrin", "Telhama", "Balad")[n % 3]
        total = n % 4 == 3
        dead = 20 + n if total else 2 + n % 7
        told = f"{'In all' if total else 'A bomb killed'} {dead} people in {'Marwan' if total else place}, {n} said."
        reports.append(report(f"r{n}", f"Report {n}", told, f"Outlet {n % 6}"))
        places = ["Marwan"] if total else [place, "Marwan"]
        scope = "total" if total else "incident"
        said = figure(f"{dead} people", dead, dead if n % 2 else None, who="unknown")
        start = "2022-05-01" if total else day
        one = act("a", told, said, start=start, end=day, places=places, scope=scope, targets=[])
        records.append(record(f"r{n}", day, one))
    return reports, records


@pytest.mark.parametrize("seed", range(3))
def test_what_is_kept_up_to_date_is_what_is_computed_anew(tmp_path: Path, seed: int) -> None:
    reports, records = dense(48)
    order = list(range(48))
    random.Random(seed).shuffle(order)
    with init_book(tmp_path / "b.toll") as book:
        for some in (order[:20], order[20:28], order[28:30], order[30:48]):
            book.add_records([reports[n] for n in some], [records[n] for n in some])
            again = {**records[some[0]], "incidents": []}
            book.refresh()
            book.add_records([reports[some[0]]], [again], made_by="again")
            book.refresh()
        kept = derived(book)
        shown = book.totals("month")
        derive.drop(book.store)
        book.refresh()
        assert derived(book) == kept
        with book.store.read() as connection:
            query = "SELECT bin, low, high, open FROM derived_totals WHERE harm = 'killed'"
            rolled = {tuple(row) for row in connection.exec_driver_sql(query)}
    assert rolled == {(r.label, r.low, r.high, r.open) for r in (*shown.rows, shown.total)}


def test_a_decision_touches_no_other_that_was_decided_on(tmp_path: Path) -> None:
    with init_book(tmp_path / "b.toll") as book:
        for n in range(6):
            words = f"A bomb killed {n + 3} people in the town of Telhama{'abcdef'[n]}."
            told = act(
                "a", words, figure(f"{n + 3} people", n + 3, n + 3), places=[f"Telhama{'abcdef'[n]}"], targets=[]
            )
            day = f"2021-0{n + 1}-01"
            book.add_records(
                [report(f"r{n}", "News", words)], [record(f"r{n}", day, {**told, "start": day, "end": day})]
            )
        ids = [i.id for i in book.incidents()]
        for incident in ids:
            decide(book, "accept", incident, why="read", user="u")
        book.refresh()
        with book.store.read() as connection:
            before = connection.exec_driver_sql("SELECT max(seq) FROM changed_incidents").scalar_one()
        decide(book, "accept", ids[2], why="read again", user="u")
        book.refresh()
        with book.store.read() as connection:
            query = f"SELECT DISTINCT incident_id FROM changed_incidents WHERE seq > {before}"
            assert connection.exec_driver_sql(query).scalars().all() == [ids[2]]


def test_a_change_of_classes_links_nothing_again(qasrin: Book) -> None:
    qasrin.refresh()
    before = derived(qasrin)
    with qasrin.store.write() as connection:
        connection.exec_driver_sql("UPDATE derived_head SET rule = 'another'")
        connection.exec_driver_sql("UPDATE derived_pairs SET score = score")
    linked: list[str] = []
    qasrin.refresh(lambda stage, done: linked.append(stage))
    assert "linked" not in linked
    assert derived(qasrin) == before


def test_views_have_plain_names(qasrin: Book) -> None:
    with contextlib.closing(sqlite3.connect(qasrin.store.path)) as connection:
        for name in schema.VIEWS:
            connection.execute(f"SELECT * FROM {name}").fetchall()
        assert connection.execute("SELECT count(*) FROM incidents").fetchone()[0] == 3


# --- writers, readers, disks ----------------------------------------------------------------------


def test_a_second_writer_is_told_who_holds_the_book(qasrin: Book) -> None:
    with pytest.raises(UsageError, match=f"process {os.getpid()} of "):
        open_book(qasrin.store.path, write=True)


def test_a_reader_sees_the_book_as_it_was_during_a_write(qasrin: Book) -> None:
    with open_book(qasrin.store.path) as reader, qasrin.store.write() as connection:
        connection.execute(schema.incidents.delete())
        assert len(reader.incidents()) == 3


def test_a_full_disk_leaves_the_book_as_it_was(qasrin: Book) -> None:
    before = derived(qasrin)

    def full(connection: sqlite3.Connection, *_: object) -> None:
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
        connection.execute(f"PRAGMA max_page_count = {pages}")

    engine = qasrin.store._engine
    engine.dispose()
    sa.event.listen(engine, "connect", full)
    body = "A bomb killed 3 people in Qasrin. " + "Nobody else was hurt in this very long report. " * 3000
    with pytest.raises(OutputError, match="not written"):
        qasrin.add_records([report("big", "T", body)], [])
    sa.event.remove(engine, "connect", full)
    engine.dispose()
    assert derived(qasrin) == before
    assert qasrin.add_records([report("big", "T", body)], []).reports == 1


MOUNTS = """/dev/sda1 / ext4 rw 0 0
server:/vol /mnt/team nfs4 rw 0 0
//srv/share /mnt/office\\040docs cifs rw 0 0
"""


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/srv/books/b.toll", "ext4"),
        ("/mnt/team/x/b.toll", "nfs4"),
        ("/mnt/office docs/b.toll", "cifs"),
        ("/mnt/teams/b", "ext4"),
    ],
)
def test_mount_type(path: str, kind: str) -> None:
    assert mount_type(Path(path), MOUNTS) == kind


def test_a_network_disk_is_refused_with_the_reason() -> None:
    with pytest.raises(UsageError, match=r"network file system .nfs4.*local disk"):
        refuse_network(Path("/mnt/team/b.toll"), MOUNTS)
    refuse_network(Path("/srv/books/b.toll"), MOUNTS)


def test_what_is_not_a_book_is_refused(tmp_path: Path) -> None:
    (tmp_path / "text.toll").write_text("hello, this is not a database at all")
    with contextlib.closing(sqlite3.connect(tmp_path / "other.toll")) as connection:
        connection.execute("CREATE TABLE t (a)")
    for name, says in (("text.toll", "not a book"), ("other.toll", "not a book"), ("none.toll", "no such book")):
        with pytest.raises(UsageError, match=says):
            open_book(tmp_path / name)
    with pytest.raises(UsageError, match="already"):
        init_book(tmp_path / "other.toll")


def test_a_newer_book_is_refused(qasrin: Book) -> None:
    with contextlib.closing(sqlite3.connect(qasrin.store.path)) as connection:
        connection.execute(f"PRAGMA user_version = {schema.BOOK_VERSION + 1}")
    with pytest.raises(UsageError, match="newer release"):
        open_book(qasrin.store.path)


def test_an_older_book_is_copied_then_migrated(qasrin: Book, monkeypatch: pytest.MonkeyPatch) -> None:
    path = qasrin.store.path
    qasrin.close()
    monkeypatch.setattr(schema, "BOOK_VERSION", schema.BOOK_VERSION + 1)

    def step(connection: sa.Connection) -> None:
        connection.exec_driver_sql("CREATE TABLE added_by_migration (a)")

    monkeypatch.setattr(schema, "MIGRATIONS", ((schema.BOOK_VERSION, "a table more", step),))
    with open_book(path) as book:
        assert len(book.incidents()) == 3
    copy = path.with_name(f"{path.name}.v{schema.BOOK_VERSION - 1}.bak")
    with contextlib.closing(sqlite3.connect(path)) as new, contextlib.closing(sqlite3.connect(copy)) as old:
        query = "SELECT count(*) FROM sqlite_master WHERE name = 'added_by_migration'"
        assert (new.execute(query).fetchone()[0], old.execute(query).fetchone()[0]) == (1, 0)
        assert old.execute("SELECT count(*) FROM log_reports").fetchone()[0] == 3


def test_a_migration_that_fails_changes_nothing(qasrin: Book, monkeypatch: pytest.MonkeyPatch) -> None:
    path = qasrin.store.path
    qasrin.close()
    monkeypatch.setattr(schema, "BOOK_VERSION", schema.BOOK_VERSION + 1)

    def step(connection: sa.Connection) -> None:
        connection.exec_driver_sql("CREATE TABLE half (a)")
        connection.exec_driver_sql("INSERT INTO nowhere VALUES (1)")

    monkeypatch.setattr(schema, "MIGRATIONS", ((schema.BOOK_VERSION, "breaks", step),))
    with pytest.raises(Exception, match="the copy is"):
        open_book(path)
    monkeypatch.undo()
    with open_book(path) as book:
        assert len(book.incidents()) == 3


@pytest.mark.parametrize("version", [1, 2])
def test_books_of_released_versions_still_open(tmp_path: Path, version: int) -> None:
    path = tmp_path / "old.toll"
    path.write_bytes((FIXTURES / f"book-v{version}.toll").read_bytes())
    with open_book(path) as book:
        assert [(i.start, i.places[0], i.killed) for i in book.incidents()] == [
            ("2021-03-01", "Marwan", "17"),
            ("2021-03-01", "Qasrin", "14"),
            ("2021-03-01", "Telhama", "3"),
        ]


# --- kill -9 --------------------------------------------------------------------------------------

KILLS = 200


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork to kill a process that is writing")
def test_two_hundred_kills_lose_at_most_the_report_in_hand(tmp_path: Path) -> None:
    """A child adds reports and links them, and is killed at a random moment; the next goes on where it stopped."""
    path = tmp_path / "k.toll"
    init_book(path).close()
    reports, records = many(600)
    # The modules and tables a writer needs are loaded here once: a child that loaded them itself would be killed before
    # its first report, each time.
    with init_book(tmp_path / "warm.toll") as warm:
        warm.add_records(reports[:2], records[:2])
        warm.refresh()
    dice = random.Random(7)
    log = tmp_path / "acknowledged"
    stored = 0
    for kill in range(KILLS):
        child = os.fork()
        if child == 0:  # pragma: no cover - it is killed
            _write_until_killed(path, reports, records, stored, log)
        time.sleep(dice.uniform(0.005, 0.8 if kill % 10 == 9 else 0.05))  # a slow machine gets somewhere too
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        said = len(log.read_text().splitlines()) if log.exists() else 0
        with contextlib.closing(sqlite3.connect(path)) as connection:
            stored = connection.execute("SELECT count(*) FROM log_reports").fetchone()[0]
            read = connection.execute("SELECT count(*) FROM log_runs").fetchone()[0]
            if kill % 20 == 0 or kill == KILLS - 1:
                assert connection.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
        assert stored == read
        assert said <= stored <= said + 1
        if stored > said:  # stored, and killed before it could say so
            with log.open("a") as stream:
                stream.write("late\n")
    assert stored > 0
    with open_book(path, write=True) as book:
        book.add_records(reports[: stored + 5], records[: stored + 5])
        book.refresh()
        killed = derived(book)
        derive.drop(book.store)
        book.refresh()
        assert derived(book) == killed
        assert len(list(book.records())) == len(reports[: stored + 5])


def _write_until_killed(path: Path, reports: list, records: list, start: int, log: Path) -> None:  # pragma: no cover
    try:
        store = SqlStore.open(path, write=True)
        book = Book(store)
        with log.open("a") as stream:
            for n in range(start, len(reports)):
                book.add_records([reports[n]], [records[n]])
                stream.write(f"{n}\n")
                stream.flush()
                if n % 7 == 6:
                    book.refresh()
            while True:  # a fast machine is through with them before the last kill: then what is derived is made anew
                derive.drop(store)
                book.refresh()
    finally:
        os._exit(1)


def test_the_charter_is_kept(qasrin: Book) -> None:
    assert qasrin.charter["rule"] == "latest-per-voice"
    with pytest.raises(UsageError, match="no such key: colour"):
        init_book(qasrin.store.path.with_name("c.toll"), {"colour": "red"})
    with contextlib.closing(sqlite3.connect(qasrin.store.path)) as connection:
        assert json.loads(connection.execute("SELECT charter FROM charter").fetchone()[0])["classes"] == "tollbook"
