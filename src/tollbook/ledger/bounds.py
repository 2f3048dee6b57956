"""From the figures of one incident to low, best and high, by a named rule.

Every bound names the claims it comes from; every figure that is left out says why. Pure functions.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from tollbook.errors import UsageError
from tollbook.ledger.figures import Figure, victim_class
from tollbook.ledger.voices import Voice, independence

SAME_TOLL = 10
"""From here on two near tolls of "people" by one voice in one report are one toll, told as it was and as it is."""
EARLY_DAYS = 3
"""An early toll is one published within so many days of the act's last day: later counts overtake it."""

VAGUE = "vague words, where a number is given"
REVISED = "an earlier or a possible figure, told beside the toll"
OLDER = "an older toll, told beside a larger one of the same people"
LATER = "overtaken by a later figure of the same voice"

ALL = "all"
FINEST = "tollbook"
"""The class scheme by which a statement's figures are taken apart before they are added: the record's own classes, so
that everyone is as many whatever scheme the rows of a total are told apart by."""


@dataclass(frozen=True, slots=True)
class Rule:
    """A published way to go from figures to bounds. `about` is printed with every total made by it."""

    name: str
    about: str
    latest: bool = True
    overtake: bool = True
    vague: bool = False
    single: bool = False
    voices: int = 1


RULES: dict[str, Rule] = {
    r.name: r
    for r in (
        Rule(
            "latest-per-voice",
            "each voice counts with its latest figure about the same thing; early tolls that were overtaken are set "
            "aside; low is the lowest and high the highest figure of any voice",
        ),
        Rule(
            "ibc",
            "lowest and highest latest figure over the independent voices; provisional under two of them",
            voices=2,
        ),
        Rule(
            "acled",
            "one number: the lowest figure of any voice that is not a party",
            single=True,
        ),
        Rule(
            "widest",
            "every figure anybody ever gave, overtaken or vague",
            latest=False,
            overtake=False,
            vague=True,
        ),
    )
}
DEFAULT_RULE = "latest-per-voice"


def get_rule(name: str) -> Rule:
    """The rule of that name. Raises UsageError that lists the rules there are."""
    try:
        return RULES[name]
    except KeyError:
        raise UsageError(f"no rule {name!r}; there are: {', '.join(RULES)}") from None


@dataclass(frozen=True, slots=True)
class Bound:
    """Low, best and high of one harm and group of one incident (None: nobody says), and where they come from.

    `open`: somebody says "at least", shown as "86+". `voices`: (fewest, most) independent counted voices. `untold`:
    fewest and most of everyone whose class no counted voice tells. Over everyone (group "all") each figure of the harm
    is named exactly once: in `counted` (it counts, whether or not it sets a bound), in `within` (a part of another
    figure, which bounds its own class only), in `beside` (a party's, shown and not counted) or in `aside` with the
    reason the rule sets it aside.
    """

    harm: str
    group: str
    low: int | None
    best: int | None
    high: int | None
    open: bool
    low_claims: tuple[str, ...] = ()
    best_claims: tuple[str, ...] = ()
    high_claims: tuple[str, ...] = ()
    beside: tuple[str, ...] = ()
    aside: tuple[tuple[str, str], ...] = ()
    voices: tuple[int, int] = (0, 0)
    provisional: bool = False
    untold: tuple[int, int] = (0, 0)
    counted: tuple[str, ...] = ()
    within: tuple[str, ...] = ()

    @property
    def claims(self) -> tuple[str, ...]:
        """Every claim that sets a bound."""
        return tuple(dict.fromkeys((*self.low_claims, *self.best_claims, *self.high_claims)))


@dataclass(frozen=True, slots=True)
class Sides:
    """Who fights in the incident, for telling a party's voice: bodies that did or suffered it, with those that fight
    beside them, and the doers' sides."""

    bodies: frozenset[str] = frozenset()
    perpetrator_sides: frozenset[str] = frozenset()
    last_day: int | None = None


NOBODY = Sides()
"""Nobody is known to fight."""


