"""Where a system keeps its state on this machine: `.seatrial/` beside its page, for its owner only."""

from __future__ import annotations

import fcntl
import json
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from seatrial import errors
from seatrial.drivers.laptop import owners

NAME = ".seatrial"


@dataclass(frozen=True, kw_only=True, slots=True)
class Folder:
    """The state folder of one page."""

    root: Path
    run: str
    """Unique id of this folder; every process that is started for it carries it."""

    @property
    def record(self) -> Path:
        return self.root / "state.json"

    @property
    def ports(self) -> Path:
        return self.root / "ports.json"

    @property
    def secrets(self) -> Path:
        return self.root / "secrets"

    @property
    def data(self) -> Path:
        return self.root / "data"

    @property
    def telemetry(self) -> Path:
        return self.root / "telemetry.sqlite"

    @property
    def supervisor_output(self) -> Path:
        return self.root / "supervisor.log"

    @property
    def turns(self) -> Path:
        return self.root / "turns"

    @property
    def orders(self) -> Path:
        return self.root / "orders"

    @property
    def lock(self) -> Path:
        return self.root / "lock"


def open_folder(directory: Path) -> Folder:
    """The state folder of the page in `directory`, created when it is missing. Raises MissingError."""
    root = directory.resolve() / NAME
    try:
        for path in (root, root / "secrets", root / "data"):
            if not path.is_dir():
                path.mkdir(mode=0o700, parents=True)
                owners.keep_owner(path)
        root.chmod(0o700)
        ignore = root / ".gitignore"
        if not ignore.exists():
            write_atomically(ignore, "*\n")
        return Folder(root=root, run=_run(root))
    except OSError as error:
        if isinstance(error, PermissionError) and root.parent.is_dir() and root.is_dir():
            raise owners.not_ours(root) from error
        raise errors.MissingError(f"cannot keep state in {root}: {error.strerror or error}") from error


def find_folder(directory: Path) -> Folder | None:
    """The state folder where one is; a look leaves nothing behind. Raises MissingError."""
    try:
        (directory / NAME / "id.json").stat()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except PermissionError as error:
        raise owners.not_ours(directory / NAME) from error
    return open_folder(directory)


def is_kept(folder: Folder) -> bool:
    """The folder is still there, and still the same; false when somebody removed or replaced it."""
    try:
        return bool(json.loads((folder.root / "id.json").read_text(encoding="utf-8"))["run"] == folder.run)
    except (FileNotFoundError, NotADirectoryError, ValueError, KeyError, TypeError):
        return False
    except OSError:
        return True


def write_atomically(path: Path, text: str) -> None:
    """Readers see the old text or the new one, never a part; only the owner may read."""
    fresh = path.with_name(f"{path.name}.{os.getpid()}.new")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
    owners.keep_owner(fresh)
    fresh.replace(path)


class LockedError(errors.RefusedError):
    """Another supervisor works in this folder."""


@contextmanager
def locked(folder: Folder) -> Iterator[None]:
    """Held as long as a supervisor lives; the kernel releases it however that ends. Raises LockedError."""
    try:
        file = folder.lock.open("a")
    except PermissionError as error:
        raise owners.not_ours(folder.root) from error
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise LockedError(f"another supervisor is just working in {folder.root}") from error
        yield


def is_locked(folder: Folder) -> bool:
    """A supervisor lives here, though it may not have written a record yet."""
    try:
        with locked(folder):
            return False
    except LockedError:
        return True


def _run(root: Path) -> str:
    """Kept with the place of the folder, since a copy of the folder is another system.

    A folder that is moved keeps its numbers in the file system; one that stays keeps its path, though its
    device may have another number after the machine was started anew. A copy has neither; while the original
    is still there, the copy leaves it its ports.
    """
    path = root / "id.json"
    device, number = root.stat().st_dev, root.stat().st_ino
    place = {"place": [device, number], "path": str(root)}
    kept = _kept(path)
    stayed = kept.get("path", str(root)) == str(root)  # what an earlier version wrote has no path
    same = "run" in kept and kept["place"][-1] == number and (stayed or kept["place"][0] == device)
    run = str(kept["run"]) if same else secrets.token_hex(6)
    if not same and _is_original(Path(str(kept.get("path", root))), kept):
        (root / "ports.json").unlink(missing_ok=True)
    if {"run": run, **place} != kept:
        write_atomically(path, json.dumps({"run": run, **place}))
    return run


def _is_original(root: Path, kept: dict[str, Any]) -> bool:
    """The folder that an id was written for is still where it was."""
    try:
        return "run" in kept and root.stat().st_ino == kept["place"][-1] and _kept(root / "id.json") == kept
    except OSError:
        return False


def _kept(path: Path) -> dict[str, Any]:
    """What was written of a folder's id; nothing where that cannot be read."""
    try:
        kept = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return {}
    sound = isinstance(kept, dict) and isinstance(kept.get("place"), list) and kept["place"]
    return kept if sound else {}
