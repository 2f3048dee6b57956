"""Which incidents are asked for: one value for the list, the totals, the export and the desk, as conditions of SQL.

book.incidents(Filters(since="2016-07", place="Aleppo"))
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from typing import Any, get_args

import sqlalchemy as sa

from tollbook.errors import UsageError
from tollbook.ledger.state import CHANGED, MACHINE, REVIEWED
from tollbook.ledger.totals import period_bounds
from tollbook.link.mention import bodies
from tollbook.link.names import same_place
from tollbook.model import Status, Who
from tollbook.ontology import codes
from tollbook.store import load, schema

Day = dt.date | str | None

_LISTS: dict[str, Callable[[], Sequence[str]]] = {
    "type": lambda: sorted(codes("types")),
    "victims": lambda: [who for who in get_args(Who) if who != "unknown"],
    "status": lambda: get_args(Status),
    "review": lambda: (MACHINE, REVIEWED, CHANGED),
}
"""What a filter may be, of those that can be only some things."""


@dataclass(frozen=True, slots=True)
class Filters:
    """What is asked for; None asks for nothing. Raises UsageError where a value is none there can be.

    `since`, `until`: a day, or the first and last day of a month ("2016-07") or year; an incident without a day passes
    only where neither is given, one over several days where it touches them. `place`: one of its places, by any
    spelling. `country`: ISO 3166 alpha-2. `perpetrator`: part of a name it is ascribed to, or another name of the same
    body. `victims`: a class (civilian, state_forces, armed_group) of which somebody gives a figure. `status`: happened,
    alleged, denied, thwarted. `review`: machine, reviewed, changed since review. `voices`: at least so many independent
    voices, taken as few as they may be ("1 to 3 voices" is 1).
    """

    since: Day = None
    until: Day = None
    place: str | None = None
    country: str | None = None
    type: str | None = None
    perpetrator: str | None = None
    victims: str | None = None
    status: str | None = None
    review: str | None = None
    grade: str | None = None
    voices: int | None = None

    def __post_init__(self) -> None:
        """Refuses what could only ever find nothing."""
        for name, allowed in _LISTS.items():
            value = getattr(self, name)
            if value is not None and value not in allowed():
                raise UsageError(f"no {name} {value!r}; there are: {', '.join(allowed())}")
        if self.voices is not None and self.voices < 1:
            raise UsageError(f"voices {self.voices} is not a number from 1")
        if self.first and self.last and self.first > self.last:
            raise UsageError(f"since {self.since} is after until {self.until}")

    @property
    def first(self) -> str | None:
        """The first day asked for, ISO."""
        return edge(self.since, last=False)

    @property
    def last(self) -> str | None:
        """The last day asked for, ISO."""
        return edge(self.until, last=True)

    def asked(self) -> dict[str, Any]:
        """What is asked for by name, without what is not: the keys of an address, the line under a table."""
        found = {f.name: getattr(self, f.name) for f in fields(self)}
        return {k: v.isoformat() if isinstance(v, dt.date) else v for k, v in found.items() if v is not None}


def day_of(value: Day) -> dt.date | None:
    """A day given as a date or as text (YYYY-MM-DD). Raises UsageError for anything else."""
    if value is None or isinstance(value, dt.date):
        return value
    try:
        return dt.date.fromisoformat(value)
    except ValueError:
        raise UsageError(f"{value!r} is not a day (YYYY-MM-DD)") from None


def edge(value: Day, *, last: bool) -> str | None:
    """The first or last day (ISO) of a day, month ("2016-07") or year. Raises UsageError for anything else."""
    if value is None:
        return None
    if isinstance(value, dt.date):
        return value.isoformat()
    found = period_bounds(value) if len(value) < 10 else None
    if found:
        return found[1] if last else found[0]
    try:
        return dt.date.fromisoformat(value).isoformat()
    except ValueError:
        raise UsageError(f"{value!r} is not a day (YYYY-MM-DD), month or year") from None


EVERYTHING = Filters()
"""Nothing is left out."""


def conditions(connection: sa.Connection, asked: Filters) -> list[sa.ColumnElement[bool]]:
    """The conditions on `derived_incidents` of a view that what is asked for means; empty where nothing is asked."""
    table = schema.incidents.c
    out: list[sa.ColumnElement[bool]] = []
    first, last = asked.first, asked.last
    if first or last:
        out.append(table.start.is_not(None))
    if first:
        out.append(table.end >= first)
    if last:
        out.append(table.start <= last)
    for name in ("country", "type", "status", "review", "grade"):
        value = getattr(asked, name)
        if value is not None:
            out.append(table[name] == value)
    if asked.voices is not None:
        out.append(table.voices_low >= asked.voices)
    if asked.victims is not None:
        bound = schema.bounds.c
        told = sa.select(bound.incident_id).where(bound.who == asked.victims, sa.or_(bound.high > 0, bound.low > 0))
        out.append(table.incident_id.in_(told))
    if asked.place is not None:
        told_places = _distinct(connection, table.place)
        sought = asked.place
        out.append(
            load.among(table.place, [p for p in told_places if any(same_place(sought, x) for x in p.split(", "))])
        )
    if asked.perpetrator is not None:
        names = _distinct(connection, table.perpetrator)
        out.append(load.among(table.perpetrator, [n for n in names if ascribed(asked.perpetrator, n)]))
    return out


def _distinct(connection: sa.Connection, column: sa.ColumnElement[Any]) -> list[str]:
    return [v for v in connection.execute(sa.select(column).distinct()).scalars() if v is not None]


def ascribed(asked: str, names: str) -> bool:
    """Whether a name asked for is part of these names of perpetrators, or another name of a body among them."""
    if asked.casefold() in names.casefold():
        return True
    sought = bodies(asked, strict=True)[0]
    return bool(sought) and any(sought & bodies(name, strict=True)[0] for name in names.split(JOIN))


JOIN = " and "
"""Between the names of `derived_incidents.perpetrator`."""
