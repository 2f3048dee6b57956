"""Who claims an act or is held to have done it, in a sentence that need not tell the act itself.

"Boko Haram has claimed the slaughter", "police attributed the blast to the ELN", "the Taliban said it was revenge",
"separatists are suspected", "it is unclear whether planes of X or of Y struck". Words are in
`data/lexicon/en/claims.yml`.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from itertools import pairwise

from tollbook import lexicon
from tollbook.errors import LexiconError
from tollbook.extract.basis import of_lesser_deed
from tollbook.extract.blame import Blame
from tollbook.extract.doers import SIDED, reach, same_doer
from tollbook.extract.figure import Figure
from tollbook.extract.senders import shoots_down
from tollbook.extract.tokens import Tokens
from tollbook.extract.words import words
from tollbook.model import Actor, AttributionBasis

_LISTS = (
    "gate", "claims", "claimed_things", "takes", "credit", "says", "own", "own_acts", "held", "helds", "behind",
    "between", "several", "attackers", "shows", "before_held", "before_name", "blames", "laid", "work",
    "owners", "own_men", "puts_out", "avenges", "doers", "identity", "supposed", "identifies", "undecided",
)  # fmt: skip
_SAID = 13  # tokens between "said" and "it", "its fighters"
_ACT = 7  # tokens between these and the act
_APPOSED = 8  # tokens from a name to the end of what explains it
_LAID = 12  # tokens from "attributed" to its "to"
_OR = 7  # tokens between two sides, either of which may have done it ("planes or those of its ally")
_FIRED = 5  # tokens from these to what one of them did ("or its allies had carried")


@cache
def lists() -> dict[str, frozenset[str]]:
    """The lists of `claims.yml`. Raises LexiconError where one is missing or does not hold lower-case words."""
    data = lexicon.load("lexicon/en/claims")
    found: dict[str, frozenset[str]] = {}
    for name in _LISTS:
        listed = data.get(name) if isinstance(data, dict) else None
        if not isinstance(listed, list) or not all(isinstance(w, str) and w == w.lower() for w in listed):
            raise LexiconError(f"claims.yml: {name}: must be a list of lower-case words")
        found[name] = frozenset(listed)
    return found


def own_dead(figures: Sequence[Figure], claimant: Actor) -> bool:
    """Are these the claimant's own dead ("Five attackers were shot dead"), whom the act it claims did not kill?"""
    attackers = lists()["doers"]
    own = (f.head in attackers or (f.of is not None and f.of == claimant.actor_id) for f in figures)
    return bool(figures) and all(own)


def claims_in(tokens: Tokens, actors: Sequence[Actor]) -> list[Blame]:
    """The sides that the sentence says did an act: by their own word `claimed`, else `blamed` or `suspected`."""
    if lists()["gate"].isdisjoint(tokens.low):
        return []
    sided = [a for a in actors if a.who in SIDED and tokens.span[0] <= a.span[0] < tokens.span[1]]
    basis: AttributionBasis = "asserted" if "either" in tokens.low else "suspected"
    found = [Blame(actor, basis) for actor in _either(tokens, sided)]
    for actor in sided:
        start, end = tokens.at(actor.span[0]), reach(tokens, actor, sided)
        if any(b.actor is actor for b in found) or shoots_down(tokens, end, len(tokens)):
            continue  # "said it shot down 88 drones"
        if _claims(tokens, end) or _claimed_by(tokens, start) or _claimed_aside(tokens, start, end):
            found.append(Blame(_apposed(tokens, actor, sided), "claimed"))
        elif (_held(tokens, end) or _laid_to(tokens, start)) and not of_lesser_deed(tokens, actor):
            found.append(Blame(actor, "blamed"))
        elif start and tokens.low[start - 1] in words("not_sure") and not _came_to_harm(tokens, start - 1):
            found.append(Blame(actor, "suspected"))
        elif (told := _identified(tokens, start)) is not None:
            found.append(Blame(actor, told))
    return found


