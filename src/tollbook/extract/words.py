"""Small closed word lists of the rules, by name (`data/lexicon/en/syntax.yml`)."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

from tollbook import lexicon
from tollbook.errors import LexiconError


@cache
def words(name: str) -> frozenset[str]:
    """The list of that name. Raises LexiconError where it is missing or does not hold lower-case strings."""
    return frozenset(phrases(name))


@cache
def phrases(name: str) -> tuple[str, ...]:
    """The list of that name in its order."""
    found = lexicon.load("lexicon/en/syntax").get(name)
    if not isinstance(found, list) or not all(isinstance(w, str) and w == w.lower() for w in found):
        raise LexiconError(f"syntax.yml: {name}: must be a list of lower-case words")
    return tuple(found)


def is_month(low: Sequence[str], i: int) -> bool:
    """Is the word at `i` the month in "In May, an attack", "since 21 May", "MAY 4", and not the verb?"""
    if low[i] != "may":
        return False
    return (i > 0 and low[i - 1] in words("before_may")) or any(
        low[k].isdecimal() for k in (i - 1, i + 1) if 0 <= k < len(low)
    )
