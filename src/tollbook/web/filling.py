"""Columns read from the computed tables of a view: all of them once, then what changed."""

from __future__ import annotations

import json
import re
from array import array
from collections.abc import Callable, Collection, Sequence
from typing import Any

import numpy as np
import sqlalchemy as sa

from tollbook import tally
from tollbook.web.atlas import Spot, chosen_spot, place_spot, spots_told
from tollbook.web.coded import Coded, Raw, Slots, numbers
from tollbook.web.columns import Columns, Key
from tollbook.web.past import Past

_FROM_INCIDENTS = (
    "SELECT incident_id, scope, status, type, country, review, grade, place, perpetrator, start, end, voices_low, "
    "json_extract(card, '$.at'), json_extract(card, '$.province'), json_extract(card, '$.perpetrators') "
    "FROM derived_incidents {}"
)
_FROM_BOUNDS = (
    "SELECT harm, who, incident_id, coalesce(low, 0), coalesce(high, low, 0), "
    # the flags TOLD, LOW, HIGH, OPEN, SOME of coded.py
    "1 + 2 * (low IS NOT NULL) + 4 * (high IS NOT NULL) + 8 * (open <> 0) "
    "+ 16 * (coalesce(low, 0) > 0 OR coalesce(high, 0) > 0), "
    "CASE WHEN who = 'all' THEN coalesce(json_extract(claims, '$.untold[0]'), -1) ELSE -1 END, "
    "CASE WHEN who = 'all' THEN coalesce(json_extract(claims, '$.untold[1]'), -1) ELSE -1 END "
    "FROM derived_bounds {}"
)
_SPAN = re.compile(r'"span":\[\d+,\d+\]')
"""Where a place stands in its report: all that keeps the places of two mentions from being the same text."""


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
    query = "SELECT incident_id FROM derived_incidents {}"
    there = {i for (i,) in _rows(connection, query, ids, "incident_id")}
    new = _copy(old, now, same=ids == there and ids <= old.index.keys())
    for incident in ids:
        _forget(new, incident, stays=incident in there)
    _fill(new, connection, ids)
    beside = old.around(ids) | new.around(ids)
    slots = {old.index[i] for i in beside | ids if i in old.index} | {
        new.index[i] for i in beside | ids if i in new.index
    }
    new.past.step(now, frozenset(slots))
    return new


def _copy(old: Columns, revision: int, *, same: bool) -> Columns:
    """A state to be changed without changing the old one. `same`: it will hold the same incidents, and shares what
    says which."""
    ids, index, free = (old.ids, old.index, old.free) if same else (old.ids[:], dict(old.index), old.free[:])
    return Columns(
        revision, ids, index, free, {k: c.copy() for k, c in old.coded.items()},
        old.voices[:], {k: r.copy() for k, r in old.raws.items()}, {k: c.copy() for k, c in list(old.extras.items())},
        dict(old.parts), dict(old.owners), dict(old.doubts), dict(old.beside), past=old.past,
    )  # fmt: skip


def _forget(new: Columns, incident: str, *, stays: bool) -> None:
    """Takes out what is said of an incident and of it and others; the incident itself, unless it stays."""
    for part in new.parts.pop(incident, {}):
        new.owners[part] = new.owners.get(part, set()) - {incident}
    for total in new.owners.pop(incident, set()):
        new.parts[total] = {p: s for p, s in new.parts.get(total, {}).items() if p != incident}
    for other in new.beside.pop(incident, set()):
        new.beside[other] = new.beside.get(other, set()) - {incident}
        new.doubts.pop((incident, other), None)
        new.doubts.pop((other, incident), None)
    slot = new.index.get(incident)
    if slot is None:
        return
    new.voices[slot] = 0
    columns: list[Coded | Raw] = [*new.coded.values(), *new.extras.values(), *new.raws.values()]
    for column in columns:
        column.clear(slot)
    if not stays:
        del new.index[incident]
        new.ids[slot] = None
        new.free.append(slot)


def _rows(connection: sa.Connection, query: str, ids: Collection[str] | None, owner: str) -> list[Any]:
    """Rows of a query by the driver itself, of these incidents or of all (None)."""
    cursor = connection.connection.cursor()
    try:
        if ids is None:
            cursor.execute(query.format(""))
        else:
            some = f"WHERE {owner} IN (SELECT value FROM json_each(?))"
            cursor.execute(query.format(some), (json.dumps(sorted(ids)),))
        return list(cursor.fetchall())
    finally:
        cursor.close()


