"""One incident whole as JSON values: what `tollbook incident --to jsonl` prints and the API's `incidents/ID` gives."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tollbook.model import to_plain

if TYPE_CHECKING:
    from tollbook.book import Detail


def plain(found: Detail, rule: str) -> dict[str, Any]:
    """Card, bounds by the named rule, voices, every figure, what each report tells, why these are one incident, what it
    may be one with, sums and their parts, the toll by day.

    Claims, mentions, reports and incidents are named by their ids. Names are in it: `redact` takes them out.
    """
    state = found.state
    return {
        "asked": found.asked,
        "rule": rule,
        "card": to_plain(state.card),
        "bounds": to_plain(state.bounds),
        "voices": to_plain(state.voices),
        "independent": list(state.independent),
        "grade": state.grade,
        "grade_why": state.grade_why,
        "review": state.review,
        "reviewed_by": state.reviewed_by,
        "reviewed_at": state.reviewed_at,
        "figures": to_plain(state.figures),
        "told": [
            {
                "mention": t.mention.id,
                "report": t.report_id,
                "doc_id": t.doc_id,
                "outlet": t.outlet,
                "published": t.published,
                "sentence": found.sentences.get(t.mention.id),
            }
            for t in state.told
        ],
        "merged": to_plain(found.merged),
        "possible": to_plain(found.possible),
        "parts": to_plain(found.parts),
        "part_of": to_plain(found.part_of),
        "steps": to_plain(found.steps),
    }
