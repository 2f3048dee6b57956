"""Single persons named or described in a sentence: where the name stands, and the age, sex and role told with it.

A name is told by its capitals, and where a sentence is all capitals or a headline in title case, by being words that
no list of the package knows. Sex comes from words only ("woman", "his wife", "Mrs"), never from a first name.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from typing import Any

from tollbook import lexicon
from tollbook.errors import LexiconError
from tollbook.extract.groups import vocabulary
from tollbook.extract.tokens import Tokens
from tollbook.extract.uncased import at_given_name, given_names, told_in_full, without_case
from tollbook.model import Actor, Sex, Span
from tollbook.vocabulary import strange

_MAX_AGE = 115
_NAME_WORDS = 6
_LIST_NAMES = (
    "before_name", "particles", "not_person", "not_name", "whose_nouns", "kin", "possessive", "articles", "be",
    "plural_be", "prepositions", "stop", "include", "speech", "reduced_next", "unreal", "he", "she", "elder",
    "doers", "crime", "identify",
    "joined_particles",
    "civil_general", "unreal_of",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Person:
    """One person in tokens [first, last), premodifiers and appositions included; `name` is the name's token range.

    `owner`: the name stands in the possessive ("Karim's body"). `kin`: told as somebody's ("his cousin").
    `doer`: told as the one who did it ("the gunman"). `title`: a title, or the full name elsewhere, vouches for the
    name.
    """

    first: int
    last: int
    name: tuple[int, int] | None = None
    age: int | None = None
    sex: Sex | None = None
    role: str | None = None
    kin: bool = False
    doer: bool = False
    definite: bool = False
    owner: bool = False
    title: bool = False


@dataclass(frozen=True, slots=True)
class Lists:
    """The word lists of `victims.yml` that persons are read by."""

    sets: dict[str, frozenset[str]]
    titles: dict[str, str | None]
    title_sex: dict[str, Sex]
    kin_sex: dict[str, Sex]
    numbers: dict[str, int]
    roles: dict[str, str]
    human: frozenset[str]
    single: frozenset[str]
    joined: tuple[str, ...]

    def __getitem__(self, name: str) -> frozenset[str]:
        return self.sets[name]


@cache
def lists() -> Lists:
    """The lists, checked. Raises LexiconError for a role that `ontology.yml` does not hold, or a list that is none."""
    table: dict[str, Any] = lexicon.load("lexicon/en/victims")
    for name in _LIST_NAMES:
        if not isinstance(table.get(name), list) or not all(isinstance(w, str) for w in table[name]):
            raise LexiconError(f"victims.yml: {name}: must be a list of words (quote `no` and `on`)")
    titles: dict[str, str | None] = {}
    for part in ("titles", "roles"):
        for role, words in table[part].items():
            if role not in lexicon.load("ontology")["roles"] and not (role == "none" and part == "titles"):
                raise LexiconError(f"victims.yml: {part}: {role!r} is no role of ontology.yml")
            if part == "titles":
                titles |= dict.fromkeys(words, None if role == "none" else role)
    human = frozenset(vocabulary().who) | frozenset(table["kin"]) | frozenset(table["doers"])
    return Lists(
        sets={name: frozenset(table[name]) for name in _LIST_NAMES},
        titles=titles,
        title_sex={w: sex for sex, words in table["title_sex"].items() for w in words},
        kin_sex={w: sex for sex, words in table["kin_sex"].items() for w in words},
        numbers=table["ages_in_words"],
        roles={**vocabulary().role, **{w: role for role, words in table["roles"].items() for w in words}},
        human=human,
        single=frozenset(word for word in human if _singular(word)),
        joined=tuple(table["joined_particles"]),
    )


@lru_cache(maxsize=1)
def _age_word() -> re.Pattern[str]:
    return re.compile(r"(\d{1,3}|[a-z]{3,9}(?:-[a-z]{3,5})?)-?(year|month|week|day)s?-?(?:old)?")


def age_of(word: str) -> int | None:
    """The age in full years that "34-year-old" or "six-month-old" tells; None for another word."""
    if "year" not in word and "month" not in word and "week" not in word and "day" not in word:
        return None
    match = _age_word().fullmatch(word)
    if match is None:
        return None
    numbers = lists().numbers
    parts = match.group(1).split("-")
    if match.group(1).isdigit():
        value = int(match.group(1))
    elif all(p in numbers for p in parts):
        value = sum(numbers[p] for p in parts)
    else:
        return None
    years = {"year": value, "month": value // 12, "week": value // 52, "day": 0}[match.group(2)]
    return years if years <= _MAX_AGE else None


# --- names --------------------------------------------------------------------------------------


def _name_runs(text: str, tokens: Tokens, blocked: set[int], uncased: bool) -> list[tuple[int, int]]:
    """Token ranges that may hold a name, with titles and nouns in capitals before it."""
    words = lists()
    low = tokens.low
    never = words["not_name"]
    able = {
        i
        for i, start in enumerate(tokens.starts)
        if text[start].isupper() and low[i] not in never and i not in blocked and (not uncased or _may_name(low[i]))
    }
    if not able:
        return []

    def bears(i: int) -> bool:
        return i in able

    runs: list[tuple[int, int]] = []
    end = 0
    for i in sorted(able):
        if i < end:
            continue
        j = i + 1
        while j < len(low) and j - i < 12:
            if low[j - 1].endswith("'s"):
                break
            if (
                bears(j)
                or (
                    low[j] == "."
                    and (j - i > 0 and (len(low[j - 1]) == 1 or low[j - 1] in words.titles or low[j - 1] == "jr"))
                )
                or (
                    low[j] in words["particles"]
                    and j + 1 < len(low)
                    and (bears(j + 1) or low[j + 1] in words["particles"])
                )
                or (low[j] == "-" and j + 1 < len(low) and bears(j + 1) and tokens.starts[j] == tokens.ends[j - 1])
                or (
                    low[j].startswith(words.joined)
                    and j not in blocked
                    and not text[tokens.starts[j] : tokens.ends[j]].islower()
                )
            ):
                j += 1
            else:
                break
        runs.append((at_given_name(low, i, j) if uncased else i, j))
        end = j
    return runs


def _may_name(word: str) -> bool:
    """In a sentence without small letters: a title, or a word of no list (the possessive read off)."""
    if word.endswith(("'s", "s'")):
        word = word.removesuffix("'s").removesuffix("'")
    return word in lists().titles or word in given_names() or strange(word)


def _named(text: str, tokens: Tokens, run: tuple[int, int], uncased: bool) -> Person | None:
    """The person a run names, its leading titles and nouns read off; None where it names no person."""
    words = lists()
    nouns = vocabulary()
    low = tokens.low
    first, last = run
    role: str | None = None
    sex: Sex | None = None
    doer = title = False
    i = first
    while i < last:
        word = low[i]
        if word in words.titles:
            told = "official" if word == "general" and low[i - 1] in words["civil_general"] else words.titles[word]
            role = role if told is None or (told == "soldier" and role == "police") else told
            sex, title, doer = words.title_sex.get(word, sex), True, doer or word in words["doers"]
        elif word in nouns.who or word in words["before_name"] or word in words["doers"]:
            role = words.roles.get(word) or ("police" if word == "police" else role)
            sex, title, doer = nouns.sex.get(word, sex), title or word in nouns.who, doer or word in words["doers"]
        elif word != ".":
            break
        i += 1
    inner = next((k for k in range(last - 1, i, -1) if _office_word(low[k])), None)
    if inner is not None and (inner < last - 1 or uncased):  # "Antioquia Governor NAME"
        role, title, i = words.titles[low[inner].removesuffix("'s")] or role, True, inner + 1
    if i > first and low[i - 1] in ("abu", "umm", "don", "haji"):
        i -= 1  # these are said as part of the name
    name = [k for k in range(i, last) if low[k] not in (".", "-")]
    if (
        not name
        or len(name) > _NAME_WORDS
        or any(low[k].rstrip(".").removesuffix("'s") in words["not_person"] for k in name)
    ):
        return None
    if low[name[0]] in words["particles"] and low[name[0]] not in ("abu", "bint", "al", "el") and not title:
        return None
    if any(low[k].endswith("ly") and uncased for k in name) or not all(low[k][0].isalpha() for k in name):
        return None
    if len(name) == 1 and len(low[name[0]]) < 2:
        return None
    owner = low[last - 1].endswith(("'s", "s'")) and text[
        tokens.ends[last - 1] - 2 : tokens.ends[last - 1]
    ].lower() in ("'s", "’s", "s'", "s’")
    return Person(first, last, (i, last), None, sex, role, doer=doer, owner=owner, title=title)


def _office_word(word: str) -> bool:
    """A title that does not begin names of its own ("Abu Obaida", "Don Pedro")."""
    word = word.removesuffix("'s")
    return (
        word in lists().titles and word not in lists()["particles"] and word not in ("don", "umm", "haji", "dr", "mr")
    )


# --- described persons --------------------------------------------------------------------------


def _described(tokens: Tokens, blocked: set[int]) -> list[Person]:
    """ "his 12-year-old daughter", "a nurse", "the mayor": one person told by a noun, by age, or both."""
    words = lists()
    low = tokens.low
    found: list[Person] = []
    single = words.single
    end = 0
    for i in [i for i, word in enumerate(low) if word in single or "year" in word or "month" in word]:
        if i >= end and (low[i] in single or age_of(low[i]) is not None):
            person = _description(tokens, i, blocked)
            if person is not None:
                found.append(person)
                end = person.last
    return found


def _singular(noun: str) -> bool:
    many = (
        "s",
        "men",
        "people",
        "children",
        "women",
        "police",
        "personnel",
        "staff",
        "troops",
        "family",
        "crew",
        "others",
        "couple",
    )
    return not noun.endswith(many) or noun in ("boss", "hostess", "waitress", "princess")


def _adjective(word: str) -> bool:
    """May the word stand between an age and its noun ("34-year-old Afghan nurse")?"""
    return word.isalpha() and len(word) > 3 and word not in lists()["stop"] and word not in lists()["be"]


def _description(tokens: Tokens, i: int, blocked: set[int]) -> Person | None:
    """The description whose noun or age stands at `i`; None for a plural or one without article, possessive or age."""
    words = lists()
    nouns = vocabulary()
    low = tokens.low
    age = age_of(low[i])
    last = i + 1
    head: list[str] = [low[i]]
    if age is not None:
        k = i + 1
        if low[k : k + 1] and low[k] in ("old", "-"):
            k += 1
        while k < len(low) and k - i < 5 and (k not in blocked):
            if low[k] in nouns.who or low[k] in words["kin"] or low[k] in words["doers"]:
                head.append(low[k])
                last = k + 1
            elif low[k] not in words["elder"] and not (last == i + 1 and k - i < 3 and _adjective(low[k])):
                break
            k += 1
    else:
        while last < len(low) and (low[last] in nouns.who or low[last] in words["kin"]) and last - i < 4:
            head.append(low[last])
            last += 1
    noun = head[-1]
    if last > i + (1 if age is not None else 0) and not _singular(noun) and age_of(noun) is None:
        return None
    first, kin, definite = i, False, False
    for k in range(i - 1, max(i - 6, -1), -1):
        word = low[k]
        if word in words["articles"] or word in words["possessive"]:
            first, kin, definite = k, word in words["possessive"], word == "the"
            break
        if (
            (not word.isalpha() and "-" not in word)
            or word in words["be"]
            or word in words["stop"]
            or word in ("and", "of", "or")
        ):
            break
        age = age if age is not None else age_of(word)
    else:
        if age is None:
            return None
    if first == i and age is None and i > 0:
        return None
    sex = next((s for h in reversed(head) if (s := nouns.sex.get(h) or words.kin_sex.get(h)) is not None), None)
    role = next((r for h in reversed(head) if (r := words.roles.get(h) or words.titles.get(h)) is not None), None)
    if role is None and last - 2 >= 0 and " ".join(low[last - 2 : last]) in words.roles:
        role = words.roles[" ".join(low[last - 2 : last])]
    if role == "soldier" and "police" in low[first:last]:
        role = "police"
    return Person(first, last, None, age, sex, role, kin=kin and noun in words["kin"], definite=definite,
                  doer=any(h in words["doers"] for h in low[first:last]))  # fmt: skip


# --- together -----------------------------------------------------------------------------------


@lru_cache(maxsize=1)
def _full_name() -> re.Pattern[str]:
    return re.compile(r"\b([A-Z][a-zà-ÿ]+\.?) (?:[A-Z]\. )?(?=([A-Z][\w'’-]*[a-zà-ÿ]))")


def surnames(text: str) -> frozenset[str]:
    """Words, in lower case, that end a name of two words in the report: alone elsewhere, they name that person."""
    words = lists()
    found = set()
    for first, last in _full_name().findall(text):
        word = last.lower().replace("’", "'").removesuffix("'s")
        if word in words["not_name"] or word in words["not_person"]:
            continue
        stopped = first.endswith(".") and first.lower().rstrip(".") not in words.titles  # a sentence that ended
        if first.lower() not in words["not_name"] and not stopped:
            found.add(word)
    return frozenset(found)


def find_persons(
    text: str,
    tokens: Tokens,
    actors: Sequence[Actor],
    places: Sequence[Span] = (),
    known: frozenset[str] = frozenset(),
) -> list[Person]:
    """Single persons of the sentence in text order, a name and its appositions as one person.

    `actors` are those of the report: a named force or group is no person. `places` are spans of place names. `known`
    are the `surnames` that name a person when they stand alone.
    """
    blocked: set[int] = set()
    for span in [a.span for a in actors if not a.generic and not _first_name(text, tokens, a)] + list(places):
        if tokens.span[0] <= span[0] < tokens.span[1]:
            blocked |= set(range(tokens.at(span[0]), min(tokens.at(span[1] - 1) + 1, len(tokens))))
    uncased = without_case(text, tokens)
    named: list[Person] = []
    for run in _name_runs(text, tokens, blocked, uncased):
        alone = run[1] - run[0] == 1
        full = alone and uncased and told_in_full(text, tokens, run[0])
        told = full or (_is_known(tokens, run[0], known) and not uncased)
        if alone and not told and not _may_stand_alone(tokens, run[0]):
            continue
        person = _named(text, tokens, run, uncased)
        if person is not None and full:
            person = replace(person, title=True)
        if person is not None and not person.title and _before(tokens, person) == "the":
            continue  # "the Augusta Herald"
        if person is not None:
            named.append(_with_age(tokens, _led(tokens, person, named[-1].last if named else 0)))
    taken = {i for p in named for i in range(p.first, p.last)}
    described = [p for p in _described(tokens, blocked) if not any(i in taken for i in range(p.first, p.last))]
    return _merged(tokens, sorted([*named, *described], key=lambda p: p.first), uncased, known)


def _is_known(tokens: Tokens, i: int, known: frozenset[str]) -> bool:
    return tokens.low[i].removesuffix("'s") in known


def _before(tokens: Tokens, person: Person) -> str:
    return tokens.low[person.first - 1] if person.first else ""


def _first_name(text: str, tokens: Tokens, actor: Actor) -> bool:
    """Is the one-word force a person's first name here: "Amal Haddad, 34", not "Amal fighters" or "ISIS"?"""
    if not actor.name.istitle() or len(actor.name.split()) > 1 or text[actor.span[1] : actor.span[1] + 1] != " ":
        return False
    i = tokens.at(actor.span[1])
    words = lists()
    if i >= len(tokens) or not text[tokens.starts[i]].isupper() or _leads_to_name(tokens.low[i]):
        return False
    return tokens.low[i] not in words["not_person"] and tokens.low[i] not in words["not_name"]


