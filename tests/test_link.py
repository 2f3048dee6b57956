"""Same incident or not: spellings, features and their reasons, clusters that do not chain, sums and their parts."""

from __future__ import annotations

import copy
import importlib.util
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from book_reports import act, figure, record, report
from tollbook import lexicon
from tollbook.book import init_book
from tollbook.errors import LexiconError
from tollbook.link import FEATURES, explain, mention, score
from tollbook.link import features as link_features
from tollbook.link.blocking import LOOSE_CAP, Blocks, keys
from tollbook.link.cluster import cluster, components, possible
from tollbook.link.copies import origins, resemblance, sketch
from tollbook.link.mention import Mention, Toll, bodies
from tollbook.link.names import same_place
from tollbook.link.parts import Act, find, may_hold
from tollbook.store.spread import spread

ROOT = Path(__file__).resolve().parent.parent
SHARED = Path(os.environ.get("TOLLBOOK_SHARED", ROOT.parent / "shared"))
PLACES = yaml.safe_load((Path(__file__).parent / "cases" / "same_place.yml").read_text())


def one(name: str, *figures: dict[str, Any], num: int = 1, published: str = "2021-03-02", **more: Any) -> Mention:
    told = act("a", more.pop("quote", "A bomb went off at the market."), *figures, **more)
    return mention(
        num=num, mention_id=name, report_id=f"r-{name}", published=published, act=told, figures=told["casualties"]
    )


# --- names, actors, copies ---------------------------------------------------------------------------


@pytest.mark.parametrize("case", PLACES, ids=[c["description"] for c in PLACES])
def test_same_place(case: dict[str, Any]) -> None:
    a, b = case["input"]
    assert same_place(a, b) is case["expected"]
    assert same_place(b, a) is case["expected"]


@pytest.mark.parametrize(
    ("name", "found", "sides"),
    [
        ("Taliban", {"group:taliban"}, {"non_state"}),
        ("Russian jets", {"state:RU"}, {"state"}),
        ("Russian", {"state:RU"}, {"state"}),
        ("rebels", set(), {"non_state"}),
        ("Zintan Martyrs", {"zintan martyrs"}, set()),
    ],
)
def test_bodies_of_an_actor(name: str, found: set[str], sides: set[str]) -> None:
    assert bodies(name) == (frozenset(found), frozenset(sides))


TEXT = (
    "Shells fell on the market of Telhama on Monday morning. Eleven people died and thirty were hurt, rescuers said. "
    "The street was full of shoppers who had come for the first market since the truce. Ambulances came late."
)


def test_a_copy_with_another_head_is_one_origin() -> None:
    copied = "TELHAMA (Agency) - " + TEXT + " More follows."
    other = "In the capital the parliament met to hear the minister speak about the harvest and the price of bread."
    assert resemblance(sketch(TEXT), sketch(copied)) > 0.6
    assert resemblance(sketch(TEXT), sketch(other)) < 0.05
    found = origins({"a": sketch(TEXT), "b": sketch(other), "c": sketch(copied)}, {})
    assert found == {"a": "a", "b": "b", "c": "a"}


def test_two_reports_of_one_outlet_are_one_origin() -> None:
    assert origins({"a": (1,), "b": (2,)}, {"a": "Daily", "b": "Daily"}) == {"a": "a", "b": "a"}
    assert origins({"a": (), "b": ()}, {"a": None, "b": None}) == {"a": "a", "b": "b"}


# --- features -----------------------------------------------------------------------------------------

NINE = figure("9 people", 9, 9)


