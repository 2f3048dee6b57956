"""What the words around a name say for its being a place, and what they measure from it."""

from __future__ import annotations

import re
from collections.abc import Collection

from tollbook.resolve.place_mention import WEIGHTS, Mention, prominence
from tollbook.resolve.place_text import Line, PlaceWords, Token, Words, joined

_TIGHT = frozenset({" ", "\n", ' "', " '", " “", " ‘", '" ', " (", "  "})
LETTERS = 5  # of an unknown name in capitals up to which it is an abbreviation
LISTED = 3  # lines that open with a name and a colon from which on an unknown name there is a place
_STEPS = 6  # how many adjectives may stand between a preposition and the name


def _of_kind(line: Line, at: int, lists: PlaceWords, known: bool) -> tuple[float, str | None, bool] | None:
    """ "the village of", "north of", "the outskirts of" before a name; `at` is the "of"."""
    tokens, noun = line.tokens, line.tokens[at - 1]
    if noun.low in lists.kinds:
        if at > 1 and tokens[at - 2].named and joined(tokens[at - 2], noun):
            return WEIGHTS["strong"], None, True  # "the Midan district of Damascus": the kind is Midan's
        if noun.text[0].isupper() and not line.capitals and not known:
            return None  # "Department of Agriculture"
        return WEIGHTS["kind_of"], lists.kinds[noun.low], True
    if noun.low in lists.directions or noun.low in lists.strong or noun.low in lists.attacks:
        return WEIGHTS["strong"], None, True
    if noun.low in lists.institutions and noun.text[0].isupper() and not line.capitals:
        return -1.5, None, False  # "University of Calgary", "Bank of Georgia"
    return None


def _before(line: Line, mention: Mention, lists: PlaceWords) -> tuple[float, str | None, bool]:
    """Evidence of the words before, the level they give, and whether a preposition of place is among it."""
    tokens, at, score, hint = line.tokens, mention.first - 1, 0.0, None
    if at < 0 or tokens[mention.first].gap not in _TIGHT:
        return 0.0, None, False
    if tokens[at].low in lists.titles and not (line.capitals and tokens[at].low in lists.common):
        return WEIGHTS["title"], None, False
    if tokens[at].low == "of" and at:
        found = _of_kind(line, at, lists, mention.known)
        if found:
            mention.civic = mention.civic or found[0] < 0
            return found
    if tokens[at].low in lists.kinds and not tokens[at].text[0].isupper():
        score, hint = WEIGHTS["kind_before"], lists.kinds[tokens[at].low]
    article, steps = False, 0
    while at >= 0 and steps < _STEPS:
        low = tokens[at].low
        if low in lists.directions:
            score += WEIGHTS["direction"] if steps == 0 else 0.0
        elif tokens[at].possessive and steps == 0 and tokens[at].named:
            return score + 1.2, hint, False
        elif not (low in lists.adjectives or low in lists.demonyms or low.endswith(lists.held) or low in lists.kinds):
            break
        article = article or low in ("the", "a", "an")
        if tokens[at].gap.strip(" \n\"'“‘,") and at:
            return score, hint, False
        at, steps = at - 1, steps + 1
    if article and not mention.known and not mention.facility and hint is None and not _called(line, mention, lists):
        score += WEIGHTS["article"]
    if at < 0:
        return score, hint, False
    low = tokens[at].low
    if low == "at" and not _aims(line, at, lists):
        return score + WEIGHTS["strong"], hint, True
    if low in lists.strong or (
        low in ("on", "at", "against", "over", "of", "from", "to") and _attack_before(line, at, lists)
    ):
        return score + WEIGHTS["strong"], hint, True
    behind = line.tokens[mention.last + 1].low if mention.last + 1 < len(line.tokens) else ""
    if low in ("took", "takes") and behind in lists.taken_away:
        return score, hint, False  # a person, who was taken somewhere
    return (score + WEIGHTS["weak"] if low in lists.weak else score), hint, False


def _called(line: Line, mention: Mention, lists: PlaceWords) -> bool:
    """Whether a word behind the name says what kind of place it is: "the Paloquemao sector"."""
    tokens, at = line.tokens, mention.last + 1
    return mention.hint is not None or (at < len(tokens) and tokens[at].gap == " " and tokens[at].low in lists.kinds)


def _attack_before(line: Line, at: int, lists: PlaceWords) -> bool:
    """Whether an attack is among the three words before a preposition: "rocket attack on", "fired shells at"."""
    return any(line.tokens[j].low in lists.attacks for j in range(max(0, at - 3), at))


def _aims(line: Line, at: int, lists: PlaceWords) -> bool:
    """Whether "at" behind this word names no place: "shot at", "angry at", "a professor at"."""
    before = line.tokens[at - 1] if at else None
    return before is not None and before.gap != "" and (before.low in lists.not_at or before.low in lists.titles)


