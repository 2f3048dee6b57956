#!/usr/bin/env python3
"""How fast a book fills, links and answers: bench/book.py [--sizes 1000,10000] [--write] [--keep DIR]

The gold records of the shared folder (482 reports, their own incidents and figures), repeated and perturbed until
there are enough: each copy moves all days by STEP, adds a small number to every figure of two digits or more, in the
text and in the record alike, and takes an id and an outlet of its own. Days move on with the number of copies, so that
the reports of one day stay as many at every size: a book that grows by years, not by outlets. Each size is a process
of its own. Measured, in seconds by the clock and of all cores (cpu): to add (one transaction a report), to link from
nothing, to link 100
more, to answer `totals`; peak memory, size of the file. `--write` appends rows to bench/RESULTS.md.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import os
import platform
import re
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "bench" / "RESULTS.md"
SHARED = Path(os.environ.get("TOLLBOOK_SHARED", ROOT.parent / "shared"))
STEP = 120
"""Days between two copies: some twenty copies overlap, which is a dense war, at every size."""

_NUMBER = re.compile(r"\b\d{2,3}\b")


def originals() -> list[tuple[dict[str, Any], dict[str, Any]]]:
    """(report, record) of train and dev, without their clusters."""
    out = []
    for part in ("train", "dev"):
        folder = SHARED / "gold" / part
        reports = {r["doc_id"]: r for r in map(json.loads, (folder / "reports.jsonl").read_text().splitlines())}
        for record in map(json.loads, (folder / "gold.jsonl").read_text().splitlines()):
            for incident in record["incidents"]:
                incident.pop("cluster", None)
            out.append((reports[record["doc_id"]], record))
    return out


def perturbed(count: int, start: int = 0) -> Iterator[tuple[Any, dict[str, Any]]]:
    """`count` (Report, record) pairs from number `start` on, always the same."""
    from tollbook.book import report_of

    source = originals()
    for n in range(start, start + count):
        copy, at = divmod(n, len(source))
        report, record = source[at]
        add, days = copy % 9, dt.timedelta(days=STEP * copy)

        def number(found: re.Match[str], add: int = add) -> str:
            return (
                str(int(found.group()) + add)
                if len(str(int(found.group()) + add)) == len(found.group())
                else found.group()
            )

        def words(text: str) -> str:
            return _NUMBER.sub(number, text)

        def day(text: str | None, days: dt.timedelta = days) -> str | None:
            return (dt.date.fromisoformat(text) + days).isoformat() if text else text

        incidents = []
        for incident in record["incidents"]:
            figures = []
            for figure in incident["casualties"]:
                told = words(figure["text"])
                moved = add if told != figure["text"] else 0
                figures.append(
                    {
                        **figure,
                        "text": told,
                        "min": figure["min"] + moved if figure["min"] is not None else None,
                        "max": figure["max"] + moved if figure["max"] is not None else None,
                    }
                )
            incidents.append(
                {
                    **incident,
                    "start": day(incident["start"]),
                    "end": day(incident["end"]),
                    "quote": words(incident["quote"]),
                    "casualties": figures,
                }
            )
        doc_id = f"{record['doc_id']}-{copy}"
        text = words(f"{report['title']}\n\n{report['text']}")
        made = {"doc_id": doc_id, "published": day(record["published"]), "incidents": incidents}
        yield (
            report_of(
                {"doc_id": doc_id, "text": text, "title": words(report["title"]), "outlet": report.get("outlet")}
            ),
            made,
        )


def measure(size: int, path: Path) -> dict[str, Any]:
    """One book of one size, in this process."""
    from tollbook.book import init_book

    def clock(name: str, work: Any) -> None:
        cpu, wall, children = time.process_time(), time.perf_counter(), os.times().children_user
        work()
        spent = time.process_time() - cpu + os.times().children_user - children
        out[f"{name}_s"], out[f"{name}_cpu_s"] = round(time.perf_counter() - wall, 1), round(spent, 1)

    def fill(count: int, start: int = 0) -> None:
        for begin in range(start, start + count, 1000):
            pairs = list(perturbed(min(1000, start + count - begin), begin))
            book.add_records([r for r, _ in pairs], [x for _, x in pairs])

    out: dict[str, Any] = {"reports": size}
    with init_book(path) as book:
        clock("add", lambda: fill(size))
        clock("link", book.refresh)
        clock("totals", lambda: book.totals("year"))
        fill(100, size)
        clock("link_100_more", book.refresh)
        out["incidents"] = len(book.incidents())
    out["peak_mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    out["book_mb"] = round(sum(p.stat().st_size for p in path.parent.glob(f"{path.name}*")) / 1e6)
    return out


def main() -> None:
    ask = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    ask.add_argument("--sizes", default="1000,10000,100000")
    ask.add_argument("--write", action="store_true")
    ask.add_argument("--one", type=int, help="measure one size in this process and print JSON")
    ask.add_argument("--keep", type=Path, help="keep the books in this folder")
    asked = ask.parse_args()
    if asked.one:
        folder = asked.keep or Path(tempfile.mkdtemp())
        print(json.dumps(measure(asked.one, folder / f"bench-{asked.one}.toll")))
        return
    rows = []
    with tempfile.TemporaryDirectory() as temporary:
        for size in map(int, asked.sizes.split(",")):
            command = [sys.executable, __file__, "--one", str(size), "--keep", str(asked.keep or temporary)]
            rows.append(json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout))
            print(rows[-1], flush=True)
    if asked.write:
        write(rows)


def write(rows: list[dict[str, Any]]) -> None:
    """Appends the rows to bench/RESULTS.md."""
    commit = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True
    ).stdout.strip()
    head = (
        f"\n## The book, {dt.date.today().isoformat()}, {commit}, Python {platform.python_version()}, "
        f"{os.cpu_count()} cores\n\n`bench/book.py`: gold records repeated and perturbed, {STEP} days a copy.\n\n"
    )
    columns = list(rows[0])
    table = ["| " + " | ".join(columns) + " |", "|" + "---|" * len(columns)]
    table += ["| " + " | ".join(str(r[c]) for c in columns) + " |" for r in rows]
    with RESULTS.open("a") as stream:
        stream.write(head + "\n".join(table) + "\n")


if __name__ == "__main__":
    main()
