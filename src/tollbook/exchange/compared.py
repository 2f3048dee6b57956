"""A comparison as a table, CSV, JSON Lines, a page or a chart. Pure but for the chart's packages."""

from __future__ import annotations

import csv
import html
import io
import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

from tollbook.errors import UsageError
from tollbook.exchange.comparing import DIFFER, MEET, SAME, UNTOLD, Alone, Comparison, Pair
from tollbook.exchange.theirs import Entry, Toll
from tollbook.export import safe
from tollbook.ledger.bounds import show
from tollbook.ledger.state import REVIEWED
from tollbook.model import to_plain
from tollbook.tally import CAVEATS, table

COLUMNS = (
    "where", "tolls", "ours", "status_of_review", "theirs", "start", "end", "place", "their_start", "their_end",
    "their_place", "ours_low", "ours_high", "ours_open", "theirs_low", "theirs_high", "theirs_open", "score", "reasons",
)  # fmt: skip
FORMS = ("table", "csv", "jsonl", "html")
SHOWN = 30
"""Pairs a chart draws one by one: those whose tolls lie farthest apart."""


def toll_text(toll: Toll) -> str:
    """A toll as it is printed; "-" where none is told."""
    return show(toll.low, toll.high, toll.open) if toll.told else "-"


def day_text(entry: Entry) -> str:
    """The days of an entry as they are printed."""
    if entry.start is None:
        return "not told"
    return entry.start if entry.end in (None, entry.start) else f"{entry.start}..{entry.end}"


def summary(found: Comparison) -> list[str]:
    """What a comparison comes to, in lines."""
    of = Counter(p.tolls for p in found.pairs)
    span = f"{found.period[0]} to {found.period[1]}" if found.period else "no days told"
    lines = [
        f"The book beside {found.file} ({found.about}); {span}; countries {', '.join(found.countries) or 'not told'}; "
        f"rule {found.rule}",
        f"in both {len(found.pairs)}: tolls the same {of[SAME]}, ranges that meet {of[MEET]}, "
        f"that differ {of[DIFFER]}, not told on one side {of[UNTOLD]}",
        f"only ours {len(found.only_ours)}, only theirs {len(found.only_theirs)}",
    ]
    if found.outside:
        lines.append(f"{found.outside} rows of theirs lie beyond the book's days and countries and are not compared")
    if found.left_out:
        lines.append(f"{found.left_out} of ours are sums over several acts, statistics or thwarted, and not compared")
    if found.unread:
        lines.append(f"{found.unread} cells of theirs could not be read")
    lines.append("A pair is a judgement of the machine: its reasons stand beside it. An entry on one side only may be")
    lines.append("an act the other did not record, or one that both record under other days, places or numbers.")
    return lines


def text(found: Comparison) -> str:
    """The comparison for a terminal: the summary, then pairs with differing tolls first, then each side alone."""
    head = ("tolls", "ours", "status", "days", "place", "killed", "theirs", "days", "place", "killed", "odds", "why")
    rows = [head]
    order = {DIFFER: 0, MEET: 1, UNTOLD: 2, SAME: 3}
    for p in sorted(found.pairs, key=lambda p: order[p.tolls]):
        t = p.theirs[0]
        more = f" +{len(p.theirs) - 1} rows" if len(p.theirs) > 1 else ""
        rows.append(
            (
                p.tolls, p.ours.id[:10], p.ours.review or "", day_text(p.ours), _place(p.ours),
                toll_text(p.ours.killed), t.id[:24] + more, day_text(t), _place(t), toll_text(p.theirs_killed),
                f"{p.score:.2f}", "; ".join(p.reasons)[:120],
            )
        )  # fmt: skip
    out = [*summary(found), "", "In both:", table(rows) if len(rows) > 1 else "none"]
    for name, listed in (("Only ours:", found.only_ours), ("Only theirs:", found.only_theirs)):
        lines = [("id", "status", "days", "place", "killed", "perhaps", "odds", "why")]
        for a in listed:
            near = ((a.near or "")[:24], f"{a.score:.2f}", "; ".join(a.reasons)[:90]) if a.near else ("", "", "")
            lines.append(
                (
                    a.entry.id[:24], a.entry.review or "", day_text(a.entry), _place(a.entry),
                    toll_text(a.entry.killed), *near,
                )
            )  # fmt: skip
        out += ["", name, table(lines) if len(lines) > 1 else "none"]
    return "\n".join(out)


def _place(entry: Entry) -> str:
    return ", ".join(entry.places[:2])[:34] or f"({entry.country or '?'})"


def rows(found: Comparison) -> Iterator[dict[str, Any]]:
    """One plain row a pair or lone entry, keys as COLUMNS."""
    for p in found.pairs:
        yield _row("both", p.tolls, p.ours, p.theirs, p.theirs_killed, p.score, p.reasons)
    for a in found.only_ours:
        yield _row("only ours", "", a.entry, (), Toll(), a.score, _near(a))
    for a in found.only_theirs:
        yield _row("only theirs", "", None, (a.entry,), a.entry.killed, a.score, _near(a))


