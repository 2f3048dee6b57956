"""Reads each stretch of a sentence that tells one act (`cuts.py`) as a candidate act."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

from tollbook.extract.acts import Trigger, type_of
from tollbook.extract.agents import own_toll
from tollbook.extract.blame import Blame, find_blame, speaks
from tollbook.extract.clashes import clash_sides, clash_with
from tollbook.extract.cuts import clauses, day_before, stands_alone
from tollbook.extract.figure import Figure
from tollbook.extract.groups import vocabulary
from tollbook.extract.marks import Marks, inside
from tollbook.extract.oneormany import brings_sum, brought_to_one, names_many_acts, names_one_act
from tollbook.extract.recalled import Taken, taken_before
from tollbook.extract.scenes import (
    as_called,
    elsewhere,
    finest_first,
    is_scene,
    is_site,
    measured_from,
    stands_for_state,
    width,
)
from tollbook.extract.status import with_thwarted
from tollbook.extract.tokens import Tokens
from tollbook.extract.told_days import day_of, is_counted_on, is_said_on, since_when
from tollbook.extract.turns import in_turn
from tollbook.extract.words import words
from tollbook.model import Actor, ActType, Count, DateRange, Harm, Place, Span, Who

_ROLE_CLASS: dict[str, Who] = {
    "police": "state_forces", "soldier": "state_forces", "fighter": "armed_group", "commander": "armed_group",
}  # fmt: skip
_OF_PERSONS: tuple[Harm, ...] = ("killed", "injured", "abducted", "detained")
_WEIGHED = 8  # tokens from "the fall of" to "would"
_OF_ALL = (None, "them", "people", "persons")  # what a part is counted as that is told by where it died, not by who
_NOUN = 3  # tokens from a number to the noun of the people counted
_SUPPORT = 9  # tokens from "backed by" to the weapon
_RELATIVE = 16  # tokens from the verb of taking to the comma that ends its clause
_SUM_DAYS = 2
_SUM_FROM = 10
_MANY_IN_A_YEAR = 10  # people: as many killed in a year, told without an act, are taken for several acts' dead
_LONG_DAYS = 45
_LEAD = 4
_VAGUE_WAR = 200  # "hundreds" told in passing, past the lead, is what a war or campaign cost
_NEXT = 2  # characters between a name and the noun that describes it
_WHOLE_WAR = 5000  # no single act of the gold reports is told with as many dead; figures from here on sum up wars


@dataclass
class Act:
    """One telling of an act: a clause with its figures, type, places, dates and actors.

    What follows from these is worked out once: an act is not changed after `candidate_acts` gave it out.
    """

    marks: Marks
    index: int
    first: int
    last: int
    figures: list[Figure]
    triggers: list[Trigger]
    types: Counter[ActType]
    places: list[Place]
    dates: list[DateRange]
    blames: list[Blame]
    targets: list[Actor]
    flags: frozenset[str]
    title: bool
    shared: bool = False
    split: bool = False
    said_on: list[DateRange] = field(default_factory=list)
    harms: frozenset[str] = field(default_factory=frozenset)
    sites: list[Place] = field(default_factory=list)  # streets, hospitals, airports: named, finer than `places`

    @cached_property
    def statistic(self) -> bool:
        """Does the clause give a figure for a whole war or a long stretch of time?"""
        if not self.counted:
            return False
        nearest = self.nearest_date
        days = (nearest.end - nearest.start).days if nearest and nearest.start and nearest.end else None
        toll = max([f.min or f.max or 0 for f in self.counted if f.harm != "injured"], default=0)
        if nearest and days is not None and days > _LONG_DAYS and not since_when(self.marks, nearest):
            return not self._in_a_year(nearest)
        if self.index > _LEAD and all(f.word and (f.min or 0) >= _VAGUE_WAR for f in self.counted):
            return True
        return "statistic" in self.flags or toll >= _WHOLE_WAR or ("years" in self.flags and self._up_to_now())

    def _up_to_now(self) -> bool:
        """ "Have killed thousands in a decade", "killed 300 in two years", not "the deadliest in ten years"."""
        low = self.marks.tokens.low[self.first : self.last]
        counted = any(w in ("have", "has") for w in low) or (bool(self.toll) and not self.dates)
        return counted and words("superlatives").isdisjoint(low)

    def _in_a_year(self, date: DateRange) -> bool:
        """Is one act told of a year or month ("a bombing in 1995 killed 40", "in 2014 gunmen killed two in Quetta")?"""
        if date.precision not in ("month", "year") or self.one:
            return date.precision in ("month", "year")
        several = names_many_acts(self.marks.tokens, self.first, self.last)
        perfect = any(w in ("have", "has") for w in self.marks.tokens.low[self.first : self.last])
        few = max(f.min or f.max or 0 for f in self.counted) < _MANY_IN_A_YEAR
        return bool(self.blames and self.places) and few and not several and not perfect

    @cached_property
    def one(self) -> bool:
        """Does the clause name one act, not several?"""
        tokens, first, last = self.marks.tokens, self.first, self.last
        return names_one_act(tokens, first, last) and not names_many_acts(tokens, first, last)

    @cached_property
    def counted(self) -> list[Figure]:
        """The figures told by a number."""
        return [f for f in self.figures if f.counted]

    @cached_property
    def wholes(self) -> list[Figure]:
        """Those that are part of no other."""
        return [f for f in self.counted if f.part_of is None]

    @cached_property
    def toll(self) -> list[Figure]:
        """Those of them that tell the killed."""
        return [f for f in self.wholes if f.harm == "killed"]

    @cached_property
    def persons(self) -> frozenset[str]:
        """The last words, in lower case, of the names of those told one by one as harmed."""
        here = [v for v in self.marks.victims if v.name and inside(self.marks, v.span, self.first, self.last)]
        return frozenset(v.name.split()[-1].lower() for v in here if v.name and v.harm in _OF_PERSONS)

    @cached_property
    def describes(self) -> bool:
        """Does the clause only say who the dead or wounded of a toll told elsewhere were?"""
        return bool(self.figures) and all(f.among_dead for f in self.figures) and not self.places

    @property
    def unhurt(self) -> bool:
        """Does the clause only say that nobody was hurt?"""
        return bool(self.figures) and all(f.max == 0 for f in self.figures)

    @property
    def events(self) -> list[Trigger]:
        """The words that tell that something was done."""
        return [t for t in self.triggers if t.kind == "event"]

    @cached_property
    def nearest_date(self) -> DateRange | None:
        """The date that stands nearest to the first figure's word of harm, without figures to the word for the act."""
        if not self.figures and not self.events:
            return self.dates[0] if self.dates else None
        at = self.figures[0].cue[0] if self.figures else self.events[0].span[0]
        told = [d for d in self.dates if d.span]
        return min(told, key=lambda d: abs(d.span[0] - at) if d.span else 0) if len(told) > 1 else (*told, None)[0]

    @property
    def stretch(self) -> bool:
        """Does the clause sum up several days over an area ("136 civilians killed since Saturday")?"""
        if not any(f.counted and (f.min or f.max or 0) >= _SUM_FROM for f in self.figures):
            return False
        if not self.places and "there" in self.marks.tokens.low[self.first : self.last]:
            return False  # of the place told before
        near = self.nearest_date
        long = near is not None and near.start and near.end and (near.end - near.start).days >= _SUM_DAYS
        told_as = max(self.types, key=lambda t: self.types[t], default=None)
        return bool(long) and (not self.places or width(self.places[0]) > 0) and told_as != "armed_clash"

    @cached_property
    def since(self) -> bool:
        """Does the clause sum up the killed since a day: "20 have been killed since Thursday"?"""
        low, at = self.marks.tokens.low, self.marks.tokens.at
        if "since" not in low[self.first : self.last]:
            return False
        return any(w in ("have", "has") for f in self.toll for w in low[max(0, at(f.cue[0]) - 3) : at(f.cue[0])])

    @cached_property
    def told(self) -> bool:
        """Does the clause itself name or tell an act, rather than add a figure to one?"""
        return any(t.kind in ("event", "take") for t in self.triggers) or (
            bool(self.blames) and any(t.kind == "generic" for t in self.triggers)
        )


