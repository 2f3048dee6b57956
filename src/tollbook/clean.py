"""A raw report to a clean one: frozen text, furniture as ranges, publication day with its basis, language.

Pure: no clock, no network. The same raw report gives the same clean one.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import re
import unicodedata
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from tollbook import furniture, language
from tollbook.errors import SourceError
from tollbook.model import DateRange, Issue, PublishedBasis, RawReport, Report, Span

# Longer than any report; a file of this size is a collection or a dump.
MAX_TEXT = 2_000_000

# Characters that show nothing: controls, zero-width marks, direction overrides, tags, surrogates, non-characters.
_INVISIBLE = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180e\u200b-\u200f\u202a-\u202e"
    "\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\ufffe\uffff\ud800-\udfff\U000e0000-\U000e0fff]"
)
_C1 = re.compile("[\x80-\x9f]")
_LINE_ENDS = re.compile("\r\n|[\r\x0b\x0c\u2028\u2029]")
_SPACES = re.compile("[\t\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]")
_TRAILING = re.compile(r"[ ]+(?=\n)")
_MANY_LINES = re.compile(r"\n{4,}")

_YEAR_FIRST = re.compile(r"(\d{4})([-/.]?)(\d{1,2})\2(\d{1,2})(?:[T ]\d{1,2}:\d{2}.{0,30})?")
_YEAR_LAST = re.compile(r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})(?:[T ]\d{1,2}:\d{2}.{0,30})?")
_WEEKDAY = r"(?:[A-Za-z]{3,9}\.?,?\s+)?"
_DAY_MONTH = re.compile(_WEEKDAY + r"(\d{1,2})(?:st|nd|rd|th)?[\s-]+([A-Za-z]{3,9})\.?,?[\s-]+(\d{4})\b.{0,40}")
_MONTH_DAY = re.compile(_WEEKDAY + r"([A-Za-z]{3,9})\.?\s+(\d{1,2})(?:st|nd|rd|th)?,?\s+(\d{4})\b.{0,40}")
_MONTHS = {
    name: number
    for number, name in enumerate(
        ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"), start=1
    )
}
_WORDS = re.compile(r"[^\W_]+")


@dataclass(slots=True)
class _Notes:
    """Collects the Issues of one report, each with its place."""

    raw: RawReport
    issues: list[Issue] = field(default_factory=list)

    @property
    def place(self) -> str:
        raw = self.raw
        return f"{raw.file}:{raw.line}" if raw.line is not None else raw.file or raw.doc_id

    def add(self, code: str, message: str, span: Span | None = None) -> None:
        self.issues.append(Issue(code, f"{self.place}: {message}", self.raw.doc_id, self.raw.file, self.raw.line, span))


class _Page(NamedTuple):
    """The page's own statements, from its HTML; all empty for text."""

    title: str | None
    body: str
    published: dt.date | None = None
    outlet: str | None = None
    url: str | None = None
    remark: str | None = None


def clean_report(
    raw: RawReport,
    *,
    published: dt.date | None = None,
    outlet: str | None = None,
    country: str | None = None,
    latest: dt.date | None = None,
) -> Report:
    """The clean report: text = title, blank line, body (NFC, `\\n`, nothing invisible), then hashed and never changed.

    `published`, `outlet` and `country` are the user's options and go before what the file says.
    `latest` is the last day a page's metadata may name (today, given by the caller; without it any).
    Raises SourceError only: `report-too-big`, `no-text`.
    """
    notes = _Notes(raw)
    try:
        page = _page(raw, latest)
        text, title_end = _freeze(page, notes)
        if page.remark:
            notes.add("broken-html", page.remark)
    except SourceError as error:
        raise SourceError(f"{notes.place}: {error}", code=error.code, file=raw.file, line=raw.line) from error
    dateline = _dateline(text, title_end)
    day, basis = _published(raw.published, published, dateline, page.published, notes)
    code = language.detect(text)
    if code != "en":
        notes.add("language", f"not English but {language.name(code)} ({code}); not read as English")
    outlet = outlet or raw.outlet or page.outlet
    marks = furniture.mark(text, title_end, outlet=outlet, dateline=dateline.span if dateline else None)
    report = Report(
        doc_id=raw.doc_id, text=text, title_end=title_end, published=day, published_basis=basis, language=code,
        raw_sha256=raw.raw_sha256, text_sha256=hashlib.sha256(text.encode("utf-8")).hexdigest(), furniture=marks,
        issues=tuple(notes.issues), outlet=outlet, url=raw.url or page.url, country=country, file=raw.file,
        line=raw.line, extra=raw.extra,
    )  # fmt: skip
    return furniture.mark_repeats(report)


