"""The incidents of a book in memory, column by column: what the desk's filters, charts, maps and lists are made of.

A `Columns` is one state of the computed tables and does not change. The next state is made of it by reading again only
the incidents that `changed_incidents` names, so that a decision costs what it changes and not the book.
"""

from __future__ import annotations

import json
from array import array
from bisect import bisect_left, insort
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import compress
from operator import eq
from typing import Any, TypeVar

import sqlalchemy as sa

from tollbook.ledger.bounds import ALL
from tollbook.link.names import same_place
from tollbook.store.counting import Book, Bounded, Counted
from tollbook.store.filters import Filters, ascribed
from tollbook.web.atlas import Spot, chosen_spot, place_spot, spots_told
from tollbook.web.past import Past, kept_up

TOLD, LOW, HIGH, OPEN, SOME = 1, 2, 4, 8, 16
"""What a range says: somebody counts this harm, its low is given, its high is given, somebody says "at least", it is
of more than none."""
KEPT_TABLES = 200
"""Questions asked of a column's values (which of them are near "Aleppo"?) whose answers are kept."""

T = TypeVar("T")
Key = tuple[str, str]
"""(harm, whom): as in derived_bounds."""
Days = tuple[str | None, str | None]


class Coded:
    """A column of values that recur: each slot holds the number of its value. Copies share the values."""

    __slots__ = ("answers", "code_of", "codes", "values")

    def __init__(self, values: list[Any], code_of: dict[Any, int], codes: array[int], answers: dict[Any, Any]) -> None:
        self.values = values
        self.code_of = code_of
        self.codes = codes
        self.answers = answers

    @classmethod
    def empty(cls) -> Coded:
        """A column without slots; the value of a free slot is None."""
        return cls([None], {None: 0}, array("B"), {})

    def copy(self) -> Coded:
        """The same column, to be changed without changing this one."""
        return Coded(self.values, self.code_of, self.codes[:], self.answers)

    def code(self, value: Any) -> int:
        """The number of a value, a new one where it has none."""
        found = self.code_of.get(value)
        if found is None:
            found = len(self.values)
            self.values.append(value)
            self.code_of[value] = found
        if found > 255 and self.codes.typecode == "B":
            self.codes = array("I", self.codes)
        return found

    def put(self, slot: int, value: Any) -> None:
        """Sets a slot, which may be the one after the last."""
        code = self.code(value)
        if slot == len(self.codes):
            self.codes.append(code)
        else:
            self.codes[slot] = code

    def __getitem__(self, slot: int) -> Any:
        return self.values[self.codes[slot]]

    def where(self, wanted: Callable[[Any], bool], asked: Any = None) -> bytes:
        """1 for each slot whose value is wanted, else 0. `asked` names the question, where its answers are worth
        keeping."""
        return self.pick(self.table(wanted, asked))

    def pick(self, of_value: Sequence[Any]) -> bytes:
        """1 for each slot whose value's number has a true entry, else 0."""
        table = bytes(map(bool, of_value))
        if self.codes.typecode == "B":
            return self.codes.tobytes().translate(table[:256].ljust(256, b"\0"))
        return bytes(map(table.__getitem__, self.codes))

    def equal(self, value: Any) -> bytes:
        """1 for each slot with this value, else 0."""
        return self.where(lambda v: v == value)

    def told(self) -> bytes:
        """1 for each slot with a value, else 0."""
        return self.where(lambda v: v is not None)

    def table(self, of: Callable[[Any], Any], asked: Any = None) -> list[Any]:
        """A function of every value, by its number."""
        values = self.values[:]
        known: list[Any] = self.answers.get(asked, []) if asked is not None else []
        found = known + [of(v) for v in values[len(known) :]]
        if asked is not None and len(found) > len(known):
            if len(self.answers) > KEPT_TABLES:
                self.answers.clear()
            self.answers[asked] = found
        return found


