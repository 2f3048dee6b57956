"""The local extractor: what the rules mark, read again by the trained tagger, assembled by the same rules.

The tagger drops figures it is sure are none, adds those the rules missed, gives them their harm and class, says of
which type and scope an act is and how likely two tellings tell one act. It adds to the weighing of an act's place and
of its day, and names a doer who stands in the act's own clause where the rules have none. Which words are dates and who
speaks stays with the rules: the tagger finds too few in texts of sources left out in training (docs/method.md,
section 8). How sure it must be before it overrules the rules stands in `data/model/glue.yml`. Every figure and act
carries its probability.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Literal

from tollbook import lexicon
from tollbook.errors import LexiconError
from tollbook.extract import Reading
from tollbook.extract.act import Act
from tollbook.extract.assemble import assemble
from tollbook.extract.blame import Blame, inquires
from tollbook.extract.choice import weights
from tollbook.extract.figure import Figure
from tollbook.extract.marks import Marks
from tollbook.extract.rules import RulesExtractor, may_be_violent
from tollbook.extract.tagger import HARMS, TaggedSpan, Tagger, Tagging
from tollbook.extract.words import words
from tollbook.model import Actor, ActType, Casualty, Harm, Incident, Report, Scope, Span, Who

_ANCHORS = 2  # figures of a telling that are asked whether they belong to another telling's act
_TELLINGS = 3  # tellings of an act, the last ones, that are asked whether a place or a doer is theirs
_WORDLESS = ("attack", "armed_clash", "other")  # types that are told by who and how, without a word of their own
_SINGLE = {"incident", "background"}
_VOTES = 3  # figures of a telling that vote on its type
_SURE = 0.98  # a link's probability counts at most this much either way


@dataclass(frozen=True, slots=True)
class Glue:
    """`data/model/glue.yml`: probabilities from which the tagger overrules the rules, and weights of its log odds."""

    drop: float
    harm: float
    who: float
    add: float
    add_person: float
    type: float
    type_rule: float
    type_wordless: float
    type_open: float
    type_told: float
    link: float
    scope: float
    doer_add: float
    place: float
    place_link: float
    day_link: float


@cache
def glue() -> Glue:
    """The numbers of `glue.yml`. Raises LexiconError where one is missing or no number from 0 to 1."""
    data = lexicon.load("model/glue")
    names = tuple(Glue.__dataclass_fields__)
    if not isinstance(data, dict) or set(data) != set(names):
        raise LexiconError(f"model/glue.yml: needed are {', '.join(names)}, and no others")
    for name, value in data.items():
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value <= 1:
            raise LexiconError(f"model/glue.yml: {name}: {value!r}: needed is a number from 0 to 1")
    return Glue(**{name: float(data[name]) for name in names})


@cache
def reliability(of: Literal["figures", "acts"]) -> tuple[tuple[float, float], ...]:
    """`data/model/reliability.yml`: what the tagger said and how often it was right, both rising.

    Raises LexiconError for a row that is not two numbers from 0 to 1, or that falls.
    """
    data = lexicon.load("model/reliability")
    rows = data.get(of) if isinstance(data, dict) else None
    if not isinstance(rows, list) or not rows:
        raise LexiconError(f"model/reliability.yml: needed under {of} are rows of two numbers")
    for before, row in zip([[0, 0], *rows], rows, strict=False):
        numbers = isinstance(row, list) and len(row) == 2 and all(type(n) in (int, float) and 0 <= n <= 1 for n in row)
        if not numbers or row[0] < before[0] or row[1] < before[1]:
            raise LexiconError(f"model/reliability.yml: {row!r}: needed are two numbers from 0 to 1, rising")
    return tuple((float(said), float(right)) for said, right in rows)


def calibrated(said: float, rows: Sequence[tuple[float, float]]) -> float:
    """How often a figure of this probability is right, to 3 decimals: on the line between two rows, flat outside."""
    for (low, right), (high, more) in pairwise(rows):
        if said < high:
            return round(right + (more - right) * max(0.0, said - low) / (high - low), 3)
    return rows[-1][1]


class LocalExtractor:
    """The rules and the tagger together. Holds the model, the gazetteer and the actors' names."""

    name = "local"

    def __init__(self, actors: Sequence[Path] = ()) -> None:
        """Knows the actors of these PETRARCH dictionaries too.

        Raises ExtractorError where onnxruntime or the model is missing.
        """
        self._tagger = Tagger.open()
        self._rules = RulesExtractor(actors)

    @property
    def model(self) -> str:
        """The model's version."""
        return self._tagger.version

    @property
    def gazetteer(self) -> str | None:
        """The gazetteer's version."""
        return self._rules.gazetteer

    def __call__(self, report: Report) -> Reading:
        """The incidents of the report."""
        if not may_be_violent(report.text):
            return Reading()
        marks, places = self._rules.marks(report)
        tagging = self._tagger.tag(report, [m.sentence for m in marks])
        reading = assemble(
            report, edited(marks, tagging, glue()), places.country, TaggerAdvice(tagging, glue(), report.text)
        )
        told = told_at(marks, tagging)
        incidents = tuple(with_confidence(i, tagging, told.get(i.quote_span)) for i in reading.incidents)
        return Reading(incidents, reading.victims, reading.issues + places.issues)


