"""The rules extractor."""

from __future__ import annotations

from tollbook.extract import Reading
from tollbook.model import Report


class RulesExtractor:
    """Reads a report by lexicon and rules alone."""

    name = "rules"
    model: str | None = None
    gazetteer: str | None = None

    def __call__(self, report: Report) -> Reading:
        """The incidents of the report."""
        return Reading()
