"""What the evaluation scripts share: where the data lies, running an extractor over a part, scoring what it wrote.

The data is not part of the project. `TOLLBOOK_SHARED` names its folder (default `../shared`, from the repository's
root); the measures are those of its `gold/score.py`, imported and not copied, so that figures stay comparable.
"""

from __future__ import annotations

import importlib.util
import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import tollbook
from tollbook.model import Issue, Record

ROOT = Path(__file__).resolve().parent.parent
OUT = ROOT / "eval" / "out"
RESULTS = ROOT / "eval" / "RESULTS.md"
PARTS = ("dev", "train")
OWN = ("wire", "styles", "held")
"""Parts of our own words with records in the gold's form, read by `training.written`; nothing is trained on them."""

Json = dict[str, Any]
ById = dict[str, Json]


class NoData(Exception):
    """The folder of the evaluation data is absent or lacks a file. The message names the variable to set."""


def shared() -> Path:
    """The folder of the evaluation data. Raises NoData where it is not there."""
    folder = (ROOT / (os.environ.get("TOLLBOOK_SHARED") or "../shared")).resolve()
    if not (folder / "gold" / "score.py").is_file():
        raise NoData(
            f"no evaluation data in {folder.name!r}: set TOLLBOOK_SHARED to the folder that holds gold/score.py"
        )
    return folder


def shared_module(name: str) -> ModuleType:
    """`gold/<name>.py` of the shared folder as a module; its own `from score import` finds the same one."""
    known = f"tollbook_shared_{name}"
    if known in sys.modules:
        return sys.modules[known]
    spec = importlib.util.spec_from_file_location(known, shared() / "gold" / f"{name}.py")
    if spec is None or spec.loader is None:
        raise NoData(f"gold/{name}.py cannot be imported")
    module = importlib.util.module_from_spec(spec)
    sys.modules[known] = module
    if name != "score":
        sys.modules.setdefault("score", shared_module("score"))
    spec.loader.exec_module(module)
    return module


def gold(part: str) -> ById:
    """The gold records of a part by doc_id; `both` is dev and train together, the parts of `OWN` are the project's."""
    if part in OWN:
        return {record["doc_id"]: record for _, record in _own(part)}
    load = shared_module("score").load
    names = PARTS if part == "both" else (part,)
    return {doc_id: rec for name in names for doc_id, rec in load(shared() / "gold" / name / "gold.jsonl").items()}


def _own(part: str) -> list[tuple[Json, Json]]:
    if str(ROOT) not in sys.path:
        sys.path.insert(0, str(ROOT))
    from training import written

    return written.load(written.HELD if part == "held" else ROOT / "eval" / part)


def jsonl(path: Path) -> list[Json]:
    """The objects of a JSON Lines file, in order. Lines end with `\\n` only: texts may hold other line ends."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").split("\n") if line.strip()]


@dataclass(frozen=True, slots=True)
class Run:
    """One run of an extractor over reports: its records as plain JSON, what was not read, and the time it took."""

    predicted: ById
    issues: tuple[Issue, ...]
    seconds: float
    cpu_seconds: float

    @property
    def per_second(self) -> float:
        """Reports a second of processor time; all reports of the run, loading included."""
        return len(self.predicted) / self.cpu_seconds if self.cpu_seconds else 0.0


def run_over(paths: Iterable[Path], extractor: str, jobs: int = 1) -> Run:
    """Reads the files as a user would (`tollbook.run`). CPU seconds are this process's: only true with one job."""
    wall, cpu = time.perf_counter(), time.process_time()
    records: dict[str, Json] = {}
    issues = []
    for outcome in tollbook.run([str(path) for path in paths], extractor=extractor, jobs=jobs):
        if isinstance(outcome, Record):
            records[outcome.doc_id] = outcome.to_json()
        else:
            issues.append(outcome)
    return Run(records, tuple(issues), time.perf_counter() - wall, time.process_time() - cpu)


def run_part(part: str, extractor: str, jobs: int = 1) -> Run:
    """Runs over the reports of a part and keeps the records in `eval/out/<extractor>-<part>.jsonl`."""
    names = PARTS if part == "both" else (part,)
    paths = [shared() / "gold" / name / "reports.jsonl" for name in names]
    if part in OWN:
        paths = [OUT / f"{part}-reports.jsonl"]
        write_jsonl(paths[0], [report for report, _ in _own(part)])
    run = run_over(paths, extractor, jobs)
    write_jsonl(OUT / f"{extractor}-{part}.jsonl", run.predicted.values())
    return run


def write_jsonl(path: Path, rows: Iterable[Json]) -> None:
    """Writes rows as JSON Lines; folders are made."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")


def measures(gold_records: ById, predicted: ById) -> Json:
    """The shared scorer's result, flattened: F1 of each slot, accuracies, `exact`, `gap`, `ratio`, `published`.

    A prediction for a document that is not in the gold is left out. `published` is the share of reports whose
    publication day is the careful reader's.
    """
    kept = {doc_id: rec for doc_id, rec in predicted.items() if doc_id in gold_records}
    full = shared_module("score").score(gold_records, kept)
    flat: Json = {
        key: value["f1"] if isinstance(value, dict) and "f1" in value else value for key, value in full.items()
    }
    toll = flat.pop("toll")
    flat |= {"exact": toll["exact_docs"], "gap": toll["gap"], "ratio": toll["ratio"]}
    right = sum(kept.get(d, {}).get("published") == rec.get("published") for d, rec in gold_records.items())
    flat["published"] = round(100 * right / len(gold_records), 1) if gold_records else None
    return flat


def source(doc_id: str) -> str:
    """Where a report comes from, by its id: fakes, dev-muc3, t, gvdb, lgl, re3d, seed."""
    found = re.match(r"dev-muc\d|[a-z]+\d?[a-z]*", doc_id.casefold())
    return found.group() if found else "?"


def by_source(records: ById) -> dict[str, ById]:
    """The records in groups of one source, the largest first."""
    groups: dict[str, ById] = {}
    for doc_id, rec in records.items():
        groups.setdefault(source(doc_id), {})[doc_id] = rec
    return dict(sorted(groups.items(), key=lambda item: (-len(item[1]), item[0])))


def commit() -> str:
    """The short hash of HEAD, with `+` where the package differs from it; `-` outside a repository."""
    try:
        head = _git("rev-parse", "--short", "HEAD")
        return head + ("+" if _git("status", "--porcelain", "--", "src") else "")
    except (OSError, subprocess.CalledProcessError):
        return "-"


def _git(*arguments: str) -> str:
    return subprocess.run(
        ["git", "-C", str(ROOT), *arguments], check=True, capture_output=True, text=True
    ).stdout.strip()
