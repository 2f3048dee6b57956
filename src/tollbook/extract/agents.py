"""Whether an actor is the subject of a word of violence: "Gunmen on motorbikes, two of them masked, burst into ..."

A sentence is read from the actor on, word by word, over what describes it ("with machetes", "who came by boat"), to
the verbs in one row with the first ("entered the town and shot"). No grammar is computed: what may open another
subject ends the reading, because a doer that is missed does less harm than one that is invented.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from functools import cache

from tollbook.extract.tokens import Tokens
from tollbook.extract.words import words
from tollbook.model import Actor

_REACH = 32  # tokens from the actor to its verb
_BEFORE = 7  # tokens of articles, numbers and descriptions before it ("a column of some 60")
_OPENS = frozenset({",", ".", ";", ":", '"', "“", "”", "'", "‘", "(", ")", "-", "–", "—", "[", "]", "!", "?", "/"})
_PLACED = 4  # tokens of a place or day that opens the sentence
_BE = frozenset({"was", "were", "been", "being", "is", "are", "be", "got", "get"})
_ENDS = frozenset({".", ";", ":", "!", "?"})
_ENEMY = {"state_forces": "armed_group", "armed_group": "state_forces"}


def is_subject(tokens: Tokens, start: int, first: int) -> bool:
    """May the actor at token `start` be a subject: does it open a statement, but for articles and numbers?"""
    low, before, members = tokens.low, words("before_subject"), words("members")
    i, free = start - 1, 2
    while i >= first and i >= start - _BEFORE:
        word = low[i]
        if word in before or word.isdigit() or "-" in word or (word in members and low[i + 1] in ("of", "from")):
            i -= 1
        elif free and word.isalpha() and _article_before(low, i, first):
            i, free = i - 1, free - 1  # "a furious crowd"
        else:
            break
    if i < first or low[i] in _OPENS:
        return True
    if i - first < _PLACED and low[first] in ("in", "at", "near", "on", "outside"):
        return True  # "In Sanaa a crowd"
    return low[i] in words("opens_statement") and not (low[i] == "and" and "between" in low[max(first, i - 9) : i])


def _article_before(low: Sequence[str], i: int, first: int) -> bool:
    return any(w in ("a", "an", "the", "two", "three", "some") for w in low[max(first, i - 2) : i])


def does_violence(tokens: Tokens, end: int, last: int, others: Collection[int]) -> bool:
    """Does an active verb of violence belong to the actor that ends before token `end`?

    `others` are the tokens at which further actors begin: behind "and" they are subjects of their own.
    """
    low, verbs, whole = tokens.low, words("violent_verbs"), _whole()
    relative = moved = False  # within "who ..."; a verb of the actor's own has been passed
    for i in range(end, min(end + _REACH, last)):
        word = low[i]
        if word in words("lays_on") and low[i - 1] not in _BE:
            return False  # "rebels in Kita blamed the army for killing two"
        if word in verbs or (word in whole and not whole[word].isdisjoint(low[i + 1 : i + 8])):
            if low[i - 1] == "to" or low[i - 1] in words("before_noun"):
                continue
            back = i - 1
            while back > end and low[back] in words("adverb"):
                back -= 1
            active = word.endswith("ing") and low[back] != "being"
            if not active and (low[back] in _BE or low[i + 1 : i + 2] == ("by",)):
                if relative or moved:
                    continue  # "rebels, who were attacked by the army, shot ..."
                return False
            if moved or active or word not in words("harming") or low[i + 1 : i + 2] == ():
                return True
            if _done_to(low, i):
                return False
            if low[i + 1] == "and" and low[i + 2 : i + 3] and low[i + 2] in words("harming"):
                i += 2  # "a man shot and killed nine"
            return low[i + 1 : i + 2] != () and low[i + 1] not in words("when_where")  # "rebels killed in the raid"
        if word in ("who", "which", "that") and not moved and i - end <= 14:
            relative = True
        elif word in words("new_clause"):
            if not (i + 1 < last and low[i + 1].endswith("ing")):
                return False
        elif word in words("said") or word in _ENDS:
            return False
        elif word == "by":
            if low[i - 1] not in words("by_not_doer") and words("ways_of_coming").isdisjoint(low[i + 1 : i + 2]):
                return False
        elif moved and word in ("and", "but", ",") and i + 1 in others:
            return False
        elif word.endswith("ed") or word in words("moves"):
            moved = True
    return False


def _done_to(low: Sequence[str], i: int) -> bool:
    """Is the past form at `i` a passive without its "was": "Man shot dead by police", "woman stabbed to death in"?"""
    k = i + 1
    while k < len(low) and (low[k] in words("passive_ends") or low[k] in words("harming")):
        k += 1
    return k > i + 1 and (k == len(low) or low[k] in words("when_where"))


@cache
def _whole() -> Mapping[str, frozenset[str]]:
    """Verbs that tell violence together with one of these words right behind them ("set ... ablaze")."""
    pairs = [phrase.split() for phrase in words("violent_pairs")]
    return {verb: frozenset(after for first, after in pairs if first == verb) for verb, _ in pairs}


def came_upon(tokens: Tokens, start: int, end: int, first: int, last: int) -> bool:
    """Is the actor who came when people were harmed: "Nine died when raiders poured into the village"?"""
    low = tokens.low
    i = start - 1
    while i >= first and (low[i] in words("before_subject") or low[i].isdigit()):
        i -= 1
    if i <= first or low[i] not in ("when", "as") or words("harm_told").isdisjoint(low[max(first, i - 25) : i]):
        return False
    return any(w in words("comes_upon") for w in low[end : min(end + 4, last)])


def continues(tokens: Tokens, first: int, last: int) -> bool:
    """Does the telling go on from the doers told before ("They also shot four men", "There he killed two")?"""
    for i in range(first, min(first + 14, last)):
        if tokens.low[i] in ("they", "he", "who"):
            return does_violence(tokens, i + 1, last, ())
    return False


def own_toll(actor: Actor, losses: Sequence[tuple[str, str]]) -> bool:
    """Is a toll that the actor gives of its own doing: the enemy's dead or captured ("The army said 30 rebels died")?

    `losses` are the harm and the victims' class of each figure of the statement.
    """
    enemy = _ENEMY.get(actor.who)
    taken = [who for harm, who in losses if harm in ("killed", "detained")]
    return bool(taken) and enemy is not None and all(who == enemy for who in taken)
