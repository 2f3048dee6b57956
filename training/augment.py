"""Variants of a marked text: other names, other numbers, punctuation lost and restored. Marks move with the words."""

from __future__ import annotations

import random
import re
from bisect import bisect_right
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import yaml

from training.ground import HARMS, Doc, split

Edit = tuple[int, int, str]


@dataclass(frozen=True, slots=True)
class Names:
    """`names.yml`: countries to swap to, and the names that the gold's texts hold most."""

    countries: list[dict[str, Any]]
    known: dict[str, list[str]]

    @classmethod
    def open(cls) -> Names:
        """Reads the file beside this module."""
        raw = yaml.safe_load(Path(__file__).with_name("names.yml").read_text(encoding="utf-8"))
        return cls(raw["countries"], raw["known"])


def apply(doc: Doc, edits: list[Edit]) -> Doc:
    """The text after the edits, with every span carried over; an edit that crosses an earlier one is left out."""
    kept: list[Edit] = []
    for start, end, new in sorted(edits):
        if not kept or start >= kept[-1][1]:
            kept.append((start, end, new))
    if not kept:
        return doc
    out, at, starts, ends = [], 0, [], []
    shift = 0
    shifts = []
    for start, end, new in kept:
        out.append(doc.text[at:start])
        out.append(new)
        at = end
        starts.append(start)
        ends.append(end)
        shift += len(new) - (end - start)
        shifts.append(shift)
    out.append(doc.text[at:])

    def moved(position: int, is_end: bool) -> int:
        n = bisect_right(starts, position - 1 if is_end else position) - 1
        if n < 0:
            return position
        if position < ends[n]:
            before = shifts[n - 1] if n else 0
            return (ends[n] + shifts[n]) if is_end else starts[n] + before
        return position + shifts[n]

    def span(a: int, b: int) -> tuple[int, int]:
        first, last = moved(a, False), moved(b, True)
        return first, max(first, last)

    text = "".join(out)
    marks = [
        replace(m, start=span(m.start, m.end)[0], end=span(m.start, m.end)[1], says=[span(*s) for s in m.says])
        for m in doc.marks
    ]
    return Doc(
        doc.doc_id, doc.source, text, [span(*s) for s in doc.sentences], marks,
        [(label, *span(a, b)) for label, a, b in doc.ignored], doc.told, doc.acts, doc.heads, doc.unsure,
    )  # fmt: skip


def vary(doc: Doc, names: Names, rng: random.Random, strength: float = 0.6) -> Doc:
    """One random variant; `strength` is how often names are swapped, half as often figures."""
    out = doc
    if rng.random() < strength:
        out = apply(out, swap_names(out, names, rng))
    if rng.random() < strength * 0.5:
        out = apply(out, swap_numbers(out, rng))
    if rng.random() < 0.5:
        out = apply(out, restore(out, rng) if out.source == "fakes" else lose(out))
    if rng.random() < 0.25:
        out = without_title(out)
    return out


def swap_names(doc: Doc, names: Names, rng: random.Random) -> list[Edit]:
    """The names of places, parties and peoples for those of one other country, the same name for the same name."""
    new = rng.choice(names.countries)
    table: dict[str, str] = {}
    upper = doc.text.isupper()
    for kind in ("country", "people", "capital", "leader"):
        for old in names.known[kind]:
            table[old] = new[kind]
    for kind in ("groups", "forces"):
        pool = list(new[kind])
        rng.shuffle(pool)
        for n, old in enumerate(names.known[kind]):
            table[old] = pool[n % len(pool)]
    places = [*new["places"], new["region"]]
    rng.shuffle(places)
    spare = list(places)
    for mark in doc.marks:
        old = doc.text[mark.start : mark.end]
        if old in table or (not old[:1].isupper() and not old.lower().startswith(("al-", "el-"))):
            continue
        if mark.label == "place" and len(old) > 2:
            if not spare:
                spare = [p for c in rng.sample(names.countries, 2) for p in c["places"]]
            table[old] = spare.pop()
        elif mark.label in ("perpetrator", "target") and _is_name(old) and rng.random() < 0.5:
            table[old] = rng.choice([*new["groups"], *new["forces"]])
    return _replace(doc, table, upper)


