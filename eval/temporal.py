"""Value F1 of `find_dates` on TimeML gold (TimeBank and AQUAINT of TempEval-3), beside dateparser in the same run.

    python eval/temporal.py [--corpus timebank --corpus aquaint] [--no-dateparser] [--errors 20]

The folder of corpora is `$TOLLBOOK_SHARED/corpora/temporal` (default `../shared`).

The rule. A system expression and a gold TIMEX3 match when their spans share a character (relaxed), each used
once, in text order. A match is right when the value is the gold's at the gold's precision: a day (1998-02-12; a
part of a day such as 1998-02-12TEV or T20:00 counts as its day), a week (1998-W07), a weekend (1998-W07-WE), a month
(1998-02), a year (1998). Every other gold value (PRESENT_REF, PAST_REF, FUTURE_REF, quarters, seasons, decades, XX) is
never right for us: it counts against recall. Value F1 = 2PR / (P+R), P = right / system expressions, R = right /
gold. Three tables:

    calendar  gold DATE and TIME whose value is a day, week, weekend, month or year not after the day of writing:
              what `find_dates` is for (the future is left out by design)
    date      gold DATE and TIME, all of them
    timex     all gold TIMEX3, DURATION and SET too (what TempEval-3 scores)

In `calendar` and `date` a system expression that meets only a gold TIMEX3 outside the table is left out.
dateparser gives a time without precision, so its value is read at the gold's precision: in its favour.
HeidelTime's 77.6 is its published value F1 on the TempEval-3 test set (all TIMEX3): quoted, not run here.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import os
import re
import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tollbook.model import DateRange
from tollbook.resolve.calendars import words
from tollbook.resolve.dates import find_dates

ROOT = Path(__file__).resolve().parent.parent
SHARED = Path(os.environ.get("TOLLBOOK_SHARED", ROOT.parent / "shared"))
CORPORA = ("timebank", "aquaint")
TABLES = ("calendar", "date", "timex")
HEIDELTIME = 77.6
_DAY = re.compile(r"(\d{4}-\d{2}-\d{2})(?:T.*)?")
_SHAPES = (
    (re.compile(r"\d{4}-W\d{2}-WE"), "weekend"),
    (re.compile(r"\d{4}-W\d{2}"), "week"),
    (re.compile(r"\d{4}-\d{2}"), "month"),
    (re.compile(r"\d{4}"), "year"),
    (re.compile(r"\d{4}-[QH]\d"), "part"),
    (re.compile(r"\d{4}-(?:SP|SU|FA|WI)"), "season"),
    (re.compile(r"\d{3}X?"), "decade"),
)
_CALENDAR = ("day", "week", "weekend", "month", "year")
_SEASONS = {3: "SP", 6: "SU", 9: "FA", 12: "WI"}


@dataclass(frozen=True)
class Found:
    """A system expression: its span, and its value at each precision it may be asked for."""

    start: int
    end: int
    values: dict[str, str]


def gold_value(value: str) -> tuple[str, str] | None:
    """(precision, value) of a gold TIMEX3 value, None for values that name no stretch of the calendar."""
    if day := _DAY.fullmatch(value):
        return "day", day.group(1)
    for shape, precision in _SHAPES:
        if shape.fullmatch(value):
            return precision, value.rstrip("X")
    return None


def at_precision(day: dt.date, precision: str) -> str:
    """A day written as a TIMEX3 value of that precision."""
    week = day.isocalendar()
    return {
        "day": day.isoformat(),
        "week": f"{week.year}-W{week.week:02d}",
        "weekend": f"{week.year}-W{week.week:02d}-WE",
        "month": f"{day:%Y-%m}",
        "year": f"{day:%Y}",
    }[precision]


def ours(text: str, published: dt.date | None) -> list[Found]:
    """`find_dates` as TIMEX3 values: the precision it states; of ranges only a weekend and "since" a day."""
    found = []
    for date in find_dates(text, published):
        assert date.span is not None
        since = text[: date.span[0]].lower().rstrip().endswith("since")
        found.append(Found(*date.span, _period(date, text) or _value_of(date, published, since)))
    return found


def _period(date: DateRange, text: str) -> dict[str, str]:
    """A quarter, half, season or decade, told from a month or a year by its words."""
    if date.start is None or date.span is None or date.precision not in ("month", "year"):
        return {}
    said, start = text[slice(*date.span)].lower(), date.start
    if "quarter" in said or "half" in said:
        letter, length = ("Q", 3) if "quarter" in said else ("H", 6)
        return {"part": f"{start.year}-{letter}{(start.month - 1) // length + 1}"}
    if any(word in said for word in words().seasons):
        return {"season": f"{start.year}-{_SEASONS[start.month]}"}
    if said.endswith("s") and start.month == 1:
        return {"decade": f"{start.year // 10}"}
    return {}


def _value_of(date: DateRange, published: dt.date | None, since: bool) -> dict[str, str]:
    if date.start is None or date.end is None:
        return {}
    opened = date.precision == "days" and date.start != date.end and date.end == published  # "since Tuesday"
    if date.precision in ("day", "hour", "days") and (date.start == date.end or (opened and since)):
        return {"day": at_precision(date.start, "day")}
    if date.precision in ("week", "month", "year"):
        return {date.precision: at_precision(date.start, date.precision)}
    if date.precision == "days" and date.start.weekday() == 5 and (date.end - date.start).days == 1:
        return {"weekend": at_precision(date.start, "weekend")}
    return {}


def dateparsers(text: str, published: dt.date | None) -> list[Found]:
    """dateparser's `search_dates`, past preferred, its hits found again in the text in order."""
    from dateparser.search import search_dates

    base = dt.datetime.combine(published or dt.date(2000, 1, 1), dt.time())
    settings = {"RELATIVE_BASE": base, "PREFER_DATES_FROM": "past", "RETURN_AS_TIMEZONE_AWARE": False}
    found, at = [], 0
    for said, moment in search_dates(text, languages=["en"], settings=settings) or []:
        start = text.find(said, at)
        if start < 0:
            continue
        at = start + len(said)
        day = moment.date()
        values = {name: at_precision(day, name) for name in ("day", "week", "weekend", "month", "year")}
        found.append(Found(start, at, values))
    return found


