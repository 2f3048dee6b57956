"""Marks what stands on a page beside the report: ranges with a kind, nothing is cut.

Two ways in: pages whose lines stand apart (each paragraph is judged by its words, its marks and its
place), and running text as scrapers leave it (what is glued before the first sentence and after
the last). The words are rules in `data/lexicon/en/pages.yml`. In doubt a line is the report's own.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from statistics import median

from tollbook import lexicon
from tollbook.errors import LexiconError
from tollbook.model import Furniture, Report, Span
from tollbook.sentences import is_capitals, is_starter, paragraph_spans, split_sentences

KINDS = frozenset(
    (
        *("advert", "analysis", "browser", "byline", "caption", "comment", "copyright", "dateline", "related"),
        *("repeat", "share", "sitename", "standfirst", "subhead", "tags", "title"),
    )
)
TAKES = frozenset(("short", "rest", "box"))

# A report of more paragraphs is none; judging each line of a dump would take seconds.
MAX_UNITS = 10_000
# A line rule is tried on lines up to this length: it bounds the work on hostile input.
MAX_LINE_RULE = 700
MAX_CONTAINS_RULE = 1500
# How far from its beginning running text may still be headline, date and buttons.
HEAD = 700
TAIL = 4000
SHORT_TAIL = 800

_WORDS = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*")
_NOT_SPACE = re.compile(r"\S+")
# Closing quotes may stand apart, and a transcript's "[END RECORDING]" or a footnote's "[1]" may follow.
_TERMINAL = re.compile(r"[.!?…](?:\s?[\"'”’»)\]]|\s{0,3}\[[^\]\n]{1,40}\]){0,5}\s*\Z")
_FULL_STOP_INSIDE = re.compile(r"[A-Za-z\d)\"”’]{2}[.!?][\"'”’)]{0,2}\s+[\"'“‘(]{0,2}[A-Z]")
_AFTER_STOP = re.compile(r"[.!?…][\"'”’»)\]]{0,3}\s+\Z|\A\s*\Z")
_BULLET = re.compile(r"\s*(?:[-•*‣▪●–—.]\s|\(?\d{1,2}[.)]\s|\(?[a-z][)]\s)")
_FIGURE_LIST = re.compile(r"[^:]{2,60}:\s*(?:about |at least |some )?[\d,.]+\b")
_STARTS_AS_BODY = re.compile(r"[\"'“‘(]?[a-z]")
# "KABUL (AFP) -", "GAO, Mali (Reuters) —", "BOGOTA, 5 SEP 89 (EFE) -- [TEXT]", "NNA -", "AMMAN:".
_PLACE_LINE = re.compile(
    r"""(?:[A-Z][A-Z.'’]{1,25}(?:[ -][A-Z][A-Z.'’]{1,25}){0,4}            # the town in capitals
        (?:\ \([A-Z][\w. ]{1,25}\))?                                      # (Syria)
        (?:/[A-Z][A-Z.'’]{1,25}(?:[ -][A-Z][A-Z.'’]{1,25}){0,2}){0,2}     # MIEH MIEH/BEIRUT
        (?:,\ [A-Z][\w.'’]{0,20}(?:[ -][A-Z][\w.'’]{1,20}){0,2}\.?)?      # , Northern Ireland
        (?:,?\ (?:[A-Z][a-z]{2,8}\.?\ \d{1,2}|\d{1,2}\ [A-Z][A-Za-z]{2,8})(?:,?\ \d{2,4})?)?  # , August 7
       )
       (?:\ ?\((?P<agency>[A-Z][\w.&/ -]{1,60})\)(?P<dash>\s?(?:--|[-–—_:]))?        # (Reuters) -
         |\ ?(?:--|[–—_])                                               # an em dash
         |\ -(?=\s)
         |:(?=\s[A-Z][a-z])
       )
       (?:\s?\[[A-Z][A-Z ]{2,60}\]){0,3}""",
    re.X,
)  # fmt: skip
_TAGS_LABEL = re.compile(r"\bTags:? ")


@dataclass(frozen=True, slots=True)
class Rule:
    """One row of pages.yml; `pattern` is compiled."""

    kind: str
    pattern: re.Pattern[str]
    example: str
    excluded: str | None = None
    words: int = 0
    takes: str = ""
    strong: bool = False


@dataclass(frozen=True, slots=True)
class Rules:
    """The checked content of pages.yml."""

    lines: tuple[Rule, ...]
    contains: tuple[Rule, ...]
    headings: tuple[Rule, ...]
    heads: tuple[Rule, ...]
    credits: tuple[Rule, ...]
    tails: tuple[Rule, ...]
    foot: tuple[str, ...]
    site_words: re.Pattern[str]
    button_words: frozenset[str]
    agencies: frozenset[str]
    not_towns: frozenset[str]


_LISTS = ("foot", "site_words", "button_words", "agencies", "not_towns")
_SECTIONS = ("lines", "contains", "headings", "heads", "credits", "tails")


@cache
def rules() -> Rules:
    """The rules of `data/lexicon/en/pages.yml`, read once."""
    return check(lexicon.load("lexicon/en/pages"))


def check(data: object) -> Rules:
    """pages.yml as rules. Raises LexiconError for an unknown kind or key, or a pattern that does not compile."""
    if not isinstance(data, dict) or set(data) != {*_SECTIONS, *_LISTS}:
        raise LexiconError(f"pages.yml: needed are {', '.join((*_SECTIONS, *_LISTS))}")
    sections = {name: tuple(_rule(name, row) for row in data[name]) for name in _SECTIONS}
    foot = tuple(data["foot"])
    site = re.compile(
        "|".join(rf"\b{re.escape(w)}\b" if w[0] != "." else re.escape(w) for w in data["site_words"]), re.I
    )
    buttons, agencies, others = (frozenset(data[name]) for name in ("button_words", "agencies", "not_towns"))
    return Rules(**sections, foot=foot, site_words=site, button_words=buttons, agencies=agencies, not_towns=others)


def _rule(section: str, row: dict[str, object]) -> Rule:
    unknown = set(row) - {"kind", "pattern", "example", "not", "case", "words", "takes", "strong"}
    if unknown or row.get("kind") not in KINDS or not isinstance(row.get("example"), str):
        raise LexiconError(f"pages.yml: {section}: not a rule: {row}")
    if (section == "headings") != (row.get("takes") in TAKES):
        raise LexiconError(f"pages.yml: {section}: takes must be one of {sorted(TAKES)} in headings only: {row}")
    try:
        pattern = re.compile(str(row["pattern"]), re.S if row.get("case") else re.S | re.I)
    except re.error as error:
        raise LexiconError(f"pages.yml: {section}: {row['pattern']!r}: {error}") from error
    excluded, words = row.get("not"), row.get("words", 0)
    assert isinstance(words, int)
    return Rule(
        str(row["kind"]), pattern, str(row["example"]), str(excluded) if excluded else None, words,
        str(row.get("takes", "")), bool(row.get("strong")),
    )  # fmt: skip


# --- the page -----------------------------------------------------------------------------------


class _Marks:
    """Ranges marked so far; an earlier mark keeps its characters."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.spans: list[tuple[int, int, str]] = []

    def add(self, start: int, end: int, kind: str) -> None:
        """Marks [start, end) without white space at its edges, as far as it is still free."""
        for a, b, _ in sorted(s for s in self.spans if s[1] > start and s[0] < end):
            if a <= start < b:
                start = b
            elif start < a < end:
                self.add(start, a, kind)
                start = b
        part = self.text[start:end]
        start, end = start + len(part) - len(part.lstrip()), end - (len(part) - len(part.rstrip()))
        if start < end:
            self.spans.append((start, end, kind))

    def free(self, span: Span) -> bool:
        """Whether no mark touches the span."""
        return all(b <= span[0] or a >= span[1] for a, b, _ in self.spans)

    def result(self) -> tuple[Furniture, ...]:
        """The marks in order."""
        return tuple(Furniture(kind, (a, b)) for a, b, kind in sorted(self.spans))


