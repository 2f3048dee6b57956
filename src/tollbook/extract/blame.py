"""Whom a sentence makes the doer of an act: before a word of violence, behind "by", blamed or claiming it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tollbook.extract.acts import Telling
from tollbook.extract.agents import came_upon, does_violence, is_subject
from tollbook.extract.basis import accuses, basis_of, of_lesser_deed
from tollbook.extract.bodies import is_finder
from tollbook.extract.doers import SIDED, force_of, is_alias, past_explanation, reach, same_doer
from tollbook.extract.senders import sends, steers
from tollbook.extract.tokens import Tokens
from tollbook.extract.words import phrases, words
from tollbook.model import Actor, AttributionBasis, Span

_ANSWER = 4  # words behind "responded with" in which the deed stands ("with a wave of strikes")
_LAID_ON = 6  # tokens from "suspected" to its "of"
_LOST = 12  # tokens from "lost nine men" to "but killed"
_BY = 8  # tokens from "by" to those behind it, with what numbers and describes them
_HARM_BY = 10  # tokens from the word of harm to its "by"
_LEAGUE = 12  # tokens of those who helped, up to the verb
_INQUIRY = 14  # tokens behind those who inquire in which they may arrest


@dataclass(frozen=True, slots=True)
class Blame:
    """An actor said to have done the act."""

    actor: Actor
    basis: AttributionBasis


def find_blame(
    tokens: Tokens,
    telling: Telling,
    actors: Sequence[Actor],
    cues: Sequence[Span],
    victims: Sequence[Span],
    first: int,
    last: int,
) -> list[Blame]:
    """The actors that tokens [first, last) make the doers, in order: before a word of violence, or behind "by"."""
    does = {t.first for t in telling.triggers if first <= t.first < last and t.kind != "means"}
    strong = {t.first for t in telling.triggers if first <= t.first < last}
    strong |= {tokens.at(c[0]) for c in cues}
    found: list[Blame] = []
    here = [a for a in actors if _can_do(a) and tokens.starts[first] <= a.span[0] < tokens.ends[last - 1]]
    here = [
        a
        for a in here
        if not any(v[0] < a.span[1] and a.span[0] < v[1] for v in victims)
        or _harmed_by(tokens, tokens.at(a.span[0]))
        or _harms(tokens, a, first, last)
    ]
    every = here
    here = [a for a in every if not is_alias(tokens, a, every)]
    begins = {tokens.at(a.span[0]) for a in actors}
    covered = 0
    for k, actor in enumerate(here):
        start, end = tokens.at(actor.span[0]), past_explanation(tokens, actor, reach(tokens, actor, here), every)
        if start < covered:
            continue  # "ISIS terrorists": one doer
        covered = end
        if _of_another_act(tokens, start, told=bool(found)) or _loses(tokens, end, last) or _ruled_out(tokens, start):
            continue
        if found and is_person(actor) and tokens.low[start - 1] == "where":
            continue  # "bombed a monastery where villagers had taken shelter, killing 23"
        basis = basis_of(tokens, telling, actor, end)
        if basis is None or _only_said_by(tokens, telling, start) or _makes_do(tokens, start, end):
            continue
        if _behind_by(tokens, start) or basis in ("blamed", "claimed"):
            if not _quoted_by(tokens, start) and (not is_person(actor) or _harmed_by(tokens, start)):
                found.append(Blame(actor, basis))
        elif found and here[k - 1] is found[-1].actor and _coordinated(tokens, here[k - 1], actor):
            found.append(Blame(actor, found[-1].basis))
        elif sends(tokens, telling, start, end, first):
            found.append(Blame(actor, basis))
        elif _is_struck(tokens, start, end, does) or _inquires(tokens, end) or accuses(tokens, telling, end):
            continue
        elif _speaks(tokens, end) or _makes_claim(tokens, end):
            if _says_it_did(tokens, end, last, does, begins):
                found.append(Blame(actor, "claimed"))
        elif (
            (not is_person(actor) and _acts(tokens, end, last, does, strong))
            or (is_subject(tokens, start, first) and does_violence(tokens, end, last, begins))
            or came_upon(tokens, start, end, first, last)
        ):
            found += [Blame(other, basis) for other in _in_league(tokens, here[:k], actor)]
            found.append(Blame(actor, basis))
    return _unique([_named(tokens, b, here) for b in found if force_of(b.actor)])


def _ruled_out(tokens: Tokens, start: int) -> bool:
    """ "Gunmen from X, not the Y": the report says that it was somebody else."""
    before = tokens.low[max(0, start - 2) : start]
    return before[-1:] == ("not",) or before in (("not", "the"), ("not", "by"))


def _loses(tokens: Tokens, end: int, last: int) -> bool:
    """ "The army lost nine men", "has suffered 14 casualties": who came to harm did it only where it struck too."""
    while end < last and (tokens.low[end] in words("have") or tokens.low[end] in words("adverb")):
        end += 1
    if tokens.low[end : end + 1] == () or tokens.low[end] not in words("loses"):
        return False
    rest = range(end, min(end + _LOST, last - 1))
    return not any(tokens.low[i] in ("but", "and", "while") and tokens.low[i + 1] in words("does") for i in rest)


def _is_struck(tokens: Tokens, start: int, end: int, does: set[int]) -> bool:
    """Is the actor what was struck, where, or to whom it belongs ("an alliance that includes X"), not who struck?"""
    low = tokens.low
    if any(w in words("includes") for w in low[max(0, start - 2) : start]) or _group_struck(tokens, start):
        return True
    before, before2 = low[start - 1 : start], low[max(0, start - 2) : max(0, start - 1)]
    members = any(w in words("members") for w in before2) or (
        before2 == ("of",) and start > 2 and low[start - 3] in words("members")
    )
    if members and before in (("of",), ("the",), ("from",)):
        return False  # "fighters of X"
    at = end + (low[end : end + 1] == (",",))
    harms = at in does or any(w in words("harming") for w in low[at : at + 1])
    if harms and before2 == ("from",) and start > 2 and low[start - 3] in words("members"):
        return False  # "fighters from the X shot dead nine"
    if _is_object(tokens, start) and not _toll_from(tokens, start, end, does):
        return True
    return "according" in low[max(0, start - 5) : start]


def _harms(tokens: Tokens, actor: Actor, first: int, last: int) -> bool:
    """ "Tutsi paratroopers murdered the president": who is told right before an active word of harm did it."""
    end = tokens.at(actor.span[1] - 1) + 1
    while end < last and tokens.low[end] in words("when_did"):
        end += 1
    start = tokens.at(actor.span[0])
    if not (end < last and tokens.low[end] in words("harming")):
        return False
    if _is_object(tokens, start) and not is_subject(tokens, start, first):
        return False
    return "by" not in tokens.low[end + 1 : end + 4] and does_violence(tokens, end, last, ())


def _is_object(tokens: Tokens, start: int) -> bool:
    """Do the words before the actor make it what is struck or where, not who strikes: "against the so-called X"?"""
    k = start - 1
    while k >= max(0, start - 3) and tokens.low[k] in words("called_before"):
        k -= 1
    if k > 0 and tokens.low[k] in words("articles") and tokens.low[k - 1] not in words("block"):
        k -= 1  # "attacked an army convoy", but "died from an Israeli strike"
    if k < max(0, start - 3):
        return False
    if tokens.low[k] == "to" and tokens.low[k - 1 : k] in (("belonging",), ("belonged",)):
        return True
    return tokens.low[k] in words("object_before") or (
        tokens.low[k] in words("ousts") and tokens.low[k - 1 : k] != ("be",)
    )


def _group_struck(tokens: Tokens, start: int) -> bool:
    """ "Ambushed a group of rebels", "killed on Friday dozens of rebels": a number of them is what was struck."""
    low, k = tokens.low, start - 1
    if k < 2 or low[k] != "of" or (low[k - 1] not in words("before_subject") and low[k - 1] not in words("members")):
        return False
    k -= 2
    while k > 0 and (low[k] in ("a", "the") or low[k] in words("when_did")):
        k -= 1
    return low[k] in words("harming") and (not k or low[k - 1] not in words("be"))


def _toll_from(tokens: Tokens, start: int, end: int, does: set[int]) -> bool:
    """ "The death toll from the rebels' rocket attacks": whose attacks cost the lives did them."""
    k = start - 1
    while k >= 0 and tokens.low[k] in words("called_before"):
        k -= 1
    end += tokens.low[end : end + 1] == ("'",)
    return end in does and k > 0 and tokens.low[k] == "from" and tokens.low[k - 1] in words("tolls")


def inquires(tokens: Tokens, actor: Actor) -> bool:
    """Is the actor told as one who looks into an act ("police are investigating the homicide")?"""
    return _inquires(tokens, tokens.at(actor.span[1] - 1) + 1)


def _inquires(tokens: Tokens, end: int) -> bool:
    """Do they look into an act, and arrest nobody: "police are searching for the gunmen who killed nine"?"""
    if is_finder(tokens, end):
        return True
    stems = phrases("inquires_stems")
    if _answers_with(tokens, end) or not any(w.startswith(stems) for w in tokens.low[end : end + 3]):
        return False
    return words("arrests").isdisjoint(tokens.low[end : end + _INQUIRY])


def _of_another_act(tokens: Tokens, start: int, *, told: bool) -> bool:
    """Is the actor the subject of a clause on what was before ("a town which the army took in May")?

    `told`: another actor is already told to have done the act; then "after rebels broke the siege" is another's.
    """
    k = start - 1
    while k >= 0 and tokens.low[k] in ("the", "a", "its"):
        k -= 1
    if not told or k < 0:
        return False
    return tokens.low[k] in words("of_before") or (tokens.low[k] == "that" and tokens.low[k - 1] in words("settled"))


def _in_league(tokens: Tokens, before: Sequence[Actor], actor: Actor) -> list[Actor]:
    """The one named first of two told to act as one: "army units in cooperation with militias attacked"."""
    if not before:
        return []
    first = before[-1]
    between = tokens.low[reach(tokens, first, before) : tokens.at(actor.span[0])]
    if between == ("and", "other"):
        return [first]  # "the Nusra Front and other groups shelled"
    return [first] if 1 < len(between) <= 5 and " ".join(between).startswith(phrases("in_league")) else []


def _behind_by(tokens: Tokens, start: int) -> bool:
    """Does "by" stand before the actor, with at most an article, describing words and a number of them between?

    So does "at the hands of".
    """
    low = tokens.low
    if any(low[k : k + 2] == ("hands", "of") and _at_hands(low, k) for k in range(max(0, start - 4), start - 1)):
        return True
    for i in range(start - 1, max(-1, start - _BY), -1):
        if low[i] == "by":
            return True
        if _counting(low, i) or (i and low[i] in ("of", "from") and low[i - 1] in words("members")):
            continue  # "by a group of forty", "by fighters of the Lord's Resistance Army"
        if i < start - 4 and low[i] not in words("before_subject"):
            return False
        if not low[i][0].isalnum() or low[i] in words("block") or low[i] in words("does"):
            return False
    return False


def _at_hands(low: Sequence[str], k: int) -> bool:
    """ "Died at the hands of", not "the city is in the hands of"."""
    return any(w in ("at", "by") for w in low[max(0, k - 2) : k])


def _makes_do(tokens: Tokens, start: int, end: int) -> bool:
    """ "Villagers who had been ordered by soldiers to dig": the soldiers harmed nobody by that."""
    by = next((i for i in range(start - 1, max(0, start - 3), -1) if tokens.low[i] == "by"), 0)
    return bool(by) and tokens.low[by - 1] in words("made_to") and tokens.low[end : end + 1] == ("to",)


def _only_said_by(tokens: Tokens, telling: Telling, start: int) -> bool:
    """Does "by" behind words of saying or agreeing name the actor ("announced by Egypt", "accused by Israel")?"""
    by = next((i for i in range(start - 1, max(0, start - 3), -1) if tokens.low[i] == "by"), 0)
    before = tokens.low[max(0, by - 2) : by]
    return bool(by) and (telling.has("blamed", by - 1, by) or any(w in words("not_done_by") for w in before))


def _harmed_by(tokens: Tokens, start: int) -> bool:
    """ "stoned by villagers", "stabbed to death by a man", not "seen by villagers"."""
    by = next((i for i in range(start - 1, max(-1, start - _BY), -1) if tokens.low[i] == "by"), 0)
    if not by or not _only_counted(tokens.low[by + 1 : start]):
        return False
    return any(w in words("violent_verbs") for w in tokens.low[max(0, by - _HARM_BY) : by])


def _only_counted(between: Sequence[str]) -> bool:
    """Do only articles, describing words and a number of them stand there ("a group of 30 to 40")?"""
    return all(w[0].isalnum() and (w not in words("block") or _counting(between, k)) for k, w in enumerate(between))


def _counting(low: Sequence[str], i: int) -> bool:
    """Is the word part of a number of people ("a group of", "30 to 40")?"""
    if low[i] not in ("of", "to"):
        return low[i].isdigit()
    return i > 0 and (low[i - 1].isdigit() or low[i - 1] in words("before_subject"))


def _named(tokens: Tokens, blame: Blame, here: Sequence[Actor]) -> Blame:
    """The group a kind belongs to: "terrorists affiliated to the Nusra Front" are the Nusra Front.

    "Bandits believed to be Al-Shabaab" are suspected to be.
    """
    if not blame.actor.generic:
        return blame
    if (owner := owner_of(tokens, blame.actor, here)) is not None:
        return Blame(owner, blame.basis)
    end = tokens.at(blame.actor.span[1] - 1) + 1
    for other in here:
        start = tokens.at(other.span[0])
        between = tokens.low[end:start]
        supposed = "be" in between and all(w in words("member_of") | words("taken_for") or w == "," for w in between)
        if supposed and other.generic and len(between) <= 6:
            return Blame(other, "suspected")  # "unknown gunmen, believed to be bandits"
        if other.generic or not 0 < len(between) <= 6:
            continue
        if all(w in words("member_of") for w in between):
            return Blame(other, blame.basis)
        if all(w in words("member_of") | words("taken_for") for w in between) and "be" in between:
            return Blame(other, "suspected")
    return blame


def is_owned(tokens: Tokens, actor: Actor) -> bool:
    """Is it told as somebody's: "its men", "their fighters"?"""
    start = tokens.at(actor.span[0])
    return actor.generic and start > 0 and tokens.low[start - 1] in ("its", "their")


