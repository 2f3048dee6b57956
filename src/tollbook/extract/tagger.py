"""The trained tagger at work: what a small encoder makes of a report's sentences.

The model (a fine-tuned MiniLM-L6, ONNX, int8) reads windows of whole sentences and yields, for every word piece,
one row: logits of the heads in `HEADS`, then four link vectors. Here the rows become spans with probabilities,
classes of figures and of sentences, and scores of links. What the rules found can be asked about too: `Tagging`
answers for any span. A window never holds text of two reports and is run by itself, so that a report's answers do
not depend on what is read beside it. Training uses the same head table and the same windows (`training/`).
"""

from __future__ import annotations

import json
import re
from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import groupby, pairwise
from pathlib import Path
from typing import Any, get_args

import numpy as np
from numpy.typing import NDArray

from tollbook import lexicon
from tollbook.errors import ExtractorError, LexiconError
from tollbook.extract.wordpiece import CLS, SEP, WordPiece
from tollbook.model import ActType, Harm, Report, Scope, Sentence, Span, Status, Who

HARMS: tuple[str, ...] = get_args(Harm)
SPANS = ("place", "perpetrator", "target", "group", "date", "speaker")
_BIO = ("O", "B", "I")
HEADS: dict[str, tuple[str, ...]] = {
    "figure": ("none", *HARMS),
    "who": get_args(Who),
    "subset": ("whole", "part"),
    "type": get_args(ActType),
    "scope": get_args(Scope),
    "status": get_args(Status),
    **dict.fromkeys(SPANS, _BIO),
    "s_act": ("act",),
    "s_type": get_args(ActType),
    "s_scope": get_args(Scope),
    "s_status": get_args(Status),
}
"""The heads in the order of a row's columns, with their classes. `s_` heads are averaged over a sentence's pieces."""
_OF_PIECES = ("figure", "who", "subset", "type", "scope", "status", *SPANS)
_OF_SENTENCES = ("s_type", "s_scope", "s_status")
LINK = 48
LINKS = ("act_from", "act_to", "says_from", "says_to")
KINDS = ("figure", "place", "perpetrator", "target", "date", "act")
"""What a same-act link joins; `act` is a sentence as a whole."""
BUCKETS = 13
WINDOW = 190
CONTEXT = 48
FOLDER = lexicon.DATA / "model"

Rows = NDArray[np.float32]


def bucket(gap: int) -> int:
    """The class of a signed distance in sentences: 0, 1, 2, 3-4, 5-8, more, either way."""
    size = abs(gap)
    step = size if size <= 2 else 3 if size <= 4 else 4 if size <= 8 else 5
    return 6 + step if gap > 0 else 6 - step


def windows(
    lengths: Sequence[int], size: int = WINDOW, context: int = CONTEXT
) -> list[list[tuple[int, int, int, bool]]]:
    """Packs sentences of these lengths (in pieces) into windows, in order.

    Each window is a list of (sentence, first piece, last piece + 1, is context); a window after the first
    starts with the end of the sentence before it, whose answers the earlier window gave. A sentence longer
    than a window is cut.
    """
    step = size - context
    parts = [(n, at, min(at + step, length)) for n, length in enumerate(lengths) for at in range(0, length, step)]
    packed: list[list[tuple[int, int, int, bool]]] = []
    used = size
    for n, first, last in parts:
        if used + last - first > size:
            lead = packed[-1][-1] if packed else None
            packed.append([])
            used = 0
            if lead is not None:
                start = max(lead[1], lead[2] - context)
                packed[-1].append((lead[0], start, lead[2], True))
                used = lead[2] - start
        packed[-1].append((n, first, last, False))
        used += last - first
    return packed


def columns() -> dict[str, slice]:
    """Where each head, and each link vector, stands in a row."""
    found: dict[str, slice] = {}
    at = 0
    for name, width in [*((h, len(c)) for h, c in HEADS.items()), *((name, LINK) for name in LINKS)]:
        found[name] = slice(at, at + width)
        at += width
    return found


COLUMNS = columns()


@dataclass(frozen=True, slots=True)
class TaggedSpan:
    """A span the tagger labels: a harm (the figure's number or head noun) or one of SPANS."""

    label: str
    span: Span
    probability: float


