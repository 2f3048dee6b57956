"""The desk's quick counts beside the book's slow ones: the same numbers, whatever is asked for and was decided."""

from __future__ import annotations

import datetime as dt
import random
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st
from starlette.testclient import TestClient

from book_reports import act, figure, record, report
from tollbook import review, tally
from tollbook.book import Book, init_book, open_book
from tollbook.errors import TollbookError
from tollbook.store import counting, derive, load, regroup, schema
from tollbook.store.filters import EVERYTHING, Filters, conditions
from tollbook.web import columns, filling, lists, overview, queue, sums, voices
from tollbook.web.apart import Apart
from tollbook.web.app import create_app
from tollbook.web.coded import Coded
from tollbook.web.desk import COUNTED_AGAIN, BusyBook, Desk

PLACES = ("Qasrin", "Telhama", "Balad", "Dara az-Zuhr", "Marwan")
GROUPS = ("civilian", "state_forces", "armed_group", "unknown")
DOERS = ("Islamic State", "ISIL", "the army", "gunmen of Balad")
SPOTS = {p: (33.0 + n, 44.0 + n) for n, p in enumerate(PLACES[:3])}


def dense(rng: random.Random, count: int) -> tuple[list[Any], list[dict[str, Any]]]:
    """Reports of one small area and few days, of every kind that is counted apart: sums over others, acts that may be
    one, told in retrospect, alleged, statistics, ranges open or untold, victims told by class."""
    reports, records = [], []
    for n in range(count):
        scope = rng.choices(("incident", "total", "background", "statistic"), (10, 4, 1, 1))[0]
        place, other = rng.sample(PLACES, 2)
        first = dt.date(2022, rng.randrange(4, 7), rng.randrange(1, 29))
        long = {"statistic": 120, "total": rng.choice((0, 3, 6, 40))}.get(scope, rng.choice((0, 0, 0, 2)))
        dead, hurt = rng.randrange(1, 9) + 12 * (scope == "total"), rng.randrange(0, 5)
        told = f"An act {n} killed {dead} people and hurt {hurt} in {place}, {n} said."
        whom = rng.choice(GROUPS)
        hedge = rng.random() < 0.25
        figures = [
            figure(f"{dead} people", None if rng.random() < 0.1 else dead, None if hedge else dead + rng.randrange(3),
                   who="unknown", says=rng.choice(("police", "the army", "medics", None)))
        ]  # fmt: skip
        if whom != "unknown":
            figures.append(figure(f"{dead} people", dead // 2, dead // 2, who=whom, subset_of=0))
        if rng.random() < 0.4:
            figures.append(figure(f"hurt {hurt}", hurt, hurt, harm="injured", who=whom))
        lat, lon = SPOTS.get(place, (None, None))
        detail = {
            "name": place, "span": None, "role": "at", "gazetteer_id": None, "lat": lat, "lon": lon, "radius_km": 9.0,
            "admin_level": 3, "admin1": "Marwan" if rng.random() < 0.5 else None, "admin2": None, "alternatives": [],
        }  # fmt: skip
        dated = rng.random() < 0.9
        one = act(
            "a", told, *figures, scope=scope, type=rng.choice(("bomb", "attack", "air_strike")),
            status=rng.choices(("happened", "alleged", "denied"), (8, 1, 1))[0],
            start=first.isoformat() if dated else None,
            end=(first + dt.timedelta(days=long)).isoformat() if dated else None,
            places=rng.choice(([place], [place, "Marwan"], [])) if scope == "incident" else [other],
            country=rng.choice(("IQ", "IQ", "SY", None)), targets=[], place_details=[detail],
            perpetrators=rng.sample(DOERS, rng.choice((0, 0, 1, 2))),
        )  # fmt: skip
        reports.append(report(f"r{n}", f"Report {n}", told, f"Outlet {n % 6}"))
        records.append(record(f"r{n}", (first + dt.timedelta(days=1)).isoformat(), one))
    return reports, records


def some_filters(rng: random.Random) -> Iterator[Filters]:
    yield EVERYTHING
    yield from (Filters(country="IQ"), Filters(voices=2), Filters(review="reviewed"), Filters(status="alleged"))
    for _ in range(6):
        yield Filters(
            since=rng.choice((None, "2022-05", "2022-04-20", "2022")),
            until=rng.choice((None, "2022-06", "2022-06-11")), place=rng.choice((None, None, "Kasrin", "Marwan")),
            type=rng.choice((None, None, "bomb", "attack")),
            perpetrator=rng.choice((None, None, None, "ISIS", "balad")), victims=rng.choice((None, None, "civilian")),
            review=rng.choice((None, None, "machine")), status=rng.choice((None, None, "happened")),
        )  # fmt: skip


def listed_in_order(found: tally.Totals) -> tally.Totals:
    for row in (*found.rows, found.total, found.alleged):
        row.ids.sort()
    return found


def read_once() -> Callable[..., Any]:
    """`read_counted`, which the slow totals ask for the same rows each time, once for each question."""
    known: dict[Any, Any] = {}

    def read(connection: sa.Connection, where: Filters, **how: Any) -> Any:
        key = (where, *how.items())
        if key not in known:
            known[key] = counting.read_counted(connection, where, **how)
        return known[key]

    return read


def check(desk: Desk, book: Book, rng: random.Random) -> None:
    """Everything that is counted from columns, beside the same from the book's tables."""
    with desk.view() as connection, mock.patch.object(tally, "read_counted", read_once()):
        held = desk.columns(connection)
        for where in some_filters(rng):
            ids = set(
                connection.execute(
                    sa.select(schema.incidents.c.incident_id).where(*conditions(connection, where))
                ).scalars()
            )
            mask = held.asked(where)
            assert {held.ids[n] for n in np.flatnonzero(mask)} == ids, where
            for by in ("month", "week", "year", "place", "perpetrator", "type", "class"):
                for harm in ("killed", "injured"):
                    options = book.options
                    quick = sums.totals(
                        held, connection, by=by, harm=harm, rule=options.rule, classes=options.classes, where=where,
                        reports=desk.reports_by_month(connection, where), ids=True,
                    )  # fmt: skip
                    slow = tally.totals(
                        connection, by=by, harm=harm, rule=options.rule, classes=options.classes, where=where
                    )
                    assert listed_in_order(quick) == listed_in_order(slow), (by, harm, where)
            listed: list[str] = []
            cursor = None
            while True:
                page = lists.incidents(connection, held, where, cursor=cursor, limit=7)
                listed += [x.id for x in page.lines]
                assert page.count == len(ids)
                cursor = page.next
                if cursor is None:
                    break
            table = schema.incidents.c
            in_order = sa.select(table.incident_id).where(*conditions(connection, where)).order_by(
                sa.func.coalesce(table.start, "").desc(), table.incident_id
            )  # fmt: skip
            assert listed == list(connection.execute(in_order).scalars())
            told = overview.known(held, where)
            points = overview.points(held, where)
            assert told.mapped == sum(p.count for p in points)
            assert told.incidents == sum(
                1 for i in ids if held.coded["scope"][held.index[i]] in ("incident", "background")
            )
        fresh = filling.read(connection)
        rows = load.decisions(connection)
        assert desk.decisions(connection) == tuple(rows)
        issues = desk.issues(connection, queue.ISSUES)
        assert queue.build(connection, held, rows, issues) == queue.build(connection, fresh, rows, issues)
        assert {i: held.spot_of(i) for i in held.index} == {i: fresh.spot_of(i) for i in fresh.index}
        assert held.page(None, None, 1000) == fresh.page(None, None, 1000)


@pytest.mark.parametrize("seed", range(4))
def test_quick_counts_are_the_slow_ones_after_every_decision(tmp_path: Path, seed: int) -> None:
    rng = random.Random(seed)
    reports, records = dense(rng, 40)
    path = tmp_path / "b.toll"
    with init_book(path) as book:
        book.add_records(reports[:30], records[:30])
        book.refresh()
    desk = Desk(path)
    with desk.view() as connection:
        first = desk.columns(connection)
    check(desk, desk.book, rng)
    for kind in ("accept", "apart", "same", "unsure", "reject", "correct", "add", "accept"):
        with desk.writing() as book:
            ids = [i.id for i in book.incidents()]
            if kind == "add":
                book.add_records(reports[30:], records[30:])
            elif kind == "correct":
                day = {"field": "date", "start": "2022-05-05", "end": "2022-05-06"}
                review.decide(book, kind, rng.choice(ids), why="seen", value=day)
            elif kind in ("accept", "reject"):
                review.decide(book, kind, rng.choice(ids), why="read")
            else:
                review.decide(book, kind, *rng.sample(ids, 2), why="compared")
        check(desk, desk.book, rng)
    with desk.view() as connection:
        assert desk.columns(connection).revision > first.revision
    desk.close()


def test_a_state_is_made_of_the_one_before_and_an_older_view_keeps_its_own(tmp_path: Path) -> None:
    reports, records = dense(random.Random(9), 30)
    path = tmp_path / "b.toll"
    with init_book(path) as book:
        book.add_records(reports, records)
        book.refresh()
    desk = Desk(path)
    with desk.view() as before:
        old = desk.columns(before)
        assert desk.columns(before) is old
        incident = next(i for i in old.index if old.coded["scope"][old.index[i]] == "incident")
        with desk.writing() as book:
            review.decide(book, "accept", incident, why="read")
        with desk.view() as after:
            new = desk.columns(after)
            moved = new.past.since(old.revision, new.revision)
            assert new.past is old.past
            assert moved is not None
            assert 0 < len(moved) < len(new)
            assert new.coded["review"][new.index[incident]] == "reviewed"
            rebuilt = filling.read(after)
            assert {i: new.counted(new.index[i], list(new.raws)) for i in new.index} == {
                i: rebuilt.counted(rebuilt.index[i], list(new.raws)) for i in rebuilt.index
            }
        assert desk.columns(before) is old
        assert old.coded["review"][old.index[incident]] == "machine"
    desk.close()


def test_what_another_program_changed_is_read_again(tmp_path: Path) -> None:
    reports, records = dense(random.Random(3), 24)
    path = tmp_path / "b.toll"
    with init_book(path) as book:
        book.add_records(reports[:12], records[:12])
        book.refresh()
    desk = Desk(path)
    with desk.view() as connection:
        desk.columns(connection)
    with open_book(path, write=True) as other:
        other.add_records(reports[12:], records[12:])
        with desk.view() as connection:
            assert desk.behind
            assert len(desk.columns(connection).index) < 24
        derive.drop(other.store)
        other.refresh()
    check(desk, desk.book, random.Random(1))
    assert not desk.behind
    desk.close()


def test_copies_of_a_column_share_values_and_not_slots() -> None:
    found = Coded.empty()
    found.grow(700)
    found.put(np.arange(700), (n % 350 for n in range(700)))
    copy = found.copy()
    copy.put(np.array([3]), ["other"])
    assert found[3] == 3
    assert copy[3] == "other"
    assert found.equal(349).sum() == 2
    assert not found.equal("nobody's").any()
    assert copy.where(lambda v: v == "other" or v == 0, "asked").sum() == 3
    assert copy.where(lambda v: False, "asked").sum() == 3  # an answer that is kept is not asked for again
    copy.clear(0)
    assert copy[0] is None
    copy.grow(1)
    assert copy[700] is None


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), max_size=40), st.integers(0, 45))
def test_the_foremost_are_those_of_a_full_sort(ranks: list[tuple[int, int]], count: int) -> None:
    ids: list[str | None] = [f"{(n * 7919) % 1009:04d}" for n in range(len(ranks))]
    held = columns.Columns(1, ids=ids)
    slots = np.arange(len(ranks))[::-1]
    keys = [np.array([ranks[s][k] for s in slots], np.int64) for k in (0, 1)]
    whole = sorted(range(len(ranks)), key=lambda s: (*ranks[s], ids[s] or ""))
    assert held.foremost(slots, keys, count) == whole[:count]


