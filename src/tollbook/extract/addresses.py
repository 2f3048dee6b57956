"""The street or house that an act happened at, where the report names one beside the act.

A place is named most specific first (GUIDELINES.md, Place). Reports of crimes tell the act with its town ("a man was
shot in Tulsa") and the address in a sentence without an act of its own ("It happened in the 400 block of Alder
Street", "Officers were called to the corner of ..."): the act has the address too.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tollbook.extract.choice import with_first
from tollbook.extract.marks import Marks
from tollbook.extract.place_traits import called_to, in_block, of_person, took_place
from tollbook.extract.scenes import cared_for, elsewhere, is_site
from tollbook.extract.story import Story
from tollbook.extract.words import words
from tollbook.model import Incident, Place

_REACH = 3  # sentences between an act and its address where the report tells several acts
_FAR = 8  # where it tells one


def at_address(incident: Incident, k: int, stories: Sequence[Story], marks: Sequence[Marks]) -> Incident:
    """The incident with the address of story `k` first; unchanged where its place is as exact, or none is told."""
    first = incident.place_details[0] if incident.place_details else None
    if incident.scope in ("total", "statistic") or (first is not None and _exact(first.name, marks)):
        return incident
    return with_first(incident, _address(k, stories, marks))


def _exact(name: str, marks: Sequence[Marks]) -> bool:
    """Is the name that of a street or building?"""
    return any(p.name == name and is_site(p) and not cared_for(m, p) for m in marks for p in m.places)


def _address(k: int, stories: Sequence[Story], marks: Sequence[Marks]) -> Place | None:
    """The address told nearest to the story; of those as near, the first. One nearer to another story is that one's."""
    acts = [[a.index for a in s.acts if not a.title] or [a.index for a in s.acts] for s in stories]
    reach = _REACH if len(stories) > 1 else _FAR
    best: tuple[int, int, Place] | None = None
    for index, mark in enumerate(marks):
        gap = min([abs(index - i) for i in acts[k]])
        place = next(_told_of_act(mark), None) if gap <= reach and mark.sentence.kind != "title" else None
        if place is None or (best is not None and gap >= best[0]):
            continue
        rival = min([abs(index - i) for n, told in enumerate(acts) if n != k for i in told], default=gap + 1)
        if rival >= gap:
            best = (gap, index, place)
    return best[2] if best else None


def _told_of_act(mark: Marks) -> Iterator[Place]:
    """The addresses in the sentence that an act happened at by the words before them."""
    for place in mark.places:
        if not is_site(place) or cared_for(mark, place) or elsewhere(mark, place) or of_person(mark, place):
            continue
        at = _before(mark, place) in words("at_address")
        if in_block(mark, place) or (at and (took_place(mark, place) or called_to(mark, place))):
            yield place


def _before(mark: Marks, place: Place) -> str:
    i = mark.tokens.at(place.span[0])
    while i and mark.tokens.low[i - 1] in ("the", "a", "an"):
        i -= 1
    return mark.tokens.low[i - 1] if i else ""
