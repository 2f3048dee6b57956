"""The incidents of a book in memory, column by column: what the desk's filters, charts, maps and lists are made of.

A `Columns` is one state of the computed tables and does not change. The next state is made of it (`filling.py`) by
reading again only the incidents that `changed_incidents` names, so that a decision costs what it changes and not the
book; what pages show is then made of whole columns, which numpy adds up in a few milliseconds at 100,000 incidents.
"""

from __future__ import annotations

import heapq
from array import array
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from operator import eq
from typing import Any

import numpy as np
import numpy.typing as npt

from tollbook.ledger.bounds import ALL
from tollbook.link.names import same_place
from tollbook.store.counting import Book, Counted
from tollbook.store.filters import Filters, ascribed
from tollbook.web.atlas import Spot
from tollbook.web.coded import SOME, Coded, Mask, Numbers, Raw, Slots, numbers
from tollbook.web.past import Past, kept_up

Key = tuple[str, str]
"""(harm, whom): as in derived_bounds."""

NAMES = (
    "scope", "status", "type", "country", "review", "grade", "place", "perpetrator", "days", "spot", "province",
    "doers",
)  # fmt: skip
"""The columns of values. `province` and `doers` are those of totals by place and by perpetrator."""


ACTS = ("incident", "background")
"""Scopes of acts, which sums and statistics are not."""