def _leads_to_name(word: str) -> bool:
    """Is the word a title, a noun for people or another word that leads to a name?"""
    words = lists()
    return word in words.titles or word in words.human or word in words["before_name"]


def _may_stand_alone(tokens: Tokens, i: int) -> bool:
    """Can one word name a person here: behind a title or a noun for people, before an age, or in "Karim's body"?"""
    low = tokens.low
    after = low[i + 1 : i + 3]
    if any(w.isdigit() or w in ("aged", "age") for w in after) or (low[i].endswith("'s") and _whose(low, i + 1)):
        return True
    words = lists()
    if after and after[0] in words.human:
        return False  # "a local Libyan emir"
    for word in low[max(0, i - 2) : i]:
        if word in vocabulary().who or word in words.titles or word in words["kin"] or "old" in word:
            return True
    return False


def _led(tokens: Tokens, person: Person, after: int) -> Person:
    """Takes in the words in small letters that lead to a name: "the 34-year-old nurse NAME", "journalist NAME"."""
    words = lists()
    nouns = vocabulary()
    low = tokens.low
    k = person.first
    age, role, sex = person.age, person.role, person.sex
    title, kin, doer = person.title, person.kin, person.doer
    while k > after and person.first - k < 7:
        word = low[k - 1]
        told = age_of(word)
        if told is not None:
            age = told if age is None else age
        elif word in nouns.who or word in words["kin"] or word in words.titles or word in words["doers"]:
            title, doer = True, doer or word in words["doers"]
            role = role or words.roles.get(word) or words.titles.get(word)
            sex = sex or nouns.sex.get(word) or words.kin_sex.get(word)
        elif word in words["articles"] or word in words["possessive"]:
            if k < person.first:
                kin = kin or word in words["possessive"]
                k -= 1
            break
        elif word == "." and low[k - 2] in words["before_name"]:
            k -= 1  # "U.S. businessman NAME"
        elif word not in words["before_name"] and word not in words["elder"]:
            break
        k -= 1
    if k == person.first:
        return person
    return Person(k, person.last, person.name, age, sex, role, kin, doer, person.definite, person.owner, title)


