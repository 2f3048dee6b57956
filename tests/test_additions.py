"""What people add to reports holds over every later reading, is counted once, and can be taken back whole."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from book_reports import act, figure, record, report
from tollbook.book import Book, init_book
from tollbook.errors import UsageError
from tollbook.expunge import expunge
from tollbook.ledger.bounds import ALL
from tollbook.ledger.decisions import ADDED, YIELDS
from tollbook.ledger.figures import Figure
from tollbook.review import add_note, decide, history
from tollbook.store import derive
from tollbook.web import deciding, dossier

BOMB = "A bomb in a cafe of Qasrin killed 9 people on Monday, police said."
HURT = "Doctors at the hospital spoke of 12 wounded."
SHOT = "In the village of Telhama gunmen shot dead 3 teachers the same day."
BODY = f"{BOMB} {HURT} {SHOT}"


def told(*acts: dict[str, Any]) -> dict[str, Any]:
    """A reading of the one report."""
    return record("one", "2021-03-02", *acts)


BOMBED = act("a", BOMB, figure("9 people", 9, 9, who="unknown", says="police"), places=["Qasrin"])
"""What the first reading finds: the bomb, not the wounded, not the shooting."""
WOUNDED = figure("12 wounded", 12, 12, harm="injured", who="unknown", says="Doctors")
TEACHERS = act(
    "b", SHOT, figure("3 teachers", 3, 3), type="attack", places=["Telhama"], targets=["teachers"],
    perpetrators=["gunmen"],
)  # fmt: skip


@pytest.fixture
def book(tmp_path: Path) -> Iterator[Book]:
    with init_book(tmp_path / "x.toll", {"title": "X"}) as made:
        made.add_records([report("one", "Blast in Qasrin", BODY, "Daily A")], [told(BOMBED)])
        made.refresh()
        yield made


def sheet(book: Book) -> dossier.Sheet:
    with book.store.read() as connection:
        return dossier.sheet(connection, "one")


def add(book: Book, **form: str) -> str:
    """As the form of a report's page does."""
    found = sheet(book)
    if form["what"] != "incident":
        form.setdefault("mention", found.acts()[0][0].mention)
    made = deciding.add(book, found, {"why": "missed", **form}, None, "ana")
    book.refresh()
    return made


def add_wounded(book: Book, **more: str) -> str:
    return add(book, what="figure", words="12 wounded", harm="injured", says="doctors", **more)


def read_as(book: Book, *acts: dict[str, Any], text: str = BODY) -> None:
    """Another extractor reads the report: what it finds instead."""
    book.add_records([report("one", "Blast in Qasrin", text, "Daily A")], [told(*acts)])
    book.refresh()


def tolls(book: Book) -> list[tuple[str, str, int | None, int | None]]:
    """(place, harm, low, high) of every incident."""
    return sorted(
        (i.places[0], harm, b[0], b[2])
        for i in book.incidents() for (harm, group), b in i.bounds.items() if group == ALL
    )  # fmt: skip


KILLED = ("Qasrin", "killed", 9, 9)
INJURED = ("Qasrin", "injured", 12, 12)


@pytest.mark.parametrize(
    ("acts", "expected"),
    [
        ([BOMBED], [INJURED, KILLED]),
        ([{**BOMBED, "type": "attack"}], [INJURED, KILLED]),
        ([{**BOMBED, "quote": f"{BOMB} {HURT}"}], [INJURED, KILLED]),
        ([{**BOMBED, "quote": f"{BOMB} {HURT}", "casualties": [*BOMBED["casualties"], WOUNDED]}], [INJURED, KILLED]),
        (
            [{**BOMBED, "quote": f"{BOMB} {HURT}", "casualties": [*BOMBED["casualties"], {**WOUNDED, "max": 20}]}],
            [INJURED, KILLED],
        ),
        ([BOMBED, act("z", HURT, WOUNDED, places=["Marwan"])], [INJURED, KILLED]),
        ([TEACHERS], [INJURED, ("Telhama", "killed", 3, 3)]),
        ([], [INJURED]),
    ],
    ids=[
        "the same", "another type", "another sentence", "finds it too", "finds it with another number",
        "finds it for another act", "loses the act", "finds nothing",
    ],
)  # fmt: skip
def test_an_added_figure_is_there_after_any_reading_and_counted_once(
    book: Book, acts: list[dict[str, Any]], expected: list[Any]
) -> None:
    add_wounded(book)
    assert tolls(book) == [INJURED, KILLED]
    read_as(book, *acts)
    assert tolls(book) == expected
    (line,) = history(book)
    assert (line.decision.kind, line.holds, line.decision.value["what"]) == ("add", True, "figure")
    rebuilt(book, expected)


def rebuilt(book: Book, expected: list[Any]) -> None:
    """Computed from nothing, it is the same."""
    derive.drop(book.store)
    book.refresh()
    assert tolls(book) == expected