@pytest.mark.parametrize(
    ("feature", "left", "right", "level"),
    [
        ("dates", {}, {}, 3),
        ("dates", {}, {"start": "2021-03-01", "end": "2021-03-02"}, 2),
        ("dates", {}, {"start": "2021-03-01", "end": "2021-03-31"}, 1),
        ("dates", {}, {"start": None, "end": None}, 0),
        ("dates", {}, {"start": "2021-03-02", "end": "2021-03-02"}, -1),
        ("dates", {}, {"start": "2021-03-04", "end": "2021-03-04"}, -2),
        ("dates", {}, {"start": "2021-04-01", "end": "2021-04-01"}, -3),
        ("places", {}, {"places": ["Qasreen", "Marwan"]}, 3),
        ("places", {"places": ["Qasrin"]}, {"places": ["Qasrin"]}, 2),
        ("places", {}, {"places": ["Marwan"]}, 1),
        ("places", {}, {"places": []}, 0),
        ("places", {}, {"places": ["Telhama", "Marwan"]}, -1),
        ("places", {}, {"places": ["Balad"]}, -2),
        ("type", {}, {}, 2),
        ("type", {}, {"type": "suicide_bomb"}, 1),
        ("type", {}, {"type": "attack"}, 0),
        ("type", {}, {"type": "arrests"}, -1),
        ("country", {}, {"country": "SY"}, -1),
        ("actors", {"perpetrators": ["Taliban"]}, {"perpetrators": ["Afghan Taliban"]}, 2),
        ("actors", {"perpetrators": ["rebels"]}, {"perpetrators": ["Taliban"]}, 1),
        ("actors", {"perpetrators": ["Taliban"]}, {"perpetrators": ["Boko Haram"]}, -1),
        ("actors", {"perpetrators": ["rebels"]}, {"perpetrators": ["Russian jets"]}, -2),
        ("actors", {"perpetrators": []}, {"perpetrators": ["Taliban"]}, 0),
        ("targets", {"targets": ["Nile Hotel lobby"]}, {"targets": ["lobby of the Nile Hotel"]}, 2),
        ("targets", {"targets": ["market"]}, {"targets": ["church"]}, -1),
        ("scope", {}, {"scope": "total"}, -1),
    ],
)
def test_levels(feature: str, left: dict[str, Any], right: dict[str, Any], level: int) -> None:
    found = next(f for f in FEATURES if f.name == feature)
    a, b = one("a", **left), one("b", **right)
    assert found.level(a, b) == level
    assert found.level(b, a) == level


@pytest.mark.parametrize(
    ("left", "right", "level"),
    [
        ([NINE], [NINE], 3),
        ([NINE, figure("20 hurt", 20, 20, harm="injured")], [NINE, figure("20 hurt", 20, 20, harm="injured")], 4),
        ([figure("two men", 2, 2)], [figure("2 men", 2, 2)], 2),
        ([NINE], [figure("14 people", 14, 14)], 1),
        ([NINE], [figure("30 people", 30, 30)], -1),
        ([NINE], [figure("90 people", 90, 90)], -2),
        ([NINE], [], 0),
    ],
)
def test_toll_levels(left: list[dict[str, Any]], right: list[dict[str, Any]], level: int) -> None:
    found = next(f for f in FEATURES if f.name == "tolls")
    assert found.level(one("a", *left), one("b", *right)) == level


AT_LEAST_NINE = figure("at least nine people", 9, None)


@pytest.mark.parametrize(
    ("early", "late", "days", "level"),
    [
        (AT_LEAST_NINE, figure("58 people", 58, 58), 3, 1),
        (AT_LEAST_NINE, figure("58 people", 58, 58), 0, 1),
        (AT_LEAST_NINE, figure("58 people", 58, 58), -3, -2),
        (NINE, figure("58 people", 58, 58), 3, -2),
        (figure("at least 58", 58, None), NINE, 3, -2),
    ],
)
def test_an_open_toll_that_a_later_report_raises_has_grown(
    early: dict[str, Any], late: dict[str, Any], days: int, level: int
) -> None:
    found = next(f for f in FEATURES if f.name == "tolls")
    a = replace(one("a", early), published=100)
    b = replace(one("b", late), published=100 + days)
    assert found.level(a, b) == found.level(b, a) == level


def test_every_reason_has_a_sentence() -> None:
    a = one("a", NINE, perpetrators=["Taliban"])
    b = one("b", figure("14 people", 14, 14), places=["Marwan"], perpetrators=["rebels"])
    reasons = explain(a, b)
    assert {"dates", "places", "tolls"} <= {r.feature for r in reasons}
    assert all(r.why and "{" not in r.why for r in reasons)
    assert "2021-03-01" in next(r.why for r in reasons if r.feature == "dates")


def test_more_in_common_never_speaks_against() -> None:
    link_features.check(lexicon.load("link"))
    broken = copy.deepcopy(lexicon.load("link"))
    broken["weights"]["dates"][3] = -9.0
    with pytest.raises(LexiconError, match="dates"):
        link_features.check(broken)
    del broken["weights"]["dates"]
    with pytest.raises(LexiconError, match="dates"):
        link_features.check(broken)


