"""POLECAT: 40 tab-separated columns, one row an act, PLOVER's types and modes. Tables: `data/export/polecat.yml`.

PLOVER's events in this form have no cell for any number: every figure is lost, and counted. A day that nobody tells is
not filled with the day of publication: such an act has no row.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from tollbook import __version__, lexicon
from tollbook.errors import LexiconError
from tollbook.export import rows, sides
from tollbook.export.flat import write_cells
from tollbook.export.loss import Loss, rules
from tollbook.export.tables import Cell, joined
from tollbook.export.values import SUM, Content, Incident, Source
from tollbook.ontology import codes
from tollbook.resolve.countries import countries

NAMESPACE = "tollbook:"


@cache
def tables() -> Mapping[str, Any]:
    """The tables, checked."""
    data: Mapping[str, Any] = lexicon.load("export/polecat")
    check(data)
    return data


def check(data: Mapping[str, Any]) -> None:
    """Raises LexiconError where there are not 40 columns, or a type, mode, side or rule is not one."""
    if len(set(data["columns"])) != 40:
        raise LexiconError("polecat.yml: POLECAT has 40 columns")
    missing = set(codes("types")) - set(data["types"]) - {"other"}
    if missing:
        raise LexiconError(f"polecat.yml: types: no row for {sorted(missing)}")
    for name, row in data["types"].items():
        mode = row.get("mode")
        if row["type"] not in data["events"] or (mode and mode not in data["events"][row["type"]].split()):
            raise LexiconError(f"polecat.yml: types: {name}: no such type or mode")
    if set(data["modes_of_means"].values()) - set(data["events"]["ASSAULT"].split()):
        raise LexiconError("polecat.yml: modes_of_means: not a mode of ASSAULT")
    if set(data["modes_of_means"]) - set(codes("means")):
        raise LexiconError("polecat.yml: modes_of_means: not a kind of weapon")
    if set(data["sectors"]) != set(lexicon.load("export/sides")["sides"]):
        raise LexiconError("polecat.yml: sectors: not the sides of sides.yml")
    if not set(data["lost"].split()) <= set(rules()) & set(rows.LOST):
        raise LexiconError("polecat.yml: lost: a rule there is not")


def write_polecat(content: Content, target: Path, loss: Loss) -> Mapping[str, int]:
    """Writes the rows, in order of day."""
    sources = {s.id: s for s in content.sources}
    lines: list[list[Cell]] = []
    written: list[str] = []
    for i in rows.acts(content, loss):
        if i.start is None or i.end is None:
            loss.note("undated", i.id)
        elif i.scope == SUM:
            loss.note("sum-no-event", i.id)
        elif i.type not in tables()["types"]:
            loss.note("no-such-type", i.id)
        elif i.status == "thwarted":
            loss.note("thwarted", i.id)
        else:
            one = _row(i, [sources[s] for s in i.sources if s in sources], loss)
            lines.append([one.get(c) for c in tables()["columns"]])
            written.append(i.id)
            rows.lost(i, tables()["lost"].split(), loss)
    loss.note("left-empty", "titles, Wikipedia ids, story people, organizations and locations, Language", len(written))
    rows.claims_of(content, written, loss)
    write_cells(target, tables()["columns"], lines, loss, delimiter="\t")
    return {"rows": len(lines)}


def _mode(i: Incident, row: Mapping[str, Any]) -> str | None:
    named = {w for m in i.means for w in m.casefold().split()}
    if row.get("mode") == "aerial" and named & set(tables()["drones"].split()):
        return "drone"
    if row.get("mode"):
        return str(row["mode"])
    if row["type"] != "ASSAULT":
        return None
    found = tables()["modes_of_means"]
    return next((str(found[kind]) for kind in i.means_kinds if kind in found), None)


def _row(i: Incident, told: Sequence[Source], loss: Loss) -> dict[str, Cell]:
    row = tables()["types"][i.type]
    if not row["exact"]:
        loss.note("type-mapped", i.id)
    mode = _mode(i, row)
    intensity = tables()["intensity"]
    did, struck = sides.doers(i), sides.hits(i)
    if len(did) > 1 or len(struck) > 1:
        loss.note("more-actors", i.id, max(0, len(did) - 1) + max(0, len(struck) - 1))
    if i.start != i.end:
        loss.note("first-day", i.id)
    where = i.where
    if where is None:
        loss.note("no-point", i.id)
    loss.note("places-joined", i.id, len(i.also) > 0)
    country = countries().get(i.country or "")
    tell = loss.teller(i.id)
    return {
        "Event ID": f"{NAMESPACE}{i.id}",
        "Event Date": i.start,
        "Event Type": row["type"],
        "Event Mode": mode,
        "Intensity": intensity.get(mode, intensity[row["type"]]),
        "Quad Code": tables()["quad"][row["type"]],
        "Contexts": joined(str(row.get("contexts") or "").split(), tell),
        **_actor("Actor", did[0] if did else None),
        **_actor("Recipient", struck[0] if struck else None),
        "Placename": where.name if where else None,
        "City": where.name if where and where.admin_level == 3 else None,
        "District": where.admin2 if where else None,
        "Province": where.admin1 if where else None,
        "Country": country.alpha3 if country else None,
        "Latitude": where.lat if where else None,
        "Longitude": where.lon if where else None,
        "GeoNames ID": _geonames(where.gazetteer_id) if where else None,
        "Raw Placename": joined(i.places, tell),
        "Feature Type": tables()["feature"].get(where.admin_level) if where else None,
        "Source": joined(dict.fromkeys(s.outlet or s.doc_id for s in told), tell),
        "Publication Date": min((s.published for s in told if s.published), default=None),
        "Version": f"tollbook/{__version__}; {i.review}",
    }


def _geonames(key: str | None) -> int | None:
    space, _, number = (key or "").partition(":")
    return int(number) if space == "gn" and number.isdecimal() else None


def _actor(part: str, side: sides.Side | None) -> dict[str, Cell]:
    """The cells of one of the two parties; empty where nobody is named."""
    if side is None:
        return {}
    state = countries().get(side.country or "")
    sector = tables()["kinds"].get(side.kind or "", tables()["sectors"][side.side])
    return {
        f"{part} Name": side.name,
        f"{part} Country": state.alpha3 if state else None,
        f"{part} COW": state.cow if state else None,
        f"Primary {part} Sector": sector,
        f"{part} Sectors": sector,
        f"{part} Name Raw": side.name,
    }
