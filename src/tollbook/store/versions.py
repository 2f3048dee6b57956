"""Where words of one version of a report stand in a later one, so that what people decided finds its place again."""

from __future__ import annotations

import re
from collections.abc import Callable
from difflib import SequenceMatcher

from tollbook.model import Span

_WORD = re.compile(r"\w+")


def carried(old: str, new: str) -> Callable[[Span], Span | None]:
    """A function from a span of the older text to the span of the newer one that its words went to.

    Words that were replaced lead to what replaced them; a span of which no word is left leads to None.
    """
    if old == new:
        return lambda span: span
    before, after = list(_WORD.finditer(old)), list(_WORD.finditer(new))
    matcher = SequenceMatcher(None, [m.group() for m in before], [m.group() for m in after], autojunk=False)
    steps = matcher.get_opcodes()

    def carry(span: Span) -> Span | None:
        wanted = [i for i, m in enumerate(before) if m.start() < span[1] and m.end() > span[0]]
        if not wanted:
            return None
        first, last = wanted[0], wanted[-1]
        found: list[int] = []
        kept = False
        for kind, a, b, c, d in steps:
            if a > last or b <= first or kind in ("delete", "insert"):
                continue
            if kind == "equal":
                kept = True
                found += [c + max(first, a) - a, c + min(last + 1, b) - a - 1]
            else:
                found += [c, d - 1]
        return (after[min(found)].start(), after[max(found)].end()) if kept else None

    return carry
