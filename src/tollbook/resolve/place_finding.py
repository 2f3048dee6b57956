"""Finds names of places in running text: gazetteer names and unknown ones, each with its evidence.

Evidence is a sum of small weights (`place_mention.WEIGHTS`): the word before ("in", "the village of"), the word
after ("district", "said"), what the gazetteer knows, what stands beside it in a list. Nothing is resolved here.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from itertools import pairwise

from tollbook.resolve.gazetteer import Gazetteer
from tollbook.resolve.gazetteer_file import FOLDED_COUNTRIES
from tollbook.resolve.place_evidence import evidence
from tollbook.resolve.place_mention import ACCEPTED, WEIGHTS, Mention, can_hold, prominence
from tollbook.resolve.place_relations import agree, mark_datelines, relate
from tollbook.resolve.place_runs import Search, is_facility, opens_facility, part_of_town, segment
from tollbook.resolve.place_text import Line, PlaceWords, Token, Words, joined, place_words
from tollbook.vocabulary import strange

MAX_WORDS = 5  # of a gazetteer name
MAX_RUN = 6  # of an unknown name
PAIRING = frozenset({"US", "CA"})  # countries whose press joins the names of twin towns with a hyphen
PAIRED = 5  # letters of each half of a pair of towns
FAMILIAR = 400_000  # people of a province whose name opens those of clubs and companies
WIDE = 1.3  # prominence of provinces and of large towns
_INNER = frozenset(["of", "and", "the", "upon", "sur", "am", "la", "de", "del", "el", "al", "e"])
_NO_OPENING = frozenset(["de", "del", "da", "do", "on", "es", "en", "as", "an", "at", "di", "le"])
_SIDE = r"(?:(?:N|S|E|W|NE|NW|SE|SW|North|South|East|West)\.? )?"
_NUMBERED = r"\d{1,3}(?:st|nd|rd|th)"
_STREET_NAME = r"[A-Z][\w'’-]{1,20}(?: [A-Z][\w'’-]{1,20}){0,2}"
_KIND = r"(?:Street|St|Avenue|Ave|Road|Rd|Boulevard|Blvd|Drive|Dr|Lane|Parkway|Pkwy|Place|Highway|Freeway|Court|Way)"
_STREET = re.compile(
    rf"{_SIDE}(?:{_NUMBERED}|{_STREET_NAME}) {_KIND}\b(?!\. [A-Z][a-z]+ [A-Z])\.?"
    rf"|{_SIDE}{_NUMBERED} (?:street|avenue)\b"
    r"|(?:Highway|Interstate|Route|U\.S\.|I)[ -]\d{1,3}\b"
)
# Streets without the word, known by the words before: "the 400 block of West Alder", "near 9th and Alder".
_BLOCK_OF = re.compile(rf"\b(?:[Bb]locks?|intersection|corner) of (?P<name>{_SIDE}(?:{_NUMBERED}|{_STREET_NAME}))")
_CORNER = re.compile(
    r"\b(?:near|at|around|on|(?:area|corner|intersection) of) "
    rf"(?P<name>{_SIDE}{_NUMBERED} (?:and|&) {_SIDE}(?!{_NUMBERED}){_STREET_NAME})"
)
_OF_STREETS = frozenset({"and", "street", "avenue"})  # words in small letters that a street's or corner's name may hold
# Without this there is no street; trying the pattern itself at every capital takes ten times as long.
_STREET_WORD = re.compile(
    rf" {_KIND}\b|(?:Highway|Interstate|Route|U\.S\.|I)[ -]\d|\d(?:th|st|nd|rd) "
    r"|\b(?:[Bb]locks?|intersection|corner) of "
)

# --- lost apostrophes ----------------------------------------------------------------------------------------------


def _restore_possessives(search: Search) -> None:
    """In a text without apostrophes "Syrias" and "Aleppos" are the places with an ending: the words are cut there."""
    for line in search.words.lines:
        for at, token in enumerate(line.tokens):
            if not (token.named and token.low.endswith("s") and len(token.low) >= 5) or line.capitals:
                continue
            stem = token.text[:-1]
            if stem.lower() not in search.lists.countries and not _is_cut(search, token.text, stem):
                continue
            line.tokens[at] = token._replace(end=token.end - 1, text=stem, low=stem.lower(), possessive=True)


def _part_pairs(search: Search) -> None:
    """ "Fargo-Moorhead" are two places, where the gazetteer has both and not the pair."""
    for line in search.words.lines:
        if line.capitals:
            continue
        for at in reversed(line.named()):
            token = line.tokens[at]
            first, hyphen, second = token.text.partition("-")
            if not hyphen or not _is_pair(search, token.text, first, second):
                continue
            middle = token.start + len(first)
            line.tokens[at : at + 1] = [
                token._replace(end=middle, text=first, low=first.lower(), possessive=False),
                token._replace(start=middle + 1, text=second, low=second.lower(), gap="-"),
            ]


def _is_pair(search: Search, whole: str, first: str, second: str) -> bool:
    lists = search.lists
    if not (first.istitle() and second.istitle() and len(first) >= PAIRED and len(second) >= PAIRED):
        return False
    if any(half.lower() in lists.common or half.lower() in lists.heads for half in (first, second)):
        return False
    if not all(search.gazetteer.knows(half) for half in (first, second)) or search.gazetteer.knows(whole):
        return False
    both = [{e.country for e in search.gazetteer.spelled(half)} for half in (first, second)]
    return bool(both[0] & both[1] & PAIRING)


def _is_cut(search: Search, whole: str, stem: str) -> bool:
    if search.gazetteer.knows(whole) or not search.gazetteer.knows(stem):
        return False
    return prominence([e for e in search.gazetteer.spelled(stem) if e.country in search.prior]) >= 0.8


# --- runs of capitalised words ---------------------------------------------------------------------------------------


def _run_word(token: Token, line: Line, lists: PlaceWords) -> bool:
    if not token.named:
        return False
    if not line.capitals:
        return True
    low = token.low
    return not (
        low in lists.common
        or low in lists.strong
        or low in lists.weak
        or low in lists.adjectives
        or low in lists.titles
        or low in lists.kinds
        or low in lists.person_verbs
        or low in lists.institutions
        or low in lists.facilities
        or not strange(low)
    )


def runs(line: Line, lists: PlaceWords) -> Iterator[tuple[int, int]]:
    """First and last word of each maximal run of name words; particles may stand inside, an article before."""
    tokens, after, total = line.tokens, 0, len(line.tokens)
    named = line.named()
    for at in sorted({*named, *(k - 1 for k in named if k)}):
        if at < after:
            continue
        token = tokens[at]
        opens = (
            token.particle
            and token.low not in _NO_OPENING
            and at + 1 < total
            and joined(token, tokens[at + 1])
            and _run_word(tokens[at + 1], line, lists)
        )
        if not (opens or _run_word(token, line, lists)):
            continue
        last, end = at, at + 1
        while end < total and joined(tokens[end - 1], tokens[end]):
            if _run_word(tokens[end], line, lists):
                last = end
            elif not tokens[end].particle:
                break
            end += 1
        if _run_word(tokens[last], line, lists):
            yield at, last
        after = last + 1


# --- gazetteer names ---------------------------------------------------------------------------------------------


def _can_open(line: Line, at: int, lists: PlaceWords) -> bool:
    token = line.tokens[at]
    if token.named:
        return True
    following = line.tokens[at + 1] if at + 1 < len(line.tokens) else None
    if following is None or not joined(token, following) or not following.named:
        return False
    return token.particle or token.low in lists.directions or token.text in ("The", "An", "As", "At")


def gazetteer_names(search: Search, line: Line) -> list[Mention]:
    """The longest gazetteer names, from left to right, without overlap. Single ordinary words of a line in
    capitals are out.
    """
    found: list[Mention] = []
    after = 0
    named = line.named()
    for at in sorted({*named, *(k - 1 for k in named if k)}):  # a name opens with a name word or right before one
        mention = _longest(search, line, at) if at >= after and _can_open(line, at, search.lists) else None
        if mention:
            found.append(mention)
            after = mention.last + 1
    return found


def _no_name(token: Token, lists: PlaceWords) -> bool:
    """A title, a direction, a word for a kind of place or an institution: towns are named so somewhere ("Center",
    "North"), and never meant.
    """
    low = token.low
    return (
        low in lists.directions
        or low in lists.kinds
        or low in lists.institutions
        or low in lists.facilities
        or (low in lists.titles and low not in lists.heads)
    )


def _longest(search: Search, line: Line, at: int) -> Mention | None:
    tokens, length = line.tokens, 1
    while length < MAX_WORDS and at + length < len(tokens) and joined(tokens[at + length - 1], tokens[at + length]):
        follows = tokens[at + length]
        if not (follows.named or follows.particle or follows.low in _INNER or (line.capitals and follows.free)):
            break
        length += 1
    for size in range(length, 0, -1):
        last = tokens[at + size - 1]
        if not last.named or (size == 1 and (not tokens[at].named or _no_name(last, search.lists))):
            continue
        if size == 1 and line.capitals and (last.low in search.lists.common or len(last.text) < 3):
            continue
        if size > 1 and tokens[at].low in search.lists.directions and tokens[at].text.islower():
            entries = search.gazetteer.spelled(search.named(line, at, at + size - 1))
            if not any(e.curated or e.level != "town" for e in entries):
                continue  # "north Arlington" is the north of Arlington
        mention = search.known(line, at, at + size - 1)
        if mention:
            return _without_kind(search, mention)
    return None


def _without_kind(search: Search, mention: Mention) -> Mention:
    """ "San Miguel Department" is named San Miguel and is a province; "Rapides Parish" and "Oklahoma City" are
    names as they stand.
    """
    last = mention.line.tokens[mention.last]
    kind = search.lists.kinds.get(last.low)
    if (
        mention.first == mention.last
        or kind is None
        or last.low in ("city", "county", "parish", "island", "valley", "town", "village")
    ):
        return mention
    shorter = search.known(mention.line, mention.first, mention.last - 1)
    if shorter is None or not {e.id for e in shorter.entries} & {e.id for e in mention.entries}:
        return mention
    return replace(shorter, hint=kind)


def abbreviations(search: Search, line: Line) -> list[Mention]:
    """ "Ala.", "N.Y." anywhere, and "LA", "PA" after a comma, as provinces of their country."""
    found, lists = [], search.lists
    for at, token in enumerate(line.tokens):
        if not token.free:
            continue
        full = lists.abbreviations.get(token.text)
        if full is None and at and token.text in lists.postal and not line.capitals and token.gap == ", ":
            full = lists.postal[token.text] if line.tokens[at - 1].text[:1].isupper() else None
        if full is None:
            continue
        entries = tuple(e for e in search.gazetteer.find(full) if e.level == "province" and e.country in ("US", "CA"))
        if entries:
            found.append(Mention(line, at, at, token.text, entries, score=1.0, hint="province", abbreviation=True))
    return found


def streets(search: Search, line: Line) -> list[Mention]:
    """Streets and numbered roads: "East 179th Street", "Highway 51"."""
    if line.capitals or not line.tokens:
        return []
    found, tokens = [], line.tokens
    if _STREET_WORD.search(search.text, tokens[0].start, tokens[-1].end) is None:
        return []
    starts = {token.start: at for at, token in enumerate(tokens)}
    for begin, end in _street_spans(search.text, tokens[0].start, tokens[-1].end):
        first = starts.get(begin)
        last = next((at for at in range(first or 0, len(tokens)) if tokens[at].end >= end - 1), None)
        if (
            first is None
            or last is None
            or not all(
                (t.free or t.text[0].isdigit() or t.low in _OF_STREETS) and not t.skipped
                for t in tokens[first : last + 1]
            )
        ):
            continue
        if _is_office(line, last, search.lists):
            continue
        mention = search.unknown(line, first, last, facility=True)
        mention.score = WEIGHTS["kind_after"] - 0.5
        found.append(mention)
    return found


def _street_spans(text: str, start: int, end: int) -> list[tuple[int, int]]:
    """Where streets are named, from left to right without overlap; corners and blocks before what stands in them."""
    found = [m.span("name") for pattern in (_CORNER, _BLOCK_OF) for m in pattern.finditer(text, start, end)]
    named = [m.span() for m in _STREET.finditer(text, start, end)]
    longer = {a: max(z for b, z in named if b == a) for a in {a for a, _ in named}}
    kept: list[tuple[int, int]] = []
    for a, z in sorted([*((a, max(z, longer.get(a, 0))) for a, z in found), *named], key=lambda s: (s[0], -s[1])):
        if not kept or a >= kept[-1][1]:
            kept.append((a, z))
    return kept


def _is_office(line: Line, last: int, lists: PlaceWords) -> bool:
    """Whether what looks like a street is an institution: "Bantam Superior Court", "Florida Highway Patrol"."""
    tokens = line.tokens
    if tokens[last].low == "court":
        return (
            tokens[last - 1].low in lists.civic
            or tokens[last - 1].low in lists.institutions
            or (tokens[last - 1].low in lists.kinds)
        )
    following = tokens[last + 1] if last + 1 < len(tokens) else None
    return (
        following is not None
        and following.gap == " "
        and following.text[:1].isupper()
        and (following.low in lists.civic or following.low in lists.institutions)
    )


# --- what a run is
# -----------------------------------------------------------------------------------------------------


def _trim(search: Search, line: Line, first: int, last: int, covered: Collection[int]) -> tuple[int, int, str | None]:
    """The run without an ordinary word at a sentence's start and without words for kinds of places at its ends.

    Words `covered` by a gazetteer name stay ("West Bank", "South Sudan").
    """
    tokens, lists, hint = line.tokens, search.lists, None
    opening = tokens[first].low
    ordinary = opening in search.words.small or any(opening in x for x in (lists.common, lists.strong, lists.weak))
    if first < last and first == 0 and ordinary and not line.capitals and not {first, first + 1} <= set(covered):
        first += 1
    while (
        first < last
        and first not in covered
        and (tokens[first].low in lists.directions or tokens[first].low in lists.kinds)
    ):
        hint = lists.kinds.get(tokens[first].low, hint)
        first += 1
    while (
        last > first
        and last not in covered
        and tokens[last].low in lists.kinds
        and tokens[last].low not in ("county", "parish")
    ):
        hint = lists.kinds[tokens[last].low]
        last -= 1
    return first, last, hint


def _run_mentions(search: Search, line: Line, run: tuple[int, int], inside: list[Mention]) -> None:
    """Decides what a run of capitalised words is: gazetteer names, a facility, an unknown name, a list, or none of
    these.
    """
    lists, tokens, words = search.lists, line.tokens, search.words
    part = 0 if line.capitals else part_of_town(tokens[run[0] : run[1] + 1], lists)
    if part:
        search.mentions.append(search.unknown(line, run[0], run[0] + part - 1, facility=True))
        search.mentions[-1].score += ACCEPTED
        search.mentions += [m for m in inside if m.first >= run[0] + part]
        return
    first, last, hint = _trim(search, line, *run, {at for m in inside for at in range(m.first, m.last + 1)})
    if line.capitals and first == last and tokens[first].low in lists.directions:
        return  # "IN THE EASTERN REGION"
    inside = [m for m in inside if m.last >= first and m.first >= first]
    covered = {at for m in inside for at in range(m.first, m.last + 1)}
    left = [
        at
        for at in range(first, last + 1)
        if at not in covered
        and not tokens[at].particle
        and tokens[at].low not in lists.kinds
        and tokens[at].low not in lists.directions
    ]
    if (
        inside
        and left
        and inside[0].first == first
        and tokens[left[0]].low in lists.civic
        and _follows(line, inside[0].last, left[0], lists)
    ):
        inside[0].score += WEIGHTS["civic"]  # "Carthage Police Chief": it sits there
        inside[0].civic = True
        search.mentions.append(inside[0])
        return
    if not (line.capitals or any(m.first == first and m.last == last for m in inside)) and opens_facility(
        tokens[first : last + 1], lists
    ):
        search.mentions.append(search.unknown(line, first, last, facility=True))
        search.mentions[-1].score += 1.0
        return
    if not line.capitals and any(_foreign(tokens[at], lists) for at in left):
        if inside and inside[0].first == first and any(e.level == "country" for e in inside[0].entries):
            search.mentions.append(inside[0])  # "Syria Civil Defence": the country is evidence all the same
        else:
            _associate(search, line, first, last, inside)
        search.persons.update(tokens[at].low for at in range(first, last + 1) if tokens[at].low in lists.titles)
        return
    if not line.capitals and (left or len(inside) == 1) and is_facility(tokens[first : last + 1], lists):
        whole = [m for m in inside if m.first == first and m.last == last]
        search.mentions.append(whole[0] if whole else search.unknown(line, first, last, facility=True))
        if not whole:
            search.mentions[-1].score += 1.0
            search.mentions[-1].inner = inside[0] if inside and inside[0].first == first else None
        return
    if words.no_commas and last - first >= 1 and (len(inside) > 1 or left) and search.prior & FOLDED_COUNTRIES:
        segment(search, line, first, last, hint)
        return
    if not left and _stand_alone(inside, words, search.prior):
        _known_run(line, inside, hint, words)
        search.mentions.extend(inside)
        return
    if last - first + 1 > MAX_RUN:
        return
    mention = search.unknown(line, first, last)
    mention.hint = hint
    if inside:
        search.persons.update(
            tokens[m.first].low
            for m in inside
            if m.first == m.last
            and not (m.first == first and _ordinary(search, left, line))
            and not (m.last == last and _ends_name(search, m, left, line))
        )
        mention.score -= 0.2
        named = tokens[last].low in lists.institutions or tokens[last].low in lists.facilities
        if (
            not line.capitals
            and left
            and inside[0].first == first
            and (named or _ordinary(search, left, line) or _administers(inside[0]))
        ):
            mention.inner = inside[0]
    search.mentions.append(mention)


def _administers(mention: Mention) -> bool:
    """Whether a name is that of a county or a province, and hardly a person's: "Hall County", "Connecticut"."""
    if mention.last > mention.first and mention.line.tokens[mention.last].low in ("county", "parish"):
        return True
    return any(e.level == "province" and e.match == "name" and e.population >= FAMILIAR for e in mention.entries)


