"""The record's JSON Schema: made from the dataclasses of `model`, kept as a file, named by its hash.

`data/record.schema.json` is what `tollbook schema` prints; a test holds it to `generate()`. What
each key means stands in `data/record.yml`, which also gives the tables of `docs/formats.md`.
"""

from __future__ import annotations

import hashlib
import json
from functools import cache
from typing import Any

from tollbook import lexicon
from tollbook.errors import LexiconError

FILE = lexicon.DATA / "record.schema.json"


def text() -> str:
    """The JSON Schema (draft 2020-12) of one record, as the file that ships with the package."""
    try:
        return FILE.read_text(encoding="utf-8")
    except OSError as error:
        raise LexiconError(f"{FILE.name}: cannot be read: {error}") from error


@cache
def version() -> str:
    """The first 12 hex digits of the schema file's SHA-256; in every record as `made_with.schema`."""
    return hashlib.sha256(text().encode()).hexdigest()[:12]


def generate() -> str:
    """The schema as the dataclasses and `data/record.yml` have it now. For the tool and the test that keep the file.

    Raises LexiconError naming the keys that `record.yml` does not describe, or describes and are not there.
    """
    from pydantic import TypeAdapter

    from tollbook.model import SCHEMA_VERSION, Record

    made = TypeAdapter(Record).json_schema(mode="serialization")
    definitions: dict[str, Any] = {name: _tidy(part) for name, part in made.pop("$defs").items()}
    record = _tidy(made)
    _describe({"Record": record, **definitions}, lexicon.load("record"))
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Tollbook report record",
        "description": f"What one news report says, by itself. Schema version {SCHEMA_VERSION}: "
        "within a major version keys are only added.",
        **{key: value for key, value in record.items() if key not in ("title", "description")},
        "$defs": dict(sorted(definitions.items())),
    }
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def _tidy(part: dict[str, Any]) -> dict[str, Any]:
    """One object's schema as records are written: keys without a trailing `_`, no titles and no defaults."""
    tidy = {key: value for key, value in part.items() if key not in ("title", "default")}
    if "description" in tidy:
        tidy["description"] = " ".join(tidy["description"].split())
    if "properties" in tidy:
        tidy["properties"] = {
            name.rstrip("_"): {key: value for key, value in of.items() if key not in ("title", "default")}
            for name, of in tidy["properties"].items()
        }
        tidy["required"] = list(tidy["properties"])
    return tidy


def _describe(objects: dict[str, dict[str, Any]], meanings: dict[str, dict[str, str]]) -> None:
    """Puts each key's meaning into its schema."""
    keys = {f"{name}.{key}" for name, part in objects.items() for key in part.get("properties", {})}
    told = {f"{name}.{key}" for name, part in meanings.items() for key in part}
    if keys != told:
        raise LexiconError(
            f"record.yml: not described: {sorted(keys - told) or 'none'}; described but not there: "
            f"{sorted(told - keys) or 'none'}"
        )
    for name, part in objects.items():
        for key, schema in part.get("properties", {}).items():
            if "$ref" in schema:
                part["properties"][key] = {"$ref": schema["$ref"], "description": meanings[name][key]}
            else:
                schema["description"] = meanings[name][key]
