"""How many calls are under way at one provider; further ones wait in a line of bounded length and time."""

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


def _overloaded(why: str) -> Refusal:
    return Refusal(503, "overloaded", f"too many calls are under way: {why}", retry_after="1")
