"""The book in the formats of the field, whole or not at all, each with a report of what it lost on the way.

    with open_book("war.toll") as book:
        report = write(book, "ged", Path("war.csv"))
        print(loss.text(report))

An exporter is a function from `Content` (frozen, redacted) to a file; it names each thing it drops, coerces, assumes
or invents to `Loss`. One small module a format; codes are tables in `data/export/`.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tollbook.errors import UsageError
from tollbook.export.files import whole_file, whole_folder
from tollbook.export.loss import Loss, Report
from tollbook.export.values import Asked, Content
from tollbook.ledger.state import CHANGED, MACHINE, REVIEWED
from tollbook.model import to_plain
from tollbook.tally import CAVEATS

if TYPE_CHECKING:
    from tollbook.book import Book

Writer = Callable[[Content, Path, Loss], Mapping[str, int]]
"""Writes the content to a path that is there to be overwritten; returns how many rows of what it wrote."""


@dataclass(frozen=True, slots=True)
class Format:
    """A format: its name on the command line, the ending of its files, what it is, whether it is a folder of files.

    `rule` and `classes` are what the target's codebook counts by, used unless another is asked for.
    """

    name: str
    suffix: str
    about: str
    load: Callable[[], Writer]
    folder: bool = False
    rule: str | None = None
    classes: str | None = None


def _csv() -> Writer:
    from tollbook.export.flat import write_csv

    return write_csv


def _jsonl() -> Writer:
    from tollbook.export.flat import write_jsonl

    return write_jsonl


def _polecat() -> Writer:
    from tollbook.export.polecat import write_polecat

    return write_polecat


def _geojson() -> Writer:
    from tollbook.export.geojson import write_geojson

    return write_geojson


def _xlsx() -> Writer:
    from tollbook.export.xlsx import write_xlsx

    return write_xlsx


def _parquet() -> Writer:
    from tollbook.export.parquet import write_parquet

    return write_parquet


def _acled() -> Writer:
    from tollbook.export.acled import write_acled

    return write_acled


def _ibc() -> Writer:
    from tollbook.export.ibc import write_ibc

    return write_ibc


def _ged() -> Writer:
    from tollbook.export.ged import write_ged

    return write_ged


FORMATS: dict[str, Format] = {
    f.name: f
    for f in (
        Format("ged", ".csv", "GED-shaped: one row an act in which somebody was killed, UCDP GED's 49 columns", _ged),
        Format(
            "acled", ".csv", "ACLED-shaped: one row an act, a day and a place, ACLED's 31 columns", _acled, rule="acled"
        ),
        Format(
            "ibc",
            ".csv",
            "IBC-shaped: civilians killed, after eleven lines of comment",
            _ibc,
            rule="ibc",
            classes="ibc",
        ),
        Format("polecat", ".tsv", "POLECAT-shaped: one row an act, PLOVER's types, no numbers", _polecat),
        Format("geojson", ".geojson", "one feature an incident, with radius and precision", _geojson),
        Format("xlsx", ".xlsx", "a workbook: incidents, figures, claims, sources", _xlsx),
        Format("parquet", ".parquet", "a folder of files: incidents, figures, claims, sources", _parquet, folder=True),
        Format("csv", ".csv", "one row an incident, for Excel, R and pandas", _csv),
        Format("jsonl", ".jsonl", "one incident a line, whole: bounds, claims and sources", _jsonl),
    )
}
"""The formats by name. `web` offers them as they stand here."""


def get_format(name: str) -> Format:
    """The format of that name. Raises UsageError that lists the names there are."""
    try:
        return FORMATS[name]
    except KeyError:
        raise UsageError(f"no format {name!r}; there are: {', '.join(FORMATS)}") from None


def write(book: Book, name: str, target: Path, asked: Asked = Asked()) -> Report:  # noqa: B008 - frozen
    """Writes the book to `target` in a format, and the loss report beside it as TARGET.loss.json.

    The same book, question and version give the same bytes. Raises UsageError for a format, filter or rule there is
    not, or one whose package is not installed; OutputError where the file cannot be written. Then no file is left.
    """
    from tollbook.export.collect import collect

    chosen = get_format(name)
    chosen.load()
    return write_content(collect(book, question(name, asked)), name, target)


def question(name: str, asked: Asked) -> Asked:
    """What is asked, with the rule and the classes of the format where none is: formats that agree share a content."""
    chosen = get_format(name)
    return replace(asked, rule=asked.rule or chosen.rule, classes=asked.classes or chosen.classes)


def write_content(content: Content, name: str, target: Path) -> Report:
    """`write`, of a content that is there already: a release writes one content in several formats."""
    chosen = get_format(name)
    writer = chosen.load()
    found = Loss(content.withheld)
    if chosen.folder:
        with whole_folder(target, lambda n: n.endswith(chosen.suffix) or n == "loss.json") as made:
            report = _report(content, chosen, target, writer(content, made, found), found)
            (made / "loss.json").write_bytes(as_json(report))
        return report
    beside = loss_path(target)
    with whole_file(target) as made, whole_file(beside) as made_beside:
        report = _report(content, chosen, target, writer(content, made, found), found)
        made_beside.write_bytes(as_json(report))
    return report


def loss_path(target: Path, name: str | None = None) -> Path:
    """Where the loss report of an exported file stands."""
    folder = name is not None and get_format(name).folder
    return target / "loss.json" if folder else target.with_name(f"{target.name}.loss.json")


def as_json(report: Report) -> bytes:
    """The report as the bytes of FILE.loss.json. It may be published with the file: whom that may expose is a number in
    it, and told in full only to the one who exports."""
    plain = {**to_plain(report), "exposed": len(report.exposed)}
    return (json.dumps(plain, ensure_ascii=False, indent=1) + "\n").encode("utf-8", "backslashreplace")


def made_of(content: Content) -> dict[str, Any]:
    """What an export is made of, for its loss report and its own pages: no clock, no path."""
    asked = content.asked
    return {
        "tollbook": content.code,
        "log": content.log,
        "title": content.charter.get("title") or "",
        "recorders": list(content.charter.get("recorders") or ()),
        "as_of": str(asked.as_of) if asked.as_of else None,
        "rule": asked.rule,
        "classes": asked.classes,
        "grade": asked.grade,
        "count_parties": asked.count_parties,
        "filters": asked.filters.asked(),
        "redaction": asdict(asked.policy),
    }


def _report(content: Content, chosen: Format, target: Path, rows: Mapping[str, int], found: Loss) -> Report:
    read = Counter(i.review for i in content.incidents)
    return Report(
        file=target.name,
        format=chosen.name,
        shape=chosen.about,
        made=made_of(content),
        rows=dict(rows),
        incidents=len(content.incidents),
        review={state: read[state] for state in (MACHINE, REVIEWED, CHANGED)},
        losses=found.rows(),
        exposed=content.exposed,
        caveats=CAVEATS,
    )