class Raw:
    """The ranges of one harm and group: low and top (high, where it is given; else low), 0 where nobody tells."""

    __slots__ = ("flags", "low", "top")

    def __init__(self, low: array[int], top: array[int], flags: bytearray) -> None:
        self.low = low
        self.top = top
        self.flags = flags

    @classmethod
    def empty(cls, size: int) -> Raw:
        """Nobody tells anything."""
        zeros = array("q", bytes(8 * size))
        return cls(zeros, zeros[:], bytearray(size))

    def copy(self) -> Raw:
        """The same ranges, to be changed."""
        return Raw(self.low[:], self.top[:], self.flags[:])

    def grow(self) -> None:
        """One slot more."""
        self.low.append(0)
        self.top.append(0)
        self.flags.append(0)

    def put(self, slot: int, low: int | None, high: int | None, opened: bool) -> None:
        """Sets a range that somebody tells."""
        self.low[slot] = low or 0
        self.top[slot] = high if high is not None else low or 0
        some = (low or 0) > 0 or (high or 0) > 0
        self.flags[slot] = TOLD | LOW * (low is not None) | HIGH * (high is not None) | OPEN * opened | SOME * some

    def clear(self, slot: int) -> None:
        """Nobody tells any more."""
        self.low[slot] = self.top[slot] = self.flags[slot] = 0

    def range(self, slot: int) -> Bounded:
        """(low, None, high, open) as the row has it; best is not kept."""
        flags = self.flags[slot]
        low = self.low[slot] if flags & LOW else None
        return low, None, self.top[slot] if flags & HIGH else None, bool(flags & OPEN)

    def least(self, slot: int) -> int:
        """The low of a slot; its high, where no low is given."""
        return self.low[slot] if self.flags[slot] & LOW else self.top[slot]

    def having(self, bits: int) -> bytes:
        """1 for each slot with one of these flags."""
        return bytes(self.flags).translate(bytes(1 if n & bits else 0 for n in range(256)))


_CODED = ("scope", "status", "type", "country", "review", "grade", "place", "perpetrator", "days", "spot")