@dataclass(slots=True)
class Columns:
    """One state of the incidents. `revision` is the number of the last change it holds.

    `parts`: sum -> part -> whether it surely is one. `doubts`: pair that may be one -> (how likely, low of each harm if
    they are). `memo` keeps what was made of this state whatever is asked for, `past` what was made of those before it.
    """

    revision: int
    ids: list[str | None] = field(default_factory=list)
    index: dict[str, int] = field(default_factory=dict)
    free: list[int] = field(default_factory=list)
    coded: dict[str, Coded] = field(default_factory=lambda: {name: Coded.empty() for name in NAMES})
    voices: array[int] = field(default_factory=lambda: array("q"))
    raws: dict[Key, Raw] = field(default_factory=dict)
    extras: dict[str, Coded] = field(default_factory=dict)
    parts: dict[str, dict[str, bool]] = field(default_factory=dict)
    owners: dict[str, set[str]] = field(default_factory=dict)
    doubts: dict[tuple[str, str], tuple[float, dict[str, int | None]]] = field(default_factory=dict)
    beside: dict[str, set[str]] = field(default_factory=dict)
    memo: dict[Any, Any] = field(default_factory=dict)
    past: Past = field(default_factory=lambda: Past(0))

    def __len__(self) -> int:
        return len(self.ids)

    def raw(self, harm: str, who: str = ALL) -> Raw:
        """The ranges of a harm."""
        return self.raws.get((harm, who)) or Raw.empty(len(self))

    def spot_of(self, incident: str) -> Spot | None:
        """Where an incident lies on the map."""
        slot = self.index.get(incident)
        found: Spot | None = None if slot is None else self.coded["spot"][slot]
        return found

    def once(self, name: str, make: Callable[[], Any]) -> Any:
        """`make()` of this state, once. For what is the same whatever is asked for."""
        if name not in self.memo:
            self.memo[name] = make()
        return self.memo[name]

    def used(self, name: str) -> list[str]:
        """The values of a column that incidents have, in order."""
        column = self.coded[name]
        found: list[str] = self.once(
            f"used {name}", lambda: sorted(column.values[n] for n in np.unique(column.numbers()).tolist() if n)
        )
        return found

    def counted(self, slot: int, keys: Collection[Key]) -> Counted:
        """An incident as totals take it, with its ranges of `keys` and without its card."""
        incident, c = self.ids[slot], self.coded
        assert incident is not None
        start, end = c["days"][slot]
        bounds = {k: r.range(slot) for k in keys if (r := self.raws.get(k)) is not None and r.flags[slot]}
        return Counted(
            incident, c["scope"][slot], c["status"][slot], c["type"][slot], start, end, c["place"][slot],
            c["country"][slot], c["review"][slot], c["grade"][slot], bounds, "",
        )  # fmt: skip

    def book(self, slots: Iterable[int], keys: Collection[Key]) -> Book:
        """These incidents with the parts and doubts between them, as totals take them."""
        out = Book()
        for slot in slots:
            found = self.counted(slot, keys)
            out.incidents[found.id] = found
        for one in out.incidents:
            for part, sure in self.parts.get(one, {}).items():
                if part in out.incidents:
                    (out.sure if sure else out.maybe).setdefault(one, []).append(part)
            for other in self.beside.get(one, ()):
                doubt = self.doubts.get((one, other))
                pair = [out.incidents[x] for x in (one, other) if x in out.incidents]
                # of a pair with a sum the sum may hold the other: that is among its parts
                if doubt is not None and len(pair) == 2 and all(c.scope != "total" for c in pair):
                    out.doubts.append((one, other, doubt[1]))
        return out

    # --- what is asked for ---

    def asked(self, where: Filters) -> Mask:
        """The slots of incidents asked for: the same that `conditions` of `store.filters` finds."""
        mask: Mask = self.coded["scope"].numbers() != 0  # a free slot has no scope
        for name, wanted, why in _told_by(where):
            mask &= self.coded[name].where(wanted, why)
        if where.voices is not None:
            mask &= numbers(self.voices) >= where.voices
        if where.victims is not None:
            told = [r.having(SOME) for (_, who), r in self.raws.items() if who == where.victims]
            mask &= np.any(told, axis=0) if told else np.zeros(len(self), np.bool_)
        return mask

    def acts(self) -> Mask:
        """The slots of acts, which sums and statistics are not."""
        found: Mask = self.once("acts", lambda: self.coded["scope"].where(lambda v: v in ACTS))
        return found

    def reviewed(self) -> Mask:
        """The slots of incidents that a person has read."""
        found: Mask = self.once("reviewed", lambda: self.coded["review"].equal("reviewed"))
        return found

    def foremost(self, slots: Slots, keys: Sequence[npt.NDArray[Any]], count: int) -> list[int]:
        """The first `count` of some slots, by keys (a number for each of them, the least first), then by their ids."""
        sure: list[Slots] = []
        rest, need = np.arange(len(slots)), count
        for key in keys:
            if len(rest) <= need or need <= 0:
                break
            here = key[rest]
            last = np.partition(here, need - 1)[need - 1]
            sure.append(rest[here < last])
            rest, need = rest[here == last], need - len(sure[-1])
        ids, at = self.ids, slots.tolist()
        left = heapq.nsmallest(need, rest.tolist(), key=lambda n: ids[at[n]] or "") if len(rest) > need else rest
        found = np.concatenate([*sure, np.asarray(left, np.intp)]).tolist()
        ordered = zip(*(key[found].tolist() for key in keys), [ids[at[n]] or "" for n in found], found, strict=True)
        return [at[one[-1]] for one in sorted(ordered)]

    def page(self, mask: Mask | None, after: tuple[int, str] | None, limit: int) -> list[str]:
        """The ids of the next incidents of a mask (None: of all), the latest first and those without a day last, beyond
        a place (`day_key`, id) in that order."""
        days = self.coded["days"]
        keys: Numbers = self.once(
            "days in order",
            lambda: days.spread(np.array(days.table(lambda d: day_key(d[0]) if d else 0, "order"), np.int64)),
        )
        slots = np.flatnonzero(self.asked(Filters()) if mask is None else mask)
        if after is not None:
            day, last = after
            at = keys[slots]
            ties = slots[at == day].tolist()
            beyond = np.array([s for s in ties if (self.ids[s] or "") > last], np.intp)
            slots = np.concatenate([slots[at > day], beyond])
        return [i for s in self.foremost(slots, [keys[slots]], limit) if (i := self.ids[s]) is not None]

    def nearby(self, incident: str, most: int, days: int = 7) -> list[str]:
        """The incidents of the same country (or of none told) that began within some days of this one, the nearest
        first; at most `most`. None where its day is not told."""
        here = self.index.get(incident)
        told = self.coded["days"][here] if here is not None else None
        if here is None or told is None or told[0] is None:
            return []
        column, country = self.coded["days"], self.coded["country"]
        ordinals = column.table(lambda d: date.fromisoformat(d[0]).toordinal() if d and d[0] else 0, "ordinal")
        apart = np.abs(column.spread(np.array(ordinals, np.int64)) - date.fromisoformat(told[0]).toordinal())
        near = apart <= days
        if country[here] is not None:
            near &= country.equal(country[here]) | (country.numbers() == 0)
        near[here] = False
        slots = np.flatnonzero(near)
        return [i for s in self.foremost(slots, [apart[slots]], most) if (i := self.ids[s]) is not None]

    # --- what stands in relation ---

    def tangles(self) -> dict[int, tuple[int, ...]]:
        """slot -> its group: incidents whose shares in a total depend on each other, sums, parts and doubts."""

        def whole() -> dict[int, tuple[int, ...]]:
            return self._groups({*self.parts, *self.owners, *self.beside, *self._sums()})

        def again(old: dict[int, tuple[int, ...]], moved: frozenset[int]) -> dict[int, tuple[int, ...]]:
            loose = moved | {s for slot in moved for s in old.get(slot, ())}
            out = old.copy()
            for slot in loose:
                out.pop(slot, None)
            return out | self._groups(self._linked(i for s in loose if (i := self.ids[s]) is not None))

        return kept_up(self, "tangles", whole, again)

    def tangled(self, through: Mask, torn_by: Mask | None = None) -> list[list[int]]:
        """The groups of `tangles` that hold one of the slots `through`; of those that a mask holds in part, that part,
        where it is given."""

        def flat() -> tuple[Slots, Slots]:
            of = self.tangles()
            return np.fromiter(of, np.intp, len(of)), np.fromiter((g[0] for g in of.values()), np.intp, len(of))

        members, group = self.once("flat tangles", flat)
        wanted = (np.bincount(group, through[members]) > 0)[group]
        if torn_by is not None:
            inside = torn_by[members]
            wanted &= inside & (np.bincount(group, inside) < np.bincount(group))[group]
        out: dict[int, list[int]] = {}
        for n, slot in zip(group[wanted].tolist(), members[wanted].tolist(), strict=True):
            out.setdefault(n, []).append(slot)
        return list(out.values())

    def near(self, moved: Iterable[int]) -> list[tuple[int, ...]]:
        """The groups of `tangles` that hold one of these slots."""
        of = self.tangles()
        return list({g[0]: g for s in moved if (g := of.get(s)) is not None}.values())

    def _groups(self, linked: Iterable[str]) -> dict[int, tuple[int, ...]]:
        out: dict[int, tuple[int, ...]] = {}
        for one in linked:
            if one in self.index and self.index[one] not in out:
                group = tuple(sorted(self.index[i] for i in self.around((one,))))
                out.update(dict.fromkeys(group, group))
        return out

    def _linked(self, some: Iterable[str]) -> set[str]:
        """Those of them that stand in relation to others, or are sums."""
        scope = self.coded["scope"]
        near = (self.parts, self.owners, self.beside)
        return {i for i in some if any(n.get(i) for n in near) or scope[self.index[i]] == "total"}

    def _sums(self) -> Iterator[str]:
        slots = np.flatnonzero(self.coded["scope"].equal("total")).tolist()
        return (i for s in slots if (i := self.ids[s]) is not None)

    def around(self, some: Iterable[str]) -> set[str]:
        """These incidents and all that they hang together with."""
        out: set[str] = set()
        todo = [i for i in some if i in self.index]
        while todo:
            one = todo.pop()
            if one not in out:
                out.add(one)
                near = (self.parts.get(one, ()), self.owners.get(one, ()), self.beside.get(one, ()))
                todo += [n for some in near for n in some if n in self.index and n not in out]
        return out


Wanted = tuple[str, Callable[[Any], bool], Any]
"""A column, whether one of its values is asked for, and the name of that question, where its answers are kept."""


def _told_by(where: Filters) -> Iterator[Wanted]:
    """What is asked of the columns."""
    first, last = where.first, where.last
    if first or last:
        yield (
            "days",
            lambda d: (
                d is not None
                and d[0] is not None
                and (not first or (d[1] or "") >= first)
                and (not last or d[0] <= last)
            ),
            ("asked", first, last),
        )
    for name in ("country", "type", "status", "review", "grade"):
        value = getattr(where, name)
        if value is not None:
            yield name, partial(eq, value), None
    if where.place is not None:
        sought = where.place
        yield "place", lambda v: v is not None and any(same_place(sought, p) for p in v.split(", ")), sought
    if where.perpetrator is not None:
        doer = where.perpetrator
        yield "perpetrator", lambda v: v is not None and ascribed(doer, v), doer


def day_key(start: str | None) -> int:
    """A day as the order of lists has it: the latest first, what has no day last."""
    return -int(start.replace("-", "")) if start else 0
