"""Finds names of places in running text: gazetteer names and unknown ones, each with its evidence.

Evidence is a sum of small weights (WEIGHTS): the word before ("in", "the village of"), the word after
("district", "said"), what the gazetteer knows, what stands beside it in a list. Nothing is resolved here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache

from tollbook.model import Span
from tollbook.resolve.gazetteer import Entry, Gazetteer
from tollbook.resolve.place_text import Line, PlaceWords, Token, Words, place_words

ACCEPTED = 2.0
MAX_WORDS = 5  # of a gazetteer name
MAX_RUN = 6  # of an unknown name

# Tuned by eye on the training texts and LGL: an unknown name needs a clear sign ("near X", "X district"), a known one less.
WEIGHTS = {
    "kind_of": 4.0, "kind_after": 3.0, "kind_before": 2.0, "strong": 2.2, "weak": 1.0, "direction": 1.0, "country_of": 2.0,
    "list": 2.0, "nested": 3.0, "title": -6.0, "verb": -2.0, "person": -4.0, "common": -3.0, "small": -3.0, "sentence_start": -0.7,
    "distance": 4.0, "known": 0.5, "capitals": -1.0, "adjacent": -2.5, "bracket": 1.5,
}  # fmt: skip


@dataclass(slots=True)
class Mention:
    """A candidate: words `first`..`last` of `line`. `hint` is the level its words give it, `score` its evidence.

    `entries` is empty for a name the gazetteer does not have. `containers` are mentions said to hold it
    ("Shaab, Baghdad"). `distance` is (km, degrees or None) where the text only measures from it.
    """

    line: Line
    first: int
    last: int
    name: str
    entries: tuple[Entry, ...]
    score: float = 0.0
    hint: str | None = None
    facility: bool = False
    dateline: bool = False
    abbreviation: bool = False
    preposition: bool = False
    containers: list[Mention] = field(default_factory=list)
    distance: tuple[float, float | None] | None = None
    measured: Mention | None = None  # what is said to lie that far from it

    @property
    def start(self) -> int:
        return self.line.tokens[self.first].start

    @property
    def end(self) -> int:
        return self.line.tokens[self.last].end

    @property
    def known(self) -> bool:
        return bool(self.entries)


_STOPPED = frozenset({"st", "mt", "ft", "ste", "sta"})
_INNER = frozenset("of and the upon sur am la de del el al e".split())


def joined(before: Token, token: Token) -> bool:
    """Whether two words can stand in one name."""
    if before.possessive:
        return False
    return token.gap in (" ", "\n") or (token.gap == ". " and before.low in _STOPPED)


# --- runs of capitalised words ---------------------------------------------------------------------------------


def _run_word(token: Token, line: Line, lists: PlaceWords) -> bool:
    if not token.named:
        return False
    if not line.capitals:
        return True
    low = token.low
    return not (
        low in lists.common or low in lists.strong or low in lists.weak or low in lists.adjectives or low in lists.titles
        or low in lists.kinds or low in lists.person_verbs or low in lists.institutions or low in lists.facilities
    )  # fmt: skip


def runs(line: Line, lists: PlaceWords) -> Iterator[tuple[int, int]]:
    """First and last word of each maximal run of name words; particles may stand inside, an article before."""
    tokens, at, total = line.tokens, 0, len(line.tokens)
    while at < total:
        token = tokens[at]
        opens = token.particle and at + 1 < total and joined(token, tokens[at + 1]) and _run_word(tokens[at + 1], line, lists)
        if not (_run_word(token, line, lists) or (opens and token.low not in ("de", "del", "da", "do", "on", "es", "en", "as", "an", "at", "di", "le"))):
            at += 1
            continue
        last = at
        end = at + 1
        while end < total and joined(tokens[end - 1], tokens[end]):
            if _run_word(tokens[end], line, lists):
                last = end
            elif not tokens[end].particle:
                break
            end += 1
        if _run_word(tokens[last], line, lists):
            yield at, last
        at = last + 1


# --- gazetteer names ---------------------------------------------------------------------------------------------


def _can_open(line: Line, at: int, lists: PlaceWords) -> bool:
    token = line.tokens[at]
    if token.named:
        return True
    following = line.tokens[at + 1] if at + 1 < len(line.tokens) else None
    if following is None or not joined(token, following) or not following.named:
        return False
    return token.particle or token.low in lists.directions or token.text in ("The", "An", "As", "At")


def gazetteer_names(text: str, line: Line, gazetteer: Gazetteer, lists: PlaceWords) -> list[Mention]:
    """The longest gazetteer names, from left to right, without overlap. Single ordinary words of a line in capitals are out."""
    tokens, found, at = line.tokens, [], 0
    while at < len(tokens):
        if not _can_open(line, at, lists):
            at += 1
            continue
        length = 1
        while length < MAX_WORDS and at + length < len(tokens) and joined(tokens[at + length - 1], tokens[at + length]):
            follows = tokens[at + length]
            if not (follows.named or follows.particle or follows.low in _INNER or (line.capitals and follows.free)):
                break
            length += 1
        step = 1
        for size in range(length, 0, -1):
            last = tokens[at + size - 1]
            if not last.named or (size == 1 and not tokens[at].named):
                continue
            if size == 1 and line.capitals and (last.low in lists.common or len(last.text) < 3):
                continue
            name = text[tokens[at].start : last.end]
            if gazetteer.knows(name):
                entries = tuple(e for e in gazetteer.find(name) if e.match != "folded")
                if entries:
                    found.append(Mention(line, at, at + size - 1, name, entries))
                    step = size
                    break
        at += step
    return found


def abbreviations(line: Line, gazetteer: Gazetteer, lists: PlaceWords) -> list[Mention]:
    """"Ala.", "N.Y." anywhere, and "LA", "PA" after a comma, as provinces of their country."""
    found = []
    for at, token in enumerate(line.tokens):
        full = lists.abbreviations.get(token.text)
        if full is None and at and token.text in lists.postal and not line.capitals:
            before = line.tokens[at - 1]
            full = lists.postal[token.text] if token.gap == ", " and before.text[:1].isupper() else None
        if full is None:
            continue
        entries = tuple(e for e in gazetteer.find(full) if e.level == "province" and e.country in ("US", "CA"))
        if entries:
            found.append(Mention(line, at, at, token.text, entries, score=1.0, hint="province", abbreviation=True))
    return found


# --- the words around a name ---------------------------------------------------------------------------------------


_TIGHT = frozenset({" ", "\n", " \"", " '", " “", " ‘", "\" ", " (", "  "})


def _before(line: Line, first: int, lists: PlaceWords) -> tuple[float, str | None, bool]:
    """Evidence of the words before, the level they give, and whether a preposition of place is among it."""
    tokens, at, score, hint = line.tokens, first - 1, 0.0, None
    if at < 0 or tokens[first].gap not in _TIGHT:
        return 0.0, None, False
    if tokens[at].low.rstrip(".") in lists.titles and not (line.capitals and tokens[at].low in lists.common):
        return WEIGHTS["title"], None, False
    if tokens[at].low == "of" and at and tokens[at - 1].low in lists.kinds:
        if at > 1 and tokens[at - 2].named and joined(tokens[at - 2], tokens[at - 1]):
            return WEIGHTS["strong"], None, True  # "the Midan district of Damascus": the kind is Midan's
        return WEIGHTS["kind_of"], lists.kinds[tokens[at - 1].low], True
    if tokens[at].low == "of" and at and (tokens[at - 1].low in lists.directions or tokens[at - 1].low in lists.strong):
        return WEIGHTS["strong"], None, True
    if tokens[at].low in lists.kinds:
        score, hint = WEIGHTS["kind_before"], lists.kinds[tokens[at].low]
    steps = 0
    while at >= 0 and steps < 6:
        low = tokens[at].low
        if low in lists.directions:
            score += WEIGHTS["direction"] if steps == 0 else 0.0
        elif tokens[at].possessive and steps == 0 and tokens[at].named:
            return score + 1.0, hint, False
        elif not (low in lists.adjectives or low in lists.demonyms or low.endswith(lists.held) or low in lists.kinds):
            break
        if tokens[at].gap.strip(" \n\"'“‘,") and at:
            return score, hint, False
        at, steps = at - 1, steps + 1
    if at >= 0:
        if tokens[at].low in lists.strong:
            return score + WEIGHTS["strong"], hint, True
        if tokens[at].low in lists.weak:
            return score + WEIGHTS["weak"], hint, False
    return score, hint, False


def _after(line: Line, last: int, lists: PlaceWords) -> tuple[float, str | None]:
    tokens, at = line.tokens, last + 1
    if at >= len(tokens) or tokens[at].gap not in (" ", "\n") or tokens[last].possessive:
        return 0.0, None
    low = tokens[at].low
    if low in lists.kinds and not (low in ("state", "front", "section") and not line.capitals and at + 1 < len(tokens) and tokens[at + 1].named):
        return WEIGHTS["kind_after"], lists.kinds[low]
    if low in lists.directions or low in lists.adjectives:
        following = tokens[at + 1] if at + 1 < len(tokens) else None
        if following and following.low in lists.kinds and following.gap == " ":
            return WEIGHTS["kind_after"], lists.kinds[following.low]
        if following and following.low == "of":
            return 0.5, None
    if low in lists.person_verbs:
        return WEIGHTS["verb"], None
    return 0.0, None


_DISTANCE = re.compile(
    r"(\d{1,4}(?:[.,]\d{1,3})?)[ -]?(km|kms|kilomet(?:er|re)s?|miles?|mi)\b(?: ?\([^()]{1,30}\))?,?"
    r"(?: (?:to the |to its |away |)?((?:north|south|east|west|north-?east|north-?west|south-?east|south-?west|due north|due south)(?:ern)?)\b)?"
    r"(?: \([^()]{1,30}\))? ?(?:of|from|outside|away from)? ?(?:the )?(?:[a-z'-]{1,20} ){0,3}(?:city |town |capital |village |border )?(?:of |city |, )?$",
    re.IGNORECASE,
)
_DEGREES = {"north": 0.0, "northeast": 45.0, "east": 90.0, "southeast": 135.0, "south": 180.0, "southwest": 225.0, "west": 270.0, "northwest": 315.0}
_MILE = 1.609


def measured_from(text: str, start: int) -> tuple[float, float | None] | None:
    """Kilometres and bearing (degrees from north) where the words before `start` measure from it: "73km (45 miles) north-east of"."""
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


# --- scoring -------------------------------------------------------------------------------------------------------


def prominence(entries: Sequence[Entry]) -> float:
    """What the gazetteer alone says for a name being meant as a place: 0 to 2.5."""
    best = 0.0
    for entry in entries:
        if entry.level == "country":
            return 2.5
        if entry.level == "province":
            value = 1.5
        elif entry.curated:
            value = 1.2
        else:
            people = entry.population
            value = 1.8 if people >= 1_000_000 else 1.3 if people >= 200_000 else 0.8 if people >= 30_000 else 0.3
        if entry.match == "alternate":
            value -= 0.3
        best = max(best, value)
    return best


def evidence(text: str, mention: Mention, words: Words, lists: PlaceWords) -> None:
    """Adds up what the words around a mention say; sets its score, hint and distance."""
    line, tokens = mention.line, mention.line.tokens
    before, before_hint, mention.preposition = _before(line, mention.first, lists)
    after, after_hint = _after(line, mention.last, lists)
    mention.hint = mention.hint or after_hint or before_hint
    score = mention.score + before + after
    if mention.known:
        score += WEIGHTS["known"] + prominence(mention.entries) + 0.5 * min(2, mention.last - mention.first)
    single = mention.first == mention.last and not mention.abbreviation
    low = tokens[mention.first].low
    if single and low in lists.common:
        score += WEIGHTS["common"]
    elif single and low in words.small and not line.capitals:
        score += WEIGHTS["small"]
    if mention.first == 0 and not line.capitals and not before:
        score += WEIGHTS["sentence_start"]
    if line.capitals and not before and not after:
        score += WEIGHTS["capitals"]
    if line.headline and not mention.known:
        score -= 1.0
    mention.distance = measured_from(text, mention.start)
    if mention.distance:
        score += WEIGHTS["distance"]
    mention.score = score


def _facility_end(line: Line, last: int, lists: PlaceWords) -> int:
    """How far a small facility noun after a name reaches: "Deir ez-Zor [military airport]"; `last` where there is none."""
    tokens = line.tokens
    for size in (2, 1):
        end = last + size
        if end >= len(tokens) or tokens[last].possessive:
            continue
        part = tokens[last + 1 : end + 1]
        if any(t.gap not in (" ", "\n") for t in part):
            continue
        if " ".join(t.low for t in part) in lists.facilities_small:
            return end
    return last


def _is_facility(tokens: Sequence[Token], lists: PlaceWords) -> bool:
    if len(tokens) < 2:
        return False
    return tokens[-1].low in lists.facilities or " ".join(t.low for t in tokens[-2:]) in lists.facilities


@dataclass(slots=True)
class _Found:
    mentions: list[Mention]
    persons: set[str]


def _unknown(text: str, line: Line, first: int, last: int, facility: bool = False) -> Mention:
    name = text[line.tokens[first].start : line.tokens[last].end]
    return Mention(line, first, last, name, (), facility=facility, hint="point" if facility else None)


def _trim(line: Line, first: int, last: int, words: Words, lists: PlaceWords) -> tuple[int, int, str | None]:
    """The run without an ordinary word at a sentence's start and without words for kinds of places at its ends."""
    tokens, hint = line.tokens, None
    while first < last and tokens[first].low in (words.small | lists.common) and first == 0 and not line.capitals:
        first += 1
    while first < last and (tokens[first].low in lists.directions or tokens[first].low in lists.kinds):
        if tokens[first].low not in lists.kinds and last - first < 1:
            break
        hint = lists.kinds.get(tokens[first].low, hint)
        first += 1
    while last > first and tokens[last].low in lists.kinds:
        hint = lists.kinds[tokens[last].low]
        last -= 1
    return first, last, hint


