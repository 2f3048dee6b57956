"""Actors in a report: named groups, composed state forces, kinds of fighters and of people.

`find_actors` reads left to right and takes the longest name at each word: a row of the actor tables
("Jabhat an-Nusra"), a composed state force ("Syrian army", "regime warplanes", "forces loyal to Gaddafi"), an
adjective that an act noun makes an actor ("Russian air strikes"), a country that acts or speaks, a kind
("gunmen", "civilians"), or a name we do not know but that is built like a group's.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Collection, Sequence
from typing import Any

from tollbook.model import Actor, Sentence, Who
from tollbook.resolve.actorbook import (
    ActorBook,
    Coded,
    Crowd,
    Kind,
    Land,
    Mark,
    Named,
    check_actors,
    load_actors,
)
from tollbook.resolve.actorline import Found, Line, Told, holds_a_place, joined, only_adjective, value_of
from tollbook.resolve.forces import acting_adjective, acting_country, state_force
from tollbook.resolve.names import Hit, Word, in_capitals, words

__all__ = ["ActorBook", "check_actors", "find_actors", "load_actors"]

_BACKED = frozenset(
    {"backed", "supported", "allied", "aligned", "sponsored", "linked", "affiliated", "trained", "funded"}
)
_EXPLAINED = 6  # words in which a name is explained ("a little-known and newly formed Shia militia")
_FIGHTING = frozenset({"forces", "troops", "groups", "group", "factions", "units", "force", "men", "brigades"})


def find_actors(
    text: str, sentences: Sequence[Sentence], book: ActorBook, *, published: dt.date | None = None
) -> list[Actor]:
    """Every mention of an actor, non-overlapping, sorted by start; the longest name wins.

    `text[span]` is the name as the report has it, without article and possessive s. Ids: `group:`, `state:` +
    ISO country (+ kind of force), `coalition:`, `kind:`, `petrarch:` + code; None for a name no table holds, or one
    that several rows share and the report does not decide. `published` restricts dated PETRARCH codes.
    Linear in the length of the text.
    """
    lines = [_line(text, sentence.span, book) for sentence in sentences]
    lands: Counter[str] = Counter()
    for line in lines:
        for i in line.known:
            for code in {value.code for value in line.hits[i][0][1] if isinstance(value, Land)}:
                lands[code] += 1
    report = Told(lands, published=published)
    found: list[Actor] = []
    for line in lines:
        found += _read_line(line, book, report)
    found.sort(key=lambda actor: actor.span)
    kept: list[Actor] = []
    for actor in found:
        if not kept or actor.span[0] >= kept[-1].span[1]:
            kept.append(actor)
    return kept


def _line(text: str, span: tuple[int, int], book: ActorBook) -> Line:
    start, end = span
    caps = in_capitals(text, start, end)
    found = words(text, start, end)
    hits: list[list[Hit]] = [[]] * len(found)
    openings = book.index.openings(found)
    for i in openings:
        hits[i] = book.index.at(text, found, i, caps)
    for i in openings:
        at = hits[i]
        if at and any(isinstance(value, Mark) and value.role == "place" for value in at[0][1]):
            for k in range(i, i + at[0][0]):
                hits[k] = []  # "Niger state": the country in it is none
    if caps:
        # In capitals an acronym that is also an English word is the word.
        for i in openings:
            raw = text[found[i].bare : found[i].end]
            if raw in book.words.caps_words or raw.removesuffix("S") in book.words.caps_words:
                hits[i] = [(n, kept, c) for n, v, c in hits[i] if (kept := _no_acronym(n, v))]
    norms = [word.norm for word in found]
    groups = not caps and any(
        not heads.isdisjoint(norms) for heads in (book.words.heads, book.words.group_nouns, book.words.armed_nouns)
    )
    return Line(text, found, caps, hits, [i for i in openings if hits[i]], groups)


def _no_acronym(length: int, values: list[Any]) -> list[Any]:
    return values if length > 1 else [value for value in values if not isinstance(value, (Named, Land))]


def _read_line(line: Line, book: ActorBook, report: Told) -> list[Actor]:
    found: list[Actor] = []
    after = 0
    for i in _beginnings(line, book.words.openers):
        if i < after:
            continue
        best = _best(line, i, book, report)
        if best is None:
            continue
        best = _give_way(line, best, book, report)
        end = _end(line, best)
        start = line.words[best.first].start
        name_start = start if not line.text[start : start + 1].isspace() else line.words[best.first].bare
        if line.text.count('"', name_start, end) == 1:  # 'MAOIST "SHINING PATH" GUERRILLAS': named in quotes
            name_start = line.text.index('"', name_start, end) + 1
        if best.generic and found and not found[-1].generic and line.text[found[-1].span[1] : name_start] == '" ':
            continue  # the noun of the group named in quotes before it
        found.append(
            Actor(line.text[name_start:end], (name_start, end), best.actor_id, best.who, best.countries, best.generic)
        )
        after = _skip_bracketed(line, best)
    return found


def _beginnings(line: Line, openers: Collection[str]) -> list[int]:
    """The words at which a mention may begin: the book knows them, or they may open a group's name that it does not."""
    text, groups = line.text, line.groups
    return [
        i
        for i, (word, hits) in enumerate(zip(line.words, line.hits, strict=True))
        if hits or word.norm in openers or (groups and text[word.bare].isupper())
    ]