def test_a_score_that_cannot_reach_is_nothing() -> None:
    a, b = one("a", NINE), one("b", NINE, start="2024-01-01", end="2024-01-01", places=["Balad"], country="SY")
    assert score(a, b) < 0.01
    assert score(a, b, 0.05) == 0.0
    assert score(a, one("c", NINE), 0.05) == score(a, one("c", NINE)) > 0.5


tellings = st.builds(
    lambda num, days, dead, **more: one(
        str(num), *(figure("so many", n, n) for n in dead), num=num, start=days[0], end=days[1], **more
    ),
    num=st.integers(1, 99),
    days=st.sampled_from(
        [("2021-03-01", "2021-03-01"), ("2021-03-02", "2021-03-05"), ("2021-04-09", None), (None,) * 2]
    ),
    dead=st.lists(st.sampled_from([0, 4, 5, 22, 23, 90]), max_size=2),
    type=st.sampled_from(["bomb", "suicide_bomb", "attack", "armed_clash", "other"]),
    scope=st.sampled_from(["incident", "total", "background"]),
    country=st.sampled_from(["IQ", "SY", None]),
    places=st.sampled_from([[], ["Qasrin", "Marwan"], ["Telhama"]]),
    targets=st.sampled_from([[], ["market"], ["market", "a mosque"], ["school"]]),
    published=st.sampled_from(["2021-03-02", "2021-04-10", None]),
)


@settings(max_examples=200, deadline=None)
@given(tellings, st.lists(tellings, max_size=8), st.sampled_from([0.01, 0.05, 0.5]))
def test_what_is_likely_is_what_the_score_says(told: Mention, others: list[Mention], least: float) -> None:
    beside = [o for o in others if o.report_id != told.report_id]
    scores = [(o.num, score(o, told)) for o in beside]
    found = link_features.likely(told, others, least)
    assert [n for n, _ in found] == [n for n, p in scores if p >= least]
    assert [p for _, p in found] == pytest.approx([p for _, p in scores if p >= least])


# --- blocking ------------------------------------------------------------------------------------------


def meets(a: Mention, b: Mention) -> bool:
    blocks = Blocks()
    blocks.file(a.num, keys(a)[0])
    return a.num in blocks.candidates(keys(b)[1])


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({}, True),
        ({"start": "2021-03-02", "end": "2021-03-02"}, True),
        ({"places": ["Qasreen"]}, True),
        ({"start": "2021-03-01", "end": "2021-03-31"}, True),
        ({"places": []}, True),
        ({"start": None, "end": None}, True),
        ({"start": "2021-05-02", "end": "2021-05-02", "targets": [], "quote": "Nothing alike."}, False),
        ({"places": ["Balad"], "targets": [], "quote": "Nothing alike."}, False),
    ],
)
def test_what_is_compared(change: dict[str, Any], expected: bool) -> None:
    a = one("a", num=1)
    b = one("b", num=2, **change)
    assert meets(a, b) is expected
    assert meets(one("b", num=1, **change), one("a", num=2)) is expected


def test_a_full_block_keeps_the_latest() -> None:
    blocks = Blocks()
    for n in range(100):
        blocks.file(n, [(7, False)])
    assert blocks.candidates({(7, False): LOOSE_CAP}) == list(range(100 - LOOSE_CAP, 100))


# --- clusters --------------------------------------------------------------------------------------------

REPORTS = {n: f"r{n}" for n in range(1, 20)}


def test_one_wrong_pair_does_not_chain_two_incidents() -> None:
    """1-2-3 agree, 4-5-6 agree, and 3-4 alone looks alike: two incidents."""
    strong = dict.fromkeys(((1, 2), (1, 3), (2, 3), (4, 5), (4, 6), (5, 6)), 0.98)
    found = cluster(range(1, 7), {**strong, (3, 4): 0.9}, REPORTS)
    assert found.groups == ((1, 2, 3), (4, 5, 6))


def test_two_acts_of_one_report_are_never_joined() -> None:
    found = cluster([1, 2, 3], {(1, 2): 0.99, (2, 3): 0.99, (1, 3): 0.99}, {1: "r", 2: "s", 3: "r"})
    assert sorted(map(len, found.groups)) == [1, 2]


