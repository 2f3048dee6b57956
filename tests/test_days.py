"""The days of acts (cases in `cases/days.yml`): told with them, counted back, or left open by fresh news."""

from __future__ import annotations

import datetime as dt
import hashlib
from pathlib import Path
from typing import Any

import pytest
import yaml

from tollbook.clean import clean_report
from tollbook.extract.rules import RulesExtractor
from tollbook.model import RawReport

CASES = yaml.safe_load((Path(__file__).parent / "cases" / "days.yml").read_text(encoding="utf-8"))
PUBLISHED = dt.date(2016, 10, 10)


@pytest.fixture(scope="module")
def rules() -> RulesExtractor:
    return RulesExtractor()


@pytest.mark.parametrize("case", CASES, ids=[c["description"] for c in CASES])
def test_days_of_acts(case: dict[str, Any], rules: RulesExtractor) -> None:
    digest = hashlib.sha256(case["input"].encode()).hexdigest()
    published = case.get("published", PUBLISHED).isoformat()
    raw = RawReport(
        "case", case["input"], is_html=False, raw_sha256=digest, title=case.get("title"), published=published
    )
    report = clean_report(raw)
    found = rules(report).incidents
    assert [[i.start, i.end] for i in found] == case["expected"]
    for incident in found:
        assert incident.start is None or incident.end is None or incident.start <= incident.end
        if incident.date is not None and incident.date.span is not None:
            assert report.text[slice(*incident.date.span)].strip()
