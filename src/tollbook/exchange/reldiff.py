"""What changed from one release to the next, line by line: totals first, then incidents, method, files.

Reads folders only: no book is needed to see what a published record changed.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tollbook.errors import SourceError, UsageError

SHOWN = (
    ("killed", "killed"), ("injured", "injured"), ("missing", "missing"), ("abducted", "abducted"),
    ("detained", "detained"), ("displaced", "displaced"),
)  # fmt: skip
DETAILS = ("start", "end", "places", "country", "type", "status", "scope", "perpetrators", "grade", "status_of_review")
"""Columns of the incidents whose changes are told, besides the ranges."""


@dataclass(frozen=True, slots=True)
class Line:
    """One change: `kind` is total, new, gone, merged, figure, detail, method, file or damaged; `what` it is about."""

    kind: str
    what: str
    was: str
    now: str
    about: str = ""


@dataclass(frozen=True, slots=True)
class _Side:
    folder: Path
    sums: Mapping[str, str]
    versions: Mapping[str, Any]
    charter: Mapping[str, Any]
    incidents: Mapping[str, Mapping[str, str]]
    totals: Mapping[str, Mapping[str, str]]
    damaged: tuple[str, ...]


def is_release(folder: Path) -> bool:
    """Whether a folder looks like a release."""
    return (folder / "versions.json").is_file() and (folder / "SHA256SUMS").is_file()


def diff_releases(older: Path, newer: Path) -> list[Line]:
    """The changes between two release folders. Files that do not match their checksums are told as damaged.

    Raises UsageError for a folder that is no release, SourceError for one that cannot be read.
    """
    a, b = _side(older), _side(newer)
    out = [
        Line("damaged", f"{s.folder.name}/{name}", "", "does not match SHA256SUMS")
        for s in (a, b)
        for name in s.damaged
    ]
    out += _totals(a, b)
    out += _incidents(a, b)
    out += _method(a, b)
    for name in sorted({*a.sums, *b.sums}):
        was, now = a.sums.get(name), b.sums.get(name)
        if was != now:
            out.append(Line("file", name, _short(was), _short(now)))
    return out


def _short(checksum: str | None) -> str:
    return checksum[:12] if checksum else "not there"


def _side(folder: Path) -> _Side:
    if not is_release(folder):
        raise UsageError(f"{folder}: not a release: it has no versions.json and SHA256SUMS")
    try:
        wanted = dict(_sums((folder / "SHA256SUMS").read_text(encoding="utf-8")))
        versions = json.loads((folder / "versions.json").read_text(encoding="utf-8"))
        charter = json.loads((folder / "charter.json").read_text(encoding="utf-8"))
        damaged = []
        for name, checksum in wanted.items():
            path = folder / name
            inside = path.resolve().is_relative_to(folder.resolve())
            if not inside or not path.is_file() or hashlib.sha256(path.read_bytes()).hexdigest() != checksum:
                damaged.append(name)
        incidents: dict[str, Mapping[str, str]] = {}
        for label in ("reviewed", "unreviewed"):
            path = folder / f"csv-{label}.csv"
            if path.is_file():
                incidents.update({row["id"]: row for row in _rows(path)})
        totals: dict[str, dict[str, str]] = {}
        for path in sorted(folder.glob("totals-*.csv")):
            kind = path.stem.rsplit("-", 1)[0]
            totals[kind] = {next(iter(row.values())): row["shown"] for row in _rows(path)}
    except (OSError, UnicodeDecodeError, ValueError, KeyError, csv.Error) as error:
        raise SourceError(f"{folder}: cannot be read as a release: {error}", code="bad-release") from error
    return _Side(folder, wanted, versions, charter, incidents, totals, tuple(damaged))


def _sums(text: str) -> Iterator[tuple[str, str]]:
    for line in text.splitlines():
        checksum, _, name = line.partition("  ")
        if name:
            yield name, checksum


def _rows(path: Path) -> list[dict[str, str]]:
    csv.field_size_limit(max(csv.field_size_limit(), 10_000_000))
    return list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8-sig"), newline="")))


def _totals(a: _Side, b: _Side) -> Iterator[Line]:
    """Changed rows of the totals, each table's sum before its rows."""
    for kind in dict.fromkeys([*a.totals, *b.totals]):
        was, now = a.totals.get(kind, {}), b.totals.get(kind, {})
        labels = sorted({*was, *now}, key=lambda k: (k != "total", k))
        for label in labels:
            if was.get(label) != now.get(label):
                yield Line(
                    "total", f"{kind.removeprefix('totals-')}, {label}", was.get(label, "-"), now.get(label, "-")
                )