def _run_mentions(text: str, line: Line, run: tuple[int, int], inside: list[Mention], words: Words, found: _Found) -> None:
    """Decides what a run of capitalised words is: gazetteer names, a facility, an unknown name, or none of these."""
    lists, tokens = place_words(), line.tokens
    first, last, hint = _trim(line, *run, words, lists)
    inside = [m for m in inside if m.last >= first]
    covered = {at for m in inside for at in range(m.first, m.last + 1)}
    left = [at for at in range(first, last + 1) if at not in covered and not tokens[at].particle
            and tokens[at].low not in lists.kinds and tokens[at].low not in lists.directions]  # fmt: skip
    if any(tokens[at].low in lists.institutions and tokens[at].low not in lists.facilities for at in left) and not line.capitals:
        return
    part = tokens[first : last + 1]
    if _is_facility(part, lists) and (left or len(inside) == 1) and not line.capitals:
        for mention in inside:  # "Aleppo Airport": the facility, not the town
            if mention.first == first and mention.last == last:
                found.mentions.append(mention)
                return
        found.mentions.append(_unknown(text, line, first, last, facility=True))
        return
    if not left and _stand_alone(inside, words):
        _known_run(line, inside, hint, words, found)
        return
    if words.no_commas and inside and any(m.entries and prominence(m.entries) >= 0.8 for m in inside):
        _split_run(text, line, first, last, inside, found)
        return
    if last - first + 1 > MAX_RUN:
        return
    mention = _unknown(text, line, first, last)
    mention.hint = hint
    if inside:
        found.persons.update(tokens[at].low for m in inside for at in range(m.first, m.last + 1) if m.first == m.last)
        mention.score -= 0.5
    found.mentions.append(mention)


