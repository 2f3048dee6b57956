"""Actors: one case table, the checks of the data files, and what holds for every text."""

from __future__ import annotations

import datetime as dt
import os
import re
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from tollbook.errors import LexiconError, SourceError
from tollbook.model import Actor, Sentence
from tollbook.resolve import actorbook, tables
from tollbook.resolve.actors import check_actors, find_actors, load_actors
from tollbook.resolve.countries import check_countries, countries
from tollbook.resolve.petrarch import parse, read_dictionary

HERE = Path(__file__).parent
SHARED = Path(os.environ.get("TOLLBOOK_SHARED", HERE.parents[1] / "shared"))
CASES: list[dict[str, Any]] = yaml.safe_load((HERE / "cases" / "actors.yml").read_text(encoding="utf-8"))
DICTIONARY = """\
# a dictionary of our own
VALLEY_HAWKS_ [REB]
+HAWKS_OF_THE_VALLEY_(HOV)_

OMAR_TEST_  # a minister, later a rebel
+GENERAL_OMAR_TEST_
\t[XYZGOV 900101-001231]
\t[XYZREB >010101]

NO_CODE_AT_ALL_
BROKEN_ [XYZ 9913
"""
AGENTS = """\
!PERSON! = MAN, MEN
BEEKEEPER [~AGR]
LAW{LAWS} [~JUD]
FISHER!PERSON! [~AGR]
NOTHING_HERE
"""


def sentences(text: str) -> list[Sentence]:
    return [Sentence((match.start(), match.end()), 0) for match in re.finditer(r"[^.|]+(?:\.(?!\s|$)[^.|]*)*\.?", text)]


def found(text: str) -> list[Actor]:
    clean = text.replace("|||", " ")
    return find_actors(clean, sentences(clean), load_actors())


@pytest.mark.parametrize("case", CASES, ids=[case["description"] for case in CASES])
def test_case(case: dict[str, Any]) -> None:
    actors = found(case["input"])
    for wanted in case["expected"]:
        fitting = [actor for actor in actors if actor.name == wanted["name"]]
        assert fitting, f"{wanted['name']!r} is not among {[a.name for a in actors]}"
        assert fitting[0].actor_id == wanted["id"]
        for key in ("who", "generic"):
            if key in wanted:
                assert getattr(fitting[0], key) == wanted[key]
    assert not {actor.name for actor in actors} & set(case.get("absent", ()))


def test_the_table_has_forty_rows_and_more() -> None:
    assert len(CASES) >= 40


def test_the_data_files_hold_what_they_must() -> None:
    check_countries()
    check_actors()
    named = [row for _, row in actorbook.group_rows()]
    armed = [row for row in named if row["kind"] not in ("state_unit", "foreign_force", "party")]
    assert len(armed) >= 320
    assert all(row["source"] for row in named)


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ("a | A | rebel | XX | | GR", "countries"),
        ("a | A | rebels | SY | | GR", "kind"),
        ("a | A | rebel | SY | | hearsay", "source"),
        ("a | A | rebel | SY | | GR\n  a | B | rebel | SY | | GR", "also that of"),
        ("a | A | rebel | SY | Z | GR\n  b | B | rebel | SY | Z | GR", "shared"),
        ("a | A | rebel | SY", "cells"),
    ],
)
def test_a_bad_row_is_named(rows: str, message: str, monkeypatch: pytest.MonkeyPatch) -> None:
    tables.rows.cache_clear()
    monkeypatch.setattr(actorbook, "FILES", ("one",))
    monkeypatch.setattr(tables, "load", lambda name: {"table": f"  {rows}"} if name == "actors/one" else None)
    with pytest.raises(LexiconError, match=message):
        check_actors()
    tables.rows.cache_clear()


def test_countries_have_their_codes() -> None:
    syria, germany = countries()["SY"], countries()["DE"]
    assert (syria.alpha3, syria.numeric, syria.gw, syria.cow, syria.region) == ("SYR", 760, 652, 652, "Middle East")
    assert (germany.gw, germany.cow) == (260, 255)


def test_mentions_do_not_overlap_and_stand_in_order() -> None:
    actors = found("Syrian and Russian warplanes hit Jaish al-Islam fighters, the army and Turkish-backed rebels said.")
    spans = [actor.span for actor in actors]
    assert spans == sorted(spans)
    assert all(a[1] <= b[0] for a, b in pairwise(spans))


VOCABULARY = """Syrian army IS ISIS rebels the of and al- Nusra Front Russian air strikes forces loyal to Assad 's
US-led police station FMLN GUERRILLAS by Israel bombed Turkish-backed gunmen (ISIL) , . " pro-government anti- civilians
Free Brigade Houthis’ Ahrar’s é ½ al coalition"""
WORDS = st.sampled_from(VOCABULARY.split())


