"""What became of the wounded: those who died of their wounds are dead, those who lie in hospital are not."""

from __future__ import annotations

from collections.abc import Sequence

from tollbook.extract.groups import Cue, Group
from tollbook.extract.tokens import Hit, Tokens
from tollbook.extract.words import words

_TO_DEATH = 14  # tokens from "wounded" to "died" ("wounded in Friday's shelling of the port died in hospital")


def with_died_of_wounds(
    tokens: Tokens, groups: Sequence[Group], cues: Sequence[Hit[Cue]], links: Sequence[tuple[int, int, bool]]
) -> list[tuple[int, int, bool]]:
    """The links, those of "a man wounded on Friday died" to the death, and "12 of the injured" to no other's death."""
    out = []
    for g, c, undivided in links:
        if cues[c].value.harm == "killed" and cues[c].value.use != "subject" and _of_the_hurt(tokens, groups[g]):
            continue
        death = _death_after(tokens, groups, cues, c) if _behind(groups[g], cues[c]) else None
        out.append((g, c if death is None else death, undivided))
    return out


def _behind(group: Group, cue: Hit[Cue]) -> bool:
    """Does the word say of the people right before it that they had been hurt ("nine soldiers hurt in")?"""
    return cue.value.harm == "injured" and group.first < cue.first <= group.last


def _death_after(tokens: Tokens, groups: Sequence[Group], cues: Sequence[Hit[Cue]], c: int) -> int | None:
    """The next word of harm, where it is "died" in the same statement; its place among the words of harm."""
    rest = [k for k, cue in enumerate(cues) if cue.first >= cues[c].last]
    if not rest or (cues[rest[0]].value.harm, cues[rest[0]].value.use) != ("killed", "subject"):
        return None
    first, last = cues[c].last, cues[rest[0]].first
    if last - first > _TO_DEATH or not words("ends_statement").isdisjoint(tokens.low[first:last]):
        return None
    if tokens.low[last].endswith("ing") or not words("not_yet").isdisjoint(tokens.low[max(first, last - 2) : last]):
        return None  # "at the risk of losing their lives"
    if any(first <= group.first < last and group.count is not None for group in groups):
        return None  # "left nine wounded, two of whom died"
    return rest[0]


def _of_the_hurt(tokens: Tokens, group: Group) -> bool:
    """ "12 of the injured": a part of those, said to be in hospital or at home."""
    told = tokens.low[group.first : group.last + 3]
    triples = zip(told, told[1:], told[2:], strict=False)
    return any(of == "of" and the in ("the", "those") and hurt in words("the_hurt") for of, the, hurt in triples)
