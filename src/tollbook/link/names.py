"""Spellings of names: what two transliterations of one place or group have in common.

Pure functions on strings. `words` folds case, accents, apostrophes and articles away; `skeleton`
keeps the consonants, which is what transliterations of one name agree on.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from rapidfuzz import fuzz

from tollbook import lexicon

SAME_NAME = 80
"""Edit ratio (0 to 100) from which two folded names are one name: the ratio the scorer of the gold standard uses."""
SAME_SHORT_NAME = 86
"""The same for names of one or two consonants: Raqa and Raqqa are one town, Daraa and Darayya two."""


@lru_cache(maxsize=1)
def _folding() -> dict[str, frozenset[str]]:
    """The words that names are compared without (`names` of `data/link.yml`)."""
    return {key: frozenset(listed.split()) for key, listed in lexicon.load("link")["names"].items()}


_TOKEN = re.compile(r"[^\W_]+")


@lru_cache(maxsize=65536)
def words(text: str) -> tuple[str, ...]:
    """The words of a name, folded: lower case, no accents, apostrophes or articles ("al-Bab" is ("bab",))."""
    plain = unicodedata.normalize("NFKD", text.lower().replace("'", "").replace("’", "").replace("`", ""))
    found = _TOKEN.findall("".join(c for c in plain if not unicodedata.combining(c)))
    kept = tuple(w for w in found if w not in _folding()["articles"])
    return kept or tuple(found)


@lru_cache(maxsize=65536)
def place_words(text: str) -> tuple[str, ...]:
    """The words of a place's name without "city", "province" and the like, unless nothing else is left."""
    found = words(text)
    generic = _folding()["generic_place"]
    kept = tuple(w for w in found if w not in generic)
    return kept or found


@lru_cache(maxsize=65536)
def skeleton(text: str) -> str:
    """The consonants of a place's name, doubled ones once: "Deir ez-Zor" and "Dayr al-Zawr" both give "drzr"."""
    out: list[str] = []
    for word in place_words(text):
        word = word.replace("kh", "k").replace("gh", "g").replace("dh", "d").replace("ou", "u")
        word = word.replace("q", "k").replace("ck", "k").replace("c", "k").replace("zz", "z")
        bare = "".join(c for c in word if c not in "aeiouwy")
        if bare.endswith("h") and len(bare) > 1:
            bare = bare[:-1]
        out.append(bare or word[:1])
    flat = "".join(out)
    return "".join(c for i, c in enumerate(flat) if i == 0 or c != flat[i - 1])


@lru_cache(maxsize=262144)
def same_place(a: str, b: str) -> bool:
    """Whether two place names are spellings of one name. Compass words that differ make two places."""
    left, right = place_words(a), place_words(b)
    if left == right:
        return True
    compass = _folding()["compass"].intersection(left), _folding()["compass"].intersection(right)
    if compass[0] != compass[1]:
        return False
    x, y = " ".join(left), " ".join(right)
    if min(len(x), len(y)) < 3:
        return False
    ratio, bones = fuzz.ratio(x, y), skeleton(a)
    if ratio >= SAME_NAME:
        return ratio >= SAME_SHORT_NAME or len(bones) >= 3
    return len(bones) >= 3 and bones == skeleton(b) and ratio >= 50
