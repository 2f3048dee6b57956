"""Weapons told in a sentence, and things hit besides people.

A weapon counts as used unless the sentence handles, trades, bans or hits it. A thing counts as hit where it is the
object of a word of hitting ("destroyed two houses"), its passive subject ("the school was shelled") or stands behind
a noun of hitting ("an attack on the market"); a place of treatment, an origin or a speaker's workplace does not.
The word lists are `means.yml` and `objects.yml`; the kinds are those of `ontology.yml`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any, Literal, get_args

from tollbook import lexicon
from tollbook.errors import LexiconError
from tollbook.extract.tokens import Hit, Phrases, Tokens, expand
from tollbook.model import Means, ObjectHit, Span

Effect = Literal["destroyed", "damaged", "seized", "unhurt"]
_EFFECTS: tuple[Effect, ...] = get_args(Effect)
_REACH = 9  # words between a word of hitting and its object, articles, adjectives and names included
_PASSIVE_REACH = 10  # words between an object and its passive verb ("the school in the village of X was shelled")
_BE = frozenset({"was", "were", "been", "being", "is", "are", "be", "got"})
_HAVE = frozenset({"has", "have", "had"})
_CONTRACT = frozenset({"the", "a", "an", "two", "three", "its", "their", "his", "her", "some", "several", "many"})
_PREPOSITIONS = frozenset(
    [
        "to",
        "from",
        "near",
        "outside",
        "in",
        "at",
        "by",
        "inside",
        "with",
        "for",
        "behind",
        "of",
        "on",
        "under",
        "into",
        "toward",
        "towards",
        "around",
        "through",
    ]
)
_SUBJECT_PAST = frozenset({"burned", "burnt", "collapsed", "sank", "derailed", "caught fire"})


@dataclass(frozen=True, slots=True)
class _Weapon:
    """One sense of a phrase of `means.yml`: `told` names the weapon only by what was done with it."""

    kind: str
    told: bool = False


@dataclass(frozen=True, slots=True)
class _Thing:
    """One sense of a phrase of `objects.yml`: `use` is object, verb, noun or none."""

    use: str
    value: str


@dataclass(frozen=True, slots=True)
class _Lists:
    weapons: Phrases[_Weapon]
    less_than: Mapping[str, frozenset[str]]
    handled: frozenset[str]
    handled_next: Mapping[str, str]
    stopped_kinds: frozenset[str]
    stopped_by: frozenset[str]
    after: frozenset[str]
    after_passive: frozenset[str]
    weapon_words: frozenset[str]
    weapon_stems: tuple[str, ...]
    things: Phrases[_Thing]
    thing_words: frozenset[str]
    hit_words: frozenset[str]
    between_stop: frozenset[str]
    inside: frozenset[str]
    after_thing: frozenset[str]


@cache
def lists() -> _Lists:
    """The word lists, compiled. Raises LexiconError for a kind that `ontology.yml` does not hold, or a list missing."""
    means, objects = lexicon.load("lexicon/en/means"), lexicon.load("lexicon/en/objects")
    ontology = lexicon.load("ontology")
    for name, part, known in (
        ("means.yml: named", means["named"], ontology["means"]),
        ("means.yml: told", means["told"], ontology["means"]),
        ("means.yml: less_than", means["less_than"], ontology["means"]),
        ("objects.yml: kinds", objects["kinds"], ontology["objects"]),
        ("objects.yml: verbs", objects["verbs"], (*_EFFECTS, "hit")),
        ("objects.yml: nouns", objects["nouns"], (*_EFFECTS, "hit")),
    ):
        for kind, listed in part.items():
            if kind not in known:
                raise LexiconError(f"{name}: {kind!r} is not one of {', '.join(known)}")
            _strings(f"{name}: {kind}", listed)
    weapons = [(p, _Weapon(k)) for p, k in expand(means["named"])]
    weapons += [(p, _Weapon(k, told=True)) for p, k in expand(means["told"])]
    weapons += [(p, _Weapon("")) for p in means["not"]]
    things = [(p, _Thing("object", k)) for p, k in expand(objects["kinds"])]
    things += [(p, _Thing("verb", k)) for p, k in expand(objects["verbs"])]
    things += [(p, _Thing("noun", k)) for p, k in expand(objects["nouns"])]
    things += [(p, _Thing("none", "")) for p in objects["not"]]
    things += [(p, _Thing("none", "")) for p in _compounds(means["named"])]
    opening = {p.split()[0] for p, w in weapons if w.kind}
    return _Lists(
        weapons=Phrases(weapons),
        less_than={k: frozenset(v) for k, v in means["less_than"].items()},
        handled=_set(means, "handled"),
        handled_next=means["handled_next"],
        stopped_kinds=_set(means, "stopped_kinds"),
        stopped_by=_set(means, "stopped_by"),
        after=_set(means, "after"),
        after_passive=_set(means, "after_passive"),
        weapon_words=frozenset(w for w in opening if not w.endswith("*")),
        weapon_stems=tuple(sorted(w[:-1] for w in opening if w.endswith("*"))),
        things=Phrases(things),
        thing_words=frozenset(p.split()[0] for p, t in things if t.use == "object"),
        hit_words=frozenset(p.split()[0] for p, t in things if t.use in ("verb", "noun")),
        between_stop=_set(objects, "between_stop"),
        inside=_set(objects, "inside"),
        after_thing=_set(objects, "after"),
    )


def _set(table: Mapping[str, Any], name: str) -> frozenset[str]:
    return frozenset(_strings(name, table[name]))


def _strings(name: str, listed: Any) -> list[str]:
    if not isinstance(listed, list) or not all(isinstance(w, str) for w in listed):
        raise LexiconError(f"{name}: must be a list of words (quote `no` and `on`)")
    return listed


def _compounds(named: Mapping[str, list[str]]) -> list[str]:
    """Weapons that hold the name of a thing ("car bomb"): found whole, so that no car is read out of them."""
    kinds = ("car_bomb", "suicide_vehicle", "mortar", "artillery", "rocket", "mine", "machine_gun")
    return [phrase for kind in kinds for phrase in named[kind] if " " in phrase]


@lru_cache(maxsize=20_000)
def _opens(word: str) -> bool:
    """May a weapon's name open with this word?"""
    vocab = lists()
    return word in vocab.weapon_words or word.startswith(vocab.weapon_stems)