@dataclass(slots=True)
class _Unit:
    """One paragraph of the body: where it stands and what it looks like."""

    span: Span
    text: str
    words: int
    prose: bool
    gap: int
    kind: str | None = None


def mark(
    text: str, title_end: int, *, outlet: str | None = None, dateline: Span | None = None
) -> tuple[Furniture, ...]:
    """Furniture of a clean text, in order and without overlap.

    `dateline` is the span of the publication date where the text prints one. The title itself is no
    furniture; a site's name at its end is (`sitename`).
    """
    marks = _Marks(text)
    title = text[:title_end]
    core = headline_span(title, outlet)
    marks.add(0, core[0], "sitename")
    marks.add(core[1], title_end, "sitename")
    units = list(_units(text, title_end))
    if 3 <= len(units) <= MAX_UNITS:
        _mark_lines(units, title, marks, dateline)
    _mark_running(text, title, units, marks, dateline)
    return marks.result()


def is_headline(line: str) -> bool:
    """Whether a text's first line can be its headline: some words, no final stop, no date, button or dateline."""
    line = line.strip()
    words = len(line.split())
    if not 3 <= words <= 40 or len(line) > 250:
        return False
    if _TERMINAL.search(line):
        return line[-1] in "?!" and words <= 25
    return line[-1] not in ",;:-–—_" and not is_labelled(line) and place_line(line, 0, len(line)) is None


