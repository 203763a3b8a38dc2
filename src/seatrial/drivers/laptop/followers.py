"""A supervisor of its own, outliving the command that starts it, and following what it writes down."""

from __future__ import annotations

import asyncio
import contextlib
import os
import pickle
import sys
import time
from collections.abc import AsyncIterator, Iterator

from seatrial import errors
from seatrial.drivers import reports
from seatrial.drivers.laptop import folders, identities, records
from seatrial.plan import Plan

_FOLLOW_SECONDS = 0.03
_START_SECONDS_MAX = 3600.0
_LAST_CHARACTERS = 2000
LOCKED_CODE = 75
"""A supervisor ends with it when another one was faster: EX_TEMPFAIL of sysexits.h."""


def spawn_supervisor(folder: folders.Folder, plan: Plan) -> int:
    """Starts a supervisor in its own session and gives its pid. The plan goes through a pipe, not a file."""
    output = os.open(folder.supervisor_output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    theirs, ours = os.pipe()
    try:
        pid = os.posix_spawn(
            sys.executable,
            [sys.executable, "-P", "-m", __package__ or "", str(folder.root.parent)],
            os.environ,
            file_actions=[
                (os.POSIX_SPAWN_DUP2, theirs, 0),
                (os.POSIX_SPAWN_DUP2, output, 1),
                (os.POSIX_SPAWN_DUP2, output, 2),
            ],
            setsid=True,
        )
    finally:
        os.close(theirs)
        os.close(output)
    with os.fdopen(ours, "wb") as pipe, contextlib.suppress(BrokenPipeError):  # its end says more
        pipe.write(pickle.dumps(plan))
    return pid


async def follow(
    folder: folders.Folder, pid: int, *, already: bool
) -> AsyncIterator[reports.Event | reports.Arrival]:
    """Tells from the record what changes, until everything has arrived. Raises how the start failed."""
    told: dict[str, reports.Component] = {}
    began = time.monotonic()
    while time.monotonic() - began < _START_SECONDS_MAX:
        lives = identities.birth_of(pid) is not None  # looked at first: its last record then is its last word
        record = records.read_record(folder)
        if record and record.supervisor_pid == pid:
            for event in _news(record, told, time.monotonic() - began):
                yield event
            if record.phase == "up":
                yield reports.Arrival(elapsed_seconds=record.elapsed_seconds, already=already)
                return
            if record.phase in ("failed", "stopped"):
                _reap(pid)
                raise _failure(record)
        if not lives:
            if _reap(pid) == LOCKED_CODE:
                raise folders.LockedError(f"another supervisor is just working in {folder.root}")
            raise errors.PartFailedError(f"the supervisor ended before all was ready{_last_words(folder)}")
        await asyncio.sleep(_FOLLOW_SECONDS)
    raise errors.OutOfTimeError(f"not everything was ready within {_START_SECONDS_MAX:g}s")


def _news(
    record: records.Record, told: dict[str, reports.Component], elapsed_seconds: float
) -> Iterator[reports.Event]:
    for component in record.components:
        before = told.get(component.name)
        told[component.name] = component
        waits = component.due is not None and component.state is reports.State.PENDING
        if waits:  # for a time of day; the start is not about it
            continue
        if before is None or (before.state, before.reason) != (component.state, component.reason):
            yield reports.Event(
                part=component.name,
                state=component.state,
                reason=component.reason,
                elapsed_seconds=elapsed_seconds,
            )


def _failure(record: records.Record) -> errors.SeatrialError:
    """The error that the supervisor ended with, of the same class."""
    if record.phase == "stopped":
        return errors.PartFailedError("it was stopped before all was ready")
    return errors.named(record.failure_class)(record.failure)


def _last_words(folder: folders.Folder) -> str:
    with contextlib.suppress(OSError):
        said = folder.supervisor_output.read_text(encoding="utf-8", errors="replace").strip()
        return f": {said[-_LAST_CHARACTERS:]}" if said else ""
    return ""


def _reap(pid: int) -> int | None:
    """What it ended with, where it is our child; a caller that lives long keeps no zombie of it."""
    with contextlib.suppress(ChildProcessError):
        ended, status = os.waitpid(pid, os.WNOHANG)
        return os.waitstatus_to_exitcode(status) if ended else None
    return None
