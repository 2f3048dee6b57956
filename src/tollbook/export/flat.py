"""Two plain forms: CSV, one row an incident; JSON Lines, one incident a line with all that is behind it.

CSV is RFC 4180 with `\\r\\n` and UTF-8 with a byte-order mark, without which Excel takes UTF-8 for the local code page.
"""

from __future__ import annotations

import csv
import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from tollbook.export import safe
from tollbook.export.loss import Loss
from tollbook.export.tables import INCIDENTS, Cell
from tollbook.export.values import Claim, Content
from tollbook.model import to_plain


def write_csv(content: Content, target: Path, loss: Loss) -> Mapping[str, int]:
    """The table `incidents` of `tables.py`. What only claims and sources hold is counted as lost."""
    rows = list(INCIDENTS.rows(content, loss))
    write_cells(target, [c.name for c in INCIDENTS.columns], rows, loss, bom=True)
    for i in content.incidents:
        loss.note("places-joined", i.id, len(i.also) > 0)
        loss.note("persons-lost", i.id, len(i.persons))
        loss.note("date-of-lost", i.id, i.date_of not in (None, "act"))
    for c in content.claims:
        loss.note("claims-lost", c.id)
    return {"rows": len(rows)}


def write_cells(
    target: Path,
    header: Sequence[str],
    rows: Iterable[Sequence[Cell]],
    loss: Loss,
    *,
    bom: bool = False,
    delimiter: str = ",",
    before: Sequence[str] = (),
) -> None:
    """A header and rows as CSV (or tab-separated), text cells made safe; a row's first cell names it in the loss."""
    with target.open("w", encoding="utf-8-sig" if bom else "utf-8", newline="") as stream:
        for comment in before:
            stream.write(f"{comment}\r\n")
        writer = csv.writer(stream, delimiter=delimiter, lineterminator="\r\n" if delimiter == "," else "\n")
        writer.writerow(header)
        for row in rows:
            tell = loss.teller(str(row[0]))
            writer.writerow([_cell(v, tell) for v in row])


def _cell(value: Cell, tell: safe.Tell) -> str | int | float | None:
    if isinstance(value, bool):
        return "true" if value else "false"
    return safe.cell(value, tell) if isinstance(value, str) else value


def write_jsonl(content: Content, target: Path, loss: Loss) -> Mapping[str, int]:
    """Each incident as a JSON object with its `bounds`, `claims` and `sources`: nothing of the content is left out."""
    claims: dict[str, list[Claim]] = defaultdict(list)
    for c in content.claims:
        claims[c.incident].append(c)
    sources = {s.id: s for s in content.sources}
    with target.open("w", encoding="utf-8", newline="\n") as stream:
        for i in content.incidents:
            plain = to_plain(i)
            for key, ranges in (("ranges", i.ranges), ("residual", i.residual)):
                plain[key] = [
                    {"harm": harm, "group": group, **to_plain(r)} for (harm, group), r in sorted(ranges.items())
                ]
            plain["bounds"] = plain.pop("ranges")
            plain["claims"] = [to_plain(c) for c in claims[i.id]]
            plain["sources"] = [to_plain(sources[s]) for s in i.sources if s in sources]
            stream.write(json.dumps(clean(plain, loss.teller(i.id)), ensure_ascii=False) + "\n")
    return {"rows": len(content.incidents)}


def clean(value: Any, tell: safe.Tell) -> Any:
    """JSON values whose strings have no controls and overrides."""
    if isinstance(value, str):
        return safe.text(value, tell)
    if isinstance(value, Mapping):
        return {k: clean(v, tell) for k, v in value.items()}
    return [clean(v, tell) for v in value] if isinstance(value, (list, tuple)) else value
