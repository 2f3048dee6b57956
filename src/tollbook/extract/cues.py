"""Which words of a sentence tell harm that was done: found by their form, and kept where they tell it.

A word of harm is left out where it is wished for, denied, the head of a group ("the wounded") or about things ("seized
nine rifles"). To whom the harm was done `linking.py` says.
"""

from __future__ import annotations

from collections.abc import Sequence

from tollbook.extract.groups import Cue, Group, of_bodies, plural, vocabulary
from tollbook.extract.tokens import Hit, Tokens
from tollbook.extract.words import is_month, words

_TO_DEATH = 10  # tokens from "hacked" to "to death"
_PUT = 6  # tokens from "put" to "dead", and from there to "at 41"
_DENIED = 3  # tokens from "no" to "reports of casualties"
_LATER = 4  # tokens from "two of the injured" to "died"
_TAKEN = 4  # tokens between those taken and "were captured"


def one_each(cues: list[Hit[Cue]]) -> list[Hit[Cue]]:
    """One cue a place: a form that is verb and noun alike ("arrests", "displaced") is read as the verb."""
    seen: dict[int, Hit[Cue]] = {}
    for hit in cues:
        seen.setdefault(hit.first, hit)
    return list(seen.values())


def put_to_death(tokens: Tokens) -> list[Hit[Cue]]:
    """ "They hacked six herders to death": the verb kills, though its object stands before "to death"."""
    found = []
    for i, word in enumerate(tokens.low):
        if word not in words("to_death"):
            continue
        for k in range(i + 2, min(i + _TO_DEATH, len(tokens))):
            if tokens.low[k] == "death" and tokens.low[k - 1] == "to" and k > i + 2:
                found.append(Hit(i, i + 1, Cue("killed", "active")))
            elif not tokens.low[k][0].isalnum():
                break
    return found


def put_at(tokens: Tokens) -> list[Hit[Cue]]:
    """ "Police put the gang's dead since Monday at 41": a toll told of "dead"."""
    found = []
    for i, word in enumerate(tokens.low):
        if word in ("put", "puts", "putting"):
            dead = next(
                (k for k in range(i + 1, min(i + _PUT, len(tokens))) if tokens.low[k] in ("dead", "losses")), None
            )
            if dead is not None and "at" in tokens.low[dead + 1 : dead + _PUT]:
                found.append(Hit(dead, dead + 1, Cue("killed", "toll")))
    return found


def shot_of_them(tokens: Tokens) -> list[Hit[Cue]]:
    """ "Stopped a convoy and shot 12 of them": put to death by those who had them in their hands."""
    return [
        Hit(i, i + 1, Cue("killed", "active"))
        for i, word in enumerate(tokens.low)
        if word == "shot"
        and tokens.low[i + 2 : i + 4] == ("of", "them")
        and not words("in_hands").isdisjoint(tokens.low[:i])
    ]


def shot_people(tokens: Tokens, cues: Sequence[Hit[Cue]], groups: Sequence[Group]) -> list[Hit[Cue]]:
    """ "Four guards were shot", "shot two guards", and nothing of a death in the sentence: hurt, as far as it says."""
    if "shot" not in tokens.low or any(c.value.harm == "killed" for c in cues):
        return []
    found = []
    counted = [g for g in groups if g.count is not None and g.head in vocabulary().who and plural(g.head)]
    for i, word in enumerate(tokens.low):
        if word != "shot" or any(c.first <= i < c.last for c in cues):
            continue
        if any(g.first == i + 1 for g in counted):
            found.append(Hit(i, i + 1, Cue("injured", "active")))
        elif tokens.low[i - 1] in words("be") and any(g.last == i - 1 for g in counted):
            found.append(Hit(i, i + 1, Cue("injured", "verb")))
    return found


def live_cues(tokens: Tokens, cues: list[Hit[Cue]], groups: Sequence[Group]) -> list[Hit[Cue]]:
    """Cues that speak of harm done: not negated, not wished for, and not the head of a group ("the wounded")."""
    heads = {i for g in groups if g.head for i in range(g.first, g.last)}
    live = []
    for hit in cues:
        if hit.value.use in ("verb", "active", "subject") and hit.first in heads and hit.last - hit.first == 1:
            continue
        if hit.value.use == "vague" and any(g.count and g.first <= hit.first < g.last for g in groups):
            continue  # "shot an unknown number of recruits": the number of a group, not a harm by itself
        if hit.value.use == "vague" and not words("not_told").isdisjoint(
            tokens.low[max(0, hit.first - _DENIED) : hit.first]
        ):
            continue  # "there were no reports of casualties": nothing is told
        if tokens.low[hit.first] in words("of_the_dead") and _describes(tokens, cues, hit):
            continue
        if any(g.first < hit.first < g.last and of_bodies(tokens, g.first) for g in groups):
            continue  # "the bodies of six kidnapped policemen": they are dead
        before = tokens.low[max(0, hit.first - 4) : hit.first]
        if hit.value.use in ("verb", "active", "subject") and _unreal(before, tokens.low[hit.first]):
            continue
        if (
            hit.value.use == "counted"
            and hit.first in heads
            and (_told_of(tokens, cues, hit) or _taken_as(cues, hit, groups))
        ):
            continue
        if hit.value.use == "toll" and _may_rise(tokens.low[hit.last : hit.last + 5]):
            continue
        if hit.value.harm == "injured" and _died_of_it(tokens, cues, hit):
            continue
        driven = hit.value.harm == "displaced" and tokens.low[hit.first] in words("drive")
        if driven and not any(w in words("flight") for w in tokens.low[hit.last :]):
            continue
        if tokens.low[hit.first] in words("burns") and _burns_things(tokens, hit, groups):
            continue
        read = _alive(tokens, hit)
        taken = read is hit and tokens.low[hit.first] in words("takes_things_too")
        if taken and hit.value.harm != "killed" and not _takes_people(tokens, hit, groups):
            continue
        live.append(_with_number(tokens, read, groups))
    return live


