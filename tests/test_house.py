"""House rules that hold for the whole tree: who may import whom, who may print, what is documented."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from functools import cache
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
SRC = ROOT / "src" / "tollbook"
MODULES = sorted(SRC.rglob("*.py"))

# Layers from the bottom up; a module may import from its own layer and those below. The first match counts.
LAYERS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("values", ("model", "errors", "__init__")),
    ("words", ("yamlreader", "lexicon", "ontology", "vocabulary")),
    (
        "pure",
        (
            "language", "sentences", "furniture", "page_rules", "running_text", "htmlpage", "clean",
            "extract", "resolve", "ground", "schema", "link", "ledger", "redact",
        ),
    ),
    ("inputs", ("decoding", "sources")),
    ("store", ("store",)),
    ("shown", ("tally", "render")),
    ("line", ("pipeline",)),
    ("book", ("intake", "book", "detail", "changes", "charts", "expunge", "review", "export", "exchange")),
    ("front", ("cli", "web")),
)  # fmt: skip
# The pure layer reads the package's own data and nothing else: no clock, no network, no store.
IMPURE = frozenset(("socket", "urllib.request", "http.client", "requests", "httpx", "sqlite3", "sqlalchemy", "time"))
# A forked child must end without what its parent still has to do at its own end.
FORKS = frozenset(("store.spread",))


def name_of(path: Path) -> str:
    parts = path.relative_to(SRC).with_suffix("").parts
    return ".".join(parts)


def layer(module: str) -> int | None:
    top = module.split(".")[0]
    for number, (_, members) in enumerate(LAYERS):
        if top in members:
            return number
    return None


@cache
def nodes_of(path: Path) -> tuple[ast.AST, ...]:
    """All nodes of a module, the module itself first."""
    return tuple(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))


def imports(path: Path) -> Iterator[tuple[str, bool]]:
    """Each imported module, and whether only types are wanted of it."""
    typing_only = {
        id(inner)
        for node in nodes_of(path)
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test)
        for inner in ast.walk(node)
    }
    for node in nodes_of(path):
        only = id(node) in typing_only
        if isinstance(node, ast.Import):
            yield from ((alias.name, only) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            if node.module == "tollbook":
                yield from ((f"tollbook.{alias.name}", only) for alias in node.names)
            else:
                yield node.module, only


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_imports_point_downwards(path: Path) -> None:
    own = layer(name_of(path))
    assert own is not None, f"{name_of(path)}: give it a place in LAYERS"
    for imported, types_only in imports(path):
        if not imported.startswith("tollbook.") or types_only:
            continue
        other = imported.removeprefix("tollbook.")
        if other == "__version__":
            continue
        below = layer(other)
        assert below is not None, f"{other}: give it a place in LAYERS"
        assert below <= own, f"{name_of(path)} may not import {imported}"


PURE = [path for path in MODULES if (number := layer(name_of(path))) is not None and number <= 2]


@pytest.mark.parametrize("path", PURE, ids=name_of)
def test_the_pure_layers_have_no_clock_network_or_store(path: Path) -> None:
    assert not {name for name, _ in imports(path)} & IMPURE
    told = path.read_text(encoding="utf-8")
    assert not re.search(r"\b(?:date\.today|datetime\.(?:now|utcnow|today))\(", told)


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_only_the_command_line_prints_or_exits(path: Path) -> None:
    if layer(name_of(path)) == len(LAYERS) - 1:
        return
    for node in nodes_of(path):
        if isinstance(node, ast.Call):
            called = ast.unparse(node.func)
            if called == "os._exit" and name_of(path) in FORKS:
                continue
            assert called not in ("print", "exit", "quit", "sys.exit", "os._exit", "input"), f"{called}, {node.lineno}"


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_no_error_is_swallowed(path: Path) -> None:
    for node in nodes_of(path):
        if isinstance(node, ast.ExceptHandler):
            assert node.type is not None, f"bare except, line {node.lineno}"
            bare = isinstance(node.body[0], ast.Pass) and ast.unparse(node.type) in ("Exception", "BaseException")
            assert not bare, f"swallowed, line {node.lineno}"


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_nothing_is_left_unfinished(path: Path) -> None:
    assert not re.search(r"\b(?:TODO|FIXME|XXX|NotImplementedError)\b", path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_public_functions_and_classes_say_what_they_promise(path: Path) -> None:
    tree = nodes_of(path)[0]
    assert isinstance(tree, ast.Module)
    assert ast.get_docstring(tree) or not tree.body, "the module"
    for node in tree.body:
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)) and not node.name.startswith("_"):
            assert ast.get_docstring(node), node.name


def test_what_is_imported_is_declared() -> None:
    """Each package that the source imports is a dependency, or belongs to an extra."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    groups = [project["dependencies"], *project["optional-dependencies"].values()]
    declared = {re.split(r"[\[<>=~!; ]", line, maxsplit=1)[0].lower() for group in groups for line in group}
    provided = {part for name in declared for part in top_of(name)}
    for path in MODULES:
        for imported, _ in imports(path):
            top = imported.split(".")[0]
            if top != "tollbook" and top not in sys.stdlib_module_names:
                assert top in provided, f"{name_of(path)}: {top}"


