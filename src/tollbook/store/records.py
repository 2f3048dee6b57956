"""A record made elsewhere becomes claims: each value found in the report's text, or an issue.

Pure: text and JSON values in, rows out. A figure or a quote that is not in the text (white space
folded) is not stored; a name that is not in the text stays a name and is named in an issue.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from tollbook.ledger.decisions import unmarked
from tollbook.model import Issue, Span

HARMS = frozenset({"killed", "injured", "missing", "abducted", "detained", "displaced"})
WHO = frozenset({"civilian", "state_forces", "armed_group", "unknown"})
SCOPES = frozenset({"incident", "background", "total", "statistic"})
STATUSES = frozenset({"happened", "alleged", "denied", "thwarted"})


@dataclass(frozen=True, slots=True)
class Claim:
    """A statement with a place in a text. `kind` is act or figure; `value` is the record's own JSON value.

    `mention_id` is the id of the act the claim belongs to (its own id for an act).
    """

    claim_id: str
    mention_id: str
    kind: str
    span: Span
    quote: str
    value: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Grounded:
    """What of a record stands in its report: the claims, what is left of the record, the issues."""

    claims: tuple[Claim, ...]
    rest: dict[str, Any]
    issues: tuple[Issue, ...]


def digest(*parts: object) -> str:
    """16 hex digits of the SHA-256 over the parts: the form of every id in a book."""
    return hashlib.sha256("\0".join(str(part) for part in parts).encode()).hexdigest()[:16]


def locate(text: str, words: str, near: Span | None = None) -> Span | None:
    """Where `words` stand in `text`, white space folded, letter case kept if possible; None if nowhere.

    Of several places the first inside `near` wins, else the one closest to it.
    """
    exact = " ".join(words.split())
    if not exact:
        return None
    if near is not None:
        at = text.find(exact, near[0], near[1])
        if at >= 0:
            return (at, at + len(exact))
    found = [(at, at + len(exact)) for at in _occurrences(text, exact)]
    if not found:
        folded, places = _folded(text)
        for haystack, needle in ((folded, exact), (folded.lower(), exact.lower())):
            if len(haystack) != len(folded):
                continue  # a letter whose small form has another length: its places would not be true
            found = [(places[at], places[at + len(needle) - 1] + 1) for at in _occurrences(haystack, needle)]
            if found:
                break
    if not found:
        return None
    return found[0] if near is None else min(found, key=lambda s: (_gap(s, near), s))


def _occurrences(text: str, words: str) -> Iterator[int]:
    at = text.find(words)
    while at >= 0:
        yield at
        at = text.find(words, at + 1)


@lru_cache(maxsize=4)
def _folded(text: str) -> tuple[str, list[int]]:
    """The text with each run of white space as one blank, and where each of its characters stands."""
    places: list[int] = []
    out: list[str] = []
    blank = True
    for i, c in enumerate(text):
        if c.isspace():
            if not blank:
                out.append(" ")
                places.append(i)
            blank = True
        else:
            out.append(c)
            places.append(i)
            blank = False
    return "".join(out), places


def _gap(span: Span, near: Span) -> int:
    return max(near[0] - span[0], span[1] - near[1], 0)


def _stated(text: str, value: Mapping[str, Any], key: str, span_key: str, near: Span | None) -> Span | None:
    """The span the record gives, if it holds the words; else where the words stand."""
    words = value.get(key)
    if not isinstance(words, str) or not words.strip():
        return None
    given = value.get(span_key)
    if isinstance(given, (list, tuple)) and len(given) == 2 and all(isinstance(n, int) for n in given):
        start, end = given
        if 0 <= start < end <= len(text) and text[start:end].split() == words.split():
            return (start, end)
    return locate(text, words, near)


def ground_record(report_id: str, doc_id: str, text: str, record: Mapping[str, Any]) -> Grounded:
    """Claims of one record over the text of its report. Never raises on a value: a wrong one is an issue."""
    out: list[Claim] = []
    issues: list[Issue] = []
    taken: dict[str, int] = {}
    incidents = record.get("incidents")
    rest = {key: (None if key == "incidents" else value) for key, value in record.items() if key != "cluster"}
    for number, incident in enumerate(incidents if isinstance(incidents, list) else []):
        if not isinstance(incident, dict):
            issues.append(Issue("bad_record", f"incident {number} is not an object: {incident!r:.80}", doc_id))
            continue
        fault = _fault(incident)
        if fault:
            issues.append(Issue("bad_record", f"incident {incident.get('id', number)!s}: {fault}", doc_id))
            continue
        quote_span = _stated(text, incident, "quote", "quote_span", None)
        if quote_span is None:
            issues.append(
                Issue(
                    "not_in_text",
                    f"incident {incident.get('id', number)!s}: its quote is not in the report, so the incident is "
                    f"left out: {str(incident.get('quote'))[:120]!r}",
                    doc_id,
                )
            )
            continue
        figures = list(_figures(doc_id, text, incident, quote_span, issues))
        key = digest("act", report_id, quote_span, sorted(span for _, span, _ in figures))
        taken[key] = taken.get(key, 0) + 1
        mention_id = key if taken[key] == 1 else digest(key, taken[key])
        act = {k: (None if k == "casualties" else v) for k, v in unmarked(incident).items() if k != "cluster"}
        start, end = quote_span
        out.append(Claim(mention_id, mention_id, "act", quote_span, text[start:end], act))
        repeated: dict[str, int] = {}
        for value, (start, end), words in figures:
            base = digest("figure", mention_id, value["harm"], start, end)
            repeated[base] = repeated.get(base, 0) + 1
            claim_id = base if repeated[base] == 1 else digest(base, repeated[base])
            out.append(Claim(claim_id, mention_id, "figure", (start, end), words, value))
        issues.extend(_names(doc_id, text, incident, quote_span))
    return Grounded(tuple(out), rest, tuple(issues))


def _fault(incident: Mapping[str, Any]) -> str | None:
    """What forbids reading this incident at all; None if nothing does."""
    if not isinstance(incident.get("type"), str):
        return "type is missing"
    scope, status = incident.get("scope", "incident"), incident.get("status", "happened")
    if scope not in SCOPES:
        return f"scope {scope!r} is not one of {', '.join(sorted(SCOPES))}"
    if status not in STATUSES:
        return f"status {status!r} is not one of {', '.join(sorted(STATUSES))}"
    for key in ("start", "end"):
        day = incident.get(key)
        if day is not None and not (isinstance(day, str) and re.fullmatch(r"\d{4}-\d\d-\d\d", day)):
            return f"{key} {day!r} is not an ISO day"
    return None


def _figures(
    doc_id: str, text: str, incident: Mapping[str, Any], quote: Span, issues: list[Issue]
) -> Iterator[tuple[dict[str, Any], Span, str]]:
    """The figures that stand in the text, `subset_of` renumbered over those that do."""
    listed = incident.get("casualties")
    kept: list[tuple[dict[str, Any], Span]] = []
    place: dict[int, int] = {}
    for index, figure in enumerate(listed if isinstance(listed, list) else []):
        fault = _figure_fault(figure)
        span = None if fault else _stated(text, figure, "text", "span", quote)
        if span is None:
            why = fault or "its words are not in the report"
            issues.append(
                Issue(
                    "bad_record" if fault else "not_in_text",
                    f"incident {incident.get('id')!s}, figure {index}: {why}, so it is left out: {figure!r:.160}",
                    doc_id,
                )
            )
            continue
        place[index] = len(kept)
        kept.append((figure, span))
    for figure, span in kept:
        parent = figure.get("subset_of")
        moved = isinstance(parent, int) and place.get(parent) != parent
        value = {**figure, "subset_of": place.get(int(parent or 0))} if moved else figure
        yield unmarked(value), span, text[span[0] : span[1]]


def _figure_fault(figure: object) -> str | None:
    if not isinstance(figure, dict):
        return "not an object"
    if figure.get("harm") not in HARMS:
        return f"harm {figure.get('harm')!r} is not one of {', '.join(sorted(HARMS))}"
    if figure.get("who", "unknown") not in WHO:
        return f"who {figure.get('who')!r} is not one of {', '.join(sorted(WHO))}"
    low, high = figure.get("min"), figure.get("max")
    for name, number in (("min", low), ("max", high)):
        if number is not None and (not isinstance(number, int) or isinstance(number, bool) or number < 0):
            return f"{name} {number!r} is not a whole number from 0"
    if low is None and high is None:
        return "neither min nor max is given"
    if low is not None and high is not None and low > high:
        return f"min {low} is above max {high}"
    parent = figure.get("subset_of")
    if parent is not None and (not isinstance(parent, int) or isinstance(parent, bool)):
        return f"subset_of {parent!r} is not an index"
    return None


def _names(doc_id: str, text: str, incident: Mapping[str, Any], quote: Span) -> Iterator[Issue]:
    """Names of the incident that the report does not spell so: kept, but a person should see them."""
    named: list[tuple[str, object]] = []
    for key in ("places", "perpetrators", "targets"):
        values = incident.get(key)
        named += [(key, value) for value in (values if isinstance(values, list) else [])]
    figures = incident.get("casualties")
    for figure in figures if isinstance(figures, list) else []:
        if isinstance(figure, dict) and figure.get("says"):
            named.append(("says", figure["says"]))
    for key, value in named:
        if not isinstance(value, str) or not value.strip():
            yield Issue("bad_record", f"incident {incident.get('id')!s}: {key} holds {value!r:.60}, not a name", doc_id)
        elif value not in text and locate(text, value) is None:
            yield Issue("name_not_in_text", f"incident {incident.get('id')!s}: {key} {value!r:.80}", doc_id)


def rebuild(rest: Mapping[str, Any], claims: list[tuple[str, str, str, dict[str, Any]]]) -> dict[str, Any]:
    """The record as it came in, from what is left of it and its claims (kind, claim_id, mention_id, value) in order."""
    incidents: list[dict[str, Any]] = []
    figures: dict[str, list[dict[str, Any]]] = {}
    shift: dict[str, dict[int, int | None]] = {}
    seen: dict[str, int] = {}
    for kind, _, mention_id, value in claims:
        if kind == "gone":
            if mention_id in figures:  # a figure: those after it move up, its own parts stand alone
                shift.setdefault(mention_id, {})[seen[mention_id]] = None
                seen[mention_id] += 1
        elif kind == "act":
            seen[mention_id] = 0
            figures[mention_id] = []
            incident = dict(value)
            if "casualties" in incident:
                incident["casualties"] = figures[mention_id]
            incidents.append(incident)
        elif mention_id in figures:
            gone, at = shift.get(mention_id, {}), seen[mention_id]
            parent = value.get("subset_of")
            if gone and isinstance(parent, int):
                below = sum(1 for g in gone if g < parent)
                value = {**value, "subset_of": None if parent in gone else parent - below}
            figures[mention_id].append(value)
            seen[mention_id] = at + 1
    return {key: (incidents if key == "incidents" else value) for key, value in rest.items()}


def dump(value: object) -> str:
    """JSON as the book stores it: compact, text as it is."""
    return _COMPACT.encode(value)


_COMPACT = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))
