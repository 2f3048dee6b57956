"""An incident in one sentence, and the small words of every page. Pure."""

from __future__ import annotations

import datetime as dt
import re
from collections import Counter
from collections.abc import Sequence
from typing import Any

from tollbook.ledger.bounds import ALL, Bound, by_harm
from tollbook.ledger.state import CHANGED, REVIEWED, State
from tollbook.ledger.voices import Voice
from tollbook.ontology import entries, label
from tollbook.ontology import plural as plural_of
from tollbook.render.text import line, period
from tollbook.resolve.countries import countries

VOICES_NAMED = 2
"""Voices named in the sentence; the rest are counted."""


def days(start: str | None, end: str | None) -> str:
    """Days as they are written: "2 Jan 2014", "Jan 2014"; "day not told"."""
    if start is None and end is None:
        return "day not told"
    return period(_day(start), _day(end))


def _day(value: str | None) -> dt.date | None:
    try:
        return dt.date.fromisoformat(value) if value else None
    except ValueError:
        return None


def count(low: int | None, high: int | None, opened: bool) -> str:
    """A range in words: "at least 13", "8 to 13", "8 to 13 or more", "up to 30", "no one"."""
    if low is None and high is None:
        return "an unknown number"
    if high is None or low == high:
        number = high if low is None else low
        if number == 0 and not opened:
            return "no one"
        return f"at least {number:,}" if opened else f"{number:,}"
    told = f"up to {high:,}" if low is None else f"{low:,} to {high:,}"
    return f"{told} or more" if opened else told


def plural(number: int, word: str, many: str | None = None) -> str:
    """A number with its noun."""
    return f"{number:,} {word if number == 1 else many or word + 's'}"


def voices(low: int, high: int) -> str:
    """ "1 voice", "1 to 3 voices"."""
    return plural(high, "voice") if low == high else f"{low} to {high} voices"


def kind(code: str, scope: str | None) -> str:
    """What happened, in a word; a sum over acts of no one type is "acts together"."""
    return "acts together" if code == "other" and scope in ("total", "statistic") else label("types", code)


def review(state: str) -> str:
    """What stands for a review in the sentence."""
    return {REVIEWED: "reviewed", CHANGED: "changed since it was reviewed"}.get(state, "not yet reviewed")


def means(state: State) -> str | None:
    """The weapon most reports tell of, in words. A bomb on wheels goes by the vehicle that they name ("suicide truck
    bomb"), a weapon that says less than the type of the act by that."""
    found: Counter[str] = Counter()
    named: dict[str, Counter[str]] = {}
    for told in state.told:
        listed = [m for m in told.act.get("means") or () if isinstance(m, dict) and m.get("kind")]
        found.update({str(m["kind"]) for m in listed})
        for m in listed:
            named.setdefault(str(m["kind"]), Counter()).update(_vehicles(str(m.get("name") or "")))
    if not found:
        return None
    kind = found.most_common(1)[0][0]
    suicide = state.card.type == "suicide_bomb"
    if kind in ON_WHEELS:
        vehicles = sum((named.get(k, Counter()) for k in ON_WHEELS), Counter[str]())
        vehicle = next(iter(vehicles)) if len(vehicles) == 1 else "vehicle"
        return f"{'suicide ' if suicide or kind == 'suicide_vehicle' else ''}{label('vehicles', vehicle)} bomb"
    return label("types", state.card.type) if state.card.type in LESS.get(kind, ()) else label("means", kind)


LESS = {"explosive": ("bomb", "suicide_bomb"), "aircraft": ("air_strike",)}
"""Means that say less than these types."""
ON_WHEELS = ("car_bomb", "suicide_vehicle")
"""Means whose name is not what a report says where that is a truck."""


def _vehicles(name: str) -> set[str]:
    words = set(re.findall(r"[a-z]+", name.lower()))
    return {code for code in entries("vehicles") if code in words or plural_of("vehicles", code) in words} - {"vehicle"}


def sentence(state: State) -> str:
    """The incident in one sentence: how many, by what, where, when, who says so, how well it is known."""
    card = state.card
    found = by_harm(state.bounds)
    harmed = _harmed(found)
    kind = label("types", card.type)
    weapon = means(state)
    by = "in all" if card.scope in ("total", "statistic") else _by(card.type, weapon)
    where = _where(card.places, card.country)
    day = days(card.start, card.end)
    told = f"{harmed} {by}{where}, {day}" if harmed else f"{kind}{where}, {day}; no figure of anybody harmed"
    told = told[:1].upper() + told[1:]
    said = _said(state, found)
    status = {"alleged": "; alleged by one side only", "denied": "; denied", "thwarted": "; thwarted"}
    known = (
        f"; {plural(card.reports, 'report')}, {voices(*state.independent)}"
        f"{'; told only in retrospect' if card.recalled else ''}; {review(state.review)}"
    )
    return f"{told}{said}{status.get(card.status, '')}{known}."


