"""Scores a tagger on marked texts: spans, classes and links, before any record is assembled."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tollbook.extract.tagger import COLUMNS, KINDS, LINK, LINKS, SPANS, LinkBiases, Tagging, bucket, words_of
from training.encode import Encoded
from training.ground import HARMS, Doc

Rows = list[NDArray[np.float32]]
Runner = Callable[[Encoded], Rows]


def tagging_of(doc: Doc, encoded: Encoded, rows: Rows, links: LinkBiases) -> Tagging:
    """A text's outputs as the product reads them."""
    pieces = [encoded.offsets[window][at] for window, at, _ in encoded.own]
    mine = np.stack([rows[window][at] for window, at, _ in encoded.own]) if pieces else rows_of_nothing()
    return Tagging(pieces, [s for _, _, s in encoded.own], words_of(doc.text, pieces), mine, links)


def rows_of_nothing() -> NDArray[np.float32]:
    """The rows of a text without pieces."""
    return np.zeros((0, COLUMNS[LINKS[-1]].stop), np.float32)


def scores(docs: Sequence[Doc], encoded: Sequence[Encoded], run: Runner, links: LinkBiases) -> dict[str, float]:
    """F1 of exact spans by label, accuracy of classes on gold spans, F1 of act sentences, F1 of links at 0.5."""
    tally: Counter[str] = Counter()
    for doc, enc in zip(docs, encoded, strict=True):
        rows = run(enc)
        _spans(doc, tagging_of(doc, enc, rows, links), tally)
        _classes(enc, rows, tally)
        _links(enc, rows, links, tally)
    names = [*HARMS, *SPANS, "act", "act_link", "says_link", *(f"link_{a}_{b}" for a, b in LINKED)]
    result = {}
    for name in names:
        hit, pred, gold = tally[name, "hit"], tally[name, "pred"], tally[name, "gold"]  # type: ignore[index]
        if gold:
            result[name] = round(float(200 * hit / (pred + gold)), 1)
    for name in ("who", "subset", "type", "scope", "status", "s_type", "s_scope", "s_status"):
        if tally[name, "n"]:  # type: ignore[index]
            result[name] = round(100 * tally[name, "right"] / tally[name, "n"], 1)  # type: ignore[index]
    return result


LINKED = (("figure", "place"), ("figure", "perpetrator"), ("figure", "figure"), ("act", "act"), ("figure", "date"))


def _spans(doc: Doc, tagging: Tagging, tally: Any) -> None:
    gold = {(m.label, m.start, m.end) for m in doc.marks}
    ignored = {("figure" if label in HARMS else label, a, b) for label, a, b in doc.ignored}
    for label, (start, end) in ((s.label, s.span) for s in tagging.spans):
        family = "figure" if label in HARMS else label
        if (label, start, end) in gold:
            tally[label, "hit"] += 1
        elif any(f == family and a < end and start < b for f, a, b in ignored):
            continue
        tally[label, "pred"] += 1
    for label, _, _ in gold:
        tally[label, "gold"] += 1


def _classes(enc: Encoded, rows: Rows, tally: Any) -> None:
    for head in ("who", "subset", "type", "scope", "status"):
        for n, row in enumerate(rows):
            best = row[:, COLUMNS[head]].argmax(-1)
            for at, target in enumerate(enc.targets[head][n]):
                if target >= 0:
                    tally[head, "n"] += 1
                    tally[head, "right"] += int(best[at]) == target
    for window, pieces, target in enc.sentences:
        mean = rows[window][pieces].mean(0)
        yes = mean[COLUMNS["s_act"]][0] > 0
        if target["weight"] != 0.5:
            tally["act", "pred"] += bool(yes)
            tally["act", "gold"] += bool(target["act"])
            tally["act", "hit"] += bool(yes and target["act"])
        for name in ("type", "scope", "status"):
            values: Any = target[name]
            if values:
                tally["s_" + name, "n"] += 1
                tally["s_" + name, "right"] += int(mean[COLUMNS["s_" + name]].argmax()) in values


def _links(enc: Encoded, rows: Rows, links: LinkBiases, tally: Any) -> None:
    def vector(item: Any, name: str) -> NDArray[np.float32]:
        out: NDArray[np.float32] = rows[item.window][item.pieces][:, COLUMNS[name]].mean(0)
        return out

    for n, a in enumerate(enc.items):
        for b in enc.items[n + 1 :]:
            score = float(vector(a, "act_from") @ vector(b, "act_to")) / LINK**0.5
            score += (
                links.act[KINDS.index(a.kind), KINDS.index(b.kind)]
                + links.act_distance[bucket(b.sentence - a.sentence)]
            )
            truth = bool(a.acts & b.acts)
            for name in ("act_link", f"link_{a.kind}_{b.kind}", f"link_{b.kind}_{a.kind}" if a.kind != b.kind else ""):
                tally[name, "pred"] += score > 0
                tally[name, "gold"] += truth
                tally[name, "hit"] += score > 0 and truth
    for figure in (i for i in enc.items if i.says is not None):
        for k, speaker in enumerate(enc.speakers):
            score = float(vector(figure, "says_from") @ vector(speaker, "says_to")) / LINK**0.5
            score += links.says_distance[bucket(speaker.sentence - figure.sentence)]
            truth = k in (figure.says or ())
            tally["says_link", "pred"] += score > 0
            tally["says_link", "gold"] += truth
            tally["says_link", "hit"] += score > 0 and truth
