"""The book on disk: one SQLite file, an append-only log and what is computed from it.

    with SqlStore.open(path, write=True) as store:
        store.add_report(...)

One process writes (a lock beside the file names the holder); any number read meanwhile. Each
`add_report` is one transaction: a kill at any moment loses at most the report in hand.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from tollbook.errors import OutputError, UsageError
from tollbook.model import Issue, Report, to_plain
from tollbook.store import additions, schema
from tollbook.store.files import Lock, let_go, migrate, new_engine, open_engine, refuse_network, version_of
from tollbook.store.records import Grounded, digest, dump


def now() -> str:
    """This moment in UTC, as the log writes it."""
    return dt.datetime.now(dt.UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def end_of(day: dt.date) -> str:
    """The last moment of a UTC day, as the log writes it: what `--as-of DAY` means."""
    return f"{day.isoformat()}T23:59:59.999999Z"


class SqlStore:
    """A book's log and derived tables. Made by `create` or `open`; a context manager."""

    def __init__(self, path: Path, engine: sa.Engine, lock: Lock | None) -> None:
        self.path = path
        self._engine = engine
        self._lock = lock
        self._closed = False

    # --- opening ---

    @classmethod
    def create(cls, path: Path, charter: Mapping[str, Any], user: str) -> SqlStore:
        """A new book with its charter. Raises UsageError where the file is already there or on a network disk."""
        refuse_network(path)
        if path.exists():
            raise UsageError(f"{path}: there is a file of this name already")
        if not path.parent.is_dir():
            raise UsageError(f"{path}: there is no folder {path.parent}")
        lock = Lock(path)
        lock.take(now())
        store = cls(path, open_engine(path), lock)
        with store.write() as connection:
            schema.create(connection)
            connection.execute(schema.charters.insert(), {"charter": dump(charter), "user": user, "recorded_at": now()})
        return store

    @classmethod
    def open(cls, path: Path, *, write: bool = False) -> SqlStore:
        """The book at `path`, migrated if it is older (a copy is kept beside it), refused if it is newer.

        Raises UsageError where it is not a book, is newer than this release, lies on a network disk, or
        (with `write`) another process is writing to it.
        """
        refuse_network(path)
        if not path.is_file():
            raise UsageError(f"{path}: there is no such book; `tollbook init {path.name}` makes one")
        version = version_of(path)
        if version > schema.BOOK_VERSION:
            raise UsageError(
                f"{path}: this book has format {version}; this release reads up to {schema.BOOK_VERSION}. "
                "A newer release of Tollbook opens it"
            )
        lock = Lock(path) if write or version < schema.BOOK_VERSION else None
        if lock is not None:
            lock.take(now())
        try:
            if version < schema.BOOK_VERSION:
                migrate(path, version)
        except BaseException:
            if lock is not None:
                lock.free()
            raise
        if not write and lock is not None:
            lock.free()
            lock = None
        return cls(path, open_engine(path), lock)

    def close(self) -> None:
        """Lets go of the file and of the writer's lock."""
        if not self._closed:
            self._closed = True
            let_go(self.path)
        if self._lock is not None:
            self._lock.free()

    def __enter__(self) -> SqlStore:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    @property
    def writes(self) -> bool:
        """Whether this store may write."""
        return self._lock is not None

    @contextlib.contextmanager
    def write(self) -> Iterator[sa.Connection]:
        """One write transaction: all of it or nothing. A full disk or a locked book is an OutputError."""
        if self._lock is None:
            raise UsageError(f"{self.path}: opened for reading")
        try:
            with self._engine.connect() as connection:
                connection.exec_driver_sql("BEGIN IMMEDIATE")
                try:
                    yield connection
                    connection.exec_driver_sql("COMMIT")
                except BaseException:
                    with contextlib.suppress(sa.exc.SQLAlchemyError, sqlite3.Error):
                        connection.exec_driver_sql("ROLLBACK")
                    raise
        except sa.exc.OperationalError as error:
            raise OutputError(f"{self.path}: not written, the book is as it was before: {error.orig}") from error

    @contextlib.contextmanager
    def read(self) -> Iterator[sa.Connection]:
        """One consistent view of the book, whatever a writer does meanwhile."""
        with self._engine.connect() as connection:
            connection.exec_driver_sql("BEGIN")
            try:
                yield connection
            finally:
                connection.exec_driver_sql("ROLLBACK")

    @contextlib.contextmanager
    def shadow(self) -> Iterator[sa.Connection]:
        """A connection of its own, with one consistent view of the book, whose temporary tables vanish with it."""
        engine = new_engine(self.path)
        try:
            with engine.connect() as connection:
                connection.exec_driver_sql("BEGIN")
                try:
                    yield connection
                finally:
                    connection.exec_driver_sql("ROLLBACK")
        finally:
            engine.dispose()

    # --- the log ---

    def add_report(
        self,
        report: Report,
        *,
        made_by: str | None = None,
        grounded: Grounded | None = None,
        issues: Iterable[Issue] = (),
    ) -> str | None:
        """Stores a report, and what was read in it, in one transaction. Returns its id, or None where nothing is new.

        The id is a hash of doc_id and text. A known report is not stored twice; its reading is stored again only
        if its claims or values differ from the live run's. What people added to the document is taken into every
        reading of it (see `store.additions`).
        """
        report_id = report_key(report.doc_id, report.text_sha256)
        with self.write() as connection:
            known = connection.execute(
                sa.select(schema.reports.c.seq).where(schema.reports.c.report_id == report_id)
            ).scalar()
            stamp = now()
            met = connection.execute(
                sa.select(schema.reports.c.seq).where(schema.reports.c.doc_id == report.doc_id).limit(1)
            ).scalar()
            if known is None:
                connection.execute(schema.reports.insert(), _report_row(report_id, report, stamp))
                _add_issues(connection, report.issues, report_id, None, stamp)
            if grounded is None:
                return report_id if known is None else None
            if met is not None:
                grounded = additions.take_in(connection, report.doc_id, report.text, grounded)
            run_id = _run_id(report_id, made_by or "", grounded)
            last = connection.execute(
                sa.select(schema.runs.c.run_id)
                .where(schema.runs.c.report_id == report_id)
                .order_by(schema.runs.c.seq.desc())
                .limit(1)
            ).scalar()
            if last == run_id:
                return None
            self._add_run(connection, report_id, run_id, made_by or "records", grounded, issues, stamp)
        return report_id

    @staticmethod
    def _add_run(
        connection: sa.Connection,
        report_id: str,
        run_id: str,
        made_by: str,
        grounded: Grounded,
        issues: Iterable[Issue],
        stamp: str,
    ) -> None:
        published = grounded.rest.get("published")
        result = connection.execute(
            schema.runs.insert(),
            {
                "run_id": run_id,
                "report_id": report_id,
                "made_by": made_by,
                "published": published if isinstance(published, str) else None,
                "record": dump(grounded.rest),
                "recorded_at": stamp,
            },
        )
        run_seq = result.inserted_primary_key[0]  # type: ignore[index]
        rows = [
            {
                "claim_id": claim.claim_id,
                "run_seq": run_seq,
                "report_id": report_id,
                "mention_id": claim.mention_id,
                "kind": claim.kind,
                "start": claim.span[0],
                "end": claim.span[1],
                "quote": claim.quote,
                "value": dump(claim.value),
                "recorded_at": stamp,
            }
            for claim in grounded.claims
        ]
        if rows:
            connection.execute(schema.claims.insert(), rows)
        _add_issues(connection, [*grounded.issues, *issues], report_id, run_seq, stamp)

    def add_issues(self, issues: Iterable[Issue]) -> None:
        """Issues of inputs that did not become a report."""
        with self.write() as connection:
            _add_issues(connection, issues, None, None, now())

    def add_decision(self, row: Mapping[str, Any]) -> int:
        """Appends one decision (columns of log_decisions but seq and recorded_at). Returns its seq."""
        with self.write() as connection:
            return _add_decision(connection, row)

    def add_to_report(self, row: Mapping[str, Any], report: Report, reading: Grounded, made_by: str) -> int:
        """Appends a decision of kind `add` and, in the same transaction, the report's newest reading with the
        addition in it. Returns the decision's seq."""
        report_id = report_key(report.doc_id, report.text_sha256)
        with self.write() as connection:
            seq = _add_decision(connection, row)
            grounded = additions.take_in(connection, report.doc_id, report.text, reading)
            run_id = _run_id(report_id, made_by, grounded)
            self._add_run(connection, report_id, run_id, made_by, grounded, _issues_left(connection, report_id), now())
            return seq

    def charter(self) -> dict[str, Any]:
        """The charter that holds now."""
        with self.read() as connection:
            found = connection.execute(
                sa.select(schema.charters.c.charter).order_by(schema.charters.c.seq.desc()).limit(1)
            ).scalar_one()
        value = json.loads(found)
        assert isinstance(value, dict)
        return value

    def has(self, report_id: str) -> bool:
        """Whether the report is stored and has been read by some run."""
        with self.read() as connection:
            query = sa.select(schema.runs.c.seq).where(schema.runs.c.report_id == report_id).limit(1)
            return connection.execute(query).scalar() is not None

    def expunge(self, *, change: Iterable[tuple[str, str, Mapping[str, Any]]]) -> None:
        """Overwrites the named log cells in one transaction; the file is then vacuumed so that the bytes are gone.

        `change` holds (table, seq column value as text, {column: new value}).
        """
        with self.write() as connection:
            connection.execute(schema.expunging.insert(), {"open": 1})
            for table, seq, cells in change:
                target = schema.meta.tables[table]
                connection.execute(target.update().where(target.c.seq == int(seq)).values(**cells))
            connection.execute(schema.expunging.delete())
        with self._engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA secure_delete = ON")
            connection.exec_driver_sql("VACUUM")
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")


