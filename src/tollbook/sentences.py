"""Sentences with offsets, from running text, hard-wrapped text, one-line paragraphs and capitals-only wire copy.

Every character of the clean text that is not white space lies in exactly one sentence. A sentence
never crosses the title's end, a furniture boundary or a blank line.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from functools import cache, lru_cache
from itertools import pairwise
from string import ascii_lowercase, ascii_uppercase
from typing import NamedTuple

from tollbook import lexicon
from tollbook.errors import LexiconError
from tollbook.model import Furniture, Report, Sentence, Span

# Longer stretches without an end are cut at white space: tables, word salad, hostile input.
MAX_SENTENCE = 3000
# Typewritten and mailed text is wrapped at or below this many columns; longer lines are paragraphs.
MAX_WRAP = 120

_LISTS = ("before_name", "before_number", "may_end", "starters", "starters_in_capitals", "lower_names")

_CLOSERS = "\"'”’»)]}"
_OPENERS = "\"'“‘«([{`"
_END = re.compile(r"(?:\.{2,20}|[.!?…‽؟。]{1,5})[\"'”’»)\]}]{0,5}")
_WORD_BEFORE = re.compile(r"(?:[^\W_]|[.'’&-])*\Z")
_NEXT = re.compile(r"(\s*)([\"'“‘«(\[{`]{0,4})\s?([^\W_]*(?:-[^\W_]+)?)")
_BULLET = re.compile(r"\s*(?:[-•*‣▪●–—·>.]\s|\(?\d{1,2}[.)]\s|\(?[a-z][)]\s)")
_BLANK_LINE = re.compile(r"\n[ \t]*\n\s*")
_TWO_SPACES = re.compile(r"[.!?][\"')\]]{0,2} {2}(?=\S)")
_ONE_SPACE = re.compile(r"[a-zA-Z]{3}[.!?][\"')\]]{0,2} (?=\S)")
_ANY_WORD = re.compile(r"[^\W\d_]")
_INITIALS = re.compile(r"(?:[^\W\d_]\.)*[^\W\d_]\Z")


class _Words(NamedTuple):
    before_name: frozenset[str]
    before_number: frozenset[str]
    may_end: frozenset[str]
    starters: frozenset[str]
    starters_in_capitals: frozenset[str]
    lower_names: frozenset[str]


@cache
def _words() -> _Words:
    return check(lexicon.load("lexicon/en/sentences"))


def check(data: object) -> _Words:
    """The word lists of `data/lexicon/en/sentences.yml`.

    Raises LexiconError for a missing list or an entry that is not a lower-case word without its full stop.
    """
    if not isinstance(data, dict) or set(data) != set(_LISTS):
        raise LexiconError(f"sentences.yml: needed are exactly the lists {', '.join(_LISTS)}")
    for name, words in data.items():
        for word in words:
            if not isinstance(word, str) or word != word.lower() or word.endswith("."):
                raise LexiconError(f"sentences.yml: {name}: {word!r} is not a lower-case word without its full stop")
    return _Words(**{name: frozenset(data[name]) for name in _LISTS})


def is_starter(word: str) -> bool:
    """Whether a word, capitalised, begins a sentence far more often than a name ("The", "Three")."""
    return word.lower() in _words().starters


def split_sentences(report: Report) -> tuple[Sentence, ...]:
    """The sentences of `report.text` in order, not overlapping, without surrounding white space.

    `kind` is title, body or the furniture kind; `paragraph` counts from 0 and grows at blank lines
    and at line ends that are not mere wrapping.
    """
    return _split(report.text, report.title_end, report.furniture)


@lru_cache(maxsize=4)  # cleaning asks first, the extractor a moment later
def _split(text: str, title_end: int, furniture: tuple[Furniture, ...]) -> tuple[Sentence, ...]:
    capitals = is_capitals(text)
    double = _double_spaced(text)
    found: list[Sentence] = []
    paragraph = -1
    last_block = None
    for block_no, span, kind in _blocks(text, title_end, furniture):
        if block_no != last_block:
            paragraph, last_block = paragraph + 1, block_no
        found += [Sentence(s, paragraph, kind) for s in _sentences(text, span, capitals, double)]
    return tuple(found)


# --- blocks: title, paragraphs, furniture -------------------------------------------------------


def _blocks(text: str, title_end: int, furniture: tuple[Furniture, ...]) -> Iterator[tuple[int, Span, str]]:
    """(paragraph number, span, kind): stretches that no sentence may cross, together covering the text."""
    starts = [f.span[0] for f in furniture]
    cuts = sorted({*starts, *(f.span[1] for f in furniture), title_end})
    for number, (start, end) in enumerate(paragraph_spans(text)):
        inside = cuts[bisect_right(cuts, start) : bisect_left(cuts, end)]
        for a, b in pairwise([start, *inside, end]):
            at = bisect_right(starts, a) - 1
            if at >= 0 and furniture[at].span[1] > a:
                kind = furniture[at].kind
            else:
                kind = "title" if b <= title_end else "body"
            yield number, (a, b), kind


def paragraph_spans(text: str) -> Iterator[Span]:
    """Stretches of `text` between blank lines and between line ends that are not mere wrapping, in order."""
    width = _wrap_width(text)
    start = 0
    for match in _BLANK_LINE.finditer(text):
        yield from _lines(text, start, match.start(), width)
        start = match.end()
    yield from _lines(text, start, len(text), width)


def _wrap_width(text: str) -> int:
    """The column at which the text is hard-wrapped, or 0 when its line ends are paragraph ends.

    Wrapped text has hardly a line that is longer; lines without a space (addresses) say nothing.
    """
    lengths = [len(line) for line in text.split("\n") if " " in line.strip()]
    inside = [n for n in lengths if n <= MAX_WRAP]
    if len(lengths) < 2 or len(lengths) - len(inside) > len(lengths) // 10:
        return 0
    widest = max(inside, default=0)
    return widest if widest >= 40 else 0


def _lines(text: str, start: int, end: int, width: int) -> Iterator[Span]:
    """Lines of one paragraph, joined where the next line's first word would not have fitted."""
    at = start
    while (stop := text.find("\n", at, end)) >= 0:
        if not _is_wrap(text, at, stop, end, width):
            yield start, stop
            start = stop + 1
        at = stop + 1
    if start < end:
        yield start, end


