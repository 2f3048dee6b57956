"""Doers as the record names them (cases in `cases/doers.yml`); the places and targets that must not come of them."""

from __future__ import annotations

import datetime as dt
import hashlib
from pathlib import Path
from typing import Any

import pytest
import yaml

from tollbook.extract.rules import RulesExtractor
from tollbook.model import Incident, Report

CASES = yaml.safe_load((Path(__file__).parent / "cases" / "doers.yml").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def rules() -> RulesExtractor:
    return RulesExtractor()


def told(text: str, rules: RulesExtractor) -> tuple[Incident, ...]:
    digest = hashlib.sha256(text.encode()).hexdigest()
    return rules(Report("x", text, 0, dt.date(2016, 10, 10), "option", "en", digest, digest)).incidents


@pytest.mark.parametrize("case", CASES, ids=[c["description"] for c in CASES])
def test_case(case: dict[str, Any], rules: RulesExtractor) -> None:
    incidents = told(case["input"], rules)
    assert [list(i.perpetrators) for i in incidents] == case.get("each", [case.get("expected")])
    details = [d for i in incidents for d in i.perpetrator_details]
    assert "basis" not in case or [d.basis for d in details] == case["basis"]
    for detail in details:
        assert case["input"][slice(*detail.span)] == detail.name


def test_who_speaks_is_not_hit(rules: RulesExtractor) -> None:
    (incident,) = told("Gunmen killed four guards in Mosul on Monday, local officials said.", rules)
    assert "local officials" not in incident.targets


def test_verbs_of_a_headline_are_no_places(rules: RulesExtractor) -> None:
    (incident,) = told("Army Breaks Siege of Nasib, Kills Twelve Rebels in Hama Countryside.", rules)
    assert {"Nasib", "Hama"} >= set(incident.places)


def test_a_named_street_stands_before_its_city(rules: RulesExtractor) -> None:
    (incident,) = told("A shell hit Palestine Street in Baghdad on Monday, killing two people.", rules)
    assert incident.places[:2] == ("Palestine Street", "Baghdad")


ADDRESSES: list[dict[str, Any]] = yaml.safe_load((Path(__file__).parent / "cases" / "addresses.yml").read_text())


@pytest.mark.parametrize("case", ADDRESSES, ids=[c["description"] for c in ADDRESSES])
def test_address(case: dict[str, Any], rules: RulesExtractor) -> None:
    (incident,) = told(case["input"], rules)
    assert list(incident.places)[: len(case["expected"])] == case["expected"]
    assert [d.name for d in incident.place_details] == list(incident.places)
