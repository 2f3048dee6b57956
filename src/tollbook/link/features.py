"""What two mentions have in common: a flat list of small features, each a level and a sentence why.

A level is a small whole number: 0 says nothing can be compared, above 0 speaks for one incident, below
for two. `data/link.yml` holds a weight for each level, never falling as the level rises; the
sum with the bias is the logarithm of the odds that the two are one incident.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache

from tollbook import lexicon
from tollbook.errors import LexiconError
from tollbook.link.mention import Mention, Point, families
from tollbook.link.names import same_place

WIDE_DAYS = 4
SAME_SPOT, TOWN, SMALL_RADII, BEYOND, FAR = 5.0, 20.0, 40.0, 15.0, 80.0
"""Kilometres: of one spot, a town's radius, two radii that say something, beyond the radii, far beyond them."""
LARGE = 10
"""An equal number from which on chance is no longer likely."""


@dataclass(frozen=True, slots=True)
class Reason:
    """One feature's part in a score: its level, its weight, and a sentence."""

    feature: str
    level: int
    weight: float
    why: str


@dataclass(frozen=True, slots=True)
class Feature:
    """A comparison: `level` of two mentions, and what to say of each level."""

    name: str
    level: Callable[[Mention, Mention], int]
    says: dict[int, str]


def day_gap(a: Mention, b: Mention) -> int | None:
    """Days between two ranges of days: 0 where they meet, None where one is unknown."""
    if a.start is None or a.end is None or b.start is None or b.end is None:
        return None
    return max(a.start - b.end, b.start - a.end, 0)


def dates(a: Mention, b: Mention) -> int:
    """3 the same one day; 2 short spans that meet; 1 spans that meet; -1 a day apart, -2 to three, -3 more."""
    first, last, start, end = a.start, a.end, b.start, b.end
    if first is None or last is None or start is None or end is None:
        return 0
    gap = first - end if first > end else start - last
    if gap > 0:
        return -1 if gap == 1 else -2 if gap <= 3 else -3
    if first == last == start == end:
        return 3
    return 2 if last - first < WIDE_DAYS and end - start < WIDE_DAYS else 1


def published(a: Mention, b: Mention) -> int:
    """Where a day is missing: 1 published within a day of each other, -1 over a week, -2 over a month apart."""
    if a.published is None or b.published is None or (a.start is not None and b.start is not None):
        return 0
    gap = abs(a.published - b.published)
    return 1 if gap <= 1 else 0 if gap <= 7 else -1 if gap <= 31 else -2


def places(a: Mention, b: Mention) -> int:
    """3 the same named place within a larger; 2 the same and only name; 1 one lies in the other's; -1, -2 apart."""
    left, right = a.places, b.places
    if not left or not right:
        return 0
    if left[0] == right[0] or same_place(left[0], right[0]):
        return 3 if len(left) > 1 or len(right) > 1 else 2
    if _shared(left[:-1], right[:-1]):
        return 3
    if _shared(left[:1], right[1:]) or _shared(left[1:], right[:1]):
        return 1
    return -1 if _shared(left[1:], right[1:]) else -2


def _shared(left: tuple[str, ...], right: tuple[str, ...]) -> bool:
    """Whether two lists of place names have one in common."""
    for x in left:
        for y in right:
            if x == y or same_place(x, y):
                return True
    return False


def country(a: Mention, b: Mention) -> int:
    """-1 where both are told and differ."""
    return -1 if a.country and b.country and a.country != b.country else 0


def kind(a: Mention, b: Mention) -> int:
    """2 the same type of act, 1 the same family, -1 types that do not go together."""
    return 2 if a.type == b.type else _kinds(a.type, b.type)


@lru_cache(maxsize=4096)
def _kinds(a: str, b: str) -> int:
    if a == b:
        return 2
    family = families()
    x, y = family.get(a, "harm"), family.get(b, "harm")
    if x == y:
        return 1
    return 0 if "attack" in (a, b) or "other" in (a, b) else -1


def distance(a: Mention, b: Mention) -> int:
    """1 the two places lie within each other's radii, and these are small; -1 well beyond them, -2 far beyond.

    0 where any other town or village of the one is the other's: acts in several places are told in any order.
    """
    if not a.points or not b.points:
        return 0
    level = _apart(a.points[0], b.points[0])
    if level >= 0:
        return level
    left, right = ([p for i, p in enumerate(m.points) if i == 0 or p[2] <= TOWN] for m in (a, b))
    return max(min(0, _apart(p, q)) for p in left for q in right)


