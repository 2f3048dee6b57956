"""How a predicted record differs from the gold one, entry by entry and slot by slot, as plain values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import harness

SUMS = ("total", "statistic")


@dataclass(frozen=True, slots=True)
class Slot:
    """One slot of an entry: what the gold has, what was predicted, and whether the scorer takes them as equal."""

    name: str
    gold: str
    predicted: str
    right: bool


@dataclass(frozen=True, slots=True)
class Entry:
    """An aligned pair with its slots, or a missed (`predicted` None) or spurious (`gold` None) entry."""

    gold: harness.Json | None
    predicted: harness.Json | None
    slots: tuple[Slot, ...] = ()

    @property
    def wrong(self) -> int:
        """How many slots are wrong; a missed or spurious entry weighs as much as three, and one more a figure."""
        if self.gold is not None and self.predicted is not None:
            return sum(not slot.right for slot in self.slots)
        entry = self.gold or self.predicted or {}
        return 3 + len(entry.get("casualties") or [])


def entries(gold: harness.Json, predicted: harness.Json) -> list[Entry]:
    """All entries of both records, aligned as the shared scorer aligns them: the gold's order, then the spurious."""
    scorer = harness.shared_module("score")
    gold, predicted = scorer.clean(gold, []), scorer.clean(predicted, [])
    pairs: list[tuple[Any, Any]] = []
    for is_sum in (False, True):
        mine, theirs = (
            [x for x in r["incidents"] if (x["scope"] in SUMS) == is_sum] for r in (gold, predicted)
        )  # fmt: skip
        pairs += scorer.align(mine, theirs)
    partner = {id(g): p for g, p in pairs}
    found = {id(p) for _, p in pairs}
    out = [
        Entry(g, partner[id(g)], compare(g, partner[id(g)])) if id(g) in partner else Entry(g, None)
        for g in gold["incidents"]
    ]
    return out + [Entry(None, p) for p in predicted["incidents"] if id(p) not in found]


def compare(gold: harness.Json, predicted: harness.Json) -> tuple[Slot, ...]:
    """The slots of an aligned pair, right or wrong by the shared scorer's measure of equality."""
    right = harness.shared_module("score").slots(gold, predicted)
    plain = [
        Slot(key, str(gold.get(key)), str(predicted.get(key)), gold.get(key) == predicted.get(key))
        for key in ("status", "scope")
    ]
    return (
        Slot("type", str(gold.get("type")), str(predicted.get("type")), bool(right["type"])),
        *plain,
        Slot("date", day_range(gold), day_range(predicted), bool(right["date"])),
        Slot("place", names(gold, "places"), names(predicted, "places"), bool(right["place"])),
        Slot("perpetrator", names(gold, "perpetrators"), names(predicted, "perpetrators"), right["perpetrator"] == 1),
        *figure_slots(gold.get("casualties") or [], predicted.get("casualties") or []),
    )


def figure_slots(gold: list[harness.Json], predicted: list[harness.Json]) -> list[Slot]:
    """A slot a figure: equal in harm, min and max, and then in `who` and `says`; what is left over stands alone."""
    alike = harness.shared_module("score").alike
    left, out = list(predicted), []
    for mine in gold:
        same = [c for c in left if all(c.get(k) == mine.get(k) for k in ("harm", "min", "max"))]
        if not same:
            out.append(Slot("figure", figure(mine), "", False))
            continue
        other = max(same, key=lambda c: c.get("who") == mine.get("who"))
        left = [c for c in left if c is not other]
        a, b = mine.get("says"), other.get("says")
        told = alike(a, b, True) if a and b else not a and not b
        out.append(Slot("figure", figure(mine), figure(other), bool(told) and mine.get("who") == other.get("who")))
    return out + [Slot("figure", "", figure(c), False) for c in left]


def figure(c: harness.Json) -> str:
    """`killed 19-null civilian, says X: "at least 19 civilians"`, short."""
    low, high = c.get("min"), c.get("max")
    number = str(low) if low == high else f"{'?' if low is None else low}-{'' if high is None else high}"
    subset = f" of #{c['subset_of']}" if c.get("subset_of") is not None else ""
    says = f", says {c['says']}" if c.get("says") else ""
    return f"{c.get('harm')} {number} {c.get('who')}{subset}{says}: “{c.get('text') or ''}”"


def day_range(x: harness.Json) -> str:
    start, end = x.get("start"), x.get("end")
    return str(start) if start == end else f"{start} to {end}"


def names(x: harness.Json, key: str) -> str:
    return ", ".join(x.get(key) or []) or "none"


def headline(x: harness.Json) -> str:
    """One line that tells which entry this is."""
    figures = "; ".join(figure(c) for c in x.get("casualties") or []) or "no figures"
    by = names(x, "perpetrators")
    return f"{x.get('type')}, {x.get('scope')}, {day_range(x)}, {names(x, 'places')}, by {by}: {figures}"
