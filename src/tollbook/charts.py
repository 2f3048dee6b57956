"""Charts of totals and of one incident's toll, as SVG, PNG or a self-contained HTML page. Needs the extra `charts`.

Every chart carries the rule, the two caveats and a strip of reports per month, and draws what a person has
reviewed otherwise than what only a machine has read.
"""

from __future__ import annotations

import datetime as dt
import textwrap
from pathlib import Path
from typing import Any

from tollbook.errors import OutputError, UsageError
from tollbook.ledger.totals import PERIODS, period_bounds, period_label
from tollbook.ledger.trajectory import Step
from tollbook.tally import CAVEATS, Totals

FORMS = (".svg", ".png", ".html")
_REVIEWED, _MACHINE, _RANGE, _STATISTIC, _STRIP = "#1b4965", "#9db4c0", "#c8553d", "#5b5b5b", "#bdbdbd"
_LINE = 110
SHOWN = 40
"""Periods whose labels have room."""
MOST = 400
"""Periods an axis holds without gaps; over a longer time only those that are told stand on it."""


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
    order = _axis(found)
    data = alt.Data(values=values)
    bottom = alt.Axis(labelAngle=-45, values=_labels(order))
    x = alt.X("row:N", scale=alt.Scale(domain=order), title=found.by, axis=bottom)
    width = max(360, min(1000, 22 * len(order)))
    base = alt.Chart(data, width=width, height=260)
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
            .encode(x=x, y="value:Q")
        )  # fmt: skip
    parts = [alt.layer(*layers)]
    if found.reports:
        strip = [{"month": m, "reports": n} for m, n in found.reports]
        months = order if found.by == "month" else gapless([m for m, _ in found.reports], "month")
        parts.append(
            alt.Chart(alt.Data(values=strip), width=width, height=50)
            .mark_bar(color=_STRIP)
            .encode(
                x=alt.X("month:N", title="reports published, per month", scale=alt.Scale(domain=months),
                        axis=alt.Axis(labelAngle=-45, values=_labels(months))),
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


def _axis(found: Totals) -> list[str]:
    """The labels of the rows' axis in order. Periods without a row stand on it too: a quiet year must look like one.
    Months are those of the rows and of the reports below, so that both strips have one axis."""
    told = [r.label for r in found.rows]
    if found.by not in PERIODS:
        return told
    return gapless([*told, *(m for m, _ in found.reports if found.by == "month")], found.by)


def gapless(labels: list[str], by: str) -> list[str]:
    """The periods from the first to the last of the labels, then the labels that are no period; the labels alone where
    that would be more than MOST."""
    bounds = {label: period_bounds(label) for label in labels}
    days = [b for b in bounds.values() if b is not None]
    rest = sorted(label for label, b in bounds.items() if b is None)
    told = sorted(label for label, b in bounds.items() if b is not None)
    if not days:
        return rest
    day, last = dt.date.fromisoformat(min(days)[0]), dt.date.fromisoformat(max(days)[1])
    every: list[str] = []
    while day <= last and len(every) <= MOST:
        label = period_label(by, day.isoformat(), day.isoformat())
        end = period_bounds(label)
        assert end is not None
        every.append(label)
        day = dt.date.fromisoformat(end[1]) + dt.timedelta(days=1)
    return [*(told if len(every) > MOST else every), *rest]


def _labels(order: list[str]) -> list[str]:
    """Those of an axis's labels that are printed: all, or of many periods every so many; and every other row's."""
    periods = [label for label in order if period_bounds(label) is not None]
    every = -(-len(periods) // SHOWN)
    some = set(periods[::every]) if every > 1 else set(periods)
    return [label for label in order if label in some or period_bounds(label) is None]


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
    days = sorted({str(v["day"]) for v in values})
    ticks = {"interval": "day", "step": _step(days)}
    x = alt.X(
        "utcyearmonthdate(day):T", title="published", scale=alt.Scale(type="utc", padding=20),
        axis=alt.Axis(format="%Y-%m-%d", labelAngle=-45, tickCount=ticks),
    )  # fmt: skip
    color = alt.Color("harm:N", title=None)
    area = base.mark_rule(strokeWidth=6, opacity=0.35).encode(
        x=x, y=alt.Y("low:Q", title="people"), y2="high:Q", color=color
    )
    low = base.mark_line(point=True, strokeDash=[4, 3], interpolate="step-after").encode(x=x, y="low:Q", color=color)
    high = base.mark_line(point=True, interpolate="step-after").encode(x=x, y="high:Q", color=color)
    plus = base.mark_text(dy=-9).encode(x=x, y="high:Q", text="mark:N", color=color)
    notes = _wrapped([f"Rule {rule}. Solid: high, dashed: low.", *CAVEATS])
    return alt.layer(area, low, high, plus).properties(
        title=alt.TitleParams(text=title, subtitle=notes, anchor="start", subtitleFontSize=10, subtitleColor="#444")
    )


def _step(days: list[str]) -> int:
    """Days between two labels of an axis over these days, so that no more than ten stand on it."""
    if not days:
        return 1
    return max(1, -(-((dt.date.fromisoformat(days[-1]) - dt.date.fromisoformat(days[0])).days) // 10))
