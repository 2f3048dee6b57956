"""ACLED: 31 columns, one row an act, a day and a place. Columns and codes: `data/export/acled.yml`.

Deaths are the lowest credible number, 0 where nobody gives one, divided over the rows with the remainder to the first.
Names of actors are as told; a row's id is ours, in a namespace of ours; `tags` says whether a person has reviewed it.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator, Mapping, Sequence
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
from tollbook.export.values import SUM, Claim, Content, Incident, Source, Where
from tollbook.resolve.countries import countries

NAMESPACE = "TOLLBOOK-"
UNKNOWN = "Unidentified Armed Group"
_TOKEN = re.compile(r"[a-z]+")


@dataclass(frozen=True, slots=True)
class Codes:
    """The tables of `acled.yml`."""

    columns: tuple[str, ...]
    optional: frozenset[str]
    extra: frozenset[str]
    event_of: Mapping[str, str]
    disorder: Mapping[str, str]
    inter: Mapping[int, str]
    interactions: frozenset[int]
    sides: Mapping[str, int]
    civilian_targeting: tuple[str, ...]
    words: Mapping[str, int]
    days: Mapping[str, int]
    names: Mapping[str, str]
    region_of: Mapping[str, str]
    lost: tuple[str, ...]


@cache
def tables() -> Codes:
    """The tables, checked."""
    data = lexicon.load("export/acled")
    check(data)
    return Codes(
        columns=tuple(data["columns"].split()),
        optional=frozenset(data["optional"].split()),
        extra=frozenset(data["extra"].split()),
        event_of={sub: event for event, listed in data["events"].items() for sub in listed},
        disorder=data["disorder"],
        inter=data["inter"],
        interactions=frozenset(int(x) for x in data["interactions"].split()),
        sides=data["sides"],
        civilian_targeting=tuple(data["civilian_targeting"]),
        words=data["words"],
        days=data["days"],
        names=data["names"],
        region_of={code: region for region, listed in data["regions"].items() for code in listed.split()},
        lost=tuple(data["lost"].split()),
    )


def check(data: Mapping[str, Any]) -> None:
    """Raises LexiconError where there are not 31 columns and 25 sub-event types, or a side or country has no code."""
    subs = [sub for listed in data["events"].values() for sub in listed]
    if len(set(data["columns"].split())) != 31 or len(set(subs)) != 25:
        raise LexiconError("acled.yml: 31 columns and 25 sub_event_types")
    ours = {str(row["acled"]) for row in lexicon.load("ontology")["types"].values()}
    if ours - set(subs):
        raise LexiconError(f"acled.yml: events: no {sorted(ours - set(subs))}, which ontology.yml names")
    if not set(data["events"]) <= set(data["disorder"]):
        raise LexiconError("acled.yml: disorder: an event_type without one")
    if set(data["sides"]) != set(lexicon.load("export/sides")["sides"]) or set(data["sides"].values()) - set(
        data["inter"]
    ):
        raise LexiconError("acled.yml: sides: not those of sides.yml, or no inter code")
    listed = [code for codes in data["regions"].values() for code in codes.split()]
    missing = set(countries()) - set(listed)
    if missing or len(listed) != len(set(listed)) or set(listed) - set(countries()):
        raise LexiconError(f"acled.yml: regions: {sorted(missing)} in none, or one in two, or no country")
    if not set(data["lost"].split()) <= set(rows.LOST) & set(rules()):
        raise LexiconError("acled.yml: lost: a rule there is not")


def write_acled(content: Content, target: Path, loss: Loss) -> Mapping[str, int]:
    """Writes the rows, in order of day."""
    sources = {s.id: s for s in content.sources}
    lows: dict[str, list[Claim]] = {}
    told: dict[str, set[tuple[int | None, int | None]]] = {}
    for c in content.claims:
        if c.harm == "killed" and c.subset_of is None:
            told.setdefault(c.incident, set()).add((c.low, c.high))
            if "low" in c.counts:
                lows.setdefault(c.incident, []).append(c)
    lines: list[list[Cell]] = []
    written: list[str] = []
    for i in rows.acts(content, loss):
        when = _days(i, loss)
        if not when or not _placed(i, loss) or not _may(i, loss):
            continue
        fatalities = _fatalities(i, lows.get(i.id, ()), loss)
        if fatalities is None:
            continue
        loss.note("range-lost", i.id, len(told.get(i.id, ())) > 1)
        one = _row(i, [sources[s] for s in i.sources if s in sources], loss)
        each = [(day, precision, spot) for day, precision in when for spot in (i.where, *i.also)]
        loss.note("split-by-place", i.id, len(i.also) > 0)
        for n, ((day, precision, spot), dead) in enumerate(zip(each, divided(fatalities, len(each)), strict=True)):
            cells = one | {
                **_place(i, spot),
                "event_id_cnty": f"{one['event_id_cnty']}-{n + 1}" if len(each) > 1 else one["event_id_cnty"],
                "event_date": day.isoformat(),
                "year": day.year,
                "time_precision": precision,
                "fatalities": dead,
            }
            lines.append([cells[c] for c in tables().columns])
        written.append(i.id)
        rows.lost(i, tables().lost, loss)
    loss.note("left-empty", "assoc_actor_1, assoc_actor_2, admin3, source_scale", len(written))
    rows.claims_of(content, written, loss)
    lines.sort(key=lambda line: (str(line[1]), str(line[0])))
    write_cells(target, tables().columns, lines, loss)
    return {"rows": len(lines), "acts": len(written)}


def divided(deaths: int, rows: int) -> list[int]:
    """A number of deaths over days and places (at least one): even, the remainder to the first. The sum stays."""
    each, rest = divmod(deaths, rows)
    return [each + rest, *([each] * (rows - 1))]


def _days(i: Incident, loss: Loss) -> list[tuple[dt.date, int]]:
    """(day, time_precision) of each row; none where the act cannot be placed in time."""
    if i.start is None or i.end is None:
        loss.note("undated", i.id)
        return []
    first, last = dt.date.fromisoformat(i.start), dt.date.fromisoformat(i.end)
    count = (last - first).days + 1
    if count <= tables().days["split"]:
        if count > 1:
            loss.note("split-by-day", i.id)
        return [(first + dt.timedelta(n), 1) for n in range(count)]
    if count > tables().days["month"]:
        loss.note("days-too-wide", i.id)
        return []
    loss.note("mid-point", i.id)
    return [(first + dt.timedelta((count - 1) // 2), 2 if count <= tables().days["week"] else 3)]


def _placed(i: Incident, loss: Loss) -> bool:
    if i.country is None or i.country not in countries():
        loss.note("no-country", i.id)
        return False
    name = countries()[i.country].name
    if (i.where is not None and i.where.ged == 6) or not [p for p in i.places if p.casefold() != name.casefold()]:
        loss.note("country-only", i.id)
        return False
    return True


def _may(i: Incident, loss: Loss) -> bool:
    """An attempt that was foiled is an event only where a weapon was disrupted."""
    if i.status == "thwarted" and i.type != "weapons_disrupted":
        loss.note("thwarted", i.id)
        return False
    return True


def _fatalities(i: Incident, lows: Sequence[Claim], loss: Loss) -> int | None:
    """The lowest credible number; None for a sum that adds nothing to its parts."""
    found = i.added("killed")
    if i.scope == SUM:
        if found is None or not (found.low or found.high):
            loss.note("sum-told", i.id)
            return None
        loss.note("sum-residual", i.id)
        return found.low or 0
    if found is None or (found.low is None and found.high is None):
        loss.note("unknown-as-zero", i.id)
        return 0
    vague = [n for c in lows if c.vague for n in [_number(c.words)] if n is not None]
    if vague and all(c.vague for c in lows):
        loss.note("vague-number", i.id)
        return min(vague)
    if found.open:
        loss.note("open-lost", i.id)
    if found.low is None:
        loss.note("low-zero", i.id)
    return found.low or 0


def _number(words: str) -> int | None:
    """The codebook's number for a vague word."""
    return next((tables().words[t] for t in _TOKEN.findall(words.lower()) if t in tables().words), None)


