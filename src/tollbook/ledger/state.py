"""One incident, whole: its card, bounds, voices, grade and review, computed from what its reports tell. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from tollbook.ledger.bounds import ALL, Bound, Rule, Sides, bounds, is_party
from tollbook.ledger.decisions import Decision, Held
from tollbook.ledger.figures import Figure
from tollbook.ledger.incidents import Card, Perpetrator, Told, body_named, card, grade
from tollbook.ledger.voices import Voice, independence, with_allies
from tollbook.link.parts import Act

MACHINE, REVIEWED, CHANGED = "machine", "reviewed", "changed since review"
CHOSEN = "chosen"
"""The basis of a place's detail that a person chose among the entries of the gazetteer."""


@dataclass(frozen=True, slots=True)
class Options:
    """How incidents are counted: a rule, a class scheme, a grade rule, whether parties count."""

    rule: Rule
    classes: str = "tollbook"
    grade: str = "ibc"
    count_parties: bool = False


@dataclass(frozen=True, slots=True)
class State:
    """An incident as the book holds it. `voices` are those whose figures count, `independent` (fewest, most)."""

    card: Card
    bounds: tuple[Bound, ...]
    voices: tuple[Voice, ...]
    independent: tuple[int, int]
    grade: str
    grade_why: str | None
    review: str
    reviewed_by: str | None
    reviewed_at: str | None
    told: tuple[Told, ...]
    figures: tuple[Figure, ...]
    act: Act
    seen: str
    sides: Sides


def state(told: Sequence[Told], figures: Sequence[Figure], held: Held, options: Options) -> State:
    """The state of one incident from its mentions (first-recorded first) and their figures."""
    found = _corrected(card(told), held)
    told = _placed(told, found, held)
    sides = Sides(
        bodies=with_allies(frozenset(a for t in told for a in (*t.mention.actors, *t.mention.fighting)), found.country),
        perpetrator_sides=frozenset(s for t in told for s in t.mention.sides),
        last_day=max((t.mention.end for t in told if t.mention.end is not None), default=None),
    )
    limits = bounds(
        figures, sides=sides, rule=options.rule, classes=options.classes, count_parties=options.count_parties
    )
    speaking = _speaking(told, figures)
    seen = digest(found, figures)
    review, by, at = _review(found, seen, held)
    did = frozenset(a for t in told for a in t.mention.actors)
    parties = frozenset(v.id for v in speaking if not options.count_parties and is_party(v, sides))
    graded, why = grade(options.grade, found, limits, speaking, did, parties), None
    override = _change(found, held, "grade")
    if override is not None:
        graded, why = str(override.value.get("grade")), f"{override.why} ({override.user})"
    killed = {b.group: b for b in limits if b.harm == "killed"}
    everyone = killed.get(ALL)
    act = Act(
        id=found.id,
        is_total=found.scope == "total",
        start=_ordinal(found.start),
        end=_ordinal(found.end),
        places=tuple(dict.fromkeys([*found.places, *(p for t in told for p in t.mention.places)])),
        country=found.country,
        type=found.type,
        actors=frozenset(a for t in told for a in t.mention.actors),
        sides=sides.perpetrator_sides,
        reports=frozenset(t.report_id for t in told),
        killed=(everyone.low, everyone.high) if everyone else (None, None),
        classes=frozenset(f.who for f in figures if f.harm == "killed" and f.subset_of is None),
    )
    counted = [v for v in speaking if v.id not in parties]
    return State(
        card=found,
        bounds=limits,
        voices=tuple(speaking),
        independent=independence(counted or speaking),
        grade=graded,
        grade_why=why,
        review=review,
        reviewed_by=by,
        reviewed_at=at,
        told=told,
        figures=tuple(figures),
        act=act,
        seen=seen,
        sides=sides,
    )


def digest(found: Card, figures: Sequence[Figure]) -> str:
    """What a person sees of an incident, as a hash: when it changes, the review is out of date. No rule is in it."""
    seen: list[Any] = [sorted(found.mentions), found.type, found.start, found.end, found.places, found.scope]
    seen += sorted((f.claim_id, f.low, f.high, f.harm, f.who, f.voice.id) for f in figures if not f.voice.own)
    seen += sorted((f.claim_id, f.low, f.high, f.harm, f.who) for f in figures if f.voice.own)
    return hashlib.sha256(repr(seen).encode()).hexdigest()[:16]


def _ordinal(day: str | None) -> int | None:
    from tollbook.link.mention import ordinal

    return ordinal(day)


def _speaking(told: Sequence[Told], figures: Sequence[Figure]) -> list[Voice]:
    """The distinct voices of an incident's figures; without figures the reports count, each origin once."""
    found = {f.voice.id: f.voice for f in figures}
    if found:
        return [found[k] for k in sorted(found)]
    return [Voice(f"report:{r}", r, "report", own=True) for r in sorted({t.report_id for t in told})]


def _change(found: Card, held: Held, name: str) -> Decision | None:
    """The newest correction of a field on any of an incident's mentions."""
    if not held.corrected:
        return None
    changes = [held.corrected[m, name] for m in found.mentions if (m, name) in held.corrected]
    return max(changes, key=lambda d: d.seq, default=None)


def _corrected(found: Card, held: Held) -> Card:
    """The card with what people corrected."""
    for name in ("date", "place", "type", "actor"):
        change = _change(found, held, name)
        if change is None:
            continue
        value = change.value
        if name == "date":
            found = replace(found, start=value.get("start"), end=value.get("end") or value.get("start"))
        elif name == "place":
            found = replace(found, places=tuple(value.get("places") or ()))
            if value.get("country"):
                found = replace(found, country=value["country"])
        elif name == "type":
            found = replace(found, type=str(value.get("type")))
        else:
            names = [str(n) for n in value.get("perpetrators") or ()]
            made = tuple(Perpetrator(n, 0, (change.user,), body_named(n)) for n in names)
            found = replace(found, perpetrators=made)
    return found


def _placed(told: Sequence[Told], found: Card, held: Held) -> tuple[Told, ...]:
    """What is told, with the entry of the gazetteer that a person chose for the place in front of its other places."""
    change = _change(found, held, "place")
    at = change.value.get("at") if change is not None else None
    if not isinstance(at, Mapping):
        return tuple(told)
    chosen = {**at, "basis": CHOSEN}
    out = []
    for t in told:
        rest = [
            d for d in t.act.get("place_details") or () if not isinstance(d, Mapping) or d.get("name") != at.get("name")
        ]
        out.append(replace(t, act={**t.act, "place_details": [chosen, *rest]}))
    return tuple(out)


def _review(found: Card, seen: str, held: Held) -> tuple[str, str | None, str | None]:
    accepted = [held.accepted[m] for m in found.mentions if m in held.accepted]
    if not accepted:
        return MACHINE, None, None
    last = max(accepted, key=lambda r: r.at)
    return (REVIEWED if last.seen == seen else CHANGED), last.user, last.at
