"""Reports that copy one another: a sketch of a text, and how much two texts share. Pure."""

from __future__ import annotations

import re
import zlib
from collections.abc import Mapping, Sequence

SHINGLE = 5
KEPT = 48
COPY = 0.4
"""Share of five-word runs in common from which two reports are one origin: wire copy with a new head and tail."""

_WORD = re.compile(r"\w+")


def sketch(text: str) -> tuple[int, ...]:
    """The smallest hashes of a text's five-word runs: enough to estimate what two texts share. Rising."""
    words = _WORD.findall(text.lower())
    starts = range(max(1, len(words) - SHINGLE + 1)) if words else ()
    return tuple(sorted({zlib.crc32(" ".join(words[i : i + SHINGLE]).encode()) for i in starts})[:KEPT])


def resemblance(a: Sequence[int], b: Sequence[int]) -> float:
    """Estimated share (0 to 1) of five-word runs in common, from two sketches."""
    if not a or not b:
        return 0.0
    union = sorted({*a, *b})[:KEPT]
    both = set(a) & set(b)
    return sum(1 for h in union if h in both) / len(union)


def origins(sketches: Mapping[str, Sequence[int]], outlets: Mapping[str, str | None]) -> dict[str, str]:
    """The origin of each report: the first (in the order given) of those it shares text or outlet with."""
    names = list(sketches)
    parent = {n: n for n in names}

    def root(n: str) -> str:
        while parent[n] != n:
            n = parent[n]
        return n

    place = {n: i for i, n in enumerate(names)}
    for i, a in enumerate(names):
        for b in names[:i]:
            x, y = root(a), root(b)
            if x == y:
                continue
            same_outlet = outlets.get(a) is not None and outlets.get(a) == outlets.get(b)
            if same_outlet or resemblance(sketches[a], sketches[b]) >= COPY:
                first, second = sorted((x, y), key=place.__getitem__)
                parent[second] = first
    return {n: root(n) for n in names}