def _came_to_harm(tokens: Tokens, i: int) -> bool:
    """ "Arrested six suspected rebels": who is told so is what was done to."""
    while i > 0 and tokens.low[i - 1] in words("before_subject"):
        i -= 1
    passive = i > 1 and tokens.low[i - 2] in words("be")
    return (
        i > 0 and not passive and (tokens.low[i - 1] in words("harming") or tokens.low[i - 1] in words("object_before"))
    )


def _either(tokens: Tokens, sided: Sequence[Actor]) -> list[Actor]:
    """The two sides of which one did it, where the sentence says so: "it is unclear if X or its ally Y struck".

    The deed stands right behind the two ("whether X or Y fired it"), or before them with "by" ("dropped by planes of X
    or of Y"). RULINGS: "Syrian or Russian" names both.
    """
    low, deeds = tokens.low, lists()["own_acts"]
    if "or" not in low or lists()["undecided"].isdisjoint(low):
        return []
    for a, b in pairwise(sorted(sided, key=lambda actor: actor.span)):
        start, end = tokens.at(a.span[0]), tokens.at(b.span[1] - 1) + 1
        between = low[tokens.at(a.span[1] - 1) + 1 : tokens.at(b.span[0])]
        before = low[max(0, start - _OR) : start]
        if "or" not in between or len(between) > _OR or "," in between or same_doer(a, b):
            continue
        if lists()["undecided"].isdisjoint(low[:start]):
            continue
        done = "by" in before and not deeds.isdisjoint(low[max(0, start - _ACT - _OR) : start])
        doing = next((i for i in range(end, min(end + _FIRED, len(low))) if low[i] in deeds), None)
        around = {*before, *low[end:doing]} - {"if"}  # "the dead were X or Y", "whether X or Y would be hit"
        if done or (doing is not None and around.isdisjoint(words("be") | words("unreal"))):
            return [a, b]
    return []


def of_several(tokens: Tokens) -> bool:
    """Is the claim about several acts ("claimed both explosions", "the attacks")?"""
    return not lists()["several"].isdisjoint(tokens.low)


def _next(tokens: Tokens, i: int) -> int:
    """The first token from `i` on that is no auxiliary, adverb or day."""
    low, between = tokens.low, lists()["between"]
    stop = min(i + 7, len(low))
    while i < stop and low[i] in between:
        i += 1
    return i


def _claims(tokens: Tokens, end: int) -> bool:
    low, book = tokens.low, lists()
    branch = next((k for k in range(end, min(end + 4, len(low))) if low[k] in words("branch")), None)
    i = _next(tokens, end if branch is None else branch + 1)  # "Al-Qaeda's Yemeni wing claimed it"
    if i >= len(low):
        return False
    word, after = low[i], low[i + 1 : i + 8]
    if word in book["puts_out"] and "saying" in after:
        i += after.index("saying") + 1
        word, after = "said", low[i + 1 : i + 8]
    if word == "put" and len(after) > 2 and after[1] == "name" and after[2] == "to":
        return after[0] in book["own"]
    if word in book["claims"]:
        return not after or (after[0] not in ("that", "to") and not book["claimed_things"].isdisjoint(after))
    if word in book["takes"]:
        return not book["credit"].isdisjoint(after[:4])
    if word in book["shows"]:
        return not book["attackers"].isdisjoint(after[:5])
    if word not in book["says"]:
        return False
    if word in ("said", "says") and not book["avenges"].isdisjoint(low[i + 1 : i + _SAID]) and "by" not in after:
        return not book["claimed_things"].isdisjoint(after[:3])
    own = next((k for k in range(i + 1, min(i + _SAID, len(low))) if _own(low, k)), None)
    if (
        own is None
        or any(w in words("said") and w != "statement" for w in low[i + 1 : own])
        or "not" in low[own : own + 5]
    ):
        return False
    if low[own] == "theirs":
        return low[own - 2 : own] == ("one", "of")
    return any(
        low[k] in book["own_acts"] and low[k - 1] not in ("was", "were", "been", "to", "not", "never")
        for k in range(own + 1, min(own + _ACT, len(low)))
    )