# --- weapons ------------------------------------------------------------------------------------


def find_means(text: str, tokens: Tokens) -> list[Means]:
    """Weapons the sentence tells as used, planted or stopped, in text order, each kind and name once.

    Words like "stabbed" or "opened fire" stand for a weapon only where the sentence names none of that kind, and
    "air strike" or "bomb" only where it names no more exact one.
    """
    vocab = lists()
    if not any(map(_opens, tokens.low)):
        return []
    hits = [h for h in vocab.weapons.find(tokens) if h.value.kind]
    if not hits:
        return []
    hits = [h for h in hits if h.value.told or not _only_handled(tokens, h, vocab)]
    kinds = {h.value.kind for h in hits if not h.value.told}
    found: list[Means] = []
    seen: set[tuple[str, str]] = set()
    told_kinds: set[str] = set()
    for hit in hits:
        kind = hit.value.kind
        if vocab.less_than.get(kind, frozenset()) & kinds:
            continue
        if hit.value.told and (kind in kinds or kind in told_kinds):
            continue
        span = (tokens.starts[hit.first], tokens.ends[hit.last - 1])
        name = text[span[0] : span[1]]
        if (kind, name.lower()) in seen:
            continue
        seen.add((kind, name.lower()))
        if hit.value.told:
            told_kinds.add(kind)
        found.append(Means(name, span, kind))
    return found