def in_table(timex: dict[str, str], table: str, published: dt.date | None) -> bool:
    """Whether a gold TIMEX3 belongs to a table."""
    if table == "timex":
        return True
    if timex["type"] not in ("DATE", "TIME"):
        return False
    value = gold_value(timex["value"])
    return table == "date" or (
        value is not None
        and value[0] in _CALENDAR
        and (published is None or value[1] <= at_precision(published, value[0]))
    )


def score(
    corpora: tuple[str, ...], system: Callable[[str, dt.date | None], list[Found]]
) -> tuple[dict[str, Counter[str]], list[str]]:
    """Counts (right, system, gold, spans) for each table, and the errors as lines."""
    totals: dict[str, Counter[str]] = {table: Counter() for table in TABLES}
    errors: list[str] = []
    for name in corpora:
        for line in (SHARED / "corpora" / "temporal" / f"{name}.jsonl").read_text("utf-8").splitlines():
            document = json.loads(line)
            published = dt.date.fromisoformat(document["dct"][:10]) if document["dct"] else None
            text, timexes = document["text"], sorted(document["timexes"], key=lambda x: int(x["start"]))
            found = system(text, published)
            pairs = _pair(found, timexes)
            met = {i for i, _ in pairs}
            for table in TABLES:
                gold = [k for k, timex in enumerate(timexes) if in_table(timex, table, published)]
                inside = set(gold)
                touched = [
                    i for i, f in enumerate(found) if any(f.start < t["end"] and t["start"] < f.end for t in timexes)
                ]
                outside = (
                    {i for i in touched if not any((i, k) in pairs for k in inside)} if table != "timex" else set()
                )
                totals[table]["right"] += sum(_right(found[i], timexes[k]) for i, k in pairs if k in inside)
                totals[table]["spans"] += sum(k in inside for _, k in pairs)
                totals[table]["system"] += len(found) - len(outside)
                totals[table]["gold"] += len(gold)
                if table == "calendar":
                    errors += _errors(document, published, found, timexes, pairs, inside, met)
    return totals, errors


