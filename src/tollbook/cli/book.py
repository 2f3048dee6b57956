"""The commands that fill and ask a book: `init`, `add`, `incidents`, `incident`, `totals`, `records`, `diff`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tollbook.cli.asking import ASKED, HOW, Asked, Names, asks
from tollbook.cli.common import FAILED, guarded, output, say
from tollbook.extract import DEFAULT, EXTRACTOR_HELP

if TYPE_CHECKING:
    from tollbook.model import Issue

app = typer.Typer()

BookPath = Annotated[Path, typer.Argument(metavar="BOOK", help="The book's file.", show_default=False)]
Out = Annotated[Path | None, typer.Option("-o", "--output", metavar="FILE", help="Write here, whole or not at all.")]
To = Annotated[str, typer.Option("--to", metavar="FORM", help="table or jsonl.")]


@app.command()
@guarded
def init(
    book: BookPath,
    charter: Annotated[
        Path | None, typer.Option("--charter", metavar="FILE", help="A YAML file with the charter's keys.")
    ] = None,
) -> None:
    """Make a new book with its charter: who counts, where, when, which violence, by which rules."""
    import yaml

    from tollbook.book import init_book
    from tollbook.errors import UsageError

    values: Any = {}
    if charter is not None:
        try:
            values = yaml.safe_load(charter.read_text(encoding="utf-8")) or {}
        except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
            raise UsageError(f"{charter}: cannot be read as a charter: {error}") from error
        if not isinstance(values, dict):
            raise UsageError(f"{charter}: a charter is a list of keys and values")
    with init_book(book, values) as made:
        say(f"{book}: a new book; classes {made.charter['classes']}, rule {made.charter['rule']}")


@app.command()
@guarded
def add(
    book: BookPath,
    paths: Annotated[
        list[Path] | None,
        typer.Argument(metavar="PATH...", help="Reports: as for `tollbook read`.", show_default=False),
    ] = None,
    records: Annotated[
        list[Path] | None,
        typer.Option("--records", metavar="FILE", help="Records made elsewhere (JSON Lines) instead of extracting."),
    ] = None,
    outlet: Annotated[str | None, typer.Option("--outlet", metavar="NAME", help="Who published the reports.")] = None,
    country: Annotated[str | None, typer.Option("--country", metavar="CC", help="A hint for places.")] = None,
    extractor: Annotated[
        str, typer.Option("--extractor", metavar="NAME", help=EXTRACTOR_HELP, show_default=False)
    ] = DEFAULT,
    jobs: Annotated[int, typer.Option("--jobs", "-j", metavar="N", help="Processes that read.")] = 1,
    link: Annotated[bool, typer.Option(help="Link what was added at once; else at the next question.")] = True,
) -> None:
    """Add reports to a book. Again is a no-op; an interrupted run goes on where it stopped."""
    from tollbook.book import open_book
    from tollbook.errors import UsageError
    from tollbook.intake import read_records, read_reports
    from tollbook.pipeline import run

    if not paths and not records:
        raise UsageError("nothing to add: give reports, --records, or both")
    with open_book(book, write=True) as opened:
        met: list[Issue] = []
        if records:
            listed = list(read_records(records, met.append))
            reports = read_reports(paths or [], outlet=outlet, country=country, on_issue=met.append)
            done = opened.add_records(reports, listed)
        else:
            read = run(paths or [], outlet=outlet, country=country, extractor=extractor, jobs=jobs)
            done = opened.add_read(read, met.append)
        for issue in met:
            say(f"{issue.file or ''}{f':{issue.line}' if issue.line else ''}: {issue.message}")
        say(
            f"{done.reports} reports added, {done.known} known already; {done.incidents} incidents, "
            f"{done.figures} figures, {done.issues} issues"
        )
        if done.unread:
            say(f"{done.unread} reports have no record and stand unread")
        if link:
            opened.refresh(_progress)
        if met:
            raise SystemExit(FAILED)


def _progress(stage: str, done: int) -> None:
    if done % 10_000 == 0:
        say(f"{stage}: {done:,}")


@app.command()
@guarded
@asks(ASKED)
def incidents(
    book: BookPath,
    asked: Asked,
    to: To = "table",
    out: Out = None,
    names: Names = False,
) -> None:
    """List incidents: when, where, what, how many, how many reports and voices, whether a person has looked."""
    from tollbook.book import open_book
    from tollbook.cli import book_text as text

    with open_book(book) as opened:
        found = text.shown(opened.incidents(asked.where, **asked.how), names)
    with output(out) as stream:
        if _form(to) == "jsonl":
            for line in found:
                stream.write(json.dumps(text.plain(line), ensure_ascii=False) + "\n")
        else:
            stream.write(text.incident_list(found) + "\n")


def _form(to: str) -> str:
    from tollbook.errors import UsageError

    if to not in ("table", "jsonl"):
        raise UsageError(f"no form {to!r}; there are: table, jsonl")
    return to


@app.command()
@guarded
@asks(HOW)
def incident(
    book: BookPath,
    asked: Asked,
    incident_id: Annotated[str, typer.Argument(metavar="ID", help="An incident's id, or the beginning of it.")],
    to: To = "table",
    out: Out = None,
    chart: Annotated[
        Path | None, typer.Option("--chart", metavar="FILE", help="Draw its toll over time: .svg, .png or .html.")
    ] = None,
    names: Names = False,
) -> None:
    """One incident: every claim, voice by voice, with its sentence; bounds and rule; why it was merged."""
    from tollbook.book import open_book
    from tollbook.cli import book_text as text
    from tollbook.detail import plain
    from tollbook.redact import SCREEN, redact
    from tollbook.render.text import printable

    form = _form(to)
    with open_book(book) as opened:
        found = opened.incident(incident_id, **asked.how)
        rule = opened.counting(asked.how).rule.name
        mask = opened.names(*(() if names else (t.report_id for t in found.state.told)))
    with output(out) as stream:
        if form == "jsonl":
            value = plain(found, rule)
            shown = value if names else redact(value, SCREEN, masker=mask)
            stream.write(json.dumps(shown, ensure_ascii=False) + "\n")
        else:
            stream.write(printable(mask(text.detail(found, rule, names=names))) + "\n")
    if chart is not None:
        from tollbook import charts

        card = found.state.card
        title = f"{card.type.replace('_', ' ')}, {', '.join(card.places[:2])}, {card.start or 'no day told'}"
        charts.save(charts.toll_chart(found.steps, title, rule), chart)


@app.command()
@guarded
@asks(ASKED)
def totals(
    book: BookPath,
    asked: Asked,
    by: Annotated[
        str,
        typer.Option("--by", metavar="WHAT", help="month, week, year, place, perpetrator, type, class, sex or age."),
    ] = "month",
    harm: Annotated[
        str,
        typer.Option("--harm", metavar="HARM", help="killed, injured, killed_or_injured, missing, abducted, ..."),
    ] = "killed",
    to: To = "table",
    out: Out = None,
    chart: Annotated[
        Path | None, typer.Option("--chart", metavar="FILE", help="Draw it too: .svg, .png or .html.")
    ] = None,
) -> None:
    """Add up: each act once, a sum over several acts as what it adds to its parts, no doubt thrown away."""
    from tollbook import tally
    from tollbook.book import open_book
    from tollbook.model import to_plain
    from tollbook.render.text import printable

    with open_book(book) as opened:
        found = opened.totals(by, harm, asked.where, **asked.how)
    with output(out) as stream:
        if _form(to) == "jsonl":
            stream.write(json.dumps(to_plain(found), ensure_ascii=False) + "\n")
        else:
            stream.write(printable(tally.text(found)) + "\n")
    if chart is not None:
        from tollbook import charts

        charts.save(charts.totals_chart(found), chart)


@app.command()
@guarded
@asks({"as_of": HOW["as_of"]})
def records(
    book: BookPath,
    asked: Asked,
    to: Annotated[str, typer.Option("--to", metavar="FORM", help="jsonl.")] = "jsonl",
    out: Out = None,
    names: Names = False,
) -> None:
    """Print the report records as they came in, each incident with its `cluster`: the incident it belongs to.

    Names of victims, witnesses and detainees are blocks of their length unless --names is given; spans stay true.
    """
    from tollbook.book import open_book
    from tollbook.errors import UsageError
    from tollbook.redact import Masker, masked, private_names

    if to != "jsonl":
        raise UsageError(f"no form {to!r}; there is: jsonl")
    with open_book(book) as opened, output(out) as stream:
        for found in opened.records(**asked.how):
            record = found if names else masked(found, Masker(private_names(found)))
            stream.write(json.dumps(record, ensure_ascii=False) + "\n")


@app.command()
@guarded
@asks({name: option for name, option in HOW.items() if name != "as_of"})
def diff(
    book: Annotated[Path, typer.Argument(metavar="BOOK|DIR", help="A book, or the older of two releases.")],
    asked: Asked,
    newer: Annotated[Path | None, typer.Argument(metavar="[DIR]", help="The newer release.")] = None,
    start: Annotated[str | None, typer.Option("--from", metavar="DAY", help="In a book: the earlier day.")] = None,
    end: Annotated[str | None, typer.Option("--to", metavar="DAY", help="In a book: the later day.")] = None,
    out: Out = None,
    names: Names = False,
) -> None:
    """What changed, line by line: in a book between the ends of two days (UTC), and why; or between two releases."""
    from tollbook.errors import UsageError
    from tollbook.render.text import printable

    if newer is not None or book.is_dir():
        from tollbook.exchange import reldiff

        if newer is None or start or end:
            raise UsageError("diff takes two release folders, or a book with --from DAY and --to DAY")
        told = reldiff.text(reldiff.diff_releases(book, newer), book, newer)
    else:
        from tollbook import changes, review
        from tollbook.book import open_book

        if not start or not end:
            raise UsageError("in a book diff takes --from DAY and --to DAY")
        with open_book(book) as opened:
            mask = opened.names(*(() if names else review.anchored(opened)))
            told = mask(changes.text(changes.diff(opened, start, end, **asked.how)))
    with output(out) as stream:
        stream.write(printable(told) + "\n")
