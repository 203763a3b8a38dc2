"""What can start, stop, reach and hurt a running system, and what it reports while it does.

A driver never prints and never exits: it yields events and raises `seatrial.errors`.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Protocol

from seatrial.drivers.reports import (
    Address,
    Arrival,
    Component,
    Event,
    LogLine,
    State,
    Status,
    Stopped,
)
from seatrial.plan import Plan

__all__ = ["Address", "Arrival", "Component", "Driver", "Event", "LogLine", "State", "Status", "Stopped"]


class Driver(Protocol):
    """What trials need of a place where systems run; what a driver cannot do raises RefusedError."""

    def start(self, plan: Plan) -> AsyncIterator[Event | Arrival]:
        """Starts the system so that it outlives the caller; ends after Arrival. Raises PartFailedError."""
        ...

    async def stop(self) -> Stopped:
        """Stops everything, and ends what an earlier run left behind."""
        ...

    async def run(self, plan: Plan, job: str) -> float:
        """Runs a job to its end; gives its seconds. Raises PartFailedError."""
        ...

    async def restart(self, part: str) -> float:
        """Ends a part in order and starts it again; gives its seconds. Raises how it failed."""
        ...

    def reach(self, endpoint: str) -> Address:
        """Where an endpoint listens now. Raises MissingError."""
        ...

    async def kill(self, part: str) -> None:
        """Ends the part's process at once, as a crash would."""
        ...

    async def pause(self, part: str, seconds: float) -> None:
        """Freezes the part for a bounded time, then lets it go on; returns after that."""
        ...

    async def cut(self, one: str, other: str, seconds: float) -> None:
        """Lets nothing through between two parts for a bounded time."""
        ...

    def logs(
        self, part: str | None = None, *, last: int = 100, follow: bool = False
    ) -> AsyncIterator[LogLine]:
        """The last lines of one part or of all, in their order, then further ones as they come."""
        ...

    async def restore(self, part: str, at: float | None = None) -> None:
        """Brings a store back from its backup, to the latest point or to a moment."""
        ...

    def status(self) -> Status:
        """What is known of the system now."""
        ...
