"""Words of a sentence with their place in the text, and phrase look-up over them."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
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

    A word may end in `*` (any word that begins so). Of two phrases as long the one with the word in full is meant,
    else the one listed first. A phrase may carry several values.
    """

    def __init__(self, entries: Iterable[tuple[str, T]]) -> None:
        seen: dict[tuple[str, ...], list[T]] = {}
        for phrase, value in entries:
            words = tuple(phrase.lower().split())
            if words in seen:
                if value not in seen[words]:
                    seen[words].append(value)
                continue
            seen[words] = [value]
        self._root = _Node([(words, -k, values) for k, (words, values) in enumerate(seen.items()) if words])
        self._blank: set[str] = set()

    def find(self, tokens: Tokens) -> list[Hit[T]]:
        """Every phrase, in order, not overlapping (one Hit for each value of a phrase)."""
        hits: list[Hit[T]] = []
        low, blank = tokens.low, self._blank
        if blank.issuperset(low):
            return hits
        count, last = len(low), 0
        match = self._root.match
        for i in [k for k, word in enumerate(low) if word not in blank]:
            if i < last:
                continue
            found = match(low, i, count)
            if found is not None:
                last, _, values = found
                for value in values:
                    hits.append(Hit(i, last, value))
            elif len(blank) < _REMEMBERED and not self._root.goes_on(low[i]):
                blank.add(low[i])
        return hits


class _Node(Generic[T]):
    """The phrases that go on alike so far: what they say if they end here, and the phrases by their next word.

    The phrases behind a node are sorted when a text first comes to it: most never are.
    """

    __slots__ = ("_leaf", "_rows", "any", "heads", "lengths", "rank", "shortest", "stems", "values", "words")

    def __init__(self, rows: Sequence[tuple[tuple[str, ...], int, list[T]]]) -> None:
        self.values: list[T] | None = None
        self.rank = 0
        for rest, rank, values in rows:
            if not rest:
                self.rank, self.values = rank, values
        self._rows = [row for row in rows if row[0]]
        self._leaf = not self._rows
        self.any: _Node[T] | None = None
        self.words: dict[str, _Node[T]] = {}
        self.stems: dict[str, _Node[T]] = {}
        self.lengths: list[int] = []
        self.heads: frozenset[str] = frozenset()
        self.shortest = 0

    def _sort(self) -> None:
        following: dict[str, list[tuple[tuple[str, ...], int, list[T]]]] = {}
        for rest, rank, values in self._rows:
            following.setdefault(rest[0], []).append((rest[1:], rank, values))
        nodes = {word: _Node(behind) for word, behind in following.items()}
        self.any = nodes.pop("*", None)
        self.stems = {word[:-1]: node for word, node in nodes.items() if word.endswith("*")}
        self.words = {word: node for word, node in nodes.items() if not word.endswith("*")}
        self.lengths = sorted({len(stem) for stem in self.stems})
        self.shortest = self.lengths[0] if self.lengths else 0
        self.heads = frozenset(stem[: self.shortest] for stem in self.stems)
        self._rows = []  # last: another thread that comes here meanwhile sorts for itself

    def goes_on(self, word: str) -> bool:
        """Whether any phrase goes on with this word, whatever comes behind it."""
        if self.any is not None or word in self.words:
            return True
        return word[: self.shortest] in self.heads and any(word.startswith(stem) for stem in self.stems)

    def match(self, low: tuple[str, ...], k: int, count: int) -> tuple[int, int, list[T]] | None:
        """Where the longest phrase ends that goes on at token `k`, its place in the list (negative) and its values."""
        if self._rows:
            self._sort()
        best = (k, self.rank, self.values) if self.values is not None else None
        if self._leaf or k == count:
            return best
        word = low[k]
        child = self.words.get(word)
        if child is not None:
            best = child.match(low, k + 1, count) or best
        wild = self.any.match(low, k + 1, count) if self.any is not None else None
        if word[: self.shortest] in self.heads:
            for length in self.lengths:
                child = self.stems.get(word[:length])
                found = child.match(low, k + 1, count) if child is not None else None
                if found is not None and (wild is None or found[:2] > wild[:2]):
                    wild = found
        return wild if best is None or (wild is not None and wild[0] > best[0]) else best


def expand(table: Mapping[str, Iterable[str]]) -> Iterator[tuple[str, str]]:
    """(phrase, key) for a table of key -> phrases."""
    for key, phrases in table.items():
        for phrase in phrases:
            yield phrase, key
