"""One temperature a head, fitted on texts of sources that the model was not trained on, and how well it then fits."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from tollbook.extract.tagger import COLUMNS, HEADS, SPANS, LinkBiases, softmax
from training.encode import Encoded
from training.ground import HARMS, Doc
from training.measure import Rows, tagging_of

GRID = np.round(np.exp(np.linspace(np.log(0.5), np.log(5.0), 47)), 3)
SPAN_HEADS = ("figure", *SPANS)


def temperatures(encoded: Sequence[Encoded], rows: Sequence[Rows]) -> dict[str, float]:
    """For each token head, the divisor of its logits that makes the gold labels likeliest, over pieces of spans."""
    found: dict[str, float] = {}
    for head in (h for h in HEADS if not h.startswith("s_")):
        logits, gold = [], []
        for text, out in zip(encoded, rows, strict=True):
            for n, row in enumerate(out):
                part = row[:, COLUMNS[head]]
                target = np.array(text.targets[head][n])
                judged = target >= 0
                if head in SPAN_HEADS:
                    judged &= (target > 0) | (part.argmax(-1) > 0)
                logits.append(part[judged])
                gold.append(target[judged])
        x, y = np.concatenate(logits), np.concatenate(gold)
        if len(y) >= 50:
            losses = [-np.log(softmax(x / t)[np.arange(len(y)), y] + 1e-9).mean() for t in GRID]
            found[head] = float(GRID[int(np.argmin(losses))])
    return found


def merged(folds: Iterable[dict[str, Any]]) -> dict[str, float]:
    """The geometric mean of the folds' temperatures; 1 for a head that no fold fitted."""
    values: dict[str, list[float]] = {}
    for fold in folds:
        for head, t in fold["temperature"].items():
            values.setdefault(head, []).append(t)
    return {head: round(float(np.exp(np.mean(np.log(values[head])))), 3) if head in values else 1.0 for head in HEADS}


def error(
    docs: Sequence[Doc],
    encoded: dict[str, Encoded],
    rows: dict[str, Rows],
    links: LinkBiases,
    temperature: dict[str, float],
) -> dict[str, Any]:
    """Expected calibration error (ten bins) and the bins of the spans called: all together, and figures alone."""
    said: dict[str, list[tuple[float, bool]]] = {"figure": [], "all": []}
    scale = np.ones(COLUMNS["s_status"].stop, np.float32)
    for head, t in temperature.items():
        scale[COLUMNS[head]] = 1 / t
    for doc in docs:
        scaled = [np.concatenate([r[:, : len(scale)] * scale, r[:, len(scale) :]], 1) for r in rows[doc.doc_id]]
        gold = {(m.label, m.start, m.end) for m in doc.marks}
        ignored = [("figure" if label in HARMS else label, a, b) for label, a, b in doc.ignored]
        for called in tagging_of(doc, encoded[doc.doc_id], scaled, links).spans:
            label, (start, end), p = called.label, called.span, called.probability
            family = "figure" if label in HARMS else label
            right = (label, start, end) in gold
            if not right and any(f == family and a < end and start < b for f, a, b in ignored):
                continue
            said["all"].append((p, right))
            if family == "figure":
                said["figure"].append((p, right))
    return {name: _bins(pairs) for name, pairs in said.items()}


def _bins(pairs: list[tuple[float, bool]]) -> dict[str, Any]:
    bins = []
    total = 0.0
    for low in np.arange(0.0, 1.0, 0.1):
        inside = [(p, r) for p, r in pairs if low <= p < low + 0.1 or (low > 0.85 and p == 1.0)]
        if inside:
            mean, right = float(np.mean([p for p, _ in inside])), float(np.mean([r for _, r in inside]))
            bins.append([len(inside), round(mean, 3), round(right, 3)])
            total += len(inside) * abs(mean - right)
    return {"ece": round(total / max(1, len(pairs)), 3), "bins": bins}
