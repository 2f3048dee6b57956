"""Names of persons where capitals tell nothing: a sentence all in capitals, or a headline in title case.

A name is then made of words that no list of the package knows, and a first name (`given_names.yml`) shows where it
begins. One word alone is a person where the report tells it in full elsewhere ("ANA SOLIS ... SOLIS WAS SHOT").
"""

from __future__ import annotations

import re
from functools import cache

from tollbook import lexicon
from tollbook.extract.tokens import Tokens
from tollbook.vocabulary import strange

_OWN = "given_names"
_LONG = 4  # letters of a word that capitals or their lack say something about
_BEFORE = 90  # letters before a word among which a first name stands, and one name more
_BETWEEN = re.compile(r"[\W\d_]+")  # what is no letter


@cache
def given_names() -> frozenset[str]:
    """First names of persons."""
    return frozenset(lexicon.load(f"lexicon/en/{_OWN}")["given_names"])


@cache
def _of_places() -> frozenset[str]:
    return frozenset(lexicon.load(f"lexicon/en/{_OWN}")["of_places"])


def without_case(text: str, tokens: Tokens) -> bool:
    """Do capitals tell nothing here: a sentence all in capitals, or a headline that capitalises its words?"""
    long = [word for word in text[tokens.span[0] : tokens.span[1]].split()[1:] if len(word) >= _LONG]
    upper = sum(1 for word in long if word[0].isupper())
    return upper >= 3 and upper >= 4 * (len(long) - upper)


def at_given_name(low: tuple[str, ...], first: int, last: int) -> int:
    """Where the name in tokens [first, last) begins: at its first name, where only unknown words stand before it.

    "TO SUCCEED MARTA VIEYRA": a verb that no list knows is no part of her name. After "SAN" it names a place.
    """
    for k in range(first, last):
        if low[k] in given_names() and not (k and low[k - 1] in _of_places()):
            return k
        if not strange(low[k]):
            break
    return first


def told_in_full(text: str, tokens: Tokens, i: int) -> bool:
    """Does the report tell this word of a name elsewhere behind a first name, or a first name and another?"""
    word = text[tokens.starts[i] : tokens.ends[i]].removesuffix("'S").removesuffix("'s")
    if not strange(word.lower()) or not _behind_given_name(text, word):
        return False
    before = re.finditer(rf"(?<![^\W_])([^\W\d_]+) (?:([^\W\d_]+) )?{re.escape(word)}(?![^\W_])", text)
    return any((name or "").lower() in given_names() for match in before for name in match.groups())


def _behind_given_name(text: str, word: str) -> bool:
    """May the word stand somewhere as the first or second one behind a first name? A cheap test, made first."""
    names, at = given_names(), text.find(f" {word}")
    while at >= 0:
        *_, one, other = ["", *_BETWEEN.split(text[max(0, at - _BEFORE) : at])][-3:]
        if one.lower() in names or other.lower() in names:
            return True
        at = text.find(f" {word}", at + 1)
    return False