def told_at(marks: Sequence[Marks], tagging: Tagging) -> dict[Span, float]:
    """How likely each sentence that was read tells an act, by its span."""
    return {marks[s.sentence].sentence.span: s.act for s in tagging.sentences}


def edited(marks: Sequence[Marks], tagging: Tagging, how: Glue) -> list[Marks]:
    """The marks with the figures that rules and tagger hold together."""
    return [replace(m, figures=_figures(m, tagging, how)) for m in marks]


def _figures(mark: Marks, tagging: Tagging, how: Glue) -> tuple[Figure, ...]:
    kept: list[Figure] = []
    new_place: dict[int, int] = {}
    for n, figure in enumerate(mark.figures):
        read = _reread(figure, tagging, how)
        if read is not None:
            new_place[n] = len(kept)
            kept.append(read)
    kept = [f if f.part_of is None else replace(f, part_of=new_place.get(f.part_of)) for f in kept]
    first, last = mark.sentence.span
    for span in tagging.spans:
        if span.label in HARMS and first <= span.span[0] < last and not any(_meet(f.span, span.span) for f in kept):
            added = _added(mark, span, tagging, how)
            if added is not None:
                kept.append(added)
    return tuple(kept)


def _reread(figure: Figure, tagging: Tagging, how: Glue) -> Figure | None:
    """The rules' figure as the tagger has it; None where the tagger is sure it is none."""
    classes = tagging.figure(figure.span)
    if classes is None or figure.max == 0:  # the tagger has seen too few who say that no one was hurt
        return figure
    if classes.harm["none"] > how.drop:
        return None
    harm, who = _best(classes.harm, without="none"), _best(classes.who)
    if harm != figure.harm and classes.harm[harm] > how.harm:
        figure = replace(figure, harm=_harm(harm))
    if who != figure.who and classes.who[who] > how.who and classes.harm["none"] < 0.5:
        figure = replace(figure, who=_who(who))
    return figure


def _added(mark: Marks, span: TaggedSpan, tagging: Tagging, how: Glue) -> Figure | None:
    """A figure that only the tagger found: the number phrase it stands in, or one person."""
    count = next((c for c in mark.counts if _meet(c.span, span.span)), None)
    classes = tagging.figure(span.span)
    if classes is None or span.probability < (how.add if count else how.add_person):
        return None
    harm, who = _harm(span.label), _who(_best(classes.who))
    if count is None:
        return Figure(span.span, harm, who, 1, 1, cue=span.span)
    return Figure(count.span, harm, who, count.min, count.max, count.approx, count.word, cue=count.span)


