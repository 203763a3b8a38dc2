"""A clone in which a test types what a user types, and what it finds beside the project."""

from __future__ import annotations

import dataclasses
import json
import os
import shutil
import subprocess
import time
import urllib.request
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
UP_SECONDS_MAX = 180


@dataclasses.dataclass(frozen=True, kw_only=True)
class Clone:
    """A checkout of the project as it stands, in a folder of its own."""

    folder: Path

    def run(self, *words: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            [str(self.folder / "run"), *words],
            cwd=self.folder,
            capture_output=True,
            text=True,
            timeout=UP_SECONDS_MAX,
            check=False,
        )
        assert not check or done.returncode == 0, done.stdout + done.stderr
        return done

    def status(self, system: str = "gekb") -> dict[str, Any]:
        answer: dict[str, Any] = json.loads(self.run("status", system, "--json", check=False).stdout)
        return answer

    def secret(self, name: str, system: str = "gekb") -> str:
        return (self.folder / "systems" / system / ".seatrial" / "secrets" / name).read_text().strip()


@dataclasses.dataclass(frozen=True, kw_only=True)
class RunningGekb:
    """GEKB as one `./run up gekb --detach` brought it up."""

    clone: Clone
    url: str
    key: str

    def get(self, path: str) -> Any:
        request = urllib.request.Request(self.url + path, headers={"Authorization": f"Bearer {self.key}"})
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.load(answer)["data"]

    def summary(self) -> dict[str, Any]:
        overview: dict[str, Any] = self.get("/v1/analytics/overview?time_range=1d")["summary"]
        return overview

    def drained(self) -> dict[str, Any]:
        """The summary once the worker has counted everything."""
        deadline = time.monotonic() + 90
        while (summary := self.summary())["pendingErrors"] and time.monotonic() < deadline:
            time.sleep(0.2)
        assert summary["pendingErrors"] == 0
        return summary


def make_clone(folder: Path) -> Clone:
    """All files that are committed or would be, so that a test sees the change that is being made."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    )
    for name in filter(None, listed.stdout.decode().split("\0")):
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)
    return Clone(folder=folder)


def need_programs(*programs: str) -> None:
    """A missing program is a visible skip on a laptop and an error in continuous integration."""
    missing = [program for program in programs if shutil.which(program) is None]
    if missing and os.environ.get("CI"):
        pytest.fail(f"continuous integration must install {', '.join(missing)}")
    if missing:
        pytest.skip(f"needs {', '.join(missing)}")


def shared_document(name: str) -> str:
    """A document that lies beside the project; the project builds and passes without it."""
    path = ROOT.parent / "shared" / "documents" / name
    if not path.is_file():
        pytest.skip(f"the document {name} is not here; it lies in ../shared/documents where it is")
    return path.read_text(encoding="utf-8")
