"""Short reports end to end: the case tables zero, denied, thwarted, either, undivided, totals, mishaps, finds,
sparse, acts.

A row holds a report in our own words and what a careful recorder writes down after reading it; only the keys a row
gives are compared, but the number of incidents always is. Rows under `open` are not read right yet: as many of them
as `pinned` says must pass, so that the number can only go up.
"""

from __future__ import annotations

import datetime as dt
from functools import cache
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest
import yaml

from tollbook.clean import clean_report
from tollbook.extract.rules import RulesExtractor
from tollbook.model import Casualty, Incident, RawReport, to_plain

ISSUED = ("zero", "denied", "thwarted", "either", "undivided", "totals", "mishaps")
TABLES = (*ISSUED, "finds", "sparse", "acts")
FOLDER = Path(__file__).parent / "cases"
PLAIN = ("type", "status", "scope", "perpetrators_are", "acts", "country")


@cache
def table(name: str) -> dict[str, Any]:
    loaded = yaml.safe_load((FOLDER / f"{name}.yml").read_text(encoding="utf-8"))
    assert isinstance(loaded, dict)
    assert set(loaded) == {"cases", "open", "pinned"}
    return loaded


@cache
def extractor() -> RulesExtractor:
    return RulesExtractor()


def read(row: dict[str, Any]) -> tuple[Incident, ...]:
    told = row["input"]
    raw = RawReport(
        "case",
        told["text"],
        is_html=False,
        raw_sha256="0" * 64,
        title=told.get("title"),
        outlet=told.get("outlet"),
        published=str(told["published"]),
    )
    return extractor()(clean_report(raw)).incidents


def differences(row: dict[str, Any]) -> list[str]:
    """What the reading has otherwise than the row, for the pairing of incidents with the fewest differences."""
    expected: list[dict[str, Any]] = row["expected"]
    found = read(row)
    if len(found) != len(expected):
        told = [(i.type, i.scope, i.places[:1], [(c.harm, c.min, c.max) for c in i.casualties]) for i in found]
        return [f"{len(found)} incidents, not {len(expected)}: {told}"]
    orders = permutations(range(len(found))) if len(found) <= 6 else [tuple(range(len(found)))]
    return min(
        ([d for e, k in zip(expected, order, strict=True) for d in _differ(e, found[k], order, expected, found)]
         for order in orders),
        key=len,
    )  # fmt: skip


def _differ(
    want: dict[str, Any], got: Incident, order: tuple[int, ...], expected: list[dict[str, Any]],
    found: tuple[Incident, ...],
) -> list[str]:  # fmt: skip
    out = []
    for key, value in want.items():
        if key == "id":
            continue
        if key == "parts":
            ids = {e.get("id"): found[k].id for e, k in zip(expected, order, strict=True)}
            actual: Any = sorted(got.parts)
            value = sorted(ids[v] for v in value)
        elif key in ("start", "end"):
            actual = getattr(got, key)
            value = dt.date.fromisoformat(str(value)) if value is not None else None
        elif key == "place":
            actual = got.places[0] if got.places else None
        elif key == "perpetrators":
            actual = list(got.perpetrators)
            if _names(actual) == _names(value):
                continue
        elif key == "figures":
            if not _figures(value, got.casualties):
                shown = [to_plain(c) for c in got.casualties]
                kept = ("harm", "who", "min", "max", "says", "subset_of", "undivided", "word")
                out.append(f"figures: {[{k: c[k] for k in kept} for c in shown]}, not {value}")
            continue
        else:
            assert key in PLAIN, key
            actual = getattr(got, key)
        if actual != value:
            out.append(f"{key}: {actual!r}, not {value!r}")
    return out


def _names(names: list[str]) -> list[str]:
    """Names for comparing: lower case, without the article and words for the members or weapons of a side."""
    drop = {"the", "forces", "fighters", "group", "militants", "guerrillas", "rebels", "troops", "soldiers", "gunmen"}
    drop |= {"jets", "missile", "missiles"}
    folded = [[w for w in n.lower().split() if w not in drop] or n.lower().split() for n in names]
    return sorted(" ".join(words) for words in folded)


def _figures(want: list[list[Any]], got: tuple[Casualty, ...]) -> bool:
    """The same figures, in any order: [harm, who, min, max] and, where given, {says, part, undivided, approx, word}."""
    rest = list(got)
    for row in want:
        harm, who, low, high, *more = row
        extra = more[0] if more else {}
        match = next(
            (
                c
                for c in rest
                if (c.harm, c.who, c.min, c.max) == (harm, who, low, high)
                and (c.subset_of is not None) == extra.get("part", False)
                and c.undivided == extra.get("undivided", False)
                and ("says" not in extra or _says(c.says, extra["says"]))
                and ("approx" not in extra or c.approx == extra["approx"])
                and ("word" not in extra or c.word == extra["word"])
            ),
            None,
        )
        if match is None:
            return False
        rest.remove(match)
    return not rest


def _says(got: str | None, want: str | None) -> bool:
    """Both nobody, or one name contained in the other (as `score.py` of the shared gold compares them)."""
    if got is None or want is None:
        return got is want
    a, b = got.lower().removeprefix("the "), want.lower().removeprefix("the ")
    return a in b or b in a


def rows(section: str) -> list[Any]:
    return [pytest.param(row, id=f"{t}: {row['description']}") for t in TABLES for row in table(t)[section]]


@pytest.mark.parametrize("row", rows("cases"))
def test_report(row: dict[str, Any]) -> None:
    assert differences(row) == []


@pytest.mark.parametrize("name", TABLES)
def test_open_rows_only_get_fewer(name: str) -> None:
    passed = [row["description"] for row in table(name)["open"] if not differences(row)]
    assert len(passed) >= table(name)["pinned"]


@pytest.mark.parametrize("name", ISSUED)
def test_there_are_thirty_rows(name: str) -> None:
    both = table(name)["cases"] + table(name)["open"]
    assert len(both) >= 30
    assert len({row["description"] for row in both}) == len(both)
    assert all(row.get("reason") for row in table(name)["open"])