def _only_handled(tokens: Tokens, hit: Hit[_Weapon], vocab: _Lists) -> bool:
    """Is the weapon stored, traded, banned, seized or shot down rather than used?"""
    low = tokens.low
    after = low[hit.last : hit.last + 1]
    if after and after[0] in vocab.after:
        return True
    for k in range(hit.first - 1, max(hit.first - 5, -1), -1):
        word = low[k]
        if not word[0].isalnum() or word in ("with", "by", "using", "when", "after", "in", "from", "while", "that"):
            break
        if word not in vocab.handled:
            continue
        needed = vocab.handled_next.get(word)
        if needed is not None and low[k + 1] != needed:
            continue
        return not (hit.value.kind in vocab.stopped_kinds and word in vocab.stopped_by)
    if hit.value.kind in vocab.stopped_kinds:
        return False
    tail = low[hit.last : hit.last + 3]
    return any(" ".join(tail[k:m]) in vocab.after_passive for k in range(2) for m in range(k + 1, len(tail) + 1))


# --- things hit ---------------------------------------------------------------------------------


def find_objects(text: str, tokens: Tokens) -> list[ObjectHit]:
    """Things the sentence tells as hit, in text order; `effect` is None where it does not say what became of them."""
    vocab = lists()
    if vocab.thing_words.isdisjoint(tokens.low) or vocab.hit_words.isdisjoint(tokens.low):
        return []
    hits = vocab.things.find(tokens)
    objects = [h for h in hits if h.value.use == "object"]
    if not objects or len(objects) == len(hits):
        return []
    at: dict[int, _Thing] = {}
    for hit in hits:
        if hit.value.use in ("verb", "noun"):
            for i in range(hit.first, hit.last):
                at.setdefault(i, hit.value)
    taken = {i for h in objects for i in range(h.first, h.last)}
    found: dict[Span, ObjectHit] = {}
    last: tuple[Hit[_Thing], str | None] | None = None
    for hit in objects:
        effect = _effect(tokens, hit, at, taken, vocab, text)
        if effect is None and last is not None and _listed(tokens, last[0], hit):
            effect = last[1]
        last = (hit, effect)
        if effect is None:
            continue
        span = (tokens.starts[hit.first], tokens.ends[hit.last - 1])
        value: Effect | None = effect if effect in _EFFECTS else None
        found[span] = ObjectHit(text[span[0] : span[1]], span, hit.value.value, value)
    return list(found.values())


def _listed(tokens: Tokens, before: Hit[_Thing], hit: Hit[_Thing]) -> bool:
    """Is the thing the next of a list ("two schools and a clinic", "houses, shops and cars")?"""
    between = tokens.low[before.last : hit.first]
    if not 0 < len(between) <= 5 or between[0] not in (",", "and", "or", "&", "as"):
        return False
    return not any(w in ("was", "were", "from", "to", "near", "said", "in", "by") for w in between)


def _effect(
    tokens: Tokens, hit: Hit[_Thing], at: Mapping[int, _Thing], taken: set[int], vocab: _Lists, text: str
) -> str | None:
    """What became of the thing ("hit" where it is not told), or None where the sentence does not make it hit."""
    low = tokens.low
    if hit.last < len(low) and low[hit.last] in vocab.after_thing and not _fire(low, hit.last):
        return None
    behind = _passive(tokens, hit, at, vocab)
    if behind in _EFFECTS:
        return behind
    before = _governor(tokens, hit, at, taken, vocab)
    if before in _EFFECTS or before is not None:
        return before
    return behind


def _fire(low: tuple[str, ...], i: int) -> bool:
    """ "the school said" makes a speaker; "the market caught fire", "the boat was hit" are no speakers."""
    return low[i] == "fire" and low[i - 1] in ("on", "caught")


