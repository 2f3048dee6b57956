"""What every page of the desk shares: templates that cannot be broken out of, names hidden, filters, notes, links."""

from __future__ import annotations

import contextlib
import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from contextvars import ContextVar
from dataclasses import dataclass
from functools import lru_cache
from html import escape
from pathlib import Path
from typing import Any, TypeVar, Unpack, cast
from urllib.parse import urlencode

import jinja2
import sqlalchemy as sa
from fastapi import Request
from fastapi.responses import HTMLResponse, RedirectResponse

from tollbook import __version__, tally
from tollbook.book import How, current_user
from tollbook.errors import UsageError
from tollbook.ledger.bounds import show
from tollbook.ledger.state import CHANGED, MACHINE, REVIEWED
from tollbook.ontology import entries, label
from tollbook.redact import Masker, public_actor, redact
from tollbook.render.text import printable
from tollbook.store.filters import Filters, day_of
from tollbook.tally import CAVEATS
from tollbook.web import queue, voices, wording
from tollbook.web.desk import Desk
from tollbook.web.guard import Session, Sessions
from tollbook.web.people import People
from tollbook.web.voices import Profile

HERE = Path(__file__).parent
HARMS = ("killed", "injured", "killed_or_injured", "missing", "abducted", "detained", "displaced")
KEPT = 120
"""Computed parts of pages that are kept while the book stays as it is."""

SMALL = 2000
"""Incidents of a book that is counted otherwise than it is kept while the page waits."""
WAIT = 2.0
"""Seconds a page waits for such a count; then it says that it is being made, and asks again by itself."""

NOBODY = Masker(())
_mask: ContextVar[Masker] = ContextVar("mask", default=NOBODY)

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Markup:
    """Text that is written into a page as it stands: made by our own code, all of others' in it escaped."""

    text: str

    def __html__(self) -> str:
        """What a template writes."""
        return self.text

    def __str__(self) -> str:
        return self.text

    def __bool__(self) -> bool:
        return bool(self.text)


def _harmless(value: Any) -> Any:
    """What a template writes: strings without controls and hidden names; templates' own markup as it is."""
    if hasattr(value, "__html__"):
        return value
    if value is None:
        return ""
    if isinstance(value, str):
        mask = _mask.get()
        return printable(value if mask is NOBODY else str(redact(value, masker=mask)))
    return value


