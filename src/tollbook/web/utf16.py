"""Places in a text as browsers count them (UTF-16 code units) and as reports do (code points)."""

from __future__ import annotations


def to_utf16(text: str, at: int) -> int:
    """The UTF-16 offset of a code point offset. Lone surrogates count one unit, as in a browser."""
    return len(text[:at].encode("utf-16-le", "surrogatepass")) // 2


def from_utf16(text: str, at: int) -> int:
    """The code point offset of a UTF-16 offset; one inside a pair of surrogates is the end of its character.

    Raises ValueError where it lies outside the text.
    """
    if at < 0:
        raise ValueError(f"{at} is before the text")
    if text.isascii() or max(text, default="") < "\U00010000":
        if at > len(text):
            raise ValueError(f"{at} is after the text, which has {len(text)} units")
        return at
    units = 0
    for i, character in enumerate(text):
        if units >= at:
            return i
        units += 2 if character > "\uffff" else 1
    if units < at:
        raise ValueError(f"{at} is after the text, which has {units} units")
    return len(text)
