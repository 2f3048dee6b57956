"""The ledger's arithmetic: cases worked out by hand, and what must hold whatever is told."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from book_reports import act, figure, record, report
from tollbook import lexicon
from tollbook.book import init_book
from tollbook.errors import LexiconError, UsageError
from tollbook.ledger import figures as ledger_figures
from tollbook.ledger import incidents as ledger_incidents
from tollbook.ledger import voices as ledger_voices
from tollbook.ledger.areas import province
from tollbook.ledger.bounds import ALL, RULES, Bound, Sides, bounds, get_rule, is_party, show
from tollbook.ledger.figures import Figure, victim_class
from tollbook.ledger.figures import figure as make_figure
from tollbook.ledger.totals import Entry, Node, add_up, cuts, period_label, residuals
from tollbook.ledger.trajectory import trajectory
from tollbook.ledger.voices import Voice, independence, named_voice, own_voice

CASES = yaml.safe_load((Path(__file__).parent / "cases" / "bounds.yml").read_text())
ONE = Sides(last_day=dt.date(2021, 3, 1).toordinal())


def told(row: dict[str, Any], index: int, ids: list[str]) -> Figure:
    day = f"2021-03-{row.get('day', 1):02d}"
    says = row.get("says")
    return make_figure(
        claim_id=ids[index],
        mention_id=f"m-{row['report']}",
        report_id=row["report"],
        voice=named_voice(says) if says else own_voice(row["report"], None),
        said=day,
        order=index,
        span=(index, index + 1),
        words=row.get("text", f"{row['min'] or row['max']} people"),
        value={
            "harm": row.get("harm", "killed"),
            "who": row.get("who", "civilian"),
            "min": row["min"],
            "max": row["max"],
        },
        subset_of=ids[row["part_of"]] if "part_of" in row else None,
    )


def everyone(found: tuple[Bound, ...], harm: str = "killed") -> Bound:
    return next(b for b in found if (b.harm, b.group) == (harm, ALL))


@pytest.mark.parametrize("case", CASES, ids=[c["description"] for c in CASES])
def test_bounds(case: dict[str, Any]) -> None:
    ids = [f"c{i}" for i in range(len(case["input"]))]
    figures = [told(row, i, ids) for i, row in enumerate(case["input"])]
    found = everyone(bounds(figures, sides=ONE, rule=get_rule(case.get("rule", "latest-per-voice"))))
    assert [found.low, found.best, found.high, found.open] == case["expected"]


def test_a_rule_or_scheme_there_is_not_names_those_there_are() -> None:
    with pytest.raises(UsageError, match=r"latest-per-voice.*widest"):
        get_rule("median")
    with pytest.raises(UsageError, match=r"tollbook.*un"):
        victim_class(told({"report": "a", "says": None, "min": 1, "max": 1}, 0, ["c"]), "mine")


def test_undivided_figures_bound_killed_or_injured_only() -> None:
    f = make_figure(
        claim_id="c", mention_id="m", report_id="r", voice=named_voice("police"), said=None, order=0, span=(0, 1),
        words="30 killed or wounded", subset_of=None,
        value={"harm": "injured", "who": "unknown", "min": 30, "max": 30, "undivided": True},
    )  # fmt: skip
    assert {b.harm for b in bounds([f])} == {"killed_or_injured"}


def test_parties_are_counted_when_asked() -> None:
    rows = [
        {"report": "a", "says": "Amaq", "min": 160, "max": 160},
        {"report": "b", "says": "Mayor Haddad", "min": 56, "max": 56},
    ]
    figures = [told(row, i, ["c0", "c1"]) for i, row in enumerate(rows)]
    assert everyone(bounds(figures)).beside == ("c0",)
    assert everyone(bounds(figures, count_parties=True)).high == 160


def test_the_state_is_a_party_where_the_state_did_it() -> None:
    figures = [told({"report": "a", "says": "officials", "min": 2, "max": 2}, 0, ["c"])]
    assert everyone(bounds(figures, sides=Sides(perpetrator_sides=frozenset({"state"})))).low is None
    assert everyone(bounds(figures, sides=Sides(perpetrator_sides=frozenset({"non_state"})))).low == 2


def test_police_are_civilians_for_ibc_and_un() -> None:
    f = told(
        {"report": "a", "says": None, "min": 3, "max": 3, "who": "state_forces", "text": "three policemen"}, 0, ["c"]
    )
    assert [victim_class(f, s) for s in ("tollbook", "ibc", "un")] == ["state_forces", "civilian", "civilian"]


OF_ONE_VOICE = [
    {"report": "a", "says": "Mayor Haddad", "min": 3, "max": 3, "who": "state_forces", "text": "three policemen"},
    {"report": "a", "says": "Mayor Haddad", "min": 2, "max": 2, "who": "civilian", "text": "two women"},
    {"report": "a", "says": "Mayor Haddad", "min": 4, "max": 4, "who": "armed_group", "text": "four gunmen"},
]


@pytest.mark.parametrize(
    ("classes", "expected"),
    [
        ("tollbook", {"all": (9, 9), "state_forces": (3, 3), "civilian": (2, 2), "armed_group": (4, 4)}),
        ("ibc", {"all": (9, 9), "civilian": (5, 5), "armed_group": (4, 4)}),
        ("sex", {"all": (9, 9), "female": (2, 2)}),
        ("age", {"all": (9, 9)}),
    ],
)
def test_everyone_is_as_many_by_any_scheme(classes: str, expected: dict[str, tuple[int, int]]) -> None:
    figures = [told(row, i, ["c0", "c1", "c2"]) for i, row in enumerate(OF_ONE_VOICE)]
    assert {b.group: (b.low, b.high) for b in bounds(figures, classes=classes)} == expected


@pytest.mark.parametrize(
    ("a", "b", "one"),
    [
        ("Syrian Observatory for Human Rights", "SOHR", True),
        ("Rami Abdul Rahman, the head of the Observatory", "the Syrian Observatory", True),
        ("police", "local police officials", True),
        ("medics", "a hospital source", True),
        ("police", "medics", False),
        ("Mayor Haddad", "Judge Omran", False),
        ("a local civil defense official", "rescue workers", True),
        ("a source at Qasrin Police Command", "police", True),
        ("a local civil defense official", "the defense ministry", False),
        ("SANAs correspondent", "SANA", True),
    ],
)
def test_one_voice_or_two(a: str, b: str, one: bool) -> None:
    assert (named_voice(a).id == named_voice(b).id) == one


def test_independence_is_a_range() -> None:
    media = [own_voice(r, None) for r in "abcdef"]
    assert independence([*media, named_voice("SOHR")]) == (1, 7)
    assert independence([named_voice("SOHR"), named_voice("police")]) == (1, 2)
    assert independence([]) == (0, 0)


@pytest.mark.parametrize(
    ("low", "high", "opened", "expected"),
    [(56, 101, True, "56 to 101+"), (6900, 7420, True, "6,900 to 7,420+"), (22, 22, False, "22"),
     (None, 30, False, "up to 30"), (None, None, False, "-"), (0, 0, False, "0")],
)  # fmt: skip
def test_ranges_in_print(low: int | None, high: int | None, opened: bool, expected: str) -> None:
    assert show(low, high, opened) == expected


# --- what must hold whatever is told ---------------------------------------------------------------

SPEAKERS = ["Mayor Haddad", "Judge Omran", "police", "medics", "SOHR", "Amaq", None]


@st.composite
def _rows(draw: st.DrawFn) -> list[dict[str, Any]]:
    rows = []
    for n in range(draw(st.integers(1, 6))):
        low = draw(st.integers(0, 60))
        high = draw(st.sampled_from([low, low, low + 5, None]))
        rows.append(
            {
                "report": draw(st.sampled_from("abcd")),
                "says": draw(st.sampled_from(SPEAKERS)),
                "min": low,
                "max": high,
                "day": draw(st.integers(1, 4)),
                "who": draw(st.sampled_from(["civilian", "unknown", "armed_group"])),
                "harm": draw(st.sampled_from(["killed", "killed", "injured"])),
                "text": f"{low} {draw(st.sampled_from(['people', 'people', 'bodies', 'dozens or']))} {n}",
            }
        )
    return rows


def _day_of_report(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    first = {}
    for row in rows:
        row["day"] = first.setdefault(row["report"], row["day"])
    return rows


RULE_NAMES = st.sampled_from(sorted(RULES))


@settings(max_examples=150, deadline=None)
@given(_rows(), RULE_NAMES)
def test_every_bound_is_ordered_and_resolves_to_its_claims(rows: list[dict[str, Any]], rule: str) -> None:
    rows = _day_of_report(rows)
    ids = [f"c{i}" for i in range(len(rows))]
    figures = [told(row, i, ids) for i, row in enumerate(rows)]
    spans = {f.claim_id: f.span for f in figures}
    for b in bounds(figures, sides=ONE, rule=get_rule(rule)):
        if b.low is not None:
            assert b.high is not None
            assert b.low <= b.high
            assert b.low_claims
        if b.high is not None:
            assert b.high_claims
        assert all(c in spans for c in (*b.claims, *b.beside, *(c for c, _ in b.aside)))


@settings(max_examples=150, deadline=None)
@given(_rows(), RULE_NAMES, st.sampled_from(["ibc", "un", "sex", "age"]))
def test_no_scheme_changes_how_many_everyone_is(rows: list[dict[str, Any]], rule: str, classes: str) -> None:
    rows = _day_of_report(rows)
    for row, word in zip(rows, ("women", "policemen", "boys", "people", "soldiers", "girls"), strict=False):
        row["text"] += f" {word}"
    figures = [told(row, i, [f"c{i}" for i in range(len(rows))]) for i, row in enumerate(rows)]
    plain = bounds(figures, sides=ONE, rule=get_rule(rule))
    other = bounds(figures, sides=ONE, rule=get_rule(rule), classes=classes)
    for harm in {b.harm for b in plain}:
        one, two = everyone(plain, harm), everyone(other, harm)
        assert (one.low, one.best, one.high, one.open) == (two.low, two.best, two.high, two.open)


@settings(max_examples=300, deadline=None)
@given(_rows(), RULE_NAMES, st.lists(st.integers(0, 9), min_size=6, max_size=6), st.booleans())
def test_every_claim_is_used_or_set_aside_once(
    rows: list[dict[str, Any]], rule: str, wholes: list[int], count_parties: bool
) -> None:
    """Whatever is told, by whomever, as a part of whatever: each figure of a harm is named once, with a reason if it
    does not count; what sets a bound counts or is a part of what does."""
    rows = _day_of_report(rows)
    ids = [f"c{i}" for i in range(len(rows))]
    figures = [told(row, i, ids) for i, row in enumerate(rows)]
    figures = [replace(f, subset_of=f"c{up}") if up < 6 else f for f, up in zip(figures, wholes, strict=False)]
    found = bounds(figures, sides=ONE, rule=get_rule(rule), count_parties=count_parties)
    for harm in {f.harm for f in figures}:
        b = everyone(found, harm)
        named = [*b.counted, *b.within, *b.beside, *(c for c, _ in b.aside)]
        assert sorted(named) == sorted(f.claim_id for f in figures if f.harm == harm)
        assert all(why for _, why in b.aside)
        assert set(b.claims) <= set(b.counted)
        bounding = {c for g in found if g.harm == harm and g.group != ALL for c in g.claims}
        assert bounding <= {*b.counted, *b.within}


@pytest.mark.parametrize(
    ("rows", "aside"),
    [
        ([(292, "people"), (250, "people")], {1: "an older toll"}),
        ([(82, "people"), (47, "killed in an initial toll of")], {1: "an earlier or a possible figure"}),
        ([(12, "people"), (24, "dozens")], {1: "vague words"}),
        ([(6, "priests"), (2, "women")], {}),
        ([(4, "people"), (3, "people")], {}),
    ],
)
def test_what_one_report_sets_aside_itself_is_named_with_its_reason(
    rows: list[tuple[int, str]], aside: dict[int, str]
) -> None:
    ids = [f"c{i}" for i in range(len(rows))]
    figures = [
        told(
            {"report": "a", "says": "Mayor Haddad", "min": n, "max": None if w == "dozens" else n,
             "text": w if w == "dozens" else f"{n} {w}"}, i, ids,
        )
        for i, (n, w) in enumerate(rows)
    ]  # fmt: skip
    found = everyone(bounds(figures, sides=ONE))
    assert [c for c, _ in found.aside] == [ids[i] for i in aside]
    assert all(why.startswith(start) for (_, why), start in zip(found.aside, aside.values(), strict=True))
    assert set(found.counted) == {c for i, c in enumerate(ids) if i not in aside}
    widest = everyone(bounds(figures, sides=ONE, rule=get_rule("widest")))
    assert not widest.aside
    assert set(widest.counted) == set(ids)


def test_two_parts_whose_whole_is_gone_stand_for_themselves() -> None:
    rows = [
        {"report": "a", "says": "Mayor Haddad", "min": 3, "max": 3, "who": "civilian"},
        {"report": "a", "says": "Mayor Haddad", "min": 2, "max": 2, "who": "state_forces"},
    ]
    figures = [replace(told(row, i, ["c0", "c1"]), subset_of="gone") for i, row in enumerate(rows)]
    found = everyone(bounds(figures, sides=ONE))
    assert (found.low, found.high, found.counted, found.within) == (5, 5, ("c0", "c1"), ())


@settings(max_examples=150, deadline=None)
@given(_rows(), RULE_NAMES, st.randoms(use_true_random=False))
def test_order_does_not_matter(rows: list[dict[str, Any]], rule: str, dice: Any) -> None:
    rows = _day_of_report(rows)
    ids = [f"c{i}" for i in range(len(rows))]
    figures = [told(row, i, ids) for i, row in enumerate(rows)]
    shuffled = list(figures)
    dice.shuffle(shuffled)
    assert bounds(shuffled, sides=ONE, rule=get_rule(rule)) == bounds(figures, sides=ONE, rule=get_rule(rule))


@settings(max_examples=150, deadline=None)
@given(_rows())
def test_a_superseded_toll_never_raises_low(rows: list[dict[str, Any]]) -> None:
    """An earlier, lower figure of a voice that speaks again later leaves low where it was, or lower."""
    rows = _day_of_report(rows)
    ids = [f"c{i}" for i in range(len(rows))]
    figures = [told({**row, "day": row["day"] + 1}, i, ids) for i, row in enumerate(rows)]
    early = [
        replace(
            f,
            claim_id=f"e{i}",
            mention_id=f"early-{f.mention_id}",
            said="2021-03-01",
            low=(f.low or 0) // 2,
            high=(f.low or 0) // 2,
        )
        for i, f in enumerate(figures)
    ]
    before = {(b.harm, b.group): b for b in bounds(figures, sides=ONE)}
    for b in bounds([*early, *figures], sides=ONE):
        known = before.get((b.harm, b.group))
        if known is not None and known.low is not None and b.low is not None:
            assert b.low <= known.low


@settings(max_examples=25, deadline=None)
@given(st.integers(1, 40), st.booleans(), st.sampled_from(["police", "Mayor Haddad", None]))
def test_a_copy_of_a_report_changes_nothing(number: int, opened: bool, says: str | None) -> None:
    import tempfile

    quote = f"Shells killed {number} people in the town of Telhama on Monday as the market opened and buses filled up."
    body = f"{quote} Smoke rose over the square. Families searched the rubble through the night, a photographer saw."
    given_ = figure(f"{number} people", number, None if opened else number, says=says, who="unknown")
    with tempfile.TemporaryDirectory() as folder, init_book(Path(folder) / "b.toll") as book:
        for name in ("one", "copy"):
            one = record(name, "2021-03-02", act("a", quote, given_, places=["Telhama", "Marwan"], type="shelling"))
            book.add_records([report(name, "Shells on Telhama", body)], [one])
            found = book.totals("month")
            line = book.incidents()[0]
            if name == "one":
                before = (found.total.low, found.total.high, found.total.open, line.voices, line.grade)
        assert len(book.incidents()) == 1
        assert (found.total.low, found.total.high, found.total.open, line.voices, line.grade) == before


# --- totals and their parts ------------------------------------------------------------------------


def node(name: str, low: int, high: int | None = None, total: bool = False, opened: bool = False) -> Node:
    return Node(name, low, high if high is not None else low, opened, total)


def nodes(*listed: Node) -> dict[str, Node]:
    return {n.id: n for n in listed}


def test_a_total_and_its_parts_count_once() -> None:
    found = residuals(nodes(node("t", 23, total=True), node("a", 13), node("b", 4), node("c", 6)), {"t": "abc"}, {})
    assert (found["t"].low, found["t"].high) == (0, 0)


def test_the_excess_is_a_residual_that_shrinks_as_parts_are_named() -> None:
    all_nodes = nodes(node("t", 23, total=True), node("a", 13), node("b", 4), node("c", 6))
    lows = [residuals(all_nodes, {"t": parts}, {})["t"].low for parts in ("", "a", "ab", "abc")]
    assert lows == [23, 10, 6, 0]


def test_parts_that_sum_to_more_leave_no_residual() -> None:
    assert residuals(nodes(node("t", 5, total=True), node("a", 4), node("b", 4)), {"t": "ab"}, {})["t"].low == 0


def test_possible_parts_lower_low_and_not_high() -> None:
    all_nodes = nodes(node("t", 23, total=True), node("a", 13))
    sure, loose = residuals(all_nodes, {"t": ""}, {})["t"], residuals(all_nodes, {"t": ""}, {"t": "a"})["t"]
    assert (sure.low, sure.high) == (23, 23)
    assert (loose.low, loose.high) == (10, 23)


def test_totals_nest() -> None:
    all_nodes = nodes(node("week", 44, total=True), node("day", 16, total=True), node("a", 7), node("b", 9))
    found = residuals(all_nodes, {"week": ["day", "a", "b"], "day": ["a", "b"]}, {})
    assert (found["day"].low, found["week"].low) == (0, 28)


def test_of_overlapping_totals_only_the_largest_residual_counts_in_low() -> None:
    all_nodes = nodes(node("s", 30, total=True), node("t", 25, total=True), node("a", 10))
    found = residuals(all_nodes, {"s": "a", "t": "a"}, {})
    assert (found["s"].low, found["t"].low) == (20, 0)
    assert (found["s"].high, found["t"].high) == (20, 15)


SUMS, ACTS = "stuvwx", "abc"
EDGES = st.dictionaries(st.sampled_from(SUMS), st.lists(st.sampled_from(SUMS + ACTS), unique=True, max_size=4))


@settings(max_examples=300, deadline=None)
@given(st.lists(st.integers(0, 20), min_size=9, max_size=9), EDGES, EDGES)
def test_what_a_sum_adds_depends_on_what_it_holds_alone(
    figures: list[int], sure: dict[str, list[str]], possible: dict[str, list[str]]
) -> None:
    """Also where sums hold one another in a ring: a book brought up to date looks at a neighbourhood only."""
    names = SUMS + ACTS
    world = nodes(*(node(n, figure, total=n in SUMS) for n, figure in zip(names, figures, strict=True)))
    found = residuals(world, sure, possible)
    for start in SUMS:
        inside, todo = {start}, [start]
        while todo:
            one = todo.pop()
            new = {p for held in (sure, possible) for p in held.get(one, ())} - inside
            inside |= new
            todo += new
        alone = residuals({n: world[n] for n in reversed(names) if n in inside}, sure, possible)
        assert (alone[start].high, alone[start].parts) == (found[start].high, found[start].parts)


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 20), st.integers(0, 5)), min_size=1, max_size=5),
    st.integers(0, 80),
    st.integers(0, 10),
    st.data(),
)
def test_doubt_never_narrows_a_range(parts: list[tuple[int, int]], low: int, width: int, data: st.DataObject) -> None:
    names = [f"p{i}" for i in range(len(parts))]
    all_nodes = nodes(
        node("t", low, low + width, total=True), *(node(n, a, a + w) for n, (a, w) in zip(names, parts, strict=True))
    )
    sure = data.draw(st.lists(st.sampled_from(names), unique=True))
    unsure = [n for n in names if n not in sure]
    doubtful = data.draw(st.lists(st.sampled_from(unsure), unique=True)) if unsure else []
    certain = residuals(all_nodes, {"t": sure}, {})["t"]
    doubted = residuals(all_nodes, {"t": sure}, {"t": doubtful})["t"]
    assert doubted.low <= certain.low
    assert doubted.high >= certain.high
    assert low <= certain.low + sum(all_nodes[n].low or 0 for n in sure) or certain.low == 0


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 20), st.integers(0, 9)), min_size=2, max_size=6), st.integers(0, 30))
def test_possibly_the_same_incidents_only_widen(ranges: list[tuple[int, int]], merged: int) -> None:
    entries = [
        Entry(f"i{n}", low, low + width, False, "2021-03-01", "2021-03-01", ("", ""))
        for n, (low, width) in enumerate(ranges)
    ]

    def by_month(e: Entry) -> str:
        return period_label("month", e.start, e.end)

    _, apart, _ = add_up(entries, by_month)
    _, doubted, _ = add_up(entries, by_month, [("i0", "i1", min(merged, ranges[0][0] + ranges[1][0]))])
    assert doubted.low <= apart.low
    assert doubted.high == apart.high
    assert doubted.low + doubted.low_if_same == apart.low


@pytest.mark.parametrize(
    ("by", "start", "end", "expected"),
    [
        ("month", "2016-07-19", "2016-07-20", "2016-07"),
        ("month", "2016-07-31", "2016-08-01", "undated within 2016"),
        ("month", "2016-12-31", "2017-01-01", "undated within 2016 to 2017"),
        ("month", None, None, "undated"),
        ("year", "2016-07-01", "2016-12-31", "2016"),
        ("week", "2016-07-18", "2016-07-24", "2016-W29"),
        ("week", "2016-07-18", "2016-07-25", "undated within 2016-07"),
    ],
)
def test_an_act_wider_than_a_bin_is_undated_within(by: str, start: str | None, end: str | None, expected: str) -> None:
    assert period_label(by, start, end) == expected


def test_the_toll_over_time_moves_the_injured_who_died() -> None:
    rows = [
        {"report": "a", "says": "Mayor Haddad", "min": 3, "max": 3, "day": 1},
        {"report": "a", "says": "Mayor Haddad", "min": 20, "max": 20, "day": 1, "harm": "injured"},
        {"report": "b", "says": "Mayor Haddad", "min": 5, "max": 5, "day": 2},
        {"report": "b", "says": "Mayor Haddad", "min": 18, "max": 18, "day": 2, "harm": "injured"},
    ]
    figures = [told(row, i, ["c0", "c1", "c2", "c3"]) for i, row in enumerate(rows)]
    steps = trajectory(figures, sides=ONE)
    assert [(s.day, {h: b.high for h, b in s.bounds}) for s in steps] == [
        ("2021-03-01", {"injured": 20, "killed": 3}),
        ("2021-03-02", {"injured": 18, "killed": 5}),
    ]


# --- the data files -------------------------------------------------------------------------------


def test_the_data_files_hold_what_they_must() -> None:
    ledger_figures.check(lexicon.load("classes"))
    ledger_voices.check(lexicon.load("voices"))
    ledger_incidents.check_grades(lexicon.load("grades"))
    for rule in RULES.values():
        assert rule.about


@pytest.mark.parametrize(
    ("check", "data"),
    [
        (ledger_figures.check, {"schemes": {"x": {"roles": {"police": "angels"}}}, "default": "x"}),
        (ledger_figures.check, {"schemes": {}, "default": "x"}),
        (ledger_voices.check, {"kinds": {"media": "tv"}, "speaker_kinds": {"media": "gossip"}}),
        (ledger_voices.check, {"kinds": {"media": "tv"}, "speaker_kinds": {}, "phrases": {"gossip": ["two words"]}}),
        (ledger_voices.check, {"kinds": {"media": "tv"}, "speaker_kinds": {}, "phrases": {"media": ["tv"]}}),
        (ledger_incidents.check_grades, {"default": "x"}),
        (ledger_incidents.check_grades, {"default": "x", "x": {"grades": []}}),
    ],
)
def test_a_data_file_that_does_not_is_refused(check: Any, data: dict[str, Any]) -> None:
    with pytest.raises(LexiconError):
        check(data)


def test_a_voice_of_an_armed_group_is_a_party() -> None:
    assert Voice("v", "n", "media", body="group:x").armed


@pytest.mark.parametrize(
    ("outlet", "body"),
    [
        ("SANA", "state:SY"),
        ("sana", "state:SY"),
        ("sana.sy", "state:SY"),
        ("www.tass.com", "state:RU"),
        ("manar", "group:hezbollah"),
        ("alalam", "state:IR"),
        ("etilaf", "group:syrian-opposition"),
        ("reuters", None),
        ("Daily Post", None),
        ("Syrian Observer", None),
    ],
)
def test_the_outlet_of_a_party_speaks_for_it(outlet: str, body: str | None) -> None:
    assert ledger_voices.own_voice("r", outlet).body == body


@pytest.mark.parametrize(
    ("bodies", "country", "voice", "party"),
    [
        ({"state:SY"}, "SY", "state:RU", True),
        ({"state:SY"}, "SY", "state:TR", False),
        ({"group:islamic-state"}, "SY", "state:RU", False),
        ({"coalition:us-led"}, "IQ", "state:US", True),
        ({"state:SY"}, "LB", "state:RU", False),
    ],
)
def test_who_fights_beside_a_party_is_one(bodies: set[str], country: str, voice: str, party: bool) -> None:
    sides = Sides(bodies=ledger_voices.with_allies(frozenset(bodies), country))
    assert is_party(Voice("v", "n", "official", body=voice), sides) is party


def test_a_party_is_no_independent_source() -> None:
    told = [Voice(f"v{n}", "n", "monitor") for n in range(2)]
    found = SimpleNamespace(contested=False)
    assert ledger_incidents.grade("ibc", found, (), told) == "corroborated"
    assert ledger_incidents.grade("ibc", found, (), told, parties=frozenset({"v0"})) == "provisional"
    assert ledger_incidents.grade("airwars", found, (), told, parties=frozenset({"v0"})) == "weak"


def test_a_possible_twin_takes_the_larger_low_away_once() -> None:
    assert cuts({"a": 5, "b": 3}, [("a", "b", 3)]) == {"a": 5}
    assert cuts({"a": 5, "b": 3, "c": 2}, [("a", "b", 3), ("a", "c", 2)]) == {"a": 5}
    assert cuts({"a": 5}, [("a", "gone", 0)]) == {}
    assert cuts({"a": 5, "b": 0}, [("a", "b", 5)]) == {}


@pytest.mark.parametrize(
    ("places", "country", "expected"),
    [
        (("Manbij", "Aleppo"), "SY", "Aleppo"),
        (("Manbij",), "SY", "Aleppo"),
        (("Manbij", "Aleppo province"), "SY", "Aleppo"),
        (("Baghdad",), "IQ", "Baghdad"),
        (("Eastern Ghouta",), "SY", None),
        ((), "SY", None),
        (("Qasrin", "Marwan"), "IQ", "Marwan"),
    ],
)
def test_the_province_of_a_place(places: tuple[str, ...], country: str, expected: str | None) -> None:
    assert province(places, country) == expected
