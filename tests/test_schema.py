"""The JSON Schema: made from the model, kept as a file, documented key by key."""

from __future__ import annotations

import importlib.util
import json
import re
from dataclasses import fields
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from factory import full_reading, record
from tollbook import lexicon, ontology, page_rules, schema
from tollbook.errors import LexiconError
from tollbook.extract import Reading
from tollbook.model import Record

ROOT = Path(__file__).resolve().parent.parent
SCHEMA = json.loads(schema.text())


def tool() -> Any:
    found = importlib.util.spec_from_file_location("write_reference", ROOT / "tools" / "write_reference.py")
    assert found is not None
    assert found.loader is not None
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    return module


def test_the_file_is_what_the_model_says() -> None:
    assert json.loads(schema.generate()) == SCHEMA, "make reference"


def test_the_file_is_a_json_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.parametrize("reading", [full_reading(), Reading()], ids=["full", "empty"])
def test_a_record_fits_the_schema_and_has_its_keys_in_its_order(reading: Reading) -> None:
    plain = json.loads(json.dumps(record(reading).to_json()))
    jsonschema.Draft202012Validator(SCHEMA).validate(plain)
    assert list(plain) == list(SCHEMA["properties"]) == [f.name for f in fields(Record)]


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("incidents", 1, "casualties", 0, "harm"), "bored"),
        (("incidents", 1, "casualties", 0, "min"), "13"),
        (("incidents", 1, "start"), 5),
        (("incidents", 1, "quote_span"), [1]),
        (("text",), None),
    ],
)
def test_a_record_that_does_not_fit_is_refused(path: tuple[Any, ...], value: Any) -> None:
    plain = json.loads(json.dumps(record().to_json()))
    at = plain
    for key in path[:-1]:
        at = at[key]
    at[path[-1]] = value
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.Draft202012Validator(SCHEMA).validate(plain)


@pytest.mark.parametrize("path", tool().PAGES, ids=lambda path: path.name)
def test_the_made_parts_of_the_documents_are_made_anew(path: Path) -> None:
    page = path.read_text(encoding="utf-8")
    assert tool().fill(page) == page, "make reference"


def issue_codes(folder: Path) -> set[str]:
    """Each code that the source gives an Issue or a SourceError in so many words."""
    found = set()
    for path in folder.rglob("*.py"):
        if not {"store", "ledger", "link"} & set(path.parts):
            code = re.compile(r'(?:\bIssue\(|\bcode=|\bnotes\.add\()\s*"([a-z]+(?:-[a-z]+)*)"')
            found |= set(code.findall(path.read_text("utf-8")))
    return found


def test_each_issue_code_is_documented() -> None:
    page = (ROOT / "docs" / "formats.md").read_text(encoding="utf-8")
    codes = issue_codes(ROOT / "src" / "tollbook")
    assert {"language", "not-found"} <= codes
    assert sorted(code for code in codes if f"`{code}`" not in page) == []


def test_the_ontology_is_that_of_the_model() -> None:
    ontology.check(lexicon.load("ontology"))


def test_the_ontology_lists_what_others_use() -> None:
    assert ontology.codes("furniture") >= page_rules.KINDS
    assert set(lexicon.load("lexicon/en/groups")["roles"]) <= ontology.codes("roles")


@pytest.mark.parametrize(
    ("group", "change"),
    [
        ("types", {"earthquake": {"meaning": "not ours", "family": "harm"}}),
        ("types", {"bomb": {"meaning": "a bomb", "family": "noise"}}),
        ("roles", {"ghost": {"label": "ghost"}}),
        ("roles", {"ghost": {"meaning": "x", "colour": "white"}}),
        ("ghosts", {}),
    ],
)
def test_an_ontology_that_is_not_the_models_is_refused(group: str, change: dict[str, Any]) -> None:
    data = dict(lexicon.load("ontology"))
    data[group] = {**data.get(group, {}), **change}
    with pytest.raises(LexiconError, match=r"ontology\.yml"):
        ontology.check(data)