def _best(line: Line, i: int, book: ActorBook, report: Told) -> Found | None:
    norm = line.words[i].norm
    opens = norm in book.words.openers
    if not line.hits[i] and not opens:
        # Nothing of the book begins here: only a name that no table holds can.
        return _unknown(line, i, book)
    kinds = {type(value) for _, values, _ in line.hits[i] for value in values}
    if _is_sided_with(line, i):
        kinds &= {Named, Coded}
        opens = False
    land = Land in kinds
    found: list[Found | None] = []
    if Named in kinds or Coded in kinds:
        found.append(_group(line, i, report))
    if land or opens or Kind in kinds or Mark in kinds:
        found.append(state_force(line, i, book, report))
    if land or opens or Crowd in kinds or Mark in kinds:
        found.append(_crowd(line, i, book))
    if land:
        found.append(acting_adjective(line, i, book, report))
        found.append(acting_country(line, i, book))
    candidates = [candidate for candidate in found if candidate is not None]
    if not candidates:
        return _unknown(line, i, book)
    return max(candidates, key=lambda candidate: (candidate.last, candidate.rank))


def _is_sided_with(line: Line, i: int) -> bool:
    """Is the word what somebody is for or against: "an anti-government camp", "pro-Russian rallies"?"""
    return i > 0 and line.words[i].gap == 1 and line.words[i - 1].norm in ("anti", "pro")


def _end(line: Line, found: Found) -> int:
    """Where the name ends: without the possessive, with or without its apostrophe."""
    word = line.words[found.last - 1]
    raw = line.text[word.bare : word.end]
    if raw[-2:].lower() in ("'s", "’s"):
        return word.end - 2
    return word.end - 1 if found.clipped and raw[-1:] in "sS" else word.end


def _give_way(line: Line, found: Found, book: ActorBook, report: Told) -> Found:
    """ "fighters from the Nusra Front" is the Nusra Front."""
    after = line.words[found.last].norm if found.last < len(line.words) else ""
    if not found.generic or found.rank not in (1, 2) or after not in book.words.belonging_firsts:
        return found
    for length in (3, 2, 1):
        tail = line.words[found.last : found.last + length]
        if len(tail) < length or any(word.gap > 1 for word in tail):
            continue
        if " ".join([word.norm for word in tail]) in book.words.belonging:
            for skip in (0, 1):
                at = found.last + length + skip
                if at < len(line.words) and (skip == 0 or line.words[at - 1].norm == "the"):
                    named = _group(line, at, report) or (_unknown(line, at, book) if not line.hits[at] else None)
                    if named is not None:
                        return named
    return found


