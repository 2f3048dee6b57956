"""The pages of a release, in words: what it is, what is withheld, the codebook, the method, the versions.."""

from __future__ import annotations

import datetime as dt
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from tollbook import lexicon, ontology
from tollbook.export import get_format, loss, made_of
from tollbook.export.loss import Report
from tollbook.export.tables import TABLES
from tollbook.export.values import Content
from tollbook.ledger.bounds import RULES, get_rule
from tollbook.model import to_plain
from tollbook.store import end_of, schema
from tollbook.tally import CAVEATS, Totals, shown

if TYPE_CHECKING:
    from tollbook.book import Book


def readme(
    content: Content, day: str, contact: str, reports: Sequence[Report], totals: Sequence[tuple[str, Totals]]
) -> str:
    """What the release is, its files, what is withheld, whom to tell of an error."""
    review = Counter(i.review for i in content.incidents)
    title = str(content.charter.get("title") or "") or "A record of incidents"
    read = review["reviewed"]
    policy = content.asked.policy
    lines = [
        f"# {title}", "", f"Release of {day}: the book as it stood at the end of that day (UTC).", "",
        f"{len(content.incidents)} incidents, of which a person has reviewed {read}. The others were read by a machine "
        "and have not been checked: their files say `unreviewed`.", "",
    ]  # fmt: skip
    killed = next((t for n, t in totals if n.startswith("totals-killed-by-year")), None)
    if killed is not None:
        lines += [f"Killed, all: {shown(killed.total)} (rule {content.asked.rule}).", ""]
    elif policy.delay_days:
        lines += [
            f"Reports younger than {policy.delay_days} days are held back; so are totals, which would count them.",
            "",
        ]
    lines += [*(f"- {c}" for c in CAVEATS), ""]
    lines += [
        "It is not evidence by itself, and not for targeting. Its low is not \"the\" toll. Who is named as having done "
        "something is named because a source says so.", "", "## Files", "",
    ]  # fmt: skip
    lines += [f"- `{r.file}`: {r.shape}; {r.incidents} incidents" for r in reports]
    lines += [f"- `{name}`: {t.harm} by {t.by}" for name, t in totals]
    lines += [
        "- `codebook.md`: columns and codes", "- `method.md`: how figures become ranges, the rules in force",
        "- `charter.json`: who counts what, where, when", "- `conformance.md`: points of standards, met and not met",
        "- `losses.md`, `*.loss.json`: what each file leaves out", "- `versions.json`: what made it",
        "- `CORRECTIONS.md`: how to report an error", "- `SHA256SUMS`: `sha256sum -c SHA256SUMS`", "",
        "## What is withheld", "",
        ("Names are NOT withheld in this release. " if policy.names else "Names of victims, witnesses and detainees. ")
        + (
            "The finest place of each incident where a wider one is told, in quotes and titles too. "
            if policy.places else "Exact places are NOT withheld. "
        )
        + f"Quotes are cut at {policy.quote} characters; articles are not here, only addresses and hashes.",
        "", "## Corrections", "", contact or "No contact is given in this release.", "",
    ]  # fmt: skip
    return "\n".join(lines)


def corrections(contact: str) -> str:
    """How to report an error."""
    where = contact or "No contact is given: whoever passes this release on should name one."
    return (
        "# Corrections\n\n"
        f"{where}\n\nName the incident by its id (column `id`); it stays the same from release to release, and an id "
        "that was merged into another leads there (column `older_ids`). Say what is wrong, and where a source says "
        "so.\n\n"
        "What changed from one release to the next: `tollbook diff OLDER NEWER`.\n"
    )