class TaggerAdvice:
    """What the assembly asks the tagger: is this one act, and of which type? See `merge.Advice`."""

    def __init__(self, tagging: Tagging, how: Glue, text: str) -> None:
        self._tagging, self._how, self._text = tagging, how, text
        self._sentences = {s.sentence: s for s in tagging.sentences}

    def same_act(self, told: Sequence[Act], act: Act) -> float:
        """What the tagger adds to the fit of a telling to an act's last tellings; 0 where it says nothing."""
        found = [
            _log_odds(p)
            for earlier in told[-_TELLINGS:]
            for kind, span in _anchors(earlier)
            for other_kind, other in _anchors(act)
            if span != other and (p := self._tagging.same_act(kind, span, other_kind, other)) is not None
        ]
        return self._how.link * sum(found) / len(found) if found else 0.0

    def act_type(self, acts: Sequence[Act], by_rule: ActType) -> ActType:
        """The likeliest type of what the tagger says, what the rules say and which types have words in the clauses.

        Nothing becomes a suicide bombing or an air strike whose clauses hold no word of one.
        """
        how, shares = self._how, self._shares(acts, "type")
        told = {t.type for a in acts for t in a.triggers if t.type is not None}
        if by_rule == "attack" and any(_says_attack(a) for a in acts):
            told.add("attack")
        ruled = how.type_open if not told else how.type_wordless if by_rule in _WORDLESS else how.type_rule

        def fit(name: str) -> float:
            said = how.type * math.log(max(1 - _SURE, shares[name]))
            return said + ruled * (name == by_rule) + how.type_told * (name in told)

        able = [name for name in shares if name in told or name in (by_rule, *_WORDLESS)]
        return _type(max(able, key=fit)) if able else by_rule

    def scope(self, acts: Sequence[Act], by_rule: Scope) -> Scope:
        """The scope that the tagger is sure of, else the rules'; whether an act is old, its day decides."""
        shares = self._shares(acts, "scope")
        best = _best(shares) if shares else by_rule
        if {best, by_rule} <= _SINGLE or not shares or shares[best] <= self._how.scope:
            return by_rule
        return best  # type: ignore[return-value]

    def _shares(self, acts: Sequence[Act], head: Literal["type", "scope"]) -> dict[str, float]:
        """The mean of what the tagger says of the tellings' figures and sentences; empty where it read none."""
        votes: list[Mapping[str, float]] = []
        for act in acts:
            read = [self._tagging.figure(f.span) for f in act.figures[:_VOTES]]
            votes += [getattr(c, head) for c in read if c is not None]
            if not act.title and act.index in self._sentences:
                votes.append(getattr(self._sentences[act.index], head))
        return {name: sum(v[name] for v in votes) / len(votes) for name in votes[0]} if votes else {}

    def place(self, acts: Sequence[Act], span: Span) -> Mapping[str, float]:
        """How likely the place is an act's at all, and this act's: log odds, as traits."""
        named = self._tagging.probability("place", span)
        linked = self._linked(acts, "place", span)
        if named is None or linked is None:
            return {}
        return {"tagger place": _log_odds(named), "tagger link": linked}

    def place_weights(self) -> Mapping[str, float]:
        """`data/choice.yml`, and the glue's for what the tagger says."""
        return {**weights(), "tagger place": self._how.place, "tagger link": self._how.place_link}

    def day(self, acts: Sequence[Act], span: Span) -> Mapping[str, float]:
        """How likely the day is this act's: log odds, as a trait."""
        linked = self._linked(acts, "date", span)
        return {} if linked is None else {"tagger link": linked}

    def day_weights(self) -> Mapping[str, float]:
        """`data/day_choice.yml`, and the glue's for what the tagger says."""
        return {**weights("day_choice"), "tagger link": self._how.day_link}

    def doers(self, acts: Sequence[Act], by_rule: Sequence[Blame], named: Sequence[Actor]) -> Sequence[Blame]:
        """The rules' doers; where they have none, the one the tagger is sure of.

        That one must stand in a clause of the act itself: a neighbour's doer is never taken over.
        """
        if by_rule or self._how.doer_add >= 1:
            return by_rule
        places = [p.span for act in acts for p in act.marks.places]
        unknown = [a for a in self._unknown(named) if not any(_meet(a.span, span) for span in places)]
        able = [a for a in (*named, *unknown) if any(_within(act, a.span) for act in acts)]
        able = [a for a in able if not any(_within(act, a.span) and inquires(act.marks.tokens, a) for act in acts)]
        sure = [(p, -n) for n, actor in enumerate(able) if (p := self._doer(acts, actor)) is not None]
        best, at = max(sure, default=(0.0, 0))
        return [Blame(able[-at], "asserted")] if best > self._how.doer_add else []

    def _unknown(self, named: Sequence[Actor]) -> list[Actor]:
        """Doers that the tagger marks and the actors' lists do not know."""
        return [
            Actor(self._text[span.span[0] : span.span[1]], span.span)
            for span in self._tagging.spans
            if span.label == "perpetrator" and not any(_meet(span.span, actor.span) for actor in named)
        ]

    def _doer(self, acts: Sequence[Act], actor: Actor) -> float | None:
        """How likely the actor did this act: that its name is a doer's, times that it belongs to the act."""
        named = self._tagging.probability("perpetrator", actor.span)
        linked = self._linked(acts, "perpetrator", actor.span)
        return None if named is None or linked is None else named / (1 + math.exp(-linked))

    def _linked(self, acts: Sequence[Act], kind: str, span: Span) -> float | None:
        """The mean log odds that what stands at `span` belongs to the act of these tellings."""
        found = [
            _log_odds(p)
            for act in acts[-_TELLINGS:]
            for anchor, where in _anchors(act)
            if (p := self._tagging.same_act(anchor, where, kind, span)) is not None
        ]
        return sum(found) / len(found) if found else None