ACTS = {
    "territory_regained": "as ground was regained",
    "territory_taken": "as ground was taken",
    "force_against_protesters": "by force against protesters",
    "looting_destruction": "in looting or destruction",
    "weapons_disrupted": "as weapons were disrupted",
    "sexual_violence": "in sexual violence",
    "mob_violence": "in mob violence",
    "shelling": "by shelling",
    "arrests": "in arrests",
    "other": "in an act of another kind",
}
"""Types whose name does not stand after "in a"."""

SPEAKERS = {
    "official": "officials",
    "witness": "witnesses",
    "hospital": "medical staff",
    "rescue": "rescuers",
    "monitor": "monitors",
    "ngo": "aid groups",
    "un": "the UN",
    "party": "a party to the fighting",
    "media": "other media",
}
"""A kind of speaker nobody names, as the sentence calls it."""


KINDS = {
    "hospital": "medical",
    "monitor": "monitor",
    "ngo": "aid group",
    "un": "UN",
    "party": "party to the fighting",
    "report": "a report in its own words",
    "other": "",
}
"""Kinds of voices that a page calls otherwise than the data."""


def voice_kind(voice: Voice) -> str:
    """The kind of a voice beside its name; empty where the name says it."""
    return kind_of_voice(voice.name, voice.kind)


def kind_of_voice(name: str, code: str) -> str:
    """The same of a voice's name and kind."""
    told = KINDS.get(code, code)
    return "" if name in (told, code) else told


def _by(code: str, weapon: str | None) -> str:
    if weapon is None and code in ACTS:
        return ACTS[code]
    name = weapon or label("types", code)
    if name.endswith("s") and not name.endswith("ss"):
        return f"by {name}" if weapon else f"in {name}"
    article = "an" if name[:1].lower() in "aeiou" else "a"
    return f"by {article} {name}" if weapon else f"in {article} {name}"


def speaker(voice: Voice) -> str:
    """A voice as a sentence names it."""
    return SPEAKERS.get(voice.name, line(voice.name)) if voice.generic else line(voice.name)


def country_name(code: str | None) -> str:
    """A country as a page names it: by its name, else by its code."""
    found = countries().get(code or "")
    return found.name if found is not None else code or ""


def _where(places: Sequence[str], country: str | None) -> str:
    if places:
        return f" in {line(places[0])}"
    return f" in {country_name(country)}" if country else " at a place not told"


def _harmed(found: Any) -> str:
    parts = []
    for harm in ("killed", "injured", "killed_or_injured", "missing", "abducted", "detained", "displaced"):
        bound: Bound | None = found.get((harm, ALL))
        if bound is not None and (bound.low is not None or bound.high is not None):
            parts.append(f"{count(bound.low, bound.high, bound.open)} {harm.replace('_', ' ')}")
        if len(parts) == 2:
            break
    return " and ".join(parts)


def _said(state: State, found: Any) -> str:
    """Who stands behind the bounds of the killed (or of the first harm that somebody counts)."""
    bound = found.get(("killed", ALL)) or next((b for b in state.bounds if b.group == ALL), None)
    claims = set(bound.claims) if bound is not None else set()
    names: dict[str, str] = {}
    unnamed: set[str] = set()
    for figure in state.figures:
        if figure.claim_id in claims and figure.voice.own and not _outlet(state, figure.report_id):
            unnamed.add(figure.voice.id)
        elif figure.claim_id in claims:
            names.setdefault(figure.voice.id, speaker(figure.voice))
    listed = list(names.values())
    if not listed and not unnamed:
        return ""
    if not listed:
        return ", the report itself says" if len(unnamed) == 1 else f", {len(unnamed)} reports say"
    shown = listed[:VOICES_NAMED]
    rest = len(listed) - len(shown)
    if rest or unnamed:
        shown.append(plural(rest + len(unnamed), "other"))
        listed += sorted(unnamed)
    who = shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}"
    return f", {who} say" if len(listed) > 1 or _many(shown[0]) else f", {who} says"


def _outlet(state: State, report: str) -> str | None:
    """The outlet of one of an incident's reports, where it is told."""
    return next((t.outlet for t in state.told if t.report_id == report), None)


def _many(name: str) -> bool:
    return name.split(" ")[-1] in ("police", "staff") or (name[:1].islower() and name.endswith("s"))
