"""Downloads: the formats of `tollbook export` and the table of totals, with the filters of the address."""

from __future__ import annotations

import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path

from fastapi import APIRouter, BackgroundTasks, Request
from fastapi.responses import FileResponse, PlainTextResponse, Response

from tollbook import export, tally
from tollbook.book import open_book
from tollbook.exchange.releasing import release
from tollbook.export.values import Asked
from tollbook.web.desk import head
from tollbook.web.site import Site, filters_of, harm_of


def routes(site: Site) -> APIRouter:
    """The downloads."""
    router = APIRouter(include_in_schema=False)

    @router.get("/export/{name}")
    def exported(request: Request, name: str) -> Response:
        return download(site, request, name)

    @router.get("/release.zip")
    def released(request: Request) -> Response:
        return release_of(site)

    @router.get("/totals.txt")
    def totals(request: Request) -> Response:
        params = request.query_params
        with site.desk.view() as connection:
            at, size = head(connection).log, len(site.desk.columns(connection).index)
        found = site.totals(
            at, size, None, by=params.get("by") or "month", harm=harm_of(params), where=filters_of(params),
            rule=params.get("rule") or None, count_parties=params.get("parties") == "1",
            as_of=params.get("as_of") or None,
        )  # fmt: skip
        assert found is not None
        return PlainTextResponse(
            tally.text(found) + "\n", headers={"content-disposition": 'attachment; filename="totals.txt"'}
        )

    return router


def download(site: Site, request: Request, name: str) -> Response:
    """A book in a format, zipped with its loss report. Redacted as for readers outside. Raises UsageError."""
    params = request.query_params
    chosen = export.get_format(name)
    asked = Asked(
        filters=filters_of(params), as_of=params.get("as_of") or None, rule=params.get("rule") or None,
        count_parties=params.get("parties") == "1",
    )  # fmt: skip

    def write(folder: Path, stem: str) -> None:
        export.write(site.desk.book, name, folder / (stem if chosen.folder else stem + chosen.suffix), asked)

    return _zipped(site, name, write)


def release_of(site: Site) -> Response:
    """The whole book by its charter, as one file."""
    return _zipped(site, "release", lambda folder, stem: _release(site, folder / f"{stem}-release"))


def _release(site: Site, folder: Path) -> None:
    with open_book(site.desk.path) as book:
        release(book, folder)


def _zipped(site: Site, name: str, write: Callable[[Path, str], None]) -> Response:
    """What `write` puts into a folder, as one file that is gone once it is sent."""
    folder = tempfile.TemporaryDirectory(prefix="tollbook-")
    try:
        stem = "".join(c if c.isalnum() or c in "-_" else "_" for c in site.desk.path.stem)[:60] or "book"
        write(Path(folder.name), stem)
        packed = Path(folder.name) / f"{stem}-{name}.zip"
        parts = sorted(p for p in Path(folder.name).rglob("*") if p.is_file() and p != packed)
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
            for part in parts:
                archive.write(part, part.relative_to(folder.name))
    except BaseException:
        folder.cleanup()
        raise
    after = BackgroundTasks()
    after.add_task(folder.cleanup)
    return FileResponse(packed, filename=packed.name, background=after)