@settings(max_examples=150, deadline=None)
@given(st.lists(WORDS, max_size=30).map(" ".join))
def test_a_span_holds_the_name(text: str) -> None:
    actors = find_actors(text, [Sentence((0, len(text)), 0)], load_actors())
    assert all(text[slice(*actor.span)] == actor.name != "" for actor in actors)
    assert actors == sorted(actors, key=lambda actor: actor.span)
    assert all(a.span[1] <= b.span[0] for a, b in pairwise(actors))


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=300))
def test_any_text_is_read(text: str) -> None:
    actors = find_actors(text, [Sentence((0, len(text)), 0)], load_actors())
    assert all(text[slice(*actor.span)] == actor.name for actor in actors)


# --- PETRARCH dictionaries ----------------------------------------------------------------------


def test_an_actor_dictionary_is_read_line_by_line() -> None:
    dictionary = parse(DICTIONARY)
    assert dictionary.kind == "actors"
    assert [entry.names for entry in dictionary.entries] == [
        ("VALLEY HAWKS", "HAWKS OF THE VALLEY", "HOV"),
        ("OMAR TEST", "GENERAL OMAR TEST"),
    ]
    assert dictionary.entries[1].codes == (
        ("XYZGOV", dt.date(1990, 1, 1), dt.date(2000, 12, 31)),
        ("XYZREB", dt.date(2001, 1, 1), None),
    )
    assert [note.split(":")[0] for note in dictionary.notes] == ["line 11", "entry of line 10"]
    assert dictionary.read + dictionary.skipped + 1 == len(DICTIONARY.splitlines())


def test_an_agent_dictionary_writes_out_sets_and_plurals() -> None:
    dictionary = parse(AGENTS)
    assert dictionary.kind == "agents"
    assert [entry.names for entry in dictionary.entries] == [
        ("BEEKEEPER", "BEEKEEPERS"),
        ("LAW", "LAWS"),
        ("FISHERMAN", "FISHERMEN"),
    ]
    assert dictionary.notes == ("line 5: no code: NOTHING_HERE",)


def test_dates_restrict_a_code(tmp_path: Path) -> None:
    path = tmp_path / "own.txt"
    path.write_text(DICTIONARY, encoding="utf-8")
    book = load_actors([path])
    text = "The Valley Hawks met Omar Test."
    at = [Sentence((0, len(text)), 0)]

    def ids(day: dt.date | None) -> list[str | None]:
        return [actor.actor_id for actor in find_actors(text, at, book, published=day)]

    assert ids(dt.date(1995, 5, 5)) == ["petrarch:REB", "petrarch:XYZGOV"]
    assert ids(dt.date(2010, 5, 5)) == ["petrarch:REB", "petrarch:XYZREB"]
    assert ids(dt.date(1980, 5, 5)) == ["petrarch:REB"]
    assert find_actors(text, at, book, published=dt.date(2010, 5, 5))[1].who == "armed_group"


def test_a_file_that_is_no_dictionary_is_an_error_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "letter.txt"
    path.write_text("# head\n\nDear colleague, here is the list.\n", encoding="utf-8")
    with pytest.raises(SourceError, match=r"letter\.txt, line 3") as raised:
        load_actors([path])
    assert (raised.value.line, raised.value.code) == (3, "actors-file")
    with pytest.raises(SourceError, match="cannot be read"):
        load_actors([tmp_path / "absent.txt"])


@settings(max_examples=60, deadline=None)
@given(st.text(alphabet="A_+[]<>~!{}#()-0123456789 \n\t=,", max_size=200))
def test_any_dictionary_text_is_counted(text: str) -> None:
    dictionary = parse(text)
    lines = text.split("\n")
    total = len(lines) - (1 if not lines[-1] else 0)
    assert dictionary.read + dictionary.skipped + sum(n.startswith("line ") for n in dictionary.notes) == total


@pytest.mark.parametrize(
    "name", ["Phoenix.Countries.actors.txt", "Phoenix.MilNonState.actors.txt", "Phoenix.agents.txt"]
)
def test_a_research_dictionary_loads_whole(name: str) -> None:
    path = SHARED / "corpora" / "petrarch" / name
    if not path.is_file():
        pytest.skip("no corpora/petrarch in TOLLBOOK_SHARED")
    dictionary = read_dictionary(path)
    lines = path.read_bytes().count(b"\n")
    unread = [note for note in dictionary.notes if note.startswith("line ")]
    assert dictionary.read + dictionary.skipped + len(unread) == lines
    assert len(unread) <= 5
    assert len(dictionary.entries) > 1000
