"""Writes what is made from the model and the data files: the JSON Schema, and the tables in docs/formats.md.

    tools/write_schema.py          (or: make schema)

A test fails when either is older than what this writes.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from tollbook import lexicon, ontology, schema
from tollbook.render.csv import COLUMNS

ROOT = Path(__file__).resolve().parent.parent
FORMATS = ROOT / "docs" / "formats.md"

# The parts of a record in the order a reader meets them.
OBJECTS = {
    "Record": "The record",
    "Incident": "An incident",
    "Casualty": "A figure (`casualties`)",
    "DateDetail": "Its date (`date`)",
    "PlaceDetail": "A place (`place_details`)",
    "PerpetratorDetail": "Who did it (`perpetrator_details`)",
    "TargetDetail": "Who or what was hit (`target_details`)",
    "Means": "A weapon (`means`)",
    "ObjectHit": "An object (`objects`)",
    "Victim": "A person (`victims`)",
    "Issue": "An issue (`issues`)",
    "Furniture": "A passage beside the report (`furniture`)",
    "MadeWith": "What read it (`made_with`)",
}
LISTS = {
    "types": "Types of act (`type`)",
    "families": "Families of types",
    "statuses": "Status (`status`)",
    "scopes": "Scope (`scope`)",
    "harms": "Harm (`harm`)",
    "who": "Groups (`who`)",
    "roles": "Roles (`role`)",
    "precisions": "Precision of a date (`precision`)",
    "date_bases": "Basis of a date (`basis`)",
    "published_bases": "Basis of the publication date (`published_basis`)",
    "attributions": "Basis of an attribution (`basis`)",
    "means": "Weapons (`means`)",
    "objects": "Objects (`objects`)",
    "effects": "What became of them (`effect`)",
    "furniture": "Passages beside the report (`furniture`)",
}


def keys() -> str:
    """A table of keys for each object of the record."""
    made = json.loads(schema.generate())
    parts = {"Record": made, **made["$defs"]}
    if set(parts) != set(OBJECTS):
        raise SystemExit(f"write_schema.py: OBJECTS misses {sorted(set(parts) ^ set(OBJECTS))}")
    return "\n".join(_table(name, parts[name]) for name in OBJECTS)


def _table(name: str, part: dict[str, Any]) -> str:
    rows = [f"### {OBJECTS[name]}\n", "| key | kind | meaning |", "| --- | --- | --- |"]
    for key, of in part["properties"].items():
        rows.append(f"| `{key}` | {_kind(of)} | {_cell(of['description'])} |")
    return "\n".join(rows) + "\n"


def _cell(text: str) -> str:
    return text.replace("|", r"\|")


def _kind(of: dict[str, Any]) -> str:
    if "$ref" in of:
        return of["$ref"].rsplit("/", 1)[1]
    if "anyOf" in of:
        return " or ".join(_kind(one) for one in of["anyOf"])
    if "prefixItems" in of:
        return "span"
    if of.get("type") == "array":
        return f"list of {_kind(of['items'])}"
    if of.get("format") == "date":
        return "day"
    if "enum" in of or "const" in of:
        return "code"
    return str(of.get("type", "any"))


def lists() -> str:
    """A table for each list of the ontology."""
    parts = []
    for group, heading in LISTS.items():
        rows = [f"### {heading}\n", "| code | in words | meaning |", "| --- | --- | --- |"]
        for code, row in ontology.entries(group).items():
            family = f" ({row['family']})" if "family" in row else ""
            rows.append(f"| `{code}` | {ontology.label(group, code)} | {_cell(row['meaning'])}{family} |")
        parts.append("\n".join(rows) + "\n")
    return "\n".join(parts)


def columns() -> str:
    """The CSV's columns, in order."""
    return ", ".join(f"`{name}`" for name in COLUMNS) + "\n"


def formats(page: str) -> str:
    """docs/formats.md with its made parts made anew. Raises KeyError for a mark without a maker."""
    makers = {"keys": keys, "lists": lists, "columns": columns}

    def fill(found: re.Match[str]) -> str:
        return f"<!-- made: {found[1]} -->\n\n{makers[found[1]]()}\n<!-- end -->"

    return re.sub(r"<!-- made: (\w+) -->\n.*?<!-- end -->", fill, page, flags=re.DOTALL)


def main() -> None:
    lexicon.load.cache_clear()
    schema.FILE.write_text(schema.generate(), encoding="utf-8")
    FORMATS.write_text(formats(FORMATS.read_text(encoding="utf-8")), encoding="utf-8")
    print(f"{schema.FILE.relative_to(ROOT)}, {FORMATS.relative_to(ROOT)}: written")


if __name__ == "__main__":
    main()