def _stand_alone(inside: Sequence[Mention], words: Words) -> bool:
    """Whether gazetteer names that stand side by side are places each, and not the parts of a longer name ("Bustan al-Qasr")."""
    if len(inside) < 2:
        return True
    if any(can_hold(right, left) for left, right in zip(inside, inside[1:], strict=False)):
        return True
    common = set.intersection(*({e.country for e in m.entries} for m in inside))
    least = 0.8 if words.no_commas else 1.3
    return bool(common) and all(prominence([e for e in m.entries if e.country in common]) >= least for m in inside)


def _known_run(line: Line, inside: list[Mention], hint: str | None, words: Words, found: _Found) -> None:
    if len(inside) > 1 and not words.no_commas and not line.capitals and not line.headline:
        for mention in inside:
            mention.score += WEIGHTS["adjacent"]
    if inside and hint and not inside[-1].hint:
        inside[-1].hint = hint
        inside[-1].score += WEIGHTS["kind_after"]
    found.mentions.extend(inside)


def _split_run(text: str, line: Line, first: int, last: int, inside: list[Mention], found: _Found) -> None:
    """In a text that has lost its commas a run may be a list: names of weight stand alone, the rest are names between them."""
    at = first
    for mention in [*(m for m in inside if prominence(m.entries) >= 0.8), None]:
        until = mention.first - 1 if mention else last
        if until >= at:
            between = _unknown(text, line, at, until)
            between.score += 0.5
            found.mentions.append(between)
        if mention:
            found.mentions.append(mention)
            at = mention.last + 1


