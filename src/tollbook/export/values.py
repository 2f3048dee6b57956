"""What an exporter gets: the incidents of a view of the book, with their bounds, claims and sources. Frozen, no I/O.

Every string has passed `redact.redact` under the policy of the export; nothing an exporter can reach is finer.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tollbook.ledger.bounds import ALL
from tollbook.redact import RELEASE, Policy
from tollbook.store.filters import EVERYTHING, Filters

INCIDENT, RECALLED, SUM, STATISTIC = "incident", "background", "total", "statistic"


@dataclass(frozen=True, slots=True)
class Asked:
    """What an export is of: which incidents, as of which day, counted how, shown to whom.

    Without a `rule` or `classes`, those of the format hold, else those of the book. `policy` is the redaction; its
    default is a release. `today` is the day a delay counts back from; without a delay it is of no effect.
    """

    filters: Filters = EVERYTHING
    as_of: str | None = None
    rule: str | None = None
    classes: str | None = None
    grade: str | None = None
    count_parties: bool = False
    policy: Policy = RELEASE
    today: dt.date | None = None


@dataclass(frozen=True, slots=True)
class Range:
    """Bounds of one harm and group (None: nobody says). `open`: somebody says "at least", `high` is the largest stated.

    `voices` is (fewest, most) independent counted voices.
    """

    low: int | None
    best: int | None
    high: int | None
    open: bool = False
    voices: tuple[int, int] = (0, 0)
    provisional: bool = False


@dataclass(frozen=True, slots=True)
class Where:
    """A point on the map, and how far from it the incident may lie. `name` is the place it is the point of.

    `ged` and `acled` are the precision codes of those catalogues (1-7, 1-3). `finest` is false where the incident's
    own place has no point and a wider one stands for it; `rounded` is true where a redaction has coarsened it.
    """

    name: str
    lat: float
    lon: float
    radius_km: float
    admin_level: int | None
    admin1: str | None
    admin2: str | None
    gazetteer_id: str | None
    ged: int
    acled: int
    finest: bool = True
    rounded: bool = False


@dataclass(frozen=True, slots=True)
class Doer:
    """Who is said to have done it: the name, the actor's id where it is known, by whom (empty: the reports)."""

    name: str
    actor_id: str | None
    reports: int
    says: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Hit:
    """Who or what was hit: the name, the actor's id and the victims' class where they are known."""

    name: str
    actor_id: str | None
    who: str | None


@dataclass(frozen=True, slots=True)
class Person:
    """A victim told of one by one. Under a redaction of names, `name` and `age` are None."""

    name: str | None
    age: int | None
    sex: str | None
    role: str | None
    harm: str


@dataclass(frozen=True, slots=True)
class Claim:
    """One figure of one report. `counts` says what becomes of it: low, best, high, beside, or why it sets no bound."""

    id: str
    incident: str
    source: str
    harm: str
    who: str
    low: int | None
    high: int | None
    approx: bool
    says: str | None
    voice: str
    voice_kind: str
    own: bool
    subset_of: str | None
    said: str | None
    start: int
    end: int
    words: str
    quote: str
    counts: tuple[str, ...]
    role: str | None = None
    sex: str | None = None
    age_group: str | None = None
    vague: bool = False


@dataclass(frozen=True, slots=True)
class Source:
    """One report: its address and hash, never its text. `published` is the outlet's printed day."""

    id: str
    doc_id: str
    outlet: str | None
    published: str | None
    title: str | None
    url: str | None
    text_sha256: str
    recorded_at: str


@dataclass(frozen=True, slots=True)
class Incident:
    """One incident as the book counts it. `id` is stable; older ids it has taken over are among `mentions`.

    `start`/`end` are None where nobody tells; `precision` is a code of `ontology.yml` (day, days, week, month, year)
    that fits their span. `residual` is set for sums over several acts only: what they add to their parts, by
    (harm, group). `status` is what the reports say, `review` what a person did (machine, reviewed, changed since
    review). `also` are the points of further places, apart from `where`.
    """

    id: str
    type: str
    status: str
    scope: str
    start: str | None
    end: str | None
    precision: str | None
    date_basis: str | None
    date_of: str | None
    places: tuple[str, ...]
    country: str | None
    where: Where | None
    doers: tuple[Doer, ...]
    doers_are: str | None
    hits: tuple[Hit, ...]
    means: tuple[str, ...]
    means_kinds: tuple[str, ...]
    objects: tuple[str, ...]
    persons: tuple[Person, ...]
    acts: int
    quote: str
    contested: bool
    recalled: bool
    wide: bool
    grade: str
    review: str
    reviewed_by: str | None
    reviewed_at: str | None
    voices: tuple[str, ...]
    independent: tuple[int, int]
    sources: tuple[str, ...]
    mentions: tuple[str, ...]
    parts: tuple[str, ...]
    possibly: tuple[str, ...]
    ranges: Mapping[tuple[str, str], Range]
    residual: Mapping[tuple[str, str], Range] = field(default_factory=dict)
    also: tuple[Where, ...] = ()

    def range(self, harm: str = "killed", group: str = ALL) -> Range | None:
        """The bounds of a harm and group; None where nobody gives a figure."""
        return self.ranges.get((harm, group))

    def added(self, harm: str = "killed", group: str = ALL) -> Range | None:
        """What the incident adds to a sum in which its parts stand too: its bounds, or for a sum its residual."""
        return (self.residual if self.scope == SUM else self.ranges).get((harm, group))


@dataclass(frozen=True, slots=True)
class Content:
    """All of an export, in a fixed order: incidents by day and id, claims by incident and place, sources by day and id.

    `log` is the book's log head and `code` the version of what computed the rows: the same two give the same bytes.
    `withheld` counts what the redaction took out before an exporter saw it, by rule of `data/export/loss.yml`.
    """

    incidents: tuple[Incident, ...]
    claims: tuple[Claim, ...]
    sources: tuple[Source, ...]
    charter: Mapping[str, Any]
    asked: Asked
    log: str
    code: str
    withheld: tuple[tuple[str, str], ...] = ()
    exposed: tuple[str, ...] = ()

    def source(self, key: str) -> Source | None:
        """The source of that id."""
        return next((s for s in self.sources if s.id == key), None)
