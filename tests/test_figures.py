"""Casualty figures of one sentence: the case table of tests/cases/figures.yml."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from tollbook.extract.figure import Figure
from tollbook.extract.figures import find_figures
from tollbook.extract.groups import vocabulary
from tollbook.extract.tokens import tokenize
from tollbook.model import Sentence
from tollbook.resolve.actors import find_actors, load_actors
from tollbook.resolve.counts import find_counts

CASES = yaml.safe_load((Path(__file__).parent / "cases" / "figures.yml").read_text(encoding="utf-8"))


def read(sentence: str) -> list[Figure]:
    span = (0, len(sentence))
    actors = find_actors(sentence, [Sentence(span, 0)], load_actors())
    return find_figures(sentence, tokenize(sentence, span), find_counts(sentence), actors)


def shown(figures: list[Figure]) -> list[list[Any]]:
    rows = []
    for f in figures:
        row: list[Any] = [f.harm, f.who, f.min, f.max]
        if f.part_of is not None:
            row.append(f"part {f.part_of}")
        if f.undivided:
            row.append("undivided")
        rows.append(row)
    return rows


@pytest.mark.parametrize("case", CASES, ids=lambda c: c["description"])
def test_figures(case: dict[str, Any]) -> None:
    assert shown(read(case["input"])) == case["expected"]


def test_there_are_thirty_cases() -> None:
    assert len(CASES) >= 30


def test_spans_stand_in_the_sentence() -> None:
    for case in CASES:
        for figure in read(case["input"]):
            assert 0 <= figure.span[0] < figure.span[1] <= len(case["input"])


def test_word_lists_load() -> None:
    assert vocabulary().who["soldiers"] == "state_forces"
