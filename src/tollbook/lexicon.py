"""Loads the package's data files once, and names their state by a hash.

Words, codes and names live in `data/`; each file has a `check` where it is used. The hash over
all of them goes into every record's `made_with.lexicon`.
"""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from tollbook.errors import LexiconError

DATA = Path(__file__).parent / "data"

_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@cache
def load(name: str) -> Any:
    """The parsed content of `data/<name>.yml`, e.g. `load("lexicon/en/dates")`.

    The value is shared: treat it as read-only. Raises LexiconError where the file is absent or is not YAML.
    """
    path = DATA / f"{name}.yml"
    try:
        return yaml.load(path.read_text(encoding="utf-8"), Loader=_Loader)
    except OSError as error:
        raise LexiconError(f"{path.name}: cannot be read: {error}") from error
    except yaml.YAMLError as error:
        raise LexiconError(f"{path.name}: not YAML: {error}") from error


@cache
def version() -> str:
    """The first 12 hex digits of the SHA-256 over all data files, names included."""
    digest = hashlib.sha256()
    for path in sorted(DATA.rglob("*.yml")):
        digest.update(path.relative_to(DATA).as_posix().encode() + b"\0")
        digest.update(path.read_bytes() + b"\0")
    return digest.hexdigest()[:12]
