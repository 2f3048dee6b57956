"""The gazetteer: spellings to places, read from a compiled file without loading it.

The bundled file holds GeoNames towns of 500 people and more with their Latin spellings, provinces and
districts, and the project's own rows (`data/places/*.yml`); a user's additions lie beside it in a
second file of the same format. Nothing is read at opening but a header.
"""

from __future__ import annotations

import hashlib
import json
import mmap
import os
import re
import struct
import sys
from array import array
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

from tollbook.errors import LexiconError, SourceError
from tollbook.lexicon import DATA
from tollbook.resolve import gazetteer_file as gf

Match = Literal["name", "alternate", "folded"]
BUNDLED = DATA / "gazetteer.bin"
USER_FILE = "gazetteer.bin"
_CACHE_BOUND = 50_000


@dataclass(frozen=True, slots=True)
class Entry:
    """One place of the gazetteer, as one spelling finds it.

    `level` is point, town, district, province, region or country. `radius_km` says how far from `lat`, `lon` the
    named thing may lie. `match` tells how the spelling met it: its main name, an alternate spelling, or only
    the transliteration skeleton. `curated` marks places the project's own rows name. `admin1_id` and
    `admin2_id` are ids of entries.
    """

    id: str
    name: str
    country: str
    admin1: str | None
    admin2: str | None
    lat: float
    lon: float
    level: str
    population: int
    radius_km: float
    match: Match = "name"
    curated: bool = False
    admin1_id: str | None = None
    admin2_id: str | None = None

    @property
    def has_point(self) -> bool:
        """False for an area of whose towns none is known."""
        return self.radius_km > 0


