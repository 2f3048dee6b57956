"""Reports and hand-coded records in our own words, for the tests of the book."""

from __future__ import annotations

import hashlib
from typing import Any

from tollbook.model import Report

MARKET = "A car bomb tore through the vegetable market of Qasrin on Monday"


def report(doc_id: str, title: str, body: str, outlet: str | None = None) -> Report:
    text = f"{title}\n\n{body}"
    return Report(
        doc_id=doc_id, text=text, title_end=len(title), published=None, published_basis="none", language="en",
        raw_sha256="", text_sha256=hashlib.sha256(text.encode()).hexdigest(), outlet=outlet,
    )  # fmt: skip


def figure(words: str, low: int | None, high: int | None, **more: Any) -> dict[str, Any]:
    return {
        "harm": "killed", "who": "civilian", "min": low, "max": high, "approx": False, "says": None,
        "subset_of": None, "text": words, **more,
    }  # fmt: skip


def act(id_: str, quote: str, *figures: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "id": id_, "type": "bomb", "status": "happened", "scope": "incident", "parts": [], "start": "2021-03-01",
        "end": "2021-03-01", "places": ["Qasrin", "Marwan"], "country": "IQ", "perpetrators": [], "targets": ["market"],
        "casualties": list(figures), "quote": quote, **more,
    }  # fmt: skip


def record(doc_id: str, published: str, *acts: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"doc_id": doc_id, "published": published, "incidents": list(acts), **more}


def book_of_qasrin() -> tuple[list[Report], list[dict[str, Any]]]:
    """Three outlets on one bombing whose toll grows, a shooting the same day, and a sum over both."""
    first = f"{MARKET}, killing at least 9 people, police said."
    second = "The bombing of the Qasrin market on Monday killed 14 people, the morgue said."
    third = "Fourteen people died when a car bomb exploded at the market in Qasrin on Monday, the morgue said."
    shot = "Gunmen shot dead 3 teachers in the village of Telhama on Monday."
    both = "In all 17 people were killed in Marwan province on Monday, officials said."
    reports = [
        report("one", "Blast in Qasrin", f"{first} Shops burned.", "Daily A"),
        report("two", "Toll rises in Qasrin", f"{second} {shot}", "Daily B"),
        report("three", "Bloody Monday", f"{third} {both}", "Daily C"),
    ]
    records = [
        record(
            "one", "2021-03-01",
            act("a", first, figure("at least 9 people", 9, None, says="police", who="unknown")),
        ),
        record(
            "two",
            "2021-03-02",
            act("a", second, figure("14 people", 14, 14, says="morgue", who="unknown")),
            act(
                "b", shot, figure("3 teachers", 3, 3), type="attack", places=["Telhama", "Marwan"],
                perpetrators=["Gunmen"], targets=["teachers"],
            ),
        ),
        record(
            "three",
            "2021-03-02",
            act("a", third, figure("Fourteen people", 14, 14, says="morgue", who="unknown")),
            act(
                "b", both, figure("17 people", 17, 17, says="officials", who="unknown"), scope="total", type="attack",
                places=["Marwan"], targets=[],
            ),
        ),
    ]  # fmt: skip
    return reports, records


def many(count: int) -> tuple[list[Report], list[dict[str, Any]]]:
    """`count` small reports, each of its own incident, every third told a second time."""
    reports, records = [], []
    for n in range(count):
        k = n - 1 if n % 3 == 2 else n
        day = f"2022-{1 + k % 12:02d}-{1 + k % 28:02d}"
        place = f"Dar{'abcdefghij'[k % 10]}z{'klmnopqrst'[k // 10 % 10]}un"
        sentence = f"A roadside bomb killed {2 + k % 7} people in {place} on the {1 + k % 28}th, residents said."
        reports.append(report(f"r{n}", f"Bomb {n} in {place}", sentence, f"Outlet {n % 5}"))
        records.append(
            record(
                f"r{n}", day,
                act("a", sentence, figure(f"{2 + k % 7} people", 2 + k % 7, 2 + k % 7, who="unknown", says="residents"),
                    start=day, end=day, places=[place], targets=[]),
            )
        )  # fmt: skip
    return reports, records
