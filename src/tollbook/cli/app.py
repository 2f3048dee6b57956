"""The program with all its commands. One command or family of commands a module."""

from __future__ import annotations

from tollbook.cli import book, exchange, export, gazetteer, read, review, schema, serve
from tollbook.cli.program import program

# The modules whose `app` (a typer.Typer) holds commands of `tollbook`. A new family adds its line here.
FAMILIES = (
    read.app,
    schema.app,
    gazetteer.app,
    book.app,
    review.app,
    exchange.app,
    export.app,
    serve.app,
)

app = program(*FAMILIES)
