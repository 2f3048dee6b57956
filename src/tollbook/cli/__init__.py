"""The command line: parse, call one function, print, set the exit status."""

from __future__ import annotations

import gc
import signal
import sys
from collections.abc import Callable
from types import FrameType

# Start-up builds large tables that stay; walking them again and again takes a sixth of a short run (bench/read.py).
_OBJECTS_A_ROUND = 100_000


def main() -> None:
    """The `tollbook` program. Exit status: 0 fine, 1 an input unread or a row unwritten, 2 wrong use."""
    signal.signal(signal.SIGTERM, _terminated)
    gc.set_threshold(_OBJECTS_A_ROUND)
    try:
        _program()()
    except KeyboardInterrupt:
        sys.exit(130)


def _program() -> Callable[[], object]:
    """The commands asked for: `read`, which people run over and over, does not wait until all others are set up."""
    if sys.argv[1:2] == ["read"]:
        from tollbook.cli import read
        from tollbook.cli.program import program

        return program(read.app)
    from tollbook.cli.app import app

    return app


def _terminated(_signal: int, _frame: FrameType | None) -> None:
    """SIGTERM ends the program as Ctrl-C does, so that no half-written file stays behind."""
    sys.exit(128 + signal.SIGTERM)
