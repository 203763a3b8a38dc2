"""A checkout of its own to measure in: what a user runs is left alone, and a first `up` really is one."""

import contextlib
import dataclasses
import json
import os
import re
import subprocess
import tempfile
import threading
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil

ROOT = Path(__file__).resolve().parents[1]
UP_TIMEOUT_SECONDS = 300
DOWN_TIMEOUT_SECONDS = 60


class CheckoutError(Exception):
    """A command in the checkout failed; the message holds what it printed."""


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Checkout:
    """A clone of the project with caches of its own: nothing was ever set up in it."""

    folder: Path
    caches: Path

    def up(self) -> tuple[float, str]:
        """Seconds until `./run up gekb --detach` has returned, and what it printed."""
        return self._timed(["./run", "up", "gekb", "--detach"], UP_TIMEOUT_SECONDS)

    def down(self) -> None:
        self._timed(["./run", "down", "gekb"], DOWN_TIMEOUT_SECONDS)

    def help(self) -> float:
        """Seconds of the installed command's `--help`."""
        return self._timed([".venv/bin/seatrial", "--help"], DOWN_TIMEOUT_SECONDS)[0]

    def url(self) -> str:
        answer = self._timed([".venv/bin/seatrial", "status", "gekb", "--json"], DOWN_TIMEOUT_SECONDS)[1]
        return str(json.loads(answer)["urls"]["api"])

    def state(self) -> str:
        """What `status` says of each part, for people."""
        try:
            return self._timed([".venv/bin/seatrial", "status", "gekb"], DOWN_TIMEOUT_SECONDS)[1]
        except CheckoutError as error:  # status says so too when a part is not ready
            return str(error)

    def version(self, package: str) -> str:
        """The version of a package that the checkout runs on."""
        code = f"import importlib.metadata as m; print(m.version({package!r}))"
        return self._timed([".venv/bin/python", "-c", code], DOWN_TIMEOUT_SECONDS)[1].strip()

    def processes(self) -> list[psutil.Process]:
        """Everything that runs for this checkout: what names its folder, and all that descends from it."""
        found: dict[int, psutil.Process] = {}
        for process in psutil.process_iter():
            with contextlib.suppress(psutil.Error):
                named = [*process.cmdline(), *process.environ().values()]
                if any(str(self.folder) in word for word in named):
                    found |= {one.pid: one for one in (process, *process.children(recursive=True))}
        return list(found.values())

    def _timed(self, command: list[str], timeout_seconds: float) -> tuple[float, str]:
        # Into a file: what stays running must not hold a pipe that we would wait for.
        with tempfile.TemporaryFile("w+", encoding="utf-8") as output:
            started = time.perf_counter()
            with subprocess.Popen(
                command,
                cwd=self.folder,
                env=self._environment(),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            ) as process:
                # Not wait(timeout): that looks every 50 ms only, which is a third of what `--help` takes.
                timer = threading.Timer(timeout_seconds, process.kill)
                timer.start()
                code = process.wait()
                seconds = time.perf_counter() - started
                timer.cancel()
            output.seek(0)
            text = output.read()
        if code != 0:
            raise CheckoutError(f"{' '.join(command)} ended with {code}:\n{text}")
        return seconds, text

    def _environment(self) -> dict[str, str]:
        """The caller's, with caches of our own and without settings of Python, as a user's shell is."""
        own = {"UV_CACHE_DIR": "uv", "PIP_CACHE_DIR": "pip", "XDG_CACHE_HOME": "xdg"}
        kept = {name: text for name, text in os.environ.items() if not name.startswith("PYTHON")}
        kept.pop("VIRTUAL_ENV", None)
        return kept | {name: str(self.caches / folder) for name, folder in own.items()}


def key(checkout: Checkout, printed: str) -> str:
    """The key in the file that `up` names. Raises CheckoutError where it names none."""
    named = re.search(r"kept in (\S+)", printed)
    if named is None:
        raise CheckoutError(f"up names no file with a key:\n{printed}")
    return (checkout.folder / named[1]).read_text(encoding="utf-8").strip()


def commit() -> str:
    """What is measured, and whether the folder holds changes that are not part of it."""
    words = ["git", "describe", "--always", "--dirty=, without the changes that are not committed"]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=True)
    return done.stdout.strip()


@contextlib.contextmanager
def fresh() -> Iterator[Checkout]:
    """A clone of what is committed; at the end it is brought down and removed."""
    with tempfile.TemporaryDirectory(prefix="benchmark-") as text:
        checkout = Checkout(folder=Path(text) / "seatrial", caches=Path(text) / "caches")
        subprocess.run(["git", "clone", "--quiet", ROOT, checkout.folder], check=True)
        try:
            yield checkout
        finally:
            with contextlib.suppress(CheckoutError):
                checkout.down()


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Running:
    """GEKB as it came up in a checkout."""

    checkout: Checkout
    url: str
    key: str


@contextlib.contextmanager
def running() -> Iterator[Running]:
    """GEKB with empty state in a checkout of its own."""
    with fresh() as checkout:
        _, printed = checkout.up()
        yield Running(checkout=checkout, url=checkout.url(), key=key(checkout, printed))


def summary(system: Running) -> dict[str, Any]:
    """The summary of today's errors of all projects."""
    request = urllib.request.Request(  # noqa: S310 - the address of our own system
        system.url + "/v1/analytics/overview?time_range=1d", headers={"Authorization": f"Bearer {system.key}"}
    )
    with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310 - as above
        found: dict[str, Any] = json.load(answer)["data"]["summary"]
    return found
