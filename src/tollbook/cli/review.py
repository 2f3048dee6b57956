"""The commands of people over a book: `decide`, `reread`, `expunge`."""

from __future__ import annotations

import re
from typing import Annotated, Any

import typer

from tollbook.cli.asking import Names
from tollbook.cli.book import BookPath
from tollbook.cli.common import guarded, say
from tollbook.extract import DEFAULT, EXTRACTOR_HELP

app = typer.Typer()

Why = Annotated[str, typer.Option("--why", metavar="TEXT", help="The reason; it is kept with the decision.")]
User = Annotated[str | None, typer.Option("--user", metavar="NAME", help="Who decides (default: the system's user).")]

_RANGE = re.compile(r"(\d{1,9})?(?:(\+)|(?:-|\.\.)(\d{1,9}))?")


def read_figure(text: str) -> tuple[int | None, int | None]:
    """ "12" is 12 to 12, "12+" at least 12, "10-12" a range, "-12" up to 12. Raises UsageError for anything else."""
    from tollbook.errors import UsageError

    found = _RANGE.fullmatch(text.strip())
    if not found or not text.strip():
        raise UsageError(f"{text!r} is not a figure: 12, 12+, 10-12 or -12")
    low, plus, high = found.groups()
    if plus:
        if low is None:
            raise UsageError(f"{text!r} is not a figure: 12, 12+, 10-12 or -12")
        return int(low), None
    if high is not None:
        return (int(low) if low else None), int(high)
    return int(low), int(low)


@app.command()
@guarded
def decide(
    book: BookPath,
    kind: Annotated[
        str,
        typer.Argument(metavar="KIND", help="same, apart, unsure, accept, reject, correct, add, undo; or history."),
    ],
    ids: Annotated[
        list[str] | None, typer.Argument(metavar="ID...", help="Incidents, figures' claims, or a decision.")
    ] = None,
    why: Why = "",
    user: User = None,
    figure: Annotated[str | None, typer.Option(metavar="N", help="correct, add: 12, 12+, 10-12 or -12.")] = None,
    date: Annotated[str | None, typer.Option(metavar="DAY", help="correct: a day, or DAY..DAY.")] = None,
    place: Annotated[list[str] | None, typer.Option(metavar="NAME", help="correct: most specific first.")] = None,
    actor: Annotated[list[str] | None, typer.Option(metavar="NAME", help="correct: who did it.")] = None,
    type_: Annotated[str | None, typer.Option("--type", metavar="TYPE", help="correct: the type.")] = None,
    grade: Annotated[str | None, typer.Option(metavar="GRADE", help="correct: the grade.")] = None,
    harm: Annotated[str, typer.Option(metavar="HARM", help="add: killed, injured, ...")] = "killed",
    who: Annotated[str | None, typer.Option(metavar="WHO", help="add, correct: civilian, state_forces, ...")] = None,
    says: Annotated[str | None, typer.Option(metavar="NAME", help="add: who gives the figure.")] = None,
    note: Annotated[str | None, typer.Option(metavar="TEXT", help="add: the note the figure stands in.")] = None,
    words: Annotated[
        str | None, typer.Option(metavar="TEXT", help="add: the words of the note with the figure.")
    ] = None,
    as_of: Annotated[
        str | None, typer.Option("--as-of", metavar="DAY", help="history: as it stood at the end of DAY (UTC).")
    ] = None,
    names: Names = False,
) -> None:
    """Write down what a person decides. Nothing is overwritten; the newest decision on a subject holds.

    Examples:

        tollbook decide war.toll same 3f2a 9c41 --why "same market, same hour"

        tollbook decide war.toll correct 77aa01 --figure 12+ --why "the text says at least"

        tollbook decide war.toll add 3f2a --note "The mayor told us 14 died" --words "14" --figure 14 --why "phone call"

        tollbook decide war.toll history
    """
    from tollbook import review
    from tollbook.book import open_book
    from tollbook.errors import UsageError
    from tollbook.redact import public_actor
    from tollbook.render.text import printable

    listed = ids or []
    if kind == "history":
        with open_book(book) as opened:
            mask = opened.names(*(() if names else review.anchored(opened)))
            for line in review.history(opened, listed[0] if listed else None, as_of):
                d = line.decision
                what = d.told(str if names else public_actor)
                told = (
                    f"{d.at[:19]}  {d.id}  {'holds ' if line.holds else 'undone'}  {what}  {' '.join(d.subjects)}"
                    f"  {d.user}: {d.why}"
                )
                typer.echo(printable(mask(told)))
        return
    if as_of is not None:
        raise UsageError("--as-of goes with history; a decision is made now")
    with open_book(book, write=True) as opened:
        if kind == "add":
            if len(listed) != 1 or not note or not words or not figure:
                raise UsageError("add takes one incident, --note, --words and --figure")
            low, high = read_figure(figure)
            made = review.add_note(
                opened, listed[0], note, harm=harm, words=words, low=low, high=high, who=who or "unknown", says=says,
                why=why, user=user,
            )  # fmt: skip
        else:
            value = _value(figure, date, place, actor, type_, grade, who) if kind == "correct" else {}
            made = review.decide(opened, kind, *listed, why=why, user=user, value=value)
        opened.refresh()
    say(f"decision {made}")


def _value(
    figure: str | None,
    date: str | None,
    place: list[str] | None,
    actor: list[str] | None,
    type_: str | None,
    grade: str | None,
    who: str | None,
) -> dict[str, Any]:
    """The value of a `correct` from its one option."""
    from tollbook.errors import UsageError

    options = (figure, date, place, actor, type_, grade)
    given = [value for value in options if value]
    if len(given) != 1:
        raise UsageError("correct takes exactly one of --figure, --date, --place, --actor, --type, --grade")
    if figure:
        low, high = read_figure(figure)
        return {"field": "figure", "min": low, "max": high, **({"who": who} if who else {})}
    if date:
        start, _, end = date.partition("..")
        return {"field": "date", "start": start, "end": end or start}
    if place:
        return {"field": "place", "places": place}
    if actor:
        return {"field": "actor", "perpetrators": actor}
    return {"field": "type", "type": type_} if type_ else {"field": "grade", "grade": grade}


@app.command()
@guarded
def reread(
    book: BookPath,
    extractor: Annotated[
        str, typer.Option("--extractor", metavar="NAME", help=EXTRACTOR_HELP, show_default=False)
    ] = DEFAULT,
) -> None:
    """Read every report of a book again: a new run; decisions stay and find what they were about."""
    from tollbook.book import open_book

    with open_book(book, write=True) as opened:
        done = opened.reread(extractor)
        opened.refresh()
    say(f"{done.reports} reports read again, {done.known} unchanged; {done.incidents} incidents, {done.issues} issues")


@app.command()
@guarded
def expunge(
    book: BookPath,
    target: Annotated[str, typer.Argument(metavar="REPORT|CLAIM|PERSON", help="A doc_id, a claim's id, or a name.")],
    why: Why = "",
    user: User = None,
) -> None:
    """Take a report, a claim or a person out of a book for good; a tombstone stays.

    Copies of the file made before keep what they hold: this cannot reach them.
    """
    from tollbook.book import open_book
    from tollbook.expunge import expunge as take_out

    with open_book(book, write=True) as opened:
        gone = take_out(opened, target, why=why, user=user)
    say(f"{gone.kind} expunged: {gone.rows} rows overwritten; copies of the file made before keep what they hold")
