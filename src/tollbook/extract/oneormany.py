"""Do the words tell one act ("an air strike", "the 1996 bombing") or several ("attacks", "strikes")?"""

from __future__ import annotations

from tollbook.extract.tokens import Tokens
from tollbook.extract.words import words

_BEGINS = 3  # tokens within which a clause begins: ", and taking", "which brings"
_TO_NOUN = 5  # tokens from the article to the noun: "a Saudi-led coalition air strike"


def names_one_act(tokens: Tokens, first: int, last: int) -> bool:
    """Does a noun for one act stand behind an article, in tokens [first, last), or "when a school was hit"?

    Not where the noun describes another one ("the bombing campaign", "the bomb attacks").
    """
    low = tokens.low
    for i in range(first, last):
        if low[i] == "when" and low[i + 1 : i + 2] in (("a",), ("an",)):
            return True  # "20 pupils died when a school was hit"
        if low[i] not in words("one_act") or (i + 1 < last and _goes_on(low[i + 1])):
            continue
        for k in range(i - 1, max(first, i - _TO_NOUN) - 1, -1):
            if low[k] in words("one_articles"):
                return True
            if not low[k][0].isalnum() or low[k] in words("block") or low[k] in words("be"):
                break
    return False


def _goes_on(after: str) -> bool:
    return after in words("many_acts") or after in words("campaign")


def names_many_acts(tokens: Tokens, first: int, last: int) -> bool:
    """Is a noun for several acts told in tokens [first, last)?"""
    return not words("many_acts").isdisjoint(tokens.low[first:last])


def brought_to_one(tokens: Tokens, first: int, last: int) -> bool:
    """ "Bringing to 20 the number of dead in the bombing": the toll of one act rises, nothing is summed up."""
    i = next((i for i in range(first, last) if tokens.low[i] in words("brings")), last)
    return names_one_act(tokens, i, last) or any(
        tokens.low[k] in words("one_act") and tokens.low[k - 1].endswith(("'s", "’s")) for k in range(i + 1, last)
    )


def brings_sum(tokens: Tokens, first: int, last: int) -> bool:
    """Does the clause bring a toll to what it is "since" a day: "taking to 31 those killed since the curfew"?"""
    low = tokens.low[first:last]
    begins = next((i for i, word in enumerate(low[:_BEGINS]) if word in words("brings")), None)
    return begins is not None and "to" in low[begins:] and "since" in low and not brought_to_one(tokens, first, last)
