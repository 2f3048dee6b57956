"""The program as its users meet it: exit statuses, messages, output that is whole or absent."""

from __future__ import annotations

import csv
import gzip
import io
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import typer

from tollbook import __version__, schema
from tollbook.cli import main

ROOT = Path(__file__).resolve().parent.parent
GOOD = "The market in the town was hit by a shell on Monday and the police said that three people were killed."
MAIN = "from tollbook.cli import main; main()"


def environment(**more: str) -> dict[str, str]:
    return {**os.environ, "COLUMNS": "100", "NO_COLOR": "1", **more}


@dataclass
class Done:
    """What came of a command."""

    returncode: int
    stdout: str
    stderr: str


Tollbook = Callable[..., Done]


@pytest.fixture
def tollbook(capfdbinary: pytest.CaptureFixture[bytes], monkeypatch: pytest.MonkeyPatch) -> Tollbook:
    """Runs the program in this process, its streams caught as a shell would have them."""
    for name, value in environment().items():
        monkeypatch.setenv(name, value)

    def run(*arguments: str | Path, stdin: bytes = b"") -> Done:
        handler = signal.getsignal(signal.SIGTERM)
        monkeypatch.setattr(sys, "argv", ["tollbook", *map(str, arguments)])
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin)))
        try:
            with pytest.raises(SystemExit) as ended:
                main()
        finally:
            signal.signal(signal.SIGTERM, handler)
        out, told = capfdbinary.readouterr()
        return Done(int(ended.value.code or 0), out.decode("utf-8"), told.decode("utf-8"))

    return run


def records(done: Done) -> list[dict[str, Any]]:
    return [json.loads(line) for line in done.stdout.split("\n") if line]


@pytest.fixture
def good(tmp_path: Path) -> Path:
    path = tmp_path / "good.txt"
    path.write_text(GOOD, encoding="utf-8")
    return path


# --- what it prints -----------------------------------------------------------------------------


def test_the_table_is_the_default(tollbook: Tollbook, good: Path) -> None:
    done = tollbook("read", good, "--published", "2014-01-02", "--country", "IQ")
    assert (done.returncode, done.stderr) == (0, "")
    assert "2 Jan 2014 (as given) · good" in done.stdout
    assert "1 report read" in done.stdout
    assert "\x1b" not in done.stdout


def test_jsonl(tollbook: Tollbook, good: Path) -> None:
    done = tollbook("read", good, "--to", "jsonl", "--outlet", "Courier")
    (record,) = records(done)
    assert (record["doc_id"], record["outlet"], record["text"]) == ("good", "Courier", GOOD)


def test_csv_from_a_pipe_with_windows_line_ends(tollbook: Tollbook) -> None:
    done = tollbook("read", "-", "--to", "csv", stdin=GOOD.encode())
    assert done.stdout.startswith("\ufeffdoc_id,")
    assert done.stdout.count("\n") == done.stdout.count("\r\n") > 0
    rows = list(csv.reader(io.StringIO(done.stdout, newline="")))
    assert len({len(row) for row in rows}) == 1


def test_html(tollbook: Tollbook, good: Path) -> None:
    done = tollbook("read", good, "--to", "html")
    assert done.stdout.startswith("<!doctype html>")
    assert "three people" in done.stdout


def test_a_folder_with_gzipped_and_plain_files(tollbook: Tollbook, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text(GOOD, encoding="utf-8")
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "b.txt.gz").write_bytes(gzip.compress((GOOD + " Again.").encode()))
    done = tollbook("read", tmp_path, "--to", "jsonl")
    assert [record["doc_id"] for record in records(done)] == ["a", "sub/b"]
    assert done.returncode == 0


def test_schema(tollbook: Tollbook) -> None:
    done = tollbook("schema")
    assert (done.returncode, done.stdout) == (0, schema.text())


def test_version_and_help(tollbook: Tollbook) -> None:
    assert tollbook("--version").stdout == f"tollbook {__version__}\n"
    top = tollbook("--help")
    assert top.returncode == 0
    assert "read" in top.stdout
    told = tollbook("read", "--help").stdout
    assert "tollbook read page.html --published 2014-01-02" in told


