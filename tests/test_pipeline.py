"""The line from files to records: in order, each once, one report's error never another's."""

from __future__ import annotations

import datetime as dt
import importlib.util
import io
import json
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import tollbook
from factory import TEXT, full_reading, incident
from tollbook import extract, pipeline
from tollbook.errors import ExtractorError, UsageError
from tollbook.extract import Reading
from tollbook.model import Issue, Record, Report
from tollbook.render.jsonl import to_line

DAY = dt.date(2031, 3, 4)


class Sample:
    """An extractor that does what its report asks: breaks, invents, or finds its first sentence."""

    name = "sample"
    model = "none-1"
    gazetteer = "none-2"

    def __call__(self, report: Report) -> Reading:
        if "BREAK" in report.text:
            raise ZeroDivisionError("division by zero")
        if "REFUSE" in report.text:
            raise ExtractorError("this model has no weights")
        if "INVENT" in report.text:
            return full_reading()
        return Reading((incident(report.text, "a", report.text.split()[0]),))


@pytest.fixture
def sample(monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setitem(extract.EXTRACTORS, "sample", lambda actors: Sample())
    return "sample"


Lines = Callable[..., Path]


@pytest.fixture
def lines(tmp_path: Path) -> Lines:
    def write(*texts: str, **fields: Any) -> Path:
        path = tmp_path / "reports.jsonl"
        rows = [{"doc_id": f"d{n}", "text": text, **fields} for n, text in enumerate(texts)]
        path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
        return path

    return write


def outcomes(paths: Any, **options: Any) -> list[tuple[str, str]]:
    """Each outcome as (record, id) or (issue code, id)."""
    found = pipeline.run(paths, today=DAY, **options)
    return [("record", one.doc_id) if isinstance(one, Record) else (one.code, one.doc_id or "") for one in found]


GOOD = "The market in the town was hit by a shell and the police said that three people were killed."


def test_reports_come_out_in_their_order_and_errors_in_their_places(sample: str, lines: Lines) -> None:
    path = lines(GOOD, f"BREAK {GOOD}", f"{GOOD} Again.", f"REFUSE {GOOD}", f"{GOOD} At last.")
    assert outcomes(path, extractor=sample) == [
        ("record", "d0"), ("extractor-failed", "d1"), ("record", "d2"), ("extractor-failed", "d3"), ("record", "d4"),
    ]  # fmt: skip


def test_an_extractors_failure_names_report_and_error(sample: str, lines: Lines) -> None:
    (issue,) = pipeline.run(lines(f"BREAK {GOOD}"), extractor=sample)
    assert isinstance(issue, Issue)
    assert (issue.code, issue.doc_id, issue.line) == ("extractor-failed", "d0", 1)
    assert "sample" in issue.message
    assert "ZeroDivisionError: division by zero" in issue.message


def test_the_traceback_is_for_debugging(sample: str, lines: Lines, caplog: pytest.LogCaptureFixture) -> None:
    path = lines(f"BREAK {GOOD}")
    with caplog.at_level(logging.INFO, "tollbook"):
        list(pipeline.run(path, extractor=sample))
    assert not caplog.records
    with caplog.at_level(logging.DEBUG, "tollbook"):
        list(pipeline.run(path, extractor=sample))
    assert "Traceback" in caplog.text


def test_what_is_invented_does_not_come_out(sample: str, lines: Lines) -> None:
    (record,) = tollbook.read(lines(f"INVENT {GOOD}"), extractor=sample)
    assert record.incidents == ()
    assert {issue.code for issue in record.issues} >= {"ungrounded"}
    assert {issue.doc_id for issue in record.issues} == {"d0"}


def test_another_language_is_said_so_and_not_read(sample: str, lines: Lines) -> None:
    spanish = "La policía dijo que tres personas murieron cuando una bomba estalló en el mercado de la ciudad el lunes."
    (record,) = tollbook.read(lines(spanish), extractor=sample)
    assert (record.language, record.incidents) == ("es", ())
    assert [issue.code for issue in record.issues if issue.code == "language"] == ["language"]


def test_the_users_hints_hold_for_all_reports(sample: str, lines: Lines) -> None:
    path = lines(GOOD, GOOD + " More.", published="2014-05-05", outlet="Courier")
    for given_day in ("2031-03-04", DAY, dt.datetime(2031, 3, 4, 12)):
        records = list(tollbook.read(path, published=given_day, outlet="Herald", country="iq", extractor=sample))
        assert [(r.published, r.published_basis, r.outlet) for r in records] == [(DAY, "option", "Herald")] * 2


def test_what_made_a_record_is_in_it(sample: str, lines: Lines) -> None:
    (record,) = tollbook.read(lines(GOOD), extractor=sample)
    made = record.made_with
    assert (made.version, made.extractor, made.model, made.gazetteer) == (
        tollbook.__version__, "sample", "none-1", "none-2",
    )  # fmt: skip
    assert len(made.lexicon) == len(made.schema) == 12


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"published": "2014-02-30"}, "2014-02-30.*YYYY-MM-DD"),
        ({"published": "yesterday"}, "yesterday.*YYYY-MM-DD"),
        ({"country": "Iraq"}, "Iraq.*ISO 3166"),
        ({"country": "ZZ"}, "ZZ"),
        ({"jobs": 0}, "jobs"),
        ({"extractor": "crystal-ball"}, "crystal-ball.*rules"),
        ({"actors": ["no-such-file.txt"]}, "no-such-file"),
    ],
)
def test_wrong_use_raises_before_anything_is_opened(options: dict[str, Any], words: str) -> None:
    with pytest.raises(UsageError, match=words):
        tollbook.read("no-such-report.txt", **options)


