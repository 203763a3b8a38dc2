"""Which process is meant: a pid is used again, so pid and birth together name one, for ever."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from dataclasses import dataclass
from pathlib import Path

import psutil

from seatrial import errors

_POLL_SECONDS = 0.02


@dataclass(frozen=True, kw_only=True, slots=True)
class Identity:
    """One process for ever: a pid alone is used again."""

    pid: int
    birth: str

    def alive(self) -> bool:
        return birth_of(self.pid) == self.birth


def birth_of(pid: int) -> str | None:
    """When a process began, as text that no other process of this machine has; None when it is dead or gone.

    On Linux the clock ticks since boot and the boot itself, which do not move when the clock is set.
    """
    try:
        fields = Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        return None if fields[0] in (b"Z", b"X") else f"{boot}:{int(fields[19])}"
    except OSError:
        pass
    try:
        process = psutil.Process(pid)
        return None if process.status() == psutil.STATUS_ZOMBIE else str(process.create_time())
    except psutil.Error:
        return None


def identity_of(pid: int) -> Identity | None:
    birth = birth_of(pid)
    return Identity(pid=pid, birth=birth) if birth else None


def send(identity: Identity, number: signal.Signals) -> bool:
    """Signals that very process; False when it is gone. Raises RefusedError where the system forbids it."""
    if not identity.alive():
        return False
    try:
        os.kill(identity.pid, number)
    except ProcessLookupError:
        return False
    except PermissionError as error:
        raise errors.RefusedError(f"this user may not signal process {identity.pid}") from error
    return True


async def wait_gone(identities: list[Identity], seconds_max: float) -> list[Identity]:
    """Those that still live after the bound."""
    until = time.monotonic() + seconds_max
    while left := [identity for identity in identities if identity.alive()]:
        if time.monotonic() >= until:
            return left
        await asyncio.sleep(_POLL_SECONDS)
    return []