class _Part:
    """One compiled file, mapped."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._areas: dict[int, tuple[str, str]] = {}
        try:
            with path.open("rb") as file:
                self._map = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        except (OSError, ValueError) as error:
            raise LexiconError(f"{path.name}: the gazetteer cannot be read: {error}") from error
        try:
            self._read_header()
        except (ValueError, KeyError, TypeError, struct.error) as error:
            raise LexiconError(f"{path.name}: not a gazetteer file of this version: {error}") from error

    def _read_header(self) -> None:
        data = self._map
        if data[: len(gf.MAGIC)] != gf.MAGIC:
            raise ValueError("it does not start with the magic bytes")
        at = len(gf.MAGIC) + 4
        (size,) = struct.unpack("<I", data[len(gf.MAGIC) : at])
        self.header: dict[str, Any] = json.loads(data[at : at + size])
        self.countries: list[str] = self.header["countries"]
        count, entries = int(self.header["keys"]), int(self.header["entries"])
        keys_at = at + size
        refs_at = keys_at + 8 * count
        self._entries_at = refs_at + 4 * count
        self._strings_at = self._entries_at + gf.ENTRY.size * entries
        if len(data) != self._strings_at + int(self.header["strings"]):
            raise ValueError("its length is not what its header says")
        self.entries = entries
        self.keys: Sequence[int]
        self.refs: Sequence[int]
        if sys.byteorder == "little":
            view = memoryview(data)
            self.keys, self.refs = view[keys_at:refs_at].cast("Q"), view[refs_at : self._entries_at].cast("I")
        else:
            keys, refs = array("Q", data[keys_at:refs_at]), array("I", data[refs_at : self._entries_at])
            keys.byteswap()
            refs.byteswap()
            self.keys, self.refs = keys, refs

    def find(self, wanted: int) -> Iterator[int]:
        """The refs filed under a key."""
        at, keys = bisect_left(self.keys, wanted), self.keys
        while at < len(keys) and keys[at] == wanted:
            yield self.refs[at]
            at += 1

    def has(self, wanted: int) -> bool:
        at = bisect_left(self.keys, wanted)
        return at < len(self.keys) and self.keys[at] == wanted

    def _string(self, at: int) -> tuple[str, int]:
        start = self._strings_at + at
        end = self._map.find(b"\0", start)
        return self._map[start:end].decode(), end + 1 - self._strings_at

    def _fields(self, index: int) -> tuple[int, ...]:
        return gf.ENTRY.unpack_from(self._map, self._entries_at + index * gf.ENTRY.size)

    def identity(self, index: int) -> tuple[str, str]:
        """Id and name of an entry."""
        fields = self._fields(index)
        name, after = self._string(fields[4])
        return (f"gn:{fields[3]}" if fields[3] else self._string(after)[0]), name

    def _area(self, index: int) -> tuple[str, str] | tuple[None, None]:
        """Id and name of a province or district, remembered: its towns name it again and again."""
        if index == gf.NONE:
            return None, None
        known = self._areas.get(index)
        if known is None:
            known = self._areas[index] = self.identity(index)
        return known

    def entry(self, index: int, match: Match) -> Entry:
        lat, lon, population, _, _, admin1, admin2, radius, country, level = self._fields(index)
        own_id, name = self.identity(index)
        admin1_id, admin1_name = self._area(admin1)
        admin2_id, admin2_name = self._area(admin2)
        return Entry(
            id=own_id,
            name=name,
            country=self.countries[country],
            admin1=admin1_name,
            admin2=admin2_name,
            lat=lat / 1e5,
            lon=lon / 1e5,
            level=gf.LEVELS[level & 0x7F],
            population=population,
            radius_km=radius / 10,
            match=match,
            curated=bool(level & gf.CURATED),
            admin1_id=admin1_id,
            admin2_id=admin2_id,
        )

    def rows(self) -> Iterator[gf.Row]:
        """All entries as rows that carry their keys, for a file that is written anew."""
        keys: dict[int, list[tuple[int, int]]] = {}
        for key, ref in zip(self.keys, self.refs, strict=True):
            keys.setdefault(ref & ~gf.ALTERNATE, []).append((key, ref & gf.ALTERNATE))
        for index in range(self.entries):
            e = self.entry(index, "name")
            yield gf.Row(
                id=e.id,
                name=e.name,
                country=e.country,
                level=e.level,
                lat=e.lat,
                lon=e.lon,
                radius_km=e.radius_km,
                population=e.population,
                admin1=e.admin1_id,
                admin2=e.admin2_id,
                curated=e.curated,
                listed=False,
                keys=tuple(keys.get(index, ())),
            )


_RANK: dict[str, int] = {"name": 0, "alternate": 1, "folded": 2}


def user_folder() -> Path:
    """Where a user's own data lie: `tollbook` under XDG_DATA_HOME, or under `~/.local/share`."""
    base = os.environ.get("XDG_DATA_HOME", "")
    return (Path(base) if base else Path.home() / ".local" / "share") / "tollbook"


