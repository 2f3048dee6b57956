"""On what ground a sentence lays an act on an actor: told as fact, claimed, blamed or only suspected."""

from __future__ import annotations

from tollbook.extract.acts import Telling
from tollbook.extract.tokens import Tokens
from tollbook.extract.words import words
from tollbook.model import Actor, AttributionBasis

_ACCUSED = 8  # tokens behind those accused in which the deed may be named


def basis_of(tokens: Tokens, telling: Telling, actor: Actor, end: int) -> AttributionBasis | None:
    """How the sentence lays the act on the actor; None where it lays a lesser deed on it."""
    start = tokens.at(actor.span[0])
    before = tokens.low[max(0, start - 6) : start]
    if tokens.low[start] in words("not_sure"):
        return "suspected"
    if before and before[-1] in words("not_sure") and tokens.low[end : end + 1] != ("of",):
        return "suspected"
    if telling.has("blamed", max(0, start - 6), start):
        return None if of_lesser_deed(tokens, actor) else "blamed"
    if telling.has("alleged", max(0, start - 8), end + 8):
        return "suspected"
    if _is_accused(tokens, end):
        return "blamed"
    claims = telling.has("claimed", end, end + 6) and words("lives").isdisjoint(tokens.low[end : end + 8])
    if claims or (telling.has("claimed", max(0, start - 6), start) and "but" not in before):
        return "claimed"
    return "asserted"


def accuses(tokens: Tokens, telling: Telling, end: int) -> bool:
    """ "Kyiv accused Moscow of killing ten": who lays it on another; not "police arrested suspected rebels"."""
    adjective = tokens.low[end + 1 : end + 2] and tokens.low[end + 1] in words("not_sure")
    return telling.has("blamed", end, end + (1 if adjective else 2))


def _is_accused(tokens: Tokens, end: int) -> bool:
    """Is the deed laid on the actor behind it: "which was implicated in a raid", "were blamed for two attacks"?"""
    for i in range(end, min(end + 4, len(tokens) - 1)):
        if tokens.low[i] in words("be"):
            return tokens.low[i + 1] in words("laid_on") and tokens.low[i - 1] not in words("unreal")
    return False


def of_lesser_deed(tokens: Tokens, actor: Actor) -> bool:
    """Is the actor accused of another deed than violence ("accused X, Y and others of sheltering rebels")?"""
    end = tokens.at(actor.span[1] - 1) + 1
    at = next((i for i in range(end, min(end + _ACCUSED, len(tokens))) if tokens.low[i] == "of"), len(tokens))
    return any(w in words("lesser_deeds") for w in tokens.low[at + 1 : at + 3])
