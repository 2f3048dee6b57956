"""Files, folders and standard input to raw reports, one at a time, in a fixed order.

What cannot be read becomes an `Issue` that names file and line; nothing is raised, and the rest is
still read. JSON Lines and CSV are streamed: no more than one row is held.
"""

from __future__ import annotations

import csv
import errno
import hashlib
import io
import json
import os
import re
import stat
from collections import Counter, deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import IO, Any

from tollbook import decoding
from tollbook.errors import SourceError
from tollbook.model import Issue, RawReport

MAX_LINE = 32_000_000
STDIN = "<stdin>"

SUFFIXES = {
    ".txt": "text", ".text": "text", ".html": "html", ".htm": "html",
    ".jsonl": "jsonl", ".ndjson": "jsonl", ".csv": "csv",
}  # fmt: skip
SUFFIX_LIST = ".txt .text .html .htm .jsonl .ndjson .csv, each also with .gz"
ID_FIELDS = ("doc_id", "docid", "id")
TEXT_FIELDS = ("outlet", "published", "title", "url")
BODY_FIELDS = ("text", "html")
KNOWN_FIELDS = frozenset(ID_FIELDS + TEXT_FIELDS + BODY_FIELDS)

_HTML_START = re.compile(
    r"\s{0,99}(?:<\?xml[^>]{0,200}>\s{0,50})?(?:<!--[^>]{0,500}-->\s{0,50})?<(?:!doctype\s+html|html|head|body)\b",
    re.I,
)

Item = RawReport | Issue


@dataclass
class _Seen:
    """The ids given so far, with where each was and the hash of its raw bytes."""

    ids: dict[str, tuple[str, str]] = field(default_factory=dict)

    def claim(self, raw: RawReport, *, derived: bool) -> Item:
        """`raw`, or an Issue when its id is taken. An id made from a file name gives way to a longer one."""
        place = _place(raw.file, raw.line)
        if raw.doc_id not in self.ids:
            self.ids[raw.doc_id] = (place, raw.raw_sha256)
            return raw
        where, digest = self.ids[raw.doc_id]
        if derived and digest != raw.raw_sha256 and raw.file:
            for doc_id in _longer_ids(raw):
                if doc_id not in self.ids:
                    self.ids[doc_id] = (place, raw.raw_sha256)
                    return _with_id(raw, doc_id)
        same = "; it is the same text" if digest == raw.raw_sha256 else "; the texts differ"
        message = f"the id {raw.doc_id!r} was already used at {where}{same}; this one is not read"
        return Issue("duplicate-id", message, doc_id=raw.doc_id, file=raw.file, line=raw.line)


def read_sources(paths: Sequence[str | Path], *, stdin: IO[bytes] | None = None) -> Iterator[RawReport | Issue]:
    """Yields the reports of files, folders (recursive, sorted, hidden entries skipped) and `-` (stdin), and Issues.

    Ids are unique over one call: a stated id that comes again is an Issue `duplicate-id` and not
    read; an id made from a file name is lengthened by suffix and folder. Never raises for an input;
    OSErrors, bad encodings, broken gzip, JSON and CSV become Issues.
    """
    seen = _Seen()
    for path in paths:
        if str(path) == "-":
            yield from _guarded(STDIN, _read_stdin(stdin, seen))
        else:
            yield from _guarded(str(path), _read_path(Path(path), seen))


def _guarded(name: str, items: Iterator[Item]) -> Iterator[Item]:
    """Passes items on; an error that ends them becomes the Issue about that file."""
    try:
        yield from items
    except SourceError as error:
        yield Issue(error.code, f"{name}: {error}", file=error.file or name, line=error.line)
    except OSError as error:
        yield _os_issue(name, error)
    except ValueError as error:  # a path with a NUL in it
        yield Issue("not-found", f"{name!r}: not a usable path: {error}", file=name)


def _os_issue(name: str, error: OSError) -> Issue:
    if error.errno in (errno.ENOENT, errno.ENOTDIR, errno.ENAMETOOLONG):
        return Issue("not-found", f"{name}: there is no such file or folder", file=name)
    if error.errno in (errno.EACCES, errno.EPERM):
        return Issue("not-readable", f"{name}: no permission to read it", file=name)
    if error.errno == errno.ELOOP:
        return Issue("symlink-loop", f"{name}: a symbolic link that leads to itself", file=name)
    return Issue("not-readable", f"{name}: cannot be read: {error.strerror or error}", file=name)


