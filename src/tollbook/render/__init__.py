"""Records in the forms people read and programs take. One module a form.

A renderer takes records as they come and writes each as soon as it has it, so that a run of any
length needs the memory of one report. Only `table` looks at the width of what it writes to.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TextIO

from tollbook.errors import UsageError
from tollbook.model import Record

Renderer = Callable[[Iterable[Record], TextIO], None]


def _table() -> Renderer:
    from tollbook.render.table import write_table

    return write_table


def _jsonl() -> Renderer:
    from tollbook.render.jsonl import write_jsonl

    return write_jsonl


def _csv() -> Renderer:
    from tollbook.render.csv import write_csv

    return write_csv


def _html() -> Renderer:
    from tollbook.render.html import write_html

    return write_html


FORMATS: dict[str, Callable[[], Renderer]] = {"table": _table, "jsonl": _jsonl, "csv": _csv, "html": _html}

# What becomes of a character that has no UTF-8 form (a lone surrogate): JSON has an escape for it, the others a mark.
ENCODING_ERRORS = {"jsonl": "backslashreplace"}

# Issues of a report that a form without an `issues` field shows nowhere (an empty date or place is a row's empty cell).
UNSHOWN = {"csv": frozenset(("language", "bad-date", "published-conflict", "broken-html"))}


def get_renderer(name: str) -> Renderer:
    """The renderer of that name. Raises UsageError that lists the names there are."""
    try:
        return FORMATS[name]()
    except KeyError:
        raise UsageError(f"no format {name!r}; there are: {', '.join(FORMATS)}") from None
