"""Weapons, things hit and bodies found: the case tables of tests/cases/."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from tollbook.errors import LexiconError
from tollbook.extract import means as module
from tollbook.extract.bodies import found_bodies
from tollbook.extract.means import find_means, find_objects
from tollbook.extract.tokens import Tokens, tokenize


def cases(name: str) -> list[dict[str, Any]]:
    rows = yaml.safe_load((Path(__file__).parent / "cases" / f"{name}.yml").read_text(encoding="utf-8"))
    assert isinstance(rows, list)
    return rows


MEANS, OBJECTS, BODIES = cases("means"), cases("objects"), cases("bodies")


def tokens(text: str) -> Tokens:
    return tokenize(text, (0, len(text)))


@pytest.mark.parametrize("case", MEANS, ids=lambda c: c["description"])
def test_means(case: dict[str, Any]) -> None:
    text = case["input"]
    assert [[m.name, m.kind] for m in find_means(text, tokens(text))] == case["expected"]


@pytest.mark.parametrize("case", OBJECTS, ids=lambda c: c["description"])
def test_objects(case: dict[str, Any]) -> None:
    text = case["input"]
    assert [[o.name, o.kind, o.effect] for o in find_objects(text, tokens(text))] == case["expected"]


@pytest.mark.parametrize("case", BODIES, ids=lambda c: c["description"])
def test_found_bodies(case: dict[str, Any]) -> None:
    assert found_bodies(tokens(case["input"])) is case["expected"]


def test_enough_cases() -> None:
    assert len(MEANS) >= 30
    assert len(OBJECTS) >= 30
    assert len(BODIES) >= 30


WORDS = [w for case in [*MEANS, *OBJECTS, *BODIES] for w in case["input"].split()]


@given(st.lists(st.sampled_from(WORDS), max_size=40).map(" ".join))
@settings(max_examples=150, deadline=None)
def test_spans_reproduce_names(text: str) -> None:
    read = tokens(text)
    for hit in [*find_means(text, read), *find_objects(text, read)]:
        assert text[hit.span[0] : hit.span[1]] == hit.name
    found_bodies(read)


@given(st.text(max_size=200))
@settings(max_examples=100, deadline=None)
def test_any_text_is_read(text: str) -> None:
    read = tokens(text)
    find_means(text, read)
    find_objects(text, read)
    found_bodies(read)


def test_a_position_in_a_longer_text() -> None:
    text = "Talks went on. A mortar shell destroyed a bakery. They went home."
    read = tokenize(text, (15, 49))
    assert [(m.name, m.span) for m in find_means(text, read)] == [("mortar shell", (17, 29))]
    assert [(o.name, o.effect) for o in find_objects(text, read)] == [("bakery", "destroyed")]


def test_an_unknown_kind_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    real = module.lexicon.load

    def load(name: str) -> Any:
        table = real(name)
        return {**table, "named": {**table["named"], "catapult": ["catapult"]}} if name.endswith("means") else table

    monkeypatch.setattr(module.lexicon, "load", load)
    module.lists.cache_clear()
    try:
        with pytest.raises(LexiconError, match="catapult"):
            module.lists()
    finally:
        module.lists.cache_clear()
