"""Actors in a report: named groups, composed state forces, kinds of fighters and of people.

`find_actors` reads left to right and takes the longest name at each word: a row of the actor tables
("Jabhat an-Nusra"), a composed state force ("Syrian army", "regime warplanes", "forces loyal to Gaddafi"), an
adjective that an act noun makes an actor ("Russian air strikes"), a country that acts or speaks, a kind
("gunmen", "civilians"), or a name we do not know but that is built like a group's.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from tollbook.model import Actor, Sentence, Who
from tollbook.resolve.actorbook import (
    Act,
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
from tollbook.resolve.names import Hit, Word, in_capitals, words

__all__ = ["ActorBook", "check_actors", "find_actors", "load_actors"]

_LED = frozenset({"led"})
_BACKED = frozenset(
    {"backed", "supported", "allied", "aligned", "sponsored", "linked", "affiliated", "trained", "funded"}
)
_FIGHTING = frozenset({"forces", "troops", "groups", "group", "factions", "units", "force", "men", "brigades"})
_ACCUSING = frozenset({"accused", "accuses", "accusing", "blamed", "blames", "blaming"})
_HELD = frozenset({"held", "controlled", "run", "occupied", "besieged", "dominated", "ruled", "majority"})
_AND = frozenset({"and", "or"})


@dataclass(slots=True)
class _Line:
    """One sentence as words, with what the index knows at each of them."""

    text: str
    words: Sequence[Word]
    caps: bool
    hits: list[list[Hit]]


@dataclass(slots=True)
class _Report:
    """What the whole report tells: which countries it names, which state's forces of a kind came last."""

    lands: Counter[str]
    last: dict[str, str] = field(default_factory=dict)
    published: dt.date | None = None


@dataclass(slots=True)
class _Found:
    """A mention in words [first, last) of a line, before it becomes an Actor."""

    first: int
    last: int
    actor_id: str | None
    who: Who
    countries: tuple[str, ...] = ()
    generic: bool = False
    clipped: bool = False
    rank: int = 0


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
        for hits in line.hits:
            for _, values, _ in hits[:1]:
                lands.update({value.code for value in values if isinstance(value, Land)})
    report = _Report(lands, published=published)
    found: list[Actor] = []
    for line in lines:
        found += _read_line(line, book, report)
    found.sort(key=lambda actor: actor.span)
    kept: list[Actor] = []
    for actor in found:
        if not kept or actor.span[0] >= kept[-1].span[1]:
            kept.append(actor)
    return kept


def _line(text: str, span: tuple[int, int], book: ActorBook) -> _Line:
    start, end = span
    caps = in_capitals(text, start, end)
    found = words(text, start, end)
    hits = [book.index.at(text, found, i, caps) for i in range(len(found))]
    if caps:
        # In capitals an acronym that is also an English word is the word.
        for i, at in enumerate(hits):
            if text[found[i].bare : found[i].end] in book.words.caps_words:
                hits[i] = [(n, kept, c) for n, v, c in at if (kept := _no_acronym(n, v))]
    return _Line(text, found, caps, hits)


def _no_acronym(length: int, values: list[Any]) -> list[Any]:
    return values if length > 1 else [value for value in values if not isinstance(value, (Named, Land))]


def _read_line(line: _Line, book: ActorBook, report: _Report) -> list[Actor]:
    found: list[Actor] = []
    i = 0
    while i < len(line.words):
        best = _best(line, i, book, report)
        if best is None:
            i += 1
            continue
        best = _give_way(line, best, book, report)
        end = _end(line, best)
        start = line.words[best.first].start
        name_start = start if not line.text[start : start + 1].isspace() else line.words[best.first].bare
        found.append(
            Actor(line.text[name_start:end], (name_start, end), best.actor_id, best.who, best.countries, best.generic)
        )
        i = _skip_bracketed(line, best)
    return found


def _best(line: _Line, i: int, book: ActorBook, report: _Report) -> _Found | None:
    norm = line.words[i].norm
    opens = norm in book.words.openers
    if not line.hits[i] and not opens:
        # Nothing of the book begins here: only a name that no table holds can.
        return _unknown(line, i, book)
    kinds = {type(value) for _, values, _ in line.hits[i] for value in values}
    land = Land in kinds
    found: list[_Found | None] = []
    if Named in kinds or Coded in kinds:
        found.append(_group(line, i, report))
    if land or opens or Kind in kinds or Mark in kinds:
        found.append(_state(line, i, book, report))
    if land or opens or Crowd in kinds or Mark in kinds:
        found.append(_crowd(line, i, book))
    if land:
        found.append(_acting_adjective(line, i, book, report))
        found.append(_acting_country(line, i, book))
    candidates = [candidate for candidate in found if candidate is not None]
    if not candidates:
        return _unknown(line, i, book)
    return max(candidates, key=lambda candidate: (candidate.last, candidate.rank))


