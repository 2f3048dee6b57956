"""Measures actors and speakers against the gold: run `python eval/actors.py [train|dev] [--misses N] [--gold DIR]`.

perpetrators: share of gold perpetrators that `find_actors` finds somewhere in the report (names alike, as the gold's
score.py compares them). says: for every gold figure, whether the speaker whose scope covers the figure's words is
alike to the gold's, and whether figures without one are left without.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import sys
from collections import Counter, defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tollbook.clean import clean_report
from tollbook.model import Actor, Issue, Report, Speaker
from tollbook.resolve.actors import find_actors, load_actors
from tollbook.sentences import split_sentences
from tollbook.sources import read_sources

SHARED = Path(os.environ.get("TOLLBOOK_SHARED", Path(__file__).resolve().parents[2] / "shared"))


def load_alike(folder: Path) -> Callable[..., bool]:
    spec = importlib.util.spec_from_file_location("gold_score", folder / "score.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.alike  # type: ignore[no-any-return]


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]


def prefix(doc_id: str) -> str:
    return doc_id.split("-")[0]


def mention_of(name: str, actors: list[Actor], alike: Callable[..., bool]) -> bool:
    return any(alike(name, actor.name, True) for actor in actors)


def covering(at: int, speakers: list[Speaker]) -> Speaker | None:
    """The speaker with the narrowest scope over a place in the text."""
    over = [speaker for speaker in speakers if speaker.scope[0] <= at < speaker.scope[1]]
    return min(over, key=lambda s: s.scope[1] - s.scope[0]) if over else None


def measure(folder: Path, misses: int) -> None:
    from tollbook.resolve.speakers import default_speaker, find_speakers

    alike = load_alike(folder.parent)
    reports: dict[str, Report] = {}
    for raw in read_sources([folder / "reports.jsonl"]):
        if not isinstance(raw, Issue):
            reports[raw.doc_id] = clean_report(raw)
    book = load_actors()
    tally: dict[str, Counter[str]] = defaultdict(Counter)
    wrong: list[str] = []
    for gold in lines(folder / "gold.jsonl"):
        doc, group = gold["doc_id"], prefix(gold["doc_id"])
        text, title_end = reports[doc].text, reports[doc].title_end
        sentences = [s for s in split_sentences(reports[doc]) if s.kind in ("title", "body", "standfirst")]
        actors = find_actors(text, sentences, book)
        speakers = find_speakers(text, sentences, actors)
        for incident in gold["incidents"]:
            for role in ("perpetrators", "targets"):
                for name in incident[role]:
                    hit = mention_of(name, actors, alike)
                    tally[group][f"{role} found" if hit else f"{role} missed"] += 1
                    if not hit and role == "perpetrators":
                        wrong.append(f"PERP {doc} | {name}")
            for figure in incident["casualties"]:
                at = text.find(figure["text"], title_end)
                if at < 0:
                    at = text.find(figure["text"])
                if at < 0:
                    continue
                speaker = covering(at, speakers)
                if speaker is None:
                    speaker = default_speaker(text, sentences, speakers, at)
                score_says(tally[group], wrong, doc, figure, speaker, alike, text, at)
    report(tally)
    for line in wrong[:misses]:
        print(line)


def score_says(
    tally: Counter[str],
    wrong: list[str],
    doc: str,
    figure: dict[str, Any],
    speaker: Speaker | None,
    alike: Callable[..., bool],
    text: str,
    at: int,
) -> None:
    says, name = figure["says"], speaker.name if speaker else None
    if says and name and alike(says, name, True):
        outcome = "says right"
    elif says and name:
        outcome = "says other"
    elif says:
        outcome = "says missed"
    elif name:
        outcome = "says invented"
    else:
        outcome = "none right"
    tally[outcome] += 1
    if outcome not in ("says right", "none right"):
        context = text[max(0, at - 160) : at + 160].replace("\n", " / ")
        wrong.append(f"{outcome.upper()} {doc} | gold {says!r} | found {name!r} | {figure['text']!r} | ...{context}...")


def report(tally: dict[str, Counter[str]]) -> None:
    total: Counter[str] = Counter()
    for counts in tally.values():
        total += counts
    for group, counts in [*sorted(tally.items()), ("all", total)]:
        found = counts["perpetrators found"]
        targets = counts["targets found"]
        named = counts["says right"] + counts["says other"] + counts["says missed"]
        given = counts["says right"] + counts["says other"] + counts["says invented"]
        right = counts["says right"] + counts["none right"]
        everything = named + counts["says invented"] + counts["none right"]
        print(
            f"{group:6} perpetrators {found}/{found + counts['perpetrators missed']}"
            f"  targets {targets}/{targets + counts['targets missed']}"
            f"  says P {ratio(counts['says right'], given)} R {ratio(counts['says right'], named)}"
            f" accuracy {ratio(right, everything)} of {everything}"
            f"  (other {counts['says other']}, missed {counts['says missed']}, invented {counts['says invented']})"
        )


def ratio(part: int, whole: int) -> str:
    return f"{100 * part / whole:.1f}" if whole else "-"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sets", nargs="*", default=["train", "dev"])
    parser.add_argument("--misses", type=int, default=0)
    parser.add_argument("--gold", type=Path, default=SHARED / "gold")
    args = parser.parse_args()
    for name in args.sets or ["train", "dev"]:
        print(f"== {name}")
        measure(args.gold / name, args.misses)
    return 0


if __name__ == "__main__":
    sys.exit(main())
