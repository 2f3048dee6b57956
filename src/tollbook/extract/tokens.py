"""Words of a sentence with their place in the text, and phrase look-up over them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Generic, TypeVar

from tollbook.model import Span

T = TypeVar("T")
_Rows = tuple[tuple[tuple[str, ...], list[T]], ...]
_REMEMBERED = 50_000  # words; bounds the memory that a stream of unlike reports can take


@lru_cache(maxsize=1)
def _word() -> re.Pattern[str]:
    return re.compile(r"\w+(?:['’.\-]\w+){0,8}|[^\w\s]")


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
        low, high = 0, len(self.ends)
        while low < high:
            middle = (low + high) // 2
            if self.ends[middle] <= position:
                low = middle + 1
            else:
                high = middle
        return low


def tokenize(text: str, span: Span) -> Tokens:
    """The tokens of text[span[0]:span[1]]."""
    starts: list[int] = []
    ends: list[int] = []
    low: list[str] = []
    for match in _word().finditer(text, span[0], span[1]):
        starts.append(match.start())
        ends.append(match.end())
        low.append(match.group().lower().replace("’", "'"))
    return Tokens(span, tuple(starts), tuple(ends), tuple(low))


@dataclass(frozen=True, slots=True)
class Hit(Generic[T]):
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
        stems = {first[:-1]: rows for first, rows in self._by_first.items() if first.endswith("*")}
        self._stems = stems
        self._stem_lengths = sorted({len(stem) for stem in stems})
        self._rows_of: dict[str, _Rows[T]] = {}

    def find(self, tokens: Tokens) -> list[Hit[T]]:
        """Every phrase, in order, not overlapping (one Hit for each value of a phrase)."""
        hits: list[Hit[T]] = []
        low = tokens.low
        known = self._rows_of.get
        i = 0
        while i < len(low):
            rows = known(low[i])
            if rows is None:
                rows = self._rows(low[i])
            for rest, values in rows:
                last = i + 1 + len(rest)
                if last <= len(low) and _follows(rest, low, i + 1):
                    hits.extend(Hit(i, last, value) for value in values)
                    i = last - 1
                    break
            i += 1
        return hits

    def _rows(self, word: str) -> _Rows[T]:
        """The phrases that may begin with this word, longest first; remembered for the words seen so far."""
        rows = self._rows_of.get(word)
        if rows is None:
            found = list(self._by_first.get(word, ()))
            for length in self._stem_lengths:
                found += self._stems.get(word[:length], ()) if length <= len(word) else ()
            found.sort(key=lambda row: -len(row[0]))
            rows = tuple(found)
            if len(self._rows_of) < _REMEMBERED:
                self._rows_of[word] = rows
        return rows


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
