"""The words and names of speech: institutions that are quoted, nouns that speak, verbs with their stance.

Sources: `data/speakers.yml` (each row with its source), `data/lexicon/en/speech.yml`.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any, NamedTuple

from tollbook.errors import LexiconError
from tollbook.lexicon import load
from tollbook.resolve.countries import countries
from tollbook.resolve.names import Index, names_of, norms
from tollbook.resolve.tables import rows, split

COLUMNS = ("id", "name", "kind", "countries", "party", "aliases", "source")
KINDS = frozenset({"monitor", "rescue", "media", "un", "ngo", "official", "party", "hospital_or_morgue"})
NOUN_KINDS = KINDS | {"witness", "activist", "police", "source", "statement"}
SOURCES = frozenset({"site", "GR"})
STANCES = frozenset({"states", "alleges", "denies", "claims"})


class Institution(NamedTuple):
    """A row of the speakers' table. `party` is the actor id whose voice it is, or None."""

    speaker_id: str
    name: str
    kind: str
    countries: tuple[str, ...]
    party: str | None
    source: str


class Voice(NamedTuple):
    """One name of an institution; `person` where it is somebody who speaks for it."""

    institution: Institution
    person: bool


class SpeechBook(NamedTuple):
    """Everything the finding of speakers looks up. Shared and read-only."""

    voices: Index
    institutions: dict[str, Institution]
    verbs: dict[str, str]
    cue_words: frozenset[str]  # the first words of `verbs` and of `before`
    weak: frozenset[str]
    after_weak: frozenset[str]
    strict: frozenset[str]
    after_strict: frozenset[str]
    vague_monitors: frozenset[str]
    before: dict[str, tuple[tuple[str, ...], ...]]
    before_weak: frozenset[str]
    as_saying: frozenset[str]
    claim_phrases: frozenset[str]
    nouns: dict[str, str]
    modifiers: frozenset[str]
    prepositions: frozenset[str]
    pronouns: frozenset[str]
    back_nouns: frozenset[str]
    offices: frozenset[str]
    definite: frozenset[str]
    between: frozenset[str]
    copular: frozenset[str]
    quoted: frozenset[str]
    adding: frozenset[str]
    time_words: frozenset[str]
    reporters_of: frozenset[str]
    headline_last: frozenset[str]
    openers: frozenset[str]
    ranks: frozenset[str]
    carries: frozenset[str]
    lands: frozenset[str]


def _institutions() -> Iterator[tuple[Institution, str]]:
    for row in rows("speakers", COLUMNS):
        yield (
            Institution(
                f"speaker:{row['id']}",
                row["name"],
                row["kind"],
                split(row["countries"]),
                row["party"] or None,
                row["source"],
            ),
            row["aliases"],
        )


def _by_first(phrases: tuple[str, ...]) -> dict[str, tuple[tuple[str, ...], ...]]:
    table: dict[str, list[tuple[str, ...]]] = {}
    for phrase in phrases:
        parts = tuple(norms(phrase))
        table.setdefault(parts[0], []).append(parts)
    return {first: tuple(sorted(found, key=len, reverse=True)) for first, found in table.items()}


@cache
def load_speech() -> SpeechBook:
    """The bundled book of speech, built once per process."""
    data: Any = load("lexicon/en/speech")
    voices = Index()
    institutions: dict[str, Institution] = {}
    for institution, aliases in _institutions():
        institutions[institution.speaker_id] = institution
        own = Voice(institution, False)
        voices.add(institution.name, own)
        for alias in split(aliases):
            if alias.endswith("*"):
                voices.add(alias[:-1], Voice(institution, True))
            elif alias != institution.name:
                voices.add(alias, own)

    def single(key: str) -> frozenset[str]:
        return names_of(split(data[key]))

    def phrases(key: str) -> frozenset[str]:
        return frozenset(" ".join(norms(name)) for name in split(data[key]))

    nouns = {" ".join(norms(noun)): kind for kind, listed in data["nouns"].items() for noun in split(listed)}
    lands = frozenset(
        part
        for row in countries().values()
        for name in (row.name, *row.aliases, *row.demonyms)
        for part in norms(name)
        if len(part) > 2
    )
    verbs = {" ".join(norms(verb)): stance for stance, listed in data["verbs"].items() for verb in split(listed)}
    before = _by_first(split(data["before"]))
    return SpeechBook(
        voices=voices,
        institutions=institutions,
        verbs=verbs,
        cue_words=frozenset([*(verb.split()[0] for verb in verbs), *before]),
        weak=single("weak"),
        after_weak=single("after_weak"),
        strict=single("strict"),
        after_strict=single("after_strict"),
        vague_monitors=phrases("vague_monitors"),
        before=before,
        before_weak=phrases("before_weak"),
        as_saying=phrases("as_saying"),
        claim_phrases=phrases("claim_phrases"),
        nouns=nouns,
        modifiers=phrases("modifiers"),
        prepositions=single("prepositions"),
        pronouns=single("pronouns"),
        back_nouns=phrases("back_nouns"),
        offices=phrases("offices"),
        definite=single("definite"),
        between=single("between"),
        copular=single("copular"),
        quoted=single("quoted"),
        adding=single("adding"),
        time_words=single("time_words"),
        reporters_of=phrases("reporters_of"),
        headline_last=single("headline_last"),
        openers=single("openers"),
        ranks=single("ranks"),
        carries=phrases("carries"),
        lands=lands,
    )


def check_speakers() -> None:
    """Raises LexiconError where a row lacks something, or one name leads to two institutions or kinds.

    Party ids must have one of the actors' namespaces; a verb has one stance, a noun one kind.
    """
    ids: set[str] = set()
    holders: dict[str, str] = {}
    for institution, aliases in _institutions():
        where = f"speakers.yml: {institution.speaker_id}"
        if institution.speaker_id in ids:
            raise LexiconError(f"{where}: the id is used twice")
        ids.add(institution.speaker_id)
        if institution.kind not in KINDS:
            raise LexiconError(f"{where}: kind {institution.kind!r} is none of {', '.join(sorted(KINDS))}")
        if not institution.name or institution.source not in SOURCES:
            raise LexiconError(f"{where}: needs a name and a source of {sorted(SOURCES)}")
        if any(code not in countries() for code in institution.countries):
            raise LexiconError(f"{where}: countries must be ISO 3166 alpha-2 codes")
        if institution.party and institution.party.split(":")[0] not in ("state", "group", "coalition"):
            raise LexiconError(f"{where}: party {institution.party!r} is no actor id")
        for name in (institution.name, *split(aliases)):
            key = " ".join(norms(name.rstrip("*")))
            if holders.setdefault(key, institution.speaker_id) != institution.speaker_id:
                raise LexiconError(f"{where}: {name!r} is also a name of {holders[key]}")
    data: Any = load("lexicon/en/speech")
    for section, allowed in (("verbs", STANCES), ("nouns", NOUN_KINDS)):
        if set(data[section]) - allowed:
            raise LexiconError(f"lexicon/en/speech.yml: {section} has {sorted(set(data[section]) - allowed)}")
