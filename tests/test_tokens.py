"""Phrase look-up over the words of a sentence."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tollbook.extract.tokens import Phrases, tokenize

WORDS = ["a", "ab", "abc", "b", "ba", "c"]


@pytest.mark.parametrize(
    ("phrases", "text", "expected"),
    [
        (["car bomb"], "A car bomb went off.", [("car bomb", "car bomb")]),
        (["bomb", "car bomb"], "A car bomb went off.", [("car bomb", "car bomb")]),
        (["car bomb", "bomb blast"], "A car bomb blast.", [("car bomb", "car bomb")]),
        (["shell*"], "Shelling, and shells.", [("shell*", "shelling"), ("shell*", "shells")]),
        (["shell*", "shells"], "Two shells fell.", [("shells", "shells")]),
        (["shel*", "shell*"], "Two shells fell.", [("shel*", "shells")]),
        (
            ["drove * out of"],
            "They drove the men out; drove them out of it.",
            [("drove * out of", "drove them out of")],
        ),
        (["* * packed with"], "A lorry packed with fuel.", [("* * packed with", "a lorry packed with")]),
        (["rocket fire", "rocket * hit"], "A rocket fire hit it.", [("rocket * hit", "rocket fire hit")]),
        (["far away"], "It is far.", []),
    ],
)
def test_phrases(phrases: list[str], text: str, expected: list[tuple[str, str]]) -> None:
    tokens = tokenize(text, (0, len(text)))
    hits = Phrases((phrase, phrase) for phrase in phrases).find(tokens)
    assert [(hit.value, " ".join(tokens.low[hit.first : hit.last])) for hit in hits] == expected


@given(
    st.lists(st.lists(st.sampled_from([*WORDS, "a*", "ab*", "b*", "*"]), min_size=1, max_size=3).map(" ".join)),
    st.lists(st.sampled_from(WORDS), max_size=8).map(" ".join),
)
def test_the_longest_phrase_at_each_word(phrases: list[str], text: str) -> None:
    words, expected, i = text.split(), [], 0
    patterns = [(len(p.split()), re.compile(re.escape(p).replace(r"\*", r"\w*").replace(r"\ ", " "))) for p in phrases]
    while i < len(words):
        size = max((n for n, p in patterns if p.fullmatch(" ".join(words[i : i + n]))), default=0)
        expected += [(i, i + size)] if size else []
        i += size or 1
    hits = Phrases((phrase, phrase) for phrase in phrases).find(tokenize(text, (0, len(text))))
    assert [(hit.first, hit.last) for hit in hits] == expected
