"""The type of an act where sides and circumstances settle it (cases in `cases/kinds.yml`); the claims' word lists."""

from __future__ import annotations

import datetime as dt
import hashlib
from pathlib import Path
from typing import Any

import pytest
import yaml

from tollbook import lexicon
from tollbook.errors import LexiconError
from tollbook.extract import acts, claims
from tollbook.extract.rules import RulesExtractor
from tollbook.model import Report

CASES = yaml.safe_load((Path(__file__).parent / "cases" / "kinds.yml").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def rules() -> RulesExtractor:
    return RulesExtractor()


@pytest.mark.parametrize("case", CASES, ids=[c["description"] for c in CASES])
def test_case(case: dict[str, Any], rules: RulesExtractor) -> None:
    digest = hashlib.sha256(case["input"].encode()).hexdigest()
    report = Report("x", case["input"], 0, dt.date(2016, 10, 10), "option", "en", digest, digest)
    assert rules(report).incidents[0].type == case["expected"]


def test_a_missing_list_of_claims_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    data = {k: v for k, v in lexicon.load("lexicon/en/claims").items() if k != "credit"}
    monkeypatch.setattr(lexicon, "load", lambda name: data)
    with pytest.raises(LexiconError, match="credit"):
        claims.lists.__wrapped__()


@pytest.mark.parametrize(
    ("used", "wrong"),
    [
        (["sarin"], "used"),
        ({"gas": {"weapons": ["sarin"], "said": ["{} fell"]}}, "gas"),
        ({"bomb": {"weapons": ["sarin"]}}, "weapons and said"),
        ({"bomb": {"weapons": [], "said": ["{} fell"]}}, "weapons and said"),
        ({"bomb": {"weapons": ["sarin"], "said": ["fell"]}}, "'fell'"),
    ],
)
def test_a_faulty_table_of_weapons_used_is_named(used: object, wrong: str) -> None:
    with pytest.raises(LexiconError, match=wrong):
        acts.of_use(used)


def test_every_weapon_is_told_in_every_way() -> None:
    used = {"chemical_weapon": {"weapons": ["phosgene", "soman"], "said": ["{} fell", "fired {}"]}}
    assert set(acts.of_use(used)) == {
        ("chemical_weapon", phrase) for phrase in ("phosgene fell", "soman fell", "fired phosgene", "fired soman")
    }