def _with_age(tokens: Tokens, person: Person) -> Person:
    """Takes in the age that stands behind a name: ", 34", "(34)", ", aged 34", "aged 34"."""
    low = tokens.low
    k = person.last
    opened = low[k : k + 1] and low[k] in (",", "(", "–", "—", "-")
    if opened:
        k += 1
    aged = low[k : k + 1] and low[k] in ("aged", "age", "ages")
    if aged:
        k += 1
    if k >= len(low):
        return person
    word = low[k]
    number = int(word) if word.isdecimal() and len(word) <= 3 else None
    if number is None or not 0 < number <= _MAX_AGE:
        return person
    after = low[k + 1] if k + 1 < len(low) else ""
    if after in ("years", "year") and low[k + 2 : k + 3] and low[k + 2] in ("old", "of"):
        return replace(person, age=number, last=k + 3)
    ends = (
        after in ("", ",", ".", ")", ";", "and", "–", "—", "&", ":", "(")
        or after in lists()["be"]
        or after in ("of", "from")
    )
    if not (ends if opened or aged else after in lists()["be"] and after not in ("and", "both", "all", "the")):
        return person
    if low[k - 1] == "(" and after == ")":
        return replace(person, age=number, last=k + 2)
    return replace(person, age=number, last=k + 1)


