"""Holds a reading to its report: what does not stand in the text is taken out and named in an issue.

Every extractor's reading passes here before it becomes a record. A figure, a quote or a name that
cannot be pointed at does not exist: it is dropped with an issue `ungrounded`, never repaired. White
space is folded on both sides of every comparison, since reports are line-broken at any place.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import TypeVar, get_args

from tollbook import model
from tollbook.extract import Reading
from tollbook.model import Casualty, Incident, Issue, Report, Span, Victim
from tollbook.resolve.countries import countries

CODE = "ungrounded"

_Value = TypeVar("_Value")
_WORD = re.compile(r"\w+")


def ground(report: Report, reading: Reading) -> Reading:
    """The reading without what its report does not bear out; each thing taken out is an issue.

    Of an incident that keeps its quote, single values are dropped (a name, a date, coordinates, a
    figure); an incident whose quote is not in the text, or whose type, status or scope is not on
    the closed lists, is dropped whole. Indices and ids that pointed at what was dropped are moved
    or emptied, so that the result always holds together. A reading without fault comes back equal.
    """
    check = _Check(report)
    kept: dict[str, Incident] = {}
    for incident in reading.incidents:
        if incident.id in kept:
            check.drop(f"two incidents have the id {incident.id!r}; the second is left out")
            continue
        grounded = _incident(check, incident)
        if grounded is not None:
            kept[incident.id] = grounded
    incidents = tuple(replace(i, parts=_parts(check, i, kept)) if i.parts else i for i in kept.values())
    victims = tuple(v for v in (_victim(check, victim, kept) for victim in reading.victims) if v is not None)
    own = tuple(i if i.span is None or check.inside(i.span) else replace(i, span=None) for i in reading.issues)
    return Reading(incidents, victims, own + tuple(check.issues))


def fold(text: str) -> str:
    """`text` with each run of white space as one blank, none at the ends."""
    return " ".join(text.split())


@dataclass
class _Check:
    """The report at hand, and the issues found so far."""

    report: Report
    issues: list[Issue] = field(default_factory=list)
    _folded: str | None = None

    def drop(self, message: str, span: Span | None = None) -> None:
        """Notes that something was taken out."""
        known = span if span is not None and self.inside(span) else None
        self.issues.append(Issue(CODE, message, doc_id=self.report.doc_id, span=known))

    def inside(self, span: Span) -> bool:
        """Whether the span marks at least one character of the text."""
        return len(span) == 2 and 0 <= span[0] < span[1] <= len(self.report.text)

    def reproduces(self, words: str, span: Span) -> bool:
        """Whether the span holds exactly these words."""
        return self.inside(span) and fold(self.report.text[span[0] : span[1]]) == fold(words) != ""

    def names(self, name: str, span: Span) -> bool:
        """Whether the words of the name stand in the span, in their order: a name may be shortened, not invented."""
        if not self.inside(span):
            return False
        words = iter(_WORD.findall(self.report.text[span[0] : span[1]].casefold()))
        wanted = _WORD.findall(name.casefold())
        return bool(wanted) and all(word in words for word in wanted)

    def mentions(self, name: str) -> bool:
        """Whether the name stands somewhere in the text."""
        if self._folded is None:
            self._folded = fold(self.report.text).casefold()
        wanted = fold(name).casefold()
        return bool(wanted) and wanted in self._folded

    def keep(
        self, values: Iterable[_Value], holds: Callable[[_Value], bool], tell: Callable[[_Value], str]
    ) -> tuple[_Value, ...]:
        """The values that hold; the others become issues."""
        kept = []
        for value in values:
            if holds(value):
                kept.append(value)
            else:
                self.drop(tell(value))
        return tuple(kept)


_TYPES = frozenset(get_args(model.ActType))
_STATUSES = frozenset(get_args(model.Status))
_SCOPES = frozenset(get_args(model.Scope))
_HARMS = frozenset(get_args(model.Harm))
_WHO = frozenset(get_args(model.Who))


def _incident(check: _Check, incident: Incident) -> Incident | None:
    at = f"incident {incident.id}"
    if not check.reproduces(incident.quote, incident.quote_span):
        check.drop(f"{at}: its quote does not stand in the text at {incident.quote_span}; the incident is left out")
        return None
    unknown = [
        f"{name} {value!r}"
        for name, value, allowed in (
            ("type", incident.type, _TYPES),
            ("status", incident.status, _STATUSES),
            ("scope", incident.scope, _SCOPES),
        )
        if value not in allowed
    ]
    if unknown:
        check.drop(f"{at}: {', '.join(unknown)} is not on the list; the incident is left out", incident.quote_span)
        return None
    figures = {"casualties": _casualties(check, incident)}
    return _with_names(check, _with_date(check, _changed(incident, figures)))


def _changed(incident: Incident, values: Mapping[str, object]) -> Incident:
    """The incident with these values; itself where it has them all, as nearly every one does."""
    changes = {name: value for name, value in values.items() if value != getattr(incident, name)}
    return replace(incident, **changes) if changes else incident  # type: ignore[arg-type]


def _with_date(check: _Check, incident: Incident) -> Incident:
    """The incident with its dates, country, count of acts and confidence as far as they can be true."""
    at = f"incident {incident.id}"
    changes: dict[str, object] = {}
    start, end, date = incident.start, incident.end, incident.date
    if start is not None and end is not None and start > end:
        check.drop(f"{at}: {start} to {end} is not a period; left undated", date.span)
        changes |= {"start": None, "end": None}
        date = replace(date, precision=None, basis="none")
    if date.span is not None and not check.inside(date.span):
        check.drop(f"{at}: the date's span {date.span} lies outside the text")
        date = replace(date, span=None)
    if date is not incident.date:
        changes["date"] = date
    if incident.country is not None and incident.country not in countries():
        check.drop(f"{at}: {incident.country!r} is not an ISO 3166 country code", incident.quote_span)
        changes["country"] = None
    if incident.acts < 1:
        check.drop(f"{at}: {incident.acts} acts is not a count of acts", incident.quote_span)
        changes["acts"] = 1
    if incident.confidence is not None and not 0 <= incident.confidence <= 1:
        check.drop(f"{at}: confidence {incident.confidence} is not between 0 and 1", incident.quote_span)
        changes["confidence"] = None
    return replace(incident, **changes) if changes else incident  # type: ignore[arg-type]


def _with_names(check: _Check, incident: Incident) -> Incident:
    """The incident with the names of places, actors, weapons and objects that stand in the text."""
    at = f"incident {incident.id}"

    def tell(what: str) -> Callable[[object], str]:
        return lambda detail: f"{at}: {what} {getattr(detail, 'name', detail)!r} does not stand in the text"

    places = check.keep(incident.place_details, lambda p: check.names(p.name, p.span), tell("place"))
    perpetrators = check.keep(incident.perpetrator_details, lambda p: check.names(p.name, p.span), tell("perpetrator"))
    targets = check.keep(incident.target_details, lambda t: check.names(t.name, t.span), tell("target"))
    kept = {
        "places": _listed(check, incident.places, places, tell("place")),
        "perpetrators": _listed(check, incident.perpetrators, perpetrators, tell("perpetrator")),
        "targets": _listed(check, incident.targets, targets, tell("target")),
        "place_details": tuple([_point(check, at, p) for p in places]),
        "perpetrator_details": tuple([_voiced(check, at, p) for p in perpetrators]),
        "target_details": targets,
        "means": check.keep(incident.means, lambda m: check.names(m.name, m.span), tell("weapon")),
        "objects": check.keep(incident.objects, lambda o: check.names(o.name, o.span), tell("object")),
    }
    return _changed(incident, kept)


def _listed(
    check: _Check, names: tuple[str, ...], details: Iterable[object], tell: Callable[[object], str]
) -> tuple[str, ...]:
    """The names that a kept detail carries or that the text holds."""
    carried = {getattr(detail, "name", None) for detail in details}
    return check.keep(names, lambda name: name in carried or check.mentions(name), tell)


def _point(check: _Check, at: str, place: model.PlaceDetail) -> model.PlaceDetail:
    """The place without coordinates that cannot be."""
    lat, lon, radius = place.lat, place.lon, place.radius_km
    if lat is None and lon is None and radius is None:
        return place
    sound = lat is not None and lon is not None and -90 <= lat <= 90 and -180 <= lon <= 180
    if sound and (radius is None or radius >= 0):
        return place
    check.drop(f"{at}: {place.name!r} has no such coordinates: {lat}, {lon}, radius {radius}", place.span)
    return replace(place, lat=None, lon=None, radius_km=None)


_Voiced = TypeVar("_Voiced", Casualty, model.PerpetratorDetail)


def _voiced(check: _Check, at: str, claim: _Voiced) -> _Voiced:
    """The claim without a speaker whom the text does not name.

    The span may hold "he" or "the group" for somebody whom the text names elsewhere.
    """
    if claim.says is None:
        return claim if claim.says_span is None else replace(claim, says_span=None)
    pointed = claim.says_span is None or check.inside(claim.says_span)
    if pointed and (check.mentions(claim.says) or (claim.says_span and check.names(claim.says, claim.says_span))):
        return claim
    check.drop(f"{at}: speaker {claim.says!r} does not stand in the text", claim.says_span)
    return replace(claim, says=None, says_span=None)


def _casualties(check: _Check, incident: Incident) -> tuple[Casualty, ...]:
    """The figures that stand in the text, `subset_of` moved to their new places.

    A figure that was part of a dropped one becomes part of that one's own whole, if it had one. A
    figure whose whole is not there at all, or that is part of itself, is dropped: kept alone it
    would be counted beside its whole.
    """
    figures = incident.casualties
    faults = [_fault(check, figure, len(figures)) for figure in figures]
    for index in range(len(figures)):
        if faults[index] is None and _circular(figures, index):
            faults[index] = "is part of itself"
    for figure, fault in zip(figures, faults, strict=True):
        if fault is not None:
            check.drop(f"incident {incident.id}: figure {figure.text!r} {fault}; left out", figure.span)
    position = {old: new for new, old in enumerate(i for i, fault in enumerate(faults) if fault is None)}

    def whole(index: int | None) -> int | None:
        while index is not None and index not in position:
            index = figures[index].subset_of if 0 <= index < len(figures) else None
        return None if index is None else position[index]

    at = f"incident {incident.id}"
    kept = []
    for index in position:
        figure = _voiced(check, at, figures[index])
        if figure.confidence is not None and not 0 <= figure.confidence <= 1:
            check.drop(f"{at}: confidence {figure.confidence} is not between 0 and 1", figure.span)
            figure = replace(figure, confidence=None)
        kept.append(figure if len(position) == len(figures) else replace(figure, subset_of=whole(figure.subset_of)))
    return tuple(kept)


def _fault(check: _Check, figure: Casualty, count: int) -> str | None:
    """What is wrong with a figure, or None."""
    if not check.reproduces(figure.text, figure.span):
        return f"does not stand in the text at {figure.span}"
    if figure.harm not in _HARMS or figure.who not in _WHO:
        return f"has a harm or group that is not on the list: {figure.harm!r}, {figure.who!r}"
    low, high = figure.min, figure.max
    if low is None and high is None:
        return "has neither a least nor a greatest number"
    if any(bound is not None and bound < 0 for bound in (low, high)) or (
        low is not None and high is not None and low > high
    ):
        return f"is not a range: {low} to {high}"
    if figure.subset_of is not None and not 0 <= figure.subset_of < count:
        return f"is part of figure {figure.subset_of}, which is not there"
    return None


def _circular(figures: tuple[Casualty, ...], index: int) -> bool:
    """Whether following `subset_of` from here never ends."""
    at: int | None = index
    for _ in range(len(figures) + 1):
        if at is None or not 0 <= at < len(figures):
            return False
        at = figures[at].subset_of
    return True


def _parts(check: _Check, incident: Incident, kept: dict[str, Incident]) -> tuple[str, ...]:
    """The ids of other incidents that are there, each once."""
    parts = check.keep(
        incident.parts,
        lambda part: part in kept and part != incident.id,
        lambda part: f"incident {incident.id}: its part {part!r} is not an incident of this report",
    )
    return tuple(dict.fromkeys(parts))


def _victim(check: _Check, victim: Victim, kept: dict[str, Incident]) -> Victim | None:
    if not check.inside(victim.span) or (victim.name is not None and not check.names(victim.name, victim.span)):
        check.drop(f"victim at {victim.span}: does not stand in the text; left out")
        return None
    if victim.harm not in _HARMS or (victim.age is not None and not 0 <= victim.age <= 130):
        check.drop(f"victim: harm {victim.harm!r} or age {victim.age} cannot be; left out", victim.span)
        return None
    if victim.incident is not None and victim.incident not in kept:
        return replace(victim, incident=None)
    return victim
