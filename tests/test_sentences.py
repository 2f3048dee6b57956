"""Sentences: cases read by a person, and what holds for any text."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from tollbook import lexicon
from tollbook.errors import LexiconError
from tollbook.model import Furniture, Report
from tollbook.sentences import MAX_SENTENCE, check, split_sentences

CASES = yaml.safe_load((Path(__file__).parent / "cases" / "sentences.yml").read_text(encoding="utf-8"))


def report(text: str, title_end: int = 0, furniture: tuple[Furniture, ...] = ()) -> Report:
    return Report("r", text, title_end, None, "none", "en", "0", "0", furniture=furniture)


def texts(of: Report) -> list[str]:
    return [of.text[slice(*s.span)] for s in split_sentences(of)]


@pytest.mark.parametrize("case", CASES, ids=[c["description"] for c in CASES])
def test_case(case: dict) -> None:
    assert texts(report(case["text"])) == case["expected"]


def test_title_is_a_sentence_of_its_own() -> None:
    of = report("Blast in Gao kills two\n\nTwo people died. One was a child.", 22)
    assert [(s.kind, s.paragraph) for s in split_sentences(of)] == [("title", 0), ("body", 1), ("body", 1)]


def test_furniture_ends_a_sentence() -> None:
    text = "Blast in Gao kills two Two people died on Monday."
    of = report(text, 0, (Furniture("title", (0, 22)),))
    assert [(of.text[slice(*s.span)], s.kind) for s in split_sentences(of)] == [
        ("Blast in Gao kills two", "title"),
        ("Two people died on Monday.", "body"),
    ]


def test_words_without_an_end_are_cut() -> None:
    of = report("word " * 4000)
    assert all(len(t) <= MAX_SENTENCE for t in texts(of))
    assert "".join(texts(of)).replace(" ", "") == "word" * 4000


def test_data_is_checked() -> None:
    data = dict(lexicon.load("lexicon/en/sentences"))
    assert check(data).starters
    with pytest.raises(LexiconError, match="needed are exactly"):
        check({})
    with pytest.raises(LexiconError, match="lower-case"):
        check({**data, "may_end": ["Inc."]})
    with pytest.raises(LexiconError, match="lower-case"):
        check({**data, "starters": [True]})


PIECES = st.lists(
    st.one_of(
        st.text(max_size=12),
        st.sampled_from(["The dead.", " ", "\n", "\n\n", "U.S. ", "Mr. ", "“", '." ', "killed.The ", "...", "- "]),
    ),
    max_size=25,
).map("".join)


@st.composite
def reports(draw: st.DrawFn) -> Report:
    text = draw(PIECES)
    cuts = sorted(draw(st.lists(st.integers(0, len(text)), max_size=6, unique=True)))
    title_end = cuts.pop(0) if cuts else 0
    spans = [(a, b) for a, b in zip(cuts[::2], cuts[1::2], strict=False) if a < b]
    return report(text, title_end, tuple(Furniture("caption", s) for s in spans))


@settings(max_examples=150, deadline=None)
@given(reports())
def test_sentences_cover_the_text_in_order(of: Report) -> None:
    found = split_sentences(of)
    at = 0
    for sentence in found:
        start, end = sentence.span
        assert at <= start < end <= len(of.text)
        assert not of.text[at:start].strip()
        assert of.text[start:end] == of.text[start:end].strip()
        at = end
    assert not of.text[at:].strip()
    assert [s.paragraph for s in found] == sorted(s.paragraph for s in found)
    for sentence in found:
        inside = [f for f in of.furniture if f.span[0] < sentence.span[1] and f.span[1] > sentence.span[0]]
        assert all(f.span[0] <= sentence.span[0] and sentence.span[1] <= f.span[1] for f in inside)
        assert bool(inside) == (sentence.kind == "caption")
    assert split_sentences(of) == found