def _row(i: Incident, told: Sequence[Source], loss: Loss) -> dict[str, Cell]:
    types = lexicon.load("ontology")["types"]
    if i.type not in types:
        loss.note("type-mapped", i.id)
    sub = str(types.get(i.type, types["other"])["acled"])
    event = tables().event_of[sub]
    one, two = _actors(i, event, sub, loss)
    country = countries()[str(i.country)]
    where = i.where
    if where is None:
        loss.note("no-point", i.id)
    elif not where.finest:
        loss.note("point-of-wider-place", i.id)
    civilians = sub == "Excessive force against protesters" or (two is not None and two[1] == 7)
    stamps = [int(dt.datetime.fromisoformat(s.recorded_at).timestamp()) for s in told]
    return {
        "event_id_cnty": f"{NAMESPACE}{country.alpha3}-{i.id}",
        "disorder_type": tables().disorder.get(sub, tables().disorder[event]),
        "event_type": event,
        "sub_event_type": sub,
        "actor1": one[0],
        "assoc_actor_1": None,
        "inter1": tables().inter[one[1]],
        "actor2": two[0] if two else None,
        "assoc_actor_2": None,
        "inter2": tables().inter[two[1]] if two else None,
        "interaction": interaction(one[1], two[1] if two else None),
        "civilian_targeting": tables().civilian_targeting[0] if civilians else None,
        "iso": country.numeric or 0,  # Kosovo has no number in ISO 3166
        "region": tables().region_of[country.alpha2],
        "country": tables().names.get(country.alpha2, country.name),
        "admin3": None,
        "source": joined(dict.fromkeys(s.outlet or s.doc_id for s in told), loss.teller(i.id)),
        "source_scale": None,
        "notes": f"{i.quote} [{', '.join(i.places)}]" if len(i.places) > 1 else i.quote,
        "tags": f"tollbook={i.review}",
        "timestamp": max(stamps, default=0),
    }


