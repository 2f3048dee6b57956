#!/usr/bin/env python3
"""Put into README.md what its commands, its Python and the measurements give now: eval/refresh_readme.py

Of a shortened transcript the same paragraphs stay, known by their first lines, and the last one. The table of measures
takes the newest row of each part in eval/RESULTS.md. tests/test_readme.py fails where the README is behind.
"""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
import tempfile
from functools import partial
from pathlib import Path

import harness

README = harness.ROOT / "README.md"
GAP = "[...]"


def run(*command: str) -> str:
    done = subprocess.run(command, cwd=harness.ROOT, check=True, capture_output=True, text=True, encoding="utf-8")
    return done.stdout.rstrip("\n")


def tollbook(command: str, books: Path) -> str:
    words = [str(books / word) if word.endswith(".toll") else word for word in shlex.split(command)[1:]]
    return run(str(Path(sys.executable).parent / "tollbook"), *words)


def shortened(shown: str, printed: str) -> str:
    """`printed` with the paragraphs that `shown` has (by first line) and the last one, gaps marked."""
    if GAP not in shown:
        return printed
    wanted = {paragraph.split("\n")[0] for paragraph in re.split(r"\n\n|^\[\.\.\.\]\n|\n\[\.\.\.\]\n", shown)}
    paragraphs = printed.split("\n\n")
    out, gap = "", False
    for number, paragraph in enumerate(paragraphs):
        if paragraph.split("\n")[0] not in wanted and number < len(paragraphs) - 1:
            gap = True
            continue
        out += (f"\n{GAP}\n" if out else f"{GAP}\n") if gap else "\n\n" if out else ""
        out, gap = out + paragraph, False
    return out


def transcript(found: re.Match[str], books: Path) -> str:
    """A console block, each `$ tollbook` command that shows output with what it prints now; books lie in `books`."""
    first, *parts = re.split(r"^\$ ", found[1], flags=re.MULTILINE)
    out = first
    for part in parts:
        command, _, shown = part.rstrip("\n").partition("\n")
        builds = command.startswith(("tollbook init ", "tollbook add "))
        printed = tollbook(command, books) if builds or (shown and command.startswith("tollbook ")) else ""
        now = shortened(shown, printed) if shown and printed else shown
        out += f"$ {command}\n" + (f"{now}\n" if now else "")
    return f"```console\n{out}```"


def example(found: re.Match[str]) -> str:
    return f"```python\n{found[1]}```{found[2]}```text\n{run(sys.executable, '-c', found[1])}\n```"


def measures(found: re.Match[str]) -> str:
    """The table of measures: header and parts as they are, figures from the newest rows."""
    split = [[cell.strip() for cell in line.strip("|").split("|")] for line in found[0].split("\n")]
    results = harness.RESULTS.read_text(encoding="utf-8").split("\n")
    names, _, *rows = [[c.strip() for c in line.strip("|").split("|")] for line in results if line[:1] == "|"]
    newest = {row[names.index("part")]: dict(zip(names, row, strict=True)) for row in rows}
    lines = [split[0], split[1], *([newest[row[0]][name] for name in split[0]] for row in split[2:])]
    return "\n".join(f"| {' | '.join(line)} |" if line is not split[1] else f"|{'|'.join(line)}|" for line in lines)


def main() -> None:
    text = README.read_text(encoding="utf-8")
    with tempfile.TemporaryDirectory() as books:
        console = partial(transcript, books=Path(books))
        text = re.sub(r"^```console\n(.*?)^```", console, text, flags=re.MULTILINE | re.DOTALL)
    text = re.sub(r"^```python\n(.*?)^```(.*?)^```text\n.*?^```", example, text, flags=re.MULTILINE | re.DOTALL)
    text = re.sub(r"^\| part \|.*?(?=\n\n)", measures, text, flags=re.MULTILINE | re.DOTALL)
    README.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
