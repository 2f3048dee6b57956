"""The choice of an act's place: what stands for and against a name, and that its weights are what the file says."""

from __future__ import annotations

import datetime as dt

import pytest

from factory import report
from tollbook import lexicon
from tollbook.errors import LexiconError
from tollbook.extract import choice
from tollbook.extract.assemble import assemble, by_rule
from tollbook.extract.choice import Option, likeliest
from tollbook.extract.place_traits import mentions
from tollbook.extract.rules import RulesExtractor

RULES = RulesExtractor()
DAY = dt.date(2016, 8, 6)


def first_place(text: str) -> str | None:
    one = report(text, title_end=0, published=DAY)
    marks, read = RULES.marks(one)
    places = assemble(one, marks, read.country).incidents[0].places
    return places[0] if places else None


def test_mentions_of_one_place_speak_together() -> None:
    """Two likely mentions of one town outweigh one mention of another that is a little likelier."""
    options = [
        Option("homs", None, {"a": 1.0}),
        Option("hama", None, {"b": 1.0}),
        Option("hama", None, {"b": 1.0}),
    ]
    assert likeliest(options, {"a": 0.5, "b": 0.3}).key == "hama"
    assert likeliest(options, {"a": 2.0, "b": 0.3}).key == "homs"


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("A car bomb killed nine people in Idlib on Tuesday. Police closed roads in Damascus.", "Idlib"),
        ("Gunmen killed four villagers in Mosul on Monday, 350 km north of Baghdad.", "Mosul"),
        ("Gunmen killed four shepherds south of Kirkuk on Monday.", "Kirkuk"),
        ("Raiders took the northern town of Kidal in Mali on Sunday, killing eight soldiers.", "Kidal"),
    ],
)
def test_a_place_told_with_the_harm_stays(text: str, place: str) -> None:
    assert first_place(text) == place


def test_the_chosen_place_leads_and_none_is_lost() -> None:
    text = "Shelling killed six people in Daraa province on Friday. The shells fell on the town of Inkhil."
    one = report(text, title_end=0, published=DAY)
    marks, read = RULES.marks(one)
    _, ruled = by_rule(one, marks, read.country)
    (incident,) = assemble(one, marks, read.country).incidents
    assert set(ruled[0].places) <= set(incident.places)
    assert [d.name for d in incident.place_details] == list(incident.places)


@pytest.mark.parametrize(
    ("text", "places"),
    [
        (
            "Herders met at the market of Gossi, a town south-west of Gao. "
            "A rocket struck a lorry there on Monday and killed six of them.",
            ("Gossi",),
        ),
        ("Away from Kassala, a mine killed four farmers in Wad Madani on Tuesday.", ("Wad Madani",)),
        ("Apart from Kano province, gunmen killed four farmers in Maiduguri on Tuesday.", ("Maiduguri",)),
        ("Soldiers found nine bodies 40 km away from Kassala on Sunday.", ("Kassala",)),
    ],
)
def test_what_a_place_is_measured_from_or_set_against_does_not_hold_it(text: str, places: tuple[str, ...]) -> None:
    one = report(text, title_end=0, published=DAY)
    marks, read = RULES.marks(one)
    assert assemble(one, marks, read.country).incidents[0].places == places


def test_no_place_is_a_choice_too() -> None:
    one = report("Gunmen shot dead two soldiers on Friday.", title_end=0, published=DAY)
    marks, read = RULES.marks(one)
    stories, ruled = by_rule(one, marks, read.country)
    options = choice.options(0, stories, ruled, marks, mentions(marks))
    assert [o.place for o in options] == [None]
    assert likeliest(options, choice.weights()).place is None


@pytest.mark.parametrize("data", [{}, [], {"a": "b"}, {"a": True}, {1: 2.0}])
def test_a_wrong_file_is_refused(data: object, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lexicon, "load", lambda name: data)
    choice.weights.cache_clear()
    try:
        with pytest.raises(LexiconError, match=r"choice\.yml"):
            choice.weights()
    finally:
        choice.weights.cache_clear()
