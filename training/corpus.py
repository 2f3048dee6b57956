"""The list of texts that a training sees: gold, and the weak sets, without what dev also holds."""

from __future__ import annotations

import hashlib
import random
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from training import weak, written
from training.augment import Names, vary
from training.ground import Doc, ground
from training.sets import SHARED_AT_MOST, WRITTEN, DevGuard, full_text, gold, source_of

STRENGTH = 0.6
"""How often a text's names are swapped; see the model card for what it measured."""


@dataclass(frozen=True, slots=True)
class Corpus:
    """Marked texts. `missed`: gold items whose words the text lacks; `dropped`: reports too like a dev report."""

    gold: tuple[Doc, ...]
    weak: tuple[Doc, ...]
    missed: tuple[str, ...]
    dropped: tuple[str, ...]

    def digest(self) -> str:
        """SHA-256 over ids and texts, in order."""
        summed = hashlib.sha256()
        for doc in (*self.gold, *self.weak):
            summed.update(f"{doc.doc_id}\0{doc.text}\0".encode())
        return summed.hexdigest()


def read(shared: Path, sets: Sequence[str] = ("quiet",)) -> Corpus:
    """Reads and marks everything that may be trained on."""
    guard = DevGuard(shared)
    docs, missed, dropped = [], [], []
    for row, record in [*gold(shared / "gold/train"), *written.load()]:
        text = full_text(row)
        if guard.overlap(text) >= SHARED_AT_MOST:
            dropped.append(row["doc_id"])
            continue
        doc, lost = ground(text, record, row["doc_id"], source_of(row["doc_id"]))
        docs.append(doc)
        missed.extend(lost)
    return Corpus(tuple(docs), tuple(weak.load(sets, shared, guard)), tuple(missed), tuple(dropped))


def epochs(
    docs: Sequence[Doc], extra: Sequence[Doc], strength: float, share: float, most: float = 1.0, again: float = 1.0
) -> Callable[[int, random.Random], list[Doc]]:
    """Draws an epoch's texts, each as a random variant.

    Each of `docs` once, but of the gold source with most texts only the part `most`, and of the written reports the
    part `again`, another part every epoch; and `share` times as many of `extra`.
    """
    names = Names.open()
    counts = Counter(doc.source for doc in docs if doc.source != WRITTEN)
    largest = counts.most_common(1)[0][0] if counts else ""

    def draw(epoch: int, rng: random.Random) -> list[Doc]:
        chosen = [*_part(docs, largest, most, epoch), *_part(docs, WRITTEN, again, epoch)]
        rest = [doc for doc in docs if doc.source not in (largest, WRITTEN)]
        more = rng.sample(list(extra), min(len(extra), round(share * (len(chosen) + len(rest)))))
        return [vary(doc, names, rng, strength) if strength else doc for doc in (*chosen, *rest, *more)]

    return draw


def _part(docs: Sequence[Doc], source: str, part: float, epoch: int) -> list[Doc]:
    many = [doc for doc in docs if doc.source == source]
    size = round(part * len(many))
    return [many[(epoch * size + n) % len(many)] for n in range(size)]
