"""The table a person reads in a terminal: a block a report, a row an incident, one line of detail below it."""

from __future__ import annotations

import io
import os
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TextIO

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.text import Text

from tollbook.model import Casualty, Incident, Record
from tollbook.render import text as say

_INDENT = "  "
MIN_WIDTH, MAX_WIDTH, PIPED_WIDTH = 60, 160, 100

KEY = (
    "13+ 13 or more · ~30 about · ≤30 up to · – not told (never zero) · "
    "≈ date assumed from the publication date · ├ └ parts of the total above"
)
NO_SUM = (
    "Figures are not added up: one report's incident may be another's, and a total holds its parts. "
    "Read by machine, not checked by a person."
)


def write_table(
    records: Iterable[Record], stream: TextIO, *, width: int | None = None, colour: bool | None = None
) -> None:
    """One block a report as it comes, then a key and what was read.

    `width` and `colour` default to those of the terminal that standard output is; elsewhere 100 columns and none.
    """
    terminal = sys.stdout.isatty()
    columns = width or (_terminal_width() if terminal else PIPED_WIDTH)
    page = Console(
        file=io.StringIO(),
        width=max(MIN_WIDTH, min(columns, MAX_WIDTH)),
        force_terminal=terminal if colour is None else colour,
        color_system="standard" if (terminal if colour is None else colour) else None,
        highlight=False,
        markup=False,
        emoji=False,
        legacy_windows=False,
    )
    tally = _Tally()
    for record in records:
        tally.add(record)
        stream.write(_drawn(page, _report(record, page)))
    stream.write(_drawn(page, _footer(tally)))


def _terminal_width() -> int:
    try:
        return int(os.environ["COLUMNS"])
    except (KeyError, ValueError):
        return os.get_terminal_size(sys.stdout.fileno()).columns


def _drawn(page: Console, what: RenderableType) -> str:
    with page.capture() as capture:
        page.print(what)
    return "\n".join(row.rstrip() for row in capture.get().split("\n"))


class _Tally:
    """What the footer tells: counts of entries, never of people."""

    def __init__(self) -> None:
        self.reports = 0
        self.quiet = 0
        self.entries: Counter[str] = Counter()
        self.issues = 0

    def add(self, record: Record) -> None:
        self.reports += 1
        self.quiet += not record.incidents
        self.entries.update(incident.scope for incident in record.incidents)
        self.issues += len(record.issues)


# --- one report --------------------------------------------------------------------------------


def _report(record: Record, page: Console) -> RenderableType:
    parts: list[RenderableType] = [_heading(record, page.width)]
    if record.incidents:
        layout = _Layout.of(page.width)
        parts.append(_row(page, ("When", "Where", "What", "Killed", "Injured"), layout, "dim"))
        for incident, depth, last in say.ordered(record.incidents):
            parts.append(_incident(page, incident, layout, _branch(depth, last)))
    else:
        parts.append(Padding(Text("no incident", style="dim"), (0, 0, 0, 2)))
    for issue in record.issues:
        parts.append(Padding(Text(f"! {say.line(issue.message)}", style="yellow"), (0, 0, 0, 2)))
    return Group(*parts, Text(""))


def _heading(record: Record, width: int) -> Text:
    """The headline, and under it where the report is from."""
    about = " · ".join(
        part for part in (say.line(record.outlet or ""), say.published(record), say.line(record.doc_id)) if part
    )
    heading = Text()
    if record.title.strip():
        title = Text(say.line(record.title), style="bold")
        title.truncate(width, overflow="ellipsis")
        heading.append_text(title).append("\n")
    return heading.append(about, style="cyan")


