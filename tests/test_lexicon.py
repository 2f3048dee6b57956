"""The data files: read by a short way of our own, which must say what PyYAML says."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
import yaml

from tollbook import lexicon, yamlreader
from tollbook.errors import LexiconError

NAMES = sorted(path.relative_to(lexicon.DATA).with_suffix("").as_posix() for path in lexicon.DATA.rglob("*.yml"))


@pytest.mark.parametrize("name", NAMES)
def test_a_file_reads_as_pyyaml_reads_it(name: str) -> None:
    expected = yaml.safe_load((lexicon.DATA / f"{name}.yml").read_text(encoding="utf-8"))
    # repr tells 1 from True and from 1.0, and keeps the order.
    assert repr(lexicon.load(name)) == repr(expected)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "~",
        "[a, 1, 1.5, yes, 'yes', null, ~, '', 2014-01-02, 0x1f, -, +, .5]",
        "{a: {1: b, true: c, ? [x, y] : d}}",
        "base: &b {x: 1}\nmore: {<<: *b, y: 2}\nsame: *b",
        "!!set {a, b}",
        "!!str 12",
        "- |\n  one\n  two\n- >\n  three\n  four",
        "=",
    ],
)
def test_every_form_of_yaml_reads_as_pyyaml_reads_it(text: str) -> None:
    try:
        expected = repr(yaml.safe_load(text))
    except yaml.YAMLError as error:
        expected = type(error).__name__
    try:
        found = repr(yamlreader.parse(text))
    except yaml.YAMLError as error:
        found = type(error).__name__
    assert found == expected


@pytest.mark.parametrize("text", ["a: [", "- !!python/object:os.system {}", "a: *nowhere", "a: [1]\nb: 2\na: [3]"])
def test_what_is_not_our_yaml_is_a_lexicon_error(text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lexicon, "DATA", tmp_path)
    (tmp_path / "bad.yml").write_text(text, encoding="utf-8")
    with pytest.raises(LexiconError, match=r"bad\.yml: not YAML"):
        lexicon.load.__wrapped__("bad")


def test_a_parsed_file_says_what_its_yaml_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    names = [path.relative_to(lexicon.DATA).with_suffix("").as_posix() for path in lexicon.DATA.rglob("*.yml")]
    monkeypatch.setattr(lexicon, "PARSED", tmp_path / "parsed.txt")
    lexicon.PARSED.write_text(lexicon.parsed(), encoding="utf-8")
    lexicon._parsed.cache_clear()
    try:
        assert len(lexicon._parsed()) > len(names) / 2
        for name in names:
            text = (lexicon.DATA / f"{name}.yml").read_text(encoding="utf-8")
            assert lexicon.load.__wrapped__(name) == yaml.safe_load(text), name
    finally:
        lexicon._parsed.cache_clear()


def test_a_file_that_has_changed_is_parsed_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lexicon, "DATA", tmp_path)
    monkeypatch.setattr(lexicon, "PARSED", tmp_path / "parsed.txt")
    lexicon._parsed.cache_clear()
    try:
        (tmp_path / "words.yml").write_text("one: [1]\n", encoding="utf-8")
        (tmp_path / "days.yml").write_text("day: 2014-01-02\n1: number\n", encoding="utf-8")
        lexicon.PARSED.write_text(lexicon.parsed(), encoding="utf-8")
        kept = lexicon._parsed()
        assert [key.split()[0] for key, value in kept.items() if value] == ["words"]
        assert lexicon.load.__wrapped__("words") == {"one": [1]}
        assert lexicon.load.__wrapped__("days") == {"day": dt.date(2014, 1, 2), 1: "number"}
        (tmp_path / "words.yml").write_text("one: [2]\n", encoding="utf-8")
        assert lexicon.load.__wrapped__("words") == {"one": [2]}
    finally:
        lexicon._parsed.cache_clear()