def _near(a: Alone) -> tuple[str, ...]:
    return (f"perhaps {a.near}", *a.reasons) if a.near else ()


def _row(
    where: str,
    how: str,
    ours: Entry | None,
    theirs: tuple[Entry, ...],
    toll: Toll,
    value: float,
    reasons: tuple[str, ...],
) -> dict[str, Any]:
    their, own = theirs[0] if theirs else None, ours.killed if ours else Toll()
    return {
        "where": where, "tolls": how, "ours": ours.id if ours else None,
        "status_of_review": ours.review if ours else None,
        "theirs": "; ".join(t.id for t in theirs) or None,
        "start": ours.start if ours else None, "end": ours.end if ours else None,
        "place": "; ".join(ours.places) if ours else None,
        "their_start": their.start if their else None, "their_end": their.end if their else None,
        "their_place": "; ".join(their.places) if their else None,
        "ours_low": own.low, "ours_high": own.high, "ours_open": own.open if own.told else None,
        "theirs_low": toll.low, "theirs_high": toll.high, "theirs_open": toll.open if toll.told else None,
        "score": round(value, 3) if value else None, "reasons": "; ".join(reasons) or None,
    }  # fmt: skip


def as_csv(found: Comparison) -> str:
    """The rows as CSV (RFC 4180, UTF-8 mark), no cell a formula."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for row in rows(found):
        writer.writerow([safe.cell(v) if isinstance(v, str) else v for v in row.values()])
    return "\ufeff" + out.getvalue()


def as_jsonl(found: Comparison) -> str:
    """The rows as JSON Lines; each pair's entries are whole, without what only comparing needs."""
    lines = []
    for p in found.pairs:
        lines.append({"where": "both", **_plain(p)})
    for name, listed in (("only ours", found.only_ours), ("only theirs", found.only_theirs)):
        lines += [{"where": name, **_plain(a)} for a in listed]
    return "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)


def _plain(value: Pair | Alone) -> dict[str, Any]:
    def entry(e: Entry) -> dict[str, Any]:
        kept = ("id", "row", "review", "start", "end", "places", "country", "type", "actors", "killed")
        return {k: to_plain(getattr(e, k)) for k in kept}

    out: dict[str, Any] = {}
    for key in ("ours", "theirs", "entry", "near", "tolls", "theirs_killed", "score", "reasons"):
        if hasattr(value, key):
            found = getattr(value, key)
            out[key] = entry(found) if isinstance(found, Entry) else (
                [entry(e) for e in found] if key == "theirs" else to_plain(found)
            )  # fmt: skip
    return out


_STYLE = (
    "body{font:15px/1.45 system-ui,sans-serif;margin:2em;max-width:80em;color:#1c1c1c}table{border-collapse:collapse;"
    "margin:1em 0;width:100%}th,td{border-bottom:1px solid #ccc;padding:.3em .6em;text-align:left;vertical-align:top}"
    "th{background:#f3f3f3}.differ td:first-child{font-weight:700;color:#8a1c1c}"
    "caption{text-align:left;font-weight:700}"
)


def as_html(found: Comparison) -> str:
    """One page without scripts: summary, pairs, each side alone."""
    lines = [
        "<!doctype html>", '<html lang="en"><head><meta charset="utf-8">', f"<title>{_e(found.file)} compared</title>",
        f"<style>{_STYLE}</style></head><body>", f"<h1>The book beside {_e(found.file)}</h1>",
        *(f"<p>{_e(line)}</p>" for line in summary(found)),
    ]  # fmt: skip
    groups: dict[str, list[dict[str, Any]]] = {"both": [], "only ours": [], "only theirs": []}
    for row in rows(found):
        groups[row["where"]].append(row)
    for name, listed in groups.items():
        shown = [c for c in COLUMNS if c != "where" and any(r[c] not in (None, "") for r in listed)]
        lines.append(f"<table><caption>{_e(name)}: {len(listed)}</caption><thead><tr>")
        lines += [f'<th scope="col">{_e(c.replace("_", " "))}</th>' for c in shown]
        lines.append("</tr></thead><tbody>")
        for row in listed:
            mark = ' class="differ"' if row["tolls"] == DIFFER else ""
            cells = "".join(f"<td>{_e('' if row[c] is None else row[c])}</td>" for c in shown)
            lines.append(f"<tr{mark}>{cells}</tr>")
        lines.append("</tbody></table>")
    lines += [*(f"<p>{_e(c)}</p>" for c in CAVEATS), "</body></html>"]
    return "\n".join(lines) + "\n"


def _e(value: object) -> str:
    return html.escape(safe.line(str(value)))


