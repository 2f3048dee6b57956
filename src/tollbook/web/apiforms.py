"""What the API takes and the one shape in which it says what went wrong."""

from __future__ import annotations

import hmac
from typing import Annotated, Any, Literal

from fastapi import Depends, HTTPException, Path, Query, Request
from pydantic import BaseModel, Field

from tollbook.web.deciding import WHATS
from tollbook.web.site import session_of


class Fault(BaseModel):
    """What went wrong: a fixed code, and words."""

    code: str
    message: str


class Error(BaseModel):
    """The one shape of every error."""

    error: Fault


class Deciding(BaseModel):
    """A decision to write. `subjects` are ids of incidents, mentions or figures' claims; the rest belongs to `correct`.

    `head` is the newest decision the client has seen: with it, decisions others wrote meanwhile are told.
    """

    kind: Literal["same", "apart", "unsure", "accept", "reject", "correct"]
    subjects: list[Annotated[str, Field(pattern="^[0-9a-f]{4,16}$")]] = Field(min_length=1, max_length=50)
    why: str = Field(min_length=1, max_length=2000)
    field: Literal["figure", "date", "place", "actor", "type", "grade"] | None = None
    figure: str | None = Field(None, max_length=40)
    who: str | None = Field(None, max_length=40)
    start: str | None = Field(None, max_length=10)
    end: str | None = Field(None, max_length=10)
    places: list[Annotated[str, Field(max_length=200)]] | None = Field(None, max_length=20)
    perpetrators: list[Annotated[str, Field(max_length=200)]] | None = Field(None, max_length=20)
    type: str | None = Field(None, max_length=60)
    grade: str | None = Field(None, max_length=60)
    head: int | None = Field(None, ge=0, le=2**53)


class Undoing(BaseModel):
    """A decision to take back."""

    why: str = Field(min_length=1, max_length=2000)


class Adding(BaseModel):
    """Words of a report that become a figure, place, date or actor of its act `mention`, or a whole incident.

    `span`: where they stand, in code points of the text; without it, their first place. An empty `figure` is read from
    the words.
    """

    what: Literal[WHATS]  # type: ignore[valid-type]
    words: str = Field(min_length=1, max_length=2000)
    why: str = Field(min_length=1, max_length=2000)
    span: tuple[Annotated[int, Field(ge=0, le=2**53)], Annotated[int, Field(ge=0, le=2**53)]] | None = None
    mention: str | None = Field(None, max_length=16)
    figure: str | None = Field(None, max_length=40)
    harm: str | None = Field(None, max_length=40)
    who: str | None = Field(None, max_length=40)
    says: str | None = Field(None, max_length=200)
    type: str | None = Field(None, max_length=60)
    start: str | None = Field(None, max_length=10)
    end: str | None = Field(None, max_length=10)
    places: list[Annotated[str, Field(max_length=200)]] | None = Field(None, max_length=20)


class Noting(BaseModel):
    """A typed note with a figure of an incident; `words` stand in the note."""

    note: str = Field(min_length=1, max_length=100_000)
    words: str = Field(min_length=1, max_length=2000)
    figure: str = Field(min_length=1, max_length=40)
    harm: str = Field("killed", max_length=40)
    says: str | None = Field(None, max_length=200)
    why: str = Field(min_length=1, max_length=2000)


class Reporting(BaseModel):
    """A new report: pasted, a note of one's own, or a text file (`name` tells its format) with one or more."""

    kind: Literal["paste", "note", "file"] = "paste"
    text: str = Field(min_length=1, max_length=5_000_000)
    name: str = Field("reports.txt", max_length=200)
    title: str = Field("", max_length=1000)
    outlet: str = Field("", max_length=200)
    published: str = Field("", max_length=10)
    country: str = Field("", max_length=2)


ERRORS: dict[int | str, dict[str, Any]] = {
    code: {"model": Error} for code in (400, 401, 403, 404, 405, 409, 413, 422, 503)
}
Id = Annotated[str, Path(pattern="^[0-9a-f]{4,16}$")]
Cursor = Annotated[str | None, Query(max_length=400)]
Limit = Annotated[int, Query(ge=1, le=200)]
Word = Annotated[str | None, Query(max_length=200)]


def _may_write(request: Request) -> None:
    """A key in the header is enough, since no browser sends one by itself; a cookie needs the session's token too."""
    given = request.headers.get("x-csrf", "").encode()
    if not request.scope["state"].get("by_key") and not hmac.compare_digest(given, session_of(request).csrf.encode()):
        raise HTTPException(403, "send the session's token as X-CSRF, or come with a key")


Writing = Depends(_may_write)
"""What every address that writes asks for."""