def owner_of(tokens: Tokens, actor: Actor, here: Sequence[Actor]) -> Actor | None:
    """Whose men they are: "a film put out by X shows its men burning cars"."""
    before = [a for a in here if a.who in SIDED and not a.generic and a.span[1] <= actor.span[0]]
    return before[0] if len(before) == 1 and is_owned(tokens, actor) else None


def _can_do(actor: Actor) -> bool:
    """Civilians, "people" and the bomber himself are not named as doers; "gunmen" and "rebels" are.

    Men and crowds are where the sentence makes them the subject of violence (`is_person`).
    """
    if is_person(actor):
        return True
    if actor.who == "civilian" or (actor.actor_id or "") in words("no_doer"):
        return False
    if actor.name.lower() in words("no_doer_names"):
        return False
    return not (actor.who == "unknown" and actor.generic) and not actor.name.lower().startswith(("suicide", "sniper"))


def is_person(actor: Actor) -> bool:
    """ "Two men", "a crowd", "villagers": doers only as the subject of violence, or behind a violent word and "by"."""
    return actor.generic and actor.name.lower().split()[-1] in words("doing_people")


def _speaks(tokens: Tokens, end: int) -> bool:
    """Is the actor named as one who speaks ("the army said", "a police spokesman")?"""
    after = tokens.low[end : end + 3]
    if _answers_with(tokens, end):
        return False
    return any(w.startswith(phrases("speaks_stems")) for w in after[:2]) or (
        len(after) > 2 and after[2] in ("said", "says")
    )


