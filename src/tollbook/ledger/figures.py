"""A figure as the ledger counts it, made from a figure claim and the act it belongs to."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from tollbook import lexicon
from tollbook.errors import LexiconError, UsageError
from tollbook.ledger.voices import Voice
from tollbook.model import Span

TOGETHER = "killed_or_injured"
"""The harm that figures bound which do not tell the dead from the hurt."""

_WORD = re.compile(r"[a-z]+")


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure of one report. `low`, `high` None: not bounded on that side; `said` is the day it was published.

    `subset_of` is the claim it is part of. `vague` words give no number; `partial` counts one place's bodies;
    `revised` was told beside a later figure as the earlier or a possible one. `order` is its place in the report.
    """

    claim_id: str
    mention_id: str
    report_id: str
    harm: str
    who: str
    low: int | None
    high: int | None
    voice: Voice
    said: str | None
    order: int
    span: Span
    words: str
    subset_of: str | None = None
    approx: bool = False
    vague: bool = False
    partial: bool = False
    revised: bool = False
    role: str | None = None
    sex: str | None = None
    age: str | None = None
    recorded: str = ""

    @property
    def stated(self) -> int:
        """The number somebody said: the upper one of a range, the only one of an open one."""
        number = self.high if self.high is not None else self.low
        assert number is not None
        return number

    @property
    def narrow(self) -> bool:
        """Whether it counts one group by what they are ("six teachers", "11 pupils", "a family of six"); others may be
        dead too."""
        if self.age is not None or self.sex == "female" or self.role in _words()["narrow_roles"]:
            return True
        return not _words()["narrow_words"].isdisjoint(_WORD.findall(self.words.lower()))

    @property
    def open(self) -> bool:
        """Whether it says "at least"."""
        return self.high is None


@lru_cache(maxsize=1)
def _words() -> dict[str, frozenset[str]]:
    data = lexicon.load("voices")
    return {
        key: frozenset(data[key].split())
        for key in ("vague", "revision", "partial", "numbers", "narrow_roles", "narrow_words")
    }


@lru_cache(maxsize=1)
def _traits() -> dict[str, dict[str, str]]:
    data = lexicon.load("classes")
    check(data)
    return {
        key: {word: name for name, listed in data[f"{key}_words"].items() for word in listed.split()}
        for key in ("role", "age", "sex")
    }


def check(data: Mapping[str, Any]) -> None:
    """Raises LexiconError where a class scheme sends a role to something that is not a victims' class."""
    allowed = {"civilian", "state_forces", "armed_group", "unknown"}
    for name, scheme in data["schemes"].items():
        wrong = set(scheme["roles"].values()) - allowed
        if wrong:
            raise LexiconError(f"classes.yml: scheme {name!r}: {sorted(wrong)} are not victims' classes")
    if data["default"] not in data["schemes"]:
        raise LexiconError(f"classes.yml: default {data['default']!r} is not a scheme")


def schemes() -> tuple[str, ...]:
    """The names of the victims' class schemes."""
    return tuple(lexicon.load("classes")["schemes"])


def victim_class(figure: Figure, scheme: str) -> str:
    """The class of a figure's victims by a named scheme; "sex" and "age" are schemes too (untold: "unknown").

    Raises UsageError for an unknown scheme.
    """
    if scheme == "sex":
        return figure.sex or "unknown"
    if scheme == "age":
        return figure.age or "unknown"
    try:
        roles = lexicon.load("classes")["schemes"][scheme]["roles"]
    except KeyError:
        raise UsageError(f"no class scheme {scheme!r}; there are: {', '.join(schemes())}") from None
    found = roles.get(figure.role) if figure.role else None
    if found == "armed_group" and figure.who == "state_forces":
        return figure.who  # "fighters" of a pro-government militia stay with the side the record put them on
    return str(found or figure.who)


def is_vague(words: str, word: str | None) -> bool:
    """Whether a figure's words give no number ("dozens", "many"), by the record's own mark or by the words."""
    if word:
        return True
    tokens = _WORD.findall(words.lower())
    if any(c.isdigit() for c in words) or any(t in _words()["numbers"] for t in tokens):
        return False
    return any(t in _words()["vague"] for t in tokens) or not any(t in ("a", "an", "his", "her") for t in tokens)


def figure(
    *,
    claim_id: str,
    mention_id: str,
    report_id: str,
    voice: Voice,
    said: str | None,
    order: int,
    span: Span,
    words: str,
    value: Mapping[str, Any],
    subset_of: str | None,
    recorded: str = "",
) -> Figure:
    """The figure of a claim. `value` is a casualty of a report record."""
    tokens = _WORD.findall(words.lower())
    traits = {key: next((table[t] for t in tokens if t in table), None) for key, table in _traits().items()}
    low, high = value.get("min"), value.get("max")
    number = low if low is not None else high
    marks = _words()
    return Figure(
        claim_id=claim_id,
        mention_id=mention_id,
        report_id=report_id,
        harm=TOGETHER if value.get("undivided") else str(value["harm"]),
        who=str(value.get("who") or "unknown"),
        low=low,
        high=high,
        voice=voice,
        said=said,
        order=order,
        span=span,
        words=words,
        subset_of=subset_of,
        approx=bool(value.get("approx")),
        vague=number != 0 and is_vague(words, value.get("word")),
        partial=any(t in marks["partial"] for t in tokens),
        revised=(low is None and high is not None) or any(t in marks["revision"] for t in tokens),
        role=value.get("role") or traits["role"],
        sex=value.get("sex") or traits["sex"],
        age=value.get("age_group") or traits["age"],
        recorded=recorded,
    )
