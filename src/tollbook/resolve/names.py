"""Words of a text and a hash index of phrases over them: one pass finds every name, the longest first.

A word's `norm` is its lower-case form without accents, apostrophes and full stops, with transliterations
folded to one spelling (`spellings` in `data/lexicon/en/actors.yml`). Arabic articles ("al-", "an-") belong to
the word they stand before and are not part of its norm, so that "Nusra Front" and "al-Nusra Front" are one.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from functools import cache, lru_cache
from itertools import accumulate
from string import ascii_lowercase, ascii_uppercase
from typing import Any, NamedTuple

from tollbook.lexicon import load
from tollbook.resolve.tables import split

# "U.S." and "D.R.C." are one word; an apostrophe inside a word belongs to it.
_WORD = re.compile(r"((?:[^\W\d_]\.){2,8}|[^\W_½¼¾]+(?:['’ʼ`‘][^\W_]+){0,3})")
_ARTICLES = frozenset({"al", "el"})
_HYPHEN_ARTICLES = frozenset({"an", "ar", "as", "ash", "at", "ad", "az", "ud", "ul", "ur"})
_ANY_ARTICLE = _ARTICLES | _HYPHEN_ARTICLES
# For names in ASCII: apostrophes and full stops go, every other mark parts two words.
_ASCII = {i: (None if chr(i) in "'`." else " ") for i in range(128) if not chr(i).isalnum()}
_CAPITALS, _SMALL = ascii_uppercase.encode(), ascii_lowercase.encode()
_APOSTROPHES = str.maketrans("", "", "'’ʼ`‘.")


class Word(NamedTuple):
    """One word: `start` takes in an article before it, `bare` does not. `gap`: 0 joined to the word before by
    a space, 1 by a hyphen, 2 by a slash, bracket or quotation mark, 3 apart (comma, full stop, line)."""

    norm: str
    start: int
    bare: int
    end: int
    gap: int


@cache
def _spellings() -> dict[str, str]:
    table: dict[str, str] = {}
    for canon, variants in load("lexicon/en/actors")["spellings"].items():
        for variant in split(variants):
            table[variant.lower().translate(_APOSTROPHES)] = canon
    return table


@cache
def _irregular() -> frozenset[str]:
    """The words of a name that are not their own norm: other spellings, and articles."""
    return _ARTICLES.union(_spellings())


@lru_cache(maxsize=8192)
def fold(raw: str) -> str:
    """The norm of one word (see the module)."""
    low = raw.lower()
    if not low.isalnum():
        low = low.translate(_APOSTROPHES)
    if not low.isascii():
        low = "".join(c for c in unicodedata.normalize("NFKD", low) if not unicodedata.combining(c))
    return _spellings().get(low, low)


def _gap(between: str) -> int:
    if between == " ":
        return 0
    mark = between.strip()
    if not mark:
        return 0 if "\n\n" not in between and len(between) < 4 else 3
    if mark in "-‐‑–":
        return 1
    return 2 if len(between) <= 4 and not set(mark) - set("/()[]\"'“”‘’`-") else 3


_new: Callable[[type[Word], Iterable[Any]], Word] = tuple.__new__  # as `Word._make`, without its check of the length


@lru_cache(maxsize=256)
def words(text: str, start: int, end: int) -> tuple[Word, ...]:
    """The words of text[start:end]; linear in its length. The last answers are kept: several readers ask the same."""
    parts = _WORD.split(text[start:end])  # what stands between, a word, what stands between, ...
    norms = list(map(fold, parts[1::2]))
    gaps = [0 if between == " " else _gap(between) for between in parts[:-1:2]]
    cuts = list(accumulate(map(len, parts), initial=start))
    starts, ends = cuts[1:-1:2], cuts[2::2]
    if _ANY_ARTICLE.isdisjoint(norms):
        return tuple([_new(Word, word) for word in zip(norms, starts, starts, ends, gaps, strict=True)])
    found: list[Word] = []
    lead = -1  # the article before this word, where there is one
    for i, norm in enumerate(norms):
        if lead < 0 and norm in _ANY_ARTICLE and i + 1 < len(norms):
            between = parts[2 * i + 2]
            if between == "-" or (norm in _ARTICLES and between == " "):
                lead = i
                continue
        first = i if lead < 0 else lead
        found.append(Word(norm, starts[first], starts[i], ends[i], gaps[first]))
        lead = -1
    return tuple(found)


def case_of(name: str) -> str:
    """`acronym` for a single word in capitals, `capital` for names with a capital, else `any`."""
    if name == name.lower():
        return "any"
    return "acronym" if name == name.upper() and len(name) > 1 and " " not in name else "capital"


def norms(name: str) -> list[str]:
    """The norms of a name's words, articles left out as in `words`."""
    if not name.isascii():
        return [word.norm for word in words(name, 0, len(name))]
    low = name.lower()
    parts = low.replace("-", " ").split()
    if not "".join(parts).isalnum():
        parts = low.translate(_ASCII).split()
    if _irregular().isdisjoint(parts):
        return parts
    table = _spellings()
    return [table.get(part, part) for part in parts if part not in _ARTICLES] or parts


