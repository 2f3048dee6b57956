"""What each incident adds to a total of one harm: its share, among all others or among those asked for.

A share depends on what is left out only where an incident hangs together with what is left out: a sum with a part that
is not asked for, one of two that may be the same. All others' shares stand; those groups are computed again from what
is asked for of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tollbook.ledger.bounds import ALL
from tollbook.ledger.totals import cuts
from tollbook.store.counting import entries_of
from tollbook.store.filters import EVERYTHING, Filters
from tollbook.web.coded import LOW, OPEN, TOLD, Mask, numbers
from tollbook.web.columns import Columns
from tollbook.web.past import kept_up

NONE, INCIDENT, RECALLED, RESIDUAL, ALLEGED = range(5)
KINDS = {"incident": INCIDENT, "recalled": RECALLED, "residual": RESIDUAL, "alleged": ALLEGED}
"""What an incident's share in a total is, as columns have it."""

Share = tuple[int, int, int, int, int, int]
"""What an incident adds: its kind, low, top, whether it is open and its low untold, what low loses."""
NOTHING: Share = (NONE, 0, 0, 0, 0, 0)


class Shares:
    """What each incident adds to a total of one harm and group: `low` and `top` of its range or of what a sum adds to
    its parts, `cut` what low loses as it may be one with another, and whether low is untold or the range open."""

    __slots__ = ("cut", "kind", "low", "open", "top", "untold")

    def __init__(self, size: int) -> None:
        self.kind: npt.NDArray[np.uint8] = np.zeros(size, np.uint8)
        self.low, self.top, self.cut = (np.zeros(size, np.int64) for _ in range(3))
        self.open, self.untold = (np.zeros(size, np.bool_) for _ in range(2))

    def grown(self, size: int) -> Shares:
        """The same, for more slots, to be changed."""
        out = Shares(size)
        for name in Shares.__slots__:
            old = getattr(self, name)
            getattr(out, name)[: len(old)] = old
        return out

    def set(self, some: Mapping[int, Share]) -> None:
        """Sets what slots add."""
        slots = np.fromiter(some, np.intp, len(some))
        told = np.array(list(some.values()), np.int64).reshape(-1, 6)
        for n, name in enumerate(("kind", "low", "top", "open", "untold", "cut")):
            getattr(self, name)[slots] = told[:, n]

    def adding(self, mask: Mask, *kinds: int) -> Mask:
        """The slots of a mask whose share is of one of these kinds."""
        found: Mask = mask & np.isin(self.kind, kinds)
        return found


def shares(columns: Columns, harm: str, who: str = ALL) -> Shares:
    """The shares of all incidents, each among all others."""

    def whole() -> Shares:
        out = _by_themselves(columns, harm, who)
        out.set(_tangled(columns, harm, who, columns.tangled(_entangled(columns, harm, who))))
        return out

    def again(old: Shares, moved: frozenset[int]) -> Shares:
        out = old.grown(len(columns))
        out.set({slot: _by_itself(columns, harm, who, slot) for slot in moved})
        out.set(_tangled(columns, harm, who, columns.near(moved)))
        return out

    return kept_up(columns, ("shares", harm, who), whole, again)


def _by_themselves(columns: Columns, harm: str, who: str) -> Shares:
    """As if nothing hung together."""
    raw, scope, out = columns.raw(harm, who), columns.coded["scope"], Shares(len(columns))
    told = raw.having(TOLD)
    out.kind[scope.equal("incident") & told] = INCIDENT
    out.kind[scope.equal("background") & told] = RECALLED
    out.kind[columns.coded["status"].equal("alleged") & columns.acts() & told] = ALLEGED
    act = out.kind > 0
    out.low, out.top = numbers(raw.low) * act, numbers(raw.top) * act
    out.open, out.untold = raw.having(OPEN) & act, ~raw.having(LOW) & act
    return out


