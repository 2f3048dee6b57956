"""Small closed word lists of the rules, by name (`data/lexicon/en/syntax.yml`)."""

from __future__ import annotations

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