# --- text ---------------------------------------------------------------------------------------


def _page(raw: RawReport, latest: dt.date | None) -> _Page:
    if not raw.is_html:
        return _Page(raw.title, raw.body)
    from tollbook.htmlpage import read_page

    page = read_page(raw.body, latest=latest, url=raw.url)
    return _Page(raw.title or page.title, page.body, page.published, page.outlet, page.url, page.remark)


def _freeze(page: _Page, notes: _Notes) -> tuple[str, int]:
    """Title, blank line, body as one string, and the title's length."""
    if len(page.body) + len(page.title or "") > MAX_TEXT:
        message = f"over {MAX_TEXT // 1_000_000} MB of text, more than one report holds; split it"
        raise SourceError(message, code="report-too-big")
    body, removed = _tidy(page.body)
    title, more = _tidy(page.title or "")
    removed += more
    if removed:
        times = "character" if removed == 1 else "characters"
        notes.add("control-characters", f"{removed} invisible or control {times} removed from the text")
    title = " ".join(title.split())
    if title:
        body = _without_title_line(body, title)
    else:
        title, body = _own_title(body)
    if not title and not body:
        raise SourceError("no text is left after cleaning", code="no-text")
    # Composing may join the title's end to nothing: both parts are composed, the line break keeps them apart.
    text = f"{title}\n\n{body}" if title and body else title or body
    return text, len(title)


def _tidy(text: str) -> tuple[str, int]:
    """Text in NFC with `\\n`, plain spaces and nothing invisible, and how many characters were removed."""
    text = text.removeprefix("\ufeff")
    removed = 0
    if not (text.isascii() and text.isprintable()):
        text = _LINE_ENDS.sub("\n", text)
        if not text.isascii():
            text = _C1.sub(_from_windows, text)
            text = _SPACES.sub(" ", text)
        else:
            text = text.replace("\t", " ")
        text, removed = _INVISIBLE.subn("", text)
        text = unicodedata.normalize("NFC", text)
        text = _TRAILING.sub("", text)
        text = _MANY_LINES.sub("\n\n\n", text)
    return text.strip(), removed


def _from_windows(match: re.Match[str]) -> str:
    """A C1 control is a Windows-1252 mark that was decoded as Latin-1 (as HTML reads it); else it goes."""
    try:
        return match.group().encode("latin-1").decode("cp1252")
    except UnicodeDecodeError:
        return "\0"


def _without_title_line(body: str, title: str) -> str:
    """The body without a first line that is the title."""
    line, newline, rest = body.partition("\n")
    if newline and rest.strip() and _plain(line) == _plain(title):
        return rest.strip()
    return body


def _plain(text: str) -> list[str]:
    return _WORDS.findall(text.replace("'", "").replace("’", "").lower())


