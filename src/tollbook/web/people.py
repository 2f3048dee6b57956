"""Names of persons on the analyst's screen: masked by `redact.py` unless the analyst asks to see them."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterable

import sqlalchemy as sa

from tollbook.redact import Masker, private_names
from tollbook.store import load, schema


class People:
    """The private names of reports, read once a run. Safe to use from several threads."""

    def __init__(self) -> None:
        self._names: dict[int, frozenset[str]] = {}
        self._lock = threading.Lock()

    def masker(self, connection: sa.Connection, reports: Iterable[str]) -> Masker:
        """A masker of the names that stand in the newest readings of these reports (by report id)."""
        runs = schema.runs
        wanted: set[int] = set()
        for batch in load.chunks(sorted(set(reports))):
            query = sa.select(sa.func.max(runs.c.seq)).where(runs.c.report_id.in_(batch)).group_by(runs.c.report_id)
            wanted.update(connection.execute(query).scalars())
        with self._lock:
            missing = sorted(wanted - set(self._names))
            for batch in load.chunks(missing):
                self._names.update(_read(connection, batch))
            return Masker(n for run in wanted for n in self._names.get(run, ()))

    def speakers(self, names: Iterable[str]) -> Masker:
        """A masker of those among the names of speakers that are private persons'."""
        return Masker(private_names({"incidents": [{"casualties": [{"says": n} for n in names]}]}))

    def forget(self) -> None:
        """Drops what was read: after a name was expunged."""
        with self._lock:
            self._names.clear()


def _read(connection: sa.Connection, batch: list[int]) -> dict[int, frozenset[str]]:
    runs, claims = schema.runs, schema.claims
    acts: dict[int, list[dict[str, object]]] = {}
    query = sa.select(claims.c.run_seq, claims.c.kind, claims.c.value).where(
        claims.c.run_seq.in_(batch), claims.c.kind.in_(["act", "figure"])
    )
    for run, kind, value in connection.execute(query):
        told = json.loads(value)
        acts.setdefault(run, []).append(
            {"targets": told.get("targets") or ()} if kind == "act" else {"casualties": [told]}
        )
    out = {}
    for run, record in connection.execute(sa.select(runs.c.seq, runs.c.record).where(runs.c.seq.in_(batch))):
        rest = json.loads(record)
        out[run] = frozenset(private_names({"victims": rest.get("victims") or (), "incidents": acts.get(run, [])}))
    return out
