"""Turns a gold record into marks on the report's text: what the tagger learns.

The gold copies words; it does not say where they stand. Each item is put where its words occur in or nearest to the
incident's own sentences (its quote, and the sentences of its figures). Where a second occurrence may be the same
item or not, the tokens are `ignored`: the loss does not look at them.
"""

from __future__ import annotations

import datetime as dt
import re
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from tollbook.model import Report
from tollbook.resolve.dates import find_dates
from tollbook.sentences import split_sentences

Span = tuple[int, int]


@dataclass(slots=True)
class Mark:
    """A labelled stretch of text. `acts` are the ids of the incidents it belongs to."""

    label: str
    start: int
    end: int
    acts: frozenset[str] = frozenset()
    who: str | None = None
    subset: bool | None = None
    scope: str | None = None
    says: list[Span] = field(default_factory=list)


@dataclass(slots=True)
class Act:
    """What the gold says of an incident as a whole, for the sentences that tell it."""

    id: str
    type: str
    scope: str
    status: str


@dataclass(slots=True)
class Doc:
    """A text with marks. `heads` names the heads that this text supervises."""

    doc_id: str
    source: str
    text: str
    sentences: list[Span]
    marks: list[Mark] = field(default_factory=list)
    ignored: list[tuple[str, int, int]] = field(default_factory=list)
    told: dict[int, list[str]] = field(default_factory=dict)
    acts: dict[str, Act] = field(default_factory=dict)
    heads: frozenset[str] = frozenset()
    unsure: set[int] = field(default_factory=set)


HARMS = ("killed", "injured", "missing", "abducted", "detained", "displaced")
SPANS = ("place", "perpetrator", "target", "group", "date", "speaker")
HARM_CUE = re.compile(
    r"(?i)kill|dead|death|die[sd]?\b|dying|martyr|slain|murder|massacr|execut|behead|fatal|toll|casualt|victim|bod(?:y|ies)\b|lives|lost|shot|assassin"
    r"|wound|injur|hurt|maim|missing|disappear|abduct|kidnap|seiz|hostage|captur|captive|detain|arrest|held|displac|fled|flee|homeless|uproot"
)
VIOLENCE = re.compile(
    HARM_CUE.pattern
    + r"|attack|bomb|blast|explo|strike|struck|raid|shell|mortar|rocket|missile|artiller|clash|fight|fought|battle"
    r"|assault|offensive"
    r"|gunm[ae]n|gunfire|fire[ds]?\b|firing|ambush|grenade|mine\b|chemical|gas\b|sarin|chlorine|rape|loot|burn|torch|destroy|militant|rebel|terroris|guerril"
    r"|protest|demonstrat|troops|army|forces|capture|retak|recaptur|advance|target|hit\b|siege|jet|warplane|drone|weapon"
)

