"""Reads each stretch of a sentence that tells one act (`cuts.py`) as a candidate act."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from tollbook.extract.act import OF_PERSONS, Act
from tollbook.extract.acts import Trigger, type_of
from tollbook.extract.agents import own_toll
from tollbook.extract.blame import Blame, find_blame, speaks
from tollbook.extract.clashes import clash_sides, clash_with
from tollbook.extract.cuts import clauses, day_before, stands_alone
from tollbook.extract.figure import Figure
from tollbook.extract.marks import Marks, inside
from tollbook.extract.oneormany import brings_sum, brought_to_one
from tollbook.extract.recalled import Taken, taken_before
from tollbook.extract.scenes import (
    as_called,
    elsewhere,
    finest_first,
    is_scene,
    is_site,
    measured_from,
    of_office,
    stands_for_state,
)
from tollbook.extract.sites import sites
from tollbook.extract.status import with_thwarted
from tollbook.extract.tokens import Tokens
from tollbook.extract.told_days import day_of, is_counted_on, is_said_on
from tollbook.extract.turns import in_turn
from tollbook.extract.words import words
from tollbook.model import Actor, ActType, DateRange, Harm, Span, Who

_ROLE_CLASS: dict[str, Who] = {
    "police": "state_forces", "soldier": "state_forces", "fighter": "armed_group", "commander": "armed_group",
}  # fmt: skip
_WEIGHED = 8  # tokens from "the fall of" to "would"
_SUPPORT = 9  # tokens from "backed by" to the weapon
_RELATIVE = 16  # tokens from the verb of taking to the comma that ends its clause
_NEXT = 2  # characters between a name and the noun that describes it


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
                told_before = any(a.places for a in acts) and not act.figures
                if told_before and all(of_office(marks, p) for p in act.places):
                    act.places = []  # "'They used guns,' the mayor of Bara said": of the act told before
                went_before = "after" in marks.tokens.low[max(0, first - 1) : first + 1]
                if went_before and acts and acts[-1].marks is marks and _goes_on_from(marks, first):
                    act.blames = act.blames or acts[-1].blames  # "retook Djibo after killing 40 rebels in Arbinda"
                elif went_before:  # "shot six on Tuesday, two days after 19 died in an ambush"
                    act.blames = [b for b in act.blames if inside(marks, b.actor.span, first, last)]
                elif first not in starts and acts and acts[-1].marks is marks:  # "shot two in A, stabbed two in B"
                    act.blames, act.types = act.blames or acts[-1].blames, act.types or acts[-1].types
                if first and marks.tokens.low[first] == "when" and (day := day_before(marks, first)) is not None:
                    act.dates = [_on_its_first(day)]
                acts += [act, *sites(act)]
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
    else:
        blames = _of_a_crowd(marks, blames, figures, first, last)
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


def _of_a_crowd(marks: Marks, blames: list[Blame], figures: Sequence[Figure], first: int, last: int) -> list[Blame]:
    """The doers of deaths where a crowd met state forces: of "clashes between police and protesters" the forces.

    "Protesters clashed with police; three were shot dead" does not say that the protesters shot.
    """
    if not any(f.harm == "killed" for f in figures):
        return blames
    here = [a for a in marks.actors if inside(marks, a.span, first, last)]
    crowd = [a for a in here if a.actor_id == "kind:protesters"]
    forces = [a for a in here if a.who == "state_forces"]
    low = marks.tokens.low
    if not crowd or not forces or words("clashed").isdisjoint(low[first:last]):
        return blames
    if not blames and "between" in low[first:last]:
        return [Blame(forces[0], "asserted")] if forces[0].span < crowd[0].span else []
    return [b for b in blames if b.actor.actor_id != "kind:protesters"]


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
    for harm in OF_PERSONS:
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
