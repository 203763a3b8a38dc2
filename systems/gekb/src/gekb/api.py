"""The API process."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any

import structlog
from seatrial_kit import (
    applications,
    background,
    databases,
    errors,
    jobs,
    keys,
    metrics,
    probes,
    rate_limits,
)
from starlette.types import ASGIApp

from gekb import callers, routes, services
from gekb import jobs as own_jobs
from gekb import metrics as own_metrics
from gekb.settings import KEY_PREFIX, Settings

CONNECTIONS_MAX = 3
RETRY_SECONDS = 0.5
LOOK_SECONDS = 10.0  # a restored database may be one without the key


class Access:
    """Sees to it that the operator's key works before the service says that it is ready."""

    def __init__(self, ring: keys.KeyRing, secret: str) -> None:
        self._ring = ring
        self._secret = secret
        self._ensured = False
        self._logger: Any = structlog.get_logger()

    async def ensure(self) -> None:
        """Until cancelled; again and again, for a restored database may be an older one."""
        while True:
            try:
                await self._ring.ensure_first(self._secret)
                self._ensured = True
            except errors.Unavailable as error:
                self._ensured = False
                self._logger.warning("the admin key waits", reason=error.message)
            await asyncio.sleep(LOOK_SECONDS if self._ensured else RETRY_SECONDS)

    async def check(self) -> None:
        if not self._ensured:
            raise errors.Unavailable("the admin key is not in the database yet")


def build(settings: Settings, stopping: probes.Stopping) -> ASGIApp:
    registry = metrics.registry()
    counters = own_metrics.ApiMetrics(registry)
    database = databases.Database(
        settings.database_url,
        limits=databases.Limits(connections_max=CONNECTIONS_MAX),
        on_failure=counters.connections_failed.inc,
    )
    ring = keys.KeyRing(database, KEY_PREFIX)
    limits = rate_limits.RateLimits(settings.cache_url, prefix="gekb:rate")
    app = own_jobs.application(settings.database_url)
    waker = jobs.Waker(app, own_jobs.COUNT_TASK, queue="counting")
    access = Access(ring, settings.admin_key)

    @contextlib.asynccontextmanager
    async def lifespan(_app: object) -> AsyncIterator[None]:
        await database.open()
        async with app.open_async(), background.running(waker.run, access.ensure):
            yield
        await limits.close()
        await database.close()

    return applications.build(
        applications.Service(
            routes=routes.build(
                services.Services(
                    database=database,
                    callers=callers.Callers(database, ring, limits),
                    ring=ring,
                    metrics=counters,
                    waker=waker,
                )
            ),
            readiness=probes.Readiness(
                required={"db": database.check, "access": access.check}, optional={"cache": limits.check}
            ),
            stopping=stopping,
            registry=registry,
            lifespan=lifespan,
        )
    )
