"""The one function that every output to others passes through: names out of values, quotes and text. Pure.

A release shows places no finer than a district, no names of victims, witnesses or detainees, short quotes, and
nothing younger than a delay. What it takes out it marks, so that a reader knows that something stood there.
"""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

WITHHELD = "[name withheld]"
LONGEST_QUOTE = 280
"""Characters of a quote in a release: enough to check a figure, far from an article."""

_PARTICLES = frozenset(
    {"al", "el", "abu", "abdul", "abdel", "bin", "ben", "ibn", "um", "umm", "de", "la", "del", "von", "van", "the"}
)


@dataclass(frozen=True, slots=True)
class Policy:
    """What a reader outside may see. The default is a release; `INSIDE` is the analyst's own screen.

    `names`: whether personal names stay. `places`: how many of a place list's most specific names are cut where a
    wider one is left. `quote`: characters kept of a quote. `delay_days`: reports younger than this are left out.
    """

    names: bool = False
    places: int = 1
    quote: int | None = LONGEST_QUOTE
    texts: bool = False
    delay_days: int = 0


RELEASE = Policy()
INSIDE = Policy(names=True, places=0, quote=None, texts=True)
SCREEN = Policy(names=False, places=0, quote=None, texts=True)
"""The analyst's screen and files by default: everything but the names."""


@dataclass(frozen=True, slots=True)
class Exposed:
    """A victim whom day, place and age (or a name left in) may identify, as a warning."""

    doc_id: str
    incident: str | None
    why: str


class Masker:
    """Masks a set of personal names wherever they stand: in any case, across line breaks, by surname alone."""

    def __init__(self, names: Iterable[str]) -> None:
        patterns: set[str] = set()
        for name in names:
            words = [w for w in re.findall(r"[^\W_]+", name) if w]
            if not words:
                continue
            patterns.add(r"[\W_]{1,3}".join(re.escape(w) for w in words))
            patterns.update(
                re.escape(w) for w in words[-1:] if len(words) > 1 and len(w) > 3 and w.casefold() not in _PARTICLES
            )
        ordered = sorted(patterns, key=lambda p: (-len(p), p))
        self._find = re.compile(rf"(?<![^\W_])(?:{'|'.join(ordered)})(?![^\W_])", re.IGNORECASE) if ordered else None

    def __call__(self, text: str) -> str:
        """The text with each name as WITHHELD."""
        return self._find.sub(WITHHELD, text) if self._find is not None else text

    def blocks(self, text: str) -> str:
        """The text with each name as blocks of the same length, so that spans stay true."""
        return self._find.sub(lambda m: "█" * len(m.group()), text) if self._find is not None else text

    def meets(self, text: str) -> bool:
        """Whether a name stands in the text."""
        return self._find is not None and self._find.search(text) is not None


def private_names(record: Mapping[str, Any]) -> set[str]:
    """The names of a record that belong to people who did not choose to be public: named victims, and speakers,
    targets and accused who are single persons as far as their names tell (not bodies, not kinds of people)."""
    from tollbook.ledger.incidents import body_named
    from tollbook.ledger.voices import named_voice

    out: set[str] = set()
    for victim in record.get("victims") or ():
        if isinstance(victim, Mapping) and isinstance(victim.get("name"), str):
            out.add(victim["name"])
    for incident in record.get("incidents") or ():
        for figure in incident.get("casualties") or ():
            says = figure.get("says")
            if isinstance(says, str) and named_voice(says).kind in ("other", "witness") and _is_person(says):
                out.add(says)
        targets = [t for t in incident.get("targets") or () if isinstance(t, str)]
        persons = (t for t in targets if _is_person(t) and body_named(t) is None)
        out.update(t for t in persons if named_voice(t).kind in ("other", "witness"))
        accused = [p for p in incident.get("perpetrators") or () if isinstance(p, str)]
        out.update(p for p in accused if public_actor(p) != p)
    return out


def public_actor(name: str) -> str:
    """An actor's name as it may be shown: a private person's is not, a body's and a kind's is."""
    from tollbook.ledger.incidents import body_named

    return WITHHELD if _is_person(name) and body_named(name) is None else name


