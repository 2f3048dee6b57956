#!/usr/bin/env python3
"""How fast a book fills, links and answers: bench/book.py [--sizes 1000,10000] [--keep DIR] [--link-only] [--write]

The gold records of the shared folder (482 reports, their own incidents and figures), repeated and perturbed until
there are enough: each copy moves all days by STEP, adds a small number to every figure of two digits or more, in the
text and in the record alike, and takes an id and an outlet of its own. Days move on with the number of copies, so that
the reports of one day stay as many at every size: a book that grows by years, not by outlets. Each size is a process
of its own. Measured, in seconds by the clock and of all cores (cpu): to add (one transaction a report), to link from
nothing (and the peak of memory until then), to answer `totals`, to link 100 more; the size of the file. `--write`
appends rows to bench/RESULTS.md.

With `--keep DIR` the books stay there and are filled on where they were left; `--link-only` says nothing of adding, and
links what is there again from nothing. A size that was measured at this commit is in DIR/done.jsonl and is not
measured again.
"""

from __future__ import annotations

import argparse
import contextlib
import datetime as dt
import json
import os
import platform
import re
import resource
import shutil
import sqlite3
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


def stored(path: Path, table: str = "log_reports") -> int:
    """How many rows a table of a book holds."""
    with contextlib.closing(sqlite3.connect(path)) as connection:
        return int(connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0])


def measure(size: int, path: Path, link_only: bool) -> dict[str, Any]:
    """One book of one size, in this process."""
    from tollbook.book import init_book, open_book
    from tollbook.store import derive

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
    with open_book(path, write=True) if path.exists() else init_book(path) as book:
        have = stored(path)
        if have > size:
            raise SystemExit(f"{path}: holds {have} reports, more than {size}")
        if link_only:
            fill(size - have, have)
        else:
            clock("add", lambda: fill(size - have, have))
        derive.drop(book.store)
        clock("link", book.refresh)
        out["peak_mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        clock("totals", lambda: book.totals("year"))
    out["incidents"] = stored(path, "derived_incidents")
    more = path.with_name(f"{path.stem}-more.toll")
    for old in more.parent.glob(f"{more.name}*"):
        old.unlink()
    shutil.copy2(path, more)  # the book stays as it is, for another time
    with open_book(more, write=True) as book:
        fill(100, size)
        clock("link_100_more", book.refresh)
    for old in more.parent.glob(f"{more.name}*"):
        old.unlink()
    out["book_mb"] = round(sum(p.stat().st_size for p in path.parent.glob(f"{path.name}*")) / 1e6)
    return out


def main() -> None:
    ask = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    ask.add_argument("--sizes", default="1000,10000,100000")
    ask.add_argument("--write", action="store_true")
    ask.add_argument("--one", type=int, help="measure one size in this process and print JSON")
    ask.add_argument("--keep", type=Path, help="keep the books in this folder")
    ask.add_argument("--link-only", action="store_true", help="say nothing of adding; for books that were kept")
    asked = ask.parse_args()
    if asked.one:
        folder = asked.keep or Path(tempfile.mkdtemp())
        print(json.dumps(measure(asked.one, folder / f"bench-{asked.one}.toll", asked.link_only)))
        return
    rows = []
    with tempfile.TemporaryDirectory() as temporary:
        folder = asked.keep or Path(temporary)
        folder.mkdir(exist_ok=True)
        done = folder / "done.jsonl"
        before = [json.loads(line) for line in done.read_text().splitlines()] if done.exists() else []
        for size in map(int, asked.sizes.split(",")):
            same = {"reports": size, "commit": commit()}
            row = next((r for r in before if same.items() <= r.items() and ("add_s" in r) != asked.link_only), None)
            if row is None:
                command = [sys.executable, __file__, "--one", str(size), "--keep", str(folder)]
                command += ["--link-only"] if asked.link_only else []
                found = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout)
                row = {**found, "commit": same["commit"]}
                with done.open("a") as stream:
                    stream.write(json.dumps(row) + "\n")
            rows.append(row)
            print(row, flush=True)
    if asked.write:
        write(rows)


def commit() -> str:
    """The commit that is measured."""
    command = ["git", "rev-parse", "--short", "HEAD"]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True).stdout.strip()


def write(rows: list[dict[str, Any]]) -> None:
    """Appends the rows to bench/RESULTS.md."""
    head = (
        f"\n## The book, {dt.date.today().isoformat()}, {commit()}, Python {platform.python_version()}, "
        f"{os.cpu_count()} cores\n\n`bench/book.py`: gold records repeated and perturbed, {STEP} days a copy.\n\n"
    )
    columns = list(rows[0])
    table = ["| " + " | ".join(columns) + " |", "|" + "---|" * len(columns)]
    table += ["| " + " | ".join(str(r[c]) for c in columns) + " |" for r in rows]
    with RESULTS.open("a") as stream:
        stream.write(head + "\n".join(table) + "\n")


if __name__ == "__main__":
    main()
