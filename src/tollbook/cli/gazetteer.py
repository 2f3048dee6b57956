"""`tollbook gazetteer`: the user's own places."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tollbook.cli.common import guarded

app = typer.Typer()
gazetteer = typer.Typer(help="Places beyond those that ship with Tollbook.", no_args_is_help=True)
app.add_typer(gazetteer, name="gazetteer")


@gazetteer.command()
@guarded
def add(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A GeoNames dump, e.g. IQ.txt of IQ.zip.")],
) -> None:
    """Add the places of a GeoNames dump to your own gazetteer, which every later run uses.

    Example: tollbook gazetteer add IQ.txt
    """
    from tollbook.resolve.gazetteer import add_geonames

    count = add_geonames(file)
    typer.echo(f"{count:,} places added from {file}")