def _ends_name(search: Search, mention: Mention, left: Collection[int], line: Line) -> bool:
    """Whether what ends with a large place's name is no person: "Education Minnesota", not "Jack London"."""
    return bool(left) and prominence(mention.entries) >= WIDE and _ordinary(search, left, line)


def _ordinary(search: Search, at: Collection[int], line: Line) -> bool:
    """Whether all these words are ordinary ones, capitalised as parts of a name: "Veterinary Clinic", not "Hilton"."""
    lists, words = search.lists, search.words
    known = (lists.common, words.small, lists.civic, lists.institutions, lists.facilities, lists.people_after)
    return all(any(line.tokens[i].low in group for group in known) or line.tokens[i].text.isupper() for i in at)


def _associate(search: Search, line: Line, first: int, last: int, inside: Sequence[Mention]) -> None:
    """Keeps the places an institution is named after: "Texas Forest Service", "University of Rochester"."""
    lists = search.lists
    named = line.tokens[last].low in lists.institutions or line.tokens[last].low in lists.facilities
    for mention in inside:
        before = range(first, mention.first)
        after = range(mention.last + 1, min(last, mention.last + 2) + 1)
        if (mention.first == first and (named or _ordinary(search, after[:1], line))) or (
            mention.last == last and before and _ordinary(search, before[-1:], line)
        ):
            mention.associated = True
            search.mentions.append(mention)


