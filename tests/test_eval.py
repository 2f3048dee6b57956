"""The evaluation harness, and the floors that an extractor must not fall below (eval/floors.yml).

The measures need the shared evaluation data; where it is absent these tests are skipped.
"""

# ruff: noqa: E402  (the scripts of eval/ are no package: their folder goes onto the path first)
from __future__ import annotations

import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "eval"))

import differences
import harness
import quiet
import score_extractor
import worst

SEED = "seed-anbar"  # a report of dev that is pasted with its page: what reading is for (DESIGN, "What is hard here")
FLOORS = yaml.safe_load((ROOT / "eval" / "floors.yml").read_text(encoding="utf-8"))


def need_data() -> None:
    try:
        harness.shared()
    except harness.NoData as error:
        pytest.skip(str(error))


@pytest.fixture(scope="module")
def predicted(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str, str], harness.ById]:
    """The records that an extractor makes of a part, each run once."""
    need_data()

    @cache
    def predict(extractor: str, part: str) -> harness.ById:
        out, harness.OUT = harness.OUT, tmp_path_factory.mktemp(part)
        try:
            run = harness.run_part(part, extractor)
        finally:
            harness.OUT = out
        assert not run.issues
        return run.predicted

    return predict


@pytest.fixture(scope="module")
def measured(predicted: Callable[[str, str], harness.ById]) -> Callable[[str, str], dict[str, Any]]:
    """The measures of an extractor on a part, each run once."""

    @cache
    def measure(extractor: str, part: str) -> dict[str, Any]:
        return harness.measures(harness.gold(part), predicted(extractor, part))

    return measure


def bounds(kind: str) -> list[tuple[str, str, str, float]]:
    return [
        (extractor, part, name, bound)
        for extractor, parts in FLOORS.items()
        for part in (*harness.PARTS, "wire", "styles")
        for name, bound in parts.get(part, {}).get(kind, {}).items()
    ]


@pytest.mark.parametrize(("extractor", "part", "measure", "floor"), bounds("at_least"))
def test_measure_holds_its_floor(
    extractor: str, part: str, measure: str, floor: float, measured: Callable[[str, str], dict[str, Any]]
) -> None:
    assert measured(extractor, part)[measure] >= floor


@pytest.mark.parametrize(("extractor", "part", "measure", "ceiling"), bounds("at_most"))
def test_measure_holds_its_ceiling(
    extractor: str, part: str, measure: str, ceiling: float, measured: Callable[[str, str], dict[str, Any]]
) -> None:
    assert measured(extractor, part)[measure] <= ceiling


@pytest.mark.parametrize("extractor", list(FLOORS))
def test_seed_page_is_read_whole(extractor: str, predicted: Callable[[str, str], harness.ById]) -> None:
    """All its acts, each slot of each right, and the total of the acts it sums up: nothing more and nothing less."""
    gold, told = harness.gold("dev")[SEED], predicted(extractor, "dev")[SEED]
    found = differences.entries(gold, told)
    assert [entry for entry in found if entry.wrong or entry.gold is None or entry.predicted is None] == []
    partner = {e.gold["id"]: e.predicted["id"] for e in found if e.gold and e.predicted}
    parts = {e.predicted["id"]: set(e.predicted["parts"]) for e in found if e.predicted}
    assert all(parts[partner[i["id"]]] == {partner[p] for p in i["parts"]} for i in gold["incidents"])


@pytest.mark.parametrize("name", list(quiet.SETS))
def test_ordinary_news_stays_quiet(name: str) -> None:
    need_data()
    result = quiet.measure(name, "rules")
    bound = FLOORS["rules"]["quiet"][name]
    told = [f"{r['doc_id']}: {i['quote'][:120]}" for r in result.loud for i in r["incidents"]]
    if "at_most" in bound:
        assert len(result.loud) <= bound["at_most"], told
    if "at_most_percent" in bound:
        assert result.percent <= bound["at_most_percent"], told


