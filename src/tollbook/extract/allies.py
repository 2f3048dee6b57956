"""Who else fought on a side of a clash: whom the headline names for it, and who is told to fight beside it.

"Kenyan army fights al-Shabaab in Lamu ... Special units clashed with the militants in two villages": the units and the
army. "Herders also took up arms, some fighting on the army's side": the herders too. A standing alliance told in a
clause about somebody ("X, which fights alongside Y") adds nobody (RULINGS: standing conditions are left out).
"""

from __future__ import annotations

from collections.abc import Sequence

from tollbook.extract.blame import Blame
from tollbook.extract.doers import SIDED, force_of, same_doer
from tollbook.extract.marks import Marks
from tollbook.extract.status import same_side
from tollbook.extract.story import Story
from tollbook.extract.words import words
from tollbook.model import Actor

_BESIDE = 5  # tokens from the fighting to the side that is fought on ("on the government's own side")
_AFTER = 4  # sentences after a clash in which those who joined it are told


def add_allies(doers: Sequence[list[Blame]], stories: Sequence[Story], marks: Sequence[Marks]) -> None:
    """Adds to the first-named side of each clash, told with one side only, those who fought on it."""
    clashes = [
        k for k, s in enumerate(stories) if s.type == "armed_clash" and len({b.actor.who for b in doers[k]}) == 1
    ]
    if not clashes:
        return
    named = _in_headline(marks)
    for actor in named if len(clashes) == 1 else ():
        foes = [a for a in named if a is not actor]
        k = clashes[0]
        if all(b.actor.generic for b in doers[k]) and any(_meets(a, t) for a in foes for t in stories[k].targets):
            _join(doers[k], actor, stories[k])
    for index, mark in enumerate(marks):
        for actor, beside in _fighting_beside(mark):
            near = [(a.index, k) for k in clashes for a in stories[k].acts if 0 <= index - a.index <= _AFTER]
            k = max(near, default=(0, -1))[1]
            if k >= 0 and any(same_side(beside, b.actor) for b in doers[k]):
                doers[k].append(Blame(actor, "asserted"))


def _in_headline(marks: Sequence[Marks]) -> list[Actor]:
    """The two sides of a headline that tells a fight ("Kenyan army fights al-Shabaab in Lamu")."""
    title = next((m for m in marks[:1] if m.sentence.kind == "title"), None)
    if title is None or words("battles").isdisjoint(title.tokens.low):
        return []
    at = next(i for i, w in enumerate(title.tokens.low) if w in words("battles"))
    sided = [a for a in title.actors if a.who in SIDED and force_of(a) == a]
    before = [a for a in sided if title.tokens.at(a.span[1] - 1) < at]
    behind = [a for a in sided if title.tokens.at(a.span[0]) > at]
    return [before[-1], behind[0]] if before and behind and before[-1].who != behind[0].who else []


def _meets(named: Actor, told: Actor) -> bool:
    """May the side of the headline be the one told in the body?"""
    return named.who == told.who and (same_doer(named, told) or named.generic or told.generic)


def _join(doers: list[Blame], actor: Actor, story: Story) -> None:
    who = doers[0].actor.who
    if actor.who == who and not actor.generic and not any(same_doer(actor, o) for o in story.targets):
        doers.append(Blame(actor, "asserted"))


def _fighting_beside(mark: Marks) -> list[tuple[Actor, Actor]]:
    """Who is told to fight beside whom: "some fighting on the government side", "fought alongside the army"."""
    tokens, low = mark.tokens, mark.tokens.low
    found = []
    for i in [k for k, w in enumerate(low) if w in words("battles")]:
        beside = next((a for a in mark.actors if i < tokens.at(a.span[0]) <= i + _BESIDE), None)
        before = [a for a in mark.actors if a.who in SIDED and tokens.at(a.span[1] - 1) < i]
        if beside is None or not before or beside.who not in SIDED:
            continue
        between = low[i + 1 : tokens.at(beside.span[0])]
        behind = low[tokens.at(beside.span[1] - 1) + 1 :][:2]
        on_side = between[:1] == ("on",) and ("side" in between or "side" in behind)
        if not on_side and not {"alongside", "beside"} & set(between[:1]):
            continue
        after = low[tokens.at(before[-1].span[1] - 1) + 1 :][:2]
        if words("relative").isdisjoint(after) and not same_side(before[-1], beside):
            found.append((before[-1], beside))
    return found
