#!/usr/bin/env python3
"""How well reports of one incident are put together: eval/link.py [--fit] [--write] [--errors N]

The gold records of a part of the shared gold standard go into a book as they are, without their clusters; the book's
clusters are scored by the gold standard's own score.py (`cluster`, `cluster_pairs`) on dev and on train. Beside it:
what a book makes of our own reading, each incident alone, and "same day and first place". `--fit` sets the weights of
`data/link.yml` on train's clusters (all pairs of different reports; logistic, weights never falling with the level; a
cluster of n counts as at most four mentions, so that one famous bombing does not set them) and prints them: on the gold
records and, at OWN of their weight, on what our rules read in the same reports, since that is what most books are made
of; an act that was read stands for the gold act it is aligned with. It also cross-validates over weeks.
"""

from __future__ import annotations

import argparse
import datetime as dt
import itertools
import json
import os
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
SHARED = Path(os.environ.get("TOLLBOOK_SHARED", ROOT.parent / "shared"))
RESULTS = ROOT / "eval" / "LINKING.md"
OWN = 0.25
"""Weight of a pair of acts as we read them beside one of gold records. At 0.5 and more the pairs of gold records lose
more than those we read gain."""


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]


def clustered(part: str) -> list[dict[str, Any]]:
    """The part's gold records with the clusters a book gives them."""
    from tollbook.book import init_book, report_of

    folder = SHARED / "gold" / part
    records = lines(folder / "gold.jsonl")
    for record in records:
        for incident in record["incidents"]:
            incident.pop("cluster", None)
    reports = [report_of({**r, "text": f"{r['title']}\n\n{r['text']}"}) for r in lines(folder / "reports.jsonl")]
    with tempfile.TemporaryDirectory() as temporary, init_book(Path(temporary) / "eval.toll") as book:
        book.add_records(reports, records)
        return list(book.records())


def read(part: str) -> list[dict[str, Any]]:
    """The part's reports read by our own rules, with the clusters a book gives them."""
    from tollbook.book import init_book
    from tollbook.pipeline import run

    with tempfile.TemporaryDirectory() as temporary, init_book(Path(temporary) / "eval.toll") as book:
        book.add_read(run([SHARED / "gold" / part / "reports.jsonl"], extractor="rules"))
        return list(book.records())


def scored(part: str, records: list[dict[str, Any]]) -> dict[str, Any]:
    """score.py's `cluster` and `cluster_pairs` for records of a part."""
    with tempfile.NamedTemporaryFile("w", suffix=".jsonl", delete=False, encoding="utf-8") as stream:
        stream.writelines(json.dumps(r) + "\n" for r in records)
    command = [
        sys.executable,
        str(SHARED / "gold" / "score.py"),
        str(SHARED / "gold" / part / "gold.jsonl"),
        stream.name,
    ]
    out = json.loads(subprocess.run([*command, "--json"], check=True, capture_output=True, text=True).stdout)
    os.unlink(stream.name)
    return {key: out[key] for key in ("cluster", "cluster_pairs")}


def labelled(part: str, label: Any) -> list[dict[str, Any]]:
    """The part's gold records with a cluster of our choosing."""
    records = lines(SHARED / "gold" / part / "gold.jsonl")
    for record in records:
        for n, incident in enumerate(record["incidents"]):
            incident["cluster"] = label(record, n, incident)
    return records


def day_and_place(record: dict[str, Any], n: int, incident: dict[str, Any]) -> str:
    places = incident["places"]
    if not incident["start"] or not places:
        return f"{record['doc_id']}-{n}"
    return f"{incident['start']} {places[0].lower()}"


def table() -> list[tuple[str, str, dict[str, Any]]]:
    rows = []
    for part in ("dev", "train"):
        rows.append((part, "book", scored(part, clustered(part))))
        rows.append((part, "book, read by rules", scored(part, read(part))))
        rows.append((part, "each alone", scored(part, labelled(part, lambda r, n, i: f"{r['doc_id']}-{n}"))))
        rows.append((part, "day and place", scored(part, labelled(part, day_and_place))))
    return rows


# --- fitting ----------------------------------------------------------------------------------------