@dataclass(slots=True)
class Columns:
    """One state of the incidents. `revision` is the number of the last change it holds.

    `order` holds (-day, id) of every incident, so that in order the latest come first and those without a day last.
    `parts`: sum -> part -> whether it surely is one. `doubts`: pair that may be one -> (how likely, low of each harm if
    they are). `memo` keeps what was made of this state, `past` what was made of those before it.
    """

    revision: int
    ids: list[str | None] = field(default_factory=list)
    index: dict[str, int] = field(default_factory=dict)
    free: list[int] = field(default_factory=list)
    coded: dict[str, Coded] = field(default_factory=lambda: {name: Coded.empty() for name in _CODED})
    voices: array[int] = field(default_factory=lambda: array("I"))
    raws: dict[Key, Raw] = field(default_factory=dict)
    extras: dict[str, Coded] = field(default_factory=dict)
    parts: dict[str, dict[str, bool]] = field(default_factory=dict)
    owners: dict[str, set[str]] = field(default_factory=dict)
    doubts: dict[tuple[str, str], tuple[float, dict[str, int | None]]] = field(default_factory=dict)
    beside: dict[str, set[str]] = field(default_factory=dict)
    order: list[tuple[int, str]] = field(default_factory=list)
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

    def used(self, name: str) -> list[str]:
        """The values of a column that incidents have, in order."""
        if ("used", name) not in self.memo:
            column = self.coded[name]
            self.memo["used", name] = sorted(column.values[n] for n in set(column.codes) if n)
        found: list[str] = self.memo["used", name]
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

    def everything(self) -> bytes:
        """1 for each slot that holds an incident."""
        if "everything" not in self.memo:
            self.memo["everything"] = bytes(map(bool, self.ids))
        found: bytes = self.memo["everything"]
        return found

    def asked(self, where: Filters) -> bytes:
        """1 for each slot whose incident is asked for: the same that `conditions` of `store.filters` finds."""

        def whole() -> bytes:
            masks = [self.coded[name].pick(self.coded[name].table(of, why)) for name, of, why in _told_by(where)]
            if where.voices is not None:
                masks.append(bytes(map(where.voices.__le__, self.voices)))
            if where.victims is not None:
                masks.append(either(len(self), *(r.having(SOME) for r in self._of(where.victims))))
            return both(self.everything(), *masks)

        def again(old: bytes, moved: frozenset[int]) -> bytes:
            out = bytearray(old) + bytes(len(self) - len(old))
            tables = [(self.coded[name], self.coded[name].table(of, why)) for name, of, why in _told_by(where)]
            for slot in moved:
                out[slot] = (
                    self.ids[slot] is not None
                    and all(table[column.codes[slot]] for column, table in tables)
                    and (where.voices is None or where.voices <= self.voices[slot])
                    and (where.victims is None or any(r.flags[slot] & SOME for r in self._of(where.victims)))
                )
            return bytes(out)

        return kept_up(self, ("asked", where), whole, again)

    def _of(self, whom: str) -> list[Raw]:
        """The ranges of every harm to a class."""
        return [r for (_, who), r in self.raws.items() if who == whom]

    def acts(self) -> bytes:
        """1 for each act, which sums and statistics are not."""
        if "acts" not in self.memo:
            self.memo["acts"] = self.coded["scope"].where(lambda v: v in ("incident", "background"))
        found: bytes = self.memo["acts"]
        return found

    def page(self, mask: bytes | None, after: tuple[int, str] | None, limit: int) -> list[str]:
        """The ids of the next incidents of a mask (None: of all), the latest first, beyond a place in the order."""
        start = 0
        if after is not None:
            start = bisect_left(self.order, after)
            start += start < len(self.order) and self.order[start] == after
        if mask is None:
            return [incident for _, incident in self.order[start : start + limit]]
        out: list[str] = []
        for _, incident in self.order[start:]:
            if mask[self.index[incident]]:
                out.append(incident)
                if len(out) == limit:
                    break
        return out

    # --- what stands in relation ---

    def tangles(self) -> list[tuple[int, ...]]:
        """The groups of incidents whose shares in a total depend on each other: sums, parts and doubts."""

        def whole() -> list[tuple[int, ...]]:
            return self._groups({*self.parts, *self.owners, *self.beside, *self._sums()})

        def again(old: list[tuple[int, ...]], moved: frozenset[int]) -> list[tuple[int, ...]]:
            some = [i for s in moved if (i := self.ids[s]) is not None]
            return [g for g in old if moved.isdisjoint(g)] + self._groups(self._linked(some))

        return kept_up(self, "tangles", whole, again)

    def _groups(self, linked: Iterable[str]) -> list[tuple[int, ...]]:
        out: list[tuple[int, ...]] = []
        seen: set[str] = set()
        for one in linked:
            if one not in seen and one in self.index:
                group = self.around((one,))
                seen |= group
                out.append(tuple(sorted(self.index[i] for i in group)))
        return out

    def _linked(self, some: Iterable[str]) -> set[str]:
        """Those of them that stand in relation to others, or are sums."""
        scope = self.coded["scope"]
        near = (self.parts, self.owners, self.beside)
        return {i for i in some if any(n.get(i) for n in near) or scope[self.index[i]] == "total"}

    def _sums(self) -> Iterator[str]:
        ids = compress(self.ids, self.coded["scope"].equal("total"))
        return (i for i in ids if i is not None)

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


def both(*masks: bytes) -> bytes:
    """1 where all masks are."""
    found = int.from_bytes(masks[0], "little")
    for mask in masks[1:]:
        found &= int.from_bytes(mask, "little")
    return found.to_bytes(len(masks[0]), "little")


def either(size: int, *masks: bytes) -> bytes:
    """1 where one of the masks is."""
    found = 0
    for mask in masks:
        found |= int.from_bytes(mask, "little")
    return found.to_bytes(size, "little")


def day_key(start: str | None) -> int:
    """A day as the order of lists has it: the latest first, what has no day last."""
    return -int(start.replace("-", "")) if start else 0


# --- reading ------------------------------------------------------------------------------------


