"""What the tagger may change in the rules' reading, and when. The tagger here is a stand-in with set answers."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from factory import report
from tollbook import lexicon
from tollbook.errors import LexiconError
from tollbook.extract import local
from tollbook.extract.assemble import assemble
from tollbook.extract.local import Glue, TaggerAdvice, edited, with_confidence
from tollbook.extract.marks import Marks
from tollbook.extract.rules import RulesExtractor
from tollbook.extract.tagger import HARMS, FigureClasses, SentenceClasses, TaggedSpan
from tollbook.model import Report, Span

HOW = Glue(
    drop=0.95, harm=0.9, who=0.8, add=0.8, add_person=0.9, type=0.33, type_rule=1.0, type_wordless=0.5, type_open=0.25,
    type_told=0.5, link=0.3, scope=0.8,
    doer_add=0.6, place=0.8, place_link=0.2, day_link=0.4,
)  # fmt: skip
TEXT = "Shelling killed 12 people in Daraa on Friday. Officials met 30 elders in Homs."
RULES = RulesExtractor()


class StandIn:
    """Answers as `Tagging` does, from tables; what is in none was not read."""

    def __init__(
        self,
        figures: Mapping[Span, FigureClasses] | None = None,
        spans: tuple[TaggedSpan, ...] = (),
        sentences: tuple[SentenceClasses, ...] = (),
        link: float | None = None,
        named: Mapping[Span, float] | None = None,
    ) -> None:
        self._figures, self.spans, self.sentences, self._link = figures or {}, spans, sentences, link
        self._named = named or {}

    def figure(self, span: Span) -> FigureClasses | None:
        return next((c for at, c in self._figures.items() if at[0] < span[1] and span[0] < at[1]), None)

    def same_act(self, kind: str, span: Span, other_kind: str, other: Span) -> float | None:
        return self._link

    def probability(self, label: str, span: Span) -> float | None:
        return self._named.get(span)


def classes(
    harm: Mapping[str, float],
    who: Mapping[str, float] | None = None,
    kind: str = "shelling",
    scope: str = "incident",
) -> FigureClasses:
    shares = dict.fromkeys(("none", *HARMS), 0.0) | dict(harm)
    whos = dict.fromkeys(("civilian", "state_forces", "armed_group", "unknown"), 0.0) | dict(who or {"unknown": 1.0})
    types = dict.fromkeys(("shelling", "air_strike", "attack"), 0.0) | {kind: 0.9}
    return FigureClasses(shares, whos, 0.0, types, {scope: 0.9}, {"happened": 1.0})


def read(text: str = TEXT) -> tuple[Report, list[Marks]]:
    one = report(text, title_end=0, published=dt.date(2016, 8, 6))
    return one, RULES.marks(one)[0]


def span(words: str, text: str = TEXT) -> Span:
    return text.index(words), text.index(words) + len(words)


def figures(tagging: StandIn) -> list[tuple[str, str, int | None]]:
    _, marks = read()
    return [(f.harm, f.who, f.min) for m in edited(marks, tagging, HOW) for f in m.figures]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("tagging", "expected"),
    [
        pytest.param(StandIn(), [("killed", "unknown", 12)], id="not read: as the rules have it"),
        pytest.param(StandIn({span("12"): classes({"none": 0.96})}), [], id="sure that it is no figure"),
        pytest.param(StandIn({span("12"): classes({"none": 0.94})}), [("killed", "unknown", 12)], id="not sure enough"),
        pytest.param(
            StandIn({span("12"): classes({"injured": 0.95})}), [("injured", "unknown", 12)], id="sure of another harm"
        ),
        pytest.param(
            StandIn({span("12"): classes({"killed": 1.0}, {"civilian": 0.9})}),
            [("killed", "civilian", 12)],
            id="sure of another class",
        ),
        pytest.param(
            StandIn({span("30"): classes({"detained": 0.9})}, (TaggedSpan("detained", span("30"), 0.9),)),
            [("killed", "unknown", 12), ("detained", "unknown", 30)],
            id="a number that the rules passed over",
        ),
        pytest.param(
            StandIn({span("30"): classes({"detained": 0.9})}, (TaggedSpan("detained", span("30"), 0.7),)),
            [("killed", "unknown", 12)],
            id="the same, not sure enough",
        ),
    ],
)
def test_figures(tagging: StandIn, expected: list[tuple[str, str, int | None]]) -> None:
    assert figures(tagging) == expected


RAID = "Shelling and air strikes killed 12 people in Daraa on Friday."


def type_of(tagging: StandIn, how: Glue = HOW, text: str = RAID) -> str:
    one, marks = read(text)
    return assemble(one, marks, None, TaggerAdvice(tagging, how, one.text)).incidents[0].type  # type: ignore[arg-type]


def test_a_type_it_is_sure_of() -> None:
    sure = StandIn({span("12", RAID): classes({"killed": 1.0})})
    assert type_of(StandIn()) == "air_strike"
    assert type_of(sure) == "shelling"
    assert type_of(sure, replace(HOW, type=0.25)) == "air_strike"
    assert type_of(sure, replace(HOW, type_told=0.0)) == "shelling"  # words tell both types


def test_a_type_without_words_of_its_own_is_overruled_sooner() -> None:
    text = "Gunmen shot dead 12 herders near Jos on Friday."
    unsure = classes({"killed": 1.0}, kind="armed_clash")
    unsure = replace(unsure, type={"attack": 0.05, "armed_clash": 0.95})
    tagging = StandIn({span("12", text): unsure})
    assert type_of(tagging, replace(HOW, type_told=0.0), text) == "armed_clash"
    assert type_of(tagging, replace(HOW, type_told=0.0, type_wordless=1.0), text) == "attack"


def test_what_is_called_an_attack_is_told_as_one() -> None:
    clash = replace(classes({"killed": 1.0}), type={"attack": 0.1, "armed_clash": 0.9})
    for text, expected in (
        ("The attack near Jos on Friday killed 12 herders.", "attack"),
        ("The violence near Jos on Friday killed 12 herders.", "armed_clash"),
    ):
        assert type_of(StandIn({span("12", text): clash}), text=text) == expected


def test_where_no_word_tells_a_type_the_tagger_does() -> None:
    text = "The deaths of 12 herders near Jos on Friday were blamed on bandits."
    clash = replace(classes({"killed": 1.0}), type={"attack": 0.2, "armed_clash": 0.8})
    tagging = StandIn({span("12", text): clash})
    assert type_of(StandIn(), text=text) == "attack"
    assert type_of(tagging, text=text) == "armed_clash"
    assert type_of(tagging, replace(HOW, type_open=0.6), text) == "attack"


def test_no_type_without_its_word() -> None:
    sure = StandIn({span("12"): classes({"killed": 1.0}, kind="air_strike")})
    assert type_of(sure, text=TEXT) == "shelling"


@pytest.mark.parametrize(
    ("scope", "needed", "expected"),
    [
        pytest.param("statistic", 0.8, "statistic", id="sure"),
        pytest.param("statistic", 0.95, "incident", id="not sure"),
        pytest.param("background", 0.8, "incident", id="its day says how old it is"),
    ],
)
def test_a_scope_it_is_sure_of(scope: str, needed: float, expected: str) -> None:
    one, marks = read()
    tagging: Any = StandIn({span("12"): classes({"killed": 1.0}, scope=scope)})
    (incident, *_) = assemble(one, marks, None, TaggerAdvice(tagging, replace(HOW, scope=needed), one.text)).incidents
    assert incident.scope == expected


CLASH = "Police shot dead 3 people near gunmen in Kano on Friday. Boko Haram was founded in 2002."


@pytest.mark.parametrize(
    ("named", "link", "expected"),
    [
        pytest.param({}, 0.9, ["Police"], id="not read: as the rules have it"),
        pytest.param({"Police": 0.9}, 0.9, ["Police"], id="it agrees"),
        pytest.param({"Police": 0.04, "gunmen": 0.95}, 0.9, ["Police"], id="the rules' doer stays"),
    ],
)
def test_doers(named: Mapping[str, float], link: float, expected: list[str]) -> None:
    assert doers(CLASH, named, link) == expected


def doers(text: str, named: Mapping[str, float], link: float) -> list[str]:
    one, marks = read(text)
    spans = {a.span: p for m in marks for a in m.actors for name, p in named.items() if a.name.startswith(name)}
    assert len(spans) == len(named)
    tagging: Any = StandIn(link=link, named=spans)
    (incident,) = assemble(one, marks, None, TaggerAdvice(tagging, HOW, one.text)).incidents
    return list(incident.perpetrators)


BODIES = "Three people died near gunmen in Kano on Friday. Boko Haram was founded in 2002."


@pytest.mark.parametrize(
    ("named", "link", "expected"),
    [
        pytest.param({}, 0.9, [], id="not read"),
        pytest.param({"gunmen": 0.95}, 0.9, ["gunmen"], id="sure, where the rules have none"),
        pytest.param({"gunmen": 0.95}, 0.5, [], id="whose name may belong to another act"),
        pytest.param({"Boko Haram": 0.95}, 0.9, [], id="told in another sentence"),
    ],
)
def test_a_doer_where_the_rules_have_none(named: Mapping[str, float], link: float, expected: list[str]) -> None:
    assert doers(BODIES, named, link) == expected


def test_traits_of_a_place() -> None:
    _, marks = read()
    place = marks[0].places[0]
    from tollbook.extract.clauses import candidate_acts

    acts = candidate_acts(marks)[:1]
    silent: Any = StandIn()
    assert TaggerAdvice(silent, HOW, TEXT).place(acts, place.span) == {}
    read_: Any = StandIn(link=0.5, named={place.span: 0.9})
    traits = TaggerAdvice(read_, HOW, TEXT).place(acts, place.span)
    assert traits["tagger link"] == pytest.approx(0.0)
    assert traits["tagger place"] == pytest.approx(2.1972, abs=1e-3)


def test_traits_of_a_day() -> None:
    _, marks = read()
    from tollbook.extract.clauses import candidate_acts

    day = next(d.span for m in marks for d in m.dates if d.span is not None)
    acts = candidate_acts(marks)[:1]
    silent: Any = StandIn()
    assert TaggerAdvice(silent, HOW, TEXT).day(acts, day) == {}
    read_: Any = StandIn(link=0.9)
    advice = TaggerAdvice(read_, HOW, TEXT)
    assert advice.day(acts, day)["tagger link"] == pytest.approx(2.1972, abs=1e-3)
    assert advice.day_weights()["tagger link"] == HOW.day_link


def test_a_link_moves_the_fit_by_its_log_odds() -> None:
    one, marks = read("Shelling killed 12 people in Daraa on Friday. Shelling killed 14 people in Homs on Friday.")
    from tollbook.extract.clauses import candidate_acts

    first, second = candidate_acts(marks)
    advice = {p: TaggerAdvice(StandIn(link=p), HOW, one.text) for p in (0.1, 0.5, 0.9, None)}  # type: ignore[arg-type]
    assert advice[None].same_act([first], second) == 0.0
    assert advice[0.5].same_act([first], second) == pytest.approx(0.0)
    assert advice[0.9].same_act([first], second) == pytest.approx(0.3 * 2.1972, abs=1e-3)
    assert advice[0.1].same_act([first], second) == pytest.approx(-0.3 * 2.1972, abs=1e-3)


def test_confidence_is_the_harms_own_and_moves_no_number() -> None:
    one, marks = read()
    (incident, *_) = assemble(one, marks).incidents
    tagging: Any = StandIn({span("12"): classes({"killed": 0.912})})
    told = with_confidence(incident, tagging, 0.0)
    expected = local.reliability("figures")[-1][1]  # 0.912 lies beyond the last row
    assert local.reliability("figures")[-1][0] < 0.912
    assert [c.confidence for c in told.casualties] == [expected]
    assert told.confidence == local.reliability("acts")[0][1]
    assert with_confidence(incident, tagging, None).confidence == expected
    assert replace(told, confidence=None, casualties=incident.casualties) == incident
    unread: Any = StandIn()
    assert with_confidence(incident, unread, None).confidence is None


ROWS = ((0.2, 0.5), (0.4, 0.7), (0.6, 0.8))


@pytest.mark.parametrize(
    ("said", "expected"), [(0.0, 0.5), (0.2, 0.5), (0.3, 0.6), (0.4, 0.7), (0.45, 0.725), (0.6, 0.8), (1.0, 0.8)]
)
def test_what_is_said_becomes_how_often_it_is_right(said: float, expected: float) -> None:
    assert local.calibrated(said, ROWS) == expected


@pytest.mark.parametrize(
    "rows", [[], [[0.5]], [[0.1, 1.2]], [[0.4, 0.5], [0.3, 0.6]], [[0.3, 0.6], [0.4, 0.5]], {"a": 1}]
)
def test_a_wrong_table_of_reliability_is_refused(rows: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lexicon, "load", lambda name: {"figures": [[0.2, 0.5]], "acts": rows})
    local.reliability.cache_clear()
    try:
        assert local.reliability("figures") == ((0.2, 0.5),)
        with pytest.raises(LexiconError, match=r"reliability\.yml"):
            local.reliability("acts")
    finally:
        local.reliability.cache_clear()


@pytest.mark.parametrize("change", [{"drop": 1.2}, {"drop": "much"}, {"link": True}, {"unknown": 0.5}])
def test_a_wrong_glue_file_is_refused(change: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    data = dict.fromkeys(Glue.__dataclass_fields__, 0.5) | change
    monkeypatch.setattr(lexicon, "load", lambda name: data)
    local.glue.cache_clear()
    try:
        with pytest.raises(LexiconError, match=r"glue\.yml"):
            local.glue()
    finally:
        local.glue.cache_clear()


def test_the_shipped_glue_file() -> None:
    assert 0.5 < local.glue().drop <= 1.0
