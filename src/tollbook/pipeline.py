"""The straight line from files to records, and the one loop that turns a report's error into an issue and goes on."""

from __future__ import annotations

import contextlib
import datetime as dt
import gc
import hashlib
import logging
import signal
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import IO, TYPE_CHECKING

from tollbook import __version__, lexicon, schema
from tollbook.clean import clean_report
from tollbook.errors import ExtractorError, SourceError, TollbookError, UsageError
from tollbook.extract import DEFAULT, EXTRACTORS, Extractor, Reading, get_extractor
from tollbook.ground import ground
from tollbook.model import Issue, MadeWith, RawReport, Record, Report
from tollbook.resolve.countries import countries
from tollbook.sources import read_sources

if TYPE_CHECKING:
    from concurrent.futures import Future

Paths = str | Path | Sequence[str | Path]
Date = dt.date | str | None

log = logging.getLogger("tollbook")

# Issues of inputs that were read all the same: remarks, not failures.
REMARKS = frozenset(("encoding", "bad-field", "skipped-files", "symlink-loop"))

# One task of a worker: small enough that all workers are busy and Ctrl-C answers soon, large enough
# that handing it over costs little. What is handed out and not yet fetched is bounded by these.
CHUNK_REPORTS = 8
CHUNK_CHARACTERS = 200_000
CHUNKS_PER_JOB = 4
_OBJECTS_A_ROUND = 50_000  # values between two looks for cycles while a report is read


@dataclass(frozen=True, slots=True)
class Settings:
    """What the user said about the reports, and how to read them.

    `published`, `outlet` and `country` are hints that hold for all reports of the run. `latest` is the last day that a
    publication date may lie on. `actors` are PETRARCH actor dictionaries read beside our own.
    """

    latest: dt.date
    published: dt.date | None = None
    outlet: str | None = None
    country: str | None = None
    extractor: str = DEFAULT
    actors: tuple[str, ...] = ()


def read(
    paths: Paths,
    *,
    published: Date = None,
    outlet: str | None = None,
    country: str | None = None,
    extractor: str = DEFAULT,
    jobs: int = 1,
    actors: Paths = (),
    on_issue: Callable[[Issue], None] | None = None,
) -> Iterator[Record]:
    """The record of each report in `paths`, in their order: one file or folder, or several; `-` is standard input.

    `published` (a date or an ISO day), `outlet` and `country` (ISO 3166 alpha-2) say about all reports what you
    know and they may not. `jobs` processes share the work; the records are the same whatever their number. An
    input that cannot be read does not stop the run: its issue goes to `on_issue`, or else to the logger
    "tollbook" as a warning. Raises UsageError for an argument that cannot be, before any input is opened.
    """
    tell = on_issue or _warn
    outcomes = run(
        paths, published=published, outlet=outlet, country=country, extractor=extractor, jobs=jobs, actors=actors
    )
    return _records(outcomes, tell)


def run(
    paths: Paths,
    *,
    published: Date = None,
    outlet: str | None = None,
    country: str | None = None,
    extractor: str = DEFAULT,
    jobs: int = 1,
    actors: Paths = (),
    stdin: IO[bytes] | None = None,
    today: dt.date | None = None,
) -> Iterator[Record | Issue]:
    """`read`, with the issues of inputs that gave no record in their places between the records.

    `today` (default: this day) bounds publication dates: none lies more than a day behind it.
    """
    if jobs < 1:
        raise UsageError(f"jobs must be 1 or more, not {jobs}")
    if extractor not in EXTRACTORS:
        raise UsageError(f"no extractor {extractor!r}; there are: {', '.join(EXTRACTORS)}")
    settings = Settings(
        latest=(today or dt.date.today()) + dt.timedelta(days=1),
        published=_date(published),
        outlet=outlet,
        country=_country(country),
        extractor=extractor,
        actors=tuple(_listed(actors)),
    )
    inputs = read_sources([Path(path) for path in _listed(paths)], stdin=stdin)
    if jobs == 1:
        return _in_this_process(Reader(settings), inputs)
    return _in_processes(settings, inputs, jobs)


class Reader:
    """Holds a loaded extractor and reads one raw report after another with it."""

    def __init__(self, settings: Settings) -> None:
        """Loads the extractor. Raises UsageError for a name there is not, ExtractorError where it cannot be loaded."""
        self.settings = settings
        words = _words(settings.actors)
        made_by = self.extractor = get_extractor(settings.extractor, [Path(path) for path in settings.actors])
        self.made_with = MadeWith(__version__, made_by.name, made_by.model, words, made_by.gazetteer, schema.version())

    def __call__(self, raw: RawReport) -> Record | Issue:
        """The record of one report, or the issue that says why there is none."""
        settings = self.settings
        try:
            with _rarely_collecting():
                report = clean_report(
                    raw,
                    published=settings.published,
                    outlet=settings.outlet,
                    country=settings.country,
                    latest=settings.latest,
                )
                return self._record(report)
        except SourceError as error:
            return Issue(error.code, str(error), raw.doc_id, error.file or raw.file, error.line or raw.line)
        except ExtractorError as error:
            return Issue("extractor-failed", str(error), raw.doc_id, raw.file, raw.line)
        except TollbookError as error:
            return Issue("failed", str(error), raw.doc_id, raw.file, raw.line)

    def _record(self, report: Report) -> Record:
        """Extractor and grounding, on a report in a language that is read."""
        if report.language == "en":
            reading = ground(report, extract(self.extractor, report))
            issues = report.issues + reading.issues
        else:
            reading = Reading()
            issues = report.issues
            if not any(issue.code == "language" for issue in issues):
                issues += (Issue("language", f"written in {report.language!r}; only English is read"),)
        return Record(
            doc_id=report.doc_id,
            published=report.published,
            incidents=reading.incidents,
            victims=reading.victims,
            issues=tuple(replace(issue, doc_id=report.doc_id) for issue in issues),
            furniture=report.furniture,
            published_basis=report.published_basis,
            language=report.language,
            title=report.title,
            text=report.text,
            text_sha256=report.text_sha256,
            made_with=self.made_with,
            outlet=report.outlet,
            url=report.url,
            file=report.file,
            line=report.line,
            extra=report.extra,
        )