def test_an_input_that_cannot_be_read_goes_to_on_issue(sample: str, tmp_path: Path) -> None:
    (tmp_path / "good.txt").write_text(GOOD, encoding="utf-8")
    issues: list[Issue] = []
    paths = [tmp_path / "none.txt", tmp_path / "good.txt"]
    records = list(tollbook.read(paths, extractor=sample, on_issue=issues.append))
    assert [r.doc_id for r in records] == ["good"]
    assert [i.code for i in issues] == ["not-found"]


def test_without_on_issue_it_is_a_warning(sample: str, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    assert list(tollbook.read(tmp_path / "none.txt", extractor=sample)) == []
    (warning,) = caplog.records
    assert warning.levelname == "WARNING"
    assert warning.getMessage().count("none.txt") == 1


def test_standard_input(sample: str) -> None:
    (record,) = pipeline.run("-", extractor=sample, stdin=io.BytesIO(GOOD.encode()))
    assert isinstance(record, Record)
    assert record.text == GOOD


def test_the_public_names_are_there() -> None:
    assert {name for name in tollbook.__all__ if hasattr(tollbook, name)} == set(tollbook.__all__)
    assert set(dir(tollbook)) == set(tollbook.__all__)
    with pytest.raises(AttributeError, match="no_such"):
        _ = tollbook.no_such


# --- in processes -------------------------------------------------------------------------------


def texts() -> list[str]:
    """Reports of the demo's kind, enough for several chunks."""
    return [f"{GOOD} It was attack number {n}. Two soldiers were wounded in Mosul on Monday." for n in range(60)]


def test_the_same_bytes_whatever_the_jobs(lines: Lines) -> None:
    path = lines(*texts(), published="2014-05-05")
    with path.open("a", encoding="utf-8") as file:
        file.write("not json\n")
        file.write(json.dumps({"doc_id": "last", "text": GOOD + " Last."}) + "\n")

    def told(jobs: int) -> list[str]:
        found = pipeline.run(path, jobs=jobs, today=DAY)
        return [to_line(one) if isinstance(one, Record) else pipeline.where(one) for one in found]

    alone = told(1)
    assert len(alone) == 62
    assert told(2) == alone
    assert told(3) == alone


def test_a_worker_that_dies_is_an_error_not_a_hang(monkeypatch: pytest.MonkeyPatch, lines: Lines) -> None:
    monkeypatch.setattr(pipeline, "_work", die)
    with pytest.raises(ExtractorError, match="fewer --jobs"):
        list(pipeline.run(lines(*texts()), jobs=2))


def die(_settings: Any, _chunk: Any) -> None:
    import os

    os._exit(9)


def test_a_run_that_is_given_up_ends_its_workers(lines: Lines) -> None:
    run = pipeline.run(lines(*texts()), jobs=2)
    assert isinstance(next(run), Record)
    run.close()  # type: ignore[attr-defined]


# --- any input ----------------------------------------------------------------------------------

hostile = st.one_of(
    st.text(max_size=400),
    st.binary(max_size=400).map(lambda data: data.decode("utf-8", "surrogateescape")),
    st.lists(
        st.sampled_from(
            [
                "At least 12 people were killed", " in Aleppo on Monday", ", police said. ", "\n\n", "\r\n", "\x00",
                "9" * 30, " dozens ", "including five children ", "<p>", "&nbsp;", "\u202e", "“", "no one was hurt",
                "KABUL, Jan 2 - ", "a woman and her two sons ", " - ", "1,000,000,000,000 ", "from 20 to 30 dead ",
                "yesterday ", "in April 2013 ", "IS ", "the army ", ".", "!!!", "\ud800", "é", "漢",
            ]
        ),
        max_size=60,
    ).map("".join),
)  # fmt: skip


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=hostile, is_html=st.booleans())
def test_no_text_breaks_the_line_and_every_span_holds(text: str, is_html: bool, tmp_path: Path) -> None:
    row = {"doc_id": "x", "published": "2014-01-02", ("html" if is_html else "text"): text}
    data = json.dumps(row).encode()
    for outcome in pipeline.run("-", stdin=io.BytesIO(data), today=DAY):
        if isinstance(outcome, Issue):
            assert outcome.code not in ("extractor-failed", "failed"), outcome.message
        else:
            assert_grounded(outcome)


