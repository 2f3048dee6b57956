"""A doer's name as the record holds it: one name for one actor, and the force behind a weapon.

"Nusra Front (Qaeda branch in the Levant) terrorists" are one doer, "army and armed forces" are one, and "Russian
missiles" are the Russians' (GUIDELINES: the report's words shortened to the name).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from functools import cache

from tollbook.extract.tokens import Tokens
from tollbook.extract.words import words
from tollbook.model import Actor

SIDED = ("state_forces", "armed_group")
"""The classes of those who fight: they alone are sides of a clash, blamed, or claim an act."""
_ACRONYM = 3  # letters at most; longer ones (ISIL, FARC) are the name that a report goes by
_BRACKET = 8  # tokens that a name's explanation in brackets may have
_EXPLAINED = 9  # tokens between a name and the noun that says what it is
_DESCRIBED = 5  # tokens from a noun that explains a name back to its article
_ALIAS_TAILS = ("-linked", "-affiliated", "-allied", "-aligned", "-inspired")


def is_alias(tokens: Tokens, actor: Actor, others: Sequence[Actor]) -> bool:
    """Does the name only explain another ("(formerly al-Nusra Front)", "an offshoot of al Qaeda", "Qaeda-linked")?"""
    start, end = tokens.at(actor.span[0]), tokens.at(actor.span[1] - 1) + 1
    low = tokens.low
    if actor.generic and any(tokens.at(o.span[0]) == end and o.who == actor.who and not o.generic for o in others):
        return True  # "the Takfiri ISIL group"
    if actor.generic and low[end : end + 1] == ("of",):
        for o in others:
            at = tokens.at(o.span[0])
            if not o.generic and end < at <= end + 4 and all(w in words("called") for w in low[end + 1 : at]):
                return True  # "fighters of the paramilitary Rapid Support Forces"
    k = start - 1
    while k > max(0, start - _DESCRIBED) and low[k] not in ("a", "an", "the") and low[k][0].isalpha():
        k -= 1
    apposed = k > 0 and (low[k] in ("a", "an") or (low[k] == "the" and k == start - 1)) and low[k - 1] == ","
    if actor.generic and apposed and any(tokens.at(o.span[1] - 1) == k - 2 and not o.generic for o in others):
        return True  # "the Army of Conquest, an alliance of ...", "the Red Spear, a small rebel group"
    if actor.generic and low[k - 1 : k + 1] == ("to", "the") and low[k - 2 : k - 1] == ("loyal",) and k == start - 1:
        return True  # "a militia loyal to the warlord"
    if any(o is not actor and _explained(tokens, o, actor) for o in others):
        return True
    owns = end - 1 if low[end - 1].endswith(("'s", "’s")) else end
    if low[owns : owns + 1] and low[owns].endswith(("'s", "’s")) and _branch(low[owns + 1 : owns + 3]):
        return any(tokens.at(o.span[1] - 1) in (start - 1, start - 2) for o in others)  # "X, Qaeda's Syria affiliate"
    if low[end - 1].endswith(_ALIAS_TAILS) or (low[end : end + 1] and low[end] in words("branch")):
        return True
    if start > 1 and low[start - 1] == "of" and low[start - 2] in words("branch"):
        return True
    if actor.generic and start and low[start - 1] in (")", "]"):
        inside = [o for o in others if o.who == actor.who and start - _BRACKET <= tokens.at(o.span[0]) < start]
        return bool(inside)  # "the Islamic Army (IA) terrorist group"
    for i in range(start - 1, max(-1, start - 4), -1):
        if low[i] in ("(", "["):
            return any(tokens.at(o.span[1] - 1) == i - 1 for o in others)
    return False


def _explained(tokens: Tokens, named: Actor, kind: Actor) -> bool:
    """Does `kind` say behind a comma what `named` is ("the Sarab army, a newly formed tribal militia which ...")?"""
    if named.generic or named.who not in SIDED:
        return False
    low, first = tokens.low, tokens.at(named.span[1] - 1) + 1
    start, end = tokens.at(kind.span[0]), tokens.at(kind.span[1] - 1) + 1
    if not 2 <= start - first <= _EXPLAINED or low[first] != "," or low[first + 1] not in ("a", "an"):
        return False
    ends = end >= len(low) or low[end] in ("which", "that", "who", "whose", ",", ".")
    return ends and all(w.isalpha() or "-" in w for w in low[first + 1 : start])


def past_explanation(tokens: Tokens, actor: Actor, end: int, others: Sequence[Actor]) -> int:
    """The token behind what a comma and an article explain the name by, else `end`."""
    behind = next((o for o in others if o is not actor and _explained(tokens, actor, o)), None)
    return end if behind is None else tokens.at(behind.span[1] - 1) + 1


def _branch(low: Sequence[str]) -> bool:
    return any(w in words("branch") for w in low)


def reach(tokens: Tokens, actor: Actor, others: Sequence[Actor]) -> int:
    """The token behind the name, its explanation in brackets and the kind it is called by ("ISIS terrorists")."""
    end = tokens.at(actor.span[1] - 1) + 1
    for _ in range(3):
        if end < len(tokens) and tokens.low[end] in ("(", "["):
            close = next(
                (i for i in range(end + 1, min(end + _BRACKET, len(tokens))) if tokens.low[i] in (")", "]")), 0
            )
            if not close:
                break
            end = close + 1
        if actor.who == "state_forces" and not actor.generic:
            men = next((o for o in others if o.generic and tokens.at(o.span[0]) == end and o.name.islower()), None)
            return end if men is None else tokens.at(men.span[1] - 1) + 1  # "the Kenyan army men"
        kind = next((o for o in others if o.generic and o.who == actor.who and _follows(tokens, end, o)), None)
        if kind is None or actor.generic or actor.who != "armed_group":
            break
        end = tokens.at(kind.span[1] - 1) + 1
    return end


def _follows(tokens: Tokens, end: int, other: Actor) -> bool:
    start = tokens.at(other.span[0])
    return end <= start <= end + 1 and all(tokens.low[i] in words("called") for i in range(end, start))


def force_of(actor: Actor) -> Actor | None:
    """The actor without the weapons at the end of its name; None where nothing but weapons is named ("warplanes").

    "Russian missiles" become "Russian", "coalition aircraft" the coalition: the span shrinks with the name.
    """
    kept = actor.name.split()
    while kept and kept[-1].lower() in words("weapon_ends"):
        kept.pop()
    while len(kept) < len(actor.name.split()) and kept and kept[-1].lower() in words("weapon_middles"):
        kept.pop()  # "Russian war planes", "Syrian fighter jets"
    if not kept or kept[-1].lower() == "suicide":
        return None  # "warplanes"; "a Tamil suicide bomber"
    name = actor.name
    for _ in range(len(name.split()) - len(kept)):
        name = name.rstrip().rpartition(" ")[0]
    name = name.rstrip()
    if name.endswith(("'s", "’s")):
        name = name[:-2]
    return actor if name == actor.name else replace(actor, name=name, span=(actor.span[0], actor.span[0] + len(name)))


def spelled_out(actor: Actor, report: Sequence[Actor]) -> Actor:
    """The actor as the report spells its name out, where this mention is short for it; else as it is.

    "SDF" stands for "Syrian Democratic Forces", by its letters; "the coalition" for "US-led coalition" where the report
    names one coalition only. The span goes with the name: both are those of the first mention spelled out.
    """
    if actor.name.isupper() and 2 <= len(actor.name) <= _ACRONYM:
        same = [o for o in report if _initials(o.name) == actor.name and o.actor_id == actor.actor_id]
        return replace(actor, name=same[0].name, span=same[0].span) if same else actor
    head = actor.name.lower().removeprefix("the ").removesuffix("s")
    if head in words("short_for_fuller"):
        full = [o for o in report if o.name.lower().endswith(f" {head}") and not o.name.lower().startswith("the ")]
        if full and len({(o.actor_id, o.name.lower()) for o in full}) == 1:
            return replace(full[0], generic=actor.generic)
    return actor


def _initials(name: str) -> str:
    parts = [p for p in name.replace("-", " ").split() if p.lower() not in words("not_initials")]
    return "".join(p[0] for p in parts).upper() if len(parts) > 1 else ""


@cache
def _numbered() -> re.Pattern[str]:
    return re.compile(
        r"\b(?<!to )(?<!than )(?:two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|\d{1,3})"
        r"(?: [a-z-]{3,15})?\s$",
        re.IGNORECASE,
    )


def numbered(text: str, actor: Actor) -> Actor:
    """ "Men" who are told by nothing but their number take it along: "four men", "two masked youths"."""
    found = _numbered().search(text, max(0, actor.span[0] - 32), actor.span[0])
    if found is None:
        return actor
    span = (found.start(), actor.span[1])
    return replace(actor, name=text[span[0] : span[1]], span=span)


def same_doer(a: Actor, b: Actor) -> bool:
    """Do two names in one telling stand for one actor ("the army and armed forces", "rebels ... rebel fighters")?"""
    if a.name.lower() == b.name.lower():
        return True
    return a.actor_id is not None and a.actor_id == b.actor_id


def without_owners(doers: Sequence[Actor]) -> list[Actor]:
    """The doers without a government beside its own force: "the government ... security forces" is one side.

    The force is the narrower name. A government stays where no force of its state (or of none told) is named.
    """
    forces = [a for a in doers if _is_force(a)]
    return [a for a in doers if not (_is_government(a) and any(_may_be_of(f, a) for f in forces))]


def own_forces(doers: Sequence[Actor], others: Sequence[Actor]) -> list[Actor]:
    """Of `others` the forces of the governments that alone are told as doers; none where anybody else is."""
    if not doers or not all(_is_government(a) for a in doers):
        return []
    men = [f for f in others if _is_force(f) and force_of(f) == f]  # not "government helicopters"
    return [f for f in men if any(_may_be_of(f, a) for a in doers)]


def _is_government(actor: Actor) -> bool:
    return (actor.actor_id or "").endswith(":government")


def _is_force(actor: Actor) -> bool:
    return actor.who == "state_forces" and not _is_government(actor) and (actor.actor_id or "").count(":") > 0


def _may_be_of(force: Actor, government: Actor) -> bool:
    return force.actor_id != government.actor_id and (
        not force.countries or not government.countries or bool(set(force.countries) & set(government.countries))
    )