def top_of(name: str) -> set[str]:
    """The packages and modules that an installed distribution brings."""
    try:
        files = distribution(name).files or []
    except PackageNotFoundError:
        return set()
    return {path.parts[0].removesuffix(".py") for path in files}


def tracked() -> list[Path]:
    """The files of the repository; those on disk, without what tools leave behind, where git is not at hand."""
    try:
        listed = subprocess.run(
            ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
            cwd=ROOT, capture_output=True, check=True, text=True,
        ).stdout.split("\0")  # fmt: skip
        paths = [ROOT / name for name in listed if name]
    except (OSError, subprocess.CalledProcessError):
        paths = [p for p in ROOT.rglob("*") if not any(part.startswith(".") for part in p.relative_to(ROOT).parts)]
    return [path for path in paths if path.is_file()]


def test_no_file_names_a_place_on_somebodys_machine() -> None:
    # Written so that this file does not hold what it looks for.
    place = re.compile("(?<![\\w.])/(?:wor" + "k|roo" + "t|far" + "m|hom" + "e/[a-z]+|User" + "s/[a-z]+)/")
    found = []
    for path in tracked():
        data = path.read_bytes()
        if b"\0" in data[:4096]:
            continue
        for number, line in enumerate(data.decode("utf-8", "replace").splitlines(), 1):
            if place.search(line):
                found.append(f"{path.relative_to(ROOT)}:{number}: {line.strip()[:100]}")
    assert not found, "\n".join(found)


@pytest.mark.parametrize(
    ("reason", "ci", "red", "workers"),
    [
        ("no browser here", "true", True, []),
        ("no browser here", "true", True, ["-p", "xdist", "-n", "2"]),
        ("no browser here", "", False, []),
        ("platform: no /dev/full", "true", False, []),
    ],
)
def test_on_ci_a_skip_is_a_failure_unless_nothing_could_mend_it(
    tmp_path: Path, reason: str, ci: str, red: bool, workers: list[str]
) -> None:
    (tmp_path / "conftest.py").write_bytes((ROOT / "tests" / "conftest.py").read_bytes())
    (tmp_path / "test_one.py").write_text(
        f"import pytest\ndef test_a(): pass\ndef test_b(): pytest.skip({reason!r})\n", encoding="utf-8"
    )
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", *workers, str(tmp_path)],
        cwd=tmp_path, capture_output=True, text=True, check=False,
        env={**os.environ, "CI": ci, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
    )  # fmt: skip
    assert done.returncode == int(red), done.stdout
    assert ("which counts as failed" in done.stdout) == red
    assert re.search(r"^1 passed, 1 skipped in ", done.stdout.splitlines()[-1])