def assert_grounded(record: Record) -> None:
    assert not [i.message for i in record.issues if i.code == "ungrounded"]
    for found in record.incidents:
        assert found.quote.split() == record.text[slice(*found.quote_span)].split() != []
        for figure in found.casualties:
            assert figure.text.split() == record.text[slice(*figure.span)].split() != []


def test_nested_fields_do_not_break_the_output() -> None:
    deep: Any = 1
    for _ in range(400):
        deep = [deep]
    data = json.dumps({"doc_id": "x", "text": TEXT, "deep": deep}).encode()
    (record,) = [one for one in pipeline.run("-", stdin=io.BytesIO(data), today=DAY) if isinstance(one, Record)]
    assert json.loads(to_line(record))["extra"]["deep"] == deep


# --- the shared check ---------------------------------------------------------------------------


def test_our_records_pass_the_gold_standards_own_check(
    shared: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    reports = shared / "gold" / "dev" / "reports.jsonl"
    out = tmp_path / "records.jsonl"
    with out.open("w", encoding="utf-8") as file:
        file.writelines(to_line(record) for record in tollbook.read(reports, jobs=2))
    spec = importlib.util.spec_from_file_location("check", shared / "gold" / "check.py")
    assert spec is not None
    assert spec.loader is not None
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sys.argv", ["check.py", str(reports), str(out)])
        spec.loader.exec_module(importlib.util.module_from_spec(spec))
    told = capsys.readouterr().out.strip().splitlines()
    assert told[-1].endswith("errors 0"), "\n".join(told[-10:])
    assert "missing []" in told[-1]
