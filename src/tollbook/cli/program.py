"""What is the program's own, whatever its commands: its name, its help, its version."""

from __future__ import annotations

import logging
from typing import Annotated

import typer

from tollbook import __version__


def program(*families: typer.Typer) -> typer.Typer:
    """The program with the commands of these families."""
    app = typer.Typer(
        name="tollbook",
        help="Reads news reports on armed conflict and keeps the count: what happened, to whom, where, when, "
        "how many, and who says so.",
        epilog="Reading needs no network. What is read by machine has not been checked by a person.",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    for family in families:
        app.add_typer(family)
    app.callback()(_root)
    return app


def _version(asked: bool) -> None:
    if asked:
        typer.echo(f"tollbook {__version__}")
        raise typer.Exit


def _root(
    _version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version and end.")
    ] = False,
    debug: Annotated[bool, typer.Option("--debug", help="Log tracebacks and other detail to standard error.")] = False,
) -> None:
    if debug:
        logging.basicConfig(level=logging.DEBUG, format="%(name)s: %(message)s")