def _follows(line: Line, last: int, at: int, lists: PlaceWords) -> bool:
    """Whether the word `at` comes right after `last`, or with a word for a kind of place between ("Dublin City
    Council").
    """
    return at == last + 1 or (at == last + 2 and line.tokens[last + 1].low in lists.kinds)


def _foreign(token: Token, lists: PlaceWords) -> bool:
    """A word that makes a run an institution or a person."""
    low = token.low
    return (low in lists.institutions and low not in lists.facilities) or (
        low in lists.titles and low not in lists.heads
    )


def _stand_alone(inside: Sequence[Mention], words: Words, prior: Collection[str]) -> bool:
    """Whether gazetteer names that stand side by side are places each, and not the parts of a longer name ("Bustan
    al-Qasr").
    """
    if len(inside) < 2:
        return True
    if any(can_hold(right, left) for left, right in pairwise(inside)):
        return True
    common = set.intersection(*({e.country for e in m.entries} for m in inside))
    least = 0.8 if words.no_commas else 1.3
    return bool(common) and all(prominence([e for e in m.entries if e.country in common]) >= least for m in inside)


def _known_run(line: Line, inside: list[Mention], hint: str | None, words: Words) -> None:
    if len(inside) > 1 and not words.no_commas and not line.capitals and not line.headline:
        for mention in inside:
            mention.score += WEIGHTS["adjacent"]
    if inside and hint and not inside[-1].hint:
        inside[-1].hint = hint
        inside[-1].score += WEIGHTS["kind_after"]