def _by_itself(columns: Columns, harm: str, who: str, slot: int) -> Share:
    raw, scope = columns.raw(harm, who), columns.coded["scope"][slot]
    flags = raw.flags[slot]
    if not flags or scope not in ("incident", "background"):
        return NOTHING
    alleged = columns.coded["status"][slot] == "alleged"
    kind = ALLEGED if alleged else INCIDENT if scope == "incident" else RECALLED
    return kind, raw.low[slot], raw.top[slot], bool(flags & OPEN), not flags & LOW, 0


def _tangled(columns: Columns, harm: str, who: str, groups: Iterable[Sequence[int]]) -> dict[int, Share]:
    """The shares of groups that hang together, of these slots alone."""
    codes, total = columns.coded["scope"].codes, columns.coded["scope"].code_of.get("total")
    sums: list[int] = []
    pairs: list[int] = []
    for group in groups:
        (sums if any(codes[s] == total for s in group) else pairs).extend(group)
    return _with_sums(columns, harm, who, sums) | _doubtful(columns, harm, who, pairs)


def _with_sums(columns: Columns, harm: str, who: str, slots: Sequence[int]) -> dict[int, Share]:
    out = dict.fromkeys(slots, NOTHING)
    entries, doubts = entries_of(columns.book(slots, [(harm, who)]), harm, who)
    lost = cuts({e.id: e.low or 0 for e in entries if e.kind not in ("alleged", "residual")}, doubts)
    for e in entries:
        low = e.low or 0
        top = e.high if e.high is not None else low
        out[columns.index[e.id]] = (KINDS[e.kind], low, top, int(e.open), int(e.low is None), lost.get(e.id, 0))
    return out


def _doubtful(columns: Columns, harm: str, who: str, slots: Sequence[int]) -> dict[int, Share]:
    """Without sums: each adds its own, and only what it may be one with takes something off."""
    out = {slot: _by_itself(columns, harm, who, slot) for slot in slots}
    if who != ALL:
        return out
    lows = {columns.ids[s] or "": share[1] for s, share in out.items() if share[0] in (INCIDENT, RECALLED)}
    doubts = [
        (one, other, doubt[1].get(harm) or 0) for one in lows for other in columns.beside.get(one, ())
        if other in lows and (doubt := columns.doubts.get((one, other))) is not None
    ]  # fmt: skip
    for incident, lost in cuts(lows, doubts).items():
        slot = columns.index[incident]
        out[slot] = (*out[slot][:5], lost)
    return out


def _entangled(columns: Columns, harm: str, who: str) -> Mask:
    """The slots through which a group of `tangles` counts otherwise than its members by themselves."""
    told = columns.raw(harm, who).having(TOLD)
    # of a class of victims no doubt is taken off: only sums and their parts hang together
    return told if who == ALL else told & columns.coded["scope"].equal("total")


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked for, and its slots."""

    where: Filters
    mask: Mask

    @property
    def whole(self) -> bool:
        """Whether it is the whole book."""
        return self.where == EVERYTHING


def asked(columns: Columns, where: Filters) -> Asked:
    """What is asked for."""
    return Asked(where, columns.asked(where))


def shares_asked(columns: Columns, want: Asked, harm: str, who: str = ALL) -> Shares:
    """The shares of what is asked for, as if there were nothing else in the book; those of the rest mean nothing.

    They are others than in the whole book only in groups that are asked for in part.
    """
    whole = shares(columns, harm, who)
    if want.whole:
        return whole

    def broken() -> dict[int, Share]:
        return _tangled(columns, harm, who, columns.tangled(_entangled(columns, harm, who), torn_by=want.mask))

    def again(old: dict[int, Share], moved: frozenset[int]) -> dict[int, Share]:
        stay = {slot: share for slot, share in old.items() if slot not in moved}
        near = columns.near(moved)
        held = [[s for s in g if want.mask[s]] for g in near]
        return stay | _tangled(columns, harm, who, (h for g, h in zip(near, held, strict=True) if len(h) < len(g)))

    found = kept_up(columns, ("broken", want.where, harm, who), broken, again)
    if not found:
        return whole
    out = whole.grown(len(columns))
    out.set(found)
    return out