@dataclass(slots=True)
class _Statement:
    """What one voice says of one harm in one report: its figures by the finest classes, and parts of them."""

    voice: Voice
    said: int | None
    key: tuple[int, int, str]
    groups: dict[str, list[Figure]] = field(default_factory=dict)
    subsets: list[Figure] = field(default_factory=list)
    whole: _Range | None = field(default=None, init=False)
    """What it says of everyone, once that was asked: its groups are complete by then."""

    def figures(self) -> list[Figure]:
        return [f for listed in self.groups.values() for f in listed]

    def told(self) -> list[Figure]:
        """All of it, parts of figures too."""
        return [*self.figures(), *self.subsets]


class _Range(NamedTuple):
    low: int | None
    high: int | None
    open: bool
    low_claims: tuple[str, ...]
    high_claims: tuple[str, ...]
    voice: Voice
    said: int | None
    exact: bool


def is_party(voice: Voice, sides: Sides) -> bool:
    """Whether the voice is a party to this fighting: a body that did or suffered it, an army or an armed group
    whoever it accuses, and unnamed officials and police where a state did it."""
    if voice.kind == "party" or voice.armed:
        return True
    if voice.body is not None:
        return voice.body in sides.bodies
    return "state" in sides.perpetrator_sides and voice.generic and voice.kind in ("official", "police")


def bounds(
    figures: Iterable[Figure],
    *,
    sides: Sides = NOBODY,
    rule: Rule | None = None,
    classes: str = "tollbook",
    count_parties: bool = False,
) -> tuple[Bound, ...]:
    """Bounds of one incident: per harm over everyone (group "all"), then per victims' class told.

    A figure given twice by copies of one report counts once (its voice is the same). Deterministic in any order.
    """
    chosen = rule or RULES[DEFAULT_RULE]
    by_harm: dict[str, list[Figure]] = {}
    for figure in sorted(figures, key=_order):
        by_harm.setdefault(figure.harm, []).append(figure)
    out: list[Bound] = []
    for harm in sorted(by_harm):
        statements = _statements(by_harm[harm])
        counted, beside, aside = _counted(statements, sides, chosen, classes, count_parties)
        left_out = {claim for claim, _ in aside}
        kept = [_kept(figures) for s in counted for figures in s.groups.values()]
        aside = (*aside, *((f.claim_id, why) for _, dropped in kept for f, why in dropped))
        everyone = replace(
            _bound(harm, ALL, [_whole(s) for s in counted], beside, aside, chosen),
            untold=_untold(counted, classes),
            counted=tuple(f.claim_id for main, _ in kept for f in main),
            within=tuple(f.claim_id for s in statements for f in s.subsets if f.claim_id not in left_out),
        )
        out.append(everyone)
        for group in sorted({g for s in counted for g in _told_groups(s, classes)}):
            ranges = [r for r in (_of_group(s, group, classes) for s in counted) if r is not None]
            if ranges:
                out.append(_bound(harm, group, ranges, (), (), chosen))
    return tuple(out)


def _order(figure: Figure) -> tuple[str, str, int, str]:
    return (figure.said or "", figure.recorded, figure.order, figure.claim_id)


def _day(said: str | None) -> int | None:
    from tollbook.link.mention import ordinal

    return ordinal(said)


def _statements(figures: Sequence[Figure]) -> list[_Statement]:
    found: dict[tuple[str, str], _Statement] = {}
    whole_of = _wholes(figures)
    for f in figures:
        key = (f.voice.id, f.mention_id)
        if key not in found:
            day = _day(f.said)
            found[key] = _Statement(f.voice, day, (day if day is not None else -1, f.order, f.mention_id))
        if f.claim_id not in whole_of:
            found[key].groups.setdefault(victim_class(f, FINEST), []).append(f)
    mains = {f.claim_id: s for s in found.values() for f in s.figures()}
    for f in figures:
        if f.claim_id in whole_of:
            mains[whole_of[f.claim_id]].subsets.append(f)
    return [s for s in found.values() if s.groups]


