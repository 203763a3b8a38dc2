"""The worker process: jobs, the sweep, and probes and metrics on a port of its own."""

import contextlib
from collections.abc import AsyncIterator

from seatrial_kit import applications, background, databases, jobs, metrics, probes
from starlette.types import ASGIApp

from gekb import jobs as own_jobs
from gekb import metrics as own_metrics
from gekb.settings import Settings

CONNECTIONS_MAX = 2


def build(settings: Settings, stopping: probes.Stopping) -> ASGIApp:
    registry = metrics.registry()
    counters = own_metrics.WorkerMetrics(registry)
    database = databases.Database(
        settings.database_url,
        limits=databases.Limits(connections_max=CONNECTIONS_MAX),
        on_failure=counters.connections_failed.inc,
    )
    counting = own_jobs.Counting(database, counters)
    app = own_jobs.application(settings.database_url, database, counting)

    @contextlib.asynccontextmanager
    async def lifespan(_app: object) -> AsyncIterator[None]:
        await database.open()
        async with app.open_async(), background.running(lambda: jobs.work(app), counting.sweep):
            yield
        await database.close()

    return applications.build(
        applications.Service(
            routes=(),
            readiness=probes.Readiness(required={"db": database.check, "sweep": counting.check}),
            stopping=stopping,
            registry=registry,
            lifespan=lifespan,
        )
    )