def test_pages_answer_while_the_book_is_counted_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As after an upgrade whose data count otherwise: what was counted before is shown, and the page says so."""
    reports, records = dense(random.Random(5), 12)
    path = tmp_path / "b.toll"
    with init_book(path) as book:
        book.add_records(reports, records)
        book.refresh()
    desk = Desk(path)
    let_go = threading.Event()

    def counted(*_: Any, **__: Any) -> None:
        assert let_go.wait(60)
        desk.book.refresh()

    monkeypatch.setattr("tollbook.web.desk.subprocess.run", counted)
    monkeypatch.setattr("tollbook.web.desk.MOMENT", 0.05)
    monkeypatch.setattr(derive, "code_version", lambda files=(): "another")
    with desk.view() as connection:
        assert desk.behind == COUNTED_AGAIN
        held = desk.columns(connection)
        assert held.index
        assert desk.incident(connection, next(iter(held.index))).state.told
    monkeypatch.setattr("tollbook.web.desk.PATIENCE", 0.05)
    with pytest.raises(BusyBook, match="being counted"), desk.writing():
        pass
    let_go.set()
    for _ in range(600):
        with desk.view():
            if desk.behind is None:
                break
        time.sleep(0.05)
    assert desk.behind is None
    check(desk, desk.book, random.Random(1))
    desk.close()


def test_a_decision_computes_again_what_it_is_about(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not what was decided on before: fifty decisions in, the next costs as much as the first."""
    reports, records = dense(random.Random(2), 30)
    with init_book(tmp_path / "b.toll") as book:
        book.add_records(reports, records)
        book.refresh()
        ids = [i.id for i in book.incidents()]
        written: list[int] = []
        whole = regroup.write_incidents

        def counting(world: Any, groups: Any) -> Any:
            written.append(len(groups))
            return whole(world, groups)

        monkeypatch.setattr(regroup, "write_incidents", counting)
        for incident in ids:
            review.decide(book, "accept", incident, why="read")
            book.refresh()
        assert max(written) == 1
        with book.store.read() as connection:
            rows = load.decisions(connection)
            whole_held = load.held(connection, rows)[0]
            for incident in ids:
                detail = book.incident(incident)
                told = {t.mention.id for t in detail.state.told}
                own = load.held_of(connection, rows, {t.report_id for t in detail.state.told})
                assert {i: r for i, r in own.accepted.items() if i in told} == {
                    i: r for i, r in whole_held.accepted.items() if i in told
                }