def points(act: dict[str, Any]) -> list[dict[str, Any]]:
    """Where the gazetteer puts the first place of a gold act, if it knows one place of that name in its country."""
    from tollbook.resolve.gazetteer import default_gazetteer

    names = act["places"][:1]
    found = [e for n in names for e in default_gazetteer().find(n) if e.country == act["country"]]
    found = [e for e in found if e.has_point and e.match != "folded"]
    return [{"lat": e.lat, "lon": e.lon, "radius_km": e.radius_km} for e in found[:1] if len(found) == 1]


def mentions(part: str) -> tuple[list[Any], list[str], list[str]]:
    """(mentions, their clusters, the weeks their reports were published in)."""
    from tollbook.link import mention

    found, clusters, weeks = [], [], []
    for record in lines(SHARED / "gold" / part / "gold.jsonl"):
        for n, act in enumerate(record["incidents"]):
            if act["scope"] != "statistic":
                found.append(
                    mention(
                        num=len(found), mention_id=f"{record['doc_id']}-{n}", report_id=record["doc_id"],
                        published=record["published"], act={**act, "place_details": points(act)},
                        figures=act["casualties"], order=n,
                    )
                )  # fmt: skip
                clusters.append(act["cluster"])
                weeks.append("{}-{}".format(*dt.date.fromisoformat(record["published"]).isocalendar()[:2]))
    return found, clusters, weeks


def own_mentions(part: str) -> tuple[list[Any], list[str], list[str]]:
    """The same of what our rules read: those acts that are aligned with a gold act, in its cluster."""
    import harness
    from tollbook.link import mention

    scorer = harness.shared_module("score")
    gold = {r["doc_id"]: r for r in lines(SHARED / "gold" / part / "gold.jsonl")}
    found: list[Any] = []
    clusters, weeks = [], []
    for record in read(part):
        real = gold[record["doc_id"]]
        acts = record["incidents"]
        left, right = (scorer.clean(json.loads(json.dumps(r)), [])["incidents"] for r in (real, record))
        at = {json.dumps(act, sort_keys=True): n for n, act in reversed(list(enumerate(right)))}
        for scopes in (("incident", "background"), ("total",)):
            some = ([x for x in acts_ if x["scope"] in scopes] for acts_ in (left, right))
            for told, act in scorer.align(*some):
                n = at[json.dumps(act, sort_keys=True)]
                found.append(
                    mention(
                        num=len(found), mention_id=f"{record['doc_id']}-{n}", report_id=record["doc_id"],
                        published=real["published"], act=acts[n], figures=acts[n]["casualties"], order=n,
                    )
                )  # fmt: skip
                clusters.append(told["cluster"])
                weeks.append("{}-{}".format(*dt.date.fromisoformat(real["published"]).isocalendar()[:2]))
    return found, clusters, weeks


def levels(found: list[Any], clusters: list[str]) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """(levels of each pair of different reports, one incident or not, weight, the numbers of the pair)."""
    from tollbook.link import FEATURES

    size = Counter(clusters)
    rows, same, weight, pairs = [], [], [], []
    for i, j in itertools.combinations(range(len(found)), 2):
        if found[i].report_id == found[j].report_id:
            continue
        rows.append([f.level(found[i], found[j]) for f in FEATURES])
        one = clusters[i] == clusters[j]
        same.append(one)
        n = size[clusters[i]]
        weight.append(2 / (n - 1) * min(1.0, 4 / n) if one else 1.0)
        pairs.append((i, j))
    return np.array(rows, dtype=np.int8), np.array(same), np.array(weight), np.array(pairs)


