"""The reports written for training: they keep to their form, and no sentence of anybody else is in them."""

from __future__ import annotations

import os
import re
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
SHARED = Path(os.environ.get("TOLLBOOK_SHARED") or ROOT.parent / "shared")

from training import sets, written  # noqa: E402
from training.ground import ground  # noqa: E402

REPORT = """\
- id: zz-001
  published: 2019-03-12
  country: YE
  title: Raid on Kushar
  text: |
    At least 22 civilians, five of them children, were killed in Kushar on Sunday, a nurse said. Two died in Hajjah.
  acts:
    - id: a
      type: air_strike
      when: 2019-03-10
      where: [Kushar]
      quote: At least 22
      figures:
        - killed civilian 22.. | At least 22 civilians | says=a nurse
        - killed civilian 5 | five of them children | says=a nurse | of=0
"""


WIRE = ROOT / "eval" / "wire"
"""Newswire of our own words, to measure on; nothing is trained on it."""
STYLES = ROOT / "eval" / "styles"
"""Reports of our own words in six ways of telling, to measure on; nothing is trained on them."""


def everything() -> list[tuple[dict[str, Any], dict[str, Any]]]:
    return [*written.load(), *written.load(written.HELD), *written.load(WIRE), *written.load(STYLES)]


def test_a_report_becomes_a_gold_record(tmp_path: Path) -> None:
    (tmp_path / "a.yml").write_text(REPORT)
    [(report, record)] = written.load(tmp_path)
    assert report["doc_id"] == record["doc_id"] == "written-zz-001"
    [act] = record["incidents"]
    assert (act["start"], act["end"], act["country"], act["status"]) == ("2019-03-10", "2019-03-10", "YE", "happened")
    assert act["quote"].endswith("a nurse said.")
    assert [(c["min"], c["max"], c["says"], c["subset_of"]) for c in act["casualties"]] == [
        (22, None, "a nurse", None),
        (5, 5, "a nurse", 0),
    ]


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("air_strike", "airstrike", "type 'airstrike': allowed"),
        ("[Kushar]", "[Sanaa]", "'Sanaa' is not in the text"),
        ("says=a nurse | of=0", "says=a doctor", "'a doctor' is not in the text"),
        ("At least 22\n", "Nobody was\n", "no sentence begins 'Nobody was'"),
        ("when: 2019-03-10", "when: Sunday", "needed is a day"),
        ("killed civilian 5 ", "killed children 5 ", "needed is 'HARM WHO"),
        ("published: 2019-03-12", "published: March", "needed is YYYY-MM-DD"),
    ],
)
def test_a_fault_names_file_report_and_line(tmp_path: Path, old: str, new: str, told: str) -> None:
    (tmp_path / "a.yml").write_text(REPORT.replace(old, new, 1))
    with pytest.raises(written.WrittenError, match=re.escape(told)) as raised:
        written.load(tmp_path)
    assert str(raised.value).startswith("a.yml: zz-001: ")


def test_the_written_reports_keep_to_their_form() -> None:
    pairs = everything()
    assert len({report["doc_id"] for report, _ in pairs}) == len(pairs) >= 700
    countries = Counter(act["country"] for _, record in pairs for act in record["incidents"])
    assert len(countries) >= 40
    quiet = sum(not record["incidents"] for _, record in pairs)
    assert 0.05 < quiet / len(pairs) < 0.3


def test_every_item_of_a_record_is_found_in_its_text() -> None:
    lost = {
        report["doc_id"]: missed
        for report, record in everything()
        if (missed := ground(sets.full_text(report), record, report["doc_id"], sets.WRITTEN)[1])
    }
    assert not lost


@pytest.mark.skipif(not (SHARED / "gold/train").exists(), reason="the shared folder is not here")
def test_no_sentence_of_the_gold_or_a_corpus_is_in_them() -> None:
    def runs(text: str) -> set[tuple[str, ...]]:
        words = re.findall(r"[^\W_]+", re.sub(r"['’]", "", text.lower()))
        return {tuple(words[n : n + 12]) for n in range(len(words) - 11)}

    mine = {run: report["doc_id"] for report, _ in everything() for run in runs(report["text"])}
    paths = [*SHARED.glob("gold/*/reports.jsonl"), *SHARED.glob("corpora/*/*.jsonl")]
    assert len(paths) > 5
    for path in paths:
        for row in sets.read_jsonl(path):
            copied = {mine[run] for run in runs(sets.full_text(row) if "text" in row else "") if run in mine}
            assert not copied, (path, copied)


def test_no_act_names_a_place_or_a_doer_twice() -> None:
    from tollbook.clean import clean_report
    from tollbook.extract import get_extractor
    from tollbook.model import RawReport

    reader = get_extractor("rules")
    seen = 0
    for row, _ in [*written.load(WIRE), *written.load(STYLES)]:
        raw = RawReport(row["doc_id"], row["text"], False, "", title=row["title"], published=row["published"])
        for incident in reader(clean_report(raw)).incidents:
            seen += len(incident.places)
            for names in (incident.places, incident.perpetrators):
                assert len({n.casefold() for n in names}) == len(names), (row["doc_id"], names)
    assert seen > 100