class Site:
    """The desk's pages over one book."""

    def __init__(self, desk: Desk, sessions: Sessions) -> None:
        self.desk = desk
        self.sessions = sessions
        self.people = People()
        self.user = current_user()
        self._kept: OrderedDict[tuple[Any, ...], Any] = OrderedDict()
        self._heavy = threading.RLock()
        self._making: dict[tuple[Any, ...], threading.Lock] = {}
        self._lock = threading.Lock()
        self.env = jinja2.Environment(
            loader=jinja2.FileSystemLoader(HERE / "templates"),
            autoescape=True,
            finalize=_harmless,
            undefined=jinja2.StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self.env.globals.update(
            label=label, show=show, days=wording.days, plural=wording.plural, count_voices=wording.voices,
            types=entries("types"), whos=[w for w in entries("who") if w != "unknown"],
            statuses=list(entries("statuses")), reviews=(MACHINE, REVIEWED, CHANGED),
            harms=HARMS, what_kind=wording.kind, country_name=wording.country_name,
            version=__version__, caveats=CAVEATS, kinds=queue.KINDS,
            percent=percent, many=many, public_actor=public_actor,
        )  # fmt: skip

    # --- pages ---

    def later(self, request: Request, title: str, what: str) -> HTMLResponse:
        """A page that says what is being counted, and asks again by itself."""
        answer = self.page(request, "later.html", status=202, title=title, what=what)
        answer.headers["refresh"] = "4"
        return answer

    def page(
        self, request: Request, name: str, *, masker: Masker = NOBODY, status: int = 200, **values: Any
    ) -> HTMLResponse:
        """A template as an answer. With names hidden, `masker` hides those of the page in every string of it."""
        session = session_of(request)
        token = _mask.set(NOBODY if session.names else masker)
        try:
            notes, session.notes = session.notes, []
            if self.desk.behind:
                notes = [*notes, ("warn", self.desk.behind)]
            values.setdefault("filters", None)
            values.setdefault("address", path_of(request))
            text = self.env.get_template(name).render(
                session=session, notes=[*notes, *self._overtaken(session)], book=self.title(), user=self.user, **values
            )
        finally:
            _mask.reset(token)
        return HTMLResponse(text, status)

    def title(self) -> str:
        """The book's name on every page."""
        return str(self.desk.book.charter.get("title") or self.desk.path.name)

    def kept(self, head: str, what: tuple[Any, ...], make: Callable[[], T], *, alone: bool = True) -> T:
        """`make()`, computed once while the book is at `head`; others who ask for it meanwhile wait for it. `alone`:
        not while another such is computed, since threads that read many rows at once wait for each other at each."""
        key = (head, *what)
        with self._lock:
            one = self._making.setdefault(key, threading.Lock())
        with one:
            with self._lock:
                if key in self._kept:
                    self._kept.move_to_end(key)
                    return cast(T, self._kept[key])
            try:
                with self._heavy if alone else contextlib.nullcontext():
                    made = make()
                with self._lock:
                    self._kept[key] = made
                    while len(self._kept) > KEPT:
                        self._kept.popitem(last=False)
                return made
            finally:
                with self._lock:
                    self._making.pop(key, None)

    def totals(
        self, state: str, size: int, wait: float | None, *, by: str, harm: str, where: Filters, **how: Unpack[How]
    ) -> tally.Totals | None:
        """Totals that need another view of the whole book; None where they are not there after `wait` seconds (None:
        until they are). A small book is counted at once, a large one by a process of its own."""
        self.desk.book.counting(how)
        day_of(how.get("as_of"))
        if size <= SMALL:
            return self.kept(
                state, ("totals", by, harm, where, *sorted(how.items())),
                lambda: self.desk.book.totals(by, harm, where, **how),
            )  # fmt: skip
        return _within(self.desk.apart.ask(state, "totals", by=by, harm=harm, where=where, **how), wait)

    def voices(self, connection: sa.Connection, state: str, size: int, wait: float | None) -> list[Profile] | None:
        """What the book knows of each voice, in the same way."""
        told = [d.kind for d in self.desk.decisions(connection) if d.kind != "accept"]
        claims, reports, _, _, runs, _ = state.split(",")
        state = f"{claims},{reports},{runs},{len(told)}"
        if size <= SMALL:
            return self.kept(state, ("voices",), lambda: voices.profiles(connection))
        return _within(self.desk.apart.ask(state, "voices"), wait)

    def forget(self) -> None:
        """Drops everything that is kept."""
        with self._lock:
            self._kept.clear()
        self.people.forget()

    def queue(self, connection: sa.Connection, head: str) -> queue.Queue:
        """The queue of the book as it is."""

        def build() -> queue.Queue:
            return queue.build(
                connection, self.desk.columns(connection), self.desk.decisions(connection),
                self.desk.issues(connection, queue.ISSUES),
            )  # fmt: skip

        return self.kept(head, ("queue",), build, alone=False)

    def _overtaken(self, session: Session) -> list[tuple[str, str]]:
        """What others decided since on what was decided in this browser, each told once."""
        if not session.made:
            return []
        with self.desk.book.store.read() as connection:
            rows = self.desk.decisions(connection)
        if not rows or rows[-1].seq <= session.seen:
            return []
        mine = {d.id: d for d in rows if d.id in session.made}
        about = {s: d for d in mine.values() for s in d.subjects}
        told = []
        for d in rows:
            if d.seq > session.seen and d.id not in mine:
                for s in d.subjects:
                    if s in about and d.seq > about[s].seq:
                        told.append(
                            ("warn", f"{d.user} decided “{d.kind}” ({d.why}) after your “{about[s].kind}” on the same. "
                             "Both rows are kept; the newer one stands.")
                        )  # fmt: skip
                        break
        session.seen = max((d.seq for d in rows), default=0)
        return told


def _within(future: Future[T], wait: float | None) -> T | None:
    try:
        return future.result(wait)
    except TimeoutError:
        return None


def session_of(request: Request) -> Session:
    """The session that the gate let in."""
    found = request.scope["state"]["session"]
    assert isinstance(found, Session)
    return found


def path_of(request: Request) -> str:
    """The address asked for, without the host: where a form leads back to."""
    return request.url.path + (f"?{request.url.query}" if request.url.query else "")


def back(given: str | None, otherwise: str = "/") -> RedirectResponse:
    """To an address of this desk, never of another site."""
    target = given or otherwise
    if not target.startswith("/") or target.startswith(("//", "/\\")) or any(c in target for c in "\r\n\t\\"):
        target = otherwise
    return RedirectResponse(target, status_code=303)


NAMES = ("since", "until", "place", "country", "type", "perpetrator", "victims", "status", "review", "grade", "voices")


def filters_of(params: Mapping[str, str]) -> Filters:
    """What an address asks for. Raises UsageError for what there is not."""
    given: dict[str, Any] = {n: params[n].strip() for n in NAMES if params.get(n, "").strip()}
    if "voices" in given:
        if not given["voices"].isascii() or not given["voices"].isdigit() or len(given["voices"]) > 6:
            raise UsageError(f"voices {given['voices']!r} is not a number from 1")
        given["voices"] = int(given["voices"])
    for name, value in given.items():
        if isinstance(value, str) and len(value) > 200:
            raise UsageError(f"{name}: longer than 200 characters")
    return Filters(**given)


def harm_of(params: Mapping[str, str]) -> str:
    """The harm an address asks for. Raises UsageError for one there is not."""
    harm = params.get("harm") or "killed"
    if harm not in HARMS:
        raise UsageError(f"no harm {harm!r}; there are: {', '.join(HARMS)}")
    return harm


@lru_cache(maxsize=8192)
def raw_address(path: str, where: Filters | None = None, **more: Any) -> str:
    """An address with filters in it."""
    asked = {**(_asked(where) if where is not None else {}), **{k: v for k, v in more.items() if v not in (None, "")}}
    return path + (f"?{urlencode(asked)}" if asked else "")


@lru_cache(maxsize=256)
def _asked(where: Filters) -> dict[str, Any]:
    return where.asked()


def address(path: str, where: Filters | None = None, **more: Any) -> Markup:
    """The same, ready for an attribute of a page."""
    return Markup(escape(raw_address(path, where, **more)))


def many(number: int | None) -> str:
    """A count as a table prints it: nothing where there is none."""
    return f"{number:,}" if number else ""


def percent(part: int, whole: int) -> str:
    """A share as it is printed; a dash where there is nothing to share."""
    return f"{part / whole:.0%}" if whole else "–"
