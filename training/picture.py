"""Draws docs/img/reliability.svg from data/model/reliability.yml: python -m training.picture

What the tagger said against how often it was right, for figures and for acts; on the dashed line both would be equal.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "src")]

from tollbook import lexicon  # noqa: E402

FILE = ROOT / "docs" / "img" / "reliability.svg"
SIDE, LEFT, TOP = 320, 56, 16
COLOURS = {"figures": "#1f5f8b", "acts": "#a4451f"}


def drawn(tables: Mapping[str, Sequence[Sequence[float]]]) -> str:
    """The picture of these tables: rows of what was said and how often it was right."""
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {SIDE + 150} {SIDE + 70}" font-family="sans-serif" '
        'font-size="13" role="img">',
        "<title>What the tagger said, and how often it was right</title>",
        f'<rect width="{SIDE + 150}" height="{SIDE + 70}" fill="#fff"/>',
        f'<path d="M{LEFT} {TOP}V{TOP + SIDE}H{LEFT + SIDE}" fill="none" stroke="#444"/>',
        f'<path d="M{LEFT} {TOP + SIDE}L{LEFT + SIDE} {TOP}" stroke="#888" stroke-dasharray="5 4"/>',
    ]
    for tenth in range(0, 11, 2):
        x, y = _at(tenth / 10, tenth / 10)
        parts.append(f'<text x="{x}" y="{TOP + SIDE + 20}" text-anchor="middle">{tenth / 10:.1f}</text>')
        parts.append(f'<text x="{LEFT - 8}" y="{y + 4}" text-anchor="end">{tenth / 10:.1f}</text>')
    middle = TOP + SIDE / 2
    parts.append(f'<text x="{LEFT + SIDE / 2}" y="{TOP + SIDE + 44}" text-anchor="middle">said</text>')
    parts.append(f'<text x="14" y="{middle}" text-anchor="middle" transform="rotate(-90 14 {middle})">right</text>')
    for n, (name, colour) in enumerate(COLOURS.items()):
        spots = [_at(said, right) for said, right in tables[name]]
        line = " ".join(f"{x},{y}" for x, y in spots)
        parts.append(f'<polyline points="{line}" fill="none" stroke="{colour}" stroke-width="2"/>')
        for x, y in spots:
            dot = f'circle cx="{x}" cy="{y}" r="4"'
            box = f'rect x="{x - 4:.1f}" y="{y - 4:.1f}" width="8" height="8"'
            parts.append(f'<{box if n else dot} fill="{colour}"/>')
        parts.append(f'<text x="{LEFT + SIDE + 14}" y="{TOP + 20 + 20 * n}" fill="{colour}">{name}</text>')
    return "\n".join([*parts, "</svg>\n"])


def _at(said: float, right: float) -> tuple[float, float]:
    return round(LEFT + SIDE * said, 1), round(TOP + SIDE * (1 - right), 1)


def main() -> None:
    """Writes the file."""
    FILE.write_text(drawn(lexicon.load("model/reliability")), encoding="utf-8")


if __name__ == "__main__":
    main()
