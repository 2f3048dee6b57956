"""YAML as our data files use it, read by a short way."""

from __future__ import annotations

from typing import Any

import yaml

_STR, _SEQ, _MAP = (f"tag:yaml.org,2002:{name}" for name in ("str", "seq", "map"))
_Safe: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def parse(text: str) -> Any:
    """The value of a document, as `yaml.safe_load` has it. Raises yaml.YAMLError, also for a key that stands twice."""
    return yaml.load(text, Loader=_Loader)


class _Loader(_Safe):  # type: ignore[misc]  # the class is chosen at run time
    """The safe loader of PyYAML with a short way for words, lists and mappings, which are all but a few of our nodes.

    It takes half the time. What a file says does not change; an alias gives an equal value instead of the same one.
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
            found = {key.value: item.value if item.tag == _STR else self._value(item) for key, item in node.value}
            if len(found) < len(node.value):  # PyYAML keeps the last and loses the others without a word
                keys = [key.value for key, _ in node.value]
                again = next(key for n, (key, _) in enumerate(node.value) if key.value in keys[:n])
                raise yaml.constructor.ConstructorError(None, None, f"{again.value!r} stands twice", again.start_mark)
            return found
        return self.construct_object(node, deep=True)