def candidate_acts(all_marks: Sequence[Marks]) -> list[Act]:
    """Candidate acts of all sentences in text order."""
    acts: list[Act] = []
    for index, marks in enumerate(all_marks):
        before = taken_before(marks)
        if before is not None:
            acts.append(_ground_before(marks, index, before))
            marks = _without(marks, before.first, before.last)
        found = clauses(marks)
        taken = _taken_before(marks) if len(found) == 1 else None
        if taken is not None:
            ground = _read(marks, index, *taken, shared=True)
            marks = _without(marks, *taken)
            main = _read(marks, index, *found[0], shared=False)
            if ground is not None and main is not None and main.blames:
                acts += [replace(ground, blames=main.blames[:1]), main]
                continue
            marks = all_marks[index] if before is None else _without(all_marks[index], before.first, before.last)
        scenes = [p for p in marks.places if is_scene(marks, p) and not measured_from(marks, p)]
        stretches = [stretch for clause in found for stretch in in_turn(marks, *clause, scenes)]
        starts = {first for first, _ in found}
        for first, last in stretches:
            act = _read(marks, index, first, last, shared=len(stretches) > 1)
            if act is not None:
                went_before = "after" in marks.tokens.low[max(0, first - 1) : first + 1]
                if went_before and acts and acts[-1].marks is marks and _goes_on_from(marks, first):
                    act.blames = act.blames or acts[-1].blames  # "retook Djibo after killing 40 rebels in Arbinda"
                elif went_before:  # "shot six on Tuesday, two days after 19 died in an ambush"
                    act.blames = [b for b in act.blames if inside(marks, b.actor.span, first, last)]
                elif first not in starts and acts and acts[-1].marks is marks:  # "shot two in A, stabbed two in B"
                    act.blames, act.types = act.blames or acts[-1].blames, act.types or acts[-1].types
                if first and marks.tokens.low[first] == "when" and (day := day_before(marks, first)) is not None:
                    act.dates = [_on_its_first(day)]
                acts += [act, *_sites(act)]
    return acts


