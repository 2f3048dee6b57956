"""What a span finder (rules, or the trained tagger) hands to the assembly: marks, sentence by sentence."""

from __future__ import annotations

from dataclasses import dataclass

from tollbook.extract.acts import Telling
from tollbook.extract.figure import Figure
from tollbook.extract.tokens import Tokens
from tollbook.model import Actor, Count, DateRange, Means, ObjectHit, Place, Sentence, Speaker, Victim


@dataclass(frozen=True, slots=True)
class Marks:
    """All that was found in one sentence; positions are those of the report's clean text.

    `found` says that the sentence tells of bodies found, not of people killed that day.
    """

    sentence: Sentence
    tokens: Tokens
    figures: tuple[Figure, ...]
    telling: Telling
    places: tuple[Place, ...]
    dates: tuple[DateRange, ...]
    actors: tuple[Actor, ...]
    speakers: tuple[Speaker, ...]
    counts: tuple[Count, ...] = ()
    means: tuple[Means, ...] = ()
    objects: tuple[ObjectHit, ...] = ()
    victims: tuple[Victim, ...] = ()
    found: bool = False
    filed: tuple[Place, ...] = ()  # of a report's first sentence: the places in its dateline


def inside(marks: Marks, span: tuple[int, int], first: int, last: int) -> bool:
    """Does the span begin within tokens [first, last) of the sentence?"""
    tokens = marks.tokens
    return bool(tokens.low) and tokens.starts[first] <= span[0] < tokens.ends[last - 1]
