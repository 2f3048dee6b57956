"""Persons whom a report names as those who did it: charged, wanted or sentenced for it, called the gunman, or telling
the deed as its subject ("Police say NAME shot and killed two").

A name is taken only where the words that accuse it name the crime too, or where a word for a doer stands right before
it; a person who was harmed is never taken. The words are in `data/lexicon/en/syntax.yml`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tollbook.extract.agents import does_violence
from tollbook.extract.blame import Blame, is_person
from tollbook.extract.marks import Marks
from tollbook.extract.persons import Person, find_persons, lists
from tollbook.extract.story import Story
from tollbook.extract.tokens import Tokens
from tollbook.extract.words import words
from tollbook.model import Actor, ActType, AttributionBasis

_CRIMES: dict[str, frozenset[ActType]] = {
    "bombings": frozenset({"bomb", "attack", "suicide_bomb"}),
    "killings": frozenset({"attack", "armed_clash", "grenade", "sexual_violence"}),
    "kidnappings": frozenset({"abduction", "attack"}),
}  # the list of crime words, and the types of the acts they may be
_APPOSED = 22  # tokens from a name to the word that charges it ("NAME, 24, of the 2000 block of Elm Street, was ...")
_NAMED = 16  # tokens from that word to the crime
_BESIDE = 1  # sentences between the charges of those accused together
_FAR = 12  # sentences between the charge and the act


@dataclass(frozen=True, slots=True)
class Suspect:
    """One accused by name in sentence `index`; `crimes` are the types of act it may be, empty where none is named."""

    blame: Blame
    index: int
    crimes: frozenset[ActType] = frozenset()
    several: bool = False


def add_suspects(text: str, doers: list[list[Blame]], stories: Sequence[Story], marks: Sequence[Marks]) -> None:
    """Gives acts told without a doer, or with a nameless one, the person whom the report names for it."""
    open_acts = [k for k, s in enumerate(stories) if _is_open(s, doers[k])]
    if not open_acts:
        return
    given: dict[int, list[tuple[int, Blame]]] = {k: [] for k in open_acts}
    suspects = _suspects(text, marks)
    for several in (False, True):  # who is named for one act comes before who is named for several
        free = [k for k in open_acts if not given[k]]
        for suspect in suspects:
            if suspect.several is several:
                for gap, k in _meant(suspect, stories, free if several else open_acts):
                    given[k].append((gap, suspect.blame))
    for k, told in given.items():
        nearest = min((gap for gap, _ in told), default=0)
        named: list[Blame] = []
        for gap, blame in told:
            if gap <= nearest + _BESIDE and not any(_same_person(b.actor, blame.actor) for b in named):
                named.append(blame)
        doers[k] = named or doers[k]


def _is_open(story: Story, doers: Sequence[Blame]) -> bool:
    """May a person be named for the act: no doer is told, or only "a man", "the gunman", "suspects"?"""
    if story.acts[0].statistic or story.type in ("arrests", "peaceful_protest", "air_strike"):
        return False
    return all(is_person(b.actor) or b.actor.actor_id in words("nameless") for b in doers)


def _meant(suspect: Suspect, stories: Sequence[Story], able: Sequence[int]) -> list[tuple[int, int]]:
    """The acts that the suspect is named for, with the sentences between: all of the crime's type, or the nearest."""
    found: list[tuple[int, bool, int]] = []
    for k in able:
        if suspect.crimes and (stories[k].type or "attack") not in suspect.crimes:
            continue
        gap = min(abs(suspect.index - a.index) for a in stories[k].acts)
        found.append((gap, min(a.index for a in stories[k].acts) > suspect.index, k))
    near = [f for f in found if f[0] <= _FAR]
    kept = near if suspect.several else [min(near)] if near else []
    return [(gap, k) for gap, _, k in kept]


def _suspects(text: str, marks: Sequence[Marks]) -> list[Suspect]:
    found: list[Suspect] = []
    harmed = {name for m in marks for v in m.victims if v.name for name in _names(v.name)}
    spelled: dict[str, Actor] = {}  # by the last word of each name told in full
    last: Actor | None = None  # whom "he" means: the one named first in the last sentence that names any
    for index, mark in enumerate(marks):
        tokens = mark.tokens
        if mark.sentence.kind == "title" or not len(tokens):
            continue
        persons = _named_in(text, mark, spelled)
        actors = {p: _actor(text, tokens, p) for p in persons}
        for person in persons:
            actor = actors[person]
            surname = actor.name.split()[-1].casefold()
            if actor.name.casefold() in harmed and (" " in actor.name or surname not in spelled):
                continue
            actor = spelled.setdefault(surname, actor) if " " not in actor.name else actor
            spelled[surname] = actor
            charge = _charge(tokens, person, persons)
            if charge is not None:
                found.append(Suspect(Blame(actor, charge[0]), index, charge[1], charge[2]))
        if tokens.low[0] in ("he", "she") and last is not None:
            behind = _accused_behind(tokens, 1, len(tokens))
            if behind is not None:
                found.append(Suspect(Blame(last, behind[0]), index, behind[1], behind[2]))
        if persons:
            last = spelled.get(actors[persons[0]].name.split()[-1].casefold(), last)
    return found


