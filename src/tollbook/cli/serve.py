"""The command that opens the desk: `serve`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tollbook.cli.book import BookPath
from tollbook.cli.common import guarded, say

app = typer.Typer()

LOCAL = ("127.0.0.1", "localhost")


@app.command()
@guarded
def serve(
    book: BookPath,
    port: Annotated[
        int, typer.Option("--port", metavar="N", help="The port; 0 takes a free one.", min=0, max=65535)
    ] = 8787,
    host: Annotated[str, typer.Option("--host", metavar="HOST", help="127.0.0.1, and no other.")] = "127.0.0.1",
    browser: Annotated[bool, typer.Option("--open/--no-open", help="Open it in the browser.")] = True,
) -> None:
    """Open the desk: a local web application to read, add, compare and decide. Ctrl-C ends it.

    It answers on this machine only, and only to who comes with the address it prints.
    """
    from tollbook.errors import UsageError

    if host not in LOCAL:
        raise UsageError(
            f"--host {host}: the desk answers on 127.0.0.1 only. It has one user and no accounts: on a network anyone "
            "who reaches it could read names and change the count. Use an SSH tunnel to reach it from elsewhere"
        )
    try:
        from tollbook.web.app import serve as run
    except ImportError as error:
        raise UsageError(
            f"the desk needs the extra `web`: pip install 'tollbook[web]' ({error.name} is missing)"
        ) from None

    def ready(address: str) -> None:
        say(f"The desk of {Path(book).name} is open at\n  {address}\nThe address works once. Ctrl-C ends the desk.")
        if browser:
            import threading
            import webbrowser

            threading.Timer(0.4, webbrowser.open, (address,)).start()

    run(book, port, ready=ready)
