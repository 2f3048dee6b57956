"""The desk as one ASGI application, and how it is served."""

from __future__ import annotations

import gc
import logging
import re
import sys
import threading
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlsplit

from fastapi import FastAPI, HTTPException, Request
from fastapi.exceptions import RequestValidationError
from fastapi.middleware.gzip import GZipMiddleware
from fastapi.responses import HTMLResponse, JSONResponse, Response
from fastapi.staticfiles import StaticFiles

from tollbook import __version__
from tollbook.errors import OutputError, TollbookError, UsageError
from tollbook.web import acting, api, exporting, reading
from tollbook.web.desk import BeingRead, BusyBook, Desk
from tollbook.web.guard import App, Guard, Sessions, hosts
from tollbook.web.site import HERE, Site

log = logging.getLogger("tollbook")

ENTERED = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Tollbook</title>
<meta http-equiv="refresh" content="0;url=/"><link rel="stylesheet" href="/static/desk.css">
<link rel="icon" href="/static/icon.svg"></head>
<body><main class="wrap"><p>The desk is open. <a href="/">Go on</a></p></main></body></html>"""
"""A page of our own between the opened address and the desk: a cookie that is SameSite=Strict goes along only with what
this site asks for itself."""

REFUSED = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Tollbook</title>
<link rel="stylesheet" href="/static/desk.css">
<link rel="icon" href="/static/icon.svg"></head><body><main class="wrap"><h1>This address was used already</h1>
<p>Each address opens the desk once. Make another under “Another window”,
or start <code>tollbook serve</code> again.</p>
</main></body></html>"""


READ_FIRST = "Its incidents are being read into memory, which takes some seconds for a large book."


def create_app(book: Path, port: int) -> tuple[App, Sessions]:
    """(the application over a book, the sessions that let people in). Raises UsageError where it is no book."""
    site = Site(Desk(book), Sessions(f"tollbook_{port}"))
    return _app_over(site, port), site.sessions


def _app_over(site: Site, port: int) -> App:
    sessions = site.sessions
    app = FastAPI(
        title="Tollbook", version=__version__, docs_url=None, redoc_url=None, openapi_url="/api/openapi.json",
        description="One book: incidents, reports, claims, totals, voices, decisions. Errors have one shape.",
    )  # fmt: skip
    app.state.site = site

    @app.get("/enter", include_in_schema=False)
    def enter(token: str = "") -> Response:
        secret = sessions.admit(token)
        if secret is None:
            return HTMLResponse(REFUSED, 403)
        answer = HTMLResponse(ENTERED)
        answer.set_cookie(sessions.cookie, secret, httponly=True, samesite="strict", path="/")
        return answer

    app.include_router(reading.routes(site))
    app.include_router(acting.routes(site))
    app.include_router(exporting.routes(site))
    app.include_router(api.routes(site))
    app.mount("/static", StaticFiles(directory=HERE / "static"), name="static")
    _errors(app, site)
    dressed = GZipMiddleware(cast(Any, app), minimum_size=1000, compresslevel=5)
    return Guard(cast(App, dressed), sessions, hosts(port), ("/enter", "/static/"))


def came_from(request: Request) -> str | None:
    """The page of this desk that a form was sent from, or a link followed on; None where that is not told."""
    told = urlsplit(request.headers.get("referer", ""))
    if request.method != "POST" or told.netloc != request.headers.get("host") or told.path in ("", "/enter"):
        return None
    return told.path + (f"?{told.query}" if told.query else "")


def _errors(app: FastAPI, site: Site) -> None:
    """Every error in one shape: a page for a person, {"error": {"code", "message"}} for a program."""

    def told(request: Request, status: int, code: str, message: str) -> Response:
        if request.url.path.startswith("/api"):
            return JSONResponse({"error": {"code": code, "message": message}}, status)
        if request.scope.get("state", {}).get("session") is None:
            return HTMLResponse(REFUSED, status)
        titles = {404: "Not found", 409: "The book is busy", 403: "Refused"}
        missing = re.fullmatch(r"/incidents/([0-9a-f]{4,16})", request.url.path) if status == 404 else None
        return site.page(
            request, "error.html", status=status, title=titles.get(status, "That did not work"), message=message,
            before=came_from(request), undo=f"/log?subject={missing[1]}" if missing else None,
        )  # fmt: skip

    @app.exception_handler(TollbookError)
    def wrong(request: Request, error: TollbookError) -> Response:
        words = str(error).replace(" (--why)", "")
        if isinstance(error, BeingRead):
            if request.url.path.startswith("/api"):
                return told(request, 503, "being_read", words)
            return site.later(
                request,
                "Opening the book",
                "Its incidents are being read into memory, which takes some seconds for a large book.",
            )
        if isinstance(error, BusyBook):
            return told(request, 409, "busy", words)
        if isinstance(error, OutputError):
            return told(request, 503, "not_written", words)
        missing = isinstance(error, UsageError) and words.startswith(("no incident ", "no report ", "no decision '"))
        return told(request, 404 if missing else 400, "not_found" if missing else "bad_request", words)

    @app.exception_handler(RequestValidationError)
    def invalid(request: Request, error: RequestValidationError) -> Response:
        words = "; ".join(f"{'.'.join(str(p) for p in e['loc'][1:])}: {e['msg']}" for e in error.errors()[:5])
        return told(request, 422, "invalid", words)

    @app.exception_handler(400)
    @app.exception_handler(403)
    @app.exception_handler(404)
    @app.exception_handler(405)
    def refused(request: Request, error: HTTPException) -> Response:
        codes = {404: "not_found", 405: "method_not_allowed", 403: "forbidden"}
        return told(request, error.status_code, codes.get(error.status_code, "error"), str(error.detail))

    @app.exception_handler(Exception)
    def broken(request: Request, error: Exception) -> Response:
        log.error("the desk broke on %s: %s", request.url.path, error, exc_info=error)
        return told(request, 500, "broken", "The desk broke on this. The book is as it was before.")


def serve(book: Path, port: int, *, ready: Any = None) -> None:
    """Serves the desk on 127.0.0.1 until it is interrupted. `ready(address)` is called once it answers.

    Raises UsageError where the port is taken or the book cannot be opened.
    """
    import socket

    import uvicorn

    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(("127.0.0.1", port))
    except OSError as error:
        listener.close()
        raise UsageError(f"port {port} cannot be used: {error.strerror}; choose another with --port") from error
    try:
        chosen = int(listener.getsockname()[1])
        site = Site(Desk(book), Sessions(f"tollbook_{chosen}"))
        app = _app_over(site, chosen)
        listener.listen(128)  # from here on a browser that is quicker than the server waits instead of failing
        if ready is not None:
            ready(f"http://127.0.0.1:{chosen}/enter?token={site.sessions.invite()}")
        # the incidents are read while the browser starts
        threading.Thread(target=reading.prepare, args=(site,), daemon=True).start()
        # SQLite lets go of the interpreter at every row; a thread that computes gives it back after this many seconds
        sys.setswitchinterval(0.0005)
        gc.set_threshold(20_000, 20, 50)  # rows come and go by the thousand without a cycle among them
        settings = uvicorn.Config(
            cast(Any, app), log_level="warning", access_log=False, server_header=False, date_header=False,
            timeout_keep_alive=20, timeout_graceful_shutdown=3,
        )  # fmt: skip
        uvicorn.Server(settings).run(sockets=[listener])
    finally:
        listener.close()