@dataclass(frozen=True, slots=True)
class FigureClasses:
    """What the tagger says of one figure: probabilities by class. `harm` has "none" for no figure of harm."""

    harm: Mapping[str, float]
    who: Mapping[str, float]
    part: float
    type: Mapping[str, float]
    scope: Mapping[str, float]
    status: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class SentenceClasses:
    """What the tagger says of one sentence: whether it tells an act, and of which type, scope and status."""

    sentence: int
    act: float
    type: Mapping[str, float]
    scope: Mapping[str, float]
    status: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class LinkBiases:
    """What a link's score adds to the product of the two vectors: by kinds, by distance in sentences."""

    act: Rows
    act_distance: Rows
    says_distance: Rows


class Tagging:
    """The tagger's answers for one report. Empty (no spans, every question None) where no sentence passed the gate."""

    def __init__(
        self, pieces: Sequence[Span], of: Sequence[int], words: Sequence[int], rows: Rows, biases: LinkBiases
    ) -> None:
        """`rows[n]` belongs to `pieces[n]`, of sentence `of[n]` and of word `words[n]`; in order of the text."""
        self._starts, self._ends = [a for a, _ in pieces], [b for _, b in pieces]
        self._of, self._words, self._rows, self._biases = of, words, rows, biases
        self._shares = {head: softmax(rows[:, COLUMNS[head]]) for head in _OF_PIECES}
        self._asked: dict[Span, list[int]] = {}
        self._figures: dict[int, FigureClasses] = {}
        self._vectors: dict[tuple[str, Span, str], Rows | None] = {}
        self.spans: tuple[TaggedSpan, ...] = tuple(self._find())
        self.sentences: tuple[SentenceClasses, ...] = tuple(self._classify())

    def figure(self, span: Span) -> FigureClasses | None:
        """Classes of the figure at `span`, by its piece likeliest to carry one; None where not read."""
        piece = self._carrier(span)
        if piece is None:
            return None
        if piece not in self._figures:
            harm, who, kind, scope, status = (
                _named(head, self._shares[head][piece]) for head in ("figure", "who", "type", "scope", "status")
            )
            part = _rounded(self._shares["subset"][piece, 1])
            self._figures[piece] = FigureClasses(harm, who, part, kind, scope, status)
        return self._figures[piece]

    def probability(self, label: str, span: Span) -> float | None:
        """How likely `span` is a `label` (one of SPANS): the best of its pieces; None where not read."""
        pieces = self._pieces(span)
        if not pieces:
            return None
        return _rounded(max(1.0 - self._shares[label][n, 0] for n in pieces))

    def same_act(self, kind: str, span: Span, other_kind: str, other: Span) -> float | None:
        """How likely two marks (kinds of KINDS; a sentence's span for `act`) belong to one act; None where not read."""
        if other < span:
            kind, span, other_kind, other = other_kind, other, kind, span
        mine, theirs = self._vector(kind, span, "act_from"), self._vector(other_kind, other, "act_to")
        if mine is None or theirs is None:
            return None
        score = float(mine @ theirs) / LINK**0.5 + float(self._biases.act[KINDS.index(kind), KINDS.index(other_kind)])
        return _sigmoid(score + float(self._biases.act_distance[bucket(self._gap(span, other))]))

    def says(self, figure: Span, speaker: Span) -> float | None:
        """How likely the speaker at `speaker` gives the figure at `figure`; None where not read."""
        mine, theirs = self._vector("figure", figure, "says_from"), self._vector("speaker", speaker, "says_to")
        if mine is None or theirs is None:
            return None
        score = float(mine @ theirs) / LINK**0.5 + float(self._biases.says_distance[bucket(self._gap(figure, speaker))])
        return _sigmoid(score)

    def _pieces(self, span: Span) -> list[int]:
        found = self._asked.get(span)
        if found is None:
            first = max(0, bisect_right(self._starts, span[0]) - 1)
            last = min(bisect_left(self._starts, span[1]), first + 4 * WINDOW)
            found = self._asked[span] = [n for n in range(first, last) if self._ends[n] > span[0]]
        return found

    def _carrier(self, span: Span) -> int | None:
        """The piece of `span` that most likely carries a figure: its number or head noun."""
        pieces = self._pieces(span)
        if not pieces:
            return None
        return pieces[int(self._shares["figure"][pieces, 0].argmin())]

    def _vector(self, kind: str, span: Span, name: str) -> Rows | None:
        """The link vector of a mark: its first piece's, a figure's number's, a sentence's mean."""
        key = kind, span, name
        if key not in self._vectors:
            self._vectors[key] = self._read_vector(*key)
        return self._vectors[key]

    def _read_vector(self, kind: str, span: Span, name: str) -> Rows | None:
        pieces = self._pieces(span)
        if not pieces:
            return None
        carrier = self._carrier(span) if kind == "figure" else None
        chosen = pieces if kind == "act" else [carrier if carrier is not None else pieces[0]]
        mean: Rows = self._rows[chosen][:, COLUMNS[name]].mean(0)
        return mean

    def _gap(self, span: Span, other: Span) -> int:
        return self._of[self._pieces(other)[0]] - self._of[self._pieces(span)[0]]

    def _find(self) -> list[TaggedSpan]:
        """Runs of words whose pieces, on average, are labelled; a word is in a span whole or not at all."""
        firsts = [n for n, word in enumerate(self._words) if not n or word != self._words[n - 1]]
        bounds = list(pairwise([*firsts, len(self._words)]))
        sizes = np.asarray([[b - a] for a, b in bounds], np.float32)
        found: list[TaggedSpan] = []
        for head in ("figure", *SPANS):
            p = self._shares[head]
            if not (p[:, 0] < 0.6).any():
                continue
            classes = _word_classes(head, np.add.reduceat(p, firsts) / sizes)
            k = 0
            while k < len(classes):
                label, begin = classes[k], k
                k += 1
                if label is None:
                    continue
                while k < len(classes) and classes[k] is not None and self._goes_on(head, p, bounds, classes, k):
                    k += 1
                start, end = bounds[begin][0], bounds[k - 1][1]
                surest = max(1.0 - float(p[n, 0]) if head != "figure" else float(p[n].max()) for n in range(start, end))
                found.append(TaggedSpan(label, (self._starts[start], self._ends[end - 1]), _rounded(surest)))
        return sorted(found, key=lambda s: (s.span, s.label))

    def _goes_on(self, head: str, p: Rows, bounds: Sequence[Span], classes: Sequence[str | None], k: int) -> bool:
        """Whether word `k` goes on with the span of the word before it."""
        at, before = bounds[k][0], bounds[k - 1][1] - 1
        if self._of[at] != self._of[before]:
            return False
        if head == "figure":  # "1,200" and "twenty-two" are several words to the vocabulary; no space parts them
            return classes[k] == classes[k - 1] and self._starts[at] == self._ends[before]
        return bool(p[at, 2] >= p[at, 1])

    def _classify(self) -> list[SentenceClasses]:
        found = []
        for sentence, pieces in groupby(range(len(self._of)), key=lambda n: self._of[n]):
            own = list(pieces)
            mean = self._rows[own[0] : own[-1] + 1].mean(0)
            act = _sigmoid(float(mean[COLUMNS["s_act"]][0]))
            kind, scope, status = (_named(head, softmax(mean[COLUMNS[head]])) for head in _OF_SENTENCES)
            found.append(SentenceClasses(sentence, act, kind, scope, status))
        return found


