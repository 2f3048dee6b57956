"""The words of a report as the search for places sees them, and the word lists it uses (`data/places/`)."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cache, lru_cache
from itertools import accumulate
from typing import Any, NamedTuple

from tollbook.errors import LexiconError
from tollbook.lexicon import load
from tollbook.model import Sentence, Span
from tollbook.resolve.gazetteer_rows import country_names
from tollbook.resolve.names import upper_and_lower

# Abbreviations with full stops first ("N.Y.", "U.S.", "Ala."), then words with inner hyphens and apostrophes.
_WORD = re.compile(r"((?:[DR][-‑–])?(?:[A-Z]\.){2,4}|[A-Z]\.[A-Z]\b|W\.Va\.|[^\W_]+(?:['’‘ʿ`‑‐-][^\W_]+){0,6}['’]?)")
_ARTICLE = r"(?:al|el|ul|ad|ed|an|en|ar|er|as|es|ash|esh|at|et|az|ez|il|l|d|s|t|de|la)"
_NAME_LIKE = re.compile(rf"(?:{_ARTICLE}[-’'‘])?[^\W\d_a-z]")
_PARTICLES = frozenset(
    "al el ul ad ar ash az ez es ed er de del la las los le les da do dos di bin ibn ben".split()  # noqa: SIM905
)
_MEMBER = re.compile(r"(?:D|R|I|DFL|Lab|Con)[-‑–](?=[A-Z])")
_POSSESSIVE = re.compile(r"(?:['’]s|['’])$")
CAPITALS_SHARE = 0.75


@dataclass(frozen=True, slots=True)
class PlaceWords:
    """The lists of `data/places/words.yml` and `common.yml`, folded to small letters."""

    kinds: dict[str, str]
    plurals: frozenset[str]  # of the kinds
    facilities: frozenset[str]
    facilities_small: frozenset[str]
    facilities_dropped: frozenset[str]
    strong: frozenset[str]
    weak: frozenset[str]
    adjectives: frozenset[str]
    held: tuple[str, ...]
    directions: frozenset[str]
    titles: frozenset[str]
    person_verbs: frozenset[str]
    institutions: frozenset[str]
    never: frozenset[str]
    headline: frozenset[str]
    common: frozenset[str]
    abbreviations: dict[str, str]
    postal: dict[str, str]
    demonyms: dict[str, str]
    attacks: frozenset[str]
    people_after: frozenset[str]
    civic: frozenset[str]
    endings_kept: frozenset[str]
    endings_dropped: frozenset[str]
    heads: frozenset[str]
    countries: dict[str, str]
    country_starts: frozenset[str]
    too_wide: frozenset[str]
    not_at: frozenset[str]
    facilities_before: frozenset[str]
    parts: frozenset[str]
    struck: frozenset[str]
    fell_to: frozenset[str]
    taken_away: frozenset[str]
    qualifiers: frozenset[str]
    cues: dict[str, tuple[tuple[tuple[str, ...], str], ...]]  # first word -> phrases and the country they speak for


_LISTS = (
    "facilities",
    "facilities_small",
    "facilities_dropped",
    "prepositions_strong",
    "prepositions_weak",
    "adjectives",
    "held_suffixes",
    "directions",
    "titles",
    "person_verbs",
    "institutions",
    "never",
    "headline",
    "attacks",
    "people_after",
    "civic",
    "endings_kept",
    "endings_dropped",
    "heads",
    "too_wide",
    "not_at",
    "facilities_before",
    "parts",
    "struck",
    "fell_to",
    "taken_away",
    "qualifiers",
)


def check_words(content: Any) -> None:
    """Raises LexiconError where `words.yml` does not hold the lists and mappings the search needs."""
    for name in _LISTS:
        if not isinstance(content.get(name), list) or not all(isinstance(w, str) for w in content[name]):
            raise LexiconError(f"places/words.yml: {name} must be a list of words (quote yes, no, on, off)")
    for name in ("kinds", "abbreviations", "postal"):
        values = content.get(name)
        if not isinstance(values, dict) or not all(isinstance(x, str) for pair in values.items() for x in pair):
            raise LexiconError(f"places/words.yml: {name} must map words to words")
    cues = content.get("cues")
    if not isinstance(cues, dict) or not all(
        code in country_names() and isinstance(phrases, list) and all(isinstance(p, str) and p for p in phrases)
        for code, phrases in cues.items()
    ):
        raise LexiconError("places/words.yml: cues must map country codes to lists of words")
    if not set(content["kinds"].values()) <= {"town", "district", "province", "region"}:
        raise LexiconError("places/words.yml: a kind is town, district, province or region")


@cache
def place_words() -> PlaceWords:
    """The word lists, read once. Raises LexiconError."""
    content = load("places/words")
    check_words(content)
    people = {word.lower(): code for code, (_, demonyms) in country_names().items() for word in demonyms}
    countries = {name.lower(): code for code, (names, _) in country_names().items() for name in names}
    lists = {name: frozenset(w.lower() for w in content[name]) for name in _LISTS}
    cues: dict[str, list[tuple[tuple[str, ...], str]]] = defaultdict(list)
    for code, phrases in content["cues"].items():
        for phrase in phrases:
            cues[phrase.split()[0]].append((tuple(phrase.split()), code))
    return PlaceWords(
        kinds=content["kinds"],
        plurals=frozenset(
            kind
            for kind in content["kinds"]
            if kind.endswith("s") and (kind[:-1] in content["kinds"] or kind[:-3] + "y" in content["kinds"])
        ),
        facilities=lists["facilities"],
        facilities_small=lists["facilities_small"],
        facilities_dropped=lists["facilities_dropped"],
        strong=lists["prepositions_strong"],
        weak=lists["prepositions_weak"],
        adjectives=lists["adjectives"],
        held=tuple(content["held_suffixes"]),
        directions=lists["directions"],
        titles=lists["titles"],
        person_verbs=lists["person_verbs"],
        institutions=lists["institutions"],
        never=lists["never"],
        headline=lists["headline"],
        common=frozenset(load("places/common")["common"]),
        abbreviations=content["abbreviations"],
        postal=content["postal"],
        demonyms=people,
        attacks=lists["attacks"],
        people_after=lists["people_after"],
        civic=lists["civic"],
        endings_kept=lists["endings_kept"],
        endings_dropped=lists["endings_dropped"],
        heads=lists["heads"],
        too_wide=lists["too_wide"],
        not_at=lists["not_at"],
        facilities_before=lists["facilities_before"],
        parts=lists["parts"],
        struck=lists["struck"],
        fell_to=lists["fell_to"],
        taken_away=lists["taken_away"],
        qualifiers=lists["qualifiers"],
        cues={first: tuple(phrases) for first, phrases in cues.items()},
        countries=countries,
        country_starts=frozenset(n.split()[0] for n in (*people, *countries, *(c + "s" for c in countries))),
    )


class Token(NamedTuple):
    """A word: `text` without a possessive ending, `low` in small letters, `gap` what stands between it and the
    word before.
    """

    start: int
    end: int
    text: str
    low: str
    gap: str
    possessive: bool
    named: bool  # looks like (a part of) a name
    particle: bool
    free: bool  # may take part in a place's name: not in a skipped range, not a never-word, not a demonym
    skipped: bool  # in a range known to be something else's name


@dataclass(slots=True)
class Line:
    """One sentence's words. `capitals`: all letters are capitals; `headline`: nearly all words begin with one."""

    tokens: list[Token]
    capitals: bool
    headline: bool

    def named(self) -> list[int]:
        """The words that look like (a part of) a name."""
        return [at for at, token in enumerate(self.tokens) if token.named]


