"""Deaths without a violent actor, and deaths only played: floods, epidemics, crashes, fires, drills, films, games.

They are no incidents (GUIDELINES.md, "What is an incident", 4). A sentence is one where a cause without violence is
told ("drowned", "bus overturned") and nothing violent: no violent act, weapon or doer. A report whose lead is of that
kind is about a mishap, and so is what its other sentences tell without a word of violence.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from tollbook import lexicon
from tollbook.errors import LexiconError
from tollbook.extract.marks import Marks
from tollbook.extract.tokens import Phrases, Tokens, expand

_LEAD = 3  # sentences, the headline among them, that say what a report is about
_NO_DOER = frozenset({"arrests", "peaceful_protest", "looting_destruction"})
_KEYS = ("causes", "soft", "played", "scored", "weak", "violent_harm", "brought_down", "unmeant", "cleared", "attacks")
_SCORE = re.compile(r"^\d{1,3}-\d{1,3}$")


@dataclass(frozen=True, slots=True)
class _Lists:
    causes: Phrases[str]
    played: Phrases[str]
    unmeant: Phrases[str]
    cleared: Phrases[str]
    brought_down: Phrases[str]
    weak: Phrases[str]
    scored: frozenset[str]
    soft: frozenset[str]
    attacks: frozenset[str]
    violent_harm: tuple[str, ...]
    violent_whole: frozenset[str]


@cache
def _lists() -> _Lists:
    """The lists of `mishaps.yml`. Raises LexiconError where one is missing or not a list of lower-case words."""
    table: dict[str, Any] = lexicon.load("lexicon/en/mishaps")
    for key in _KEYS:
        value = table.get(key)
        for listed in value.values() if isinstance(value, dict) else [value]:
            if not isinstance(listed, list) or not all(isinstance(w, str) and w == w.lower() for w in listed):
                raise LexiconError(f"mishaps.yml: {key}: must be a list of lower-case phrases")
    stems = tuple(w[:-1] for w in table["violent_harm"] if w.endswith("*"))
    whole = frozenset(w for w in table["violent_harm"] if not w.endswith("*"))
    return _Lists(
        Phrases(expand(table["causes"])),
        Phrases((w, "played") for w in table["played"]),
        Phrases((w, "unmeant") for w in table["unmeant"]),
        Phrases((w, "cleared") for w in table["cleared"]),
        Phrases((w, "down") for w in table["brought_down"]),
        Phrases((w, "weak") for w in table["weak"]),
        frozenset(table["scored"]),
        frozenset(table["soft"]),
        frozenset(table["attacks"]),
        stems,
        whole,
    )


def mishaps(marks: Sequence[Marks]) -> frozenset[int]:
    """The sentences, by index, in which no act is told although a word of harm or violence stands there."""
    lists = _lists()
    causes = [{hit.value for hit in lists.causes.find(m.tokens)} for m in marks]
    played = [_is_played(m.tokens) for m in marks]
    cleared = any(lists.cleared.find(m.tokens) for m in marks)
    if not any(causes) and not any(played) and not cleared:
        return frozenset()
    violent = [not played[k] and is_violent(m) for k, m in enumerate(marks)]
    lead = range(min(_LEAD, len(marks)))
    war = any(violent[k] for k in lead)
    down = any(lists.brought_down.find(m.tokens) for m in marks)
    told = any(causes[k] for k in lead) and any(marks[k].figures for k in lead) and not down
    about = not war and (told or cleared or any(played[k] for k in lead))
    void = (lists.soft if war else frozenset()) | ({"transport"} if down else frozenset())
    caused = [bool(found - void) for found in causes]
    scene = bool(marks) and marks[0].sentence.kind == "title" and played[0]
    return frozenset(
        k
        for k in range(len(marks))
        if played[k] or (not violent[k] and (caused[k] or about)) or (scene and not marks[k].dates)
    )


def is_violent(marks: Marks) -> bool:
    """Does the sentence tell violence: an act that mishaps do not tell, a weapon, or a harm that somebody does?"""
    tokens, lists = marks.tokens, _lists()
    void = {i for hit in lists.causes.find(tokens) for i in range(hit.first, hit.last)}
    void |= {i for hit in lists.weak.find(tokens) for i in range(hit.first, hit.last)}
    for trigger in marks.telling.triggers:
        told = trigger.kind in ("event", "take") and trigger.type not in _NO_DOER
        if told and void.isdisjoint(range(trigger.first, trigger.last)):
            return True
        if told and trigger.type == "shelling" and trigger.first not in void:
            return True  # "missiles crashed into the market"
    if any(w in lists.violent_whole or w.startswith(lists.violent_harm) for w in tokens.low):
        return True
    if any(a.who == "armed_group" and _attacks(tokens, tokens.at(a.span[1] - 1) + 1) for a in marks.actors):
        return True
    return any(not all(i in void for i in _tokens_of(tokens, m.span)) for m in marks.means)


def _attacks(tokens: Tokens, i: int) -> bool:
    """ "Gunmen killed two Ebola workers", not "rebels killed in the crash" or "killed by the storm"."""
    low = tokens.low
    i += low[i : i + 1] in (("have",), ("had",), ("also",))
    plain = low[i + 1 : i + 2] not in (("in",), ("by",), ("when",), ("after",), (",",), (".",))
    return i + 1 < len(low) and low[i] in _lists().attacks and plain


def _tokens_of(tokens: Tokens, span: tuple[int, int]) -> range:
    return range(tokens.at(span[0]), min(tokens.at(span[1] - 1) + 1, len(tokens)))


def _is_played(tokens: Tokens) -> bool:
    """Is the sentence about a scene, a drill, a film, a game with its score, or a shot that nobody meant?"""
    if _lists().played.find(tokens) or _lists().unmeant.find(tokens):
        return True
    return not _lists().scored.isdisjoint(tokens.low) and any(_SCORE.match(w) for w in tokens.low)