def _is_name(words: str) -> bool:
    """Whether every longer word is capitalised: "Islamic State", not "Syrian government troops"."""
    return all(w[0].isupper() or len(w) < 4 for w in words.split())


def _replace(doc: Doc, table: dict[str, str], upper: bool) -> list[Edit]:
    if not table:
        return []
    forms = {(k.upper() if upper else k): (v.upper() if upper else v) for k, v in table.items()}
    pattern = re.compile(
        r"(?<![\w-])(" + "|".join(re.escape(k) for k in sorted(forms, key=len, reverse=True)) + r")(s\b)?(?![\w])"
    )
    return [(m.start(1), m.end(1), forms[m.group(1)]) for m in pattern.finditer(doc.text)]


def swap_numbers(doc: Doc, rng: random.Random) -> list[Edit]:
    """Digits of figures for others of about the same size, all by one factor: a part stays below its whole."""
    factor = rng.uniform(0.6, 1.9)
    edits: list[Edit] = []
    values = {doc.text[m.start : m.end] for m in doc.marks if m.label in HARMS and doc.text[m.start : m.end].isdigit()}
    for old in values:
        new = str(max(2, round(int(old) * factor)))
        edits.extend((m.start(), m.end(), new) for m in re.finditer(rf"(?<![\w.,-]){old}(?![\w-]|[.,]\d)", doc.text))
    return edits


def lose(doc: Doc) -> list[Edit]:
    """Commas and apostrophes go, as FA-KES lost them."""
    return [(m.start(), m.end(), "") for m in re.finditer(r",(?=\s|\d{3})|(?<=\w)['’](?=\w)", doc.text)]


RESTORED = re.compile(
    r"(?<=\w) (?=(?:according to|including|among them|killing|wounding|injuring|while|but|which|who said|adding"
    r"|as well as|leaving)\b)"
)


def restore(doc: Doc, rng: random.Random) -> list[Edit]:
    """Commas and apostrophes where FA-KES has lost them, by a few sure signs: "Syrias", "300000", ", according to"."""
    edits: list[Edit] = [(m.start(), m.end(), ", ") for m in RESTORED.finditer(doc.text) if rng.random() < 0.7]
    words = set(re.findall(r"\b[A-Z][a-z]{3,}\b", doc.text))
    for match in re.finditer(r"\b([A-Z][a-z]{3,})s\b", doc.text):
        if match.group(1) in words:
            edits.append((match.end(1), match.end(1), "'"))
    for match in re.finditer(r"(?<![\d.])([1-9]\d{0,2})(\d{3})(?![\d.])", doc.text):
        if not 1900 <= int(match.group()) <= 2030:
            edits.append((match.end(1), match.end(1), ","))
    return edits


def without_title(doc: Doc) -> Doc:
    """The body alone, where the text has a headline of its own line and more after it."""
    end = doc.text.find("\n\n")
    if not 0 < end < 200 or len(doc.text) - end < 200:
        return doc
    return apply_cut(doc, end + 2)


def apply_cut(doc: Doc, at: int) -> Doc:
    """The text from `at` on; what stood before it goes with its marks."""
    gone = sum(1 for s in doc.sentences if s[0] < at)
    marks = [
        replace(m, start=m.start - at, end=m.end - at, says=[(a - at, b - at) for a, b in m.says if a >= at])
        for m in doc.marks
        if m.start >= at
    ]
    return Doc(
        doc.doc_id, doc.source, doc.text[at:], [(a - at, b - at) for a, b in doc.sentences if a >= at], marks,
        [(label, a - at, b - at) for label, a, b in doc.ignored if a >= at],
        {n - gone: v for n, v in doc.told.items() if n >= gone}, doc.acts, doc.heads,
        {n - gone for n in doc.unsure if n >= gone},
    )  # fmt: skip


__all__ = ["Names", "apply", "split", "vary"]
