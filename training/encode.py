"""Marked texts to windows of word pieces with targets for the heads that model, training and runtime share."""

from __future__ import annotations

from dataclasses import dataclass, field

from tollbook.extract.tagger import CONTEXT, HEADS, WINDOW, gated, windows
from tollbook.extract.wordpiece import Piece, WordPiece
from training.ground import HARMS, SPANS, Doc, Mark

IGNORE = -100
KINDS = ("figure", "place", "perpetrator", "target", "date", "act")
"""What a same-act link can join; `act` is a sentence that tells an act."""


@dataclass(slots=True)
class Item:
    """Something that belongs to acts: a mark's first piece, or all pieces of a sentence (`pieces` in its window)."""

    kind: str
    window: int
    pieces: list[int]
    sentence: int
    order: int
    acts: frozenset[str]
    says: set[int] | None = None


@dataclass(slots=True)
class Encoded:
    """One text as windows. `targets[head]` holds one list a window; sentence rows are (window, pieces, targets)."""

    doc_id: str
    source: str
    pieces: list[list[int]] = field(default_factory=list)
    offsets: list[list[tuple[int, int]]] = field(default_factory=list)
    targets: dict[str, list[list[int]]] = field(default_factory=dict)
    sentences: list[tuple[int, list[int], dict[str, object]]] = field(default_factory=list)
    items: list[Item] = field(default_factory=list)
    speakers: list[Item] = field(default_factory=list)
    own: list[tuple[int, int, int]] = field(default_factory=list)
    """(window, piece, sentence) of every piece that is neither context nor [CLS] nor [SEP], in order of the text."""


def encode(doc: Doc, cutter: WordPiece) -> Encoded:
    """Windows and targets of one text, gated as at run time; context at a start has no targets."""
    out = Encoded(doc.doc_id, doc.source, targets={head: [] for head in HEADS})
    read = gated([doc.text[s:e] for s, e in doc.sentences])
    cut = [[(i, a + s, b + s) for i, a, b in cutter.pieces(doc.text[s:e])] for s, e in (doc.sentences[n] for n in read)]
    where: dict[int, tuple[int, int]] = {}
    parts: dict[int, list[tuple[int, list[int]]]] = {}
    for n, window in enumerate(windows([len(c) for c in cut], WINDOW, CONTEXT)):
        pieces: list[Piece] = []
        own: list[int] = []
        for k, first, last, is_context in window:
            at = len(pieces) + 1
            pieces.extend(cut[k][first:last])
            own.extend([-1 if is_context else read[k]] * (last - first))
            if not is_context:
                parts.setdefault(read[k], []).append((n, list(range(at, at + last - first))))
        out.pieces.append([101, *(p[0] for p in pieces), 102])
        out.own.extend((n, at, sentence) for at, sentence in enumerate(own, 1) if sentence >= 0)
        out.offsets.append([(-1, -1), *((p[1], p[2]) for p in pieces), (-1, -1)])
        for head in HEADS:
            out.targets[head].append([IGNORE] * (len(pieces) + 2))
        for at, (piece, keep) in enumerate(zip(pieces, own, strict=True), 1):
            if keep >= 0:
                where[piece[1]] = (n, at)
    _token_targets(doc, out, where)
    _sentence_targets(doc, out, parts)
    _items(doc, out, where, parts)
    return out


def _spread(doc: Doc, out: Encoded, where: dict[int, tuple[int, int]], start: int, end: int) -> list[tuple[int, int]]:
    return [where[at] for at in range(start, end) if at in where]


def _token_targets(doc: Doc, out: Encoded, where: dict[int, tuple[int, int]]) -> None:
    supervised = [h for h in ("figure", *SPANS) if h in doc.heads]
    for n, at in where.values():
        for head in supervised:
            out.targets[head][n][at] = 0
    for head, start, end in doc.ignored:
        for n, at in _spread(doc, out, where, start, end):
            if head in supervised:
                out.targets[head][n][at] = IGNORE
    for mark in doc.marks:
        spots = _spread(doc, out, where, mark.start, mark.end)
        harm = mark.label in HARMS
        head = "figure" if harm else mark.label
        for k, (n, at) in enumerate(spots):
            if head in doc.heads:
                value = HARMS.index(mark.label) + 1 if harm else 1 if k == 0 else 2
                out.targets[head][n][at] = value
            if harm and k == 0:
                _figure_targets(mark, out, n, at)
            if k == 0 and mark.acts and mark.label not in ("group", "speaker"):
                acts = [doc.acts[a] for a in mark.acts if a in doc.acts]
                for name in ("type", "scope", "status"):
                    values = {getattr(a, name) for a in acts}
                    if len(values) == 1 and name in doc.heads | {"type", "status"}:
                        out.targets[name][n][at] = HEADS[name].index(values.pop())


def _figure_targets(mark: Mark, out: Encoded, n: int, at: int) -> None:
    if mark.who is not None:
        out.targets["who"][n][at] = HEADS["who"].index(mark.who)
    if mark.subset is not None:
        out.targets["subset"][n][at] = int(mark.subset)


def _sentence_targets(doc: Doc, out: Encoded, parts: dict[int, list[tuple[int, list[int]]]]) -> None:
    if "sentence" not in doc.heads:
        return
    ignored = {s for _, a, _ in [i for i in doc.ignored if i[0] == "figure"] for s, e in [_sentence(doc, a)]}
    for sentence, places in parts.items():
        n, pieces = max(places, key=lambda p: len(p[1]))
        acts = [doc.acts[a] for a in doc.told.get(sentence, ())]
        if not acts and sentence in ignored:
            continue
        weight = 1.0 if acts else 0.5 if sentence in doc.unsure else 0.7
        out.sentences.append((n, pieces, {
            "act": float(bool(acts)), "weight": weight,
            **{k: [HEADS["s_" + k].index(getattr(a, k)) for a in acts] for k in ("type", "scope", "status")},
        }))  # fmt: skip


def _sentence(doc: Doc, at: int) -> tuple[int, int]:
    for n, (start, end) in enumerate(doc.sentences):
        if start <= at < end:
            return n, end
    return -1, -1


def _items(
    doc: Doc, out: Encoded, where: dict[int, tuple[int, int]], parts: dict[int, list[tuple[int, list[int]]]]
) -> None:
    if "pair" not in doc.heads:
        return
    spoken: dict[tuple[int, int], int] = {}
    for mark in (m for m in doc.marks if m.label == "speaker"):
        spots = _spread(doc, out, where, mark.start, mark.end)
        if spots:
            spoken[mark.start, mark.end] = len(out.speakers)
            out.speakers.append(
                Item("speaker", spots[0][0], [spots[0][1]], _sentence(doc, mark.start)[0], mark.start, mark.acts)
            )
    for mark in doc.marks:
        kind = "figure" if mark.label in HARMS else mark.label
        spots = _spread(doc, out, where, mark.start, mark.end)
        if kind not in KINDS or not spots or not mark.acts:
            continue
        says = {spoken[s] for s in mark.says if s in spoken} if kind == "figure" else None
        out.items.append(
            Item(kind, spots[0][0], [spots[0][1]], _sentence(doc, mark.start)[0], mark.start, mark.acts, says)
        )
    for sentence, acts in doc.told.items():
        for n, pieces in parts.get(sentence, [])[:1]:
            out.items.append(Item("act", n, pieces, sentence, doc.sentences[sentence][0], frozenset(acts)))
    out.items.sort(key=lambda i: i.order)