def _merged(tokens: Tokens, persons: list[Person], uncased: bool, known: frozenset[str]) -> list[Person]:
    """One person for a name and what stands in apposition to it: "his cousin Ali Karim", "Ali Karim, a nurse"."""
    out: list[Person] = []
    for person in persons:
        before = out[-1] if out else None
        if before is None:
            out.append(person)
            continue
        gap = tokens.low[before.last : person.first]
        if (before.name is None and person.name is not None and _leads(gap, before)) or (
            before.name is not None and person.name is None and not person.kin and _follows(tokens, before, person, gap)
        ):
            out[-1] = _joined(before, person)
        else:
            out.append(person)
    low = tokens.low
    kept = []
    for p in out:
        if p.name is not None:
            size = sum(1 for k in range(*p.name) if low[k] not in (".", "-"))
            told = p.title or p.kin or p.age is not None or p.definite or p.role is not None or p.owner
            told = told or _is_known(tokens, p.name[0], known)
            if size == 1 and (not told or (uncased and not p.title and p.age is None)):
                continue
            if p.owner and not _whose(low, p.last):
                continue
        kept.append(p)
    return kept


def _whose(low: tuple[str, ...], i: int) -> bool:
    """ "NAME's body", "NAME's murder"; not "Syria's death toll" or "Israel's killing of NAME"."""
    after = low[i + 1] if i + 1 < len(low) else ""
    return i < len(low) and low[i] in lists()["whose_nouns"] and after not in ("of", "toll", "tolls", "squads", "squad")


