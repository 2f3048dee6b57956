"""The names in a book that are not shown by default: what `redact` masks in the words of these reports."""

from __future__ import annotations

import json
from collections.abc import Iterable

import sqlalchemy as sa

from tollbook.redact import private_names
from tollbook.store import load, schema


def names_in(connection: sa.Connection, reports: Iterable[str]) -> set[str]:
    """Personal names that the readings of reports (by report id) hold: victims, witnesses, detainees."""
    runs, claims = schema.runs, schema.claims
    out: set[str] = set()
    for batch in load.chunks(sorted(set(reports))):
        told_in = sa.select(runs.c.seq, runs.c.record).where(load.among(runs.c.report_id, batch))
        found = load.lookup(connection, told_in)
        acts: dict[int, list[dict[str, object]]] = {}
        query = sa.select(claims.c.run_seq, claims.c.kind, claims.c.value).where(load.among(claims.c.run_seq, found))
        for run, kind, value in connection.execute(query):
            values = json.loads(value)
            acts.setdefault(run, []).append({"casualties": [values]} if kind == "figure" else values)
        for run, record in found.items():
            out |= private_names({"victims": json.loads(record).get("victims"), "incidents": acts.get(run, ())})
    return out