def _pair(found: list[Found], timexes: list[dict[str, str]]) -> set[tuple[int, int]]:
    pairs: set[tuple[int, int]] = set()
    used: set[int] = set()
    for i, f in enumerate(found):
        for k, timex in enumerate(timexes):
            if k not in used and f.start < int(timex["end"]) and int(timex["start"]) < f.end:
                pairs.add((i, k))
                used.add(k)
                break
    return pairs


def _right(found: Found, timex: dict[str, str]) -> bool:
    value = gold_value(timex["value"])
    return value is not None and found.values.get(value[0]) == value[1]


def _errors(document, published, found, timexes, pairs, inside, met) -> list[str]:  # type: ignore[no-untyped-def]
    text, lines = document["text"], []
    answer = {k: i for i, k in pairs}
    for k in sorted(inside):
        got = found[answer[k]] if k in answer else None
        if got is None or not _right(got, timexes[k]):
            start, end = timexes[k]["start"], timexes[k]["end"]
            around = " ".join(text[max(0, start - 40) : end + 30].split())
            said = f"{text[got.start : got.end]!r} {got.values}" if got else "nothing"
            lines.append(f"{published} {timexes[k]['text']!r} = {timexes[k]['value']}, read {said}: {around}")
    for i, f in enumerate(found):
        if i not in met and not any(f.start < t["end"] and t["start"] < f.end for t in timexes):
            around = " ".join(text[max(0, f.start - 40) : f.end + 30].split())
            lines.append(f"{published} extra {text[f.start : f.end]!r} {f.values}: {around}")
    return lines


def main() -> int:
    """Print the table; exit status 1 where the corpora are absent."""
    parser = argparse.ArgumentParser(description="Value F1 of find_dates on TimeML gold.")
    parser.add_argument("--corpus", action="append", choices=CORPORA, help=f"default: {' and '.join(CORPORA)}")
    parser.add_argument("--no-dateparser", action="store_true")
    parser.add_argument("--errors", type=int, default=0, help="print this many errors of the calendar table")
    arguments = parser.parse_args()
    corpora = tuple(arguments.corpus or CORPORA)
    if not (SHARED / "corpora" / "temporal").is_dir():
        print(f"no corpora in {SHARED}: set TOLLBOOK_SHARED", file=sys.stderr)
        return 1
    systems: dict[str, Callable[[str, dt.date | None], list[Found]]] = {"tollbook": ours}
    if not arguments.no_dateparser:
        try:
            import dateparser

            systems[f"dateparser {dateparser.__version__}"] = dateparsers
        except ImportError:
            print("dateparser is not installed: left out", file=sys.stderr)
    print(
        f"{' + '.join(corpora)}\n\n"
        "| system | gold | P | R | value F1 | span F1 | n gold |\n|---|---|---|---|---|---|---|"
    )
    for name, system in systems.items():
        totals, errors = score(corpora, system)
        for table, n in totals.items():
            precision, recall = n["right"] / max(1, n["system"]), n["right"] / max(1, n["gold"])
            f1 = 2 * n["right"] / max(1, n["system"] + n["gold"])
            spans = 2 * n["spans"] / max(1, n["system"] + n["gold"])
            row = f"{100 * precision:.1f} | {100 * recall:.1f} | {100 * f1:.1f} | {100 * spans:.1f}"
            print(f"| {name} | {table} | {row} | {n['gold']} |")
        for error in errors[: arguments.errors]:
            print("   ", error)
    print(f"| HeidelTime (published, TempEval-3 test set, not run) | timex | | | {HEIDELTIME} | | |")
    return 0


if __name__ == "__main__":
    sys.exit(main())
