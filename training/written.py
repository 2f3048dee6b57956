"""Reports written for training: our own words, with their records, in `training/written/*.yml`; to measure, in `held/`.

No text of anybody else is in them; the acts they tell are made up, in real places, between real parties. They teach
the tagger wordings of wars that the gold standard does not hold. Nobody counts them: they never enter a book.

    python -m training.written check            # every file, every line that is wrong
    python -m training.written gold FOLDER      # reports.jsonl and gold.jsonl, as in the shared gold standard
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from training.ground import HARMS, split
from training.sets import WRITTEN, full_text

FOLDER = Path(__file__).resolve().parent / "written"
HELD = FOLDER / "held"
"""Reports of the same writers that nothing is trained on: to measure on."""
SCOPES = ("incident", "background", "total", "statistic")
STATUSES = ("happened", "alleged", "denied", "thwarted")
WHO = ("civilian", "state_forces", "armed_group", "unknown")
TYPES = (
    "armed_clash", "territory_regained", "territory_taken", "air_strike", "shelling", "suicide_bomb", "bomb", "grenade",
    "chemical_weapon", "attack", "abduction", "sexual_violence", "arrests", "force_against_protesters",
    "peaceful_protest", "violent_demonstration", "mob_violence", "looting_destruction", "weapons_disrupted", "other",
)  # fmt: skip
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_FIGURE = re.compile(r"(\w+) (\w+) (\d*)(\.\.)?(\d*)")
_REPORT = {"id", "published", "style", "country", "title", "text", "acts"}
_ACT = {"id", "type", "status", "scope", "parts", "when", "where", "country", "by", "hit", "quote", "figures"}


class WrittenError(ValueError):
    """A written report that does not keep to the form; the message names the file, the report and what is allowed."""


def load(folder: Path = FOLDER, files: str = "*.yml") -> list[tuple[dict[str, Any], dict[str, Any]]]:
    """(report, record) pairs of a folder's files that match `files`, in the form of the gold standard.

    Raises WrittenError with every fault.
    """
    pairs: list[tuple[dict[str, Any], dict[str, Any]]] = []
    faults: list[str] = []
    known: set[str] = set()
    for path in sorted(folder.glob(files)):
        for number, row in enumerate(yaml.safe_load(path.read_text(encoding="utf-8")) or [], 1):
            name = row.get("id", f"report {number}") if isinstance(row, dict) else f"report {number}"
            try:
                if name in known:
                    raise WrittenError("the id is already taken")
                known.add(name)
                pairs.append(_pair(row))
            except (WrittenError, KeyError, TypeError, ValueError, AttributeError) as fault:
                faults.append(f"{path.name}: {name}: {fault}")
    if faults:
        raise WrittenError("\n".join(faults))
    return pairs


def _pair(row: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    if set(row) - _REPORT or _REPORT - set(row) - {"style", "title", "country", "acts"}:
        raise WrittenError(f"keys are {sorted(row)}; allowed {sorted(_REPORT)}")
    day = str(row["published"])
    if not _DAY.fullmatch(day):
        raise WrittenError(f"published: {day!r}: needed is YYYY-MM-DD")
    report = {
        "doc_id": f"{WRITTEN}-{row['id']}", "outlet": row.get("style") or "", "published": day,
        "title": (row.get("title") or "").strip(), "text": row["text"].strip(),
    }  # fmt: skip
    text = full_text(report)
    sentences = [text[a:b] for a, b in split(text)]
    acts = [_act(act, row, text, sentences) for act in row.get("acts") or []]
    ids = [a["id"] for a in acts]
    if len(set(ids)) != len(ids):
        raise WrittenError("two acts have one id")
    for act in acts:
        if set(act["parts"]) - set(ids):
            raise WrittenError(f"act {act['id']}: parts {act['parts']} are no acts of this report")
    return report, {"doc_id": report["doc_id"], "published": day, "incidents": acts}


def _act(act: dict[str, Any], row: dict[str, Any], text: str, sentences: list[str]) -> dict[str, Any]:
    name = f"act {act.get('id')}"
    if set(act) - _ACT:
        raise WrittenError(f"{name}: keys are {sorted(act)}; allowed {sorted(_ACT)}")
    for key, value, allowed in (
        ("type", act["type"], TYPES),
        ("scope", act.get("scope", "incident"), SCOPES),
        ("status", act.get("status", "happened"), STATUSES),
    ):
        if value not in allowed:
            raise WrittenError(f"{name}: {key} {value!r}: allowed {', '.join(allowed)}")
    start, end = _days(str(act["when"]) if act.get("when") else None, name)
    for key in ("where", "by", "hit"):
        for words in act.get(key) or []:
            _found(words, text, f"{name}: {key}")
    return {
        "id": str(act["id"]), "type": act["type"], "status": act.get("status", "happened"),
        "scope": act.get("scope", "incident"), "parts": [str(p) for p in act.get("parts") or []], "start": start,
        "end": end, "places": act.get("where") or [], "country": act.get("country") or row.get("country"),
        "perpetrators": act.get("by") or [], "targets": act.get("hit") or [],
        "casualties": [_figure(f, text, name) for f in act.get("figures") or []],
        "quote": _quote(act["quote"], sentences, name),
    }  # fmt: skip


def _days(when: str | None, name: str) -> tuple[str | None, str | None]:
    if when is None:
        return None, None
    start, _, end = when.partition("..")
    if not _DAY.fullmatch(start) or not _DAY.fullmatch(end or start) or (end or start) < start:
        raise WrittenError(f"{name}: when {when!r}: needed is a day, or DAY..DAY")
    return start, end or start


def _figure(told: str, text: str, name: str) -> dict[str, Any]:
    head, words, *rest = (part.strip() for part in told.split("|"))
    match = _FIGURE.fullmatch(head)
    if match is None or match[1] not in HARMS or match[2] not in WHO or not (match[3] or match[5]):
        raise WrittenError(
            f"{name}: figure {told!r}: needed is 'HARM WHO LOW..HIGH | words | says=NAME | of=N | approx'"
        )
    low = int(match[3]) if match[3] else None
    high = (int(match[5]) if match[5] else None) if match[4] else low
    _found(words, text, f"{name}: figure")
    figure: dict[str, Any] = {"harm": match[1], "who": match[2], "min": low, "max": high, "approx": False, "says": None,
                              "subset_of": None, "text": words}  # fmt: skip
    for part in rest:
        key, _, value = part.partition("=")
        if key == "says":
            _found(value, text, f"{name}: says")
            figure["says"] = value
        elif key == "of":
            figure["subset_of"] = int(value)
        elif key == "approx":
            figure["approx"] = True
        else:
            raise WrittenError(f"{name}: figure {told!r}: {part!r} is none of says=, of=, approx")
    return figure


def _quote(start: str, sentences: list[str], name: str) -> str:
    found = [s for s in sentences if " ".join(s.split()).startswith(" ".join(start.split()))]
    if not found:
        raise WrittenError(f"{name}: quote: no sentence begins {start!r}")
    return found[0]


def _found(words: str, text: str, where: str) -> None:
    if " ".join(words.split()) not in " ".join(text.split()):
        raise WrittenError(f"{where}: {words!r} is not in the text")


def _rows(pairs: list[tuple[dict[str, Any], dict[str, Any]]], which: int) -> Iterator[str]:
    return (json.dumps(pair[which], ensure_ascii=False) + "\n" for pair in pairs)


def main(arguments: list[str]) -> int:
    """0 fine, 1 faults in the files, 2 wrong use."""
    if arguments[:1] not in (["check"], ["gold"]) or len(arguments) != 1 + (arguments[0] == "gold"):
        print("use: python -m training.written check | gold FOLDER", file=sys.stderr)
        return 2
    try:
        pairs = [*load(), *load(HELD)]
    except WrittenError as faults:
        print(faults, file=sys.stderr)
        return 1
    if arguments[0] == "gold":
        out = Path(arguments[1])
        out.mkdir(parents=True, exist_ok=True)
        (out / "reports.jsonl").write_text("".join(_rows(pairs, 0)), encoding="utf-8")
        (out / "gold.jsonl").write_text("".join(_rows(pairs, 1)), encoding="utf-8")
    print(f"{len(pairs)} reports, {sum(len(r['incidents']) for _, r in pairs)} acts")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
