"""Where the shared evaluation data is, and the rule that CI skips nothing it could have run."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Protocol

import pytest

ROOT = Path(__file__).resolve().parent.parent
SHARED = (ROOT / os.environ.get("TOLLBOOK_SHARED", "../shared")).resolve()
CI = os.environ.get("CI") == "true"

# A reason that no installation can mend starts with this.
EXCUSED = "platform:"

# No test sees what its user added to the gazetteer.
os.environ["XDG_DATA_HOME"] = str(ROOT / ".no-user-data")

# Files with few tests that take long: shared out first, so that no process is left alone with one at the end.
LONG = ("test_desk_browser", "test_wheel", "test_eval", "test_written", "test_training_data", "test_pipeline")

_skipped: list[str] = []
# Open rows of case tables (not read right yet) that pass by now.
_passes_now: list[str] = []


class Run(Protocol):
    """Runs a `tollbook` command and gives what it printed; it must end with `status`."""

    def __call__(self, *words: object, status: int = 0) -> str: ...


@pytest.fixture
def run(capfd: pytest.CaptureFixture[str]) -> Run:
    from tollbook.cli.app import app

    def command(*words: object, status: int = 0) -> str:
        found = 0
        try:
            app([str(w) for w in words], standalone_mode=False)
        except SystemExit as end:
            found = int(end.code or 0)
        told = capfd.readouterr()
        assert found == status, told
        return told.out + told.err

    return command


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of shared evaluation data; without it the test is skipped."""
    if not (SHARED / "gold").is_dir():
        pytest.skip("no shared evaluation data: set TOLLBOOK_SHARED to its folder")
    return SHARED


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Long files first, in the order of LONG; the rest as it was."""
    rank = {name: n for n, name in enumerate(LONG)}
    items.sort(key=lambda item: rank.get(item.path.stem, len(LONG)))


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    if report.skipped and not hasattr(report, "wasxfail"):
        _note(report.nodeid, report.longrepr)
    if report.when == "call":
        _passes_now.extend(str(value) for name, value in report.user_properties if name == "passes_now")


def pytest_collectreport(report: pytest.CollectReport) -> None:
    if report.skipped:
        _note(report.nodeid, report.longrepr)


def _note(nodeid: str, why: object) -> None:
    reason = str(why[2] if isinstance(why, tuple) else why).removeprefix("Skipped: ")
    if not reason.startswith(EXCUSED):
        _skipped.append(f"{nodeid}: {reason}")


@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    if CI and _skipped and not hasattr(session.config, "workerinput"):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if _passes_now:
        terminalreporter.section("rows under `open` that pass now: move them to `cases` and raise `pinned`")
        for line in _passes_now:
            terminalreporter.write_line(line)
    if CI and _skipped:
        terminalreporter.section("skipped on CI, which counts as failed", red=True)
        for line in _skipped:
            terminalreporter.write_line(line)
        terminalreporter.write_line(f"Only a reason that starts with {EXCUSED!r} is excused.")
