"""What people decided: the newest row on a subject holds, an undone row holds no more. Pure."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from tollbook.ledger.bounds import show
from tollbook.model import Span

KINDS = ("same", "apart", "unsure", "accept", "reject", "correct", "add", "undo")
FIELDS = ("figure", "date", "place", "actor", "type", "grade")

WORDS = 60
"""Letters of added words that a line of the history shows."""

ADDED, YIELDS = "added", "yields_to"
"""Keys of a claim's value: the decision that added it, and the list of those whose additions stand in its place."""


@dataclass(frozen=True, slots=True)
class Decision:
    """One row of a person. `subjects` are ids as they were given, `anchors` where each of them stood in its text.

    An anchor is {"report_id", "kind", "start", "end", "quote"}: after a re-read it finds the claim that stands there.
    """

    seq: int
    id: str
    kind: str
    subjects: tuple[str, ...]
    value: Mapping[str, Any]
    anchors: tuple[Mapping[str, Any], ...]
    why: str
    user: str
    at: str

    def told(self, actor: Callable[[str], str] = str) -> str:
        """What was decided, for a person to read: "same", "correct figure: 12+ killed", "add note: “14 died”". Actors'
        names in it go through `actor` (`redact.public_actor`, where names are hidden)."""
        value = self.value
        name, what = value.get("field"), value.get("what")
        if what:
            words = str(value.get("words") or "")
            return f"{self.kind} {what}" + (f": “{words[:WORDS]}{'…' if len(words) > WORDS else ''}”" if words else "")
        return f"{self.kind} {name}: {_corrected_to(value, actor)}" if name else self.kind


def _corrected_to(value: Mapping[str, Any], actor: Callable[[str], str]) -> str:
    """The value of a correction, as it is printed."""
    name = value.get("field")
    if name == "figure":
        low, high = value.get("min"), value.get("max")
        groups = [str(value[key]).replace("_", " ") for key in ("harm", "who") if value.get(key)]
        return " ".join([show(low, high, high is None), *groups])
    if name == "date":
        start, end = value.get("start"), value.get("end")
        return str(start or end or "not told") + (f" to {end}" if start and end and end != start else "")
    if name == "place":
        return ", ".join(map(str, value.get("places") or ())) or "none"
    if name == "actor":
        return ", ".join(actor(str(n)) for n in value.get("perpetrators") or ()) or "nobody"
    return str(value.get(str(name), "")).replace("_", " ")


@dataclass(frozen=True, slots=True)
class Review:
    """Who accepted an incident, when, and the digest of what they saw."""

    user: str
    at: str
    why: str
    seen: str


@dataclass(frozen=True, slots=True)
class Held:
    """The decisions that hold, by what they are about. Ids are of live claims (see `bind`)."""

    same: tuple[tuple[str, str], ...] = ()
    apart: tuple[tuple[str, str], ...] = ()
    unsure: tuple[tuple[str, str], ...] = ()
    rejected: Mapping[str, Decision] = field(default_factory=dict)
    corrected: Mapping[tuple[str, str], Decision] = field(default_factory=dict)
    accepted: Mapping[str, Review] = field(default_factory=dict)
    added: Mapping[str, Decision] = field(default_factory=dict)

    def counts(self, value: Mapping[str, Any]) -> bool:
        """Whether a claim of this value counts: what was added while its decision stands, what was read unless an
        addition stands in its place."""
        return counts(value, self.added)


def counts(value: Mapping[str, Any], added: Container[str]) -> bool:
    """Whether a claim counts, where `added` holds the ids of the `add` decisions that stand."""
    return (value.get(ADDED) is None or value[ADDED] in added) and not any(d in added for d in value.get(YIELDS) or ())


def unmarked(value: Mapping[str, Any]) -> dict[str, Any]:
    """A claim's value without the marks of additions: in another book they mean nothing."""
    return {k: v for k, v in value.items() if k not in (ADDED, YIELDS)}


def standing(decisions: Iterable[Decision]) -> list[Decision]:
    """Rows that were not undone, oldest first. An undo can itself be undone."""
    rows = sorted(decisions, key=lambda d: d.seq)
    gone: set[str] = set()
    for row in reversed(rows):
        if row.kind == "undo" and row.id not in gone:
            gone.update(row.subjects)
    return [row for row in rows if row.id not in gone and row.kind in KINDS and row.kind != "undo"]


