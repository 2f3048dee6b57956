"""The book on disk: one SQLite file, an append-only log and what is computed from it.

    with SqlStore.open(path, write=True) as store:
        store.add_report(...)

One process writes (a lock beside the file names the holder); any number read meanwhile. Each
`add_report` is one transaction: a kill at any moment loses at most the report in hand.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import getpass
import json
import os
import shutil
import sqlite3
import threading
from collections.abc import Iterable, Iterator, Mapping
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from tollbook.errors import OutputError, TollbookError, UsageError
from tollbook.model import Issue, Report, to_plain
from tollbook.store import additions, schema
from tollbook.store.records import Grounded, digest, dump

BUSY_SECONDS = 10
NETWORK = frozenset(
    {"nfs", "nfs4", "cifs", "smb", "smb3", "smbfs", "fuse.sshfs", "afs", "ncpfs", "davfs", "fuse.davfs2"}
)


def now() -> str:
    """This moment in UTC, as the log writes it."""
    return dt.datetime.now(dt.UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def end_of(day: dt.date) -> str:
    """The last moment of a UTC day, as the log writes it: what `--as-of DAY` means."""
    return f"{day.isoformat()}T23:59:59.999999Z"


def mount_type(path: Path, mounts: str) -> str | None:
    """The file system type of the longest mount point above `path`, from the text of /proc/mounts."""
    best, kind = -1, None
    for line in mounts.splitlines():
        fields = line.split(" ")
        if len(fields) < 3:
            continue
        point = Path(fields[1].encode().decode("unicode_escape"))
        if path.is_relative_to(point) and len(point.parts) > best:
            best, kind = len(point.parts), fields[2]
    return kind


def refuse_network(path: Path, mounts: str | None = None) -> None:
    """Raises UsageError where `path` lies on a network file system.

    SQLite's write-ahead log needs memory shared between processes and honest file locks; network file
    systems give neither (sqlite.org/wal.html), and a book on one is a book lost.
    """
    if mounts is None:
        try:
            mounts = Path("/proc/mounts").read_text(encoding="utf-8", errors="replace")
        except OSError:
            return
    kind = mount_type(path.resolve().parent, mounts)
    if kind in NETWORK:
        raise UsageError(
            f"{path}: this folder is on a network file system ({kind}). A book needs file locks and shared memory that "
            "network file systems do not keep reliably; put it on a local disk and copy it when it is closed"
        )


_held: set[int] = set()
"""The open files of the locks that this process holds."""


@cache
def _let_go_in_children() -> None:
    """From now on forked children close the locks they inherit: one that outlives a killed writer must not hold it."""

    def let_go() -> None:
        for handle in _held:
            with contextlib.suppress(OSError):
                os.close(handle)
        _held.clear()

    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=let_go)


class _Lock:
    """An advisory lock on a file beside the book; the system frees it when the process dies."""

    def __init__(self, book: Path) -> None:
        self.path = book.with_name(book.name + ".writer")
        self._file: Any = None

    def take(self) -> None:
        _let_go_in_children()
        self._file = open(self.path, "a+", encoding="utf-8")  # noqa: SIM115 - held open as long as the lock
        try:
            import fcntl

            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except ImportError:
            return  # no flock here: SQLite's own lock still keeps a second writer out, without naming the first
        except OSError:
            self._file.seek(0)
            holder = self._file.read().strip() or "another process"
            self._file.close()
            self._file = None
            raise UsageError(
                f"{self.path.name.removesuffix('.writer')}: {holder} is writing to this book; try again when it is done"
            ) from None
        _held.add(self._file.fileno())
        self._file.seek(0)
        self._file.truncate()
        self._file.write(f"process {os.getpid()} of {_user()} since {now()}")
        self._file.flush()

    def free(self) -> None:
        if self._file is not None:
            _held.discard(self._file.fileno())
            self._file.truncate(0)
            self._file.close()
            self._file = None


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "unknown"


class SqlStore:
    """A book's log and derived tables. Made by `create` or `open`; a context manager."""

    def __init__(self, path: Path, engine: sa.Engine, lock: _Lock | None) -> None:
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
        lock = _Lock(path)
        lock.take()
        store = cls(path, _engine(path), lock)
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
        version = _version(path)
        if version > schema.BOOK_VERSION:
            raise UsageError(
                f"{path}: this book has format {version}; this release reads up to {schema.BOOK_VERSION}. "
                "A newer release of Tollbook opens it"
            )
        lock = _Lock(path) if write or version < schema.BOOK_VERSION else None
        if lock is not None:
            lock.take()
        try:
            if version < schema.BOOK_VERSION:
                _migrate(path, version)
        except BaseException:
            if lock is not None:
                lock.free()
            raise
        if not write and lock is not None:
            lock.free()
            lock = None
        return cls(path, _engine(path), lock)

    def close(self) -> None:
        """Lets go of the file and of the writer's lock."""
        if not self._closed:
            self._closed = True
            _let_go(self.path)
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
        engine = _new_engine(self.path)
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


