#!/usr/bin/env python3
"""The reports an extractor reads worst: eval/worst.py --extractor rules --part dev -n 20 [-o FILE.html] [--doc ID]

Each with its text and, beside it, gold and predicted entries aligned as the scorer aligns them, the differences
marked: missed, spurious, and slot by slot. In the terminal as text; `-o FILE.html` writes one page without any outside
request. The page holds the reports' texts: keep it in eval/out/.
"""

from __future__ import annotations

import argparse
import html
import re
import textwrap
from itertools import pairwise
from pathlib import Path

import harness
from differences import Entry, entries, headline

STYLE = """
body{font:15px/1.45 system-ui,sans-serif;margin:1.5rem auto;max-width:90rem;padding:0 1rem;
  color:#1c1c1c;background:#fff}
section{display:grid;grid-template-columns:1fr 1fr;gap:1.5rem;border-top:2px solid #444;padding:1rem 0}
h2{grid-column:1/-1;margin:0;font-size:1.05rem}
.text{white-space:pre-wrap;overflow-wrap:anywhere}
table{border-collapse:collapse;width:100%;margin:0 0 1rem;font-size:.9rem}
td,th{border:1px solid #bbb;padding:.2rem .4rem;text-align:left;vertical-align:top}
caption{text-align:left;font-weight:600;padding:.2rem 0}
tr.wrong td{background:#fde7e4}
tr.wrong td:first-child::before{content:"\\2717 "}
.missed caption::before{content:"MISSED "}
.spurious caption::before{content:"SPURIOUS "}
.missed,.spurious{background:#fff3d6}
mark.gold{background:#cfe8ff}
mark.predicted{background:#ffe08a}
mark.both{background:#c9efc9}
@media (max-width:60rem){section{grid-template-columns:1fr}}
"""
LEGEND = "Sentences: blue = quoted by the gold only, yellow = by the prediction only, green = by both."


def kind(entry: Entry) -> str:
    return "missed" if entry.predicted is None else "spurious" if entry.gold is None else "found"


def as_text(doc_id: str, title: str, text: str, found: list[Entry]) -> str:
    """One report for the terminal: text first, then its entries; what is right is told in one word."""
    lines = ["=" * 100, f"{doc_id}   wrong: {sum(e.wrong for e in found)}   {title}", ""]
    lines += [
        textwrap.fill(part, 100, initial_indent="  | ", subsequent_indent="  | ")
        for part in text.split("\n")
        if part.strip()
    ]
    for entry in found:
        if kind(entry) != "found":
            only = entry.gold or entry.predicted or {}
            lines += ["", f"{kind(entry).upper():9} {headline(only)}", f"          “{only.get('quote') or ''}”"]
            continue
        assert entry.gold is not None
        right = ", ".join(slot.name for slot in entry.slots if slot.right) or "nothing"
        lines += [
            "",
            f"found     {entry.gold['type']}, {entry.gold['scope']}: “{entry.gold.get('quote') or ''}”",
            f"          right: {right}",
        ]
        lines += [
            f"          WRONG {s.name}: gold {s.gold or 'none'} | predicted {s.predicted or 'none'}"
            for s in entry.slots
            if not s.right
        ]
    return "\n".join(lines) + "\n"


def quote_ranges(text: str, quotes: list[str]) -> list[tuple[int, int]]:
    """Where the quotes stand in the text, white space apart."""
    out = []
    for quote in quotes:
        words = quote.split()
        found = re.search(r"\s+".join(re.escape(word) for word in words), text) if words else None
        if found:
            out.append(found.span())
    return out


def marked(text: str, found: list[Entry]) -> str:
    """The text as HTML, with the sentences that gold and prediction quote."""
    gold = quote_ranges(text, [e.gold.get("quote") or "" for e in found if e.gold])
    predicted = quote_ranges(text, [e.predicted.get("quote") or "" for e in found if e.predicted])
    cuts = sorted({0, len(text), *(i for span in gold + predicted for i in span)})
    out = []
    for start, end in pairwise(cuts):
        by = [any(a <= start and end <= b for a, b in spans) for spans in (gold, predicted)]
        piece = html.escape(text[start:end])
        name = "both" if all(by) else "gold" if by[0] else "predicted" if by[1] else ""
        out.append(f'<mark class="{name}">{piece}</mark>' if name else piece)
    return "".join(out)


def entry_table(entry: Entry) -> str:
    only = entry.gold or entry.predicted or {}
    caption = f"<caption>{html.escape(headline(only))}</caption>"
    rows = "".join(
        f"<tr{'' if s.right else ' class=wrong'}><td>{html.escape(s.name)}</td><td>{html.escape(s.gold)}</td>"
        f"<td>{html.escape(s.predicted)}</td></tr>"
        for s in entry.slots
    )
    head = (
        "<tr><th>slot</th><th>gold</th><th>predicted</th></tr>"
        if rows
        else f"<tr><td>{html.escape(only.get('quote') or '')}</td></tr>"
    )
    return f'<table class="{kind(entry)}">{caption}{head}{rows}</table>'


def as_section(doc_id: str, title: str, text: str, found: list[Entry]) -> str:
    heading = f"{doc_id}: {title} (wrong: {sum(e.wrong for e in found)})"
    tables = "".join(entry_table(entry) for entry in found)
    told = f'<div class="text">{marked(text, found)}</div><div>{tables}</div>'
    return f"<section><h2>{html.escape(heading)}</h2>{told}</section>"


def page(title: str, sections: list[str]) -> str:
    title = html.escape(title)
    head = f'<head><meta charset="utf-8"><title>{title}</title><style>{STYLE}</style></head>'
    body = f"<body><h1>{title}</h1><p>{LEGEND}</p>{''.join(sections)}</body>"
    return f'<!DOCTYPE html><html lang="en">{head}{body}</html>\n'


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--extractor", default="rules")
    parser.add_argument("--part", choices=[*harness.PARTS, "both"], default="dev")
    parser.add_argument("-n", type=int, default=20, help="how many reports")
    parser.add_argument("--doc", help="only reports whose id begins so, whatever their rank")
    parser.add_argument("-o", type=Path, metavar="FILE", help="write an HTML page (.html) or the text to a file")
    args = parser.parse_args()
    try:
        gold = harness.gold(args.part)
    except harness.NoData as error:
        raise SystemExit(str(error)) from None
    predicted = harness.run_part(args.part, args.extractor).predicted
    empty: harness.Json = {"incidents": [], "title": "not read", "text": ""}
    all_found = {d: entries(record, predicted.get(d, empty)) for d, record in gold.items()}
    ranked = sorted(all_found, key=lambda d: -sum(entry.wrong for entry in all_found[d]))
    ranked = [d for d in ranked if d.startswith(args.doc)] if args.doc else ranked[: args.n]
    shown = [(d, predicted.get(d, empty)["title"], predicted.get(d, empty)["text"], all_found[d]) for d in ranked]
    if args.o and args.o.suffix == ".html":
        args.o.parent.mkdir(parents=True, exist_ok=True)
        args.o.write_text(
            page(f"{args.extractor} on {args.part}: the {len(shown)} worst", [as_section(*s) for s in shown]), "utf-8"
        )
        return
    text = "\n".join(as_text(*s) for s in shown)
    if args.o:
        args.o.parent.mkdir(parents=True, exist_ok=True)
        args.o.write_text(text, "utf-8")
    else:
        print(text)


if __name__ == "__main__":
    main()
