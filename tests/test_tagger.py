from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tollbook.errors import ExtractorError, LexiconError
from tollbook.extract import tagger
from tollbook.extract.tagger import CONTEXT, WINDOW, Tagger, Tagging, bucket, gated, windows
from tollbook.model import Report
from tollbook.sentences import split_sentences


def report(text: str) -> Report:
    return Report("x", text, 0, None, "none", "en", "", "")


@pytest.fixture(scope="module")
def model() -> Tagger:
    if not (tagger.FOLDER / "tagger.onnx").exists():
        pytest.skip("platform: this version of the package holds no weights")
    return Tagger.open()


def tag(model: Tagger, text: str) -> Tagging:
    made = report(text)
    return model.tag(made, split_sentences(made))


@settings(max_examples=200, deadline=None)
@given(st.lists(st.integers(0, 500), max_size=30))
def test_windows_hold_every_piece_once(lengths: list[int]) -> None:
    seen = []
    for window in windows(lengths):
        assert sum(last - first for _, first, last, _ in window) <= WINDOW
        assert sum(last - first for _, first, last, is_context in window if is_context) <= CONTEXT
        seen += [(n, at) for n, first, last, is_context in window if not is_context for at in range(first, last)]
    assert seen == [(n, at) for n, length in enumerate(lengths) for at in range(length)]


@pytest.mark.parametrize(("gap", "expected"), [(0, 6), (1, 7), (-1, 5), (2, 8), (4, 9), (-8, 2), (90, 11), (-90, 1)])
def test_bucket(gap: int, expected: int) -> None:
    assert bucket(gap) == expected < tagger.BUCKETS


@pytest.mark.parametrize(
    ("text", "pieces", "expected"),
    [
        ("Marwan", [(0, 3), (3, 6)], [0, 0]),
        ("1,240", [(0, 1), (1, 2), (2, 5)], [0, 0, 0]),
        ("rebel-held", [(0, 5), (5, 6), (6, 10)], [0, 1, 2]),
        ("12, 13", [(0, 2), (2, 3), (4, 6)], [0, 1, 2]),
        ("", [], []),
    ],
)
def test_words(text: str, pieces: list[tuple[int, int]], expected: list[int]) -> None:
    assert tagger.words_of(text, pieces) == expected


@pytest.mark.parametrize(
    ("sentences", "expected"),
    [
        (["The bank raised its rate.", "Shares rose.", "Analysts were calm."], []),
        (["Rain fell.", "Traffic was slow.", "A bomb killed two.", "Shops closed.", "Schools opened."], [1, 2, 3]),
        (["GUNMEN CAME AT DAWN."], [0]),
    ],
)
def test_gate(sentences: list[str], expected: list[int]) -> None:
    assert gated(sentences) == expected


@pytest.mark.parametrize("data", [None, {}, {"stems": []}, {"stems": ["Kill"]}, {"stems": ["ab"]}, {"stems": [7]}])
def test_a_bad_gate_list_is_refused(data: object) -> None:
    with pytest.raises(LexiconError):
        tagger.check(data)


def test_no_model_is_said_plainly(tmp_path: Path) -> None:
    with pytest.raises(ExtractorError, match="cannot be loaded"):
        Tagger.open(tmp_path)


def test_other_heads_are_refused(model: Tagger, tmp_path: Path) -> None:
    for name in ("tagger.onnx", "vocab.txt"):
        (tmp_path / name).symlink_to(tagger.FOLDER / name)
    card = json.loads((tagger.FOLDER / "tagger.json").read_text())
    card["heads"]["figure"] = ["none", "killed"]
    (tmp_path / "tagger.json").write_text(json.dumps(card))
    with pytest.raises(ExtractorError, match="other heads"):
        Tagger.open(tmp_path)


def test_the_shipped_folder_is_small_enough() -> None:
    if (tagger.FOLDER / "tagger.onnx").exists():
        assert sum(p.stat().st_size for p in tagger.FOLDER.iterdir()) <= 25_000_000


def test_nothing_violent_costs_nothing(model: Tagger) -> None:
    tagging = tag(model, "The council met on Tuesday. It chose a new mayor.")
    assert tagging.spans == ()
    assert tagging.sentences == ()
    assert tagging.figure((0, 3)) is None
    assert tagging.same_act("figure", (0, 3), "place", (4, 11)) is None


TOLD = [
    (
        "A car bomb in the northern town of Marwan killed 17 people and wounded 40 others on Monday, police said.",
        {"17": "killed", "40": "injured"},
    ),
    (
        "GUERRILLAS ATTACKED A POST NEAR SAN TELMO YESTERDAY, KILLING THREE SOLDIERS, THE RADIO SAID.",
        {"THREE": "killed"},
    ),
    (
        "Gunmen stormed a school in Tarfa state overnight and killed at least nine teachers, a spokesman said.",
        {"nine": "killed"},
    ),
]


@pytest.mark.parametrize(("text", "expected"), TOLD)
def test_plain_figures_are_found(model: Tagger, text: str, expected: dict[str, str]) -> None:
    found = {text[s.span[0] : s.span[1]]: s.label for s in tag(model, text).spans if s.label in tagger.HARMS}
    assert found == expected


def test_questions_about_any_span(model: Tagger) -> None:
    text = TOLD[0][0]
    tagging = tag(model, text)
    at = text.index("17")
    figure = tagging.figure((at, at + 2))
    assert figure is not None
    assert figure.harm["killed"] > 0.5
    assert abs(sum(figure.harm.values()) - 1) < 0.01
    place = (text.index("Marwan"), text.index("Marwan") + 6)
    speaker = (text.index("police"), text.index("police") + 6)
    for p in (
        tagging.probability("place", place),
        tagging.same_act("place", place, "figure", (at, at + 2)),
        tagging.says((at, at + 2), speaker),
    ):
        assert p is not None
        assert 0 <= p <= 1
        assert p == round(p, 3)


def answers(tagging: Tagging) -> object:
    return tagging.spans, tagging.sentences


def test_same_answers_alone_and_after_others(model: Tagger) -> None:
    texts = [text * n for n, (text, _) in enumerate(TOLD, 1)] + ["Shells hit the port of Adra. " * 60]
    alone = [answers(tag(Tagger.open(), text)) for text in texts]
    together = [answers(tag(model, text)) for text in reversed(texts)]
    assert alone == together[::-1]


@settings(max_examples=15, deadline=None)
@given(st.text(max_size=200))
def test_any_text_is_answered(model: Tagger, text: str) -> None:
    made = report("Bombs fell. " + text)
    for span in tag(model, made.text).spans:
        assert 0 <= span.span[0] < span.span[1] <= len(made.text)
        assert 0 <= span.probability <= 1