def _leads(gap: tuple[str, ...], described: Person) -> bool:
    """Does the description run into the name: directly, after a comma, after "named", or over "of Kut,"?"""
    if len(gap) == 0 or gap in (
        (",",),
        ("named",),
        ("called",),
        (",", "named"),
        (",", "identified", "as"),
        ("identified", "as"),
        ("-",),
        (":",),
    ):
        return True
    return len(gap) <= 7 and gap[0] in ("of", "for", "in", "from", "at") and gap[-1] == ","


def _follows(tokens: Tokens, named: Person, described: Person, gap: tuple[str, ...]) -> bool:
    """Is the description an apposition behind the name: ", a 34-year-old nurse" (not the next of a list)?"""
    if gap not in ((",",), ("(",), ("–",), ("—",), ("-",)):
        return False
    after = tokens.low[described.last : described.last + 1]
    first = tokens.low[described.first]
    if first not in lists()["articles"] and described.age is None:
        return False
    return bool(
        not after
        or after[0]
        in (",", ".", ")", "–", "—", "-", ";", "of", "in", "from", "at", "who", "with", "and", "for", "was", "is")
    )


def _joined(a: Person, b: Person) -> Person:
    return Person(
        first=min(a.first, b.first),
        last=max(a.last, b.last),
        name=a.name or b.name,
        age=a.age if b.age is None else b.age,
        sex=a.sex or b.sex,
        role=b.role or a.role,
        kin=a.kin or b.kin,
        doer=a.doer or b.doer,
        definite=a.definite or b.definite,
        owner=b.owner,
        title=a.title or b.title,
    )