def revision_of(connection: sa.Connection) -> tuple[int, int]:
    """(the number of the newest change of the computed tables in a view, that of the oldest that is kept)."""
    row = connection.exec_driver_sql(  # one question each: of both at once SQLite asks the whole table
        "SELECT coalesce((SELECT max(seq) FROM changed_incidents), 0), "
        "coalesce((SELECT min(seq) FROM changed_incidents), 1)"
    ).one()
    return int(row[0]), int(row[1])


def read(connection: sa.Connection) -> Columns:
    """All incidents of a view."""
    now = revision_of(connection)[0]
    out = Columns(now, past=Past(now))
    _fill(out, connection, None)
    out.order.sort()
    return out


def changed(old: Columns, connection: sa.Connection) -> Columns | None:
    """The incidents of a view, made of an earlier state; None where too much lies between, or the view is older."""
    now, first = revision_of(connection)
    if now == old.revision:
        return old
    if now < old.revision or first > old.revision + 1:
        return None
    rows = connection.exec_driver_sql(
        "SELECT DISTINCT incident_id FROM changed_incidents WHERE seq > ?", (old.revision,)
    ).all()
    if 3 * len(rows) > len(old) + 600:
        return None
    ids = {r[0] for r in rows}
    new = _copy(old, now)
    for incident in ids:
        _forget(new, incident)
    _fill(new, connection, ids)
    beside = old.around(ids) | new.around(ids)
    slots = {old.index[i] for i in beside | ids if i in old.index} | {
        new.index[i] for i in beside | ids if i in new.index
    }
    new.past.step(now, frozenset(slots))
    return new


def _copy(old: Columns, revision: int) -> Columns:
    return Columns(
        revision, old.ids[:], dict(old.index), old.free[:], {k: c.copy() for k, c in old.coded.items()},
        old.voices[:], {k: r.copy() for k, r in old.raws.items()}, {k: c.copy() for k, c in list(old.extras.items())},
        dict(old.parts), dict(old.owners), dict(old.doubts), dict(old.beside), old.order[:],
        past=old.past,
    )  # fmt: skip


def _forget(new: Columns, incident: str) -> None:
    """Takes an incident out, with what is said of it and others."""
    for part in new.parts.pop(incident, {}):
        new.owners[part] = new.owners.get(part, set()) - {incident}
    for total in new.owners.pop(incident, set()):
        new.parts[total] = {p: s for p, s in new.parts.get(total, {}).items() if p != incident}
    for other in new.beside.pop(incident, set()):
        new.beside[other] = new.beside.get(other, set()) - {incident}
        new.doubts.pop((incident, other), None)
        new.doubts.pop((other, incident), None)
    slot = new.index.pop(incident, None)
    if slot is None:
        return
    key = (day_key((new.coded["days"][slot] or (None,))[0]), incident)
    del new.order[bisect_left(new.order, key)]
    new.ids[slot] = None
    new.free.append(slot)
    for column in (*new.coded.values(), *new.extras.values()):
        column.put(slot, None)
    new.voices[slot] = 0
    for raw in new.raws.values():
        raw.clear(slot)


def _rows(connection: sa.Connection, query: str, ids: Collection[str] | None, owner: str) -> Iterator[Any]:
    """Rows of a query by the driver itself, of these incidents or of all (None)."""
    if ids is None:
        yield from connection.exec_driver_sql(query.format(""))
    else:
        some = f"WHERE {owner} IN (SELECT value FROM json_each(?))"
        yield from connection.exec_driver_sql(query.format(some), (json.dumps(sorted(ids)),))


