"""The compiled gazetteer: one file of sorted name hashes and fixed-width entries, read through `mmap`.

Layout, all numbers little-endian:

    magic "TBGAZ1\\n\\0" · length of header (u32) · header (JSON, padded to 8 bytes)
    keys     u64 each, sorted: BLAKE2b-64 of a folded spelling
    refs     u32 each, beside keys: index of the entry; the top bit marks an alternate spelling
    entries  32 bytes each (see ENTRY)
    strings  UTF-8, each ended by NUL: name, and after it the id where the entry has no GeoNames number

Three kinds of keys share the index, told apart by the first character of what is hashed: `=` the
spelling without case, accents and punctuation (`light`), `~` the transliteration skeleton (`deep`, only
for countries in FOLDED_COUNTRIES), `@` an administrative code such as `IQ.01`. The same rows give the
same bytes.
"""

from __future__ import annotations

import hashlib
import json
import re
import struct
import sys
import unicodedata
from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

MAGIC = b"TBGAZ1\n\0"
ENTRY = struct.Struct(
    "<iiIIIIIHBB"
)  # lat, lon (1e-5 degree), population, geonameid, string, admin1, admin2, radius, country, level
NONE = 0xFFFFFFFF
ALTERNATE = 0x80000000
CURATED = 0x80
LEVELS = ("point", "town", "district", "province", "region", "country")

# Countries whose names reach English through a transliteration that varies from outlet to outlet.
FOLDED_COUNTRIES = frozenset(
    [
        "IQ",
        "SY",
        "YE",
        "LY",
        "LB",
        "JO",
        "PS",
        "IL",
        "EG",
        "SD",
        "SS",
        "DZ",
        "TN",
        "MA",
        "MR",
        "EH",
        "SA",
        "KW",
        "BH",
        "QA",
        "AE",
        "OM",
        "IR",
        "AF",
        "PK",
        "SO",
        "DJ",
        "ET",
        "ER",
        "TD",
        "NE",
        "ML",
        "TJ",
    ]
)

_LETTERS = str.maketrans(
    {
        "ø": "o",
        "ł": "l",
        "ı": "i",
        "đ": "d",
        "ß": "ss",
        "æ": "ae",
        "œ": "oe",
        "ə": "e",
        "ð": "d",
        "þ": "th",
        "ħ": "h",
        "ŋ": "n",
        "'": "",
        "’": "",
        "‘": "",
        "`": "",
        "´": "",
        "ʿ": "",
        "ʾ": "",
        "ʻ": "",
        "ʼ": "",
        "′": "",
        "ʹ": "",
        "ʺ": "",
        ".": "",
        "-": " ",
        "‐": " ",
        "‑": " ",
        "–": " ",
        "/": " ",
        "_": " ",
        ",": " ",
        "(": " ",
        ")": " ",
        '"': "",
    }
)
_SHORT = {"saint": "st", "sainte": "ste", "mount": "mt", "fort": "ft"}
_ARTICLES = frozenset(
    [
        "al",
        "el",
        "ul",
        "il",
        "ar",
        "er",
        "ur",
        "as",
        "es",
        "us",
        "ad",
        "ed",
        "an",
        "en",
        "un",
        "ash",
        "esh",
        "at",
        "et",
        "ut",
        "az",
        "ez",
        "uz",
        "a",
        "e",
    ]
)


@lru_cache(maxsize=1 << 14)
def light(name: str) -> str:
    """The spelling without case, accents, apostrophes, full stops and hyphens: "Deir ez-Zor" is "deir ez zor"."""
    text = name.lower()
    if not text.isascii():
        text = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).lower())  # styled letters
        text = "".join(c for c in text if not unicodedata.combining(c))
    words = text.translate(_LETTERS).split()
    return " ".join(_SHORT.get(w, w) for w in words)


_DEEP_STEPS: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern), new)
    for pattern, new in (
        (r"[sc]h", "x"),  # Sheikh, Cheikh
        (r"kh|q|c", "k"),
        (r"gh", "g"),
        (r"dh", "d"),
        (r"th", "t"),
        (r"ph", "f"),
        (r"dj", "j"),
        (r"[ae]?[ouw]+", "u"),  # Zor, Zour, Zawr
        (r"[aeiy]+h?$", "a"),  # Hasaka, Hasakah, Hasakeh, Hamadaniyeh
        (r"[aeiy]+", "a"),  # Deir, Dayr, Der; Manbij, Menbij
        (r"(.)\1+", r"\1"),
    )
)


@lru_cache(maxsize=1 << 14)
def deep(name: str) -> str:
    """The transliteration skeleton of a name, "" where too little is left of it to mean anything.

    Articles go, doubled letters become one, vowels become two classes: "Khan Shaykhun" and
    "Khan Cheikhoun" agree, and so do "Hodeidah" and "al-Hudayda".
    """
    words = light(name).split()
    words = [w for i, w in enumerate(words) if w not in _ARTICLES or i == len(words) - 1]
    folded = []
    for word in words:
        for pattern, new in _DEEP_STEPS:
            word = pattern.sub(new, word)
        folded.append(word)
    skeleton = re.sub(r"(.)\1+", r"\1", "".join(folded))
    return skeleton if len(skeleton) >= 4 else ""


