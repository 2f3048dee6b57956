"""Who speaks, as one voice: named bodies by alias, kinds of speakers, reports that copy one another.

`data/voices.yml` holds the names and words. Within one incident a kind of speaker ("police",
"medics") is one voice, whoever quotes it; a figure nobody is named for is the report's own voice,
and reports that copy one another are one origin.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from tollbook import lexicon
from tollbook.errors import LexiconError
from tollbook.link.names import words

FIRST_HAND = frozenset({"hospital", "witness", "police", "official", "monitor", "party"})
"""Kinds that may know at first hand; "media" and a report's own voice may only repeat another."""


@dataclass(frozen=True, slots=True)
class Voice:
    """One speaker. `id` is the same for all spellings; `kind` as in `data/voices.yml`, or "report" and "other".

    `generic` is a kind of speaker and not a body; `own` a report that names nobody. `words` identify the body.
    """

    id: str
    name: str
    kind: str
    generic: bool = False
    own: bool = False
    state: bool = False
    words: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class _Lexicon:
    aliases: tuple[tuple[str, str], ...]
    bare: dict[str, str]
    named: dict[str, dict[str, Any]]
    kinds: dict[str, str]
    heads: frozenset[str]
    fill: frozenset[str]


@lru_cache(maxsize=1)
def _lexicon() -> _Lexicon:
    data = lexicon.load("voices")
    check(data)
    aliases = [(alias, key) for key, entry in data["named"].items() for alias in entry["aliases"]]
    return _Lexicon(
        aliases=tuple(sorted(((" ".join(words(a)), k) for a, k in aliases), key=lambda x: (-len(x[0]), x))),
        bare={word: key for key, entry in data["named"].items() for word in entry.get("bare", ())},
        named=data["named"],
        kinds={word: kind for kind, listed in reversed(data["kinds"].items()) for word in listed.split()},
        heads=frozenset(data["generic_heads"].split()),
        fill=frozenset(data["generic_fill"].split()),
    )


def check(data: dict[str, Any]) -> None:
    """Raises LexiconError where a named body's kind is not a kind or a generic head has none."""
    kinds = set(data["kinds"])
    for key, entry in data["named"].items():
        if entry["kind"] not in kinds:
            raise LexiconError(f"voices.yml: {key}: kind {entry['kind']!r} is not one of {sorted(kinds)}")
        if not entry["aliases"]:
            raise LexiconError(f"voices.yml: {key} has no aliases")


@lru_cache(maxsize=65536)
def named_voice(says: str) -> Voice:
    """The voice of a named speaker or of a kind of speaker."""
    lex = _lexicon()
    folded = words(says)
    text = f" {' '.join(folded)} "
    found = next((key for alias, key in lex.aliases if f" {alias} " in text), None)
    if found is None and len(folded) == 1:
        found = lex.bare.get(folded[0])
    if found is not None:
        entry = lex.named[found]
        return Voice(found, entry["name"], entry["kind"], state=bool(entry.get("state")), words=frozenset({found}))
    order = list(lexicon.load("voices")["kinds"])
    kinds = {lex.kinds[w] for w in folded if w in lex.kinds}
    kind = next((k for k in order if k in kinds), "other")
    if _is_generic(says, folded, lex):
        return Voice(f"kind:{kind}", kind if kind != "other" else says, kind, generic=True)
    own = frozenset(w for w in folded if w not in lex.fill and w not in lex.heads)
    return Voice(f"name:{' '.join(folded)}", says, kind, words=own)


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


def own_voice(origin: str, outlet: str | None) -> Voice:
    """The voice of a report that names no speaker: its origin (reports that copy one another share one)."""
    return Voice(f"report:{origin}", outlet or "the report itself", "report", own=True)


def independence(voices: Iterable[Voice]) -> tuple[int, int]:
    """(fewest, most) independent voices. Most: all that are not the same speaker or a copy. Fewest: the speakers
    that may know at first hand; reports and news agencies may be repeating one of them. Never below 1 for any."""
    distinct = {v.id: v for v in voices}
    if not distinct:
        return (0, 0)
    sure = sum(1 for v in distinct.values() if v.kind in FIRST_HAND and not v.generic)
    return (max(1, sure), len(distinct))