def _names(name: str) -> tuple[str, str]:
    return name.casefold(), name.split()[-1].casefold()


def _named_in(text: str, mark: Marks, spelled: Mapping[str, Actor]) -> list[Person]:
    """The persons named in the sentence, in full or by a last name told before."""
    tokens = mark.tokens
    persons = [p for p in find_persons(text, tokens, mark.actors, [p.span for p in mark.places]) if p.name]
    taken = {i for p in persons for i in range(p.first, p.last)}
    for i, word in enumerate(tokens.low):
        if word in spelled and i not in taken and text[tokens.starts[i]].isupper():
            persons.append(Person(i, i + 1, (i, i + 1)))
    return sorted(persons, key=lambda p: p.first)


def _actor(text: str, tokens: Tokens, person: Person) -> Actor:
    assert person.name is not None
    start, end = tokens.starts[person.name[0]], tokens.ends[person.name[1] - 1]
    if text[end - 2 : end] in ("'s", "’s"):
        end -= 2
    return Actor(text[start:end], (start, end))


def _same_person(a: Actor, b: Actor) -> bool:
    return a.name.split()[-1].casefold() == b.name.split()[-1].casefold()


_Charge = tuple[AttributionBasis, frozenset[ActType], bool]


def _charge(tokens: Tokens, person: Person, others: Sequence[Person]) -> _Charge | None:
    """How the sentence names the person for a crime; None where it does not."""
    if person.owner:
        return None
    low = tokens.low
    if _called_doer(tokens, person):
        return "suspected", frozenset(), False
    end = _past_apposition(low, person.last)
    after = min((o.first for o in others if o.first >= end), default=len(low))
    if person.first and low[person.first - 1] in words("charges"):  # "police arrested NAME in the shooting of"
        crime = _crime(tokens, person.last, len(low))
        return ("blamed", *crime) if crime is not None else None
    if _shot(tokens, person):
        return "asserted", _CRIMES["killings"], False
    return _accused_behind(tokens, end, after)


def _past_apposition(low: Sequence[str], end: int) -> int:
    """Past what explains a name between commas: ", 24, of the 2000 block of Elm Street,"."""
    while low[end : end + 1] == (",",) and low[end + 1 : end + 2] != ("who",):
        close = next((i for i in range(end + 1, min(end + _APPOSED, len(low))) if low[i] == ","), None)
        if close is None or not words("accusing").isdisjoint(low[end:close]):
            break
        end = close if low[close + 1 : close + 2] and low[close + 1] in ("of", "from") else close + 1
    return end


def _called_doer(tokens: Tokens, person: Person) -> bool:
    """ "The suspect, NAME", "gunman NAME", "identified the shooter as NAME"."""
    if person.doer:
        return True
    low = tokens.low
    k = (person.name or (person.first, person.last))[0] - 1
    while k >= 0 and k > person.first - 5 and (low[k] in (",", "as", "named", "identified", "be") or low[k].isdigit()):
        k -= 1
    return k >= 0 and low[k] in lists()["doers"]


def _shot(tokens: Tokens, person: Person) -> bool:
    """Is the person the subject right before an active word of harm: "NAME shot and killed two"?"""
    low, end = tokens.low, person.last
    while end < len(low) and low[end] in words("when_did"):
        end += 1
    if end >= len(low) or low[end] not in words("harming"):
        return False
    return "by" not in low[end + 1 : end + 4] and does_violence(tokens, end, len(low), ())


def _accused_behind(tokens: Tokens, first: int, last: int) -> _Charge | None:
    """ "... was charged with murder", "is wanted for the bombing of", between `first` and the next person at `last`."""
    low = tokens.low
    for i in range(first, min(first + _APPOSED, last)):
        if low[i] in words("said") and low[i] not in words("accusing"):
            return None
        if low[i] in words("accusing") and "not" not in low[max(first, i - 3) : i] and low[i + 1 : i + 2] != ("by",):
            crime = _crime(tokens, i + 1, len(low))
            return ("blamed", *crime) if crime is not None else None
    return None


def _crime(tokens: Tokens, first: int, last: int) -> tuple[frozenset[ActType], bool] | None:
    """The types of act that the crime named first may be, and whether several are told."""
    for word in tokens.low[first : min(first + _NAMED, last)]:
        for name, types in _CRIMES.items():
            if word in words(name):
                return types, word in words("several_crimes")
    return None