def _end(line: _Line, found: _Found) -> int:
    """Where the name ends: without the possessive, with or without its apostrophe."""
    word = line.words[found.last - 1]
    raw = line.text[word.bare : word.end]
    if raw[-2:].lower() in ("'s", "’s"):
        return word.end - 2
    return word.end - 1 if found.clipped and raw[-1:] in "sS" else word.end


def _give_way(line: _Line, found: _Found, book: ActorBook, report: _Report) -> _Found:
    """ "fighters from the Nusra Front" is the Nusra Front."""
    if not found.generic or found.rank not in (1, 2):
        return found
    for length in (3, 2, 1):
        tail = line.words[found.last : found.last + length]
        if len(tail) < length or any(word.gap > 1 for word in tail):
            continue
        if " ".join(word.norm for word in tail) in book.words.belonging:
            for skip in (0, 1):
                at = found.last + length + skip
                if at < len(line.words) and (skip == 0 or line.words[at - 1].norm == "the"):
                    named = _group(line, at, report)
                    if named is not None:
                        return named
    return found


def _skip_bracketed(line: _Line, found: _Found) -> int:
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
    if found.rank >= 5 and _joined(line, i) and not found.generic:
        # "Islamic State militants", "Hezbollah's fighters" name the group once.
        crowd = _value(line.hits[i], Crowd, people=(False,))
        if crowd is not None:
            return i + crowd[0]
    return i


# --- named groups -------------------------------------------------------------------------------


def _group(line: _Line, i: int, report: _Report) -> _Found | None:
    for length, values, clipped in line.hits[i]:
        coded = next((value for value in values if isinstance(value, Coded)), None)
        named = [value for value in values if isinstance(value, Named)]
        if named and _holds_a_place(line, i + length):
            return None
        if named:
            group = _decide(named, report)
            if group is None:
                codes = tuple(sorted({code for value in named for code in value.group.countries}))
                whos = {value.group.who for value in named}
                return _Found(
                    i, i + length, None, whos.pop() if len(whos) == 1 else "unknown", codes, False, clipped, 5
                )
            return _Found(i, i + length, group.actor_id, group.who, group.countries, False, clipped, 5)
        if coded is not None and (code := _dated(coded, report.published)) is not None:
            return _Found(i, i + length, f"petrarch:{code}", _petrarch_who(code), (), code.startswith("~"), clipped, 4)
    return None


def _holds_a_place(line: _Line, j: int) -> bool:
    """ "IS-held Raqqa", "the Taliban-controlled district": the name says whose the place is, not who acts."""
    return j < len(line.words) and line.words[j].gap == 1 and line.words[j].norm in _HELD


def _decide(named: Sequence[Named], report: _Report) -> Any:
    groups = {value.group.actor_id: value.group for value in named}
    if len(groups) == 1:
        return named[0].group
    scores = {key: sum(report.lands[code] for code in group.countries) for key, group in groups.items()}
    top = max(scores.values())
    leading = [key for key, score in scores.items() if score == top]
    if len(leading) == 1:
        return groups[leading[0]]
    primary = [value.group for value in named if value.primary and value.group.actor_id in leading]
    return primary[0] if len(primary) == 1 else None


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


# --- state forces -------------------------------------------------------------------------------


def _value(hits: Sequence[Hit], kind: type, **wanted: Any) -> tuple[int, Any, bool] | None:
    for length, values, clipped in hits:
        for value in values:
            if isinstance(value, kind) and all(getattr(value, key) in want for key, want in wanted.items()):
                return length, value, clipped
    return None


_OWNING = ("country", "demonym", "leader")


def _joined(line: _Line, j: int) -> bool:
    return j < len(line.words) and line.words[j].gap < 2


@dataclass(slots=True)
class _Chain:
    code: str | None = None
    kind: str | None = None
    owned: bool = False
    bare: bool = True
    last: int = -1
    clipped: bool = False


