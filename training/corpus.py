"""The list of texts that a training sees: gold, and the weak sets, without what dev also holds."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from training import weak
from training.augment import Names, vary
from training.ground import Doc, ground
from training.sets import SHARED_AT_MOST, DevGuard, full_text, gold, source_of

WEAK = ("quiet",)
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


def read(shared: Path, sets: Sequence[str] = WEAK) -> Corpus:
    """Reads and marks everything that may be trained on."""
    guard = DevGuard(shared)
    docs, missed, dropped = [], [], []
    for row, record in gold(shared / "gold/train"):
        text = full_text(row)
        if guard.overlap(text) >= SHARED_AT_MOST:
            dropped.append(row["doc_id"])
            continue
        doc, lost = ground(text, record, row["doc_id"], source_of(row["doc_id"]))
        docs.append(doc)
        missed.extend(lost)
    return Corpus(tuple(docs), tuple(weak.load(sets, shared, guard)), tuple(missed), tuple(dropped))


def epochs(
    docs: Sequence[Doc], extra: Sequence[Doc], strength: float, share: float
) -> Callable[[int, random.Random], list[Doc]]:
    """Draws an epoch's texts: each of `docs` once, `share` times as many of `extra`, each as a random variant."""
    names = Names.open()

    def draw(epoch: int, rng: random.Random) -> list[Doc]:
        more = rng.sample(list(extra), min(len(extra), round(share * len(docs))))
        return [vary(doc, names, rng, strength) if strength else doc for doc in (*docs, *more)]

    return draw
