"""Text that a spreadsheet, a terminal or a map may open: no formula, no control, no order turned round. Pure.

A cell that begins with = + - @, a tab or a carriage return would be run as a formula (OWASP, "CSV Injection"): it
gets a leading apostrophe, which `plain` takes off again. Bidirectional embeddings, overrides and isolates (Unicode
UAX 9: U+202A-202E, U+2066-2069) can make a line read otherwise than it is stored and are taken out; marks that
Arabic, Persian and Hebrew need (U+200C-200F, U+061C) stay.
"""

from __future__ import annotations

import re
from collections.abc import Callable

FORMULA = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")
"""The full-width forms are what some spreadsheets fold to = + - @."""

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f]")
_TURNING = re.compile("[\u202a-\u202e\u2066-\u2069]")
_LONE = re.compile("[\ud800-\udfff]")

Tell = Callable[[str], None]
"""Takes the rule (of `data/export/loss.yml`) by which something was changed."""


def _nobody(_rule: str) -> None:
    return None


def text(value: str, tell: Tell = _nobody) -> str:
    """The text without controls and overrides; line breaks and tabs stay. For JSON and the like."""
    out = _CONTROL.sub("", _LONE.sub("\ufffd", value))
    if out != value:
        tell("control-characters")
    turned = _TURNING.sub("", out)
    if turned != out:
        tell("bidi-overrides")
    return turned


def line(value: str, tell: Tell = _nobody) -> str:
    """The text on one line, white space folded, without controls and overrides."""
    clean = text(value, tell)
    out = " ".join(clean.split())
    if out != clean.strip(" "):
        tell("line-breaks")
    return out


def cell(value: str, tell: Tell = _nobody) -> str:
    """The text as a cell: on one line, and not a formula."""
    out = line(value, tell)
    if out and out[:1] in FORMULA:
        tell("formula")
        return f"'{out}"
    return out


def plain(value: str) -> str:
    """The text of a cell that `cell` wrote."""
    return value[1:] if value[:1] == "'" and value[1:2] in FORMULA else value
