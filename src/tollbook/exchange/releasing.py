"""A folder to publish: the book's data with all that a reader needs to judge them, and nothing that harms.

    release(book, Path("2026-11"), Release(day="2026-11-21", contact="corrections@example.org"))

The same log, code and question give the same bytes: the release's date is its as-of day, and no clock is read. Data are
split by what a person has reviewed, and the names of the files say so. No names of victims, witnesses, detainees or
analysts, no finest places, short quotes, addresses and hashes instead of articles.
"""

from __future__ import annotations

import contextlib
import csv
import datetime as dt
import hashlib
import io
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from tollbook import lexicon
from tollbook.errors import OutputError, UsageError
from tollbook.exchange import relpages
from tollbook.exchange.conformance import Facts, Point, conformance
from tollbook.exchange.conformance import text as conformance_text
from tollbook.export import get_format, question, safe, write_content
from tollbook.export.loss import Report
from tollbook.export.values import Asked, Content
from tollbook.redact import RELEASE, Policy
from tollbook.store import end_of, schema
from tollbook.tally import Totals, shown

if TYPE_CHECKING:
    from tollbook.book import Book

FORMATS = ("csv", "jsonl", "geojson")
"""The formats of a release that names none; csv is always among them, since `tollbook diff` reads it."""

TOTALS = (("killed", "month"), ("killed", "year"), ("killed", "type"), ("injured", "year"))
"""The totals of a release: harm and what it is added up by. None by place: a place may be finer than the data show."""


RECORDERS = "the recorders"
"""What stands for the name of whoever decided something or wrote a note."""


@dataclass(frozen=True, slots=True)
class Release:
    """What a release is: its day (`day`, default the day of the book's last row), formats, redaction, contact.

    `contact` takes corrections; empty: that of the charter, if it has one.
    """

    day: str | None = None
    formats: Sequence[str] = FORMATS
    policy: Policy = RELEASE
    contact: str = ""
    rule: str | None = None
    classes: str | None = None


@dataclass(frozen=True, slots=True)
class Released:
    """What was written: the folder, its day, its files, the loss reports, the conformance table; and `exposed`, victims
    whom a reader could identify: told to whoever releases, never written into the folder."""

    folder: Path
    day: str
    files: tuple[str, ...]
    incidents: int
    reviewed: int
    losses: tuple[Report, ...]
    points: tuple[Point, ...]
    exposed: tuple[str, ...]
    open_day: bool


def release(book: Book, folder: Path, what: Release = Release()) -> Released:
    """Writes a release into a new or empty folder, whole or not at all.

    Raises UsageError for a folder that holds something, a format, rule or day there is not, or a missing package;
    OutputError where it cannot be written.
    """
    from tollbook.export.collect import collect

    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UsageError(f"{folder}: holds something already; name a new folder")
    formats = tuple(dict.fromkeys(("csv", *what.formats)))
    for name in formats:
        get_format(name).load()
    day = _day(book, what.day)
    charter, charters = _charter(book, day)
    view = day if _moved_on(book, day) else None
    asked = Asked(
        as_of=view, rule=what.rule, classes=what.classes, grade=str(charter["grade"]), policy=what.policy,
        today=dt.date.fromisoformat(day),
    )  # fmt: skip
    contents: dict[Asked, Content] = {}
    exposed: set[str] = set()
    analysts = _analysts(book, day)

    def counted(name: str | None) -> Content:
        """The content as a format counts it (None: as the charter does); formats that agree share one."""
        given = question(name, asked) if name else asked
        wanted = replace(
            given, rule=given.rule or str(charter["rule"]), classes=given.classes or str(charter["classes"])
        )
        if wanted not in contents:
            whole = collect(book, wanted)
            whole = replace(whole, asked=replace(whole.asked, as_of=day))
            exposed.update(whole.exposed)
            contents[wanted] = _without_analysts(replace(whole, charter=_public(charter, whole), exposed=()), analysts)
        return contents[wanted]

    content = counted(None)
    contact = what.contact or str(charter.get("contact") or "")
    points = conformance(Facts(content, content.charter, contact, charters))
    with _folder(folder) as made:
        reports = _data(counted, formats, made)
        totals = _totals(book, replace(content.asked, as_of=view), made)
        pages = {
            "README.md": relpages.readme(content, day, contact, reports, totals),
            "CORRECTIONS.md": relpages.corrections(contact),
            "codebook.md": relpages.codebook(formats),
            "method.md": relpages.method(content),
            "conformance.md": conformance_text(points),
            "losses.md": relpages.losses(reports),
            "charter.json": relpages.as_json(dict(content.charter)),
            "versions.json": relpages.as_json(relpages.versions(book, content, day, formats)),
        }
        for name, text in pages.items():
            (made / name).write_text(text, encoding="utf-8", newline="\n")
        (made / "SHA256SUMS").write_text(sums(made), encoding="utf-8", newline="\n")
        files = tuple(p.relative_to(made).as_posix() for p in listed(made))
    return Released(
        folder=folder, day=day, files=files, incidents=len(content.incidents),
        reviewed=sum(i.review == "reviewed" for i in content.incidents), losses=tuple(reports), points=points,
        exposed=tuple(sorted(exposed)), open_day=day >= dt.datetime.now(dt.UTC).date().isoformat(),
    )  # fmt: skip


