"""Text cut into tokens with their places, phrases looked up in it, and numbers in digits and words.

The ground `counts.py` and `dates.py` stand on. The number words are rows of `data/lexicon/en/counts.yml`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import accumulate
from typing import Any, NamedTuple

from tollbook import lexicon

_TOKEN_ASCII = re.compile(r"([a-z]+|[0-9]+|\S)")
_CENTURIES = {"nineteen": 1900, "twenty": 2000}
LARGEST = 10**9  # no toll is larger; longer digit strings are identifiers
_TOKEN = re.compile(r"(\d+|[^\W\d_]+|\S)")

Phrase = tuple[str, ...]


# --- words with their places, shared with resolve/dates.py ---------------------------------------


@dataclass(frozen=True, slots=True)
class Tokens:
    """A text cut into runs of digits, runs of letters and single other characters, lower case beside their places."""

    text: str
    low: list[str]
    start: list[int]
    end: list[int]

    def __len__(self) -> int:
        return len(self.low)

    def at(self, i: int) -> str:
        """The lower-case token, or "" outside the text."""
        return self.low[i] if 0 <= i < len(self.low) else ""

    def raw(self, i: int) -> str:
        """The token as written, or "" outside the text."""
        return self.text[self.start[i] : self.end[i]] if 0 <= i < len(self.low) else ""

    def glued(self, i: int) -> bool:
        """Whether no space stands between token i and the one before it."""
        return 0 < i < len(self.low) and self.start[i] == self.end[i - 1]

    def same_line(self, i: int, j: int) -> bool:
        """Whether tokens i and j stand in one paragraph (no blank line between them)."""
        return "\n\n" not in self.text[self.end[i] : self.start[j]]


@lru_cache(maxsize=32)
def tokens(text: str, start: int = 0, end: int | None = None) -> Tokens:
    """Tokens of text[start:end] with places in `text`. Cached: counts and dates read the same sentences."""
    end = len(text) if end is None else end
    piece = text[start:end]
    if piece.isascii():  # then lower-casing moves no place, and a faster pattern does the same
        parts = _TOKEN_ASCII.split(piece.lower())  # what stands between, a token, what stands between, ...
        low = parts[1::2]
    else:
        parts = _TOKEN.split(piece)
        low = [word.lower() for word in parts[1::2]]
    cuts = list(accumulate(map(len, parts), initial=start))
    return Tokens(text, low, cuts[1:-1:2], cuts[2::2])


class Phrases:
    """Phrases found by their first (or last) word, the longest first."""

    def __init__(self, rows: Iterable[tuple[str, Any]]) -> None:
        self._by_first: dict[str, list[tuple[Phrase, Any]]] = {}
        self._by_last: dict[str, list[tuple[Phrase, Any]]] = {}
        for text, value in sorted(rows, key=lambda row: -len(row[0].split())):
            phrase = tuple(text.split())
            self._by_first.setdefault(phrase[0], []).append((phrase, value))
            self._by_last.setdefault(phrase[-1], []).append((phrase, value))

    def __contains__(self, word: object) -> bool:
        return word in self._by_first

    def firsts(self) -> Iterable[str]:
        """The words phrases begin with."""
        return self._by_first

    def seconds(self, word: str) -> set[str]:
        """The words that may follow `word` at the head of a phrase."""
        return {phrase[1] for phrase, _ in self._by_first.get(word, ()) if len(phrase) > 1}

    def after(self, t: Tokens, i: int) -> tuple[int, Any] | None:
        """The longest phrase that begins at token i: (index past its end, value)."""
        rows = self._by_first.get(t.low[i]) if 0 <= i < len(t.low) else None
        if rows:
            second = t.at(i + 1)
            for phrase, value in rows:
                size = len(phrase)
                if size == 1:
                    return i + 1, value
                if phrase[1] == second and (size == 2 or tuple(t.low[i : i + size]) == phrase):
                    return i + size, value
        return None

    def before(self, t: Tokens, i: int) -> tuple[int, Any] | None:
        """The longest phrase that ends just before token i: (index of its first word, value)."""
        if not 0 < i <= len(t.low):
            return None
        for phrase, value in self._by_last.get(t.low[i - 1], ()):
            first = i - len(phrase)
            if first >= 0 and tuple(t.low[first:i]) == phrase:
                return first, value
        return None


# --- number words --------------------------------------------------------------------------------


class Numerals(NamedTuple):
    """Number words and their values; `people` are words that show a number counts persons."""

    small: Mapping[str, int]
    tens: Mapping[str, int]
    scales: Mapping[str, int]
    dozen: Mapping[str, int]
    people: frozenset[str]
    starts: frozenset[str]  # every word a number can begin with
    after_article: frozenset[str]  # ... after "a" or "an"


@cache
def numerals() -> Numerals:
    """The number words of `lexicon/en/counts.yml` (its check is `counts.check`)."""
    data = lexicon.load("lexicon/en/counts")
    small, tens, scales, dozen = data["small"], data["tens"], data["scales"], data["dozen"]
    starts = frozenset([*small, *tens, *scales, *dozen, "a", "an", "half"])
    after_article = frozenset([*scales, *dozen, "half", "quarter"])
    return Numerals(small, tens, scales, dozen, frozenset(data["people"]), starts, after_article)


def number_at(t: Tokens, i: int) -> tuple[int, int] | None:
    """The exact number that begins at token i, in digits or words: (value, index past its end), else None.

    "17,000", "17 000", "1.5 million", "one hundred and five", "a dozen", "half a million", "two and a half million".
    """
    words = numerals()
    first = t.low[i] if 0 <= i < len(t.low) else ""
    if first not in words.starts and not first.isdecimal():
        return None
    if first in ("a", "an") and t.at(i + 1) not in words.after_article:
        return None
    found = _digits(t, i) if first.isdecimal() else _fraction_words(t, i) or _spelled(t, i)
    if found is None:
        return None
    value, j = found
    while (scale := words.scales.get(t.at(j)) or words.dozen.get(t.at(j))) and first.isdecimal():
        value, j = value * scale, j + 1
    whole = round(value)
    if whole > LARGEST or abs(whole - value) > 1e-6:
        return None
    return whole, j


def _digits(t: Tokens, i: int) -> tuple[float, int] | None:
    """Digits with their thousands groups and decimals, before any "million"."""
    groups, j = [t.low[i]], i + 1
    if len(groups[0]) > 10:
        return None
    if len(groups[0]) <= 3:
        while t.at(j) == "," and t.glued(j) and t.glued(j + 1) and len(t.at(j + 1)) == 3 and t.low[j + 1].isdecimal():
            groups.append(t.low[j + 1])
            j += 2
        if len(groups) == 1:
            j = _spaced_groups(t, i, groups)
    value = float(int("".join(groups[:5])))
    decimals = t.at(j + 1)
    if t.at(j) == "." and t.glued(j) and t.glued(j + 1) and decimals.isdecimal() and len(decimals) <= 3:
        if t.at(j + 2) in numerals().scales:
            return value + int(decimals) / 10 ** len(decimals), j + 2
        if len(groups) == 1 and len(decimals) == 3 and value < 1000 and t.at(j + 2) in numerals().people:
            return value * 1000 + int(decimals), j + 2
    return value, j


def _spaced_groups(t: Tokens, i: int, groups: list[str]) -> int:
    """Groups set apart by a space: any after a no-break space, only "000" after a plain one."""
    j = i + 1
    while len(t.at(j)) == 3 and t.low[j].isdecimal() and t.start[j] == t.end[j - 1] + 1:
        gap = t.text[t.end[j - 1]]
        if gap not in "\u00a0\u202f\u2009" and not (gap == " " and t.low[j] == "000"):
            break
        groups.append(t.low[j])
        j += 1
    return j


def _fraction_words(t: Tokens, i: int) -> tuple[float, int] | None:
    """ "half a million", "half a dozen", "a quarter of a million", "two and a half million"."""
    words = numerals()
    if t.low[i] not in ("half", "a", "three") and t.at(i + 2) != "a":
        return None
    big = {**words.scales, **words.dozen}
    for fraction, share in (("half", 0.5), ("a half", 0.5), ("a quarter of", 0.25), ("three quarters of", 0.75)):
        parts = fraction.split()
        j = i + len(parts)
        if t.low[i:j] == parts:
            j += t.at(j) in ("a", "-")
            if t.at(j) in big:
                return big[t.low[j]] * share, j + 1
    if t.low[i] in words.small and t.low[i + 1 : i + 4] == ["and", "a", "half"] and t.at(i + 4) in big:
        return (words.small[t.low[i]] + 0.5) * big[t.low[i + 4]], i + 5
    return None


def _below_hundred(t: Tokens, i: int) -> tuple[int, int] | None:
    words = numerals()
    word = t.at(i)
    if word in words.small:
        return words.small[word], i + 1
    if word not in words.tens:
        return None
    j = i + 1 + (t.at(i + 1) == "-")
    unit = words.small.get(t.at(j), 10)
    if unit < 10 and (j == i + 1 or t.glued(j)):
        return words.tens[word] + unit, j + 1
    return words.tens[word], i + 1


def _spelled(t: Tokens, i: int) -> tuple[float, int] | None:
    """A number in words: scales must fall ("two thousand three hundred and five"), "and" only after a scale."""
    words = numerals()
    total, j, ceiling = 0, i, LARGEST * 10
    if t.at(i) in ("a", "an") and (t.at(i + 1) in words.scales or t.at(i + 1) in words.dozen):
        j += 1
    while True:
        step = j + 1 if j > i and t.at(j) == "and" and total else j
        group = _below_hundred(t, step)
        bare = group is None and (t.at(step) in words.scales or t.at(step) in words.dozen) and total == 0 and step == j
        if group is None and not bare:
            break
        value, k = group if group else (1, step)
        if t.at(k) == "hundred" and value < 100 and ceiling > 100:
            value, k = value * 100, k + 1
            rest = _below_hundred(t, k + (t.at(k) == "and"))
            if rest:
                value, k = value + rest[0], rest[1]
        scale = words.scales.get(t.at(k), 0)
        if 100 < scale < ceiling:
            total, j, ceiling = total + value * scale, k + 1, scale
            continue
        if words.dozen.get(t.at(k)) and total == 0:
            return value * words.dozen[t.low[k]], k + 1
        if value >= ceiling:
            break
        return total + value, k
    return (total, j) if total else None


def spoken_year(t: Tokens, i: int) -> tuple[int, int] | None:
    """A year in words ("nineteen ninety-seven", "twenty sixteen"): (year, index past it)."""
    century = _CENTURIES.get(t.at(i))
    rest = _below_hundred(t, i + 1) if century else None
    return (century + rest[0], rest[1]) if century and rest and rest[0] >= 10 else None
