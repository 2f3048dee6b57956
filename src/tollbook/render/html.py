"""One self-contained page: each report's text, what was found marked in it, beside its incidents.

Nothing is fetched and nothing runs: no script at all, and a Content-Security-Policy that allows only the page's own
style sheet, by its hash. A report folds (`details`), so that a page of a thousand reports stays usable.
"""

from __future__ import annotations

import base64
import hashlib
import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from html import escape
from itertools import pairwise
from pathlib import Path
from typing import TextIO
from urllib.parse import urlsplit

from tollbook import __version__
from tollbook.model import Casualty, Incident, Record, Span, Victim
from tollbook.render import text as say

# The reports that are open when the page is: enough to see what it holds.
OPEN = 5

# What is marked in the text, the narrowest first where marks overlap: (class, name in the legend).
KINDS = (
    ("figure", "figure"),
    ("victim", "person"),
    ("date", "date"),
    ("place", "place"),
    ("actor", "who did it"),
    ("target", "who or what was hit"),
    ("speaker", "who says so"),
    ("means", "weapon"),
    ("object", "object hit"),
    ("quote", "the sentence that carries an incident"),
)
_RANK = {kind: rank for rank, (kind, _) in enumerate(KINDS)}


def write_html(records: Iterable[Record], stream: TextIO) -> None:
    """The page, written report by report."""
    stream.write(_head())
    reports = entries = 0
    for number, record in enumerate(records, 1):
        stream.write(_article(record, number))
        reports, entries = number, entries + len(record.incidents)
    stream.write(_foot(reports, entries))


@cache
def _style() -> str:
    return (Path(__file__).parent / "page.css").read_text(encoding="utf-8")