def _with_number(tokens: Tokens, hit: Hit[Cue], groups: Sequence[Group]) -> Hit[Cue]:
    """ "Six casualties among the guards": losses told without a number elsewhere have one here."""
    counted = hit.value.use == "vague" and tokens.low[hit.first] == "casualties"
    if counted and any(g.count is not None and g.last == hit.first for g in groups):
        return Hit(hit.first, hit.first + 1, Cue("injured", "counted"))
    return hit


def _describes(tokens: Tokens, cues: Sequence[Hit[Cue]], hit: Hit[Cue]) -> bool:
    """ "Two tortured and strangled bodies": how the dead look, no harm besides their death."""
    dead = next(
        (c for c in cues if c.value.use == "counted" and c.value.harm == "killed" and c.first >= hit.last), None
    )
    between = tokens.low[hit.last : dead.first] if dead is not None else ("",)
    return all(w in words("of_the_dead") or w in ("and", ",") for w in between)


def _burns_things(tokens: Tokens, hit: Hit[Cue], groups: Sequence[Group]) -> bool:
    """ "Burned two cars", "burned houses": is a thing burnt, and nobody?"""
    counted = next((g for g in groups if g.first == hit.last and g.head is None and g.actor is None), None)
    i = hit.last if counted is None else counted.last
    return i < len(tokens) and tokens.low[i] in words("burnt_things")


def _died_of_it(tokens: Tokens, cues: Sequence[Hit[Cue]], hit: Hit[Cue]) -> bool:
    """ "Two of the injured died": the word says of whom, and the one behind what they came to."""
    if tokens.low[max(0, hit.first - 2) : hit.first] not in (("of", "the"), ("of", "those")):
        return False
    return any(c.value.use == "subject" and 0 <= c.first - hit.last <= _LATER for c in cues)


def _told_of(tokens: Tokens, cues: Sequence[Hit[Cue]], hit: Hit[Cue]) -> bool:
    """ "Three hostages died": the word says who they were, and another word beside it what they came to."""
    for other in cues:
        if other.value.use in ("verb", "subject", "active", "state") and 0 <= other.first - hit.last <= 3:
            between = tokens.low[hit.last : other.first]
            if all(w in words("be") or w in words("have") or w in words("adverb") for w in between):
                return True
    return False


def _taken_as(cues: Sequence[Hit[Cue]], hit: Hit[Cue], groups: Sequence[Group]) -> bool:
    """ "Seized 30 hostages", "shot dead two refugees": the verb before tells what was done to those the head names."""
    group = next((g for g in groups if g.first <= hit.first < g.last), None)
    people = group is not None and group.head in vocabulary().who
    return group is not None and any(
        (people or c.value.harm == hit.value.harm)
        and c.value.use in ("verb", "active")
        and 0 <= group.first - c.last <= 1
        for c in cues
    )


def _takes_people(tokens: Tokens, hit: Hit[Cue], groups: Sequence[Group]) -> bool:
    """ "captured nine soldiers", "two men were seized", not "captured nine villages": is the one taken a person?"""
    if tokens.low[hit.first - 1] in words("be") and hit.first:
        return any(g.head and 0 <= hit.first - g.last <= _TAKEN for g in groups)
    near = [g for g in groups if 0 <= g.first - hit.last <= 1]
    return bool(near) and near[0].head is not None


def _alive(tokens: Tokens, hit: Hit[Cue]) -> Hit[Cue]:
    """ "The gang burned 14 pupils alive": the word behind its object says that they died of it."""
    if tokens.low[hit.first] not in words("burns"):
        return hit
    for i in range(hit.last, min(hit.last + 9, len(tokens))):
        if tokens.low[i] == "alive":
            return Hit(hit.first, hit.last, Cue("killed", hit.value.use))
        if not tokens.low[i][0].isalnum() or tokens.low[i] in ("and", "but", "when", "while"):
            break
    return hit


def _may_rise(after: Sequence[str]) -> bool:
    """ "The toll is expected to rise as many people are trapped": what follows are not the dead."""
    return any(w in words("awaited") for w in after) and any(w in words("rises") for w in after)


def _unreal(before: Sequence[str], word: str) -> bool:
    """Do the words before say that the harm was not done: "could be killed", "to kill"? "To have killed" was."""
    near = before[-3:]
    if any(w in words("unreal") and w != "to" and not is_month(near, k) for k, w in enumerate(near)):
        return True
    if "to" not in before[-3:] or word.endswith("ing"):
        return False
    at = len(before) - 1 - before[::-1].index("to")
    verb = all(w in words("be") or w in words("have") or w in words("adverb") for w in before[at + 1 :])
    return verb and before[-1] != "have" and not any(w in words("held_for") for w in before[:at])
