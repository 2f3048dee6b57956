"""The worked example of docs/method.md: its figures, reasoned from the rules, against a book of its reports."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from book_reports import act, figure, record, report
from tollbook.book import Book, Detail, init_book, open_book
from tollbook.cli.app import app
from tollbook.ledger.bounds import ALL, Bound

ROOT = Path(__file__).resolve().parent.parent
METHOD = (ROOT / "docs" / "method.md").read_text(encoding="utf-8")
REPORTS = ROOT / "docs" / "tokhar" / "reports.jsonl"
PICTURE = ROOT / "docs" / "tokhar" / "tokhar.svg"


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The book the document tells how to make, made by its own commands."""
    folder = tmp_path_factory.mktemp("method")
    for words in (["init", str(folder / "tokhar.toll")], ["add", str(folder / "tokhar.toll"), str(REPORTS)]):
        assert CliRunner().invoke(app, words).exit_code == 0
    return folder / "tokhar.toll"


@pytest.fixture(scope="module")
def book(path: Path) -> Iterator[Book]:
    with open_book(path) as opened:
        yield opened


@pytest.fixture(scope="module")
def strike(book: Book) -> Detail:
    """The strike of 19 July."""
    found = [i for i in book.incidents() if i.start == "2016-07-19"]
    assert len(found) == 1
    return book.incident(found[0].id)


def killed(found: tuple[Bound, ...], group: str = ALL) -> Bound:
    return next(b for b in found if b.harm == "killed" and b.group == group)


def test_seven_reports_are_one_incident_and_monday_stays_apart(book: Book) -> None:
    # Seven reports of Tuesday; the first also tells two acts of Monday and their sum.
    listed = sorted((i.start, i.scope, i.killed, i.reports) for i in book.incidents())
    assert listed == [
        ("2016-07-18", "incident", "15", 1),
        ("2016-07-18", "incident", "6", 1),
        ("2016-07-18", "total", "21", 1),
        ("2016-07-19", "incident", "56 to 101+", 7),
    ]


def test_who_sets_the_range_and_why_the_others_do_not(strike: Detail) -> None:
    found = killed(strike.state.bounds)
    by_claim = {f.claim_id: (f.report_id, f.voice.name, f.low) for f in strike.state.figures}
    doc = {t.report_id: t.doc_id for t in strike.state.told}

    def said(claims: tuple[str, ...]) -> set[tuple[str, int | None]]:
        return {(doc[by_claim[c][0]], by_claim[c][2]) for c in claims}

    # The Observatory's latest (exactly 56, named: not overtaken); the last report's own "more than 100" is 101 or more
    assert (found.low, found.best, found.high, found.open) == (56, 56, 101, True)
    assert said(found.low_claims) == said(found.best_claims) == {("tokhar-5", 56)}
    assert said(found.high_claims) == {("tokhar-7", 101)}
    assert said(found.beside) == {("tokhar-3", 160)}
    why = {(doc[by_claim[c][0]], by_claim[c][2]): reason for c, reason in found.aside}
    again = "overtaken by a later figure of the same voice"
    early = "an early toll, overtaken by a later and higher one"
    assert why == {
        ("tokhar-1", 56): again,
        ("tokhar-2", 56): again,
        ("tokhar-1", 11): again,
        ("tokhar-2", 11): again,
        ("tokhar-3", 85): early,
        ("tokhar-4", 24): "vague words, where a number is given",
        ("tokhar-6", 73): early,
    }
    assert all(reason in METHOD for reason in why.values())


def test_voices(strike: Detail) -> None:
    # Two monitors are first hand; an agency and two unattributed reports may repeat them; Amaq is a party.
    assert strike.state.independent == (2, 5)
    assert killed(strike.state.bounds).voices == (1, 2)
    assert "2 to 5 voices" in METHOD


