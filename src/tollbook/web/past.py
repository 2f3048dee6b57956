"""What was made of an earlier state of the incidents, brought up to a later one by what differs between them.

A page that is asked for again after a decision, or after fifty, costs what those changed and not what it shows.
"""

from __future__ import annotations

import threading
from array import array
from bisect import bisect_left, insort
from collections import OrderedDict, deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import compress
from typing import TYPE_CHECKING, Any, Generic, TypeVar

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
    if key not in columns.memo:
        found = columns.past.get(key)
        moved = columns.past.since(found[0], columns.revision) if found is not None else None
        value = make() if found is None or moved is None else update(found[1], moved) if moved else found[1]
        columns.memo[key] = value
        columns.past.put(key, columns.revision, value)
    out: T = columns.memo[key]
    return out


@dataclass(frozen=True, slots=True)
class Groups(Generic[T]):
    """Slots by key, and what is made of each key's: `number` of a key, `of` the number of each slot's key (0: none)."""

    number: dict[Any, int]
    of: array[int]
    made: dict[Any, tuple[Sequence[int], T]]


def grouped(
    columns: Columns, name: Any, mask: bytes, key_of: Callable[[int], Any], make: Callable[[Any, Sequence[int]], T]
) -> dict[Any, tuple[Sequence[int], T]]:
    """key -> (the slots of a mask that have it, what is made of them); a slot with the key None has none.

    Only the groups that something moved out of or into, or changed in, are made again.
    """

    def whole() -> Groups[T]:
        number: dict[Any, int] = {}
        of = array("I", bytes(4 * len(columns)))
        found: dict[Any, array[int]] = {}
        for slot in compress(range(len(mask)), mask):
            key = key_of(slot)
            if key is not None:
                slots = found.get(key)
                if slots is None:
                    slots = found[key] = array("I")
                    number[key] = len(number) + 1
                slots.append(slot)
                of[slot] = number[key]
        return Groups(number, of, {k: (slots, make(k, slots)) for k, slots in found.items()})

    def again(old: Groups[T], moved: frozenset[int]) -> Groups[T]:
        number, made = dict(old.number), dict(old.made)
        of = old.of + array("I", bytes(4 * (len(columns) - len(old.of))))
        key_at = {n: k for k, n in number.items()}
        new: dict[Any, list[int]] = {}
        for slot in sorted(moved):
            if of[slot]:
                new.setdefault(key_at[of[slot]], [])
            key = key_of(slot) if mask[slot] else None
            if key is not None:
                of[slot] = number.setdefault(key, len(number) + 1)
                new.setdefault(key, []).append(slot)
            else:
                of[slot] = 0
        for key, slots in new.items():
            before = made.pop(key)[0] if key in made else ()
            stay = array("I", [s for s in before if s not in moved])
            stay.extend(slots)
            if stay:
                made[key] = (stay, make(key, stay))
        return Groups(number, of, made)

    return kept_up(columns, ("grouped", name), whole, again).made


def ranked(columns: Columns, name: Any, rank: Callable[[int], Any]) -> list[Any]:
    """The ranks of all slots that have one (None: no rank), in order. A rank holds its slot's incident."""

    def whole() -> tuple[list[Any], list[Any]]:
        of = [rank(s) for s in range(len(columns))]
        return sorted(r for r in of if r is not None), of

    def again(old: tuple[list[Any], list[Any]], moved: frozenset[int]) -> tuple[list[Any], list[Any]]:
        order, of = old[0][:], old[1] + [None] * (len(columns) - len(old[1]))
        for slot in moved:
            if of[slot] is not None:
                del order[bisect_left(order, of[slot])]
            of[slot] = rank(slot)
            if of[slot] is not None:
                insort(order, of[slot])
        return order, of

    return kept_up(columns, ("ranked", name), whole, again)[0]
