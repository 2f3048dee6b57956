"""How an act is told: denied by the side accused, only alleged, or thwarted; by whom together; in how many acts.

The meanings are those of GUIDELINES.md ("status") and RULINGS.md: `denied` is the accused side's own
denial of this act, `alleged` an accusation by one side that nobody else bears out, `thwarted` an attempt
that came to nothing. Words are in `data/lexicon/en/status.yml`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from typing import Any, Literal

from tollbook import lexicon
from tollbook.errors import LexiconError
from tollbook.extract.acts import Telling, Trigger
from tollbook.extract.tokens import Phrases, Tokens
from tollbook.model import Actor, ActType, Count, Status

_LISTS = {
    "denial": (
        "deny", "reject", "present", "charges", "matters", "bare", "withheld", "general", "rule", "habit", "self",
        "said", "nouns", "pronouns", "bystanders", "vague", "unlike",
        "skip", "officials",
    ),
    "alleged": ("accuse", "marks", "reports", "persons"),
    "thwarted": (
        "stop", "plots", "disarm", "devices", "cleared", "failed", "acts", "attempts", "aims", "managed", "dead",
        "spared", "military",
    ),
    "blamed": ("verbs", "claims", "own", "deeds", "not_deeds"),
    "together": ("links", "joins"),
    "acts": ("nouns", "weapons", "going_off", "not_weapons", "heads", "stops"),
}  # fmt: skip
_PHRASES = frozenset({("denial", "self"), ("thwarted", "attempts")})
_ENDS = frozenset({".", ";", ":", "!", "?", "—", "–", '"', "”"})
_REACH = 14  # tokens from a denying verb to what is denied, and back to who denies
_NEAR = 8  # tokens between a verb of stopping and what was stopped
_OR = 5  # words from "or" to the second name ("or those of its ally Russia")
_MANY = 100  # a count of acts from here on is a campaign's, not one entry's


@dataclass(frozen=True, slots=True)
class Words:
    """One list: whole words and beginnings of words."""

    whole: frozenset[str]
    stems: tuple[str, ...]

    def __contains__(self, word: str) -> bool:
        return word in self.whole or (bool(self.stems) and word.startswith(self.stems))


@dataclass(frozen=True, slots=True)
class Book:
    """The checked lists of `status.yml`."""

    words: dict[tuple[str, str], Words]
    phrases: dict[tuple[str, str], Phrases[str]]
    pairs: dict[str, int]
    gate: frozenset[str]
    denials: frozenset[str]
    attempts: frozenset[str]

    def has(self, part: str, name: str, word: str) -> bool:
        """Does the list hold the word?"""
        return word in self.words[part, name]


@cache
def book() -> Book:
    """Loads and checks the lists. Raises LexiconError where one is missing, empty or not lower-case words."""
    data: dict[str, Any] = lexicon.load("lexicon/en/status")
    words: dict[tuple[str, str], Words] = {}
    found: dict[tuple[str, str], Phrases[str]] = {}
    for part, names in _LISTS.items():
        for name in names:
            listed = data.get(part, {}).get(name)
            if not isinstance(listed, list) or not listed:
                raise LexiconError(f"status.yml: {part}: {name}: must be a list of words")
            wrong = [w for w in listed if not isinstance(w, str) or w != w.lower()]
            if wrong:
                raise LexiconError(f"status.yml: {part}: {name}: {wrong[0]!r} must be a lower-case word")
            if (part, name) in _PHRASES:
                found[part, name] = Phrases((w, w) for w in listed)
            else:
                words[part, name] = Words(
                    frozenset(w for w in listed if not w.endswith("*")),
                    tuple(w[:-1] for w in listed if w.endswith("*")),
                )
    pairs = data["acts"].get("pairs")
    if not isinstance(pairs, dict) or not all(isinstance(n, int) and n >= 2 for n in pairs.values()):
        raise LexiconError("status.yml: acts: pairs: must map words to whole numbers from 2 on")

    def whole(*names: tuple[str, str]) -> frozenset[str]:
        return frozenset(w for name in names for w in words[name].whole)

    def firsts(name: tuple[str, str]) -> frozenset[str]:
        return frozenset(phrase.split()[0] for phrase in data[name[0]][name[1]])

    return Book(
        words,
        found,
        pairs,
        gate=whole(("thwarted", "stop"), ("thwarted", "disarm"), ("thwarted", "failed")),
        denials=whole(("denial", "deny"), ("denial", "reject"), ("denial", "nouns")) | firsts(("denial", "self")),
        attempts=firsts(("thwarted", "attempts")),
    )


# --- one sentence -------------------------------------------------------------------------------


def read_status(
    tokens: Tokens, telling: Telling, actors: Sequence[Actor], accused: Sequence[Actor] = ()
) -> Status | None:
    """How one sentence about an act tells it; None where it tells it as something that happened.

    `denied` only where the side denying is among `accused` (or nobody is accused yet). `alleged` is the form of the
    sentence alone: whether another voice bears the act out is for `verdicts` to see.
    """
    if is_thwarted(tokens):
        return "thwarted"
    denier = denial_of(tokens, actors, telling)
    if denier is not None and may_deny(denier, accused):
        return "denied"
    return "alleged" if is_alleged(tokens, telling, actors) else None


def of_its_own_words(tokens: Tokens) -> bool:
    """Is what is denied the charge that the sentence itself has told ("..., a charge the minister denies")?"""
    lists, low = book(), tokens.low
    for i in range(1, len(low) - 1):
        if low[i - 1] == "," and low[i] in ("a", "an") and lists.has("denial", "charges", low[i + 1]):
            return any(lists.has("denial", "deny", w) for w in low[i + 2 : i + _REACH])
    return False


def denial_of(tokens: Tokens, actors: Sequence[Actor], telling: Telling | None = None) -> Actor | str | None:
    """Who denies in this sentence that they did the act told: an actor, else the lower-case word for them; else None.

    None for a denial of something else (access, an offer, plans), of every such charge at all times, or by a
    bystander. With `telling`, words for acts count as what is denied ("denied bombing the school").
    """
    lists = book()
    if lists.denials.isdisjoint(tokens.low):
        return None
    for i, word in enumerate(tokens.low):
        if word not in lists.denials:
            continue
        if lists.has("denial", "deny", word) or lists.has("denial", "reject", word):
            if _denies_act(tokens, i, telling, strong=lists.has("denial", "deny", word)):
                return _denier(tokens, actors, i)
        elif (
            lists.has("denial", "nouns", word)
            and i
            and tokens.low[i - 1]
            in ("a", "its", "their", "his", "swift", "immediate", "angry", "firm", "categorical", "issued", "strong")
        ):
            found = _denier(tokens, actors, i)
            return found if isinstance(found, Actor) else None
    for hit in lists.phrases["denial", "self"].find(tokens):
        said = [
            k
            for k in range(max(0, hit.first - _REACH), min(hit.last + _REACH * 2, len(tokens)))
            if lists.has("denial", "said", tokens.low[k])
        ]
        if not said:
            continue
        found = _denier(tokens, actors, hit.first)
        if isinstance(found, Actor):
            return found
        speaker = _denier(tokens, actors, said[0])
        return speaker if isinstance(speaker, Actor) else found
    return None


def _denies_act(tokens: Tokens, i: int, telling: Telling | None, *, strong: bool) -> bool:
    """Is what the verb at `i` denies an act or an accusation? `strong`: "denied", else "rejected" and its like."""
    lists, low = book(), tokens.low
    before = low[max(0, i - 3) : i]
    if any(lists.has("denial", "general", w) for w in before):
        return False
    if i and low[i - 1] in ("be", "not", "n't", "never", "to", "without", "neither", "cannot", "could", "didn't"):
        return False
    if i and low[i - 1] in ("was", "were", "been", "being", "is", "are"):
        return _charged_before(tokens, i)
    if any(lists.has("denial", "charges", w) for w in low[max(0, i - 6) : i]) and _unlike(tokens, i):
        return False
    triggers = {t.first for t in telling.triggers if not _vague(low[t.first])} if telling else set()
    harms = book().words["thwarted", "dead"]
    end = next((k for k in range(i + 1, len(low)) if low[k] in _ENDS and low[k] not in ('"', "”")), len(low))
    window = low[i + 1 : min(end, i + 1 + _REACH)]
    if not window or window[0] in (",", "and", "but", '"', "”"):
        return _charged_before(tokens, i) or (strong and not window and not _unlike(tokens, i))
    cut = next((k for k, w in enumerate(window) if k and w in ("and", "but", "saying", ",")), len(window))
    if any(lists.has("denial", "withheld", w) for w in window[:cut]):
        return False
    for k, word in enumerate(window):
        at = i + 1 + k
        if lists.has("denial", "charges", word):
            return True
        if not strong:
            if k > 6:
                return False
            continue
        if word == "ever" or (lists.has("denial", "habit", word) and lists.has("denial", "present", low[i])):
            return False
        if (
            k
            and lists.has("denial", "rule", word)
            and low[at - 1] not in ("the", "an", "a", "its", "their", "of", "to")
        ):
            return False
        if lists.has("denial", "matters", word) or at in triggers or word in harms:
            return True
        if (
            k == 0
            and lists.has("denial", "bare", word)
            and (len(window) == 1 or window[1] in (",", "and", "but", "saying"))
        ):
            return True
    return False


def _vague(word: str) -> bool:
    return book().has("denial", "vague", word)


def _charged_before(tokens: Tokens, i: int) -> bool:
    """ "an accusation the army has denied", "the claim was rejected by Moscow", "which Moscow denies"."""
    before = tokens.low[max(0, i - _REACH) : i]
    if _unlike(tokens, i):
        return False
    return any(book().has("denial", "charges", w) for w in before) or "which" in before


def _unlike(tokens: Tokens, i: int) -> bool:
    return any(book().has("denial", "unlike", w) for w in tokens.low[max(0, i - 2 * _REACH) : i])


def _denier(tokens: Tokens, actors: Sequence[Actor], i: int) -> Actor | str | None:
    """The subject of the denying word at `i`: the actor behind "by" after a passive, else the last one before it."""
    lists, low = book(), tokens.low
    placed = [(tokens.at(a.span[0]), tokens.at(a.span[1] - 1) + 1, a) for a in actors]
    placed = [p for p in placed if tokens.span[0] <= p[2].span[0] < tokens.span[1]]
    if i and low[i - 1] in ("was", "were", "been", "is", "are"):
        by = next((k for k in range(i + 1, min(i + 5, len(low))) if low[k] == "by"), None)
        if by is None:
            return None
        return next((a for first, _, a in placed if by < first <= by + 4), " ".join(low[by + 1 : by + 2]) or None)
    floor = next((k + 1 for k in range(i - 1, -1, -1) if low[k] in (";", ":")), 0)
    earlier = [p for p in placed if floor <= p[0] and p[1] <= i]
    left = [p for p in earlier if i - p[1] <= _REACH]
    near = low[max(floor, i - 5) : i]
    for k in range(len(near) - 1, -1, -1):
        at = i - len(near) + k
        if any(first <= at < last for first, last, _ in left):
            break
        if lists.has("denial", "bystanders", near[k]):
            return None
        if lists.has("denial", "pronouns", near[k]) and near[k] not in ("which", "who"):
            return near[k]
    if left:
        actor = (_before_relative(low, earlier, i) or _who_goes_on(low, earlier, i) or left[-1])[2]
        sided = actor.who in ("state_forces", "armed_group")
        if sided or not actor.generic:
            return actor
        return None if lists.has("denial", "bystanders", actor.name.lower().split()[-1]) else actor.name.lower()
    words = [w for w in near if w.isalpha() and not lists.has("denial", "skip", w)]
    return words[-1] if words else None


def _before_relative(
    low: Sequence[str], left: Sequence[tuple[int, int, Actor]], i: int
) -> tuple[int, int, Actor] | None:
    """The subject in front of a relative clause that itself names actors ("the army, which had fought X, denied")."""
    for placed in left[:-1]:
        after = low[placed[1] : placed[1] + 2]
        if any(w in ("which", "who", "whose") for w in after) and placed[1] + 4 < i:
            return placed
    return None


def _who_goes_on(low: Sequence[str], left: Sequence[tuple[int, int, Actor]], i: int) -> tuple[int, int, Actor] | None:
    """Who said or blamed what stands before "and denied" ("The army said it killed rebels and denied ...")."""
    if i < 1 or low[i - 1] not in ("and", "but"):
        return None
    lists = book()
    speaks = [p for p in left if any(lists.has("denial", "said", w) or w == "blamed" for w in low[p[1] : p[1] + 2])]
    return speaks[-1] if speaks else None


def may_deny(denier: Actor | str, accused: Sequence[Actor]) -> bool:
    """Is the denier one of the accused? A person or a pronoun may stand for any of them, anyone where none is known."""
    if not accused:
        return isinstance(denier, str) or denier.who in ("state_forces", "armed_group")
    if isinstance(denier, str):
        if any(book().has("denial", "officials", w) for w in denier.split()):
            return any(a.who == "state_forces" for a in accused)
        return True
    return any(same_side(denier, a) for a in accused)


def same_side(a: Actor, b: Actor) -> bool:
    """Can `a` be the party `b`: one name, two arms of one state, or a kind ("the army") that can stand for the name?"""
    if a.actor_id == b.actor_id and (a.actor_id or a.name.lower() == b.name.lower()):
        return True
    if a.who != b.who or a.who not in ("state_forces", "armed_group"):
        return False
    if a.who == "armed_group":
        return a.generic  # "the guerrillas denied" may be those named; a named group is not any "rebels"
    if a.generic or b.generic:
        return True
    return bool(set(a.countries) & set(b.countries))


def is_alleged(tokens: Tokens, telling: Telling, actors: Sequence[Actor]) -> bool:
    """Is the act told only as an accusation by one side against another, or as "alleged", "unconfirmed"?"""
    lists, low = book(), tokens.low
    words = lists.words
    if words["alleged", "accuse"].whole.isdisjoint(low) and words["alleged", "marks"].whole.isdisjoint(low):
        return False
    sides = [tokens.at(a.span[0]) for a in actors if a.who in ("state_forces", "armed_group")]
    acts = {t.first for t in telling.triggers}
    for i, word in enumerate(low):
        if lists.has("alleged", "accuse", word):
            accuser, target = any(s < i for s in sides), any(i < s <= i + _REACH for s in sides)
            if word == "accusing" and i and low[i - 1] in ("after", "before", "while"):
                continue  # the pretext of those who did it
            if any(t < i for t in acts):
                continue  # the sentence tells an act of its own before it comes to the accusation
            if target and (accuser or (i and low[i - 1] not in ("was", "were", "is", "are", "been", "be"))):
                return "of" in low[i + 1 : i + 1 + _REACH]
        elif lists.has("alleged", "marks", word):
            after = low[i + 1 : i + 6]
            if any(lists.has("alleged", "persons", w) for w in after[:3]):
                continue
            if any(i < t <= i + 5 for t in acts) or any(lists.has("alleged", "reports", w) for w in after[:3]):
                return True
    return False


def is_thwarted(tokens: Tokens) -> bool:
    """Does the sentence tell an attempt that came to nothing, and nobody killed by it?"""
    lists, low = book(), tokens.low
    if lists.gate.isdisjoint(low) and lists.attempts.isdisjoint(low):
        return False
    hits = lists.phrases["thwarted", "attempts"].find(tokens)
    told = bool(hits) or any(_stops(tokens, i) for i, w in enumerate(low) if w in lists.gate)
    if not told:
        return False
    for i, word in enumerate(low):
        if lists.has("thwarted", "dead", word):
            before = low[max(0, i - 6) : i]
            turn = max(
                (k + 1 for k, w in enumerate(before) if w in ("but", "when", "while", "although", ";")), default=0
            )
            before = before[turn:]
            if not any(lists.has("thwarted", "spared", w) for w in before) and not any(
                h.first <= i < h.last for h in hits
            ):
                return False
    return True


def _stops(tokens: Tokens, i: int) -> bool:
    """Does the word at `i` tell that an act was stopped, a weapon made harmless, or an attempt failed?"""
    lists, low = book(), tokens.low
    word, after = low[i], low[i + 1 : i + 1 + _NEAR]
    passive = i > 0 and low[i - 1] in ("was", "were", "been", "being", "be")
    before = low[max(0, i - _NEAR) : i]
    wished = i > 0 and lists.has("thwarted", "aims", low[i - 1]) and not _fact(low, i)
    if low[max(0, i - 2) : i] and "not" in low[max(0, i - 2) : i]:
        return False
    if lists.has("thwarted", "stop", word) and not wished:
        near = before if passive else after
        if any(lists.has("thwarted", "plots", w) for w in near) and "any" not in near[:1]:
            return word not in (
                "prevented",
                "prevent",
                "preventing",
                "prevents",
                "stopped",
                "blocked",
                "disrupted",
            ) or any(
                w
                in ("plot", "plots", "bombing", "bombings", "attack", "attacks", "assassination", "suicide", "massacre")
                for w in near
            )
    if lists.has("thwarted", "disarm", word) and not wished:
        near = before if passive else after
        return any(lists.has("thwarted", "devices", w) for w in near) and not any(
            lists.has("thwarted", "cleared", w) for w in near
        )
    if lists.has("thwarted", "failed", word):
        return any(lists.has("thwarted", "acts", w) for w in low[i + 1 : i + 4])
    return False


def with_thwarted(tokens: Tokens, triggers: Sequence[Trigger], first: int, last: int) -> list[Trigger]:
    """The triggers of tokens [first, last) with the one a thwarted act is told by, if any.

    A weapon found or made harmless is `weapons_disrupted` (and its bomb no bombing), a bomb that failed `bomb`, an
    attempt on a life `attack`, a foiled attack on a military post `armed_clash`; else the type stays as told.
    """
    lists, low = book(), tokens.low
    kept = list(triggers)
    if lists.gate.isdisjoint(low) and lists.attempts.isdisjoint(low):
        return kept
    stop = next((i for i in range(first, last) if low[i] in lists.gate and _stops(tokens, i)), None)
    if stop is not None and lists.has("thwarted", "stop", low[stop]):
        military = any(lists.has("thwarted", "military", w) for w in low[first:last])
        if military or is_thwarted(tokens):
            kept.append(_trigger(tokens, stop, stop + 1, "armed_clash" if military else None))
        return kept
    if not is_thwarted(tokens):
        return kept
    if stop is not None and lists.has("thwarted", "disarm", low[stop]):
        return _disrupted(tokens, kept, stop, stop + 1)
    hit = next((h for h in lists.phrases["thwarted", "attempts"].find(tokens) if first <= h.first < last), None)
    if hit is not None:
        words = hit.value.split()
        if {"controlled", "safely", "safe", "explosives"} & set(words):
            return _disrupted(tokens, kept, hit.first, hit.last)
        kept.append(_trigger(tokens, hit.first, hit.last, _attempted(words)))
    elif stop is not None:
        kept.append(_trigger(tokens, stop, stop + 1, None))
    return kept


def _attempted(words: Sequence[str]) -> ActType | None:
    if {"explode", "detonate", "off"} & set(words) and words[0] != "before":
        return "bomb"
    if "kidnap" in words:
        return "abduction"
    return "attack" if {"assassination", "assassinate", "life", "kill", "murder"} & set(words) else None


def _disrupted(tokens: Tokens, triggers: Sequence[Trigger], first: int, last: int) -> list[Trigger]:
    blasts = ("bomb", "suicide_bomb", "grenade")
    return [t for t in triggers if t.type not in blasts] + [_trigger(tokens, first, last, "weapons_disrupted")]


def _trigger(tokens: Tokens, first: int, last: int, act_type: ActType | None) -> Trigger:
    return Trigger(first, last, "event", act_type, (tokens.starts[first], tokens.ends[last - 1]))


def foilers(tokens: Tokens, actors: Sequence[Actor]) -> list[Actor]:
    """Those who stopped the act ("police foiled", "was defused by soldiers"): not its doers."""
    lists, low = book(), tokens.low
    found = []
    for i, word in enumerate(low):
        if word not in lists.gate or not _stops(tokens, i):
            continue
        if not (lists.has("thwarted", "stop", word) or lists.has("thwarted", "disarm", word)):
            continue
        passive = i > 0 and low[i - 1] in ("was", "were", "been", "being")
        for actor in actors:
            at, end = tokens.at(actor.span[0]), tokens.at(actor.span[1] - 1) + 1
            before = not passive and end <= i and i - end <= 4
            behind = passive and i < at <= i + 4 and "by" in low[i + 1 : at]
            if (before or behind) and tokens.span[0] <= actor.span[0] < tokens.span[1]:
                found.append(actor)
    return found


def _fact(low: Sequence[str], i: int) -> bool:
    """ "managed to foil" is a fact; "to foil" is an aim."""
    return low[i - 1] == "to" and any(book().has("thwarted", "managed", w) for w in low[max(0, i - 4) : i - 1])


# --- joint or either, and how many acts ---------------------------------------------------------


def together_with(tokens: Tokens, actors: Sequence[Actor], doers: Sequence[Actor]) -> list[Actor]:
    """The sides coordinated with one of the doers ("X or Y", "X and its ally Y", "X backed by Y"), doers included."""
    lists = book()
    here = [
        a for a in actors if a.who in ("state_forces", "armed_group") and tokens.span[0] <= a.span[0] < tokens.span[1]
    ]
    found = [any(a.span == d.span for d in doers) for a in here]
    for k in [*range(1, len(here)), *range(len(here) - 1, 0, -1)]:
        between = tokens.low[tokens.at(here[k - 1].span[1] - 1) + 1 : tokens.at(here[k].span[0])]
        linked = 0 < len(between) <= _OR and all(lists.has("together", "links", w) for w in between)
        if linked and any(lists.has("together", "joins", w) for w in between):
            found[k] = found[k - 1] = found[k] or found[k - 1]
    return [a for a, doer in zip(here, found, strict=True) if doer]


def either_or_joint(text: str, tokens: Tokens, perpetrators: Sequence[Actor]) -> Literal["joint", "either"] | None:
    """Did those named do it together, or is it one of them? None for fewer than two named in this sentence.

    "or" between two of them is `either`; otherwise what one sentence names together is `joint`.
    """
    here = sorted((a for a in perpetrators if tokens.span[0] <= a.span[0] < tokens.span[1]), key=lambda a: a.span)
    if len(here) < 2:
        return None
    for a, b in pairwise(here):
        between = text[a.span[1] : b.span[0]].lower().replace("/", " ").replace(",", " ").split()
        if "or" in between[:3] and len(between) - between.index("or") <= _OR:
            return "either"
    return "joint"


def acts_told(text: str, tokens: Tokens, counts: Sequence[Count], first: int = 0, last: int | None = None) -> int:
    """How many acts tokens [first, last) count together ("two attacks", "twin bombings" 2); 1 where not told.

    A vague plural ("several attacks", "dozens of strikes") is 1: no number is told.
    """
    lists, low = book(), tokens.low
    found = 1
    numbers = {
        tokens.at((c.number_span or c.span)[1] - 1): c.min
        for c in counts
        if c.word is None and c.min is not None and 2 <= c.min < _MANY
    }
    for i in range(first, len(low) if last is None else last):
        word = low[i]
        if word in lists.pairs and _pair(low, i):
            found = max(found, lists.pairs[word])
        elif i in numbers and _counts_acts(low, i):
            found = max(found, numbers[i] or 1)
    return found


def _pair(low: Sequence[str], i: int) -> bool:
    lists = book()
    for word in low[i + 1 : i + 5]:
        if lists.has("acts", "heads", word) or lists.has("acts", "nouns", word):
            return True
        if word != "of" and lists.has("acts", "stops", word):
            return False
    return False


def _counts_acts(low: Sequence[str], i: int) -> bool:
    """Does the number ending at `i` count acts: a plural of an act, or bombs that went off?"""
    lists = book()
    for k in range(i + 1, min(i + 6, len(low))):
        word = low[k]
        if lists.has("acts", "nouns", word):
            return True
        if lists.has("acts", "weapons", word):
            after = low[k + 1 : k + 6]
            return any(lists.has("acts", "going_off", w) for w in after)
        if lists.has("acts", "stops", word) or lists.has("acts", "not_weapons", word):
            return False
    return False