def _issues_left(connection: sa.Connection, report_id: str) -> list[Issue]:
    """What the newest reading of a report left open."""
    runs, table = schema.runs, schema.issues
    newest = sa.select(sa.func.max(runs.c.seq)).where(runs.c.report_id == report_id).scalar_subquery()
    rows = connection.execute(sa.select(table).where(table.c.run_seq == newest).order_by(table.c.seq)).all()
    return [
        Issue(r.code, r.message, r.doc_id, span=(r.start, r.end) if r.start is not None and r.end is not None else None)
        for r in rows
    ]


def _add_decision(connection: sa.Connection, row: Mapping[str, Any]) -> int:
    result = connection.execute(schema.decisions.insert(), {**row, "recorded_at": now()})
    return int(result.inserted_primary_key[0])  # type: ignore[index]


def report_key(doc_id: str, text_sha256: str) -> str:
    """The id of a report in a book: its doc_id and its text."""
    return digest("report", doc_id, text_sha256)


def _run_id(report_id: str, made_by: str, grounded: Grounded) -> str:
    values = [dump([c.claim_id, c.span, c.value]) for c in grounded.claims]
    return digest("run", report_id, made_by, dump(grounded.rest), *values)


def _report_row(report_id: str, report: Report, stamp: str) -> dict[str, Any]:
    meta = {
        "title_end": report.title_end,
        "published_basis": report.published_basis,
        "language": report.language,
        "raw_sha256": report.raw_sha256,
        "url": report.url,
        "country": report.country,
        "furniture": to_plain(report.furniture),
        "extra": to_plain(dict(report.extra)),
    }
    return {
        "report_id": report_id,
        "doc_id": report.doc_id,
        "outlet": report.outlet,
        "published": report.published.isoformat() if report.published else None,
        "title": report.title,
        "text": report.text,
        "text_sha256": report.text_sha256,
        "meta": dump({key: value for key, value in meta.items() if value not in (None, [], {})}),
        "recorded_at": stamp,
    }


def _add_issues(
    connection: sa.Connection, issues: Iterable[Issue], report_id: str | None, run_seq: int | None, stamp: str
) -> None:
    rows = [
        {
            "code": issue.code,
            "message": issue.message if not issue.file else f"{issue.file}:{issue.line or 0}: {issue.message}",
            "doc_id": issue.doc_id,
            "report_id": report_id,
            "run_seq": run_seq,
            "start": issue.span[0] if issue.span else None,
            "end": issue.span[1] if issue.span else None,
            "recorded_at": stamp,
        }
        for issue in issues
    ]
    if rows:
        connection.execute(schema.issues.insert(), rows)