def _identified(tokens: Tokens, start: int) -> AttributionBasis | None:
    """ "The attackers were soldiers", "gunmen believed to be of X", "identified the driver as a member of X"."""
    low, book = tokens.low, lists()
    i = start - 1
    while i >= 0 and low[i] in book["identity"]:
        i -= 1
    link = low[i + 1 : start]
    if i < 0 or low[i] not in book["doers"] or book["identifies"].isdisjoint(link):
        return None
    return "asserted" if book["supposed"].isdisjoint(link) else "suspected"


def _own(low: Sequence[str], k: int) -> bool:
    """Does the side mean itself: "it", "its fighters", "his men", "the group", "one of theirs"?"""
    book = lists()
    return low[k] in book["own"] or (low[k] in book["owners"] and not book["own_men"].isdisjoint(low[k + 1 : k + 2]))


def _claimed_aside(tokens: Tokens, start: int, end: int) -> bool:
    """ "an ambush which X claimed", "claimed the blast on behalf of X", and of one who "speaks for X"."""
    low, book = tokens.low, lists()
    before = start - 1 if start and low[start - 1] != "the" else start - 2
    if before < 1:
        return False
    if low[before] in ("which", "that"):
        i = _next(tokens, end)
        return i < len(low) and low[i] in book["claims"] and (i + 1 == len(low) or not low[i + 1].isalpha())
    if low[before] == "of" and low[before - 1] == "behalf":
        return not book["claims"].isdisjoint(low[max(0, before - 9) : before])
    return low[before] == "for" and low[before - 1] in ("speaks", "speaking", "spokesman") and _claims(tokens, end)


def _apposed(tokens: Tokens, actor: Actor, sided: Sequence[Actor]) -> Actor:
    """The side that another is only told beside: "X, a lesser ally of Y, took responsibility" is X's word."""
    start, end = tokens.at(actor.span[0]), tokens.at(actor.span[1] - 1) + 1
    if tokens.low[end : end + 1] != (",",):
        return actor
    for other in sided:
        behind = tokens.at(other.span[1] - 1) + 1
        if behind < start <= behind + _APPOSED and tokens.low[behind] == "," and "of" in tokens.low[behind:start]:
            return other
    return actor


def _claimed_by(tokens: Tokens, start: int) -> bool:
    low = tokens.low
    by = next((k for k in range(start - 1, max(-1, start - 5), -1) if low[k] == "by"), None)
    return by is not None and any(w in lists()["claims"] or w == "responsibility" for w in low[max(0, by - 6) : by])


def _held(tokens: Tokens, end: int) -> bool:
    """ "are suspected", "were blamed for it", "is believed to be behind", "was responsible"."""
    low, book = tokens.low, lists()
    i = end
    while i < min(end + 4, len(low)) and low[i] in book["before_held"]:
        i += 1
    if i < len(low) and low[i] in ("to", "for") and i > end:
        return False
    if i == end and low[i : i + 1] == ("suspected",):
        return i + 1 == len(low) or low[i + 1] in (".", ";", ",")
    if low[i : i + 1] and low[i] in ("are", "is", "was", "were", "been", "being"):
        after = low[i + 1 : i + 8]
        if after[:1] and after[0] in book["held"]:
            return True
        if len(after) > 1 and after[1] in book["held"] and after[0] not in ("not", "never", "no"):
            return True
        return bool(after) and after[0] in book["helds"] and not book["behind"].isdisjoint(after)
    return low[i : i + 2] == ("to", "be") and not book["behind"].isdisjoint(low[i + 2 : i + 4])


def _laid_to(tokens: Tokens, start: int) -> bool:
    """ "attributed the attack to X", "blamed on X", "pointed to X", "the work of X", "blames X"."""
    low = tokens.low
    i = start - 1
    book = lists()
    while i >= max(0, start - 4) and low[i] in book["before_name"]:
        i -= 1
    if i < 0:
        return False
    if low[i] in book["blames"]:
        return low[i - 1] not in ("was", "were", "is", "are", "be") if i else True
    if low[i] in ("to", "on", "at"):
        return any(f"{low[k]} {low[i]}" in book["laid"] for k in range(max(0, i - _LAID), i))
    return low[i] == "of" and low[i - 1] in book["work"] if i else False