class Gazetteer:
    """An opened gazetteer. Reading is pure: the same files and name give the same entries in the same order."""

    def __init__(self, paths: Sequence[Path]) -> None:
        self._parts = [_Part(path) for path in paths]
        self._found: dict[str, tuple[Entry, ...]] = {}
        self._spelled: dict[str, tuple[Entry, ...]] = {}
        self._known: dict[str, bool] = {}
        hashes = [str(part.header["version"]) for part in self._parts]
        self.version: str = (
            hashes[0] if len(hashes) == 1 else hashlib.sha256("+".join(hashes).encode()).hexdigest()[:12]
        )

    @classmethod
    def open(cls, path: Path | None = None) -> Gazetteer:
        """Opens one file, or without `path` the bundled one and the user's additions where there are any.

        Raises LexiconError where a file is missing or is not a gazetteer.
        """
        if path is not None:
            return cls([path])
        additions = user_folder() / USER_FILE
        return cls([BUNDLED, additions] if additions.is_file() else [BUNDLED])

    @property
    def inputs(self) -> str:
        """The hash of the project's own rows that the (first) file was built from."""
        return str(self._parts[0].header["inputs"])

    @property
    def sources(self) -> tuple[str, ...]:
        """Where the data come from, with versions."""
        return tuple(source for part in self._parts for source in part.header["sources"])

    def lookup(self, name: str) -> list[Entry]:
        """The places a spelling may mean, without knowing the text around it; the best spelled first.

        Case, accents, hyphens and apostrophes do not count. Spellings that agree only as
        transliterations ("Hodeida" for "al-Hudaydah") come after all others, `match` "folded".
        """
        return list(self.find(name))

    def find(self, name: str) -> tuple[Entry, ...]:
        """`lookup` without the copy; the tuple is shared."""
        folded = gf.light(name)
        cached = self._found.get(folded)
        if cached is None:
            if len(self._found) >= _CACHE_BOUND:
                self._found.clear()
            cached = self._found[folded] = self._look(folded, gf.deep(name))
        return cached

    def spelled(self, name: str) -> tuple[Entry, ...]:
        """Those of `find` that are filed under the spelling as it is, without transliterations; the tuple is shared."""
        cached = self._spelled.get(name)
        if cached is None:
            if len(self._spelled) >= _CACHE_BOUND:
                self._spelled.clear()
            known = self.knows(name)
            cached = tuple([e for e in self.find(name) if e.match != "folded"]) if known else ()
            self._spelled[name] = cached
        return cached

    def _look(self, folded: str, skeleton: str) -> tuple[Entry, ...]:
        if not folded:
            return ()
        found: dict[str, Entry] = {}
        wanted = [(gf.key("=", folded), False)] + ([(gf.key("~", skeleton), True)] if skeleton else [])
        for wanted_key, is_folded in wanted:
            for part in self._parts:
                for ref in part.find(wanted_key):
                    match: Match = "folded" if is_folded else "alternate" if ref & gf.ALTERNATE else "name"
                    entry = part.entry(ref & ~gf.ALTERNATE, match)
                    found.setdefault(entry.id, entry)
        return tuple(sorted(found.values(), key=lambda e: (_RANK[e.match], -e.population, e.id)))

    def knows(self, name: str) -> bool:
        """Whether the spelling is filed as it is (no transliteration); cheaper than a lookup."""
        folded = gf.light(name)
        if folded in self._found:
            found = self._found[folded]
            return bool(found) and found[0].match != "folded"  # the best spelled stands first
        known = self._known.get(folded)
        if known is None:
            if len(self._known) >= _CACHE_BOUND:
                self._known.clear()
            wanted = gf.key("=", folded)
            known = self._known[folded] = any(part.has(wanted) for part in self._parts)
        return known

    def area(self, code: str) -> Entry | None:
        """The province or district with an administrative code such as `IQ.01` or `US.LA.079`."""
        wanted = gf.key("@", code)
        for part in self._parts:
            for ref in part.find(wanted):
                return part.entry(ref & ~gf.ALTERNATE, "name")
        return None


@cache
def default_gazetteer() -> Gazetteer:
    """The default gazetteer, opened once a process."""
    return Gazetteer.open()


# --- a user's additions
# ------------------------------------------------------------------------------------------------

_COLUMNS = 19  # of a GeoNames dump: https://download.geonames.org/export/dump/readme.txt
_CLASSES = {"P": "town", "A": "district", "S": "point", "T": "region", "L": "region"}