def _within(act: Act, span: Span) -> bool:
    tokens = act.marks.tokens
    return tokens.starts[act.first] <= span[0] and span[1] <= tokens.ends[act.last - 1]


def _says_attack(act: Act) -> bool:
    """Does a word that tells the act call it an attack, whatever the means?"""
    low = act.marks.tokens.low
    return any(not words("attack_words").isdisjoint(low[t.first : t.last]) for t in act.triggers)


def _anchors(act: Act) -> list[tuple[str, Span]]:
    figures = [("figure", f.span) for f in act.figures if f.counted][:_ANCHORS]
    return figures or [("act", act.marks.sentence.span)]


def with_confidence(incident: Incident, tagging: Tagging, told: float | None) -> Incident:
    """The incident with the probabilities that each figure is right and that the act is one (`reliability.yml`).

    `told` is what the tagger says of the act's sentence; where it did not read it, an act is as sure as its surest
    figure, None where it read none. It orders what a person looks at; no count depends on it.
    """
    figures = tuple(replace(c, confidence=_confidence(c, tagging)) for c in incident.casualties)
    known = [f.confidence for f in figures if f.confidence is not None]
    act = calibrated(told, reliability("acts")) if told is not None else max(known, default=None)
    return replace(incident, casualties=figures, confidence=act)


def _confidence(casualty: Casualty, tagging: Tagging) -> float | None:
    classes = tagging.figure(casualty.span)
    return calibrated(classes.harm[casualty.harm], reliability("figures")) if classes is not None else None


def _best(shares: Mapping[str, float], without: str | None = None) -> str:
    return max((name for name in shares if name != without), key=lambda name: shares[name])


def _harm(name: str) -> Harm:
    assert name in HARMS
    return name  # type: ignore[return-value]


def _type(name: str) -> ActType:
    return name  # type: ignore[return-value]


def _who(name: str) -> Who:
    return name  # type: ignore[return-value]


def _meet(a: Span, b: Span) -> bool:
    return a[0] < b[1] and b[0] < a[1]


def _log_odds(p: float) -> float:
    p = min(_SURE, max(1 - _SURE, p))
    return math.log(p / (1 - p))
