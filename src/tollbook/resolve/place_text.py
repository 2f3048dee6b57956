"""The words of a report as the search for places sees them, and the word lists it uses (`data/places/`)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from tollbook.errors import LexiconError
from tollbook.lexicon import load
from tollbook.model import Sentence, Span
from tollbook.resolve.gazetteer_file import light
from tollbook.resolve.gazetteer_rows import country_names

# Abbreviations with full stops first ("N.Y.", "U.S.", "Ala."), then words with inner hyphens and apostrophes.
_WORD = re.compile(r"(?:[A-Z]\.){2,4}|W\.Va\.|[^\W_]+(?:['’‘ʿ`‑‐-][^\W_]+){0,6}['’]?")
_ARTICLE = r"(?:al|el|ul|ad|ed|an|en|ar|er|as|es|ash|esh|at|et|az|ez|il|l|d|s|t|de|la)"
_NAME_LIKE = re.compile(rf"(?:{_ARTICLE}[-’'‘])?[^\W\d_a-z]")
_PARTICLES = frozenset("al el ul ad an ar as ash at az ez es ed er de del la las los le les da do dos di bin ibn ben es on au-".split())
_POSSESSIVE = re.compile(r"(?:['’]s|['’])$")
CAPITALS_SHARE = 0.75


@dataclass(frozen=True, slots=True)
class PlaceWords:
    """The lists of `data/places/words.yml` and `common.yml`, folded to small letters."""

    kinds: dict[str, str]
    facilities: frozenset[str]
    facilities_small: frozenset[str]
    strong: frozenset[str]
    weak: frozenset[str]
    adjectives: frozenset[str]
    held: tuple[str, ...]
    directions: frozenset[str]
    titles: frozenset[str]
    person_verbs: frozenset[str]
    institutions: frozenset[str]
    never: frozenset[str]
    common: frozenset[str]
    abbreviations: dict[str, str]
    postal: dict[str, str]
    demonyms: dict[str, str]


_LISTS = (
    "facilities", "facilities_small", "prepositions_strong", "prepositions_weak", "adjectives", "held_suffixes", "directions",
    "titles", "person_verbs", "institutions", "never",
)  # fmt: skip


def check_words(content: Any) -> None:
    """Raises LexiconError where `words.yml` does not hold the lists and mappings the search needs."""
    for name in _LISTS:
        if not isinstance(content.get(name), list) or not all(isinstance(w, str) for w in content[name]):
            raise LexiconError(f"places/words.yml: {name} must be a list of words (quote yes, no, on, off)")
    for name in ("kinds", "abbreviations", "postal"):
        values = content.get(name)
        if not isinstance(values, dict) or not all(isinstance(x, str) for pair in values.items() for x in pair):
            raise LexiconError(f"places/words.yml: {name} must map words to words")
    if not set(content["kinds"].values()) <= {"town", "district", "province", "region"}:
        raise LexiconError("places/words.yml: a kind is town, district, province or region")


@cache
def place_words() -> PlaceWords:
    """The word lists, read once. Raises LexiconError."""
    content = load("places/words")
    check_words(content)
    people = {word.lower(): code for code, (_, demonyms) in country_names().items() for word in demonyms}
    lists = {name: frozenset(w.lower() for w in content[name]) for name in _LISTS}
    return PlaceWords(
        kinds=content["kinds"], facilities=lists["facilities"], facilities_small=lists["facilities_small"],
        strong=lists["prepositions_strong"], weak=lists["prepositions_weak"], adjectives=lists["adjectives"],
        held=tuple(content["held_suffixes"]), directions=lists["directions"], titles=lists["titles"],
        person_verbs=lists["person_verbs"], institutions=lists["institutions"], never=lists["never"],
        common=frozenset(load("places/common")["common"]), abbreviations=content["abbreviations"], postal=content["postal"],
        demonyms=people,
    )  # fmt: skip


@dataclass(slots=True)
class Token:
    """A word: `text` without a possessive ending, `low` in small letters, `gap` what stands between it and the word before."""

    start: int
    end: int
    text: str
    low: str
    gap: str
    possessive: bool
    named: bool  # looks like (a part of) a name
    particle: bool
    free: bool  # may take part in a place's name: not in a skipped range, not a never-word, not a demonym
    sentence: int


@dataclass(slots=True)
class Line:
    """One sentence's words. `capitals`: all letters are capitals; `headline`: nearly all words begin with one."""

    tokens: list[Token]
    capitals: bool
    headline: bool
    kind: str
    number: int


@dataclass(slots=True)
class Words:
    """All lines of a report, the words seen in small letters, and whether its commas are lost."""

    lines: list[Line]
    small: set[str] = field(default_factory=set)
    no_commas: bool = False


def _is_skipped(start: int, end: int, skip: Sequence[Span]) -> bool:
    return any(start < b and end > a for a, b in skip)


def _tokens(text: str, span: Span, skip: Sequence[Span], capitals: bool, number: int, words: PlaceWords) -> list[Token]:
    found: list[Token] = []
    last = span[0]
    for match in _WORD.finditer(text, *span):
        start, end, whole = match.start(), match.end(), match.group()
        ending = _POSSESSIVE.search(whole)
        if end < span[1] and text[end] == "." and whole + "." in words.abbreviations:
            whole, end, ending = whole + ".", end + 1, None
        if ending:
            whole = whole[: ending.start()]
        if not whole:
            continue
        low = whole.lower()
        named = bool(_NAME_LIKE.match(whole)) or whole[0].isdigit()
        free = (
            not whole.isdigit()
            and low not in words.never
            and low not in words.demonyms
            and not (skip and _is_skipped(start, start + len(whole), skip))
        )
        found.append(
            Token(start, start + len(whole), whole, low, text[last:start], ending is not None, named and free and not whole[0].isdigit(),
                  low in _PARTICLES and (capitals or whole.islower() or whole.istitle()), free, number)
        )  # fmt: skip
        last = end
    return found


def split_words(text: str, sentences: Sequence[Sentence], skip: Sequence[Span]) -> Words:
    """The words of the report's title and body (furniture is left out), line by line."""
    words, lists = Words([]), place_words()
    letters = 0
    for number, sentence in enumerate(sentences or (Sentence((0, len(text)), 0),)):
        start, end = max(0, sentence.span[0]), min(len(text), sentence.span[1])
        part = text[start:end]
        if sentence.kind not in ("title", "body") or not part.strip():
            continue
        upper, lower = sum(map(str.isupper, part)), sum(map(str.islower, part))
        capitals = upper >= 8 and upper > CAPITALS_SHARE * (upper + lower)
        tokens = _tokens(text, (start, end), skip, capitals, number, lists)
        long = [t for t in tokens if len(t.text) >= 4]
        headline = not capitals and len(long) >= 4 and sum(t.text[0].isupper() for t in long) > 0.7 * len(long)
        words.lines.append(Line(tokens, capitals, headline, sentence.kind, number))
        if not capitals:
            words.small.update(t.low for t in tokens if t.text.islower())
        letters += end - start
    words.no_commas = letters > 400 and text.count(",") * 1500 < letters
    return words


def spelled(text: str, tokens: Sequence[Token]) -> str:
    """The text from the first to the last of these words."""
    return text[tokens[0].start : tokens[-1].end]


__all__ = ["Line", "PlaceWords", "Token", "Words", "check_words", "light", "place_words", "spelled", "split_words"]