def fit(x: np.ndarray, y: np.ndarray, w: np.ndarray) -> tuple[float, dict[str, dict[int, float]]]:
    """Logistic regression on steps between levels, no step below zero (projected Adam)."""
    from tollbook.link import FEATURES

    unique, where = np.unique(x, axis=0, return_inverse=True)
    positive = np.bincount(where.ravel(), weights=w * y)
    count = positive + np.bincount(where.ravel(), weights=w * ~y)
    steps = [(k, level) for k, f in enumerate(FEATURES) for level in sorted(f.says)]
    design = np.array(
        [(unique[:, k] >= n).astype(float) if n > 0 else -(unique[:, k] <= n).astype(float) for k, n in steps]
    ).T
    beta, bias = np.full(len(steps), 0.5), -4.0
    first = np.zeros(len(steps) + 1)
    second = np.zeros(len(steps) + 1)
    for t in range(1, 4001):
        p = 1 / (1 + np.exp(-(design @ beta + bias)))
        error = count * p - positive
        gradient = np.append(design.T @ error + 0.2 * beta, error.sum())
        first = 0.9 * first + 0.1 * gradient
        second = 0.999 * second + 0.001 * gradient**2
        step = 0.03 * (first / (1 - 0.9**t)) / (np.sqrt(second / (1 - 0.999**t)) + 1e-9)
        beta, bias = np.maximum(0, beta - step[:-1]), bias - step[-1]
    weights: dict[str, dict[int, float]] = {}
    for k, feature in enumerate(FEATURES):
        listed = {n: beta[i] for i, (kk, n) in enumerate(steps) if kk == k}
        up = {n: sum(v for m, v in listed.items() if 0 < m <= n) for n in listed if n > 0}
        down = {n: -sum(v for m, v in listed.items() if n <= m < 0) for n in listed if n < 0}
        weights[feature.name] = {n: round(float(v), 2) for n, v in sorted({**up, **down}.items())}
    return round(float(bias), 2), weights


def odds(x: np.ndarray, bias: float, weights: dict[str, dict[int, float]]) -> np.ndarray:
    from tollbook.link import FEATURES

    out = np.full(len(x), bias)
    for k, feature in enumerate(FEATURES):
        for level, value in weights[feature.name].items():
            out[x[:, k] == level] += value
    return out


def print_fit() -> None:
    """The weights of train, and what weights of the other weeks make of the pairs within each fifth of the weeks."""
    sets = []
    for share, (found, clusters, weeks) in ((1.0, mentions("train")), (OWN, own_mentions("train"))):
        x, y, w, pairs = levels(found, clusters)
        sets.append((x, y, share * w, np.array(weeks)[pairs]))
    x, y, w, week_of = (np.concatenate(listed) for listed in zip(*sets, strict=True))
    bias, weights = fit(x, y, w)
    print(f"bias: {bias}\nweights:")
    for name, listed in weights.items():
        print(f"  {name}: {{{', '.join(f'{n}: {v}' for n, v in listed.items())}}}")
    fold_of = {week: n % 5 for n, week in enumerate(sorted(set(week_of.ravel())))}
    fold = np.vectorize(fold_of.__getitem__)(week_of)
    gold = np.arange(len(y)) < len(sets[0][1])
    for name, part in (("gold records", gold), ("as read", ~gold)):
        print(f"{name}: {folds(x, y, w, fold, part)}")


def folds(x: np.ndarray, y: np.ndarray, w: np.ndarray, fold: np.ndarray, part: np.ndarray) -> str:
    """What weights of the other weeks make of a part's pairs within each fifth of the weeks."""
    hit = wrong = missed = 0
    for n in range(5):
        held, other = (fold == n).all(axis=1) & part, (fold != n).all(axis=1)
        z = odds(x[held], *fit(x[other], y[other], w[other]))
        hit += int(((z > 0) & y[held]).sum())
        wrong += int(((z > 0) & ~y[held]).sum())
        missed += int(((z <= 0) & y[held]).sum())
    return f"pairs, five folds over weeks: P {100 * hit / (hit + wrong):.1f} R {100 * hit / (hit + missed):.1f}"


def main() -> None:
    ask = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    ask.add_argument("--fit", action="store_true")
    ask.add_argument("--write", action="store_true")
    asked = ask.parse_args()
    if asked.fit:
        print_fit()
        return
    rows = table()
    out = ["| part | how | B-cubed P | R | F1 | pairs P | R | F1 |", "|---|---|---|---|---|---|---|---|"]
    for part, how, found in rows:
        numbers = [found[k][m] for k in ("cluster", "cluster_pairs") for m in ("p", "r", "f1")]
        out.append(f"| {part} | {how} | " + " | ".join(str(n) for n in numbers) + " |")
    print("\n".join(out))
    if asked.write:
        asked_head = ["git", "rev-parse", "--short", "HEAD"]
        commit = subprocess.run(asked_head, cwd=ROOT, capture_output=True, text=True).stdout.strip()
        with RESULTS.open("a") as stream:
            stream.write(
                f"\n## Linking, {dt.date.today().isoformat()}, {commit}\n\n`eval/link.py`: gold records in.\n\n"
            )
            stream.write("\n".join(out) + "\n")


if __name__ == "__main__":
    main()
