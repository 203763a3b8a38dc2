"""Durable jobs on PostgreSQL: procrastinate, made to live through outages of the database and killed workers.

The work itself must be safe to run twice: a killed worker's job is run again.
"""

import asyncio
import contextlib
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import procrastinate
import structlog
from procrastinate import exceptions, job_context, middleware, schema, worker

from seatrial_kit import traces

HEARTBEAT_SECONDS = 5.0
STALLED_SECONDS = 20.0
STEADY_SECONDS = 30.0  # a run that lasted so long was not part of an outage
KEEP_HOURS = 24  # of failed jobs; succeeded ones go at once
PAUSE_SECONDS = (0.2, 0.5, 1.0, 2.0)  # between tries while the database is away; the last one repeats
CONCURRENCY = 2  # jobs that one worker runs at once
DEFERRING_CONNECTIONS = 2  # of a process that only asks for jobs
WORKING_CONNECTIONS = CONCURRENCY + 2  # each job, the listening for new ones, and the heartbeat
WAKE_SECONDS = 0.15
# In a job's lock: one that no other job has holds nothing up, and a worker of any kit takes it.
ORIGIN = "traceparent"
FORMER = "_traceparent"  # the argument that it was before; such jobs may still wait


def schema_history(first: str, last: str) -> Iterator[str]:
    """The library's own schema changes of the versions `first` to `last`, each one's SQL, in order."""
    for path in sorted(Path(schema.SchemaManager.get_migrations_path()).glob("*.sql")):
        if first <= path.name[: len(first)] and path.name[: len(last)] <= last:
            yield path.read_text("utf-8")


def application(database_url: str, *, connections_max: int) -> procrastinate.App:
    """An app with the kit's own housekeeping; connections are made when needed, and checked before use."""
    connector = procrastinate.PsycopgConnector(
        conninfo=database_url,
        min_size=0,
        max_size=connections_max,
        timeout=3.0,
        reconnect_timeout=1.0,
        kwargs={"connect_timeout": 2},
    )
    app = procrastinate.App(connector=connector)

    @app.periodic(cron="* * * * *")
    @app.task(queue="housekeeping", queueing_lock="retry-stalled-jobs")
    async def retry_stalled_jobs(timestamp: int) -> None:  # noqa: ARG001 -- what the scheduler passes
        await retry_stalled(app)

    @app.periodic(cron="17 * * * *")
    @app.task(queue="housekeeping", queueing_lock="remove-old-jobs")
    async def remove_old_jobs(timestamp: int) -> None:  # noqa: ARG001 -- what the scheduler passes
        await app.job_manager.delete_old_jobs(nb_hours=KEEP_HOURS, include_failed=True, include_aborted=True)

    return app


async def retry_stalled(app: procrastinate.App) -> int:
    """Puts the jobs of dead workers back into the queue; the number of jobs found."""
    stalled = list(await app.job_manager.get_stalled_jobs(seconds_since_heartbeat=STALLED_SECONDS))
    for job in stalled:
        try:
            await app.job_manager.retry_job(job)
        except exceptions.UniqueViolation:
            # The same work waits already under its queueing lock, and that run will do it.
            await app.job_manager.finish_job(job, procrastinate.jobs.Status.FAILED, delete_job=True)
    return len(stalled)


def origin() -> dict[str, Any]:
    """What to configure a job with that needs no lock, so that its run is linked to the current span."""
    carried = traces.outgoing().get(ORIGIN)
    return {} if carried is None else {"lock": f"{ORIGIN} {carried} {uuid.uuid4().hex}"}


class Waker:
    """Asks for a run of a task after work was stored; all calls of `WAKE_SECONDS` are one job."""

    def __init__(self, app: procrastinate.App, task: str, *, queue: str) -> None:
        self._app = app
        self._task = task
        self._queue = queue
        self._wanted = asyncio.Event()
        self._origin: dict[str, Any] = {}

    def wake(self) -> None:
        """The job is linked to the first of the requests that ask for it."""
        self._origin = self._origin or origin()
        self._wanted.set()

    async def run(self) -> None:
        """Until cancelled. A wake that cannot be stored is let go: the worker's sweep finds the work."""
        while True:
            await self._wanted.wait()
            self._wanted.clear()
            settings, self._origin = self._origin, {}
            with contextlib.suppress(exceptions.AlreadyEnqueued, exceptions.ConnectorException):
                await self._app.configure_task(
                    self._task, allow_unknown=True, queue=self._queue, queueing_lock=self._task, **settings
                ).defer_async()
            await asyncio.sleep(WAKE_SECONDS)


async def _run(
    call_next: middleware.AsyncCallNext, context: job_context.JobContext, _worker: worker.Worker
) -> object:
    job = context.job
    job.task_kwargs.pop(FORMER, None)  # here and not in the database: it may run again
    word, _, rest = (job.lock or "").partition(" ")
    started_by = rest.partition(" ")[0] if word == ORIGIN else None
    with traces.job(job.task_name, job.queue, started_by):
        return await call_next()


async def work(app: procrastinate.App) -> None:
    """Runs jobs until cancelled, then lets the running ones finish; starts again after every outage."""
    logger: Any = structlog.get_logger()
    task: Any = asyncio.current_task()
    tries = 0
    while not task.cancelling():  # a cancelled run may end in another exception
        begin = time.monotonic()
        try:
            await app.run_worker_async(
                concurrency=CONCURRENCY,
                install_signal_handlers=False,
                delete_jobs="successful",
                fetch_job_polling_interval=2.0,
                update_heartbeat_interval=HEARTBEAT_SECONDS,
                stalled_worker_timeout=STALLED_SECONDS,
                shutdown_graceful_timeout=5.0,
                worker_middleware=[_run],
            )
        except Exception as error:  # noqa: BLE001 -- the worker's loop outlives whatever ends one run of it
            logger.warning("jobs stopped", reason=str(error).strip() or type(error).__name__)
        tries = tries + 1 if time.monotonic() - begin < STEADY_SECONDS else 0
        await asyncio.sleep(PAUSE_SECONDS[min(tries, len(PAUSE_SECONDS) - 1)])
