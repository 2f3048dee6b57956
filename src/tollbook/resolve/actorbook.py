"""The book of actors: names of armed groups, states, kinds of forces and of people, in one phrase index.

Sources: `data/actors/*.yml` (named groups, each row with its source), `data/countries.yml`,
`data/lexicon/en/actors.yml` (English words), and PETRARCH dictionaries a user adds.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from tollbook.errors import LexiconError
from tollbook.lexicon import load
from tollbook.model import Who
from tollbook.resolve.countries import countries
from tollbook.resolve.names import Index, case_of, names_of, norms
from tollbook.resolve.tables import rows, split

FILES = ("africa", "americas", "asia", "europe", "middle_east")
COLUMNS = ("id", "name", "kind", "countries", "aliases", "source")
# What the members of a group of that kind are as victims (GUIDELINES: pro-government militias count as state forces).
KINDS: dict[str, Who] = {
    "rebel": "armed_group",
    "jihadist": "armed_group",
    "separatist": "armed_group",
    "militia": "armed_group",
    "vigilante": "armed_group",
    "cartel": "armed_group",
    "gang": "armed_group",
    "death_squad": "armed_group",
    "mercenary": "armed_group",
    "pro_government": "state_forces",
    "state_unit": "state_forces",
    "foreign_force": "state_forces",
    "party": "unknown",
}
SOURCES = frozenset({"UCDP", "FTO", "UN", "GR"})


class Group(NamedTuple):
    """A named actor. `primary` names hold this row where the report's countries do not decide."""

    actor_id: str
    name: str
    kind: str
    who: Who
    countries: tuple[str, ...]
    source: str


class Named(NamedTuple):
    """One alias of a group; `primary` where it decides a shared alias, `local` where it needs its country named."""

    group: Group
    primary: bool
    local: bool


class Land(NamedTuple):
    """A word for a state: `role` is country, demonym, metonym or leader."""

    code: str
    role: str


class Kind(NamedTuple):
    """A kind of state force; `bare` where it is one even without an owner before it."""

    kind: str
    bare: bool


class Crowd(NamedTuple):
    """A kind of fighters (`people` false) or of people."""

    actor_id: str
    who: Who
    people: bool


class Act(NamedTuple):
    """An act noun that makes the adjective before it an actor; `kind` of force, or None."""

    kind: str | None


class Mark(NamedTuple):
    """A word that only joins: owner (an actor by itself), owning (not), loyal; or place."""

    role: str


class Coded(NamedTuple):
    """A name of a PETRARCH dictionary with its dated codes."""

    codes: tuple[tuple[str, dt.date | None, dt.date | None], ...]


class Words(NamedTuple):
    """Sets of single words (norms) that steer composition."""

    openers: frozenset[str]
    modifiers: frozenset[str]
    generic_modifiers: frozenset[str]
    people_modifiers: frozenset[str]
    act_modifiers: frozenset[str]
    violent: frozenset[str]
    speech: frozenset[str]
    helping: frozenset[str]
    passive: frozenset[str]
    titles: frozenset[str]
    loyal_heads: frozenset[str]
    coalition: frozenset[str]
    heads_last: frozenset[str]
    heads_first: frozenset[str]
    heads: frozenset[str]  # both
    heads_not: frozenset[str]
    armed_nouns: frozenset[str]
    group_nouns: frozenset[str]
    armed_words: frozenset[str]
    goes_on: frozenset[str]
    of_a_group: frozenset[str]
    joins: frozenset[str]
    caps_words: frozenset[str]
    belonging: frozenset[str]
    belonging_firsts: frozenset[str]
    adjective_only: dict[str, frozenset[str]]


@dataclass(frozen=True, slots=True)
class ActorBook:
    """Names to ids. Build with `load_actors`; shared and read-only. `coded` counts the PETRARCH names in it."""

    index: Index
    words: Words
    groups: dict[str, Group]
    coded: int = 0
    notes: tuple[str, ...] = field(default=())


def actor_id_of(row_id: str, kind: str, codes: Sequence[str]) -> str:
    """The public id of a row: as written where it has a namespace, else by kind."""
    if ":" in row_id:
        return row_id
    if kind == "state_unit":
        return f"state:{codes[0]}:{row_id}"
    return f"coalition:{row_id}" if kind == "foreign_force" else f"group:{row_id}"


