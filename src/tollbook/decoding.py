"""Bytes to text: bounded gzip, encodings, and the question whether some bytes are text at all.

Nothing here raises anything but SourceError. Encodings are tried in the order of RFC 8259 and the
WHATWG encoding standard as far as they agree: byte order mark, UTF-8, the charset an HTML page
declares, Windows-1252.
"""

from __future__ import annotations

import codecs
import gzip
import io
import re
import zlib
from typing import IO

from tollbook.errors import SourceError

MAX_FILE = 100_000_000
MAX_UNPACKED = 200_000_000
CHUNK = 1 << 16

_MAGIC = (
    (b"%PDF-", "a PDF"),
    (b"PK\x03\x04", "a ZIP archive or an office document (docx, xlsx, epub)"),
    (b"\xd0\xcf\x11\xe0", "an old Office document"),
    (b"\x89PNG", "a PNG image"),
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"GIF8", "a GIF image"),
    (b"\x7fELF", "a program"),
    (b"\x1f\x8b", "a gzip file without the suffix .gz"),
    (b"{\\rtf", "an RTF document"),
    (b"SQLite format 3\x00", "a SQLite database"),
)
_BOMS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_CHARSET = re.compile(rb"<meta[^>]{0,200}?charset\s{0,5}=\s{0,5}[\"']?\s{0,5}([A-Za-z0-9_:.-]{2,40})", re.I)
_CONTROLS = bytes(c for c in range(32) if c not in (9, 10, 12, 13)) + b"\x7f"
# Encodings whose decoders run programs of their own (escapes, compression) rather than a table of letters.
_NOT_A_CHARSET = {"utf-7", "idna", "punycode", "unicode-escape", "raw-unicode-escape", "undefined", "mbcs", "oem"}


class BoundedGzip(io.RawIOBase):
    """The unpacked bytes of a gzip stream, never more than `limit`.

    Raises SourceError `gzip-too-big` once the limit is passed, `gzip-broken` for a truncated or damaged stream.
    """

    def __init__(self, stream: IO[bytes], limit: int = MAX_UNPACKED) -> None:
        super().__init__()
        self._gzip = gzip.GzipFile(fileobj=stream)
        self._left = limit
        self._limit = limit

    def readable(self) -> bool:
        """Always true."""
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        """Fills `buffer` with unpacked bytes; 0 at the end."""
        try:
            data = self._gzip.read(min(len(buffer), CHUNK))
        except (EOFError, gzip.BadGzipFile, zlib.error) as error:
            raise SourceError(f"the gzip stream is damaged or cut short: {error}", code="gzip-broken") from error
        self._left -= len(data)
        if self._left < 0:
            message = f"unpacks to more than {self._limit // 1_000_000} MB; reading stopped there"
            raise SourceError(message, code="gzip-too-big")
        buffer[: len(data)] = data
        return len(data)


def unpack(stream: IO[bytes]) -> IO[bytes]:
    """A buffered reader over the unpacked bytes of `stream` (see BoundedGzip)."""
    return io.BufferedReader(BoundedGzip(stream), CHUNK)


def read_bounded(stream: IO[bytes], limit: int = MAX_FILE) -> bytes:
    """All bytes of `stream`; SourceError `file-too-big` when there are more than `limit`."""
    parts = []
    left = limit
    while left >= 0 and (part := stream.read(min(CHUNK * 16, left + 1))):
        parts.append(part)
        left -= len(part)
    if left < 0:
        message = f"larger than {limit // 1_000_000} MB, the most that is read as one report"
        raise SourceError(message, code="file-too-big")
    return b"".join(parts)


def bom_encoding(head: bytes) -> str | None:
    """The encoding that a byte order mark at the start names, or None."""
    return next((name for bom, name in _BOMS if head.startswith(bom)), None)


def refuse_binary(head: bytes) -> None:
    """Raises SourceError `not-text` when the first bytes of a file are not text in any encoding tried here."""
    for magic, name in _MAGIC:
        if head.startswith(magic):
            raise SourceError(f"not text: it looks like {name}", code="not-text")
    if not head or bom_encoding(head) or _utf16_without_bom(head):
        return
    controls = len(head) - len(head.translate(None, _CONTROLS))
    if controls * 20 > len(head):
        raise SourceError("not text: too many control bytes (a binary file?)", code="not-text")


def decode(data: bytes, *, is_html: bool = False) -> tuple[str, str | None]:
    """The text of `data`, and a sentence about the encoding where a person should check it (else None).

    Raises SourceError `not-text` for binary data.
    """
    refuse_binary(data[:CHUNK])
    if name := bom_encoding(data):
        try:
            return data.decode(name), None
        except UnicodeDecodeError:
            text = data.decode(name, errors="replace")
            return text, f"not valid {name.upper().removesuffix('-SIG')}: the broken characters were replaced"
    try:
        if not (name := _utf16_without_bom(data[:CHUNK])):
            return data.decode("utf-8"), None
        return data.decode(name), f"read as {name.upper()}, which no byte order mark says"
    except UnicodeDecodeError:
        pass
    if is_html and (name := _declared(data[:4096])):
        try:
            return data.decode(name), None
        except (UnicodeDecodeError, LookupError):
            pass
    return _guess(data)


def _guess(data: bytes) -> tuple[str, str]:
    """Text that is not valid UTF-8: UTF-8 with a few broken bytes, or Windows-1252."""
    replaced = data.decode("utf-8", errors="replace")
    broken = replaced.count("�")
    sound = sum(1 for c in replaced if ord(c) > 127) - broken
    if sound > broken:
        return replaced, f"not valid UTF-8: {broken} broken characters were replaced"
    text = data.decode("cp1252", errors="replace")
    return text, "not UTF-8: read as Windows-1252; check accented letters, or convert the file to UTF-8"


def _utf16_without_bom(head: bytes) -> str | None:
    """UTF-16 text in Latin letters has a NUL in every other place."""
    if len(head) < 8:
        return None
    pairs = len(head) // 2
    if head[1 : pairs * 2 : 2].count(0) > 0.7 * pairs and head[: pairs * 2 : 2].count(0) < 0.05 * pairs:
        return "utf-16-le"
    if head[: pairs * 2 : 2].count(0) > 0.7 * pairs and head[1 : pairs * 2 : 2].count(0) < 0.05 * pairs:
        return "utf-16-be"
    return None


def _declared(head: bytes) -> str | None:
    match = _CHARSET.search(head)
    if not match:
        return None
    try:
        info = codecs.lookup(match.group(1).decode("ascii"))
    except LookupError:
        return None
    if info.name.replace("_", "-") in _NOT_A_CHARSET or not getattr(info, "_is_text_encoding", False):
        return None
    return info.name