def _governor(tokens: Tokens, hit: Hit[_Thing], at: Mapping[int, _Thing], taken: set[int], vocab: _Lists) -> str | None:
    """The word of hitting whose object the thing is: to its left, with only its own noun phrase between."""
    low = tokens.low
    i = hit.first - 1
    for _ in range(_REACH):
        if i < 0:
            return None
        if i in at:
            thing = at[i]
            first = i
            while first - 1 in at and at[first - 1] is thing:
                first -= 1
            if thing.use == "noun":
                return thing.value
            if _has_own_object(tokens, first, i + 1, taken):
                return None
            return thing.value
        word = low[i]
        if word in vocab.inside and i > 0 and i - 1 in at and at[i - 1].use == "noun":
            return at[i - 1].value
        if word in vocab.between_stop or not (word[0].isalnum() or word in ("'", "-", '"', ",")):
            return None
        if word == "," and hit.first - i > 1 and not _adjective_comma(low, i):
            return None
        i -= 1
    return None


def _adjective_comma(low: tuple[str, ...], i: int) -> bool:
    return i + 1 < len(low) and low[i + 1] not in _CONTRACT


def _has_own_object(tokens: Tokens, first: int, last: int, taken: set[int]) -> bool:
    """Is the verb in [first, last) a passive ("were hit") or a participle behind its thing ("houses destroyed")?"""
    low = tokens.low
    if (
        last < len(low)
        and not _reduced(low, last)
        and first > 0
        and low[first - 1] not in _BE
        and not low[first - 1].endswith("ly")
    ):
        return False
    k = first - 1
    while k >= 0 and (low[k].endswith("ly") or low[k] in ("also", "not", "never", "then", "completely")):
        k -= 1
    return k >= 0 and (low[k] in _BE or (k in taken and low[first].endswith("ed")))


def _passive(tokens: Tokens, hit: Hit[_Thing], at: Mapping[int, _Thing], vocab: _Lists) -> str | None:
    """The passive whose subject the thing is: to its right, over "in the village of X" at most."""
    low = tokens.low
    governed = hit.first > 0 and _prep_before(low, hit.first) in _PREPOSITIONS
    if governed:
        return None
    be = False
    for i in range(hit.last, min(hit.last + _PASSIVE_REACH, len(low))):
        word = low[i]
        if word in _BE:
            be = True
            continue
        if i in at and at[i].use == "verb":
            past = low[i].endswith("ed") or low[i] in (
                "hit",
                "struck",
                "overrun",
                "burnt",
                "blown",
                "shot",
                "set",
                "taken",
            )
            past = past or low[i] in ("stolen", "sunk", "brought", "reduced", "knocked", "turned", "put", "torn")
            if be and (past or at[i].value == "unhurt"):
                return at[i].value
            if at[i].value == "unhurt" or (i == hit.last and low[i] in _SUBJECT_PAST):
                return at[i].value
            reduced = i == hit.last and past and low[i + 1 : i + 2] and _reduced(low, i + 1)
            return at[i].value if reduced else None
        if i in at and word not in ("in", "at", "on"):
            return None
        if be and not (
            word.endswith("ly") or word in ("also", "not", "all", "both", "being", "then", "either", "later")
        ):
            if word in ("and", ",") or word in _HAVE:
                continue
            if word in ("in", "at", "among"):
                return None
            continue
        if word in _HAVE or (word in ("and", "or", ",") and i - hit.last < 6):
            continue
        if word in ("who", "said", "says", ".", ";", "killed", "wounded", "but", "where", "when", "after", "before"):
            return None
    return None


def _reduced(low: tuple[str, ...], i: int) -> bool:
    """A participle behind its thing is followed by how, where or when ("houses destroyed in the raid")."""
    return low[i] in ("in", "by", "during", "on", "at", "when", "after", "and", ",", ".", "as", "with")


def _prep_before(low: tuple[str, ...], i: int) -> str:
    """The word before the noun phrase that ends at `i`, articles, numbers and up to three adjectives skipped."""
    k = i - 1
    for _ in range(4):
        if k < 0:
            return ""
        if low[k] in ("and", ",", "was", "were", "said") or not low[k][0].isalnum():
            return ""
        if low[k] in _PREPOSITIONS:
            return low[k]
        k -= 1
    return ""
