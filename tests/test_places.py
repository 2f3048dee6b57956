"""Places: finding names in text and resolving them (cases in `cases/places.yml`), and what holds for any text."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tollbook.errors import LexiconError
from tollbook.lexicon import load
from tollbook.model import Sentence
from tollbook.resolve.gazetteer import Gazetteer
from tollbook.resolve.gazetteer_rows import distance_km
from tollbook.resolve.place_outlets import Home, check_outlets, home_of
from tollbook.resolve.place_text import check_words, place_words
from tollbook.resolve.places import PlaceReading, read_places

CASES = yaml.safe_load((Path(__file__).parent / "cases" / "places.yml").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def gazetteer() -> Gazetteer:
    return Gazetteer.open()


def read(given_input: Any, gazetteer: Gazetteer) -> PlaceReading:
    row = {"text": given_input} if isinstance(given_input, str) else given_input
    text = row["text"].strip()
    skip = [(text.index(name), text.index(name) + len(name)) for name in row.get("skip", ())]
    ends = [i + 1 for i, c in enumerate(text[:-1]) if c == "." and text[i + 1] == " " and text[i - 1].islower()]
    ends = [e for e in ends if not text[:e].endswith(("Ala.", "Mo."))]
    bounds = [0, *ends, len(text)] if not text.isupper() else [0, len(text)]
    spans = [(a + (text[a : a + 1] == " "), b) for a, b in pairwise(bounds) if b > a]
    sentences = [Sentence(span, 0) for span in spans]
    home = home_of(row.get("outlet"))
    return read_places(text, sentences, gazetteer, country=row.get("country"), home=home, skip=skip)


@pytest.mark.parametrize("case", CASES, ids=[c["description"] for c in CASES])
def test_case(case: dict[str, Any], gazetteer: Gazetteer) -> None:
    reading, wanted = read(case["input"], gazetteer), case["expected"]
    places = {p.name: p for p in reading.places}
    for name, what in wanted.get("places", {}).items():
        assert name in places, f"{name} is not among {sorted(places)}"
        place = places[name]
        want = {"country": what} if isinstance(what, str) else what
        assert place.country == want["country"]
        assert place.gazetteer_id or place.level == "point"
        assert place.level == want.get("level", place.level)
        if "near" in want:
            assert place.lat is not None
            assert place.lon is not None
            assert distance_km(place.lat, place.lon, *want["near"]) <= want["km"]
    for name in wanted.get("open", ()):
        assert places[name].gazetteer_id is None
        assert places[name].lat is None
    for name in wanted.get("found", ()):
        assert name in places
    for name in wanted.get("absent", ()):
        assert name not in places
    for name, levels in wanted.get("levels", {}).items():
        assert [p.level for p in reading.places if p.name == name] == levels
    aside = {p.name: p.country for p in reading.associated}
    assert aside.items() >= wanted.get("associated", {}).items()
    assert [p.name for p in reading.datelines] == wanted.get("datelines", [p.name for p in reading.datelines])
    assert [p.name for p in reading.references] == wanted.get("references", [p.name for p in reading.references])
    if wanted.get("only"):
        listed = {*wanted.get("places", ()), *wanted.get("open", ()), *wanted.get("found", ())}
        assert {p.name for p in reading.places if p.level != "country"} <= listed
    assert reading.country == wanted.get("country", reading.country)


@pytest.mark.parametrize(
    ("outlet", "url", "country", "town"),
    [
        ("Daily Trust", None, "NG", None),
        ("the town talk", None, "US", "Alexandria"),
        (None, "https://www.latimes.com/local/story.html", "US", "Los Angeles"),
        ("news.postbulletin.com", None, "US", "Rochester"),
        ("https://example.com.pk/a", None, "PK", None),
        ("paper.co.uk", None, "GB", None),
        ("example.io", None, None, None),
        ("Reuters", "https://www.reuters.com/world", None, None),
        (None, None, None, None),
    ],
)
def test_home_of(outlet: str | None, url: str | None, country: str | None, town: str | None) -> None:
    assert home_of(outlet, url) == (None if country is None else Home(country, *_seat(outlet, url, town)))


def _seat(outlet: str | None, url: str | None, town: str | None) -> tuple[str | None, str | None]:
    found = home_of(outlet, url)
    assert found is not None
    assert found.town == town
    return found.admin1, town


def test_every_outlet_sits_in_a_town_the_gazetteer_has(gazetteer: Gazetteer) -> None:
    assert check_outlets(gazetteer) == []


def test_there_are_enough_cases() -> None:
    assert len(CASES) >= 30


def test_furniture_is_not_read(gazetteer: Gazetteer) -> None:
    text = "Ten died in Mosul. Read more: life in Aleppo."
    sentences = [Sentence((0, 18), 0), Sentence((19, len(text)), 1, "related")]
    assert [p.name for p in read_places(text, sentences, gazetteer).places] == ["Mosul"]


def test_alternatives_name_their_country_and_leave_out_the_chosen(gazetteer: Gazetteer) -> None:
    (place,) = read_places("A shell hit Tripoli in Libya.", (), gazetteer).places[:1]
    assert place.country == "LY"
    assert 1 <= len(place.alternatives) <= 5
    assert any(a.endswith("(LB)") for a in place.alternatives)
    assert not any(a.startswith(f"{place.gazetteer_id} ") for a in place.alternatives)


def test_what_stays_open_is_an_issue_with_its_span(gazetteer: Gazetteer) -> None:
    text = "A bomb killed two people in San Isidro."
    (issue,) = read_places(text, (), gazetteer).issues
    assert issue.code == "place-unresolved"
    assert issue.span is not None
    assert text[slice(*issue.span)] == "San Isidro"


def test_the_same_text_gives_the_same_reading(gazetteer: Gazetteer) -> None:
    text = CASES[0]["input"]
    first = read_places(text, (), gazetteer)
    for case in CASES:
        read(case["input"], gazetteer)
    assert read_places(text, (), gazetteer) == first


_PIECES = st.sampled_from(
    [
        "in ",
        "near ",
        "Aleppo",
        "al-Bab",
        ", ",
        " and ",
        "the village of ",
        "Kafr Nabl",
        "Syria",
        "Ala.",
        "’s ",
        "--",
        "(",
        ")",
        "\n",
        "NORTH",
        "73km north of ",
        "St. ",
        "SAN ",
        "Department",
        "BEIRUT (AFP) - ",
        "é",
        "İ",
        "\u0301",
        "🙂",
        "1st Street",
        " ",
    ]
)


@settings(max_examples=150, deadline=None)
@given(
    st.one_of(st.text(max_size=200), st.lists(_PIECES, max_size=30).map("".join)),
    st.integers(0, 50),
    st.integers(0, 50),
)
@example("A0 STREET", 2, 4)
def test_any_text_can_be_read_and_every_name_is_the_text_of_its_span(text: str, a: int, b: int) -> None:
    gazetteer = _shared()
    sentences = (Sentence((min(a, b), max(a, b)), 0), Sentence((max(a, b), max(a, b, len(text))), 0))
    for sentence_list in ((), sentences):
        reading = read_places(text, sentence_list, gazetteer, skip=[(a, b)] if a < b else ())
        every = [*reading.places, *reading.datelines, *reading.references, *reading.associated]
        assert all(p.name and text[slice(*p.span)] == p.name for p in every)
        assert list(reading.places) == sorted(reading.places, key=lambda p: p.span)
        assert all((p.lat is None) == (p.lon is None) for p in every)
        assert all(
            -90 <= p.lat <= 90 and -180 <= p.lon <= 180 for p in every if p.lat is not None and p.lon is not None
        )
        if a < b:
            assert not any(p.span[0] < b and p.span[1] > a for p in every if p not in reading.associated)


_opened: list[Gazetteer] = []


def _shared() -> Gazetteer:
    if not _opened:
        _opened.append(Gazetteer.open())
    return _opened[0]


def test_word_lists_are_checked() -> None:
    check_words(load("places/words"))
    assert place_words().kinds["village"] == "town"
    content = dict(load("places/words"))
    with pytest.raises(LexiconError, match="titles"):
        check_words({**content, "titles": [True]})
    with pytest.raises(LexiconError, match="kind"):
        check_words({**content, "kinds": {"village": "galaxy"}})


def test_precision_table_covers_every_level() -> None:
    table = load("precision")
    assert set(table["levels"]) == {"point", "town", "district", "province", "region", "country"}
    for row in (*table["levels"].values(), table["near"], table["city_district"]):
        assert row["ged"] in range(1, 8)
        assert row["acled"] in range(1, 4)
