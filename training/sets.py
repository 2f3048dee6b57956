"""Reads the gold and the corpora, and drops whatever the dev part also holds.

Nothing of these texts goes into the project: they are read from `TOLLBOOK_SHARED` and only weights come out.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SHINGLE = 5
SHARED_AT_MOST = 0.40
"""A text that shares this part of its 5-word shingles, or more, with one dev report is not trained on."""


@dataclass(frozen=True, slots=True)
class SetInfo:
    """A training set as the model card lists it."""

    name: str
    path: str
    licence: str
    about: str


SETS = (
    SetInfo("written", "", "Apache-2.0 (this project)", "reports of our own words, all heads: training/written"),
    SetInfo("gold/train", "gold/train", "the project's annotations", "all heads; texts from the sets below"),
    SetInfo("FA-KES", "corpora/fakes/reports.jsonl", "CC BY 4.0 (its Zenodo record)", "texts of 274 gold reports"),
    SetInfo("MUC-4", "corpora/muc4/train.jsonl", "none stated (FBIS translations)", "texts of 46 gold reports"),
    SetInfo("GVDB", "corpora/gvdb/dev.jsonl", "repository Apache-2.0; articles: newspapers", "34 gold reports"),
    SetInfo("LGL", "corpora/geoparsing/lgl.jsonl", "GPL-3.0; articles: newspapers", "10 gold reports, quiet"),
    SetInfo("TimeBank", "corpora/temporal/timebank.jsonl", "none stated in the copy (LDC)", "gold `t-` reports; quiet"),
    SetInfo("AQUAINT", "corpora/temporal/aquaint.jsonl", "none stated in the copy (LDC)", "gold `t-` reports"),
    SetInfo("GeoVirus", "corpora/geoparsing/geovirus.jsonl", "CC BY 2.5 (Wikinews)", "quiet"),
    SetInfo("MEANTIME", "corpora/temporal/meantime.jsonl", "CC BY 4.0 (Wikinews)", "quiet"),
)  # fmt: skip


WRITTEN = "written"
SOURCES = ("fakes", "dev-muc3", "t", "gvdb", "lgl")
FIRST = "gold"
"""The fold that leaves out all of gold is trained first; every other training goes on from its weights."""
FOLDS = {
    FIRST: (WRITTEN,),
    **{left_out: (WRITTEN, *(s for s in SOURCES if s != left_out)) for left_out in SOURCES},
}
"""Left out: all of gold, then each of its sources by itself. What is left is trained on, what is left out is scored: no
fold has seen a text of the source it is scored on."""


def shared_folder() -> Path:
    """The shared folder: `TOLLBOOK_SHARED`, or `../shared` beside the repository."""
    return Path(os.environ.get("TOLLBOOK_SHARED") or Path(__file__).resolve().parents[1].parent / "shared")


def read_jsonl(path: Path) -> Iterator[dict[str, Any]]:
    """The objects of a JSON Lines file, in order."""
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            if line.strip():
                yield json.loads(line)


def sha256(*paths: Path) -> str:
    """The SHA-256 of a file, or of files one behind the other, hexadecimal."""
    return hashlib.sha256(b"".join(path.read_bytes() for path in paths)).hexdigest()


def full_text(row: dict[str, Any]) -> str:
    """Title, blank line, body: the clean text of a report as the product freezes it."""
    title, body = (row.get("title") or "").strip(), (row.get("text") or "").strip()
    return f"{title}\n\n{body}" if title else body


def shingles(text: str) -> frozenset[int]:
    """Hashes of the 5-word shingles; case, punctuation and apostrophes do not count."""
    words = re.findall(r"[^\W_]+", re.sub(r"['’]", "", text.lower()))
    return frozenset(hash(tuple(words[n : n + SHINGLE])) for n in range(len(words) - SHINGLE + 1))


class DevGuard:
    """Says whether a text overlaps a dev report too much to be trained on."""

    def __init__(self, shared: Path) -> None:
        self._dev = [shingles(full_text(row)) for row in read_jsonl(shared / "gold/dev/reports.jsonl")]
        self._holders: dict[int, list[int]] = {}
        for n, found in enumerate(self._dev):
            for shingle in found:
                self._holders.setdefault(shingle, []).append(n)

    def overlap(self, text: str) -> float:
        """The largest share of the text's shingles in one dev report, or of a dev report's in the text."""
        mine = shingles(text)
        if not mine:
            return 0.0
        counts: dict[int, int] = {}
        for shingle in mine:
            for holder in self._holders.get(shingle, ()):
                counts[holder] = counts.get(holder, 0) + 1
        return max((max(n / len(mine), n / max(1, len(self._dev[h]))) for h, n in counts.items()), default=0.0)

    def keep(self, rows: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
        """The rows whose text may be trained on, in order."""
        return [row for row in rows if self.overlap(full_text(row)) < SHARED_AT_MOST]


def gold(part: Path) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    """(report, record) pairs of `gold/train` or `gold/dev`, in the order of the reports."""
    records = {row["doc_id"]: row for row in read_jsonl(part / "gold.jsonl")}
    return [(row, records[row["doc_id"]]) for row in read_jsonl(part / "reports.jsonl")]


def source_of(doc_id: str) -> str:
    """The source of a report: the prefix of its id (`fakes`, `dev-muc3`, `t`, `gvdb`, `lgl`, `written`)."""
    known = (*SOURCES, WRITTEN)
    return next((p for p in known if doc_id.lower().startswith(p + "-")), "other")