def is_labelled(line: str) -> bool:
    """Whether a line's own words make it furniture."""
    unit = _Unit((0, len(line)), line.strip(), len(line.split()), False, 0)
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


def headline_span(title: str, outlet: str | None) -> Span:
    """The part of a page's title that is the headline: without " | Outlet" behind it or "Outlet - " before it."""
    for bar in (" | ", " « ", " » ", " • ", " :: "):
        at = title.find(bar)
        if at > 0:
            after = title[at + len(bar) :]
            if at < 30 and len(after.split()) >= 4 and (at < 10 or _is_site(title[:at], outlet)):
                return at + len(bar), len(title)
            if at >= 10:
                return 0, at
    for dash in (" - ", " – ", " — "):
        at = title.find(dash)
        if 0 < at < 40 and len(title[at:].split()) >= 5 and _is_site(title[:at], outlet):
            return at + len(dash), len(title)
        while at >= 10:
            parts = [p.strip() for p in title[at:].split(dash) if p.strip()]
            if parts and _is_site(parts[-1], outlet) and all(len(p.split()) <= 3 for p in parts):
                return 0, at
            at = title.find(dash, at + 1)
    return 0, len(title)


def _is_site(name: str, outlet: str | None) -> bool:
    plain = "".join(_WORDS.findall(name.lower()))
    own = "".join(_WORDS.findall((outlet or "").lower()))
    if plain and own and (plain in own or own in plain):
        return True
    return len(name.split()) <= 4 and name[:1].isupper() and bool(rules().site_words.search(name))


def _units(text: str, title_end: int) -> Iterator[_Unit]:
    last = title_end
    for start, end in paragraph_spans(text):
        start = max(start, title_end)
        piece = text[start:end].strip()
        if not piece:
            continue
        count = len(piece.split(None, 60)) if len(piece) < 4000 else 60
        prose = count >= 6 and bool(_TERMINAL.search(piece[-90:]))
        at = text.index(piece, start)
        yield _Unit((at, at + len(piece)), piece, count, prose, text.count("\n", last, start))
        last = end


# --- pages whose lines stand apart --------------------------------------------------------------


def _mark_lines(units: list[_Unit], title: str, marks: _Marks, dateline: Span | None) -> None:
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


def _labelled(unit: _Unit, known: Rules) -> str | None:
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
    tokens = [t.strip(".,:|/·•+()[]-") for t in text.lower().split()]
    words = [t for t in tokens if t and not t.replace(",", "").replace(".", "").removesuffix("k").isdigit()]
    return bool(words) and len(words) <= 25 and all(w in known.button_words for w in words)


def _sections(units: list[_Unit], known: Rules) -> None:
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


def _short_run(units: Sequence[_Unit]) -> Iterator[_Unit]:
    """Links after a heading: lines that are no prose, or single teasers of one sentence under a link."""
    for unit in units[:40]:
        if unit.prose or unit.words > 25:
            return
        yield unit


def _box_after(units: Sequence[_Unit], page: Sequence[_Unit]) -> list[_Unit]:
    """An analyst's box: up to three lines of name and office, then paragraphs that are longer than the page's own."""
    named: list[_Unit] = []
    for unit in units[:3]:
        if unit.prose or unit.words > 12:
            break
        named.append(unit)
    usual = _usual_length(page)
    box: list[_Unit] = []
    for unit in units[len(named) : len(named) + 6]:
        if not unit.prose or (box and _sentence_count(unit.text) <= usual):
            break
        box.append(unit)
    # Without a name and without a difference in length nothing says where the box ends.
    if not box or (not named and _sentence_count(box[0].text) <= usual):
        return []
    return named + box