def _wholes(figures: Sequence[Figure]) -> dict[str, str]:
    """part -> the figure it is part of in the end. A part whose whole is gone (rejected, or of another harm) is none:
    it stands for itself."""
    if all(f.subset_of is None for f in figures):
        return {}
    above = {f.claim_id: f.subset_of for f in figures}
    out: dict[str, str] = {}
    for f in figures:
        whole, seen = f.claim_id, {f.claim_id}
        while (up := above[whole]) is not None and up in above and up not in seen:
            whole = up
            seen.add(up)
        if whole != f.claim_id and (above[whole] is None or above[whole] not in above):
            out[f.claim_id] = whole
    return out


def _counted(
    statements: Sequence[_Statement], sides: Sides, rule: Rule, classes: str, count_parties: bool
) -> tuple[list[_Statement], tuple[str, ...], tuple[tuple[str, str], ...]]:
    """The statements that count, the parties' claims beside them, and what is set aside with the reason."""
    aside: list[tuple[str, str]] = []

    def drop(statement: _Statement, why: str) -> None:
        aside.extend((f.claim_id, why) for f in statement.told())

    parties = [] if count_parties or rule.name == "widest" else [s for s in statements if is_party(s.voice, sides)]
    beside = tuple(f.claim_id for s in parties for f in s.figures())
    left = [s for s in statements if not any(s is p for p in parties)]
    if not rule.overtake:
        left = [each for s in left for each in _each_toll(s)]
    if not rule.vague and any(not f.vague for s in left for f in s.figures()):
        for s in left:
            if all(f.vague for f in s.figures()):
                drop(s, VAGUE)
        left = [s for s in left if not all(f.vague for f in s.figures())]
    if rule.overtake:
        left = _tolls(left, drop)
    if rule.latest and len(left) > 1:
        newest: dict[str, _Statement] = {}
        for s in sorted(left, key=lambda s: s.key):
            earlier = newest.get(s.voice.id)
            newest[s.voice.id] = s if earlier is None else _later(earlier, s, classes, aside)
        left = sorted(newest.values(), key=lambda s: s.key)
    if rule.overtake:
        left = _overtake(left, sides, drop)
    return left, beside, tuple(aside)


def _tolls(left: list[_Statement], drop: Callable[[_Statement, str], None]) -> list[_Statement]:
    """Statements about all the dead, where there are any; else those about some of them.

    Some are never more than all: a count of some that is above every toll stays.
    """
    if len(left) < 2:
        return left
    tests: tuple[tuple[Callable[[Figure], bool], str], ...] = (
        (lambda f: f.partial, "counts bodies at one place, not the toll"),
        (lambda f: f.narrow, "counts one group of people, not the toll"),
    )
    for some, why in tests:
        whole = [s for s in left if not all(some(f) for f in s.figures())]
        top = max((_whole(s).high or 0 for s in whole), default=-1)
        over = [s for s in left if any(s is w for w in whole) or (_whole(s).low or 0) > top]
        if whole and len(over) < len(left):
            for s in left:
                if not any(s is kept for kept in over):
                    drop(s, why)
            left = over
    return left


def _later(earlier: _Statement, later: _Statement, classes: str, aside: list[tuple[str, str]]) -> _Statement:
    """One voice's latest figure about each class: a class not told again stays, unless a toll of people covers it."""
    parts = {victim_class(f, classes) for f in later.subsets}
    again = [f for f in earlier.subsets if victim_class(f, classes) in parts]
    untold = [f for f in earlier.subsets if victim_class(f, classes) not in parts]
    aside.extend((f.claim_id, LATER) for f in again)
    kept = _Statement(later.voice, later.said, later.key, dict(later.groups), [*untold, *later.subsets])
    top = _whole(later).high or 0
    for group, figures in earlier.groups.items():
        covered = "unknown" in later.groups or (group == "unknown" and top >= (_sum(figures)[0] or 0))
        if group in later.groups or covered:
            aside.extend((f.claim_id, LATER) for f in figures)
        else:
            kept.groups[group] = figures
    return kept


