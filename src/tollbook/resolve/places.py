"""Places of a report: found, spelled as the report spells them, resolved as far as it allows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tollbook.model import Issue, Place, Sentence, Span
from tollbook.resolve.gazetteer import Gazetteer
from tollbook.resolve.place_finding import find
from tollbook.resolve.place_mention import ACCEPTED, Mention
from tollbook.resolve.place_resolving import Context, context_of, to_place
from tollbook.resolve.place_text import split_words

PROVINCE_SURE = 1.2  # weight from which on a province counts as one the report plays in
LIFT = 1.0  # what belonging to the report's own country adds to a known name's evidence


@dataclass(frozen=True, slots=True)
class PlaceReading:
    """The places of one report.

    `places` are sorted by where they stand, every mention by itself, countries included. Not among them, and kept
    apart: `datelines` ("BEIRUT (Reuters) -", where a report was filed) and `references` (places that only measure
    where another one lies: "Baladruz, 73km north-east of Baghdad"). `country` is where the report mainly plays.
    """

    places: tuple[Place, ...] = ()
    country: str | None = None
    issues: tuple[Issue, ...] = ()
    datelines: tuple[Place, ...] = ()
    references: tuple[Place, ...] = ()


def _measure(mentions: Sequence[Mention]) -> None:
    """Ties each "N km from X" to the place named before it in the sentence, if there is one."""
    for at, mention in enumerate(mentions):
        if mention.distance is None:
            continue
        for other in reversed(mentions[max(0, at - 3) : at]):
            if (
                other.line is mention.line
                and other.score >= ACCEPTED
                and mention.start - other.end < 110
                and other.distance is None
            ):
                if not any(e.level == "country" for e in other.entries):
                    mention.measured, other.measured = other, mention
                break


def _lift(mentions: Sequence[Mention], context: Context) -> None:
    """A known name under the line is taken where it lies in the report's own country, and more so in its province."""
    for mention in mentions:
        if not ACCEPTED - 2 * LIFT <= mention.score < ACCEPTED or not mention.entries:
            continue
        here = [e for e in mention.entries if e.country == context.main and e.match != "folded"]
        if any(context.provinces.get(e.admin1_id or e.id, 0.0) >= PROVINCE_SURE for e in here):
            mention.score += 2 * LIFT
        elif here:
            mention.score += LIFT


def read_places(
    text: str,
    sentences: Sequence[Sentence],
    gazetteer: Gazetteer,
    *,
    country: str | None = None,
    skip: Sequence[Span] = (),
) -> PlaceReading:
    """Finds and resolves the places named in a report's title and body (furniture is left out).

    `country` is the user's hint (ISO 3166 alpha-2), `skip` holds ranges known to be names of actors or speakers:
    no place lies in them. Every `Place.name` is the text of its span. A name that no bearer fits keeps
    `gazetteer_id` None and is reported as an issue `place-unresolved` (once a name). Pure: the same arguments give
    the same reading.
    """
    words = split_words(text, sentences, skip)
    mentions = find(text, words, gazetteer, country)
    context = context_of(mentions, words, country)
    context = context_of(mentions, words, country, context)
    _lift(mentions, context)
    taken = [m for m in mentions if m.score >= ACCEPTED]
    _measure(taken)
    places: list[Place] = []
    datelines: list[Place] = []
    references: list[Place] = []
    issues: dict[str, Issue] = {}
    for mention in taken:
        entry, candidates = context.choose(mention)
        place = to_place(mention, entry, candidates)
        if mention.dateline:
            datelines.append(place)
        elif mention.distance is not None and mention.measured is not None:
            references.append(place)
        else:
            places.append(place)
            if entry is None and not mention.facility and candidates:
                message = f"place {place.name!r}: no bearer of the name fits the report; left without coordinates"
                issues.setdefault(place.name, Issue("place-unresolved", message, span=place.span))
    return PlaceReading(tuple(places), context.main, tuple(issues.values()), tuple(datelines), tuple(references))
