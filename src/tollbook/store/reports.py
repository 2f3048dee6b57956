"""Reports as values: of a record that holds its own text, and of a row of the log."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Mapping
from typing import Any

from tollbook.model import Furniture, Report


def report_of(record: Mapping[str, Any]) -> Report:
    """The report that a record which holds its text is about."""
    text = str(record["text"])
    title = str(record.get("title") or "")
    day = record.get("published")
    return Report(
        doc_id=str(record["doc_id"]),
        text=text,
        title_end=len(title) if text.startswith(title) else 0,
        published=dt.date.fromisoformat(day) if isinstance(day, str) else None,
        published_basis=record.get("published_basis") or "none",
        language=str(record.get("language") or "und"),
        raw_sha256=str(record.get("text_sha256") or ""),
        text_sha256=hashlib.sha256(text.encode()).hexdigest(),
        furniture=tuple(Furniture(str(f["kind"]), (f["span"][0], f["span"][1])) for f in record.get("furniture") or ()),
        outlet=record.get("outlet"),
        url=record.get("url"),
    )


def stored_report(row: Any, meta: Mapping[str, Any]) -> Report:
    """The report of a row of log_reports."""
    return Report(
        doc_id=row.doc_id,
        text=row.text,
        title_end=int(meta.get("title_end", 0)),
        published=dt.date.fromisoformat(row.published) if row.published else None,
        published_basis=meta.get("published_basis", "none"),
        language=meta.get("language", "en"),
        raw_sha256=meta.get("raw_sha256", ""),
        text_sha256=row.text_sha256,
        furniture=tuple(Furniture(f["kind"], (f["span"][0], f["span"][1])) for f in meta.get("furniture", ())),
        outlet=row.outlet,
        url=meta.get("url"),
        country=meta.get("country"),
        extra=meta.get("extra", {}),
    )
