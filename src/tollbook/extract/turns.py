"""Tolls told one after the other in one sentence, each at a place of its own.

"Gunmen shot two traders in Makamba, executed two others in Rutana and killed four in Bururi": each is an act
(GUIDELINES, "What is an incident": own place and own toll). `clauses.candidate_acts` reads each stretch as one.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence

from tollbook.extract.marks import Marks
from tollbook.model import Place

_HURT = ("killed", "injured")


def in_turn(marks: Marks, first: int, last: int, scenes: Sequence[Place]) -> list[tuple[int, int]]:
    """The stretches of tokens [first, last) with a toll and a place of their own; the whole range where it tells one.

    A stretch ends where a figure follows a place. Each must tell a harm that the first tells, at places of its own:
    "killed two in Makamba and wounded five in the province" is one act.
    """
    whole, at = [(first, last)], marks.tokens.at
    figures = [f for f in marks.figures if f.part_of is None and f.harm in _HURT]
    if len(figures) < 2 or len(scenes) < 2:
        return whole
    rows = [(min(at(f.span[0]), at(f.cue[0])), f.harm, "") for f in figures] + [
        (at(p.span[0]), "", p.name.lower()) for p in scenes
    ]
    starts: list[int] = []
    harms: list[set[str]] = []
    names: list[set[str]] = []
    for i, harm, name in sorted(r for r in rows if first <= r[0] < last):
        if harm and (not starts or names[-1]):
            starts.append(i)
            harms.append(set())
            names.append(set())
        elif not starts:
            return whole  # a place ahead of all tolls is that of them all
        (harms if harm else names)[-1].add(harm or name)
    apart = len(starts) > 1 and all(names) and all(harms[0] & h for h in harms[1:])
    if not apart or any(a & b for a, b in itertools.combinations(names, 2)):
        return whole
    return list(itertools.pairwise([first, *starts[1:], last]))
