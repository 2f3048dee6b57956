"""JSON Lines: one record a line, all of it. The format that other programs and Tollbook itself take in."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable
from typing import Any, TextIO

from tollbook.model import Record

# Legal inside JSON, but line ends to some readers of lines.
_LINE_ENDS = {ord(character): f"\\u{ord(character):04x}" for character in "\x85\u2028\u2029"}


def write_jsonl(records: Iterable[Record], stream: TextIO) -> None:
    """Each record as one line of JSON, keys in the schema's order, UTF-8, `\\n` at the end."""
    for record in records:
        stream.write(to_line(record))


def to_line(record: Record) -> str:
    """One record as one line; numbers that JSON has no form for (in a field kept from the input) become null."""
    plain = record.to_json()
    try:
        text = json.dumps(plain, ensure_ascii=False, allow_nan=False)
    except ValueError:
        text = json.dumps(_finite(plain), ensure_ascii=False, allow_nan=False)
    return text.translate(_LINE_ENDS) + "\n"


def _finite(value: Any) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, dict):
        return {key: _finite(of) for key, of in value.items()}
    if isinstance(value, list):
        return [_finite(of) for of in value]
    return value
