"""Losses told of no counted people: nobody hurt, heavy losses without a number; and whose losses they are."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

from tollbook.extract.figure import Figure
from tollbook.extract.groups import Cue, vocabulary
from tollbook.extract.tokens import Hit, Tokens
from tollbook.extract.words import phrases, words
from tollbook.model import Actor, Harm, Who

_BORNE = 4  # words from "on" to "soldiers"


@cache
def _nobody_words() -> frozenset[str]:
    """The first words of the phrases that say zero."""
    return frozenset(phrase.split()[0] for phrase in phrases("nobody"))


def nobody(tokens: Tokens) -> list[Figure]:
    """ "No casualties", "without loss of life": zero, said of the killed, the injured, or both."""
    if _nobody_words().isdisjoint(tokens.low):
        return []
    low = " ".join(tokens.low)
    for phrase in phrases("nobody"):
        at = f" {low} ".find(f" {phrase} ")
        if at < 0 or any(w in low[:at].split()[-3:] for w in ("reports", "report", "word")):
            continue
        first = low[:at].count(" ")
        span = (tokens.starts[first], tokens.ends[first + phrase.count(" ")])
        harms: tuple[Harm, ...] = ("killed", "injured")
        if phrase.split()[-1] in ("deaths", "fatalities", "life"):
            harms = ("killed",)
        elif phrase.split()[-1] in ("injuries", "hurt"):
            harms = ("injured",)
        return [Figure(span, harm, "unknown", 0, 0, cue=span) for harm in harms]
    return []


def vague(tokens: Tokens, cues: Sequence[Hit[Cue]]) -> list[Figure]:
    """Harm told without any group or number ("inflicting heavy losses"): one figure of at least one."""
    for cue in cues:
        if cue.value.use == "vague":
            span = (tokens.starts[cue.first], tokens.ends[cue.last - 1])
            who = vocabulary().who.get(borne_by(tokens, cue.last) or "", "unknown")
            return [Figure(span, cue.value.harm, who, 1, None, counted=False, cue=span)]
    return []


def borne_by(tokens: Tokens, i: int) -> str | None:
    """Whose the losses are: "six casualties among the guards", "inflicting heavy losses on rebels"."""
    if tokens.low[i : i + 1] not in (("among",), ("on",), ("to",)):
        return None
    nouns = tokens.low[i + 1 : i + 1 + _BORNE]
    return next((w for w in nouns if w in vocabulary().who and w not in words("areas")), None)


def loser(tokens: Tokens, first: int, actors: Sequence[Actor]) -> Who | None:
    """The class of the side whose loss comes at token `first`: "the army lost nine", "they suffered 14 casualties"."""
    i = first - 1
    if i < 1 or tokens.low[i] not in words("loses"):
        return None
    while i > 0 and (tokens.low[i - 1] in words("have") or tokens.low[i - 1] in words("adverb")):
        i -= 1
    sided = [a for a in actors if a.who in ("state_forces", "armed_group") and tokens.at(a.span[0]) < i]
    if i > 0 and tokens.low[i - 1] in ("and", "but"):  # "the army killed nine rebels and lost two men"
        return sided[0].who if sided else None
    if i > 0 and tokens.low[i - 1] in ("they", "it"):
        saying = [a for a in sided if tokens.low[tokens.at(a.span[1] - 1) + 1] in words("said")]
        sides = {a.who for a in saying or sided}
        return sides.pop() if len(sides) == 1 else None
    return next((a.who for a in sided if tokens.at(a.span[1] - 1) == i - 1), None)
