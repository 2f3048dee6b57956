"""Charts drawn on the server as SVG: ranges as bands from low to high, fading where open. Pure; no script in them.

Colours come from the style sheet by class: what a person has reviewed is solid, what only a machine has read is
hatched, everywhere.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from html import escape

from tollbook.ledger.bounds import show
from tollbook.ledger.trajectory import Step
from tollbook.web.lists import Month

WIDTH = 960
HEIGHT = 250
LEFT, RIGHT, TOP, BOTTOM = 46, 8, 18, 26
MOST_BARS = 150
"""Months drawn one by one; beyond, years are."""

DEFS = (
    '<defs><pattern id="hatch" width="5" height="5" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">'
    '<rect width="5" height="5" class="h0"/><rect width="2.2" height="5" class="h1"/></pattern>'
    '<linearGradient id="fade" x1="0" y1="0" x2="0" y2="1"><stop offset="0" class="f0"/><stop offset=".55" '
    'class="f1"/></linearGradient></defs>'
)


def filled(months: Sequence[Month]) -> list[Month]:
    """Months without a gap from the first to the last, or years where there are too many of them."""
    if not months:
        return []
    by_label = {m.label: m for m in months}
    year, month = (int(x) for x in months[0].label.split("-"))
    last = months[-1].label
    out: list[Month] = []
    while f"{year:04d}-{month:02d}" <= last and len(out) <= 5000:
        label = f"{year:04d}-{month:02d}"
        out.append(by_label.get(label) or Month(label, 0, 0, 0, 0))
        year, month = (year, month + 1) if month < 12 else (year + 1, 1)
    if len(out) <= MOST_BARS:
        return out
    years: dict[str, list[Month]] = {}
    for m in out:
        years.setdefault(m.label[:4], []).append(m)
    return [
        Month(y, sum(m.low for m in ms), sum(m.high for m in ms), sum(m.open for m in ms), sum(m.reviewed for m in ms))
        for y, ms in years.items()
    ]


def band(
    months: Sequence[Month], what: str, reports: Sequence[tuple[str, int]], link: Callable[[str], str] | None = None
) -> str:
    """Ranges by month with a strip of reports per month below; an empty string where there is nothing to draw."""
    bars = filled(months)
    if not bars:
        return ""
    top = _nice(max(max(m.high for m in bars), 1))
    high = HEIGHT - BOTTOM
    scale = (high - TOP) / top
    step = (WIDTH - LEFT - RIGHT) / len(bars)
    width = max(1.5, min(34.0, step * 0.72))
    parts = [
        _open_svg(
            HEIGHT + 64,
            f"{what} by {'month' if len(bars[0].label) == 7 else 'year'}, from low to high",
            _told(bars),
            role="group",
        ),
        DEFS,
    ]
    for tick in _ticks(top):
        y = high - tick * scale
        parts.append(f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}" class="grid"/>')
        parts.append(f'<text x="{LEFT - 6}" y="{y + 3.5:.1f}" class="tick end">{tick:,}</text>')
    for i, m in enumerate(bars):
        x = LEFT + i * step + (step - width) / 2
        drawn = _bar(m, x, width, high, scale)
        if drawn and link is not None:
            told = f"{m.label}: {show(m.low, m.high, m.open > 0)}"
            drawn = f'<a href="{escape(link(m.label))}" aria-label="{escape(told)}">{drawn}</a>'
        parts.append(drawn)
        parts += _label(m.label, i, bars, x + width / 2, high)
    parts += _strip(bars, reports, step, width, high + 40)
    return "".join([*parts, "</svg>"])


def _bar(m: Month, x: float, width: float, base: float, scale: float) -> str:
    if not (m.high or m.open or m.low):
        return ""
    low, high, read = m.low * scale, m.high * scale, m.reviewed * scale
    told = f"{m.label}: {show(m.low, m.high, m.open > 0)}"
    parts = [f"<title>{escape(told)}{f' ({m.open} open)' if m.open else ''}</title>"]
    reach = high + (13 if m.open else 0)
    if reach > low:
        kind = "band open" if m.open else "band"
        parts.append(_rect(x, base - reach, width, reach - low, kind))
    if low > read:
        parts.append(_rect(x, base - low, width, low - read, "machine"))
    if read:
        parts.append(_rect(x, base - read, width, read, "reviewed"))
    if high > low:
        parts.append(
            f'<line x1="{x:.1f}" x2="{x + width:.1f}" y1="{base - low:.1f}" y2="{base - low:.1f}" class="lowline"/>'
        )
    if m.open:
        parts.append(f'<text x="{x + width / 2:.1f}" y="{base - reach - 2:.1f}" class="plus">+</text>')
    parts.append(_rect(x, TOP, width, base - TOP, "hit"))
    return "".join(parts)


def _rect(x: float, y: float, width: float, height: float, kind: str) -> str:
    return f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{max(height, 0.8):.1f}" class="{kind}"/>'


def _label(label: str, i: int, bars: Sequence[Month], x: float, base: float) -> list[str]:
    """Years where they begin; months too where there is room for them."""
    room = (WIDTH - LEFT - RIGHT) / len(bars)
    year, _, month = label.partition("-")
    out = []
    if room > 30 and month:
        out.append(f'<text x="{x:.1f}" y="{base + 12}" class="tick mid">{_MONTHS[int(month) - 1]}</text>')
    fifth = int(year) % 5 == 0
    first = i == 0 and (month or not any(int(b.label) % 5 == 0 for b in bars[: int(40 / room) + 1]))
    if first or month == "01" or (not month and (room > 34 or fifth)):
        y = base + (23 if month else 12)
        out.append(f'<text x="{x:.1f}" y="{y}" class="tick mid year">{year}</text>')
    return out


_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def _strip(
    bars: Sequence[Month], reports: Sequence[tuple[str, int]], step: float, width: float, top: float
) -> list[str]:
    by_label: dict[str, int] = {}
    length = len(bars[0].label)
    for month, number in reports:
        by_label[month[:length]] = by_label.get(month[:length], 0) + number
    most = max((by_label.get(m.label, 0) for m in bars), default=0)
    out = [f'<text x="{LEFT}" y="{top - 2}" class="tick">reports published (most in one: {most:,})</text>']
    for i, m in enumerate(bars):
        number = by_label.get(m.label, 0)
        if number:
            tall = 24 * number / most
            x = LEFT + i * step + (step - width) / 2
            out.append(
                f"<g><title>{m.label}: {number:,} reports</title>{_rect(x, top + 26 - tall, width, tall, 'strip')}</g>"
            )
    return out


def _told(bars: Sequence[Month]) -> str:
    said = [f"{m.label}: {show(m.low, m.high, m.open > 0)}" for m in bars if m.high or m.open]
    return "; ".join(said[:60]) + ("; and more" if len(said) > 60 else "")


def _open_svg(height: int, title: str, about: str, width: int = WIDTH, role: str = "img") -> str:
    return (
        f'<svg viewBox="0 0 {width} {height}" class="chart" role="{role}" aria-label="{escape(title)}">'
        f"<desc>{escape(about)}</desc>"
    )


def _nice(value: float) -> int:
    """The smallest of 1, 2, 5, 10, 20, 50, ... that holds the value with room for a sign above it."""
    need = value * 1.06
    power = 10 ** math.floor(math.log10(max(need, 1)))
    return int(next(m * power for m in (1, 1.5, 2, 3, 4, 5, 6, 8, 10) if m * power >= need) or 1) or 1


def _ticks(top: int) -> list[int]:
    step = max(1, top // 4)
    return list(range(0, top + 1, step))


def toll(steps: Sequence[Step], harm: str = "killed") -> str:
    """The range of one harm by the day figures were published; empty under two days of figures."""
    found = [(s.day, b) for s in steps for h, b in s.bounds if h == harm and (b.high is not None or b.low is not None)]
    if len(found) < 2:
        return ""
    width, height, base = 520, 190, 150
    top = _nice(max((b.high if b.high is not None else b.low) or 0 for _, b in found))
    scale = (base - TOP) / top
    step = (width - LEFT - 20) / max(1, len(found) - 1)
    parts = [_open_svg(height, f"{harm} by the day figures were published", "", width), DEFS]
    for tick in _ticks(top):
        y = base - tick * scale
        parts.append(f'<line x1="{LEFT}" x2="{width - 8}" y1="{y:.1f}" y2="{y:.1f}" class="grid"/>')
        parts.append(f'<text x="{LEFT - 6}" y="{y + 3.5:.1f}" class="tick end">{tick:,}</text>')
    line = []
    for i, (day, b) in enumerate(found):
        low = b.low if b.low is not None else b.high or 0
        high = b.high if b.high is not None else low
        x = LEFT + 8 + i * step
        line.append(f"{x:.1f},{base - high * scale:.1f}")
        reach = high * scale + (10 if b.open else 0)
        parts.append(f"<g><title>{escape(day)}: {show(b.low, b.high, b.open)}</title>")
        parts.append(_rect(x - 5, base - reach, 10, max(reach - low * scale, 1.2), "band open" if b.open else "band"))
        parts.append(f'<circle cx="{x:.1f}" cy="{base - low * scale:.1f}" r="3" class="dot"/></g>')
        if b.open:
            parts.append(f'<text x="{x:.1f}" y="{base - reach - 2:.1f}" class="plus">+</text>')
        if i == 0 or i == len(found) - 1 or step > 62:
            anchor = "" if i == 0 else " end" if i == len(found) - 1 else " mid"
            parts.append(f'<text x="{x:.1f}" y="{base + 16}" class="tick{anchor}">{escape(day)}</text>')
    parts.append(f'<polyline points="{" ".join(line)}" class="line"/>')
    return "".join([*parts, "</svg>"])
