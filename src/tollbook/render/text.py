"""Values in words, the same on every page: days, ranges, groups, and text that cannot steer a terminal."""

from __future__ import annotations

import datetime as dt
import re

from tollbook.model import Casualty, Incident, PerpetratorDetail, Record
from tollbook.ontology import label as label
from tollbook.ontology import plural as plural

UNKNOWN = "–"

_MONTHS = ("", "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")

# C0 and C1 control characters, and the Unicode marks that reorder what follows them (UAX #9): in a report they
# can only disguise. Tab and line feed are left alone. Lone surrogates have no form in UTF-8.
_UNPRINTABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
_MARK = "\ufffd"


def printable(text: str) -> str:
    """`text` with each control, reordering mark and lone surrogate as U+FFFD: the same length, no other effect."""
    return _UNPRINTABLE.sub(_MARK, text)


def line(text: str) -> str:
    """`text` printable and on one line."""
    return printable(" ".join(text.split()))


def day(value: dt.date) -> str:
    """2 Jan 2014."""
    return f"{value.day} {_MONTHS[value.month]} {value.year}"


def period(start: dt.date | None, end: dt.date | None) -> str:
    """A day, a range without repeating what its ends share, a whole month or year by its name, or a dash."""
    if start is None and end is None:
        return UNKNOWN
    if start is None or end is None:
        return f"from {day(start)}" if start is not None else f"until {day(end)}" if end is not None else UNKNOWN
    if start == end:
        return day(start)
    after = end + dt.timedelta(days=1)
    if start.day == 1 and after.day == 1:
        if (start.month, after.month, start.year + 1) == (1, 1, after.year):
            return str(start.year)
        if (start.year, start.month) == (end.year, end.month):
            return f"{_MONTHS[start.month]} {start.year}"
    if (start.year, start.month) == (end.year, end.month):
        return f"{start.day}–{day(end)}"
    if start.year == end.year:
        return f"{start.day} {_MONTHS[start.month]} – {day(end)}"
    return f"{day(start)} – {day(end)}"


def when(incident: Incident) -> str:
    """The incident's days; `≈` where they were assumed from the publication date."""
    days = period(incident.start, incident.end)
    return f"≈{days}" if incident.date.basis == "fresh-news" and days != UNKNOWN else days


def where(incident: Incident) -> str:
    """The places, most specific first, then the country's code."""
    return ", ".join([*(line(place) for place in incident.places), *([incident.country] if incident.country else [])])


def count(figure: Casualty) -> str:
    """13 · 13+ (or more) · ≤30 (up to) · 20–30 · ~30 (about); the word where a word was said: 24+ (dozens)."""
    low, high = figure.min, figure.max
    if low is not None and low == high:
        number = f"{low:,}"
    elif high is None:
        number = UNKNOWN if low is None else f"{low:,}+"
    else:
        number = f"≤{high:,}" if low is None else f"{low:,}–{high:,}"
    number = f"~{number}" if figure.approx and number != UNKNOWN else number
    return f"{number} ({line(figure.word)})" if figure.word else number


def harm(figure: Casualty) -> str:
    """killed, injured, ...; "killed or injured" where the report does not tell them apart."""
    return "killed or injured" if figure.undivided else label("harms", figure.harm)


def group(figure: Casualty) -> str:
    """Who was harmed as closely as the figure says: "female child", "medic", "state forces"; empty if not told."""
    parts = [figure.sex, figure.age_group, figure.role and label("roles", figure.role)]
    told = " ".join(part for part in parts if part)
    if figure.who != "unknown":
        known = label("who", figure.who)
        return f"{told} ({known})" if told else known
    return told


def attribution(detail: PerpetratorDetail) -> str:
    """Who is said to have done it, never without who says so: an accusation reads as one."""
    name, says = line(detail.name), line(detail.says) if detail.says else None
    match detail.basis:
        case "claimed":
            return f"{name} (claims it)" if says in (None, name) else f"{name} ({says} says that it claims it)"
        case "denied":
            return f"{name} (accused; denies it)" if says in (None, name) else f"{name} (denied by {says})"
        case "suspected":
            return f"{name} (suspected{f' by {says}' if says else ''})"
        case "blamed":
            return f"{name} (blamed{f' by {says}' if says else ''})"
        case _:
            return f"{name} (says {says})" if says else name


def perpetrators(incident: Incident) -> str:
    """All who are said to have done it; "or" where the report leaves it open which."""
    told = {detail.name: attribution(detail) for detail in incident.perpetrator_details}
    names = list(dict.fromkeys(told.get(name, line(name)) for name in incident.perpetrators))
    return (" or " if incident.perpetrators_are == "either" else ", ").join(names)


def speakers(incident: Incident) -> list[str]:
    """Those who give the incident's figures, each once, in the figures' order."""
    return list(dict.fromkeys(line(figure.says) for figure in incident.casualties if figure.says))


def marks(incident: Incident) -> list[str]:
    """What sets the entry apart from plain news: its scope and its status, where they are not the usual ones."""
    told = []
    if incident.scope != "incident":
        told.append(label("scopes", incident.scope))
    if incident.status != "happened":
        told.append(label("statuses", incident.status))
    if incident.acts > 1:
        told.append(f"{incident.acts} acts")
    return told


def published(record: Record) -> str:
    """The publication day and where it is known from."""
    if record.published is None:
        return "publication date unknown"
    return f"{day(record.published)} ({label('published_bases', record.published_basis)})"


def ordered(incidents: tuple[Incident, ...]) -> list[tuple[Incident, int, bool]]:
    """The incidents as they are shown: (incident, depth, last of its siblings), each total straight before its parts.

    An incident is shown once, under the first total that names it; totals that name each other lose nothing.
    """
    by_id = {incident.id: incident for incident in incidents}
    parent: dict[str, str] = {}
    for incident in incidents:
        for part in incident.parts:
            if part in by_id and part not in parent and not _above(part, incident.id, parent):
                parent[part] = incident.id
    children: dict[str, list[str]] = {}
    for incident in incidents:
        if incident.id in parent:
            children.setdefault(parent[incident.id], []).append(incident.id)
    shown: list[tuple[Incident, int, bool]] = []
    stack = [(incident.id, 0, True) for incident in reversed(incidents) if incident.id not in parent]
    while stack:
        at, depth, last = stack.pop()
        shown.append((by_id[at], depth, last))
        below = children.get(at, [])
        stack.extend((child, depth + 1, child == below[-1]) for child in reversed(below))
    return shown


def _above(ancestor: str, of: str, parent: dict[str, str]) -> bool:
    at: str | None = of
    while at is not None:
        if at == ancestor:
            return True
        at = parent.get(at)
    return False
