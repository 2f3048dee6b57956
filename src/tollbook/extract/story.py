"""One act as a report tells it: the tellings that were joined, and what they say together."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from functools import cached_property, lru_cache

from tollbook.extract.act import Act
from tollbook.extract.blame import Blame
from tollbook.extract.doers import own_forces
from tollbook.extract.figure import Figure
from tollbook.extract.marks import Marks
from tollbook.extract.scenes import width
from tollbook.extract.words import words
from tollbook.model import Actor, ActType, DateRange, Place


def _went_before(act: Act) -> bool:
    """Is its doer that of what the act came after ("the attack came hours after US planes bombed a camp")?"""
    tokens = act.marks.tokens
    return all(
        not words("went_before").isdisjoint(tokens.low[act.first : tokens.at(b.actor.span[0])]) for b in act.blames
    )


@dataclass
class Story:
    """All tellings of one act. What follows from them is worked out once, until another is added."""

    acts: list[Act] = field(default_factory=list)
    scene: Place | None = None  # where it happened, of an act told together with those in other countries

    def add(self, act: Act) -> None:
        """Takes in one more telling."""
        self.__dict__ = {"acts": [*self.acts, act], "scene": self.scene}

    @cached_property
    def types(self) -> Counter[ActType]:
        """Summed weights of the types told."""
        total: Counter[ActType] = Counter()
        for act in self.acts:
            for name, weight in act.types.items():
                total[name] += weight * (0.6 if act.title else 1.0)  # type: ignore[assignment]
        return total

    @cached_property
    def type(self) -> ActType | None:
        """The type that weighs most, a narrower one of the same harm before it; None where no word tells one."""
        types = self.types
        best = heaviest(types)
        if best in ("bomb", "grenade", "attack") and types.get("suicide_bomb"):
            return "suicide_bomb"
        if best in ("air_strike", "shelling", "bomb", "attack") and types.get("chemical_weapon"):
            return "chemical_weapon"  # GUIDELINES, "Type": the gas did the harm, however it came
        return best

    @cached_property
    def places(self) -> list[Place]:
        """Places of all tellings, the most specific first, each name once."""
        seen: set[str] = set()
        out = []
        for place in sorted([p for act in self.acts for p in act.places], key=width):
            if fold(place.name) not in seen:
                seen.add(fold(place.name))
                out.append(place)
        return out

    @property
    def sites(self) -> list[Place]:
        """Named streets, hospitals and airports of all tellings, each name once."""
        return list({fold(p.name): p for act in reversed(self.acts) for p in reversed(act.sites)}.values())[::-1]

    @cached_property
    def dates(self) -> list[DateRange]:
        """Dates of all tellings, in order."""
        return [d for act in self.acts for d in act.dates]

    @cached_property
    def figures(self) -> list[tuple[Figure, Marks]]:
        """Figures of all tellings with the sentence they stand in."""
        return [(f, act.marks) for act in self.acts for f in act.figures]

    @cached_property
    def found(self) -> bool:
        """Is it a find of bodies, told with their number and without the act that killed them?"""
        return any(a.marks.found and not a.told and a.figures for a in self.acts)

    @property
    def only_found(self) -> bool:
        """Does every telling of it tell a find of bodies?"""
        return all(a.marks.found for a in self.acts)

    @cached_property
    def blames(self) -> list[Blame]:
        """The doers as the fullest body telling names them; another telling counts where that one names none, or only
        the government whose forces that one names, or only a kind ("rebels") where it names the group. What somebody
        does as a rule ("often mines roads") tells of no act.
        """
        told = [
            a
            for a in self.acts
            if a.figures or a is self.acts[0] or not ("habitual" in a.flags or (a.blames and _went_before(a)))
        ]
        order = [a for a in sorted(told, key=lambda a: (a.title, not a.figures, a.index)) if a.blames]
        if not order:
            return []
        first = [b.actor for b in order[0].blames]
        forces = ([b for b in a.blames if b.actor in own_forces(first, [b.actor])] for a in order[1:] if not a.title)
        fuller = next((doers for doers in forces if doers), None)
        if fuller is None and all(a.generic and a.who == "armed_group" for a in first):
            groups = ([b for b in a.blames if b.actor.who == "armed_group"] for a in order[1:])
            fuller = next((doers for doers in groups if doers and not any(b.actor.generic for b in doers)), None)
        return fuller or list(order[0].blames)

    @property
    def targets(self) -> list[Actor]:
        """Actors hit, each name once."""
        seen = {fold(b.actor.name) for b in self.blames}
        out = []
        for act in self.acts:
            for actor in act.targets:
                if fold(actor.name) not in seen:
                    seen.add(fold(actor.name))
                    out.append(actor)
        return out

    def main(self, harm: str = "killed") -> list[Figure]:
        """Counted whole figures for one harm."""
        return [f for act in self.acts for f in act.wholes if f.harm == harm]


def heaviest(types: Counter[ActType]) -> ActType | None:
    """The type with the largest weight; None of none."""
    best: ActType | None = None
    for name, weight in types.items():
        if best is None or weight > types[best]:
            best = name
    return best


@lru_cache(maxsize=8192)
def fold(name: str) -> str:
    """A name for comparing: lower case, no article, only letters and digits."""
    return re.sub(r"[\W_]+", "", re.sub(r"^(al|el|the)[\s\-]+", "", name.lower()))
