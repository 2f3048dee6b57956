"""The book of a past moment, reached by taking back what came since, is the book computed from the claims of then."""

from __future__ import annotations

import contextlib
import random
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from book_reports import act, figure, record, report
from tollbook import book as book_module
from tollbook.book import Book, Detail, Filters, init_book
from tollbook.ledger.bounds import RULES
from tollbook.ledger.state import Options
from tollbook.review import decide
from tollbook.store import now, views

MONTHS = (views.schema.shares, views.schema.totals)


def shown(
    book: Book, moment: str, monkeypatch: pytest.MonkeyPatch, share: float, options: Options | None = None
) -> dict[str, Any]:
    monkeypatch.setattr(views, "SMALL", share)
    with views.as_of_view(book.store, moment, options or book.options, book.options) as connection:
        return {
            table.name: sorted((tuple(r) for r in connection.execute(sa.select(table))), key=repr)
            for table in (*views.COUNTED, views.schema.mentions)
            if options is None or table not in MONTHS
        }


def told(n: int, dead: int) -> tuple[Any, dict[str, Any]]:
    """One of some reports of one small area and few days; every fourth is a sum over them."""
    day, place, total = f"2022-05-{1 + n % 3:02d}", ("Qasrin", "Telhama", "Balad")[n % 3], n % 4 == 3
    words = f"{'In all' if total else 'A bomb killed'} {dead} people in {'Marwan' if total else place}, {n} said."
    said = figure(f"{dead} people", dead, dead, who="unknown")
    one = act(
        "a", words, said, start="2022-05-01" if total else day, end=day, targets=[],
        places=["Marwan"] if total else [place, "Marwan"], scope="total" if total else "incident",
    )  # fmt: skip
    return report(f"r{n}", f"Report {n}", words, f"Outlet {n % 6}"), record(f"r{n}", day, one)


@pytest.mark.parametrize("seed", range(2))
def test_a_past_moment_is_the_same_by_both_ways(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int) -> None:
    dice = random.Random(seed)
    moments: list[str] = []
    with init_book(tmp_path / "b.toll") as book:
        for step in range(4):
            for n in range(8 * step, 8 * step + 8):
                one, its = told(n, 20 + n if n % 4 == 3 else 2 + n % 4)
                book.add_records([one], [its])
            again, its = told(8 * step, 9)  # a report that changed its text and its toll
            book.add_records([again], [its])
            ids = sorted(i.id for i in book.incidents())
            first = decide(book, "same", *dice.sample(ids, 2), why="w", user="u")
            decide(book, "reject", dice.choice(ids), why="w", user="u")
            if step % 2:
                decide(book, "undo", first, why="w", user="u")
            book.refresh()
            moments.append(now())
        for moment in moments:
            back = shown(book, moment, monkeypatch, 1.0)
            assert back == shown(book, moment, monkeypatch, -1.0)
            assert back["derived_incidents"]
            widest = replace(book.options, rule=RULES["widest"], count_parties=True)
            assert shown(book, moment, monkeypatch, 1.0, widest) == shown(book, moment, monkeypatch, -1.0, widest)


HOW: tuple[dict[str, Any], ...] = (
    {"rule": "widest"}, {"rule": "ibc", "grade": "airwars"}, {"rule": "acled"}, {"classes": "un"},
    {"count_parties": True},
)  # fmt: skip
WHERE = (
    Filters(), Filters(since="2022-05-02", until="2022-05-02"), Filters(place="Marwan"), Filters(type="bomb", voices=2),
    Filters(since="2022-05-03", victims="civilian"),
)  # fmt: skip


@pytest.fixture(scope="module")
def counted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Book]:
    with init_book(tmp_path_factory.mktemp("counted") / "b.toll") as book:
        for n in range(32):
            one, its = told(n, 60 + n if n % 4 == 3 else 2 + 7 * (n % 5))
            book.add_records([one], [its])
        ids = sorted(i.id for i in book.incidents())
        decide(book, "same", ids[0], ids[3], why="w", user="u")
        decide(book, "reject", ids[-1], why="w", user="u")
        book.refresh()
        yield book


@pytest.mark.parametrize("how", HOW, ids=str)
def test_another_way_to_count_gives_what_counting_all_gives(
    counted: Book, monkeypatch: pytest.MonkeyPatch, how: dict[str, Any]
) -> None:
    def answers() -> list[Any]:
        out: list[Any] = [counted.incident(i, **how) for i in ids]
        for where in WHERE:
            out += [counted.incidents(where, **how), counted.totals("month", where=where, **how)]
        return out

    ids = [i.id for i in counted.incidents()]
    assert len(ids) > 5
    found = answers()
    with views.as_of_view(counted.store, None, counted.counting(how)) as from_the_claims:
        monkeypatch.setattr(book_module, "counted_view", lambda *_: contextlib.nullcontext(from_the_claims))
        expected = answers()
    for one, other in zip(found, expected, strict=True):
        assert unordered(one) == unordered(other)


def unordered(found: Any) -> Any:
    """A detail with its relations in no order."""
    if not isinstance(found, Detail):
        return found
    return replace(found, **{name: sorted(getattr(found, name)) for name in ("possible", "parts", "part_of")})
