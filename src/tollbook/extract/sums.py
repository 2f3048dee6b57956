"""Acts hidden in the sum of them: "air raids killed 35 overnight ... 30 died around Shadadi, another five near Kobane".

A smaller toll told of a place of its own is first read as one more telling of the larger toll told before it. Where it
makes that toll together with the tolls of acts told apart, the larger one is their sum (GUIDELINES, "scope": total).
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

from tollbook.extract.act import Act
from tollbook.extract.oneormany import names_many_acts
from tollbook.extract.scenes import width
from tollbook.extract.story import Story, fold
from tollbook.extract.totals import LARGE_KM

_LEAST = 4  # dead: two smaller tolls make three too easily
_MOST_PARTS = 6  # tolls tried; more of them make almost any number


def without_parts(stories: Sequence[Story]) -> list[tuple[Story, list[Story]]]:
    """The stories that sum up acts told in them or right after them, each with those acts, in the order told."""
    found: list[tuple[Story, list[Story]]] = []
    taken: list[Story] = []
    for story in stories:
        first = next((a for a in story.acts if not a.title and _dead(a) is not None), None)
        whole = _dead(first) if first is not None else None
        if first is None or whole is None or whole < _LEAST or first.statistic or first.one:
            continue
        inner = [a for k, a in enumerate(story.acts) if a is not first and _of_its_own(story, k, first, whole)]
        beside = [s for s in stories if s is not story and _later(s, first, whole) and not any(s is t for t in taken)]
        if len(inner) + len(beside) > _MOST_PARTS:
            continue
        after = stories[next(k for k, s in enumerate(stories) if s is story) + 1 :]
        chosen = _making(whole, inner, beside) or ([], _in_a_row(first, whole, after))
        acts, others = chosen
        some = len(acts) + len(others) < 2 and _of_many(first)
        if some:  # "strikes across Taiz killed 30 in two days; seven of them died at a well in Maqbanah"
            acts, others = inner, []
        parts = [*(_cut_out(story, a, acts) for a in acts), *others]
        if len(parts) < 2 - some:
            continue
        taken += others
        kept = [a for a in story.acts if not any(a is b for p in parts for b in p.acts)]
        found.append((Story(kept, scene=story.scene), sorted(parts, key=lambda s: s.acts[0].index)))
        taken.append(story)
    return found


def _of_many(act: Act) -> bool:
    """Does the telling sum up several acts of an area or time?"""
    return "sums" in act.flags and names_many_acts(act.marks.tokens, act.first, act.last)


def _dead(act: Act) -> int | None:
    """The one number of killed that the telling gives."""
    told = [f.min for f in act.toll if f.min is not None and not f.word]
    return told[0] if len(told) == 1 and len(act.toll) == 1 else None


def _of_its_own(story: Story, k: int, first: Act, whole: int) -> bool:
    """Does the k-th telling give a smaller toll for a place other than the one that the first names?"""
    act = story.acts[k]
    dead = _dead(act)
    if act.title or dead is None or dead >= whole or act.describes or act.index <= first.index:
        return False
    places = act.places or [p for a in _leading(story, k) for p in a.places]
    if not places:
        return False
    return len(first.places) != 1 or fold(places[0].name) != fold(first.places[0].name)


def _leading(story: Story, k: int) -> list[Act]:
    """The telling without a toll in the sentence before the k-th ("Units drove the rebels from Bazam. 25 died")."""
    act = story.acts[k]
    return [a for a in story.acts[:k] if a.index == act.index - 1 and not a.title and not a.toll][:1]


def _later(story: Story, first: Act, whole: int) -> bool:
    told = [a for a in story.acts if any(not f.word for f in a.toll)]
    dead = _dead(told[0]) if told else None
    return dead is not None and dead < whole and not told[0].statistic and told[0].index >= first.index


def _toll(story: Story) -> int:
    return next(_dead(a) or 0 for a in story.acts if any(not f.word for f in a.toll))


def _in_a_row(first: Act, whole: int, after: Sequence[Story]) -> list[Story]:
    """The first stories that follow a toll told of no one place, if their tolls make it."""
    one_place = len(first.places) == 1 and width(first.places[0]) == 0 and (first.places[0].radius_km or 0) < LARGE_KM
    if one_place or whole <= _LEAST or "sums" in first.flags:
        return []
    row: list[Story] = []
    for story in after:
        if any(not f.word for a in story.acts for f in a.toll):
            if not _later(story, first, whole):
                break
            row.append(story)
            if len(row) > 1 and sum(_toll(s) for s in row) == whole:
                return row
    return []


def _making(whole: int, inner: Sequence[Act], beside: Sequence[Story]) -> tuple[list[Act], list[Story]] | None:
    """The tellings and stories that make the whole: as many as do, at least one of them told within it."""
    tolls = [(_dead(a) or 0, a, None) for a in inner]
    near = {a.index for a in inner}  # "15 died in A and six in an ambush": told in one breath
    placed = [s for s in beside if s.places or s.acts[0].index in near]
    numbers = [*((n, a, s) for n, a, s in tolls), *((_toll(s), None, s) for s in placed)]
    for size in range(len(numbers), 1, -1):
        for chosen in combinations(numbers, size):
            acts = [a for _, a, _ in chosen if a is not None]
            if acts and sum(n for n, _, _ in chosen) == whole:
                return acts, [s for _, _, s in chosen if s is not None]
    return None


def _cut_out(story: Story, act: Act, others: Sequence[Act]) -> Story:
    """The story of one act: its telling and what follows without a toll or with the same one, up to the next."""
    at = next(k for k, a in enumerate(story.acts) if a is act)
    told = [*_leading(story, at), act]
    for later in story.acts[at + 1 :]:
        if later.title or any(later is o for o in others) or (later.toll and _dead(later) != _dead(act)):
            break
        told.append(later)
    return Story(told)