def _fill(out: Columns, connection: sa.Connection, ids: Collection[str] | None) -> None:
    """Puts in the rows of these incidents (None: all), none of which is there."""
    rows = _rows(connection, _FROM_INCIDENTS, ids, "incident_id")
    if rows:
        names, scope, status, kind, country, review, grade, place, by, start, end, voices, *card = zip(
            *rows, strict=True
        )
        slots = _slots(out, names)
        numbers(out.voices)[slots] = voices
        chosen, province, doers = card
        told = {
            "scope": scope, "status": status, "type": kind, "country": country, "review": review, "grade": grade,
            "place": place, "perpetrator": by, "days": zip(start, end, strict=True), "province": province,
        }  # fmt: skip
        for name, values in told.items():
            out.coded[name].put(slots, values)
        labels = {v: tally.perpetrators_label(json.loads(v)) for v in set(doers)}
        out.coded["doers"].put(slots, map(labels.__getitem__, doers))
        _put_spots(out, slots, _details(connection, ids), names, place, chosen)
    bounds: dict[Key, list[Any]] = {}
    for row in _rows(connection, _FROM_BOUNDS, ids, "incident_id"):
        bounds.setdefault(row[:2], []).append(row)
    for key, some in bounds.items():
        if key not in out.raws:
            out.raws[key] = Raw.empty(len(out))
        _, _, names, *ranges = zip(*some, strict=True)
        out.raws[key].put(np.fromiter(map(out.index.__getitem__, names), np.intp, len(names)), ranges)
    _relations(out, connection, ids)
    for name in out.extras:
        _extra(out, connection, name, ids)


def _slots(out: Columns, incidents: Sequence[str]) -> Slots:
    """The slots of incidents; those that have none get a free one, or one more."""
    new = [i for i in incidents if i not in out.index]
    more = max(0, len(new) - len(out.free))
    taken = [out.free.pop() for _ in range(len(new) - more)]
    taken += range(len(out), len(out) + more)
    if more:
        out.ids.extend([None] * more)
        out.voices.frombytes(bytes(8 * more))
        columns: list[Coded | Raw] = [*out.coded.values(), *out.extras.values(), *out.raws.values()]
        for column in columns:
            column.grow(more)
    for slot, incident in zip(taken, new, strict=True):
        out.ids[slot] = incident
        out.index[incident] = slot
    return np.fromiter(map(out.index.__getitem__, incidents), np.intp, len(incidents))


def _put_spots(
    out: Columns, slots: Slots, details: dict[str, str], incidents: Collection[str], places: Collection[str | None],
    chosen: Collection[str | None],
) -> None:  # fmt: skip
    """Where the incidents lie: where a person put them, else where their mentions' own places do. The same place told
    in the same words is looked up once."""
    column = out.coded["spot"]
    found: dict[tuple[str | None, str | None, str | None], int] = {}
    codes = array("I")
    for incident, place, at in zip(incidents, places, chosen, strict=True):
        key = (place, at, details.get(incident))
        code = found.get(key)
        if code is None:
            code = found[key] = column.code(_spot(*key))
        codes.append(code)
    column.numbers()[slots] = codes


def _spot(place: str | None, chosen: str | None, details: str | None) -> Spot | None:
    if chosen:
        return chosen_spot(chosen)
    if not place or not details:
        return None
    return place_spot(place, [s for line in details.split("\n") for s in spots_told(line)])


def _details(connection: sa.Connection, ids: Collection[str] | None) -> dict[str, str]:
    """incident -> the details of its mentions' places, a line of JSON each, in the order they were recorded."""
    query = (
        "SELECT m.incident_id, json_extract(c.value, '$.place_details') FROM derived_mentions m "
        "JOIN log_claims c ON c.seq = m.mention {} {} m.live = 1 AND c.kind = 'act' AND m.incident_id IS NOT NULL "
        "ORDER BY m.mention"
    ).format("{}", "AND" if ids is not None else "WHERE")
    out: dict[str, str] = {}
    for incident, details in _rows(connection, query, ids, "m.incident_id"):
        if details:
            bare = _SPAN.sub('"span":0', details)
            out[incident] = f"{out[incident]}\n{bare}" if incident in out else bare
    return out


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


# --- what only some pages need --------------------------------------------------------------------

EXTRAS: dict[str, tuple[str, str, Callable[[Any], Any]]] = {}
"""name -> (a query of (incident, value), the column that names the incident, what is made of the value). Read when it
is first asked for, and kept up to date from then on."""


def extra(columns: Columns, connection: sa.Connection, name: str) -> Coded:
    """A column that is read when it is first asked for. `connection` is the view that `columns` is of."""
    found = columns.extras.get(name)
    if found is None:
        filled = Columns(columns.revision, columns.ids, columns.index, extras={name: Coded.empty(len(columns))})
        _extra(filled, connection, name, None)
        found = columns.extras[name] = filled.extras[name]
    return found


def _extra(out: Columns, connection: sa.Connection, name: str, ids: Collection[str] | None) -> None:
    query, owner, make = EXTRAS[name]
    rows = _rows(connection, query, ids, owner)
    slots = np.fromiter((out.index[incident] for incident, _ in rows), np.intp, len(rows))
    made = {value: make(value) for value in {value for _, value in rows}}
    out.extras[name].put(slots, (made[value] for _, value in rows))