def _usual_length(units: Sequence[_Unit]) -> float:
    counts = [_sentence_count(u.text) for u in units if u.prose]
    return median(counts) if counts else 0


def _sentence_count(text: str) -> int:
    return len(_FULL_STOP_INSIDE.findall(text)) + 1


def _like(line: str, title: str) -> bool:
    """Whether a line is the headline again, in nearly the same words."""
    words, wanted = (set(_WORDS.findall(t.lower())) for t in (line, title))
    return len(words & wanted) > 0.6 * max(len(words), 1) and len(words) >= 3


def _unlabelled(units: list[_Unit], title: str) -> None:
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


def _may_be_body(unit: _Unit, previous: _Unit | None) -> bool:
    text = unit.text
    return bool(
        unit.words > 45
        or text[-1] in ":,;-–—"
        or _TERMINAL.search(text)
        or _BULLET.match(text)
        or _FIGURE_LIST.match(text)
        or _FULL_STOP_INSIDE.search(text)
        or _STARTS_AS_BODY.match(text)
        or (previous and previous.text.endswith(":") and not previous.kind)
    )


def _boxes(units: list[_Unit]) -> None:
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


def place_line(text: str, at: int, end: int) -> re.Match[str] | None:
    """The dateline that begins at `at` with a town: "KABUL (AFP) -". An acronym's meaning, "IS (Daesh)", is none."""
    match = _PLACE_LINE.match(text, at, end)
    if match is None:
        return None
    agency = match.group("agency")
    if agency is None:
        # Without an agency the line must begin mixed-case text, and name no speaker.
        following = text[match.end() : match.end() + 20].lstrip(" \n\"'“‘`")
        first = re.split(r"[ :,–—_-]", match.group().lower(), maxsplit=1)[0]
        plain = not following[:1].isupper() or following[:12].isupper() or first in rules().not_towns
        return None if plain and match.end() < end else match
    known = match.group("dash") or agency.lower() in rules().agencies or "[" in match.group()
    return match if known else None


# --- running text -------------------------------------------------------------------------------


def _mark_running(text: str, title: str, units: list[_Unit], marks: _Marks, dateline: Span | None) -> None:
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


def _mark_head(text: str, title: str, span: Span, marks: _Marks, dateline: Span | None) -> None:
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


def _after_label(marks: _Marks, at: int) -> bool:
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
    wanted = [w.replace("'", "").replace("’", "").lower() for w in _WORDS.findall(title)]
    if len(wanted) < 3 or not wanted[0].startswith(text[at : at + 1].lower() or "\0"):
        return 0
    stop = at
    for word in wanted:
        match = _WORDS.search(text, stop, min(end, stop + 60))
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


def _mark_tags(text: str, start: int, limit: int, marks: _Marks) -> None:
    """`Tags Mali Gao militants Two people ...`: the list ends where a sentence begins."""
    label = _TAGS_LABEL.search(text, start, limit)
    if label is None or not _AFTER_STOP.search(text[max(start, label.start() - 6) : label.start()]):
        return
    stop = label.end()
    for word in _WORDS.finditer(text, label.end(), min(len(text), label.end() + 200)):
        if text[word.start() - 1] in ".!?":
            break
        if word.group()[0].isupper() and is_starter(word.group()) and word.start() > label.end():
            stop = word.start()
            break
    marks.add(label.start(), stop, "tags")


def _mark_place_line(text: str, at: int, limit: int, end: int, marks: _Marks) -> None:
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


def _mark_credit(text: str, span: Span, marks: _Marks) -> None:
    """A caption closed by its photographer's credit, inside running text: back to the sentence's beginning."""
    start, end = span
    limit = min(end, start + 1500)
    for rule in rules().credits:
        for match in rule.pattern.finditer(text, start, limit):
            begin = start
            for stop in re.finditer(r"[a-z\d)\"”’][.!?][\"”’)]{0,2}\s+(?=[A-Z\"“])", text[start : match.start()]):
                begin = start + stop.end()
            begin = max([begin, *(b for _, b, _ in marks.spans if b <= match.start())])
            if _TERMINAL.search(text[max(start, match.start() - 6) : match.start()]):
                begin = match.start()  # what ends with a full stop may be the report's own sentence
            if match.start() - begin <= 400:
                marks.add(begin, match.end(), rule.kind)


def _mark_tail(text: str, span: Span, marks: _Marks) -> None:
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
    return len(_FULL_STOP_INSIDE.findall(text))


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