def _overtake(left: list[_Statement], sides: Sides, drop: Callable[[_Statement, str], None]) -> list[_Statement]:
    """Early tolls that leave the number open, or that nobody is named for, give way to a later, higher one."""
    if len(left) < 2:
        return left
    kept = []
    for s in left:
        r = _whole(s)
        early = s.said is not None and (sides.last_day is None or s.said <= sides.last_day + EARLY_DAYS)
        loose = r.open or s.voice.own or s.voice.generic
        later = [
            t
            for t in left
            if early and loose and t is not s and t.said is not None and s.said is not None and t.said > s.said
            and (_whole(t).low or 0) > (r.high or r.low or 0)
        ]  # fmt: skip
        if later:
            drop(s, "an early toll, overtaken by a later and higher one")
        else:
            kept.append(s)
    return kept


def _kept(figures: Sequence[Figure]) -> tuple[list[Figure], list[tuple[Figure, str]]]:
    """(the figures that count, the others with the reason), of what one voice says of one group in one report.

    Of several figures the first is the toll; those marked as earlier or possible are set aside, and so is a toll
    near a larger one ("292 ... had earlier spoken of 250").
    """
    if len(figures) == 1:
        return list(figures), []
    main = [f for f in figures if not f.revised] or list(figures[:1])
    dropped = [(f, REVISED) for f in figures if not any(f is m for m in main)]
    if any(not f.vague for f in main):
        dropped += [(f, VAGUE) for f in main if f.vague]
        main = [f for f in main if not f.vague]
    dropped += [(f, OLDER) for f in main if any(_told_again(f, other) for other in main)]
    return [f for f in main if not any(_told_again(f, other) for other in main)], dropped


def _each_toll(statement: _Statement) -> list[_Statement]:
    """A statement as several, so that what would be set aside within it bounds for itself."""
    kept = {group: _kept(figures) for group, figures in statement.groups.items()}
    main = replace(statement, groups={group: k[0] for group, k in kept.items()})
    return [main, *(replace(statement, groups={g: [f]}, subsets=[]) for g, k in kept.items() for f, _ in k[1])]


def _sum(figures: Sequence[Figure]) -> tuple[int | None, int, bool, list[Figure], list[Figure]]:
    """(low, high, open, low's figures, high's figures) of what one voice says of one group in one report.

    The figures that count may be of other people ("six priests ... two women") or the same: low takes them as one,
    high as several.
    """
    main = _kept(figures)[0]
    lows = [f for f in main if f.low is not None]
    top = max(lows, key=lambda f: f.low or 0) if lows else None
    return (
        top.low if top else None,
        sum(f.stated for f in main),
        any(f.open for f in main),
        [top] if top else [],
        main,
    )


def _told_again(figure: Figure, other: Figure) -> bool:
    """Is the other figure a larger toll of the same people, told by number alone? Small ones rather count others."""
    bare = not any(f.role or f.sex or f.age for f in (figure, other))
    return bare and SAME_TOLL <= figure.stated < other.stated <= 2 * figure.stated


def _whole(statement: _Statement) -> _Range:
    """What the statement says of everyone: its known classes together, or its "people", whichever is more."""
    if statement.whole is None:
        statement.whole = _together(statement)
    return statement.whole


def _together(statement: _Statement) -> _Range:
    return _added(statement, statement.groups)


def _added(statement: _Statement, groups: Mapping[str, Sequence[Figure]]) -> _Range:
    """Figures of a statement by the finest classes, added up: the known classes together, or "people"."""
    known = {g: _sum(f) for g, f in groups.items() if g != "unknown"}
    people = _sum(groups["unknown"]) if "unknown" in groups else None
    low_known = [k for k in known.values() if k[0] is not None]
    low: int | None = sum(k[0] or 0 for k in low_known) if low_known else None
    low_figures = [f for k in low_known for f in k[3]]
    high, high_figures = sum(k[1] for k in known.values()), [f for k in known.values() for f in k[4]]
    opened = any(k[2] for k in known.values())
    if people is not None:
        opened = opened or people[2]
        if people[0] is not None and (low is None or people[0] > low):
            low, low_figures = people[0], people[3]
        if people[1] >= high:
            high, high_figures = people[1], people[4]
    return _range(
        statement, [f for listed in groups.values() for f in listed], low, high, opened, low_figures, high_figures
    )