def _is_person(name: str) -> bool:
    """Two to four words, each capitalised or a particle, no word of a body: "Ahmad al-Khalil"."""
    words = re.findall(r"[^\W_]+", unicodedata.normalize("NFC", name))
    if not 2 <= len(words) <= 5:
        return False
    from tollbook.ledger.voices import body_words

    if any(w.casefold() in body_words() for w in words):
        return False
    return all(w[0].isupper() or w.casefold() in _PARTICLES for w in words)


def masked(value: Any, mask: Masker) -> Any:
    """Any JSON-like value with names as blocks of their length in every string, so that all spans stay true."""
    if isinstance(value, str):
        return mask.blocks(value)
    if isinstance(value, Mapping):
        return {k: masked(v, mask) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [masked(v, mask) for v in value]
    return value


def redact(value: Any, policy: Policy = RELEASE, *, names: Iterable[str] = (), masker: Masker | None = None) -> Any:
    """Any JSON-like value as others may see it. Masks names in every string, cuts places and quotes, drops texts.

    Idempotent. Structure and keys stay; a key that holds a whole text becomes None.
    """
    if policy == INSIDE:
        return value
    mask = masker or Masker(() if policy.names else names)
    return _walk(value, policy, mask, None)


def _walk(value: Any, policy: Policy, mask: Masker, key: str | None) -> Any:
    if isinstance(value, str):
        if key in ("text", "title", "html") and not policy.texts and len(value) > (policy.quote or 0):
            return None
        if key in ("quote", "words", "sentence") and policy.quote is not None and len(value) > policy.quote:
            value = value[: policy.quote].rstrip() + " …"
        return mask(value)
    if isinstance(value, Mapping):
        out: dict[Any, Any] = {}
        person = "harm" in value and not policy.names
        for k, v in value.items():
            if k == "place_details" and policy.places:
                out[k] = []
            elif k == "places" and isinstance(v, (list, tuple)):
                out[k] = [_walk(p, policy, mask, None) for p in coarser(v, policy)]
            else:
                out[k] = None if person and k in ("name", "age") else _walk(v, policy, mask, str(k))
        return out
    if isinstance(value, (list, tuple)):
        return [_walk(v, policy, mask, key) for v in value]
    return value


def coarser(places: Sequence[Any], policy: Policy) -> list[Any]:
    """A place list (most specific first) without its finest names, never without all of them."""
    keep = min(policy.places, max(0, len(places) - 1))
    return list(places[keep:])


def too_young(published: str | None, policy: Policy, today: dt.date) -> bool:
    """Whether a report is younger than the policy's delay (an undated one is, where there is a delay)."""
    if not policy.delay_days:
        return False
    try:
        day = dt.date.fromisoformat(published or "")
    except ValueError:
        return True
    return (today - day).days < policy.delay_days


def exposed(record: Mapping[str, Any], policy: Policy = RELEASE) -> list[Exposed]:
    """Victims whom a reader could identify in a release: described by age where day and village are told."""
    out = []
    acts = {str(i.get("id")): i for i in record.get("incidents") or ()}
    for victim in record.get("victims") or ():
        act = acts.get(str(victim.get("incident")), {})
        places = coarser(act.get("places") or (), policy)
        if victim.get("age") is not None and act.get("start") and act.get("start") == act.get("end") and places:
            why = f"a {victim['age']}-year-old on {act['start']} in {places[0]}"
            out.append(Exposed(str(record.get("doc_id")), victim.get("incident"), why))
    for act in acts.values():
        for figure in act.get("casualties") or ():
            words = str(figure.get("text") or "")
            if (
                re.search(r"\b\d{1,2}[- ]years?[- ]old\b", words)
                and act.get("start") == act.get("end")
                and act.get("start")
            ):
                places = coarser(act.get("places") or (), policy)
                if places:
                    why = f"{words!r} on {act['start']} in {places[0]}"
                    out.append(Exposed(str(record.get("doc_id")), str(act.get("id")), why))
    return out
