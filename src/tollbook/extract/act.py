"""One telling of an act: a clause, and what follows from the figures, places, days and sides it names."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from functools import cached_property

from tollbook.extract.acts import Trigger
from tollbook.extract.blame import Blame
from tollbook.extract.figure import Figure
from tollbook.extract.marks import Marks, inside
from tollbook.extract.oneormany import names_many_acts, names_one_act
from tollbook.extract.scenes import width
from tollbook.extract.told_days import since_when
from tollbook.extract.words import words
from tollbook.model import Actor, ActType, DateRange, Harm, Place

OF_PERSONS: tuple[Harm, ...] = ("killed", "injured", "abducted", "detained")
_SUM_DAYS = 2
_SUM_FROM = 10
_MANY_IN_A_YEAR = 10  # people: as many killed in a year, told without an act, are taken for several acts' dead
_LONG_DAYS = 45
_LEAD = 4
_VAGUE_WAR = 200  # "hundreds" told in passing, past the lead, is what a war or campaign cost
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
        return frozenset(v.name.split()[-1].lower() for v in here if v.name and v.harm in OF_PERSONS)

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
