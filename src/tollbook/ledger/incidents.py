"""What the reports of one incident agree on: type, days, places, who did it, status, grade.

Pure functions from acts (the incidents of report records) to one card. Nothing is averaged: each value is one
that some report gives, and the reports that give another are counted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tollbook import lexicon
from tollbook.errors import LexiconError, UsageError
from tollbook.ledger.bounds import ALL, Bound
from tollbook.ledger.voices import Voice
from tollbook.link.features import day_gap
from tollbook.link.mention import Mention, bodies
from tollbook.link.names import same_place

STATUS_ORDER = ("happened", "denied", "alleged", "thwarted")
"""From the most asserted to the least: an incident has the most asserted status of its reports."""


@dataclass(frozen=True, slots=True)
class Told:
    """One act as one report tells it: the mention, its record values, and what a person corrected in it."""

    mention: Mention
    act: Mapping[str, Any]
    report_id: str
    doc_id: str
    outlet: str | None
    published: str | None
    recorded: str
    span: tuple[int, int]


@dataclass(frozen=True, slots=True)
class Perpetrator:
    """Who is said to have done it, in how many reports, and who says so (empty: the reports themselves).

    `name` is as most reports spell it, `body` the actor it is ("state:SY", "group:taliban"), where the tables know it.
    """

    name: str
    reports: int
    says: tuple[str, ...]
    body: str | None = None


@dataclass(frozen=True, slots=True)
class Card:
    """An incident as its reports tell it together. `id` is its first-recorded mention's id.

    `start`/`end` are the days most reports agree on (None: nobody tells); `days` and `types` count the reports behind
    each answer. `recalled` is true while no report of the time exists.
    """

    id: str
    scope: str
    status: str
    type: str
    start: str | None
    end: str | None
    places: tuple[str, ...]
    country: str | None
    perpetrators: tuple[Perpetrator, ...]
    targets: tuple[str, ...]
    mentions: tuple[str, ...]
    reports: int
    recalled: bool
    contested: bool
    acts: int
    types: tuple[tuple[str, int], ...]
    days: tuple[tuple[str, int], ...]
    statuses: tuple[tuple[str, int], ...]


def card(told: Sequence[Told]) -> Card:
    """The card of an incident's mentions (at least one), first-recorded first."""
    first = told[0]
    mentions = [t.mention for t in told]
    days = _days(mentions)
    statuses = Counter(m.status for m in mentions)
    types = Counter(m.type for m in mentions)
    sums = sum(m.is_total for m in mentions)
    if all(m.scope == "statistic" for m in mentions):
        scope = "statistic"
    else:
        scope = "total" if 2 * sums > len(mentions) or (sums and any(m.parts for m in mentions)) else "incident"
    recalled = scope == "incident" and all(m.scope == "background" for m in mentions)
    place = _places(mentions)
    shown = Counter(_span(t.act.get("start"), t.act.get("end")) for t in told)
    return Card(
        id=first.mention.id,
        scope="background" if recalled else scope,
        status=next((s for s in STATUS_ORDER if statuses[s]), "happened"),
        type=_first_most(types, [m.type for m in mentions]),
        start=days[0],
        end=days[1],
        places=place,
        country=_first_most(Counter(m.country for m in mentions if m.country), [m.country for m in mentions]) or None,
        perpetrators=_perpetrators(told),
        targets=tuple(dict.fromkeys(t for x in told for t in x.act.get("targets") or () if isinstance(t, str)))[:12],
        mentions=tuple(m.id for m in mentions),
        reports=len({t.report_id for t in told}),
        recalled=recalled,
        contested=statuses["denied"] > 0,
        acts=max(m.acts for m in mentions),
        types=tuple(types.most_common()),
        days=tuple(shown.most_common()),
        statuses=tuple(statuses.most_common()),
    )


def _span(start: object, end: object) -> str:
    if start is None and end is None:
        return "not told"
    return str(start or end) if (start or end) == (end or start) else f"{start} to {end}"


def _first_most(counts: Counter[Any], order: Iterable[Any]) -> Any:
    top = max(counts.values(), default=0)
    return next((x for x in order if x is not None and counts[x] == top), None)


