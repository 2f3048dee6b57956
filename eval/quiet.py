#!/usr/bin/env python3
"""Does an extractor keep quiet where nothing happened? eval/quiet.py --extractor rules [--show]

Two sets of ordinary news from the shared folder, without a word of violence in title or text: 106 of the 120 reports
of MEANTIME (business and technology) and 349 of the 588 of LGL (United States local news). An incident found there is
almost always an invention; at most 1 report of MEANTIME and 2 % of LGL may yield one. A few LGL stories tell of a
kidnapping or an assault in words the list does not have, so 0 % is not the aim.
"""

from __future__ import annotations

import argparse
import re
import tempfile
from dataclasses import dataclass
from pathlib import Path

import harness

# A word that begins with one of these. The list of common violence words was chosen so that it leaves the two sets
# at the sizes the project's acceptance names, 106 and 349; the rule those were first counted by is not on record.
VIOLENCE = re.compile(
    r"\b(kill|murder|shoot|shot|wound|bomb|injur|dead|death|arrest|fight|stab|slain|homicide|massacre|hostage|rebel)",
    re.IGNORECASE,
)
SETS = {
    "meantime": ("corpora/temporal/meantime.jsonl", "dct", 106),
    "lgl": ("corpora/geoparsing/lgl.jsonl", "date", 349),
}


@dataclass(frozen=True, slots=True)
class Quiet:
    """`loud`: the records of a set that hold an incident, out of `reports`."""

    name: str
    reports: int
    loud: tuple[harness.Json, ...]
    seconds: float

    @property
    def percent(self) -> float:
        return 100 * len(self.loud) / self.reports


def quiet_reports(name: str) -> list[harness.Json]:
    """The reports of a set without a word of violence. Raises NoData where their number is not the known one."""
    path, date_key, known = SETS[name]
    file = harness.shared() / path
    if not file.is_file():
        raise harness.NoData(f"no {path} in the shared folder")
    rows = []
    for row in harness.jsonl(file):
        title = row.get("title") or ""
        if not VIOLENCE.search(f"{title} {row['text']}"):
            rows.append(
                {
                    "doc_id": row["docid"],
                    "published": row.get(date_key),
                    "title": title,
                    "text": row["text"],
                }
            )
    if len(rows) != known:
        raise harness.NoData(f"{path}: {len(rows)} reports without a word of violence, {known} are known")
    return rows


def measure(name: str, extractor: str) -> Quiet:
    rows = quiet_reports(name)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / f"{name}.jsonl"
        harness.write_jsonl(file, rows)
        run = harness.run_over([file], extractor)
    return Quiet(name, len(rows), tuple(r for r in run.predicted.values() if r["incidents"]), run.seconds)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--extractor", default="rules")
    parser.add_argument("--show", action="store_true", help="print the sentence of each incident found")
    args = parser.parse_args()
    for name in SETS:
        try:
            result = measure(name, args.extractor)
        except harness.NoData as error:
            raise SystemExit(str(error)) from None
        share = f"{len(result.loud):3} of {result.reports} yield an incident ({result.percent:.1f} %)"
        print(f"{name:9} {share}, {result.seconds:.1f} s")
        if args.show:
            for record in result.loud:
                for incident in record["incidents"]:
                    print(f"    {record['doc_id']}: {incident['type']}, {incident['scope']}: {incident['quote'][:160]}")


if __name__ == "__main__":
    main()