def _apart(a: Point, b: Point) -> int:
    reach = a[2] + b[2]
    far = kilometres(a, b)
    if far <= max(reach, SAME_SPOT):
        return 1 if reach <= SMALL_RADII else 0
    return -2 if far > reach + FAR else -1 if far > reach + BEYOND else 0


def kilometres(a: Point, b: Point) -> float:
    """The distance of two points, as on a flat map scaled by their mean latitude: true enough below 1,000 km."""
    east = abs(a[1] - b[1])
    east = min(east, 360.0 - east) * math.cos(math.radians((a[0] + b[0]) / 2))
    return 111.2 * math.hypot(a[0] - b[0], east)


def tolls(a: Mention, b: Mention) -> int:
    """4 two equal figures, one of five or more; 3 one such; 2 an equal small one; 1 near, or grown; -1, -2 unlike.

    A toll told as "at least" has grown where a report of the same or a later day tells a larger one.

    Equal numbers of people of different classes (five civilians, five soldiers) are no equal figure: small ones are
    unlike, larger ones near, since sides often differ about who the dead were.
    """
    equal: list[int] = []
    ratio: float | None = None
    crossed: int | None = None
    for x in a.tolls:
        for y in b.tolls:
            if x.harm != y.harm:
                continue
            low, high = (x.number, y.number) if x.number < y.number else (y.number, x.number)
            same = low == high or (high - low <= 1 and high > 20)
            if x.who != y.who and x.who != "unknown" and y.who != "unknown":
                if same and (crossed is None or crossed < high):
                    crossed = high
                continue
            if same:
                equal.append(high)
            if x.harm == "killed" or ratio is None:
                share = low / high if high else 1.0
                if ratio is None or ratio < share:
                    ratio = share
    if equal:
        if len(equal) > 1 and max(equal) >= 5:
            return 4
        return 3 if max(equal) >= 5 else 2 if max(equal) >= 2 or len(equal) > 1 else 1
    if ratio is None:
        return 0 if crossed is None else 1 if crossed >= LARGE else -1
    if ratio >= 0.5 or _grown(a, b) or _grown(b, a):
        return 1
    return -1 if ratio >= 0.2 else -2


def _grown(early: Mention, late: Mention) -> bool:
    """Do all that `early` says is at least so many killed hold of what `late` tells, on its day or later?"""
    if early.published is None or late.published is None or early.published > late.published:
        return False
    open_dead = [x.number for x in early.tolls if x.harm == "killed"]
    later_dead = [x.number for x in late.tolls if x.harm == "killed"]
    told_open = any(x.harm == "killed" and not x.exact for x in early.tolls)
    return told_open and bool(later_dead) and max(open_dead) < max(later_dead)


def actors(a: Mention, b: Mention) -> int:
    """2 a body in common; 1 one side, and one of the two is not named; -1 different bodies; -2 different sides."""
    if not a.actors.isdisjoint(b.actors):
        return 2
    if not (a.actors or a.sides) or not (b.actors or b.sides):
        return 0
    if a.sides and b.sides and not a.sides & b.sides:
        return -2
    return -1 if a.actors and b.actors else 1


def targets(a: Mention, b: Mention) -> int:
    """2 two words of what was hit in common; 1 one; -1 both told and nothing in common."""
    if not a.targets or not b.targets:
        return 0
    if a.targets.isdisjoint(b.targets):
        return -1
    return 2 if len(a.targets & b.targets) >= 2 else 1


def wording(a: Mention, b: Mention) -> int:
    """How far the two sentences use the same words: 4 nearly all, 3 most, 2 many, 1 some."""
    if not a.quote or not b.quote:
        return 0
    common = len(a.quote & b.quote)
    if common < 2:
        return 0
    share = common / len(a.quote | b.quote)
    return 4 if share >= 0.7 else 3 if share >= 0.45 else 2 if share >= 0.28 else 1 if share >= 0.16 else 0


def scope(a: Mention, b: Mention) -> int:
    """-1 where one is a sum over acts and the other one act."""
    return -1 if (a.scope == "total") != (b.scope == "total") else 0


