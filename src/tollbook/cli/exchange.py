"""The commands between a book and the files of others: `import`, `compare`, `release`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tollbook.cli.asking import ASKED, Asked, asks
from tollbook.cli.book import BookPath, Out
from tollbook.cli.common import FAILED, guarded, output, say
from tollbook.cli.export import Delay, ExactPlaces, Names, Quote

if TYPE_CHECKING:
    from tollbook.export.values import Asked as Question
    from tollbook.redact import Policy

app = typer.Typer()

AsOf = Annotated[
    str | None, typer.Option("--as-of", metavar="DAY", help="The release's day (default: the last row's).")
]
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
    decisions: Annotated[
        bool, typer.Option("--decisions", help="FILE is an exported workbook, edited: its changes become decisions.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="With --decisions: write them; else they are only shown.")] = False,
    why: Annotated[str, typer.Option("--why", metavar="TEXT", help="With --decisions: the reason.")] = "",
    user: User = None,
) -> None:
    """Take a team's spreadsheet into a book: each row becomes claims whose source is file, sheet and row.

    First `--propose-map map.yml`, read and correct it, then `--map map.yml`. Importing again is a no-op.

    A cell that cannot be read is not guessed at: it is told with file, sheet, row, column and what is allowed.

    With `--decisions` a workbook of `tollbook export --to xlsx` that people edited comes back: what they changed
    is shown, old to new, and with `--yes` written as decisions. What changed in the book meanwhile is not overwritten.
    """
    from tollbook.errors import UsageError

    if (map_ is not None) + (propose_map is not None) + decisions != 1:
        raise UsageError("give --map FILE, --propose-map FILE to have one written, or --decisions")
    if propose_map is not None:
        _propose(file, sheet, propose_map, ask)
        return
    if decisions:
        _decisions(book, file, yes, why, user)
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


@app.command()
@guarded
@asks(ASKED)
def compare(
    book: BookPath,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A GED, ACLED or IBC file, or a sheet with --map.")],
    asked: Asked,
    as_: Annotated[
        str | None, typer.Option("--as", metavar="FORMAT", help="ged, acled or ibc, where the headers do not tell.")
    ] = None,
    map_: Annotated[Path | None, typer.Option("--map", metavar="FILE", help="The map of another sheet.")] = None,
    to: Annotated[str, typer.Option("--to", metavar="FORM", help="table, csv, jsonl or html.")] = "table",
    out: Out = None,
    chart: Annotated[
        Path | None, typer.Option("--chart", metavar="FILE", help="Draw it too: .svg, .png or .html.")
    ] = None,
) -> None:
    """Hold a book beside another catalogue: in both, only ours, only theirs, tolls that differ, each pair with why.

    Only rows of theirs within the book's days and countries are compared.
    """
    from tollbook.book import open_book
    from tollbook.errors import UsageError
    from tollbook.exchange import compared
    from tollbook.exchange.comparing import compare as beside
    from tollbook.exchange.sheetmap import load_map
    from tollbook.render.text import printable

    if to not in compared.FORMS:
        raise UsageError(f"no form {to!r}; there are: {', '.join(compared.FORMS)}")
    with open_book(book) as opened:
        found = beside(opened, file, given=as_, mapping=load_map(map_) if map_ else None, asked=question(asked))
    write = {
        "table": lambda c: printable(compared.text(c)) + "\n", "csv": compared.as_csv, "jsonl": compared.as_jsonl,
        "html": compared.as_html,
    }[to]  # fmt: skip
    with output(out) as stream:
        stream.write(write(found))
    if chart is not None:
        from tollbook import charts

        charts.save(compared.chart(found), chart)


@app.command()
@guarded
def release(
    book: BookPath,
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A new folder.")],
    formats: Annotated[
        str, typer.Option("--formats", metavar="LIST", help="Formats, with commas: csv,jsonl,geojson,xlsx,parquet,...")
    ] = "csv,jsonl,geojson",
    as_of: AsOf = None,
    contact: Annotated[
        str, typer.Option("--contact", metavar="TEXT", help="Where to report errors (default: the charter's contact).")
    ] = "",
    delay: Delay = 0,
    quote: Quote = 280,
    names: Names = False,
    exact_places: ExactPlaces = False,
    rule: Annotated[str | None, typer.Option("--rule", metavar="RULE", help="Instead of the charter's.")] = None,
    classes: Annotated[
        str | None, typer.Option("--classes", metavar="SCHEME", help="Instead of the charter's.")
    ] = None,
) -> None:
    """Make a folder to publish: data, codebook, method, versions, losses, conformance, corrections contact, checksums.

    The same day of the same book gives the same bytes. By default no names, no finest places, short quotes.
    """
    from tollbook.book import open_book
    from tollbook.cli.export import policy
    from tollbook.exchange.releasing import Release
    from tollbook.exchange.releasing import release as make

    what = Release(
        day=as_of, formats=[f.strip() for f in formats.split(",") if f.strip()], contact=contact,
        policy=policy(False, names, exact_places, quote, delay), rule=rule, classes=classes,
    )  # fmt: skip
    with open_book(book) as opened:
        done = make(opened, folder, what)
    say(f"{folder}: release of {done.day}; {done.incidents} incidents, {done.reviewed} reviewed by a person")
    for verdict in ("met", "in part", "not met", "for people to say"):
        say(f"  standards, {verdict}: {sum(p.verdict == verdict for p in done.points)}")
    if done.open_day:
        say(f"{done.day} is not over: what is recorded later that day will change a release made of it again")
    if done.exposed:
        say(f"Warning: {len(done.exposed)} victims may be known by day, place and age; look before you publish:")
        for why in done.exposed:
            say(f"  {why}")


def question(asked: Asked, redaction: Policy | None = None) -> Question:
    """What the options ask of a book, as exports take it."""
    from tollbook.export.values import Asked as Question
    from tollbook.ledger.bounds import DEFAULT_RULE
    from tollbook.redact import INSIDE

    how = asked.how
    return Question(
        filters=asked.where,
        as_of=str(how["as_of"]) if how.get("as_of") else None,
        rule=how.get("rule") or DEFAULT_RULE,
        classes=how.get("classes"),
        grade=how.get("grade"),
        count_parties=bool(how.get("count_parties")),
        policy=redaction or INSIDE,
    )


def _progress(stage: str, done: int) -> None:
    if done and done % 10_000 == 0:
        say(f"{stage}: {done:,}")


def _decisions(book: Path, file: Path, yes: bool, why: str, user: str | None) -> None:
    """Shows what an edited workbook asks for; with `yes` writes it."""
    from tollbook.book import open_book
    from tollbook.exchange import edits
    from tollbook.render.text import printable

    with open_book(book, write=yes) as opened:
        plan = edits.read_edits(opened, file, why=why or ("" if yes else "no reason given yet: --why"))
        typer.echo(printable(edits.text(plan)))
        missed = edits.conflicts(plan)
        if yes:
            written = edits.write_edits(opened, plan, user=user)
            say(f"{len(written)} decisions written, {len(missed)} conflicts not written, {len(plan.left)} cells left")
        else:
            say(f"{len(plan.writable)} would be written (--yes), {len(missed)} conflicts, {len(plan.left)} cells left")
    if missed:
        raise SystemExit(FAILED)


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
