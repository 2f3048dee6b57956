"""Marks what stands on a page beside the report: ranges with a kind, nothing is cut.

Two ways in: pages whose lines stand apart (here: each paragraph is judged by its words, its marks and
its place), and running text as scrapers leave it (`running_text.py`). The words are rules in
`data/lexicon/en/pages.yml`. In doubt a line is the report's own.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from statistics import median

from tollbook.model import Furniture, Report, Span
from tollbook.page_rules import (
    FULL_STOP_INSIDE,
    TERMINAL,
    WORDS,
    Marks,
    Rules,
    Unit,
    headline_span,
    place_line,
    rules,
)
from tollbook.running_text import mark_running
from tollbook.sentences import is_capitals, paragraph_spans, split_sentences

# A report of more paragraphs is none; judging each line of a dump would take seconds.
MAX_UNITS = 10_000
# A line rule is tried on lines up to this length: it bounds the work on hostile input.
MAX_LINE_RULE = 700
MAX_CONTAINS_RULE = 1500

_NOT_SPACE = re.compile(r"\S+")
_BULLET = re.compile(r"\s*(?:[-•*‣▪●–—.]\s|\(?\d{1,2}[.)]\s|\(?[a-z][)]\s)")
_FIGURE_LIST = re.compile(r"[^:]{2,60}:\s*(?:about |at least |some )?[\d,.]+\b")
_STARTS_AS_BODY = re.compile(r"[\"'“‘(]?[a-z]")


def mark(
    text: str, title_end: int, *, outlet: str | None = None, dateline: Span | None = None
) -> tuple[Furniture, ...]:
    """Furniture of a clean text, in order and without overlap.

    `dateline` is the span of the publication date where the text prints one. The title itself is no
    furniture; a site's name at its end is (`sitename`).
    """
    marks = Marks(text)
    title = text[:title_end]
    core = headline_span(title, outlet)
    marks.add(0, core[0], "sitename")
    marks.add(core[1], title_end, "sitename")
    units = list(_units(text, title_end))
    if 3 <= len(units) <= MAX_UNITS:
        _mark_lines(units, title, marks, dateline)
    mark_running(text, title, units, marks, dateline)
    return marks.result()


def is_headline(line: str) -> bool:
    """Whether a text's first line can be its headline: some words, no final stop, no date, button or dateline."""
    line = line.strip()
    words = len(line.split())
    if not 3 <= words <= 40 or len(line) > 250:
        return False
    if TERMINAL.search(line):
        return line[-1] in "?!" and words <= 25
    return line[-1] not in ",;:-–—_" and not is_labelled(line) and place_line(line, 0, len(line)) is None


def is_labelled(line: str) -> bool:
    """Whether a line's own words make it furniture."""
    unit = Unit((0, len(line)), line.strip(), len(line.split()), False, 0)
    return bool(line.strip()) and _labelled(unit, rules()) is not None


def mark_repeats(report: Report) -> Report:
    """The report with whole sentences that it has already told marked `repeat` (scrapers print a lead twice).

    A first copy without its full stop, run into a longer sentence, is the one that is marked.
    """
    text = report.text
    seen: set[str] = set()
    # A body sentence touches no furniture, so what is found here needs no check against it.
    marks: list[tuple[int, int, str]] = []
    for sentence in split_sentences(report):
        if sentence.kind != "body":
            continue
        start, end = sentence.span
        words = text[start:end].rstrip(".").lower().split()
        if len(words) < 7:
            continue
        key = " ".join(words)
        if key in seen:
            marks.append((start, end, "repeat"))
        elif stop := _doubled(words):
            at = [w.start() for w in _NOT_SPACE.finditer(text, start, end)][stop]
            first = start, start + len(text[start:at].rstrip())
            marks.append((*((at, end) if stop * 2 == len(words) else first), "repeat"))
            seen.add(" ".join(words[:stop]))
        seen.add(key)
    if not marks:
        return report
    found = (Furniture(kind, (a, b)) for a, b, kind in marks)
    return replace(report, furniture=tuple(sorted((*report.furniture, *found), key=lambda f: f.span)))