def _days(mentions: Sequence[Mention]) -> tuple[str | None, str | None]:
    """The days most mentions can agree with; of those the narrowest, of those the first told."""
    import datetime as dt

    dated = [m for m in mentions if m.start is not None and m.end is not None]
    if not dated:
        return (None, None)

    def worth(m: Mention) -> tuple[int, int, int]:
        assert m.start is not None
        assert m.end is not None
        exact = sum(1 for x in dated if (x.start, x.end) == (m.start, m.end))
        agree = sum(1 for x in dated if day_gap(m, x) == 0)
        return (agree, -(m.end - m.start), exact)

    best = max(dated, key=worth)
    assert best.start is not None
    assert best.end is not None
    return dt.date.fromordinal(best.start).isoformat(), dt.date.fromordinal(best.end).isoformat()


def _places(mentions: Sequence[Mention]) -> tuple[str, ...]:
    """The most specific place that reports agree on, as the longest list that begins with it has it.

    A report that only names the larger place ("Manbij") does not speak against one that names a village in it.
    """
    named = [m for m in mentions if m.places]
    if not named:
        return ()
    tails = {p for m in named for p in m.places[1:]}
    finest = [m for m in named if not any(same_place(m.places[0], t) for t in tails)] or named

    def worth(m: Mention) -> tuple[int, int]:
        return (sum(1 for x in named if same_place(m.places[0], x.places[0])), len(m.places))

    return max(finest, key=worth).places


def _perpetrators(told: Sequence[Told]) -> tuple[Perpetrator, ...]:
    """Who is said to have done it, the names of one body together under the name most reports use."""
    reports: dict[str, set[str]] = {}
    spelled: dict[str, Counter[str]] = {}
    says: dict[str, dict[str, None]] = {}
    body_of: dict[str, str | None] = {}
    for t in told:
        details = {d.get("name"): d for d in t.act.get("perpetrator_details") or () if isinstance(d, dict)}
        for name in t.act.get("perpetrators") or ():
            if not isinstance(name, str):
                continue
            body = body_named(name)
            key = body or name.casefold()
            body_of[key] = body
            spelled.setdefault(key, Counter())[name] += 1
            reports.setdefault(key, set()).add(t.report_id)
            speaker = details.get(name, {}).get("says")
            if isinstance(speaker, str):
                says.setdefault(key, {})[speaker] = None
    order = sorted(reports, key=lambda k: (-len(reports[k]), list(reports).index(k)))
    return tuple(
        Perpetrator(spelled[k].most_common(1)[0][0], len(reports[k]), tuple(says.get(k, ())), body_of[k]) for k in order
    )


def body_named(name: str) -> str | None:
    """The one body of the actor tables that a name speaks of ("state:SY", "group:taliban"); None where there is none,
    or several."""
    found = bodies(name, strict=True)[0]
    return next(iter(found)) if len(found) == 1 else None


def grade(
    name: str,
    incident: Card,
    found: Iterable[Bound],
    voices: Sequence[Voice],
    did: frozenset[str] = frozenset(),
    parties: frozenset[str] = frozenset(),
) -> str:
    """The grade of an incident by a named rule of `data/grades.yml`, from its voices.

    A party to the fighting (`parties`: ids of voices) is no independent source. `ibc`: provisional under two
    independent voices. `airwars`: the five grades, confirmed only by a party's own acceptance (`did` are the bodies
    accused). Raises UsageError for a rule there is not.
    """
    rules = lexicon.load("grades")
    if name == "default" or name not in rules:
        raise UsageError(f"no grade rule {name!r}; there are: {', '.join(k for k in rules if k != 'default')}")
    most = len({v.id for v in voices} - parties)
    if name == "ibc":
        return "corroborated" if most >= 2 else "provisional"
    harmed = {b.group: b for b in found if b.harm == "killed"}
    fighters = sum(b.low or 0 for g, b in harmed.items() if g in ("armed_group", "state_forces"))
    everyone = harmed.get(ALL)
    if everyone is not None and everyone.high and not everyone.open and fighters >= everyone.high:
        return "discounted"
    if incident.contested:
        return "contested"
    if any(v.body is not None and v.body in did for v in voices):
        return "confirmed"
    return "fair" if most >= 2 else "weak"


def check_grades(data: Mapping[str, Any]) -> None:
    """Raises LexiconError where the default grade rule is not one of the rules, or a rule has no grades."""
    if data.get("default") not in data or data.get("default") == "default":
        raise LexiconError(f"grades.yml: default {data.get('default')!r} is not a rule")
    for name, rule in data.items():
        if name != "default" and not rule.get("grades"):
            raise LexiconError(f"grades.yml: {name} has no grades")