def _head() -> str:
    digest = base64.b64encode(hashlib.sha256(_style().encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    legend = "".join(f'<li><mark class="{kind}">{escape(name)}</mark></li>' for kind, name in KINDS)
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<meta name="color-scheme" content="light dark">
<title>What the reports say – Tollbook</title>
<style>{_style()}</style>
</head>
<body>
<a class="skip" href="#reports">To the reports</a>
<header>
<h1>What the reports say</h1>
<p class="notice"><strong>Read by machine, not checked by a person.</strong> Every figure stands where it is marked in
the text: read it there before you use it. Figures are not added up, because two reports may tell one incident and a
total holds its parts. <q>–</q> means not told, never zero.</p>
<section aria-label="Legend"><h2 class="quiet">Marked in the text</h2><ul class="legend">{legend}</ul></section>
</header>
<main id="reports">
"""


def _foot(reports: int, entries: int) -> str:
    told = f"{reports:,} report{'' if reports == 1 else 's'}, {entries:,} {'entry' if entries == 1 else 'entries'}"
    return f"""</main>
<footer><p>{told}. Made with Tollbook {escape(__version__)}, read by machine, not checked by a person.</p></footer>
</body>
</html>
"""


def _text(value: str | None) -> str:
    """Any string as harmless text."""
    return escape(say.printable(value or ""))


def _line(value: str | None) -> str:
    return escape(say.line(value or ""))


# --- one report --------------------------------------------------------------------------------


def _article(record: Record, number: int) -> str:
    name = f"r{number}"
    ids = {incident.id: f"{name}-{order}" for order, (incident, _, _) in enumerate(say.ordered(record.incidents), 1)}
    count = len(record.incidents)
    told = "no incident" if not count else f"{count} {'entry' if count == 1 else 'entries'}"
    title = _line(record.title) or _line(record.doc_id)
    about = " · ".join(part for part in (_line(record.outlet), _text(say.published(record)), told) if part)
    cards = (
        "".join(_card(incident, ids, depth) for incident, depth, _ in say.ordered(record.incidents))
        or '<p class="none">No incident was found in this report.</p>'
    )
    return f"""<article id="{name}" aria-labelledby="{name}-h">
<details{" open" if number <= OPEN else ""}>
<summary><h2 id="{name}-h" dir="auto">{title}</h2><span class="about">{about}</span></summary>
<div class="pair">
<section class="text" aria-label="Text of the report" dir="auto">{_marked(record, ids)}</section>
<section class="cards" aria-label="What was found">{cards}{_victims(record)}{_issues(record)}{_source(record)}</section>
</div>
</details>
</article>
"""


def _card(incident: Incident, ids: dict[str, str], depth: int) -> str:
    name = ids[incident.id]
    marks = "".join(f'<span class="badge {_mark_class(mark)}">{_text(mark)}</span>' for mark in say.marks(incident))
    where = _text(say.where(incident))
    rows = [
        ("When", _text(_when(incident))),
        ("Where", where or say.UNKNOWN),
        ("Sides" if incident.type == "armed_clash" else "Who did it", _text(say.perpetrators(incident)) or say.UNKNOWN),
        ("Against" if incident.type == "armed_clash" else "Hit", _joined(incident.targets)),
        ("With", _joined(dict.fromkeys(means.name for means in incident.means))),
        ("Objects", _joined(f"{hit.name} ({hit.effect})" if hit.effect else hit.name for hit in incident.objects)),
        ("Parts", ", ".join(f'<a href="#{ids[part]}">entry {ids[part].split("-")[1]}</a>' for part in incident.parts)),
    ]
    told = "".join(f"<dt>{term}</dt><dd>{value}</dd>" for term, value in rows if value)
    return f"""<section class="card {incident.scope} depth{min(depth, 3)}" id="{name}" aria-labelledby="{name}-h">
<h3 id="{name}-h"><span class="no">{name.split("-")[1]}</span> {_text(say.label("types", incident.type))} {marks}</h3>
<dl>{told}</dl>
{_figures(incident.casualties)}<p class="quote"><a href="#{name}-q">In the text</a>:
<q dir="auto">{_line(incident.quote)}</q></p>
</section>
"""


def _mark_class(mark: str) -> str:
    return mark if mark in ("alleged", "denied", "thwarted") else "scope"


def _when(incident: Incident) -> str:
    days = say.period(incident.start, incident.end)
    notes = []
    if incident.date.basis == "fresh-news":
        notes.append("assumed from the publication date")
    if incident.date.date_of != "act":
        notes.append(f"the day it was {incident.date.date_of}")
    return f"{days} ({', '.join(notes)})" if notes else days


def _joined(names: Iterable[str]) -> str:
    return ", ".join(_line(name) for name in names)


def _figures(figures: tuple[Casualty, ...]) -> str:
    if not figures:
        return ""
    rows = "".join(
        f"<tr{' class=part' if figure.subset_of is not None else ''}><td>{_text(say.harm(figure))}</td>"
        f'<td class="n">{_text(say.count(figure))}</td><td>{_text(say.group(figure)) or say.UNKNOWN}</td>'
        f'<td dir="auto">{_line(figure.says) or "the report"}</td></tr>'
        for figure in _with_parts(figures)
    )
    return (
        '<table><thead><tr><th scope="col">Harm</th><th scope="col">Number</th><th scope="col">Who</th>'
        f'<th scope="col">Says</th></tr></thead><tbody>{rows}</tbody></table>\n'
    )


def _with_parts(figures: tuple[Casualty, ...]) -> Iterator[Casualty]:
    """The figures, each straight before its parts."""

    def below(whole: int | None) -> Iterator[Casualty]:
        for number, figure in enumerate(figures):
            if figure.subset_of == whole:
                yield figure
                yield from below(number)

    return below(None)


def _victims(record: Record) -> str:
    if not record.victims:
        return ""
    items = "".join(f"<li>{_line(_person(v))} – {_text(say.label('harms', v.harm))}</li>" for v in record.victims)
    return f'<section class="side"><h3>Persons</h3><p>They are within the figures above.</p><ul>{items}</ul></section>'


def _person(victim: Victim) -> str:
    told = (victim.name, victim.age, victim.sex, victim.role and say.label("roles", victim.role))
    return ", ".join(str(part) for part in told if part is not None) or "a person"


def _issues(record: Record) -> str:
    if not record.issues:
        return ""
    items = "".join(f"<li><b>{_text(issue.code)}</b>: {_line(issue.message)}</li>" for issue in record.issues)
    return f'<section class="side issues"><h3>Left open</h3><ul>{items}</ul></section>'


def _source(record: Record) -> str:
    parts = [f"Report <code>{_line(record.doc_id)}</code>"]
    if record.url:
        address = _line(record.url)
        parts.append(
            f'<a href="{address}" rel="noreferrer noopener external">{address}</a>' if _is_web(record.url) else address
        )
    parts.append(f"text SHA-256 <code>{_text(record.text_sha256[:12])}</code>")
    made = record.made_with
    parts.append(f"read by {_text(made.extractor)}, Tollbook {_text(made.version)}, lexicon {_text(made.lexicon)}")
    return f'<p class="source">{" · ".join(parts)}</p>'


def _is_web(url: str) -> bool:
    try:
        return urlsplit(url).scheme in ("http", "https")
    except ValueError:
        return False


# --- the marked text ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Mark:
    kind: str
    span: Span
    title: str


def _marks(record: Record, ids: dict[str, str]) -> Iterator[_Mark]:
    """All that a record points at, with the words a reader sees on it."""
    for incident in record.incidents:
        at = f"entry {ids[incident.id].split('-')[1]}"
        yield _Mark("quote", incident.quote_span, f"{at}: {say.label('types', incident.type)}")
        if incident.date.span is not None:
            yield _Mark("date", incident.date.span, f"{at}, when: {_when(incident)}")
        for figure in incident.casualties:
            yield _Mark("figure", figure.span, f"{at}: {say.count(figure)} {say.harm(figure)}")
            if figure.says_span is not None:
                yield _Mark("speaker", figure.says_span, f"{at}, says so: {figure.says}")
        for place in incident.place_details:
            yield _Mark("place", place.span, f"{at}, place: {place.name}")
        for who in incident.perpetrator_details:
            yield _Mark("actor", who.span, f"{at}, by: {say.attribution(who)}")
            if who.says_span is not None:
                yield _Mark("speaker", who.says_span, f"{at}, says who did it: {who.says}")
        for target in incident.target_details:
            yield _Mark("target", target.span, f"{at}, hit: {target.name}")
        for means in incident.means:
            yield _Mark("means", means.span, f"{at}, weapon: {say.label('means', means.kind)}")
        for hit in incident.objects:
            yield _Mark("object", hit.span, f"{at}, object: {say.label('objects', hit.kind)}")
    for victim in record.victims:
        yield _Mark("victim", victim.span, f"person {say.label('harms', victim.harm)}")


def _marked(record: Record, ids: dict[str, str]) -> str:
    """The clean text in paragraphs, cut at every edge of a mark; each piece carries the narrowest mark on it."""
    text = record.text
    told = (_Mark("furniture", piece.span, f"not the report's own telling: {piece.kind}") for piece in record.furniture)
    marks = [m for m in (*_marks(record, ids), *told) if 0 <= m.span[0] < m.span[1] <= len(text)]
    marks.sort(key=lambda mark: mark.span)
    anchors = sorted((incident.quote_span[0], ids[incident.id]) for incident in record.incidents)
    edges = sorted({at for mark in marks for at in mark.span} | {at for at, _ in anchors})
    active: list[_Mark] = []
    opened = named = 0
    made: list[str] = []
    for start, end in _paragraphs(text):
        inner = edges[bisect_right(edges, start) : bisect_left(edges, end)]
        pieces: list[tuple[str, _Look | None]] = []
        for at, until in pairwise((start, *inner, end)):
            while named < len(anchors) and anchors[named][0] <= at:
                pieces.append((anchors[named][1], None))
                named += 1
            while opened < len(marks) and marks[opened].span[0] <= at:
                active.append(marks[opened])
                opened += 1
            active = [mark for mark in active if mark.span[1] > at]
            look = _look(active)
            if pieces and pieces[-1][1] == look:
                pieces[-1] = (pieces[-1][0] + text[at:until], look)
            else:
                pieces.append((text[at:until], look))
        kind = ' class="headline"' if end <= len(record.title) else ""
        shown = "".join(_anchor(words) if look is None else _piece(words, look) for words, look in pieces)
        made.append(f"<p{kind}>{shown}</p>")
    return "\n".join(made)


def _paragraphs(text: str) -> Iterator[Span]:
    start = 0
    for gap in _GAP.finditer(text):
        if gap.start() > start:
            yield start, gap.start()
        start = gap.end()
    if start < len(text):
        yield start, len(text)


_GAP = re.compile(r"\n[ \t]{0,80}\n\s{0,80}")


@dataclass(frozen=True, slots=True)
class _Look:
    """How a piece of text is shown: its narrowest mark, whether it lies in a quote, whether it is furniture."""

    mark: _Mark | None
    quoted: bool
    furniture: _Mark | None


def _look(active: list[_Mark]) -> _Look:
    furniture = next((mark for mark in active if mark.kind == "furniture"), None)
    found = [mark for mark in active if mark.kind != "furniture"]
    top = min(found, key=lambda mark: (_RANK[mark.kind], mark.span[1] - mark.span[0]), default=None)
    return _Look(top, any(mark.kind == "quote" for mark in found), furniture)


def _piece(words: str, look: _Look) -> str:
    piece = _text(words)
    if (mark := look.mark) is not None:
        within = " in" if look.quoted and mark.kind != "quote" else ""
        piece = f'<mark class="{mark.kind}{within}" title="{_line(mark.title)}">{piece}</mark>'
    if look.furniture is not None:
        piece = f'<span class="furniture" title="{_line(look.furniture.title)}">{piece}</span>'
    return piece


def _anchor(name: str) -> str:
    number = name.split("-")[1]
    return f'<a class="ref" id="{name}-q" href="#{name}" aria-label="Entry {number}">{number}</a>'