def codebook(formats: Sequence[str]) -> str:
    """Columns of the tables, and the codes, from the data they are checked against."""
    lines = [
        "# Codebook", "",
        "Unknown is empty, never 0: a 0 is there only where somebody says that nobody was hurt. `low` and `high` are "
        "the least and the greatest number under the rule of method.md; `open`: somebody says \"at least\".", "",
    ]  # fmt: skip
    for name in formats:
        lines.append(f"- `{name}`: {get_format(name).about}")
    for table in TABLES:
        lines += ["", f"## Table {table.name}", "", "| column | kind | meaning |", "| --- | --- | --- |"]
        lines += [f"| `{c.name}` | {c.kind} | {c.about.replace('|', '/')} |" for c in table.columns]
    for group, title in (
        ("types", "Kinds of act"), ("harms", "Harm"), ("who", "Classes of victims"), ("statuses", "Status"),
        ("scopes", "Scope"), ("precisions", "Precision of days"), ("roles", "Roles"),
    ):  # fmt: skip
        lines += ["", f"## {title}", "", "| code | meaning |", "| --- | --- |"]
        lines += [f"| `{code}` | {row['meaning'].replace('|', '/')} |" for code, row in ontology.entries(group).items()]
    return "\n".join(lines) + "\n"


def method(content: Content) -> str:
    """From reports to figures, and the rules in force."""
    asked, charter = content.asked, content.charter
    scheme = lexicon.load("classes")["schemes"][asked.classes]
    grades = lexicon.load("grades")[asked.grade]
    link = lexicon.load("link")
    lines = [
        "# Method", "", "## What is counted", "", str(charter.get("violence") or "Not told in the charter."), "",
        "From reports to figures: a claim is a statement at a place in a text (report, first and last character). "
        "What a report says is taken up by a program or a person; claims are never edited; people decide in rows with "
        "user, time and reason. Incidents, ranges and totals are computed from claims and decisions by the rules "
        "below.", "",
        "## The rule in force", "", f"`{asked.rule}`: {get_rule(str(asked.rule)).about}.", "",
        "A file shaped like another catalogue (ACLED, IBC) counts by that catalogue's rule; its `.loss.json` names it.",
        "",
        "Others there are, not used here: "
        + "; ".join(f"`{n}`: {r.about}" for n, r in RULES.items() if n != asked.rule) + ".", "",
        "## Victims' classes", "", f"`{asked.classes}`: {scheme['about']}", "",
        "## Grades", "", f"`{asked.grade}`: {grades['about']}", "",
        "## One incident, many reports", "",
        "Tellings are compared by ten features (days, places, figures, kind of act, perpetrators, ...); they are "
        f"merged from a score of {link['merge']}, and widen the range as possibly one from {link['possible']}. "
        "Weights: link.yml of the program's data, whose hash is in versions.json. A person's decision stands above any "
        "score.", "",
        "## Totals", "",
        "Each act counts once; a sum over several acts counts with what it adds to its parts. An act wider than a "
        "month is not put into one. Statistics over long times stand beside totals and are never added.", "",
        *CAVEATS, "",
    ]  # fmt: skip
    return "\n".join(lines)


def losses(reports: Sequence[Report]) -> str:
    """The loss reports of all files, as they are printed."""
    lines = ["# What each file leaves out, changes or assumes", ""]
    for r in reports:
        lines += [f"## {r.file}", "", "```", *loss.text(r).splitlines(), "```", ""]
    return "\n".join(lines)


def versions(book: Book, content: Content, day: str, formats: Sequence[str]) -> dict[str, Any]:
    """What made the release: code, data files, gazetteer, schema, the log's head, and what read the reports."""
    from tollbook import __version__
    from tollbook import schema as record_schema
    from tollbook.resolve.gazetteer import default_gazetteer

    runs = schema.runs
    with book.store.read() as connection:
        made = connection.execute(
            sa.select(runs.c.made_by, sa.func.count())
            .where(runs.c.recorded_at <= end_of(dt.date.fromisoformat(day)))
            .group_by(runs.c.made_by)
            .order_by(runs.c.made_by)
        ).all()
    readers: Counter[str] = Counter()
    for by, count in made:
        readers["note" if str(by).startswith("note by ") else str(by)] += int(count)
    return {
        "release": day,
        "tollbook": __version__,
        "data": lexicon.version(),
        "gazetteer": default_gazetteer().version,
        "record_schema": record_schema.version(),
        "book_format": schema.BOOK_VERSION,
        "formats": list(formats),
        "read_by": dict(sorted(readers.items())),
        "made": to_plain(made_of(content)),
    }


def as_json(value: Mapping[str, Any]) -> str:
    """A value as the text of a JSON file."""
    return json.dumps(value, ensure_ascii=False, indent=1, default=str) + "\n"
