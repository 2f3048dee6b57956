"""Bodies found: whether a sentence tells a find, so that its day is that of the find and not of the deaths."""

from __future__ import annotations

from functools import cache
from typing import Any

from tollbook import lexicon
from tollbook.errors import LexiconError
from tollbook.extract.groups import vocabulary
from tollbook.extract.tokens import Tokens

_REACH = 12  # words between the find and the body, place and number included
_TO_FIND = 3  # words from who finds to the word of finding ("soldiers on Monday found", "troops have recovered")
_LISTS = ("bodies", "find", "laid", "dead", "not_yet", "grave", "head", "remains", "institution", "own_finding",
          "thing", "body_after", "apart", "ruin", "attack")  # fmt: skip


@cache
def lists() -> dict[str, frozenset[str]]:
    """The lists of `bodies.yml`; `particle WORD` holds the particles a word of finding needs. Raises LexiconError."""
    table: dict[str, Any] = lexicon.load("lexicon/en/bodies")
    parts = {name: table.get(name) for name in _LISTS}
    parts |= {f"particle {word}": listed for word, listed in table["particle"].items()}
    for name, listed in parts.items():
        if not isinstance(listed, list) or not all(isinstance(w, str) for w in listed):
            raise LexiconError(f"bodies.yml: {name}: must be a list of words (quote `no`)")
    return {name: frozenset(listed) for name, listed in parts.items() if listed is not None}


def found_bodies(tokens: Tokens) -> bool:
    """Does the sentence tell the find of bodies, remains or a mass grave, so that its day is that of the find?

    Not the recovery of those whom an attack told in the same sentence killed, a search, or a body that was not found.
    """
    return not lists()["find"].isdisjoint(tokens.low) and any(_finds(tokens.low, i) for i in range(len(tokens)))


def is_finder(tokens: Tokens, end: int) -> bool:
    """Does who stands before token `end` find bodies there ("Villagers pulled two bodies out of the lake")?

    Then the find is no word on who killed them. Those who dump or leave bodies are no finders.
    """
    low = tokens.low
    return any(low[i] not in lists()["laid"] and _finds(low, i) for i in range(end, min(end + _TO_FIND, len(low))))


def in_ruin(tokens: Tokens) -> bool:
    """Are the bodies drawn from rubble, so that what struck there killed them?"""
    return not lists()["ruin"].isdisjoint(tokens.low)


def _finds(low: tuple[str, ...], i: int) -> bool:
    words = lists()
    if low[i] not in words["find"] or not _particle(low, i):
        return False
    if any(w in words["not_yet"] for w in low[max(0, i - 4) : i]):
        return False
    after = low[i + 1 : i + 3]
    if after[:1] in (("guilty",), ("that",)):
        return False
    if low[i] == "found" and any(w in words["dead"] for w in after):
        return True
    own = bool(after) and after[0] in words["own_finding"]
    return any(
        low[k] in words["bodies"]
        and not (own and k < i)
        and _is_body(low, k)
        and not _apart(low, i, k)
        and not _of_attack(low, i)
        for k in range(max(0, i - _REACH), min(i + _REACH, len(low)))
    )


def _particle(low: tuple[str, ...], i: int) -> bool:
    words = lists()
    needed = words.get(f"particle {low[i]}")
    if needed is None or (i + 1 < len(low) and low[i + 1] in needed):
        return True
    behind = low[i + 1 : i + 1 + _REACH]
    body = next((k for k, word in enumerate(behind) if word in words["bodies"]), len(behind))
    return not needed.isdisjoint(behind[body + 1 : body + 6]) and "and" not in behind[: body + 6]


def _is_body(low: tuple[str, ...], k: int) -> bool:
    """A dead body: not "a UN body", "the remains of a bridge", "heads of state", "the road remains a threat"."""
    words = lists()
    before = low[k - 1] if k else ""
    after = low[k + 1] if k + 1 < len(low) else ""
    if after == "of" and low[k] in ("remains", "body", "skeleton", "skeletons") and _thing(low, k + 2):
        return False
    if low[k] in ("grave", "graves"):
        return before in words["grave"]
    if low[k] in ("head", "heads"):
        return before in words["head"]
    if low[k] == "remains":
        return before in words["remains"] and after not in ("a", "an")
    if low[k] == "body":
        return before not in words["institution"] and after not in words["body_after"]
    return True


def _thing(low: tuple[str, ...], i: int) -> bool:
    """Does a thing stand among the three words at `i`: "a drone", "the old bridge", not "a school teacher"?"""
    at = next((k for k in range(i, min(i + 3, len(low))) if low[k] in lists()["thing"]), None)
    return at is not None and (at + 1 == len(low) or low[at + 1] not in vocabulary().who)


def _apart(low: tuple[str, ...], i: int, k: int) -> bool:
    """Another clause, or the living, between the find and the body."""
    return any(w in lists()["apart"] for w in low[min(i, k) + 1 : max(i, k)])


def _of_attack(low: tuple[str, ...], i: int) -> bool:
    """ "recovered from the rubble after the strike": the deaths are those of the attack that the sentence tells."""
    return any(w in lists()["ruin"] for w in low[i:]) and any(w in lists()["attack"] for w in low)
