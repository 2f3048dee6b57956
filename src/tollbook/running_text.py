"""Furniture inside running text, as scrapers leave it: glued before the first sentence and after the last.

Headline, date, agency, buttons and standfirst stand in front; credits, tags, links and the page's
foot behind; captions closed by a credit and datelines with a town in between.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from tollbook.model import Span
from tollbook.page_rules import FULL_STOP_INSIDE, TERMINAL, WORDS, Marks, Unit, headline_span, place_line, rules
from tollbook.sentences import is_starter

# How far from its beginning running text may still be headline, date and buttons.
HEAD = 700
TAIL = 4000
SHORT_TAIL = 800


_AFTER_STOP = re.compile(r"[.!?…][\"'”’»)\]]{0,3}\s+\Z|\A\s*\Z")
_TAGS_LABEL = re.compile(r"\bTags:? ")


def mark_running(text: str, title: str, units: list[Unit], marks: Marks, dateline: Span | None) -> None:
    """Marks what is glued to the first, the next few and the last of the paragraphs that are not furniture as a whole.

    `title` is the page's title as given, `dateline` the span of the publication date in `text`.
    """
    own = [u for u in units if not u.kind]
    if not own:
        if dateline and marks.free(dateline):
            marks.add(*dateline, "dateline")
        return
    first = own[0]
    _mark_head(text, title, first.span, marks, dateline)
    for unit in own[1:3]:
        if match := place_line(text, *unit.span):
            marks.add(*match.span(), "dateline")
    if dateline and marks.free(dateline) and _stands_alone(text, dateline):
        marks.add(*dateline, "dateline")
    for unit in own[:4]:
        _mark_credit(text, unit.span, marks)
    last = next((u for u in reversed(own) if u.words >= 6), own[-1])
    _mark_tail(text, last.span, marks)


def _stands_alone(text: str, span: Span) -> bool:
    line_start = text.rfind("\n", 0, span[0]) + 1
    line_end = text.find("\n", span[1])
    line_end = len(text) if line_end < 0 else line_end
    return line_end - line_start - (span[1] - span[0]) <= 60


def _mark_head(text: str, title: str, span: Span, marks: Marks, dateline: Span | None) -> None:
    """What stands before the first sentence, piece by piece; a stretch between two pieces is a standfirst or a link."""
    start, end = span
    limit = min(end, start + HEAD)
    at = _skip(text, start, limit)
    for _ in range(14):
        piece = _head_piece(text, title, at, start, limit, end, dateline)
        if piece is None:
            piece = _later_piece(text, title, at, start, limit, end, dateline)
            if piece is None:
                break
            marks.add(at, piece[0], "related" if _after_label(marks, at) else "standfirst")
        marks.add(*piece)
        at = _skip(text, piece[1], end)
    _mark_tags(text, start, limit, marks)
    _mark_place_line(text, at, min(end, start + 1200), end, marks)


def _skip(text: str, at: int, limit: int) -> int:
    while at < limit and (text[at].isspace() or text[at] in ".:|-–—"):
        at += 1
    return at


def _head_piece(
    text: str, title: str, at: int, start: int, limit: int, end: int, dateline: Span | None
) -> tuple[int, int, str] | None:
    """The piece of furniture that begins at `at`, if one does."""
    if at >= limit:
        return None
    if dateline and dateline[0] <= at < dateline[1]:
        return at, dateline[1], "dateline"
    if title and (stop := _title_at(text, title, at, end)):
        return at, stop, "title"
    if (match := place_line(text, at, end)) and match.end() < end:
        return at, match.end(), "dateline"
    for rule in rules().heads:
        match = rule.pattern.match(text, at, end)
        if match is None or match.end() == at:
            continue
        # An agency's name is a byline after the headline or the date and before a capital, else it begins a sentence.
        if rule.kind == "byline" and (at == start or not text[match.end() :][:2].strip()[:1].isupper()):
            continue
        return at, match.end(), rule.kind
    return None


def _later_piece(
    text: str, title: str, at: int, start: int, limit: int, end: int, dateline: Span | None
) -> tuple[int, int, str] | None:
    """The date or the title further on, when the headline has already been seen and only a standfirst lies between."""
    found: list[tuple[int, int, str]] = []
    if dateline and at < dateline[0] < limit:
        agency = _agency_before(text, at, dateline[0])
        found.append((agency, dateline[1], "dateline"))
    if title and len(title) >= 20:
        again = text.find(title, at, limit + len(title))
        if again > at and (stop := _title_at(text, title, again, end)):
            found.append((again, stop, "title"))
    if not found or at == start:
        return None
    piece = min(found)
    between = text[at : piece[0]]
    return piece if len(between) <= 350 and len(between.split()) >= 2 else None


def _agency_before(text: str, at: int, stop: int) -> int:
    """Where an agency's name directly before the date begins (else the date's own start)."""
    match = re.search(
        r"(?:AFP|AP|Reuters|REUTERS|Agencies|AFP/AP)(?: and (?:AFP|AP|agencies))? \Z", text[max(at, stop - 30) : stop]
    )
    return stop - len(match.group()) if match else stop


def _after_label(marks: Marks, at: int) -> bool:
    """Whether the last words marked before `at` were buttons or a label for links."""
    before = [(b, kind) for _, b, kind in marks.spans if b <= at]
    return bool(before) and max(before)[1] in ("share", "related")


def _title_at(text: str, title: str, at: int, end: int) -> int:
    """End of the headline where the text repeats it at `at`, 0 where not. Quotes, commas, apostrophes may be lost."""
    first, last = headline_span(title, None)
    for headline in (title, title[first:last]) if (first, last) != (0, len(title)) else (title,):
        stop = _same_words(text, headline, at, end)
        # The same words as the beginning of a longer sentence are that sentence.
        if stop and not re.match(r"\s?[a-z(,]", text[stop : stop + 2]):
            return _closing(text, stop, end)
    return 0


def _same_words(text: str, title: str, at: int, end: int) -> int:
    """Where the words of `title`, standing at `at`, end; 0 when other words stand there."""
    if text.startswith(title, at):
        return at + len(title)
    wanted = [w.replace("'", "").replace("’", "").lower() for w in WORDS.findall(title)]
    if len(wanted) < 3 or not wanted[0].startswith(text[at : at + 1].lower() or "\0"):
        return 0
    stop = at
    for word in wanted:
        match = WORDS.search(text, stop, min(end, stop + 60))
        if match is None or match.start() - stop > 6:
            return 0
        if match.group().replace("'", "").replace("’", "").lower() != word:
            return 0
        stop = match.end()
    return stop


def _closing(text: str, at: int, end: int) -> int:
    """Past the marks that close a headline."""
    while at < end and text[at] in '.:;!?"”’)-–—':
        at += 1
    return at


def _mark_tags(text: str, start: int, limit: int, marks: Marks) -> None:
    """`Tags Mali Gao militants Two people ...`: the list ends where a sentence begins."""
    label = _TAGS_LABEL.search(text, start, limit)
    if label is None or not _AFTER_STOP.search(text[max(start, label.start() - 6) : label.start()]):
        return
    stop = label.end()
    for word in WORDS.finditer(text, label.end(), min(len(text), label.end() + 200)):
        if text[word.start() - 1] in ".!?":
            break
        if word.group()[0].isupper() and is_starter(word.group()) and word.start() > label.end():
            stop = word.start()
            break
    marks.add(label.start(), stop, "tags")


def _mark_place_line(text: str, at: int, limit: int, end: int, marks: Marks) -> None:
    """A place line after a lead, and what is glued before it: `... said. Some Headline KABUL (AFP) The ...`."""
    for found in re.finditer(r"(?<![A-Z.\w])[A-Z]{3}", text[at:limit]):
        match = place_line(text, at + found.start(), end)
        if match is None or not match.group("agency") or not marks.free(match.span()):
            continue
        begin = max(at, *(m.end() + at for m in re.finditer(r"[.!?][\"”’)]{0,2}\s", text[at : match.start()])), at)
        residue = text[begin : match.start()].strip()
        if residue and (len(residue) > 200 or begin == at):
            # A lead without its full stop is the report's own.
            begin = match.start()
        if residue:
            marks.add(begin, match.start(), "related")
        marks.add(*match.span(), "dateline")
        return


def _mark_credit(text: str, span: Span, marks: Marks) -> None:
    """A caption closed by its photographer's credit, inside running text: back to the sentence's beginning."""
    start, end = span
    limit = min(end, start + 1500)
    for rule in rules().credits:
        for match in rule.pattern.finditer(text, start, limit):
            begin = start
            for stop in re.finditer(r"[a-z\d)\"”’][.!?][\"”’)]{0,2}\s+(?=[A-Z\"“])", text[start : match.start()]):
                begin = start + stop.end()
            begin = max([begin, *(b for _, b, _ in marks.spans if b <= match.start())])
            if TERMINAL.search(text[max(start, match.start() - 6) : match.start()]):
                begin = match.start()  # what ends with a full stop may be the report's own sentence
            if match.start() - begin <= 400:
                marks.add(begin, match.end(), rule.kind)


def _mark_tail(text: str, span: Span, marks: Marks) -> None:
    """What follows the last sentence: credits, tags, links, the page's foot."""
    start, end = span
    end = start + len(text[start:end].rstrip())
    reach = TAIL if _foot_words(text[max(start, end - SHORT_TAIL) : end]) > 1 else SHORT_TAIL
    floor = max(start + (end - start) // 3, end - reach)
    found = sorted(_tail_matches(text, floor, end), key=lambda f: (f[0], -f[1]))
    for i, (at, stop, _, strong) in enumerate(found):
        rest = text[at:end]
        foot = _foot_words(rest)
        if not (
            stop >= end
            or foot >= 2
            or (strong and len(rest) <= 400 and _stops(rest) <= 2)
            or (strong and _stops(rest) == 0)
        ):
            continue
        labels = ((m.start(), m.end(), "tags", True) for m in _TAGS_LABEL.finditer(text, at + 1, end))
        tail = sorted({f[0]: f for f in (*labels, *found[i:])}.values())
        edges = [f[0] for f in tail[1:]] + [end]
        for (a, _, kind, _), b in zip(tail, edges, strict=True):
            if b > a:
                marks.add(a, b, kind)
        return


def _foot_words(text: str) -> int:
    low = text.lower()
    return sum(word in low for word in rules().foot)


def _stops(text: str) -> int:
    return len(FULL_STOP_INSIDE.findall(text))


def _tail_matches(text: str, floor: int, end: int) -> Iterator[tuple[int, int, str, bool]]:
    """Where a tail rule fits directly after a full stop (or after another tail)."""
    edges = {m.end() for m in re.finditer(r"[.!?…][\"”’»)\]]{0,3}(?:\s+|(?=[A-Z(©]))", text[floor:end])}
    done = 0
    queue = sorted(e + floor for e in edges if e + floor < end)
    while queue and done < 60:
        at = queue.pop(0)
        done += 1
        for rule in rules().tails:
            match = rule.pattern.match(text, at, end)
            if match:
                yield at, match.end(), rule.kind, rule.strong
                after = _skip(text, match.end(), end)
                if after < end and after not in queue:
                    queue.insert(0, after)
                break
