"""One open book behind the desk: reading by many threads, writing by one at a time and only as long as a request."""

from __future__ import annotations

import contextlib
import logging
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from tollbook.book import Book, Detail, open_book
from tollbook.errors import TollbookError, UsageError
from tollbook.ledger.decisions import Decision, standing
from tollbook.store import derive, load, schema
from tollbook.store.filters import Filters
from tollbook.tally import reports_by_day, reports_by_month
from tollbook.web import filling as kept
from tollbook.web.apart import Apart
from tollbook.web.columns import Columns

log = logging.getLogger("tollbook")

PATIENCE = 5.0
"""Seconds a decision waits for another process that writes to the book."""
MOMENT = 1.5
"""Seconds a page waits until the computed tables are up to the log; then it shows them as they were before."""
FIRST = 2.0
"""Seconds a page waits while the incidents are read for the first time; then it says so, and asks again by itself."""
AGAIN = 5.0
"""Seconds until a whole count is tried again, where that did not do."""
STATES = 3
"""States of the incidents that are kept: a reader that began before a decision ends with what it began with."""
KEPT_MONTHS = 200
"""Filters whose reports by month are kept."""
OTHERS = (
    "Another program is writing to this book. What is shown is complete as of before; what is being added is counted "
    "once it is done."
)
CHANGED_SINCE = "What came into this book since is being counted. What is shown is complete as of before."
COUNTED_AGAIN = (
    "This book is being counted from its reports, since it never was, or was by another version of Tollbook. Until "
    "that is done (minutes for a large book) pages show what was counted before."
)


class BusyBook(UsageError):
    """Another process writes to the book, and did so for longer than a person waits."""