# --- small facility nouns
# ------------------------------------------------------------------------------------------------


def _facility_end(line: Line, last: int, lists: PlaceWords) -> int:
    """How far a small facility noun after a name reaches: "Deir ez-Zor [military airport]"; `last` where there is
    none.
    """
    tokens = line.tokens
    if tokens[last].possessive:
        return last
    for size in (2, 1):
        end = last + size
        part = tokens[last + 1 : end + 1]
        if len(part) < size or any(t.skipped or t.gap not in (" ", "\n") for t in part):
            continue
        if " ".join([t.low for t in part]) in lists.facilities_small:
            return end
    return last


def _left_out(line: Line, last: int, end: int, lists: PlaceWords) -> bool:
    return " ".join([t.low for t in line.tokens[last + 1 : end + 1]]) in lists.facilities_dropped


def _extend(search: Search, mention: Mention) -> None:
    """A small facility noun after the name belongs to it: "al-Neel street". An unknown name may be a
    transliteration.
    """
    end = _facility_end(mention.line, mention.last, search.lists)
    words = mention.line.tokens[mention.first : mention.last + 1]
    if not mention.known and all(w.low in search.lists.common for w in words):
        end = mention.last  # "Local police station", "Land mine"
    if end > mention.last and not mention.facility and _left_out(mention.line, mention.last, end, search.lists):
        mention.hint, mention.score = mention.hint or "point", max(mention.score, 0.0) + WEIGHTS["kind_after"] - 0.5
        mention.entries = mention.entries or search.gazetteer.find(mention.name)
    elif end > mention.last and not mention.facility:
        mention.inner = replace(mention) if mention.known else None
        mention.last, mention.facility, mention.hint = end, True, "point"
        mention.name = search.text[mention.start : mention.end]
        mention.entries = search.gazetteer.spelled(mention.name)
        mention.score = max(mention.score, 0.0) + WEIGHTS["kind_after"] - 0.5
    elif not mention.entries and not mention.facility:
        mention.entries = search.gazetteer.find(mention.name)


