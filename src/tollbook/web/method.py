"""By what the book is counted and read: its charter, the rules in force, what read the reports. No pages in it."""

from __future__ import annotations

import json
from typing import Any

import sqlalchemy as sa

from tollbook import lexicon
from tollbook.extract import EXTRACTORS
from tollbook.ledger.bounds import RULES
from tollbook.store import schema
from tollbook.web import queue
from tollbook.web.desk import scalar
from tollbook.web.site import Site

CARD = lexicon.DATA / "model" / "card.md"
"""What the trained reader learned from, how well it reads, what it is not for."""
MOST_READERS = 30
"""Readers of reports that are named."""


def card() -> str:
    """The model card, as text."""
    return CARD.read_text(encoding="utf-8") if CARD.is_file() else "No trained reader is part of this release."


def read(site: Site, connection: sa.Connection) -> dict[str, Any]:
    """What the page of the method tells, of a view."""
    runs, charters = schema.runs, schema.charters
    count = sa.func.count()
    made = sa.select(runs.c.made_by, count.label("runs")).group_by(runs.c.made_by).order_by(count.desc())
    written = sa.select(charters.c.charter, charters.c.user, charters.c.recorded_at).order_by(charters.c.seq.desc())
    versions = connection.execute(written).all()
    sample = connection.execute(sa.select(runs.c.record).order_by(runs.c.seq.desc()).limit(1)).scalar()
    return {
        "charter": json.loads(versions[0].charter), "charters": [(c.user, c.recorded_at) for c in versions],
        "rules": RULES, "classes": lexicon.load("classes")["schemes"][site.desk.book.options.classes],
        "link": lexicon.load("link"), "made": connection.execute(made.limit(MOST_READERS)).all(),
        "made_with": (json.loads(sample).get("made_with") if sample else None) or {},
        "extractors": list(EXTRACTORS), "lexicon_version": lexicon.version(), "queue_numbers": conventions(),
    }  # fmt: skip


def conventions() -> dict[str, float]:
    """The confidences that are conventions of the queue."""
    return {
        "unread": queue.UNREAD, "stale": queue.STALE, "named": queue.NAMED, "unplaced": queue.UNPLACED,
        "sure": queue.SURE,
    }  # fmt: skip


def issues(site: Site, connection: sa.Connection) -> list[tuple[str, int]]:
    """What the log holds of things that did not do: (code, how many)."""
    table = schema.issues.c
    newest = scalar(connection, sa.select(sa.func.max(table.seq)))
    query = sa.select(table.code, sa.func.count()).group_by(table.code).order_by(table.code)
    return list(site.kept(str(newest), ("issues",), lambda: [(c, n) for c, n in connection.execute(query)]))