def _incidents(a: _Side, b: _Side) -> Iterator[Line]:
    older = {old: key for key, row in b.incidents.items() for old in (row.get("older_ids") or "").split("; ") if old}
    for key in sorted(b.incidents, key=lambda k: (b.incidents[k]["start"] or "9999", k)):
        row = b.incidents[key]
        if key not in a.incidents:
            yield Line("new", key, "", _range(row, "killed") or "no figure", _about(row))
            continue
        before = a.incidents[key]
        for name, prefix in SHOWN:
            was, now = _range(before, prefix), _range(row, prefix)
            if was != now:
                yield Line("figure", key, was or "-", now or "-", f"{name}; {_about(row)}")
        for name in DETAILS:
            if before.get(name) != row.get(name):
                told = name.replace("_", " ")
                yield Line("detail", key, before.get(name) or "-", row.get(name) or "-", f"{told}; {_about(row)}")
    for key in sorted(set(a.incidents) - set(b.incidents), key=lambda k: (a.incidents[k]["start"] or "9999", k)):
        row = a.incidents[key]
        if key in older:
            yield Line("merged", key, "", older[key], _about(row))
        else:
            yield Line("gone", key, _range(row, "killed") or "no figure", "", _about(row))


def _about(row: Mapping[str, str]) -> str:
    return f"{row.get('start') or 'no day told'}, {row.get('places') or row.get('country') or 'no place told'}"


def _range(row: Mapping[str, str], prefix: str) -> str:
    """A range as it is printed, from the columns of the incidents' table."""
    low, high = row.get(f"{prefix}_low") or "", row.get(f"{prefix}_high") or ""
    if not low and not high:
        return ""
    plus = "+" if row.get(f"{prefix}_open") == "true" else ""
    return f"{high or low}{plus}" if low in ("", high) or not high else f"{low} to {high}{plus}"


def _method(a: _Side, b: _Side) -> Iterator[Line]:
    """What the figures are made by: code, data, rule, redaction, charter."""
    for name, was, now in _flat("", dict(a.versions), dict(b.versions)):
        if name not in ("release", "made.log") and not name.startswith("read_by"):
            yield Line("method", name, was, now)
    for name, was, now in _flat("charter.", dict(a.charter), dict(b.charter)):
        yield Line("method", name, was, now)


def _flat(prefix: str, a: dict[str, Any], b: dict[str, Any]) -> Iterator[tuple[str, str, str]]:
    for key in sorted({*a, *b}):
        was, now = a.get(key), b.get(key)
        if isinstance(was, dict) and isinstance(now, dict):
            yield from _flat(f"{prefix}{key}.", was, now)
        elif was != now:
            yield f"{prefix}{key}", _told(was), _told(now)


def _told(value: object) -> str:
    return "-" if value in (None, "", [], {}) else str(value)


def text(lines: list[Line], older: Path, newer: Path) -> str:
    """The changes as lines, in their order."""
    if not lines:
        return f"{older.name} and {newer.name}: nothing changed"
    out = [f"{older.name} -> {newer.name}"]
    for line in lines:
        moved = f"{line.was} -> {line.now}" if line.was and line.now else line.now or line.was
        about = f"  [{line.about}]" if line.about else ""
        out.append(f"{line.kind:8} {line.what[:60]}: {moved}{about}")
    return "\n".join(out)