def test_gold_against_itself_is_perfect() -> None:
    need_data()
    gold = harness.gold("dev")
    result = harness.measures(gold, gold)
    full = [key for key in score_extractor.COLUMNS if key not in ("gap", "total")]
    assert {key: result[key] for key in full} == dict.fromkeys(full, 100)
    assert (result["gap"], result["ratio"], result["published"]) == (0, 1, 100)
    assert not any(entry.wrong for record in gold.values() for entry in differences.entries(record, record))


def test_shared_folder_that_is_absent_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("TOLLBOOK_SHARED", str(tmp_path))
    with pytest.raises(harness.NoData, match="TOLLBOOK_SHARED"):
        harness.shared()


@pytest.mark.parametrize(
    ("doc_id", "expected"),
    [
        ("fakes-1962495668", "fakes"),
        ("dev-muc3-0123", "dev-muc3"),
        ("DEV-MUC3-0123", "dev-muc3"),
        ("t-APW19980227.0487", "t"),
        ("re3d-us-state-5", "re3d"),
        ("seed-anbar", "seed"),
        ("lgl-44148889", "lgl"),
        ("gvdb-001", "gvdb"),
    ],
)
def test_source_of_a_report(doc_id: str, expected: str) -> None:
    assert harness.source(doc_id) == expected


def act(**slots: Any) -> dict[str, Any]:
    base = {
        "id": "a",
        "type": "bomb",
        "status": "happened",
        "scope": "incident",
        "start": "2020-05-01",
        "end": "2020-05-01",
    }
    return base | {"places": ["Erehwon"], "country": "IQ", "perpetrators": [], "casualties": []} | slots


def figure(**slots: Any) -> dict[str, Any]:
    return {
        "harm": "killed",
        "who": "unknown",
        "min": 3,
        "max": 3,
        "says": None,
        "subset_of": None,
        "text": "three",
    } | slots


def test_differences_name_the_wrong_slots() -> None:
    need_data()
    gold = {
        "doc_id": "x",
        "incidents": [act(casualties=[figure()]), act(id="b", places=["Ruritania"], type="shelling")],
    }
    predicted = {
        "doc_id": "x",
        "incidents": [
            act(casualties=[figure(who="civilian")], start="2020-04-30"),
            act(id="c", type="arrests", places=["Zenda"], start="2019-01-01", end="2019-01-01"),
        ],
    }
    aligned, missed, spurious = differences.entries(gold, predicted)
    assert [slot.name for slot in aligned.slots if not slot.right] == ["date", "figure"]
    assert missed.predicted is None
    assert missed.gold is not None
    assert missed.gold["places"] == ["Ruritania"]
    assert spurious.gold is None
    text = worst.as_text("x", "Title <b>", "Three died in Erehwon.", [aligned, missed, spurious])
    assert "WRONG date: gold 2020-05-01 | predicted 2020-04-30 to 2020-05-01" in text
    assert "MISSED    shelling" in text
    assert "SPURIOUS  arrests" in text


def test_page_escapes_and_asks_nothing_outside() -> None:
    found = [differences.Entry(act(quote="Three <died> here."), None)]
    page = worst.page("t", [worst.as_section("x", "A & B", "He said: Three <died>\nhere. End", found)])
    assert '<mark class="gold">Three &lt;died&gt;\nhere.</mark>' in page
    assert "A &amp; B" in page
    assert "http" not in page


def test_results_row_fits_its_table(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    results = tmp_path / "RESULTS.md"
    results.write_text(f"# Head\n\n{score_extractor.HEADER}\n|---|\n| old |\n\nTail\n", encoding="utf-8")
    monkeypatch.setattr(harness, "RESULTS", results)
    line = score_extractor.row("cmd", "dev", dict.fromkeys(score_extractor.COLUMNS, 50.0) | {"gap": None}, 1.25)
    score_extractor.append(line)
    assert line.count("|") == score_extractor.HEADER.count("|")
    assert results.read_text(encoding="utf-8").endswith(f"| old |\n{line}\n\nTail\n")
    assert score_extractor.HEADER in (ROOT / "eval" / "RESULTS.md").read_text(encoding="utf-8")
