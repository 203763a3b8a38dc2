"""Applications that know nothing of Seatrial: copied elsewhere, set up as their owners would, and used."""

from __future__ import annotations

import dataclasses
import difflib
import json
import os
import shutil
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Mapping
from http.cookiejar import CookieJar
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.clones import ROOT

SECONDS_MAX = 180


@dataclasses.dataclass(frozen=True, kw_only=True)
class Stranger:
    """An application in a folder of its own, and the command that stands for `seatrial`."""

    folder: Path
    command: tuple[str, ...]
    environment: Mapping[str, str] | None = None

    def run(self, *words: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            [*self.command, *words],
            cwd=self.folder.parent,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=SECONDS_MAX,
            check=False,
        )
        assert not check or done.returncode == 0, done.stdout + done.stderr
        return done

    @property
    def page(self) -> Path:
        return self.folder / "seatrial.yaml"

    def url(self) -> str:
        urls: dict[str, str] = json.loads(self.run("status", str(self.folder), "--json").stdout)["urls"]
        return next(iter(urls.values()))


def copied(name: str, folder: Path) -> Path:
    """A copy of one of the applications beside this file."""
    shutil.copytree(
        ROOT / "tests" / "acceptance" / name, folder / name, ignore=shutil.ignore_patterns("__pycache__")
    )
    return folder / name


def find_uv() -> str:
    """uv from the path, else the one that `./run` put into the checkout."""
    own = ROOT / ".seatrial" / "uv" / "bin" / "uv"
    found = shutil.which("uv") or (str(own) if own.is_file() else None)
    if found is None and os.environ.get("CI"):
        pytest.fail("continuous integration must have uv; ./run sets it up")
    if found is None:
        pytest.skip("needs uv, on the path or from ./run")
    return found


def make_environment(folder: Path) -> None:
    """What the owner of a Python application does once."""
    uv = find_uv()
    python = folder / ".venv" / "bin" / "python"
    for words in (
        ["venv", "--quiet", "--python", sys.executable, str(folder / ".venv")],
        ["pip", "install", "--quiet", "--python", str(python), "--require-hashes", "-r", "requirements.txt"],
    ):
        subprocess.run([uv, *words], cwd=folder, timeout=SECONDS_MAX, check=True)


def changed_lines(before: str, after: str) -> int:
    """Lines that a person had to add, change or remove."""
    lines = list(difflib.ndiff(before.splitlines(), after.splitlines()))
    return max(sum(line.startswith(mark) for line in lines) for mark in ("- ", "+ "))


class Browser:
    """Keeps cookies, as a form needs."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.cookies = CookieJar()
        self._opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self.cookies))

    def get(self, path: str) -> str:
        with self._opener.open(self.url + path, timeout=30) as answer:
            return str(answer.read().decode())

    def post(self, path: str, data: bytes) -> str:
        with self._opener.open(self.url + path, data=data, timeout=30) as answer:
            return str(answer.read().decode())

    def cookie(self, name: str) -> str:
        return next(str(cookie.value) for cookie in self.cookies if cookie.name == name)


def until(holds: Callable[[], Any], seconds_max: float = 30) -> None:
    deadline = time.monotonic() + seconds_max
    while not holds():
        assert time.monotonic() < deadline, f"not within {seconds_max} s"
        time.sleep(0.1)