class Tagger:
    """The shipped model, loaded once. Not to be shared between threads while it runs."""

    def __init__(self, session: Any, cutter: WordPiece, biases: LinkBiases, scale: Rows, version: str) -> None:
        """`scale` multiplies the rows: one over the temperature of each head."""
        self._session, self._cutter, self._biases, self._scale, self.version = session, cutter, biases, scale, version

    @classmethod
    def open(cls, path: Path | None = None) -> Tagger:
        """Loads the model in `path` (a folder with tagger.onnx, tagger.json, vocab.txt), else the shipped one.

        Raises ExtractorError where a file is missing or was made for another head table.
        """
        folder = path or FOLDER
        try:
            import onnxruntime

            card = json.loads((folder / "tagger.json").read_text(encoding="utf-8"))
            options = onnxruntime.SessionOptions()
            # One thread: sums are taken in one order, and --jobs sets how many processes there are.
            options.intra_op_num_threads = options.inter_op_num_threads = 1
            options.log_severity_level = 3
            session = onnxruntime.InferenceSession(
                str(folder / "tagger.onnx"), options, providers=["CPUExecutionProvider"]
            )
            cutter = WordPiece.open(folder / "vocab.txt")
        except ImportError as error:
            raise ExtractorError(f"the tagger needs onnxruntime: {error}") from error
        except Exception as error:
            raise ExtractorError(f"{folder.name}: the model cannot be loaded: {error}") from error
        if card.get("heads") != {name: list(classes) for name, classes in HEADS.items()}:
            raise ExtractorError(f"{folder.name}: the model was made for other heads than this version reads")
        biases = LinkBiases(
            *(np.asarray(card["links"][name], np.float32) for name in ("act", "act_distance", "says_distance"))
        )
        scale = np.ones(COLUMNS[LINKS[-1]].stop, np.float32)
        for name, temperature in card.get("temperature", {}).items():
            scale[COLUMNS[name]] = 1.0 / temperature
        return cls(session, cutter, biases, scale, str(card["version"]))

    def tag(self, report: Report, sentences: Sequence[Sentence]) -> Tagging:
        """The tagger's answers for these sentences of the report, in the order of the text.

        Only sentences that hold a word of the gate list, or stand beside one that does, are run. Time goes with the
        number of pieces, so a window repeats nothing of the one before it: the scores are the same (docs/method.md).
        """
        read = gated([report.text[s.span[0] : s.span[1]] for s in sentences])
        cut = [self._cutter.pieces(report.text[sentences[n].span[0] : sentences[n].span[1]]) for n in read]
        pieces: list[Span] = []
        of: list[int] = []
        rows: list[Rows] = [np.zeros((0, COLUMNS[LINKS[-1]].stop), np.float32)]
        for window in windows([len(c) for c in cut], context=0):
            ids = [CLS]
            for k, start, stop, _ in window:
                ids.extend([piece for piece, _, _ in cut[k][start:stop]])
                at = sentences[read[k]].span[0]
                pieces.extend([(at + a, at + b) for _, a, b in cut[k][start:stop]])
                of.extend([read[k]] * (stop - start))
            ids.append(SEP)
            (out,) = self._session.run(None, {"ids": np.asarray([ids], np.int64)})
            rows.append(out[0][1 : len(ids) - 1] * self._scale)
        return Tagging(pieces, of, words_of(report.text, pieces), np.concatenate(rows), self._biases)


