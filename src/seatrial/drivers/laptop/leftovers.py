"""What a supervisor that was killed left running: found by proof, never by name, and ended.

A process is ours when the record holds its pid and birth, when its environment bears our mark, when it is
a PostgreSQL whose title bears it (PostgreSQL writes titles over its environment), or when it descends from
one of these.
"""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import psutil

from seatrial import errors
from seatrial.drivers.laptop import identities
from seatrial.drivers.laptop.identities import Identity

RUN_VARIABLE = "SEATRIAL_RUN"
PART_VARIABLE = "SEATRIAL_PART"
_TITLE = "postgres: "
"""How the title of each process of a PostgreSQL begins, but for the one that leads them."""
_GRACE_SECONDS = 5.0
_KILL_SECONDS = 5.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Mark:
    """What every process of a system bears; with a part, those of that part only."""

    run: str
    part: str | None = None

    @property
    def environment(self) -> dict[str, str]:
        return {RUN_VARIABLE: self.run, PART_VARIABLE: self.part or ""}

    @property
    def title(self) -> str:
        """The cluster name of a PostgreSQL, part of the title of each of its processes; under 64 bytes."""
        return f"seatrial-{self.run}-{self.part or ''}"

    def is_on(self, process: psutil.Process) -> bool:
        with contextlib.suppress(psutil.Error, OSError):
            words = process.cmdline()
            if words and words[0].startswith(_TITLE + self.title):
                title = words[0].removeprefix(_TITLE + self.title)
                return self.part is None or title.startswith((" ", ":"))
            environment = process.environ()
            return environment.get(RUN_VARIABLE) == self.run and (
                self.part is None or environment.get(PART_VARIABLE) == self.part
            )
        return False


def find_marked(mark: Mark, recorded: Iterable[Identity] = ()) -> list[Identity]:
    """All living processes that are proven to belong to the mark, without the caller itself."""
    proven = {identity.pid for identity in recorded if identity.alive()}
    proven |= {process.pid for process in psutil.process_iter() if mark.is_on(process)}
    for pid in tuple(proven):
        with contextlib.suppress(psutil.Error):
            proven |= {child.pid for child in psutil.Process(pid).children(recursive=True)}
    found = (identities.identity_of(pid) for pid in sorted(proven - {os.getpid()}))
    return [identity for identity in found if identity]


def kill_marked(mark: Mark) -> None:
    """Ends at once what a part left elsewhere than in its process group."""
    for identity in find_marked(mark):
        with contextlib.suppress(errors.RefusedError):  # what changed its user cannot be ended by us
            identities.send(identity, signal.SIGKILL)


async def end_marked(mark: Mark, recorded: Iterable[Identity] = ()) -> int:
    """Asks all to end, kills what does not, and gives how many there were.

    Leaders go first: a PostgreSQL whose own processes were signalled writes its last checkpoint while others
    of them still commit, and those rows are lost.
    """
    found = find_marked(mark, recorded)
    left = await _end_by_tiers(mark, found, _request, _GRACE_SECONDS)
    await _end_by_tiers(mark, left, lambda _: signal.SIGKILL, _KILL_SECONDS)
    return len(found)


async def _end_by_tiers(
    mark: Mark, found: list[Identity], number_for: Callable[[Identity], signal.Signals], seconds_max: float
) -> list[Identity]:
    """Signals those that nobody leads, and when they are gone what they left; gives what lives at last."""
    until = time.monotonic() + seconds_max
    left = found
    while left and time.monotonic() < until:
        leaders = _leaders(left)
        for leader in leaders:
            identities.send(leader, number_for(leader))
        await identities.wait_gone(leaders, until - time.monotonic())
        left = find_marked(mark, left)
    return left


def _leaders(found: list[Identity]) -> list[Identity]:
    """Those whose parent is none of them."""
    pids = {identity.pid for identity in found}
    return [identity for identity in found if _parent(identity) not in pids]


def _parent(identity: Identity) -> int | None:
    with contextlib.suppress(psutil.Error):
        return psutil.Process(identity.pid).ppid()
    return None


def _request(leader: Identity) -> signal.Signals:
    """SIGINT is the fast shutdown of a PostgreSQL; SIGTERM would let it wait for its clients.

    What a PostgreSQL that was killed left has nothing more to save, and must not write a checkpoint.
    """
    with contextlib.suppress(psutil.Error):
        process = psutil.Process(leader.pid)
        if process.name() == "postgres":
            words = process.cmdline()
            orphaned = bool(words) and words[0].startswith(_TITLE)
            return signal.SIGKILL if orphaned else signal.SIGINT
    return signal.SIGTERM
