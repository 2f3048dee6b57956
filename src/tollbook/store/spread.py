"""Pure work over many items on all cores, the results in the items' order.

Forked children share the parent's memory, so that nothing is copied to them; they touch no connection and send back
what they computed. Where a process cannot be forked safely (no fork, other threads) the work is done here.
"""

from __future__ import annotations

import os
import pickle
import threading
from collections.abc import Callable, Sequence
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")

WORTH = 400
"""Items under which a second process costs more than it brings."""


def spread(
    work: Callable[[Sequence[Item]], list[Result]], items: Sequence[Item], jobs: int | None = None
) -> list[Result]:
    """`work(items)`, cut into one run of items a core. `work` must be pure and give one result an item."""
    count = jobs if jobs is not None else min(4, os.cpu_count() or 1)
    if count < 2 or len(items) < WORTH or not hasattr(os, "fork") or threading.active_count() > 1:
        return work(items)
    size = -(-len(items) // count)
    slices = [items[i : i + size] for i in range(0, len(items), size)]
    children = [_start(work, some) for some in slices[1:]]
    out = work(slices[0])
    for (pid, pipe), some in zip(children, slices[1:], strict=True):
        with os.fdopen(pipe, "rb") as stream:
            sent = stream.read()
        os.waitpid(pid, 0)
        out += pickle.loads(sent) if sent else work(some)
    return out


def _start(work: Callable[[Sequence[Item]], list[Result]], items: Sequence[Item]) -> tuple[int, int]:
    """(process, pipe) of a child that sends its pickled results, or nothing where it failed."""
    reading, writing = os.pipe()
    pid = os.fork()
    if pid:
        os.close(writing)
        return pid, reading
    try:  # pragma: no cover - in the child
        os.close(reading)
        with os.fdopen(writing, "wb") as stream:
            stream.write(pickle.dumps(work(items), protocol=pickle.HIGHEST_PROTOCOL))
    finally:
        os._exit(0)
