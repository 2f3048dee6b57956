"""What goes into a book without an extractor: reports as they lie in files, and records made elsewhere."""

from __future__ import annotations

import datetime as dt
import gzip
import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from tollbook.clean import clean_report
from tollbook.errors import SourceError, TollbookError, UsageError
from tollbook.model import Issue, Report
from tollbook.sources import read_sources


def read_reports(
    paths: Sequence[Path],
    *,
    outlet: str | None = None,
    country: str | None = None,
    on_issue: Callable[[Issue], None],
    latest: dt.date | None = None,
) -> Iterator[Report]:
    """Each report of the inputs, cleaned and not read. What cannot be read goes to `on_issue`."""
    last = latest or dt.date.today() + dt.timedelta(days=1)
    for raw in read_sources(list(paths)):
        if isinstance(raw, Issue):
            on_issue(raw)
            continue
        try:
            yield clean_report(raw, published=None, outlet=outlet, country=country, latest=last)
        except SourceError as error:
            on_issue(Issue(error.code, str(error), raw.doc_id, error.file or raw.file, error.line or raw.line))
        except TollbookError as error:
            on_issue(Issue("failed", str(error), raw.doc_id, raw.file, raw.line))


def read_records(paths: Sequence[Path], on_issue: Callable[[Issue], None]) -> Iterator[dict[str, Any]]:
    """Each record of JSON Lines files (gzipped or not). A line that is not a JSON object goes to `on_issue`.

    Raises UsageError where a file cannot be opened.
    """
    for path in paths:
        try:
            with (
                gzip.open(path, "rt", encoding="utf-8")
                if path.suffix == ".gz"
                else path.open(encoding="utf-8") as stream
            ):
                for number, line in enumerate(stream, 1):
                    if not line.strip():
                        continue
                    try:
                        value = json.loads(line)
                    except ValueError as error:
                        on_issue(Issue("bad_json", f"not JSON: {error}", file=str(path), line=number))
                        continue
                    if isinstance(value, dict):
                        yield value
                    else:
                        on_issue(Issue("bad_record", "not a JSON object", file=str(path), line=number))
        except (OSError, UnicodeDecodeError, EOFError) as error:
            raise UsageError(f"{path}: the records cannot be read: {error}") from error


def read_again(extractor: str) -> Callable[[Report], tuple[dict[str, Any], tuple[Issue, ...]]]:
    """A function from a stored report to the record an extractor makes of it now, and its issues.

    Raises UsageError for an extractor there is not; the function raises ExtractorError where it breaks.
    """
    from tollbook import __version__, lexicon, schema
    from tollbook.extract import get_extractor
    from tollbook.ground import ground
    from tollbook.model import MadeWith, to_plain
    from tollbook.pipeline import extract

    loaded = get_extractor(extractor)
    made_with = MadeWith(__version__, loaded.name, loaded.model, lexicon.version(), loaded.gazetteer, schema.version())

    def read(report: Report) -> tuple[dict[str, Any], tuple[Issue, ...]]:
        reading = ground(report, extract(loaded, report))
        record = {
            "doc_id": report.doc_id,
            "published": to_plain(report.published),
            "incidents": to_plain(reading.incidents),
            "victims": to_plain(reading.victims),
            "issues": to_plain(reading.issues),
            "made_with": to_plain(made_with),
        }
        return record, reading.issues

    return read
