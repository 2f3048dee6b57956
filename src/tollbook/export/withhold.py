"""Takes the places that the redaction cuts out of the words too: quotes, figures, names, titles. Pure but one query.

A place list without its village is of no use where the quote beside it names the village. Within each incident, and
in the titles of its reports, the names that were cut are masked, unless a name that is kept is a spelling of it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

import sqlalchemy as sa

from tollbook.export.values import Content
from tollbook.link.names import same_place
from tollbook.redact import Policy, coarser
from tollbook.store import load, schema

WITHHELD = "[place withheld]"


def cut_places(connection: sa.Connection, policy: Policy) -> Mapping[str, frozenset[str]]:
    """incident -> the place names that the redaction cuts from it, in every spelling of its reports."""
    if not policy.places:
        return {}
    out: dict[str, set[str]] = {}
    kept: dict[str, set[str]] = {}
    for key, card in connection.execute(sa.select(schema.incidents.c.incident_id, schema.incidents.c.card)):
        _cut(out.setdefault(key, set()), kept.setdefault(key, set()), json.loads(card)["places"], policy)
    mentions, claims = schema.mentions, schema.claims
    query = sa.select(mentions.c.incident_id, mentions.c.mention).where(mentions.c.live == 1)
    owner = {row.mention: row.incident_id for row in connection.execute(query) if row.incident_id in out}
    for batch in load.chunks(sorted(owner)):
        acts = sa.select(claims.c.seq, claims.c.value).where(claims.c.seq.in_(batch))
        for seq, value in connection.execute(acts):
            places = json.loads(value).get("places") or []
            _cut(out[owner[seq]], kept[owner[seq]], places, policy)
    return {
        key: frozenset(n for n in names if not any(same_place(n, k) for k in kept[key])) for key, names in out.items()
    }


def _cut(cut: set[str], kept: set[str], places: Iterable[Any], policy: Policy) -> None:
    listed = [p for p in places if isinstance(p, str) and p.strip()]
    stay = coarser(listed, policy)
    kept.update(stay)
    cut.update(listed[: len(listed) - len(stay)])


def without_places(content: Content, cut: Mapping[str, frozenset[str]]) -> Content:
    """The content with the cut names of each incident masked in all its words, and in its sources' titles."""
    masks = {key: _Mask(names) for key, names in cut.items() if names}
    by_source: dict[str, set[str]] = {}
    for i in content.incidents:
        for source in i.sources:
            by_source.setdefault(source, set()).update(cut.get(i.id, ()))
    incidents = []
    for i in content.incidents:
        mask = masks.get(i.id)
        if mask is not None:
            i = replace(
                i,
                quote=mask(i.quote),
                doers=tuple(replace(d, name=mask(d.name), says=tuple(map(mask, d.says))) for d in i.doers),
                hits=tuple(replace(h, name=mask(h.name)) for h in i.hits),
                means=tuple(map(mask, i.means)),
                objects=tuple(map(mask, i.objects)),
                voices=tuple(map(mask, i.voices)),
            )
        incidents.append(i)
    claims = []
    for c in content.claims:
        mask = masks.get(c.incident)
        if mask is not None:
            says = None if c.says is None else mask(c.says)
            c = replace(c, words=mask(c.words), quote=mask(c.quote), says=says, voice=mask(c.voice))
        claims.append(c)
    sources = tuple(
        replace(s, title=_Mask(by_source[s.id])(s.title)) if s.title and by_source.get(s.id) else s
        for s in content.sources
    )
    return replace(content, incidents=tuple(incidents), claims=tuple(claims), sources=sources)


class _Mask:
    """Masks names of places wherever they stand as words, in any case."""

    def __init__(self, names: Iterable[str]) -> None:
        patterns = {
            r"[\W_]{1,3}".join(re.escape(w) for w in words)
            for name in names
            if (words := re.findall(r"[^\W_]+", name)) and len("".join(words)) > 2
        }
        ordered = sorted(patterns, key=lambda p: (-len(p), p))
        self._find = re.compile(rf"(?<![^\W_])(?:{'|'.join(ordered)})(?![^\W_])", re.IGNORECASE) if ordered else None

    def __call__(self, text: str) -> str:
        return self._find.sub(WITHHELD, text) if self._find is not None else text