def _chain(line: _Line, i: int, book: ActorBook) -> _Chain | None:
    """Owner and kind of a composed state force that starts at word i, or None."""
    chain = _Chain()
    j = i
    for step in range(8):
        if j >= len(line.words) or (step and not _joined(line, j)):
            break
        hits = line.hits[j]
        land = _value(hits, Land, role=_OWNING)
        kind = _value(hits, Kind)
        owner = _value(hits, Mark, role=("owner",))
        if land and chain.kind is None and chain.code in (None, land[1].code) and _longest(land, kind):
            if step and chain.code is None and not _modifiers_only(line, i, j, book):
                break
            chain.code = land[1].code
            j += land[0]
        elif owner and chain.kind is None and _longest(owner, kind):
            chain.owned = True
            j += owner[0]
            chain.last, chain.clipped = j, owner[2]
        elif kind:
            if chain.kind in (None, "forces", "army") or kind[1].kind != "forces":
                chain.kind = kind[1].kind
            chain.bare = kind[1].bare if chain.last < 0 else chain.bare or kind[1].bare
            j += kind[0]
            chain.last, chain.clipped = j, kind[2]
        elif line.words[j].norm in book.words.modifiers and line.words[j].norm not in ("led", "backed"):
            j += 1
        else:
            break
    if chain.last < 0:
        return None
    if chain.kind is None and chain.owned:
        chain.kind = "government"
    return chain


def _longest(mine: tuple[int, Any, bool], other: tuple[int, Any, bool] | None) -> bool:
    return other is None or mine[0] >= other[0]


def _modifiers_only(line: _Line, i: int, j: int, book: ActorBook) -> bool:
    return all(word.norm in book.words.modifiers for word in line.words[i:j])


def _kind_of(chain: _Chain) -> str:
    return "army" if chain.kind in (None, "forces") else str(chain.kind)


def _state(line: _Line, i: int, book: ActorBook, report: _Report) -> _Found | None:
    led = _led(line, i, book)
    if led is not None:
        return led
    loyal = _loyal(line, i, book)
    if loyal is not None:
        return loyal
    chain = _chain(line, i, book)
    if chain is None:
        return None
    kind = _kind_of(chain)
    if chain.code is not None:
        report.last[kind] = chain.code
        if chain.owned or kind in ("army", "air_force"):
            report.last["army"] = report.last["government"] = report.last["air_force"] = chain.code
        return _Found(
            i, chain.last, f"state:{chain.code}:{kind}", "state_forces", (chain.code,), False, chain.clipped, 4
        )
    if not chain.owned and not chain.bare:
        return None
    if line.words[i].norm in book.words.modifiers and not _value(line.hits[i], Kind) and not chain.owned:
        head = line.words[i].norm
        if head in ("president", "prime", "leader", "former", "own", "led", "backed", "fellow"):
            return None
    if _only_adjective(line, i, chain.last, book):
        return None
    code = report.last.get(kind) or report.last.get("army" if chain.owned else kind)
    actor_id = f"state:{code}:{kind}" if code else f"kind:{kind}"
    codes = (code,) if code else ()
    return _Found(i, chain.last, actor_id, "state_forces", codes, True, chain.clipped, 3)


def _only_adjective(line: _Line, i: int, last: int, book: ActorBook) -> bool:
    """Whether words [i, last) only describe the next word ("police station", "terrorist attack")."""
    if last >= len(line.words) or line.words[last].gap > 1:
        return False
    after = book.words.adjective_only.get(line.words[last - 1].norm, frozenset())
    return line.words[last].norm in after


def _led(line: _Line, i: int, book: ActorBook) -> _Found | None:
    """ "US-led coalition", "US-led air strikes", "Turkish-led forces"."""
    land = _value(line.hits[i], Land, role=("country", "demonym", "metonym"))
    if land is None:
        return None
    j = i + land[0]
    if j >= len(line.words) or line.words[j].norm not in _LED or line.words[j].gap > 1:
        return None
    last = j + 1
    k = last
    while (
        k < len(line.words)
        and k < last + 3
        and line.words[k].norm in ("international", "military", "arab", "joint", "anti")
    ):
        k += 1
    for length in (2, 1):
        if (
            k + length <= len(line.words)
            and " ".join(w.norm for w in line.words[k : k + length]) in book.words.coalition
        ):
            last = k + length
            break
    else:
        if not _act_after(line, j + 1, book):
            return None
    code = land[1].code
    lead = {"US": "us", "SA": "saudi"}.get(code, code.lower())
    return _Found(i, last, f"coalition:{lead}-led", "state_forces", (code,), False, False, 6)


