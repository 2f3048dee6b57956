"""Which words are in no list of the package: in text without small letters, names are made of these."""

from __future__ import annotations

import re
from functools import cache, lru_cache
from typing import Any

from tollbook import lexicon

_NAMES = "given_names"
_REMEMBERED = 50_000  # words; bounds the memory that a stream of unlike reports can take
# Endings of common English words; Spanish and Arabic names have none of them.
_ENDINGS = (
    "ing", "ed", "tion", "sion", "ment", "ments", "tions", "ly", "ists", "ers", "ian", "ians", "ive", "ical", "ism",
    "ity", "ness", "ship", "ful", "less", "ary", "ance", "ence", "ous", "able", "ible", "ors", "ies", "ics", "hip",
    "men", "ations",
)  # fmt: skip


@cache
def _known_words() -> frozenset[str]:
    """Every word of the English lists: in a sentence without small letters, what is none of these may be a name."""
    found: set[str] = set()

    def walk(value: Any) -> None:
        if isinstance(value, dict):
            for k, v in value.items():
                walk(v)
                walk(k)
        elif isinstance(value, list):
            for v in value:
                walk(v)
        elif isinstance(value, str):
            found.update(w.strip("*").lower() for w in re.split(r"[\s;,/]+", value))

    for path in sorted((lexicon.DATA / "lexicon" / "en").glob("*.yml")):
        if path.stem != _NAMES:
            walk(lexicon.load(f"lexicon/en/{path.stem}"))
    return frozenset(found) - frozenset(lexicon.load("lexicon/en/victims")["particles"])


@lru_cache(maxsize=_REMEMBERED)
def strange(word: str) -> bool:
    """Is the word in no list of the package, inflected or not, and without an ending of common English words?"""
    known = _known_words()
    if word in known or not word.replace(".", "").replace("-", "").isalpha() or len(word) < 2:
        return False
    if any(word.endswith(e) and len(word) > len(e) + 3 for e in _ENDINGS):
        return False
    return word.rstrip("s") not in known and word + "s" not in known
