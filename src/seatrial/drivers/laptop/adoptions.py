"""Processes whose parents have ended: a supervisor becomes their parent, so that it can end and bury them.

On Linux a process may ask for that (prctl(2), PR_SET_CHILD_SUBREAPER); elsewhere they go to the first process
of the machine, and are found by their marks only. Only who does nothing but supervise may ask, since all
children of such a process are taken for the system's.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import sys
from collections.abc import Iterator

import psutil

from seatrial import errors
from seatrial.drivers.laptop import identities
from seatrial.drivers.laptop.identities import Identity

_PR_SET_CHILD_SUBREAPER = 36
_PR_GET_CHILD_SUBREAPER = 37
_LOOKS_DEAD = 5
"""Whoever started a process buries it long before it was seen dead so often; what is left has no one else."""
_GRACE_SECONDS = 5.0


@contextlib.contextmanager
def adopting() -> Iterator[None]:
    """Meanwhile this process is given what its descendants leave behind, where the system can do that."""
    _ask(1)
    try:
        yield
    finally:
        _ask(0)


def adopts() -> bool:
    """Whether this process has asked for them."""
    if sys.platform != "linux":
        return False
    told = ctypes.c_int(0)
    ctypes.CDLL(None).prctl(_PR_GET_CHILD_SUBREAPER, ctypes.byref(told), 0, 0, 0)
    return bool(told.value)


class Undertaker:
    """Buries the dead that nobody waits for, so that they do not fill the table of processes."""

    def __init__(self) -> None:
        self._seen: dict[int, int] = {}

    def look(self) -> None:
        """To be called each second or so; it never takes the end of a child from whoever started it."""
        if not adopts():
            return
        dead = {child.pid for child in _children() if _is_dead(child)}
        self._seen = {pid: self._seen.get(pid, 0) + 1 for pid in dead}
        for pid in [pid for pid, looks in self._seen.items() if looks >= _LOOKS_DEAD]:
            _bury(pid)


async def end_adopted() -> int:
    """Ends all children of this process that still live, and gives how many those were.

    Nothing that it started itself may run any more. Where it has not asked for orphans it ends nothing.
    """
    if not adopts():
        return 0
    found = [identity for child in _children() if (identity := identities.identity_of(child.pid))]
    for number in (signal.SIGTERM, signal.SIGKILL):
        left = _signalled(found, number)
        await identities.wait_gone(left, _GRACE_SECONDS)
    for identity in found:
        _bury(identity.pid)
    return len(found)


def _bury(pid: int) -> None:
    with contextlib.suppress(ChildProcessError):
        os.waitpid(pid, os.WNOHANG)


def _ask(wanted: int) -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, wanted, 0, 0, 0)


def _signalled(found: list[Identity], number: signal.Signals) -> list[Identity]:
    left = [identity for identity in found if identity.alive()]
    for identity in left:
        with contextlib.suppress(errors.RefusedError):  # what changed its user cannot be ended by us
            identities.send(identity, number)
    return left


def _children() -> Iterator[psutil.Process]:
    with contextlib.suppress(psutil.Error):
        yield from psutil.Process().children(recursive=False)


def _is_dead(child: psutil.Process) -> bool:
    with contextlib.suppress(psutil.Error):
        return bool(child.status() == psutil.STATUS_ZOMBIE)
    return False
