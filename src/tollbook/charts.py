"""Charts of totals and of one incident's toll, as SVG, PNG or a self-contained HTML page. Needs the extra `charts`.

Every chart carries the rule, the two caveats and a strip of reports per month, and draws what a person has
reviewed otherwise than what only a machine has read.
"""

from __future__ import annotations

import textwrap
from pathlib import Path
from typing import Any

from tollbook.errors import OutputError, UsageError
from tollbook.ledger.trajectory import Step
from tollbook.tally import CAVEATS, Totals

FORMS = (".svg", ".png", ".html")
_REVIEWED, _MACHINE, _RANGE, _STATISTIC, _STRIP = "#1b4965", "#9db4c0", "#c8553d", "#5b5b5b", "#bdbdbd"
_LINE = 110


def save(chart: Any, path: Path) -> None:
    """Writes a chart by its suffix. Raises UsageError for another suffix, OutputError where it cannot be written."""
    if path.suffix not in FORMS:
        raise UsageError(f"{path.name}: a chart is written as {', '.join(FORMS)}")
    try:
        if path.suffix == ".html":
            chart.save(str(path), inline=True)
        else:
            chart.save(str(path), scale_factor=2) if path.suffix == ".png" else chart.save(str(path))
    except OSError as error:
        raise OutputError(f"{path}: cannot be written: {error.strerror or error}") from error


def _altair() -> Any:
    try:
        import altair
        import vl_convert  # noqa: F401 - what writes SVG and PNG without a browser
    except ImportError:
        raise UsageError("charts need the extra `charts`: pip install 'tollbook[charts]'") from None
    return altair


def _wrapped(lines: list[str]) -> list[str]:
    return [piece for line in lines for piece in textwrap.wrap(line, _LINE)]


def totals_chart(found: Totals) -> Any:
    """Bars up to low (dark where a person reviewed it, pale where not) and a line on to high, "+" where open;
    statistics as diamonds on the row they match; a strip of reports per month below."""
    alt = _altair()
    values = []
    for row in found.rows:
        values.append(
            {
                "row": row.label, "reviewed": row.reviewed_low, "low": row.low, "high": row.high,
                "mark": "+" if row.open else "", "what": f"{row.incidents} incidents",
            }
        )  # fmt: skip
    order = [v["row"] for v in values]
    data = alt.Data(values=values)
    x = alt.X("row:N", sort=order, title=found.by, axis=alt.Axis(labelAngle=-45))
    base = alt.Chart(data, width=max(360, min(1000, 22 * len(values))), height=260)
    machine = base.mark_bar(color=_MACHINE).encode(x=x, y=alt.Y("reviewed:Q", title=_title(found)), y2="low:Q")
    reviewed = base.mark_bar(color=_REVIEWED).encode(x=x, y="reviewed:Q")
    span = base.mark_rule(color=_RANGE, strokeWidth=2).encode(x=x, y="low:Q", y2="high:Q")
    top = base.mark_tick(color=_RANGE, thickness=2, width=10).encode(x=x, y="high:Q")
    plus = base.mark_text(dy=-8, color=_RANGE, fontSize=12).encode(x=x, y="high:Q", text="mark:N")
    layers = [machine, reviewed, span, top, plus]
    marks = [
        {"row": r.label, "value": s.high or s.low, "what": "statistic, not in the sum"}
        for r in found.rows for s in found.statistics if s.incident in r.statistics and s.matches
    ]  # fmt: skip
    if marks:
        layers.append(
            alt.Chart(alt.Data(values=marks)).mark_point(shape="diamond", color=_STATISTIC, size=70, filled=True)
            .encode(x=alt.X("row:N", sort=order), y="value:Q")
        )  # fmt: skip
    parts = [alt.layer(*layers)]
    if found.reports:
        strip = [{"month": m, "reports": n} for m, n in found.reports]
        parts.append(
            alt.Chart(alt.Data(values=strip), width=max(360, min(1000, 22 * len(values))), height=50)
            .mark_bar(color=_STRIP)
            .encode(
                x=alt.X("month:N", sort=[s["month"] for s in strip], title="reports published, per month",
                        axis=alt.Axis(labelAngle=-45)),
                y=alt.Y("reports:Q", title=None),
            )
        )  # fmt: skip
    key = "dark: low, reviewed by a person; pale: low, read by machine only; red: on to high, + open"
    notes = [f"Rule {found.rule.name}: {found.rule.about}.", f"Key: {key}.", *CAVEATS]
    if found.as_of:
        notes.insert(0, f"As the book stood at the end of {found.as_of} (UTC).")
    title = alt.TitleParams(
        text=_title(found), subtitle=_wrapped(notes), anchor="start", subtitleFontSize=10, subtitleColor="#444"
    )
    return alt.vconcat(*parts).properties(title=title)


def _title(found: Totals) -> str:
    harm = found.harm.replace("_", " ")
    return f"{harm} by {found.by}" + (" (reviewed incidents only)" if found.reviewed_only else "")


def toll_chart(steps: tuple[Step, ...], title: str, rule: str) -> Any:
    """The toll of one incident by the day figures were published: a line of low and one of high for each harm."""
    alt = _altair()
    values = [
        {"day": s.day, "harm": harm, "low": b.low if b.low is not None else b.high, "high": b.high,
         "mark": "+" if b.open else ""}
        for s in steps for harm, b in s.bounds if b.high is not None
    ]  # fmt: skip
    base = alt.Chart(alt.Data(values=values), width=520, height=240)
    x = alt.X("day:N", title="published")
    color = alt.Color("harm:N", title=None)
    area = base.mark_rule(strokeWidth=6, opacity=0.35).encode(
        x=x, y=alt.Y("low:Q", title="people"), y2="high:Q", color=color
    )
    low = base.mark_line(point=True, strokeDash=[4, 3]).encode(x=x, y="low:Q", color=color)
    high = base.mark_line(point=True).encode(x=x, y="high:Q", color=color)
    plus = base.mark_text(dy=-9).encode(x=x, y="high:Q", text="mark:N", color=color)
    notes = _wrapped([f"Rule {rule}. Solid: high, dashed: low.", *CAVEATS])
    return alt.layer(area, low, high, plus).properties(
        title=alt.TitleParams(text=title, subtitle=notes, anchor="start", subtitleFontSize=10, subtitleColor="#444")
    )