def test_undone_it_counts_no_more_and_what_was_read_does(book: Book) -> None:
    made = add_wounded(book, figure="15")
    more = {**BOMBED, "quote": f"{BOMB} {HURT}", "casualties": [*BOMBED["casualties"], WOUNDED]}
    read_as(book, more)
    assert tolls(book) == [("Qasrin", "injured", 15, 15), KILLED], "the person's number stands"
    undone = decide(book, "undo", made, why="misread", user="ana")
    book.refresh()
    assert tolls(book) == [INJURED, KILLED], "what was read stands again"
    rebuilt(book, [INJURED, KILLED])
    read_as(book, BOMBED)
    assert tolls(book) == [KILLED]
    decide(book, "undo", undone, why="it was right", user="ana")
    book.refresh()
    assert tolls(book) == [("Qasrin", "injured", 15, 15), KILLED], "also after a reading that came meanwhile"
    assert [(line.decision.kind, line.holds) for line in history(book)] == [
        ("add", True), ("undo", True), ("undo", True),
    ]  # fmt: skip


def test_undoing_reaches_the_act_that_had_yielded(book: Book) -> None:
    """The reading told the same words of another act: that one must be counted anew."""
    made = add_wounded(book)
    read_as(book, BOMBED, act("z", HURT, WOUNDED, places=["Marwan"]))
    decide(book, "undo", made, why="of the other act", user="ana")
    book.refresh()
    assert tolls(book) == [("Marwan", "injured", 12, 12), KILLED]
    rebuilt(book, [("Marwan", "injured", 12, 12), KILLED])


def test_parts_of_a_figure_that_yields_are_parts_of_the_added_one(book: Book) -> None:
    women = figure("5 women", 5, 5, subset_of=0)
    text = BODY.replace("9 people", "9 people, 5 women among them,")
    bomb = BOMB.replace("9 people", "9 people, 5 women among them,")
    read_as(book, act("a", bomb, figure("9 people", 9, 9, who="unknown"), women, places=["Qasrin"]), text=text)
    add(book, what="figure", words="killed 9 people", figure="9+", harm="killed")
    (i,) = book.incidents()
    assert (i.bounds["killed", ALL][0], i.bounds["killed", ALL][2], i.bounds["killed", ALL][3]) == (9, 9, True)
    (record_,) = book.records()
    kept = record_["incidents"][0]["casualties"]
    assert [(c["text"], c["subset_of"]) for c in kept] == [("5 women", None), ("killed 9 people", None)]
    assert not any(ADDED in c or YIELDS in c for c in kept)


@pytest.mark.parametrize(
    ("acts", "expected"),
    [
        ([BOMBED], [KILLED, ("Telhama", "killed", 3, 3)]),
        ([BOMBED, TEACHERS], [KILLED, ("Telhama", "killed", 3, 3)]),
        ([BOMBED, {**TEACHERS, "casualties": []}], [KILLED, ("Telhama", "killed", 3, 3)]),
        (
            [BOMBED, {**TEACHERS, "places": ["Marwan"], "start": "2021-02-20", "end": "2021-02-20"}],
            [KILLED, ("Telhama", "killed", 3, 3)],
        ),
        ([BOMBED, {**TEACHERS, "casualties": [figure("3 teachers", 3, 5)]}], [KILLED, ("Telhama", "killed", 3, 3)]),
        ([], [("Telhama", "killed", 3, 3)]),
    ],
    ids=["missed again", "found", "found without a figure", "found elsewhere", "found with another number", "nothing"],
)  # fmt: skip
def test_an_added_incident_is_there_after_any_reading_and_counted_once(
    book: Book, acts: list[dict[str, Any]], expected: list[Any]
) -> None:
    made = add(book, what="incident", words=SHOT, type="attack", start="2021-03-01", places="Telhama", harm="killed")
    assert tolls(book) == [KILLED, ("Telhama", "killed", 3, 3)]
    before = next(i for i in book.incidents() if i.places[0] == "Telhama")
    decide(book, "accept", before.id, why="read it", user="ana")
    read_as(book, *acts)
    assert tolls(book) == expected
    now = next(i for i in book.incidents() if i.places[0] == "Telhama")
    assert (now.type, now.start) == ("attack", "2021-03-01")
    assert book.incident(before.id).state.card.id == now.id, "the old id leads there"
    assert now.review != "machine"
    rebuilt(book, expected)
    decide(book, "undo", made, why="no", user="ana")
    book.refresh()
    left = [a for a in acts if a is not BOMBED and a["casualties"]]
    assert len([t for t in tolls(book) if t[3] in (3, 5)]) == len(left)


