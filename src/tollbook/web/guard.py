"""Who may: one-time tokens, sessions, and a gate before every page that another user or a web page cannot pass.

The gate checks the Host (against DNS rebinding), the Origin and the browser's own word on where a request comes from
(Sec-Fetch-Site), the session's cookie, and the size of what is sent; every answer carries the same strict headers.
"""

from __future__ import annotations

import hashlib
import secrets
import threading
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass, field
from http.cookies import CookieError, SimpleCookie
from typing import Any

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

LOCAL = ("127.0.0.1", "localhost")
"""The names a browser may call the desk by."""

LARGEST_BODY = 25_000_000
"""Bytes of one request: a report is at most 5 MB of text, a page of HTML at most 10 MB."""

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
"""Nothing from elsewhere, and no script or style inside a page: what a report smuggles into one does not run."""

HEADERS = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
    "cache-control": "no-store",
}

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


@dataclass(slots=True)
class Session:
    """One browser (or script) that was let in. `csrf` must come with every form.

    `names`: whether names of persons are shown. `made`: the decisions made here, newest last. `seen`: the newest
    decision this browser has been told of. `notes`: what the next page tells.
    """

    csrf: str
    names: bool = False
    made: list[str] = field(default_factory=list)
    seen: int = 0
    notes: list[tuple[str, str]] = field(default_factory=list)


class Sessions:
    """Tokens that open the desk once, and the sessions they opened. Nothing of it is kept when the program ends."""

    def __init__(self, cookie: str) -> None:
        self.cookie = cookie
        self._tokens: set[str] = set()
        self._sessions: dict[str, Session] = {}
        self._lock = threading.Lock()

    def invite(self) -> str:
        """A token that lets one browser in, once."""
        token = secrets.token_urlsafe(24)
        with self._lock:
            self._tokens.add(_digest(token))
        return token

    def admit(self, token: str) -> str | None:
        """The secret of a new session for a token that was not used yet; None for any other."""
        with self._lock:
            if _digest(token) not in self._tokens:
                return None
            self._tokens.discard(_digest(token))
        return self.open()

    def open(self) -> str:
        """The secret of a new session."""
        secret = secrets.token_urlsafe(32)
        with self._lock:
            self._sessions[_digest(secret)] = Session(secrets.token_urlsafe(24))
        return secret

    def find(self, secret: str | None) -> Session | None:
        """The session of a secret."""
        return self._sessions.get(_digest(secret)) if secret else None


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()


def hosts(port: int) -> frozenset[str]:
    """What a Host header may hold."""
    return frozenset(f"{name}:{port}" for name in LOCAL) | (frozenset(LOCAL) if port == 80 else frozenset())


class Guard:
    """The gate: an ASGI application around the desk. `open_paths` are answered without a session."""

    def __init__(self, app: App, sessions: Sessions, allowed: frozenset[str], open_paths: tuple[str, ...]) -> None:
        self.app = app
        self.sessions = sessions
        self.hosts = allowed
        self.open_paths = open_paths

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers what may not pass; hands on the rest, with the session in the scope's state."""
        if scope["type"] != "http":
            if scope["type"] == "lifespan":
                await self.app(scope, receive, send)
            return
        headers = _headers(scope)
        fault = self._fault(scope, headers)
        if fault is None:
            session, by_key = self._session(headers)
            free = any(str(scope["path"]).startswith(p) for p in self.open_paths)
            if session is None and not free:
                fault = (401, "unauthorized", "Open the desk by the address that `tollbook serve` printed.")
            else:
                scope.setdefault("state", {}).update(session=session, by_key=by_key)
        if fault is not None:
            await _refuse(send, *fault, plain=not str(scope["path"]).startswith("/api"))
            return
        await self.app(scope, _limited(receive), _dressed(send, str(scope["path"])))

    def _fault(self, scope: Scope, headers: dict[str, str]) -> tuple[int, str, str] | None:
        """Why a request is not let through, whoever sends it."""
        if headers.get("host", "").lower() not in self.hosts:
            return 403, "foreign_host", "This desk answers on 127.0.0.1 only."
        method = scope["method"]
        origin = headers.get("origin")
        if origin is not None and origin.lower() not in {f"http://{h}" for h in self.hosts}:
            return 403, "foreign_origin", "Asked for by another site."
        site = headers.get("sec-fetch-site")
        entering = scope["path"] == "/enter" and method == "GET"
        if site in ("cross-site", "same-site") and not entering:
            return 403, "foreign_origin", "Asked for by another site."
        if method not in SAFE and origin is None and site is None and "authorization" not in headers:
            return 403, "no_origin", "A form that does not say where it comes from."
        length = headers.get("content-length", "0")
        if not length.isascii() or not length.isdigit() or int(length) > LARGEST_BODY:
            return 413, "too_large", f"At most {LARGEST_BODY // 1_000_000} MB at a time."
        return None

    def _session(self, headers: dict[str, str]) -> tuple[Session | None, bool]:
        """(the session, whether it came by a key in the header: what no browser sends by itself)."""
        scheme, _, key = headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer":
            return self.sessions.find(key.strip()), True
        try:
            jar = SimpleCookie(headers.get("cookie", ""))
        except CookieError:
            return None, False
        found = jar.get(self.sessions.cookie)
        return self.sessions.find(found.value if found else None), False


def _headers(scope: Scope) -> dict[str, str]:
    return {k.decode("latin-1").lower(): v.decode("latin-1") for k, v in scope["headers"]}


def _limited(receive: Receive) -> Receive:
    """`receive` that ends a body beyond the limit: a length need not be told."""
    got = 0

    async def limited() -> Message:
        nonlocal got
        message = await receive()
        got += len(message.get("body", b""))
        return {"type": "http.disconnect"} if got > LARGEST_BODY else message

    return limited


def _dressed(send: Send, path: str) -> Send:
    """`send` that adds the headers of every answer."""

    async def dressed(message: Message) -> None:
        if message["type"] == "http.response.start":
            have = {k.decode("latin-1").lower() for k, _ in message["headers"]}
            extra = dict(HEADERS)
            if path.startswith("/static/"):
                extra["cache-control"] = "public, max-age=3600"
            message["headers"] = [
                *message["headers"], *((k.encode(), v.encode()) for k, v in extra.items() if k not in have)
            ]  # fmt: skip
        await send(message)

    return dressed


async def _refuse(send: Send, status: int, code: str, words: str, *, plain: bool) -> None:
    import json

    body = f"{words}\n" if plain else json.dumps({"error": {"code": code, "message": words}})
    kind = "text/plain; charset=utf-8" if plain else "application/json"
    headers = {**HEADERS, "content-type": kind, "content-length": str(len(body.encode()))}
    await send(
        {
            "type": "http.response.start",
            "status": status,
            "headers": [(k.encode(), v.encode()) for k, v in headers.items()],
        }
    )
    await send({"type": "http.response.body", "body": body.encode()})