def _skip_bracketed(line: Line, found: Found) -> int:
    """The next word to read; "(ISIS)" or "[IS]" right after a name is the same mention."""
    i = found.last
    if i < len(line.words) and line.words[i].gap == 2 and not found.generic:
        between = line.text[line.words[i - 1].end : line.words[i].start]
        if between.strip() in ("(", "["):
            for length, values, _ in line.hits[i]:
                if any(isinstance(v, Named) and v.group.actor_id == found.actor_id for v in values):
                    return i + length
            word = line.words[i]
            raw = line.text[word.bare : word.end]
            if found.actor_id is None and raw.isupper() and len(raw) > 1:
                return i + 1
    if found.rank >= 5 and joined(line, i) and not found.generic:
        # "Islamic State militants", "Hezbollah's fighters" name the group once.
        crowd = value_of(line.hits[i], Crowd, people=(False,))
        if crowd is not None:
            return i + crowd[0]
    return i


# --- named groups -------------------------------------------------------------------------------


def _group(line: Line, i: int, report: Told) -> Found | None:
    for length, values, clipped in line.hits[i]:
        coded = next((value for value in values if isinstance(value, Coded)), None)
        raw = line.text[line.words[i].bare : line.words[i + length - 1].end]
        named = [value for value in values if isinstance(value, Named) and not _foreign(value, raw, report)]
        if named and holds_a_place(line, i + length):
            return None
        if named:
            group = _decide(named, report)
            if group is None:
                codes = tuple(sorted({code for value in named for code in value.group.countries}))
                whos = {value.group.who for value in named}
                return Found(i, i + length, None, whos.pop() if len(whos) == 1 else "unknown", codes, False, clipped, 5)
            return Found(i, i + length, group.actor_id, group.who, group.countries, False, clipped, 5)
        if coded is not None and (code := _dated(coded, report.published)) is not None:
            return Found(i, i + length, f"petrarch:{code}", _petrarch_who(code), (), code.startswith("~"), clipped, 4)
    return None


def _foreign(value: Named, raw: str, report: Told) -> bool:
    """Whether the report speaks of other countries than this group's, where the name alone could be anyone's.

    So are names marked "?" in the tables ("Federal Police"), and acronyms of up to three letters.
    """
    if value.primary or any(report.lands[code] for code in value.group.countries):
        return False
    return value.local or (len(raw) <= 3 and sum(report.lands.values()) > 1)


def _decide(named: Sequence[Named], report: Told) -> Any:
    groups = {value.group.actor_id: value.group for value in named}
    if len(groups) == 1:
        return named[0].group
    scores = {key: sum(report.lands[code] for code in group.countries) for key, group in groups.items()}
    top = max(scores.values())
    leading = [key for key, score in scores.items() if score == top]
    if len(leading) == 1:
        return groups[leading[0]]
    primary = {v.group.actor_id: v.group for v in named if v.primary and v.group.actor_id in leading}
    return next(iter(primary.values())) if len(primary) == 1 else None


def _dated(coded: Coded, published: dt.date | None) -> str | None:
    for code, since, until in coded.codes:
        if published is None and (since or until):
            continue
        if published is not None and ((since and published < since) or (until and published > until)):
            continue
        return code
    return coded.codes[-1][0] if published is None and coded.codes else None


_PETRARCH_WHO: tuple[tuple[str, Who], ...] = (
    ("REB", "armed_group"), ("INS", "armed_group"), ("SEP", "armed_group"), ("UAF", "armed_group"),
    ("MIL", "state_forces"), ("COP", "state_forces"), ("SPY", "state_forces"), ("GOV", "state_forces"),
    ("CVL", "civilian"), ("MED", "civilian"), ("REF", "civilian"), ("HLH", "civilian"), ("EDU", "civilian"),
    ("REL", "civilian"), ("LAB", "civilian"), ("AGR", "civilian"), ("JUD", "civilian"), ("LEG", "civilian"),
)  # fmt: skip


