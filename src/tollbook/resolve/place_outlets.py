"""Where an outlet sits: the tie-breaker between namesakes in a report that names no country or state.

Table: `data/places/outlets.yml` (its head says what it holds). An outlet that is not in it is known by the country of
its address, as far as that says one ("example.com.ng").
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import Any

from tollbook.errors import LexiconError
from tollbook.lexicon import load
from tollbook.resolve.countries import countries
from tollbook.resolve.gazetteer import Entry, Gazetteer
from tollbook.resolve.tables import split

_HOST = re.compile(r"^(?:https?://)?(?:www\.)?([a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63}){1,5})(?::\d{1,5})?(?:/|$)")
_ARTICLE = re.compile(r"^the ")
# Country endings that are sold to everybody, and the ones that differ from ISO 3166.
_SOLD = frozenset("ai cc co fm io me tv ws to ly sh st gg la".split())  # noqa: SIM905
_OTHER = {"uk": "GB"}


@dataclass(frozen=True, slots=True)
class Home:
    """An outlet's country (ISO 3166 alpha-2), and its province and town where it is a local one."""

    country: str
    admin1: str | None = None
    town: str | None = None

    def entry(self, gazetteer: Gazetteer) -> Entry | None:
        """The town in the gazetteer; None for an outlet without one, or where the gazetteer has no such town."""
        if self.town is None:
            return None
        found = [e for e in gazetteer.find(self.town) if e.country == self.country and e.level == "town"]
        return next((e for e in found if e.admin1 == self.admin1), None)


@cache
def _table() -> dict[str, Home]:
    """Every domain and name (small letters, without "the") to its home. Raises LexiconError."""
    content: Any = load("places/outlets")
    table: dict[str, Home] = {}
    for country, lines in content["outlets"].items():
        if country not in countries() or not isinstance(lines, list):
            raise LexiconError(f"places/outlets.yml: {country!r} is no country with a list of rows")
        for line in lines:
            cells = [cell.strip() for cell in line.split("|")]
            if len(cells) not in (1, 3) or not all(cells):
                raise LexiconError(f"places/outlets.yml: {line!r}: names, or names | province | town")
            home = Home(country, *cells[1:])
            for name in split(cells[0]):
                if table.setdefault(_plain(name), home) != home:
                    raise LexiconError(f"places/outlets.yml: {name!r} sits in two places")
    return table


def check_outlets(gazetteer: Gazetteer) -> list[str]:
    """The rows whose town the gazetteer does not have in that province; empty when all are right."""
    return sorted(
        {f"{h.town}, {h.admin1}, {h.country}" for h in _table().values() if h.town and not h.entry(gazetteer)}
    )


def _plain(name: str) -> str:
    return _ARTICLE.sub("", " ".join(name.casefold().split()))


def home_of(outlet: str | None, url: str | None = None) -> Home | None:
    """Where the outlet sits, by its name, its domain or the address of the report; None where none of them tells."""
    for value in (outlet, url):
        if not value:
            continue
        plain = _plain(value)
        if plain in _table():
            return _table()[plain]
        host = _HOST.match(plain)
        if host is None:
            continue
        labels = host[1].split(".")
        for at in range(len(labels) - 1):
            if ".".join(labels[at:]) in _table():
                return _table()[".".join(labels[at:])]
        ending = labels[-1]
        code = _OTHER.get(ending, ending.upper())
        if ending not in _SOLD and code in countries():
            return Home(code)
    return None
