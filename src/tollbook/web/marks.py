"""What of a report's text is marked, and the text cut into pieces for it. Pure: a record and a text in, pieces out."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from tollbook.model import Furniture, Span
from tollbook.ontology import label
from tollbook.render.html import KINDS as KINDS
from tollbook.store.records import locate

WINDOW = 60_000
"""Characters of a report's text on one page: far more than an article, far less than a browser chokes on."""

_RANK = {kind: rank for rank, (kind, _) in enumerate(KINDS)}
_BREAK = re.compile(r"\n[ \t]{0,80}\n\s{0,80}")


@dataclass(frozen=True, slots=True)
class Mark:
    """A span of the text: its kind (as in the legend), what it says, and the row of the record it belongs to."""

    kind: str
    span: Span
    title: str
    row: str


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of text under the same marks: the narrowest one, whether it lies in a quote or in furniture."""

    text: str
    mark: Mark | None
    quoted: bool
    furniture: str | None
    first: bool


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A paragraph: where it begins in the text (code points), whether it is the headline, its pieces."""

    start: int
    headline: bool
    pieces: tuple[Piece, ...]


def marks(text: str, claims: Sequence[Mapping[str, Any]], victims: Sequence[Mapping[str, Any]] = ()) -> list[Mark]:
    """Every span of a report's live claims ({"id", "mention", "kind", "span", "value"}) and persons, in order.

    Values of records made elsewhere may tell no spans: their names are found by their words, nearest to the act.
    """
    found: list[Mark] = []
    for claim in claims:
        value, near = claim["value"], claim["span"]
        if claim["kind"] == "figure":
            found.append(Mark("figure", near, f"{_count(value)} {_harm(value)}", claim["id"]))
            _add(found, text, "speaker", value, "says", "says_span", "says so", claim["id"], near)
        elif claim["kind"] == "act":
            found.append(Mark("quote", near, label("types", str(value.get("type"))), claim["mention"]))
            found += _act(text, value, near, claim["mention"])
    for number, victim in enumerate(victims):
        span = _span(victim.get("span"), text)
        if span:
            found.append(Mark("victim", span, f"person {label('harms', str(victim.get('harm')))}", f"victim-{number}"))
    return sorted((m for m in found if 0 <= m.span[0] < m.span[1] <= len(text)), key=lambda m: m.span)


def _act(text: str, value: Mapping[str, Any], near: Span, row: str) -> Iterator[Mark]:
    found: list[Mark] = []
    date = value.get("date")
    if isinstance(date, Mapping):
        span = _span(date.get("span"), text)
        if span:
            found.append(Mark("date", span, "when", row))
    for key, kind, title in (
        ("places", "place", "where"),
        ("perpetrators", "actor", "by"),
        ("targets", "target", "hit"),
    ):
        details = value.get({"places": "place", "perpetrators": "perpetrator", "targets": "target"}[key] + "_details")
        named = [d for d in details or () if isinstance(d, Mapping)]
        for detail in named:
            _add(found, text, kind, detail, "name", "span", title, row, near)
            _add(found, text, "speaker", detail, "says", "says_span", "says who did it", row, near)
        if not named:
            for name in value.get(key) or ():
                if isinstance(name, str):
                    _add(found, text, kind, {"name": name}, "name", "span", title, row, near)
    for key, kind, group in (("means", "means", "means"), ("objects", "object", "objects")):
        for one in value.get(key) or ():
            if isinstance(one, Mapping):
                _add(found, text, kind, one, "name", "span", label(group, str(one.get("kind"))), row, near)
    yield from found


def _add(
    out: list[Mark], text: str, kind: str, value: Mapping[str, Any], key: str, span_key: str, title: str, row: str,
    near: Span,
) -> None:  # fmt: skip
    words = value.get(key)
    if not isinstance(words, str) or not words.strip():
        return
    span = _span(value.get(span_key), text) or locate(text, words, near)
    if span:
        out.append(Mark(kind, span, f"{title}: {words}"[:200], row))


