"""Columns of values and of ranges, one place (slot) an incident: changed slot by slot, read as numpy arrays."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from tollbook.store.counting import Bounded

TOLD, LOW, HIGH, OPEN, SOME = 1, 2, 4, 8, 16
"""What a range says: somebody counts this harm, its low is given, its high is given, somebody says "at least", it is
of more than none."""
KEPT_TABLES = 200
"""Questions asked of a column's values (which of them are near "Aleppo"?) whose answers are kept."""

Mask = npt.NDArray[np.bool_]
"""For each slot whether it is meant."""
Slots = npt.NDArray[np.intp]
Numbers = npt.NDArray[np.int64]


class Coded:
    """A column of values that recur: each slot holds the number of its value, 0 where it has none (None). Copies share
    the values, which are only ever added to.

    The numbers lie in an `array`, which a change reads and writes quicker than numpy does; `numbers` shows the same
    memory to numpy. A column that was shown is not made longer.
    """

    __slots__ = ("answers", "code_of", "codes", "values")

    def __init__(self, values: list[Any], code_of: dict[Any, int], codes: array[int], answers: dict[Any, Any]) -> None:
        self.values = values
        self.code_of = code_of
        self.codes = codes
        self.answers = answers

    @classmethod
    def empty(cls, size: int = 0) -> Coded:
        """A column of slots without a value."""
        return cls([None], {None: 0}, array("I", bytes(4 * size)), {})

    def copy(self) -> Coded:
        """The same column, to be changed without changing this one."""
        return Coded(self.values, self.code_of, self.codes[:], self.answers)

    def grow(self, more: int) -> None:
        """More slots, without a value."""
        self.codes.frombytes(bytes(4 * more))

    def code(self, value: Any) -> int:
        """The number of a value, a new one where it has none."""
        found = self.code_of.get(value)
        if found is None:
            found = len(self.values)
            self.values.append(value)
            self.code_of[value] = found
        return found

    def put(self, slots: Slots, values: Iterable[Any]) -> None:
        """Sets slots."""
        self.numbers()[slots] = np.fromiter(map(self.code, values), np.uint32, len(slots))

    def clear(self, slot: int) -> None:
        """Takes a slot's value out."""
        self.codes[slot] = 0

    def __getitem__(self, slot: int) -> Any:
        return self.values[self.codes[slot]]

    def numbers(self) -> npt.NDArray[np.uint32]:
        """The number of each slot's value."""
        return np.asarray(self.codes)

    def where(self, wanted: Callable[[Any], bool], asked: Any = None) -> Mask:
        """The slots whose value is wanted. `asked` names the question, where its answers are worth keeping."""
        return self.spread(np.array(self.table(wanted, asked), np.bool_))

    def spread(self, of_value: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """For each slot what its value's number has."""
        found: npt.NDArray[Any] = of_value[self.numbers()]
        return found

    def equal(self, value: Any) -> Mask:
        """The slots with this value."""
        code = self.code_of.get(value)
        return self.numbers() == code if code is not None else np.zeros(len(self.codes), np.bool_)

    def table(self, of: Callable[[Any], Any], asked: Any = None) -> list[Any]:
        """A function of every value, by its number."""
        values = self.values[:]
        known: list[Any] = self.answers.get(asked, []) if asked is not None else []
        if len(known) == len(values):
            return known
        found = known + [of(v) for v in values[len(known) :]]
        if asked is not None and len(found) > len(known):
            if len(self.answers) > KEPT_TABLES:
                self.answers.clear()
            self.answers[asked] = found
        return found


class Raw:
    """The ranges of one harm and group: low and top (high, where it is given; else low), 0 where nobody tells.
    `rest_low`, `rest_high`: of the range of everybody what is not told of any class, -1 where that is not known."""

    __slots__ = ("flags", "low", "rest_high", "rest_low", "top")

    def __init__(self, low: array[int], top: array[int], low_left: array[int], high_left: array[int], flags: bytearray):
        self.low, self.top, self.rest_low, self.rest_high, self.flags = low, top, low_left, high_left, flags

    @classmethod
    def empty(cls, size: int) -> Raw:
        """Nobody tells anything."""
        zeros = array("q", bytes(8 * size))
        return cls(zeros, zeros[:], zeros[:], zeros[:], bytearray(size))

    def copy(self) -> Raw:
        """The same ranges, to be changed."""
        return Raw(self.low[:], self.top[:], self.rest_low[:], self.rest_high[:], self.flags[:])

    def grow(self, more: int) -> None:
        """More slots, of which nobody tells."""
        for column in (self.low, self.top, self.rest_low, self.rest_high):
            column.frombytes(bytes(8 * more))
        self.flags.extend(bytes(more))

    def put(self, slots: Slots, columns: Sequence[Sequence[int]]) -> None:
        """Sets ranges that somebody tells: their columns low, top, flags, rest_low, rest_high."""
        low, top, flags, rest_low, rest_high = columns
        numbers(self.low)[slots], numbers(self.top)[slots] = low, top
        numbers(self.rest_low)[slots], numbers(self.rest_high)[slots] = rest_low, rest_high
        np.frombuffer(self.flags, np.uint8)[slots] = flags

    def clear(self, slot: int) -> None:
        """Nobody tells any more."""
        self.low[slot] = self.top[slot] = self.rest_low[slot] = self.rest_high[slot] = self.flags[slot] = 0

    def range(self, slot: int) -> Bounded:
        """(low, None, high, open) as the row has it; best is not kept."""
        flags = self.flags[slot]
        low = self.low[slot] if flags & LOW else None
        return low, None, self.top[slot] if flags & HIGH else None, bool(flags & OPEN)

    def least(self) -> Numbers:
        """The lows; the highs, where no low is given."""
        return np.where(self.having(LOW), numbers(self.low), numbers(self.top))

    def having(self, bits: int) -> Mask:
        """The slots with one of these flags."""
        return (np.frombuffer(self.flags, np.uint8) & bits) != 0 if self.flags else np.zeros(0, np.bool_)


def numbers(column: array[int]) -> Numbers:
    """A column of numbers as numpy has it, the same memory."""
    return np.asarray(column)
