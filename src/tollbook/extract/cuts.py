"""Where a sentence is cut: between stretches that each tell harm or an act of their own."""

from __future__ import annotations

import itertools
from functools import cache

from tollbook.extract.marks import Marks, inside
from tollbook.extract.tokens import Phrases
from tollbook.extract.words import phrases, words
from tollbook.model import DateRange, Place

# These cut under conditions.
_CUTS = frozenset({"and", "when", "after", "bringing", "brings", "brought", "raising", "taking"})
_BRINGS = 12  # tokens from "brought" to the number that a toll comes to by it
_BRINGING = 20  # "bringing the number killed in 24 hours of raids on the old town to 45"


def clauses(marks: Marks) -> list[tuple[int, int]]:
    """Token ranges. A cut stands where both sides tell harm or an act of their own and each has its own place."""
    tokens = marks.tokens
    count = len(tokens)
    if not count:
        return []
    cuts, cutting, earlier = [0], words("cut"), _turns_to_earlier(marks)
    for i in [k for k in range(2, count - 2) if tokens.low[k] in cutting or tokens.low[k] in _CUTS or k in earlier]:
        word = tokens.low[i]
        if i in earlier or word == "after":
            told = i in earlier or _kills(marks, i, count)
            if told and _apart(marks, cuts[-1], i, count, alone=word != "after"):
                cuts.append(i)
            continue
        if word == "when":
            if _since_when(marks, cuts[-1], i) and _kills(marks, cuts[-1], i) and _kills(marks, i, count):
                cuts.append(i)
            continue
        if word in cutting or (word == "and" and _new_subject(marks, i)):
            apart = stands_alone(marks, cuts[-1], i) and stands_alone(marks, i, count)
            if word == "and":
                apart = (apart and _alike(marks, cuts[-1], i, count)) or _other_day(marks, cuts[-1], i, count)
            if apart or (word == "while" and _kills(marks, cuts[-1], i) and _kills(marks, i, count)):
                cuts.append(i)
        elif word != "and" and _figure_in(marks, i, min(i + (_BRINGING if word == "bringing" else _BRINGS), count)):
            cuts.append(i)
    cuts.append(count)
    return list(itertools.pairwise(cuts))


def _turns_to_earlier(marks: Marks) -> frozenset[int]:
    """Where the sentence turns to an act that came first ("in response to a raid on Dori that killed two")."""
    return frozenset(hit.first for hit in _to_earlier().find(marks.tokens))


@cache
def _to_earlier() -> Phrases[None]:
    return Phrases((phrase, None) for phrase in phrases("cut_to_earlier"))


def _apart(marks: Marks, first: int, cut: int, last: int, *, alone: bool) -> bool:
    """Does what follows tell an act of its own at a place that the words before do not name?

    With `alone` these must tell an act too; else a place of their own is enough ("Mourners met in Djibo after ...").
    """
    here, there = ({p.name for p in _scenes(marks, *side)} for side in ((first, cut), (cut, last)))
    before = stands_alone(marks, first, cut) if alone else bool(here)
    return before and stands_alone(marks, cut, last) and here.isdisjoint(there)


def _scenes(marks: Marks, first: int, last: int) -> list[Place]:
    return [p for p in marks.places if p.level != "country" and inside(marks, p.span, first, last)]


def _since_when(marks: Marks, first: int, cut: int) -> bool:
    """Does "when" tell of the day that a toll is counted from ("31 have died since 7 May, when rebels killed six")?"""
    day = day_before(marks, cut)
    return (
        day is not None
        and day.span is not None
        and "since" in marks.tokens.low[first : marks.tokens.at(day.span[1] - 1)]
    )


def day_before(marks: Marks, i: int) -> DateRange | None:
    """The date that ends right before token `i`, a comma between or none."""
    tokens = marks.tokens
    ends = i - (tokens.low[i - 1] == ",")
    return next((d for d in marks.dates if d.span is not None and tokens.at(d.span[1] - 1) + 1 == ends), None)


def _alike(marks: Marks, first: int, cut: int, last: int) -> bool:
    """Do both sides of "and" tell killed people, or both an act of its own?"""
    told = [t.first for t in marks.telling.triggers if t.kind in ("event", "take")]
    both_told = any(first <= i < cut for i in told) and any(cut <= i < last for i in told)
    return both_told or (_kills(marks, first, cut) and _kills(marks, cut, last))


def _other_day(marks: Marks, first: int, cut: int, last: int) -> bool:
    """Do both sides tell killed people, each on a day of its own ("40 died on Monday and four were killed today")?"""
    days = [
        {d.start for d in marks.dates if d.span and inside(marks, d.span, *side)}
        for side in ((first, cut), (cut, last))
    ]
    if not (days[0] and days[1]) or days[0] & days[1]:
        return False
    return _kills(marks, first, cut) and _kills(marks, cut, last)


def _kills(marks: Marks, first: int, last: int) -> bool:
    """Does the stretch tell killed people by a number and a word of its own?"""
    return any(
        f.harm == "killed" and f.counted and inside(marks, f.cue, first, last) and inside(marks, f.span, first, last)
        for f in marks.figures
    )


def _figure_in(marks: Marks, first: int, last: int) -> bool:
    return any(inside(marks, f.span, first, last) for f in marks.figures) and "to" in marks.tokens.low[first:last]


def _new_subject(marks: Marks, i: int) -> bool:
    """Does "and" open a new statement: a figure or "another" follows, then its own harm and place?"""
    nxt = marks.tokens.low[i + 1]
    if nxt in ("another", "a", "in", "on", "one", "at", "two", "three", "four"):
        return True
    start = marks.tokens.starts[i + 1]
    return any(f.span[0] == start for f in marks.figures) or any(a.span[0] == start for a in marks.actors)


def stands_alone(marks: Marks, first: int, last: int) -> bool:
    """Has the stretch a place of its own, and harm or an act?"""
    figures = [
        f
        for f in marks.figures
        if inside(marks, f.cue, first, last) and inside(marks, f.span, first, last) and f.part_of is None
    ]
    telling = any(t.kind in ("event", "take") and first <= t.first < last for t in marks.telling.triggers)
    return bool(_scenes(marks, first, last)) and (bool(figures) or telling)