def _dump_row(line: str, base: Gazetteer) -> tuple[list[gf.Row], bool]:
    """The rows one line of a dump makes (administrative ones first); False where its kind of thing is not kept.
    Raises ValueError.
    """
    cells = line.split("\t")
    if len(cells) != _COLUMNS:
        raise ValueError(f"{len(cells)} columns, {_COLUMNS} wanted")
    number, name, spellings, feature, kind, country = cells[0], cells[1].strip(), cells[3], cells[6], cells[7], cells[8]
    lat, lon, people = float(cells[4]), float(cells[5]), int(cells[14] or 0)
    if not (number.isdecimal() and 0 < int(number) < gf.NONE and name and "\0" not in line):
        raise ValueError("no number or no name")
    if not (abs(lat) <= 90 and abs(lon) <= 180 and re.fullmatch("[A-Z]{2}", country or "")) or people < 0:
        raise ValueError("a coordinate, a population or a country code out of range")
    code = f"{country}.{cells[10]}"
    if feature not in _CLASSES or kind.startswith("PCL") or (kind == "ADM1" and base.area(code)):
        return [], False
    from tollbook.resolve.gazetteer_rows import default_radius

    admin1, admin2 = base.area(code), base.area(f"{code}.{cells[11]}") if cells[11] else None
    areas = [
        gf.Row(
            id=a.id,
            name=a.name,
            country=a.country,
            level=a.level,
            lat=a.lat,
            lon=a.lon,
            radius_km=a.radius_km,
            listed=False,
        )
        for a in (admin1, admin2)
        if a is not None
    ]
    level = "province" if kind == "ADM1" else "district" if kind == "PPLX" else _CLASSES[feature]
    row = gf.Row(
        id=f"gn:{number}",
        name=name,
        country=country,
        level=level,
        lat=lat,
        lon=lon,
        radius_km=default_radius(level, people),
        population=min(people, gf.NONE - 1),
        admin1=admin1.id if admin1 else None,
        admin2=admin2.id if admin2 else None,
        spellings=tuple(s.strip() for s in spellings.split(",") if s.strip() and _is_latin(s)),
    )
    return [*areas, row], True


def _is_latin(name: str) -> bool:
    return all(ord(c) < 0x250 or 0x1E00 <= ord(c) < 0x1F00 or c in "’‘ʿʾ`" for c in name) and any(
        c.isalpha() for c in name
    )


def add_geonames(path: Path, *, into: Path | None = None) -> int:
    """Adds the places of a GeoNames dump (`allCountries.txt`, `XX.txt`; gzip is read too) to the user's own file.

    Towns, administrative areas, sites, mountains and regions are kept; streams, roads and countries are not. `into` is
    the file (default: `gazetteer.bin` in the user's data folder); what it held stays, a place with the same number is
    replaced. Returns how many places were added. Raises SourceError where the file cannot be read, and, after all
    good lines
    have been added, where some lines are bad: it counts both and names the first bad line.
    """
    import gzip

    target = into if into is not None else user_folder() / USER_FILE
    base = Gazetteer([BUNDLED])
    rows = {row.id: row for row in _Part(target).rows()} if target.is_file() else {}
    added, refused, first = 0, 0, (0, "")
    opener = gzip.open if path.suffix == ".gz" else open
    try:
        with opener(path, "rt", encoding="utf-8", errors="strict", newline="\n") as file:
            for number, line in enumerate(file, 1):
                if not line.strip():
                    continue
                try:
                    made, kept = _dump_row(line.rstrip("\r\n"), base)
                except ValueError as error:
                    refused += 1
                    first = first if first[0] else (number, str(error))
                    continue
                rows.update((row.id, row) for row in made if row.listed or row.id not in rows)
                added += kept
    except (OSError, UnicodeDecodeError, EOFError) as error:
        raise SourceError(f"{path.name}: cannot be read: {error}", code="unreadable", file=str(path)) from error
    if added:
        target.parent.mkdir(parents=True, exist_ok=True)
        gf.write(rows.values(), target, sources=["GeoNames dump added by the user (CC BY 4.0)"])
        default_gazetteer.cache_clear()
    if refused:
        message = f"{path.name}: {added} places added, {refused} lines refused; line {first[0]}: {first[1]}"
        raise SourceError(message, code="gazetteer-line", file=str(path), line=first[0])
    return added
