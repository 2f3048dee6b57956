"""Speakers: one case table, the checks of the data files, and what holds for every text."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from tollbook.errors import LexiconError
from tollbook.model import Sentence, Speaker
from tollbook.resolve import speechbook, tables
from tollbook.resolve.actors import find_actors, load_actors
from tollbook.resolve.speakers import check_speakers, default_speaker, find_speakers
from tollbook.resolve.speechbook import load_speech

CASES: list[dict[str, Any]] = yaml.safe_load(
    (Path(__file__).parent / "cases" / "speakers.yml").read_text(encoding="utf-8")
)


def sentences(text: str) -> list[Sentence]:
    found = []
    for paragraph, block in enumerate(re.finditer(r"(?:(?!\n\n).)+", text, re.S)):
        for part in re.finditer(r"\S.*?[.?!][\"”]?(?=\s+[A-Z\"“\[]|\s*$)|\S.*$", block.group(), re.S):
            found.append(Sentence((block.start() + part.start(), block.start() + part.end()), paragraph))
    return found


def read(raw: str) -> tuple[str, list[Sentence], list[Speaker]]:
    text = raw.replace(" ||| ", "\n\n")
    at = sentences(text)
    return text, at, find_speakers(text, at, find_actors(text, at, load_actors()))


def holds(speaker: Speaker, text: str, piece: str) -> bool:
    at = text.index(piece)
    return speaker.scope[0] <= at and at + len(piece) <= speaker.scope[1]


@pytest.mark.parametrize("case", CASES, ids=[case["description"] for case in CASES])
def test_case(case: dict[str, Any]) -> None:
    text, _, speakers = read(case["input"])
    for wanted in case["expected"]:
        over = [speaker for speaker in speakers if holds(speaker, text, wanted["over"])]
        narrowest = min(over, key=lambda s: s.scope[1] - s.scope[0], default=None)
        assert narrowest is not None, f"nobody vouches for {wanted['over']!r}: {speakers}"
        assert narrowest.name == wanted["name"]
        if "not_over" in wanted:
            assert not holds(narrowest, text, wanted["not_over"])
        for key, field in (("stance", "stance"), ("kind", "kind"), ("generic", "generic"), ("id", "speaker_id")):
            if key in wanted:
                assert getattr(narrowest, field) == wanted[key]
    for piece in case.get("silent", ()):
        assert not [speaker.name for speaker in speakers if holds(speaker, text, piece)]


def test_the_table_has_forty_rows_and_more() -> None:
    assert len(CASES) >= 40


def test_the_data_files_hold_what_they_must() -> None:
    check_speakers()
    assert len(load_speech().institutions) >= 120
    assert load_speech().institutions["speaker:sana"].party == "state:SY:government"


def test_parties_are_actors() -> None:
    groups = load_actors().groups
    parties = {row.party for row in load_speech().institutions.values() if row.party}
    assert not {party for party in parties if party.startswith(("group:", "coalition:")) and party not in groups}


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ("a | A | gossip | SY | | | GR", "kind"),
        ("a | A | media | XX | | | GR", "countries"),
        ("a | A | media | SY | | | hearsay", "source"),
        ("a | A | media | SY | somebody | | GR", "party"),
        ("a | A | un | SY | | Z | GR\n  b | B | un | SY | | Z | GR", "also a name of"),
        ("a | A | media | SY | | | GR\n  a | B | media | SY | | | GR", "twice"),
    ],
)
def test_a_bad_row_is_named(rows: str, message: str, monkeypatch: pytest.MonkeyPatch) -> None:
    tables.rows.cache_clear()
    real = tables.load
    monkeypatch.setattr(tables, "load", lambda name: {"table": f"  {rows}"} if name == "speakers" else real(name))
    with pytest.raises(LexiconError, match=message):
        speechbook.check_speakers()
    tables.rows.cache_clear()


def test_a_sentence_that_goes_on_keeps_its_speaker() -> None:
    text, at, speakers = read("The Red Cross said 12 people were hurt. Among them were two boys. Rain fell later.")
    kept = default_speaker(text, at, speakers, text.index("two boys"))
    assert kept is not None
    assert kept.name == "Red Cross"
    assert default_speaker(text, at, speakers, text.index("Rain")) is None


PIECES = st.sampled_from(
    [
        *("The Observatory", "said", "according to", "a source at", "told AFP", ",", ".", '"', "“", "”", "he added"),
        *("SANA", "Rami Abdel Rahman", "who", "[GOMEZ]", "POLICE", "REPORTED THAT", "12 people", "while", "and"),
        *("denied", "\n\n", "the group", "said the army", "was quoted as saying", "claimed responsibility"),
        *("Monitor:", "``", "''"),
    ]
)


@settings(max_examples=200, deadline=None)
@given(st.lists(PIECES, max_size=25).map(" ".join))
def test_spans_and_scopes_lie_in_the_text(raw: str) -> None:
    text, _, speakers = read(raw)
    for speaker in speakers:
        assert 0 <= speaker.span[0] < speaker.span[1] <= len(text)
        assert 0 <= speaker.scope[0] <= speaker.scope[1] <= len(text)
        assert speaker.name in text
        assert speaker.stance in speechbook.STANCES


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=300))
def test_any_text_is_read(text: str) -> None:
    at = [Sentence((0, len(text)), 0, "title")]
    for speaker in find_speakers(text, at, ()):
        assert speaker.name
        assert text[speaker.span[0] : speaker.span[1]].strip()