_open: dict[Path, list[Any]] = {}
"""file -> [its engine, how many stores of this process have it open]."""
_opening = threading.Lock()


def _engine(path: Path) -> sa.Engine:
    """The engine of a book's file, one a process: statements are compiled once, and pages that were read stay in
    memory, however often a reader of the book opens it to write. `_let_go` gives it back."""
    key = path.resolve()
    with _opening:
        found = _open.setdefault(key, [_engine_of(key), 0])
        found[1] += 1
        engine: sa.Engine = found[0]
        return engine


def _let_go(path: Path) -> None:
    """Closes the file of a book that nobody in this process has open any more."""
    key = path.resolve()
    with _opening:
        found = _open.get(key)
        if found is None:
            return
        found[1] -= 1
        if found[1] <= 0:
            del _open[key]
            found[0].dispose()


@lru_cache(maxsize=16)
def _engine_of(path: Path) -> sa.Engine:
    return _new_engine(path)


def _new_engine(path: Path) -> sa.Engine:
    engine = sa.create_engine(
        sa.URL.create("sqlite", database=str(path)),
        connect_args={"timeout": BUSY_SECONDS, "isolation_level": None},
    )

    def prepare(connection: Any, _: object) -> None:
        cursor = connection.cursor()
        cursor.execute("PRAGMA journal_mode = WAL")
        cursor.execute("PRAGMA synchronous = NORMAL")
        cursor.execute("PRAGMA foreign_keys = ON")
        cursor.close()

    sa.event.listen(engine, "connect", prepare)
    return engine


def _version(path: Path) -> int:
    """`user_version` of a book; raises UsageError where the file is not one."""
    try:
        with contextlib.closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as connection:
            owner = connection.execute("PRAGMA application_id").fetchone()[0]
            version = connection.execute("PRAGMA user_version").fetchone()[0]
    except sqlite3.Error as error:
        raise UsageError(f"{path}: not a book: {error}") from error
    if owner != schema.APPLICATION_ID:
        raise UsageError(f"{path}: a SQLite file, but not a book made by Tollbook")
    return int(version)


def _migrate(path: Path, version: int) -> None:
    """Copies an older book beside itself, then takes it to this release's format in one transaction."""
    copy = path.with_name(f"{path.name}.v{version}.bak")
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    shutil.copy2(path, copy)
    engine = _new_engine(path)
    try:
        with engine.connect() as connection:
            connection.exec_driver_sql("BEGIN IMMEDIATE")
            for target, _, step in schema.MIGRATIONS:
                if target > version:
                    step(connection)
            connection.exec_driver_sql(f"PRAGMA user_version = {schema.BOOK_VERSION}")
            connection.exec_driver_sql("COMMIT")
    except sa.exc.SQLAlchemyError as error:
        raise TollbookError(
            f"{path}: could not be brought to format {schema.BOOK_VERSION}; the copy is {copy}"
        ) from error
    finally:
        engine.dispose()
