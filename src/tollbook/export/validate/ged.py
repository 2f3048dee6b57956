"""Whether a file is GED: 49 columns, codes, sums, days. Rules: `data/export/ged.yml` and the codebook."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from tollbook.export import ged
from tollbook.export.validate.table import Row, coordinates, counts, read, walk
from tollbook.export.validate.values import Fault, integer, number, stamp
from tollbook.resolve.countries import countries

_POINT = re.compile(r"POINT ?\( ?(-?[\d.]{1,20}) (-?[\d.]{1,20}) ?\)")
_DEATHS = ("deaths_a", "deaths_b", "deaths_civilians", "deaths_unknown", "best", "high", "low")
_SAME_POINT = 0.001
"""Degrees by which geom_wkt may differ from latitude and longitude: rounding."""


def check_ged(file: str, data: bytes) -> Iterator[Fault | int]:
    """Faults, then the number of rows."""
    expected = ged.tables().columns
    table = read(file, data, expected)
    yield from table.faults
    if table.before:
        yield Fault(file, 1, "-", "", "nothing above the header")
    yield from walk(table, expected, "id", _row)


@cache
def _members() -> frozenset[int]:
    return frozenset(c.gw for c in countries().values() if c.gw is not None) | ged.tables().former


def _row(row: Row) -> Iterator[Fault]:
    ours = row["id"].startswith(ged.NAMESPACE)
    if not ours and integer(row["id"]) is None:
        yield row.fault("id", f"a whole number, or {ged.NAMESPACE} and an id of ours")
    for name in ("relid", "code_status", "side_a", "side_b", "dyad_name", "country", "where_coordinates"):
        if not row[name]:
            yield row.fault(name, "not blank")
    if not ours and row["active_year"].lower() not in ("0", "1", "true", "false"):
        yield row.fault("active_year", "0 or 1")
    for name in ("conflict_new_id", "dyad_new_id", "side_a_new_id", "side_b_new_id"):
        if integer(row[name]) is None:
            yield row.fault(name, "a whole number")
    for name, allowed in (("type_of_violence", 3), ("where_prec", 7), ("event_clarity", 2), ("date_prec", 5)):
        value = integer(row[name])
        if value is None or not 1 <= value <= allowed:
            yield row.fault(name, f"a code from 1 to {allowed}")
    sources = integer(row["number_of_sources"])
    if sources is None or sources < -1 or sources == 0:
        yield row.fault("number_of_sources", "a whole number from 1, or -1 where it is not known")
    if integer(row["country_id"]) not in _members():
        yield row.fault("country_id", "a number of the Gleditsch-Ward list")
    if row["region"] not in ged.tables().regions:
        yield row.fault("region", ", ".join(ged.tables().regions))
    for name in ("gwnoa", "gwnob"):
        listed = [p for p in re.split(r"[,;]", row[name]) if p.strip()]
        if any(integer(p) not in _members() for p in listed):
            yield row.fault(name, "blank, or a number of the Gleditsch-Ward list")
    yield from _days(row)
    yield from _place(row, ours)
    yield from _deaths(row)


def _days(row: Row) -> Iterator[Fault]:
    start, end = stamp(row["date_start"]), stamp(row["date_end"])
    for name, value in (("date_start", start), ("date_end", end)):
        if value is None:
            yield row.fault(name, "a day: YYYY-MM-DD, with or without a time")
    year = integer(row["year"])
    if year is None:
        yield row.fault("year", "a year")
    if start is None or end is None:
        return
    if start > end:
        yield row.fault("date_end", f"not before date_start ({start})")
        return
    if year is not None and not start.year <= year <= end.year:
        yield row.fault("year", f"the year of date_start ({start})")
    code = integer(row["date_prec"])
    most = ged.tables().date_prec.get(code or 0)
    days = (end - start).days + 1
    if most is not None and days > most:
        yield row.fault("date_prec", f"a code that fits the {days} days from {start} to {end}: {ged.date_prec(days)}")


def _place(row: Row, ours: bool) -> Iterator[Fault]:
    unplaced = ours and not row["latitude"] and not row["longitude"]
    yield from coordinates(row, "latitude", "longitude", may_lack=ours)
    if unplaced:
        if integer(row["where_prec"]) not in (6, 7):
            yield row.fault("where_prec", "6 or 7 where there is no point")
        return
    lat, lon = number(row["latitude"]), number(row["longitude"])
    if lat is None or lon is None or not (-90 <= lat <= 90 and -180 <= lon <= 180):
        return
    told = _POINT.fullmatch(row["geom_wkt"])
    if told is None:
        yield row.fault("geom_wkt", "POINT (longitude latitude)")
    elif abs(float(told.group(1)) - lon) > _SAME_POINT or abs(float(told.group(2)) - lat) > _SAME_POINT:
        yield row.fault("geom_wkt", f"the point of the row, longitude first: POINT ({lon} {lat})")
    cells = {ged.priogrid(lat + dy, lon + dx) for dy in (-1e-6, 0, 1e-6) for dx in (-1e-6, 0, 1e-6)}
    if integer(row["priogrid_gid"]) not in cells:
        yield row.fault("priogrid_gid", f"the cell of the point: {ged.priogrid(lat, lon)}")


def _deaths(row: Row) -> Iterator[Fault]:
    wrong = list(counts(row, _DEATHS))
    yield from wrong
    if wrong:
        return
    a, b, civilians, unknown, best, high, low = (integer(row[name]) or 0 for name in _DEATHS)
    if a + b + civilians + unknown != best:
        yield row.fault("best", f"the sum of deaths by side: {a + b + civilians + unknown}")
    if low > best:
        yield row.fault("low", f"at most best ({best})")
    if high < best:
        yield row.fault("high", f"at least best ({best}); the order of columns is best, high, low")
    if high < 1:
        yield row.fault("high", "at least 1: a row is an act in which somebody was killed")
