"""Same incident or not: blocking, features with reasons, clusters, totals and their parts. Pure functions."""

from __future__ import annotations

from tollbook.link.features import FEATURES, Reason, explain, score
from tollbook.link.mention import Mention, Toll, mention

__all__ = ["FEATURES", "Mention", "Reason", "Toll", "explain", "mention", "score"]
