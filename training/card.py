"""Writes docs/model-card.md: fixed words, and the numbers of this run."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from training.sets import FIRST, SetInfo

SHOWN = (
    ("killed", "killed"), ("injured", "injured"), ("place", "places"), ("perpetrator", "perpetrators"),
    ("target", "targets"),
    ("date", "dates"), ("speaker", "speakers"), ("act", "act sentence"), ("link_figure_place", "figure-place"),
    ("link_figure_perpetrator", "figure-perp."), ("says_link", "figure-speaker"), ("who", "who %"), ("type", "type %"),
    ("scope", "scope %"), ("status", "status %"),
)  # fmt: skip


def write(
    path: Path,
    folder: Path,
    size: int,
    facts: dict[str, Any],
    folds: dict[str, Any],
    dev: dict[str, Any],
    sets: Sequence[SetInfo],
) -> None:
    """The card at `path`, filled from this run; the words stand in `card.md` beside this module."""
    words = Path(__file__).with_name("card.md").read_text(encoding="utf-8")
    version = json.loads((folder / "tagger.json").read_text())["version"]
    values = {
        "version": version, "made": facts["made"], "size": f"{size / 1e6:.1f}", "sets": _sets(facts, sets),
        "counts": ", ".join(f"{name} {n}" for name, n in sorted(facts["texts"]["by_source"].items())),
        "dropped": str(facts["texts"]["dropped_as_like_dev"]), "digest": facts["texts"]["digest"],
        "base": facts["base"], "plan": ", ".join(f"{k} {v}" for k, v in facts["plan"].items()),
        "outlets": _outlets(folds), "dev": _table(dev, "run"), "folds": _folds(folds),
        "calibration": _calibration(folds),
    }  # fmt: skip
    for name, value in values.items():
        words = words.replace("{{" + name + "}}", value)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(words, encoding="utf-8")


def _sets(facts: dict[str, Any], sets: Sequence[SetInfo]) -> str:
    rows = [f"| {i.name} | {i.about} | {i.licence} | `{facts['hashes'][i.name][:16]}` |" for i in sets]
    return "\n".join(["| set | how used | licence | sha256 of the file |", "|---|---|---|---|", *rows])


def _table(results: dict[str, dict[str, float]], first: str) -> str:
    head = [first, *(title for _, title in SHOWN)]
    rows = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    for name, result in results.items():
        rows.append("| " + " | ".join([name, *(str(result.get(key, "-")) for key, _ in SHOWN)]) + " |")
    return "\n".join(rows)


def _folds(folds: dict[str, Any]) -> str:
    results = {
        f"{source} ({scores['reports']}), without {name}": scores
        for name, fold in sorted(folds.items(), key=lambda item: item[0] == FIRST)
        for source, scores in fold["scores"].items()
    }
    return _table(results, "scored on (reports)") if results else "Not run for this version."


def _outlets(folds: dict[str, Any]) -> str:
    """By the folds that leave out one source where they were made, else by the one that leaves out all of gold."""
    ordered = sorted(folds.items(), key=lambda item: item[0] != FIRST)
    results = {f"{o} ({s['reports']})": s for _, fold in ordered for o, s in fold["outlets"].items()}
    return _table(results, "outlet (reports)") if results else "Not run for this version."


def _calibration(folds: dict[str, Any]) -> str:
    lines = []
    for name, result in folds.items():
        for what, found in result["calibration"].items():
            bins = "; ".join(f"{mean:.2f} -> {right:.2f} ({n})" for n, mean, right in found["bins"])
            lines.append(
                f"- without {name}, {what}: expected calibration error {found['ece']}; said -> right (spans): {bins}"
            )
    return "\n".join(lines) or "Not run for this version; probabilities are uncalibrated and only order the queue."
