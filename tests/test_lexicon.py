"""The data files: read by a short way of our own, which must say what PyYAML says."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from tollbook import lexicon
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
        found = repr(yaml.load(text, Loader=lexicon._Loader))
    except yaml.YAMLError as error:
        found = type(error).__name__
    assert found == expected


@pytest.mark.parametrize("text", ["a: [", "- !!python/object:os.system {}", "a: *nowhere"])
def test_what_is_not_our_yaml_is_a_lexicon_error(text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lexicon, "DATA", tmp_path)
    (tmp_path / "bad.yml").write_text(text, encoding="utf-8")
    with pytest.raises(LexiconError, match=r"bad\.yml: not YAML"):
        lexicon.load.__wrapped__("bad")
