"""An application's folder as texts, within bounds. No link is followed, and nothing is run."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from seatrial import errors

FILE_BYTES_MAX = 300_000
TOTAL_BYTES_MAX = 20_000_000
FILES_MAX = 3_000
ENTRIES_MAX = 100_000
DEPTH_MAX = 8
_LEFT_OUT = frozenset(
    {
        "node_modules",
        "bower_components",
        "venv",
        "env",
        "virtualenv",
        "site-packages",
        "__pycache__",
        "dist",
        "build",
        "target",
        "vendor",
        "coverage",
        "htmlcov",
        "static",
        "staticfiles",
        "media",
        "fixtures",
        "locale",
    }
)
"""Folders that others write: packages, builds, caches, uploads."""
_TESTS = frozenset(
    {
        "tests",
        "test",
        "__tests__",
        "testing",
        "spec",
        "e2e",
        "examples",
        "example",
        "docs",
        "doc",
        "benchmarks",
    }
)
"""Folders of programs that are not the application."""
_READ = re.compile(
    r"""(
      .*\.(py|js|mjs|cjs|ts|mts|cts|jsx|tsx|prisma|sql)
    | (docker-)?compose([.-][\w.-]+)?\.ya?ml
    | (Dockerfile|Containerfile)([.-][\w.-]+)? | [\w.-]+\.(D|d)ockerfile
    | Procfile | pyproject\.toml | uv\.lock | poetry\.lock | Pipfile | setup\.cfg
    | [\w.-]*requirements[\w.-]*\.(txt|in) | (base|common|main|prod|production|web)\.(txt|in)
    | package\.json | alembic\.ini | \.env([.-][\w.-]+)? | [\w-]+\.env
    )""",
    re.VERBOSE,
)
_TEST_FILE = re.compile(r"(test_.*|.*_test|conftest|.*\.(test|spec|stories|d))\.[a-z]+")


@dataclass(frozen=True, kw_only=True, slots=True)
class Folder:
    """Texts by path relative to the application's folder (with `/`), in the order of their paths."""

    texts: Mapping[str, str]
    problems: tuple[str, ...] = ()
    """Sentences on what was not read."""
    made: frozenset[str] = field(default_factory=frozenset)
    """Environments that are there: paths of `.venv` and `node_modules`."""

    def named(self, *names: str) -> Iterable[str]:
        """Paths whose last part is one of the names, nearest to the top first."""
        found = (path for path in self.texts if PurePosixPath(path).name in names)
        return sorted(found, key=lambda path: (path.count("/"), path))

    def ending(self, *suffixes: str) -> Iterable[str]:
        return (path for path in self.texts if path.endswith(suffixes))


def parent(path: str) -> str:
    """The folder of a path; the top is an empty text."""
    return path.rpartition("/")[0]


def joined(folder: str, name: str) -> str:
    """A path below a folder, without `.` and `..`; empty parts vanish."""
    steps: list[str] = []
    for step in f"{folder}/{name}".split("/"):
        if step == "..":
            steps = steps[:-1]
        elif step not in {"", "."}:
            steps.append(step)
    return "/".join(steps)


def nearest(folder: str, known: Collection[str]) -> str | None:
    """The folder itself or the nearest one above it that is known."""
    while folder not in known:
        if not folder:
            return None
        folder = parent(folder)
    return folder


def read_folder(directory: Path) -> Folder:
    """Reads what is of interest below a directory. Raises CallError where there is no directory to read."""
    if not directory.is_dir():
        raise errors.CallError(f"{directory} is no folder; name the folder of the application")
    reading = _Reading(root=directory)
    reading.walk(directory, "", 0)
    return Folder(
        texts=dict(sorted(reading.texts.items())),
        problems=tuple(reading.problems),
        made=frozenset(reading.made),
    )


@dataclass(kw_only=True, slots=True)
class _Reading:
    """One walk, and the bounds it keeps to."""

    root: Path
    texts: dict[str, str] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)
    made: set[str] = field(default_factory=set)
    entries: int = 0
    total_bytes: int = 0

    def walk(self, folder: Path, shown: str, depth: int) -> None:
        """Files before folders, so that what is nearest to the top is read within the bounds."""
        try:
            with os.scandir(folder) as scanned:
                entries = sorted(scanned, key=lambda entry: entry.name)
        except OSError as error:
            self.problems.append(f"{shown or '.'}/ could not be read: {error.strerror}")
            return
        if any(entry.name == "pyvenv.cfg" for entry in entries):
            return
        below: list[os.DirEntry[str]] = []
        for entry in entries:
            self.entries += 1
            if self.entries > ENTRIES_MAX:
                self._complain_once(f"has more than {ENTRIES_MAX} entries; the rest was not looked at")
                return
            if entry.is_symlink():
                continue
            if entry.is_dir(follow_symlinks=False):
                below.append(entry)
            elif _READ.fullmatch(entry.name) and not _TEST_FILE.fullmatch(entry.name):
                self._read(entry, f"{shown}{entry.name}")
        for entry in below:
            self._enter(entry, f"{shown}{entry.name}", depth)

    def _enter(self, entry: os.DirEntry[str], shown: str, depth: int) -> None:
        if entry.name in {".venv", "node_modules"}:
            self.made.add(shown)
        skipped = entry.name in _LEFT_OUT | _TESTS or entry.name.startswith(".")
        if skipped or depth >= DEPTH_MAX:
            return
        self.walk(Path(entry.path), f"{shown}/", depth + 1)

    def _read(self, entry: os.DirEntry[str], shown: str) -> None:
        try:
            found = entry.stat(follow_symlinks=False)
            if not stat.S_ISREG(found.st_mode):
                return
            if found.st_size > FILE_BYTES_MAX:
                if not shown.endswith((".lock", ".sql")):
                    self.problems.append(f"{shown} is larger than {FILE_BYTES_MAX} bytes and was not read")
                return
            if len(self.texts) >= FILES_MAX or self.total_bytes + found.st_size > TOTAL_BYTES_MAX:
                self._complain_once(
                    f"has more than {FILES_MAX} files or {TOTAL_BYTES_MAX} bytes; the rest was not read"
                )
                return
            self.texts[shown] = Path(entry.path).read_text(encoding="utf-8-sig")
            self.total_bytes += found.st_size
        except UnicodeDecodeError:
            self.problems.append(f"{shown} is not UTF-8 and was not read")
        except OSError as error:
            self.problems.append(f"{shown} could not be read: {error.strerror}")

    def _complain_once(self, message: str) -> None:
        problem = f"the folder {message}"
        if problem not in self.problems:
            self.problems.append(problem)
