"""Who did an act that is told without a doer, where the lead of the report leaves no doubt whose campaign it tells.

"Government air strikes on towns across the province killed 32 people ... In Jasim fifteen died in four strikes": the
strikes told one by one are those of the lead. Only air strikes, shelling and gas are carried on so: a report tells of
one campaign of these, while it may tell of attacks and bombs by many hands.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tollbook.extract.blame import Blame, find_blame, is_person
from tollbook.extract.doers import SIDED, force_of
from tollbook.extract.marks import Marks
from tollbook.extract.status import same_side
from tollbook.extract.story import Story
from tollbook.extract.words import words
from tollbook.model import ActType

_CAMPAIGNS: frozenset[ActType] = frozenset({"air_strike", "shelling", "chemical_weapon"})
_BEFORE = 2  # sentences back in which the acts stand that "the strikes" are
_LEAD = 3  # sentences, the headline among them


def add_of_campaign(doers: list[list[Blame]], stories: Sequence[Story], marks: Sequence[Marks]) -> None:
    """Gives acts of a campaign, told without a doer, the one of the lead, with no rival named and no doubt told."""
    if not any(not doers[k] and s.type in _CAMPAIGNS for k, s in enumerate(stories)):
        return
    if _in_doubt(marks):
        return
    for act_type in _CAMPAIGNS:
        begun, told = _told(act_type, doers, stories, marks)
        if not told or any(not _same(told[0], other) for other in told[1:]) or _rivals(act_type, told[0], marks):
            continue
        for k, story in enumerate(stories):
            if not doers[k] and story.type == act_type and not story.acts[0].statistic:
                known = begun <= max(a.index for a in story.acts)  # not "a missile hit X. In Y, rebels shelled"
                doers[k] = list(told[0]) if known and not _answered(k, told[0], doers, stories) else []


def _answered(k: int, told: Sequence[Blame], doers: Sequence[Sequence[Blame]], stories: Sequence[Story]) -> bool:
    """Does the sentence tell another act as that side's ("X bombed Djibo after rockets killed two in Arbinda")?"""
    here = {a.index for a in stories[k].acts if a.shared}
    others = [j for j, s in enumerate(stories) if j != k and s.type != stories[k].type and doers[j]]
    return any(_same(told, doers[j]) and any(a.index in here and a.shared for a in stories[j].acts) for j in others)


def add_of_same_acts(doers: list[list[Blame]], stories: Sequence[Story]) -> None:
    """Gives "the strikes", told without a doer, that of those in the sentence before ("The raids also hit")."""
    for k, story in enumerate(stories):
        body = [a for a in story.acts if not a.title]
        if doers[k] or not body or story.acts[0].statistic:
            continue
        first = min(body, key=lambda a: a.index)
        if first.shared and not first.triggers:  # "thirty died in Shadadi and another five in Kobane"
            beside = [
                j for j, s in enumerate(stories) for a in s.acts if a.index == first.index and a.first < first.first
            ]
            doers[k] = list(doers[beside[-1]]) if beside and beside[-1] != k else []
            continue
        low = first.marks.tokens.low
        named = [t for t in first.triggers if t.kind in ("event", "generic") and _known(low, t.first)]
        if not named:
            continue
        types = {t.type for t in named} - {None}
        before = [
            (a.index, j)
            for j, other in enumerate(stories)
            for a in other.acts
            if j != k
            and doers[j]
            and 0 < first.index - a.index <= _BEFORE
            and (other.type in types or (not types and story.type in (other.type, None, "attack")))
        ]
        if before:
            doers[k] = list(doers[max(before)[1]])


def add_of_total(
    doers: list[list[Blame]], stories: Sequence[Story], marks: Sequence[Marks], parts: Mapping[int, Sequence[int]]
) -> None:
    """Gives the parts of a total its doer: "coalition strikes killed 35", "thirty of them in Shadadi".

    Not where the report doubts who did them.
    """
    if _in_doubt(marks):
        return
    for whole, ids in parts.items():
        for part in ids:
            kind = stories[whole].type
            named = kind is not None  # "militant attacks" does not say that each act was the militants'
            if kind in _CAMPAIGNS and len(ids) == 1 and _rivals(kind, doers[whole], marks):
                continue
            if not doers[part] and named and stories[part].type in (None, stories[whole].type):
                doers[part] = [b for b in doers[whole] if b.basis == "asserted"]


def _in_doubt(marks: Sequence[Marks]) -> bool:
    return any(not words("unclear").isdisjoint(m.tokens.low) for m in marks if len(m.tokens))


def _known(low: Sequence[str], i: int) -> bool:
    """Is the act told as one known already: "the strikes", "these air raids"?"""
    before = low[max(0, i - 2) : i]
    if not words("superlatives").isdisjoint(before):
        return False  # "the deadliest attack since May, when 30 died"
    return any(w in words("known") for w in before) and low[i].rstrip("s") in words("act_nouns")


def _told(
    act_type: ActType, doers: Sequence[Sequence[Blame]], stories: Sequence[Story], marks: Sequence[Marks]
) -> tuple[int, list[Sequence[Blame]]]:
    """The doers of each act of this type and each sentence that tells of such acts; none where the lead tells none.

    Those of the first sentence of the body come first: a headline shortens names. With them the first such sentence.
    """
    found: list[tuple[int, Sequence[Blame]]] = []
    for index, mark in enumerate(marks):
        if any(t.type == act_type for t in mark.telling.triggers) and len(mark.tokens):
            named = find_blame(mark.tokens, mark.telling, mark.actors, (), (), 0, len(mark.tokens))
            anyone = act_type != "air_strike"  # armed groups named beside one are seldom those who fly
            blames = [b for b in named if not is_person(b.actor) and (anyone or b.actor.who != "armed_group")]
            found += [(index, blames)] if blames else []
    found += [(s.acts[0].index, doers[k]) for k, s in enumerate(stories) if s.type == act_type and doers[k]]
    found.sort(key=lambda f: f[0])
    if not found or found[0][0] >= _LEAD:
        return 0, []
    body = next((k for k, f in enumerate(found) if marks[f[0]].sentence.kind != "title"), 0)
    return found[0][0], [found[k][1] for k in (body, *(j for j in range(len(found)) if j != body))]


def _same(a: Sequence[Blame], b: Sequence[Blame]) -> bool:
    return all(any(same_side(x.actor, y.actor) for y in b) for x in a) and all(
        any(same_side(x.actor, y.actor) for x in a) for y in b
    )


def _rivals(act_type: ActType, told: Sequence[Blame], marks: Sequence[Marks]) -> bool:
    """Does the report name another side beside such acts or their weapons, whose they may be ("Russian jets")?"""
    kinds = {b.actor.who for b in told}
    if not kinds <= set(SIDED):
        return True
    for mark in marks:
        beside = any(t.type == act_type for t in mark.telling.triggers)
        for actor in (a for a in mark.actors if a.who in kinds):
            armed = force_of(actor) != actor
            if armed and actor.countries and all(b.actor.generic for b in told):
                return True  # "the government" may not be the state whose jets are named
            if (armed or beside) and not any(same_side(actor, b.actor) or same_side(b.actor, actor) for b in told):
                return True
    return False
