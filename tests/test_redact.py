"""Nothing that names a private person leaves a book but by the analyst's own screen; what is expunged is gone."""

from __future__ import annotations

import contextlib
import datetime as dt
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from book_reports import act, figure, record, report
from tollbook.book import Book, Filters, init_book, open_book
from tollbook.errors import UsageError
from tollbook.expunge import expunge
from tollbook.redact import (
    INSIDE,
    RELEASE,
    WITHHELD,
    Masker,
    Policy,
    coarser,
    exposed,
    private_names,
    redact,
    too_young,
)
from tollbook.review import decide

NAME = "Salma al-Darwish"
QUOTE = (
    f"A shell killed {NAME}, a 9-year-old girl, in the village of Telhama on Monday, Hamid Qasir, a neighbour, said."
)


def planted() -> dict[str, Any]:
    told = figure(f"{NAME}, a 9-year-old girl", 1, 1, says="Hamid Qasir")
    return record(
        "p", "2021-03-02", act("a", QUOTE, told, places=["Telhama", "Qasrin", "Marwan"], targets=[NAME]),
        victims=[{"name": NAME, "age": 9, "sex": "female", "role": None, "incident": "a", "harm": "killed"}],
    )  # fmt: skip


@pytest.fixture
def book(tmp_path: Path) -> Book:
    made = init_book(tmp_path / "p.toll", user="tester")
    body = (
        f"{QUOTE} {NAME.upper()} was buried on Tuesday. Al-Darwish's family fled. Nobody else was hurt, officials said."
    )
    made.add_records([report("p", f"Shell kills {NAME}", body, "Daily")], [planted()])
    made.refresh()
    yield made
    made.close()


def test_names_of_a_record_that_are_private() -> None:
    assert private_names(planted()) == {NAME, "Hamid Qasir"}


@pytest.mark.parametrize(
    "body", ["Syrian Observatory for Human Rights", "police", "Mayor of Qasrin", "Amnesty International"]
)
def test_bodies_are_not_private(body: str) -> None:
    assert not private_names({"incidents": [{"casualties": [{"says": body}], "targets": [body]}]})


@pytest.mark.parametrize(
    "text",
    [
        "Salma al-Darwish",
        "SALMA AL-DARWISH",
        "Salma\nal  Darwish",
        "Salma al Darwish",
        "the Darwish family",
        "Darwish's house",
    ],
)
def test_a_name_is_masked_in_any_form(text: str) -> None:
    masked = Masker([NAME])(text)
    assert WITHHELD in masked
    assert "arwish" not in masked.lower()


@pytest.mark.parametrize("text", ["Salmanabad", "alDarwishi", "al-Qaeda", "nobody"])
def test_other_words_stay(text: str) -> None:
    assert Masker([NAME])(text) == text


def test_blocks_keep_the_length() -> None:
    assert len(Masker([NAME]).blocks(QUOTE)) == len(QUOTE)
    assert "█" in Masker([NAME]).blocks(QUOTE)


def test_a_release_shows_no_name_no_village_no_long_quote() -> None:
    out = redact({**planted(), "text": "x" * 2000}, RELEASE, names=private_names(planted()))
    text = json.dumps(out, ensure_ascii=False)
    assert "arwish" not in text
    assert "Qasir" not in text.replace("Qasrin", "")
    incident = out["incidents"][0]
    assert incident["places"] == ["Qasrin", "Marwan"]
    assert out["victims"][0]["name"] is None
    assert out["victims"][0]["age"] is None
    assert out["text"] is None


def test_redacting_twice_is_redacting_once() -> None:
    once = redact(planted(), RELEASE, names=private_names(planted()))
    places = once["incidents"][0].pop("places")
    twice = redact(once, RELEASE, names=private_names(planted()))
    assert twice == once
    assert places == ["Qasrin", "Marwan"]


def test_the_analysts_own_screen_is_untouched() -> None:
    assert redact(planted(), INSIDE, names=[NAME]) == planted()


@settings(max_examples=100, deadline=None)
@given(st.text(alphabet="abcdé -'\n", max_size=60), st.booleans())
def test_no_text_around_a_name_hides_it(around: str, capitals: bool) -> None:
    name = NAME.upper() if capitals else NAME
    assert "DARWISH" not in Masker([NAME])(f"{around} {name} {around}").upper()