FEATURES: tuple[Feature, ...] = (
    Feature(
        "dates",
        dates,
        {
            3: "the same day ({da})",
            2: "the days meet ({da} and {db})",
            1: "one lies within the other's period ({da} and {db})",
            -1: "a day apart ({da} and {db})",
            -2: "days apart ({da} and {db})",
            -3: "long apart ({da} and {db})",
        },
    ),
    Feature("country", country, {-1: "two countries ({ca} and {cb})"}),
    Feature("scope", scope, {-1: "one is a sum over several acts, the other one act"}),
    Feature(
        "type",
        kind,
        {
            2: "the same kind of act ({ta})",
            1: "kinds of act often taken for each other ({ta} and {tb})",
            -1: "kinds of act that do not go together ({ta} and {tb})",
        },
    ),
    Feature(
        "places",
        places,
        {
            3: "the same place ({pa} and {pb})",
            2: "the same name, and no closer place told ({pa})",
            1: "one place lies within the other ({pa} and {pb})",
            -1: "two places within one larger ({pa} and {pb})",
            -2: "no place in common ({pa} and {pb})",
        },
    ),
    Feature(
        "distance",
        distance,
        {
            1: "within the radii of both places ({ka})",
            -1: "beyond the radii of both places ({ka})",
            -2: "far beyond the radii of both places ({ka})",
        },
    ),
    Feature(
        "tolls",
        tolls,
        {
            4: "several equal figures ({fa} and {fb})",
            3: "an equal figure ({fa} and {fb})",
            2: "an equal small figure ({fa} and {fb})",
            1: "figures near each other, or one that has grown ({fa} and {fb})",
            -1: "unlike figures ({fa} and {fb})",
            -2: "very unlike figures ({fa} and {fb})",
        },
    ),
    Feature(
        "actors",
        actors,
        {
            2: "the same perpetrator named",
            1: "perpetrators of one side",
            -1: "different perpetrators named",
            -2: "perpetrators of different sides",
        },
    ),
    Feature(
        "targets",
        targets,
        {
            2: "the same victims or object ({wa})",
            1: "a victim or object in common ({wa})",
            -1: "different victims or objects",
        },
    ),
    Feature(
        "wording",
        wording,
        {
            4: "nearly the same sentence",
            3: "mostly the same words",
            2: "many words in common",
            1: "some words in common",
        },
    ),
    Feature(
        "published",
        published,
        {
            1: "a day is not told; published within a day of each other",
            -1: "a day is not told; published over a week apart",
            -2: "a day is not told; published over a month apart",
        },
    ),
)


_SOONEST = (
    "scope", "country", "type", "dates", "targets", "actors", "published", "tolls", "wording", "places", "distance",
)  # fmt: skip
"""All features, those that are quick to compare and often decide against a pair first."""


@dataclass(frozen=True, slots=True)
class _Weights:
    """The weights, and the most that each feature can add. `steps` holds (level function, weights, most that the
    features after it can add), in the order in which a hopeless pair is told soonest."""

    bias: float
    table: dict[str, dict[int, float]]
    most: dict[str, float]
    tables: tuple[dict[int, float], ...]
    steps: tuple[tuple[Callable[[Mention, Mention], int], dict[int, float], float], ...]


@lru_cache(maxsize=1)
def weights() -> _Weights:
    """Bias and one table level -> weight per feature, from `data/link.yml`."""
    data = lexicon.load("link")
    check(data)
    tables = tuple({int(k): float(v) for k, v in data["weights"][f.name].items()} for f in FEATURES)
    by_name = {f.name: (f.level, table) for f, table in zip(FEATURES, tables, strict=True)}
    steps = []
    left = 0.0
    for name in reversed(_SOONEST):
        level, table = by_name.pop(name)
        steps.append((level, table, left))
        left += max(0.0, *table.values())
    assert not by_name
    by_feature = {f.name: weight for f, weight in zip(FEATURES, tables, strict=True)}
    most = {name: max(0.0, *weight.values()) for name, weight in by_feature.items()}
    return _Weights(float(data["bias"]), by_feature, most, tables, tuple(reversed(steps)))


def check(data: dict[str, object]) -> None:
    """Raises LexiconError where a feature has no weights, a level has none, or weights fall as levels rise."""
    table = data["weights"]
    assert isinstance(table, dict)
    for feature in FEATURES:
        given = table.get(feature.name)
        if not isinstance(given, dict) or set(given) != set(feature.says):
            raise LexiconError(f"link.yml: weights of {feature.name!r} must be given for levels {sorted(feature.says)}")
        steps = [value for _, value in sorted([*given.items(), (0, 0.0)])]
        if steps != sorted(steps):
            raise LexiconError(f"link.yml: weights of {feature.name!r} fall as the level rises: {steps}")


