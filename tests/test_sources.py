"""Sources: every kind of input, and every kind of bad input, as reports and Issues."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import os
import zlib
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tollbook import decoding, sources
from tollbook.model import Issue, RawReport
from tollbook.sources import read_sources

TEXT = "Two people died in Gao on Monday, officials said."


def read(*paths: str | Path, stdin: bytes | None = None) -> tuple[list[RawReport], list[Issue]]:
    items = list(read_sources(paths, stdin=io.BytesIO(stdin) if stdin is not None else None))
    return [i for i in items if isinstance(i, RawReport)], [i for i in items if isinstance(i, Issue)]


def codes(issues: list[Issue]) -> list[str]:
    return [i.code for i in issues]


def put(path: Path, data: bytes | str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    return path


def rows(*values: dict) -> str:
    return "".join(json.dumps(v) + "\n" for v in values)


# --- kinds of input -----------------------------------------------------------------------------


def test_text_and_html_files(tmp_path: Path) -> None:
    text = put(tmp_path / "a.txt", TEXT)
    page = put(tmp_path / "b.HTM", f"<html><body>{TEXT}</body></html>")
    reports, issues = read(text, page)
    assert [(r.doc_id, r.is_html, r.file) for r in reports] == [("a", False, str(text)), ("b", True, str(page))]
    assert reports[0].raw_sha256 == hashlib.sha256(TEXT.encode()).hexdigest()
    assert issues == []


def test_folder_is_read_in_order_without_hidden_files(tmp_path: Path) -> None:
    for name in ("b/y.txt", "b/x.txt", "a.txt", ".hidden.txt", ".git/c.txt"):
        put(tmp_path / name, TEXT + name)
    put(tmp_path / "notes.pdf", b"x")
    put(tmp_path / "b" / "more.pdf", b"x")
    put(tmp_path / "LICENSE", b"x")
    reports, issues = read(tmp_path)
    assert [r.doc_id for r in reports] == ["a", "b/x", "b/y"]
    assert codes(issues) == ["skipped-files"]
    assert "3 files" in issues[0].message
    assert ".pdf 2" in issues[0].message


def test_json_lines(tmp_path: Path) -> None:
    row = {"docid": 7, "outlet": "Post", "published": "2014-01-02", "title": "T", "text": TEXT, "url": "u", "desk": [1]}
    path = put(tmp_path / "a.jsonl", rows(row) + "\n" + rows({"id": "h", "html": "<p>x</p>"}, {"text": TEXT}))
    reports, issues = read(path)
    first = reports[0]
    assert (first.doc_id, first.outlet, first.published) == ("7", "Post", "2014-01-02")
    assert (first.title, first.url) == ("T", "u")
    assert (first.file, first.line, dict(first.extra)) == (str(path), 1, {"desk": [1]})
    assert first.raw_sha256 == hashlib.sha256(json.dumps(row).encode()).hexdigest()
    assert [(r.doc_id, r.is_html, r.line) for r in reports[1:]] == [("h", True, 3), ("a:4", False, 4)]
    assert issues == []


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_csv(tmp_path: Path, delimiter: str) -> None:
    head = delimiter.join(["Doc_ID", "Published", "Text", "desk"])
    line = delimiter.join(["r1", "2014-01-02", f'"{TEXT}\nA second ""line""."', "x"])
    path = put(tmp_path / "a.csv", f"\ufeff{head}\r\n{line}\r\nr2{delimiter}{delimiter}{TEXT.split(',')[0]}\r\n")
    reports, issues = read(path)
    assert [(r.doc_id, r.published, r.line) for r in reports] == [("r1", "2014-01-02", 2), ("r2", None, 4)]
    assert reports[0].body == f'{TEXT}\nA second "line".'
    assert dict(reports[0].extra) == {"desk": "x"}
    assert issues == []


@pytest.mark.parametrize("name", ["a.txt.gz", "a.html.gz", "a.jsonl.gz", "a.csv.gz"])
def test_gzip(tmp_path: Path, name: str) -> None:
    data = {"a.jsonl.gz": rows({"id": "a", "text": TEXT}), "a.csv.gz": f'id,text\na,"{TEXT}"\n'}.get(name, TEXT)
    reports, issues = read(put(tmp_path / name, gzip.compress(data.encode())))
    assert [(r.doc_id, r.body) for r in reports] == [("a", TEXT)]
    assert issues == []


@pytest.mark.parametrize(
    ("data", "is_html", "doc_id"),
    [
        (TEXT.encode(), False, "stdin"),
        (b"<!DOCTYPE html><html><body>x</body></html>", True, "stdin"),
        (rows({"id": "j", "text": TEXT}).encode(), False, "j"),
        (f'id,text\nc,"{TEXT}"\n'.encode(), False, "c"),
        (gzip.compress(rows({"id": "z", "text": TEXT}).encode(), mtime=0), False, "z"),
        (TEXT.encode("utf-16"), False, "stdin"),
    ],
)
def test_standard_input_is_told_by_its_beginning(data: bytes, is_html: bool, doc_id: str) -> None:
    reports, issues = read("-", stdin=data)
    assert [(r.doc_id, r.is_html, r.file) for r in reports] == [(doc_id, is_html, "<stdin>")]
    assert issues == []


# --- ids ----------------------------------------------------------------------------------------


def test_stated_id_twice(tmp_path: Path) -> None:
    a = put(tmp_path / "a.jsonl", rows({"id": "x", "text": "One."}, {"id": "x", "text": "One."}))
    b = put(tmp_path / "b.jsonl", rows({"id": "x", "text": "Two."}, {"id": "y", "text": "Two."}))
    reports, issues = read(a, b)
    assert [(r.doc_id, r.body) for r in reports] == [("x", "One."), ("y", "Two.")]
    assert codes(issues) == ["duplicate-id", "duplicate-id"]
    assert "the same text" in issues[0].message
    assert f"{a}:1" in issues[1].message
    assert "the texts differ" in issues[1].message


def test_file_names_give_unique_ids(tmp_path: Path) -> None:
    paths = [put(tmp_path / n, n) for n in ("a/x.txt", "a/x.html", "b/x.txt")]
    reports, issues = read(*paths, paths[0])
    assert [r.doc_id for r in reports] == ["x", "x.html", "x.txt"]
    assert codes(issues) == ["duplicate-id"]


# --- bad input ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "data", "code", "words"),
    [
        ("a.txt", b"", "empty-file", "empty"),
        ("a.txt", b" \r\n\t\n", "empty-file", "empty"),
        ("a.jsonl", b"\n\n", "empty-file", "empty"),
        ("a.csv", b"", "empty-file", "empty"),
        ("a.txt", bytes(range(256)) * 20, "not-text", "binary"),
        ("a.txt", b"%PDF-1.7\n%abc", "not-text", "PDF"),
        ("a.html", b"PK\x03\x04rest", "not-text", "office document"),
        ("a.csv", b"\x89PNG\r\n\x1a\n", "not-text", "PNG"),
        ("a.txt.gz", gzip.compress(TEXT.encode() * 50, mtime=0)[:-20], "gzip-broken", "cut short"),
        ("a.jsonl.gz", b"no gzip at all", "gzip-broken", "damaged"),
        ("a.pdf", b"x", "unknown-suffix", ".jsonl"),
        ("a.jsonl", b"{'id': 1}\n", "bad-json", ":1: not JSON"),
        ("a.jsonl", b"[" * 100_000 + b"\n", "bad-json", ":1"),
        ("a.jsonl", b'{"text": ' + b"9" * 10_000 + b"}\n", "bad-json", ":1"),
        ("a.jsonl", b"[1, 2]\n", "bad-json", "an array"),
        ("a.jsonl", b'{"id": "x"}\n', "missing-text", "text or html is missing"),
        ("a.jsonl", b'{"id": "x", "text": ""}\n', "missing-text", "empty"),
        ("a.csv", b"id,headline\n1,x\n", "missing-columns", "Needed: text or html"),
        ("a.csv", b"id,text,text\n1,x,y\n", "bad-csv", "given twice"),
        ("a.csv", b"id,text\n1,Two died, one lived\n", "bad-csv", "3 cells"),
        ("a.csv", b'id,text\n1,"Two" died\n', "bad-csv", ":2: broken CSV"),
    ],
)
def test_bad_file(tmp_path: Path, name: str, data: bytes, code: str, words: str) -> None:
    bad = put(tmp_path / name, data)
    good = put(tmp_path / "good.txt", TEXT)
    reports, issues = read(bad, good)
    assert [r.doc_id for r in reports] == ["good"]
    assert codes(issues) == [code]
    assert words in issues[0].message
    assert str(bad) in issues[0].message
    assert issues[0].file == str(bad)


def test_fields_of_the_wrong_type(tmp_path: Path) -> None:
    path = put(tmp_path / "a.jsonl", rows({"id": True, "text": TEXT, "title": 5, "outlet": None}, {"text": [1]}))
    reports, issues = read(path)
    assert [(r.doc_id, r.title) for r in reports] == [("a:1", None)]
    assert codes(issues) == ["bad-field", "bad-field", "bad-field", "missing-text"]
    assert [i.line for i in issues] == [1, 1, 2, 2]


def test_a_bad_line_does_not_stop_the_others(tmp_path: Path) -> None:
    reports, issues = read(put(tmp_path / "a.jsonl", rows({"id": "a", "text": "A"}) + "oops\n" + rows({"text": "B"})))
    assert [r.doc_id for r in reports] == ["a", "a:3"]
    assert [(i.code, i.line) for i in issues] == [("bad-json", 2)]


def test_a_quotation_mark_that_is_never_closed(tmp_path: Path) -> None:
    reports, issues = read(put(tmp_path / "a.csv", 'id,text\na,One\nb,"Two\nc,Three\nd,Four\n'))
    assert [(r.doc_id, r.body) for r in reports] == [("a", "One"), ("c", "Three"), ("d", "Four")]
    assert [(i.code, i.line) for i in issues] == [("bad-csv", 3)]


def test_long_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sources, "MAX_LINE", 100)
    path = put(tmp_path / "a.jsonl", rows({"text": "x" * 300}, {"id": "b", "text": "B"}))
    reports, issues = read(path)
    assert [r.doc_id for r in reports] == ["b"]
    assert [(i.code, i.line) for i in issues] == [("line-too-long", 1)]


def test_file_of_over_100_mb(tmp_path: Path) -> None:
    path = tmp_path / "big.txt"
    with path.open("wb") as file:
        file.truncate(decoding.MAX_FILE + 1)
    reports, issues = read(path)
    assert (reports, codes(issues)) == ([], ["file-too-big"])
    assert "100 MB" in issues[0].message


@pytest.fixture(scope="module")
def bomb() -> bytes:
    packer = zlib.compressobj(1, zlib.DEFLATED, 31)
    return b"".join(packer.compress(b"0" * 1_000_000) for _ in range(210)) + packer.flush()


@pytest.mark.parametrize(
    ("name", "expected"),
    [("bomb.txt.gz", ["file-too-big"]), ("bomb.jsonl.gz", ["gzip-too-big"]), ("bomb.csv.gz", ["gzip-too-big"])],
)
def test_gzip_that_unpacks_too_far(tmp_path: Path, bomb: bytes, name: str, expected: list[str]) -> None:
    reports, issues = read(put(tmp_path / name, bomb))
    assert (reports, codes(issues)) == ([], expected)


def test_gzip_limit_is_the_streams(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decoding.BoundedGzip.__init__, "__defaults__", (1000,))
    data = gzip.compress(rows({"id": "a", "text": "A"}, *({"text": f"{i} " * 50} for i in range(3000))).encode())
    _, issues = read(put(tmp_path / "a.jsonl.gz", data))
    assert codes(issues) == ["gzip-too-big"]


@pytest.mark.parametrize(
    ("data", "body", "remark"),
    [
        (b"\xef\xbb\xbfcaf\xc3\xa9", "café", None),
        ("café dead".encode("utf-16"), "café dead", None),
        ("café dead".encode("utf-16-le"), "café dead", "UTF-16-LE"),
        ("café".encode("utf-32"), "café", None),
        (b"\x93caf\xe9\x94 \x96 six dead", "“café” – six dead", "Windows-1252"),
        ("“été” à Gao".encode() + b"\xff.", "“été” à Gao\ufffd.", "broken characters"),
    ],
)
def test_encodings(tmp_path: Path, data: bytes, body: str, remark: str | None) -> None:
    reports, issues = read(put(tmp_path / "a.txt", data))
    assert reports[0].body == body
    assert codes(issues) == (["encoding"] if remark else [])
    assert not remark or remark in issues[0].message


def test_html_charset(tmp_path: Path) -> None:
    page = '<html><head><meta charset="windows-1251"></head><body>Донецк</body></html>'
    reports, issues = read(put(tmp_path / "a.html", page.encode("cp1251")))
    assert "Донецк" in reports[0].body
    assert issues == []


@pytest.mark.parametrize("charset", ["utf-7", "rot13", "unicode_escape", "no-such-thing"])
def test_html_charset_that_is_none(tmp_path: Path, charset: str) -> None:
    page = f'<html><head><meta charset="{charset}"></head><body>caf\xe9</body></html>'
    reports, issues = read(put(tmp_path / "a.html", page.encode("latin-1")))
    assert "café" in reports[0].body
    assert codes(issues) == ["encoding"]


def test_json_lines_in_other_encodings(tmp_path: Path) -> None:
    line = '{"id": "a", "text": "été"}\n'
    wide, western = (put(tmp_path / f"{e}.jsonl", line.encode(e)) for e in ("utf-16", "cp1252"))
    reports, issues = read(wide, western)
    assert [r.body for r in reports] == ["été"]
    assert codes(issues) == ["encoding", "duplicate-id"]


def test_nuls_in_text_are_left_to_cleaning(tmp_path: Path) -> None:
    reports, issues = read(put(tmp_path / "a.txt", TEXT.encode() * 3 + b"\0"))
    assert len(reports) == 1
    assert issues == []


def test_paths_that_cannot_be_read(tmp_path: Path) -> None:
    closed = put(tmp_path / "closed.txt", TEXT)
    closed.chmod(0)
    loop = tmp_path / "loop.txt"
    loop.symlink_to(loop)
    reports, issues = read(tmp_path / "none.txt", "bad\0path", loop, "x" * 5000)
    assert reports == []
    assert codes(issues) == ["not-found", "not-found", "symlink-loop", "not-found"]
    if os.geteuid() != 0:
        assert codes(read(closed)[1]) == ["not-readable"]


def test_devices_are_not_read() -> None:
    assert codes(read("/dev/zero")[1]) == ["not-readable"]


def test_folder_that_holds_itself(tmp_path: Path) -> None:
    put(tmp_path / "in" / "a.txt", TEXT)
    (tmp_path / "in" / "again").symlink_to(tmp_path)
    reports, issues = read(tmp_path)
    assert [r.doc_id for r in reports] == ["in/a"]
    assert codes(issues) == ["symlink-loop"]


def test_nothing_on_standard_input() -> None:
    assert codes(read("-")[1]) == ["not-found"]
    assert codes(read("-", stdin=b"")[1]) == ["empty-file"]


# --- any bytes ----------------------------------------------------------------------------------


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    data=st.one_of(
        st.binary(max_size=400),
        st.text(max_size=200).map(lambda t: t.encode("utf-8", "replace")),
        st.lists(st.sampled_from(['{"text":"a"}', '"', ",", "\n", "id,text\n", "<html>", "\0", "é"]), max_size=20).map(
            lambda parts: "".join(parts).encode()
        ),
    ),
    suffix=st.sampled_from([".txt", ".html", ".jsonl", ".csv", ".txt.gz", ".csv.gz"]),
    pack=st.booleans(),
)
def test_any_bytes_give_reports_or_issues(tmp_path: Path, data: bytes, suffix: str, pack: bool) -> None:
    path = put(tmp_path / f"f{suffix}", gzip.compress(data) if pack else data)
    items = list(read_sources([path]))
    assert all(isinstance(i, RawReport | Issue) for i in items)
    assert items == list(read_sources([path]))
    assert all(isinstance(i, RawReport | Issue) for i in read_sources(["-"], stdin=io.BytesIO(data)))
