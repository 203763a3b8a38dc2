import asyncio
import contextlib
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from typing import Any

import procrastinate
import pytest
from seatrial_kit import background, jobs, migrations

from kit.tests.collectors import Span, collector
from kit.tests.engines import Postgres, postgres_engine

HANGING_WORKER = """
import asyncio, sys
from seatrial_kit import jobs

app = jobs.application(sys.argv[1], connections_max=jobs.WORKING_CONNECTIONS)

@app.task(name="work", queue="q")
async def work():
    print("begun", flush=True)
    await asyncio.sleep(600)

async def main():
    async with app.open_async():
        await jobs.work(app)

asyncio.run(main())
"""

LINKED = """
import asyncio, os, sys
from seatrial_kit import background, jobs, traces

recording = traces.start(os.environ)
app = jobs.application(sys.argv[1], connections_max=jobs.WORKING_CONNECTIONS)
done = []

@app.task(name="work", queue="q")
async def work():
    done.append(1)

async def until(count):
    async with asyncio.timeout(30):
        while len(done) < count:
            await asyncio.sleep(0.02)

async def main():
    waker = jobs.Waker(app, "work", queue="q")
    async with app.open_async(), background.running(waker.run):
        with recording.tracer.start_as_current_span("asks"):
            waker.wake()
            for _ in range(2):
                await app.configure_task("work", queue="q", **jobs.origin()).defer_async()
        if sys.argv[2] == "without links":  # as a worker of a kit that knows nothing of them
            while len(done) < 3:
                await app.run_worker_async(queues=["q"], wait=False, install_signal_handlers=False)
            return
        await app.configure_task("work", queue="q").defer_async()
        await app.configure_task("work", queue="q").defer_async(_traceparent="of an older kit")
        async with background.running(lambda: jobs.work(app)):
            await until(5)
    recording.provider.shutdown()

asyncio.run(asyncio.wait_for(main(), 50))
"""


@pytest.fixture(scope="module")
def fragile() -> Iterator[Postgres]:
    """A server of this module's own, for it is killed here."""
    with postgres_engine() as engine:
        yield engine


@pytest.fixture
async def url(fragile: Postgres, request: pytest.FixtureRequest) -> str:
    made = await asyncio.to_thread(fragile.create_database, f"jobs-{abs(hash(request.node.nodeid)):x}")
    await asyncio.to_thread(migrations.upgrade, made, migrations.KIT)
    return made


@contextlib.asynccontextmanager
async def working(url: str, done: list[str]) -> AsyncIterator[procrastinate.App]:
    app = jobs.application(url, connections_max=jobs.WORKING_CONNECTIONS)

    @app.task(name="work", queue="q")
    async def work(word: str = "") -> None:
        done.append(word)

    async with app.open_async(), background.running(lambda: jobs.work(app)):
        yield app


async def until(condition: Any, seconds_max: float = 40.0) -> None:
    async with asyncio.timeout(seconds_max):
        while not condition():
            await asyncio.sleep(0.02)


async def defer(app: procrastinate.App, word: str) -> None:
    await app.configure_task("work", queue="q").defer_async(word=word)


async def count(app: procrastinate.App, query: str) -> int:
    row = await app.connector.execute_query_one_async(f"SELECT count(*) AS n FROM procrastinate_jobs {query}")
    return int(row["n"])


async def test_a_job_runs_soon_and_leaves_nothing(url: str) -> None:
    done: list[str] = []
    async with working(url, done) as app:
        await defer(app, "first")
        await until(lambda: done == ["first"])
        await asyncio.sleep(0.2)
        assert await count(app, "WHERE task_name = 'work'") == 0


async def test_the_worker_goes_on_after_the_database_was_killed(fragile: Postgres, url: str) -> None:
    done: list[str] = []
    async with working(url, done) as app:
        await defer(app, "before")
        await until(lambda: done == ["before"])
        fragile.kill()
        await asyncio.sleep(1)
        await asyncio.to_thread(fragile.start)
        await defer(app, "after")
        await until(lambda: done == ["before", "after"])