def _is_wrap(text: str, line_start: int, stop: int, end: int, width: int) -> bool:
    if _BULLET.match(text, stop + 1, end):
        return False
    line = text[line_start:stop].rstrip()
    following = text[stop + 1 : min(end, stop + 80)].lstrip()
    if not line or not following:
        return True
    if following[0].islower() and line[-1] not in ".!?:":
        return True
    if not width:
        return False
    first = following.split(None, 1)[0]
    return len(line) + 1 + len(first) > width


# --- inside one block ---------------------------------------------------------------------------


def _sentences(text: str, span: Span, capitals: bool, double: bool) -> Iterator[Span]:
    start, end = span
    seen, wordless = start, True
    for match in _END.finditer(text, start, end):
        # Marks before the first word ("1. Two men", ". Near the town") end nothing.
        wordless = wordless and not _ANY_WORD.search(text, seen, match.start())
        seen = match.end()
        if not wordless and seen < end and _ends(text, match, start, end, capitals, double):
            yield from _stripped(text, start, seen)
            start, wordless = seen, True
    yield from _stripped(text, start, end)


def _stripped(text: str, start: int, end: int) -> Iterator[Span]:
    """The stretch without surrounding white space, in pieces of at most MAX_SENTENCE characters."""
    while True:
        piece = text[start:end]
        left = len(piece) - len(piece.lstrip())
        start, stop = start + left, start + len(piece.rstrip())
        if start >= stop:
            return
        if stop - start <= MAX_SENTENCE:
            yield start, stop
            return
        cut = text.rfind(" ", start + MAX_SENTENCE // 2, start + MAX_SENTENCE)
        cut = cut if cut > 0 else start + MAX_SENTENCE
        yield start, start + len(text[start:cut].rstrip())
        start = cut


def _ends(text: str, match: re.Match[str], start: int, end: int, capitals: bool, double: bool) -> bool:
    """Whether a sentence ends at this mark (. ! ? ... with closing quotes and brackets)."""
    mark = match.group().rstrip(_CLOSERS)
    following = _NEXT.match(text, match.end(), end)
    assert following is not None
    gap, _, word = following.groups()
    if not word and match.end() + len(following.group()) >= end:
        return True
    before_match = _WORD_BEFORE.search(text, max(start, match.start() - 40), match.start())
    before = before_match.group() if before_match else ""
    if not gap:
        return _ends_without_space(text, match, before, following)
    words = _words()
    if mark != ".":
        return not word[:1].islower() or "\n" in gap
    low = before.lower().lstrip("'’-&.")
    initials = bool(_INITIALS.match(low))
    if low in words.before_name:
        return False
    if low in words.before_number and word[:1].isdigit():
        return False
    if double and len(gap) > 1 and "\n" not in gap:
        return True
    if low in words.may_end or initials:
        if word[:1].islower() or word[:1].isdigit() or not word:
            return not word and not initials
        if len(word) == 1 and text[following.end() : following.end() + 1] == ".":
            return False
        return word.lower() in (words.starters_in_capitals if capitals else words.starters) and not double
    if word[:1].islower():
        # Sloppy copy begins sentences in lower case; an unknown abbreviation is short.
        return len(low) > 3 and low.isalpha() and (word.split("-")[0] in words.lower_names or word in words.starters)
    return True


def _ends_without_space(text: str, match: re.Match[str], before: str, following: re.Match[str]) -> bool:
    """`killed.The`: a missing space, when a lower-case word stands before and a capitalised one after."""
    _, openers, word = following.groups()
    mark = match.group()
    if not word[:1].isupper() or (len(word) > 1 and word.isupper()):
        return False
    if openers and mark[-1] in _CLOSERS:
        return False
    token = text[max(0, match.start() - 80) : match.start()].rsplit(None, 1)[-1:]
    if token and any(mark_of_address in token[0] for mark_of_address in ("/", "@", "www.")):
        return False
    last = before.rpartition(".")[2]
    if before.lower() in _words().may_end:
        return word.lower() in _words().starters
    if len(last) < 2 or not (last[-1].islower() or last.isdigit()) or "." in before:
        return mark[-1] in _CLOSERS and len(mark) > 1 and len(word) > 1 and not last[-1:].isupper()
    # A host name or file name goes on without a space after its last part.
    after = text[following.end() : following.end() + 1]
    return after not in (".", "/", "@", "_") and (len(word) > 1 or after in (" ", ""))


def is_capitals(text: str) -> bool:
    """Whether the text is set in capitals throughout (wire copy of the teleprinter kind)."""
    sample = text[:2000].encode("ascii", errors="ignore")
    lower = len(sample) - len(sample.translate(None, ascii_lowercase.encode()))
    upper = len(sample) - len(sample.translate(None, ascii_uppercase.encode()))
    return lower * 10 < upper


def _double_spaced(text: str) -> bool:
    """Whether the writer put two spaces after a full stop: then one space after an abbreviation ends nothing."""
    if ".  " not in text:
        return False
    two = len(_TWO_SPACES.findall(text, 0, 6000))
    return two > 1 and two > len(_ONE_SPACE.findall(text, 0, 6000))
