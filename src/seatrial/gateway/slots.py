"""How many calls are under way at one provider, how many wait for how long, and how many are here at all."""

from __future__ import annotations

import asyncio

from seatrial.gateway.refusals import Refusal
from seatrial.gateway.settings import Limits


class Slots:
    """An asynchronous context: inside it one call may be made."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._free = asyncio.Semaphore(limits.calls_max)
        self._waiting = 0

    async def __aenter__(self) -> None:
        """Raises Refusal where the line is too long, or does not move."""
        if self._free.locked() and self._waiting >= self._limits.waiting_max:
            raise _overloaded(f"{self._waiting} calls wait already")
        self._waiting += 1
        try:
            async with asyncio.timeout(self._limits.waiting_seconds):
                await self._free.acquire()
        except TimeoutError as error:
            raise _overloaded(f"it waited {self._limits.waiting_seconds:g} s") from error
        finally:
            self._waiting -= 1

    async def __aexit__(self, *_: object) -> None:
        self._free.release()


class Room:
    """How many requests may be inside at all, read or waiting; a context that refuses one more."""

    def __init__(self, limits: Limits, providers: int) -> None:
        """One provider that hangs leaves room for the calls to the others."""
        self._free = (limits.calls_max + limits.waiting_max) * max(1, providers)

    def __enter__(self) -> None:
        """Raises Refusal."""
        if not self._free:
            raise _overloaded("as many requests are here as may wait")
        self._free -= 1

    def __exit__(self, *_: object) -> None:
        self._free += 1


def _overloaded(why: str) -> Refusal:
    return Refusal(503, "overloaded", f"too many calls are under way: {why}", retry_after="1")
