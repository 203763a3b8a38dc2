"""The worker's jobs: counting accepted errors, and forgetting old idempotency keys."""

import asyncio
import time
from typing import Any

import asyncpg
import procrastinate
import structlog
from seatrial_kit import databases, idempotency_keys, jobs
from seatrial_kit import errors as problems

from gekb import metrics
from gekb.store import errors as store

COUNT_TASK = "count-errors"
BATCH = 500
BATCHES_MAX = 200  # of one run; what is left then is the next run's
SWEEP_SECONDS = 2.0
SWEEP_AGE_SECONDS_MAX = 60.0  # a drain of all batches of one run is within it


class Counting:
    """Counts what waits. The job and the sweep may run at once: rows are claimed, so each is counted once."""

    def __init__(self, database: databases.Database, counters: metrics.WorkerMetrics) -> None:
        self._database = database
        self._metrics = counters
        self._swept = time.monotonic()
        self._logger: Any = structlog.get_logger()

    async def drain(self) -> int:
        """Counts batch after batch until nothing waits; how many errors it counted."""
        total = 0
        for _ in range(BATCHES_MAX):
            try:
                counted = await store.count_batch(self._database, BATCH)
            except asyncpg.PostgresError as error:
                self._logger.warning("a batch was refused; counting singly", reason=str(error))
                counted = await self._count_singly()
            self._metrics.counted.inc(counted)
            total += counted
            if counted < BATCH:
                break
        return total

    async def _count_singly(self) -> int:
        """What a bad row held up: every good one is counted, every bad one is set aside."""
        counted = 0
        for number in await store.waiting(self._database, BATCH):
            try:
                counted += await store.count_one(self._database, number)
            except asyncpg.PostgresError as error:
                self._logger.warning("an error could not be counted", row=number, reason=str(error))
                await store.set_aside(self._database, number, str(error))
                self._metrics.set_aside.inc()
        return counted

    async def check(self) -> None:
        """For the readiness probe: a worker whose sweep fails does not do its work."""
        if time.monotonic() - self._swept > SWEEP_AGE_SECONDS_MAX:
            raise problems.Unavailable("nothing was counted for a minute")

    async def sweep(self) -> None:
        """Until cancelled: picks up what no job asked for, as after the kill of an API."""
        while True:
            try:
                self._metrics.pending.set(await store.pending(self._database))
                await self.drain()
                self._metrics.pending.set(await store.pending(self._database))
                self._swept = time.monotonic()
            except problems.Unavailable as error:
                self._logger.warning("counting waits", reason=error.message)
            await asyncio.sleep(SWEEP_SECONDS)


def application(
    database_url: str, database: databases.Database | None = None, counting: Counting | None = None
) -> procrastinate.App:
    """The app with GEKB's tasks; the API, which only defers by name, gives neither database nor counting."""
    if database is None or counting is None:
        return jobs.application(database_url, connections_max=jobs.DEFERRING_CONNECTIONS)
    app = jobs.application(database_url, connections_max=jobs.WORKING_CONNECTIONS)

    @app.task(name=COUNT_TASK, queue="counting")
    async def count_errors() -> None:
        await counting.drain()

    @app.periodic(cron="43 * * * *")
    @app.task(queue="housekeeping", queueing_lock="expire-idempotency-keys")
    async def expire_idempotency_keys(timestamp: int) -> None:  # noqa: ARG001 -- what the scheduler passes
        await idempotency_keys.expire(database)

    return app
