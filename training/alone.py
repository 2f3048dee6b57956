"""Records that the tagger makes by itself: the row "model alone" of the ablation in docs/method.md.

Spans, classes and links are the tagger's; nothing that the rules chose is used. What a number, a day word or a place's
name stands for comes from the resolvers, as a span alone has no value. The product never makes records in this way.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from tollbook.extract.marks import Marks
from tollbook.extract.tagger import HARMS, TaggedSpan, Tagging
from tollbook.model import Report, Span

SURE = 0.5  # a sentence tells an act, two marks belong together, a figure is part of another


@dataclass(slots=True)
class _Act:
    """An act in the making: its figures, or the sentence that tells it."""

    figures: list[TaggedSpan] = field(default_factory=list)
    sentences: list[int] = field(default_factory=list)


def record(report: Report, marks: Sequence[Marks], tagging: Tagging) -> dict[str, Any]:
    """The report's record in the form that score.py reads: figures that belong together are an act; so is a sentence
    that tells an act, holds no figure and belongs to none.
    """
    acts = _acts(marks, tagging)
    return {"doc_id": report.doc_id, "incidents": [_incident(report, marks, tagging, act) for act in acts]}


def _acts(marks: Sequence[Marks], tagging: Tagging) -> list[_Act]:
    found: list[_Act] = []
    for span in (s for s in tagging.spans if s.label in HARMS):
        links = [_mean([_link(tagging, "figure", f.span, "figure", span.span) for f in a.figures]) for a in found]
        best = max(range(len(found)), key=lambda n: links[n], default=None)
        if best is None or links[best] < SURE:
            best = len(found)
            found.append(_Act())
        found[best].figures.append(span)
    told = {_sentence(marks, f.span) for a in found for f in a.figures}
    for told_by in tagging.sentences:
        where = marks[told_by.sentence].sentence.span
        if told_by.act < SURE or told_by.sentence in told:
            continue
        if all(_belongs(tagging, marks, act, "act", where) < SURE for act in found):
            found.append(_Act(sentences=[told_by.sentence]))
    return found


def _incident(report: Report, marks: Sequence[Marks], tagging: Tagging, act: _Act) -> dict[str, Any]:
    by_label = {
        label: [s.span for s in tagging.spans if s.label == label] for label in ("place", "date", "perpetrator")
    }
    named = {label: _linked(tagging, marks, act, label, spans) for label, spans in by_label.items()}
    start, end = _days(report, marks, named["date"])
    return {
        "type": _class(tagging, marks, act, "type"), "scope": _class(tagging, marks, act, "scope"),
        "status": _class(tagging, marks, act, "status"), "start": start, "end": end,
        "places": [_words(report, s) for s in named["place"]],
        "perpetrators": [_words(report, s) for s in named["perpetrator"]],
        "casualties": _casualties(report, marks, tagging, act.figures),
    }  # fmt: skip


def _casualties(
    report: Report, marks: Sequence[Marks], tagging: Tagging, figures: Sequence[TaggedSpan]
) -> list[dict[str, Any]]:
    """The act's figures, each told once; a part is one of the figure of its harm before it."""
    found: list[dict[str, Any]] = []
    for figure in figures:
        row = _casualty(report, marks, tagging, figure)
        part = row.pop("part") >= SURE
        wholes = [n for n, other in enumerate(found) if other["harm"] == row["harm"] and other["subset_of"] is None]
        row["subset_of"] = wholes[-1] if part and wholes else None
        if not any(all(other[k] == row[k] for k in ("harm", "min", "max")) for other in found):
            found.append(row)
    return found


def _casualty(report: Report, marks: Sequence[Marks], tagging: Tagging, figure: TaggedSpan) -> dict[str, Any]:
    classes = tagging.figure(figure.span)
    assert classes is not None
    count = next((c for m in marks for c in m.counts if _meet(c.span, figure.span)), None)
    speakers = [s.span for s in tagging.spans if s.label == "speaker"]
    said = max(((tagging.says(figure.span, s) or 0.0, s) for s in speakers), default=(0.0, (0, 0)))
    return {
        "harm": figure.label, "who": max(classes.who, key=lambda name: classes.who[name]),
        "min": count.min if count else 1, "max": count.max if count else 1, "part": classes.part,
        "says": _words(report, said[1]) if said[0] >= SURE else None,
    }  # fmt: skip


def _linked(tagging: Tagging, marks: Sequence[Marks], act: _Act, label: str, spans: Sequence[Span]) -> list[Span]:
    """The spans that belong to the act: those in its own sentences first, in the order of the text."""
    own = set(act.sentences) | {_sentence(marks, f.span) for f in act.figures}
    likely = [s for s in spans if _belongs(tagging, marks, act, label, s) >= SURE]
    return sorted(likely, key=lambda s: (_sentence(marks, s) not in own, s))


def _belongs(tagging: Tagging, marks: Sequence[Marks], act: _Act, kind: str, span: Span) -> float:
    anchors = [("figure", f.span) for f in act.figures] or [("act", marks[n].sentence.span) for n in act.sentences]
    return _mean([_link(tagging, name, where, kind, span) for name, where in anchors])


def _link(tagging: Tagging, kind: str, span: Span, other_kind: str, other: Span) -> float:
    return (tagging.same_act(kind, span, other_kind, other) or 0.0) if span != other else 1.0


def _class(tagging: Tagging, marks: Sequence[Marks], act: _Act, head: str) -> str:
    """The class that the act's figures and sentences have on average."""
    read = [c for f in act.figures if (c := tagging.figure(f.span))]
    lines = set(act.sentences) | {_sentence(marks, f.span) for f in act.figures}
    votes = [getattr(c, head) for c in (*read, *(s for s in tagging.sentences if s.sentence in lines))]
    return max(votes[0], key=lambda name: sum(v[name] for v in votes))


def _days(report: Report, marks: Sequence[Marks], spans: Sequence[Span]) -> tuple[str | None, str | None]:
    """First and last day of the first day word with a value, else the report's own day."""
    for span in spans:
        for day in (d for m in marks for d in m.dates if d.span is not None and _meet(d.span, span)):
            if day.start is not None and day.end is not None:
                return day.start.isoformat(), day.end.isoformat()
    day_of = report.published.isoformat() if report.published else None
    return day_of, day_of


def _sentence(marks: Sequence[Marks], span: Span) -> int:
    return next(n for n, m in enumerate(marks) if m.sentence.span[0] <= span[0] < m.sentence.span[1])


def _words(report: Report, span: Span) -> str:
    return report.text[span[0] : span[1]]


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else 0.0


def _meet(a: Span, b: Span) -> bool:
    return a[0] < b[1] and b[0] < a[1]