def _loyal(line: _Line, i: int, book: ActorBook) -> _Found | None:
    """ "forces loyal to President Bashar al-Assad", "troops of the Syrian regime"."""
    j = i
    owner = _value(line.hits[i], Mark, role=("owner",))
    if owner:
        j += owner[0]
    if j >= len(line.words) or line.words[j].norm not in book.words.loyal_heads:
        return None
    loyal = _value(line.hits[j + 1], Mark, role=("loyal",)) if j + 1 < len(line.words) else None
    if loyal is None:
        return None
    k = j + 1 + loyal[0]
    while k < len(line.words) and k < j + 7 and line.words[k].gap < 2:
        land = _value(line.hits[k], Land, role=("leader",))
        if land:
            return _Found(
                i, k + land[0], f"state:{land[1].code}:army", "state_forces", (land[1].code,), False, land[2], 6
            )
        chain = _chain(line, k, book)
        if chain is not None and chain.code is not None and chain.owned:
            return _Found(
                i, chain.last, f"state:{chain.code}:army", "state_forces", (chain.code,), False, chain.clipped, 6
            )
        if line.words[k].norm not in book.words.titles and line.words[k].norm != "the":
            return None
        k += 1
    return None


def _act_after(line: _Line, j: int, book: ActorBook) -> tuple[str | None] | None:
    """The kind of force of an act noun at j, over at most three adjectives; None where there is none."""
    for k in range(j, min(j + 4, len(line.words))):
        if line.words[k].gap > 1:
            return None
        act = _value(line.hits[k], Act)
        if act:
            return (act[1].kind,)
        if line.words[k].norm not in book.words.act_modifiers:
            return None
    return None


def _acting_adjective(line: _Line, i: int, book: ActorBook, report: _Report) -> _Found | None:
    """ "Russian" of "Russian air strikes", of "Syrian and Russian warplanes", of "Syrian or Russian raids"."""
    land = _value(line.hits[i], Land, role=_OWNING)
    if land is None:
        return None
    length, value, clipped = land
    j = i + length
    force = _force_after(line, j, book, value.code)
    if force is None:
        return None
    kind = force[0]
    actor_id = f"state:{value.code}:{kind}" if kind else f"state:{value.code}"
    if kind in ("army", "air_force"):
        report.last[kind] = value.code
    possessive = clipped or line.text[line.words[j - 1].end - 2 : line.words[j - 1].end].lower() in ("'s", "’s")
    return _Found(i, j, actor_id, "state_forces", (value.code,), False, possessive and clipped, 3)


def _force_after(line: _Line, j: int, book: ActorBook, code: str) -> tuple[str | None] | None:
    act = _act_after(line, j, book) if _joined(line, j) else None
    if act:
        return act
    # "Syrian and Russian jets", "Russian, Syrian and Iranian forces", "Syrian-Russian raids"
    k = j
    if k < len(line.words) and line.words[k].norm in _AND:
        k += 1
    elif not (k < len(line.words) and (line.words[k].gap == 1 or _comma(line, k))):
        return None
    if k >= len(line.words):
        return None
    if _value(line.hits[k], Mark, role=("owner",)):
        # "Russian and regime warplanes"
        owned = _chain(line, k, book)
        return (_kind_of(owned),) if owned is not None and owned.kind not in (None, "government") else None
    other = _value(line.hits[k], Land, role=("country", "demonym"))
    if other is None or other[1].code == code:
        return None
    chain = _chain(line, k, book)
    if chain is not None and chain.code is not None:
        return (_kind_of(chain),)
    act = _act_after(line, k + other[0], book)
    if act:
        return act
    if k + other[0] < len(line.words) and line.words[k + other[0]].norm in _AND and j != k + 1:
        third = k + other[0] + 1
        if third < len(line.words):
            chain = _chain(line, third, book)
            if chain is not None and chain.code is not None:
                return (_kind_of(chain),)
    return None


def _comma(line: _Line, k: int) -> bool:
    return line.text[line.words[k - 1].end : line.words[k].start].strip() == ","


def _acting_country(line: _Line, i: int, book: ActorBook) -> _Found | None:
    """A country that acts or speaks ("Israel bombed", "killed by Russia"), a capital that speaks."""
    land = _value(line.hits[i], Land, role=("country", "metonym"))
    if land is None:
        return None
    length, value, clipped = land
    j = i + length
    found = _Found(i, j, f"state:{value.code}", "state_forces", (value.code,), False, clipped, 2)
    vocabulary = book.words
    before = line.words[i - 1].norm if i else ""
    hyphened = j < len(line.words) and line.words[j].gap == 1
    if before == "the" and i > 1:
        before = line.words[i - 2].norm
    if before == "by" and value.role == "country" and not hyphened and not clipped:
        return found
    if before in _ACCUSING and not hyphened and not clipped:
        return found
    if before in ("in", "of", "from", "to", "into", "near", "at", "with", "on", "across", "inside", "against", "s"):
        return None
    k = j
    while k < len(line.words) and k < j + 4 and line.words[k].norm in vocabulary.helping and line.words[k].gap < 2:
        k += 1
    if k >= len(line.words) or line.words[k].gap > 1:
        return None
    verb = line.words[k].norm
    if verb in vocabulary.speech or (verb in vocabulary.violent and value.role == "country"):
        return found
    return None


