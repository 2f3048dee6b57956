"""Reports, readings and records from the few words a test is about. Spans are found by the words themselves."""

from __future__ import annotations

import datetime as dt
import hashlib
from typing import Any

from tollbook.extract import Reading
from tollbook.model import (
    Casualty,
    DateDetail,
    Furniture,
    Incident,
    Issue,
    MadeWith,
    Means,
    ObjectHit,
    PerpetratorDetail,
    PlaceDetail,
    Record,
    Report,
    Span,
    TargetDetail,
    Victim,
)

TITLE = "Three bombs kill 23 around Harrowgate"
TEXT = f"""{TITLE}

HARROWGATE, 4 March 2031 - At least 13 people were killed on Monday when a car bomb went off at a market in Lower
Fenwick, police said. Five of them were children. Dozens were hurt.

Four more died in Brackley and six soldiers in Ashby, where gunmen held a road, medics said. In all 23 people were
killed in the district on Monday, said the Fenwick Observatory.

The Northern Front denied that it had bombed the market. Two people, Mara Voss, 34, among them, are missing.

No one was hurt when a mortar round hit a school in Ashby in February. The war has killed 4,000 to 5,000 people since
2029. Some 30 people were killed or injured in January.

Copyright 2031 Fenwick Courier"""


def span(text: str, words: str, after: str = "") -> Span:
    start = text.index(words, text.index(after))
    return start, start + len(words)


def report(text: str = TEXT, **changes: Any) -> Report:
    values: dict[str, Any] = {
        "doc_id": "fenwick-1",
        "text": text,
        "title_end": len(TITLE) if text.startswith(TITLE) else 0,
        "published": dt.date(2031, 3, 4),
        "published_basis": "dateline",
        "language": "en",
        "raw_sha256": hashlib.sha256(text.encode("utf-8", "replace")).hexdigest(),
        "text_sha256": hashlib.sha256(text.encode("utf-8", "replace")).hexdigest(),
        "outlet": "Fenwick Courier",
    }
    return Report(**(values | changes))


def figure(text: str, words: str, low: int | None, high: int | None, after: str = "", /, **changes: Any) -> Casualty:
    values: dict[str, Any] = {
        "harm": "killed",
        "who": "unknown",
        "min": low,
        "max": high,
        "approx": False,
        "says": None,
        "subset_of": None,
        "text": words,
        "span": span(text, words, after),
    }
    return Casualty(**(values | changes))


def incident(text: str, name: str, quote: str, /, **changes: Any) -> Incident:
    values: dict[str, Any] = {
        "id": name,
        "type": "bomb",
        "status": "happened",
        "scope": "incident",
        "parts": (),
        "start": None,
        "end": None,
        "places": (),
        "country": None,
        "perpetrators": (),
        "targets": (),
        "casualties": (),
        "quote": quote,
        "quote_span": span(text, quote),
        "date": DateDetail(None, None, "none"),
    }
    return Incident(**(values | changes))


def place(text: str, name: str, /, **changes: Any) -> PlaceDetail:
    values: dict[str, Any] = {
        "name": name,
        "span": span(text, name, "Monday"),
        "role": "at",
        **dict.fromkeys(
            ("gazetteer_id", "lat", "lon", "radius_km", "admin_level", "admin1", "admin2"),
        ),
    }
    return PlaceDetail(**(values | changes))