def test_what_takes_long_is_counted_by_a_process_of_its_own(tmp_path: Path) -> None:
    reports, records = dense(random.Random(4), 20)
    path = tmp_path / "b.toll"
    with init_book(path) as book:
        book.add_records(reports, records)
        book.refresh()
        want = book.totals("sex", "killed", Filters(country="IQ"), rule="ibc")
    apart = Apart(path)
    how = {"by": "sex", "harm": "killed", "where": Filters(country="IQ"), "rule": "ibc"}
    first = apart.ask("now", "totals", **how)
    assert apart.ask("now", "totals", **how) is first
    assert first.result(120) == want
    with open_book(path) as book, book.store.read() as connection:
        assert apart.ask("now", "voices").result(120) == voices.profiles(connection)
    failed = apart.ask("now", "totals", by="nothing", harm="killed", where=EVERYTHING)
    with pytest.raises(TollbookError, match="could not be counted"):
        failed.result(120)
    assert apart.ask("now", "totals", by="nothing", harm="killed", where=EVERYTHING) is not failed
    apart.close()


def test_a_page_says_that_the_book_is_being_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    reports, records = dense(random.Random(6), 8)
    path = tmp_path / "b.toll"
    with init_book(path) as book:
        book.add_records(reports, records)
        book.refresh()
    monkeypatch.setattr("tollbook.web.desk.FIRST", 0.05)
    let_go, begun, whole = threading.Event(), threading.Event(), filling.read

    def slow(connection: sa.Connection) -> columns.Columns:
        begun.set()
        assert let_go.wait(60)
        return whole(connection)

    monkeypatch.setattr(filling, "read", slow)
    app, sessions = create_app(path, 8787)
    client = TestClient(app, base_url="http://127.0.0.1:8787")
    client.get(f"/enter?token={sessions.invite()}")
    first = threading.Thread(target=client.get, args=("/incidents",))
    first.start()
    assert begun.wait(60)
    with TestClient(app, base_url="http://127.0.0.1:8787") as other:
        other.get(f"/enter?token={sessions.invite()}")
        page, value = other.get("/"), other.get("/api/totals")
        assert (page.status_code, page.headers["refresh"]) == (202, "4")
        assert "being read into memory" in page.text
        assert (value.status_code, value.json()["error"]["code"]) == (503, "being_read")
        let_go.set()
        first.join(60)
        assert other.get("/").status_code == 200