def hold(decisions: Iterable[Decision], bound: Mapping[tuple[int, int], str]) -> Held:
    """The decisions that hold. `bound` maps (seq, place of the subject) to the live claim it means; a subject that is
    bound to none drops its decision (it is an `orphan_decision` issue)."""
    pairs: dict[tuple[str, str], Decision] = {}
    verdicts: dict[str, Decision] = {}
    corrected: dict[tuple[str, str], Decision] = {}
    accepted: dict[str, Review] = {}
    added: dict[str, Decision] = {}
    for row in standing(decisions):
        if row.kind == "add":
            added[row.id] = row
        ids = [bound.get((row.seq, i)) for i in range(len(row.subjects))]
        if any(i is None for i in ids) or not ids:
            continue
        known = [i for i in ids if i is not None]
        if row.kind == "add" and known[0] != row.subjects[0]:
            corrected.update({(known[0], c.value["field"]): c for c in _told_in(row)})
        if row.kind in ("same", "apart", "unsure") or (row.kind == "add" and len(known) > 1):
            for a in known[:1]:
                for b in known[1:]:
                    key = (min(a, b), max(a, b))
                    pairs.pop(key, None)
                    pairs[key] = row
        elif row.kind == "reject":
            verdicts.update(dict.fromkeys(known, row))
        elif row.kind == "accept":
            verdicts.pop(known[0], None)
            accepted[known[0]] = Review(row.user, row.at, row.why, str(row.value.get("seen", "")))
        elif row.kind == "correct":
            corrected[known[0], str(row.value.get("field"))] = row
    newest = list(reversed(pairs.items()))
    return Held(
        same=tuple(k for k, d in newest if d.kind in ("same", "add")),
        apart=tuple(k for k, d in newest if d.kind == "apart"),
        unsure=tuple(k for k, d in newest if d.kind == "unsure"),
        rejected=verdicts,
        corrected=corrected,
        accepted=accepted,
        added=added,
    )


def _told_in(row: Decision) -> Iterator[Decision]:
    """What an added act says of itself, as corrections of the act of a later reading that tells the same."""
    for _, _, kind, _, _, value in row.value.get("claim") or ():
        if kind != "act" or row.value.get("what") != "incident":
            continue
        yield replace(row, value={"field": "type", "type": value.get("type")})
        if value.get("start"):
            yield replace(row, value={"field": "date", "start": value["start"], "end": value.get("end")})
        if value.get("places"):
            yield replace(row, value={"field": "place", "places": value["places"]})


@dataclass(frozen=True, slots=True)
class Standing:
    """Where an anchor stands in the newest reading of its report: the claims there, its span there (None: gone), and
    whether the text is another than the one the anchor was set in."""

    claims: Iterable[tuple[str, str, Span, str]]
    span: Span | None
    rewritten: bool = False


def bind(
    decisions: Iterable[Decision], live: Container[str], find: Callable[[Mapping[str, Any]], Standing | None]
) -> tuple[dict[tuple[int, int], str], list[Decision]]:
    """(which live claim each subject means, rows that no longer mean any).

    `live` holds the ids of live claims; `find` tells where an anchor stands now. A subject that is no longer live binds
    to the claim of its kind (id, kind, span, words) that overlaps its anchor most; a figure of a text that was
    rewritten only where its words are the same, since what was decided was about them.
    """
    bound: dict[tuple[int, int], str] = {}
    orphans: list[Decision] = []
    for row in decisions:
        lost = False
        for i, subject in enumerate(row.subjects):
            if subject in live or row.kind == "undo":
                bound[row.seq, i] = subject
                continue
            anchor = row.anchors[i] if i < len(row.anchors) else {}
            found = _overlapping(anchor, find(anchor))
            if found is None:
                lost = True
            else:
                bound[row.seq, i] = found
        if lost:
            orphans.append(row)
    return bound, orphans


def overlap(a: Span, b: Span) -> int:
    """How many characters two spans share; less than zero: how far they lie apart."""
    return min(a[1], b[1]) - max(a[0], b[0])


def _overlapping(anchor: Mapping[str, Any], standing: Standing | None) -> str | None:
    if standing is None or standing.span is None:
        return None
    start, end = standing.span
    best: tuple[int, int, str] | None = None
    for claim_id, kind, (a, b), words in standing.claims:
        common = overlap((start, end), (a, b))
        if kind != anchor.get("kind") or common <= 0:
            continue
        if kind == "figure" and standing.rewritten and words.split() != str(anchor.get("quote")).split():
            continue
        rank = (common, -abs((b - a) - (end - start)), claim_id)
        if best is None or rank > best:
            best = rank
    return best[2] if best else None
