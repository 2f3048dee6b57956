"""Rows of somebody else's catalogue (GED, ACLED, IBC, or a sheet with a map) in the form that comparing needs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from itertools import islice
from pathlib import Path
from typing import Any

from tollbook import lexicon
from tollbook.errors import LexiconError, UsageError
from tollbook.exchange.cells import fold
from tollbook.exchange.rowrecords import RowRecord, row_record
from tollbook.exchange.sheetmap import HEADER_WITHIN, SheetMap, check_map
from tollbook.exchange.sheets import Sheet, open_sheet
from tollbook.link.mention import Mention, mention
from tollbook.model import Issue


@dataclass(frozen=True, slots=True)
class Toll:
    """The killed that one side tells: bounds None where it does not; `open` where more may be."""

    low: int | None = None
    best: int | None = None
    high: int | None = None
    open: bool = False

    @property
    def told(self) -> bool:
        """Whether anything is told."""
        return self.low is not None or self.high is not None


@dataclass(frozen=True, slots=True)
class Entry:
    """One row of theirs, or one incident of ours, as comparing sees it. `review` is set for ours only."""

    id: str
    start: str | None
    end: str | None
    places: tuple[str, ...]
    country: str | None
    type: str | None
    actors: tuple[str, ...]
    killed: Toll
    mention: Mention
    row: int | None = None
    review: str | None = None


@dataclass(frozen=True, slots=True)
class Catalogue:
    """A file of theirs: what it is, its rows, what in it could not be read; whom it counts (None: everyone), and by
    which scheme of classes."""

    file: str
    format: str
    about: str
    entries: tuple[Entry, ...]
    issues: tuple[Issue, ...]
    group: str | None = None
    classes: str | None = None


@cache
def formats() -> Mapping[str, Any]:
    """The content of `data/exchange/formats.yml`, checked once."""
    data = lexicon.load("exchange/formats")
    check(data)
    return dict(data)


def check(data: Mapping[str, Any]) -> None:
    """Raises LexiconError where a format has no headers to be known by, or no columns."""
    for name, row in data["formats"].items():
        if not row.get("headers") or not row.get("map", {}).get("columns") or not row.get("about"):
            raise LexiconError(f"exchange/formats.yml: {name}: needs about, headers and a map with columns")


def read_catalogue(path: Path, given: str | None = None, mapping: Mapping[str, Any] | None = None) -> Catalogue:
    """The rows of a GED, ACLED or IBC file (known by its headers, or `given`), or of any sheet by a map.

    Raises UsageError for a file that is none of these and has no map; SourceError for one that cannot be read.
    """
    sheet = open_sheet(path, mapping.get("sheet") if mapping else None)
    about = "a sheet"
    rules: dict[str, Any] = {"type_told": True, "zero_is_unknown": False, "sides": False}
    if mapping is not None:
        name, checked = "sheet", check_map(mapping, sheet)
        rules["type_told"] = bool(checked.of("type")) or "type" in checked.defaults
    else:
        name, number = _known(sheet, given)
        rules = {**formats()["formats"][name]}
        about = rules["about"]
        told: dict[str, Any] = {**rules["map"], "header_row": number}
        told["columns"] = _there(told["columns"], sheet, number)
        if rules.get("country"):
            told["defaults"] = {"country": rules["country"]}
        checked = check_map(told, sheet)
    entries: list[Entry] = []
    issues: list[Issue] = []
    taken: set[str] = set()
    headers = {c.column: c.text for row in sheet.rows() if row.number == checked.header_row for c in row.cells}
    for row in sheet.rows():
        if row.number <= checked.header_row:
            continue
        made = row_record(row, checked, sheet.file, headers, taken, lookup=False)
        if made is None:
            continue
        issues += made.issues
        entries.append(_entry(made, len(entries), checked, rules))
    group, classes = rules.get("group"), rules.get("classes")
    return Catalogue(sheet.file, name, about, tuple(entries), tuple(issues), group, classes)


def _known(sheet: Sheet, given: str | None) -> tuple[str, int]:
    """(which catalogue it is, the row of its headers)."""
    known = formats()["formats"]
    if given is not None and given not in known:
        raise UsageError(f"no catalogue {given!r}; there are: {', '.join(known)}; or give a --map")
    for row in islice(sheet.rows(), HEADER_WITHIN):
        there = {fold(c.text) for c in row.cells}
        for name, rules in known.items():
            if given in (None, name) and {fold(h) for h in rules["headers"]} <= there:
                return name, row.number
    raise UsageError(
        f"{sheet.file}: not known as {given or ', '.join(known)} by its headers; give a --map "
        "(`tollbook import --propose-map` writes one)"
    )


def _there(columns: list[dict[str, Any]], sheet: Sheet, number: int) -> list[dict[str, Any]]:
    """The columns of a format that this file has: an older or shortened file lacks some."""
    headers = {fold(c.text) for row in islice(sheet.rows(), HEADER_WITHIN) if row.number == number for c in row.cells}
    return [c for c in columns if fold(str(c["column"])) in headers]


def _entry(made: RowRecord, number: int, checked: SheetMap, rules: Mapping[str, Any]) -> Entry:
    act = made.record["incidents"][0]
    if rules["sides"]:
        skip = tuple(formats()["not_actors"])
        act = {**act, "perpetrators": [p for p in act["perpetrators"] if not p.casefold().startswith(skip)]}
    toll = _toll([f for f in act["casualties"] if f["harm"] == "killed" and not f["undivided"]], rules)
    named = checked.of("notes")
    quote = act["quote"] if any(c.header and act["quote"] in made.report.text for c in named) else ""
    if len(quote) == len(made.report.text) - made.report.title_end - 2:
        quote = ""  # the whole row stands for a telling: its words are headers
    return Entry(
        id=made.report.doc_id.removeprefix(f"{', '.join(p for p in (checked.name, checked.sheet) if p)}, "),
        start=act["start"], end=act["end"], places=tuple(act["places"]), country=act["country"],
        type=act["type"] if rules["type_told"] else None, actors=tuple(act["perpetrators"]), killed=toll,
        mention=entry_mention(number, f"their {number}", {**act, "quote": quote}, toll), row=made.row,
    )  # fmt: skip


def _toll(figures: list[dict[str, Any]], rules: Mapping[str, Any]) -> Toll:
    """The killed of a row: its whole figure, or where it has only groups of people their sum, as far as bounded.

    Each source of a row states its figures; one source's are taken.
    """
    whole = [f for f in figures if f["subset_of"] is None and f["says"] == figures[0]["says"]]
    if not whole:
        return Toll()
    lows = [f["min"] for f in whole]
    highs = [f["max"] for f in whole]
    low = sum(n or 0 for n in lows) if any(n is not None for n in lows) else None
    high = sum(n for n in highs if n is not None) if all(n is not None for n in highs) else None
    if rules["zero_is_unknown"] and not low and not high:
        return Toll()
    best = low if low is not None and low == high else None
    return Toll(low, best, high if high is not None else low, open=high is None)


def entry_mention(number: int, key: str, act: Mapping[str, Any], toll: Toll) -> Mention:
    """What `tollbook.link` compares, of a row or an incident. Its least and its greatest number are its figures."""
    numbers = dict.fromkeys(n for n in (toll.low, toll.high) if n is not None)
    figures = [{"harm": "killed", "who": "unknown", "min": n, "max": n} for n in numbers]
    return mention(num=number, mention_id=key, report_id=key, published=None, act=act, figures=figures)
