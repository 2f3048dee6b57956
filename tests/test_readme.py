"""The README does what it says: its commands run, its Python runs, and what it shows is what comes out.

In a ```console block every `$ tollbook ...` line is run from the repository's root, its book in a folder of the test's
(`serve` until it prints its address); other commands are shown only. The
lines below it must come out in this order; a line `[...]` stands for any number of lines left out, and without
one nothing may be left out. A ```text block right after a ```python block is what that code prints.
"""

from __future__ import annotations

import contextlib
import io
import os
import re
import shlex
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
GAP = "[...]"


def blocks() -> list[tuple[str, str]]:
    return [(found[1], found[2]) for found in BLOCK.finditer(README)]


def commands() -> list[tuple[str, list[str]]]:
    """Each `$ tollbook` command with the lines shown below it."""
    out: list[tuple[str, list[str]]] = []
    for language, content in blocks():
        if language != "console":
            continue
        for part in re.split(r"^\$ ", content, flags=re.MULTILINE)[1:]:
            command, *shown = part.rstrip("\n").split("\n")
            out.append((command, [line.rstrip() for line in shown]))
    return [(command, shown) for command, shown in out if command.startswith("tollbook ")]


def left_over(shown: list[str], printed: list[str]) -> str | None:
    """The first shown line that does not come out where it should, or None where all do."""
    at, gap = 0, False
    for line in shown:
        if line.strip() == GAP:
            gap = True
            continue
        while gap and at < len(printed) and printed[at] != line:
            at += 1
        if at >= len(printed) or printed[at] != line:
            return line
        at, gap = at + 1, False
    return None if gap or at == len(printed) else f"(not shown: {printed[at]!r})"


SCRIPT = Path(sys.executable).parent / "tollbook"


@pytest.fixture(scope="module")
def books(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the README's book lies, from the command that makes it to the last."""
    return tmp_path_factory.mktemp("books")


def tollbook(arguments: list[str], folder: Path, books: Path) -> subprocess.CompletedProcess[str]:
    """Runs the command, its output files going to `folder`, its book lying in `books`."""
    for option in ("-o", "--output"):
        if option in arguments:
            arguments[arguments.index(option) + 1] = str(folder / arguments[arguments.index(option) + 1])
    arguments = [str(books / word) if word.endswith(".toll") else word for word in arguments]
    return subprocess.run(
        [str(SCRIPT), *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        encoding="utf-8",
        env=os.environ | {"PYTHONIOENCODING": "utf-8"},
        timeout=600,
    )


def address_of_the_desk(book: Path) -> str:
    """The first line with an address that `serve` prints; it is ended then."""
    command = [str(SCRIPT), "serve", str(book), "--no-open", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as desk:
        assert desk.stdout is not None
        try:
            return next((line for line in desk.stdout if "http://" in line), "")
        finally:
            desk.terminate()


@pytest.mark.parametrize(("command", "shown"), commands(), ids=[command for command, _ in commands()])
def test_command(command: str, shown: list[str], tmp_path: Path, books: Path) -> None:
    if command.startswith("tollbook serve "):
        assert "http://127.0.0.1:" in address_of_the_desk(books / command.split()[-1])
        return
    done = tollbook(shlex.split(command)[1:], tmp_path, books)
    assert done.returncode == 0, done.stderr
    if shown:
        printed = [line.rstrip() for line in done.stdout.rstrip("\n").split("\n")]
        assert left_over(shown, printed) is None, done.stdout


def test_python_prints_what_it_shows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    found = blocks()
    examples = [(code, after) for (kind, code), (_, after) in pairwise(found) if kind == "python"]
    assert examples
    for code, after in examples:
        out = io.StringIO()
        with contextlib.redirect_stdout(out):
            exec(compile(code, "README.md", "exec"), {"__name__": "readme"})
        assert out.getvalue().rstrip("\n").split("\n") == after.rstrip("\n").split("\n")


def test_shows_the_demo_and_every_form_of_output() -> None:
    told = " ".join(command for command, _ in commands())
    assert "demo/reports" in told
    assert all(f"--to {form}" in README for form in ("jsonl", "csv", "html"))


def test_links_within_the_repository_lead_somewhere() -> None:
    links = re.findall(r"\]\(([^)#\s]+)", README)
    local = [link for link in links if "://" not in link]
    assert local
    assert not [link for link in local if not (ROOT / link).exists()]


@pytest.mark.parametrize(
    ("shown", "printed", "expected"),
    [
        (["a", "b"], ["a", "b"], None),
        (["a", GAP, "c"], ["a", "b", "c"], None),
        (["a", GAP], ["a", "b", "c"], None),
        (["a"], ["a", "b"], "(not shown: 'b')"),
        (["a", GAP, "d"], ["a", "b", "c"], "d"),
        (["b"], ["a", "b"], "b"),
    ],
)
def test_comparison(shown: list[str], printed: list[str], expected: str | None) -> None:
    assert left_over(shown, printed) == expected


def cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip("|").split("|")]


def test_measured_figures_are_the_last_measured() -> None:
    """Each row of the README's table of measures stands so in the newest row of that part in eval/RESULTS.md."""
    lines = [line for line in (ROOT / "eval" / "RESULTS.md").read_text(encoding="utf-8").split("\n") if line[:1] == "|"]
    names, *rows = [cells(line) for line in lines if not line.startswith("|---")]
    newest = {row[names.index("part")]: dict(zip(names, row, strict=True)) for row in rows}
    start = README.index("| part |")
    header, _, *told = [cells(line) for line in README[start:].split("\n\n")[0].split("\n")]
    assert told
    for row in told:
        assert row == [newest[row[0]][name] for name in header]
