"""`tollbook read`."""

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tollbook.cli.common import FAILED, guarded, output, say
from tollbook.extract import DEFAULT, EXTRACTOR_HELP
from tollbook.model import Issue, Record

if TYPE_CHECKING:
    from rich.progress import Progress

app = typer.Typer()

# A run is long, and worth telling about, from here on (seconds).
LONG = 2.0


@app.command(
    epilog="Exit status: 0 fine, 1 an input could not be read or a row not written, 2 wrong use. "
    "A date or place left open is an issue in the output, not a failure."
)
@guarded
def read(
    paths: Annotated[
        list[Path],
        typer.Argument(
            metavar="PATH...",
            help="Files, folders, or - for standard input: .txt, .html, .jsonl, .csv, each also as .gz.",
            show_default=False,
        ),
    ],
    to: Annotated[str, typer.Option("--to", metavar="FORM", help="table, jsonl, csv or html.")] = "table",
    out: Annotated[
        Path | None,
        typer.Option("-o", "--output", metavar="FILE", help="Write here, whole or not at all."),
    ] = None,
    published: Annotated[
        str | None,
        typer.Option("--published", metavar="DAY", help="The reports' publication day, YYYY-MM-DD."),
    ] = None,
    outlet: Annotated[
        str | None,
        typer.Option("--outlet", metavar="NAME", help="Who published the reports."),
    ] = None,
    country: Annotated[
        str | None,
        typer.Option("--country", metavar="CC", help="A hint for places: ISO 3166, e.g. IQ."),
    ] = None,
    extractor: Annotated[
        str, typer.Option("--extractor", metavar="NAME", help=EXTRACTOR_HELP, show_default=False)
    ] = DEFAULT,
    actors: Annotated[
        list[Path] | None,
        typer.Option("--actors", metavar="FILE", help="A PETRARCH actor dictionary to know as well; repeatable."),
    ] = None,
    jobs: Annotated[int, typer.Option("--jobs", "-j", metavar="N", help="Processes; the output is the same.")] = 1,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress and no count at the end.")] = False,
    no_progress: Annotated[bool, typer.Option("--no-progress", help="No progress on long runs.")] = False,
) -> None:
    """Read news reports and print what they say happened, and who says so.

    Examples:

        tollbook read page.html --published 2014-01-02

        tollbook read reports/ --to csv -o incidents.csv --jobs 2

        cat pasted.txt | tollbook read -
    """
    from tollbook.errors import UsageError
    from tollbook.pipeline import run
    from tollbook.render import ENCODING_ERRORS, UNSHOWN, get_renderer

    if jobs < 1:
        raise UsageError(f"--jobs must be 1 or more, not {jobs}")
    render = get_renderer(to)
    outcomes = run(
        paths,
        published=published,
        outlet=outlet,
        country=country,
        extractor=extractor,
        jobs=jobs,
        actors=actors or (),
        stdin=sys.stdin.buffer,
    )
    told = _Told(quiet=quiet, aside=UNSHOWN.get(to, frozenset()))
    records = told.records(_progress(outcomes, show=_wanted(quiet or no_progress, out)))
    with output(out, errors=ENCODING_ERRORS.get(to, "replace")) as stream:
        render(records, stream)
    if told.end():
        raise typer.Exit(FAILED)


class _Told:
    """Passes records on, says each input's issue as it comes, and counts both.

    `aside` are the codes of records' own issues that are said too, because the form written has no place for them.
    """

    def __init__(self, *, quiet: bool, aside: frozenset[str]) -> None:
        self.quiet = quiet
        self.aside = aside
        self.reports = 0
        self.failed: Counter[str] = Counter()

    def records(self, outcomes: Iterator[Record | Issue]) -> Iterator[Record]:
        from tollbook.pipeline import REMARKS, where

        for outcome in outcomes:
            if isinstance(outcome, Record):
                self.reports += 1
                for issue in outcome.issues:
                    if issue.code in self.aside:
                        say(where(issue))
                yield outcome
            else:
                self.failed[outcome.code] += outcome.code not in REMARKS
                say(where(outcome))

    def end(self) -> int:
        """How many inputs gave no record, said on one line."""
        failed = self.failed.total()
        if failed and not self.quiet:
            kinds = ", ".join(f"{code} {number}" for code, number in sorted(self.failed.items()) if number)
            say(f"tollbook: {self.reports} reports read, {failed} inputs not read ({kinds})")
        return failed


def _wanted(silent: bool, out: Path | None) -> bool:
    """Progress is for a person at a terminal who does not see the output itself go by."""
    return not silent and sys.stderr.isatty() and (out is not None or not sys.stdout.isatty())


def _progress(outcomes: Iterator[Record | Issue], *, show: bool) -> Iterator[Record | Issue]:
    """The outcomes unchanged; on a run longer than LONG a line on standard error says how far it is."""
    if not show:
        yield from outcomes
        return
    started = time.monotonic()
    shown: Progress | None = None
    try:
        for number, outcome in enumerate(outcomes, 1):
            now = time.monotonic()
            if shown is None and now - started > LONG:
                shown = _line(number)
                shown.start()
            if shown is not None:
                shown.update(shown.task_ids[0], completed=number, rate=f"{number / (now - started):.0f}")
                shown.refresh()
            yield outcome
    finally:
        if shown is not None:
            shown.stop()


def _line(number: int) -> Progress:
    """The line: reports so far, reports a second, time. Drawn only when told to, by no thread of its own: a thread
    at work while worker processes are forked could lock them up."""
    from rich.console import Console
    from rich.progress import Progress, TextColumn, TimeElapsedColumn

    progress = Progress(
        TextColumn("{task.completed:,.0f} reports · {task.fields[rate]} a second ·"),
        TimeElapsedColumn(),
        console=Console(stderr=True),
        auto_refresh=False,
        transient=True,
    )
    progress.add_task("read", total=None, completed=number, rate="–")
    return progress
