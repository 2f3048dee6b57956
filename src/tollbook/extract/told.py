"""Which of the clauses that may tell an act do tell one, and which of these acts the report leaves without a place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from tollbook.extract.act import Act
from tollbook.extract.acts import Trigger
from tollbook.extract.doers import same_doer
from tollbook.extract.senders import stopped_weapons
from tollbook.extract.story import Story
from tollbook.extract.words import phrases, words
from tollbook.model import DateRange

_HARMS = ("killed", "injured", "abducted", "missing", "detained", "displaced")
_BEFORE = 3  # tokens from "condemned" to the word for the act
_TAKES = ("arrests", "peaceful_protest", "territory_taken", "territory_regained")
_WEEK = 7  # days: what is told more exactly than this is told of a day
_NOT_BY_DAY = frozenset({"armed_clash", "peaceful_protest", "arrests", "abduction"})
_DOUBTED = frozenset({"unreal", "denied", "alleged", "habitual", "statistic"})


def acts_told(candidates: Sequence[Act]) -> list[Act]:
    """The candidates that are acts, in order; where none is, those that would be with a place."""
    found = []
    for n, act in enumerate(candidates):
        if _counts(act) or _dated_deed(act) or _placed_next(act, candidates[n + 1 :]):
            found.append(act)
        elif (last := _goes_on(act, candidates[:n])) is not None:
            found.append(replace(act, places=last.places))
    return found


def acts_nowhere(candidates: Sequence[Act]) -> list[Act]:
    """The candidates that are acts without a place, good enough where the report tells none with one."""
    return [a for a in candidates if _counts_nowhere(a)]


def _counts(act: Act) -> bool:
    """Is the candidate an act at all: harm or a told act, not an accident, not a habit without a toll?"""
    if any(f.harm in _HARMS for f in act.figures):
        return True
    if act.title:
        return False
    if "habitual" in act.flags or "statistic" in act.flags:
        return False
    if "anaphora" in act.flags and not _goes_into(act):
        return False
    events = _events(act)
    if events and all(_spoken_of(act, t) for t in events):
        return False
    if not events:
        return bool(act.blames) and bool(act.places) and any(_done(act, t) for t in act.triggers)
    return bool(act.places or act.sites) or _of_a_day(act, events)


def _goes_into(act: Act) -> bool:
    """Does a clause that refers back to an act, and counts nobody, tell one: ground taken, or where it was?

    "The clashes were in Bria", "after the fighting they captured Baoro"; but not "people fled the
    attack to Bangui", which goes on with an act told.
    """
    if any(t.kind == "take" for t in act.triggers):
        return True
    return bool(act.places) and act.marks.telling.has("anaphora", 0, 1)


def _done(act: Act, trigger: Trigger) -> bool:
    """Does a word of no type tell a deed, not the end or the lack of one ("an end to the bombings in Homs")?"""
    before = act.marks.tokens.low[max(0, trigger.first - _BEFORE) : trigger.first]
    return trigger.kind == "generic" and words("not_done").isdisjoint(before)


def _of_a_day(act: Act, events: Sequence[Trigger]) -> bool:
    """Is it told without a place by its doer and its one day, or as ground taken there that day?

    "The rebels launched an offensive on Friday"; "fighters entered the city on June 25".
    """
    one_day = any(d.start and d.start == d.end for d in act.dates)
    if {"unreal", "anaphora"} & act.flags or not one_day or _stopped_on_the_way(act):
        return False
    return _there(act) if all(t.type in _TAKES for t in events) else bool(act.blames)


def _there(act: Act) -> bool:
    """Does it say where by what was named before ("entered the city", "captured those villages")?"""
    low, areas, pointers = act.marks.tokens.low, words("areas"), words("the_named")
    return any(
        low[i] in areas and low[i - 1] in pointers and low[i + 1 : i + 2] != ("of",)
        for i in range(act.first + 1, act.last)
    )


def _events(act: Act) -> list[Trigger]:
    return [t for t in act.triggers if t.kind in ("event", "take")]


def _spoken_of(act: Act, trigger: Trigger) -> bool:
    """Does somebody only condemn or praise the act ("Leaders in Goma condemned the killing"), no place behind it?"""
    tokens = act.marks.tokens
    before = tokens.low[max(act.first, trigger.first - _BEFORE) : trigger.first]
    if not any(w.startswith(phrases("judges_stems")) for w in before):
        return False
    return not any(tokens.at(p.span[0]) >= trigger.last for p in act.places)


def _counts_nowhere(act: Act) -> bool:
    events = any(t.kind == "event" and t.type not in _TAKES for t in act.triggers)
    return events and not act.title and bool(act.blames or act.dates) and not {"habitual", "statistic"} & act.flags


# --- acts told without a place -------------------------------------------------------------------


def _dated_deed(act: Act) -> bool:
    """Is it a deed of a side named, on a day or in a week told ("M23, which was blamed for a raid last week")?"""
    if act.title or act.figures or act.marks.places or _DOUBTED & act.flags or _stopped_on_the_way(act):
        return False
    deeds = [t for t in act.triggers if t.kind == "event" and t.type not in _NOT_BY_DAY]
    named = any(not b.actor.generic for b in act.blames)
    return named and any(_done_on(act, t, d) for t in deeds for d in act.dates)


def _done_on(act: Act, deed: Trigger, date: DateRange) -> bool:
    """Is the deed told of a day or week, and that not the one on which somebody spoke ("Last week X said its raid")?"""
    if not (date.start and date.end and date.span) or (date.end - date.start).days > _WEEK:
        return False
    tokens = act.marks.tokens
    return words("said").isdisjoint(tokens.low[tokens.at(date.span[0]) : deed.first])


def _goes_on(act: Act, before: Sequence[Act]) -> Act | None:
    """The act that the sentence before tells with its place, where this is another deed of the same side.

    "M23 fighters seized Kiwanja on Monday. The M23 burned trucks and dug trenches": so the trucks burned there.
    """
    if act.title or act.figures or act.places or act.marks.places or _DOUBTED & act.flags or _stopped_on_the_way(act):
        return None
    types = {t.type for t in _events(act)} - _NOT_BY_DAY
    last = next((a for a in reversed(before) if a.index < act.index and _counts(a)), None)
    if not types or last is None or act.index - last.index > 1 or not last.places or types & set(last.types):
        return None
    named = [b.actor for b in act.blames if not b.actor.generic]
    return last if any(same_doer(a, b.actor) for a in named for b in last.blames) else None


def _stopped_on_the_way(act: Act) -> bool:
    """Does it tell of drones or missiles that were shot down ("shot down 60 of 78 drones launched by Russia")?"""
    return bool(stopped_weapons(act.marks.tokens, act.first, act.last))


def _placed_next(act: Act, behind: Sequence[Act]) -> bool:
    """Is it a fight between sides told, whose place the next sentence tells ("... The clashes took place in Bria")?"""
    if act.title or act.places or not (act.blames and act.targets) or _DOUBTED & act.flags:
        return False
    types = {t.type for t in _events(act)}
    after = next((a for a in behind if a.index > act.index), None)
    if after is None or after.index - act.index > 1 or "anaphora" not in after.flags or not after.places:
        return False
    return bool(types & set(after.types)) and after.marks.telling.has("anaphora", 0, 1)


def unplaced(story: Story, stories: Sequence[Story]) -> bool:
    """Does the report leave open where the act was: no telling names a place, and the neighbours' is not its?

    So it is with an arrest, or a deed told by its doer and day alone, beside acts of other days ("the arrest of a
    deputy at the weekend raised tensions") or opened as news of its own ("Also on Thursday, police arrested").
    """
    body = [a for a in story.acts if not a.title]
    if not body or story.places or story.sites or story.scene is not None:
        return False
    return (story.type == "arrests" or all(_dated_deed(a) for a in body)) and all(_apart(a, stories) for a in body)


def placed_before(story: Story) -> bool:
    """Was the act given the place of the one it goes on from, so that no other place of the report is weighed?"""
    body = [a for a in story.acts if not a.title and a.places]
    own = {p.span for a in body for p in a.marks.places}
    return bool(body) and all(p.span not in own for a in body for p in a.places)


def _apart(act: Act, stories: Sequence[Story]) -> bool:
    """Is the act told with a day of its own, and opened as news of its own or beside acts of other days only?"""
    mine = [d for d in act.dates if d.start and d.end]
    if not mine:
        return False
    if act.marks.tokens.low[0] in words("opens_news"):
        return True
    near = [a for s in stories for a in s.acts if a.places and 0 < abs(a.index - act.index) <= 2 and not a.title]
    dated = [[d for d in a.dates if d.start and d.end] for a in near]
    return bool(near) and all(
        days and all(d.end < m.start or m.end < d.start for d in days for m in mine)  # type: ignore[operator]
        for days in dated
    )
