"""Whether a file is ACLED: columns, codes that agree with one another, days, places. Rules: `data/export/acled.yml`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from tollbook.export import acled
from tollbook.export.validate.table import Row, coordinates, counts, read, walk
from tollbook.export.validate.values import Fault, integer, stamp, worded
from tollbook.resolve.countries import countries

_ID = re.compile(r"[A-Z]{3}\d{1,9}")
_GENERIC = frozenset({"", "0"})


def check_acled(file: str, data: bytes) -> Iterator[Fault | int]:
    """Faults, then the number of rows."""
    codes = acled.tables()
    table = read(file, data, codes.columns)
    yield from table.faults
    if table.before:
        yield Fault(file, 1, "-", "", "nothing above the header")
    yield from walk(table, codes.columns, "event_id_cnty", _row, optional=codes.optional, extra=codes.extra)


@cache
def _iso() -> frozenset[int]:
    return frozenset(c.numeric for c in countries().values() if c.numeric is not None) | {0}


def _row(row: Row) -> Iterator[Fault]:
    codes = acled.tables()
    ours = row["event_id_cnty"].startswith(acled.NAMESPACE)
    if not ours and not _ID.fullmatch(row["event_id_cnty"]):
        yield row.fault("event_id_cnty", f"three letters and a number, or {acled.NAMESPACE} and an id of ours")
    yield from _day(row)
    yield from _kind(row)
    yield from _actors(row)
    for name in ("country", "location", "actor1"):
        if not row[name]:
            yield row.fault(name, "not blank")
    if integer(row["iso"]) not in _iso():
        yield row.fault("iso", "a number of ISO 3166-1")
    if row["region"] not in set(codes.region_of.values()):
        yield row.fault("region", ", ".join(dict.fromkeys(codes.region_of.values())))
    if integer(row["geo_precision"]) not in (1, 2, 3):
        yield row.fault("geo_precision", "1, 2 or 3: there is no country level")
    yield from coordinates(row, "latitude", "longitude", may_lack=ours)
    yield from counts(row, ["fatalities"])
    if row["timestamp"] and integer(row["timestamp"]) is None:
        yield row.fault("timestamp", "seconds since 1970")


def _day(row: Row) -> Iterator[Fault]:
    day = stamp(row["event_date"]) or worded(row["event_date"])
    if day is None:
        yield row.fault("event_date", "a day: YYYY-MM-DD or 5 January 2006")
    elif integer(row["year"]) != day.year:
        yield row.fault("year", f"the year of event_date: {day.year}")
    if integer(row["time_precision"]) not in (1, 2, 3):
        yield row.fault("time_precision", "1, 2 or 3")


def _kind(row: Row) -> Iterator[Fault]:
    codes = acled.tables()
    event, sub = row["event_type"], row["sub_event_type"]
    events = dict.fromkeys(codes.event_of.values())
    if event not in events:
        yield row.fault("event_type", ", ".join(events))
    elif codes.event_of.get(sub) != event:
        yield row.fault("sub_event_type", ", ".join(s for s, e in codes.event_of.items() if e == event))
    else:
        wanted = codes.disorder.get(sub, codes.disorder[event])
        if row["disorder_type"] != wanted:
            yield row.fault("disorder_type", wanted)
    if row["civilian_targeting"] not in ("", *codes.civilian_targeting):
        yield row.fault("civilian_targeting", f"blank or {codes.civilian_targeting[0]}")


def _inter(row: Row, column: str) -> tuple[int | None, Fault | None]:
    """(code, fault) of an inter column: a number from 1 to 8 or its text; None for nobody."""
    codes = acled.tables()
    cell = row[column]
    if cell in _GENERIC:
        return None, None
    value = integer(cell)
    if value in codes.inter:
        return value, None
    named = next((code for code, name in codes.inter.items() if name.casefold() == cell.casefold()), None)
    if named is None:
        told = ", ".join(f"{c} or {n}" for c, n in codes.inter.items())
        return None, row.fault(column, told if column == "inter1" else f"blank, {told}")
    return named, None


def _actors(row: Row) -> Iterator[Fault]:
    codes = acled.tables()
    one, wrong_one = _inter(row, "inter1")
    two, wrong_two = _inter(row, "inter2")
    yield from (w for w in (wrong_one, wrong_two) if w is not None)
    if one is None and wrong_one is None:
        yield row.fault("inter1", "not blank")
    if wrong_two is None and (two is None) != (not row["actor2"]):
        yield row.fault("inter2", "blank exactly where actor2 is")
    if one is None or wrong_one or wrong_two:
        return
    low, high = sorted((one, two)) if two is not None else (one, 0)
    digits = low * 10 + high
    if digits not in codes.interactions:
        yield row.fault("interaction", "a pair of the codebook")
    names = {acled.interaction(one, two).casefold(), str(digits)}
    if two is not None:
        names.add(f"{codes.inter[high]}-{codes.inter[low]}".casefold())
    if row["interaction"].casefold() not in names:
        yield row.fault("interaction", f"{acled.interaction(one, two)} (or {digits})")
