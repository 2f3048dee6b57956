"""The rules by which furniture is told, from `data/lexicon/en/pages.yml`, and what their two users share."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

from tollbook import lexicon
from tollbook.errors import LexiconError
from tollbook.model import Furniture, Span

KINDS = frozenset(
    (
        *("advert", "analysis", "browser", "byline", "caption", "comment", "copyright", "dateline", "related"),
        *("repeat", "share", "sitename", "standfirst", "subhead", "tags", "title"),
    )
)
TAKES = frozenset(("short", "rest", "box"))


WORDS = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*")
# Closing quotes may stand apart, and a transcript's "[END RECORDING]" or a footnote's "[1]" may follow.
TERMINAL = re.compile(r"[.!?…](?:\s?[\"'”’»)\]]|\s{0,3}\[[^\]\n]{1,40}\]){0,5}\s*\Z")
FULL_STOP_INSIDE = re.compile(r"[A-Za-z\d)\"”’]{2}[.!?][\"'”’)]{0,2}\s+[\"'“‘(]{0,2}[A-Z]")
# "KABUL (AFP) -", "GAO, Mali (Reuters) —", "BOGOTA, 5 SEP 89 (EFE) -- [TEXT]", "NNA -", "AMMAN:".
_PLACE_LINE = re.compile(
    r"""(?:(?:[A-Z][A-Z.'’]{1,25}(?:[ -][A-Z][A-Z.'’]{1,25}){0,4}         # the town in capitals
          |[A-Z][a-z.'’]{1,25}(?:[ -][A-Z][a-z.'’]{1,25}){0,2}           # or not, before an agency or a date and a dash
           (?=(?:,\ [A-Z][a-z]{1,20})?(?:\ \((?:AP|AFP|dpa|EFE|IPS|UPI|VOA|Reuters|Xinhua|ANSA|PTI|AA)\)
              |,\ (?:[A-Z][a-z]{2,8}\.?\ \d{1,2}|\d{1,2}\ [A-Z][a-z]{2,8}))\s?(?:\([A-Z]|--|[-–—])))
        (?:\ \([A-Z][\w. ]{1,25}\))?                                      # (Syria)
        (?:/[A-Z][A-Z.'’]{1,25}(?:[ -][A-Z][A-Z.'’]{1,25}){0,2}){0,2}     # MIEH MIEH/BEIRUT
        (?:,\ [A-Z][\w.'’]{0,20}(?:[ -](?:of\ |and\ )?(?:the\ )?[A-Z][\w.'’]{1,20}){0,3}\.?)?  # , Republic of the Congo
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


class Rule(NamedTuple):
    """One row of pages.yml."""

    kind: str
    source: str
    flags: int
    example: str
    excluded: str | None = None
    words: int = 0
    takes: str = ""
    strong: bool = False

    @property
    def pattern(self) -> re.Pattern[str]:
        """The compiled pattern. Compiled when first tried: a page of prose asks for half of them, and all take long."""
        return _compiled(self.source, self.flags)


@cache
def _compiled(source: str, flags: int) -> re.Pattern[str]:
    return re.compile(source, flags)


class Rules(NamedTuple):
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
    return _read(lexicon.load("lexicon/en/pages"))


def check(data: object) -> Rules:
    """pages.yml as rules. Raises LexiconError for an unknown kind or key, or a pattern that does not compile."""
    found = _read(data)
    for section in _SECTIONS:
        for rule in getattr(found, section):
            try:
                _compiled(rule.source, rule.flags)
            except re.error as error:
                raise LexiconError(f"pages.yml: {section}: {rule.source!r}: {error}") from error
    return found


def _read(data: object) -> Rules:
    """As `check`, the patterns not tried yet."""
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
    flags = re.S if row.get("case") else re.S | re.I
    excluded, words = row.get("not"), row.get("words", 0)
    assert isinstance(words, int)
    return Rule(
        str(row["kind"]), str(row["pattern"]), int(flags), str(row["example"]), str(excluded) if excluded else None,
        words, str(row.get("takes", "")), bool(row.get("strong")),
    )  # fmt: skip


# --- shared by lines and running text ---


class Marks:
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
class Unit:
    """One paragraph of the body: where it stands and what it looks like."""

    span: Span
    text: str
    words: int
    prose: bool
    gap: int
    kind: str | None = None


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
    plain = "".join(WORDS.findall(name.lower()))
    own = "".join(WORDS.findall((outlet or "").lower()))
    if plain and own and (plain in own or own in plain):
        return True
    return len(name.split()) <= 4 and name[:1].isupper() and bool(rules().site_words.search(name))