@contextlib.contextmanager
def _rarely_collecting() -> Iterator[None]:
    """A report makes tens of thousands of small values, hardly a cycle among them, and drops them again: looking for
    cycles after every 700 takes a twentieth of the time. The caller's own setting is back when the report is read."""
    before = gc.get_threshold()
    gc.set_threshold(max(before[0], _OBJECTS_A_ROUND) if before[0] else 0, *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)


def extract(extractor: Extractor, report: Report) -> Reading:
    """The extractor's reading of the report. Raises ExtractorError, whatever the extractor raised."""
    try:
        return extractor(report)
    except ExtractorError:
        raise
    except Exception as error:
        log.debug("extractor %s on %s:", extractor.name, report.doc_id, exc_info=True)
        raise ExtractorError(
            f"extractor {extractor.name!r} broke on report {report.doc_id!r}: {type(error).__name__}: {error}"
        ) from error


def _words(actors: Sequence[str]) -> str:
    """The lexicon's version; the user's actor dictionaries are part of it."""
    if not actors:
        return lexicon.version()
    digest = hashlib.sha256()
    for path in actors:
        try:
            digest.update(Path(path).read_bytes() + b"\0")
        except OSError as error:
            raise UsageError(f"{path}: the actor dictionary cannot be read: {error.strerror}") from error
    return f"{lexicon.version()}+{digest.hexdigest()[:12]}"


# --- the loop, here or in processes ------------------------------------------------------------


def _in_this_process(reader: Reader, inputs: Iterable[RawReport | Issue]) -> Iterator[Record | Issue]:
    for one in inputs:
        yield one if isinstance(one, Issue) else reader(one)


def _in_processes(settings: Settings, inputs: Iterable[RawReport | Issue], jobs: int) -> Iterator[Record | Issue]:
    """The same outcomes in the same order, worked out by `jobs` processes.

    At most `jobs * CHUNKS_PER_JOB` chunks are out at any time. The processes leave Ctrl-C to this one, which ends
    them once they have finished the chunk in hand.
    """
    from concurrent.futures.process import BrokenProcessPool, ProcessPoolExecutor

    pool = ProcessPoolExecutor(jobs, initializer=_start_worker, initargs=(log.getEffectiveLevel(),))
    waiting: deque[Future[list[Record | Issue]]] = deque()
    try:
        for chunk in _chunks(inputs):
            waiting.append(pool.submit(_work, settings, chunk))
            if len(waiting) >= jobs * CHUNKS_PER_JOB:
                yield from waiting.popleft().result()
        while waiting:
            yield from waiting.popleft().result()
    except BrokenProcessPool as error:
        raise ExtractorError(
            "a worker process ended before its reports were read, as happens when memory runs out; "
            "try again with fewer --jobs"
        ) from error
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _chunks(inputs: Iterable[RawReport | Issue]) -> Iterator[list[RawReport | Issue]]:
    chunk: list[RawReport | Issue] = []
    size = 0
    for one in inputs:
        chunk.append(one)
        size += len(one.body) if isinstance(one, RawReport) else 0
        if len(chunk) >= CHUNK_REPORTS or size >= CHUNK_CHARACTERS:
            yield chunk
            chunk, size = [], 0
    if chunk:
        yield chunk


def _start_worker(level: int) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if level <= logging.DEBUG:
        logging.basicConfig(level=level)


# The one reader of a worker process, loaded with its first chunk: in the worker and not before it
# is forked, because the threads of a loaded model do not survive a fork.
_reader = cache(Reader)


def _work(settings: Settings, chunk: list[RawReport | Issue]) -> list[Record | Issue]:
    reader = _reader(settings)
    return [one if isinstance(one, Issue) else reader(one) for one in chunk]


# --- arguments ---------------------------------------------------------------------------------


def _records(outcomes: Iterator[Record | Issue], tell: Callable[[Issue], None]) -> Iterator[Record]:
    for outcome in outcomes:
        if isinstance(outcome, Issue):
            tell(outcome)
        else:
            yield outcome


def _warn(issue: Issue) -> None:
    log.warning("%s", where(issue))


def where(issue: Issue) -> str:
    """An input's issue on one line: `file:line: message`, the place once."""
    place = issue.file or issue.doc_id or "input"
    exact = place if issue.line is None else f"{place}:{issue.line}"
    return issue.message if issue.message.startswith(place) else f"{exact}: {issue.message}"


def _listed(paths: Paths) -> list[str]:
    return [str(paths)] if isinstance(paths, (str, Path)) else [str(path) for path in paths]


def _date(given: Date) -> dt.date | None:
    if given is None or (isinstance(given, dt.date) and not isinstance(given, dt.datetime)):
        return given
    if isinstance(given, dt.datetime):
        return given.date()
    with contextlib.suppress(ValueError):
        return dt.date.fromisoformat(given)
    raise UsageError(f"{given!r} is not a day: write it as YYYY-MM-DD, e.g. 2014-01-02")


def _country(given: str | None) -> str | None:
    if given is None:
        return None
    code = given.strip().upper()
    if code not in countries():
        raise UsageError(f"{given!r} is not a country code: write ISO 3166 alpha-2, e.g. IQ for Iraq")
    return code
