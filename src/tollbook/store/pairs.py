"""Pairs of mentions: filed under keys, compared with earlier ones, stored with their probability.

Append-only in effect: the pairs of a mention depend on the mentions recorded before it and on nothing else.
"""

from __future__ import annotations

import json
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from tollbook.link.blocking import CAP, Blocks, Key, keys
from tollbook.link.cluster import Pair
from tollbook.link.copies import sketch
from tollbook.link.features import likely
from tollbook.link.mention import Mention
from tollbook.store import load, schema
from tollbook.store.records import dump
from tollbook.store.spread import spread

KEEP = 0.05
"""Pairs less likely than this are not stored: they can neither join nor raise a doubt."""
CACHE = 120_000
"""Mentions held in memory while comparing."""
BULK = 2_000
"""New mentions from which the whole index of keys is held in memory instead of asked key by key."""

BATCH = 8_000
"""Mentions compared and written at a time. Each batch forks once, and after a fork every page of a large book's memory
that is touched is copied: few large batches cost less than many small ones."""

Tell = Callable[[str, int], None]


def link(connection: sa.Connection, after: int, tell: Tell | None) -> None:
    """Files the new mentions, compares each with the earlier ones under its keys, stores pairs and sketches."""
    told = load.tellings(connection, after=after)
    if _count(connection, after) <= BULK:
        fresh = [(t.told.mention, t.run_seq) for t in told]
        blocks = _some_blocks(connection, {k for m, _ in fresh if m.scope != "statistic" for k in keys(m)[1]})
        stream: Iterable[tuple[Mention, int]] = fresh
    else:
        blocks = _all_blocks(connection)
        stream = ((t.told.mention, t.run_seq) for t in told)
    known: OrderedDict[int, Mention] = OrderedDict()
    done = 0
    for batch in load.chunks(stream, BATCH):
        _compare(connection, blocks, batch, known)
        done += len(batch)
        while len(known) > CACHE:
            known.popitem(last=False)
        if tell:
            tell("linked", done)


def _compare(
    connection: sa.Connection, blocks: Blocks, batch: list[tuple[Mention, int]], known: OrderedDict[int, Mention]
) -> None:
    """One batch of new mentions, in order: filed, compared, stored."""
    filed: list[dict[str, Any]] = []
    rows: list[dict[str, Any]] = []
    sought: list[tuple[Mention, list[int]]] = []
    for mention, run_seq in batch:
        known[mention.num] = mention
        under, seek = keys(mention) if mention.scope != "statistic" else (set[Key](), dict[Key, int]())
        sought.append((mention, blocks.candidates(seek)))
        blocks.file(mention.num, under)
        filed += [{"key": k, "wide": int(w), "mention": mention.num} for k, w in under]
        rows.append(
            {
                "mention": mention.num,
                "mention_id": mention.id,
                "report_id": mention.report_id,
                "run_seq": run_seq,
                "live": 0,
                "incident_id": None,
            }
        )
    missing = {n for _, numbers in sought for n in numbers if n not in known}
    known.update(load.mentions_by_number(connection, missing))

    def compared(some: Sequence[tuple[Mention, list[int]]]) -> list[list[dict[str, Any]]]:
        return [_likely(mention, numbers, known) for mention, numbers in some]

    pairs = [p for found in spread(compared, sought) for p in found]
    filed.sort(key=lambda row: (row["key"], row["wide"]))  # hashes: each page of the index is met once a batch
    pairs.sort(key=lambda row: (row["a"], row["b"]))
    for table, values in ((schema.pairs, pairs), (schema.keys, filed), (schema.mentions, rows)):
        load.insert(connection, table, values)
    _sketch(connection, {m.report_id for m, _ in batch})


def _likely(mention: Mention, numbers: list[int], known: Mapping[int, Mention]) -> list[dict[str, Any]]:
    """The pairs of a mention with earlier ones that are worth storing."""
    b = mention.num
    return [{"a": a, "b": b, "score": round(p, 6)} for a, p in likely(mention, map(known.__getitem__, numbers), KEEP)]


def _count(connection: sa.Connection, after: int) -> int:
    table = schema.claims
    query = sa.select(sa.func.count()).select_from(table).where(table.c.seq > after, table.c.kind == "act")
    return int(connection.execute(query).scalar_one())


def _sketch(connection: sa.Connection, reports: set[str]) -> None:
    """Stores the sketches of reports that have none yet."""
    table = schema.reports
    missing = sorted(reports - set(load.sketches(connection, reports)))
    for batch in load.chunks(missing):
        query = sa.select(table.c.report_id, table.c.text).where(load.among(table.c.report_id, batch))
        told = [tuple(row) for row in connection.execute(query)]
        made = spread(lambda some: [dump(sketch(text)) for _, text in some], told)
        rows = [{"report_id": r, "sketch": s} for (r, _), s in zip(told, made, strict=True)]
        load.insert(connection, schema.sketches, rows)


def _all_blocks(connection: sa.Connection) -> Blocks:
    blocks = Blocks()
    table = schema.keys
    filed: dict[Key, list[int]] = {}
    query = sa.select(table.c.key, table.c.wide, table.c.mention)
    for key, wide, number in connection.execute(query, execution_options={"yield_per": 10000}):
        filed.setdefault((key, bool(wide)), []).append(number)
    for key, numbers in filed.items():
        blocks.load(key, sorted(numbers))
    return blocks


_LATEST = (
    "SELECT k.key, k.wide, k.mention FROM json_each(?) j CROSS JOIN derived_keys k "
    "ON k.key = json_extract(j.value, '$[0]') AND k.wide = json_extract(j.value, '$[1]') "
    "AND k.mention >= coalesce((SELECT x.mention FROM derived_keys x WHERE x.key = json_extract(j.value, '$[0]') "
    f"AND x.wide = json_extract(j.value, '$[1]') ORDER BY x.mention DESC LIMIT 1 OFFSET {CAP - 1}), 0)"
)
"""The mentions under keys, of each no more than a new one is compared with: a key of a large book holds thousands."""


def _some_blocks(connection: sa.Connection, sought: set[Key]) -> Blocks:
    blocks = Blocks()
    for batch in load.chunks(sorted(sought)):
        filed: dict[Key, list[int]] = {}
        asked = json.dumps([[key, int(wide)] for key, wide in batch])
        for key, wide, number in connection.exec_driver_sql(_LATEST, (asked,)):
            filed.setdefault((key, bool(wide)), []).append(number)
        for found, numbers in filed.items():
            blocks.load(found, sorted(numbers))
    return blocks


def edges(connection: sa.Connection, numbers: Iterable[int], least: float) -> dict[Pair, float]:
    """Stored pairs with an end among `numbers`, from a probability on."""
    table = schema.pairs
    out: dict[Pair, float] = {}
    for batch in load.chunks(sorted(numbers)):
        for column in (table.c.a, table.c.b):
            query = sa.select(table.c.a, table.c.b, table.c.score).where(
                load.among(column, batch), table.c.score >= least
            )
            out.update({(a, b): p for a, b, p in connection.execute(query)})
    return out


def all_pairs(connection: sa.Connection, least: float = 0.0) -> Iterator[tuple[Pair, float]]:
    """Every stored pair from a probability on, one by one: those of a large book do not lie in memory together."""
    query = f"SELECT a, b, score FROM derived_pairs WHERE score >= {least!r} ORDER BY a, b"
    cursor = connection.connection.cursor()  # the driver's own: a row of it costs a third
    cursor.execute(query)
    while rows := cursor.fetchmany(10_000):
        yield from (((a, b), p) for a, b, p in rows)
