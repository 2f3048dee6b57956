"""Loads the package's data files once, and names their state by a hash.

Words, codes and names live in `data/`; each file has a `check` where it is used. The hash over
all of them goes into every record's `made_with.lexicon`.
"""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from tollbook.errors import LexiconError

DATA = Path(__file__).parent / "data"

_STR, _SEQ, _MAP = (f"tag:yaml.org,2002:{name}" for name in ("str", "seq", "map"))
_Safe: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _Loader(_Safe):  # type: ignore[misc]  # the class is chosen at run time
    """The safe loader of PyYAML with a short way for words, lists and mappings, which are all but a few of our nodes.

    The data are read at every start: this way they take half the time. What a file says does not change; an alias
    gives an equal value instead of the same one.
    """

    def descend_resolver(self, current_node: Any, current_index: Any) -> None:
        """Nothing: our files have no rules by path."""

    def ascend_resolver(self) -> None:
        """Nothing: see `descend_resolver`."""

    def resolve(self, kind: type, value: Any, implicit: Any) -> str:
        """The tag of a node that has none: a plain scalar by its first character, as in YAML 1.1."""
        if kind is yaml.ScalarNode:
            if implicit[0]:
                for tag, pattern in self.yaml_implicit_resolvers.get(value[:1], ()):
                    if pattern.match(value):
                        return str(tag)
            return _STR
        return _SEQ if kind is yaml.SequenceNode else _MAP

    def get_single_data(self) -> Any:
        """The document's value, None for an empty one."""
        node = self.get_single_node()
        return None if node is None else self._value(node)

    def _value(self, node: Any) -> Any:
        tag = node.tag
        if tag == _STR:
            return node.value
        if tag == _SEQ:
            return [item.value if item.tag == _STR else self._value(item) for item in node.value]
        if tag == _MAP and all(key.tag == _STR for key, _ in node.value):
            return {key.value: item.value if item.tag == _STR else self._value(item) for key, item in node.value}
        return self.construct_object(node, deep=True)


@cache
def load(name: str) -> Any:
    """The parsed content of `data/<name>.yml`, e.g. `load("lexicon/en/dates")`.

    The value is shared: treat it as read-only. Raises LexiconError where the file is absent or is not YAML.
    """
    path = DATA / f"{name}.yml"
    try:
        return yaml.load(path.read_text(encoding="utf-8"), Loader=_Loader)
    except OSError as error:
        raise LexiconError(f"{path.name}: cannot be read: {error}") from error
    except yaml.YAMLError as error:
        raise LexiconError(f"{path.name}: not YAML: {error}") from error


@cache
def version() -> str:
    """The first 12 hex digits of the SHA-256 over all data files, names included."""
    digest = hashlib.sha256()
    for path in sorted(DATA.rglob("*.yml")):
        digest.update(path.relative_to(DATA).as_posix().encode() + b"\0")
        digest.update(path.read_bytes() + b"\0")
    return digest.hexdigest()[:12]