def _fill(out: Columns, connection: sa.Connection, ids: Collection[str] | None) -> None:
    """Puts in the rows of these incidents (None: all), none of which is there."""
    c = out.coded
    query = (
        "SELECT incident_id, scope, status, type, start, end, place, country, perpetrator, review, grade, "
        "voices_low, json_extract(card, '$.at') "
        "FROM derived_incidents {}"
    )
    spots = _spots(connection, ids)
    for row in _rows(connection, query, ids, "incident_id"):
        incident, scope, status, kind, start, end, place, country, by, review, grade, voices, chosen = row
        slot = out.free.pop() if out.free else len(out.ids)
        if slot == len(out.ids):
            out.ids.append(incident)
            out.voices.append(voices)
            for raw in out.raws.values():
                raw.grow()
            for column in out.extras.values():
                column.put(slot, None)
        else:
            out.ids[slot] = incident
            out.voices[slot] = voices
        out.index[incident] = slot
        values = (scope, status, kind, country, review, grade, place, by, (start, end))
        for name, value in zip(_CODED, values, strict=False):
            c[name].put(slot, value)
        told = spots.get(incident)
        spot = chosen_spot(chosen) if chosen else place_spot(place, told) if told and place else None
        c["spot"].put(slot, spot)
        key = (day_key(start), incident)
        if ids is None:
            out.order.append(key)
        else:
            insort(out.order, key)
    query = "SELECT incident_id, harm, who, low, high, open FROM derived_bounds {}"
    for incident, harm, who, low, high, opened in _rows(connection, query, ids, "incident_id"):
        found = out.raws.get((harm, who))
        if found is None:
            found = out.raws[harm, who] = Raw.empty(len(out.ids))
        found.put(out.index[incident], low, high, bool(opened))
    _relations(out, connection, ids)
    for name in out.extras:
        _extra(out, connection, name, ids)


def _relations(out: Columns, connection: sa.Connection, ids: Collection[str] | None) -> None:
    query = "SELECT total_id, part_id, sure FROM derived_parts {}"
    for owner in ("total_id", "part_id") if ids is not None else ("total_id",):
        for total, part, sure in _rows(connection, query, ids, owner):
            out.parts[total] = {**out.parts.get(total, {}), part: bool(sure)}
            out.owners[part] = out.owners.get(part, set()) | {total}
    query = "SELECT a, b, score, merged FROM derived_possible {}"
    for owner in ("a", "b") if ids is not None else ("a",):
        for a, b, score, merged in _rows(connection, query, ids, owner):
            out.doubts[a, b] = (score, json.loads(merged))
            out.beside[a] = out.beside.get(a, set()) | {b}
            out.beside[b] = out.beside.get(b, set()) | {a}


def _spots(connection: sa.Connection, ids: Collection[str] | None) -> dict[str, list[Spot]]:
    """incident -> the spots its mentions tell, in the order they were recorded."""
    query = (
        "SELECT m.incident_id, json_extract(c.value, '$.place_details') FROM derived_mentions m "
        "JOIN log_claims c ON c.seq = m.mention {} {} m.live = 1 AND c.kind = 'act' AND m.incident_id IS NOT NULL "
        "ORDER BY m.mention"
    ).format("{}", "AND" if ids is not None else "WHERE")
    out: dict[str, list[Spot]] = {}
    for incident, details in _rows(connection, query, ids, "m.incident_id"):
        if details:
            out.setdefault(incident, []).extend(spots_told(details))
    return out


# --- what only some pages need --------------------------------------------------------------------

EXTRAS: dict[str, tuple[str, str, Callable[[Any], Any]]] = {}
"""name -> (a query of (incident, value), the column that names the incident, what is made of the value). Read when it
is first asked for, and kept up to date from then on."""


def extra(columns: Columns, connection: sa.Connection, name: str) -> Coded:
    """A column that is read when it is first asked for. `connection` is the view that `columns` is of."""
    found = columns.extras.get(name)
    if found is None:
        made = Coded.empty()
        made.codes = array("B", bytes(len(columns)))
        filled = Columns(columns.revision, columns.ids, columns.index, extras={name: made})
        _extra(filled, connection, name, None)
        found = columns.extras[name] = made
    return found


def _extra(out: Columns, connection: sa.Connection, name: str, ids: Collection[str] | None) -> None:
    query, owner, make = EXTRAS[name]
    column = out.extras[name]
    made: dict[Any, Any] = {}
    for incident, value in _rows(connection, query, ids, owner):
        if value not in made:
            made[value] = make(value)
        column.put(out.index[incident], made[value])


def picked(mask: Sequence[int]) -> list[int]:
    """The slots of a mask."""
    return list(compress(range(len(mask)), mask))