def _range(
    statement: _Statement,
    figures: Sequence[Figure],
    low: int | None,
    high: int | None,
    opened: bool,
    low_from: Sequence[Figure],
    high_from: Sequence[Figure],
) -> _Range:
    """What a statement says, with the claims each bound comes from; exact where none of its figures is a range."""
    return _Range(
        low,
        high,
        opened,
        tuple(f.claim_id for f in low_from),
        tuple(f.claim_id for f in high_from),
        statement.voice,
        statement.said,
        all(f.low == f.high for f in figures),
    )


def _untold(counted: Sequence[_Statement], classes: str) -> tuple[int, int]:
    """How many of the people a voice counts it puts in no class: the least and the most over the voices."""
    least: list[int] = []
    most: list[int] = []
    for s in counted:
        whole = _whole(s)
        told = [r for r in (_of_group(s, group, classes) for group in _told_groups(s, classes)) if r is not None]
        least.append(max(0, (whole.low or 0) - sum(r.high or 0 for r in told)))
        most.append(max(0, (whole.high or 0) - sum(r.low or 0 for r in told)))
    return (min(least, default=0), max(most, default=0))


def _told_groups(statement: _Statement, classes: str) -> set[str]:
    return {victim_class(f, classes) for f in statement.told()} - {"unknown"}


def _of_group(statement: _Statement, group: str, classes: str) -> _Range | None:
    """What the statement says of one victims' class, from its own figures or from the parts of its whole."""
    for figures in (statement.figures(), statement.subsets):
        finest: dict[str, list[Figure]] = {}
        for f in figures:
            if victim_class(f, classes) == group:
                finest.setdefault(victim_class(f, FINEST), []).append(f)
        if finest:
            return _added(statement, finest)
    return None


def _bound(
    harm: str,
    group: str,
    ranges: Sequence[_Range],
    beside: tuple[str, ...],
    aside: tuple[tuple[str, str], ...],
    rule: Rule,
) -> Bound:
    lows = [r for r in ranges if r.low is not None]
    highs = [r for r in ranges if r.high is not None]
    low = min((r.low for r in lows if r.low is not None), default=None)
    high = max((r.high for r in highs if r.high is not None), default=None)
    if low is not None and high is not None and low > high:
        low = high
    low_claims = next((r.low_claims for r in lows if r.low == low), ())
    high_claims = next((r.high_claims for r in highs if r.high == high), ())
    best, best_claims = _best(ranges)
    voices = independence([r.voice for r in ranges])
    opened = any(r.open for r in ranges)
    if rule.single:
        least = low if low is not None else high
        claims = low_claims or high_claims
        return Bound(harm, group, least, least, least, False, claims, claims, claims, beside, aside, voices)
    return Bound(
        harm, group, low, best, high, opened, low_claims, best_claims, high_claims, beside, aside, voices,
        provisional=voices[1] < rule.voices,
    )  # fmt: skip


def _best(ranges: Sequence[_Range]) -> tuple[int | None, tuple[str, ...]]:
    """The number that most voices state; of as many the one a voice states exactly; else nothing."""
    said: dict[int, list[_Range]] = {}
    for r in ranges:
        if r.low is not None and (r.open or r.low == r.high):
            said.setdefault(r.low, []).append(r)
    if not said:
        return None, ()
    rank = {n: (len({r.voice.id for r in rs}), any(not r.open for r in rs)) for n, rs in said.items()}
    top = max(rank.values())
    winners = [n for n, worth in rank.items() if worth == top]
    if len(winners) != 1:
        return None, ()
    return winners[0], tuple(c for r in said[winners[0]] for c in r.low_claims)


def by_harm(found: Iterable[Bound]) -> Mapping[tuple[str, str], Bound]:
    """Bounds keyed by (harm, group)."""
    return {(b.harm, b.group): b for b in found}


def show(low: int | None, high: int | None, opened: bool) -> str:
    """A range as it is printed: "56 to 101+", "22", "up to 30", "at least 5", "-" where nobody says."""
    plus = "+" if opened else ""
    if high is None and low is None:
        return "-"
    if low is None:
        return f"up to {high:,}{plus}"
    if high is None or low == high:
        return f"{low:,}{plus}"
    return f"{low:,} to {high:,}{plus}"
