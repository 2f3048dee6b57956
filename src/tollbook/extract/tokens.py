"""Words of a sentence with their place in the text, and phrase look-up over them."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate
from typing import Generic, NamedTuple, TypeVar

from tollbook.model import Span

T = TypeVar("T")
_REMEMBERED = 50_000  # words; bounds the memory that a stream of unlike reports can take


@lru_cache(maxsize=1)
def _word() -> re.Pattern[str]:
    return re.compile(r"(\w+(?:['’.\-]\w+){0,8}|[^\w\s])")


@dataclass(frozen=True, slots=True)
class Tokens:
    """The words and marks of text[span], in order. `low` is lower case; positions are the text's own."""

    span: Span
    starts: tuple[int, ...]
    ends: tuple[int, ...]
    low: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.low)

    def at(self, position: int) -> int:
        """The index of the first token that ends after `position`; len(self) past the last one."""
        return bisect_right(self.ends, position)


def tokenize(text: str, span: Span) -> Tokens:
    """The tokens of text[span[0]:span[1]]."""
    first, last = span
    piece = text[first:last]
    lowered = piece.lower().replace("’", "'")
    grows = len(lowered) != len(piece)  # a letter that grows in lower case moves all places behind it
    parts = _word().split(piece if grows else lowered)  # what stands between, a word, what stands between, ...
    low = [word.lower().replace("’", "'") for word in parts[1::2]] if grows else parts[1::2]
    cuts = tuple(accumulate(map(len, parts), initial=first))
    return Tokens(span, cuts[1:-1:2], cuts[2::2], tuple(low))


class Hit(NamedTuple, Generic[T]):
    """A phrase found: token range [first, last) and what the lexicon says of it."""

    first: int
    last: int
    value: T


class Phrases(Generic[T]):
    """Finds listed phrases in tokens, the longest at each place. Phrases are lower-case words joined by spaces.

    A word may end in `*` (any word that begins so). A phrase may carry several values.
    """

    def __init__(self, entries: Iterable[tuple[str, T]]) -> None:
        self._by_first: dict[str, list[tuple[tuple[str, ...], list[T]]]] = {}
        seen: dict[tuple[str, ...], list[T]] = {}
        for phrase, value in entries:
            words = tuple(phrase.lower().split())
            if words in seen:
                if value not in seen[words]:
                    seen[words].append(value)
                continue
            seen[words] = [value]
        for words, values in seen.items():
            self._by_first.setdefault(words[0], []).append((words[1:], values))
        self._stems = {first[:-1]: rows for first, rows in self._by_first.items() if first.endswith("*")}
        self._stem_lengths = sorted({len(stem) for stem in self._stems})
        self._shortest = self._stem_lengths[0] if self._stem_lengths else 0
        self._stem_heads = frozenset(stem[: self._shortest] for stem in self._stems)
        self._rows_of: dict[str, _Rows[T]] = {}
        self._blank: set[str] = set()

    def find(self, tokens: Tokens) -> list[Hit[T]]:
        """Every phrase, in order, not overlapping (one Hit for each value of a phrase)."""
        hits: list[Hit[T]] = []
        low, blank = tokens.low, self._blank
        if blank.issuperset(low):
            return hits
        count, last = len(low), 0
        rows_of = self._rows_of
        for i in [k for k, word in enumerate(low) if word not in blank]:
            if i < last:
                continue
            rows = rows_of.get(low[i]) or self._rows(low[i])
            match = rows.match(low, i, count) if rows is not None else None
            if match is not None:
                rest, values = match
                last = i + 1 + len(rest)
                for value in values:
                    hits.append(Hit(i, last, value))
        return hits

    def _rows(self, word: str) -> _Rows[T] | None:
        """The phrases that may begin with this word, None of none; remembered for the words seen so far."""
        found = self._by_first.get(word, [])
        if word[: self._shortest] in self._stem_heads:
            found = list(found)
            for length in self._stem_lengths:
                found += self._stems.get(word[:length], ()) if length <= len(word) else ()
        rows = _Rows(found) if found else None
        if len(self._rows_of) + len(self._blank) < _REMEMBERED:
            if rows is None:
                self._blank.add(word)
            else:
                self._rows_of[word] = rows
        return rows


class _Rows(Generic[T]):
    """The phrases behind one first word, looked up by the second word."""

    __slots__ = ("second", "single", "wild")

    def __init__(self, rows: list[tuple[tuple[str, ...], list[T]]]) -> None:
        self.single: list[T] | None = next((values for rest, values in rows if not rest), None)
        self.second: dict[str, list[tuple[tuple[str, ...], list[T]]]] = {}
        self.wild: list[tuple[tuple[str, ...], list[T]]] = []
        for rest, values in sorted((r for r in rows if r[0]), key=lambda row: -len(row[0])):
            if rest[0].endswith("*"):
                self.wild.append((rest, values))
            else:
                self.second.setdefault(rest[0], []).append((rest, values))

    def match(self, low: tuple[str, ...], i: int, count: int) -> tuple[tuple[str, ...], list[T]] | None:
        """The longest phrase that stands at token `i`."""
        best: tuple[tuple[str, ...], list[T]] | None = None
        if i + 1 < count:
            for row in self.second.get(low[i + 1], ()):
                size = len(row[0])
                if size == 1 or (i + 1 + size <= count and _follows(row[0], low, i + 1)):
                    best = row
                    break
            for row in self.wild:
                if best is not None and len(row[0]) <= len(best[0]):
                    break
                if i + 1 + len(row[0]) <= count and _follows(row[0], low, i + 1):
                    best = row
                    break
        if best is None and self.single is not None:
            return (), self.single
        return best


def _follows(rest: tuple[str, ...], low: tuple[str, ...], start: int) -> bool:
    for k, word in enumerate(rest, start):  # noqa: SIM110 - the hot path: a generator costs twice as much
        if not _same(word, low[k]):
            return False
    return True


def _same(pattern: str, word: str) -> bool:
    return word.startswith(pattern[:-1]) if pattern.endswith("*") else pattern == word


def expand(table: Mapping[str, Iterable[str]]) -> Iterator[tuple[str, str]]:
    """(phrase, key) for a table of key -> phrases."""
    for key, phrases in table.items():
        for phrase in phrases:
            yield phrase, key
