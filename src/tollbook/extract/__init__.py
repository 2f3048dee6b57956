"""The extractor seam: what turns one report into incidents, and the check that all of it stands in the text.

An extractor is a callable from a `Report` to a `Reading`. `EXTRACTORS` maps names to factories;
heavy imports sit inside the factories, so that listing names costs nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Protocol

from tollbook import lexicon
from tollbook.errors import UsageError
from tollbook.model import Incident, Issue, Report, Victim


@dataclass(frozen=True, slots=True)
class Reading:
    """What an extractor found in one report."""

    incidents: tuple[Incident, ...] = ()
    victims: tuple[Victim, ...] = ()
    issues: tuple[Issue, ...] = ()


class Extractor(Protocol):
    """Reads one report. Pure: the same report gives the same reading. `model` names trained weights, if any."""

    @property
    def name(self) -> str: ...  # noqa: D102

    @property
    def model(self) -> str | None: ...  # noqa: D102

    @property
    def gazetteer(self) -> str | None: ...  # noqa: D102

    def __call__(self, report: Report) -> Reading: ...  # noqa: D102


def _rules(actors: Sequence[Path] = ()) -> Extractor:
    from tollbook.extract.rules import RulesExtractor

    return RulesExtractor(actors)


def _local(actors: Sequence[Path] = ()) -> Extractor:
    from tollbook.extract.local import LocalExtractor

    return LocalExtractor(actors)


EXTRACTORS: dict[str, Callable[[Sequence[Path]], Extractor]] = {"rules": _rules}
if (lexicon.DATA / "model" / "tagger.onnx").is_file():  # a package without weights has no extractor that needs them
    EXTRACTORS["local"] = _local
DEFAULT = "local" if "local" in EXTRACTORS and find_spec("onnxruntime") is not None else "rules"
"""`local` reads better and needs the extra `local`; without it, the rules."""
EXTRACTOR_HELP = "What reads the reports: local (rules and trained tagger; what is used where installed) or rules."


def get_extractor(name: str = DEFAULT, actors: Sequence[Path] = ()) -> Extractor:
    """The extractor of that name, knowing the actors of these PETRARCH dictionaries too.

    Raises UsageError that lists the names there are.
    """
    try:
        factory = EXTRACTORS[name]
    except KeyError:
        raise UsageError(f"no extractor {name!r}; there are: {', '.join(EXTRACTORS)}") from None
    return factory(actors)
