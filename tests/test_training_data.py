"""What the tagger is trained on. Reads the shared folder; needs no torch."""

from __future__ import annotations

import json
import os
import random
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
SHARED = Path(os.environ.get("TOLLBOOK_SHARED") or ROOT.parent / "shared")

from training import augment, corpus, ground, picture, sets  # noqa: E402
from training.ground import HARMS, NUMBER, Act, Doc, Mark, figure_anchor, number_value  # noqa: E402

from tollbook import lexicon  # noqa: E402

needs_shared = pytest.mark.skipif(not (SHARED / "gold/dev").exists(), reason="the shared folder is not here")


@pytest.fixture(scope="module")
def everything() -> corpus.Corpus:
    return corpus.read(SHARED)


@needs_shared
def test_nothing_trained_on_is_like_a_dev_report(everything: corpus.Corpus) -> None:
    dev = [sets.shingles(sets.full_text(row)) for row in sets.read_jsonl(SHARED / "gold/dev/reports.jsonl")]
    for doc in (*everything.gold, *everything.weak):
        mine = sets.shingles(doc.text)
        worst = max((len(mine & theirs) / max(1, min(len(mine), len(theirs))) for theirs in dev), default=0.0)
        assert worst < 0.4, doc.doc_id


@needs_shared
def test_no_non_commercial_text(everything: corpus.Corpus) -> None:
    barred = {
        sets.full_text(row)
        for row in sets.read_jsonl(SHARED / "corpora/re3d/documents.jsonl")
        if not row["commercial_redistribution_ok"]
    }
    assert not barred & {doc.text for doc in (*everything.gold, *everything.weak)}


@needs_shared
def test_gold_is_grounded(everything: corpus.Corpus) -> None:
    assert len(everything.gold) >= 400
    assert not everything.missed
    figures = [(d, m) for d in everything.gold for m in d.marks if m.label in HARMS]
    numbers = sum(bool(NUMBER.fullmatch(d.text[m.start : m.end])) for d, m in figures)
    assert numbers / len(figures) > 0.8


@needs_shared
def test_variants_keep_whole_words(everything: corpus.Corpus) -> None:
    names = augment.Names.open()
    rng = random.Random(11)
    for doc in everything.gold[::7]:
        varied = augment.vary(doc, names, rng, 1.0)
        for mark in varied.marks:
            words = varied.text[mark.start : mark.end]
            assert words
            assert words == words.strip()


def test_dev_guard_takes_the_larger_share(tmp_path: Path) -> None:
    (tmp_path / "gold/dev").mkdir(parents=True)
    told = "A mortar round hit the grain market of the old town on Sunday and killed two porters"
    (tmp_path / "gold/dev/reports.jsonl").write_text(json.dumps({"doc_id": "x", "title": "", "text": told}))
    guard = sets.DevGuard(tmp_path)
    assert guard.overlap(told) == 1.0
    assert guard.overlap(told + " " + "and then something wholly different was said about the weather " * 9) == 1.0
    assert guard.overlap("Nothing of this kind was ever told in that little town before") == 0.0


@pytest.mark.parametrize(
    ("words", "value"),
    [
        ("22", 22),
        ("1,200", 1200),
        ("twenty-two", 22),
        ("three hundred", 300),
        ("2.5 million", 2_500_000),
        ("dozens", 24),
        ("a", 1),
        ("Seven", 7),
    ],
)
def test_number_value(words: str, value: int) -> None:
    assert number_value(words) == value


@pytest.mark.parametrize(
    ("text", "words", "low", "high", "number", "group"),
    [
        (
            "A blast killed at least 14 market traders in Gao.",
            "at least 14 market traders",
            14,
            None,
            "14",
            "market traders",
        ),
        ("More than 40 of its soldiers died.", "More than 40 of its soldiers", 41, None, "40", "soldiers"),
        ("Police said an off-duty guard was shot.", "an off-duty guard was shot", 1, 1, "guard", "guard"),
        ("Scores were wounded.", "Scores were wounded", 40, None, "Scores", None),
    ],
)
def test_figure_anchor(text: str, words: str, low: int, high: int | None, number: str, group: str | None) -> None:
    at = text.index(words)
    anchor, noun = figure_anchor(text, (at, at + len(words)), {"min": low, "max": high, "who": "civilian"})
    assert text[anchor[0] : anchor[1]] == number
    assert (text[noun[0] : noun[1]] if noun else None) == group


def test_edits_carry_the_marks() -> None:
    text = "Two men, both guards, died in Oldtown on Friday."
    doc = Doc(
        "x",
        "fakes",
        text,
        [(0, len(text))],
        [Mark("killed", 0, 3), Mark("place", 30, 37, says=[(41, 47)])],
        acts={"a": Act("a", "bomb", "incident", "happened")},
    )
    varied = augment.apply(doc, [(0, 3, "Eleven"), (7, 8, ""), (30, 37, "Al Noor City")])
    first, second = varied.marks
    assert varied.text == "Eleven men both guards, died in Al Noor City on Friday."
    assert varied.text[first.start : first.end] == "Eleven"
    assert varied.text[second.start : second.end] == "Al Noor City"
    assert [varied.text[a:b] for a, b in second.says] == ["Friday"]
    assert ground.tell(varied)


def test_the_picture_of_reliability_is_that_of_the_table() -> None:
    assert picture.FILE.read_text(encoding="utf-8") == picture.drawn(lexicon.load("model/reliability")), picture.__doc__
