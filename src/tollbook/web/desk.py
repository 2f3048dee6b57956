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
from tollbook.errors import TollbookError, UsageError
from tollbook.ledger.decisions import Decision
from tollbook.store import derive, load
from tollbook.tally import reports_by_day
from tollbook.web import columns as kept
from tollbook.web.columns import Columns

PATIENCE = 5.0
"""Seconds a decision waits for another process that writes to the book."""
STATES = 3
"""States of the incidents that are kept: a reader that began before a decision ends with what it began with."""


class BusyBook(UsageError):
    """Another process writes to the book, and did so for longer than a person waits."""


@dataclass(frozen=True, slots=True)
class Head:
    """How far the log and what is computed from it reach: what a page is as of."""

    log: str
    decision: int


class Desk:
    """A book as the desk uses it. All of it may be used from any thread."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.book = open_book(path)
        self.behind = False
        self._writer = threading.Lock()
        self._reader = threading.Lock()
        self._states: tuple[Columns, ...] = ()
        self._decisions: tuple[Decision, ...] = ()
        self._days: tuple[tuple[int, int], dict[str | None, int]] | None = None

    def close(self) -> None:
        """Lets go of the book's file."""
        self.book.close()

    @contextlib.contextmanager
    def view(self) -> Iterator[sa.Connection]:
        """One consistent view of the book as it is now, its computed tables up to the log.

        While another process writes to the book they may not be: `behind` tells.
        """
        with self.book.store.read() as connection:
            if derive.is_fresh(connection):
                self.behind = False
                yield connection
                return
        with self._writer:
            self.book.refresh()
        with self.book.store.read() as connection:
            self.behind = not derive.is_fresh(connection)
            yield connection

    def prepare(self) -> None:
        """Reads what the first page needs. A book that cannot be read is told of by the page that asks for it."""
        with contextlib.suppress(TollbookError, sa.exc.SQLAlchemyError), self.view() as connection:
            self.columns(connection)
            self.reports_by_day(connection)

    def columns(self, connection: sa.Connection) -> Columns:
        """The incidents of a view in memory. One thread at a time reads what changed; a reader of an older view gets
        the state of its own."""
        now = kept.revision_of(connection)[0]
        found = next((c for c in self._states if c.revision == now), None)
        if found is None:
            with self._reader:
                found = next((c for c in self._states if c.revision == now), None)
                if found is None:
                    newest = self._states[0] if self._states else None
                    found = (kept.changed(newest, connection) if newest else None) or kept.read(connection)
                    if newest is None or found.revision > newest.revision:
                        self._states = (found, *self._states)[:STATES]
                    else:
                        self._states = (*self._states[: STATES - 1], found)
        return found

    def decisions(self, connection: sa.Connection) -> tuple[Decision, ...]:
        """Every decision row of a view, oldest first; what was read before is not read again."""
        known = self._decisions
        last = known[-1].seq if known else 0
        newest = connection.exec_driver_sql("SELECT coalesce(max(seq), 0) FROM log_decisions").scalar_one()
        if newest < last:
            return tuple(d for d in known if d.seq <= newest)
        if newest > last:
            more = load.decisions(connection, after=last)
            if any(d.kind == "expunge" for d in more):  # it may have overwritten words of older rows
                known, more = (), load.decisions(connection)
            known = self._decisions = (*known, *more)
        return known

    def reports_by_day(self, connection: sa.Connection) -> dict[str | None, int]:
        """How many live reports each day has."""
        row = connection.exec_driver_sql(
            "SELECT (SELECT coalesce(max(seq), 0) FROM log_reports), (SELECT coalesce(max(seq), 0) FROM log_runs)"
        ).one()
        at = (int(row[0]), int(row[1]))
        if self._days is None or self._days[0] != at:
            self._days = (at, reports_by_day(connection))
        return self._days[1]

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
    """How far a view reaches."""
    row = connection.exec_driver_sql(
        "SELECT (SELECT coalesce(max(seq), 0) FROM log_claims), (SELECT coalesce(max(seq), 0) FROM log_reports), "
        "(SELECT coalesce(max(seq), 0) FROM log_issues), (SELECT coalesce(max(seq), 0) FROM changed_incidents), "
        "(SELECT coalesce(max(seq), 0) FROM log_runs), (SELECT coalesce(max(seq), 0) FROM log_decisions)"
    ).one()
    return Head(",".join(map(str, row)), int(row[-1]))


def scalar(connection: sa.Connection, query: sa.Select[Any]) -> Any:
    """The one value of a query, 0 where it is none."""
    return connection.execute(query).scalar() or 0