def test_no_command_is_help_and_wrong_use(tollbook: Tollbook) -> None:
    done = tollbook()
    assert done.returncode == 2
    assert "Usage" in done.stdout + done.stderr


# --- wrong use: 2 -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--published", "2014-02-30"], "2014-02-30"),
        (["--country", "Iraq"], "ISO 3166"),
        (["--extractor", "crystal-ball"], "rules"),
        (["--to", "docx"], "jsonl"),
        (["--jobs", "0"], "--jobs"),
        (["--jobs", "two"], "jobs"),
        (["--actors", "no-such-file"], "no-such-file"),
        (["--no-such-option"], "no-such-option"),
    ],
)
def test_wrong_use_ends_in_2_and_says_what_is_allowed(
    tollbook: Tollbook, good: Path, options: list[str], words: str
) -> None:
    done = tollbook("read", good, *options)
    assert done.returncode == 2
    assert words in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


def test_wrong_use_leaves_the_output_file_alone(tollbook: Tollbook, good: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.csv"
    out.write_text("kept", encoding="utf-8")
    assert tollbook("read", good, "--to", "csv", "-o", out, "--published", "never").returncode == 2
    assert out.read_text(encoding="utf-8") == "kept"


# --- bad input: 1, a message with file and line, the others still read ----------------------------


def bomb(folder: Path) -> Path:
    """A small gzip that unpacks beyond 200 MB."""
    path = folder / "bad.jsonl.gz"
    with gzip.open(path, "wb", compresslevel=1) as file:
        for _ in range(205):
            file.write(b" " * 1_000_000 + b"\n")
    return path


def put(folder: Path, name: str, data: bytes) -> Path:
    path = folder / name
    path.write_bytes(data)
    return path


BAD: list[tuple[str, Any, str]] = [
    ("an empty file", lambda f: put(f, "bad.txt", b""), "empty"),
    ("white space only", lambda f: put(f, "bad.txt", b" \n\t\n"), "empty"),
    ("a binary file", lambda f: put(f, "bad.txt", b"\x7fELF\x02\x01\x01" + bytes(range(256)) * 20), "not text"),
    ("a picture named html", lambda f: put(f, "bad.html", b"\x89PNG\r\n\x1a\n" + bytes(500)), "not text"),
    ("a file of another kind", lambda f: put(f, "bad.docx", b"PK\x03\x04"), ".txt"),
    ("a path that is not there", lambda f: f / "bad.txt", "no such file"),
    ("a broken gzip", lambda f: put(f, "bad.txt.gz", gzip.compress(GOOD.encode())[:-9]), "gzip"),
    ("no gzip at all", lambda f: put(f, "bad.txt.gz", GOOD.encode()), "gzip"),
    ("a gzip that unpacks beyond 200 MB", bomb, "200 MB"),
    ("one report over 2 MB", lambda f: put(f, "bad.txt", (GOOD.encode() + b"\n") * 22_000), "2 MB"),
    ("a 100 MB file", lambda f: put(f, "bad.txt", b"word " * 21_000_000), "100 MB"),
    ("a page without text", lambda f: put(f, "bad.html", b"<html><body></body></html>"), "no text"),
    ("columns that are missing", lambda f: put(f, "bad.csv", b"id,headline\n1,Bomb\n"), "text"),
]


@pytest.mark.parametrize(("make", "words"), [row[1:] for row in BAD], ids=[row[0] for row in BAD])
def test_bad_input_is_told_and_the_others_are_read(
    tollbook: Tollbook, tmp_path: Path, good: Path, make: Any, words: str
) -> None:
    bad = make(tmp_path)
    done = tollbook("read", bad, good, "--to", "jsonl")
    assert done.returncode == 1
    assert [record["doc_id"] for record in records(done)] == ["good"]
    told = done.stderr.splitlines()
    assert told[0].startswith(str(bad))
    assert words in told[0]
    assert "1 reports read, 1 inputs not read" in told[-1]
    assert "Traceback" not in done.stderr


def test_bad_lines_are_named_by_their_numbers(tollbook: Tollbook, tmp_path: Path) -> None:
    path = tmp_path / "reports.jsonl"
    lines = [
        json.dumps({"doc_id": "a", "text": GOOD}),
        '{"doc_id": "b", "text": ',
        json.dumps(["no object"]),
        json.dumps({"doc_id": "a", "text": GOOD + " Again."}),
        json.dumps({"doc_id": "c"}),
        json.dumps({"doc_id": "d", "text": GOOD + " Last.", "published": "2014-02-30"}),
        "[" * 100_000,
    ]
    path.write_text("\n".join(lines), encoding="utf-8")
    done = tollbook("read", path, "--to", "jsonl")
    assert done.returncode == 1
    found = records(done)
    assert [record["doc_id"] for record in found] == ["a", "d"]
    assert found[1]["published"] is None
    assert "bad-date" in {issue["code"] for issue in found[1]["issues"]}
    numbers = re.findall(rf"^{re.escape(str(path))}:(\d+): ", done.stderr, re.MULTILINE)
    assert sorted(map(int, numbers)) == [2, 3, 4, 5, 7]


@pytest.mark.parametrize(
    "data",
    [
        GOOD.encode("utf-16"),
        GOOD.encode("utf-16-le"),
        GOOD.encode("utf-8-sig"),
        GOOD.replace("town", "café").encode("cp1252"),
    ],
    ids=["utf-16", "utf-16 without mark", "utf-8 with mark", "cp1252"],
)
def test_other_encodings_are_read(tollbook: Tollbook, tmp_path: Path, data: bytes) -> None:
    done = tollbook("read", put(tmp_path, "report.txt", data), "--to", "jsonl")
    assert done.returncode == 0, done.stderr
    assert records(done)[0]["text"].replace("café", "town") == GOOD


def test_another_language_is_said_so_and_is_no_failure(tollbook: Tollbook, tmp_path: Path) -> None:
    text = "Selon la police, trois personnes ont été tuées lundi quand une bombe a explosé sur le marché de la ville."
    done = tollbook("read", put(tmp_path, "report.txt", text.encode()))
    assert done.returncode == 0
    assert "not English but French" in " ".join(done.stdout.split())  # a long path makes the line wrap anywhere


def test_csv_says_beside_its_rows_what_it_has_no_cell_for(tollbook: Tollbook, tmp_path: Path) -> None:
    french = "Selon la police, trois personnes ont été tuées lundi quand une bombe a explosé sur le marché de la ville."
    lines = [{"id": "a", "text": french}, {"id": "b", "text": GOOD, "published": "2016-02-31"}]
    data = "\n".join(json.dumps(line) for line in lines).encode()
    done = tollbook("read", put(tmp_path, "reports.jsonl", data), "--to", "csv")
    assert done.returncode == 0
    told = done.stderr.splitlines()
    assert len(told) == 2
    assert "reports.jsonl:1: not English but French" in told[0]
    assert "reports.jsonl:2: published '2016-02-31': there is no such day" in told[1]


@pytest.mark.parametrize(
    "page",
    ["<div>" * 5000 + GOOD, f"<html><body><p>{GOOD}<p>{GOOD}</td></b", "<" * 9999],
    ids=["deep", "broken", "angles"],
)
def test_deep_and_broken_pages_end_well(tollbook: Tollbook, tmp_path: Path, page: str) -> None:
    done = tollbook("read", put(tmp_path, "page.html", page.encode()), "--to", "jsonl")
    assert done.returncode in (0, 1)
    assert "Traceback" not in done.stderr
    assert len(records(done)) == (done.returncode == 0)


def test_names_that_steer_a_terminal_do_not(tollbook: Tollbook, tmp_path: Path) -> None:
    done = tollbook("read", tmp_path / "\x1b[31mred\u202e.txt")
    assert done.returncode == 1
    assert "\x1b" not in done.stderr
    assert "\u202e" not in done.stderr


def test_a_gazetteer_of_ones_own(tollbook: Tollbook, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("HOME", str(tmp_path))
    columns = ["990001", "Lower Fenwick", "Lower Fenwick", "", "33.1", "44.2", "P", "PPL", "IQ", "", "07"]
    row = "\t".join([*columns, "", "", "", "1200", "", "40", "Asia/Baghdad", "2024-01-01"])
    done = tollbook("gazetteer", "add", put(tmp_path, "IQ.txt", f"{row}\n".encode()))
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("1 places added")
    bad = tollbook("gazetteer", "add", put(tmp_path, "bad.txt", f"{row}\nno columns\n".encode()))
    assert bad.returncode == 1
    assert "line 2" in bad.stderr
    assert tollbook("gazetteer", "add", tmp_path / "none.txt").returncode == 1


# --- output: whole or absent --------------------------------------------------------------------


def left(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_the_output_file_takes_the_place_of_the_old_one(tollbook: Tollbook, good: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.jsonl"
    out.write_text("old", encoding="utf-8")
    out.chmod(0o640)
    done = tollbook("read", good, "--to", "jsonl", "-o", out)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert json.loads(out.read_text(encoding="utf-8"))["doc_id"] == "good"
    assert out.stat().st_mode & 0o777 == 0o640
    assert left(tmp_path) == ["good.txt", "out.jsonl"]


def test_what_was_read_is_written_though_another_input_failed(tollbook: Tollbook, good: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.jsonl"
    assert tollbook("read", tmp_path / "none.txt", good, "--to", "jsonl", "-o", out).returncode == 1
    assert len(out.read_text(encoding="utf-8").splitlines()) == 1


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="platform: no /dev/full")
@pytest.mark.parametrize("form", ["table", "jsonl", "csv", "html"])
def test_a_full_disk(tollbook: Tollbook, good: Path, form: str) -> None:
    done = tollbook("read", good, "--to", form, "-o", "/dev/full")
    assert done.returncode == 1
    assert done.stderr == "tollbook: /dev/full: cannot be written: No space left on device\n"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="platform: no /dev/full")
def test_a_full_disk_behind_standard_output(good: Path) -> None:
    with open("/dev/full", "wb") as full:
        done = subprocess.run(
            [sys.executable, "-c", MAIN, "read", str(good), "--to", "jsonl"],
            stdout=full, stderr=subprocess.PIPE, env=environment(), check=False, text=True,
        )  # fmt: skip
    assert done.returncode == 1
    assert done.stderr == "tollbook: standard output: cannot be written: No space left on device\n"


@pytest.mark.parametrize("out", ["no-such-folder/out.csv", "."])
def test_an_output_that_cannot_be(tollbook: Tollbook, monkeypatch: pytest.MonkeyPatch, good: Path, out: str) -> None:
    monkeypatch.chdir(good.parent)
    done = tollbook("read", good.name, "-o", out)
    assert done.returncode == 1
    assert done.stderr.startswith(f"tollbook: {out}: ")
    assert left(good.parent) == ["good.txt"]


def many(folder: Path, number: int) -> Path:
    path = folder / "many.jsonl"
    with path.open("w", encoding="utf-8") as file:
        for n in range(number):
            text = f"{GOOD} It was attack number {n}. Two soldiers were wounded in Mosul. " * 20
            file.write(json.dumps({"doc_id": str(n), "text": text, "published": "2014-01-02"}) + "\n")
    return path


# What a shell starts in the background inherits that an interrupt is ignored; so would these.
INTERRUPTIBLE = f"import signal; signal.signal(signal.SIGINT, signal.default_int_handler); {MAIN}"


@pytest.mark.parametrize("jobs", ["1", "2"])
@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_interrupted_in_mid_run_nothing_is_half_written(
    tmp_path: Path, jobs: str, number: signal.Signals, status: int
) -> None:
    path = many(tmp_path, 5000)
    out = tmp_path / "out.jsonl"
    running = subprocess.Popen(
        [sys.executable, "-c", INTERRUPTIBLE, "read", str(path), "--to", "jsonl", "-o", str(out), "--jobs", jobs],
        stderr=subprocess.PIPE, env=environment(), text=True, start_new_session=True,
    )  # fmt: skip
    until = time.monotonic() + 300
    while not any(name.endswith(".part") for name in left(tmp_path)):
        assert running.poll() is None, running.stderr and running.stderr.read()
        assert time.monotonic() < until
        time.sleep(0.05)
    time.sleep(0.5)
    os.killpg(running.pid, number) if number is signal.SIGINT else running.send_signal(number)
    _, told = running.communicate(timeout=300)
    assert running.returncode == status
    assert "Traceback" not in told
    assert left(tmp_path) == ["many.jsonl"]


def test_a_closed_pipe_is_quiet(tmp_path: Path) -> None:
    path = many(tmp_path, 300)
    running = subprocess.Popen(
        [sys.executable, "-c", MAIN, "read", str(path), "--to", "jsonl"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment(),
    )  # fmt: skip
    assert running.stdout is not None
    assert running.stderr is not None
    running.stdout.readline()
    running.stdout.close()
    told = running.stderr.read()
    assert running.wait(timeout=300) == 141
    assert told == b""


@pytest.mark.parametrize("form", ["table", "jsonl"])
def test_the_same_bytes_whatever_the_jobs(tollbook: Tollbook, form: str) -> None:
    alone, again, shared = (
        tollbook("read", ROOT / "demo" / "reports", "--to", form, "--jobs", jobs) for jobs in ("1", "1", "2")
    )
    assert alone.returncode == 0, alone.stderr
    assert alone.stdout == again.stdout == shared.stdout != ""


# --- what it costs ------------------------------------------------------------------------------


def test_help_loads_nothing_that_reads(good: Path) -> None:
    code = (
        "import sys; sys.argv = ['tollbook', '--help']\n"
        "from tollbook.cli import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "heavy = {'numpy', 'lxml', 'trafilatura', 'htmldate', 'onnxruntime', 'sqlalchemy', 'tollbook.pipeline'}\n"
        "print(sorted(heavy & set(sys.modules)), file=sys.stderr)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, env=environment(), check=True, text=True)
    assert done.stderr.strip() == "[]"


def test_reading_text_loads_nothing_that_reads_pages(good: Path) -> None:
    code = (
        f"import sys; sys.argv = ['tollbook', 'read', {str(good)!r}]\n"
        "from tollbook.cli import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "heavy = {'trafilatura', 'htmldate', 'sqlalchemy', 'multiprocessing'}\n"
        "print(sorted(heavy & set(sys.modules)), file=sys.stderr)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, env=environment(), check=True, text=True)
    assert done.stderr.strip() == "[]"


# --- documentation ------------------------------------------------------------------------------


def commands(group: Any, before: str = "tollbook") -> list[tuple[str, Any]]:
    found = []
    for name, command in group.commands.items():
        full = f"{before} {name}"
        found += commands(command, full) if hasattr(command, "commands") else [(full, command)]
    return found


def test_read_set_up_alone_is_the_read_of_the_whole_program(tollbook: Tollbook) -> None:
    """`tollbook read` does not set the other commands up; asked with an option before it, all are."""
    alone, whole = tollbook("read", "--help"), tollbook("--debug", "read", "--help")
    assert (alone.returncode, alone.stdout) == (whole.returncode, whole.stdout) == (0, alone.stdout)


def test_every_command_and_option_says_what_it_does() -> None:
    """docs/cli.md is made of these words (tools/write_reference.py)."""
    from tollbook.cli.app import app

    for name, command in commands(typer.main.get_command(app)):
        assert command.help, name
        for parameter in command.params:
            if "--help" not in parameter.opts:
                assert parameter.help, (name, parameter.name)
