"""A toll told place by place in one clause: "21 killed, 15 in Manbij and another six in Tukhar"."""

from __future__ import annotations

from dataclasses import replace

from tollbook.extract.act import Act
from tollbook.extract.groups import vocabulary
from tollbook.extract.marks import Marks, inside
from tollbook.extract.tokens import Tokens
from tollbook.extract.words import words
from tollbook.model import Count, Place, Span, Who

_OF_ALL = (None, "them", "people", "persons")  # what a part is counted as that is told by where it died, not by who
_ASIDE = 9  # tokens of who some of the counted were, between commas
_NOUN = 3  # tokens from a number to the noun of the people counted


def sites(act: Act) -> list[Act]:
    """The acts of a toll told place by place: "21 killed, 15 in Manbij and another six in Tukhar".

    Each place's number, bare of a word of harm, is an act of its own. The first number is their sum (`split`),
    unless it has a place too ("18 died in Yangon and 12 in Mandalay").
    """
    whole = next((f for f in act.figures if f.harm == "killed" and f.part_of is None and f.counted), None)
    if whole is None or whole.min is None:
        return []
    marks, tokens = act.marks, act.marks.tokens
    found: list[Act] = []
    for count in marks.counts:
        if not inside(marks, count.span, act.first, act.last) or count.span[0] <= whole.span[1] or count.min is None:
            continue
        told = next((f for f in marks.figures if f.span[0] < count.span[1] and count.span[0] < f.span[1]), None)
        if told is not None and (told.cue != whole.cue or told.harm != whole.harm):
            continue
        after, who = _people_behind(marks, count, bare=told is not None)
        counted, after = after, _past_aside(tokens, after)
        if after >= len(tokens) or tokens.low[after] not in words("lies"):
            continue
        place = next((p for p in marks.places if after < tokens.at(p.span[0]) <= after + 6), None)
        if place is None or place.level == "country" or not _ends_behind(marks, place):
            continue
        figure = replace(whole, span=count.span, min=count.min, max=count.max, approx=count.approx, word=count.word)
        if who is not None:
            figure = replace(figure, who=who)
        days = [d for d in act.dates if d.span is not None and _told_behind(marks, place, d.span)]
        aside = [f for f in act.figures if after > counted <= tokens.at(f.span[0]) < after]
        figures = [told or figure, *(replace(f, part_of=None, among_dead=True) for f in aside)]
        ends = max(tokens.at(span[1] - 1) + 1 for span in (place.span, *(d.span for d in days)) if span is not None)
        telling = replace(act, first=tokens.at(count.span[0]), last=ends, dates=days) if days else act
        found.append(replace(telling, figures=figures, places=[place], shared=True))
    own = {p.span for site in found for p in site.places}
    rest = [p for p in act.places if p.span not in own]
    listed = [site.figures[0] for site in found]
    held = bool(found) and all(f.part_of is not None and f.head in _OF_ALL for f in listed)  # "including seven in Dori"
    parts = (held or len(found) >= 2) and sum(f.min or 0 for f in listed) <= whole.min
    first_site = found and not held and any(whole.span[1] < p.span[0] < found[0].figures[0].span[0] for p in rest)
    if not parts and not first_site:
        return []
    spans = {f.span for site in found for f in site.figures}
    act.figures = [f for f in act.figures if f.span not in spans]
    act.split = parts and not first_site
    act.places = rest if held else rest or act.places
    if first_site:
        act.dates = [d for d in act.dates if all(d not in site.dates or site.dates is act.dates for site in found)]
    return [replace(site, figures=[replace(f, part_of=None) for f in site.figures]) for site in found]


def _people_behind(marks: Marks, count: Count, *, bare: bool) -> tuple[int, Who | None]:
    """The token behind the people counted, and their class where a noun tells it ("three border guards in Zinder")."""
    tokens = marks.tokens
    after, who = tokens.at(count.span[1] - 1) + 1, None
    while after < len(tokens) and tokens.low[after] in ("others", "more", "people", "civilians", "other"):
        after += 1
    opened = tokens.low[tokens.at(count.span[0]) - 1] in ("and", ",", ";", "plus")
    noun = next((i for i in range(after, min(after + _NOUN, len(tokens))) if tokens.low[i] in vocabulary().who), None)
    if not bare and opened and noun is not None and all(w.isalpha() for w in tokens.low[after:noun]):
        after, who = noun + 1, vocabulary().who[tokens.low[noun]]
    elif bare and noun is not None:
        after = noun + 1
    return after, who


def _past_aside(tokens: Tokens, i: int) -> int:
    """Past who they were, between commas: "13 others, among them four women, in Bara"; else `i`."""
    if tokens.low[i : i + 1] != (",",) or i + 1 >= len(tokens) or tokens.low[i + 1] not in (*words("include"), "among"):
        return i
    end = next((k for k in range(i + 2, min(i + _ASIDE, len(tokens))) if tokens.low[k] == ","), None)
    return i if end is None else end + 1


def _told_behind(marks: Marks, place: Place, span: Span) -> bool:
    """Does the day stand behind the place, no number between ("13 in Bara a day later")?"""
    between = (place.span[1], span[0])
    return between[0] <= between[1] and not any(between[0] <= c.span[0] < between[1] for c in marks.counts)


def _ends_behind(marks: Marks, place: Place) -> bool:
    """Does the place end what is told of those counted, no verb behind it ("and 300 people in Kano protested")?"""
    end = marks.tokens.at(place.span[1] - 1) + 1
    behind = marks.tokens.low[end : end + 1]
    if not behind or not behind[0].isalpha() or behind[0] in words("behind_place"):
        return True
    if any(d.span is not None and marks.tokens.at(d.span[0]) == end for d in marks.dates):
        return True
    return any(marks.tokens.at(p.span[0]) <= end < marks.tokens.at(p.span[1] - 1) + 1 for p in marks.places)
