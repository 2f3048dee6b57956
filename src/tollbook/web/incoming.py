"""New reports at the desk: pasted text, a file, a note; read as every report is, and added to the book."""

from __future__ import annotations

import datetime as dt
import hashlib
import re
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from tollbook.book import Added, Book
from tollbook.errors import UsageError
from tollbook.model import Issue, RawReport, Record
from tollbook.pipeline import Reader, Settings
from tollbook.resolve.countries import countries
from tollbook.sources import read_sources

_PAGE = re.compile(r"<(?:html|body|article|p|div|!doctype)\b", re.IGNORECASE)
_NAME = re.compile(r"[^\w.-]+")


def read(
    *,
    kind: str,
    text: str = "",
    file: tuple[str, bytes] | None = None,
    title: str = "",
    outlet: str = "",
    published: str = "",
    country: str = "",
    user: str = "",
) -> Iterator[Record | Issue]:
    """The records of what was pasted, noted or sent as a file. Raises UsageError for hints that cannot be."""
    day = _day(published)
    code = country.strip().upper() or None
    if code is not None and code not in countries():
        raise UsageError(f"{country!r} is not a country code: write ISO 3166 alpha-2, e.g. IQ for Iraq")
    today = dt.date.today()
    if kind == "note" and day is None:
        day = today
    settings = Settings(
        latest=today + dt.timedelta(days=1), published=day, country=code,
        outlet=f"note by {user}" if kind == "note" else outlet.strip() or None,
    )  # fmt: skip
    reader = Reader(settings)
    if kind == "file":
        if file is None or not file[1]:
            raise UsageError("choose a file")
        for raw in _from_file(*file):
            yield raw if isinstance(raw, Issue) else reader(raw)
        return
    if kind not in ("paste", "note"):
        raise UsageError(f"no kind {kind!r}; there are: paste, file, note")
    if not text.strip():
        raise UsageError("there is no text")
    name = "note" if kind == "note" else "pasted"
    sha = hashlib.sha256(f"{title}\0{text}".encode("utf-8", "surrogatepass")).hexdigest()
    yield reader(
        RawReport(
            doc_id=f"{name}-{sha[:12]}", body=text.replace("\r\n", "\n"), is_html=bool(_PAGE.search(text[:20_000])),
            raw_sha256=sha, title=title.strip() or None,
        )
    )  # fmt: skip


def _from_file(name: str, data: bytes) -> Iterator[RawReport | Issue]:
    """The reports of a file that was sent, under its own name; nothing of it stays on the disk."""
    safe = _NAME.sub("_", Path(name.replace("\\", "/")).name).lstrip(".")[-80:] or "file.txt"
    with tempfile.TemporaryDirectory(prefix="tollbook-") as folder:
        path = Path(folder) / safe
        path.write_bytes(data)
        for raw in read_sources([path]):
            if isinstance(raw, Issue):
                yield replace(raw, file=safe, message=raw.message.replace(str(path), safe))
            else:
                yield replace(raw, file=safe)


def _day(text: str) -> dt.date | None:
    if not text.strip():
        return None
    try:
        return dt.date.fromisoformat(text.strip())
    except ValueError:
        raise UsageError(f"{text!r} is not a day (YYYY-MM-DD)") from None


def documents(outcomes: list[Record | Issue], met: list[Issue]) -> list[str]:
    """The documents of what was read that the book now has."""
    left = {i.doc_id for i in met}
    return list(dict.fromkeys(r.doc_id for r in outcomes if isinstance(r, Record) and r.doc_id not in left))


def add(book: Book, outcomes: list[Record | Issue]) -> tuple[Added, list[Issue]]:
    """Adds what was read; (what was stored, what was not)."""
    met: list[Issue] = []
    return book.add_read(outcomes, met.append), met