def group_rows() -> Iterator[tuple[str, dict[str, str]]]:
    """Every row of the group tables with the name of its file."""
    for name in FILES:
        for row in rows(f"actors/{name}", COLUMNS):
            yield name, row


_PLAIN_FROM = 5  # letters from which a group's name of one word, written small, is taken for no other word


def _in_small(name: str, kept: frozenset[str], small: frozenset[str]) -> str | None:
    """`any` for a name that reports also write without a capital ("anti-balaka", "janjaweed"), else None.

    Names of one word are, hyphenated ones too, but for acronyms, names marked "?" and those that are English words or
    other people's names (`case_kept`); of several words only those listed (`small_names`).
    """
    low = name.lower()
    one = " " not in name and case_of(name) == "capital" and len(name) >= _PLAIN_FROM and low not in kept
    return "any" if one or low in small else None


def _add_groups(index: Index, data: Any) -> dict[str, Group]:
    groups: dict[str, Group] = {}
    kept, small = frozenset(split(data["case_kept"])), frozenset(split(data["small_names"]))
    for _, row in group_rows():
        codes = split(row["countries"])
        kind = row["kind"]
        group = Group(
            actor_id_of(row["id"], kind, codes), row["name"].rstrip("?"), kind, KINDS[kind], codes, row["source"]
        )
        groups[group.actor_id] = group
        own_name = re.sub(r"\s*\([^()]*\)$", "", row["name"])
        plain = Named(group, False, False)
        for name in (own_name, *split(row["aliases"])):
            if name.endswith("!"):
                index.add(name[:-1], Named(group, True, False), _in_small(name[:-1], kept, small))
            elif name.endswith("?"):
                index.add(name[:-1], Named(group, False, True))
            else:
                index.add(name, plain, _in_small(name, kept, small))
    return groups


def _add_states(index: Index, data: Any) -> None:
    for row in countries().values():
        for role, names in (
            ("country", (row.name, *row.aliases)),
            ("demonym", row.demonyms),
            ("metonym", row.metonyms),
        ):
            for name in names:
                index.add(name, Land(row.alpha2, role))
    for code, names in data["leaders"].items():
        for name in split(names):
            index.add(name, Land(code, "leader"))
    bare_not = {" ".join(norms(name)) for name in split(data["bare_not"])}
    for kind, names in data["state_kinds"].items():
        for name in split(names):
            index.add(name, Kind(kind, " ".join(norms(name)) not in bare_not), case="any")
    for name in split(data["owners"]):
        index.add(name, Mark("owner"), case="any")
    for name in split(data["owning"]):
        index.add(name, Mark("owning"), case="any")
    for name in split(data["not_countries"]):
        index.add(name, Mark("place"), case="any")
    for name in split(data["loyal"]):
        index.add(name, Mark("loyal"), case="any")
    for kind, names in data["acts"].items():
        for name in split(names):
            index.add(name, Act(None if kind == "-" else kind), case="any")


def _add_crowds(index: Index, data: Any) -> None:
    for section, people in (("generic", False), ("people", True)):
        for name, entry in data[section].items():
            crowd = Crowd(f"kind:{name}", entry["who"], people)
            for word in split(entry["words"]):
                index.add(word, crowd, case="any")