UNITS = dict(zip(
    ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
     "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"),
    range(20), strict=True,
))  # fmt: skip
TENS = {"twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "seventy": 70, "eighty": 80, "ninety": 90}
VAGUE = {
    "dozens": 24, "dozen": 12, "scores": 40, "hundreds": 200, "thousands": 2000, "several": 3, "many": 3, "number": 3,
    "some": 3,
    "couple": 2, "few": 3, "tens": 20, "both": 2, "pair": 2, "twins": 2, "trio": 3, "millions": 2_000_000,
}  # fmt: skip
SINGLE = {"a", "an", "another", "one"}
_TENS = "|".join(TENS)
_UNITS = "|".join(UNITS)
NUMBER = re.compile(
    r"(?i)(?<![\w.])(?:\d{1,3}(?:[,. ]\d{3}){1,3}|\d+(?:\.\d+)?)(?=\D|$)(?:\s+(?:million|thousand|hundred)\b)?"
    rf"|\b(?:(?:{_TENS})(?:[- ](?:{_UNITS}))?|{_UNITS})(?:\s+(?:hundred|thousand|million))?\b"
    rf"|\b(?:{'|'.join(VAGUE)})\b|\b(?:an?|another)\b"
)
STOP = frozenset(
    re.findall(
        r"\w+",
        """was were is are be been being have has had in at on and or who whom which when while as by after before
        during including among with from near killed injured wounded dead died dies die hurt missing abducted
        kidnapped arrested detained displaced martyred fled shot sustained suffered lost that this it its for to into
        over under outside inside following since critically seriously wounding killing injuring leaving left fell
        fall more than least but also if then there where""",
    )
)


def split(text: str) -> list[Span]:
    """The sentences of a clean text as the product cuts them; a first line before a blank line is the title."""
    line = text.find("\n\n")
    title = line if 0 < line < 300 and "\n" not in text[:line] else 0
    report = Report("", text, title, None, "none", "en", "", "")
    return [s.span for s in split_sentences(report)]


def number_value(words: str) -> int | None:
    """The number a NUMBER match stands for; vague words as the guidelines value them; None for an odd one."""
    text = words.lower().strip()
    factor = 1
    for name, value in (("million", 1_000_000), ("thousand", 1000), ("hundred", 100)):
        if text.endswith(" " + name):
            text, factor = text[: -len(name) - 1].strip(), value
    if text in SINGLE:
        return 1
    if text in VAGUE:
        return VAGUE[text] * factor
    if text[0].isdigit():
        if re.fullmatch(r"\d+\.\d{1,2}", text):
            return int(float(text) * factor)
        digits = re.sub(r"[,. ]", "", text)
        return int(digits) * factor if digits.isdigit() and len(digits) < 12 else None
    parts = re.split(r"[- ]", text)
    if len(parts) == 2 and parts[0] in TENS and parts[1] in UNITS:
        return (TENS[parts[0]] + UNITS[parts[1]]) * factor
    return (TENS.get(parts[0], UNITS.get(parts[0], 0)) * factor) or None


def find_all(text: str, part: str) -> list[Span]:
    """Occurrences of `part` as whole words, any white space between them, case ignored where the case is not found."""
    words = [re.escape(word) for word in part.split()]
    if not words:
        return []
    pattern = r"(?<!\w)" + r"\s+".join(words) + r"(?!\w)"
    found = [m.span() for m in re.finditer(pattern, text)]
    return found or [m.span() for m in re.finditer(pattern, text, re.IGNORECASE)] or [
        m.span() for m in re.finditer(r"\s+".join(words), text)
    ]  # fmt: skip


class _Grounding:
    """One record put on one text, item by item."""

    def __init__(self, text: str, record: dict[str, Any], doc_id: str, source: str) -> None:
        self.text = text
        self.doc = Doc(doc_id, source, text, split(text))
        self.starts = [start for start, _ in self.doc.sentences]
        self.incidents = record["incidents"]
        self.published = dt.date.fromisoformat(record["published"]) if record.get("published") else None
        self.own: dict[str, set[int]] = {}
        self.taken: dict[Span, Mark] = {}
        self.missed: list[str] = []

    def sentence_of(self, at: int) -> int:
        return max(0, bisect_right(self.starts, at) - 1)

    def run(self) -> Doc:
        for incident in self.incidents:
            self.doc.acts[incident["id"]] = Act(incident["id"], incident["type"], incident["scope"], incident["status"])
            places = find_all(self.text, incident["quote"])
            self.own[incident["id"]] = {
                s for a, b in places[:2] for s in range(self.sentence_of(a), self.sentence_of(b - 1) + 1)
            }
        for incident in self.incidents:
            self.figures(incident)
        for incident in self.incidents:
            for key, label in (("places", "place"), ("perpetrators", "perpetrator"), ("targets", "target")):
                for name in incident[key]:
                    self.name(incident["id"], name, label)
        self.twins()
        self.dates()
        for incident in self.incidents:
            for sentence in self.own[incident["id"]]:
                self.doc.told.setdefault(sentence, []).append(incident["id"])
        told = set(self.doc.told)
        self.doc.unsure = {
            n for n, (a, b) in enumerate(self.doc.sentences) if n not in told and VIOLENCE.search(self.text[a:b])
        }
        return self.doc

    def distance(self, act: str, at: int) -> int:
        own = self.own[act] or {0}
        sentence = self.sentence_of(at)
        return min(abs(sentence - s) * 2 + (sentence > s) for s in own)

    def figures(self, incident: dict[str, Any]) -> None:
        act = incident["id"]
        for entry in incident["casualties"]:
            where = find_all(self.text, entry["text"])
            if not where:
                self.missed.append(entry["text"])
                continue
            ranked = sorted(where, key=lambda s: (self.distance(act, s[0]), s[0]))
            for n, span in enumerate(ranked):
                anchor, group = figure_anchor(self.text, span, entry)
                if n and (len(entry["text"]) < 12 or not HARM_CUE.search(self.around(span))):
                    self.doc.ignored.append(("figure", *anchor))
                    continue
                mark = Mark(
                    entry["harm"],
                    *anchor,
                    frozenset([act]),
                    entry["who"],
                    entry["subset_of"] is not None,
                    incident["scope"],
                )
                known = self.taken.get(anchor)
                if known is not None:
                    if known.label == mark.label:
                        known.acts |= mark.acts
                    elif n == 0:
                        self.doc.ignored.append(("figure", *anchor))
                    continue
                self.taken[anchor] = mark
                self.doc.marks.append(mark)
                if n == 0 or self.sentence_of(anchor[0]) in self.own[act]:
                    self.own[act].add(self.sentence_of(anchor[0]))
                if group:
                    self.doc.marks.append(Mark("group", *group, frozenset([act])))
                if entry["says"]:
                    speaker = self.speaker(anchor, entry["says"])
                    if speaker and not any(
                        m.label == "speaker" and (m.start, m.end) == speaker for m in self.doc.marks
                    ):
                        self.doc.marks.append(Mark("speaker", *speaker, frozenset([act])))
                    mark.says = [speaker] if speaker else []

    def around(self, span: Span) -> str:
        a, b = self.doc.sentences[self.sentence_of(span[0])]
        return self.text[a:b]

    def speaker(self, figure: Span, name: str) -> Span | None:
        """The naming of the speaker nearest to the figure: its own sentence, else before, else after."""
        sentence = self.sentence_of(figure[0])

        def cost(span: Span) -> tuple[int, int]:
            gap = self.sentence_of(span[0]) - sentence
            return (0 if gap == 0 else 2 * abs(gap) + (gap > 0), abs(span[0] - figure[0]))

        found = find_all(self.text, name)
        return min(found, key=cost) if found else None

    def name(self, act: str, name: str, label: str) -> None:
        found = find_all(self.text, name)
        if not found:
            self.missed.append(name)
            return
        inside = [s for s in found if self.sentence_of(s[0]) in self.own[act]]
        chosen = inside or [min(found, key=lambda s: (self.distance(act, s[0]), s[0]))]
        for span in chosen:
            self.mark(label, span, act)
        for span in found:
            if span not in chosen and VIOLENCE.search(self.around(span)):
                self.doc.ignored.append((label, *span))

    def dates(self) -> None:
        """Expressions that resolve to an incident's own days, in its sentences; a day it only touches is not judged."""
        for n, (first, last) in enumerate(self.doc.sentences):
            for found in find_dates(self.text, self.published, start=first, end=last):
                if found.span is None:
                    continue
                days = (found.start and found.start.isoformat(), found.end and found.end.isoformat())
                exact = {i["id"] for i in self.incidents if days[0] and (i["start"], i["end"]) == days}
                here = {a for a in exact if n in self.own[a]}
                if here:
                    for act in here:
                        self.mark("date", found.span, act)
                elif exact or any(n in self.own[i["id"]] and _touch(i, days) for i in self.incidents):
                    self.doc.ignored.append(("date", *found.span))

    def mark(self, label: str, span: Span, act: str) -> None:
        for mark in self.doc.marks:
            if mark.label == label and (mark.start, mark.end) == span:
                mark.acts |= {act}
                return
        self.doc.marks.append(Mark(label, *span, frozenset([act])))

    def twins(self) -> None:
        """Numbers that repeat a figure's value beside a word of harm: the same figure if the noun is, else unjudged."""
        told: dict[int, list[Mark]] = {}
        for mark in self.doc.marks:
            value = number_value(self.text[mark.start : mark.end]) if mark.label in HARMS else None
            if value is not None and value > 1:
                told.setdefault(value, []).append(mark)
        for match in list(NUMBER.finditer(self.text)):
            twins = told.get(number_value(match.group()) or 0)
            if match.span() in self.taken or not twins or not HARM_CUE.search(self.around(match.span())):
                continue
            noun = _noun(self.text, match.end())
            same = [m for m in twins if noun and _noun(self.text, m.end) == noun]
            if len({m.label for m in same}) == 1 and len(twins) == len(same):
                first = same[0]
                self.doc.marks.append(
                    Mark(first.label, *match.span(), first.acts, first.who, first.subset, first.scope)
                )
            else:
                self.doc.ignored.append(("figure", *match.span()))


def _touch(incident: dict[str, Any], days: tuple[str | None, str | None]) -> bool:
    """Whether an incident's span and these days share a day."""
    return bool(
        days[0]
        and days[1]
        and incident["start"]
        and incident["end"]
        and days[0] <= incident["end"]
        and days[1] >= incident["start"]
    )


def figure_anchor(text: str, span: Span, entry: dict[str, Any]) -> tuple[Span, Span | None]:
    """(the number token or head noun that carries the figure, the group noun after it or None)."""
    low, high = entry["min"], entry["max"]
    wanted = [v for v in (low, high, (low or 0) - 1 if high is None else None) if v]
    start, end = span
    numbers = [(m, number_value(m.group())) for m in NUMBER.finditer(text, start, end)]
    for want in wanted:
        for match, value in numbers:
            if value == want and match.group().lower() not in ("a", "an", "another"):
                return match.span(), _group(text, match.end(), _clause_end(text, end))
    if not (low == 1 and high == 1):
        for match, value in numbers:
            if match.group().lower() in VAGUE and (value or 0) <= (low or 3) * 12:
                return match.span(), _group(text, match.end(), _clause_end(text, end))
    head = _head(text, span)
    return head, (head if entry["who"] else None)


def _clause_end(text: str, end: int) -> int:
    """The group noun may stand just after the copied words ("killed 12" civilians)."""
    stop = re.compile(r"[.;:\n,()]").search(text, end)
    return min(end + 60, stop.start() if stop else len(text))


def _group(text: str, start: int, end: int) -> Span | None:
    """The words after a number up to the first verb, preposition or mark; at most six."""
    words: list[Span] = []
    for match in re.finditer(r"[\w'’.-]+|[^\w\s]", text[start:end]):
        word = match.group().lower()
        if word in {"of", "the", "their", "its", "his", "other", "more"} and not words:
            continue
        if word == "others":
            break
        if word in STOP or not word[0].isalnum() or word[0].isdigit() or word in UNITS or len(words) == 6:
            break
        words.append((start + match.start(), start + match.end()))
        if word.endswith("."):
            break
    if not words:
        return None
    first, last = words[0][0], words[-1][1]
    return (first, last - 1) if text[last - 1] == "." else (first, last)


def _head(text: str, span: Span) -> Span:
    """The last word of the first noun phrase of words that hold no number: "an off-duty officer who" -> officer."""
    words = [
        (m.group(), span[0] + m.start(), span[0] + m.end())
        for m in re.finditer(r"[\w'’-]+|[^\w\s]", text[span[0] : span[1]])
    ]
    phrase: list[tuple[str, int, int]] = []
    for word, a, b in words:
        low = word.lower()
        ends = low in STOP or low == "of" or not low[0].isalnum()
        if ends and phrase:
            break
        if not ends and low not in {"the", "a", "an", "another", "his", "her", "their", "my"}:
            phrase.append((word, a, b))
    if phrase:
        return phrase[-1][1], phrase[-1][2]
    return (words[0][1], words[0][2]) if words else span


def _noun(text: str, at: int) -> str:
    group = _group(text, at, _clause_end(text, at))
    return text[group[0] : group[1]].lower().split()[0] if group else ""


def ground(text: str, record: dict[str, Any], doc_id: str, source: str) -> tuple[Doc, list[str]]:
    """The marked text of one gold record, and the items whose words were not found."""
    grounding = _Grounding(text, record, doc_id, source)
    doc = grounding.run()
    doc.heads = frozenset({"figure", "who", "subset", "scope", *SPANS, "sentence", "pair"})
    return doc, grounding.missed


def overlapping(spans: Iterable[Span], span: Span) -> list[Span]:
    """The spans that share a character with `span`."""
    return [s for s in spans if s[0] < span[1] and span[0] < s[1]]


def tell(doc: Doc, labels: Sequence[str] = ()) -> str:
    """The marks of a text, one a line, to read by eye."""
    return "\n".join(
        f"{m.label:12} {doc.text[m.start : m.end]!r} {sorted(m.acts)} {m.who or ''} {'sub' if m.subset else ''}"
        f" {[doc.text[a:b] for a, b in m.says]}"
        for m in sorted(doc.marks, key=lambda m: m.start)
        if not labels or m.label in labels
    )
