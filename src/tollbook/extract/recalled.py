"""Ground that a clause about a place tells as taken before: "the town of Uvira, which rebels captured in January".

The sentence is of another act; the place it names before "which" or "that", the side behind it, the verb and the day
make an act of their own.
"""

from __future__ import annotations

from dataclasses import dataclass

from tollbook.extract.doers import SIDED
from tollbook.extract.marks import Marks
from tollbook.extract.words import words
from tollbook.model import Actor, DateRange, Place

_TO_WHICH = 7  # tokens from the place to "which" ("Uvira in South Kivu province, which")
_TO_VERB = 8  # tokens from "which" to the verb
_TO_DAY = 9  # tokens from the verb to the day ("took from the rebels at the end of")


@dataclass(frozen=True, slots=True)
class Taken:
    """Tokens [first, last) that tell it, the verb's token, who took what, and when."""

    first: int
    last: int
    verb: int
    actor: Actor
    places: tuple[Place, ...]
    date: DateRange


def taken_before(marks: Marks) -> Taken | None:
    """The first clause of a sentence that tells of a place named before it who took it, and on which day."""
    tokens, low = marks.tokens, marks.tokens.low
    if not marks.dates or not marks.places or words("takes_there").isdisjoint(low):
        return None
    for verb in [i for i, w in enumerate(low) if w in words("takes_there")]:
        first = next((k for k in range(verb - 2, max(0, verb - _TO_VERB), -1) if low[k] in ("which", "that")), 0)
        if not first:
            continue
        sides = [a for a in marks.actors if a.who in SIDED and first < tokens.at(a.span[0]) < verb]
        if len(sides) != 1 or verb - tokens.at(sides[0].span[1] - 1) > 2:
            continue
        near = [p for p in marks.places if 0 <= first - tokens.at(p.span[1] - 1) <= _TO_WHICH + 1]
        places = tuple(p for p in near if p.level not in (None, "country", "point") and tokens.at(p.span[0]) < first)
        date = next((d for d in marks.dates if d.span and verb < tokens.at(d.span[0]) <= verb + _TO_DAY), None)
        if places and date is not None and date.span is not None:
            end = tokens.at(date.span[1] - 1) + 1
            if not {",", ";"} & set(low[verb:end]) and words("not_done").isdisjoint(low[first:verb]):
                return Taken(first, end, verb, sides[0], places, date)
    return None
