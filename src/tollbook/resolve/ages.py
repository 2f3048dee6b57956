"""Numbers that are somebody's age: "aged 10 and 15", "a man of 24", "a tailor, 41,", "all of them were under 15".

A number read as an age counts nobody. The words for persons are those of `lexicon/en/groups.yml`, the words before an
age `ages_left` in `lexicon/en/counts.yml`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

from tollbook import lexicon
from tollbook.resolve.numbers import Phrases, Tokens, number_at, numerals

OLDEST = 115
"""No higher age is read: Jeanne Calment died at 122, and nobody else is proved to have passed 119."""

_CLASSES = ("civilian", "state_forces", "armed_group", "unknown")
_ARTICLES = frozenset({"a", "an", "the", "another", "one", "his", "her", "their", "its", "whose"})
_LINKS = frozenset({"and", "or", "to", "-", "–", ","})
_ENDS = frozenset({"", ".", ",", ";", ")", "and", "or", "-", "–", "—"})
_LIMITS = frozenset({"under", "over", "above", "below"})
_SAID_OF = frozenset({"was", "were", "is", "are", "them", "whom"})
_ALL = frozenset({"all", "most", "many", "both", "half", "each"})


@dataclass(frozen=True, slots=True)
class _Persons:
    one: frozenset[str]
    many: frozenset[str]
    ages_left: Phrases


@cache
def _persons() -> _Persons:
    groups: dict[str, Any] = lexicon.load("lexicon/en/groups")
    counts: dict[str, Any] = lexicon.load("lexicon/en/counts")
    nouns = {noun.split()[-1] for key in _CLASSES for noun in groups[key]} | set(counts["aged_persons"])
    nouns -= {"family", "couple", "crew", "staff", "police", "guard", "group", "party", "member", "leader", "commander"}
    young = set(groups["age"]["child"]) | {"men", "women", "brothers", "sisters", "sons", "daughters"}
    many = {n for n in young if n.endswith("s") or n in ("children", "schoolchildren", "men", "women")}
    one = {n for n in nouns if not n.endswith(("s", "men", "women", "people", "children", "them"))}
    return _Persons(frozenset(one), frozenset(many), Phrases((row, True) for row in counts["ages_left"]))


def is_age(t: Tokens, i: int, j: int) -> bool:
    """Whether the number at tokens i..j tells how old somebody is."""
    known = _persons()
    before = t.at(i - 1)
    if known.ages_left.before(t, i - (before == "between")):
        return True
    if before in _LINKS and (first := _first_of_list(t, i)) < i:
        return bool(known.ages_left.before(t, first - (t.at(first - 1) == "between"))) or _of(t, first, i, known.many)
    if t.at(i - 2) in ("he", "she") and before in ("was", "is") and t.at(j) in ("", ".", ",", ";"):
        return True
    if before == "of":
        follows = t.at(j) in _LINKS and number_at(t, j + 1) is not None
        return _of(t, i, i, known.one) or (follows and _of(t, i, i, known.many))
    if (
        before in _LIMITS and t.at(i - 2) in _SAID_OF and t.at(j) in _ENDS
    ):  # "all of the dead were over 80", not "the dead"
        return before in ("under", "below") or not _ALL.isdisjoint(t.low[max(0, i - 7) : i - 2])
    return j == i + 1 and t.low[i].isdecimal() and len(t.low[i]) <= 2 and _told_beside(t, i, j)


def _first_of_list(t: Tokens, i: int) -> int:
    """Where the list of bare numbers begins that the one at token i ends or goes on."""
    while t.at(i - 1) in _LINKS and (t.at(i - 2).isdecimal() or t.at(i - 2) in numerals().small):
        i -= 2
    return i


def _of(t: Tokens, first: int, last: int, persons: frozenset[str]) -> bool:
    """Does "PERSON of" stand before the number at `first`, and nobody who is counted behind the one at `last`?"""
    found = number_at(t, last)
    if t.at(first - 1) != "of" or t.at(first - 2) not in persons or found is None or found[0] > OLDEST:
        return False
    return t.at(found[1]) not in numerals().people or t.at(found[1]) in _AFTER_AGE


_AFTER_AGE = frozenset({"killed", "dead", "wounded", "injured", "hurt", "missing", "arrested", "detained", "kidnapped",
                        "abducted", "were", "have", "died"})  # fmt: skip


def _told_beside(t: Tokens, i: int, j: int) -> bool:
    """ "Omar Said, 34, a baker", "Omar Said (34)" and "a tailor, 41,"."""
    if t.at(i - 1) not in (",", "("):
        return False
    named = t.raw(i - 2)[:1].isupper()
    told = t.at(i - 2).isalpha() and not _ARTICLES.isdisjoint(t.low[max(0, i - 6) : i - 2])
    if not named and not (told and t.at(i - 2) in _persons().one):
        return False
    closer = ")" if t.at(i - 1) == "(" else ",.;)"
    return t.at(j) != "" and t.at(j) in closer and not (t.at(j) == "," and t.glued(j + 1))