def _petrarch_who(code: str) -> Who:
    """The victims' class of a CAMEO code: of its first role after the country's three letters."""
    bare = code.strip("~")
    roles = bare if code.startswith("~") else bare[3:]
    for start in range(0, len(roles) - 2, 3):
        for role, who in _PETRARCH_WHO:
            if roles[start : start + 3] == role:
                return who
    return "unknown"


# --- kinds of fighters and of people ------------------------------------------------------------


def _crowd(line: Line, i: int, book: ActorBook) -> Found | None:
    vocabulary = book.words
    j = i
    backed = _backed(line, i)
    if backed:
        j = backed
    while j < len(line.words) and j < i + 5 and (j in (i, backed) or joined(line, j)):
        hits = line.hits[j]
        if j > i or backed or not _is_modifier_only(line, j, vocabulary):
            crowd = value_of(hits, Crowd)
            if crowd is not None:
                return _crowd_found(line, i, j, crowd, book, bool(backed))
            if backed and line.words[j].norm in _FIGHTING:
                return Found(i, j + 1, "kind:militants", "armed_group", (), True, False, 2)
        norm = line.words[j].norm
        if norm in ("pro", "anti") and any(isinstance(v, Named) for _, values, _ in hits for v in values):
            break  # "anti-balaka militiamen"
        if norm in ("pro", "anti") and j + 1 < len(line.words) and line.words[j + 1].gap == 1:
            # "anti-government forces", "pro-Russian militants"
            j += 2
            if j < len(line.words) and line.words[j].norm in _FIGHTING and line.words[j].gap < 2:
                return Found(i, j + 1, "kind:militants", "armed_group", (), True, False, 5)
            continue
        if norm in vocabulary.generic_modifiers or norm in vocabulary.people_modifiers or (j > i and norm in _BACKED):
            j += 1
            continue
        land = value_of(hits, Land, role=("demonym", "country"))
        if land and (j > i or land[1].role == "demonym"):
            j += land[0]
            continue
        break
    return None


def _is_modifier_only(line: Line, j: int, vocabulary: Any) -> bool:
    """A word that can be both ("rebel", "opposition") is read as a modifier when a kind follows it."""
    if line.words[j].norm not in vocabulary.generic_modifiers or not joined(line, j + 1):
        return False
    single = value_of(line.hits[j], Crowd)
    return single is not None and single[0] == 1 and value_of(line.hits[j + 1], Crowd, people=(False,)) is not None


def _crowd_found(
    line: Line, i: int, j: int, crowd: tuple[int, Any, bool], book: ActorBook, backed: bool
) -> Found | None:
    length, value, clipped = crowd
    last = j + length
    if only_adjective(line, j, last, book) or (not value.people and holds_a_place(line, last)):
        return None
    first = i
    if value.people:
        people = book.words.people_modifiers
        first = j
        while first > i and line.words[first - 1].norm in people:
            first -= 1
    return Found(first, last, value.actor_id, value.who, (), True, clipped and value.people, 1 if value.people else 2)


def _backed(line: Line, i: int) -> int:
    """The word after "US-backed", "government-backed", "Turkey-backed"; 0 where there is none."""
    for length, values, _ in line.hits[i]:
        j = i + length
        backed = j < len(line.words) and line.words[j].norm in _BACKED and line.words[j].gap < 2
        if backed and any(isinstance(v, Land) or (isinstance(v, Mark) and v.role == "owner") for v in values):
            return j + 1
    return 0


# --- names we do not know -----------------------------------------------------------------------