def full_reading() -> Reading:
    """A reading of TEXT that uses every part of a record."""
    t = TEXT
    monday = dt.date(2031, 3, 3)
    police = span(t, "police")
    first = t[t.index("At least 13") : t.index(" Five of them")].replace("\n", " ")
    quote_span = (t.index("At least 13"), t.index(" Five of them"))
    bomb = Incident(
        id="b",
        type="bomb",
        status="denied",
        scope="incident",
        parts=(),
        start=monday,
        end=monday,
        places=("Lower\nFenwick".replace("\n", " "),),
        country="GB",
        perpetrators=("Northern Front",),
        targets=("market",),
        casualties=(
            figure(t, "At least 13 people", 13, None, says="police", says_span=police, confidence=0.9),
            figure(t, "Five of them were children", 5, 5, who="civilian", subset_of=0, age_group="child"),
            figure(t, "Dozens", 24, None, harm="injured", word="dozens"),
        ),
        quote=first,
        quote_span=quote_span,
        date=DateDetail(span(t, "on Monday"), "day", "relative"),
        confidence=0.8,
        place_details=(
            PlaceDetail(
                "Lower Fenwick",
                span(t, "Lower\nFenwick"),
                "at",
                "own:1",
                54.1,
                -1.2,
                4.0,
                3,
                "Northshire",
                None,
                ("own:2",),
            ),
        ),
        perpetrator_details=(
            PerpetratorDetail("Northern Front", span(t, "Northern Front"), None, None, None, "denied"),
        ),
        target_details=(TargetDetail("market", span(t, "market"), None, None),),
        means=(Means("car bomb", span(t, "car bomb"), "car_bomb"),),
        objects=(ObjectHit("market", span(t, "market"), "market", "damaged"),),
    )
    medics = span(t, "medics")
    brackley = incident(
        t,
        "c",
        "Four more died in Brackley",
        type="attack",
        start=monday,
        end=monday,
        date=DateDetail(None, "day", "fresh-news"),
        places=("Brackley",),
        place_details=(place(t, "Brackley"),),
        casualties=(figure(t, "Four more", 4, 4, says="medics", says_span=medics),),
    )
    ashby = incident(
        t,
        "d",
        "six soldiers in Ashby",
        type="armed_clash",
        status="alleged",
        start=monday,
        end=monday,
        date=DateDetail(None, "day", "fresh-news"),
        places=("Ashby",),
        perpetrators=("gunmen",),
        targets=("soldiers",),
        casualties=(
            figure(t, "six soldiers", 6, 6, who="state_forces", role="soldier", says="medics", says_span=medics),
        ),
    )
    total = incident(
        t,
        "a",
        t[t.index("In all 23") : t.index("\n\nThe Northern")],
        scope="total",
        type="attack",
        parts=("b", "c", "d"),
        start=monday,
        end=monday,
        date=DateDetail(None, "day", "relative"),
        acts=3,
        casualties=(figure(t, "23 people", 23, 23, "In all", says="Fenwick Observatory"),),
    )
    school = incident(
        t,
        "e",
        "No one was hurt when a mortar round hit a school in Ashby in February.",
        type="shelling",
        scope="background",
        start=dt.date(2031, 2, 1),
        end=dt.date(2031, 2, 28),
        date=DateDetail(span(t, "in February"), "month", "relative"),
        casualties=(figure(t, "No one was hurt", 0, 0, harm="injured"),),
        objects=(ObjectHit("school", span(t, "school"), "school", None),),
        perpetrators_are=None,
    )
    war = incident(
        t,
        "f",
        t[t.index("The war has killed") : t.index(" Some 30")],
        type="other",
        scope="statistic",
        start=dt.date(2029, 1, 1),
        end=dt.date(2031, 3, 4),
        date=DateDetail(None, "year", "relative"),
        casualties=(figure(t, "4,000 to 5,000 people", 4000, 5000),),
    )
    january = incident(
        t,
        "g",
        "Some 30 people were killed or injured in January.",
        scope="background",
        start=dt.date(2031, 1, 1),
        end=dt.date(2031, 1, 31),
        date=DateDetail(span(t, "in January"), "month", "relative"),
        casualties=(figure(t, "Some 30 people", 30, 30, harm="injured", approx=True, undivided=True),),
    )
    missing = incident(
        t,
        "h",
        "Two people, Mara Voss, 34, among them, are missing.",
        type="abduction",
        casualties=(figure(t, "Two people", 2, 2, "market. ", harm="missing"),),
    )
    victim = Victim("Mara Voss", 34, "female", "teacher", span(t, "Mara Voss, 34"), "h", "missing")
    return Reading(
        (total, bomb, brackley, ashby, school, war, january, missing),
        (victim,),
        (Issue("place-unresolved", "no place of the name 'Brackley' is known", span=span(t, "Brackley")),),
    )


MADE_WITH = MadeWith("0.0.0", "sample", None, "0" * 12, None, "0" * 12)


def record(reading: Reading | None = None, of: Report | None = None, **changes: Any) -> Record:
    read = full_reading() if reading is None else reading
    told = of or report(furniture=(Furniture("copyright", span(TEXT, "Copyright 2031 Fenwick Courier")),))
    values: dict[str, Any] = {
        "doc_id": told.doc_id,
        "published": told.published,
        "incidents": read.incidents,
        "victims": read.victims,
        "issues": read.issues,
        "furniture": told.furniture,
        "published_basis": told.published_basis,
        "language": told.language,
        "title": told.title,
        "text": told.text,
        "text_sha256": told.text_sha256,
        "made_with": MADE_WITH,
        "outlet": told.outlet,
        "url": "https://courier.example/three-bombs",
        "extra": dict(told.extra),
    }
    return Record(**(values | changes))