def _answers_with(tokens: Tokens, i: int) -> bool:
    """ "Israel responded with air strikes": an answer in deeds, none in words ("with a statement")."""
    if tokens.low[i : i + 1] == () or tokens.low[i] not in words("answers") or tokens.low[i + 1 : i + 2] != ("with",):
        return False
    return not words("answers_by").isdisjoint(tokens.low[i + 2 : i + 2 + _ANSWER])


def speaks(tokens: Tokens, actor: Actor) -> bool:
    """Is the actor the one who speaks ("the army said", "said the army")?"""
    start, end = tokens.at(actor.span[0]), tokens.at(actor.span[1] - 1) + 1
    return _speaks(tokens, end) or (start > 0 and tokens.low[start - 1] in ("said", "says"))


def _makes_claim(tokens: Tokens, end: int) -> bool:
    """ "X claimed the attack", not "X raids claimed 17 lives"."""
    claims = next((i for i, w in enumerate(tokens.low[end : end + 2], end) if w.startswith("claim")), None)
    return claims is not None and words("lives").isdisjoint(tokens.low[claims + 1 : claims + 7])


def _says_it_did(tokens: Tokens, end: int, last: int, does: set[int], begins: set[int]) -> bool:
    """ "Police said on Tuesday they had arrested 14 men", "the coalition said it carried out two strikes".

    `begins` are the tokens at which actors begin: "they" behind another actor is not the one who speaks.
    """
    for i in range(end + 1, min(end + 10, last - 1)):
        if i in begins:
            return False
        if tokens.low[i] in words("own_act"):
            had = i + 1 + (tokens.low[i + 1] in ("had", "have", "has"))
            return had < last and (had in does or tokens.low[had] in words("does"))
    return False


