"""Limits of requests a minute for each API key, counted in Valkey so that all processes count together.

While Valkey is away each process goes on by itself from the last count it was told: a caller may then get up
to the rest of its limit from each process, which is better than no limit and better than no service. Without
an address of Valkey all counting is of that kind: right for one process, and one limit a process for several.
"""

import dataclasses
import time
from collections.abc import Callable

from seatrial_kit import errors, valkeys

WINDOW_SECONDS = 60
LOCAL_ENTRIES_MAX = 10_000

# Counts and sets the end of the count in one step: a key without end would block its owner for ever.
_COUNT = """
local count = redis.call('INCR', KEYS[1])
if count == 1 then redis.call('EXPIRE', KEYS[1], ARGV[1]) end
return count
"""


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Verdict:
    """How a request stands against its limit; `reset` is in seconds of the Unix clock."""

    limit: int
    count: int
    reset: int

    @property
    def allowed(self) -> bool:
        return self.count <= self.limit

    def headers(self) -> dict[str, str]:
        remaining = max(0, self.limit - self.count)
        return {
            "X-RateLimit-Limit": str(self.limit),
            "X-RateLimit-Remaining": str(remaining),
            "X-RateLimit-Reset": str(self.reset),
        }


class RateLimits:
    """Counts in fixed windows of a minute: in Valkey, or without a `url` in the memory of this process."""

    def __init__(self, url: str | None, *, prefix: str, clock: Callable[[], float] = time.time) -> None:
        self._valkey = valkeys.Valkey(url, without="counting here") if url else None
        self._script = self._valkey.client.register_script(_COUNT) if self._valkey else None
        self._prefix = prefix
        self._clock = clock
        self._window = 0
        self._local: dict[str, int] = {}  # of this window

    async def count(self, name: str, limit: int) -> Verdict:
        """Counts one request under `name`; the caller decides what to do with the verdict."""
        window = int(self._clock()) // WINDOW_SECONDS
        reset = (window + 1) * WINDOW_SECONDS
        if window != self._window:
            self._window = window
            self._local.clear()
        floor = self._local.get(name, 0)
        counted = await self._count_there(f"{self._prefix}:{name}:{window}")
        if counted <= floor:  # it does not say, or it came back and has forgotten
            counted = self._local.get(name, 0) + 1
        if window == self._window:
            self._remember(name, counted)
        return Verdict(limit=limit, count=counted, reset=reset)

    def refusal(self, verdict: Verdict, *, code: str = errors.RateLimited.code) -> errors.RateLimited:
        """What to raise when the verdict is no."""
        wait_seconds = max(1, verdict.reset - int(self._clock()))
        return errors.RateLimited(
            f"more than {verdict.limit} requests a minute",
            code=code,
            retry_after_seconds=wait_seconds,
            headers=verdict.headers(),
        )

    async def check(self) -> None:
        """For the readiness probe, as something the service can do without."""
        if self._valkey is not None:
            await self._valkey.check()

    async def close(self) -> None:
        if self._valkey is not None:
            await self._valkey.close()

    async def _count_there(self, name: str) -> int:
        """What all processes have counted; 0 when nobody says."""
        script = self._script
        if self._valkey is None or script is None:
            return 0
        return int(await self._valkey.ask(lambda: script(keys=[name], args=[2 * WINDOW_SECONDS])) or 0)

    def _remember(self, name: str, counted: int) -> None:
        """The highest count that was heard of: answers to requests at once come in any order."""
        while len(self._local) >= LOCAL_ENTRIES_MAX and name not in self._local:
            del self._local[next(iter(self._local))]
        self._local[name] = max(self._local.get(name, 0), counted)
