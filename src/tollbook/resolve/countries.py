"""States and territories: codes, names, demonyms, seats of government.

Source of codes and rows: `data/countries.yml` (its head names the lists behind each column).
"""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

from tollbook.errors import LexiconError
from tollbook.resolve.tables import rows, split

COLUMNS = ("id", "alpha3", "numeric", "name", "aliases", "demonyms", "capital", "metonyms", "gw", "cow", "region")
GED_REGIONS = frozenset({"Africa", "Americas", "Asia", "Europe", "Middle East"})


class Country(NamedTuple):
    """One state or territory. `gw` and `cow` are its numbers in those lists of states, None where it is in neither.

    `region` is one of UCDP GED's five, None for territories GED does not code.
    """

    alpha2: str
    alpha3: str
    numeric: int | None
    name: str
    aliases: tuple[str, ...]
    demonyms: tuple[str, ...]
    capital: str | None
    metonyms: tuple[str, ...]
    gw: int | None
    cow: int | None
    region: str | None


@cache
def countries() -> dict[str, Country]:
    """All rows by ISO 3166 alpha-2. The value is shared: treat it as read-only."""
    return {
        row["id"]: Country(
            alpha2=row["id"],
            alpha3=row["alpha3"],
            numeric=int(row["numeric"]) if row["numeric"] else None,
            name=row["name"],
            aliases=split(row["aliases"]),
            demonyms=split(row["demonyms"]),
            capital=row["capital"] or None,
            metonyms=split(row["metonyms"]),
            gw=int(row["gw"]) if row["gw"] else None,
            cow=int(row["cow"]) if row["cow"] else None,
            region=row["region"] or None,
        )
        for row in rows("countries", COLUMNS)
    }


@cache
def capitals() -> frozenset[str]:
    """The names of all capitals, case folded."""
    return frozenset(c.capital.casefold() for c in countries().values() if c.capital)


def check_countries() -> None:
    """Raises LexiconError where a code, number or name stands for two countries, or a region is not GED's."""
    seen: dict[str, str] = {}
    for row in countries().values():
        if row.region is not None and row.region not in GED_REGIONS:
            raise LexiconError(
                f"countries.yml: {row.alpha2}: region {row.region!r} is not one of {sorted(GED_REGIONS)}"
            )
        keys = [row.alpha3, f"numeric {row.numeric}", f"gw {row.gw}", f"cow {row.cow}"]
        keys += [name.casefold() for name in (row.name, *row.aliases, *row.demonyms, *row.metonyms)]
        for key in keys:
            if key.endswith(" None"):
                continue
            other = seen.setdefault(key, row.alpha2)
            if other != row.alpha2:
                raise LexiconError(f"countries.yml: {key!r} stands for {other} and {row.alpha2}")
