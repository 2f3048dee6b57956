"""Writing that is whole or absent: into a temporary file or folder beside the target, then renamed."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from tollbook.errors import OutputError, UsageError


@contextlib.contextmanager
def whole_file(target: Path) -> Iterator[Path]:
    """A path to write to; when the block ends well it takes the target's name, else it is gone.

    Raises OutputError naming the target where it cannot be written.
    """
    if target.is_dir():
        raise OutputError(f"{target}: is a folder; -o needs the name of a file")
    target = target.resolve()
    with _told(target):
        handle, made = tempfile.mkstemp(prefix=f".{target.name}.", suffix=".part", dir=target.parent)
        os.close(handle)
    try:
        with _told(target):
            yield Path(made)
            _sync(Path(made))
            os.chmod(made, _mode(target))
            os.replace(made, target)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(made)
        raise


@contextlib.contextmanager
def whole_folder(target: Path, ours: Callable[[str], bool]) -> Iterator[Path]:
    """A folder to write into, renamed to the target when the block ends well, else gone.

    A folder that is there is replaced only where every name in it is one of `ours`; else UsageError.
    """
    if target.exists():
        if not target.is_dir():
            raise UsageError(f"{target}: is a file; this format is a folder of files")
        strange = sorted(p.name for p in target.iterdir() if not ours(p.name))
        if strange:
            raise UsageError(f"{target}: holds other files ({', '.join(strange[:3])}); name a new folder")
    target = target.resolve()
    with _told(target):
        made = Path(tempfile.mkdtemp(prefix=f".{target.name}.", suffix=".part", dir=target.parent))
    try:
        with _told(target):
            yield made
            for path in made.iterdir():
                _sync(path)
            os.chmod(made, 0o777 & ~_umask())
            if target.exists():
                old = Path(tempfile.mkdtemp(prefix=f".{target.name}.", suffix=".old", dir=target.parent))
                os.replace(target, old)
                os.replace(made, target)
                shutil.rmtree(old, ignore_errors=True)
            else:
                os.replace(made, target)
    except BaseException:
        shutil.rmtree(made, ignore_errors=True)
        raise


@contextlib.contextmanager
def _told(target: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise OutputError(f"{target}: cannot be written: {error.strerror or error}") from error


def _sync(path: Path) -> None:
    with path.open("rb+") as stream:
        os.fsync(stream.fileno())


def _mode(path: Path) -> int:
    """The permissions of the file that is replaced, or those a new file gets."""
    with contextlib.suppress(OSError):
        return path.stat().st_mode & 0o777
    return 0o666 & ~_umask()


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
