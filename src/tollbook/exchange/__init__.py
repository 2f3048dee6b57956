"""A book and the files of others: spreadsheets in, edits back, comparisons, releases and what changed between them.

    from tollbook.exchange import compare, import_sheet, release

    with open_book("war.toll", write=True) as book:
        import_sheet(book, Path("incidents.xlsx"), load_map(Path("map.yml")))
        found = compare(book, Path("ged.csv"))
        release(book, Path("2026-11"))

Each function is the command of the same name; its module says what it promises.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tollbook.exchange.comparing import Comparison, compare
    from tollbook.exchange.edits import Plan, read_edits, write_edits
    from tollbook.exchange.imports import Imported, import_sheet
    from tollbook.exchange.reldiff import diff_releases
    from tollbook.exchange.releasing import Release, Released, release
    from tollbook.exchange.sheetmap import load_map, propose

_HOMES = {
    "Comparison": "comparing", "compare": "comparing", "Plan": "edits", "read_edits": "edits", "write_edits": "edits",
    "Imported": "imports", "import_sheet": "imports", "Release": "releasing", "Released": "releasing",
    "release": "releasing", "diff_releases": "reldiff", "load_map": "sheetmap", "propose": "sheetmap",
}  # fmt: skip


def __getattr__(name: str) -> Any:
    """A function of the package, loaded with its module when it is first asked for."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)


__all__ = [
    "Comparison", "Imported", "Plan", "Release", "Released", "compare", "diff_releases", "import_sheet", "load_map",
    "propose", "read_edits", "release", "write_edits",
]  # fmt: skip
