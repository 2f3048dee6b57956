"""A book beside somebody else's catalogue: in both, only in one, tolls that differ, each pair with its reasons.

The pairs are found and weighed by `tollbook.link` with its own lines (`link.yml`: merge, possible), as reports are;
measured by eval/compare.py. Each incident of ours and each row of theirs
is the main half of one pair at most. Further rows of theirs stand with an incident of several days or acts (some
catalogues write a row a day), and their tolls are added before tolls are compared.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tollbook import lexicon
from tollbook.exchange.theirs import Catalogue, Entry, Toll, entry_mention, read_catalogue
from tollbook.export.values import Asked, Incident
from tollbook.ledger.bounds import DEFAULT_RULE
from tollbook.link.blocking import Blocks, keys
from tollbook.link.features import explain, score
from tollbook.link.mention import Mention
from tollbook.redact import INSIDE

if TYPE_CHECKING:
    from tollbook.book import Book

SAME, MEET, DIFFER, UNTOLD = "same", "meet", "differ", "not told"
"""How two tolls stand: equal bounds; ranges that share a number; none in common; one side tells none."""


@dataclass(frozen=True, slots=True)
class Pair:
    """An incident of ours with the rows of theirs that are it. `tolls` is one of SAME, MEET, DIFFER, UNTOLD.

    `theirs_killed` is the sum over the rows where there are several.
    """

    ours: Entry
    theirs: tuple[Entry, ...]
    score: float
    reasons: tuple[str, ...]
    theirs_killed: Toll
    tolls: str


@dataclass(frozen=True, slots=True)
class Alone:
    """An entry without a pair, and the nearest of the other side where one may be it: id, score, reasons."""

    entry: Entry
    near: str | None = None
    score: float = 0.0
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Comparison:
    """A book beside a catalogue.

    `outside` are rows of theirs beyond the book's days or countries: they are not "only theirs". `left_out` are sums
    and statistics of ours, `unread` cells of theirs that could not be read,
    `reports` the reports of ours published in each month.
    """

    file: str
    format: str
    about: str
    period: tuple[str, str] | None
    countries: tuple[str, ...]
    pairs: tuple[Pair, ...]
    only_ours: tuple[Alone, ...]
    only_theirs: tuple[Alone, ...]
    outside: int
    left_out: int
    unread: int
    rule: str
    reports: tuple[tuple[str, int], ...] = ()

    @property
    def differing(self) -> tuple[Pair, ...]:
        """The pairs whose tolls share no number."""
        return tuple(p for p in self.pairs if p.tolls == DIFFER)


def compare(
    book: Book,
    path: Path,
    *,
    given: str | None = None,
    mapping: Mapping[str, Any] | None = None,
    asked: Asked | None = None,
) -> Comparison:
    """Compares a book with a GED, ACLED or IBC file, or a sheet with a map. Sums over several acts and statistics
    of ours are left out (counted); so are rows of theirs beyond the book's days and countries.

    Raises UsageError for a file that is none of these, SourceError for one that cannot be read.
    """
    from tollbook.export.collect import collect

    catalogue = read_catalogue(path, given, mapping)
    wanted = asked or Asked()
    content = collect(book, replace(wanted, policy=INSIDE, classes=wanted.classes or catalogue.classes))
    told = [i for i in content.incidents if i.scope in ("incident", "background") and i.status != "thwarted"]
    ours = [_ours(i, n, catalogue.group) for n, i in enumerate(told)]
    found = match(ours, catalogue, left_out=len(content.incidents) - len(ours), rule=content.asked.rule or DEFAULT_RULE)
    months = Counter((s.published or "undated")[:7] for s in content.sources)
    return replace(found, reports=tuple(sorted(months.items())))


def _ours(i: Incident, number: int, group: str | None) -> Entry:
    """An incident of ours; its toll is that of the group which theirs counts, where the group is told."""
    found = (i.range("killed", group) if group else None) or i.range("killed")
    toll = Toll(found.low, found.best, found.high, found.open) if found else Toll()
    act = {
        "type": i.type, "start": i.start, "end": i.end, "places": list(i.places), "country": i.country,
        "perpetrators": [d.name for d in i.doers], "targets": [h.name for h in i.hits], "quote": i.quote,
        "acts": i.acts,
    }  # fmt: skip
    return Entry(
        i.id, i.start, i.end, i.places, i.country, i.type, tuple(d.name for d in i.doers), toll,
        entry_mention(number, i.id, act, toll), review=i.review,
    )  # fmt: skip


def match(ours: Sequence[Entry], catalogue: Catalogue, *, left_out: int = 0, rule: str = "") -> Comparison:
    """Pairs ours with theirs: all scores, the best pair first, each entry once; then rows that belong to a pair."""
    period, countries = _extent(ours)
    theirs = [t for t in catalogue.entries if _inside(t, period, countries)]
    lines = lexicon.load("link")
    line, low = float(lines["merge"]), float(lines["possible"])
    scored = _scores(ours, theirs, low)
    mine: dict[int, int] = {}
    their: dict[int, int] = {}
    main: dict[int, tuple[int, float]] = {}
    for value, a, b in scored:
        if value >= line and a not in mine and b not in their:
            mine[a] = their[b] = a
            main[a] = (b, value)
    members: dict[int, list[int]] = {a: [b] for a, (b, _) in main.items()}
    for value, a, b in scored:
        if value >= line and b not in their and a in main and _several(ours[a]):
            their[b] = a
            members[a].append(b)
    near_ours: dict[int, tuple[float, int]] = {}
    near_theirs: dict[int, tuple[float, int]] = {}
    for value, a, b in scored:
        if a not in mine:
            near_ours.setdefault(a, (value, b))
        if b not in their:
            near_theirs.setdefault(b, (value, a))
    return Comparison(
        file=catalogue.file, format=catalogue.format, about=catalogue.about, period=period, countries=countries,
        pairs=tuple(_pair(ours[a], [theirs[b] for b in members[a]], main[a][1]) for a in sorted(main)),
        only_ours=tuple(
            _alone(e, ours, theirs, near_ours.get(n), True) for n, e in enumerate(ours) if n not in mine
        ),
        only_theirs=tuple(
            _alone(e, ours, theirs, near_theirs.get(n), False) for n, e in enumerate(theirs) if n not in their
        ),
        outside=len(catalogue.entries) - len(theirs), left_out=left_out, unread=len(catalogue.issues), rule=rule,
    )  # fmt: skip


def _extent(ours: Sequence[Entry]) -> tuple[tuple[str, str] | None, tuple[str, ...]]:
    days = [d for e in ours for d in (e.start, e.end) if d]
    return (min(days), max(days)) if days else None, tuple(sorted({e.country for e in ours if e.country}))


def _inside(entry: Entry, period: tuple[str, str] | None, countries: Sequence[str]) -> bool:
    if entry.country and countries and entry.country not in countries:
        return False
    if period is None or entry.start is None:
        return True
    return not ((entry.end or entry.start) < period[0] or entry.start > period[1])


def _scores(ours: Sequence[Entry], theirs: Sequence[Entry], least: float) -> list[tuple[float, int, int]]:
    """(score, ours, theirs) of every pair worth comparing that reaches `least`, the best first."""
    blocks = Blocks()
    for n, entry in enumerate(ours):
        blocks.file(n, sorted(keys(entry.mention)[0]))
    out = []
    for b, entry in enumerate(theirs):
        for a in blocks.candidates(keys(entry.mention)[1]):
            value = score(*_both(ours[a], entry), least)
            if value >= least:
                out.append((value, a, b))
    return sorted(out, key=lambda s: (-s[0], s[1], s[2]))


def _both(ours: Entry, theirs: Entry) -> tuple[Mention, Mention]:
    """The two mentions; a kind of act that theirs does not tell speaks neither for nor against: it is taken as ours."""
    their = theirs.mention
    return ours.mention, replace(their, type=ours.mention.type) if theirs.type is None else their


def _several(entry: Entry) -> bool:
    """Whether an incident may be several rows of a catalogue that writes one a day."""
    return entry.start != entry.end or entry.mention.acts > 1


def _reasons(ours: Entry, theirs: Entry) -> tuple[str, ...]:
    told = explain(*_both(ours, theirs))
    return tuple(r.why for r in told if r.weight and not (theirs.type is None and r.feature == "type"))


def _pair(ours: Entry, rows: Sequence[Entry], value: float) -> Pair:
    toll = rows[0].killed if len(rows) == 1 else _sum([r.killed for r in rows])
    return Pair(ours, tuple(rows), value, _reasons(ours, rows[0]), toll, tolls(ours.killed, toll))


def _sum(found: Sequence[Toll]) -> Toll:
    told = [t for t in found if t.told]
    if not told:
        return Toll()
    low = sum(t.low or 0 for t in told)
    high = sum(t.high if t.high is not None else t.low or 0 for t in told)
    return Toll(low, low if low == high else None, high, open=any(t.open for t in told))


def tolls(a: Toll, b: Toll) -> str:
    """How two tolls stand to each other; an open upper bound reaches up to any number."""
    if not a.told or not b.told:
        return UNTOLD
    if (a.low, a.high, a.open) == (b.low, b.high, b.open):
        return SAME
    a_high = None if a.open else a.high
    b_high = None if b.open else b.high
    apart = (a_high is not None and b.low is not None and b.low > a_high) or (
        b_high is not None and a.low is not None and a.low > b_high
    )
    return DIFFER if apart else MEET


def _alone(
    entry: Entry, ours: Sequence[Entry], theirs: Sequence[Entry], near: tuple[float, int] | None, mine: bool
) -> Alone:
    if near is None:
        return Alone(entry)
    value, other = near
    reasons = _reasons(entry, theirs[other]) if mine else _reasons(ours[other], entry)
    return Alone(entry, (theirs if mine else ours)[other].id, value, reasons)