def _after(line: Line, mention: Mention, lists: PlaceWords) -> tuple[float, str | None]:
    tokens, at = line.tokens, mention.last + 1
    if at >= len(tokens) or tokens[at].gap not in (" ", "\n"):
        return 0.0, None
    low = tokens[at].low
    following: Token | None = tokens[at + 1] if at + 1 < len(tokens) else None
    if tokens[mention.last].possessive:
        return (1.0 if low in lists.kinds or low in lists.directions else 0.0), None
    if low in lists.kinds:
        if tokens[at].text[0].isupper() and not line.capitals and following and following.named and not mention.known:
            return 0.0, None  # "Nusra Front Monday" apart, a capital kind inside a longer name says nothing
        return WEIGHTS["kind_after"], lists.kinds[low]
    if low in lists.directions or low in lists.adjectives:
        if following and following.low in lists.kinds and following.gap == " ":
            return WEIGHTS["kind_after"], lists.kinds[following.low]
        return (0.5 if following and following.low == "of" else 0.0), None
    if low in lists.person_verbs:
        return (0.0 if mention.preposition else WEIGHTS["verb"]), None  # "a doctor in Lal Pur said"
    if low in ("was", "were") and following is not None and following.low in lists.struck:
        return WEIGHTS["struck"], None
    if low in ("fell", "falls") and following is not None and following.low == "to" and at + 2 < len(tokens):
        beyond = tokens[at + 2].low if tokens[at + 2].low != "the" or at + 3 == len(tokens) else tokens[at + 3].low
        return (0.0 if beyond in lists.fell_to else WEIGHTS["struck"]), None
    if mention.known and low in lists.people_after:
        return WEIGHTS["people"], None
    return 0.0, None


def _heads(line: Line, mention: Mention, listed: bool) -> bool:
    """Whether a name heads an entry of a list: "Baiji: a bomb killed two", "Baoro, 29 January: 50 dead"."""
    tokens, at = line.tokens, mention.last + 1
    if at >= len(tokens):
        return False
    gap = tokens[at].gap
    if gap == ": " or gap in (" - ", " – ", " — "):
        return mention.known or listed
    if at + 2 >= len(tokens) or gap != ", " or tokens[at + 2].gap != ": ":
        return False
    return tokens[at].text.isdigit() != tokens[at + 1].text.isdigit()


_DISTANCE = re.compile(
    r"(\d{1,4}(?:[.,]\d{1,3})?)[ -]?(km|kms|kilomet(?:er|re)s?|miles?|mi)\b(?: ?\([^()]{1,30}\))?,?"
    r"(?: (?:to the |to its |away |)?"
    r"((?:north|south|east|west|north-?east|north-?west|south-?east|south-?west|due north|due south)(?:ern)?)\b)?"
    r"(?: \([^()]{1,30}\))? ?(?:of|from|outside|away from)? ?(?:the )?(?:[a-z'-]{1,20} ){0,3}"
    r"(?:city |town |capital |village |border )?(?:of |city |, )?$",
    re.IGNORECASE,
)
_DEGREES = {
    "north": 0.0,
    "northeast": 45.0,
    "east": 90.0,
    "southeast": 135.0,
    "south": 180.0,
    "southwest": 225.0,
    "west": 270.0,
    "northwest": 315.0,
}
_MILE = 1.609


def measured_from(text: str, start: int) -> tuple[float, float | None] | None:
    """Kilometres and bearing (degrees from north) where the words before `start` measure from it: "73km (45 miles)
    north-east of".
    """
    head = text[max(0, start - 90) : start]
    if "k" not in head.lower() and "mi" not in head.lower():
        return None
    match = None
    for found in re.finditer(r"\d{1,4}(?:[.,]\d{1,3})?[ -]?(?:km|kilomet|mi)", head, re.IGNORECASE):
        match = _DISTANCE.match(head, found.start())
        if match:
            break
    if not match:
        return None
    number = float(match[1].replace(",", "."))
    km = number * (_MILE if match[2].lower().startswith("mi") else 1.0)
    way = (match[3] or "").lower().replace("-", "").replace("ern", "").replace("due ", "")
    if km > 700:
        return None
    return round(km, 1), _DEGREES.get(way)


def evidence(text: str, mention: Mention, words: Words, lists: PlaceWords, prior: Collection[str]) -> None:
    """Adds up what the words around a mention say; sets its score, hint and distance."""
    line, tokens = mention.line, mention.line.tokens
    before, before_hint, mention.preposition = _before(line, mention, lists)
    after, after_hint = _after(line, mention, lists)
    mention.hint = mention.hint or after_hint or before_hint
    score = mention.score + before + after
    if mention.known:
        score += WEIGHTS["known"] + prominence(mention.entries, prior) + 0.5 * min(2, mention.last - mention.first)
    elif (
        "-" in mention.name
        and mention.name[:3].lower() in ("al-", "el-", "ar-", "as-", "ad-", "an-", "at-", "az-")
        and not after < 0
    ):
        score += WEIGHTS["arabic"]
    if mention.first == mention.last and not mention.abbreviation:
        low = tokens[mention.first].low
        if low in lists.common:
            score += WEIGHTS["common"]
        elif low in words.small and not line.capitals:
            score += WEIGHTS["small"]
    if mention.first == 0 and not before:
        if _heads(line, mention, words.entries >= LISTED):
            score += WEIGHTS["heads"]
        elif not line.capitals:
            score += WEIGHTS["sentence_start"]
    if line.capitals and not before and not after:
        score += WEIGHTS["capitals"]
    if not mention.known and not mention.facility and mention.hint is None:
        if not line.capitals and len(mention.name) <= LETTERS and mention.name.isupper():
            score += WEIGHTS["letters"]  # "activists told SOHR"
        if tokens[mention.last].possessive:
            score += WEIGHTS["owner"]  # "near Slepian's house"
        if line.capitals and tokens[mention.first].low not in lists.heads:
            score += WEIGHTS["unknown_capitals"]
    if line.headline and not mention.known:
        score += WEIGHTS["headline"]
    mention.distance = measured_from(text, mention.start)
    if mention.distance:
        score += WEIGHTS["distance"]
    mention.score = score