def test_apart_holds_against_any_score() -> None:
    found = cluster([1, 2, 3], {(1, 2): 0.99, (2, 3): 0.99, (1, 3): 0.99}, REPORTS, apart=[(1, 3)])
    assert not any({1, 3} <= set(g) for g in found.groups)


def test_same_holds_without_any_score_and_within_a_report() -> None:
    assert cluster([1, 2], {}, {1: "r", 2: "r"}, same=[(1, 2)]).groups == ((1, 2),)


def test_a_contradiction_is_refused_and_named() -> None:
    found = cluster([1, 2, 3], {}, REPORTS, same=[(2, 3), (1, 2)], apart=[(1, 3)])
    assert found.groups == ((1,), (2, 3))
    assert found.refused == ((1, 2),)


def test_the_order_of_numbers_does_not_matter() -> None:
    scores = {(1, 2): 0.8, (2, 3): 0.7, (1, 3): 0.3, (3, 4): 0.9}
    assert cluster([4, 2, 1, 3], dict(reversed(scores.items())), REPORTS) == cluster([1, 2, 3, 4], scores, REPORTS)


@settings(max_examples=100, deadline=None)
@given(st.dictionaries(st.tuples(st.integers(1, 9), st.integers(1, 9)).filter(lambda p: p[0] < p[1]), st.floats(0, 1)))
def test_clusters_are_a_partition_that_keeps_reports_apart(scores: dict[tuple[int, int], float]) -> None:
    report_of = {n: f"r{n % 4}" for n in range(1, 10)}
    found = cluster(range(1, 10), scores, report_of)
    assert sorted(n for g in found.groups for n in g) == list(range(1, 10))
    for group in found.groups:
        assert len({report_of[n] for n in group}) == len(group)


def test_possibly_the_same() -> None:
    groups = {1: (1, 2), 3: (3,)}
    assert possible(groups, [((1, 3), 0.45), ((2, 3), 0.4)], REPORTS)[0][:2] == (1, 3)
    assert possible(groups, [((1, 3), 0.45), ((2, 3), 0.4)], REPORTS, apart=[(1, 3)]) == ()
    assert possible(groups, [((1, 3), 0.06)], REPORTS) == ()


def test_components() -> None:
    assert components([5, 1, 2, 3], [(2, 5), (1, 2)]) == [[1, 2, 5], [3]]


def test_spread_gives_what_one_process_gives() -> None:
    items = list(range(1000))
    assert spread(lambda some: [n * n for n in some], items, jobs=3) == [n * n for n in items]


# --- sums and their parts --------------------------------------------------------------------------------


def incident(name: str, dead: int, *, total: bool = False, **more: Any) -> Act:
    values: dict[str, Any] = {
        "id": name, "is_total": total, "start": 10, "end": 10, "country": "IQ", "type": "bomb",
        "places": ("Marwan",) if total else ("Qasrin", "Marwan"), "actors": frozenset(), "sides": frozenset(),
        "reports": frozenset({f"r-{name}"}), "killed": (dead, dead), "classes": frozenset({"unknown"}),
    }  # fmt: skip
    return Act(**{**values, **more})


def test_a_sum_of_anothers_three_bombs() -> None:
    """One outlet's 23 killed on Thursday is the sum of another's 13, 4 and 6."""
    total = incident("t", 23, total=True, places=())
    bombs = [incident(n, k, reports=frozenset({"b"})) for n, k in (("x", 13), ("y", 4), ("z", 6))]
    found = find(total, bombs, ())
    assert {p.part for p in found if p.sure} == {"x", "y", "z"}


def test_what_does_not_add_up_is_only_possible() -> None:
    found = find(incident("t", 23, total=True), [incident("x", 13), incident("y", 4)], ())
    assert [p.sure for p in found] == [False, False]


def test_what_a_report_lists_is_believed_and_the_rest_of_that_report_is_not_in_it() -> None:
    total = incident("t", 23, total=True, reports=frozenset({"r"}))
    near = [incident("x", 13, reports=frozenset({"r"})), incident("y", 4, reports=frozenset({"r"}))]
    assert [(p.part, p.sure) for p in find(total, near, ["x"])] == [("x", True)]


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({}, True),
        ({"start": 11, "end": 11}, False),
        ({"start": None, "end": None}, False),
        ({"country": "SY"}, False),
        ({"places": ("Balad", "Saladin")}, False),
        ({"type": "arrests"}, False),
        ({"killed": (40, 40)}, False),
        ({"is_total": True, "killed": (5, 5)}, True),
    ],
)
def test_what_a_sum_may_hold(change: dict[str, Any], expected: bool) -> None:
    assert may_hold(incident("t", 23, total=True), incident("x", 13, **change)) is expected


