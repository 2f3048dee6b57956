"""Places of a report: found, spelled as the report spells them, resolved as far as it allows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tollbook.model import Issue, Place, Sentence, Span
from tollbook.resolve.gazetteer import Gazetteer
from tollbook.resolve.place_finding import find
from tollbook.resolve.place_mention import ACCEPTED, WEIGHTS, Mention
from tollbook.resolve.place_outlets import Home
from tollbook.resolve.place_resolving import Context, context_of, seated, to_place
from tollbook.resolve.place_text import Words, split_words

PROVINCE_SURE = 1.2  # weight from which on a province counts as one the report plays in
ASIDE = 0.5  # evidence from which on a known name under the line is kept as one that is spoken of
ASIDE_CIVIC = -1.5  # the same, where an institution is named after it: "University of Rochester"
RIVAL = 5000  # people of a town from which on its name is not taken for a country's without more
LIFT = 1.0  # what belonging to the report's own country adds to a known name's evidence


@dataclass(frozen=True, slots=True)
class PlaceReading:
    """The places of one report.

    `places` are sorted by where they stand, every mention by itself, countries included. Not among them, and kept
    apart: `datelines` ("BEIRUT (Reuters) -", where a report was filed) and `references` (places that only measure
    where another one lies: "Baladruz, 73km north-east of Baghdad") and `associated` (places an institution or an
    office is named after, countries that act: "Laurel County Sheriff's Office", "the US said"): they tell where the
    report plays, not where anything happened. `country` is where the report mainly plays.
    """

    places: tuple[Place, ...] = ()
    country: str | None = None
    issues: tuple[Issue, ...] = ()
    datelines: tuple[Place, ...] = ()
    references: tuple[Place, ...] = ()
    associated: tuple[Place, ...] = ()


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


def _file(datelines: Sequence[Span], mentions: Sequence[Mention]) -> None:
    """Marks what stands in a line that says where the report was filed."""
    for mention in mentions:
        if not mention.dateline and any(a <= mention.start < b for a, b in datelines):
            mention.dateline = True
            mention.score += WEIGHTS["strong"]


def _witnesses(mentions: Sequence[Mention]) -> list[Mention]:
    """What tells where the report plays: places, and those that institutions and offices are named after."""
    found = []
    for mention in mentions:
        inner = mention.inner
        if inner is not None and (mention.facility or mention.score < ACCEPTED):
            inner.score = max(inner.score, ACCEPTED)
            found.append(inner)
        else:
            found.append(mention)
    return found


def _aside(mention: Mention, context: Context) -> Place | None:
    """A known place that only names something else, or about which nothing says that it is a scene."""
    inner = mention.inner or mention
    if not inner.known or (mention.inner is None and mention.score < (ASIDE_CIVIC if mention.civic else ASIDE)):
        return None
    entry, candidates = context.choose(inner)
    if entry is None or (mention.inner is None and entry.country != context.main and entry.level != "country"):
        return None
    return to_place(inner, entry, candidates)


def _countries(text: str, words: Words, gazetteer: Gazetteer, taken: Sequence[Place]) -> list[Place]:
    """Countries that act or are spoken of ("the US said"), where no other place bears the name."""
    covered = {at for place in taken for at in range(*place.span)}
    found = []
    for span, code in words.named:
        if covered.intersection(range(*span)):
            continue
        entries = gazetteer.find(text[span[0] : span[1]])
        entry = next((e for e in entries if e.level == "country" and e.country == code), None)
        if entry is not None and not any(
            e.level == "province" or e.population > RIVAL for e in entries if e is not entry
        ):
            found.append(
                Place(
                    text[span[0] : span[1]],
                    span,
                    "country",
                    entry.id,
                    entry.lat,
                    entry.lon,
                    entry.radius_km,
                    0,
                    country=code,
                )
            )
    return found


def read_places(
    text: str,
    sentences: Sequence[Sentence],
    gazetteer: Gazetteer,
    *,
    country: str | None = None,
    home: Home | None = None,
    skip: Sequence[Span] = (),
) -> PlaceReading:
    """Finds and resolves the places named in a report's title and body (furniture is left out).

    `country` is the user's hint (ISO 3166 alpha-2), `home` where the outlet sits (`place_outlets.home_of`), `skip`
    holds ranges known to be names of actors or speakers: no place lies in them. Every `Place.name` is the text of its
    span. A name that no bearer fits keeps `gazetteer_id` None and is reported as an issue `place-unresolved` (once a
    name). Pure: the same arguments give the same reading.
    """
    words = split_words(text, sentences, skip)
    mentions = find(text, words, gazetteer, country)
    _file([s.span for s in sentences if s.kind == "dateline"], mentions)
    witnesses = _witnesses(mentions)
    seat = None if home is None else (home, home.entry(gazetteer))
    context = context_of(witnesses, words, country, None, seat)
    context = context_of(witnesses, words, country, context, seat)
    _lift(mentions, context)
    _measure([m for m in mentions if m.score >= ACCEPTED and not m.associated])
    places: list[Place] = []
    datelines: list[Place] = []
    references: list[Place] = []
    associated: list[Place] = []
    issues: dict[str, Issue] = {}
    for mention in mentions:
        if mention.score < ACCEPTED:
            aside = _aside(mention, context)
            if aside is not None:
                associated.append(aside)
            continue
        entry, candidates = context.choose(mention)
        place = to_place(mention, entry, candidates)
        if mention.inner is not None and entry is None:
            place = seated(place, mention.inner, context.choose(mention.inner)[0])
        if mention.associated:
            associated.append(place)
        elif mention.dateline:
            datelines.append(place)
        elif mention.distance is not None and mention.measured is not None:
            references.append(place)
        else:
            places.append(place)
            if entry is None and not mention.facility and candidates:
                message = f"place {place.name!r}: no bearer of the name fits the report; left without coordinates"
                issues.setdefault(place.name, Issue("place-unresolved", message, span=place.span))
    associated += _countries(text, words, gazetteer, [*places, *datelines, *references, *associated])
    associated.sort(key=lambda p: p.span)
    return PlaceReading(
        tuple(places), context.main, tuple(issues.values()), tuple(datelines), tuple(references), tuple(associated)
    )