# --- what is released ----------------------------------------------------------------------------


def _day(book: Book, asked: str | None) -> str:
    """The release's day; by default that of the last row of the log."""
    if asked is not None:
        try:
            return dt.date.fromisoformat(asked).isoformat()
        except ValueError:
            raise UsageError(f"{asked!r} is not a day (YYYY-MM-DD)") from None
    with book.store.read() as connection:
        newest = [
            connection.execute(sa.select(sa.func.max(t.c.recorded_at))).scalar()
            for t in (schema.runs, schema.decisions, schema.charters)
        ]
    return max(str(n) for n in newest if n)[:10]


def _moved_on(book: Book, day: str) -> bool:
    """Whether anything was recorded after a day. Where nothing was, the book as it stands is that day's."""
    last = end_of(dt.date.fromisoformat(day))
    with book.store.read() as connection:
        return any(
            connection.execute(sa.select(t.c.seq).where(t.c.recorded_at > last).limit(1)).first() is not None
            for t in schema.LOG_TABLES
        )


def _charter(book: Book, day: str) -> tuple[dict[str, Any], int]:
    """The charter in force at the end of a day, and how many states it had by then."""
    table = schema.charters
    with book.store.read() as connection:
        rows = list(
            connection.execute(
                sa.select(table.c.charter)
                .where(table.c.recorded_at <= end_of(dt.date.fromisoformat(day)))
                .order_by(table.c.seq)
            ).scalars()
        )
    if not rows:
        raise UsageError(f"the book did not exist on {day}")
    return {**lexicon.load("charter"), **json.loads(rows[-1])}, len(rows)


def _public(charter: Mapping[str, Any], whole: Content) -> Mapping[str, Any]:
    """The charter of the day, as far as the redaction lets it be seen (it was redacted with the content)."""
    return {k: whole.charter.get(k, v) if charter.get(k) == v else v for k, v in charter.items()}


def _analysts(book: Book, day: str) -> frozenset[str]:
    """The names that decisions of up to a day are signed with, and notes by them."""
    decisions, reports, last = schema.decisions, schema.reports, end_of(dt.date.fromisoformat(day))
    with book.store.read() as connection:
        signed = sa.select(decisions.c.user).where(decisions.c.recorded_at <= last).distinct()
        users = set(connection.execute(signed).scalars())
        notes = sa.select(reports.c.outlet).where(reports.c.outlet.like("note by %"), reports.c.recorded_at <= last)
        outlets = connection.execute(notes.distinct()).scalars()
        users |= {str(o).removeprefix("note by ") for o in outlets}
    return frozenset(n for u in users for n in (u, f"note by {u}"))


def _without_analysts(content: Content, analysts: frozenset[str]) -> Content:
    """The content without who reviewed, corrected or noted what: the recorders are named in the charter."""

    def shown(name: str) -> str:
        return RECORDERS if name in analysts else name

    return replace(
        content,
        incidents=tuple(
            replace(
                i,
                reviewed_by=None,
                voices=tuple(map(shown, i.voices)),
                doers=tuple(replace(d, says=tuple(map(shown, d.says))) for d in i.doers),
            )
            for i in content.incidents
        ),
        claims=tuple(
            replace(c, voice=shown(c.voice), says=None if c.says is None else shown(c.says)) for c in content.claims
        ),
        sources=tuple(replace(s, outlet=None if s.outlet is None else shown(s.outlet)) for s in content.sources),
    )


