"""`tollbook schema`."""

from __future__ import annotations

import typer

from tollbook.cli.common import guarded, output

app = typer.Typer()


@app.command()
@guarded
def schema() -> None:
    """Print the JSON Schema of a record, one of which stands on each line of `--to jsonl`.

    Example: tollbook schema > record.schema.json
    """
    from tollbook.schema import text

    with output(None) as stream:
        stream.write(text())