def _own_title(body: str) -> tuple[str, str]:
    """A text's own headline and the rest: its first paragraph, when that is short and no sentence; else none.

    Up to five shorter lines (a section's name, a date) may stand above it; they stay in the body.
    """
    lines = body.split("\n", 12)
    above = 0
    for i, line in enumerate(lines[:8]):
        words = line.split()
        if not words:
            continue
        if furniture.is_headline(line):
            following = lines[i + 1].strip() if i + 1 < len(lines) else ""
            rest = "\n".join(lines[i + 1 :]).strip()
            if not rest:
                return "", body
            wraps = following and not (i + 2 < len(lines) and lines[i + 2].strip()) and len(line) >= 40
            if wraps and furniture.is_headline(f"{line} {following}") and following[0].islower():
                line, rest = f"{line} {following}", "\n".join(lines[i + 2 :]).strip()
            return " ".join(line.split()), "\n".join([*lines[:i], rest]).strip()
        above += 1
        if above > 5 or (len(words) > 6 and not furniture.is_labelled(line)):
            return "", body
    return "", body


# --- publication day ----------------------------------------------------------------------------


def _dateline(text: str, title_end: int) -> DateRange | None:
    """The publication day that the text prints, its span in `text`."""
    from tollbook.resolve.dates import dateline_date

    shift = title_end + 2 if title_end and title_end < len(text) else 0
    found = dateline_date(text[shift:])
    if found is None or found.start is None:
        return None
    return replace(found, span=(found.span[0] + shift, found.span[1] + shift) if found.span else None)


def _published(
    stated: str | None, option: dt.date | None, dateline: DateRange | None, metadata: dt.date | None, notes: _Notes
) -> tuple[dt.date | None, PublishedBasis]:
    """The publication day: option, dateline, metadata, field, in this order; Issues for conflicts and none."""
    named: list[tuple[PublishedBasis, dt.date | None]] = [
        ("option", option),
        ("dateline", dateline.start if dateline else None),
        ("metadata", metadata),
        ("field", _stated_day(stated, notes) if stated else None),
    ]
    known = [(basis, day) for basis, day in named if day is not None]
    if not known:
        notes.add("no-published", 'no publication date found; relative dates ("on Monday") stay unresolved')
        return None, "none"
    basis, day = known[0]
    for other, value in known[1:]:
        if abs((value - day).days) > 1:
            span = dateline.span if dateline and "dateline" in (basis, other) else None
            message = f"publication date by {basis} {day}, by {other} {value}; {basis} is used"
            notes.add("published-conflict", message, span)
    return day, basis


def _stated_day(stated: str, notes: _Notes) -> dt.date | None:
    """The day a file's own field names; an Issue `bad-date` for a day that does not exist or cannot be told."""
    value = " ".join(stated.split())
    try:
        day = parse_day(value)
    except ValueError as error:
        notes.add("bad-date", f"published {value[:60]!r}: {error}; needed is a day such as 2014-01-02")
        return None
    return day


def parse_day(value: str) -> dt.date:
    """A day as files and people write it: ISO (a time may follow), 20140102, 2 Jan 2014, January 2, 2014, 31/12/2014.

    The printed day counts, whatever the time zone. Raises ValueError that says why not: no such
    day, or day and month cannot be told apart (02/03/2014).
    """
    if match := _YEAR_FIRST.fullmatch(value):
        year, _, month, day = match.groups()
        return _date(int(year), int(month), int(day))
    if match := _YEAR_LAST.fullmatch(value):
        first, second, year = (int(g) for g in match.groups())
        if first == second or second > 12:
            return _date(year, first, second)
        if first > 12:
            return _date(year, second, first)
        raise ValueError("day and month cannot be told apart")
    for pattern, (d, m) in ((_DAY_MONTH, (1, 2)), (_MONTH_DAY, (2, 1))):
        match = pattern.fullmatch(value)
        if match and (month_number := _MONTHS.get(match.group(m)[:3].lower())):
            return _date(int(match.group(3)), month_number, int(match.group(d)))
    raise ValueError("not a date")


def _date(year: int, month: int, day: int) -> dt.date:
    try:
        return dt.date(year, month, day)
    except ValueError:
        raise ValueError("there is no such day") from None
