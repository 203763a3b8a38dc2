"""The way to Valkey for what can do without it for a while: after a failure it is left alone for a moment."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any

import structlog
from redis import asyncio as redis
from redis import exceptions

from seatrial_kit import errors

TIMEOUT_SECONDS = 0.25
CONNECTIONS_MAX = 20
WAIT_SECONDS = 0.5  # for a turn at one of the connections; longer than a hanging Valkey keeps them
AWAY_SECONDS = 2.0  # how long Valkey is left alone after it failed
FAILURES = (exceptions.RedisError, OSError)


class Valkey:
    """Asks, and says None instead of failing; logs once when Valkey goes and once when it is back."""

    def __init__(self, url: str, *, without: str) -> None:
        """`without` says what is done meanwhile, for the log and for the readiness probe's answer."""
        pool = redis.BlockingConnectionPool.from_url(
            url,
            socket_timeout=TIMEOUT_SECONDS,
            socket_connect_timeout=TIMEOUT_SECONDS,
            max_connections=CONNECTIONS_MAX + 1,  # one for the readiness probe
            timeout=WAIT_SECONDS,
            retry=None,
        )
        self.client: Any = redis.Redis.from_pool(pool)
        self._turns = asyncio.Semaphore(CONNECTIONS_MAX)
        self._without = without
        self._away_until = 0.0
        self._away = False
        self._logger: Any = structlog.get_logger()

    async def ask[T](self, call: Callable[[], Awaitable[T]]) -> T | None:
        """What Valkey says to a call of `client`; None when it does not say."""
        if self._left_alone():
            return None
        try:
            async with asyncio.timeout(WAIT_SECONDS):
                await self._turns.acquire()
        except TimeoutError:
            return None  # we are busy, Valkey is there
        try:
            return None if self._left_alone() else await self._asked(call)  # it may have gone meanwhile
        finally:
            self._turns.release()

    async def check(self) -> None:
        """For the readiness probe, as something the service can do without."""
        try:
            await self.client.ping()
        except FAILURES as error:
            raise errors.Unavailable(f"Valkey is away, {self._without}") from error

    async def close(self) -> None:
        await self.client.aclose()

    def _left_alone(self) -> bool:
        return time.monotonic() < self._away_until

    async def _asked[T](self, call: Callable[[], Awaitable[T]]) -> T | None:
        try:
            answer = await call()
        except FAILURES as error:
            self._note_failure(error)
            return None
        if self._away:
            self._away = False
            self._logger.info("Valkey is back")
        return answer

    def _note_failure(self, error: Exception) -> None:
        if isinstance(error, exceptions.ConnectionError | exceptions.TimeoutError | OSError):
            self._away_until = time.monotonic() + AWAY_SECONDS
        if not self._away:
            self._away = True
            reason = str(error) or type(error).__name__
            self._logger.warning("Valkey is away", meanwhile=self._without, reason=reason)