def words_of(text: str, pieces: Sequence[Span]) -> list[int]:
    """The number of the word each piece belongs to; "1,200" is one word, "rebel-held" are three."""
    words: list[int] = []
    for n, (start, end) in enumerate(pieces):
        joined = n > 0 and start == pieces[n - 1][1] and _meets(text, start, end)
        words.append(words[-1] if joined else words[-1] + 1 if words else 0)
    return words


def _meets(text: str, start: int, end: int) -> bool:
    before, first = text[start - 1], text[start]
    if before.isalnum() and first.isalnum():
        return True
    if first in ",.":
        return before.isdigit() and text[end : end + 1].isdigit()
    return before in ",." and first.isdigit() and text[start - 2 : start - 1].isdigit()


def gated(texts: Sequence[str]) -> list[int]:
    """The numbers of the sentences that hold a word of the gate list, and of their neighbours."""
    gate = _gate()
    hits = [n for n, text in enumerate(texts) if gate.search(text.lower())]
    return sorted({m for n in hits for m in (n - 1, n, n + 1) if 0 <= m < len(texts)})


@cache
def _gate() -> re.Pattern[str]:
    return re.compile(r"\b(?:" + "|".join(map(re.escape, sorted(check(lexicon.load("model/gate"))))) + ")")


def check(data: object) -> tuple[str, ...]:
    """The stems of `data/model/gate.yml`. Raises LexiconError for one that is not a lower-case stem."""
    stems = data.get("stems") if isinstance(data, dict) else None
    if not isinstance(stems, list) or not stems:
        raise LexiconError("model/gate.yml: needed is a list `stems`")
    for stem in stems:
        if not isinstance(stem, str) or len(stem) < 3 or stem != stem.lower().strip():
            raise LexiconError(f"model/gate.yml: {stem!r} is not a lower-case stem of at least 3 letters")
    return tuple(stems)


def _word_classes(head: str, means: NDArray[np.floating[Any]]) -> list[str | None]:
    """The label of each word by the mean of its pieces' probabilities."""
    if head == "figure":
        return [HARMS[best - 1] if best else None for best in means.argmax(1).tolist()]
    return [head if nothing < 0.5 else None for nothing in means[:, 0].tolist()]


def softmax(x: Rows) -> Rows:
    """Probabilities along the last axis."""
    e = np.exp(x - x.max(-1, keepdims=True)) if x.size else x
    out: Rows = e / e.sum(-1, keepdims=True) if x.size else x
    return out


def _named(head: str, shares: Rows) -> dict[str, float]:
    return {name: round(p, 3) for name, p in zip(HEADS[head], shares.tolist(), strict=True)}


def _rounded(p: Any) -> float:
    return round(float(p), 3)


def _sigmoid(x: float) -> float:
    return _rounded(1.0 / (1.0 + float(np.exp(-min(60.0, max(-60.0, x))))))
