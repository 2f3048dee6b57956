"""The domain's values: what a report is, and what the record of one report holds.

Frozen values without I/O or a clock. The record is the public output format (`tollbook schema`
prints its JSON Schema); its keys are those of the annotation guidelines plus the ones described
in `docs/formats.md`. Spans are half-open ranges [start, end) of Unicode code points in
`Report.text`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from typing import Any, Literal

SCHEMA_VERSION = "1.0"

Span = tuple[int, int]

Harm = Literal["killed", "injured", "missing", "abducted", "detained", "displaced"]
Who = Literal["civilian", "state_forces", "armed_group", "unknown"]
Status = Literal["happened", "alleged", "denied", "thwarted"]
Scope = Literal["incident", "background", "total", "statistic"]
ActType = Literal[
    "armed_clash", "territory_regained", "territory_taken", "air_strike", "shelling", "suicide_bomb",
    "bomb", "grenade", "chemical_weapon", "attack", "abduction", "sexual_violence", "arrests",
    "force_against_protesters", "peaceful_protest", "violent_demonstration", "mob_violence",
    "looting_destruction", "weapons_disrupted", "other",
]  # fmt: skip
DatePrecision = Literal["hour", "day", "days", "week", "month", "year"]
DateBasis = Literal["stated", "relative", "fresh-news", "none"]
PublishedBasis = Literal["option", "dateline", "metadata", "field", "none"]
AttributionBasis = Literal["claimed", "asserted", "blamed", "suspected", "denied"]
AgeGroup = Literal["child", "adult", "elderly"]
Sex = Literal["female", "male"]


@dataclass(frozen=True, slots=True)
class Issue:
    """Something a person should see: an input that failed, or a value left unresolved.

    `code` is a short fixed name (see `docs/formats.md`), `message` says what is wrong and what is
    allowed, `file`/`line` point into the input, `span` into the report's clean text.
    """

    code: str
    message: str
    doc_id: str | None = None
    file: str | None = None
    line: int | None = None
    span: Span | None = None


@dataclass(frozen=True, slots=True)
class RawReport:
    """One report as it lay in a file, before cleaning. `body` is text, or HTML when `is_html`."""

    doc_id: str
    body: str
    is_html: bool
    raw_sha256: str
    title: str | None = None
    outlet: str | None = None
    published: str | None = None
    url: str | None = None
    file: str | None = None
    line: int | None = None
    extra: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Furniture:
    """A range of the clean text that is not the report's own telling (`kind`: caption, related, copyright, ...)."""

    kind: str
    span: Span


@dataclass(frozen=True, slots=True)
class Report:
    """One report, cleaned. `text` is title, blank line, body: NFC, line ends `\\n`, frozen.

    `title_end` is the length of the title part (0 without a title). `country` is the user's hint
    (ISO 3166 alpha-2) and nothing else. `language` is ISO 639-1 ("en") or "und".
    """

    doc_id: str
    text: str
    title_end: int
    published: dt.date | None
    published_basis: PublishedBasis
    language: str
    raw_sha256: str
    text_sha256: str
    furniture: tuple[Furniture, ...] = ()
    issues: tuple[Issue, ...] = ()
    outlet: str | None = None
    url: str | None = None
    country: str | None = None
    file: str | None = None
    line: int | None = None
    extra: Mapping[str, Any] = field(default_factory=dict)

    @property
    def title(self) -> str:
        """The headline as it stands in the clean text; empty without one."""
        return self.text[: self.title_end]


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence of the clean text, without surrounding white space.

    `kind` is title, body or the furniture kind it lies in; `paragraph` counts from 0.
    """

    span: Span
    paragraph: int
    kind: str = "body"


# --- values that resolving yields ---------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Count:
    """A number phrase: `at least 12` is min 12, max None. `word` keeps vague words ("dozens")."""

    span: Span
    min: int | None
    max: int | None
    approx: bool = False
    word: str | None = None
    number_span: Span | None = None


@dataclass(frozen=True, slots=True)
class DateRange:
    """First and last day (both included), or None where unresolved."""

    start: dt.date | None
    end: dt.date | None
    precision: DatePrecision | None
    basis: DateBasis
    span: Span | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """A place as the report spells it, and what the gazetteer makes of it (None: none of these).

    `level` is point, town, district (admin-2 and city districts), province (admin-1), region,
    country; `radius_km` says how far the named thing may lie from lat/lon.
    """

    name: str
    span: Span
    level: str | None = None
    gazetteer_id: str | None = None
    lat: float | None = None
    lon: float | None = None
    radius_km: float | None = None
    admin_level: int | None = None
    admin1: str | None = None
    admin2: str | None = None
    country: str | None = None
    alternatives: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Actor:
    """An actor named in the text. `actor_id` is None for a name we do not know.

    `who` is the victims' class its members would have; `countries` ISO 3166 alpha-2.
    `generic` is true for "gunmen", "militants", "security forces": a kind, not a name.
    """

    name: str
    span: Span
    actor_id: str | None = None
    who: Who = "unknown"
    countries: tuple[str, ...] = ()
    generic: bool = False


@dataclass(frozen=True, slots=True)
class Speaker:
    """Who says something: `name` as the report has it, `scope` the range of text they vouch for.

    `stance` is states, alleges, denies or claims (a party about its own act). `generic` is true
    for "police", "medics", "activists".
    """

    name: str
    span: Span
    scope: Span
    stance: str = "states"
    speaker_id: str | None = None
    kind: str | None = None
    generic: bool = False


# --- the record of one report -------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Casualty:
    """One figure: harm done to one group, as one speaker tells it. `max` None is open."""

    harm: Harm
    who: Who
    min: int | None
    max: int | None
    approx: bool
    says: str | None
    subset_of: int | None
    text: str
    span: Span
    word: str | None = None
    undivided: bool = False
    says_span: Span | None = None
    of: str | None = None
    sex: Sex | None = None
    age_group: AgeGroup | None = None
    role: str | None = None
    confidence: float | None = None


@dataclass(frozen=True, slots=True)
class DateDetail:
    """Where an incident's date comes from. `date_of` says which day it is: act, found, reported."""

    span: Span | None
    precision: DatePrecision | None
    basis: DateBasis
    date_of: Literal["act", "found", "reported"] = "act"


