"""Marks from other corpora: MUC-4 templates, and texts whose dead are not incidents. Other heads stay open."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from training.ground import HARM_CUE, HARMS, NUMBER, SPANS, VIOLENCE, Act, Doc, Mark, find_all, number_value, split
from training.sets import DevGuard, full_text, gold, read_jsonl

VIOLENT = re.compile(
    r"(?i)\b(?:shot|shoot|gun|stab|murder|homicid|attack|bomb|slay|slain|assault|kidnap|robb|terror|rape|militant|soldier|war\b|warfare|explo|grenade"
    r"|execut|assassin|arrest|massacre|insurg|rebel|troops|riot|protest)\w*"
)
"""A text with two of these, or a sentence with one, is not taken for a quiet one."""


def load(names: Iterable[str], shared: Path, guard: DevGuard) -> list[Doc]:
    """The marked texts of the weak sets named: `quiet` and `muc`."""
    makers = {"quiet": quiet, "muc": muc}
    return [doc for name in names for doc in makers[name](shared, guard)]


def quiet(shared: Path, guard: DevGuard) -> list[Doc]:
    """Disease, accidents, business: nothing marked, no sentence an act; those with words of violence are open."""
    out: list[Doc] = []
    for path, prefix in (
        ("corpora/geoparsing/geovirus.jsonl", "geovirus"), ("corpora/geoparsing/lgl.jsonl", "lgl"),
        ("corpora/temporal/timebank.jsonl", "timebank"), ("corpora/temporal/meantime.jsonl", "meantime"),
    ):  # fmt: skip
        for row in guard.keep(read_jsonl(shared / path)):
            text = full_text(row)[:2500]
            harm = len(HARM_CUE.findall(text))
            if len(VIOLENT.findall(text)) > 1 or (harm < 2 and prefix != "meantime"):
                continue
            text = text.rsplit(".", 1)[0] + "."
            doc = Doc(f"quiet-{row['docid']}", "quiet", text, split(text))
            doc.heads = frozenset({"figure", *SPANS, "sentence"}) - {"group", "speaker"}
            for start, end in doc.sentences:
                if VIOLENT.search(text[start:end]):
                    doc.ignored.extend((head, start, end) for head in ("figure", *SPANS))
            out.append(doc)
    return out


EFFECT = {"DEATH": "killed", "INJURY": "injured"}
TYPES = {"BOMBING": "bomb", "KIDNAPPING": "abduction", "ARSON": "looting_destruction", "ATTACK": "attack"}


def muc(shared: Path, guard: DevGuard) -> list[Doc]:
    """MUC-4 templates put on their texts. A sentence with violence but without a mark is not judged."""
    known = {row["doc_id"].lower() for row, _ in gold(shared / "gold/train")}
    out = []
    for row in guard.keep(read_jsonl(shared / "corpora/muc4/train.jsonl")):
        if row["docid"].lower() in known or not row["muc4_templates"] or len(row["text"]) > 5000:
            continue
        doc = _muc_doc(row)
        if sum(m.label in HARMS for m in doc.marks):
            out.append(doc)
    return out


def _values(slots: dict[str, Any], name: str) -> list[tuple[str, list[str], dict[str, Any]]]:
    """(value, cross references, the alternative) of a slot's sure fillers, first alternative each."""
    found = []
    for filler in slots.get(name) or []:
        alternative = filler["alternatives"][0]
        if not filler["optional"] and alternative["values"]:
            found.append((alternative["values"][0], alternative["xrefs"] or [], alternative))
    return found


def _muc_doc(row: dict[str, Any]) -> Doc:
    text = row["text"]
    doc = Doc("muc-" + row["docid"], "muc", text, split(text))
    told: dict[int, list[str]] = {}
    for template in row["muc4_templates"]:
        slots, act = template["slots"], "m" + template["template_id"]
        kind = next((TYPES.get(v) for v, _, _ in _values(slots, "incident_type")), None) or "attack"
        doc.acts[act] = Act(act, kind, "incident", "happened")
        numbers = {
            x: ((a.get("numbers") or [None])[0] and a["numbers"][0]["min"])
            for _, xs, a in _values(slots, "hum_tgt_number")
            for x in xs
        }
        for effect, people, _ in _values(slots, "hum_tgt_effect_of_incident"):
            if effect in EFFECT:
                for person in people:
                    _people(doc, person, numbers.get(person), EFFECT[effect], act)
        if kind == "abduction":
            for name in ("hum_tgt_name", "hum_tgt_description"):
                for person, _, _ in _values(slots, name):
                    _people(doc, person, numbers.get(person), "abducted", act)
        for name in ("perp_individual_id", "perp_organization_id"):
            for actor, _, _ in _values(slots, name):
                _near(doc, actor, "perpetrator", act)
        for _, _, place in _values(slots, "incident_location"):
            for part in [p for where in place.get("locations") or [] for p in where["places"]]:
                for town in part.get("names", [])[:1]:
                    _near(doc, town, "place", act)
    figures = [m for m in doc.marks if m.label in HARMS]
    for n, (start, end) in enumerate(doc.sentences):
        acts = sorted({a for m in figures if start <= m.start < end for a in m.acts})
        if acts:
            told[n] = acts
        elif VIOLENCE.search(text[start:end]):
            doc.ignored.extend((head, start, end) for head in ("figure", "place", "perpetrator"))
            doc.ignored.append(("figure", start, start + 1))
    marked = {m.start for m in figures}
    doc.ignored.extend(("figure", *m.span()) for m in NUMBER.finditer(text) if m.start() not in marked)
    doc.told = told
    doc.heads = frozenset({"figure", "place", "perpetrator", "sentence"})
    doc.unsure = {n for n in range(len(doc.sentences)) if n not in told}
    return doc


def _people(doc: Doc, words: str, number: int | None, harm: str, act: str) -> None:
    for start, end in find_all(doc.text, words):
        sentence = next(((a, b) for a, b in doc.sentences if a <= start < b), None)
        if sentence is None or not HARM_CUE.search(doc.text[sentence[0] : sentence[1]]):
            continue
        before = [m for m in NUMBER.finditer(doc.text, max(sentence[0], start - 30), end) if m.start() < end]
        exact = [
            m for m in before if number_value(m.group()) == number and m.group().lower() not in ("a", "an", "another")
        ]
        if exact:
            mark = Mark(harm, *exact[-1].span(), frozenset([act]))
        elif number in (1, None):
            head = doc.text[start:end].split()[-1]
            mark = Mark(harm, end - len(head), end, frozenset([act]))
        else:
            doc.ignored.append(("figure", start, end))
            continue
        if not any(m.start == mark.start and m.label in HARMS for m in doc.marks):
            doc.marks.append(mark)


def _near(doc: Doc, words: str, label: str, act: str) -> None:
    own = [m.start for m in doc.marks if m.label in HARMS and act in m.acts]
    found = find_all(doc.text, words)
    if not found:
        return
    lines = [next(((a, b) for a, b in doc.sentences if a <= at < b), (0, 0)) for at in own]
    inside = [s for s in found if any(a <= s[0] < b for a, b in lines)]
    for span in found:
        if span not in inside:
            doc.ignored.append((label, *span))
        elif not any(m.label == label and m.start == span[0] for m in doc.marks):
            doc.marks.append(Mark(label, *span, frozenset([act])))


__all__ = ["load", "muc", "quiet"]
