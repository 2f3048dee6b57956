"""Who speaks, as one voice: named bodies by alias, kinds of speakers, reports that copy one another.

`data/voices.yml` holds the names and words. Within one incident a kind of speaker ("police",
"medics") is one voice, whoever quotes it; a figure nobody is named for is the report's own voice,
and reports that copy one another are one origin.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Any

from tollbook import lexicon
from tollbook.errors import LexiconError
from tollbook.link.names import words

FIRST_HAND = frozenset({"hospital", "witness", "police", "official", "monitor", "rescue", "un", "ngo", "party"})
"""Kinds that may know at first hand; "media" and a report's own voice may only repeat another."""

_LONGEST = 7
"""Words of the longest name of a speaker that is looked for inside a longer one."""


@dataclass(frozen=True, slots=True)
class Voice:
    """One speaker. `id` is the same for all spellings; `kind` as in `data/voices.yml`, or "report" and "other".

    `generic` is a kind of speaker and not a body; `own` a report that names nobody. `body` is the actor whose voice it
    is ("state:SY", "group:taliban"), where it is one; `armed` says that actor is not a state.
    """

    id: str
    name: str
    kind: str
    generic: bool = False
    own: bool = False
    body: str | None = None

    @property
    def armed(self) -> bool:
        """Whether it speaks for an armed group."""
        return self.body is not None and self.body.startswith("group:")


@dataclass(frozen=True, slots=True)
class _Lexicon:
    names: dict[tuple[str, ...], Voice]
    aliases: dict[str, Voice]
    kinds: dict[str, str]
    phrases: dict[tuple[str, str], str]
    order: tuple[str, ...]
    heads: frozenset[str]
    fill: frozenset[str]


@lru_cache(maxsize=1)
def _lexicon() -> _Lexicon:
    from tollbook.resolve.tables import rows, split

    data = lexicon.load("voices")
    check(data)
    names: dict[tuple[str, ...], Voice] = {}
    aliases: dict[str, Voice] = {}
    for row in rows("speakers", tuple(data["speaker_columns"].split())):
        kind = data["speaker_kinds"].get(row["kind"], row["kind"])
        body = _body(row["party"])
        voice = Voice(f"speaker:{row['id']}", row["name"], kind, body=body)
        for alias in (row["name"], *split(row["aliases"])):
            names.setdefault(words(alias.rstrip("*")), voice)
            aliases.setdefault(alias.rstrip("*"), voice)
    return _Lexicon(
        names=names,
        aliases=aliases,
        kinds={word: kind for kind, listed in reversed(data["kinds"].items()) for word in listed.split()},
        phrases={tuple(p.split()): kind for kind, listed in data["phrases"].items() for p in listed},
        order=tuple(data["kinds"]),
        heads=frozenset(data["generic_heads"].split()),
        fill=frozenset(data["generic_fill"].split()),
    )


def _body(party: str) -> str | None:
    """The body of a party's actor id: a state's forces and ministries are one body."""
    if not party:
        return None
    kind, _, rest = party.partition(":")
    return f"state:{rest.split(':')[0]}" if kind == "state" else party


def check(data: dict[str, Any]) -> None:
    """Raises LexiconError where a speaker's kind is mapped to none of the kinds, or a generic head is no kind word."""
    kinds = set(data["kinds"]) | {"rescue", "un", "ngo"}
    wrong = set(data["speaker_kinds"].values()) - kinds
    if wrong:
        raise LexiconError(f"voices.yml: speaker_kinds: {sorted(wrong)} are not kinds")
    wrong = set(data.get("phrases", {})) - kinds
    if wrong or not all(len(p.split()) == 2 for listed in data.get("phrases", {}).values() for p in listed):
        raise LexiconError(
            f"voices.yml: phrases: two words each, of a kind there is{f', not {sorted(wrong)}' if wrong else ''}"
        )
    strange = [b for sides in data.get("allies", {}).values() for s in sides for b in s.split() if ":" not in b]
    if strange:
        raise LexiconError(f"voices.yml: allies: {strange} are not actors' ids")
    if not all(isinstance(n, str) and n == _squeezed(n) for n in data.get("outlets", {})):
        raise LexiconError("voices.yml: outlets: names are written small and without blanks")


@lru_cache(maxsize=65536)
def named_voice(says: str) -> Voice:
    """The voice of a named speaker or of a kind of speaker."""
    lex = _lexicon()
    folded = words(says)
    for length in range(min(_LONGEST, len(folded)), 0, -1):
        for i in range(len(folded) - length + 1):
            found = lex.names.get(folded[i : i + length])
            if found is None and length == 1 and len(folded) > 1 and folded[i].endswith("s"):
                found = lex.names.get((folded[i][:-1],))  # "SANAs correspondent": an apostrophe is lost
            if found is not None and (length > 1 or _only_fill(folded, i, lex)):
                return found
    kind = _kind(folded, lex)
    if _is_generic(says, folded, lex):
        return Voice(f"kind:{kind}", kind if kind != "other" else says, kind, generic=True)
    return Voice(f"name:{' '.join(folded)}", says, kind, body=_speaks_for(says, kind))