@dataclass(frozen=True, slots=True)
class PlaceDetail:
    """A named place of an incident, resolved or left open. `role`: where it happened, or around it."""

    name: str
    span: Span
    role: str
    gazetteer_id: str | None
    lat: float | None
    lon: float | None
    radius_km: float | None
    admin_level: int | None
    admin1: str | None
    admin2: str | None
    alternatives: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PerpetratorDetail:
    """Who is said to have done it, by whom, and on what basis."""

    name: str
    span: Span
    actor_id: str | None
    says: str | None
    says_span: Span | None
    basis: AttributionBasis


@dataclass(frozen=True, slots=True)
class TargetDetail:
    """Who or what was hit; `class` (`class_` here) is the victims' class of an actor."""

    name: str
    span: Span
    actor_id: str | None
    class_: Who | None


@dataclass(frozen=True, slots=True)
class Means:
    """A weapon as told; kinds are listed in `data/ontology.yml`."""

    name: str
    span: Span
    kind: str


@dataclass(frozen=True, slots=True)
class ObjectHit:
    """What was hit besides people, and what became of it."""

    name: str
    span: Span
    kind: str
    effect: Literal["destroyed", "damaged", "seized", "unhurt"] | None


@dataclass(frozen=True, slots=True)
class Victim:
    """A person named or described one by one. Never adds to a figure that covers them."""

    name: str | None
    age: int | None
    sex: Sex | None
    role: str | None
    span: Span
    incident: str | None
    harm: Harm


@dataclass(frozen=True, slots=True)
class Incident:
    """One act as one report tells it (GUIDELINES: type, status, scope, dates, places, figures)."""

    id: str
    type: ActType
    status: Status
    scope: Scope
    parts: tuple[str, ...]
    start: dt.date | None
    end: dt.date | None
    places: tuple[str, ...]
    country: str | None
    perpetrators: tuple[str, ...]
    targets: tuple[str, ...]
    casualties: tuple[Casualty, ...]
    quote: str
    quote_span: Span
    date: DateDetail
    acts: int = 1
    confidence: float | None = None
    place_details: tuple[PlaceDetail, ...] = ()
    perpetrator_details: tuple[PerpetratorDetail, ...] = ()
    perpetrators_are: Literal["joint", "either"] | None = None
    target_details: tuple[TargetDetail, ...] = ()
    means: tuple[Means, ...] = ()
    objects: tuple[ObjectHit, ...] = ()


@dataclass(frozen=True, slots=True)
class MadeWith:
    """What read the report: enough to tell whether two records came from the same rules."""

    version: str
    extractor: str
    model: str | None
    lexicon: str
    gazetteer: str | None
    schema: str


@dataclass(frozen=True, slots=True)
class Record:
    """What one report says, by itself."""

    doc_id: str
    published: dt.date | None
    incidents: tuple[Incident, ...]
    victims: tuple[Victim, ...]
    issues: tuple[Issue, ...]
    furniture: tuple[Furniture, ...]
    published_basis: PublishedBasis
    language: str
    title: str
    text: str
    text_sha256: str
    made_with: MadeWith
    outlet: str | None = None
    url: str | None = None
    file: str | None = None
    line: int | None = None
    extra: Mapping[str, Any] = field(default_factory=dict)
    schema_version: str = SCHEMA_VERSION

    def to_json(self) -> dict[str, Any]:
        """The record as plain JSON values, keys in a fixed order."""
        plain = to_plain(self)
        assert isinstance(plain, dict)
        return plain


def to_plain(value: Any) -> Any:
    """Dataclasses to dicts, tuples to lists, dates to ISO days, a trailing `_` of a name dropped."""
    if is_dataclass(value) and not isinstance(value, type):
        return {f.name.rstrip("_"): to_plain(getattr(value, f.name)) for f in fields(value)}
    if isinstance(value, (tuple, list)):
        return [to_plain(v) for v in value]
    if isinstance(value, Mapping):
        return {str(k): to_plain(v) for k, v in value.items()}
    if isinstance(value, dt.date):
        return value.isoformat()
    return value
