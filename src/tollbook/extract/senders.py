"""Who sent what did the harm: whose helicopters, bomber or shell it was, on whose orders; and who stopped it."""

from __future__ import annotations

from tollbook.extract.acts import Telling
from tollbook.extract.tokens import Tokens
from tollbook.extract.words import words

_TO_VERB = 8  # tokens from who stops a weapon to "shot down" ("Ukraine's air force said on Friday it had shot down")
_TO_WEAPON = 9  # tokens from "shot down" to what was ("shot down 20 of the 27 attack drones")


def sends(tokens: Tokens, telling: Telling, start: int, end: int, first: int) -> bool:
    """Was it sent by the actor of tokens [start, end): "dropped from X's helicopters", "a drone belonging to X struck"?

    Or is it the one whose bomber it was, on whose orders it was done, or to whom the ground fell? The clause begins at
    token `first`.
    """
    low = tokens.low
    if any(w in words("includes") for w in low[max(0, start - 2) : start]):
        return False
    k = start - 1
    while k > first and (low[k] in words("called_before") or low[k] in words("articles")):
        k -= 1
    if k <= first:
        return False
    if (low[k] == "from" and low[k - 1] in words("sent")) or _owns_weapon(tokens, k, end):
        return True
    before = low[k - 1]
    if low[k] in ("from", "of", "for") and before in words("bombers"):
        return words("harming").isdisjoint(low[end + 1 : end + 2]) or low[end] not in words("be")
    if low[k] == "of" and before in ("orders", "order") and low[k - 2 : k - 1] and low[k - 2] in ("on", "under", "the"):
        return True
    takes = any(t.kind == "take" and first <= t.first for t in telling.triggers)
    if low[k] == "to" and before in words("falls"):
        return True
    owner = low[end - 1].endswith(("'s", "’s")) or low[end - 1].endswith("s")
    under = low[k] == "under" and owner and "control" in low[end : end + 2]
    return takes and (under or (low[k] == "of" and before in ("control", "hands") and "under" in low[k - 4 : k]))


def steers(tokens: Tokens, start: int) -> bool:
    """Was a drone or aircraft steered by the actor at token `start` ("a drone operated by X struck"), not shot down?"""
    low, k = tokens.low, start - 1
    while k > 0 and (low[k] in words("called_before") or low[k] in words("articles")):
        k -= 1
    if k < 2 or low[k] != "by" or low[k - 1] not in words("steered") or low[k - 2] not in words("weapons_sent"):
        return False
    return words("intercepts").isdisjoint(low[max(0, k - _TO_WEAPON) : k - 2])


def _owns_weapon(tokens: Tokens, k: int, end: int) -> bool:
    """ "A drone belonging to X struck", with the "to" at token `k`; not "shot down a drone belonging to X"."""
    low = tokens.low
    if k < 2 or low[k] != "to" or low[k - 1] != "belonging" or low[k - 2] not in words("weapons_sent"):
        return False
    return end < len(low) and low[end] in words("weapon_hits") and low[end + 1 : end + 2] != ("by",)


def shoots_down(tokens: Tokens, end: int, last: int) -> bool:
    """Does the actor that ends at token `end` stop drones or missiles on their way? It did not do what they did.

    "The air force shot down 20 drones", "said it had destroyed all of them"; not "destroyed 12 tanks with drones".
    """
    low = tokens.low
    verb = next((k for k in range(end, min(end + _TO_VERB, last)) if low[k] in words("intercepts")), None)
    if verb is None or "by" in low[end:verb] or not (words("harming") | words("does")).isdisjoint(low[end:verb]):
        return False
    return _stopped_weapon(tokens, verb, last) is not None


def _stopped_weapon(tokens: Tokens, verb: int, last: int) -> str | None:
    """The weapons that the word at `verb` tells were stopped ("shot down 20 of the 27 drones"), "them" among others."""
    low = tokens.low
    if low[verb] not in words("intercepts") or (low[verb].startswith("sho") and low[verb + 1 : verb + 2] != ("down",)):
        return None
    for k in range(verb + 1, min(verb + 1 + _TO_WEAPON, last)):
        if low[k] in words("flying_weapons") or low[k - 1 : k + 1] == ("of", "them"):
            return low[k]
        if low[k] in words("ends_object"):
            return None
    return None


def stopped_weapons(tokens: Tokens, first: int, last: int) -> set[str]:
    """The drones or missiles that tokens [first, last) tell were stopped on their way, as they are called there."""
    told = (_stopped_weapon(tokens, i, last) for i in range(first, last))
    return {weapon for weapon in told if weapon is not None}