def _kind(folded: tuple[str, ...], lex: _Lexicon) -> str:
    """The kind of speaker a name's words tell: of two words together, else of the first kind in order; or "other"."""
    together = next((lex.phrases[p] for p in pairwise(folded) if p in lex.phrases), None)
    kinds = {lex.kinds[w] for w in folded if w in lex.kinds}
    return together or next((k for k in lex.order if k in kinds), "other")


def _only_fill(folded: tuple[str, ...], at: int, lex: _Lexicon) -> bool:
    """Whether a one-word name stands alone but for words of speaking: "SANA reporter in Homs"."""
    rest = [
        w for i, w in enumerate(folded) if i != at and w not in lex.fill and w not in lex.heads and w not in lex.kinds
    ]
    return len(rest) <= 1 and (not rest or len(folded) > 2)


def _speaks_for(says: str, kind: str) -> str | None:
    """The body a party's or an official's name belongs to: "Turkish army" speaks for Turkey's state."""
    from tollbook.link.mention import bodies

    if kind not in ("party", "official", "police", "other"):
        return None
    found = sorted(bodies(says, strict=True)[0])
    return found[0] if found else None


def _is_generic(says: str, folded: tuple[str, ...], lex: _Lexicon) -> bool:
    """Made of kind words, filling and capitalised names of places after "in", "at" or before "police"."""
    if not any(w in lex.heads for w in folded):
        return False
    strange = [w for w in folded if w not in lex.heads and w not in lex.fill]
    if not strange:
        return True
    lowered = says.lower()
    at_place = any(f" {w} " in f" {lowered} " for w in ("in", "at", "from", "of"))
    return len(strange) <= 2 and (at_place or folded[0] in lex.fill or "police" in folded)


@lru_cache(maxsize=4096)
def outlet_voice(outlet: str) -> Voice | None:
    """The voice of an outlet that belongs to a party ("SANA", "sana.sy", "alalam"); None for any other."""
    found = _outlets().get(_squeezed(outlet)) or _outlets().get(
        _squeezed(re.sub(r"^www\.|\.[a-z.]{2,10}$", "", outlet))
    )
    return found if found is not None and found.body is not None else None


@lru_cache(maxsize=1)
def _outlets() -> dict[str, Voice]:
    """Speakers by their names without blanks and signs, with and without the article: how files name outlets."""
    lex = _lexicon()
    out: dict[str, Voice] = {}
    for alias, voice in lex.aliases.items():
        out.setdefault(_squeezed(alias), voice)
        out.setdefault("".join(words(alias)), voice)
    for alias, name in lexicon.load("voices")["outlets"].items():
        out.setdefault(alias, lex.names[words(name)])
    return out


def _squeezed(name: str) -> str:
    return re.sub(r"[\W_]+", "", name).casefold()


@lru_cache(maxsize=1)
def _sides_of_war() -> dict[str, tuple[frozenset[str], ...]]:
    return {
        country: tuple(frozenset(s.split()) for s in listed)
        for country, listed in lexicon.load("voices")["allies"].items()
    }


def with_allies(bodies: frozenset[str], country: str | None) -> frozenset[str]:
    """Bodies and those that fight beside them in a country's war (`allies` of `data/voices.yml`)."""
    sides = _sides_of_war().get(country or "", ())
    return bodies.union(*(side for side in sides if side & bodies))


def own_voice(origin: str, outlet: str | None) -> Voice:
    """The voice of a report that names no speaker: a party's where the outlet is one's own ("SANA"), else its origin
    (reports that copy one another share one)."""
    party = outlet_voice(outlet) if outlet else None
    return party or Voice(f"report:{origin}", outlet or "the report itself", "report", own=True)


def independence(voices: Iterable[Voice]) -> tuple[int, int]:
    """(fewest, most) independent voices. Most: all that are not the same speaker or a copy. Fewest: the speakers
    that may know at first hand; reports and news agencies may be repeating one of them. Never below 1 for any."""
    distinct = {v.id: v for v in voices}
    if not distinct:
        return (0, 0)
    sure = sum(1 for v in distinct.values() if v.kind in FIRST_HAND and not v.generic)
    return (max(1, sure), len(distinct))


@lru_cache(maxsize=1)
def body_words() -> frozenset[str]:
    """Words that name bodies and kinds of people: a name with one of them is not a person's."""
    lex = _lexicon()
    actors = lexicon.load("lexicon/en/actors")
    heads = [w.strip().casefold() for key in ("heads_first", "heads_last") for w in actors[key].split(";")]
    return frozenset([*lex.kinds, *lex.heads, *heads, *lexicon.load("link")["plain_targets"].split()])
