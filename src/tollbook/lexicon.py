"""Loads the package's data files once, and names their state by a hash.

Words, codes and names live in `data/`; each file has a `check` where it is used. The hash over
all of them goes into every record's `made_with.lexicon`.

Parsing YAML takes a tenth of a short run, so `data/parsed.txt` may hold each file's value beside the hash of the text
it was parsed from (tools/parse_data.py writes it; it is in no commit). A file that has changed since is parsed.
"""

from __future__ import annotations

import hashlib
import json
from functools import cache
from pathlib import Path
from typing import Any

from tollbook.errors import LexiconError

DATA = Path(__file__).parent / "data"
PARSED = DATA / "parsed.txt"


@cache
def load(name: str) -> Any:
    """The parsed content of `data/<name>.yml`, e.g. `load("lexicon/en/dates")`.

    The value is shared: treat it as read-only. Raises LexiconError where the file is absent or is not YAML.
    """
    path = DATA / f"{name}.yml"
    try:
        content = path.read_bytes()
    except OSError as error:
        raise LexiconError(f"{path.name}: cannot be read: {error}") from error
    known = _parsed().get(f"{name} {_hash(content)}")
    return json.loads(known) if known is not None else _parse(path.name, content)


def _parse(file: str, content: bytes) -> Any:
    import yaml  # takes a fortieth of a second, and is seldom needed

    from tollbook.yamlreader import parse

    try:
        return parse(content.decode("utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise LexiconError(f"{file}: not YAML: {error}") from error


@cache
def _parsed() -> dict[str, str]:
    """The lines of `parsed.txt`: a file's name and hash, and its value in JSON. Empty where there is no such file."""
    try:
        lines = PARSED.read_text(encoding="utf-8").split("\n")
    except OSError:
        return {}
    return {key: value for key, _, value in (line.partition("\t") for line in lines)}


def parsed() -> str:
    """What `parsed.txt` should hold: a line for each file whose value JSON can hold without loss."""
    lines = []
    for path in sorted(DATA.rglob("*.yml")):
        content = path.read_bytes()
        value = _parse(path.name, content)
        try:
            line = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
        except TypeError:  # a day
            continue
        if repr(json.loads(line)) == repr(value):  # a number as a key would come back as a word
            name = path.relative_to(DATA).with_suffix("").as_posix()
            lines.append(f"{name} {_hash(content)}\t{line}\n")
    return "".join(lines)


def _hash(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:16]


@cache
def version() -> str:
    """The first 12 hex digits of the SHA-256 over all data files, names included."""
    digest = hashlib.sha256()
    for path in sorted(DATA.rglob("*.yml")):
        digest.update(path.relative_to(DATA).as_posix().encode() + b"\0")
        digest.update(path.read_bytes() + b"\0")
    return digest.hexdigest()[:12]