@pytest.mark.parametrize(
    ("published", "days", "young"),
    [("2021-03-01", 0, False), ("2021-03-01", 10, True), ("2021-02-01", 10, False), (None, 10, True), (None, 0, False)],
)
def test_a_release_may_be_delayed(published: str | None, days: int, young: bool) -> None:
    assert too_young(published, Policy(delay_days=days), dt.date(2021, 3, 5)) is young


def test_places_are_never_all_cut() -> None:
    assert coarser(["Telhama"], RELEASE) == ["Telhama"]
    assert coarser([], RELEASE) == []


def test_a_victim_who_can_be_identified_is_warned_of() -> None:
    assert [e.doc_id for e in exposed(planted())] == ["p", "p"]
    month = planted()
    month["incidents"][0]["end"] = "2021-03-31"
    assert exposed(month) == []


# --- expunging -------------------------------------------------------------------------------------------


def bytes_of(book: Book) -> bytes:
    return b"".join(p.read_bytes() for p in sorted(book.store.path.parent.glob(f"{book.store.path.name}*")))


@pytest.mark.parametrize("target", ["p", NAME, "CLAIM"])
def test_what_is_expunged_is_in_no_byte_of_the_book(book: Book, target: str) -> None:
    detail = book.incident(book.incidents()[0].id)
    claim = detail.state.card.id
    decide(book, "accept", claim, why="seen")
    before = bytes_of(book)
    assert NAME.encode() in before
    gone = expunge(book, claim if target == "CLAIM" else target, why="family asked", user="tester")
    assert gone.kind == {"p": "report", NAME: "person", "CLAIM": "claim"}[target]
    after = bytes_of(book)
    if target != "CLAIM":
        assert b"arwish" not in after
        assert b"ARWISH" not in after
    assert QUOTE.encode() not in after
    assert b"family asked" in after


def test_an_expunged_report_counts_no_more_and_spans_of_others_stay_true(book: Book) -> None:
    other = "A bomb killed 5 people in Balad on Monday."
    book.add_records(
        [report("q", "T", other)],
        [record("q", "2021-03-02", act("a", other, figure("5 people", 5, 5), places=["Balad"]))],
    )
    assert book.totals("month").total.low == 6
    expunge(book, "p", why="law")
    assert book.totals("month").total.low == 5
    assert [r["doc_id"] for r in book.records()] == ["q"]
    assert book.totals("month", as_of="2100-01-01").total.low == 5


def test_an_expunged_person_leaves_the_count_and_the_spans(book: Book) -> None:
    expunge(book, NAME, why="law")
    out = next(book.records())
    incident = out["incidents"][0]
    assert incident["casualties"][0]["min"] == 1
    assert "█" in incident["quote"]
    assert book.totals("month").total.low == 1


def test_an_expunged_figure_is_no_claim_and_its_parts_stand_alone(book: Book) -> None:
    quote = "Shells killed 7 people in Balad on Monday, 2 of them boys."
    told = [figure("7 people", 7, 7), figure("2 of them boys", 2, 2, subset_of=0)]
    book.add_records(
        [report("q", "T", quote)],
        [record("q", "2021-03-02", act("a", quote, *told, places=["Balad"], type="shelling"))],
    )
    line = book.incidents(Filters(place="Balad"))[0]
    figures = book.incident(line.id).state.figures
    whole = next(f for f in figures if f.low == 7)
    expunge(book, whole.claim_id, why="wrong")
    assert book.incidents(Filters(place="Balad"))[0].killed == "2"
    record_ = next(r for r in book.records() if r["doc_id"] == "q")
    assert [(c["min"], c["subset_of"]) for c in record_["incidents"][0]["casualties"]] == [(2, None)]


def test_expunging_needs_a_reason_and_something_to_expunge(book: Book) -> None:
    with pytest.raises(UsageError, match="reason"):
        expunge(book, "p", why=" ")
    with pytest.raises(UsageError, match="no report, claim or person"):
        expunge(book, "Nobody Ofthatname", why="x")
    with pytest.raises(UsageError, match="too short"):
        expunge(book, "Al", why="x")


# --- what a person types, and what is printed ------------------------------------------------------------------

CHILD, WITNESS, DETAINEE, ACCUSED = "Lina Haddad", "Omar Qasim", "Yusuf Khalil", "Karim Sabbagh"
PLANTED = (CHILD, WITNESS, DETAINEE, ACCUSED)


