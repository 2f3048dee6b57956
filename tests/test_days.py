"""The days of acts (cases in `cases/days.yml`): told with them, counted back, or left open by fresh news."""

from __future__ import annotations

import datetime as dt
import hashlib
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from tollbook import lexicon
from tollbook.clean import clean_report
from tollbook.errors import LexiconError
from tollbook.extract import choice
from tollbook.extract.days import ONE_DAY
from tollbook.extract.rules import RulesExtractor
from tollbook.model import RawReport
from tollbook.resolve.dates import find_dates

CASES = yaml.safe_load((Path(__file__).parent / "cases" / "days.yml").read_text(encoding="utf-8"))
PUBLISHED = dt.date(2016, 10, 10)
RULES = RulesExtractor()
SENTENCES = (
    "Gunmen shot dead four traders in Kano.",
    "A bomb killed nine people in Jolo on Saturday.",
    "Police said on Sunday that shells hit Nikopol, killing two dockers.",
    "The market had been burned in 2009.",
    "Officers found the body on Friday.",
    "Two teachers were abducted in Isabela.",
    "The war has killed 40,000 people since May 2011.",
)


@pytest.mark.parametrize("case", CASES, ids=[c["description"] for c in CASES])
def test_days_of_acts(case: dict[str, Any]) -> None:
    digest = hashlib.sha256(case["input"].encode()).hexdigest()
    published = case.get("published", PUBLISHED).isoformat()
    raw = RawReport(
        "case", case["input"], is_html=False, raw_sha256=digest, title=case.get("title"), published=published
    )
    report = clean_report(raw)
    found = RULES(report).incidents
    assert [[i.start, i.end] for i in found] == case["expected"]
    for incident in found:
        assert incident.start is None or incident.end is None or incident.start <= incident.end
        if incident.date is not None and incident.date.span is not None:
            assert report.text[slice(*incident.date.span)].strip()


@given(st.lists(st.sampled_from(SENTENCES), min_size=1, max_size=6))
@settings(max_examples=30, deadline=None)
def test_no_day_is_made_up(told: list[str]) -> None:
    """Whatever is chosen is named in the report, or counts from publication or from the day somebody spoke."""
    text = " ".join(told)
    raw = RawReport("case", text, is_html=False, raw_sha256="0" * 64, published=PUBLISHED.isoformat())
    report = clean_report(raw)
    named = {(d.start, d.end) for d in find_dates(report.text, PUBLISHED)}
    spoken = {(end - ONE_DAY, end) for start, end in named if start is not None and start == end}
    fresh = (PUBLISHED - ONE_DAY, PUBLISHED)
    for incident in RULES(report).incidents:
        assert (incident.start, incident.end) in {*named, *spoken, fresh, (None, None)}
        assert incident.date is not None
        assert (incident.date.span is None) == ((incident.start, incident.end) in {fresh, (None, None)}) or (
            fresh in {*named, *spoken}
        )


def test_every_weight_is_a_trait_and_a_number(monkeypatch: pytest.MonkeyPatch) -> None:
    assert all(isinstance(weight, float) for weight in choice.weights("day_choice").values())
    for broken in ({}, [], {"fresh": "much"}, {"fresh": True}, {3: 1.0}):
        choice.weights.cache_clear()
        monkeypatch.setattr(lexicon, "load", lambda _, rows=broken: rows)
        with pytest.raises(LexiconError, match="day_choice"):
            choice.weights("day_choice")
    choice.weights.cache_clear()
