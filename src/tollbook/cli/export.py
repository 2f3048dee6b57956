"""The commands that hand the book on: `export` and `check`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tollbook.cli.asking import ASKED, Asked, asks
from tollbook.cli.book import BookPath
from tollbook.cli.common import FAILED, guarded, output, say

if TYPE_CHECKING:
    from tollbook.export.values import Asked as Question
    from tollbook.redact import Policy

app = typer.Typer()

Inside = Annotated[bool, typer.Option("--inside", help="Redact nothing: for the team itself.")]
Names = Annotated[bool, typer.Option("--names", help="Keep names of persons.")]
ExactPlaces = Annotated[bool, typer.Option("--exact-places", help="Keep the finest place and exact coordinates.")]
Quote = Annotated[int, typer.Option("--quote", metavar="N", help="Keep at most N characters of a quote.", min=0)]
Delay = Annotated[int, typer.Option("--delay", metavar="DAYS", help="Leave out reports younger than this.", min=0)]


@app.command()
@guarded
@asks(ASKED)
def export(
    book: BookPath,
    to: Annotated[
        str,
        typer.Option(
            "--to",
            metavar="FORMAT",
            help="ged, acled, ibc, polecat, geojson, xlsx, parquet, csv or jsonl.",
            show_default=False,
        ),
    ],
    out: Annotated[
        Path,
        typer.Option("-o", "--output", metavar="FILE", help="Write here, whole or not at all.", show_default=False),
    ],
    asked: Asked,
    inside: Inside = False,
    names: Names = False,
    exact_places: ExactPlaces = False,
    quote: Quote = 280,
    delay: Delay = 0,
) -> None:
    """Write the book in a format of the field, with a report of what was lost.

    By default as for readers outside: no names of victims, witnesses and detainees, no place finer than the second
    finest, short quotes. --inside redacts nothing.
    """
    from tollbook import export as exports
    from tollbook.book import open_book
    from tollbook.export import loss

    question = _question(asked, policy(inside, names, exact_places, quote, delay))
    with open_book(book) as opened:
        say(loss.text(exports.write(opened, to, out, question)))


def policy(inside: bool, names: bool, exact_places: bool, quote: int, delay: int) -> Policy:
    """The redaction that the options ask for."""
    from dataclasses import replace

    from tollbook.redact import INSIDE, RELEASE

    if inside:
        return replace(INSIDE, delay_days=delay)
    return replace(RELEASE, names=names, places=0 if exact_places else 1, quote=quote, delay_days=delay)


def _question(asked: Asked, redaction: Policy) -> Question:
    from tollbook.export.values import Asked as Question

    how = asked.how
    return Question(
        filters=asked.where,
        as_of=str(how["as_of"]) if how.get("as_of") else None,
        rule=how.get("rule"),
        classes=how.get("classes"),
        grade=how.get("grade"),
        count_parties=bool(how.get("count_parties")),
        policy=redaction,
    )


@app.command()
@guarded
def check(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The file to check.", show_default=False)],
    shape: Annotated[
        str, typer.Option("--as", metavar="FORMAT", help="ged, acled, ibc or geojson.", show_default=False)
    ],
    most: Annotated[
        int, typer.Option("--most", metavar="N", help="Print at most N faults; 0 prints all.", min=0)
    ] = 100,
) -> None:
    """Check that a file of anybody's is what a format asks: columns, types, codes, ranges, days, places, duplicates.

    Each fault names file, line, column and what is allowed. Exit status 1 where there are any.
    """
    from tollbook.export.validate import check_file
    from tollbook.render.text import printable

    found = check_file(file, shape)
    with output(None) as stream:
        for fault in found.faults[: most or None]:
            stream.write(printable(str(fault)) + "\n")
    left = len(found.faults) - most if most else 0
    say(f"{file}: {found.rows:,} rows, {len(found.faults):,} faults{f' ({left:,} not shown)' if left > 0 else ''}")
    if found.faults:
        raise SystemExit(FAILED)
