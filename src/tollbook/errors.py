"""Every error Tollbook raises itself.

TollbookError
├── UsageError          a wrong option or argument: stops at once, exit status 2
├── SourceError         an input that cannot be read: becomes an Issue, exit status 1
├── ExtractorError      an extractor that cannot be loaded or broke on one report
├── LexiconError        a data file of the package that does not hold what it must
└── OutputError         a row that could not be written (full disk, closed pipe)
"""

from __future__ import annotations


class TollbookError(Exception):
    """Root of the package's errors. The message says what is wrong, where, and what is allowed."""


class UsageError(TollbookError):
    """A wrong option or argument."""


class SourceError(TollbookError):
    """An input that cannot be read; `code`, `file` and `line` go into the Issue made of it."""

    def __init__(self, message: str, *, code: str, file: str | None = None, line: int | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.file = file
        self.line = line


class ExtractorError(TollbookError):
    """An extractor that cannot be loaded or that broke on one report."""


class LexiconError(TollbookError):
    """A data file of the package that is missing or does not hold what it must."""


class OutputError(TollbookError):
    """Output that could not be written."""
