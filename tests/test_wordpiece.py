from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tollbook.extract.tagger import FOLDER
from tollbook.extract.wordpiece import UNK, WordPiece

SMALL = [
    "[PAD]",
    *["[unused]"] * 99,
    "[UNK]",
    "[CLS]",
    "[SEP]",
    "[MASK]",
    "shell",
    "##ing",
    "killed",
    "12",
    ",",
    "000",
    "cafe",
    "'",
    "s",
    "##s",
    "中",
]


def small() -> WordPiece:
    return WordPiece(SMALL)


def words(text: str) -> list[tuple[str, str]]:
    return [(SMALL[i], text[a:b]) for i, a, b in small().pieces(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Shelling killed", [("shell", "Shell"), ("##ing", "ing"), ("killed", "killed")]),
        ("12,000", [("12", "12"), (",", ","), ("000", "000")]),
        ("CAFÉ's", [("cafe", "CAFÉ"), ("'", "'"), ("s", "s")]),
        ("shells", [("shell", "shell"), ("##s", "s")]),
        ("zebra shell", [("[UNK]", "zebra"), ("shell", "shell")]),
        ("shell中shell", [("shell", "shell"), ("中", "中"), ("shell", "shell")]),
        ("sh\u200bell", [("shell", "sh\u200bell")]),
        ("", []),
        (" \n\t", []),
    ],
)  # fmt: skip
def test_pieces(text: str, expected: list[tuple[str, str]]) -> None:
    assert words(text) == expected


def test_long_word_is_unknown() -> None:
    assert small().pieces("s" * 101) == [(UNK, 0, 101)]


@pytest.fixture(scope="module")
def pair() -> tuple[WordPiece, object]:
    tokenizers = pytest.importorskip("tokenizers", reason="the reference library is not installed")
    vocabulary = (FOLDER / "vocab.txt").read_text(encoding="utf-8").split("\n")
    reference = tokenizers.Tokenizer(
        tokenizers.models.WordPiece(
            {p: n for n, p in enumerate(vocabulary) if p}, unk_token="[UNK]", max_input_chars_per_word=100
        )
    )
    reference.normalizer = tokenizers.normalizers.BertNormalizer(lowercase=True)
    reference.pre_tokenizer = tokenizers.pre_tokenizers.BertPreTokenizer()
    return WordPiece.open(FOLDER / "vocab.txt"), reference


SENTENCES = [
    "At least 1,200 people fled Al-Hawija's old town; 3 of them (all children) were hurt.",
    "TWO SOLDIERS DIED NEAR SAN VICENTE -- THE RADIO SAID -- AT 0630 GMT.",
    "L’armée a tué “sept” hommes à Bamako… €5m d’aide",
    "Бахмут, Θεσσαλονίκη, 北京, القاهرة, İstanbul, Straße",
    "e\u0301tat\u00a0d\u00ad'urgence \ufffd \x00 ok",
    "$3.5bn + 40% = ~`^|<>",
]


@pytest.mark.parametrize("text", SENTENCES)
def test_equal_to_the_library(pair: tuple[WordPiece, object], text: str) -> None:
    _compare(pair, text)


# Characters newer than the library's Unicode tables may differ; these blocks are old.
OLD = st.characters(min_codepoint=1, max_codepoint=0x4DB5, exclude_categories=("Cs", "Cn", "Co"))


@settings(max_examples=200, deadline=None)
@given(st.text(st.one_of(st.sampled_from("abc ABC 12,.'-\n"), OLD), max_size=60))
def test_equal_to_the_library_on_any_text(pair: tuple[WordPiece, object], text: str) -> None:
    if any(0x600 <= ord(c) <= 0x8FF or 0x1AB0 <= ord(c) <= 0x1DFF or 0x2E00 <= ord(c) <= 0x2E7F for c in text):
        return  # blocks that grew in recent Unicode versions
    _compare(pair, text)


def _compare(pair: tuple[WordPiece, object], text: str) -> None:
    ours, reference = pair
    encoded = reference.encode(text, add_special_tokens=False)  # type: ignore[attr-defined]
    assert ours.pieces(text) == [(i, a, b) for i, (a, b) in zip(encoded.ids, encoded.offsets, strict=True)]