def _unknown(line: Line, i: int, book: ActorBook) -> Found | None:
    """A row of capitalised words that is built like a group's name ("Free Kurdish Brigade", "Liwa al-Haqq")."""
    vocabulary = book.words
    if not line.groups:
        return None
    word = line.words[i]
    if not _capital(line, word) or word.norm in ("the", "a", "an") or word.norm in vocabulary.of_a_group:
        return None
    last = i
    j = i
    head_first = word.norm in vocabulary.heads_first
    while j < len(line.words) and j < i + 7 and (j == i or line.words[j].gap < 2):
        if _capital(line, line.words[j]):
            last = j + 1
        elif line.words[j].norm not in vocabulary.joins:
            break
        j += 1
    if _is_group_by_word(line, i, last, vocabulary):
        return Found(i, last, None, "armed_group", (), False, False, 0)
    if head_first and " ".join(w.norm for w in line.words[i : i + 2]) in vocabulary.heads_not:
        return None
    if last < len(line.words) and line.words[last].norm in vocabulary.heads_last and _called_a_group(line, last + 1):
        return Found(i, last + 1, None, "armed_group", (), False, False, 0)  # "the Sarab army, a tribal militia"
    if head_first and last > i + 1 and line.words[i + 1].norm not in vocabulary.heads_last:
        return Found(i, min(last, i + 3), None, "armed_group", (), False, False, 0)
    for end in range(last, i + 1, -1):
        if line.words[end - 1].norm not in vocabulary.heads_last:
            continue
        if _named_within(line, i, end) or (end < len(line.words) and line.words[end].norm in ("unit", "units")):
            return None  # "Daraa Army units", "(photo) Peter Holm Turkish Army": the force is behind what opens the row
        norms = [w.norm for w in line.words[i:end]]
        if " ".join(norms[-2:]) in vocabulary.heads_not or " ".join(norms) in vocabulary.heads_not:
            return None
        telling = [
            k for k in range(i, end - 1)
            if not value_of(line.hits[k], Land) and line.words[k].norm not in vocabulary.joins
        ]  # fmt: skip
        sentence_start = i == 0 and len(norms) == 2 and not telling[1:]
        if not telling or (sentence_start and norms[0] in ("the", "an", "a", "in", "one", "this", "that")):
            return None
        return Found(i, end, None, "armed_group", (), False, False, 0)
    return None


def _is_group_by_word(line: Line, i: int, last: int, vocabulary: Any) -> bool:
    """Is the row explained right behind it as an armed group ("the Red Spear, a rebel group active in the hills")?"""
    one = last - i == 1
    if (one and (i == 0 or line.words[i - 1].norm != "the")) or last + 2 > len(line.words):
        return False
    if not _explaining(line, last):
        return False
    armed = False
    for k in range(last + 1, min(last + 1 + _EXPLAINED, len(line.words))):
        norm = line.words[k].norm
        if line.words[k].gap > 1 or norm in vocabulary.goes_on:
            return False
        if norm in vocabulary.armed_nouns or (armed and norm in vocabulary.group_nouns):
            after = k + 1
            return after == len(line.words) or line.words[after].gap > 1 or line.words[after].norm in vocabulary.goes_on
        armed = armed or norm in vocabulary.armed_words
    return False


def _explaining(line: Line, i: int) -> bool:
    """Do a comma and an article open an explanation at word `i`?"""
    if line.words[i].norm not in ("a", "an"):
        return False
    return line.text[line.words[i - 1].end : line.words[i].start].strip() == ","


def _called_a_group(line: Line, i: int) -> bool:
    """Do the words from `i` on explain a name as that of an armed group (", a newly formed militia")?"""
    if i + 1 >= len(line.words) or not _explaining(line, i):
        return False
    for k in range(i + 1, min(i + 1 + _EXPLAINED, len(line.words))):
        if line.words[k].gap > 1:
            return False
        crowd = value_of(line.hits[k], Crowd, people=(False,), who=("armed_group",))
        if crowd is not None or value_of(line.hits[k], Named) is not None:
            return True
    return False


def _named_within(line: Line, i: int, end: int) -> bool:
    """Does the row end in the name of a group that is known, or in a nation's army?"""
    if end - i > 2 and line.words[end - 1].norm == "army" and value_of(line.hits[end - 2], Land, role=("demonym",)):
        return True
    return any(
        k + length == end and any(isinstance(v, Named) for v in values)
        for k in range(i + 1, end)
        for length, values, _ in line.hits[k]
    )


def _capital(line: Line, word: Word) -> bool:
    return line.text[word.bare : word.bare + 1].isupper()
