"""The wheel: what is in it, what it takes on disk, and that it reads with nothing but itself and no network."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import venv
import zipfile
from collections.abc import Sequence
from pathlib import Path

import pytest

import tollbook

ROOT = Path(__file__).resolve().parent.parent
MAX_WHEEL = 60_000_000
MAX_INSTALLED = 320_000_000

# What pip says when there is no package index to ask: no fault of the wheel's.
UNREACHABLE = re.compile(
    "name resolution|Max retries|ConnectionError|Network is unreachable|timed out|ProxyError", re.I
)

NO_NETWORK = '''"""Any use of the network is an error."""
import socket

def refuse(*_args, **_kwargs):
    raise AssertionError("the network was asked")

class Refused(socket.socket):
    __init__ = refuse

socket.socket = Refused
socket.create_connection = socket.getaddrinfo = refuse
'''


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("dist")
    done = subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(out), str(ROOT)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    (made,) = out.glob("*.whl")
    return made


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty environment with the wheel and what it asks for."""
    home = tmp_path_factory.mktemp("installed")
    venv.create(home, with_pip=True)
    done = subprocess.run(
        [str(home / "bin" / "python"), "-m", "pip", "--disable-pip-version-check", "install", "--quiet", str(wheel)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode and UNREACHABLE.search(done.stderr):
        pytest.skip("platform: no package index can be reached")
    assert done.returncode == 0, done.stderr
    return home


def site_packages(home: Path) -> Path:
    (found,) = (home / "lib").glob("python3.*/site-packages")
    return found


def run(home: Path, folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """The installed program, away from the source tree, with the network taken away."""
    (folder / "no-network").mkdir(exist_ok=True)
    (folder / "no-network" / "sitecustomize.py").write_text(NO_NETWORK, encoding="utf-8")
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("PYTHON", "TOLLBOOK"))}
    return subprocess.run(
        [str(home / "bin" / "tollbook"), *arguments],
        cwd=folder, capture_output=True, text=True, encoding="utf-8", check=False,
        env={**environment, "PYTHONPATH": str(folder / "no-network"), "HOME": str(folder)},
    )  # fmt: skip


def test_the_wheel_holds_all_data_and_nothing_else(wheel: Path) -> None:
    assert wheel.stat().st_size <= MAX_WHEEL
    names = set(zipfile.ZipFile(wheel).namelist())
    source = ROOT / "src"
    expected = {
        path.relative_to(source).as_posix()
        for path in (source / "tollbook").rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    packaged = {name for name in names if name.startswith("tollbook/")}
    assert packaged == expected
    assert "tollbook/data/record.schema.json" in packaged
    assert "tollbook/py.typed" in packaged
    others = {name.split("/", 1)[1] for name in names - packaged}
    assert {"licenses/LICENSE", "licenses/NOTICE", "METADATA", "entry_points.txt"} <= others
    assert all(".dist-info/" in name for name in names - packaged)


def size(paths: Sequence[Path]) -> int:
    """Bytes on disk, in whole blocks."""
    return sum(path.stat().st_blocks * 512 for path in paths if path.is_file() and not path.is_symlink())


def test_the_installation_is_small(installed: Path) -> None:
    packages = site_packages(installed)
    ours = [
        path
        for path in packages.rglob("*")
        if not path.relative_to(packages).parts[0].startswith(("pip", "setuptools", "_distutils_hack", "pkg_resources"))
    ]
    assert size(ours) <= MAX_INSTALLED, f"{size(ours) / 1e6:.0f} MB"


def test_it_reads_without_network_and_source_tree(installed: Path, tmp_path: Path) -> None:
    assert run(installed, tmp_path, "--version").stdout == f"tollbook {tollbook.__version__}\n"
    done = run(installed, tmp_path, "read", str(ROOT / "demo" / "reports"), "--to", "jsonl")
    assert (done.returncode, done.stderr) == (0, "")
    by_rules = tollbook.read(ROOT / "demo" / "reports", extractor="rules")  # the core has no onnxruntime
    here = [json.dumps(record.to_json()) for record in by_rules]
    assert [json.dumps(json.loads(line)) for line in done.stdout.split("\n") if line] == here
    for form in ("table", "csv", "html"):
        assert run(installed, tmp_path, "read", str(ROOT / "demo" / "reports"), "--to", form).returncode == 0


def test_the_network_is_really_taken_away(installed: Path, tmp_path: Path) -> None:
    run(installed, tmp_path, "--version")
    done = subprocess.run(
        [str(installed / "bin" / "python"), "-c", "import socket; socket.create_connection(('localhost', 9))"],
        env={**os.environ, "PYTHONPATH": str(tmp_path / "no-network")}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert "the network was asked" in done.stderr