Hit = tuple[int, list[Any], bool]


class Index:
    """Phrases by their words. Build with `add`, then ask with `at`; not to be changed once it is asked."""

    def __init__(self) -> None:
        self._phrases: dict[str, list[tuple[str, Any]]] = {}
        self._by_first: dict[str, list[list[str]]] = {}
        self._asked: dict[str, tuple[tuple[int, ...], frozenset[str]]] = {}
        self._firsts: frozenset[str] | None = None

    def add(self, name: str, value: Any, case: str | None = None) -> None:
        """Adds one name with one value; the case rule is read off the name unless given."""
        parts = norms(name)
        if not parts:
            return
        first, key, entry = parts[0], " ".join(parts), (case or case_of(name), value)
        entries = self._phrases.get(key)
        if entries is not None:
            entries.append(entry)
            return
        self._phrases[key] = [entry]
        alike = self._by_first.get(first)
        if alike is None:
            self._by_first[first] = [parts]
        else:
            alike.append(parts)

    def at(self, text: str, found: Sequence[Word], i: int, caps: bool) -> list[Hit]:
        """What starts at word i: (number of words, values, ends in a possessive s), the longest first.

        `caps` says that the sentence is in capitals, so that case tells nothing.
        """
        first = found[i].norm
        hits: list[Hit] = []
        if first in self._by_first:
            self._collect(text, found, i, first, caps, hits)
        if first[-1:] == "s" and first[:-1] in self._by_first:
            self._collect(text, found, i, first[:-1], caps, hits)
        if len(hits) > 1:
            hits.sort(key=lambda hit: (-hit[0], hit[2]))
        return hits

    def openings(self, found: Sequence[Word]) -> list[int]:
        """The words at which a name may start: `at` is empty for all others."""
        firsts = self._firsts
        if firsts is None:
            firsts = self._firsts = frozenset([*self._by_first, *(f"{first}s" for first in self._by_first)])
        return [i for i, word in enumerate(found) if word.norm in firsts]

    def _ask(self, key: str) -> tuple[tuple[int, ...], frozenset[str]]:
        """The lengths of the names that begin with this word, the longest first, and what their second words may be."""
        alike = self._by_first[key]
        seconds = {parts[1] for parts in alike if len(parts) > 1}
        seconds |= {parts[1] + "s" for parts in alike if len(parts) == 2}  # a possessive or a plural
        lengths = tuple(sorted({len(parts) for parts in alike}, reverse=True))
        found = self._asked[key] = lengths, frozenset(seconds)
        return found

    def _collect(self, text: str, found: Sequence[Word], i: int, key: str, caps: bool, hits: list[Hit]) -> None:
        single = key != found[i].norm
        lengths, seconds = self._asked.get(key) or self._ask(key)
        room = 1
        if not single and i + 1 < len(found) and found[i + 1].norm in seconds:
            while room < lengths[0] and i + room < len(found) and found[i + room].gap < 3:
                room += 1
        if room < lengths[-1]:
            return
        for length in lengths:
            if length > room:
                continue
            joined = key if length == 1 else " ".join([w.norm for w in found[i : i + length]])
            entries, clipped = self._phrases.get(joined), single
            if entries is None and length > 1 and joined.endswith("s"):
                entries, clipped = self._phrases.get(joined[:-1]), True
            if not entries:
                continue
            raw = text[found[i].bare : found[i + length - 1].end]
            values = [value for case, value in entries if caps or _case_fits(case, raw, clipped)]
            if values:
                hits.append((length, values, clipped))


def _case_fits(case: str, raw: str, clipped: bool) -> bool:
    if case == "any":
        return True
    if case == "acronym":
        body = raw[:-1].rstrip("'’") if clipped else raw
        if body.upper() == body:
            return True
        return len(body) >= 4 and body[0].isupper() and body[1:].islower()
    return any(c.isupper() for c in raw) if " " in raw or "-" in raw else raw[:1].isupper()  # "ex-Seleka"


@lru_cache(maxsize=256)
def in_capitals(text: str, start: int, end: int) -> bool:
    """Whether a sentence is written in capitals (at most one letter in ten is small)."""
    piece = text[start:end]
    if piece.upper() == piece:
        return any(c.isalpha() for c in piece)
    upper, lower = upper_and_lower(piece)
    return lower * 10 < (upper + lower if piece.isascii() else sum(map(str.isalpha, piece)))


def upper_and_lower(piece: str) -> tuple[int, int]:
    """How many capitals and how many small letters there are."""
    if not piece.isascii():
        return sum(map(str.isupper, piece)), sum(map(str.islower, piece))
    raw = piece.encode()
    return len(raw) - len(raw.translate(None, _CAPITALS)), len(raw) - len(raw.translate(None, _SMALL))


def names_of(parts: Iterable[str]) -> frozenset[str]:
    """The norms of single words, as a set."""
    return frozenset(fold(part) for part in parts)