def test_the_toll_over_time(strike: Detail) -> None:
    steps = [(s.day, killed(tuple(b for _, b in s.bounds))) for s in strike.steps]
    found = [(day, b.low, b.best, b.high, b.open) for day, b in steps]
    assert found == [
        ("2016-07-19", 56, None, 85, True),  # 56 or more, 85 or more: each said once, neither exactly
        ("2016-07-20", 56, 56, 85, True),  # the Observatory now says 56 without "at least"
        ("2016-07-21", 56, 56, 85, True),  # 73 or more lies between
        ("2016-07-22", 56, 56, 101, True),  # 101 or more overtakes the open 85 and 73, not the exact 56
    ]
    for day, low, best, high, _ in found:
        assert f"| {day} | {low} | {best or '–'} | {high}+ |" in METHOD


# By hand. widest: the vaguest word is 24 (dozens), the largest number Amaq's; acled: the lowest, once.
@pytest.mark.parametrize(
    ("rule", "low", "high", "opened"),
    [("latest-per-voice", 56, 101, True), ("ibc", 56, 101, True), ("acled", 56, 56, False), ("widest", 24, 160, True)],
)
def test_other_rules(book: Book, strike: Detail, rule: str, low: int, high: int, opened: bool) -> None:
    found = killed(book.incident(strike.state.card.id, rule=rule).state.bounds)
    assert (found.low, found.high, found.open) == (low, high, opened)
    text = f"{low} to {high}" if high != low else str(low)
    assert f"| `{rule}` | {text}{'+' if opened else ''} |" in METHOD


def test_the_sum_of_july_counts_mondays_total_once(book: Book) -> None:
    # 15 + 6 are the 21: nothing of it is left over. 15 + 6 + 56 = 77, 15 + 6 + 101 = 122.
    total = book.totals("month").total
    assert (total.low, total.high, total.open, total.incidents) == (77, 122, 1, 3)
    assert "77 to 122+" in METHOD


def test_nobody_is_without_a_class_where_every_voice_counts_civilians(book: Book) -> None:
    # Each counted voice calls all of its dead civilians: the 101 as well as the 56. Ages: the Observatory leaves 45 of
    # its 56 untold, the report of 101 all of them; with the 21 of Monday 66 to 122.
    assert [(r.label, r.low, r.high) for r in book.totals("class").rows] == [("civilian", 77, 122)]
    assert [(r.label, r.low, r.high) for r in book.totals("age").rows][1:] == [("not told apart", 66, 122)]


def test_part_told_again_by_the_same_voice_counts_once(book: Book, tmp_path: Path) -> None:
    by_age = {row.label: (row.low, row.high) for row in book.totals("age").rows}
    assert by_age["child"] == (11, 11)
    # another voice's part of its own toll still counts: 11 and 14 are a range, a third report of one voice is not
    bodies = [("a", "One monitor", 11), ("b", "Another monitor", 14), ("c", "One monitor", 11)]
    reports, records = [], []
    for day, (name, says, children) in enumerate(bodies, 1):
        words = f"A bomb in Qasrin killed 40 people, including {children} children, {says} said."
        reports.append(report(name, "Bomb", words, name))
        whole = figure("40 people", 40, 40, says=says, who="unknown")
        part = figure(f"{children} children", children, children, says=says, subset_of=0, age_group="child")
        records.append(record(name, f"2021-03-0{day}", act("x", words, whole, part)))
    with init_book(tmp_path / "parts.toll") as other:
        other.add_records(reports, records)
        rows = {row.label: (row.low, row.high) for row in other.totals("age").rows}
    assert rows["child"] == (11, 14)


def test_the_picture_is_of_these_reports_and_stands_alone() -> None:
    svg = PICTURE.read_text(encoding="utf-8")
    assert "](tokhar/tokhar.svg)" in METHOD
    assert len(svg) < 60_000
    assert not re.search(r"href=|<image|<script|/(?:tmp|home|root|work)/", svg)
    for day, low, high in (("2016-07-19", 56, 85), ("2016-07-22", 56, 101)):
        assert re.search(rf"published: {day}; people: {low}\b", svg)
        assert re.search(rf"published: {day}; (?:people|high): {high}\b", svg)


def test_the_reports_are_few_and_whole() -> None:
    rows = [json.loads(line) for line in REPORTS.read_text(encoding="utf-8").splitlines()]
    assert [r["doc_id"] for r in rows] == [f"tokhar-{n}" for n in range(1, 8)]
    assert all(set(r) == {"doc_id", "outlet", "published", "title", "text"} for r in rows)