def chart(found: Comparison) -> Any:
    """Entries a month in both, only ours, only theirs; and below, the tolls of the pairs that lie farthest apart.

    Raises UsageError where the packages that draw are not installed.
    """
    alt = _altair()
    months: Counter[tuple[str, str]] = Counter()
    for p in found.pairs:
        months[_month(p.ours.start or p.theirs[0].start), _kind("in both", p.ours)] += 1
    for a in found.only_ours:
        months[_month(a.entry.start), _kind("only ours", a.entry)] += 1
    for a in found.only_theirs:
        months[_month(a.entry.start), "only theirs"] += 1
    values = [{"month": m, "where": w, "entries": n} for (m, w), n in sorted(months.items())]
    order = sorted({month for month, _ in months})
    colors = alt.Scale(domain=list(_COLORS), range=list(_COLORS.values()))
    width = max(360, min(1000, 26 * len(order)))
    x = alt.X("month:N", sort=order, title="month", axis=alt.Axis(labelAngle=-45))
    bars = alt.Chart(alt.Data(values=values), width=width, height=220).mark_bar().encode(
        x=x, y=alt.Y("sum(entries):Q", title="incidents", axis=alt.Axis(tickMinStep=1)),
        color=alt.Color("where:N", scale=colors, title=None),
    )  # fmt: skip
    parts = [bars]
    apart = sorted((p for p in found.pairs if p.tolls in (DIFFER, MEET)), key=_distance, reverse=True)[:SHOWN]
    if apart:
        parts.append(_tolls_chart(alt, apart, width))
    if found.reports:
        strip = [{"month": m, "reports": n} for m, n in found.reports]
        parts.append(
            alt.Chart(alt.Data(values=strip), width=width, height=50)
            .mark_bar(color="#bdbdbd")
            .encode(
                x=alt.X("month:N", title="our reports published, per month", axis=alt.Axis(labelAngle=-45)),
                y=alt.Y("reports:Q", title=None, axis=alt.Axis(tickMinStep=1)),
            )
        )
    key = "Dark: a person has reviewed ours; pale: read by a machine only."
    notes = [*summary(found)[1:3], f"Rule {found.rule}.", key, *CAVEATS]
    title = alt.TitleParams(
        text=f"The book beside {found.file}", subtitle=notes, anchor="start", subtitleFontSize=10, subtitleColor="#444"
    )
    return alt.vconcat(*parts).resolve_scale(color="independent").properties(title=title)


_COLORS = {
    "in both, reviewed": "#1b4965", "in both, machine": "#9db4c0", "only ours, reviewed": "#5f0f40",
    "only ours, machine": "#d9b8c9", "only theirs": "#c8553d",
}  # fmt: skip


def _kind(where: str, ours: Entry) -> str:
    return f"{where}, {'reviewed' if ours.review == REVIEWED else 'machine'}"


def _month(day: str | None) -> str:
    return day[:7] if day else "not told"


def _altair() -> Any:
    try:
        import altair
        import vl_convert  # noqa: F401 - what writes SVG and PNG without a browser
    except ImportError:
        raise UsageError("charts need the extra `export`: pip install 'tollbook[export]'") from None
    return altair


def _distance(p: Pair) -> int:
    """How many people lie between two tolls: between their nearest bounds, and where they meet between their widths."""
    a, b = p.ours.killed, p.theirs_killed
    if p.tolls == DIFFER:
        return 1_000_000 + max((b.low or 0) - (a.high or 0), (a.low or 0) - (b.high or 0))
    return abs((a.high or 0) - (b.high or 0)) + abs((a.low or 0) - (b.low or 0))


def _tolls_chart(alt: Any, apart: list[Pair], width: int) -> Any:
    values = []
    for p in apart:
        label = f"{day_text(p.ours)} {_place(p.ours)}"[:44]
        for who, toll in (("ours", p.ours.killed), ("theirs", p.theirs_killed)):
            low = toll.low or 0
            mark = "+" if toll.open else ""
            row = {"pair": f"{label} [{p.ours.id[:4]}]", "who": who, "low": low, "high": toll.high or low}
            values.append({**row, "mark": mark})
    base = alt.Chart(alt.Data(values=values), width=width)
    y = alt.Y("pair:N", title=None, sort=None)
    shift = alt.YOffset("who:N")
    color = alt.Color("who:N", title=None, scale=alt.Scale(domain=["ours", "theirs"], range=["#1b4965", "#c8553d"]))
    lines = base.mark_rule(strokeWidth=3).encode(
        x=alt.X("low:Q", title="killed, low to high"), x2="high:Q", y=y, yOffset=shift, color=color
    )
    ends = base.mark_point(filled=True).encode(x="low:Q", y=y, yOffset=shift, color=color)
    tops = base.mark_point(filled=True).encode(x="high:Q", y=y, yOffset=shift, color=color)
    plus = base.mark_text(dx=8).encode(x="high:Q", y=y, yOffset=shift, color=color, text="mark:N")
    return alt.layer(lines, ends, tops, plus)
