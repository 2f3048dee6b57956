"""The loss report: what an export dropped, coerced, assumed or invented, counted, with the rule.

The rules and their words are `data/export/loss.yml`; an exporter names a rule each time it applies one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from tollbook import lexicon
from tollbook.errors import LexiconError

KINDS = ("dropped", "coerced", "assumed", "invented")
EXAMPLES = 5
"""Ids named for each rule: enough to look one up, few enough to read."""


@dataclass(frozen=True, slots=True)
class Row:
    """One rule that was applied: how often, and ids (of incidents, sources or columns) where it was."""

    kind: str
    rule: str
    count: int
    about: str
    examples: tuple[str, ...]


class Loss:
    """Collects what is lost while a file is written."""

    def __init__(self, already: Iterable[tuple[str, str]] = ()) -> None:
        self._count: Counter[str] = Counter()
        self._examples: dict[str, dict[str, None]] = {}
        for rule, example in already:
            self.note(rule, example)

    def note(self, rule: str, example: str | None = None, count: int = 1) -> None:
        """Counts a rule of `loss.yml`. Raises LexiconError for one there is not."""
        if rule not in rules():
            raise LexiconError(f"loss.yml: no rule {rule!r}")
        if count <= 0:
            return
        self._count[rule] += count
        listed = self._examples.setdefault(rule, {})
        if example is not None and len(listed) < EXAMPLES:
            listed[example] = None

    def teller(self, example: str) -> Callable[[str], None]:
        """`note` for one id, as `safe` takes it."""
        return lambda rule: self.note(rule, example)

    def count(self, rule: str) -> int:
        """How often a rule was applied."""
        return self._count[rule]

    def rows(self) -> tuple[Row, ...]:
        """What was applied, in the order of `loss.yml` within each kind."""
        known = rules()
        found = [
            Row(known[r]["kind"], r, self._count[r], known[r]["about"], tuple(self._examples[r]))
            for r in known
            if self._count[r]
        ]
        return tuple(sorted(found, key=lambda r: KINDS.index(r.kind)))


@cache
def rules() -> Mapping[str, Mapping[str, str]]:
    """The rules by name, checked."""
    data = lexicon.load("export/loss")
    check(data)
    found: Mapping[str, Mapping[str, str]] = data["rules"]
    return found


def check(data: Mapping[str, Any]) -> None:
    """Raises LexiconError where a rule has no kind of the four, or no words."""
    if tuple(data["kinds"]) != KINDS:
        raise LexiconError(f"loss.yml: kinds must be {', '.join(KINDS)}")
    for name, rule in data["rules"].items():
        if set(rule) != {"kind", "about"} or rule["kind"] not in KINDS or not rule["about"]:
            raise LexiconError(f"loss.yml: {name}: a rule has a kind ({', '.join(KINDS)}) and an about")


@dataclass(frozen=True, slots=True)
class Report:
    """What stands beside an exported file: what it was made of, its rows, what was lost, what warns.

    `made` names the book's charter, rule, scheme, as-of day, redaction, log head and code; nothing of it is a clock.
    `review` counts the incidents of the export as machine, reviewed, changed since review. `exposed` lists victims
    whom a reader could identify; it is not for publication.
    """

    file: str
    format: str
    shape: str
    made: Mapping[str, Any]
    rows: Mapping[str, int]
    incidents: int
    review: Mapping[str, int]
    losses: tuple[Row, ...]
    exposed: tuple[str, ...]
    caveats: tuple[str, ...]


def text(report: Report) -> str:
    """The report as it is printed."""
    rows = ", ".join(f"{n:,} {name}" for name, n in report.rows.items())
    read = ", ".join(f"{n:,} {name}" for name, n in report.review.items() if n) or "none"
    lines = [f"{report.file}: {report.shape}; {rows}, of {report.incidents:,} incidents ({read})"]
    if report.review.get("reviewed", 0) < report.incidents:
        lines.append("What is read by machine has not been checked by a person.")
    if not report.losses:
        lines.append("Nothing was dropped, coerced, assumed or invented.")
    width = max((len(f"{r.count:,}") for r in report.losses), default=0)
    for r in report.losses:
        named = ", ".join(e if " " in e else e[:24] for e in r.examples)
        more = ", ..." if r.count > len(r.examples) and named else ""
        lines.append(f"{r.kind:<8}  {r.count:>{width},}  {r.about} [{r.rule}{': ' if named else ''}{named}{more}]")
    if report.exposed:
        lines.append(f"Warning: {len(report.exposed)} victims may be known by day, place and age:")
        lines += [f"  {e}" for e in report.exposed[:EXAMPLES]]
        if len(report.exposed) > EXAMPLES:
            lines.append(f"  and {len(report.exposed) - EXAMPLES} more")
    return "\n".join([*lines, *report.caveats])
