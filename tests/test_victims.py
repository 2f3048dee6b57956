"""Persons told one by one as victims: the case table of tests/cases/victims.yml."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from tollbook.errors import LexiconError
from tollbook.extract import persons, victims
from tollbook.extract.persons import age_of, surnames
from tollbook.extract.tokens import tokenize
from tollbook.extract.victims import find_victims
from tollbook.model import Sentence, Victim
from tollbook.resolve.actors import find_actors, load_actors

CASES = yaml.safe_load((Path(__file__).parent / "cases" / "victims.yml").read_text(encoding="utf-8"))


def read(text: str) -> list[Victim]:
    span = (0, len(text))
    actors = find_actors(text, [Sentence(span, 0)], load_actors())
    return find_victims(text, tokenize(text, span), actors, known=surnames(text))


@pytest.mark.parametrize("case", CASES, ids=lambda c: c["description"])
def test_victims(case: dict[str, Any]) -> None:
    assert [[v.name, v.age, v.sex, v.role, v.harm] for v in read(case["input"])] == case["expected"]


def test_there_are_thirty_cases() -> None:
    assert len(CASES) >= 30


WORDS = [w for case in CASES for w in case["input"].split()]


@given(st.lists(st.sampled_from(WORDS), max_size=40).map(" ".join))
@settings(max_examples=200, deadline=None)
def test_spans_reproduce_names(text: str) -> None:
    found = find_victims(text, tokenize(text, (0, len(text))), [])
    for victim in found:
        assert 0 <= victim.span[0] < victim.span[1] <= len(text)
        assert victim.name is None or text[victim.span[0] : victim.span[1]] == victim.name
    assert [v.span for v in found] == sorted({v.span for v in found})


@given(st.text(max_size=200))
@settings(max_examples=100, deadline=None)
def test_any_text_is_read(text: str) -> None:
    find_victims(text, tokenize(text, (0, len(text))), [])


def test_a_place_is_no_name() -> None:
    text = "Rasheed Tower Hill was killed."
    assert find_victims("Nour Saad was killed.", tokenize("Nour Saad was killed.", (0, 21)), [], [(0, 9)]) == []
    assert find_victims(text, tokenize(text, (0, len(text))), []) == []


@pytest.mark.parametrize(
    ("word", "age"),
    [
        ("34-year-old", 34),
        ("six-month-old", 0),
        ("twenty-two-year-old", 22),
        ("400-year-old", None),
        ("year-old", None),
        ("18-month-old", 1),
    ],
)
def test_ages(word: str, age: int | None) -> None:
    assert age_of(word) == age


def test_word_lists_load() -> None:
    assert victims.check()["whose"]["victims"] == "killed"


def test_an_unknown_role_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    real = persons.lexicon.load

    def load(name: str) -> Any:
        table = real(name)
        return (
            {**table, "titles": {**table["titles"], "astronaut": ["astronaut"]}} if name.endswith("victims") else table
        )

    monkeypatch.setattr(persons.lexicon, "load", load)
    persons.lists.cache_clear()
    try:
        with pytest.raises(LexiconError, match="astronaut"):
            persons.lists()
    finally:
        persons.lists.cache_clear()