def test_one_outlets_sum_of_anothers_bombs_is_counted_once(tmp_path: Path) -> None:
    bombs = [("Qasrin", 13), ("Telhama", 4), ("Balad", 6)]
    said = [f"A bomb killed {n} people in {place} on Monday." for place, n in bombs]
    total = "Bombs killed 23 people in Marwan province on Monday, officials said."
    reports = [report("bombs", "Bombs", " ".join(said)), report("sum", "Sum", total)]
    acts = [
        act(str(i), s, figure(f"{n} people", n, n, who="unknown"), places=[p, "Marwan"], targets=[])
        for i, (s, (p, n)) in enumerate(zip(said, bombs, strict=True))
    ]
    summed = act("a", total, figure("23 people", 23, 23, who="unknown"), scope="total", places=["Marwan"], targets=[])
    with init_book(tmp_path / "b.toll") as book:
        book.add_records(reports, [record("bombs", "2021-03-02", *acts), record("sum", "2021-03-02", summed)])
        found = book.totals("month")
        assert (found.total.low, found.total.high, found.total.incidents) == (23, 23, 3)


# --- the gold standard -------------------------------------------------------------------------------------


@pytest.mark.skipif(not (SHARED / "gold").is_dir(), reason=f"no shared gold standard at {SHARED} (TOLLBOOK_SHARED)")
@pytest.mark.parametrize(
    ("part", "f1", "precision", "recall"), [("dev", 96.0, 85.0, 70.0), ("train", 95.0, 90.0, 68.0)]
)
def test_gold_records_are_put_together_well(part: str, f1: float, precision: float, recall: float) -> None:
    spec = importlib.util.spec_from_file_location("eval_link", ROOT / "eval" / "link.py")
    assert spec is not None
    assert spec.loader is not None
    link = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(link)
    found = link.scored(part, link.clustered(part))
    assert found["cluster"]["f1"] >= f1
    assert found["cluster_pairs"]["p"] >= precision
    assert found["cluster_pairs"]["r"] >= recall


# --- distances and classes -------------------------------------------------------------------------------

MANBIJ, TOKHAR, ALEPPO, HOMS = (36.53, 37.95, 6.0), (36.58, 38.02, 12.0), (36.2, 37.16, 83.0), (34.73, 36.71, 12.0)
RAQQA = (35.95, 39.01, 10.0)


@pytest.mark.parametrize(
    ("left", "right", "level"),
    [
        ([MANBIJ], [MANBIJ], 1),
        ([MANBIJ], [TOKHAR], 1),
        ([MANBIJ], [ALEPPO], 0),  # within a province: says little
        ([MANBIJ], [RAQQA], -2),
        ([HOMS], [ALEPPO], -1),
        ([MANBIJ, RAQQA], [RAQQA, MANBIJ], 0),  # acts in two towns, told in another order
        ([MANBIJ, ALEPPO], [HOMS, ALEPPO], -2),  # a province in common brings no towns together
        ([], [MANBIJ], 0),
    ],
)
def test_distance(left: list[Any], right: list[Any], level: int) -> None:
    a, b = (replace(made(), points=tuple(p)) for p in (left, right))
    assert link_features.distance(a, b) == link_features.distance(b, a) == level


@pytest.mark.parametrize(
    ("left", "right", "level"),
    [
        (("civilian", 5), ("state_forces", 5), -1),
        (("civilian", 5), ("civilian", 5), 3),
        (("unknown", 5), ("state_forces", 5), 3),
        (("civilian", 30), ("armed_group", 30), 1),  # sides differ about who the dead were
        (("civilian", 5), ("state_forces", 50), 0),
    ],
)
def test_equal_tolls_of_different_people(left: tuple[str, int], right: tuple[str, int], level: int) -> None:
    a, b = (replace(made(), tolls=(Toll("killed", who, n, True),)) for who, n in (left, right))
    assert link_features.tolls(a, b) == link_features.tolls(b, a) == level


def made() -> Mention:
    """A mention of nothing in particular."""
    return mention(num=1, mention_id="m", report_id="r", published=None, act={"type": "attack"}, figures=[])
