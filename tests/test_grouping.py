"""After a change only the groups it can move are computed again: the same groups as from nothing."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st

from tollbook.ledger.bounds import DEFAULT_RULE, get_rule
from tollbook.ledger.decisions import Held
from tollbook.ledger.state import Options
from tollbook.store import schema
from tollbook.store.grouping import all_groups, changed_groups
from tollbook.store.world import World

Pairs = dict[tuple[int, int], float]
MOST = 16


@contextlib.contextmanager
def tables() -> Iterator[sa.Connection]:
    engine = sa.create_engine("sqlite://")
    with engine.connect() as connection:
        schema.meta.create_all(connection, tables=[schema.mentions, schema.pairs])
        yield connection
    engine.dispose()


def world(connection: sa.Connection, same: list[tuple[int, int]], apart: list[tuple[int, int]]) -> World:
    return World(connection, Held(), same, apart, Options(get_rule(DEFAULT_RULE)))


def live(connection: sa.Connection, numbers: set[int]) -> None:
    table = schema.mentions
    connection.execute(table.update().values(live=0))
    connection.execute(table.update().where(table.c.mention.in_(numbers)).values(live=1))


def grouped(connection: sa.Connection, same: Any, apart: Any) -> set[tuple[int, ...]]:
    whole = world(connection, same, apart)
    whole.learn(None)
    return set(all_groups(whole).groups)


def pairs_of(low: float) -> st.SearchStrategy[Pairs]:
    ends = st.tuples(st.integers(1, MOST), st.integers(1, MOST)).filter(lambda p: p[0] < p[1])
    return st.dictionaries(ends, st.floats(low, 1), min_size=5, max_size=70)


some = st.sets(st.integers(1, MOST))
decided = st.lists(st.tuples(st.integers(1, 6), st.integers(7, 12)), max_size=2, unique=True)


@settings(max_examples=300, deadline=None)
@given(st.one_of(pairs_of(0.05), pairs_of(0.45)), some, some, some, decided, decided, st.integers(3, 12))
def test_only_what_changed_is_grouped_again(
    scores: Pairs, late: set[int], gone: set[int], rejected: set[int], same: Any, apart: Any, reports: int
) -> None:
    everyone = set(range(1, MOST + 1))
    with tables() as connection:
        rows = [
            {
                "mention": n, "mention_id": f"m{n}", "report_id": f"r{n % reports}", "run_seq": n, "live": 0,
                "incident_id": None,
            }
            for n in sorted(everyone)
        ]  # fmt: skip
        connection.execute(schema.mentions.insert(), rows)
        connection.execute(schema.pairs.insert(), [{"a": a, "b": b, "score": p} for (a, b), p in scores.items()])
        table = schema.mentions
        live(connection, everyone - late)
        before = grouped(connection, same, apart)
        for group in before:
            if not rejected.issuperset(group):  # a group that is wholly rejected stands in no incident
                named = table.update().where(table.c.mention.in_(group))
                connection.execute(named.values(incident_id=f"i{group[0]}"))
        live(connection, everyone - gone)
        found = set(changed_groups(world(connection, same, apart), late | gone).groups)
        after = grouped(connection, same, apart)
        assert found >= after - before
        assert found <= after


def test_what_is_far_is_left_alone() -> None:
    """A chain of pairs, each likely; a new mention at its end touches its neighbour's group, not the chain."""
    with tables() as connection:
        count = 200
        for n in range(1, count + 2):
            values = {"mention": n, "mention_id": f"m{n}", "report_id": f"r{n}", "run_seq": n, "live": 1}
            connection.execute(schema.mentions.insert(), {**values, "incident_id": f"i{(n + 1) // 2}"})
        links = [{"a": n, "b": n + 1, "score": 0.9 if n % 2 else 0.6} for n in range(1, count + 1)]
        connection.execute(schema.pairs.insert(), links)
        assert len(grouped(connection, [], [])) == 101
        found = changed_groups(world(connection, [], []), {count + 1})
        assert found.groups == ((count + 1,),)
