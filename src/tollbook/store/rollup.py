"""The totals by month, kept as what each incident adds to its month, so that a few reports more change few rows.

What an incident adds depends on what surrounds it: a sum on its parts and on the sums it shares parts with, an act on
those it may be one with. Of a change only what stands in such a relation to it is computed again.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

import sqlalchemy as sa

from tollbook.ledger.bounds import ALL
from tollbook.ledger.totals import cuts, period_label
from tollbook.store import load, schema
from tollbook.store.counting import entries_of, read_counted

Share = tuple[str, int, int, int]
"""(month or row, low, high, open): what an incident adds of one harm."""


def month_totals(connection: sa.Connection, changed: Collection[str] | None) -> None:
    """Brings the month rows up to the incidents: what `totals --by month` shows, by the rule of the view.

    `changed` names the incidents that are new, gone or stand otherwise in the book than before, and those that lost a
    neighbour; None: all.
    """
    if changed is None:
        connection.execute(schema.shares.delete())
        connection.execute(schema.totals.delete())
        _replace(connection, {}, _shares(connection, None), empty=True)
        return
    beside = _Beside(connection)
    sums = beside.up(changed)
    sharing = beside.owners(beside.parts(sums))
    again = {*changed, *sums, *sharing, *_near(connection, changed)}
    # what those depend on: the sums they share parts with, all their parts, those they may be one with
    context = again | beside.owners(beside.parts(sharing | sums)) | _near(connection, again)
    context |= beside.down(context)
    found = {key: share for key, share in _shares(connection, context).items() if key[0] in again}
    _replace(connection, _stored(connection, again), found)


def _shares(connection: sa.Connection, only: Collection[str] | None) -> dict[tuple[str, str], Share]:
    """(incident, harm) -> what it adds."""
    book = read_counted(connection, only=only, cards=False, group=ALL)
    out: dict[tuple[str, str], Share] = {}
    for harm in book.harms():
        entries, doubts = entries_of(book, harm, ALL)
        counted = [e for e in entries if e.kind != "alleged"]
        lost = cuts({e.id: e.low or 0 for e in counted if e.kind != "residual"}, doubts)
        for e in counted:
            low = e.low or 0
            high = e.high if e.high is not None else low
            out[e.id, harm] = (period_label("month", e.start, e.end), low - lost.get(e.id, 0), high, int(e.open))
    return out


def _replace(
    connection: sa.Connection,
    old: dict[tuple[str, str], Share],
    new: dict[tuple[str, str], Share],
    *,
    empty: bool = False,
) -> None:
    """Writes the shares that differ, and moves the month rows by the difference (`empty`: there are none yet)."""
    moved: dict[tuple[str, str], list[int]] = {}
    gone = [(key, share) for key, share in old.items() if new.get(key) != share]
    made = [(key, share) for key, share in new.items() if old.get(key) != share]
    for sign, some in ((-1, gone), (1, made)):
        for (_, harm), (label, *numbers) in some:
            for row in (label, "total"):
                values = moved.setdefault((row, harm), [0, 0, 0, 0])
                for i, n in enumerate((*numbers, 1)):
                    values[i] += sign * n
    shares, totals = schema.shares, schema.totals
    if gone:
        statement = "DELETE FROM derived_shares WHERE incident_id = ? AND harm = ?"
        connection.exec_driver_sql(statement, [key for key, _ in gone])
    columns = ("incident_id", "harm", "bin", "low", "high", "open")
    load.insert(connection, shares, [dict(zip(columns, (*key, *share), strict=True)) for key, share in sorted(made)])
    if empty:
        names = ("bin", "harm", "row", "low", "high", "open", "shares")
        rows = [(label, harm, ALL, *by) for (label, harm), by in sorted(moved.items())]
        load.insert(connection, totals, [dict(zip(names, row, strict=True)) for row in rows])
        return
    for (label, harm), by in sorted(moved.items()):
        if any(by):
            _move(connection, totals, label, harm, by)


def _move(connection: sa.Connection, table: sa.Table, label: str, harm: str, by: list[int]) -> None:
    key = {"bin": label, "harm": harm, "row": ALL}
    where = sa.and_(*(table.c[name] == value for name, value in key.items()))
    was = connection.execute(sa.select(table.c.low, table.c.high, table.c.open, table.c.shares).where(where)).first()
    now = [a + b for a, b in zip(was or (0, 0, 0, 0), by, strict=True)]
    connection.execute(table.delete().where(where))
    if now[3]:
        values = dict(zip(("low", "high", "open", "shares"), now, strict=True))
        connection.execute(table.insert(), {**key, **values})


def _stored(connection: sa.Connection, incidents: Iterable[str]) -> dict[tuple[str, str], Share]:
    table = schema.shares
    out: dict[tuple[str, str], Share] = {}
    for some in load.chunks(sorted(incidents)):
        for row in connection.execute(sa.select(table).where(load.among(table.c.incident_id, some))):
            out[row.incident_id, row.harm] = (row.bin, row.low, row.high, row.open)
    return out


# --- what stands in relation to what ----------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Beside:
    """Which sums hold what, surely or possibly, each asked of the book once."""

    connection: sa.Connection
    _owners: dict[str, list[str]] = field(default_factory=dict)
    _parts: dict[str, list[str]] = field(default_factory=dict)

    def owners(self, names: Iterable[str]) -> set[str]:
        """Sums that have one of them as a part."""
        return self._asked(schema.parts.c.part_id, schema.parts.c.total_id, names, self._owners)

    def parts(self, names: Iterable[str]) -> set[str]:
        """The parts of these."""
        return self._asked(schema.parts.c.total_id, schema.parts.c.part_id, names, self._parts)

    def up(self, names: Collection[str]) -> set[str]:
        """Sums among them, and all sums over them, however far up."""
        table = schema.incidents
        out: set[str] = set()
        for some in load.chunks(sorted(names)):
            query = sa.select(table.c.incident_id).where(load.among(table.c.incident_id, some))
            out.update(self.connection.execute(query.where(table.c.scope == "total")).scalars())
        todo = {*out, *self.owners(names)}
        while todo:
            out |= todo
            todo = self.owners(todo) - out
        return out

    def down(self, names: Iterable[str]) -> set[str]:
        """Their parts, and the parts of those."""
        out: set[str] = set()
        todo = self.parts(names)
        while todo - out:
            todo -= out
            out |= todo
            todo = self.parts(todo)
        return out

    def _asked(
        self, one: sa.Column[str], other: sa.Column[str], names: Iterable[str], known: dict[str, list[str]]
    ) -> set[str]:
        listed = list(names)
        new = sorted({n for n in listed if n not in known})
        known.update({n: [] for n in new})
        for some in load.chunks(new):
            for name, found in self.connection.execute(sa.select(one, other).where(load.among(one, some))):
                known[name].append(found)
        return {found for n in listed for found in known[n]}


def _near(connection: sa.Connection, names: Iterable[str]) -> set[str]:
    """Incidents that may be one with one of them."""
    table = schema.possible
    out: set[str] = set()
    for some in load.chunks(sorted(names)):
        for one, other in ((table.c.a, table.c.b), (table.c.b, table.c.a)):
            out.update(connection.execute(sa.select(other).where(load.among(one, some))).scalars())
    return out
