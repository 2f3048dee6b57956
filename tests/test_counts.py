"""Number phrases: the conventions of the guidelines, row by row, and what must hold for any text."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from tollbook import lexicon
from tollbook.errors import LexiconError
from tollbook.model import Count
from tollbook.resolve.counts import check, find_counts

CASES = yaml.safe_load((Path(__file__).parent / "cases" / "counts.yml").read_text("utf-8"))
WORDS_TEXT = """
at least more than up to about fewer dozens of several hundred thousand million a an the no one two twenty - 5
12 2,000 1.5 and or to between killed people dead another both , . : $ % km hours year-old May 2016 over some
few half dozen tens scores
"""
WORDS = WORDS_TEXT.split()
HEDGES = ["at least", "more than", "up to", "about", "nearly", "fewer than", "as many as", "no fewer than", "some"]
SMALL_TEXT = """
zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen
seventeen eighteen nineteen
"""
SMALL = SMALL_TEXT.split()
TENS = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]


def spelled(number: int) -> str:
    if number >= 1000:
        rest = number % 1000
        return f"{spelled(number // 1000)} thousand" + (
            f" {'and ' if rest < 100 else ''}{spelled(rest)}" if rest else ""
        )
    if number >= 100:
        return f"{SMALL[number // 100]} hundred" + (f" and {spelled(number % 100)}" if number % 100 else "")
    if number >= 20:
        return TENS[number // 10 - 2] + (f"-{SMALL[number % 10]}" if number % 10 else "")
    return SMALL[number]


def as_row(count: Count) -> list[Any]:
    row: list[Any] = [count.min, count.max]
    return row + ["~"] * count.approx + ([count.word] if count.word else [])


def width(count: Count) -> float:
    return (count.max if count.max is not None else float("inf")) - (count.min or 0)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["description"])
def test_conventions(case: dict[str, Any]) -> None:
    assert [as_row(count) for count in find_counts(case["input"])] == case["expected"]


def test_span_covers_the_hedge_and_the_number_span_does_not() -> None:
    text = "Officials said at least another 12 guards fell"
    (count,) = find_counts(text)
    assert text[slice(*count.span)] == "at least another 12"
    assert count.number_span is not None
    assert text[slice(*count.number_span)] == "12"


def test_a_part_of_the_text_is_read_with_places_in_the_whole() -> None:
    text = "Five fell. At least six fled."
    start = text.index("At")
    (count,) = find_counts(text, start, len(text))
    assert text[slice(*count.span)] == "At least six"


@given(st.lists(st.sampled_from(WORDS), max_size=25), st.sampled_from([" ", "", "\n\n"]))
@settings(max_examples=300, deadline=None)
def test_any_words_give_ordered_bounds_and_places(words: list[str], gap: str) -> None:
    text = gap.join(words)
    last = 0
    for count in find_counts(text):
        assert last <= count.span[0] < count.span[1] <= len(text)
        assert count.number_span is not None
        assert count.span[0] <= count.number_span[0] < count.number_span[1] <= count.span[1]
        assert count.min is None or count.max is None or 0 <= count.min <= count.max
        last = count.span[1]


@given(st.text(max_size=80))
@settings(max_examples=200, deadline=None)
def test_no_text_raises(text: str) -> None:
    assert all(0 <= c.span[0] < c.span[1] <= len(text) for c in find_counts(text))


@given(st.integers(1, 999_999))
@settings(max_examples=200, deadline=None)
def test_a_number_in_words_equals_its_digits(number: int) -> None:
    (word,) = find_counts(f"{spelled(number)} hostages")
    (digits,) = find_counts(f"{number:,} hostages")
    assert (word.min, word.max) == (digits.min, digits.max) == (number, number)


@given(st.integers(1, 900), st.sampled_from(HEDGES), st.sampled_from(HEDGES))
@settings(max_examples=200, deadline=None)
def test_a_hedge_never_narrows(number: int, outer: str, inner: str) -> None:
    (plain,) = find_counts(f"they counted {number} hostages")
    (once,) = find_counts(f"they counted {inner} {number} hostages")
    (twice,) = find_counts(f"they counted {outer} {inner} {number} hostages")
    assert width(plain) <= width(once) <= width(twice)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("small", {"one": "1"}),
        ("vague", {"several": 0}),
        ("hedges", {"at_least": []}),
        ("people", ["People"]),
        ("designators", [False]),
    ],
)
def test_a_broken_lexicon_is_refused(key: str, value: object) -> None:
    data = copy.deepcopy(lexicon.load("lexicon/en/counts"))
    check(data)
    data[key] = value
    with pytest.raises(LexiconError, match=r"counts\.yml"):
        check(data)