def _goes_on_from(marks: Marks, first: int) -> bool:
    """Is the subject of what stands behind "after" that of the words before ("after killing")?"""
    return marks.tokens.low[first] == "after" and marks.tokens.low[first + 1].endswith("ing")


def _ground_before(marks: Marks, index: int, taken: Taken) -> Act:
    """The act that a clause about a place tells: who took it, and when."""
    tokens, verb = marks.tokens, taken.verb
    kind: ActType = "territory_regained" if taken.actor.who == "state_forces" else "territory_taken"
    trigger = Trigger(verb, verb + 1, "take", kind, (tokens.starts[verb], tokens.ends[verb]))
    first = min(tokens.at(p.span[0]) for p in taken.places)
    return Act(
        marks, index, first, taken.last, figures=[], triggers=[trigger], types=type_of([trigger]),
        places=finest_first(taken.places), dates=[taken.date], blames=[Blame(taken.actor, "asserted")], targets=[],
        flags=frozenset(), title=marks.sentence.kind == "title", shared=True,
    )  # fmt: skip


def _on_its_first(date: DateRange) -> DateRange:
    """The day from which "since 7 May" counts."""
    return replace(date, end=date.start, precision="day") if date.precision != "day" else date


def _taken_before(marks: Marks) -> tuple[int, int] | None:
    """The clause in which the doers took other ground: "Rebels, who captured Uvira on Sunday, shot six in Fizi"."""
    tokens = marks.tokens
    for trigger in marks.telling.triggers:
        i = trigger.first
        first = next((k for k in range(i - 1, max(0, i - 4), -1) if tokens.low[k] in ("who", "which")), 0)
        if trigger.kind != "take" or not first or tokens.low[first - 1] != ",":
            continue
        last = next((k for k in range(trigger.last, min(i + _RELATIVE, len(tokens))) if tokens.low[k] == ","), 0)
        here = [p for p in marks.places if p.level != "country" and last and inside(marks, p.span, first, last)]
        if here and stands_alone(marks, last, len(tokens)):
            return first, last
    return None


