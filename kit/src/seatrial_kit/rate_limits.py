"""Limits of requests a minute for each API key, counted in Valkey so that all processes count together.

While Valkey is away each process goes on by itself from the last count it was told: a caller may then get up
to the rest of its limit from each process, which is better than no limit and better than no service.
"""

import dataclasses
import time
from collections.abc import Callable
from typing import Any

import structlog
from redis import asyncio as redis
from redis import exceptions

from seatrial_kit import errors

WINDOW_SECONDS = 60
TIMEOUT_SECONDS = 0.25
CONNECTIONS_MAX = 20
WAIT_SECONDS = 0.5  # for one of the connections; longer than a hanging Valkey keeps them
AWAY_SECONDS = 2.0  # how long Valkey is left alone after it failed
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
    """Counts in fixed windows of a minute."""

    def __init__(self, url: str, *, prefix: str, clock: Callable[[], float] = time.time) -> None:
        pool = redis.BlockingConnectionPool.from_url(
            url,
            socket_timeout=TIMEOUT_SECONDS,
            socket_connect_timeout=TIMEOUT_SECONDS,
            max_connections=CONNECTIONS_MAX,
            timeout=WAIT_SECONDS,
            retry=None,
        )
        self._client: Any = redis.Redis.from_pool(pool)
        self._script = self._client.register_script(_COUNT)
        self._prefix = prefix
        self._clock = clock
        self._away_until = 0.0
        self._away = False
        self._window = 0
        self._local: dict[str, int] = {}  # of this window
        self._logger: Any = structlog.get_logger()

    async def count(self, name: str, limit: int) -> Verdict:
        """Counts one request under `name`; the caller decides what to do with the verdict."""
        window = int(self._clock()) // WINDOW_SECONDS
        reset = (window + 1) * WINDOW_SECONDS
        if window != self._window:
            self._window = window
            self._local.clear()
        counted = self._count_here(name, await self._count_there(f"{self._prefix}:{name}:{window}"))
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
        try:
            await self._client.ping()
        except (exceptions.RedisError, OSError) as error:
            raise errors.Unavailable("Valkey is away; limits are counted in this process") from error

    async def close(self) -> None:
        await self._client.aclose()

    async def _count_there(self, name: str) -> int:
        """What all processes have counted; 0 when Valkey does not say."""
        if self._clock() < self._away_until:
            return 0
        try:
            counted = int(await self._script(keys=[name], args=[2 * WINDOW_SECONDS]))
        except (exceptions.RedisError, OSError) as error:
            self._note_failure(error)
            return 0
        self._note_back()
        return counted

    def _count_here(self, name: str, counted: int) -> int:
        """Never less than what this process counted, though a Valkey that comes back may have forgotten."""
        while len(self._local) >= LOCAL_ENTRIES_MAX and name not in self._local:
            del self._local[next(iter(self._local))]
        self._local[name] = max(self._local.get(name, 0) + 1, counted)
        return self._local[name]

    def _note_failure(self, error: Exception) -> None:
        if isinstance(error, exceptions.ConnectionError) and isinstance(error.__cause__, TimeoutError):
            return  # no connection of the pool came free: we are busy, Valkey is there
        if isinstance(error, exceptions.ConnectionError | exceptions.TimeoutError | OSError):
            self._away_until = self._clock() + AWAY_SECONDS
        self._note_away(str(error) or type(error).__name__)

    def _note_away(self, reason: str) -> None:
        if not self._away:
            self._away = True
            self._logger.warning("Valkey is away, counting here", reason=reason)

    def _note_back(self) -> None:
        if self._away:
            self._away = False
            self._logger.info("Valkey is back")
