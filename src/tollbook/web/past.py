"""What was made of an earlier state of the incidents, brought up to a later one by what differs between them.

A page that is asked for again after a decision, or after fifty, costs what those changed and not what it shows.
"""

from __future__ import annotations

import threading
from collections import OrderedDict, deque
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from tollbook.web.columns import Columns

T = TypeVar("T")

STEPS = 100
"""Changes that are remembered: what is older than that is made from nothing."""
MADE = 120
"""Things made of a state that are kept for later ones, the last used."""


class Past:
    """The changes from state to state, and what was made of each: shared by all states that follow from another."""

    __slots__ = ("_lock", "_made", "_steps", "first")

    def __init__(self, first: int) -> None:
        self.first = first
        self._steps: deque[tuple[int, frozenset[int]]] = deque()
        self._made: OrderedDict[Any, tuple[int, Any]] = OrderedDict()
        self._lock = threading.Lock()

    def step(self, revision: int, moved: frozenset[int]) -> None:
        """Notes the slots that differ in a state from the one before."""
        with self._lock:
            self._steps.append((revision, moved))
            if len(self._steps) > STEPS:
                self.first = self._steps.popleft()[0]

    def since(self, old: int, new: int) -> frozenset[int] | None:
        """The slots that differ between two states; None where that is forgotten."""
        with self._lock:
            if old < self.first or old > new:
                return None
            return frozenset[int]().union(*(moved for at, moved in self._steps if old < at <= new))

    def get(self, key: Any) -> tuple[int, Any] | None:
        """(of which state, what was made last under this key)."""
        with self._lock:
            found = self._made.get(key)
            if found is not None:
                self._made.move_to_end(key)
            return found

    def put(self, key: Any, revision: int, value: Any) -> None:
        """Keeps what was made of a state, unless that of a later one is there."""
        with self._lock:
            if key not in self._made or self._made[key][0] <= revision:
                self._made[key] = (revision, value)
                self._made.move_to_end(key)
                if len(self._made) > MADE:
                    self._made.popitem(last=False)


def kept_up(columns: Columns, key: Any, make: Callable[[], T], update: Callable[[T, frozenset[int]], T]) -> T:
    """`make()` of this state, once; or `update` of what was made of an earlier one, which it must leave as it is."""
    found = columns.past.get(key)
    if found is not None and found[0] == columns.revision:
        same: T = found[1]
        return same
    moved = columns.past.since(found[0], columns.revision) if found is not None else None
    value: T = make() if found is None or moved is None else update(found[1], moved) if moved else found[1]
    columns.past.put(key, columns.revision, value)
    return value
