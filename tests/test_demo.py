"""The bundled reports, read by the rules, against what a careful reader writes down (cases/demo.yml)."""

from __future__ import annotations

import datetime as dt
import gzip
import json
import re
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

import tollbook
from tollbook.model import Incident, Record

ROOT = Path(__file__).resolve().parent.parent
REPORTS = ROOT / "demo" / "reports"
TABLE = yaml.safe_load((ROOT / "tests" / "cases" / "demo.yml").read_text(encoding="utf-8"))
CASES, OPEN = TABLE["cases"], TABLE["open"]


@pytest.fixture(scope="module")
def records() -> dict[str, list[Record]]:
    """The demo's records by file name, in the order of the file."""
    by_file: dict[str, list[Record]] = defaultdict(list)
    for record in tollbook.read([REPORTS], extractor="rules"):
        assert record.file is not None
        by_file[Path(record.file).name].append(record)
    return dict(by_file)


def plain(name: str) -> str:
    return re.sub(r"^(the|a|an) ", "", name.casefold().strip())


def same_name(expected: str, found: str) -> bool:
    """Equal, or a shorter form of the other ("Islamic State" for "Islamic State group")."""
    a, b = sorted((plain(expected), plain(found)), key=len)
    return bool(a) and re.search(rf"\b{re.escape(a)}\b", b) is not None


def day(value: Any) -> dt.date | None:
    return value if value is None or isinstance(value, dt.date) else dt.date.fromisoformat(value)


def figure_differences(expected: dict[str, Any], found: Any) -> list[str]:
    out = []
    for key, want in expected.items():
        got = getattr(found, key)
        if key == "says" and want is not None and got is not None:
            equal = same_name(want, got)
        elif key == "subset_of" and want is not None:
            equal = got is not None
        else:
            equal = got == want
        if not equal:
            out.append(f"{found.text!r}: {key} {got!r}, expected {want!r}")
    return out


def figures_differ(expected: list[dict[str, Any]], incident: Incident) -> list[str]:
    """Each expected figure is found once, and no other stands there."""
    left, out = list(incident.casualties), []
    for want in expected:
        near = [c for c in left if (c.harm, c.min, c.max) == (want["harm"], want["min"], want["max"])]
        if not near:
            out.append(f"no figure {want}")
            continue
        best = min(near, key=lambda c: len(figure_differences(want, c)))
        out += figure_differences(want, best)
        left.remove(best)
    return out + [f"figure too many: {c.harm} {c.min}-{c.max} {c.text!r}" for c in left]


def differences(expected: dict[str, Any], incident: Incident, record: Record) -> list[str]:
    """What keeps `incident` from being the expected entry; empty when it is."""
    out = []
    for key, want in expected.items():
        got: Any
        if key == "place":
            got = incident.places[0] if incident.places else ""
            equal = plain(got) == plain(want)
        elif key == "perpetrators":
            got = incident.perpetrators
            equal = len(got) == len(want) and all(any(same_name(w, g) for g in got) for w in want)
        elif key == "parts":
            got = sorted((i.places or ("",))[0] for i in record.incidents if i.id in incident.parts)
            equal = got == sorted(want)
        elif key == "first":
            got = incident.casualties[0].min if incident.casualties else None
            equal = got == want
        elif key == "figures":
            out += figures_differ(want, incident)
            continue
        else:
            got = getattr(incident, key)
            equal = got == (day(want) if key in ("start", "end") else want)
        if not equal:
            out.append(f"{key} {got!r}, expected {want!r}")
    return out


def wrong(case: dict[str, Any], records: dict[str, list[Record]]) -> list[str]:
    """What the reading has otherwise than the row; empty when the row passes."""
    record = records[case["input"]["file"]][case["input"].get("report", 0)]
    expected = case["expected"]
    if "incidents" in expected:
        told = [f"{i.type} {i.scope} {i.places} {[c.text for c in i.casualties]}" for i in record.incidents]
        out = [] if len(told) == expected["incidents"] else [f"{len(told)} entries, not {expected['incidents']}", *told]
        if record.published != day(expected["published"]):
            out.append(f"published {record.published}, expected {expected['published']}")
        return out
    tried = [(differences(expected, i, record), i) for i in record.incidents]
    if not tried:
        return ["no incident was found"]
    fewest, nearest = min(tried, key=lambda pair: len(pair[0]))
    return [f"nearest entry {nearest.id}: {nearest.quote!r}", *fewest] if fewest else []


def ids(rows: list[dict[str, Any]]) -> list[str]:
    return [f"{row['input']['file'][:24]}: {row['description']}" for row in rows]


@pytest.mark.parametrize("case", CASES, ids=ids(CASES))
def test_demo(case: dict[str, Any], records: dict[str, list[Record]]) -> None:
    found = wrong(case, records)
    assert not found, "\n  ".join(found)


@pytest.mark.parametrize("case", OPEN, ids=ids(OPEN))
def test_open_row_that_passes_is_told(
    case: dict[str, Any], records: dict[str, list[Record]], record_property: Callable[[str, object], None]
) -> None:
    """A row that passes by now is no failure, but the end of the run says to move it (conftest.py)."""
    assert case["why"]
    if not wrong(case, records):
        record_property("passes_now", f"cases/demo.yml: {case['description']}")


def test_rows_that_pass_only_get_more(records: dict[str, list[Record]]) -> None:
    assert sum(not wrong(case, records) for case in CASES + OPEN) >= TABLE["pinned"]


def test_every_bundled_report_has_a_case() -> None:
    assert {c["input"]["file"] for c in CASES + OPEN} == {p.name for p in REPORTS.iterdir()}


def test_no_bundled_report_borrows_a_sentence(shared: Path) -> None:
    """Facts are free, sentences are not: no run of ten words occurs in any report of the shared folder."""
    runs: dict[str, str] = {}
    for path in sorted(REPORTS.iterdir()):
        raw = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
        words = re.findall(r"\w+", re.sub(r"<[^>]{0,500}>", " ", raw.decode("utf-8")).casefold())
        runs |= {" ".join(words[i : i + 10]): path.name for i in range(len(words) - 9)}
    for part in ("dev", "train"):
        for line in (shared / "gold" / part / "reports.jsonl").read_text(encoding="utf-8").rstrip("\n").split("\n"):
            words = re.findall(r"\w+", json.loads(line)["text"].casefold())
            shared_runs = {" ".join(words[i : i + 10]) for i in range(len(words) - 9)} & runs.keys()
            assert not shared_runs, {run: runs[run] for run in shared_runs}
