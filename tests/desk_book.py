"""A book made from the bundled reports, and hostile ones besides, for the tests of the desk."""

from __future__ import annotations

import functools
import shutil
import tempfile
from pathlib import Path
from typing import Any

from book_reports import act, figure, record, report
from tollbook.book import init_book
from tollbook.pipeline import run

DEMO = Path(__file__).resolve().parent.parent / "demo" / "reports"

HOSTILE = "<script>alert(1)</script>"
REVERSED = "\u202egnp.exe"
PLANTED = "Sahira Mandourani"


@functools.cache
def _made() -> Path:
    """The book, made once a process."""
    path = Path(tempfile.mkdtemp(prefix="tollbook-desk-")) / "demo.toll"
    with init_book(path, {"title": "Demo"}) as book:
        book.add_read(run([DEMO]))
        book.refresh()
    return path


def demo_book(folder: Path) -> Path:
    """A copy of the book of the bundled reports."""
    target = folder / "demo.toll"
    shutil.copy2(_made(), target)
    return target


def doubtful(count: int) -> tuple[list[Any], list[dict[str, Any]]]:
    """`count` pairs of reports that may tell one act: the even ones are joined by the machine, the odd ones are not."""
    reports, records = [], []
    for k in range(count):
        day, place = f"2022-{1 + k % 12:02d}-{1 + 2 * k % 28:02d}", f"Dar{'abcdefghij'[k % 10]}z{'klmn'[k // 10]}un"
        for side, (speaker, kind, told) in enumerate(
            [("residents", "bomb", "A bomb killed"), ("police", "attack", "Gunmen killed")]
        ):
            if k % 2 == 0:
                kind, told = "bomb", "A bomb killed"
            dead = 3 + 2 * side + k % 5
            sentence = f"{told} {dead} people in {place}, {speaker} said."
            reports.append(report(f"r{k}-{side}", f"Dead in {place}", sentence, f"Outlet {side}"))
            toll = figure(f"{dead} people", dead, dead, who="unknown", says=speaker)
            told_act = act("a", sentence, toll, type=kind, start=day, end=day, places=[place], targets=[])
            records.append(record(f"r{k}-{side}", day, told_act))
    return reports, records


def doubtful_book(folder: Path, count: int = 24) -> Path:
    """A book in which much waits for a decision."""
    path = folder / "doubtful.toll"
    with init_book(path, {"title": "Doubtful"}) as book:
        book.add_records(*doubtful(count))
        book.refresh()
    return path


def hostile() -> tuple[list[Any], list[dict[str, Any]]]:
    """A report with a script or a reordering mark in every field that a report can fill, and a planted name."""
    sentence = (
        f"A bomb {HOSTILE} {REVERSED} killed 3 people in Qasrin on Monday, {PLANTED} said, and {PLANTED} was hurt."
    )
    title = f"{HOSTILE} {REVERSED} {PLANTED}"
    made = report(f"bad-{HOSTILE}", title, f"{sentence}\n\n" + "x" * 100_000, f"Outlet {HOSTILE}{REVERSED}")
    told = record(
        made.doc_id, "2021-03-02",
        act(
            "a", sentence, figure("3 people", 3, 3, says=PLANTED), places=[f"Qasrin {HOSTILE}", REVERSED],
            perpetrators=[HOSTILE], targets=[HOSTILE, REVERSED],
        ),
        victims=[
            {"name": PLANTED, "age": 9, "sex": "female", "role": None, "span": [0, 4], "incident": "a",
             "harm": "injured"},
        ],
        url=f"javascript:alert(1)//{HOSTILE}", title=HOSTILE,
    )  # fmt: skip
    return [made], [told]


def hostile_book(folder: Path) -> Path:
    """A book of the hostile report alone."""
    path = folder / "hostile.toll"
    with init_book(path, {"title": f"Book {HOSTILE}{REVERSED}"}) as book:
        reports, records = hostile()
        book.add_records(reports, records)
        book.refresh()
    return path