@dataclass(slots=True)
class Words:
    """All lines of a report, the words seen in small letters, how often each country is spoken of, and what the
    text has lost.
    """

    lines: list[Line]
    small: set[str] = field(default_factory=set)
    no_commas: bool = False
    no_apostrophes: bool = False
    entries: int = 0  # lines that open with a name and a colon or a dash, as those of a list do
    spoken: Counter[str] = field(default_factory=Counter)  # countries, by name or people
    peoples: Counter[str] = field(default_factory=Counter)  # by people alone
    named: list[tuple[Span, str]] = field(default_factory=list)  # each country named by its name, and its code
    cues: Counter[str] = field(default_factory=Counter)  # countries, by how many words that only they use


class _Skip:
    """Ranges in which no place lies."""

    def __init__(self, spans: Sequence[Span]) -> None:
        ordered = sorted(spans)
        self._starts = [start for start, _ in ordered]
        self._reach = list(accumulate((end for _, end in ordered), max))

    def touches(self, start: int, end: int) -> bool:
        """Whether [start, end) shares a character with one of them."""
        before = bisect_left(self._starts, end)
        return before > 0 and self._reach[before - 1] > start


_new: Callable[[type[Token], Iterable[Any]], Token] = tuple.__new__  # as `Token._make`, without its check


def _tokens(text: str, span: Span, skip: _Skip, capitals: bool, words: PlaceWords) -> list[Token]:
    found: list[Token] = []
    parts = _WORD.split(text[span[0] : span[1]])  # what stands between, a word, what stands between, ...
    start = seen = span[0]
    for gap, word in zip(parts[:-1:2], parts[1::2], strict=True):
        start += len(gap)
        end = start + len(word)
        if word.islower() and word.isalpha():
            between = gap if seen + len(gap) == start else text[seen:start]
            token = (start, end, word, word, between, False, False, word in _PARTICLES, False, False)
            found.append(_new(Token, token))
            seen = end
        else:
            if end < span[1] and text[end] == "." and _MEMBER.sub("", word) + "." in words.abbreviations:
                word += "."
            form = _form(word, capitals)
            if form is not None:
                first = start + form.skip
                last = first + len(form.text)
                skipped = skip.touches(first, last)
                named, free = form.named and not skipped, form.free and not skipped
                gap = text[seen:start]
                token = (first, last, form.text, form.low, gap, form.possessive, named, form.particle, free, skipped)
                found.append(_new(Token, token))
                seen = max(end, last)
        start = end
    return found


