"""The book as a file: where it may lie, who is writing to it, its engine, its format brought up to date."""

from __future__ import annotations

import contextlib
import getpass
import os
import shutil
import sqlite3
import threading
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from tollbook.errors import TollbookError, UsageError
from tollbook.store import schema

BUSY_SECONDS = 10
NETWORK = frozenset(
    {"nfs", "nfs4", "cifs", "smb", "smb3", "smbfs", "fuse.sshfs", "afs", "ncpfs", "davfs", "fuse.davfs2"}
)


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


class Lock:
    """An advisory lock on a file beside the book; the system frees it when the process dies."""

    def __init__(self, book: Path) -> None:
        self.path = book.with_name(book.name + ".writer")
        self._file: Any = None

    def take(self, since: str) -> None:
        """Takes the lock, from this moment; raises UsageError, which names the holder, where another has it."""
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
        self._file.write(f"process {os.getpid()} of {_user()} since {since}")
        self._file.flush()

    def free(self) -> None:
        """Gives the lock back, if it was taken."""
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


_open: dict[Path, list[Any]] = {}
"""file -> [its engine, how many stores of this process have it open]."""
_opening = threading.Lock()


def open_engine(path: Path) -> sa.Engine:
    """The engine of a book's file, one a process: statements are compiled once, and pages that were read stay in
    memory, however often a reader of the book opens it to write. `let_go` gives it back."""
    key = path.resolve()
    with _opening:
        found = _open.setdefault(key, [_engine_of(key), 0])
        found[1] += 1
        engine: sa.Engine = found[0]
        return engine


def let_go(path: Path) -> None:
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
    return new_engine(path)


def new_engine(path: Path) -> sa.Engine:
    """An engine of its own for a book's file."""
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


def version_of(path: Path) -> int:
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


def migrate(path: Path, version: int) -> None:
    """Copies an older book beside itself, then takes it to this release's format in one transaction."""
    copy = path.with_name(f"{path.name}.v{version}.bak")
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    shutil.copy2(path, copy)
    engine = new_engine(path)
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