def _doubled(words: list[str]) -> int:
    """How many words at the beginning come again directly after themselves; 0 when fewer than seven do."""
    first = words[0]
    for stop in range(7, len(words) // 2 + 1):
        if words[stop] == first and words[:stop] == words[stop : 2 * stop]:
            return stop
    return 0


def _units(text: str, title_end: int) -> Iterator[Unit]:
    last = title_end
    for start, end in paragraph_spans(text):
        start = max(start, title_end)
        piece = text[start:end].strip()
        if not piece:
            continue
        count = len(piece.split(None, 60)) if len(piece) < 4000 else 60
        prose = count >= 6 and bool(TERMINAL.search(piece[-90:]))
        at = text.index(piece, start)
        yield Unit((at, at + len(piece)), piece, count, prose, text.count("\n", last, start))
        last = end


# --- pages whose lines stand apart --------------------------------------------------------------


def _mark_lines(units: list[Unit], title: str, marks: Marks, dateline: Span | None) -> None:
    known = rules()
    for unit in units:
        unit.kind = _labelled(unit, known)
        if dateline and unit.span[0] <= dateline[0] < unit.span[1] and unit.words <= 12 and not unit.prose:
            unit.kind = "dateline"
    _sections(units, known)
    if not is_capitals(marks.text):
        _unlabelled(units, title)
    _boxes(units)
    for unit in units:
        if unit.kind:
            marks.spans.append((unit.span[0], unit.span[1], unit.kind))


def _labelled(unit: Unit, known: Rules) -> str | None:
    """The kind that a line's own words give it."""
    text = unit.text
    if len(text) <= MAX_LINE_RULE:
        if _is_buttons(text, known):
            return "share"
        for rule in known.lines:
            if rule.pattern.fullmatch(text):
                return rule.kind
        if (match := place_line(text, 0, len(text))) and match.end() == len(text):
            return "dateline"
    if len(text) <= MAX_CONTAINS_RULE:
        for rule in known.contains:
            if unit.words <= rule.words and rule.pattern.search(text):
                return rule.kind
    return None


def _is_buttons(text: str, known: Rules) -> bool:
    words = 0
    for part in text.lower().split():
        word = part.strip(".,:|/·•+()[]-")
        if word and not word.replace(",", "").replace(".", "").removesuffix("k").isdigit():
            if word not in known.button_words:
                return False
            words += 1
    return 0 < words <= 25


def _sections(units: list[Unit], known: Rules) -> None:
    """Headings, and the lines they take."""
    prose_before = 0
    for i, unit in enumerate(units):
        if unit.prose and not unit.kind:
            prose_before += 1
        if len(unit.text) > 80 or unit.prose:
            continue
        rule = next((r for r in known.headings if r.pattern.fullmatch(unit.text)), None)
        if rule is None:
            continue
        if rule.takes == "rest":
            # A "Comments" button above the story is a button.
            if prose_before >= 2:
                for later in units[i:]:
                    later.kind = rule.kind
                return
            unit.kind = "share"
        elif rule.takes == "short":
            unit.kind = rule.kind
            for later in _short_run(units[i + 1 :]):
                later.kind = later.kind or rule.kind
        elif prose_before >= 1:
            box = _box_after(units[i + 1 :], units)
            if box:
                for later in [unit, *box]:
                    later.kind = rule.kind


def _short_run(units: Sequence[Unit]) -> Iterator[Unit]:
    """Links after a heading: lines that are no prose, or single teasers of one sentence under a link."""
    for unit in units[:40]:
        if unit.prose or unit.words > 25:
            return
        yield unit


def _box_after(units: Sequence[Unit], page: Sequence[Unit]) -> list[Unit]:
    """An analyst's box: up to three lines of name and office, then paragraphs that are longer than the page's own."""
    named: list[Unit] = []
    for unit in units[:3]:
        if unit.prose or unit.words > 12:
            break
        named.append(unit)
    usual = _usual_length(page)
    box: list[Unit] = []
    for unit in units[len(named) : len(named) + 6]:
        if not unit.prose or (box and _sentence_count(unit.text) <= usual):
            break
        box.append(unit)
    # Without a name and without a difference in length nothing says where the box ends.
    if not box or (not named and _sentence_count(box[0].text) <= usual):
        return []
    return named + box


def _usual_length(units: Sequence[Unit]) -> float:
    counts = [_sentence_count(u.text) for u in units if u.prose]
    return median(counts) if counts else 0


def _sentence_count(text: str) -> int:
    return len(FULL_STOP_INSIDE.findall(text)) + 1


def _like(line: str, title: str) -> bool:
    """Whether a line is the headline again, in nearly the same words."""
    words, wanted = (set(WORDS.findall(t.lower())) for t in (line, title))
    return len(words & wanted) > 0.6 * max(len(words), 1) and len(words) >= 3


def _unlabelled(units: list[Unit], title: str) -> None:
    """Lines without a final stop on a page of prose: standfirst above, captions and subheads inside, links below."""
    prose = [i for i, u in enumerate(units) if u.prose and not u.kind]
    loose = [i for i, u in enumerate(units) if not u.prose and not u.kind]
    if len(prose) < 3 or len(loose) > 1.5 * len(prose) + 6:
        return
    first, last = prose[0], prose[-1]
    for i in loose:
        unit = units[i]
        following = units[i + 1] if i + 1 < len(units) else None
        if _may_be_body(unit, units[i - 1] if i else None) or (following and _STARTS_AS_BODY.match(following.text)):
            continue
        if i < first:
            unit.kind = "title" if _like(unit.text, title) else "standfirst" if unit.words >= 5 else "subhead"
        elif i > last:
            unit.kind = "related"
        else:
            unit.kind = "subhead" if unit.words <= 8 else "caption"


def _may_be_body(unit: Unit, previous: Unit | None) -> bool:
    text = unit.text
    return bool(
        unit.words > 45
        or text[-1] in ":,;-–—"
        or TERMINAL.search(text)
        or _BULLET.match(text)
        or _FIGURE_LIST.match(text)
        or FULL_STOP_INSIDE.search(text)
        or _STARTS_AS_BODY.match(text)
        or (previous and previous.text.endswith(":") and not previous.kind)
    )


def _boxes(units: list[Unit]) -> None:
    """Long paragraphs set off by extra blank lines among paragraphs of one or two sentences: a box without heading."""
    prose = [u for u in units if u.prose and not u.kind]
    if len(prose) < 8 or _usual_length(prose) > 2:
        return
    usual_gap = median(u.gap for u in prose)
    for i, unit in enumerate(units):
        if unit.kind or not unit.prose or i == 0 or unit.gap <= usual_gap or _sentence_count(unit.text) < 4:
            continue
        run = [unit]
        for later in units[i + 1 : i + 4]:
            if later.kind or not later.prose or _sentence_count(later.text) < 4 or later.gap > usual_gap:
                break
            run.append(later)
        if any(u.prose and not u.kind for u in units[:i]) and any(
            u.prose and not u.kind for u in units[i + len(run) :]
        ):
            for later in run:
                later.kind = "analysis"