class _Form(NamedTuple):
    """What a word with a capital, a digit or a mark in it says by itself: see `Token`; `skip` letters are left out."""

    text: str
    low: str
    skip: int
    possessive: bool
    named: bool
    particle: bool
    free: bool


@lru_cache(maxsize=16_384)
def _form(whole: str, capitals: bool) -> _Form | None:
    """The form of a word, None where nothing but an ending is left."""
    words = place_words()
    if whole.islower() and "'" not in whole and "’" not in whole:
        named = len(whole) > 3 and "-" in whole and bool(_NAME_LIKE.match(whole))
        return _Form(whole, whole, 0, False, named, whole in _PARTICLES, False)
    ending = _POSSESSIVE.search(whole)
    if ending:
        whole = whole[: ending.start()]
    if not whole:
        return None
    member = _MEMBER.match(whole)
    stem, hyphen, tail = whole.rpartition("-")
    about = False
    if member:  # "D-Charleston", a member of a parliament and where he sits
        whole = whole[member.end() :]
    elif hyphen:
        about = tail in words.endings_dropped
        if tail in words.endings_kept and stem[:1].isupper():
            whole = stem
    low = whole.lower()
    free = not about and not whole.isdigit() and low not in words.never and low not in words.demonyms
    named = free and not whole[0].isdigit() and bool(_NAME_LIKE.match(whole))
    particle = low in _PARTICLES and (capitals or whole.islower() or whole.istitle())
    return _Form(whole, low, member.end() if member else 0, ending is not None, named, particle, free)


def split_words(text: str, sentences: Sequence[Sentence], skip: Sequence[Span]) -> Words:
    """The words of the report's title, dateline and body (other furniture is left out), line by line."""
    words, lists = Words([]), place_words()
    skipped = _Skip(skip)
    letters = 0
    for sentence in sentences or (Sentence((0, len(text)), 0),):
        start, end = max(0, sentence.span[0]), min(len(text), sentence.span[1])
        part = text[start:end]
        if sentence.kind not in ("title", "body", "dateline") or not part.strip():
            continue
        upper, lower = upper_and_lower(part)
        capitals = upper >= 8 and upper > CAPITALS_SHARE * (upper + lower)
        tokens = _tokens(text, (start, end), skipped, capitals, lists)
        long = [t.text[0].isupper() for t in tokens if len(t.text) >= 4]
        headline = not capitals and len(long) >= 4 and sum(long) > 0.7 * len(long)
        if headline:
            tokens = [t._replace(named=False, free=False) if t.low in lists.headline else t for t in tokens]
        words.lines.append(Line(tokens, capitals, headline))
        words.entries += _is_entry(tokens)
        if not capitals:
            words.small.update([t.low for t in tokens if t.text.islower()])
        letters += end - start
    words.no_commas = letters > 400 and text.count(",") * 1500 < letters
    words.no_apostrophes = letters > 400 and text.count("'") + text.count("’") <= letters // 1500
    _count_countries(words, lists)
    _count_cues(words, lists)
    return words


def _count_cues(words: Words, lists: PlaceWords) -> None:
    """Counts how many different words each country has in the text that hardly any other uses ("sheriff's")."""
    seen: set[tuple[tuple[str, ...], str]] = set()
    for line in words.lines:
        lows = [token.low for token in line.tokens]
        for first in lists.cues.keys() & set(lows):
            for phrase, code in lists.cues[first]:
                if (phrase, code) not in seen and _says(lows, phrase):
                    seen.add((phrase, code))
                    words.cues[code] += 1


def _says(lows: Sequence[str], phrase: tuple[str, ...]) -> bool:
    size = len(phrase)
    return size == 1 or any(tuple(lows[at : at + size]) == phrase for at in range(len(lows) - size + 1))


def _is_entry(tokens: Sequence[Token]) -> bool:
    if not tokens or not tokens[0].named:
        return False
    return any(t.gap in (": ", " - ", " – ", " — ") for t in tokens[1:4])


_STOPPED = frozenset({"st", "mt", "ft", "ste", "sta"})


def joined(before: Token, token: Token) -> bool:
    """Whether two words can stand in one name."""
    if before.possessive:
        return False
    return token.gap in (" ", "\n") or (token.gap == ". " and before.low in _STOPPED)


def _count_countries(words: Words, lists: PlaceWords) -> None:
    """Counts how often the text names each country, by name or by its people."""
    for line in words.lines:
        tokens = line.tokens
        for at in [k for k, t in enumerate(tokens) if t.low in lists.country_starts and t.text[0].isupper()]:
            token, low = tokens[at], tokens[at].low
            for size in (4, 3, 2, 1):
                name = " ".join(t.low for t in tokens[at : at + size])
                people = lists.demonyms.get(name)
                code = people or lists.countries.get(name)
                if code is None and size == 1 and words.no_apostrophes and low.endswith("s"):
                    code = lists.countries.get(low[:-1])
                if code and (low != "us" or token.text == "US"):
                    words.spoken[code] += 1
                    if not people:
                        words.named.append(((token.start, tokens[min(at + size, len(tokens)) - 1].end), code))
                    if people:
                        words.peoples[code] += 1
                    break
