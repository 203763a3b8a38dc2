"""Whose turn it is to run a job: on its schedule or because somebody asked, but never twice at once."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from seatrial import errors, parts
from seatrial.drivers.laptop import folders, owners


class TakenError(errors.RefusedError):
    """The job runs already."""


@contextmanager
def turn(folder: folders.Folder, job: parts.Job) -> Iterator[None]:
    """Held while a job with a schedule runs, unless the page allows several runs. Raises TakenError."""
    if job.when != "schedule" or job.overlap == "allow":
        yield
        return
    _make(folder)
    with (folder.turns / job.name).open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise TakenError(f"{job.name} runs already, and the page does not allow it twice") from error
        yield


def write_success(folder: folders.Folder, job: parts.Job) -> None:
    """Somebody ran a job with a schedule beside its supervisor, to a good end."""
    if job.when == "schedule":
        _make(folder)
        _success(folder, job.name).touch()


def last_success(folder: folders.Folder, job: str) -> float:
    """Unix time of the last one that `write_success` was told of; 0 where there was none."""
    try:
        return _success(folder, job).stat().st_mtime
    except OSError:
        return 0.0


def _make(folder: folders.Folder) -> None:
    if not folder.turns.is_dir():
        folder.turns.mkdir(mode=0o700, exist_ok=True)
        owners.keep_owner(folder.turns)


def _success(folder: folders.Folder, job: str) -> Path:
    return folder.turns / f"{job}.done"