def _quoted_by(tokens: Tokens, start: int) -> bool:
    """ "held by", "controlled by", "quoted by", "backed by": the actor is not the doer."""
    before = tokens.low[max(0, start - 4) : start]
    if not words("captives").isdisjoint(before) or steers(tokens, start):
        return False  # "held hostage by", "a drone operated by"
    return any(w in words("by_not_doer") for w in before)


def _acts(tokens: Tokens, end: int, last: int, does: set[int], strong: set[int]) -> bool:
    """Does a word of violence follow the actor within seven words, with only linking words between?"""
    if tokens.low[end : end + 2] == (",", "who") and tokens.low[end + 2 : end + 3]:
        return tokens.low[end + 2] in words("harming")  # "the death squads, who murdered six"
    end = _past_league(tokens, end, last)
    if end < last and tokens.low[end] in words("placed"):  # "terrorists positioned in X fired ..."
        return any(tokens.low[i] in words("does") for i in range(end + 1, min(end + 16, last)))
    for i in range(end, min(end + 8, last)):
        word = tokens.low[i]
        if i == end and (i in strong or i in does):
            return not _struck_noun(tokens.low[i : i + 3])
        if (i in does or word in words("does") or _answers_with(tokens, i)) and not _goes_on_to(tokens.low[i : i + 5]):
            passive = any(w in ("was", "were", "been", "being") for w in tokens.low[max(end, i - 3) : i])
            return not passive and tokens.low[i + 1 : i + 2] != ("by",)  # "rebels killed by mistake"
        if (
            word in words("block")
            and i - end >= 1
            and word not in ("on", "in", "near", "from", "with", "of", "for", "at")
        ):
            return False
        if word in ("said", "says", "told", "reported", ".", ";", ":", "killed") or word in words("lays_on"):
            return False
        if word in words("not_sure") and "of" in tokens.low[i + 1 : i + _LAID_ON]:
            return False  # "police in Beni suspected the ADF of killing six"
        if i > end and word in ("during", "after", "before", "since", "because", "until"):
            return False
        if i - end > 5:
            return False
    return False


