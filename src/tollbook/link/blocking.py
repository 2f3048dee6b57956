"""Which pairs are worth comparing: mentions that share a key of day and area, name or wording.

A new mention is compared with the latest earlier ones under each of its keys, at most so many a key, so that the
pairs do not depend on when the comparing is done: adding reports one by one or all at once gives the same.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping
from functools import lru_cache

from tollbook.link.mention import Mention, families
from tollbook.link.names import skeleton

CAP = 120
"""Mentions compared under one key of day and place; under the looser keys fewer."""
LOOSE_CAP = 25
WIDE = 10
"""Days from which a span is filed by months and not by days."""
MONTHS = 24
RECENT = 14

Key = tuple[int, bool]
"""(hash, wide): precise mentions are filed apart from wide ones under the keys they share, and never meet there."""


@lru_cache(maxsize=65536)
def _hash(*parts: object) -> int:
    return int.from_bytes(hashlib.blake2b(repr(parts).encode(), digest_size=8).digest(), "big", signed=True)


def _months(first: int, last: int) -> list[int]:
    """Months (year * 12 + month) that a span of ordinals touches, at most MONTHS of them."""
    a, b = dt.date.fromordinal(first), dt.date.fromordinal(last)
    start, end = a.year * 12 + a.month, b.year * 12 + b.month
    return list(range(start, min(end, start + MONTHS - 1) + 1))


def keys(m: Mention) -> tuple[set[Key], dict[Key, int]]:
    """(keys to file a mention under, keys to look for it under and how many under each). Wide keys are looked for by
    all, precise ones by wide."""
    file: set[Key] = set()
    seek: dict[Key, int] = {}

    def both(wide: bool, cap: int, *parts: object) -> None:
        key = _hash(*parts)
        file.add((key, wide))
        seek[key, True] = cap
        if wide:
            seek[key, False] = cap

    names = {skeleton(p) for p in m.places[:4]}
    family = families().get(m.type, "harm")
    dated = m.start is not None and m.end is not None
    span: tuple[int, int] | None = None
    if m.start is not None and m.end is not None:
        span = m.start, m.end
    elif m.published is not None:
        span = m.published - RECENT, m.published
    if span is not None:
        first, last = span
        narrow = dated and last - first < WIDE
        if narrow:
            for name in names:
                file.update((_hash("day", d, name), False) for d in range(first, last + 1))
                seek.update(((_hash("day", d, name), False), CAP) for d in range(first - 1, last + 2))
            for d in range(first, last + 1):
                both(not names, LOOSE_CAP, "country", d, m.country)
        for month in _months(first, last):
            for name in names:
                both(not narrow, LOOSE_CAP, "month", month, name)
            if not narrow or not names:
                both(not narrow and not names, LOOSE_CAP, "months", month, m.country, family)
    for print_ in sorted(_hash("word", w) for w in m.quote)[:3] if len(m.quote) >= 6 else ():
        both(True, LOOSE_CAP, "quote", print_, len(m.quote) // 4)
    for word in sorted(m.targets)[:4]:
        both(not (dated and names), LOOSE_CAP, "target", word, m.country)
    return file, seek


class Blocks:
    """Mentions filed under their keys, in the order they were recorded."""

    def __init__(self) -> None:
        self._filed: dict[Key, list[int]] = defaultdict(list)

    def file(self, num: int, under: Iterable[Key]) -> None:
        """Files a mention. Numbers must rise."""
        for key in under:
            self._filed[key].append(num)

    def load(self, key: Key, nums: list[int]) -> None:
        """Sets the (rising) numbers under one key, as read from a store."""
        self._filed[key] = nums

    def candidates(self, sought: Mapping[Key, int]) -> list[int]:
        """The latest numbers under each key, as many as it says, all keys together, rising."""
        found: set[int] = set()
        for key, cap in sought.items():
            if key in self._filed:
                found.update(self._filed[key][-cap:])
        return sorted(found)
