"""The commands between a book and the files of others: `import`, `compare`, `release`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tollbook.cli.book import BookPath
from tollbook.cli.common import FAILED, guarded, output, say

app = typer.Typer()

User = Annotated[str | None, typer.Option("--user", metavar="NAME", help="Who signs (default: the system's user).")]


@app.command("import")
@guarded
def import_(
    book: BookPath,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A spreadsheet: .xlsx, .csv or .tsv.")],
    map_: Annotated[Path | None, typer.Option("--map", metavar="FILE", help="Which column holds what (YAML).")] = None,
    propose_map: Annotated[
        Path | None, typer.Option("--propose-map", metavar="FILE", help="Guess a map from the headers, write it here.")
    ] = None,
    sheet: Annotated[str | None, typer.Option("--sheet", metavar="NAME", help="The sheet to propose a map of.")] = None,
    ask: Annotated[bool, typer.Option("--ask", help="With --propose-map: confirm each column's guess.")] = False,
    user: User = None,
) -> None:
    """Take a team's spreadsheet into a book: each row becomes claims whose source is file, sheet and row.

    First `--propose-map map.yml`, read and correct it, then `--map map.yml`. Importing again is a no-op.

    A cell that cannot be read is not guessed at: it is told with file, sheet, row, column and what is allowed.
    """
    from tollbook.errors import UsageError

    if (map_ is None) == (propose_map is None):
        raise UsageError("give --map FILE, or --propose-map FILE to have one written")
    if propose_map is not None:
        _propose(file, sheet, propose_map, ask)
        return
    assert map_ is not None
    from tollbook.book import open_book
    from tollbook.exchange.imports import import_sheet
    from tollbook.exchange.sheetmap import load_map

    mapping = load_map(map_)
    with open_book(book, write=True) as opened:
        done = import_sheet(opened, file, mapping, user=user, tell=_progress)
        opened.refresh()
    for issue in done.issues:
        say(issue.message)
    told = f"{done.rows} rows added, {done.known} known already, {done.empty} without anything mapped; "
    told += f"{done.figures} figures, {len(done.issues)} issues"
    if done.apart or done.same:
        told += f"; {done.apart} pairs of rows set apart, {done.same} joined, as decisions"
    say(told)
    if done.issues:
        raise SystemExit(FAILED)


def _progress(stage: str, done: int) -> None:
    if done and done % 10_000 == 0:
        say(f"{stage}: {done:,}")


def _propose(file: Path, sheet: str | None, out: Path, ask: bool) -> None:
    """Writes a proposed map; with `ask`, each guess is confirmed or changed at the terminal."""
    from tollbook.errors import UsageError
    from tollbook.exchange.cells import KINDS
    from tollbook.exchange.sheetmap import dump_map, propose
    from tollbook.exchange.sheets import open_sheet

    if out.exists():
        raise UsageError(f"{out}: there is a file of this name already")
    opened = open_sheet(file, sheet)
    data = propose(opened)
    for entry in data["columns"]:
        label = entry.get("column") or entry.get("at")
        say(f"{label}: {entry['is']} ({entry['why']})")
        if ask:
            given = typer.prompt(f"  {label} is", default=entry["is"], err=True).strip()
            while given not in KINDS:
                given = typer.prompt(f"  one of {', '.join(KINDS)}", default=entry["is"], err=True).strip()
            if given != entry["is"]:
                entry.update({"is": given, "why": "a person said so"})
    with output(out) as stream:
        stream.write(dump_map(data, opened))
    say(f"{out}: a map to read and correct; then: tollbook import BOOK {file.name} --map {out}")
