"""Reports that copy one another: a sketch of a text, and how much two texts share. Pure."""

from __future__ import annotations

import re
import zlib
from collections.abc import Mapping, Sequence
from itertools import accumulate

SHINGLE = 5
KEPT = 48
COPY = 0.4
"""Share of five-word runs in common from which two reports are one origin: wire copy with a new head and tail."""

_WORD = re.compile(r"\w+")


def sketch(text: str) -> tuple[int, ...]:
    """The smallest hashes of a text's five-word runs: enough to estimate what two texts share. Rising."""
    words = [word.encode() for word in _WORD.findall(text.lower())]
    line = b" ".join(words)
    ends = list(accumulate((len(word) + 1 for word in words), initial=0))  # of each word with the blank after it
    runs = range(len(words) - SHINGLE + 1)
    found = {zlib.crc32(line[ends[i] : ends[i + SHINGLE] - 1]) for i in runs} if runs else {zlib.crc32(line)}
    return tuple(sorted(found)[:KEPT]) if words else ()


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