@dataclass(frozen=True, slots=True)
class _Layout:
    """Column widths: days and figures take what they need, places and types share the rest."""

    widths: tuple[int, int, int, int, int]
    gap: int

    @classmethod
    def of(cls, width: int) -> _Layout:
        when, figures, gap = (15, 11, 1) if width < 100 else (22, 14, 2)
        rest = width - len(_INDENT) - when - 2 * figures - 4 * gap
        what = min(24, rest * 9 // 20)
        return cls((when, rest - what, what, figures, figures), gap)


def _row(page: Console, cells: Iterable[str | Text], layout: _Layout, style: str = "", branch: str = "") -> Text:
    """Cells side by side, each folded into its column; `branch` ties the row to its total, to the bottom of the row."""
    first, *others = layout.widths
    widths = (first - len(branch), *others)
    columns = [
        (cell if isinstance(cell, Text) else Text(cell)).wrap(page, width)
        for cell, width in zip(cells, widths, strict=True)
    ]
    drawn = Text(style=style)
    for number in range(max(len(column) for column in columns)):
        drawn.append(("\n" if number else "") + _INDENT + (branch if not number else _below(branch)))
        for column, width in zip(columns, widths, strict=True):
            piece = column[number] if number < len(column) else Text()
            piece.truncate(width, pad=True)
            drawn.append_text(piece).append(" " * layout.gap)
    return drawn


def _incident(page: Console, incident: Incident, layout: _Layout, branch: str) -> Text:
    when = say.when(incident)
    if len(when) > layout.widths[0] - len(branch):
        when = when.replace(" – ", " –\n")
    what = Text(say.label("types", incident.type))
    for mark in say.marks(incident):
        what.append(" ").append(f"[{mark}]", style="magenta" if mark in _LOUD else "")
    cells = (
        when,
        say.where(incident) or Text(say.UNKNOWN, style="dim"),
        what,
        _figures(incident, "killed"),
        _figures(incident, "injured"),
    )
    row = _row(page, cells, layout, _STYLES.get(incident.scope, ""), branch)
    if detail := _detail(incident):
        before = f"{_INDENT}{_below(branch)}  "
        for line in Text(detail, style="dim").wrap(page, page.width - len(before)):
            row.append("\n").append(before, style="not bold").append_text(line)
    return row


def _branch(depth: int, last: bool) -> str:
    """What stands before a row: nothing, or the branch that ties it to its total. Deep nesting stays at four."""
    return "" if not depth else "  " * (min(depth, 4) - 1) + ("└ " if last else "├ ")


def _below(branch: str) -> str:
    """The branch on the lines under its row."""
    return branch.replace("└", " ").replace("├", "│")


_STYLES = {"background": "dim", "statistic": "dim", "total": "bold"}
_LOUD = frozenset(("alleged", "denied", "thwarted"))


def _figures(incident: Incident, harm: str) -> Text:
    """The figures for one harm: those no other holds, one a line, then their parts; a dash where none is told."""
    lines = Text()
    own = [(n, c) for n, c in enumerate(incident.casualties) if c.harm == harm and not c.undivided]
    top = [(n, c) for n, c in own if c.subset_of is None or incident.casualties[c.subset_of].harm != harm]
    several = len({c.who for _, c in top}) > 1
    for number, figure in top:
        _add(lines, say.count(figure) + (f" {_short(figure)}" if several and _short(figure) else ""), "bold")
        for _, part in own:
            if part.subset_of == number:
                _add(lines, f"incl. {say.count(part)} {_short(part)}".rstrip(), "")
    return lines if lines.plain else Text(say.UNKNOWN, style="dim")


def _add(lines: Text, more: str, style: str) -> None:
    if lines.plain:
        lines.append("\n")
    lines.append(more, style=style)


def _short(figure: Casualty) -> str:
    """The group in the fewest words that tell it."""
    told = say.label if figure.max == 1 else say.plural
    if figure.age_group == "child":
        return "child" if figure.max == 1 else "children"
    if figure.role:
        return say.line(told("roles", figure.role))
    if figure.sex:
        one, many = ("woman", "women") if figure.sex == "female" else ("man", "men")
        return one if figure.max == 1 else many
    return "" if figure.who == "unknown" else told("who", figure.who)


def _detail(incident: Incident) -> str:
    """Who did it to whom, who says so, other harm, weapons and what was hit, as far as the report tells."""
    return " · ".join(_details(incident))


def _details(incident: Incident) -> Iterator[str]:
    who, whom = say.perpetrators(incident), ", ".join(say.line(target) for target in incident.targets)
    if incident.type == "armed_clash":
        if who or whom:
            yield f"between {who} and {whom}" if who and whom else f"with {who or whom} on one side"
    else:
        if who:
            yield f"by {who}"
        if whom:
            yield f"hit: {whom}"
    others = [c for c in incident.casualties if c.undivided or c.harm not in ("killed", "injured")]
    for figure in others:
        yield f"{say.count(figure)} {say.harm(figure)}"
    if incident.means:
        yield f"with {', '.join(dict.fromkeys(say.line(means.name) for means in incident.means))}"
    for hit in incident.objects:
        if hit.effect or hit.name not in incident.targets:
            yield f"{say.line(hit.name)} {say.label('effects', hit.effect) if hit.effect else 'hit'}"
    if voices := say.speakers(incident):
        yield f"says {', '.join(voices)}"


# --- the end -----------------------------------------------------------------------------------


def _footer(tally: _Tally) -> RenderableType:
    entries = sum(tally.entries.values())
    kinds = [_many(tally.entries[scope], *name) for scope, *name in _SCOPES if tally.entries[scope]]
    told = [
        _many(tally.reports, "report") + " read",
        *([f"{tally.quiet:,} without an incident"] if tally.quiet else []),
        _many(entries, "entry", "entries") + (f": {', '.join(kinds)}" if kinds else ""),
        _many(tally.issues, "value or passage", "values or passages") + " left open",
    ]
    lines: list[RenderableType] = [Text(" · ".join(told), style="bold")]
    if entries:
        lines += [Text(KEY, style="dim"), Text(NO_SUM, style="dim")]
    return Group(*lines)


_SCOPES = (
    ("incident", "news", "news"),
    ("background", "recalled", "recalled"),
    ("total", "sum", "sums"),
    ("statistic", "statistic", "statistics"),
)


def _many(number: int, one: str, more: str | None = None) -> str:
    return f"{number:,} {one if number == 1 else more or one + 's'}"