def _part(content: Content, reviewed: bool) -> Content:
    """The incidents a person has reviewed, or the others, with their claims and sources."""
    incidents = tuple(i for i in content.incidents if (i.review == "reviewed") == reviewed)
    ids = {i.id for i in incidents}
    used = {s for i in incidents for s in i.sources}
    return replace(
        content,
        incidents=incidents,
        claims=tuple(c for c in content.claims if c.incident in ids),
        sources=tuple(s for s in content.sources if s.id in used),
        withheld=tuple((rule, key) for rule, key in content.withheld if key in ids or key in used),
    )


def _data(counted: Callable[[str], Content], formats: Sequence[str], made: Path) -> list[Report]:
    """Each format in up to two files, `FORMAT-reviewed` and `FORMAT-unreviewed`; an empty half is left out."""
    reports = []
    for name in formats:
        content, chosen = counted(name), get_format(name)
        for label, part in (("reviewed", _part(content, True)), ("unreviewed", _part(content, False))):
            if not part.incidents and (label == "reviewed" or content.incidents):
                continue
            target = made / (f"{name}-{label}" if chosen.folder else f"{name}-{label}{chosen.suffix}")
            reports.append(write_content(part, name, target))
    return reports


def _totals(book: Book, asked: Asked, made: Path) -> list[tuple[str, Totals]]:
    """The totals as CSV. None where a delay holds reports back: a total would count what is not to be seen yet."""
    if asked.policy.delay_days:
        return []
    out = []
    for harm, by in TOTALS:
        found = book.totals(
            by, harm, as_of=asked.as_of, rule=asked.rule, classes=asked.classes, grade=asked.grade,
        )  # fmt: skip
        label = "reviewed" if found.read_share == 1 else "unreviewed"
        name = f"totals-{harm}-by-{by}-{label}.csv"
        stream = io.StringIO()
        writer = csv.writer(stream, lineterminator="\r\n")
        writer.writerow([by, "low", "high", "open", "incidents", "low_reviewed", "shown"])
        for row in (*found.rows, found.total):
            name_of = safe.cell(row.label or "total")
            writer.writerow(
                [name_of, row.low, row.high, row.open, row.incidents, row.reviewed_low, safe.cell(shown(row))]
            )
        (made / name).write_bytes(("\ufeff" + stream.getvalue()).encode())
        out.append((name, found))
    return out


# --- the folder ----------------------------------------------------------------------------------


def listed(folder: Path) -> list[Path]:
    """The files of a folder and those below it, in the order of their names; not the checksums."""
    return sorted(
        (p for p in folder.rglob("*") if p.is_file() and p.name != "SHA256SUMS"),
        key=lambda p: p.relative_to(folder).as_posix(),
    )


def sums(folder: Path) -> str:
    """The checksums of a folder's files as `sha256sum` writes them."""
    return "".join(
        f"{hashlib.sha256(p.read_bytes()).hexdigest()}  {p.relative_to(folder).as_posix()}\n" for p in listed(folder)
    )


@contextlib.contextmanager
def _folder(target: Path) -> Iterator[Path]:
    """A folder to write into, renamed to the target when the block ends well, else gone."""
    whole = target.resolve()
    try:
        made = Path(tempfile.mkdtemp(prefix=f".{whole.name}.", suffix=".part", dir=whole.parent))
    except OSError as error:
        raise OutputError(f"{target}: cannot be written: {error.strerror or error}") from error
    try:
        yield made
        os.chmod(made, 0o755)
        if whole.exists():
            whole.rmdir()
        os.replace(made, whole)
    except OSError as error:
        shutil.rmtree(made, ignore_errors=True)
        raise OutputError(f"{target}: cannot be written: {error.strerror or error}") from error
    except BaseException:
        shutil.rmtree(made, ignore_errors=True)
        raise