def _without(marks: Marks, first: int, last: int) -> Marks:
    """The sentence without what the stretch tells."""
    triggers = tuple(t for t in marks.telling.triggers if not first <= t.first < last)
    return replace(
        marks,
        telling=replace(marks.telling, triggers=triggers),
        places=tuple(p for p in marks.places if not inside(marks, p.span, first, last)),
        dates=tuple(d for d in marks.dates if d.span is None or not inside(marks, d.span, first, last)),
        actors=tuple(a for a in marks.actors if not inside(marks, a.span, first, last)),
    )


def _sites(act: Act) -> list[Act]:
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
        if after >= len(tokens) or tokens.low[after] not in words("lies"):
            continue
        place = next((p for p in marks.places if after < tokens.at(p.span[0]) <= after + 6), None)
        if place is None or place.level == "country" or not _ends_behind(marks, place):
            continue
        figure = replace(whole, span=count.span, min=count.min, max=count.max, approx=count.approx, word=count.word)
        if who is not None:
            figure = replace(figure, who=who)
        found.append(replace(act, figures=[told or figure], places=[place], shared=True))
    own = {p.span for site in found for p in site.places}
    rest = [p for p in act.places if p.span not in own]
    listed = [site.figures[0] for site in found]
    held = bool(found) and all(f.part_of is not None and f.head in _OF_ALL for f in listed)  # "including seven in Dori"
    parts = (held or len(found) >= 2) and sum(f.min or 0 for f in listed) <= whole.min
    first_site = found and not held and any(whole.span[1] < p.span[0] < found[0].figures[0].span[0] for p in rest)
    if not parts and not first_site:
        return []
    spans = {site.figures[0].span for site in found}
    act.figures = [f for f in act.figures if f.span not in spans]
    act.split = parts and not first_site
    act.places = rest if held else rest or act.places
    return [replace(site, figures=[replace(site.figures[0], part_of=None)]) for site in found]


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


def _ends_behind(marks: Marks, place: Place) -> bool:
    """Does the place end what is told of those counted, no verb behind it ("and 300 people in Kano protested")?"""
    end = marks.tokens.at(place.span[1] - 1) + 1
    behind = marks.tokens.low[end : end + 1]
    if not behind or not behind[0].isalpha() or behind[0] in words("behind_place"):
        return True
    return any(marks.tokens.at(p.span[0]) <= end < marks.tokens.at(p.span[1] - 1) + 1 for p in marks.places)


