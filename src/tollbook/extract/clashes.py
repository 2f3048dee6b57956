"""The two sides of a fight, as the sentence that tells it names them."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

from tollbook.extract.doers import SIDED
from tollbook.extract.tokens import Tokens
from tollbook.extract.words import phrases, words
from tollbook.model import Actor


def clash_sides(
    tokens: Tokens, actors: Sequence[Actor], first: int, last: int
) -> tuple[list[Actor], list[Actor]] | None:
    """The two sides of "clashes between X and Y", "X clashed with Y", "X fought Y"; None where not told."""
    inside = [a for a in actors if tokens.starts[first] <= a.span[0] < tokens.ends[last - 1]]
    here = [a for a in inside if a.who != "civilian" and not (a.generic and a.who == "unknown")]
    between = next((i for i in range(first, last) if tokens.low[i] == "between"), first)
    for i in (*range(between, last), *range(first, between)):
        if (
            tokens.low[i] == "between"
            or (tokens.low[i] == "with" and any(w in phrases("sides") for w in tokens.low[max(first, i - 5) : i]))
            or tokens.low[i] in ("against", "battling", "fighting", "fought")
        ):
            after = [a for a in here if tokens.at(a.span[0]) > i]
            before = [a for a in here if tokens.at(a.span[0]) < i]
            if tokens.low[i] == "between":
                cut = next(
                    (
                        k
                        for k in range(1, len(after))
                        if "and" in tokens.low[tokens.at(after[k - 1].span[1] - 1) : tokens.at(after[k].span[0])]
                    ),
                    None,
                )
                if cut:
                    return after[:cut], after[cut:]
            elif before and after:
                if _comes_against(tokens, after[0], last):
                    return after[:1], before[-2:]
                return before[-2:], after[:1]
    for a, b in itertools.pairwise(here):  # "X and Y clashed"
        gap = tokens.low[tokens.at(a.span[1] - 1) + 1 : tokens.at(b.span[0])]
        end = tokens.at(b.span[1] - 1) + 1
        if "and" in gap and len(gap) <= 3 and any(w in phrases("sides") for w in tokens.low[end : end + 3]):
            return [a], [b]
    return None


def _comes_against(tokens: Tokens, actor: Actor, last: int) -> bool:
    """Is the side named last the one that attacked: "clashed with militants who tried to enter the town"?"""
    end = tokens.at(actor.span[1] - 1) + 1
    for i in range(end, min(end + 9, last - 1)):
        if tokens.low[i] in ("who", "that", "which"):
            return not words("comes_against").isdisjoint(tokens.low[i + 1 : min(i + 4, last)])
    return False


def clash_with(tokens: Tokens, actors: Sequence[Actor], first: int, last: int) -> Actor | None:
    """The one side named of a clash: "killed in a gunfight with soldiers"; None where another may be the first."""
    for actor in actors:
        start = tokens.at(actor.span[0])
        if not first <= start < last or actor.who not in SIDED:
            continue
        k = start - 1
        while k > first and (tokens.low[k] in ("the", "a", "an") or tokens.low[k].isdigit()):
            k -= 1
        if tokens.low[k] not in ("with", "against"):
            continue
        if any(w in phrases("sides") or w in words("fights") for w in tokens.low[max(first, k - 5) : k]):
            return actor
    return None
