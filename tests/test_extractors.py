"""What every extractor keeps to, whatever is in it. A new one in EXTRACTORS is tested by being there."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator
from pathlib import Path

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from factory import TEXT, report
from tollbook import clean, schema, sources
from tollbook.errors import ExtractorError, UsageError
from tollbook.extract import DEFAULT, EXTRACTORS, Extractor, get_extractor
from tollbook.ground import ground
from tollbook.model import Issue, Report
from tollbook.pipeline import Reader, Settings

ROOT = Path(__file__).resolve().parent.parent
DEMO = ROOT / "demo" / "reports"
TODAY = dt.date(2026, 1, 1)

EMPTY = ["", " ", "\n\n", ".", "\u00a0", "\ufeff", "0", "killed", "A\u0301", "漢字", "\U0001f600", "-" * 500]
HOSTILE = [
    "killed " * 3000,
    "12 " * 3000,
    "in " * 3000 + "Aleppo",
    '"' * 3000,
    "(" * 3000,
    "and " * 3000,
    "a" * 30_000,
    "Mr. " * 2000,
    "on Monday " * 1000,
    "police said " * 1000,
    "at least 12 people, including 3 children, were killed and 4 injured in Aleppo, " * 100,
    "THE ARMY KILLED 12 PEOPLE IN ALEPPO. " * 200,
    "\n".join(["one line, no end"] * 1000),
]


@pytest.fixture(scope="module", params=list(EXTRACTORS))
def extractor(request: pytest.FixtureRequest) -> Extractor:
    found = get_extractor(request.param)
    assert found.name == request.param
    return found


@pytest.fixture(scope="module")
def reports() -> list[Report]:
    """The demo's reports, cleaned."""
    raws = [one for one in sources.read_sources([DEMO]) if not isinstance(one, Issue)]
    assert len(raws) >= 12
    return [clean.clean_report(raw, latest=TODAY) for raw in raws]


def of(text: str) -> Report:
    return report(text, title_end=0)


def test_it_says_what_it_is(extractor: Extractor) -> None:
    assert extractor.model is None or isinstance(extractor.model, str)
    assert extractor.gazetteer is None or isinstance(extractor.gazetteer, str)


def test_all_it_says_stands_in_the_report(extractor: Extractor, reports: list[Report]) -> None:
    for one in reports:
        reading = extractor(one)
        assert ground(one, reading) == reading


def test_it_finds_something(extractor: Extractor, reports: list[Report]) -> None:
    found = [extractor(one).incidents for one in reports]
    assert sum(map(bool, found)) >= len(reports) // 2
    assert any(figure.min for incidents in found for incident in incidents for figure in incident.casualties)


def test_the_same_report_gives_the_same_reading(extractor: Extractor, reports: list[Report]) -> None:
    """Whatever was read before it, and whoever loaded the extractor."""
    once = [extractor(one) for one in reports]
    assert [extractor(one) for one in reversed(reports)] == once[::-1]
    assert [get_extractor(extractor.name)(one) for one in reports[:3]] == once[:3]


def test_the_order_of_reports_is_no_part_of_their_ids(extractor: Extractor, reports: list[Report]) -> None:
    for one in reports:
        names = [incident.id for incident in extractor(one).incidents]
        assert len(names) == len(set(names))
        assert all(names)


def records(extractor: Extractor) -> Iterator[dict[str, object]]:
    reader = Reader(Settings(latest=TODAY, extractor=extractor.name))
    for raw in sources.read_sources([DEMO]):
        if not isinstance(raw, Issue):
            record = reader(raw)
            assert not isinstance(record, Issue), record.message
            yield json.loads(json.dumps(record.to_json()))


def test_its_records_fit_the_schema(extractor: Extractor) -> None:
    check = jsonschema.Draft202012Validator(json.loads(schema.text()))
    for record in records(extractor):
        check.validate(record)


@pytest.mark.parametrize("text", EMPTY + HOSTILE, ids=lambda text: repr(text[:20]))
def test_no_text_breaks_it(extractor: Extractor, text: str) -> None:
    one = of(text)
    reading = extractor(one)
    assert ground(one, reading) == reading


@settings(max_examples=100, deadline=None)
@given(
    text=st.lists(
        st.sampled_from([*TEXT.split(), "\n\n", "\n", " - ", "IRAQ", "Aleppo", "2014", "yesterday", "ISIS", "U.S."])
        | st.text(max_size=5),
        max_size=60,
    ).map(" ".join)
)
def test_no_mix_of_words_breaks_it(extractor: Extractor, text: str) -> None:
    one = of(text)
    reading = extractor(one)
    assert ground(one, reading) == reading


def test_it_reads_without_a_publication_date(extractor: Extractor) -> None:
    undated = report(TEXT, published=None, published_basis="none")
    for incident in extractor(undated).incidents:
        assert incident.date.basis != "fresh-news"


def test_an_unknown_name_is_refused_with_those_there_are() -> None:
    with pytest.raises(UsageError, match=DEFAULT):
        get_extractor("crystal-ball")


def test_an_extractor_is_named_where_it_fails() -> None:
    assert issubclass(ExtractorError, Exception)