def _read(marks: Marks, index: int, first: int, last: int, *, shared: bool) -> Act | None:
    tokens = marks.tokens
    telling = marks.telling
    figures = [f for f in marks.figures if inside(marks, f.cue, first, last)]
    named = _named(marks, figures, first, last)
    figures = [f for f in figures if not any(f.harm == n.harm and _described(f, n.span) for n in named)] + named
    triggers = [t for t in telling.triggers if first <= t.first < last and _real(marks, t)]
    triggers = with_thwarted(tokens, triggers, first, last)
    flags = frozenset(name for name in telling.flags if telling.has(name, first, last))
    if brings_sum(tokens, first, last):
        flags |= {"sums"}
    elif "sums" in flags and brought_to_one(tokens, first, last):
        flags -= {"sums"}
    if "unreal" in flags:  # "may have caused casualties": no act is told
        figures = [f for f in figures if f.counted]
    if not figures and not triggers:
        return None
    harms = frozenset(f.harm for f in figures)
    near = tokens.at(figures[0].cue[0]) if figures else None
    places = finest_first(
        [
            as_called(marks, p)
            for p in marks.places
            if p.level not in ("country", "point") and inside(marks, p.span, first, last) and not elsewhere(marks, p)
        ]
    )
    places = [p for p in places if not measured_from(marks, p)] or places
    places = [p for p in places if not stands_for_state(marks, p)]
    sites = [p for p in marks.places if is_site(p) and inside(marks, p.span, first, last) and not elsewhere(marks, p)]
    dates = [d for d in marks.dates if d.span is not None and inside(marks, d.span, first, last)]
    if shared and dates and not places and first:  # "in X 30 died on Sunday and six on Monday"
        places = finest_first([p for p in marks.places if is_scene(marks, p) and p.span[0] < tokens.starts[first]])
    if shared and not dates:
        dates = list(marks.dates)
    dates = [day_of(marks, d) for d in dates]
    said_on = [d for d in dates if d.span is not None and is_said_on(marks, d.span)]
    dates = [d for d in dates if d not in said_on and not is_counted_on(marks, d)]
    blames = find_blame(
        tokens,
        telling,
        marks.actors,
        [f.cue for f in figures],
        [f.span for f in figures if f.harm in ("killed", "injured", "missing", "abducted", "detained")],
        first,
        last,
    )
    figures = _taken_by(tokens, figures, blames)
    if not blames:
        losses = [(f.harm, f.who) for f in figures if f.counted and f.part_of is None]
        sayers = [a for a in marks.actors if inside(marks, a.span, first, last) and speaks(tokens, a)]
        blames = [Blame(a, "claimed") for a in sayers[:1] if own_toll(a, losses)]
    targets = [
        a for a in marks.actors if all(b.actor is not a for b in blames) and _hit(marks, a, figures, first, last)
    ]
    own = [t for t in triggers if not _in_support(tokens, t)]
    types = type_of(own if any(t.type for t in own) else triggers, near, harms)
    if types and max(types, key=lambda t: types[t]) == "armed_clash":
        sides = clash_sides(tokens, marks.actors, first, last)
        if sides:
            blames = [Blame(a, "asserted") for a in sides[0]]
            targets = sides[1]
        elif not blames and (foe := clash_with(tokens, marks.actors, first, last)):
            blames = [Blame(foe, "asserted")]
            targets = [a for a in targets if a is not foe]
    return Act(
        marks,
        index,
        first,
        last,
        figures,
        triggers,
        types,
        places,
        dates,
        blames,
        targets,
        flags,
        marks.sentence.kind == "title",
        shared,
        said_on=said_on,
        harms=harms,
        sites=sites,
    )


def _taken_by(tokens: Tokens, figures: list[Figure], blames: Sequence[Blame]) -> list[Figure]:
    """People "captured" or "seized": detained by a state's forces, abducted by an armed group."""
    sides = {b.actor.who for b in blames}
    harm: Harm | None = {frozenset({"state_forces"}): "detained", frozenset({"armed_group"}): "abducted"}.get(  # type: ignore[assignment]
        frozenset(sides)
    )
    if harm is None:
        return figures
    return [
        replace(f, harm=harm)
        if f.harm in ("detained", "abducted") and tokens.low[tokens.at(f.cue[0])] in words("takes_things_too")
        else f
        for f in figures
    ]


