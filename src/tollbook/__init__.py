"""Tollbook reads news reports on armed conflict and keeps the count.

    for record in tollbook.read("page.html", published="2014-01-02"):
        for incident in record.incidents:
            print(incident.type, incident.start, incident.places)

`read` yields the record of each report; `run` yields the inputs' issues beside them. `init_book` makes a book that
keeps records and their claims, `open_book` opens one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from tollbook.book import Book, init_book, open_book
    from tollbook.errors import TollbookError
    from tollbook.model import Casualty, Incident, Issue, Record
    from tollbook.pipeline import read, run

__all__ = [
    "Book",
    "Casualty",
    "Incident",
    "Issue",
    "Record",
    "TollbookError",
    "__version__",
    "init_book",
    "open_book",
    "read",
    "run",
]

_HOMES = {
    "Book": "tollbook.book",
    "Casualty": "tollbook.model",
    "Incident": "tollbook.model",
    "Issue": "tollbook.model",
    "Record": "tollbook.model",
    "TollbookError": "tollbook.errors",
    "init_book": "tollbook.book",
    "open_book": "tollbook.book",
    "read": "tollbook.pipeline",
    "run": "tollbook.pipeline",
}


def __getattr__(name: str) -> Any:
    """The public names, imported when first asked for: `import tollbook` itself costs nothing."""
    if name not in _HOMES:
        raise AttributeError(f"module 'tollbook' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return __all__