def _span(value: object, text: str) -> Span | None:
    if isinstance(value, (list, tuple)) and len(value) == 2 and all(isinstance(n, int) for n in value):
        start, end = value
        if 0 <= start < end <= len(text):
            return (start, end)
    return None


def _count(value: Mapping[str, Any]) -> str:
    low, high = value.get("min"), value.get("max")
    if low is not None and low == high:
        return f"{low:,}"
    if high is None:
        return f"{low:,}+" if low is not None else "–"
    return f"up to {high:,}" if low is None else f"{low:,} to {high:,}"


def _harm(value: Mapping[str, Any]) -> str:
    return "killed or injured" if value.get("undivided") else label("harms", str(value.get("harm")))


def paragraphs(
    text: str,
    found: Sequence[Mark],
    furniture: Iterable[Furniture] = (),
    title_end: int = 0,
    window: Span | None = None,
) -> list[Paragraph]:
    """The text in paragraphs, cut at every edge of a mark; each piece carries the narrowest mark on it."""
    first, last = window or (0, len(text))
    layers = [*found, *(Mark("furniture", f.span, f"not the report's own telling: {f.kind}", "") for f in furniture)]
    layers.sort(key=lambda m: m.span)
    edges = sorted({at for m in layers for at in m.span})
    begun: set[int] = set()
    active: list[Mark] = []
    opened = 0
    out: list[Paragraph] = []
    for start, end in _cut(text, first, last):
        inner = edges[bisect_right(edges, start) : bisect_left(edges, end)]
        pieces = []
        for at, until in pairwise((start, *inner, end)):
            while opened < len(layers) and layers[opened].span[0] <= at:
                active.append(layers[opened])
                opened += 1
            active = [m for m in active if m.span[1] > at]
            on = [m for m in active if m.span[0] <= at]
            top = min(
                (m for m in on if m.kind != "furniture"),
                key=lambda m: (_RANK.get(m.kind, 99), m.span[1] - m.span[0]),
                default=None,
            )
            around = next((m.title for m in on if m.kind == "furniture"), None)
            fresh = top is not None and id(top) not in begun
            if top is not None:
                begun.add(id(top))
            pieces.append(Piece(text[at:until], top, any(m.kind == "quote" for m in on), around, fresh))
        out.append(Paragraph(start, start < title_end, tuple(pieces)))
    return out


def _cut(text: str, first: int, last: int) -> Iterator[Span]:
    at = first
    for gap in _BREAK.finditer(text, first, last):
        if gap.start() > at:
            yield at, gap.start()
        at = gap.end()
    if at < last:
        yield at, last


_PARAGRAPH = re.compile(r"(?:\n[ \t]{0,80}\n|(?<=[.!?:\"”’)])\n)\s{0,80}")
"""Where a paragraph ends: at an empty line, or at a line's end that ends a sentence (other lines are only wrapped)."""
_SENTENCE = re.compile(r"[.!?][\"'”’)]{0,2}\s{1,80}(?=[\"'“‘(]?[^\W\d_])(?=[\"'“‘(]?(?![a-z]))")


def context(text: str, span: Span, around: int = 220) -> Span:
    """The stretch of text around a span that a reader needs: to its paragraph's edges, or to the sentences' that lie
    within `around` characters of it."""
    low, high = max(0, span[0] - around), min(len(text), span[1] + around)
    breaks = [m.span() for m in _PARAGRAPH.finditer(text, max(0, low - 1), high)]
    first = max((e for _, e in breaks if e <= span[0]), default=None)
    last = min((s for s, _ in breaks if s >= span[1]), default=None)
    stops = [m.span() for m in _SENTENCE.finditer(text, low, high)]
    if first is None and low > 0:
        first = min((e for _, e in stops if e <= span[0]), default=_word(text, low))
    if last is None and high < len(text):
        last = max((e for _, e in stops if e > span[1]), default=_word(text, high))
    return (low if first is None else first, high if last is None else last)


def _word(text: str, at: int) -> int:
    """The nearest place behind `at` that is not inside a word."""
    for near in range(at, min(at + 40, len(text))):
        if near == 0 or text[near - 1].isspace():
            return near
    return at