# --- lists and nesting -----------------------------------------------------------------------------------------------

_LIST = re.compile(r"\s*(?:,|;|/|&|,?\s*(?:and|or|as well as|and also))\s*(?:in\s+|near\s+|at\s+)?(?:the\s+)?(?:\w+\s+of\s+)?", re.IGNORECASE)


@cache
def _nest_pattern() -> re.Pattern[str]:
    lists = place_words()
    words = "|".join(sorted({re.escape(w) for w in (*lists.kinds, *lists.directions, *lists.facilities_small, "the", "in", "of", "'s", "s", "a",
                                                   "province's", "city's", "countryside", "near")}, key=lambda w: (-len(w), w)))  # fmt: skip
    return re.compile(rf"\s*(?:,|\(|['’]s)?\s*(?:(?:{words})(?:\s+|,\s*)){{0,6}}", re.IGNORECASE)


def holds(outer: Entry, inner: Entry) -> bool:
    """Whether one entry lies in the other, by administration or, for towns and parts of them, by distance."""
    if outer.id == inner.id:
        return False
    if outer.level == "country":
        return outer.country == inner.country
    if outer.level in ("province", "district") and outer.id in (inner.admin1_id, inner.admin2_id):
        return True
    if outer.country != inner.country and outer.level != "region":
        return False
    if inner.level in ("country", "province") or not outer.radius_km or not inner.radius_km:
        return False
    if outer.level == "town" and inner.population > outer.population:
        return False
    reach = {"region": outer.radius_km, "province": 0.0, "district": outer.radius_km, "town": outer.radius_km + 25.0}.get(outer.level, 0.0)
    return abs(outer.lat - inner.lat) * 111.0 <= reach and near(outer, inner) <= reach