class BeingRead(UsageError):
    """The incidents are still being read into memory, as they are once when the desk starts."""


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
        self.behind: str | None = None
        self._writer = threading.Lock()
        self._starting = threading.Lock()
        self._catching: threading.Thread | None = None
        self._tried = float("-inf")
        self.apart = Apart(path)
        self._reader = threading.Lock()
        self._states: tuple[Columns, ...] = ()
        self._decisions: tuple[Decision, ...] = ()
        self._issues: dict[tuple[str, ...], tuple[int, tuple[tuple[int, str, str], ...]]] = {}
        self._days: tuple[tuple[int, int], dict[str | None, int]] | None = None
        self._months: tuple[Any, dict[Filters, tuple[tuple[str, int], ...]]] = (None, {})

    def close(self) -> None:
        """Lets go of the book's file, and of what is being counted."""
        self.apart.close()
        self.book.close()

    @contextlib.contextmanager
    def view(self) -> Iterator[sa.Connection]:
        """One consistent view of the book, its computed tables up to the log, or as they were before: while a decision
        is being written, while another process writes, and while the book is counted again, nobody waits for it.
        `behind` tells why, where it is more than a moment.
        """
        with self.book.store.read() as connection:
            if derive.is_fresh(connection):
                self.behind = None
                yield connection
                return
            counted = derive.is_counted(connection)
            if self._writer.locked() and self._catching is None and counted:  # a decision, soon in force
                yield connection
                return
        self._catch_up(counted)
        with self.book.store.read() as connection:
            if derive.is_fresh(connection):
                self.behind = None
            elif self._catching is not None:
                self.behind = CHANGED_SINCE if counted else COUNTED_AGAIN
            else:
                self.behind = OTHERS
            yield connection

    def _catch_up(self, counted: bool) -> None:
        """Has the computed tables brought up to the log, and waits for it as long as a person waits for a page."""
        with self._starting:
            thread = self._catching
            if thread is None and (counted or time.monotonic() - self._tried > AGAIN):
                self._tried = time.monotonic()
                thread = self._catching = threading.Thread(target=self._bring, args=(counted,), daemon=True)
                thread.start()
        if thread is not None:
            thread.join(MOMENT)

    def _bring(self, counted: bool) -> None:
        """Brings the computed tables up to the log. A whole count takes minutes: a process of its own does it."""
        try:
            with self._writer:
                if counted:
                    self.book.refresh()
                else:
                    words = "import sys; from tollbook.book import open_book; open_book(sys.argv[1]).refresh()"
                    subprocess.run([sys.executable, "-c", words, str(self.path)], check=False, stdin=subprocess.DEVNULL)
            with self.book.store.read() as connection:
                fresh = derive.is_fresh(connection)
            if fresh:
                self._tried = float("-inf")
        except (TollbookError, sa.exc.SQLAlchemyError, OSError) as error:
            log.warning("the book could not be counted: %s", error)
        finally:
            self._catching = None

    def incident(self, connection: sa.Connection, asked: str) -> Detail:
        """One incident whole, by an id that leads to it, in a view. Raises UsageError where none does, which says so
        where a person rejected it."""
        rows = self.decisions(connection)
        try:
            return self.book.detail(connection, asked, decisions=rows)
        except UsageError as error:
            gone = [d for d in standing(rows) if d.kind == "reject" and any(s.startswith(asked) for s in d.subjects)]
            if not gone or len(asked) < 4:
                raise
            last = gone[-1]
            raise UsageError(
                f"no incident {asked!r} counts in this book: {last.user} rejected it on {last.at[:10]} (“{last.why}”)"
            ) from error

    def columns(self, connection: sa.Connection) -> Columns:
        """The incidents of a view in memory. One thread at a time reads what changed; a reader of an older view gets
        the state of its own. Raises BeingRead where another thread reads all of them for the first time and that
        takes more than a moment."""
        now = kept.revision_of(connection)[0]
        found = next((c for c in self._states if c.revision == now), None)
        if found is None:
            if not self._reader.acquire(timeout=-1 if self._states else FIRST):
                raise BeingRead("the book is being read into memory; ask again in a few seconds")
            try:
                found = next((c for c in self._states if c.revision == now), None)
                if found is None:
                    newest = self._states[0] if self._states else None
                    found = (kept.changed(newest, connection) if newest else None) or kept.read(connection)
                    if newest is None or found.revision > newest.revision:
                        self._states = (found, *self._states)[:STATES]
                    else:
                        self._states = (*self._states[: STATES - 1], found)
            finally:
                self._reader.release()
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

    def issues(self, connection: sa.Connection, codes: Sequence[str]) -> list[tuple[str, str]]:
        """(code, words) of the issues of these codes in a view, oldest first; what was looked at is not looked at
        again."""
        newest = connection.exec_driver_sql("SELECT coalesce(max(seq), 0) FROM log_issues").scalar_one()
        last, known = self._issues.get(tuple(codes), (0, ()))
        if newest > last:
            table = schema.issues
            query = sa.select(table.c.seq, table.c.code, table.c.message).where(table.c.seq > last)
            rows = connection.execute(query.where(table.c.code.in_(codes)).order_by(table.c.seq)).all()
            known = (*known, *((r.seq, r.code, r.message) for r in rows))
            self._issues[tuple(codes)] = (newest, known)
        return [(code, words) for seq, code, words in known if seq <= newest]

    def reports_by_day(self, connection: sa.Connection) -> dict[str | None, int]:
        """How many live reports each day has."""
        row = connection.exec_driver_sql(
            "SELECT (SELECT coalesce(max(seq), 0) FROM log_reports), (SELECT coalesce(max(seq), 0) FROM log_runs)"
        ).one()
        at = (int(row[0]), int(row[1]))
        if self._days is None or self._days[0] != at:
            self._days = (at, reports_by_day(connection))
        return self._days[1]

    def reports_by_month(self, connection: sa.Connection, where: Filters) -> tuple[tuple[str, int], ...]:
        """How many live reports each month that is asked for has: no decision changes it."""
        days = self.reports_by_day(connection)
        if self._months[0] is not days or len(self._months[1]) > KEPT_MONTHS:
            self._months = (days, {})
        known = self._months[1]
        if where not in known:
            known[where] = reports_by_month(days, where)
        return known[where]

    @contextlib.contextmanager
    def writing(self) -> Iterator[Book]:
        """The book open for writing, its computed tables brought up to what was written. Held as long as the block.

        Raises BusyBook where another process keeps the book longer than PATIENCE, or it is being counted again.
        """
        if not self._writer.acquire(timeout=PATIENCE):
            raise BusyBook(f"{self.path.name} is being counted; decide again when it is done")
        try:
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
        finally:
            self._writer.release()


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
