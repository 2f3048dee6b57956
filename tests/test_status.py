"""Denied, alleged, thwarted; joint or either; how many acts: one sentence at a time (tests/cases/status.yml)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from tollbook import lexicon
from tollbook.errors import LexiconError
from tollbook.extract import status, verdicts
from tollbook.extract.acts import read_telling
from tollbook.extract.tokens import tokenize
from tollbook.model import Actor, Sentence
from tollbook.resolve.actors import find_actors, load_actors
from tollbook.resolve.counts import find_counts

CASES = yaml.safe_load((Path(__file__).parent / "cases" / "status.yml").read_text(encoding="utf-8"))


def actors_in(sentence: str) -> list[Actor]:
    return find_actors(sentence, [Sentence((0, len(sentence)), 0)], load_actors())


def rows(function: str) -> list[Any]:
    return [pytest.param(row, id=row["description"]) for row in CASES[function]]


@pytest.mark.parametrize("row", rows("read_status"))
def test_status(row: dict[str, Any]) -> None:
    sentence = row["input"]
    tokens = tokenize(sentence, (0, len(sentence)))
    accused = [a for name in row.get("accused", ()) for a in actors_in(name)]
    told = status.read_status(tokens, read_telling(tokens, frozenset()), actors_in(sentence), accused)
    assert told == row["expected"]


@pytest.mark.parametrize("row", rows("denial_of"))
def test_denial_of(row: dict[str, Any]) -> None:
    sentence = row["input"]
    tokens = tokenize(sentence, (0, len(sentence)))
    denier = status.denial_of(tokens, actors_in(sentence), read_telling(tokens, frozenset()))
    assert (denier.name if isinstance(denier, Actor) else denier) == row["expected"]


@pytest.mark.parametrize("row", rows("either_or_joint"))
def test_either_or_joint(row: dict[str, Any]) -> None:
    sentence = row["input"]
    doers = [a for a in actors_in(sentence) if a.who in ("state_forces", "armed_group")]
    told = status.either_or_joint(sentence, tokenize(sentence, (0, len(sentence))), doers)
    assert told == row["expected"]


@pytest.mark.parametrize("row", rows("acts_told"))
def test_acts_told(row: dict[str, Any]) -> None:
    sentence = row["input"]
    tokens = tokenize(sentence, (0, len(sentence)))
    assert status.acts_told(sentence, tokens, find_counts(sentence)) == row["expected"]


@pytest.mark.parametrize("row", rows("with_thwarted"))
def test_with_thwarted(row: dict[str, Any]) -> None:
    tokens = tokenize(row["input"], (0, len(row["input"])))
    added = status.with_thwarted(tokens, (), 0, len(tokens))
    assert [t.type for t in added] == ([row["expected"]] if row["expected"] else [])
    assert all(0 <= t.first < t.last <= len(tokens) for t in added)


@pytest.mark.parametrize("row", rows("foilers"))
def test_foilers(row: dict[str, Any]) -> None:
    tokens = tokenize(row["input"], (0, len(row["input"])))
    assert [a.name for a in status.foilers(tokens, actors_in(row["input"]))] == row["expected"]


@pytest.mark.parametrize("row", rows("blamed_in"))
def test_blamed_in(row: dict[str, Any]) -> None:
    tokens = tokenize(row["input"], (0, len(row["input"])))
    blamed = verdicts.blamed_in(tokens, actors_in(row["input"]))
    assert [[b.actor.name, b.basis] for b in blamed] == row["expected"]


def test_commas_and_apostrophes_do_not_decide() -> None:
    for row in CASES["read_status"]:
        bare = row["input"].replace(",", "").replace("'s", "s")
        tokens = tokenize(bare, (0, len(bare)))
        accused = [a for name in row.get("accused", ()) for a in actors_in(name)]
        told = status.read_status(tokens, read_telling(tokens, frozenset()), actors_in(bare), accused)
        assert told == row["expected"], bare


WORDS = sorted({w for row in CASES["read_status"] for w in row["input"].split()})


@settings(max_examples=150, deadline=None)
@given(st.lists(st.sampled_from(WORDS), max_size=40).map(" ".join))
def test_any_words_are_read(sentence: str) -> None:
    tokens = tokenize(sentence, (0, len(sentence)))
    telling = read_telling(tokens, frozenset())
    assert status.read_status(tokens, telling, (), ()) in (None, "denied", "alleged", "thwarted")
    assert 1 <= status.acts_told(sentence, tokens, find_counts(sentence)) < 100


def test_word_lists_load() -> None:
    assert status.book().pairs["twin"] == 2


def test_a_wrong_list_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    good = lexicon.load("lexicon/en/status")
    monkeypatch.setattr(lexicon, "load", lambda name: good | {"alleged": good["alleged"] | {"marks": ["Alleged"]}})
    with pytest.raises(LexiconError, match="alleged: marks: 'Alleged'"):
        status.book.__wrapped__()
    monkeypatch.setattr(lexicon, "load", lambda name: good | {"alleged": {}})
    with pytest.raises(LexiconError, match="alleged: accuse"):
        status.book.__wrapped__()
    monkeypatch.setattr(lexicon, "load", lambda name: good | {"acts": good["acts"] | {"pairs": {"twin": 1}}})
    with pytest.raises(LexiconError, match="pairs"):
        status.book.__wrapped__()
