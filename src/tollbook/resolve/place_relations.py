"""What places in one text say about each other: nesting ("Shaab, Baghdad"), lists, repetition, datelines."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from itertools import pairwise

from tollbook.resolve.place_mention import ACCEPTED, WEIGHTS, Mention, can_hold
from tollbook.resolve.place_text import Words, place_words

_LIST = re.compile(
    r"\s*(?:,|;|/|&|-|–|,?\s*(?:and|or|as well as|and also))\s*(?:in\s+|near\s+|at\s+)?(?:the\s+)?(?:\w+\s+of\s+)?",
    re.IGNORECASE,
)


@cache
def _nest_pattern() -> re.Pattern[str]:
    lists = place_words()
    words = "|".join(
        sorted(
            {
                re.escape(w)
                for w in (
                    *lists.kinds,
                    *lists.directions,
                    *lists.facilities_small,
                    "the",
                    "in",
                    "of",
                    "'s",
                    "s",
                    "a",
                    "province's",
                    "city's",
                    "countryside",
                    "near",
                )
            },
            key=lambda w: (-len(w), w),
        )
    )
    return re.compile(rf"\s*(?:,|\(|['’]s)?\s*(?:(?:{words})(?:\s+|,\s*)){{0,6}}", re.IGNORECASE)


def relate(text: str, mentions: list[Mention], words: Words) -> None:
    """Nested pairs and lists raise each other's score; the containers are noted."""
    pattern = _nest_pattern()
    for left, right in pairwise(mentions):
        if left.line is not right.line:
            continue
        between = text[left.end : right.start]
        if len(between) > 60:
            continue
        if pattern.fullmatch(between) and between.strip():
            commas = between.strip() in (",", ", the")
            if can_hold(right, left):
                left.containers.append(right)
                for mention in (left, right):
                    mention.score += WEIGHTS["nested"] if commas else 1.5
            elif can_hold(left, right) and "," not in between and left.line is right.line:
                right.containers.append(left)
                right.score += 1.0
            elif not left.known and right.known and left.score >= ACCEPTED:
                left.containers.append(right)
                right.score += 1.0
    _share_kinds(text, mentions)
    for _ in range(2):
        _spread(text, mentions, words)
        _spread(text, mentions[::-1], words)


def _share_kinds(text: str, mentions: list[Mention]) -> None:
    """A kind in the plural is that of every name in its list: "Barrow, Jackson and Madison counties"."""
    plurals = place_words().plurals
    for at, mention in enumerate(mentions):
        tokens = mention.line.tokens
        hint = mention.hint
        if hint is None or mention.facility:
            continue
        if mention.last + 1 < len(tokens) and tokens[mention.last + 1].low in plurals:
            way = range(at - 1, -1, -1)
        elif mention.first > 1 and tokens[mention.first - 1].low == "of" and tokens[mention.first - 2].low in plurals:
            way = range(at + 1, len(mentions))
        else:
            continue
        beside = mention
        for index in way:
            other = mentions[index]
            left, right = (other, beside) if other.start < beside.start else (beside, other)
            between = text[left.end : right.start]
            if other.line is not mention.line or other.hint or other.facility or not _LIST.fullmatch(between):
                break
            other.hint = hint
            other.score += WEIGHTS["list"]
            beside = other


def _spread(text: str, mentions: Sequence[Mention], words: Words) -> None:
    """One pass in which a place makes its neighbour in a list one; without commas, the next words of its run too."""
    for source, other in pairwise(mentions):
        if (
            source.line is not other.line
            or source.score < ACCEPTED
            or source.associated
            or not ACCEPTED > other.score > -1.5
        ):
            continue
        left, right = (source, other) if source.start < other.start else (other, source)
        between = text[left.end : right.start]
        if (between == " " and words.no_commas and source.hint == other.hint) or (
            len(between) < 40
            and between != " "
            and _LIST.fullmatch(between)
            and not (source.facility and not other.known)
        ):
            other.score += WEIGHTS["list"]


def agree(mentions: Sequence[Mention]) -> None:
    """One name means one thing in a report: where one mention is plainly a place, the others are (unless a title
    says not).
    """
    best: dict[str, float] = {}
    for mention in mentions:
        if mention.score >= ACCEPTED and not mention.associated:
            best[mention.name] = max(best.get(mention.name, 0.0), mention.score)
    for mention in mentions:
        if -2.0 < mention.score < ACCEPTED and best.get(mention.name, 0.0) >= ACCEPTED + 1.0:
            mention.score += WEIGHTS["list"]


_DATELINE = re.compile(
    r"\s*[^\W\d_a-z][^\W\d_a-z'’. -]{2,40}(?:, ?[A-Z][\w. ]{1,30})?"
    r"(?:, ?(?:\w{3,9}\.? \d{1,2}|\d{1,2} \w{3,9}\.?)(?:,? \d{2,4})?)?"
    r"\s*(?:\([^()]{2,40}\)|\[[^\[\]]{2,40}\])?\s*(?:--|—|–|-|:)\s"
)


def mark_datelines(text: str, words: Words, mentions: Sequence[Mention]) -> None:
    """Marks mentions in "BEIRUT (Reuters) -" at the head of the first lines of the body."""
    body = [line for line in words.lines if line.tokens][:4]
    for line in body:
        start = line.tokens[0].start
        match = _DATELINE.match(text, start)
        if not match or match.end() - start > 110:
            continue
        head = text[start : match.end()]
        if line.capitals and not re.search(r"[(\[]|--", head):
            continue
        for mention in mentions:
            if mention.line is line and mention.end <= match.end():
                mention.dateline = True
                mention.score += WEIGHTS["strong"]