def _words(data: Any) -> Words:
    def single(key: str) -> frozenset[str]:
        return names_of(split(data[key]))

    def phrases(key: str) -> frozenset[str]:
        return frozenset(" ".join(norms(name)) for name in split(data[key]))

    modifying = [phrases(key) for key in ("modifiers", "generic_modifiers", "people_modifiers")]
    return Words(
        openers=frozenset({"pro", "anti"}).union(*modifying, single("loyal_heads")),
        modifiers=phrases("modifiers"),
        generic_modifiers=phrases("generic_modifiers"),
        people_modifiers=phrases("people_modifiers"),
        act_modifiers=single("act_modifiers"),
        violent=single("violent_verbs"),
        speech=single("speech_verbs"),
        helping=single("helping_verbs"),
        passive=single("passive_verbs"),
        titles=phrases("titles"),
        loyal_heads=single("loyal_heads"),
        coalition=phrases("coalition"),
        heads_last=single("heads_last"),
        heads_first=single("heads_first"),
        heads=single("heads_last") | single("heads_first"),
        heads_not=phrases("heads_not"),
        armed_nouns=single("armed_nouns"),
        group_nouns=single("group_nouns"),
        armed_words=single("armed_words"),
        goes_on=single("goes_on"),
        of_a_group=single("of_a_group"),
        joins=single("name_joins") | {"al"},
        caps_words=frozenset(word.rstrip(".") for word in split(data["caps_words"])),
        belonging=phrases("belonging"),
        belonging_firsts=frozenset(phrase.split()[0] for phrase in phrases("belonging")),
        adjective_only={word: names_of(split(names)) for word, names in data["adjective_only"].items()},
    )


def _build(extra: Sequence[Path]) -> ActorBook:
    data = load("lexicon/en/actors")
    index = Index()
    groups = _add_groups(index, data)
    _add_states(index, data)
    _add_crowds(index, data)
    coded = 0
    notes: list[str] = []
    if extra:
        from tollbook.resolve.petrarch import read_dictionary

        for path in extra:
            dictionary = read_dictionary(path)
            notes += [f"{path.name}: {note}" for note in dictionary.notes]
            for entry in dictionary.entries:
                value = Coded(entry.codes)
                for name in entry.names:
                    index.add(name, value, case=_dictionary_case(name, dictionary.kind))
                    coded += 1
    return ActorBook(index, _words(data), groups, coded, tuple(notes))


def _dictionary_case(name: str, kind: str) -> str:
    """Dictionaries are in capitals: agents are common nouns, names want a capital, short ones are acronyms."""
    if kind == "agents":
        return "any"
    return "acronym" if len(name) < 4 else "capital"


@cache
def _bundled() -> ActorBook:
    return _build(())


def load_actors(extra: Sequence[Path] = ()) -> ActorBook:
    """The bundled actors, plus the names of PETRARCH actor or agent dictionaries.

    The bundled book is built once per process. Raises SourceError, naming file and line, for a dictionary
    that cannot be read.
    """
    return _build(tuple(extra)) if extra else _bundled()


def check_actors() -> None:
    """Raises LexiconError where a row lacks something, repeats an id, or shares a name it may not share.

    A name may stand for several rows only if no two of them are alike in all their countries, or one is primary.
    """
    ids: dict[str, str] = {}
    holders: dict[str, list[tuple[str, bool, frozenset[str]]]] = {}
    for file, row in group_rows():
        where = f"actors/{file}.yml: {row['id']}"
        codes = split(row["countries"])
        if row["kind"] not in KINDS:
            raise LexiconError(f"{where}: kind {row['kind']!r} is none of {', '.join(KINDS)}")
        if not row["name"] or not codes or any(code not in countries() for code in codes):
            raise LexiconError(f"{where}: needs a name and countries as ISO 3166 alpha-2 codes, has {codes}")
        if not split(row["source"].replace(",", ";")) or set(split(row["source"].replace(",", ";"))) - SOURCES:
            raise LexiconError(f"{where}: source must be of {sorted(SOURCES)}, is {row['source']!r}")
        actor_id = actor_id_of(row["id"], row["kind"], codes)
        if actor_id in ids:
            raise LexiconError(f"{where}: its id is also that of {ids[actor_id]}")
        ids[actor_id] = where
        own = re.sub(r"\s*\([^()]*\)$", "", row["name"])
        for name in {own, *split(row["aliases"])}:
            key = " ".join(norms(name.rstrip("!?")))
            primary = name.endswith("!")
            holders.setdefault(key, []).append((actor_id, primary, frozenset(codes)))
    for key, found in holders.items():
        rivals = {actor_id for actor_id, _, _ in found}
        marked = {actor_id for actor_id, primary, _ in found if primary}
        if len(rivals) > 1 and (len(marked) > 1 or len({codes for _, _, codes in found}) < len(rivals)):
            raise LexiconError(
                f"actors: {key!r} is shared by {sorted(rivals)} without countries or '!' to tell them apart"
            )