def key(kind: str, text: str) -> int:
    """The 64-bit key under which `text` is filed; `kind` is `=`, `~` or `@`."""
    return int.from_bytes(hashlib.blake2b((kind + text).encode(), digest_size=8).digest(), "little")


@dataclass(frozen=True, slots=True)
class Row:
    """One place to be written. `spellings` are the alternate ones; `code` an administrative code it answers to.

    `admin1` and `admin2` are ids of other rows in the same list (they must be there), `radius_km` at most 6,500.
    A row that is not `listed` is found by nothing but its code. `keys` are keys (with ALTERNATE or 0) taken over
    from an older file as they are.
    """

    id: str
    name: str
    country: str
    level: str
    lat: float
    lon: float
    radius_km: float
    population: int = 0
    admin1: str | None = None
    admin2: str | None = None
    spellings: tuple[str, ...] = ()
    code: str | None = None
    curated: bool = False
    listed: bool = True
    keys: tuple[tuple[int, int], ...] = ()


def _keys_of(row: Row) -> dict[int, int]:
    """Key to flag (0 or ALTERNATE) for every spelling of the row."""
    keys: dict[int, int] = dict(row.keys)
    if row.code:
        keys[key("@", row.code)] = 0
    if not row.listed:
        return keys
    for index, spelling in enumerate((row.name, *row.spellings)):
        folded = light(spelling)
        if not folded:
            continue
        keys.setdefault(key("=", folded), ALTERNATE if index else 0)
        if row.country in FOLDED_COUNTRIES and (skeleton := deep(spelling)):
            keys.setdefault(key("~", skeleton), ALTERNATE if index else 0)
    return keys


def _compile(rows: Sequence[Row]) -> tuple[bytes, bytes, bytes, bytes, list[str]]:
    countries = sorted({row.country for row in rows})
    number = {row.id: index for index, row in enumerate(rows)}
    country_number = {c: i for i, c in enumerate(countries)}
    pairs: list[tuple[int, int]] = []
    entries, strings = bytearray(), bytearray()
    for index, row in enumerate(rows):
        pairs += ((k, index | flag) for k, flag in _keys_of(row).items())
        is_geonames = row.id.startswith("gn:")
        entries += ENTRY.pack(
            round(row.lat * 1e5),
            round(row.lon * 1e5),
            min(row.population, NONE),
            int(row.id[3:]) if is_geonames else 0,
            len(strings),
            number[row.admin1] if row.admin1 else NONE,
            number[row.admin2] if row.admin2 else NONE,
            min(round(row.radius_km * 10), 0xFFFF),
            country_number[row.country],
            LEVELS.index(row.level) | (CURATED if row.curated else 0),
        )
        strings += row.name.encode() + b"\0"
        if not is_geonames:
            strings += row.id.encode() + b"\0"
    pairs.sort()
    keys, refs = array("Q", (k for k, _ in pairs)), array("I", (r for _, r in pairs))
    if sys.byteorder == "big":
        keys.byteswap()
        refs.byteswap()
    return keys.tobytes(), refs.tobytes(), bytes(entries), bytes(strings), countries


def write(rows: Iterable[Row], path: Path, *, sources: Sequence[str], inputs: str = "") -> str:
    """Writes the rows (sorted by id first) and returns the version: 12 hex digits of SHA-256 over the content.

    `sources` name where the data come from, `inputs` is a hash of the project's own rows, by which a test
    sees that the file is stale. The file is replaced in one step. Raises ValueError where two rows share an
    id or a row names an administrative id that is not there.
    """
    ordered = sorted(rows, key=lambda row: row.id)
    if len({row.id for row in ordered}) != len(ordered):
        raise ValueError("two rows of the gazetteer share an id")
    known = {row.id for row in ordered}
    for row in ordered:
        if not {row.admin1 or row.id, row.admin2 or row.id} <= known:
            raise ValueError(f"{row.id}: admin1 or admin2 is not a row")
    keys, refs, entries, strings, countries = _compile(ordered)
    digest = hashlib.sha256()
    for part in (keys, refs, entries, strings, "\0".join(countries).encode(), inputs.encode()):
        digest.update(part)
    header: dict[str, Any] = {
        "version": digest.hexdigest()[:12],
        "inputs": inputs,
        "sources": list(sources),
        "countries": countries,
        "keys": len(keys) // 8,
        "entries": len(ordered),
        "strings": len(strings),
    }
    text = json.dumps(header, ensure_ascii=True, sort_keys=True).encode()
    text += b" " * (-(len(MAGIC) + 4 + len(text)) % 8)
    temporary = path.with_name(path.name + ".part")
    with temporary.open("wb") as file:
        for part in (MAGIC, struct.pack("<I", len(text)), text, keys, refs, entries, strings):
            file.write(part)
    temporary.replace(path)
    return str(header["version"])
