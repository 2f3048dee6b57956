"""What all commands share: errors to exit statuses, messages, output that is whole or absent."""

from __future__ import annotations

import functools
import io
import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, ParamSpec, TextIO, cast

from tollbook.errors import OutputError, TollbookError, UsageError

OK = 0
FAILED = 1  # an input could not be read, or a row not written
WRONG_USE = 2
INTERRUPTED = 130  # 128 + SIGINT, as shells give it
PIPE_CLOSED = 141  # 128 + SIGPIPE

_P = ParamSpec("_P")


def say(message: str) -> None:
    """One line to standard error, with nothing in it that could steer a terminal."""
    from tollbook.render.text import printable

    with suppress(OSError, ValueError):
        print(printable(message), file=sys.stderr, flush=True)


def guarded(command: Callable[_P, None]) -> Callable[_P, None]:
    """A command whose errors end in a message and an exit status instead of a traceback.

    UsageError 2, other TollbookErrors 1, Ctrl-C 130, a reader that closed the pipe 141 and no word.
    """

    @functools.wraps(command)
    def run(*args: _P.args, **kwargs: _P.kwargs) -> None:
        try:
            command(*args, **kwargs)
        except UsageError as error:
            _end(WRONG_USE, f"tollbook: {error}")
        except TollbookError as error:
            _end(FAILED, f"tollbook: {error}")
        except BrokenPipeError:
            _end(PIPE_CLOSED)
        except KeyboardInterrupt:
            _end(INTERRUPTED, "tollbook: interrupted")

    return run


def _end(status: int, message: str | None = None) -> None:
    if message is not None:
        say(message)
    _let_go_of_stdout()
    raise SystemExit(status)


def _let_go_of_stdout() -> None:
    """Keeps the interpreter's own last flush from failing a second time, with a traceback."""
    with suppress(OSError, ValueError):
        sys.stdout.flush()
        return
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


@contextmanager
def output(path: Path | None, *, errors: str = "strict") -> Iterator[TextIO]:
    """A UTF-8 text stream to a file, or to standard output when `path` is None; line ends are left as written.

    A file appears under its name only when all of it is written: until then it is a temporary file beside it,
    which is removed on any error. What exists and is no plain file (a device, a pipe) is written to as it is.
    Raises OutputError naming the file where it cannot be written; BrokenPipeError passes.
    """
    if path is not None and path.is_dir():
        raise OutputError(f"{path}: is a folder; -o needs the name of a file")
    if path is None:
        opened = _stream("standard output", lambda: os.fdopen(os.dup(sys.stdout.fileno()), "wb"), errors)
    elif path.exists() and not path.is_file():
        opened = _stream(str(path), lambda: path.open("wb"), errors)
    else:
        opened = _whole_file(path, errors)
    with opened as stream:
        yield stream


class _Sink:
    """The writing half of a text stream; its failures are OutputErrors, so that no other OSError is taken for one."""

    def __init__(self, stream: TextIO, name: str) -> None:
        self._stream = stream
        self._name = name

    def write(self, text: str) -> int:
        with _told(self._name):
            return self._stream.write(text)

    def close(self, *, sync: bool = False) -> None:
        with _told(self._name):
            self._stream.flush()
            if sync:
                os.fsync(self._stream.fileno())
            self._stream.close()

    def abandon(self) -> None:
        """Closes without another word about what cannot be written."""
        with suppress(OSError, ValueError):
            self._stream.close()


@contextmanager
def _stream(name: str, opened: Callable[[], IO[bytes]], errors: str) -> Iterator[TextIO]:
    sys.stdout.flush()
    with _told(name):
        sink = _Sink(io.TextIOWrapper(opened(), encoding="utf-8", errors=errors, newline=""), name)
    try:
        yield cast(TextIO, sink)
        sink.close()
    except BaseException:
        sink.abandon()
        raise


@contextmanager
def _whole_file(path: Path, errors: str) -> Iterator[TextIO]:
    name, target = str(path), path.resolve()
    with _told(name):
        handle, made = tempfile.mkstemp(prefix=f".{target.name}.", suffix=".part", dir=target.parent)
        sink = _Sink(os.fdopen(handle, "w", encoding="utf-8", errors=errors, newline=""), name)
    try:
        yield cast(TextIO, sink)
        sink.close(sync=True)
        with _told(name):
            os.chmod(made, _mode(target))
            os.replace(made, target)
    except BaseException:
        sink.abandon()
        with suppress(OSError):
            os.unlink(made)
        raise


def _mode(path: Path) -> int:
    """The permissions of the file that is replaced, or those a new file gets."""
    with suppress(OSError):
        return path.stat().st_mode & 0o777
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask


@contextmanager
def _told(name: str) -> Iterator[None]:
    """Errors of the system as OutputErrors that name the file; a closed pipe passes."""
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        raise OutputError(f"{name}: cannot be written: {error.strerror or error}") from error