def near(a: Entry, b: Entry) -> float:
    """Kilometres between two entries."""
    from tollbook.resolve.gazetteer_rows import distance_km

    return distance_km(a.lat, a.lon, b.lat, b.lon)


def can_hold(outer: Mention, inner: Mention) -> bool:
    """Whether some reading of the second name lies in some reading of the first."""
    return any(holds(o, i) for o in outer.entries for i in inner.entries)


def relate(text: str, mentions: list[Mention]) -> None:
    """Nested pairs and lists raise each other's score; the containers are noted."""
    pattern = _nest_pattern()
    for left, right in zip(mentions, mentions[1:], strict=False):
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
    for _ in range(2):
        for pairs in (zip(mentions, mentions[1:], strict=False), zip(mentions[::-1], mentions[-2::-1], strict=False)):
            for source, other in pairs:
                if source.line is other.line and source.score >= ACCEPTED > other.score > -1.5 and not source.facility:
                    left, right = (source, other) if source.start < other.start else (other, source)
                    between = text[left.end : right.start]
                    if (between == " " and left.line.tokens) or (len(between) < 40 and _LIST.fullmatch(between)):
                        other.score += WEIGHTS["list"] if between != " " else 1.0


_DATELINE = re.compile(
    r"\s*[^\W\d_a-z][^\W\d_a-z'’. -]{2,40}(?:, ?[A-Z][\w. ]{1,30})?(?:, ?(?:\w{3,9}\.? \d{1,2}|\d{1,2} \w{3,9}\.?)(?:,? \d{2,4})?)?"
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


def find(text: str, words: Words, gazetteer: Gazetteer) -> list[Mention]:
    """All candidates in order of place, scored; those under ACCEPTED too (the resolver may lift a few)."""
    lists = place_words()
    found = _Found([], set())
    for line in words.lines:
        names = gazetteer_names(text, line, gazetteer, lists)
        short = abbreviations(line, gazetteer, lists)
        taken = {m.first for m in short}
        names = [m for m in names if not taken & set(range(m.first, m.last + 1))]
        rest = list(names)
        for run in runs(line, lists):
            inside = [m for m in names if m.first <= run[1] and m.last >= run[0]]
            if any(at in taken for at in range(run[0], run[1] + 1)):
                continue
            for mention in inside:
                rest.remove(mention)
            low, high = min([run[0], *(m.first for m in inside)]), max([run[1], *(m.last for m in inside)])
            names = [m for m in names if m not in inside]
            _run_mentions(text, line, (low, high), inside, words, found)
        found.mentions.extend(rest + short)
    mentions = _unique(found.mentions)
    for mention in mentions:
        evidence(text, mention, words, lists)
        _extend(text, mention, gazetteer, lists)
        if mention.first == mention.last and mention.line.tokens[mention.first].low in found.persons and not mention.preposition:
            mention.score += WEIGHTS["person"]
    relate(text, mentions)
    mark_datelines(text, words, mentions)
    return mentions


def _unique(mentions: list[Mention]) -> list[Mention]:
    ordered = sorted(mentions, key=lambda m: (m.start, -m.end))
    kept: list[Mention] = []
    for mention in ordered:
        if not kept or mention.start >= kept[-1].end:
            kept.append(mention)
    return kept


def _extend(text: str, mention: Mention, gazetteer: Gazetteer, lists: PlaceWords) -> None:
    """A small facility noun after the name belongs to it: "al-Neel street". An unknown name may be a transliteration."""
    end = _facility_end(mention.line, mention.last, lists)
    if end > mention.last and not mention.facility and mention.line.tokens[mention.last + 1].low not in lists.kinds:
        mention.last, mention.facility, mention.hint = end, True, "point"
        mention.name = text[mention.start : mention.end]
        mention.entries = tuple(e for e in gazetteer.find(mention.name) if e.match != "folded")
        mention.score = max(mention.score, 0.0) + WEIGHTS["kind_after"] - 0.5
    elif not mention.entries and not mention.facility:
        mention.entries = gazetteer.find(mention.name)
