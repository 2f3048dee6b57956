"""Who the dead were: figures that describe a toll told elsewhere ("three nurses were among the dead").

They are parts, never tolls of their own: RULINGS.md, and GUIDELINES.md, "Casualties" (`subset_of`).
"""

from __future__ import annotations

from collections.abc import Sequence

from tollbook.extract.groups import Cue, Group
from tollbook.extract.linking import chained
from tollbook.extract.tokens import Hit, Tokens
from tollbook.extract.words import words
from tollbook.model import Harm

_TO_DEAD = 4  # words from "among" to "dead" ("among Monday's 17 dead")
_TO_WHOLE = 2  # words from "among" to a numbered group ("among the nine killed")
_TO_GROUP = 3  # words of "were also" between the group and "among", or between "the dead were" and the group


def tells_among(tokens: Tokens) -> bool:
    """May the sentence say who the dead were, without any other word of harm ("two of the victims were minors")?"""
    return not words("the_dead").isdisjoint(tokens.low)


def find_among(tokens: Tokens, groups: Sequence[Group], used: frozenset[int]) -> list[tuple[int, Hit[Cue]]]:
    """(group, word of harm) for numbered groups said to be among the dead or wounded, not among those in `used`."""
    found: dict[int, Hit[Cue]] = {}
    for i, word in enumerate(tokens.low):
        if word in ("among", "amongst"):
            cue = _dead(tokens, i + 1)
            if cue is None:
                continue
            for g in _before(tokens, groups, i) or _after(tokens, groups, cue.last):
                found.setdefault(g, cue)
        elif word == "of" and (cue := _dead(tokens, i + 1)) is not None and _be(tokens, cue.last):
            for g, group in enumerate(groups):  # "five of the dead were children"
                if group.last == i and group.count is not None:
                    found.setdefault(g, cue)
    for i, word in enumerate(tokens.low):  # "the victims are six priests and two women"
        if i and word in words("the_dead") and tokens.low[i - 1] in ("the", "those") and _be(tokens, i + 1):
            for g in _after(tokens, groups, i + 1):
                found.setdefault(g, Hit(i, i + 1, Cue("killed", "state")))
    for g, group in enumerate(groups):  # the same, where "the victims" are read as the people counted
        last = tokens.low[group.last - 1]
        of_them = group.count is not None and "of" in tokens.low[group.first : group.last] and last in words("the_dead")
        if of_them and _be(tokens, group.last):
            found.setdefault(g, Hit(group.last - 1, group.last, Cue("killed", "state")))
    return [(g, cue) for g, cue in sorted(found.items()) if g not in used and not _unnumbered(groups[g])]


def counted_among(tokens: Tokens, groups: Sequence[Group]) -> dict[int, int]:
    """Which groups are said to be among a numbered one: "two nurses and a guard were among nine people killed".

    Each group's position, and the position of the one that holds it.
    """
    found: dict[int, int] = {}
    for i in [i for i, word in enumerate(tokens.low) if word in ("among", "amongst")]:
        whole = next((g for g, group in enumerate(groups) if 0 < group.first - i <= _TO_WHOLE), None)
        if whole is None or groups[whole].count is None:
            continue
        inner = (
            _after(tokens, groups, _be_before_group(tokens, groups, whole))
            if i == 0
            else _behind_asides(tokens, groups, i)
        )
        found.update((g, whole) for g in inner if number_of(groups[g]) < number_of(groups[whole]))
    return found


def number_of(group: Group) -> int:
    """How many the group counts at least; one for "a guard"."""
    return 1 if group.count is None else group.count.min or group.count.max or 0


def _behind_asides(tokens: Tokens, groups: Sequence[Group], i: int) -> list[int]:
    """The numbered groups before "were among" at `i`, past an aside ("six nurses, including a man, were among")."""
    end = i
    while end and (tokens.low[end - 1] == "also" or tokens.low[end - 1] in words("be")):
        end -= 1
    if end and tokens.low[end - 1] == ",":
        end = next((k for k in range(end - 2, 0, -1) if tokens.low[k] == ","), 0)
    ends = [g for g, group in enumerate(groups) if group.last == end]
    return _chain_before(tokens, groups, ends[0]) if ends else []


def _be_before_group(tokens: Tokens, groups: Sequence[Group], whole: int) -> int:
    """Where behind a group "were" stands right before another; the sentence's end where it stands nowhere."""
    starts = {group.first for group in groups}
    at = (k for k in range(groups[whole].last, len(tokens) - 1) if tokens.low[k] in words("be") and k + 1 in starts)
    return next(at, len(tokens))


def _dead(tokens: Tokens, i: int) -> Hit[Cue] | None:
    """The word for the dead or the wounded within the next words, as a word of harm."""
    for k in range(i, min(i + _TO_DEAD, len(tokens))):
        word = tokens.low[k]
        if word in words("the_dead") or word in words("the_hurt"):
            harm: Harm = "killed" if word in words("the_dead") else "injured"
            return Hit(k, k + 1, Cue(harm, "state"))
        if word in (",", ".", "and", "was", "were"):
            break
    return None


def _unnumbered(group: Group) -> bool:
    """ "Many of the victims": says who they mostly were, and gives no number."""
    return group.count is not None and group.count.word in ("many", "most", "some", "a number", "several")


def _be(tokens: Tokens, i: int) -> bool:
    return any(w in words("be") for w in tokens.low[i : i + 2])


def _before(tokens: Tokens, groups: Sequence[Group], i: int) -> list[int]:
    """The numbered groups that end right before "were among" at `i`."""
    ends = [g for g, group in enumerate(groups) if 0 < i - group.last <= _TO_GROUP and _be(tokens, group.last)]
    return _chain_before(tokens, groups, ends[-1]) if ends else []


def _chain_before(tokens: Tokens, groups: Sequence[Group], g: int) -> list[int]:
    """Group `g` and those that it goes on from ("two women and three men"), without those nobody counted."""
    chain = [g]
    while chain[0] and chained(tokens, groups[chain[0] - 1], groups[chain[0]]):
        chain.insert(0, chain[0] - 1)
    return [g for g in chain if groups[g].count is not None or groups[g].article]


def _after(tokens: Tokens, groups: Sequence[Group], i: int) -> list[int]:
    """The numbered groups that stand right behind "among the dead were"."""
    if not _be(tokens, i):
        return []
    starts = [g for g, group in enumerate(groups) if 0 < group.first - i <= _TO_GROUP]
    if not starts:
        return []
    chain = [starts[0]]
    while chain[-1] + 1 < len(groups) and chained(tokens, groups[chain[-1]], groups[chain[-1] + 1]):
        chain.append(chain[-1] + 1)
    return [g for g in chain if groups[g].count is not None or groups[g].article]
