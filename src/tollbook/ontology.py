"""The closed lists of a record, from `data/ontology.yml`: what each code is called and what it means."""

from __future__ import annotations

from functools import cache
from typing import Any, get_args

from tollbook import lexicon, model
from tollbook.errors import LexiconError

# The lists whose codes are fixed by the types of `model`; the others are open within a major schema version.
FIXED: dict[str, tuple[str, ...]] = {
    "types": get_args(model.ActType),
    "harms": get_args(model.Harm),
    "who": get_args(model.Who),
    "statuses": get_args(model.Status),
    "scopes": get_args(model.Scope),
    "precisions": get_args(model.DatePrecision),
    "date_bases": get_args(model.DateBasis),
    "published_bases": get_args(model.PublishedBasis),
    "attributions": get_args(model.AttributionBasis),
    "effects": ("destroyed", "damaged", "seized", "unhurt"),
}
OPEN = ("families", "roles", "means", "vehicles", "objects", "furniture")


@cache
def entries(group: str) -> dict[str, dict[str, Any]]:
    """Code to its row, e.g. `entries("types")["bomb"]["family"]` is "blast"."""
    data: dict[str, dict[str, Any]] = lexicon.load("ontology")[group]
    return data


def codes(group: str) -> frozenset[str]:
    """The codes of a list."""
    return frozenset(entries(group))


def label(group: str, code: str) -> str:
    """The words for a code: "ground taken"; a code that is not on the list reads as itself."""
    told: str = entries(group).get(code, {}).get("label", code.replace("_", " "))
    return told


def plural(group: str, code: str) -> str:
    """The words for several of a code: "soldiers", "police"."""
    told: str = entries(group).get(code, {}).get("many", f"{label(group, code)}s")
    return told


def check(data: Any) -> None:
    """Holds the content of `ontology.yml` to the model. Raises LexiconError naming what is wrong."""
    if not isinstance(data, dict) or set(data) != {*FIXED, *OPEN}:
        raise LexiconError(f"ontology.yml: must hold exactly the lists {', '.join(sorted({*FIXED, *OPEN}))}")
    for group, rows in data.items():
        if group in FIXED and set(rows) != set(FIXED[group]):
            wrong = sorted(set(rows) ^ set(FIXED[group]))
            raise LexiconError(f"ontology.yml: {group}: differs from the model in {', '.join(wrong)}")
        for code, row in rows.items():
            extra = set(row) - {"label", "many", "meaning", "family", "acled", "ged"}
            if not isinstance(row.get("meaning"), str) or extra:
                raise LexiconError(f"ontology.yml: {group}.{code}: needs a meaning, and has no {sorted(extra)}")
    lost = {row.get("family") for row in data["types"].values()} - set(data["families"])
    if lost:
        raise LexiconError(f"ontology.yml: types: no such family: {sorted(map(str, lost))}")