# --- paths --------------------------------------------------------------------------------------


def _read_path(path: Path, seen: _Seen) -> Iterator[Item]:
    mode = path.stat().st_mode
    if stat.S_ISDIR(mode):
        yield from _read_folder(path, seen)
    elif stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode):
        with path.open("rb") as stream:
            yield from _read_unnamed(stream, str(path), path.name, seen)
    elif not stat.S_ISREG(mode):
        yield Issue("not-readable", f"{path}: neither a file nor a folder", file=str(path))
    else:
        kind, packed, stem = _kind(path.name)
        if kind is None:
            message = f"{path}: unknown kind of file; read are {SUFFIX_LIST}"
            yield Issue("unknown-suffix", message, file=str(path))
        else:
            yield from _read_file(path, kind, packed, stem, seen)


def _kind(name: str) -> tuple[str | None, bool, str]:
    """Format by suffix, whether gzipped, and the name without suffixes."""
    packed = name.lower().endswith(".gz")
    bare = name[:-3] if packed else name
    stem, suffix = os.path.splitext(bare)
    return SUFFIXES.get(suffix.lower()), packed, stem or bare


def _read_folder(root: Path, seen: _Seen) -> Iterator[Item]:
    """Every readable file below `root`; other suffixes are counted in one Issue at the end."""
    others: Counter[str] = Counter()
    for entry in _walk(root):
        if isinstance(entry, Issue):
            yield entry
            continue
        kind, packed, stem = _kind(entry.name)
        if kind is None:
            others["".join(entry.suffixes[-1:]).lower() or "no suffix"] += 1
            continue
        doc_id = (entry.parent.relative_to(root) / stem).as_posix()
        yield from _guarded(str(entry), _read_file(entry, kind, packed, doc_id, seen))
    if others:
        counts = ", ".join(f"{suffix} {n}" for suffix, n in sorted(others.items()))
        message = f"{root}: {others.total()} files of other kinds not read ({counts}); read are {SUFFIX_LIST}"
        yield Issue("skipped-files", message, file=str(root))


def _walk(root: Path) -> Iterator[Path | Issue]:
    """Files below `root` in sorted order, following links but never into a folder already entered."""
    stack: list[Path] = [root]
    entered: set[tuple[int, int]] = set()
    while stack:
        path = stack.pop()
        try:
            info = path.stat()
            if stat.S_ISREG(info.st_mode):
                yield path
                continue
            if not stat.S_ISDIR(info.st_mode):
                continue
            if (info.st_dev, info.st_ino) in entered:
                message = f"{path}: a link to a folder that is already being read; not followed"
                yield Issue("symlink-loop", message, file=str(path))
                continue
            entered.add((info.st_dev, info.st_ino))
            names = sorted((n for n in os.listdir(path) if not n.startswith(".")), reverse=True)
            stack.extend(path / name for name in names)
        except OSError as error:
            yield _os_issue(str(path), error)


# --- one file -----------------------------------------------------------------------------------


def _read_file(path: Path, kind: str, packed: bool, doc_id: str, seen: _Seen) -> Iterator[Item]:
    if kind in ("text", "html") and not packed and path.stat().st_size > decoding.MAX_FILE:
        limit = decoding.MAX_FILE // 1_000_000
        raise SourceError(f"larger than {limit} MB, the most that is read as one report", code="file-too-big")
    with path.open("rb") as file:
        stream: IO[bytes] = decoding.unpack(file) if packed else file
        yield from _read_stream(stream, kind, str(path), doc_id, seen)


def _read_stdin(stdin: IO[bytes] | None, seen: _Seen) -> Iterator[Item]:
    if stdin is None:
        raise SourceError("nothing was given on standard input", code="not-found")
    yield from _read_unnamed(stdin, STDIN, "stdin", seen)


def _read_unnamed(stream: IO[bytes], name: str, doc_id: str, seen: _Seen) -> Iterator[Item]:
    """A stream without a suffix: gzip by its first bytes, the format by the first line."""
    buffered = _buffered(stream)
    if _peek(buffered)[:2] == b"\x1f\x8b":
        buffered = _buffered(decoding.unpack(buffered))
    yield from _read_stream(buffered, _sniff(_peek(buffered)), name, doc_id, seen)