def find(text: str, words: Words, gazetteer: Gazetteer, hint: str | None = None) -> list[Mention]:
    """All candidates in order of place, scored; those under ACCEPTED too (the resolver may lift a few)."""
    lists = place_words()
    most = max(words.spoken.values(), default=0)
    prior = frozenset(c for c, n in words.spoken.items() if n * 4 >= most) | ({hint} if hint else set())
    search = Search(text, words, gazetteer, lists, frozenset(prior))
    if words.no_apostrophes:
        _restore_possessives(search)
    _part_pairs(search)
    for line in words.lines:
        _read_line(search, line)
    mentions = [m for m in _unique(search.mentions) if m.name.lower() not in lists.too_wide]
    for mention in mentions:
        if mention.associated:
            mention.score = ACCEPTED
            continue
        evidence(text, mention, words, lists, search.prior)
        _extend(search, mention)
        if (
            mention.first == mention.last
            and not mention.preposition
            and mention.line.tokens[mention.first].low in search.persons
        ):
            mention.score += WEIGHTS["person"]
    relate(text, mentions, words)
    agree(mentions)
    mark_datelines(text, words, mentions)
    return mentions


def _read_line(search: Search, line: Line) -> None:
    if not any(token.free for token in line.tokens):
        return
    fixed = [*abbreviations(search, line), *streets(search, line)]
    taken = {at for m in fixed for at in range(m.first, m.last + 1)}
    names = [m for m in gazetteer_names(search, line) if not taken & set(range(m.first, m.last + 1))]
    used: set[int] = set()
    for run in runs(line, search.lists):
        if any(at in taken for at in range(run[0], run[1] + 1)):
            continue
        inside = [i for i, m in enumerate(names) if m.first <= run[1] and m.last >= run[0] and i not in used]
        used.update(inside)
        members = [names[i] for i in inside]
        low, high = min([run[0], *(m.first for m in members)]), max([run[1], *(m.last for m in members)])
        _run_mentions(search, line, (low, high), members)
    search.mentions.extend(m for i, m in enumerate(names) if i not in used)
    search.mentions.extend(fixed)


def _unique(mentions: list[Mention]) -> list[Mention]:
    kept: list[Mention] = []
    for mention in sorted(mentions, key=lambda m: (m.start, -m.end)):
        if not kept or mention.start >= kept[-1].end:
            kept.append(mention)
    return kept
