"""UCDP GED: 49 columns, one row an act in which somebody was killed. Columns and codes: `data/export/ged.yml`.

The order is best, high, low. No cell of a number is blank, so every guess is counted. Ids of conflicts, dyads and sides
are UCDP's own and stay 0; `id` and `relid` are ours, in a namespace of ours.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from tollbook import lexicon
from tollbook.errors import LexiconError
from tollbook.export import rows, sides
from tollbook.export.flat import write_cells
from tollbook.export.loss import Loss, rules
from tollbook.export.tables import Cell, joined
from tollbook.export.values import SUM, Content, Incident, Range, Source
from tollbook.ontology import codes
from tollbook.resolve.countries import GED_REGIONS, Country, countries

NAMESPACE = "tollbook:"
SIDES = ("state", "group", "crowd", "civilians", "unknown")
ONE_SIDED = "Civilians"
UNKNOWN = "Unknown"


@dataclass(frozen=True, slots=True)
class Violence:
    """One row of the table of violence: who did it, who was hit, which kinds of act (empty: all), code, certainty."""

    doer: str
    hit: str
    kinds: frozenset[str]
    code: int
    sure: bool


@dataclass(frozen=True, slots=True)
class Codes:
    """The tables of `ged.yml`."""

    columns: tuple[str, ...]
    violence: tuple[Violence, ...]
    names: Mapping[str, str]
    under: Mapping[str, str]
    former: frozenset[int]
    status: Mapping[str, str]
    date_prec: Mapping[int, int]
    where_prec: Mapping[int, str]
    regions: tuple[str, ...]
    lost: tuple[str, ...]


@cache
def tables() -> Codes:
    """The tables, checked."""
    data = lexicon.load("export/ged")
    check(data)
    found = []
    for line in data["violence"].splitlines():
        doer, hit, kinds, code, sure = (cell.strip() for cell in line.split("|"))
        found.append(Violence(doer, hit, frozenset(kinds.split()) - {"*"}, int(code), sure == "yes"))
    return Codes(
        columns=tuple(data["columns"].split()),
        violence=tuple(found),
        names=data["names"],
        under=data["under"],
        former=frozenset(data["former"]),
        status=data["status"],
        date_prec=data["date_prec"],
        where_prec=data["where_prec"],
        regions=tuple(data["regions"]),
        lost=tuple(data["lost"].split()),
    )


def check(data: Mapping[str, Any]) -> None:
    """Raises LexiconError where the tables have not 49 columns, a side, kind, code or rule there is not, or a gap."""
    if len(set(data["columns"].split())) != 49:
        raise LexiconError("ged.yml: columns: GED has 49")
    if set(data["regions"]) != GED_REGIONS:
        raise LexiconError("ged.yml: regions: not those of countries.yml")
    left = {(doer, hit) for doer in SIDES if doer != "civilians" for hit in SIDES}
    for line in data["violence"].splitlines():
        cells = [cell.strip() for cell in line.split("|")]
        if len(cells) != 5 or cells[3] not in ("1", "2", "3") or cells[4] not in ("yes", "no"):
            raise LexiconError(f"ged.yml: violence: {line!r}")
        strange = (set(cells[:2]) - {*SIDES, "*"}) | (set(cells[2].split()) - {*codes("types"), "*"})
        if strange:
            raise LexiconError(f"ged.yml: violence: {sorted(strange)} are not sides or types")
        if cells[2] == "*":
            left -= {(d, h) for d, h in left if cells[0] in (d, "*") and cells[1] in (h, "*")}
    if left:
        raise LexiconError(f"ged.yml: violence: no row for {sorted(left)}")
    unknown = set(data["lost"].split()) - set(rows.LOST)
    if unknown or not set(data["lost"].split()) <= set(rules()):
        raise LexiconError(f"ged.yml: lost: {sorted(unknown)}")


def write_ged(content: Content, target: Path, loss: Loss) -> Mapping[str, int]:
    """Writes the rows, in order of day. `deaths_a` + `deaths_b` + `deaths_civilians` + `deaths_unknown` is `best`."""
    sources = {s.id: s for s in content.sources}
    written: list[str] = []
    lines: list[list[Cell]] = []
    for i, found in rows.deaths(content, loss):
        country = member(i.country)
        if i.start is None or i.end is None:
            loss.note("undated", i.id)
        elif country is None:
            loss.note("no-country" if i.country is None else "gw-unknown", i.id)
        elif _days(i) > 366:
            loss.note("days-too-wide", i.id)
        else:
            cells = _row(i, found, country, [sources[s] for s in i.sources if s in sources], loss)
            lines.append([cells[c] for c in tables().columns])
            written.append(i.id)
            rows.lost(i, tables().lost, loss)
    loss.note("left-empty", "active_year, conflict_name", len(written))
    loss.note("ids-of-theirs", "conflict_new_id, dyad_new_id, side_a_new_id, side_b_new_id", len(written))
    rows.claims_of(content, written, loss)
    write_cells(target, tables().columns, lines, loss)
    return {"rows": len(lines)}


def member(alpha2: str | None) -> Country | None:
    """The state under which GED files a country; None for what has no Gleditsch-Ward number."""
    if alpha2 is None:
        return None
    found = countries().get(tables().under.get(alpha2, alpha2))
    return found if found is not None and found.gw is not None else None


def country_name(country: Country) -> str:
    """The name as GED writes it."""
    return tables().names.get(country.alpha2, country.name)


def priogrid(lat: float, lon: float) -> int:
    """The half-degree cell of PRIO-GRID that holds a point, counted from the south-west."""
    row = min(math.floor((lat + 90) * 2), 359)
    column = min(math.floor((lon + 180) * 2), 719)
    return row * 720 + column + 1


def _days(i: Incident) -> int:
    assert i.start is not None
    assert i.end is not None
    return (dt.date.fromisoformat(i.end) - dt.date.fromisoformat(i.start)).days + 1


def date_prec(days: int) -> int:
    """The code for a number of days: the finest that allows them."""
    return next((code for code, most in tables().date_prec.items() if days <= most), 5)


def _row(i: Incident, found: Range, country: Country, told: Sequence[Source], loss: Loss) -> dict[str, Cell]:
    low, best, high = rows.whole(i, found, loss)
    code, side_a, side_b = _violence(i, loss)
    killed = _by_side(i, best, code, side_a, side_b, loss)
    where = i.where
    if where is None:
        loss.note("no-point", i.id)
    elif not where.finest:
        loss.note("point-of-wider-place", i.id)
    loss.note("places-joined", i.id, len(i.also) > 0)
    a, b = _name(side_a, i, loss), ONE_SIDED if code == 3 else _name(side_b, i, loss)
    days = _days(i)
    tell = loss.teller(i.id)
    return {
        "id": f"{NAMESPACE}{i.id}",
        "relid": f"TOLLBOOK-{country.alpha3}-{(i.start or '')[:4]}-{i.id}",
        "year": int((i.start or "")[:4]),
        "active_year": None,
        "code_status": tables().status[i.review],
        "type_of_violence": code,
        "conflict_dset_id": 0,
        "conflict_new_id": 0,
        "conflict_name": None,
        "dyad_dset_id": 0,
        "dyad_new_id": 0,
        "dyad_name": f"{a} - {b}",
        "side_a_dset_id": 0,
        "side_a_new_id": 0,
        "side_a": a,
        "side_b_dset_id": 0,
        "side_b_new_id": 0,
        "side_b": b,
        "number_of_sources": len(told) or -1,
        "source_article": joined([f"{s.outlet or s.doc_id},{s.published or ''},{s.title or ''}" for s in told], tell),
        "source_office": joined(dict.fromkeys(s.outlet for s in told if s.outlet), tell),
        "source_date": joined(dict.fromkeys(s.published for s in told if s.published), tell),
        "source_headline": joined(dict.fromkeys(s.title for s in told if s.title), tell),
        "source_original": joined(i.voices, tell),
        "where_prec": where.ged if where else 6,
        "where_coordinates": where.name if where else (i.places[-1] if i.places else country_name(country)),
        "where_description": joined(i.places, tell),
        "adm_1": where.admin1 if where else None,
        "adm_2": where.admin2 if where else None,
        "latitude": where.lat if where else None,
        "longitude": where.lon if where else None,
        "geom_wkt": f"POINT ({where.lon:.6f} {where.lat:.6f})" if where else None,
        "priogrid_gid": priogrid(where.lat, where.lon) if where else None,
        "country": country_name(country),
        "country_id": country.gw,
        "region": country.region,
        "event_clarity": 2 if i.scope == SUM or i.acts > 1 else 1,
        "date_prec": date_prec(days),
        "date_start": f"{i.start} 00:00:00.000",
        "date_end": f"{i.end} 00:00:00.000",
        **killed,
        "best": best,
        "high": high,
        "low": low,
        "gwnoa": _gw(side_a),
        "gwnob": _gw(side_b) if code != 3 else None,
    }


def _group(side: sides.Side | None) -> str:
    if side is None:
        return "unknown"
    if side.side in sides.STATES or (side.side == "militia" and side.who == "state_forces"):
        return "state"
    if side.side in ("rebel", "militia"):
        return "group"
    if side.side in ("communal", "rioters"):
        return "crowd"
    return "civilians" if side.side in ("civilians", "protesters") else "unknown"


def _violence(i: Incident, loss: Loss) -> tuple[int, sides.Side | None, sides.Side | None]:
    """(code, side a, side b): the government is side a; one-sided violence has only side a."""
    did = sides.doers(i)
    by = sides.first(did, ("state", "foreign", "rebel", "militia", "communal", "rioters"))
    struck = [s for s in sides.hits(i) if not (by is not None and s.name == by.name)]
    against = sides.first(struck, sides.FIGHTING)
    if i.type == "armed_clash" and against is None and len(did) > 1:
        against = next((s for s in did if s is not by and _group(s) != _group(by)), None)
    hit = _group(against)
    if hit == "unknown":
        told = sides.hit_classes(i)
        among = (("state_forces", "state"), ("armed_group", "group"), ("civilian", "civilians"))
        hit = next((group for who, group in among if who in told), "unknown")
    row = next(
        v
        for v in tables().violence
        if v.doer in (_group(by), "*") and v.hit in (hit, "*") and (not v.kinds or i.type in v.kinds)
    )
    if not row.sure or (by is not None and not by.known):
        loss.note("violence-assumed", i.id)
    if len(did) > 1 + (row.code != 3 and against in did):
        loss.note("more-actors", i.id, len(did) - 1 - (row.code != 3 and against in did))
    if row.code == 3:
        return row.code, by, None
    if _group(by) != "state" and _group(against) == "state":
        return row.code, against, by
    return row.code, by, against


def _name(side: sides.Side | None, i: Incident, loss: Loss) -> str:
    if side is None:
        loss.note("actor-unknown", i.id)
        return UNKNOWN
    state = member(side.country)
    return f"Government of {country_name(state)}" if state is not None else side.name


def _gw(side: sides.Side | None) -> int | None:
    state = member(side.country) if side is not None else None
    return state.gw if state is not None else None


def _by_side(
    i: Incident, best: int, code: int, side_a: sides.Side | None, side_b: sides.Side | None, loss: Loss
) -> dict[str, Cell]:
    """The killed by side; the rest, and those of a side that cannot be told, are unknown. They add up to `best`."""
    out = {"deaths_a": 0, "deaths_b": 0, "deaths_civilians": 0, "deaths_unknown": 0}
    parts = {who: rows.number(i.added("killed", who)) for who in ("civilian", "state_forces", "armed_group")}
    if sum(parts.values()) > best:
        loss.note("parts-over-whole", i.id)
        return {**out, "deaths_unknown": best}
    out["deaths_civilians"] = parts["civilian"]
    of_a, of_b = _group(side_a), _group(side_b)
    for who, group in (("state_forces", "state"), ("armed_group", "group")):
        mine = [column for column, of in (("deaths_a", of_a), ("deaths_b", of_b)) if of == group]
        if code == 3:
            mine = [c for c in mine if c == "deaths_a"]
        if len(mine) == 1:
            out[mine[0]] += parts[who]
        elif parts[who]:
            loss.note("sides-unsure", i.id)
    out["deaths_unknown"] = best - sum(out.values())
    return dict(out)