def score(a: Mention, b: Mention, least: float = 0.0) -> float:
    """Probability (0 to 1) that two mentions of different reports tell of one incident.

    0 as soon as it can no longer reach `least`.
    """
    w = weights()
    total = w.bias
    if least > 0.0:
        floor = _logit(least)
        for level_of, table, left in w.steps:
            level = level_of(a, b)
            if level:
                total += table[level]
                if total + left < floor:
                    return 0.0
    else:
        for level_of, table, _ in w.steps:
            level = level_of(a, b)
            if level:
                total += table[level]
    return 1.0 / (1.0 + math.exp(-max(-60.0, min(60.0, total))))


def likely(m: Mention, others: Iterable[Mention], least: float) -> list[tuple[int, float]]:
    """(number, probability) of those of another report that reach `least` (above 0), as `score` has it.

    Most cannot: by their scopes, kinds, days, victims and numbers, which are looked at here without a call a feature.
    What is not looked at counts for the most it can, so that nothing is left out that `score` would keep.
    """
    w = weights()
    report, country_, is_sum, first, last, hit = m.report_id, m.country, m.scope == "total", m.start, m.end, m.targets
    by_type, of_dates = _kind_weights(m.type), w.table["dates"]
    of_scope, of_country = w.table["scope"][-1], w.table["country"][-1]
    most = w.most
    most_dates, most_targets = max(most["dates"], most["published"]), most["targets"]
    most_equal, most_unlike = most["tolls"], max(0.0, w.table["tolls"][1])
    near = {n + d for n in m.numbers for d in (-1, 0, 1)}
    floor = _logit(least) - w.bias - sum(most[name] for name in _UNSEEN) - _SLACK
    out: list[tuple[int, float]] = []
    for other in others:
        if other.report_id == report:
            continue
        total = by_type[other.type]
        if (other.scope == "total") != is_sum:
            total += of_scope
        if country_ and other.country and other.country != country_:
            total += of_country
        start, end = other.start, other.end
        if first is None or last is None or start is None or end is None:
            total += most_dates
        else:
            gap = first - end if first > end else start - last
            total += of_dates[-1 if gap == 1 else -2 if gap <= 3 else -3] if gap > 0 else most_dates
        if hit and other.targets and not hit.isdisjoint(other.targets):
            total += most_targets
        if near and other.numbers:
            total += most_unlike if near.isdisjoint(other.numbers) else most_equal
        if total >= floor:
            p = score(other, m, least)
            if p >= least:
                out.append((other.num, p))
    return out


_UNSEEN = ("actors", "places", "wording", "distance")
"""The features that `likely` takes for the best they can be."""
_SLACK = 1e-9
"""Sums in another order differ by less."""


class _KindWeights(dict[str, float]):
    """The weight of each type beside one type, looked up when it is first met."""

    def __init__(self, of: str) -> None:
        self._of = of

    def __missing__(self, other: str) -> float:
        level = _kinds(self._of, other)
        self[other] = weights().table["type"][level] if level else 0.0
        return self[other]


@lru_cache(maxsize=256)
def _kind_weights(of: str) -> _KindWeights:
    return _KindWeights(of)


@lru_cache(maxsize=8)
def _logit(p: float) -> float:
    return math.log(p / (1.0 - p))


def explain(a: Mention, b: Mention) -> tuple[Reason, ...]:
    """Every feature that speaks for or against, the weightiest first, each with its sentence."""
    tables = weights().tables
    show = {
        "da": _days(a), "db": _days(b), "pa": _place(a), "pb": _place(b), "ca": a.country, "cb": b.country,
        "ta": a.type.replace("_", " "), "tb": b.type.replace("_", " "), "fa": _tolls(a), "fb": _tolls(b),
        "wa": ", ".join(sorted(a.targets & b.targets)),
        "ka": f"{kilometres(a.points[0], b.points[0]):.0f} km apart" if a.points and b.points else "",
    }  # fmt: skip
    out = []
    for feature, table in zip(FEATURES, tables, strict=True):
        level = feature.level(a, b)
        if level:
            out.append(Reason(feature.name, level, table[level], feature.says[level].format(**show)))
    return tuple(sorted(out, key=lambda r: -abs(r.weight)))


def _days(m: Mention) -> str:
    if m.start is None or m.end is None:
        return "day not told"
    first, last = dt.date.fromordinal(m.start).isoformat(), dt.date.fromordinal(m.end).isoformat()
    return first if first == last else f"{first} to {last}"


def _place(m: Mention) -> str:
    return ", ".join(m.places[:2]) or "no place told"


def _tolls(m: Mention) -> str:
    return ", ".join(f"{t.number}{'' if t.exact else '+'} {t.harm}" for t in m.tolls[:3]) or "no figure"
