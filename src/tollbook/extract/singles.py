"""Single persons told in one breath with people counted: "the minister and two guards", "NAME and 18 others".

"The minister" alone may only be spoken of again; joined to a number he is one more of those who came to the harm. The
name of a person is read here only where what follows says that it is one ("and 18 others", "and two of his guards").
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import replace

from tollbook.extract.groups import Group, capital, harm_words, plural
from tollbook.extract.linking import chained
from tollbook.extract.tokens import Tokens
from tollbook.extract.words import phrases, words

_NAME = 4  # words of a name


def with_singles(text: str, tokens: Tokens, groups: Sequence[Group]) -> list[Group]:
    """The groups, single persons joined to counted ones among them as one person each."""
    if "and" not in tokens.low:
        return list(groups)
    groups = _past_names(text, tokens, groups)
    named = _named(text, tokens, groups)
    apart = [g for g in groups if not any(n.first <= g.first < n.last for n in named)]
    joined = sorted([*apart, *named], key=lambda g: g.first)
    for i in range(len(joined) - 1):
        one, other = joined[i], joined[i + 1]
        if _single(one) != _single(other) and (_number(one) or _number(other)) and _and(tokens, one, other):
            joined[i] = replace(one, article=True) if _single(one) else one
            joined[i + 1] = replace(other, article=True) if _single(other) else other
    return joined


def _past_names(text: str, tokens: Tokens, groups: Sequence[Group]) -> list[Group]:
    """One person told by rank or trade reaches past the name behind it: "Colonel Ali Sesay and three soldiers"."""
    if text[tokens.span[0] : tokens.span[1]].isupper():
        return list(groups)
    read = list(groups)
    for k, (group, after) in enumerate(itertools.pairwise(groups)):
        one = group.count is None and group.head is not None and not plural(group.head) and not group.name
        if not one or group.head in words("collective") or not _number(after):
            continue
        comma = int(tokens.low[group.last : group.last + 1] == (",",))
        first = end = group.last + comma
        while end < after.first and end - first < _NAME and capital(text, tokens, end):
            end += 1
        behind = set(tokens.low[end : after.first])
        if end - first > comma and behind and behind <= {",", "and"} | words("possessive"):
            read[k] = replace(group, last=end, article=True)
    return read


def _number(group: Group) -> bool:
    return group.count is not None or group.article


def _single(group: Group) -> bool:
    """ "The minister": one person, not counted so far."""
    if not group.definite or _number(group) or group.head is None:
        return False
    return not plural(group.head) and group.head not in words("collective")


def _and(tokens: Tokens, one: Group, other: Group) -> bool:
    between = tokens.low[one.last : other.first]
    if "and" not in between or any(p in " ".join(between) for p in phrases("part")):
        return False
    return not {"who", "which", "that"} & set(between) and chained(tokens, one, other)


def _named(text: str, tokens: Tokens, groups: Sequence[Group]) -> list[Group]:
    """The persons named before "and 18 others", "and two of his guards", with what they are called before the name."""
    found = []
    for k, group in enumerate(groups):
        i = group.first - 1
        if i < 2 or tokens.low[i] != "and" or not _number(group):
            continue
        behind = 2 if tokens.low[group.last : group.last + 1] == ("of",) else 0  # "two of his guards"
        if words("beside_one").isdisjoint(tokens.low[group.first : group.last + behind]):
            continue
        last = i - 1 if tokens.low[i - 1] == "," else i
        before = groups[k - 1] if k else None
        first = _name_before(text, tokens, last, before.last if before is not None else 0)
        called = before is not None and before.last == first and not _number(before) and not plural(before.head or "s")
        if called and before is not None and last - first >= 1:
            found.append(replace(before, last=last, article=True))
        elif last - first >= 2 and tokens.low[max(0, first - 1)] not in words("lies") and not text.isupper():
            found.append(Group(first, last, None, None, None, article=True, name=True))
    return found


def _name_before(text: str, tokens: Tokens, last: int, lower: int) -> int:
    """Where the words that may be a name, and end before `last`, begin; not before `lower`."""
    shouted = text[tokens.span[0] : tokens.span[1]].isupper()
    first = last
    while first > lower and last - first < _NAME:
        word = tokens.low[first - 1]
        if not word[0].isalpha() or word in words("stop_np") or word in harm_words() or word in words("articles"):
            break
        if not shouted and not capital(text, tokens, first - 1):
            break
        first -= 1
    return first
