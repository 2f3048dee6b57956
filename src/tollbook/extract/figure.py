"""One casualty figure of a sentence, as `figures.py` reads it."""

from __future__ import annotations

from dataclasses import dataclass

from tollbook.model import AgeGroup, Harm, Sex, Span, Who


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure found in a sentence. `part_of` is the index of its whole in the same list.

    `counted` is False for a group named without any number ("civilians were killed").
    """

    span: Span
    harm: Harm
    who: Who
    min: int | None
    max: int | None
    approx: bool = False
    word: str | None = None
    counted: bool = True
    part_of: int | None = None
    among_dead: bool = False
    undivided: bool = False
    head: str | None = None
    of: str | None = None
    of_span: Span | None = None
    role: str | None = None
    sex: Sex | None = None
    age_group: AgeGroup | None = None
    cue: Span = (0, 0)
    definite: bool = False
    name: str | None = None
    more: bool = False