@pytest.fixture
def named(tmp_path: Path) -> Path:
    """A book whose quotes, figures, victims, speakers, targets, decisions and notes hold names."""
    told = f"{CHILD}, 7, was among 6 people killed by a bomb in Balad on Monday, {WITNESS} said."
    taken = f"Gunmen led by {ACCUSED} took {DETAINEE} and 2 other prisoners from Telhama on Tuesday."
    first = act("a", told, figure("6 people", 6, 6, says=WITNESS, who="unknown"), places=["Balad", "Saladin"])
    second = act(
        "b", taken, figure("2 other prisoners", 2, 2, harm="abducted"), type="abduction", places=["Telhama"],
        start="2021-03-02", end="2021-03-02", perpetrators=[ACCUSED], targets=[DETAINEE],
    )  # fmt: skip
    victim = {"name": CHILD, "age": 7, "sex": "female", "role": None, "incident": "a", "harm": "killed"}
    text = f"{told} {taken} The family of Haddad wept."
    later = text.replace("6 people", "8 people")
    path = tmp_path / "names.toll"
    with init_book(path) as book:
        for n, body in enumerate((text, later)):
            one = {**first, "quote": first["quote"].replace("6 people", "8 people")} if n else first
            if n:
                one["casualties"] = [{**first["casualties"][0], "text": "8 people", "min": 8, "max": 8}]
            made = record(f"d{n}", f"2021-03-0{2 + n}", one, second, victims=[victim])
            book.add_records([report(f"d{n}", f"{CHILD} dies in Balad", body, f"Outlet {n}")], [made])
        asked = book.incidents(Filters(type="bomb"))[0].id
        decide(book, "accept", asked, why=f"spoke with {WITNESS}")
        decide(book, "correct", asked, value={"field": "grade", "grade": "sure"}, why=f"the father of {CHILD} confirms")
    return path


def printed(path: Path, capfd: pytest.CaptureFixture[str], tmp_path: Path, *more: str) -> dict[str, str]:
    """Everything every command that shows a book prints, and the charts it draws, by the words typed."""
    from tollbook.cli.app import app

    with open_book(path) as book:
        found = [i.id for i in book.incidents()]
    listed: list[tuple[str, ...]] = [("incidents",), ("incidents", "--to", "jsonl"), ("records",)]
    listed += [("incident", i) for i in found]
    listed += [("diff", "--from", "2020-01-01", "--to", "2100-01-01"), ("decide", "history")]
    if not more:
        kinds = ("month", "week", "year", "place", "perpetrator", "type", "class", "sex", "age")
        listed += [("totals", "--by", by) for by in kinds] + [("totals", "--to", "jsonl", "--harm", "abducted")]
        listed += [("totals", "--chart", str(tmp_path / "t.svg"), "--by", "perpetrator", "--harm", "abducted")]
        listed += [("incident", i, "--chart", str(tmp_path / f"{i}.svg")) for i in found]
    out = {}
    for words in listed:
        command, rest = words[0], words[1:]
        line = ["decide", "history"] if command == "decide" else [command]
        typed = ["decide", str(path), *rest] if command == "decide" else [*line, str(path), *rest]
        with contextlib.suppress(SystemExit):
            app([*typed, *(more if command != "totals" else ())], standalone_mode=False)
        captured = capfd.readouterr()
        out[" ".join(words)] = captured.out + captured.err
    out.update({p.name: p.read_text(encoding="utf-8") for p in tmp_path.glob("*.svg")})
    return out


def test_no_command_prints_a_name_unless_asked(named: Path, capfd: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    for typed, told in printed(named, capfd, tmp_path).items():
        assert told.strip(), typed
        for name in PLANTED:
            for word in (name, name.split()[1]):
                assert word.casefold() not in told.casefold(), (typed, word)
    shown = printed(named, capfd, tmp_path, "--names")
    assert all(name in shown["records"] for name in PLANTED)
    assert WITNESS in shown["decide history"]
    assert ACCUSED in shown["incidents --to jsonl"]


def test_masked_records_keep_their_spans(named: Path, capfd: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    masked = [json.loads(line) for line in printed(named, capfd, tmp_path)["records"].splitlines()]
    with open_book(named) as book:
        whole = list(book.records())
    for a, b in zip(masked, whole, strict=True):
        assert [len(i["quote"]) for i in a["incidents"]] == [len(i["quote"]) for i in b["incidents"]]
        assert a["victims"][0]["name"] == "█" * len(CHILD)
