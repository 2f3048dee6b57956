"""What holds of a place a report names, as traits with a name each: by itself, and beside one act.

By itself: the words before and behind it, how it is joined to the names beside it, whether it is a capital, lies
abroad or stands in the dateline. Beside an act: in its clause or so many sentences off, on which side of the harm.
`extract/choice.py` weighs them.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache

from tollbook.extract.marks import Marks
from tollbook.extract.scenes import cared_for, elsewhere, measured_from, width
from tollbook.extract.story import Story, fold
from tollbook.extract.words import phrases, words
from tollbook.model import Place
from tollbook.resolve.countries import countries
from tollbook.resolve.place_text import place_words

Traits = dict[str, float]

FILED = -1  # the sentence of what stands in the dateline
_LEAD = 2  # first sentences of the body
_EARLY = 3  # sentences, the headline among them, in which an act is told where the report was filed
_NEAR = 12  # sentences; what is named farther from the act stands for one choice, its first mention
_SIDE = 5  # tokens between a name and the word of harm from which on it no longer stands at its side
_AWAY = 12
_JOINED = 5  # tokens between two names from which on nothing joins them
_TELLS = 14  # tokens before a name in which "happened" or "were called to" is said of it
_BESIDE = 4  # characters between a name and a day that belong together ("in Kabul on Monday")


@dataclass(frozen=True, slots=True)
class Mention:
    """A place named in sentence `index` at `token`, with the traits that hold whatever act it is weighed for."""

    index: int
    token: int
    place: Place
    key: str
    traits: Traits


# --- whatever the act ----------------------------------------------------------------------------


def mentions(marks: Sequence[Marks]) -> list[Mention]:
    """Every place named below a country, with its traits: those of the dateline, then the others in order."""
    named = Counter(fold(p.name) for m in marks for p in m.places)
    spoken = Counter(p.country for m in marks for p in m.places if p.country)
    main = max(spoken, key=lambda code: spoken[code], default=None)
    titled = {fold(p.name) for m in marks if m.sentence.kind == "title" for p in m.places}
    lead = next((n for n, m in enumerate(marks) if m.sentence.kind != "title"), 0)
    out = [_filed(p, named, main) for m in marks[:1] for p in m.filed if p.level not in (None, "country")]
    for index, mark in enumerate(marks):
        here = [p for p in mark.places if p.level != "country"]
        for n, place in enumerate(here):
            key = fold(place.name)
            traits = {"named often": math.log(named[key])}
            if measured_from(mark, place):
                traits["measured from"] = 1.0
            traits.update((name, 1.0) for name in _of_place(place, main))
            traits.update((name, 1.0) for name in _place_words(mark, place))
            traits.update((name, 1.0) for name in _neighbours(mark, place, here, n))
            if mark.sentence.kind != "title":
                if key in titled:
                    traits["in the title too"] = 1.0
                if index < lead + _LEAD:
                    traits["lead"] = 1.0
            out.append(Mention(index, mark.tokens.at(place.span[0]), place, key, traits))
    return out


def _filed(place: Place, named: Counter[str], main: str | None) -> Mention:
    key = fold(place.name)
    traits = {"dateline": 1.0, f"dateline, width {width(place)}": 1.0, "named often": math.log(1 + named[key])}
    if place.country != main:
        traits["abroad"] = 1.0
    if place.name.casefold() in _capitals():
        traits["dateline, capital"] = 1.0
    return Mention(FILED, 0, place, key, traits)


@cache
def _capitals() -> frozenset[str]:
    return frozenset(c.capital.casefold() for c in countries().values() if c.capital)


def _of_place(place: Place, main: str | None) -> Iterator[str]:
    yield f"width {width(place)}"
    if place.gazetteer_id is None:
        yield "unknown"
    if place.country is not None and place.country != main:
        yield "abroad"
    if place.name.casefold() in _capitals():
        yield "capital"


def _place_words(mark: Marks, place: Place) -> Iterator[str]:
    """The word before it, and what the words beside it call it or tell of it."""
    low, small = mark.tokens.low, words("small_place")
    first, last = mark.tokens.at(place.span[0]), mark.tokens.at(place.span[1] - 1) + 1
    k = first - 1
    while k >= max(0, first - 3) and low[k] in words("said_of_place"):
        k -= 1
    if k < max(0, first - 3):
        yield "before: start"
    elif low[k] in words("before_place"):
        yield f"before: {low[k]}"
        if words("said") & set(low[max(0, k - 5) : k]):
            yield "where it is said"
    if _of_person(low, k):
        yield "home of a person"
    if in_block(mark, place):
        yield "block or corner"
    if took_place(mark, place):
        yield "where it took place"
    elif called_to(mark, place):
        yield "where they were called"
    if elsewhere(mark, place):
        yield "origin"
    if cared_for(mark, place):
        yield "where they were treated"
    if small & set(low[max(0, first - 2) : first]) or (last < len(low) and low[last] in small):
        yield "called small"
    if last < len(low) and mark.tokens.ends[last - 1] == place.span[1]:
        if low[last] in place_words().people_after or low[last] in place_words().civic:
            yield "after: people"
        elif low[last] in words("said"):
            yield "after: says"
    days = [d.span for d in mark.dates if d.span is not None]
    if any(0 <= a - place.span[1] <= _BESIDE or 0 <= place.span[0] - b <= _BESIDE for a, b in days):
        yield "beside a day"


def in_block(mark: Marks, place: Place) -> bool:
    """Does the name stand behind what makes it an address ("the 400 block of", "the corner of")?"""
    low, first = mark.tokens.low, mark.tokens.at(place.span[0])
    return first > 1 and low[first - 1] == "of" and low[first - 2].endswith(phrases("spots"))


def took_place(mark: Marks, place: Place) -> bool:
    """Is something said to have happened, in the words before the name?"""
    first = mark.tokens.at(place.span[0])
    return not words("took_place").isdisjoint(mark.tokens.low[max(0, first - _TELLS) : first])


def called_to(mark: Marks, place: Place) -> bool:
    """Were police or helpers sent, in the words before the name?"""
    first = mark.tokens.at(place.span[0])
    return not words("called_to").isdisjoint(mark.tokens.low[max(0, first - _TELLS) : first])


def of_person(mark: Marks, place: Place) -> bool:
    """Is it where somebody is from ("Omar Gutierrez, 40, of the 900 block of Alder Street")?"""
    low, k = mark.tokens.low, mark.tokens.at(place.span[0]) - 1
    while k > 0 and (low[k] in ("the", "of", "block") or low[k].endswith(phrases("spots")) or low[k].isdigit()):
        if _of_person(low, k):
            return True
        k -= 1
    return _of_person(low, k)


def _of_person(low: Sequence[str], k: int) -> bool:
    """Does "of" or "from" behind an age or a comma stand before the name ("Omar Gutierrez, 40, of Phoenix")?"""
    at = k if k >= 0 and low[k] == "from" else k + 1
    return 0 < at < len(low) and low[at] in ("of", "from") and (low[at - 1] == "," or low[at - 1].isdigit())


def _neighbours(mark: Marks, place: Place, here: Sequence[Place], n: int) -> Iterator[str]:
    """How it is joined to the names before and behind it in the sentence, and which of them hold it."""
    if n == 0:
        yield "first of its sentence"
    others = [p for p in here if p is not place]
    if any(is_in(p, place) for p in others):
        yield "holds another"
    if any(is_in(place, p) for p in others):
        yield "held by another"
    low, at = mark.tokens.low, mark.tokens.at
    if n + 1 < len(here):
        yield from _joint("then", low[at(place.span[1] - 1) + 1 : at(here[n + 1].span[0])])
    if n:
        yield from _joint("behind", low[at(here[n - 1].span[1] - 1) + 1 : at(place.span[0])])


def is_in(inner: Place, outer: Place) -> bool:
    """Is `outer` the province or district of `inner`, by its name?"""
    name = fold(outer.name)
    return any(name in fold(x) for x in (inner.admin1, inner.admin2) if x)


def _joint(side: str, between: Sequence[str]) -> Iterator[str]:
    if len(between) > _JOINED:
        return
    if "and" in between or "or" in between or "&" in between:
        yield f"{side} and"
    elif "in" in between or "of" in between:
        yield f"{side} in"
    elif words("compass") & set(between) or "near" in between:
        yield f"{side} near"
    elif "," in between and len(between) <= 2:
        yield f"{side} comma"


# --- beside one act ------------------------------------------------------------------------------


def standing(story: Story, told: Mention, marks: Sequence[Marks]) -> Iterator[str]:
    """Where the mention stands beside the act: in its clause, in its sentence, so many sentences off."""
    if told.index == FILED:
        yield "filed, act in the lead" if min(a.index for a in story.acts) <= _EARLY else "filed, act later"
        return
    mark = marks[told.index]
    title = mark.sentence.kind == "title"
    if title:
        yield "title"
    body = [a.index for a in story.acts if not a.title] or [a.index for a in story.acts]
    if in_clause(story, told):
        if title:
            yield "clause of the title"
            return
        yield "clause"
        yield "first clause" if told.index == min(body) else "later clause"
    elif told.index in body:
        yield "sentence"
    elif not title:
        near = min(body, key=lambda i: abs(i - told.index))
        gap = abs(told.index - near)
        far = str(gap) if gap < 3 else "3" if gap < 5 else "far"
        yield f"{'after' if told.index > near else 'ahead'} {far}"
        if mark.sentence.paragraph == marks[near].sentence.paragraph:
            yield "same paragraph"
        if mark.telling.flags.get("anaphora"):
            yield "anaphora"


def in_clause(story: Story, told: Mention) -> bool:
    """Does a clause that tells the act name the place?"""
    for act in story.acts:  # noqa: SIM110 - the hot path: a generator costs twice as much
        if act.index == told.index and act.first <= told.token < act.last:
            return True
    return False


def beside_harm(story: Story, told: Mention, named: Sequence[Mention]) -> Iterator[str]:
    """On which side of the act's word of harm the mention stands, how near, and whether another stands between."""
    acts = [a for a in story.acts if a.index == told.index]
    harms = [a.marks.tokens.at(f.cue[0]) for a in acts for f in a.figures]
    tells = [t.first for a in acts for t in a.triggers if t.kind != "means"]
    cues = harms or tells or [t.first for a in acts for t in a.triggers]
    if not cues:
        return
    gap = min((told.token - c for c in cues), key=abs)
    size = "beside" if abs(gap) <= _SIDE else "near" if abs(gap) <= _AWAY else "away"
    yield f"{'ahead of' if gap < 0 else 'behind'} the harm, {size}"
    near = min([*harms, *tells] or cues, key=lambda c: abs(told.token - c))
    low, high = sorted((told.token, near))
    if any(m.index == told.index and low < m.token < high for m in named):
        yield "another between"


def told_apart(story: Story, told: Mention, others: Sequence[Story]) -> Iterator[str]:
    """Whether a clause of another act names the place, and whether that one counts victims of its own.

    A sentence without figures, or with this act's, often tells the same act again and says where it was.
    """
    acts = [a for other in others for a in other.acts if a.index == told.index and a.first <= told.token < a.last]
    if not acts:
        return
    yield "clause of another act"
    theirs = {(f.harm, f.min, f.max) for a in acts for f in a.figures if f.counted}
    if not theirs:
        yield "clause of another act, no figure"
    elif any((f.harm, f.min, f.max) in theirs for a in story.acts for f in a.figures):
        yield "clause of another act, same figure"


def within_reach(story: Story, named: Sequence[Mention]) -> Iterator[Mention]:
    """Mentions near the act, and the first of every name that is told only far from it."""
    first, last = min(a.index for a in story.acts), max(a.index for a in story.acts)
    seen: set[str] = set()
    for told in named:
        if first - _NEAR <= told.index <= last + _NEAR or told.key not in seen:
            seen.add(told.key)
            yield told
