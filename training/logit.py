"""Weights of a conditional logit: which of several options, each told by named traits, is the right one.

McFadden, "Conditional logit analysis of qualitative choice behavior" (1974): the probability of an option is its share
of the exponentials of the weighed sums. Several options may be right at once (two mentions of one place).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

SMALL = 0.1
"""A weight nearer to zero than this is left out: it moves no choice."""
STEPS = 250


@dataclass(frozen=True, slots=True)
class Choice:
    """One choice: the traits of each option, which of them are right, and what the choice weighs beside the others."""

    options: Sequence[Mapping[str, float]]
    right: Sequence[bool]
    counts: float = 1.0


def fit(choices: Sequence[Choice], *, seen: int, penalty: float) -> dict[str, float]:
    """The weights of the traits that at least `seen` options have: likeliest under a quadratic penalty.

    A choice with no right option, or with nothing but right ones, teaches nothing and is left out.
    """
    sets = [c for c in choices if c.counts and any(c.right) and not all(c.right)]
    told = Counter(name for c in sets for option in c.options for name in option)
    names = sorted(name for name, n in told.items() if n >= seen)
    column = {name: n for n, name in enumerate(names)}
    rows = np.zeros((sum(len(c.options) for c in sets), len(names)))
    for at, option in enumerate(o for c in sets for o in c.options):
        for name, size in option.items():
            if name in column:
                rows[at, column[name]] = size
    right = np.concatenate([c.right for c in sets]).astype(float)
    lengths = [len(c.right) for c in sets]
    first = np.cumsum([0, *lengths])[:-1]
    group, heavy = np.repeat(np.arange(len(sets)), lengths), np.repeat([c.counts for c in sets], lengths)
    weight, slow, fast = (np.zeros(len(names)) for _ in range(3))
    for step in range(1, STEPS + 1):
        scores = rows @ weight
        e = np.exp(scores - np.maximum.reduceat(scores, first)[group])
        said = e / np.add.reduceat(e, first)[group]
        meant = e * right / np.add.reduceat(e * right, first)[group]
        slope = rows.T @ ((said - meant) * heavy) + penalty * weight
        slow, fast = 0.9 * slow + 0.1 * slope, 0.99 * fast + 0.01 * slope**2
        weight -= 0.1 * (slow / (1 - 0.9**step)) / (np.sqrt(fast / (1 - 0.99**step)) + 1e-8)
    return {name: round(float(w), 2) for name, w in zip(names, weight, strict=True) if abs(w) >= SMALL}
