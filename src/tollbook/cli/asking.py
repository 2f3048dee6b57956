"""The options by which a book is asked, the same for every command that asks: what to leave out, how to count."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from tollbook.book import Filters, How

FILTERS: dict[str, tuple[Any, Any]] = {
    "since": (str, typer.Option("--since", metavar="DAY", help="From this day, month or year on.")),
    "until": (str, typer.Option("--until", metavar="DAY", help="Up to this day, month or year.")),
    "place": (str, typer.Option("--place", metavar="NAME", help="In this place or province.")),
    "country": (str, typer.Option("--country", metavar="CC", help="In this country (ISO 3166 alpha-2).")),
    "type": (str, typer.Option("--type", metavar="TYPE", help="Of this type, e.g. air_strike.")),
    "perpetrator": (str, typer.Option("--perpetrator", metavar="NAME", help="Ascribed to this actor.")),
    "victims": (str, typer.Option("--victims", metavar="CLASS", help="With victims of this class, e.g. civilian.")),
    "status": (str, typer.Option("--status", metavar="STATUS", help="happened, alleged, denied or thwarted.")),
    "review": (str, typer.Option("--review", metavar="REVIEW", help="machine, reviewed or 'changed since review'.")),
    "grade": (str, typer.Option("--grade", metavar="GRADE", help="Of this grade, e.g. corroborated.")),
    "voices": (int, typer.Option("--voices", metavar="N", help="With at least N independent voices, for certain.")),
}
"""The options of `store.filters.Filters`, by its fields."""
HOW: dict[str, tuple[Any, Any]] = {
    "as_of": (str, typer.Option("--as-of", metavar="DAY", help="As the book stood at the end of DAY (UTC).")),
    "rule": (str, typer.Option("--rule", metavar="RULE", help="latest-per-voice, ibc, acled or widest.")),
    "classes": (str, typer.Option("--classes", metavar="SCHEME", help="tollbook, ibc or un.")),
    "grades": (str, typer.Option("--grades", metavar="SCHEME", help="The rule of grades: ibc or airwars.")),
    "count_parties": (
        bool, typer.Option("--count-parties", help="Count what a party says of harm it did or suffered."),
    ),
}  # fmt: skip
"""The options of `book.How`."""
ASKED = {
    **FILTERS,
    "reviewed_only": (bool, typer.Option("--reviewed-only", help="Only what a person has reviewed.")),
    **HOW,
}
"""Both, with a short form of one."""


Names = Annotated[
    bool, typer.Option("--names", help="Show the names of victims, witnesses and detainees. Not for publication.")
]
"""Names are masked on every output unless a person asks for them."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What the options of a command ask for."""

    values: Mapping[str, Any]

    @property
    def where(self) -> Filters:
        """The filters. Raises UsageError where a value is none there can be."""
        from tollbook.book import Filters
        from tollbook.errors import UsageError

        given = {name: self.values.get(name) for name in FILTERS}
        if self.values.get("reviewed_only"):
            if given["review"] not in (None, "reviewed"):
                raise UsageError(f"--reviewed-only and --review {given['review']} exclude each other")
            given["review"] = "reviewed"
        return Filters(**given)

    @property
    def how(self) -> How:
        """As of when, and counted how."""
        values = self.values
        return {
            "as_of": values.get("as_of"),
            "rule": values.get("rule"),
            "classes": values.get("classes"),
            "grade": values.get("grades"),
            "count_parties": bool(values.get("count_parties")),
        }


def asks(listed: Mapping[str, tuple[Any, Any]]) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Gives a command that takes `asked: Asked` the options that make it: some of `FILTERS` and `HOW`."""

    def give(command: Callable[..., None]) -> Callable[..., None]:
        own = inspect.signature(command, eval_str=True)
        added = [
            inspect.Parameter(
                name,
                inspect.Parameter.KEYWORD_ONLY,
                default=False if kind is bool else None,
                annotation=Annotated[kind if kind is bool else kind | None, option],
            )
            for name, (kind, option) in listed.items()
        ]

        @functools.wraps(command)
        def run(**values: Any) -> None:
            command(**{k: v for k, v in values.items() if k not in listed}, asked=Asked(values))

        kept = [p.replace(kind=inspect.Parameter.KEYWORD_ONLY) for n, p in own.parameters.items() if n != "asked"]
        run.__signature__ = own.replace(parameters=[*kept, *added])  # type: ignore[attr-defined]
        run.__annotations__ = {}
        return run

    return give