def _place(i: Incident, where: Where | None) -> dict[str, Cell]:
    return {
        "admin1": where.admin1 if where else None,
        "admin2": where.admin2 if where else None,
        "location": where.name if where else i.places[0],
        "latitude": round(where.lat, 4) if where else None,
        "longitude": round(where.lon, 4) if where else None,
        "geo_precision": where.acled if where else 3,
    }


def interaction(one: int, two: int | None) -> str:
    """The text of two inter codes, in their order: "State forces-Rebel group", "Rebel group only"."""
    names = tables().inter
    if two is None:
        return f"{names[one]} only"
    low, high = sorted((one, two))
    return f"{names[low]}-{names[high]}"


_Actor = tuple[str, int]


def _actors(i: Incident, event: str, sub: str, loss: Loss) -> tuple[_Actor, _Actor | None]:
    """(actor1, actor2), each with its inter code. Actor1 of a demonstration is who demonstrates."""
    country = tables().names.get(str(i.country), countries()[str(i.country)].name)
    did = list(_named(sides.doers(i), i, loss))
    struck = list(_named(sides.hits(i), i, loss))
    loss.note("more-actors", i.id, max(0, len({d[0] for d in did}) - (2 if event == "Battles" else 1)))
    civilians = (f"Civilians ({country})", 7)
    if event in ("Protests", "Riots"):
        wanted = 6 if event == "Protests" else 5
        crowd = next((a for a in (*did, *struck) if a[1] == wanted), None)
        crowd = crowd or (f"{tables().inter[wanted]} ({country})", wanted)
        other = next((a for a in (*did, *struck) if a[1] not in (wanted, 7)), None)
        against = civilians if event == "Riots" and any(a[1] == 7 for a in struck) else None
        return crowd, other or against
    if not did:
        loss.note("actor-unknown", i.id)
        did = [(f"{UNKNOWN} ({country})", 3)]
    one = did[0]
    fighting = [a for a in (*struck, *did[1:]) if a[1] in (1, 2, 3, 4, 8) and a[0] != one[0]]
    hurt = any(a[1] in (5, 6, 7) for a in struck) or "civilian" in sides.hit_classes(i)
    if event == "Battles":
        return one, (fighting or [(f"{UNKNOWN} ({country})", 3)])[0]
    if event == "Violence against civilians":
        return one, civilians
    return one, fighting[0] if fighting and not hurt else civilians if hurt else fighting[0] if fighting else None


def _named(found: Sequence[sides.Side], i: Incident, loss: Loss) -> Iterator[_Actor]:
    for side in found:
        if not side.known:
            loss.note("actor-class-assumed", i.id)
        name = side.name
        if side.country is not None and side.country in countries():
            force = "Police" if "polic" in name.casefold() else "Military"
            name = f"{force} Forces of {tables().names.get(side.country, countries()[side.country].name)}"
        yield name, tables().sides[side.side]
