"""Victims told one by one: persons named or described, tied to the word of harm they stand with.

A person is tied where a figure would be (see `figures.py`): the subject of a passive or of "died", the object of
"killed", behind "the murder of", in a list behind "among the dead were" or "identified as". Doers, speakers, places and
organisations are no victims; a detention is kept only where nothing in the sentence makes it that of a suspect.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from tollbook import lexicon
from tollbook.errors import LexiconError
from tollbook.extract.groups import HARMS
from tollbook.extract.persons import Person, find_persons, lists
from tollbook.extract.tokens import Hit, Phrases, Tokens
from tollbook.extract.words import is_month
from tollbook.model import Actor, Harm, Sex, Span, Victim

_USES = ("verb", "active", "subject", "state", "of")
_ORDER: dict[Harm, int] = {"killed": 0, "abducted": 1, "missing": 2, "injured": 3, "detained": 4}
_APPOSITION = 18  # words between a name and its verb that commas may hold
_IDENTIFY = 12  # words between "identified" and "as"
_MANY = 60  # persons of one list


@dataclass(frozen=True, slots=True)
class _Cue:
    harm: Harm
    use: str


@cache
def cues() -> tuple[Phrases[_Cue], frozenset[str]]:
    """Words of harm and their first words. Raises LexiconError for an unknown harm or use."""
    own = lexicon.load("lexicon/en/victims")
    entries: list[tuple[str, _Cue]] = []
    for name, table in (("harm.yml", lexicon.load("lexicon/en/harm")), ("victims.yml", own["harm"])):
        for harm, uses in table.items():
            if harm not in HARMS:
                raise LexiconError(f"{name}: {harm!r} is not one of {', '.join(HARMS)}")
            for use, listed in uses.items():
                if use in _USES and harm != "displaced":
                    # a phrase that opens with a form of "be" says no more of one person than its other words do
                    entries += [(p, _Cue(harm, use)) for p in listed if p.split()[0] not in lists()["be"]]
    for harm, listed in own["lists"].items():
        entries += [(phrase, _Cue(harm, "list")) for phrase in listed]
    entries += [(word, _Cue("killed", "identify")) for word in own["identify"]]
    return Phrases(entries), frozenset(phrase.split()[0] for phrase, _ in entries)


@cache
def _whose() -> dict[str, Harm]:
    table: dict[Harm, list[str]] = lexicon.load("lexicon/en/victims")["whose"]
    return {word: harm for harm, words in table.items() for word in words}


def find_victims(
    text: str,
    tokens: Tokens,
    actors: Sequence[Actor],
    places: Sequence[Span] = (),
    known: frozenset[str] = frozenset(),
) -> list[Victim]:
    """The persons of the sentence told one by one as harmed, in text order, each once; `incident` is left None.

    `span` is the name, or the description of a person without one; `name` is text[span] or None. A person without a
    name is kept where age, role or kinship is told ("a woman" alone is a figure, not a person told apart). `places`
    are spans of place names: no name is read out of them. `known` are the report's `surnames`.
    """
    found, firsts = cues()
    hits = [] if firsts.isdisjoint(tokens.low) else [h for h in found.find(tokens) if not _unreal(tokens, h)]
    if not hits and lists()["whose_nouns"].isdisjoint(tokens.low):
        return []
    persons = find_persons(text, tokens, actors, places, known)
    if not persons:
        return []
    harms: dict[int, set[Harm]] = {}
    for hit in hits:
        for k in _tied(tokens, hit, persons):
            harms.setdefault(k, set()).add(hit.value.harm)
    for hit in [h for h in hits if h.value.use == "identify"]:
        harm, named = _identified(tokens, hit, persons)
        for k in named:
            if k not in harms and harm is not None:
                harms.setdefault(k, set()).add(harm)
    _owners(tokens, persons, harms)
    told = [v for k in sorted(harms) if (v := _victim(text, tokens, persons, k, harms[k])) is not None]
    return [v for v in told if (v.name or "").lower() not in known or not _beside_the_act(tokens, v)]


def _beside_the_act(tokens: Tokens, victim: Victim) -> bool:
    """Is somebody known from elsewhere a suspect who was held, or his death only a time ("before Haddad died")?"""
    i = tokens.at(victim.span[0])
    return victim.harm == "detained" or (i > 0 and tokens.low[i - 1] in ("before", "after", "since", "until"))


def _unreal(tokens: Tokens, hit: Hit[_Cue]) -> bool:
    """Planned, tried, threatened, denied, in the three words before; or done to an aircraft ("shot down")."""
    if tokens.low[hit.last : hit.last + 1] == ("down",) and tokens.low[hit.last - 1] == "shot":
        return True
    never = lists()["unreal_of" if hit.value.use == "of" else "unreal"]
    return any(tokens.low[i] in never and not is_month(tokens.low, i) for i in range(max(0, hit.first - 3), hit.first))


def _victim(text: str, tokens: Tokens, persons: Sequence[Person], k: int, harms: set[Harm]) -> Victim | None:
    person = persons[k]
    if person.doer:
        return None
    harm = min(harms, key=lambda h: _ORDER[h])
    if harm == "detained" and any(w in lists()["crime"] for w in tokens.low):
        return None
    if person.name is None and person.age is None and person.role is None and not person.kin:
        return None
    if person.name is None and person.definite:
        return None
    first, last = person.name or (person.first, person.last)
    while tokens.low[last - 1] == "." and last - first > 1 and tokens.low[last - 2] != "jr":
        last -= 1
    span = (tokens.starts[first], tokens.ends[last - 1])
    if person.owner and text[span[0] : span[1]].lower().endswith(("'s", "’s")):
        span = (span[0], span[1] - 2)
    name = text[span[0] : span[1]] if person.name is not None else None
    return Victim(name, person.age, person.sex or _pronoun(tokens, persons, k), person.role, span, None, harm)


def _pronoun(tokens: Tokens, persons: Sequence[Person], k: int) -> Sex | None:
    """The sex a later "he", "his", "she", "her" tells, where the sentence tells of no other single person."""
    if len(persons) != 1 or persons[k].name is None:
        return None
    rest = tokens.low[persons[k].last :]
    told: set[Sex] = set()
    if any(w in lists()["he"] for w in rest):
        told.add("male")
    if any(w in lists()["she"] for w in rest):
        told.add("female")
    others = any(w in lists()["doers"] for w in tokens.low)
    return told.pop() if len(told) == 1 and not others else None


# --- ties ---------------------------------------------------------------------------------------


def _tied(tokens: Tokens, hit: Hit[_Cue], persons: Sequence[Person]) -> list[int]:
    use = hit.value.use
    if use == "identify":
        return []
    if use == "list":
        return _right(tokens, persons, hit.last, reach=3)
    if use == "of":
        return _right(tokens, persons, hit.last, reach=0)
    if use == "active":
        return _right(tokens, persons, hit.last, reach=8)
    if use in ("subject", "state"):
        return _left(tokens, persons, hit, state=use == "state")
    _, passive, who = _auxiliary(tokens, hit.first)
    if passive or who:
        return _left(tokens, persons, hit)
    right = _right(tokens, persons, hit.last, reach=8)
    if right:
        return right
    following = tokens.low[hit.last : hit.last + 1]
    if not following or following[0] in lists()["reduced_next"]:
        return _left(tokens, persons, hit, reduced=True)
    return []


def _auxiliary(tokens: Tokens, i: int) -> tuple[int, bool, bool]:
    """Where the verb group that ends at `i` begins, whether it holds a form of "be", and whether "who" opens it."""
    low = tokens.low
    forms = ("was", "were", "is", "are", "been", "being", "be", "got")
    k = i
    while k > 0 and i - k < 6 and (low[k - 1] in lists()["be"] or low[k - 1].endswith("ly")):
        if low[k - 1] in ("the", "those", "among"):
            break
        if low[k - 1] == "and":
            if not _verb_before(low, k - 1):
                break
            k -= 1  # the other verb of "was raped and murdered"
        k -= 1
    group = low[k:i]
    return k, any(w in forms for w in group), "who" in group


def _verb_before(low: tuple[str, ...], k: int) -> bool:
    """ "was shot and killed": the word before "and" is a participle of the same passive."""
    return k > 0 and (low[k - 1].endswith("ed") or low[k - 1] in ("shot", "beaten", "hurt", "slain", "struck"))


def _left(
    tokens: Tokens, persons: Sequence[Person], hit: Hit[_Cue], *, state: bool = False, reduced: bool = False
) -> list[int]:
    """The persons who are the subject of the word of harm: the nearest before it, and those listed with it."""
    low = tokens.low
    start, _, who = _auxiliary(tokens, hit.first)
    before = [k for k, p in enumerate(persons) if p.last <= start]
    many = any(w in lists()["plural_be"] for w in low[start : hit.first])
    for tries, k in enumerate(reversed(before)):
        if tries > 3:
            return []
        gap = low[persons[k].last : start]
        if not _bridge(gap, who=who, reduced=reduced):
            continue
        if state and gap:
            if low[start : hit.first] == ():
                continue
        elif state and start == hit.first and not _left_dead(low, persons[k]):
            continue
        behind = low[persons[k].first - 1] if persons[k].first else ""
        listed = behind == "of" and _list_word(low, persons[k].first - 2)
        if behind in lists()["prepositions"] and not (state or listed or behind in ("said", "says", "about", "told")):
            continue
        chain = _chain_left(low, persons, k)
        if many and len(chain) == 1 and behind not in ("and", ",", "&") and "both" not in low[start : hit.first]:
            return []
        if not many and len(chain) > 1 and not reduced:
            chain = [k]
        return chain
    return []


def _list_word(low: tuple[str, ...], i: int) -> bool:
    return i >= 0 and low[i] in ("names", "those", "one")


def _left_dead(low: tuple[str, ...], person: Person) -> bool:
    """ "left NAME dead", "found NAME dead": a state right behind the name."""
    return person.first > 0 and low[person.first - 1] in ("left", "leaving", "found", "shot", "leaves")


def _bridge(gap: tuple[str, ...], *, who: bool, reduced: bool) -> bool:
    """May these words stand between a person and the verb: nothing, an apposition in commas, "of Kut"?"""
    if not gap:
        return True
    if len(gap) > _APPOSITION or any(w in (";", ":", ".", "?") for w in gap):
        return False
    if any(w in lists()["speech"] for w in gap):
        return False
    if gap[0] in (",", "(", "–", "—") and gap[-1] in (",", ")", "–", "—"):
        return True
    if gap[0] in (",", "–") and (who or reduced):
        return len(gap) == 1
    return gap[0] in ("of", "from", "in") and len(gap) <= 6


def _chain_left(low: tuple[str, ...], persons: Sequence[Person], last: int) -> list[int]:
    """The persons listed up to and with `last`: joined by commas and "and", appositions between."""
    chain = [last]
    joined_by_and = False
    while chain[0] > 0 and len(chain) < _MANY:
        gap = low[persons[chain[0] - 1].last : persons[chain[0]].first]
        if not _list_gap(gap):
            break
        joined_by_and = joined_by_and or "and" in gap or "&" in gap
        chain.insert(0, chain[0] - 1)
    return chain if joined_by_and else [last]


def _list_gap(gap: tuple[str, ...]) -> bool:
    """Only list marks, or an apposition that ends in one: ", of Kut, and"."""
    marks = (",", "and", "&", ";", "–", "—", "(", ")", "with", "[", "]")
    if not gap:
        return False
    if all(w in marks for w in gap):
        return len(gap) <= 4
    if any(
        w in lists()["speech"] or w in (":", ".", "was", "were", "is", "are", "had", "has", "killed", "wounded")
        for w in gap
    ):
        return False
    return len(gap) <= 14 and gap[0] in (",", "(", "of", "from") and gap[-1] in (",", "and", ";", "&")


def _right(tokens: Tokens, persons: Sequence[Person], i: int, *, reach: int) -> list[int]:
    """The persons who are the object of the word that ends at `i`: the next one, and those listed with it."""
    low = tokens.low
    k = next((k for k, p in enumerate(persons) if p.first >= i), None)
    if k is None or not (_object_gap(low, i, persons[k].first, reach) or (reach == 0 and _office(low, i, persons[k]))):
        return []
    chain = [k]
    while chain[-1] + 1 < len(persons) and len(chain) < _MANY:
        gap = low[persons[chain[-1]].last : persons[chain[-1] + 1].first]
        if not _list_gap(gap) or (reach > 3 and _speaks(low, persons[chain[-1] + 1])):
            break
        chain.append(chain[-1] + 1)
    after = low[persons[k].last : persons[k].last + 1]
    if (i != persons[k].first and _speaks(low, persons[k])) or (after and after[0] in lists()["speech"]):
        return []
    return chain


def _office(low: tuple[str, ...], first: int, person: Person) -> bool:
    """Between "the murder of" and a titled name: the place or force of the office ("Antioquia department governor")."""
    gap = low[first : person.first]
    return (
        person.title
        and len(gap) <= 3
        and all(w.isalpha() and w not in lists()["stop"] for w in gap)
        and not ({"and", "of", "or"} & set(gap))
    )


def _speaks(low: tuple[str, ...], person: Person) -> bool:
    """Does the person tell, or do something of their own ("killed Ali Karim, Omar Said said", "and Omar Said fled")?"""
    after = low[person.last : person.last + 2]
    if not after:
        return False
    word = after[1] if after[0] in (",", "also", "who") and len(after) > 1 else after[0]
    return word in lists()["speech"] or (after[0] in ("was", "were", "is", "has", "had", "fled", "escaped", "survived"))


def _object_gap(low: tuple[str, ...], first: int, last: int, reach: int) -> bool:
    """Between a word of harm and the person: nothing, other victims listed before, or "including"."""
    gap = low[first:last]
    if not gap or gap in ((":",), ("a",), ("the",), ("local",)):
        return True
    if reach == 0:
        return False
    joined = " ".join(gap)
    if any(joined.endswith(w) or f"{w} the" in joined for w in lists()["include"]):
        return len(gap) <= 16 and not any(w in lists()["speech"] or w == ";" for w in gap)
    if len(gap) > reach or any(w in lists()["stop"] for w in gap):
        return False
    if reach <= 3:
        return all(w in (",", ":", "as", "follows", "the", "former") for w in gap)
    return gap[-1] in ("and", ",") and gap[0] != ","


def _identified(tokens: Tokens, hit: Hit[_Cue], persons: Sequence[Person]) -> tuple[Harm | None, list[int]]:
    """ "identified the victim as NAME": the persons behind "as", and the harm told of whoever is identified."""
    low = tokens.low
    end = min(hit.last + _IDENTIFY, len(low))
    cut = next((k + 1 for k in range(hit.last, end) if low[k] == "as"), None)
    if cut is None:
        if low[hit.first] != "named" or hit.first == 0:
            return None, []
        cut = hit.last
    start = max((k + 1 for k in range(hit.first) if low[k] in (".", ";")), default=0)
    subject = low[max(start, hit.first - 14) : cut]
    if any(w in lists()["doers"] for w in subject):
        return None, []
    harm = next((h for w in reversed(subject) if (h := _whose().get(w)) is not None), None)
    return harm, _right(tokens, persons, cut, reach=3)


def _owners(tokens: Tokens, persons: Sequence[Person], harms: dict[int, set[Harm]]) -> None:
    """ "Karim's body", "Karim's murder": the owner was killed."""
    low = tokens.low
    for k, person in enumerate(persons):
        if person.owner and low[person.last] in lists()["whose_nouns"]:
            word = low[person.last]
            harm: Harm = (
                "abducted" if word in ("abduction", "kidnapping") else "injured" if word == "shooting" else "killed"
            )
            harms.setdefault(k, set()).add(harm)


def check() -> dict[str, Any]:
    """Loads and checks every list; what a test and the assembly's start call. Raises LexiconError."""
    return {"cues": cues(), "lists": lists(), "whose": _whose()}