def _past_league(tokens: Tokens, end: int, last: int) -> int:
    """Past those who helped: "the army, in cooperation with allied militias, seized"; else `end`."""
    low = tokens.low
    start = end + (low[end : end + 1] == (",",))
    if not " ".join(low[start : start + 4]).startswith(phrases("in_league")):
        return end
    for i in range(start + 2, min(start + _LEAGUE, last)):
        if low[i] in words("does") or low[i] in words("harming"):
            return i
    return end


def _goes_on_to(low: Sequence[str]) -> bool:
    """ "Continued to mull over": what is gone on with is no violence."""
    if len(low) < 3 or low[0] not in words("keeps_on") or low[1] != "to":
        return False
    return not any(w in words("does") or w in words("base_violence") for w in low[2:5])


def _struck_noun(low: Sequence[str]) -> bool:
    """ "Islamist targets were hit", "rebel targets in": a word that looks like a verb and is what was struck."""
    return low[0] == "targets" and (len(low) == 1 or low[1] in words("behind_noun"))


def _coordinated(tokens: Tokens, a: Actor, b: Actor) -> bool:
    between = tokens.low[tokens.at(a.span[1] - 1) + 1 : tokens.at(b.span[0])]
    if 0 < len(between) <= 3 and all(w in ("and", "or", ",", "the", "their", "its", "allied", "&") for w in between):
        return True
    # "the army and the Lebanese Shia movement Hezbollah"
    return 2 < len(between) <= 6 and between[0] == "and" and between[-1] in words("kinds_of_group")


def _unique(found: Sequence[Blame]) -> list[Blame]:
    kept: list[Blame] = []
    for blame in found:
        if not any(same_doer(blame.actor, b.actor) for b in kept):
            kept.append(blame)
    return kept


def claimant(tokens: Tokens, actors: Sequence[Actor], at: int, *, said_of: bool) -> Actor | None:
    """Who stands by the word at token `at`: before "claimed" (or behind "claimed by"), behind "blamed" (`said_of`).

    Before "was blamed"; nobody by "accused by", which names the accuser.
    """
    doers = [a for a in actors if _can_do(a) and not (said_of and is_person(a))]
    after = [a for a in doers if 0 < tokens.at(a.span[0]) - at <= 8]
    before = [a for a in doers if 0 < at - tokens.at(a.span[1] - 1) <= 8]
    if said_of and tokens.low[at + 1 : at + 2] == ("by",):
        return None
    if said_of and at and tokens.low[at - 1] in words("be"):
        if at > 1 and tokens.low[at - 2] in words("unreal"):
            return None  # "will be blamed"
        return before[-1] if before and not of_lesser_deed(tokens, before[-1]) else None
    if said_of or "by" in tokens.low[at : at + 4]:
        return after[0] if after and not of_lesser_deed(tokens, after[0]) else None
    return before[-1] if before else None
