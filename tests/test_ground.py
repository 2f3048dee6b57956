"""Grounding: what does not stand in the text goes, with an issue; what does stays as it was."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from factory import TEXT, figure, full_reading, incident, report, span
from tollbook.extract import Reading
from tollbook.ground import CODE, fold, ground
from tollbook.model import Incident, Issue, Victim

QUOTE = "Four more died in Brackley"


def one(**changes: object) -> Reading:
    return Reading((replace(incident(TEXT, "a", QUOTE), **changes),))


def dropped(reading: Reading) -> list[str]:
    return [issue.message for issue in reading.issues if issue.code == CODE]


def test_a_sound_reading_comes_back_equal() -> None:
    assert ground(report(), full_reading()) == full_reading()


def test_a_quote_may_be_broken_over_lines() -> None:
    words = "was bombed\nin the night"
    text = f"The town {words}."
    grounded = ground(report(text), Reading((incident(text, "a", words, quote=fold(words)),)))
    assert [i.quote for i in grounded.incidents] == ["was bombed in the night"]


def whole(reading: Reading) -> Incident | None:
    return reading.incidents[0] if reading.incidents else None


four = figure(TEXT, "Four more", 4, 4)

FAULTS: list[tuple[str, Reading, Callable[[Incident | None], bool]]] = [
    ("a quote that is not there", one(quote="Forty more died"), lambda i: i is None),
    ("a quote span outside the text", one(quote_span=(0, 10**6)), lambda i: i is None),
    ("an empty quote", one(quote="", quote_span=(5, 5)), lambda i: i is None),
    ("a type not on the list", one(type="earthquake"), lambda i: i is None),
    ("a status not on the list", one(status="maybe"), lambda i: i is None),
    ("a period that ends before it begins", one(start=dt.date(2031, 3, 4), end=dt.date(2031, 3, 3)),
     lambda i: i is not None and i.start is None and i.end is None and i.date.basis == "none"),
    ("a country that is none", one(country="ZZ"), lambda i: i is not None and i.country is None),
    ("a country in lower case", one(country="gb"), lambda i: i is not None and i.country is None),
    ("no act at all", one(acts=0), lambda i: i is not None and i.acts == 1),
    ("a place that is not there", one(places=("Utopia",)), lambda i: i is not None and i.places == ()),
    ("a perpetrator that is not there", one(perpetrators=("Southern Front",)),
     lambda i: i is not None and i.perpetrators == ()),
    ("a target that is not there", one(targets=("hospital",)), lambda i: i is not None and i.targets == ()),
    ("a part that is not there", one(scope="total", parts=("q",)), lambda i: i is not None and i.parts == ()),
    ("itself as a part", one(scope="total", parts=("a",)), lambda i: i is not None and i.parts == ()),
    ("a figure whose words are elsewhere", one(casualties=(replace(four, span=(0, 9)),)),
     lambda i: i is not None and i.casualties == ()),
    ("a figure below zero", one(casualties=(replace(four, min=-1),)), lambda i: i is not None and i.casualties == ()),
    ("a figure upside down", one(casualties=(replace(four, min=5),)), lambda i: i is not None and i.casualties == ()),
    ("a figure without any number", one(casualties=(replace(four, min=None, max=None),)),
     lambda i: i is not None and i.casualties == ()),
    ("a figure of an unknown harm", one(casualties=(replace(four, harm="bored"),)),  # type: ignore[arg-type]
     lambda i: i is not None and i.casualties == ()),
    ("a speaker who is not there", one(casualties=(replace(four, says="the mayor"),)),
     lambda i: i is not None and i.casualties[0].says is None and i.casualties[0].min == 4),
    ("a speaker somewhere else", one(casualties=(replace(four, says="the mayor", says_span=span(TEXT, "police")),)),
     lambda i: i is not None and (i.casualties[0].says, i.casualties[0].says_span) == (None, None)),
    ("part of a figure that is not there", one(casualties=(replace(four, subset_of=1),)),
     lambda i: i is not None and i.casualties == ()),
    ("part of itself", one(casualties=(replace(four, subset_of=0),)), lambda i: i is not None and i.casualties == ()),
    ("two figures part of each other", one(casualties=(replace(four, subset_of=1), replace(four, subset_of=0))),
     lambda i: i is not None and i.casualties == ()),
]  # fmt: skip


@pytest.mark.parametrize(("reading", "holds"), [row[1:] for row in FAULTS], ids=[row[0] for row in FAULTS])
def test_what_the_text_does_not_bear_out_is_dropped_and_told(
    reading: Reading, holds: Callable[[Incident | None], bool]
) -> None:
    grounded = ground(report(), reading)
    assert holds(whole(grounded))
    assert dropped(grounded)
    assert ground(report(), replace(grounded, issues=())).issues == (), "a grounded reading has nothing more to drop"


def test_a_part_of_a_dropped_figure_becomes_part_of_that_ones_whole() -> None:
    all_ = figure(TEXT, "23 people", 23, 23, "In all")
    wrong = figure(TEXT, "six soldiers", 6, 6, subset_of=1, text="seven soldiers")
    part = figure(TEXT, "Four more", 4, 4, subset_of=0)
    grounded = ground(report(), one(casualties=(wrong, all_, part)))
    assert [(f.text, f.subset_of) for f in grounded.incidents[0].casualties] == [("23 people", None), ("Four more", 0)]


def test_a_dropped_incident_leaves_no_part_and_no_victim_behind() -> None:
    lost = incident(TEXT, "b", QUOTE, quote="Nobody said this")
    total = incident(TEXT, "a", "In all 23 people", scope="total", parts=("b",))
    person = Victim("Mara Voss", 34, None, None, span(TEXT, "Mara Voss, 34"), "b", "missing")
    grounded = ground(report(), Reading((total, lost), (person,)))
    assert [(i.id, i.parts) for i in grounded.incidents] == [("a", ())]
    assert [v.incident for v in grounded.victims] == [None]


def test_a_second_incident_of_the_same_id_is_left_out() -> None:
    grounded = ground(report(), Reading((incident(TEXT, "a", QUOTE), incident(TEXT, "a", "In all 23 people"))))
    assert [i.quote for i in grounded.incidents] == [QUOTE]
    assert dropped(grounded)


def test_impossible_coordinates_go_and_the_place_stays() -> None:
    reading = full_reading()
    bomb = next(i for i in reading.incidents if i.id == "b")
    off = replace(bomb, place_details=(replace(bomb.place_details[0], lat=91.0),))
    grounded = ground(report(), Reading((off,)))
    (place,) = grounded.incidents[0].place_details
    assert (place.name, place.lat, place.lon, place.radius_km) == ("Lower Fenwick", None, None, None)


def test_a_name_may_be_shortened_but_not_invented() -> None:
    text = "The Syrian regime and allied government forces shelled Duma."
    words = span(text, "Syrian regime and allied government forces")
    detail = replace(full_reading().incidents[1].perpetrator_details[0], name="Syrian government forces", span=words)
    shelled = incident(text, "a", text, perpetrators=("Syrian government forces",), perpetrator_details=(detail,))
    assert ground(report(text), Reading((shelled,))) == Reading((shelled,))
    invented = replace(shelled, perpetrator_details=(replace(detail, name="Syrian air force"),))
    assert ground(report(text), Reading((invented,))).incidents[0].perpetrator_details == ()


def test_a_speaker_may_be_pointed_at_by_another_word() -> None:
    he = figure(TEXT, "Four more", 4, 4, says="Fenwick Observatory", says_span=span(TEXT, "medics"))
    assert ground(report(), one(casualties=(he,))) == one(casualties=(he,))


def test_an_extractors_own_issue_keeps_its_words_and_loses_a_wrong_span() -> None:
    reading = Reading(issues=(Issue("place-unresolved", "which one?", span=(5, 10**7)),))
    assert ground(report(), reading).issues == (Issue("place-unresolved", "which one?"),)


spans = st.tuples(st.integers(-5, len(TEXT) + 5), st.integers(-5, len(TEXT) + 5))
numbers = st.none() | st.integers(-3, 30)


@settings(max_examples=150, deadline=None)
@given(
    data=st.lists(
        st.tuples(spans, numbers, numbers, st.none() | st.integers(-2, 5), st.text(max_size=8)), min_size=0, max_size=5
    ),
    quote_span=spans,
    parts=st.lists(st.sampled_from(["a", "b", "c"]), max_size=3),
)
def test_whatever_an_extractor_says_the_result_stands_in_the_text(
    data: list[tuple[tuple[int, int], int | None, int | None, int | None, str]],
    quote_span: tuple[int, int],
    parts: list[str],
) -> None:
    def words(at: tuple[int, int]) -> str:
        return TEXT[max(at[0], 0) : max(at[1], 0)]

    figures = tuple(
        replace(four, span=at, text=words(at), min=low, max=high, subset_of=whole, says=says)
        for at, low, high, whole, says in data
    )
    reading = one(casualties=figures, quote=words(quote_span), quote_span=quote_span, parts=tuple(parts))
    grounded = ground(report(), reading)
    for found in grounded.incidents:
        assert found.quote.split() == TEXT[slice(*found.quote_span)].split()
        assert set(found.parts) <= {"a"} - {found.id}
        for number, kept in enumerate(found.casualties):
            assert kept.text.split() == TEXT[slice(*kept.span)].split() != []
            assert (kept.min, kept.max) != (None, None)
            assert kept.subset_of is None or (kept.subset_of != number and kept.subset_of < len(found.casualties))
    assert dropped(ground(report(), replace(grounded, issues=()))) == []
