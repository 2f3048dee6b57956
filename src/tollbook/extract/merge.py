"""Merges the tellings of one act within a report: headline, lead, details, later toll.

A candidate act joins the act told before it that it fits best (`same_act.py`); below the weight `join` it opens an act
of its own.
"""

from __future__ import annotations

from collections.abc import Sequence

from tollbook.extract.act import Act
from tollbook.extract.advice import Advice
from tollbook.extract.same_act import dates_fit, fit, may_tell, nested, types_fit, weights
from tollbook.extract.scenes import width
from tollbook.extract.story import Story, fold

_LEAD = 3  # sentences, the headline among them


def merge_acts(acts: Sequence[Act], advice: Advice | None = None) -> list[Story]:
    """The stories of a report, in order of their first body telling. Headline acts are placed last."""
    stories: list[Story] = []
    for act in (a for a in acts if not a.title):
        _place(stories, act, advice)
    headline = [a for a in acts if a.title]
    for act in headline:
        best = _best(stories, act, advice)
        if best is not None:
            best.add(act)
        else:
            stories.insert(0, Story([act]))
    return _with_detail(stories)


def _with_detail(stories: list[Story]) -> list[Story]:
    """The lead's toll over a province, or without a place, joined by the one telling that gives its place.

    "An air strike in Idlib province killed 26 ... In Hass, medics counted 20": where only one act of the report lies
    there, is of the lead's type and days, and has half its dead or more, it is that act told closer; where several do,
    the lead sums them up.
    """
    lead = next((s for s in stories if s.main() and not all(a.title for a in s.acts)), None)
    first = lead.acts[0] if lead is not None else None
    if lead is None or first is None or first.title or first.index > _LEAD or lead.type is None:
        return stories
    wide = not lead.places or width(lead.places[0]) > 0
    if not wide or first.statistic or first.split or first.stretch or "sums" in first.flags:
        return stories
    if sum(width(p) > 0 for p in first.places) > 1:
        return stories
    dead = _most(lead)
    closer = [s for s in stories if s is not lead and _may_detail(lead, s) and _most(s) <= dead]
    if len(closer) != 1 or 2 * _most(closer[0]) < dead:
        return stories
    if not first.one and closer[0].acts[0].one:
        return stories  # "strikes on towns across Daraa killed 20 ... In Jasim eleven died in an air strike": a part
    if "another" in closer[0].acts[0].flags or any(f.more for f in closer[0].main()):
        return stories
    for act in closer[0].acts:
        lead.add(act)
    return [s for s in stories if s is not closer[0]]


def _most(story: Story) -> int:
    return max((f.min or 0 for f in story.main()), default=0)


def _may_detail(lead: Story, story: Story) -> bool:
    """May the story be what the lead tells: a toll told later, of its type and days, in its place?"""
    act = story.acts[0]
    if not story.main() or act.statistic or act.index < lead.acts[0].index or all(a.title for a in story.acts):
        return False
    if types_fit(lead, act) not in ("type_same", "type_among", "type_open") or dates_fit(lead, act) == "date_differs":
        return False
    if not lead.places or not story.places:
        return True
    return nested(lead.places[0], story.places[0]) or fold(lead.places[0].name) in {fold(p.name) for p in story.places}


def _place(stories: list[Story], act: Act, advice: Advice | None) -> None:
    best = _best(stories, act, advice)
    if best is None and act.describes and not act.told:
        return  # who the dead were, of a toll that the report does not give
    if best is None and act.unhurt and not act.types:
        return  # "none of them was killed": of an act told elsewhere
    if best is None:
        stories.append(Story([act]))
    else:
        best.add(act)


def _best(stories: list[Story], act: Act, advice: Advice | None) -> Story | None:
    if act.describes and (toll := _described(stories, act)) is not None:
        return toll
    recent = next((s for s in reversed(stories) if may_tell(s, act)), None)
    scored = [
        (fit(story, act, recent=story is recent, alone=len(stories) == 1, advice=advice), k)
        for k, story in enumerate(stories)
        if may_tell(story, act)
    ]
    good = [s for s in scored if s[0] >= weights()["join"]]
    return stories[max(good)[1]] if good else None


def _described(stories: list[Story], act: Act) -> Story | None:
    """The story whose toll an act that only says who the dead were is about: the last told that is large enough."""
    needed = max(f.min or f.max or 0 for f in act.figures)
    harm = act.figures[0].harm
    large = [s for s in stories if any((f.min or f.max or 0) >= needed for f in s.main(harm))]
    return max(large, key=lambda s: s.acts[-1].index, default=None)