def test_place_date_and_actor_from_words_hold_after_another_reading(book: Book) -> None:
    add(book, what="place", words="village of Telhama")
    add(book, what="date", words="Monday", start="2021-02-28")
    add(book, what="actor", words="gunmen")
    read_as(book, {**BOMBED, "quote": f"{BOMB} {HURT}", "type": "attack"})
    (i,) = book.incidents()
    assert (i.places[0], i.start, i.perpetrators) == ("village of Telhama", "2021-02-28", ("gunmen",))


def test_a_corrected_text_keeps_it_where_its_words_stand_and_lists_it_where_not(book: Book) -> None:
    add_wounded(book)
    read_as(book, BOMBED, text=f"Correction: the cafe is in Qasrin. {BODY}")
    assert tolls(book) == [INJURED, KILLED]
    (f,) = [f for f in book.incident(book.incidents()[0].id).state.figures if f.harm == "injured"]
    assert sheet(book).report.text[f.span[0] : f.span[1]] == "12 wounded"
    read_as(book, BOMBED, text=BODY.replace("12 wounded", "14 wounded"))
    assert tolls(book) == [KILLED]
    assert [k for k, _ in issues(book) if k != "name_not_in_text"] == ["orphan_decision"]


def issues(book: Book) -> list[tuple[str, str]]:
    with book.store.read() as connection:
        return [(r.code, r.message) for r in connection.exec_driver_sql("SELECT code, message FROM log_issues")]


def test_of_an_expunged_report_nothing_is_left_but_that_it_is_listed(book: Book) -> None:
    made = add_wounded(book)
    expunge(book, "one", why="a person asked", user="ana")
    assert [m for k, m in issues(book) if k == "orphan_decision" and made in m]
    with book.store.read() as connection:
        rows = connection.exec_driver_sql("SELECT * FROM log_decisions").all()
        assert "wounded" not in json.dumps([list(map(str, r)) for r in rows])
        assert "Qasrin" not in json.dumps([list(map(str, r)) for r in rows])
    decide(book, "undo", made, why="gone", user="ana")


def test_an_expunged_figure_takes_its_words_from_the_decision_that_added_it(book: Book) -> None:
    add_wounded(book)
    claim = next(c.id for c in sheet(book).claims if c.value.get("harm") == "injured")
    expunge(book, claim, why="a person asked", user="ana")
    with book.store.read() as connection:
        assert "12 wounded" not in str(connection.exec_driver_sql("SELECT value FROM log_decisions").all())
    read_as(book, BOMBED)
    assert not any(harm == "injured" for _, harm, _, _ in tolls(book))


def test_a_note_is_taken_back_whole_and_survives_a_reread(book: Book) -> None:
    incident = book.incidents()[0].id
    made = add_note(
        book, incident, "The mayor told us by telephone that 11 died.", harm="killed", words="11", low=11, high=11,
        says="mayor", why="phone call", user="ana",
    )  # fmt: skip
    book.refresh()
    toll = ("Qasrin", "killed", 11, 11)
    assert tolls(book) == [toll], "the newer toll overtakes the older"
    book.reread("rules")
    book.refresh()
    assert [f.high for f in figures(book) if f.voice.name == "mayor"] == [11]
    assert [f.voice.name for f in figures(book) if f.high == 11] == ["mayor"], "not counted twice"
    decide(book, "undo", made, why="he was not the mayor", user="ana")
    book.refresh()
    found = book.incident(incident)
    assert [t.doc_id for t in found.state.told] == ["one"]
    assert [f.high for f in found.state.figures if f.harm == "killed"] == [9]
    assert [(line.decision.kind, line.holds) for line in history(book)] == [("add", False), ("undo", True)]
    with pytest.raises(UsageError, match="in the book already"):
        add_note(
            book, incident, "The mayor told us by telephone that 11 died.", harm="killed", words="11", low=11, high=11,
            why="again", user="ana",
        )  # fmt: skip


def figures(book: Book) -> list[Figure]:
    return [f for i in book.incidents() for f in book.incident(i.id).state.figures]


def test_an_addition_is_of_its_time(book: Book) -> None:
    add_wounded(book)
    with book.view(as_of="2020-01-01") as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM derived_incidents").scalar() == 0
    with book.view(rule="widest") as connection:
        high = connection.exec_driver_sql("SELECT high FROM derived_bounds WHERE harm = 'injured' AND who = 'all'")
        assert high.scalar() == 12


def test_marks_of_another_book_mean_nothing_here(book: Book, tmp_path: Path) -> None:
    add_wounded(book)
    (out,) = book.records()
    foreign = {**out, "incidents": [{**out["incidents"][0], ADDED: "0123456789abcdef"}]}
    with init_book(tmp_path / "y.toll", {"title": "Y"}) as other:
        other.add_records([report("one", "Blast in Qasrin", BODY, "Daily A")], [foreign])
        other.refresh()
        assert tolls(other) == [INJURED, KILLED]
