"""GeoJSON (RFC 7946): one feature an incident, for QGIS and the web. A place without a point has no geometry.

A point stands for its place: `radius_km` says how far the act may lie from it, `where_prec` is GED's code. An area is
never a bare pin, and nothing lies at 0, 0.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tollbook.export.flat import clean
from tollbook.export.loss import Loss
from tollbook.export.tables import GROUPS, HARMS
from tollbook.export.values import SUM, Content, Incident, Range, Source
from tollbook.ledger.bounds import ALL
from tollbook.tally import CAVEATS


def write_geojson(content: Content, target: Path, loss: Loss) -> Mapping[str, int]:
    """Writes a FeatureCollection; its foreign member `tollbook` says what it was made of and how to read it."""
    from tollbook.export import made_of

    sources = {s.id: s for s in content.sources}
    features = [clean(_feature(i, sources, loss), loss.teller(i.id)) for i in content.incidents]
    for c in content.claims:
        loss.note("voices-lost", c.incident)
    whole = {
        "type": "FeatureCollection",
        "tollbook": clean({**made_of(content), "caveats": list(CAVEATS)}, loss.teller("tollbook")),
    }
    head = json.dumps(whole, ensure_ascii=False)[:-1]
    body = ",\n".join(json.dumps(f, ensure_ascii=False) for f in features)
    target.write_bytes(f'{head}, "features": [\n{body}\n]}}\n'.encode())
    return {"features": len(features), "with a point": sum(f["geometry"] is not None for f in features)}


def _feature(i: Incident, sources: Mapping[str, Source], loss: Loss) -> dict[str, Any]:
    where = i.where
    if where is None:
        loss.note("no-point", i.id)
    elif not where.finest:
        loss.note("point-of-wider-place", i.id)
    loss.note("places-joined", i.id, len(i.also) > 0)
    loss.note("persons-lost", i.id, len(i.persons))
    return {
        "type": "Feature",
        "id": i.id,
        "geometry": {"type": "Point", "coordinates": [where.lon, where.lat]} if where else None,
        "properties": {
            "status_of_review": i.review,
            "type": i.type,
            "status": i.status,
            "scope": i.scope,
            "start": i.start,
            "end": i.end,
            "date_precision": i.precision,
            "date_basis": i.date_basis,
            "date_of": i.date_of,
            "places": list(i.places),
            "country": i.country,
            "point_of": where.name if where else None,
            "radius_km": where.radius_km if where else None,
            "where_prec": where.ged if where else None,
            "admin1": where.admin1 if where else None,
            "admin2": where.admin2 if where else None,
            **_figures(i),
            "perpetrators": [d.name for d in i.doers],
            "perpetrators_said_by": sorted({s for d in i.doers for s in d.says}),
            "perpetrators_are": i.doers_are,
            "targets": [h.name for h in i.hits],
            "weapons": list(i.means),
            "objects": list(i.objects),
            "acts": i.acts,
            "denied": i.contested,
            "grade": i.grade,
            "voices": list(i.independent),
            "possibly_same_as": list(i.possibly),
            "parts": list(i.parts),
            "quote": i.quote,
            "sources": [
                {"id": s.id, "outlet": s.outlet, "published": s.published, "url": s.url}
                for s in (sources[k] for k in i.sources if k in sources)
            ],
        },
    }


def _figures(i: Incident) -> dict[str, int | bool | None]:
    """`killed_low`, `killed_best`, `killed_high`, `killed_open` and so on for what is told; a sum has what it adds."""
    out: dict[str, int | bool | None] = {}
    for harm in HARMS:
        for group in (ALL, *GROUPS):
            found = i.range(harm, group)
            if found is not None:
                name = harm if group == ALL else f"{harm}_{group}"
                out |= {
                    f"{name}_low": found.low,
                    f"{name}_best": found.best,
                    f"{name}_high": found.high,
                    f"{name}_open": found.open,
                }
    if i.scope == SUM and not i.wide and ("killed", ALL) in i.ranges:
        adds = i.residual.get(("killed", ALL), Range(0, None, 0))
        out |= {"killed_adds_low": adds.low, "killed_adds_high": adds.high}
    return out