class _Raw(io.RawIOBase):
    """Any object with `read`, as a raw stream (a test's BytesIO and a pipe alike)."""

    def __init__(self, stream: IO[bytes]) -> None:
        super().__init__()
        self._stream = stream

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        data = self._stream.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)


def _buffered(stream: IO[bytes]) -> io.BufferedReader:
    return io.BufferedReader(_Raw(stream), decoding.CHUNK)


def _peek(stream: io.BufferedReader) -> bytes:
    return stream.peek(decoding.CHUNK)[: decoding.CHUNK]


def _sniff(head: bytes) -> str:
    """Format of a stream by its beginning; plain text when nothing else is plain."""
    name = decoding.bom_encoding(head) or "utf-8"
    start = head[: len(head) // 4 * 4].decode(name, errors="replace").lstrip("\ufeff \t\r\n")
    first = start.split("\n", 1)[0].rstrip("\r")
    if start.startswith("{"):
        return "jsonl"
    if _HTML_START.match(start):
        return "html"
    if _delimiter(first) is not None:
        return "csv"
    return "text"


def _read_stream(stream: IO[bytes], kind: str, name: str, doc_id: str, seen: _Seen) -> Iterator[Item]:
    if kind in ("text", "html"):
        yield from _read_single(stream, kind, name, doc_id, seen)
        return
    lines = _Lines(stream, name)
    rows = _json_rows(lines, name, doc_id) if kind == "jsonl" else _csv_rows(lines, name, doc_id)
    for row in rows:
        if isinstance(row, Issue):
            yield row
        else:
            yield seen.claim(row, derived=False)
    yield from lines.issues()
    if lines.empty:
        yield Issue("empty-file", f"{name}: the file is empty", file=name)


def _read_single(stream: IO[bytes], kind: str, name: str, doc_id: str, seen: _Seen) -> Iterator[Item]:
    data = decoding.read_bounded(stream)
    if not data.strip(b" \t\r\n\x00\xef\xbb\xbf"):
        raise SourceError("the file is empty", code="empty-file")
    text, remark = decoding.decode(data, is_html=kind == "html")
    if remark:
        yield Issue("encoding", f"{name}: {remark}", doc_id=doc_id, file=name)
    is_html = kind == "html" or bool(_HTML_START.match(text.lstrip("\ufeff")))
    digest = hashlib.sha256(data).hexdigest()
    yield seen.claim(RawReport(_one_line(doc_id), text, is_html, digest, file=name), derived=True)


# --- lines --------------------------------------------------------------------------------------


class _Lines:
    """Numbered lines of a byte stream as (number, text, raw bytes), with a bound on each line's length.

    UTF-16 and UTF-32 (by their byte order mark) are decoded; the raw bytes are then those of the line in UTF-8.
    """

    def __init__(self, stream: IO[bytes], name: str) -> None:
        self._name = name
        self._back: deque[tuple[int, str, bytes]] = deque()
        self._issues: list[Issue] = []
        self.empty = True
        self._lines = self._read(stream)

    def __iter__(self) -> Iterator[tuple[int, str, bytes]]:
        return self

    def __next__(self) -> tuple[int, str, bytes]:
        return self._back.popleft() if self._back else next(self._lines)

    def put_back(self, lines: Iterable[tuple[int, str, bytes]]) -> None:
        """Lines that will be given again, in this order, before the next new one."""
        self._back.extendleft(reversed(list(lines)))

    def issues(self) -> list[Issue]:
        """Issues met since the last call (over-long lines, encodings)."""
        found, self._issues = self._issues, []
        return found

    def _read(self, stream: IO[bytes]) -> Iterator[tuple[int, str, bytes]]:
        buffered = _buffered(stream)
        head = _peek(buffered)
        decoding.refuse_binary(head)
        wide = decoding.bom_encoding(head)
        if wide and wide != "utf-8-sig":
            yield from self._read_wide(buffered, wide)
            return
        number = 0
        while line := buffered.readline(MAX_LINE + 1):
            number += 1
            if len(line) > MAX_LINE:
                self._too_long(number)
                while line and not line.endswith(b"\n"):
                    line = buffered.readline(decoding.CHUNK)
                continue
            if number == 1:
                line = line.removeprefix(b"\xef\xbb\xbf")
            if line.strip():
                self.empty = False
            yield number, self._decode(line, number), line

    def _read_wide(self, stream: IO[bytes], encoding: str) -> Iterator[tuple[int, str, bytes]]:
        text = io.TextIOWrapper(stream, encoding=encoding, errors="replace", newline="\n")
        number = 0
        while line := text.readline(MAX_LINE):
            number += 1
            if len(line) >= MAX_LINE and not line.endswith("\n"):
                self._too_long(number)
                while line and not line.endswith("\n"):
                    line = text.readline(decoding.CHUNK)
                continue
            if line.strip():
                self.empty = False
            yield number, line, line.encode("utf-8", errors="replace")

    def _decode(self, line: bytes, number: int) -> str:
        try:
            return line.decode("utf-8")
        except UnicodeDecodeError:
            try:
                text, remark = decoding.decode(line)
            except SourceError:
                text, remark = line.decode("cp1252", errors="replace"), "not UTF-8"
            message = f"{_place(self._name, number)}: {remark}"
            self._issues.append(Issue("encoding", message, file=self._name, line=number))
            return text

    def _too_long(self, number: int) -> None:
        message = f"{_place(self._name, number)}: a line of over {MAX_LINE // 1_000_000} MB; not read"
        self._issues.append(Issue("line-too-long", message, file=self._name, line=number))


# --- rows ---------------------------------------------------------------------------------------


def _json_rows(lines: _Lines, name: str, stem: str) -> Iterator[Item]:
    for number, text, raw in lines:
        yield from lines.issues()
        if not text.strip():
            continue
        place = _place(name, number)
        try:
            row = json.loads(text)
        except (ValueError, RecursionError) as error:
            reason = getattr(error, "msg", None) or "nested too deeply, or a number too long"
            column = f", column {error.colno}" if isinstance(error, json.JSONDecodeError) else ""
            yield Issue("bad-json", f"{place}: not JSON: {reason}{column}", file=name, line=number)
            continue
        if not isinstance(row, dict):
            message = f"{place}: a JSON object is needed on each line, this is {_json_kind(row)}"
            yield Issue("bad-json", message, file=name, line=number)
            continue
        yield from _row(row, name, number, stem, hashlib.sha256(raw.rstrip(b"\r\n")).hexdigest())


def _json_kind(value: object) -> str:
    names = {list: "an array", str: "a string", bool: "true or false", type(None): "null"}
    return names.get(type(value), "a number")


def _csv_rows(lines: _Lines, name: str, stem: str) -> Iterator[Item]:
    first = next(((n, text, raw) for n, text, raw in lines if text.strip()), None)
    if first is None:
        return
    delimiter = _delimiter(first[1])
    header: list[str] | None = None
    if csv.field_size_limit() < MAX_LINE:
        csv.field_size_limit(MAX_LINE)
    lines.put_back([first])
    for cells in _records(lines, name, delimiter or ","):
        yield from lines.issues()
        if isinstance(cells, Issue):
            yield cells
            continue
        values, number, digest = cells
        if header is None:
            header = [_column(v) for v in values]
            if not set(header) & set(BODY_FIELDS):
                message = (
                    f"{_place(name, number)}: no column named text or html; the columns are {', '.join(values)[:300]}. "
                    f"Needed: text or html. Used where present: doc_id (or docid, id), outlet, published, title, url"
                )
                yield Issue("missing-columns", message, file=name, line=number)
                return
            if repeated := sorted(c for c, n in Counter(header).items() if n > 1 and c in KNOWN_FIELDS):
                message = f"{_place(name, number)}: columns given twice: {', '.join(repeated)}"
                yield Issue("bad-csv", message, file=name, line=number)
                return
            continue
        if not any(v.strip() for v in values):
            continue
        if len(values) > len(header):
            message = (
                f"{_place(name, number)}: {len(values)} cells, but the header has {len(header)}; "
                f"a text that holds the delimiter must stand in quotation marks"
            )
            yield Issue("bad-csv", message, file=name, line=number)
            continue
        row = {c: v for c, v in zip(header, values, strict=False) if v or c not in KNOWN_FIELDS}
        yield from _row(row, name, number, stem, digest)


def _column(name: str) -> str:
    """Known columns in any case; others as written."""
    low = name.strip().lower()
    return low if low in KNOWN_FIELDS else name.strip()


def _delimiter(header: str) -> str | None:
    """The delimiter under which a first line has a column text or html, or None. Excel writes `;` in much of Europe."""
    for delimiter in ",;\t":
        names = {_column(c.strip().strip('"')) for c in header.strip("\r\n").split(delimiter)}
        if len(names) > 1 and names & set(BODY_FIELDS):
            return delimiter
    return None


def _records(lines: _Lines, name: str, delimiter: str) -> Iterator[tuple[list[str], int, str] | Issue]:
    """CSV records as (cells, first line's number, SHA-256 of the record's bytes), Issues for broken quoting.

    After a quotation mark that is never closed, reading goes on with the line after it, a few times.
    """
    used: list[tuple[int, str, bytes]] = []

    def feed() -> Iterator[str]:
        for line in lines:
            used.append(line)
            yield line[1]

    restarts = 20
    reader = csv.reader(feed(), delimiter=delimiter, strict=True)
    while True:
        used.clear()
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            number = used[0][0] if used else 1
            message = f"{_place(name, number)}: broken CSV: {error}"
            if len(used) > 1:
                message += f" (a quotation mark opened here is not closed by line {used[-1][0]})"
            yield Issue("bad-csv", message, file=name, line=number)
            if len(used) > 1:
                restarts -= 1
                if restarts < 0:
                    yield Issue("bad-csv", f"{name}: too much broken quoting; reading stopped", file=name, line=number)
                    return
                lines.put_back(used[1:])
                reader = csv.reader(feed(), delimiter=delimiter, strict=True)
            continue
        raw = b"".join(raw for _, _, raw in used).rstrip(b"\r\n")
        yield cells, used[0][0] if used else 1, hashlib.sha256(raw).hexdigest()


def _row(row: dict[str, Any], name: str, number: int, stem: str, digest: str) -> Iterator[Item]:
    """The report of one JSON object or CSV row; an Issue for each field of the wrong type."""
    place = _place(name, number)
    doc_id = f"{stem}:{number}"
    for key in ID_FIELDS:
        value = row.get(key)
        if isinstance(value, int) and not isinstance(value, bool):
            value = str(value)
        if isinstance(value, str) and value.strip():
            doc_id = _one_line(value)
            break
        if value not in (None, ""):
            message = f"{place}: {key} must be a string or a whole number, not {_json_kind(value)}"
            yield Issue("bad-field", message, file=name, line=number)
    body = None
    for key in BODY_FIELDS:
        value = row.get(key)
        if value is not None and not isinstance(value, str):
            message = f"{place}: {key} must be a string, not {_json_kind(value)}"
            yield Issue("bad-field", message, doc_id=doc_id, file=name, line=number)
        elif value and value.strip() and body is None:
            body = (value, key == "html" or bool(_HTML_START.match(value)))
    if body is None:
        missing = not any(row.get(key) is not None for key in BODY_FIELDS)
        message = f"{place}: no text: the field text or html is {'missing' if missing else 'empty or unusable'}"
        yield Issue("missing-text", message, doc_id=doc_id, file=name, line=number)
        return
    values: dict[str, str | None] = {}
    for key in TEXT_FIELDS:
        value = row.get(key)
        if value is not None and not isinstance(value, str):
            message = f"{place}: {key} must be a string, not {_json_kind(value)}; left out"
            yield Issue("bad-field", message, doc_id=doc_id, file=name, line=number)
            value = None
        values[key] = value.strip() or None if value else None
    yield RawReport(
        doc_id, body[0], body[1], digest,
        title=values["title"], outlet=values["outlet"], published=values["published"], url=values["url"],
        file=name, line=number, extra={k: v for k, v in row.items() if k not in KNOWN_FIELDS},
    )  # fmt: skip


# --- names --------------------------------------------------------------------------------------


def _place(file: str | None, line: int | None) -> str:
    return f"{file or '?'}:{line}" if line is not None else file or "?"


def _one_line(doc_id: str) -> str:
    """An id as one line of at most 300 characters that any output can carry."""
    safe = doc_id.encode("utf-8", errors="replace").decode("utf-8")
    return " ".join("".join(c if c.isprintable() else " " for c in safe).split())[:300] or "unnamed"


def _longer_ids(raw: RawReport) -> Iterator[str]:
    path = Path(raw.file or "")
    yield raw.doc_id + "".join(path.suffixes[-2:])
    yield _one_line(f"{path.parent.name}/{raw.doc_id}")
    yield _one_line(path.as_posix())


def _with_id(raw: RawReport, doc_id: str) -> RawReport:
    return replace(raw, doc_id=doc_id)
