"""The two sides of a fight, as the sentence that tells it names them."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

from tollbook.extract.doers import SIDED
from tollbook.extract.tokens import Tokens
from tollbook.extract.words import phrases, words
from tollbook.model import Actor

_JOINED = 8  # tokens between two that fight together
_FOILED = 9  # tokens from the verb that foils to the attack


_NEAR = 3  # tokens from "between" or "and" to the side named


def clash_sides(
    tokens: Tokens, actors: Sequence[Actor], first: int, last: int
) -> tuple[list[Actor], list[Actor]] | None:
    """The two sides of "clashes between X and Y", "X clashed with Y", "X fought Y"; None where not told."""
    inside = [a for a in actors if tokens.starts[first] <= a.span[0] < tokens.ends[last - 1]]
    here = [a for a in inside if a.who != "civilian" and not (a.generic and a.who == "unknown")]
    foiled = _foiled(tokens, here, first, last)
    if foiled is not None:
        return foiled
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
                if (communities := _communities(tokens, inside, i)) is not None:
                    return communities
            elif before and after:
                side = _side(tokens, before)
                if _comes_against(tokens, after[0], last):
                    return after[:1], side
                return side, after[:1]
    for a, b in itertools.pairwise(here):  # "X and Y clashed"
        gap = tokens.low[tokens.at(a.span[1] - 1) + 1 : tokens.at(b.span[0])]
        end = tokens.at(b.span[1] - 1) + 1
        if "and" in gap and len(gap) <= 3 and any(w in phrases("sides") for w in tokens.low[end : end + 3]):
            return [a], [b]
    return None


def _communities(tokens: Tokens, inside: Sequence[Actor], i: int) -> tuple[list[Actor], list[Actor]] | None:
    """The two told right behind "between": "clashes between cattle herders and farmers"."""
    after = [a for a in inside if tokens.at(a.span[0]) > i and not (a.generic and a.who == "unknown")][:2]
    if len(after) < 2 or tokens.at(after[0].span[0]) - i > _NEAR:
        return None
    gap = tokens.low[tokens.at(after[0].span[1] - 1) + 1 : tokens.at(after[1].span[0])]
    return ([after[0]], [after[1]]) if gap[:1] == ("and",) and len(gap) <= _NEAR else None


def _side(tokens: Tokens, before: Sequence[Actor]) -> list[Actor]:
    """The one named right before the fight, and the one before it where they are told to fight together.

    "Rebels with support from the coalition fought" are the rebels; "an opposition group fighter" is one side.
    """
    if len(before) < 2:
        return list(before)
    low = tokens.low[tokens.at(before[-2].span[1] - 1) + 1 : tokens.at(before[-1].span[0])]
    if not low:
        return list(before[-2:-1])
    told = " ".join(low).lstrip(", ")
    joined = bool(low) and len(low) <= _JOINED and (low[0] in ("and", "&") or told.startswith(phrases("in_league")))
    if joined:
        return list(before[-2:])
    lent = len(low) <= _JOINED and not words("lent_by").isdisjoint(low[-2:])
    return list(before[-2:-1]) if lent else list(before[-1:])


def _foiled(tokens: Tokens, actors: Sequence[Actor], first: int, last: int) -> tuple[list[Actor], list[Actor]] | None:
    """Who attacked and who foiled it: "the army repelled an attack by rebels", "foiled the rebels' offensive"."""
    low = tokens.low
    stop = next((i for i in range(first, last) if low[i] in words("repels")), None)
    if stop is None:
        return None
    noun = next((i for i in range(stop + 1, min(stop + _FOILED, last)) if low[i] in words("assaults")), None)
    if noun is None:
        return None
    own = [a for a in actors if stop < tokens.at(a.span[0]) < noun <= tokens.at(a.span[1] - 1) + 3]
    by = next((i for i in range(noun + 1, min(noun + 4, last)) if low[i] in ("by", "of", "from")), None)
    behind = [a for a in actors if by is not None and by < tokens.at(a.span[0]) <= by + 5]
    attackers = own or behind[:1]
    passive = stop > first and low[stop - 1] in words("be")
    foes = [] if passive else _side(tokens, [a for a in actors if tokens.at(a.span[0]) < stop])
    return (attackers, foes) if attackers else None


def _comes_against(tokens: Tokens, actor: Actor, last: int) -> bool:
    """Is the side named last the one that attacked: "clashed with militants who tried to enter the town"?"""
    start = tokens.at(actor.span[0])
    if start and tokens.low[start - 1] in words("attackers"):
        return True
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