async def test_the_worker_starts_without_the_database(fragile: Postgres, url: str) -> None:
    done: list[str] = []
    fragile.kill()
    async with working(url, done) as app:
        await asyncio.sleep(0.5)
        await asyncio.to_thread(fragile.start)
        await defer(app, "late")
        await until(lambda: done == ["late"])


async def test_the_job_of_a_killed_worker_is_done_by_another(url: str) -> None:
    killed = await asyncio.create_subprocess_exec(
        sys.executable, "-c", HANGING_WORKER, url, stdout=subprocess.PIPE
    )
    done: list[str] = []
    app = jobs.application(url, connections_max=jobs.WORKING_CONNECTIONS)
    async with app.open_async():
        await app.configure_task("work", queue="q", queueing_lock="l").defer_async()
        assert killed.stdout is not None
        assert await asyncio.wait_for(killed.stdout.readline(), 20) == b"begun\n"
        killed.kill()
        await killed.wait()
        assert await count(app, "WHERE status = 'doing'") == 1
        assert await jobs.retry_stalled(app) == 0  # its heart may still beat, for all that is known
        await app.connector.execute_query_async(
            "UPDATE procrastinate_workers SET last_heartbeat = now() - interval '1 hour'"
        )
    async with working(url, done) as app:
        await jobs.retry_stalled(app)
        await until(lambda: done == [""])


async def test_a_stalled_job_whose_work_waits_already_is_dropped(url: str) -> None:
    app = jobs.application(url, connections_max=jobs.WORKING_CONNECTIONS)
    async with app.open_async():
        await app.configure_task("work", queue="q", queueing_lock="l").defer_async()
        await app.connector.execute_query_async("UPDATE procrastinate_jobs SET status = 'doing'")
        await app.configure_task("work", queue="q", queueing_lock="l").defer_async()
        assert await jobs.retry_stalled(app) == 1
        assert await count(app, "WHERE status = 'todo'") == 1
        assert await count(app, "") == 1


async def test_many_wakes_are_one_job(url: str) -> None:
    app = jobs.application(url, connections_max=jobs.WORKING_CONNECTIONS)
    waker = jobs.Waker(app, "work", queue="q")
    async with app.open_async(), background.running(waker.run):
        for _ in range(50):
            waker.wake()
            await asyncio.sleep(0.01)
        assert await count(app, "") == 1


async def test_a_wake_without_database_is_let_go_and_the_next_one_works(fragile: Postgres, url: str) -> None:
    app = jobs.application(url, connections_max=jobs.WORKING_CONNECTIONS)
    waker = jobs.Waker(app, "work", queue="q")
    async with app.open_async(), background.running(waker.run):
        fragile.kill()
        waker.wake()
        await asyncio.sleep(0.5)
        await asyncio.to_thread(fragile.start)
        async with asyncio.timeout(20):
            while await count(app, "") == 0:
                waker.wake()
                await asyncio.sleep(0.1)
        assert await count(app, "") == 1


async def test_background_work_that_fails_is_started_again() -> None:
    tries = 0

    async def flaky() -> None:
        nonlocal tries
        tries += 1
        if tries == 1:
            raise ZeroDivisionError

    async with background.running(flaky):
        await until(lambda: tries == 2, background.PAUSE_SECONDS + 2)


async def run_linked(url: str, worker: str) -> list[Span]:
    with collector() as (address, spans):
        variables = {**os.environ, "OTEL_EXPORTER_OTLP_ENDPOINT": address, "OTEL_SERVICE_NAME": "linked"}
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-c", LINKED, url, worker, env=variables
        )
        assert await asyncio.wait_for(process.wait(), 60) == 0
        return list(spans)


async def test_jobs_are_linked_to_who_asked_and_those_without_a_link_run_too(url: str) -> None:
    spans = await run_linked(url, "with links")
    (asks,) = [span.raw.span_id for span in spans if span.name == "asks"]
    runs = [[link.span_id for link in span.raw.links] for span in spans if span.name == "run work"]
    assert sorted(runs) == [[], [], [asks], [asks], [asks]]


async def test_a_worker_that_knows_nothing_of_links_runs_jobs_that_have_one(url: str) -> None:
    spans = await run_linked(url, "without links")
    assert "run work" not in {span.name for span in spans}
