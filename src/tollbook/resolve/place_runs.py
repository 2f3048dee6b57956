"""What the passes over one text share when they look for places, and the cutting of runs whose commas are lost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from tollbook.resolve.gazetteer import Gazetteer
from tollbook.resolve.place_mention import Mention, prominence
from tollbook.resolve.place_text import Line, PlaceWords, Token, Words


@dataclass(slots=True)
class Search:
    """What the passes over one text share. `prior` are the countries it plainly speaks of."""

    text: str
    words: Words
    gazetteer: Gazetteer
    lists: PlaceWords
    prior: frozenset[str]
    mentions: list[Mention] = field(default_factory=list)
    persons: set[str] = field(default_factory=set)

    def named(self, line: Line, first: int, last: int) -> str:
        """The words as they stand in the text."""
        return self.text[line.tokens[first].start : line.tokens[last].end]

    def known(self, line: Line, first: int, last: int) -> Mention | None:
        """The words as a name that the gazetteer spells so; None where it has none."""
        name = self.named(line, first, last)
        entries = self.gazetteer.spelled(name)
        return Mention(line, first, last, name, entries) if entries else None

    def unknown(self, line: Line, first: int, last: int, *, facility: bool = False) -> Mention:
        """The words as a name that the gazetteer does not have, or that it is not asked for."""
        return Mention(
            line, first, last, self.named(line, first, last), (), facility=facility, hint="point" if facility else None
        )


def is_facility(tokens: Sequence[Token], lists: PlaceWords) -> bool:
    """Whether a name ends with what its place is: "Manchester Arena", "Marjan Grand Mosque"."""
    if len(tokens) < 2:
        return False
    return tokens[-1].low in lists.facilities or " ".join(t.low for t in tokens[-2:]) in lists.facilities


def opens_facility(tokens: Sequence[Token], lists: PlaceWords) -> bool:
    """Whether a name opens with what its place is: "Mount Stolice", "Forward Operating Base Gamberi"."""
    return any(
        " ".join([t.low for t in tokens[:size]]) in lists.facilities_before for size in (1, 2, 3) if size < len(tokens)
    )


def part_of_town(tokens: Sequence[Token], lists: PlaceWords) -> int:
    """How many of the first words name a part of a town by what it is: "Old City of Aleppo"; 0 where none do."""
    return next((n for n in (1, 2) if " ".join([t.low for t in tokens[:n]]) in lists.parts), 0)


# Costs of cutting a run without commas into names; the cheapest cut wins. A lone head word ("Tal") is no name.
_ARTICLES = frozenset({"al", "el", "ul", "ad", "ar", "as", "ash", "at", "az", "es", "ez"})
_PIECE = {
    "known": 0.5,
    "elsewhere": 1.3,
    "one": 1.0,
    "head_alone": 3.0,
    "head_two": 1.0,
    "with_article": 1.7,
    "two": 2.3,
    "facility": 0.8,
    "more": 3.5,
}


def _piece_cost(search: Search, line: Line, first: int, last: int) -> float:
    tokens, lists = line.tokens[first : last + 1], search.lists
    size = len(tokens)
    entries = search.gazetteer.spelled(search.named(line, first, last))
    if entries:
        if any(e.country in search.prior for e in entries):
            return _PIECE["elsewhere" if size == 1 and tokens[0].low in lists.heads else "known"]
        if size == 1:
            return min(_PIECE["one"] if tokens[0].low not in lists.heads else _PIECE["head_alone"], _PIECE["elsewhere"])
        return _PIECE["elsewhere"]
    if tokens[-1].particle and tokens[-1].low in _ARTICLES:
        return _PIECE["head_alone"]  # an article opens the next name
    if size == 2 and tokens[0].low in _ARTICLES:
        return _PIECE["one"]
    head = tokens[0].low in lists.heads or tokens[0].low in ("new", "old", *lists.directions)
    if size == 1:
        return _PIECE["head_alone"] if head or _qualifies(tokens[0], lists) else _PIECE["one"]
    if size == 2 and _qualifies(tokens[1], lists):
        return _PIECE["head_two"]
    if is_facility(tokens, lists):
        return _PIECE["facility"] + 0.2 * size
    articled = [t.text[:1].islower() or t.low.startswith(("al-", "el-")) for t in tokens]
    if size == 2:
        if head:
            return _PIECE["head_two"]
        return _PIECE["with_article"] if articled[1] and not articled[0] else _PIECE["two"]
    if size == 3 and (head or tokens[1].particle):
        return _PIECE["head_two"] + 0.9 if articled[2] or tokens[1].particle else _PIECE["more"]
    return _PIECE["more"]


def _qualifies(token: Token, lists: PlaceWords) -> bool:
    """Whether a word with an article only tells namesakes apart: "al-Kabir", "al-Sharqiya", "as-Saghir"."""
    article, _, stem = token.low.partition("-")
    return article in _ARTICLES and stem.startswith(tuple(lists.qualifiers))


def segment(search: Search, line: Line, first: int, last: int, hint: str | None) -> None:
    """Cuts a run into names where the commas are lost: "Harasta Khan Touman and" names two places."""
    count = last - first + 1
    best: list[tuple[float, int]] = [(0.0, 0)]
    for end in range(1, count + 1):
        best.append(
            min(
                (best[at][0] + _piece_cost(search, line, first + at, first + end - 1), at)
                for at in range(max(0, end - 4), end)
            )
        )
    cuts, at = [], count
    while at:
        cuts.append((best[at][1], at - 1))
        at = best[at][1]
    for start, end in reversed(cuts):
        low, high = first + start, first + end
        if not line.tokens[high].named:
            continue
        mention = search.known(line, low, high) or search.unknown(line, low, high)
        if (
            mention.known
            and not any(e.country in search.prior for e in mention.entries)
            and prominence(mention.entries) < 1.3
        ):
            mention.entries = ()
        if not mention.known and is_facility(line.tokens[low : high + 1], search.lists):
            mention.facility, mention.hint = True, "point"
        mention.hint = mention.hint or hint
        search.mentions.append(mention)
