"""WordPiece with offsets: what an uncased BERT's tokenizer yields, without its library.

The steps are those of the BERT tokenizer (Devlin et al. 2018; `BertNormalizer`, `BertPreTokenizer`
and `WordPiece` of the `tokenizers` library): control characters go, accents are stripped, letters are
lower-cased, words are cut at white space and at each punctuation mark, then the longest pieces of the
vocabulary are taken from the left. A test compares pieces and offsets with the library's.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path

PAD, UNK, CLS, SEP = 0, 100, 101, 102
MAX_WORD = 100  # a longer word is [UNK], as in BERT's tokenizer

Piece = tuple[int, int, int]
"""Vocabulary id, start and end (code points of the text given)."""


class WordPiece:
    """A vocabulary and the words cut so far. `vocabulary` lists the pieces in the order of their ids."""

    def __init__(self, vocabulary: Iterable[str]) -> None:
        self._ids = {piece: n for n, piece in enumerate(vocabulary)}
        self._cut = lru_cache(maxsize=20_000)(self._cut_word)

    @classmethod
    def open(cls, path: Path) -> WordPiece:
        """Reads a `vocab.txt`: one piece a line, UTF-8."""
        return cls(path.read_text(encoding="utf-8").split("\n"))

    def pieces(self, text: str) -> list[Piece]:
        """The pieces of `text` in order, without [CLS] and [SEP]; offsets are code points of `text`."""
        found: list[Piece] = []
        for word, places in _words(text):
            for piece, start, end in self._cut(word):
                found.append((piece, places[start], places[end - 1] + 1))
        return found

    def _cut_word(self, word: str) -> tuple[Piece, ...]:
        """Longest match first; one [UNK] for the whole word where some part has no piece."""
        if len(word) > MAX_WORD:
            return ((UNK, 0, len(word)),)
        cut: list[Piece] = []
        start = 0
        while start < len(word):
            prefix = "##" if start else ""
            for end in range(len(word), start, -1):
                piece = self._ids.get(prefix + word[start:end])
                if piece is not None:
                    break
            else:
                return ((UNK, 0, len(word)),)
            cut.append((piece, start, end))
            start = end
        return tuple(cut)


def _words(text: str) -> Iterable[tuple[str, list[int]]]:
    """Normalised words, each with the offset in `text` that every one of its characters came from."""
    word: list[str] = []
    places: list[int] = []
    for at, character in enumerate(text):
        if character.isascii() and character.isalnum():
            word.append(character.lower())
            places.append(at)
            continue
        for kind, normal in _normal(character):
            if kind == "letter":
                word.append(normal)
                places.append(at)
                continue
            if word:
                yield "".join(word), places
                word, places = [], []
            if kind == "mark":
                yield normal, [at]
    if word:
        yield "".join(word), places


@lru_cache(maxsize=4096)
def _normal(character: str) -> tuple[tuple[str, str], ...]:
    """What one character becomes: none, or (letter | mark | space, character) pairs."""
    if character in "\t\n\r":
        return (("space", " "),)
    if ord(character) in (0, 0xFFFD) or unicodedata.category(character) in ("Cc", "Cf", "Co", "Cs"):
        return ()
    if character.isspace():
        return (("space", " "),)
    if _is_cjk(ord(character)):
        return (("mark", character),)
    stripped = (c for c in unicodedata.normalize("NFD", character) if unicodedata.category(c) != "Mn")
    return tuple(("mark" if _is_mark(c) else "letter", c) for s in stripped for c in s.lower())


def _is_mark(character: str) -> bool:
    """ASCII punctuation and symbols, and every Unicode punctuation category."""
    return (character.isascii() and character.isprintable() and not character.isalnum() and character != " ") or (
        unicodedata.category(character).startswith("P")
    )


def _is_cjk(code: int) -> bool:
    """The CJK ideograph blocks that BERT's tokenizer cuts character by character."""
    return (
        0x4E00 <= code <= 0x9FFF
        or 0x3400 <= code <= 0x4DBF
        or 0x20000 <= code <= 0x2A6DF
        or 0x2A700 <= code <= 0x2B73F
        or 0x2B740 <= code <= 0x2B81F
        or 0x2B820 <= code <= 0x2CEAF
        or 0xF900 <= code <= 0xFAFF
        or 0x2F800 <= code <= 0x2FA1F
    )
