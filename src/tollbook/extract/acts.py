"""What a sentence tells of acts: their type, and how they are told (denied, planned, summed up)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, get_args

from tollbook import lexicon
from tollbook.errors import LexiconError
from tollbook.extract.tokens import Hit, Phrases, Tokens, expand
from tollbook.extract.words import is_month, words
from tollbook.model import ActType, Span

FLAGS = (
    "unreal",
    "habitual",
    "thwarted",
    "denied",
    "alleged",
    "claimed",
    "blamed",
    "anaphora",
    "another",
    "sums",
    "statistic",
    "years",
)
_KIND_WEIGHT = {"event": 3.0, "means": 2.0, "generic": 0.5, "take": 2.5}
# Of two types a sentence names, the one that says more narrowly how people were harmed
# (GUIDELINES: "Take the act that did the harm").
_NARROW: dict[str, float] = {
    "chemical_weapon": 2.5,
    "suicide_bomb": 3.0,
    "grenade": 1.0,
    "sexual_violence": 1.5,
    "force_against_protesters": 0.8,
    "air_strike": 0.8,
    "shelling": 0.6,
    "bomb": 0.4,
    "armed_clash": 0.2,
}


@dataclass(frozen=True, slots=True)
class Trigger:
    """A word or phrase that tells an act: `kind` is event, means, generic or take; `type` None stays open."""

    first: int
    last: int
    kind: str
    type: ActType | None
    span: Span


@cache
def _phrases() -> dict[str, Phrases[Any]]:
    """The word lists of `acts.yml`, compiled. Raises LexiconError for a type or list that is not known."""
    acts: dict[str, Any] = lexicon.load("lexicon/en/acts")
    known = get_args(ActType)
    entries: list[tuple[str, tuple[str, ActType | None]]] = []
    for name, kinds in acts["types"].items():
        if name not in known or set(kinds) != {"event", "means"}:
            raise LexiconError(f"acts.yml: types: {name!r} must be one of {', '.join(known)} and hold event and means")
        for kind, listed in kinds.items():
            entries += [(phrase, (kind, name)) for phrase in listed]
    entries += [(phrase, ("generic", None)) for phrase in acts["generic"]]
    entries += [(phrase, ("event", name)) for name, phrase in of_use(acts["used"])]
    missing = [name for name in FLAGS if name not in acts]
    if missing:
        raise LexiconError(f"acts.yml: lists missing: {', '.join(missing)}")
    found: dict[str, Phrases[Any]] = {"triggers": Phrases(entries)}
    found["flags"] = Phrases(expand({name: acts[name] for name in FLAGS}))
    found["take"] = Phrases((v, "take") for v in acts["take"]["verbs"])
    found["regain"] = Phrases((v, "regain") for v in acts["take"]["regain"])
    found["named"] = Phrases((v, "named") for v in acts["take"]["named"])
    found["place_nouns"] = Phrases((v, "noun") for v in acts["take"]["place_nouns"])
    found["things"] = Phrases((v, "thing") for v in acts["take"]["things"])
    return found


def of_use(used: object) -> list[tuple[ActType, str]]:
    """The phrases of the table `used` of acts.yml: every weapon in every way of telling that it was used, by type.

    Raises LexiconError for a type that is not known, and where `weapons` or `said` is missing or names no weapon.
    """
    found: list[tuple[ActType, str]] = []
    table: dict[Any, Any] = used if isinstance(used, dict) else {"used": used}
    for name, lists in table.items():
        if name not in get_args(ActType):
            raise LexiconError(f"acts.yml: used: {name!r} must be one of {', '.join(get_args(ActType))}")
        if not isinstance(lists, dict) or set(lists) != {"weapons", "said"} or not all(lists.values()):
            raise LexiconError(f"acts.yml: used: {name}: needed are the lists weapons and said")
        for said in lists["said"]:
            if said.count("{}") != 1:
                raise LexiconError(f"acts.yml: used: {name}: {said!r} must hold one {{}} for the weapon")
            found += [(name, said.format(weapon)) for weapon in lists["weapons"]]
    return found


@dataclass(frozen=True, slots=True)
class Telling:
    """Triggers and flags of one sentence; a flag maps to the token positions where it stands."""

    triggers: tuple[Trigger, ...]
    flags: dict[str, tuple[int, ...]]

    def has(self, flag: str, first: int = 0, last: int = 10**9) -> bool:
        """Does the flag stand within tokens [first, last)?"""
        return any(first <= i < last for i in self.flags.get(flag, ()))


def read_telling(tokens: Tokens, place_tokens: frozenset[int]) -> Telling:
    """The triggers and flags of the sentence; `place_tokens` are tokens of place names (what is taken)."""
    lists = _phrases()
    triggers = [
        Trigger(h.first, h.last, h.value[0], h.value[1], (tokens.starts[h.first], tokens.ends[h.last - 1]))
        for h in lists["triggers"].find(tokens)
    ]
    triggers += _takes(tokens, place_tokens)
    flags: dict[str, list[int]] = {}
    for hit in _all(lists["flags"], tokens):
        if (
            tokens.low[hit.first] == "accusing"
            and hit.first
            and tokens.low[hit.first - 1] in ("after", "before", "while")
        ):
            continue  # "killed six villagers after accusing them of spying": the pretext of those who did it
        if is_month(tokens.low, hit.first):
            continue
        flags.setdefault(hit.value, []).append(hit.first)
    return Telling(tuple(sorted(triggers, key=lambda t: (t.first, -t.last))), {k: tuple(v) for k, v in flags.items()})


def _all(phrases: Phrases[Any], tokens: Tokens) -> list[Hit[Any]]:
    return phrases.find(tokens)


def _takes(tokens: Tokens, places: frozenset[int]) -> list[Trigger]:
    """Ground taken: a verb of taking followed within seven words by a place or by what can be held, or by "it".

    What "fell to" somebody, or into their hands, stands before the verb, and goods come between the verb and a place
    that is not taken.

    A verb that takes much else besides ("took") must have the place's name right behind it ("took the town of Uvira").
    """
    lists = _phrases()
    verbs = lists["take"].find(tokens)
    named = lists["named"].find(tokens) if places else []
    if not verbs and not named:
        return []
    things = {h.first for h in lists["things"].find(tokens)} | set(places)
    regain = {h.first for h in lists["regain"].find(tokens)}
    found = []
    for hit in verbs:
        passive = hit.first > 0 and tokens.low[hit.first - 1] in ("was", "were", "been", "being")
        of_it = tokens.low[hit.last : hit.last + 1] in (("it",), ("its",)) and tokens.low[hit.first] in words(
            "takes_it"
        )
        behind = passive or tokens.low[hit.last - 1] in ("to", "hands")  # "the town fell to rebels"
        window = range(max(0, hit.first - 8), hit.first) if behind else range(hit.last, min(hit.last + 8, len(tokens)))
        taken = next((i for i in window if i in things or (not behind and tokens.low[i] in words("no_ground"))), None)
        if of_it or taken in things:
            found.append(_take(tokens, hit, regain))
    if named:
        nouns = {h.first for h in lists["place_nouns"].find(tokens)}
        for hit in named:
            i = next((k for k in range(hit.last, min(hit.last + 6, len(tokens))) if k not in nouns or k in places), -1)
            if i in places and all(t.first != hit.first for t in found):
                found.append(_take(tokens, hit, regain))
    return found


def _take(tokens: Tokens, hit: Hit[Any], regain: set[int]) -> Trigger:
    kind: ActType = "territory_regained" if hit.first in regain else "territory_taken"
    return Trigger(hit.first, hit.last, "take", kind, (tokens.starts[hit.first], tokens.ends[hit.last - 1]))


def type_of(
    triggers: Sequence[Trigger], near: int | None = None, harms: frozenset[str] = frozenset()
) -> Counter[ActType]:
    """Weights for each type the triggers speak for; triggers close to token `near` (the harm) count for more."""
    weights: Counter[ActType] = Counter()
    for trigger in triggers:
        if trigger.type is None:
            continue
        if harms & {"killed", "injured"} and trigger.kind == "take":
            continue
        weight = _KIND_WEIGHT[trigger.kind] + _NARROW.get(trigger.type, 0.0)
        if near is not None:
            gap = min(abs(trigger.first - near), abs(trigger.last - near))
            weight *= 1.0 if gap <= 6 else 0.75 if gap <= 14 else 0.5
        weights[trigger.type] = max(weights[trigger.type], weight) + (0.3 if weights[trigger.type] else 0.0)  # type: ignore[assignment]
    return weights


# --- who did it ---------------------------------------------------------------------------------
