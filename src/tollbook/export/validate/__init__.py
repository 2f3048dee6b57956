"""Whether a file is what it says it is: GED, ACLED, IBC, GeoJSON, ours or theirs. Nothing is changed.

    for fault in check_file(Path("GEDEvent.csv"), "ged").faults:
        print(fault)

Columns, types, codes, ranges, days, coordinates, duplicates; each fault names file, line, column and what is allowed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from tollbook.errors import SourceError, UsageError
from tollbook.export.validate.values import Fault


@dataclass(frozen=True, slots=True)
class Checked:
    """What was found in a file: how many rows, and each fault in the order of lines."""

    file: str
    shape: str
    rows: int
    faults: tuple[Fault, ...]


Checker = Callable[[str, bytes], Iterator[Fault | int]]
"""Takes the file's name and bytes; yields faults and, last, the number of rows."""


def _ged() -> Checker:
    from tollbook.export.validate.ged import check_ged

    return check_ged


def _acled() -> Checker:
    from tollbook.export.validate.acled import check_acled

    return check_acled


def _ibc() -> Checker:
    from tollbook.export.validate.ibc import check_ibc

    return check_ibc


def _geojson() -> Checker:
    from tollbook.export.validate.geojson import check_geojson

    return check_geojson


SHAPES: dict[str, Callable[[], Checker]] = {"ged": _ged, "acled": _acled, "ibc": _ibc, "geojson": _geojson}


def check_file(path: Path, shape: str) -> Checked:
    """All faults of a file. Raises UsageError for a shape there is not, SourceError where it cannot be read."""
    if shape not in SHAPES:
        raise UsageError(f"no format {shape!r} to check; there are: {', '.join(SHAPES)}")
    checker = SHAPES[shape]()
    try:
        data = path.read_bytes()
    except OSError as error:
        raise SourceError(
            f"{path}: cannot be read: {error.strerror or error}", code="unreadable", file=str(path)
        ) from error
    rows, faults = 0, []
    for found in checker(str(path), data):
        if isinstance(found, Fault):
            faults.append(found)
        else:
            rows = found
    return Checked(str(path), shape, rows, tuple(sorted(faults, key=lambda f: f.line)))