# --- kinds of fighters and of people ------------------------------------------------------------


def _crowd(line: _Line, i: int, book: ActorBook) -> _Found | None:
    vocabulary = book.words
    j = i
    backed = _backed(line, i)
    if backed:
        j = backed
    while j < len(line.words) and j < i + 5 and (j in (i, backed) or _joined(line, j)):
        hits = line.hits[j]
        if j > i or backed or not _is_modifier_only(line, j, vocabulary):
            crowd = _value(hits, Crowd)
            if crowd is not None:
                return _crowd_found(line, i, j, crowd, book, bool(backed))
            if backed and line.words[j].norm in _FIGHTING:
                return _Found(i, j + 1, "kind:militants", "armed_group", (), True, False, 2)
        norm = line.words[j].norm
        if norm in ("pro", "anti") and j + 1 < len(line.words) and line.words[j + 1].gap == 1:
            # "anti-government forces", "pro-Russian militants"
            j += 2
            if j < len(line.words) and line.words[j].norm in _FIGHTING and line.words[j].gap < 2:
                return _Found(i, j + 1, "kind:militants", "armed_group", (), True, False, 5)
            continue
        if norm in vocabulary.generic_modifiers or norm in vocabulary.people_modifiers or (j > i and norm in _BACKED):
            j += 1
            continue
        land = _value(hits, Land, role=("demonym", "country"))
        if land and (j > i or land[1].role == "demonym"):
            j += land[0]
            continue
        break
    return None


def _is_modifier_only(line: _Line, j: int, vocabulary: Any) -> bool:
    """A word that can be both ("rebel", "opposition") is read as a modifier when a kind follows it."""
    if line.words[j].norm not in vocabulary.generic_modifiers or not _joined(line, j + 1):
        return False
    single = _value(line.hits[j], Crowd)
    return single is not None and single[0] == 1 and _value(line.hits[j + 1], Crowd, people=(False,)) is not None


def _crowd_found(
    line: _Line, i: int, j: int, crowd: tuple[int, Any, bool], book: ActorBook, backed: bool
) -> _Found | None:
    length, value, clipped = crowd
    last = j + length
    if _only_adjective(line, j, last, book):
        return None
    first = i
    if value.people:
        people = book.words.people_modifiers
        first = j
        while first > i and line.words[first - 1].norm in people:
            first -= 1
    return _Found(first, last, value.actor_id, value.who, (), True, clipped and value.people, 1 if value.people else 2)


def _backed(line: _Line, i: int) -> int:
    """The word after "US-backed", "government-backed", "Turkey-backed"; 0 where there is none."""
    for length, values, _ in line.hits[i]:
        if any(isinstance(v, Land) or (isinstance(v, Mark) and v.role == "owner") for v in values):
            j = i + length
            if j < len(line.words) and line.words[j].norm in _BACKED and line.words[j].gap < 2:
                return j + 1
    return 0


# --- names we do not know -----------------------------------------------------------------------


def _unknown(line: _Line, i: int, book: ActorBook) -> _Found | None:
    """A row of capitalised words that is built like a group's name ("Free Kurdish Brigade", "Liwa al-Haqq")."""
    vocabulary = book.words
    if line.caps:
        return None
    word = line.words[i]
    if not _capital(line, word) or word.norm in ("the", "a", "an"):
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
    if head_first and last > i + 1 and line.words[i + 1].norm not in vocabulary.heads_last:
        return _Found(i, min(last, i + 3), None, "armed_group", (), False, False, 0)
    for end in range(last, i + 1, -1):
        if line.words[end - 1].norm not in vocabulary.heads_last:
            continue
        norms = [w.norm for w in line.words[i:end]]
        if " ".join(norms[-2:]) in vocabulary.heads_not or " ".join(norms) in vocabulary.heads_not:
            return None
        telling = [
            k for k in range(i, end - 1)
            if not _value(line.hits[k], Land) and line.words[k].norm not in vocabulary.joins
        ]  # fmt: skip
        sentence_start = i == 0 and len(norms) == 2 and not telling[1:]
        if not telling or (sentence_start and norms[0] in ("the", "an", "a", "in", "one", "this", "that")):
            return None
        return _Found(i, end, None, "armed_group", (), False, False, 0)
    return None


def _capital(line: _Line, word: Word) -> bool:
    return line.text[word.bare : word.bare + 1].isupper()
