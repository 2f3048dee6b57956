"""One open book behind the desk: reading by many threads, writing by one at a time and only as long as a request."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from tollbook.book import Book, open_book
from tollbook.errors import UsageError
from tollbook.store import derive
from tollbook.web.atlas import Atlas

PATIENCE = 5.0
"""Seconds a decision waits for another process that writes to the book."""


class BusyBook(UsageError):
    """Another process writes to the book, and did so for longer than a person waits."""


@dataclass(frozen=True, slots=True)
class Head:
    """How far the log reaches: what a page is as of."""

    log: str
    decision: int


class Desk:
    """A book as the desk uses it. `view` and `writing` may be used from any thread."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.book = open_book(path)
        self.atlas = Atlas()
        self._writer = threading.Lock()

    def close(self) -> None:
        """Lets go of the book's file."""
        self.book.close()

    @contextlib.contextmanager
    def view(self) -> Iterator[sa.Connection]:
        """One consistent view of the book as it is now, its computed tables up to the log."""
        self._catch_up()
        with self.book.store.read() as connection:
            yield connection

    def _catch_up(self) -> None:
        with self.book.store.read() as connection:
            if derive.is_fresh(connection):
                return
        with self._writer:
            self.book.refresh()

    @contextlib.contextmanager
    def writing(self) -> Iterator[Book]:
        """The book open for writing, its computed tables brought up to what was written. Held as long as the block.

        Raises BusyBook where another process keeps the book longer than PATIENCE.
        """
        with self._writer:
            until = time.monotonic() + PATIENCE
            while True:
                try:
                    book = open_book(self.path, write=True)
                    break
                except UsageError as error:
                    if "is writing" not in str(error):
                        raise
                    if time.monotonic() > until:
                        raise BusyBook(str(error)) from error
                time.sleep(0.1)
            with book:
                yield book
                book.refresh()


def head(connection: sa.Connection) -> Head:
    """The log's head in a view."""
    found = derive.log_head(connection)
    return Head(found.text(), found.decisions)


def scalar(connection: sa.Connection, query: sa.Select[Any]) -> Any:
    """The one value of a query, 0 where it is none."""
    return connection.execute(query).scalar() or 0
