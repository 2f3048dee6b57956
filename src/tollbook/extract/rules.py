"""The rules extractor: finds spans by lexicon and rules, then assembles them into incidents."""

from __future__ import annotations

import datetime as dt
import re
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import TypeVar

from tollbook.extract import Reading
from tollbook.extract.acts import read_telling
from tollbook.extract.assemble import assemble
from tollbook.extract.bodies import found_bodies
from tollbook.extract.figures import find_figures
from tollbook.extract.marks import Marks
from tollbook.extract.means import find_means, find_objects
from tollbook.extract.persons import surnames
from tollbook.extract.scopes import told_day
from tollbook.extract.tokens import Tokens, tokenize
from tollbook.extract.told_days import act_days
from tollbook.extract.victims import find_victims
from tollbook.extract.words import phrases, words
from tollbook.model import Actor, Place, Report, Span
from tollbook.resolve.actors import find_actors, load_actors
from tollbook.resolve.counts import find_counts
from tollbook.resolve.dates import find_dates
from tollbook.resolve.gazetteer import Gazetteer
from tollbook.resolve.place_outlets import home_of
from tollbook.resolve.places import PlaceReading, read_places
from tollbook.resolve.speakers import find_speakers
from tollbook.sentences import split_sentences

_A_GAME = 2  # words of sport from which on a report may be about a game
_Spanned = TypeVar("_Spanned", Actor, Place)
_SEAT = re.compile(r" in (?:the )?(?=[A-Z])")
_LOWER_WORD = re.compile(r"[a-z-]+")
_READ = frozenset({"title", "body", "standfirst"})


class RulesExtractor:
    """Reads a report by lexicon and rules alone. Holds the opened gazetteer and the actors' names."""

    name = "rules"
    model: str | None = None

    def __init__(self, actors: Sequence[Path] = ()) -> None:
        self._gazetteer = Gazetteer.open()
        self._book = load_actors(actors)

    @property
    def gazetteer(self) -> str | None:
        """The gazetteer's version."""
        return self._gazetteer.version

    def __call__(self, report: Report) -> Reading:
        """The incidents of the report."""
        if not may_be_violent(report.text):
            return Reading()
        marks, places = self.marks(report)
        result = assemble(report, marks, places.country)
        return Reading(result.incidents, result.victims, result.issues + places.issues)

    def marks(self, report: Report) -> tuple[list[Marks], PlaceReading]:
        """What stands in each sentence, and the report's places and main country."""
        every = split_sentences(report)
        sentences = [s for s in every if s.kind in _READ]
        text = report.text
        actors = find_actors(text, sentences, self._book, published=report.published)
        speakers = find_speakers(text, sentences, actors)
        names = sorted([a.span for a in actors] + [_without_seat(text, s.span) for s in speakers])
        home = home_of(report.outlet, report.url)
        lines = [s for s in every if s.kind in _READ or s.kind == "dateline"]
        reading = read_places(text, lines, self._gazetteer, country=report.country, home=home, skip=names)
        known = surnames(text) - {p.name.lower() for p in reading.places} - {a.name.lower() for a in actors}
        begun = [a.span[0] for a in actors], [p.span[0] for p in reading.places]
        marks: list[Marks] = []
        day: dt.date | None = None
        for sentence in sentences:
            first, last = sentence.span
            tokens = tokenize(text, sentence.span)
            counts = find_counts(text, first, last)
            here = _within(actors, begun[0], first, last)
            near = _within(reading.places, begun[1], first, last)
            towns = [p.span for p in near if p.gazetteer_id is not None and " " in p.name]
            victims = find_victims(text, tokens, here, towns, known)
            named = [v.span for v in victims if v.name]
            places = [p for p in near if not _overlaps(p.span, named)]
            marks.append(
                Marks(
                    sentence=sentence,
                    tokens=tokens,
                    figures=tuple(find_figures(text, tokens, counts, here)),
                    telling=read_telling(tokens, _place_tokens(tokens, places)),
                    places=tuple(places),
                    dates=act_days(tokens, find_dates(text, report.published, start=first, end=last, anchor=day)),
                    actors=tuple(here),
                    speakers=tuple([s for s in speakers if s.scope[0] < last and s.scope[1] > first]),
                    counts=tuple(counts),
                    means=tuple(find_means(text, tokens)),
                    objects=tuple(find_objects(text, tokens)),
                    victims=tuple(victims),
                    found=found_bodies(tokens),
                )
            )
            if len(marks) == 1:
                marks[0] = replace(marks[0], filed=reading.datelines)
            if sentence.kind != "title":
                day = told_day(marks[-1], day)
        return marks, reading


def _without_seat(text: str, span: Span) -> Span:
    """A speaker's span up to the place it speaks from: "police in Karachi" are police, and Karachi is a place."""
    seat = _SEAT.search(text, *span)
    return span if seat is None else (span[0], seat.start())


@cache
def _violence() -> re.Pattern[str]:
    return re.compile(r"\b(?:" + "|".join(re.escape(stem) for stem in phrases("violence")) + ")", re.IGNORECASE)


def may_be_violent(text: str) -> bool:
    """Is there a word that tells violence between people? Without one a report costs almost nothing.

    A report on a game needs twice as many such words as words of the game: it lives on images of war.
    """
    first = _violence().search(text)
    if first is None:
        return False
    low, sports = text.lower(), words("sports")
    if sum(map(low.count, sports)) < _A_GAME:  # so many words of them at most: cheaper than finding the words
        return True
    played = sum(map(sports.__contains__, _LOWER_WORD.findall(low)))
    return played < _A_GAME or sum(1 for _ in _violence().finditer(text)) > 2 * played


def _within(found: Sequence[_Spanned], begun: Sequence[int], first: int, last: int) -> Sequence[_Spanned]:
    """Those that begin in text[first:last]; `begun` tells where each does, in order."""
    return found[bisect_left(begun, first) : bisect_left(begun, last)]


def _overlaps(span: Span, others: Sequence[Span]) -> bool:
    return any(span[0] < b and a < span[1] for a, b in others)


def _place_tokens(tokens: Tokens, places: Sequence[Place]) -> frozenset[int]:
    return frozenset(
        i for p in places for i in range(tokens.at(p.span[0]), min(tokens.at(p.span[1] - 1) + 1, len(tokens)))
    )
