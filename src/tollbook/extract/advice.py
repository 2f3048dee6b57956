"""What a trained reader adds to the rules: the questions that assembly asks of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from tollbook.extract.act import Act
from tollbook.extract.blame import Blame
from tollbook.model import Actor, ActType, Scope, Span


class Advice(Protocol):
    """What a trained reader adds to the rules where it has read the report."""

    def same_act(self, told: Sequence[Act], act: Act) -> float:
        """Added to the fit of a telling to an act told before: above 0 speaks for one act, 0 says nothing."""

    def act_type(self, acts: Sequence[Act], by_rule: ActType) -> ActType:
        """The type of an act with these tellings, the rules' own where the reader has no better one."""

    def scope(self, acts: Sequence[Act], by_rule: Scope) -> Scope:
        """The scope of an act with these tellings, the rules' own where the reader is not sure of another."""

    def place(self, acts: Sequence[Act], span: Span) -> Mapping[str, float]:
        """Traits of a place named at `span` as the scene of an act with these tellings; none where not read."""

    def place_weights(self) -> Mapping[str, float]:
        """The weights of the traits of places with which this reader's own go."""

    def day(self, acts: Sequence[Act], span: Span) -> Mapping[str, float]:
        """Traits of a day named at `span` as that of an act with these tellings; none where not read."""

    def day_weights(self) -> Mapping[str, float]:
        """The weights of the traits of days with which this reader's own go."""

    def doers(self, acts: Sequence[Act], by_rule: Sequence[Blame], named: Sequence[Actor]) -> Sequence[Blame]:
        """Who did an act with these tellings, of the rules' doers and of the actors `named` in and around them."""
