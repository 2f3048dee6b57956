"""What the catalogues of the field take from a book, and what they have no cell for: the same for GED, ACLED and IBC.

A catalogue's rows add up, so an act has one row: sums over several acts give what they add to their parts, statistics
and sums over long times give nothing, nor does what only one side alleges. Each that is left out is counted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

from tollbook.export.loss import Loss
from tollbook.export.values import STATISTIC, SUM, Content, Incident, Range
from tollbook.ledger.bounds import ALL

ZERO = Range(0, 0, 0)


def acts(content: Content, loss: Loss) -> Iterator[Incident]:
    """The incidents that may have a row."""
    for i in content.incidents:
        if i.scope == STATISTIC:
            loss.note("statistic", i.id)
        elif i.wide:
            loss.note("wide-sum", i.id)
        elif i.status == "alleged":
            loss.note("alleged", i.id)
        else:
            yield i


def deaths(content: Content, loss: Loss, group: str = ALL) -> Iterator[tuple[Incident, Range]]:
    """The incidents in which somebody was killed, with what each adds to a sum. `group` is a class of victims.

    `high` is 1 or more; low and best may be None.
    """
    for i in acts(content, loss):
        found = killed(i, loss, group)
        if found is not None:
            yield i, found


def killed(i: Incident, loss: Loss, group: str = ALL) -> Range | None:
    """What the incident adds to the killed, or None where it adds nothing; why not is counted."""
    told = i.range("killed", group)
    if told is None or (told.low is None and told.high is None):
        other = i.range("killed")
        if group == ALL and told is not None:
            loss.note("party-only", i.id)
        elif group == ALL or other is None:
            loss.note("no-killed-figure", i.id)
        return None
    adds = i.added("killed", group)
    if i.scope == SUM:
        if adds is None or not (adds.high or adds.low):
            loss.note("sum-told", i.id)
            return None
        loss.note("sum-residual", i.id)
        return adds
    if not (told.high or told.low):
        loss.note("none-killed", i.id)
        return None
    return told


def whole(i: Incident, found: Range, loss: Loss) -> tuple[int, int, int]:
    """(low, best, high) as integers, low <= best <= high, for formats that leave no cell blank; each guess counted."""
    high = found.high
    if high is None:
        high = found.low or 0
        loss.note("high-from-low", i.id)
    elif found.open:
        loss.note("upper-bound-open", i.id)
    low = found.low
    if low is None:
        low = 0
        loss.note("low-zero", i.id)
    best = found.best
    if best is None:
        best = low
        if low != high:
            loss.note("best-from-low", i.id)
    low = min(low, high)
    return low, min(max(best, low), high), high


def number(found: Range | None) -> int:
    """One number for a class of victims: its best, else its low; 0 where nobody gives one."""
    if found is None:
        return 0
    return found.best if found.best is not None else found.low or 0


LOST: Mapping[str, Callable[[Incident], int]] = {
    "other-harms": lambda i: sum(
        1 for (harm, group), r in i.ranges.items() if harm != "killed" and group == ALL and (r.low or r.high)
    ),
    "classes-lost": lambda i: sum(1 for (harm, group), r in i.ranges.items() if harm == "killed" and group != ALL),
    "persons-lost": lambda i: len(i.persons),
    "attribution-lost": lambda i: sum(1 for d in i.doers if d.says),
    "either": lambda i: i.doers_are == "either",
    "objects-lost": lambda i: len(i.objects),
    "means-lost": lambda i: len(i.means),
    "acts-lost": lambda i: i.acts > 1,
    "grade-lost": lambda i: 1,
    "review-lost": lambda i: 1,
    "denied": lambda i: i.contested,
    "recalled": lambda i: i.recalled,
    "possibly-one": lambda i: bool(i.possibly),
    "date-assumed": lambda i: i.date_basis == "fresh-news",
    "date-of-lost": lambda i: i.date_of in ("found", "reported"),
    "counts-lost": lambda i: sum(1 for (_, group) in i.ranges if group == ALL),
    "parts-lost": lambda i: bool(i.parts),
}
"""What an incident has of a thing that a format may have no cell for."""


def lost(i: Incident, names: Iterable[str], loss: Loss) -> None:
    """Counts what an incident that has a row loses in a format without cells for `names`."""
    for name in names:
        loss.note(name, i.id, int(LOST[name](i)))


def claims_of(content: Content, written: Iterable[str], loss: Loss) -> None:
    """Counts the claims of the incidents that have a row: catalogues name sources, not figures and words."""
    kept = set(written)
    for c in content.claims:
        if c.incident in kept:
            loss.note("voices-lost", c.incident)
