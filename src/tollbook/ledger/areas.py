"""Where an incident lies for totals by place: a province (admin-1), by one name however it is spelled. Pure.

A record's own resolved places are believed; names alone are looked up in the gazetteer within their country.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

from tollbook.link.names import same_place


def province(places: Iterable[str], country: str | None, details: Iterable[Mapping[str, Any]] = ()) -> str | None:
    """The province of a place list (most specific first), by the gazetteer's name; None where it is not known.

    None too where what is told is wider than a province. A last name that the gazetteer does not know stands for
    itself: it is the widest that is told.
    """
    names = list(places)
    for detail in details:
        name, level = detail.get("admin1"), detail.get("admin_level")
        if isinstance(name, str) and names and same_place(str(detail.get("name")), names[0]):
            return name
        if level == 1 and detail.get("gazetteer_id") and names and same_place(str(detail.get("name")), names[-1]):
            return _canonical(str(detail["name"]), country) or str(detail["name"])
    for name in reversed(names):
        found = _canonical(name, country)
        if found is not None:
            return found or None
    return names[-1] if names else None


@lru_cache(maxsize=65536)
def _canonical(name: str, country: str | None) -> str | None:
    """The province a name is, or lies in; "" where it is known and wider or in none; None where it is not known."""
    from tollbook.resolve.gazetteer import default_gazetteer

    plain = " ".join(w for w in name.split() if w.lower() not in ("province", "governorate", "state"))
    found = default_gazetteer().find(plain or name)
    entries = [e for e in found if e.match != "folded" and (country is None or e.country == country)]
    if not entries:
        return None
    provinces = {e.name for e in entries if e.level == "province"}
    if len(provinces) == 1:
        return provinces.pop()
    inside = {e.admin1 for e in entries if e.admin1 is not None}
    if len(inside) == 1 and all(e.admin1 is not None or e.level in ("region", "country") for e in entries):
        return str(inside.pop())
    return "" if all(e.level in ("region", "country") for e in entries) else None