def _named(marks: Marks, figures: Sequence[Figure], first: int, last: int) -> list[Figure]:
    """A figure for each harm of the persons told one by one, in a stretch that gives no number of those so harmed.

    Who was shot and killed is counted once, as killed.
    """
    found: list[Figure] = []
    here = [v for v in marks.victims if inside(marks, v.span, first, last)]
    for harm in _OF_PERSONS:
        told = [v for v in here if v.harm == harm]
        others = [f for f in figures if len(told) < 2 or not any(_described(f, v.span) for v in told)]
        if not told or any(f.harm == harm and f.counted for f in others):
            continue
        if any(v.span[0] < f.span[1] and f.span[0] < v.span[1] for f in (*others, *found) for v in told):
            continue
        classes = {_ROLE_CLASS.get(v.role or "", "civilian") for v in told}
        who = classes.pop() if len(classes) == 1 else "unknown"
        span = (min(v.span[0] for v in told), max(v.span[1] for v in told))
        sexes = {v.sex for v in told}
        sex = sexes.pop() if len(sexes) == 1 else None
        found.append(Figure(span, harm, who, len(told), len(told), cue=span, sex=sex))
    return found


def _described(figure: Figure, person: Span) -> bool:
    """Does the figure count one person told by name: the office before ("minister NAME") or behind (", a teacher")?"""
    before, behind = person[0] - figure.span[1], figure.span[0] - person[1]
    one = figure.min == figure.max == 1
    return one and (0 <= before <= _NEXT or 0 <= behind <= _NEXT or (person[0] <= figure.span[0] < person[1]))


def _in_support(tokens: Tokens, trigger: Trigger) -> bool:
    """Does the word tell only what backed an act: "troops backed by air strikes took the town"?"""
    low = tokens.low
    if trigger.kind == "take" or low[trigger.first].endswith("ed"):
        return False  # a verb: what those backed did
    for k in range(trigger.first - 1, max(0, trigger.first - _SUPPORT), -1):
        if low[k] in ("by", "with") and words("supported") & set(low[max(0, k - 2) : k]):
            return low[k - 1] in words("supported") or low[k - 1] == "up"
        if low[k].endswith("ed") or (not low[k][0].isalnum() and low[k] not in ("-", ".", "'")):
            return False
    return False


def _hit(marks: Marks, actor: Actor, figures: Sequence[Figure], first: int, last: int) -> bool:
    """Was the actor harmed or struck: counted in a figure, or behind "against", "targeted", "attack on"?"""
    if not inside(marks, actor.span, first, last) or actor.actor_id in words("no_target"):
        return False
    if any(f.span[0] < actor.span[1] and actor.span[0] < f.span[1] for f in figures):
        return True
    if any(s.span[0] < actor.span[1] and actor.span[0] < s.span[1] for s in marks.speakers):
        return False  # "killed four on Monday, local officials said"
    i = marks.tokens.at(actor.span[0])
    return any(w in words("strikes_at") for w in marks.tokens.low[max(0, i - 3) : i])


def _real(marks: Marks, trigger: Trigger) -> bool:
    """Not planned, threatened, wished for or negated in the four words before the trigger."""
    if trigger.kind not in ("event", "take"):
        return True
    low = marks.tokens.low[max(0, trigger.first - 4) : trigger.first]
    if any(trigger.first - 4 <= i < trigger.first for i in marks.telling.flags.get("unreal", ())):
        return False
    if low and low[-1] == "to" and not (len(low) > 1 and low[-2] in words("due")):
        return False  # "to attack": meant, not done
    if trigger.kind == "take" and _weighed(marks.tokens, trigger):
        return False
    return not any(w in words("not_done") for w in low[-3:])


def _weighed(tokens: Tokens, trigger: Trigger) -> bool:
    """Is the taking of ground only weighed: "the fall of Homs would be a blow", "recapturing it could take weeks"?"""
    word = tokens.low[trigger.first]
    named = word.endswith("ing") or word in words("taking")
    return named and not words("awaited").isdisjoint(tokens.low[trigger.last : trigger.last + _WEIGHED])
