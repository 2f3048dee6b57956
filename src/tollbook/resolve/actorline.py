"""A sentence as the reading of actors sees it, and a mention before it becomes an Actor."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from tollbook.model import Who
from tollbook.resolve.actorbook import ActorBook
from tollbook.resolve.names import Hit, Word

_HELD = frozenset({"held", "controlled", "run", "occupied", "besieged", "dominated", "ruled", "majority"})


@dataclass(slots=True)
class Line:
    """One sentence as words, with what the index knows at each of them, and at which (`known`).

    `groups`: there is a word that the names of groups are built with, and capitals tell something.
    """

    text: str
    words: Sequence[Word]
    caps: bool
    hits: list[list[Hit]]
    known: list[int]
    groups: bool


@dataclass(slots=True)
class Told:
    """What the whole report tells: which countries it names, which state's forces of a kind came last."""

    lands: Counter[str]
    last: dict[str, str] = field(default_factory=dict)
    published: dt.date | None = None


@dataclass(slots=True)
class Found:
    """A mention in words [first, last) of a line, before it becomes an Actor."""

    first: int
    last: int
    actor_id: str | None
    who: Who
    countries: tuple[str, ...] = ()
    generic: bool = False
    clipped: bool = False
    rank: int = 0


def value_of(hits: Sequence[Hit], kind: type, **wanted: Any) -> tuple[int, Any, bool] | None:
    """The longest hit with a value of this type whose fields are among those wanted: (words, value, possessive)."""
    for length, values, clipped in hits:
        for value in values:
            if isinstance(value, kind):
                for key, want in wanted.items():
                    if getattr(value, key) not in want:
                        break
                else:
                    return length, value, clipped
    return None


def joined(line: Line, j: int) -> bool:
    """Whether word j hangs on the one before by a space or hyphen."""
    return j < len(line.words) and line.words[j].gap < 2


def only_adjective(line: Line, i: int, last: int, book: ActorBook) -> bool:
    """Whether words [i, last) only describe the next word ("police station", "terrorist attack")."""
    if last >= len(line.words) or line.words[last].gap > 1:
        return False
    after = book.words.adjective_only.get(line.words[last - 1].norm, frozenset())
    return line.words[last].norm in after


def holds_a_place(line: Line, j: int) -> bool:
    """ "IS-held Raqqa", "the Taliban-controlled district": the name says whose the place is, not who acts."""
    return j < len(line.words) and line.words[j].gap == 1 and line.words[j].norm in _HELD
