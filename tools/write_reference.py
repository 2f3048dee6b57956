"""Writes what is made from the model, the data files and the program itself.

    tools/write_reference.py          (or: make reference)

The JSON Schema, the tables of docs/formats.md and the commands of docs/cli.md. A test fails when one of them is older
than what this writes.
"""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tollbook import ontology, schema
from tollbook.render.csv import COLUMNS

ROOT = Path(__file__).resolve().parent.parent
PAGES = (ROOT / "docs" / "formats.md", ROOT / "docs" / "cli.md")

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
        raise SystemExit(f"write_reference.py: OBJECTS misses {sorted(set(parts) ^ set(OBJECTS))}")
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


def commands() -> str:
    """Each command of the program: what it does, its arguments and options."""
    import typer

    from tollbook.cli.app import app

    return "\n".join(_command(name, command) for name, command in _leaves(typer.main.get_command(app), "tollbook"))


def _leaves(group: Any, before: str) -> Iterator[tuple[str, Any]]:
    for name, command in group.commands.items():
        full = f"{before} {name}"
        if hasattr(command, "commands"):
            yield from _leaves(command, full)
        else:
            yield full, command


def _command(name: str, command: Any) -> str:
    arguments = [p for p in command.params if p.param_type_name == "argument"]
    options = [p for p in command.params if p.param_type_name == "option" and "--help" not in p.opts]
    usage = " ".join([name, *(p.metavar or p.name.upper() for p in arguments), *(["[OPTIONS]"] if options else [])])
    parts = [f"## `{usage}`\n", _prose(command.help)]
    rows = [(f"`{p.metavar or p.name.upper()}`", p.help) for p in arguments]
    for option in options:
        names = ", ".join(f"`{name}`" for name in (*option.opts, *option.secondary_opts))
        value = "" if option.is_flag else f" {option.metavar or ''}".rstrip()
        default = (
            ""
            if option.is_flag or option.show_default is False or option.default in (None, (), [])
            else f" Default: `{option.default}`."
        )
        rows.append((f"{names}{value}", f"{option.help}{default}"))
    if rows:
        parts.append("| | |\n| --- | --- |")
        parts += [f"| {_cell(left)} | {_cell(right)} |" for left, right in rows]
    if command.epilog:
        parts.append(f"\n{_prose(command.epilog)}")
    return "\n".join(parts).rstrip() + "\n"


def _prose(text: str) -> str:
    """Help text as Markdown: examples as code."""
    paragraphs = [" ".join(part.split()) for part in inspect.cleandoc(text).split("\n\n")]
    code = re.compile(r"(?:[\w. ]+ \| )?tollbook [a-z].*")
    shown = [
        f"    {part}" if code.fullmatch(part) else re.sub(r"^Example: (tollbook .*)$", r"Example:\n\n    \1", part)
        for part in paragraphs
    ]
    return "\n\n".join(shown) + "\n"


def fill(page: str) -> str:
    """A page with its made parts made anew. Raises KeyError for a mark without a maker."""
    makers = {"keys": keys, "lists": lists, "columns": columns, "commands": commands}

    def made(found: re.Match[str]) -> str:
        return f"<!-- made: {found[1]} -->\n\n{makers[found[1]]()}\n<!-- end -->"

    return re.sub(r"<!-- made: (\w+) -->\n.*?<!-- end -->", made, page, flags=re.DOTALL)


def main() -> None:
    schema.FILE.write_text(schema.generate(), encoding="utf-8")
    for path in PAGES:
        path.write_text(fill(path.read_text(encoding="utf-8")), encoding="utf-8")
    for path in (schema.FILE, *PAGES):
        print(f"{path.relative_to(ROOT)}: written")


if __name__ == "__main__":
    main()
