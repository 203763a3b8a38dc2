import asyncio
import contextlib
import signal
import sys
import time
from collections.abc import AsyncIterator, Iterator

import pytest
from seatrial_kit import databases, errors

from kit.tests.engines import Postgres, postgres_engine


@pytest.fixture(scope="module")
def fragile() -> Iterator[Postgres]:
    """A server of this module's own, for it is killed here."""
    with postgres_engine() as engine:
        yield engine


@pytest.fixture
async def failures() -> list[None]:
    return []


@pytest.fixture
async def database(fragile: Postgres, failures: list[None]) -> AsyncIterator[databases.Database]:
    limits = databases.Limits(connections_max=3, acquire_seconds=0.5, command_seconds=1)
    opened = databases.Database(fragile.url(), limits=limits, on_failure=lambda: failures.append(None))
    await opened.open()
    yield opened
    await opened.close()


async def test_it_comes_back_by_itself_after_the_server_was_killed(
    fragile: Postgres, database: databases.Database, failures: list[None]
) -> None:
    await asyncio.gather(*(database.value("SELECT pg_sleep(0.05)") for _ in range(3)))
    assert failures == []
    fragile.kill()
    for _ in range(5):
        with pytest.raises(errors.Unavailable) as caught:
            await database.check()
        assert caught.value.headers["Retry-After"] == "1"
    async with asyncio.timeout(2):
        while len(failures) < 3 + 5:  # three were lost, five could not be made
            await asyncio.sleep(0.01)
    fragile.start()
    assert await database.value("SELECT 1") == 1


async def test_statements_in_flight_when_the_server_dies_are_unavailable_not_failed(
    fragile: Postgres, database: databases.Database
) -> None:
    running = [asyncio.create_task(database.value("SELECT pg_sleep(0.8)")) for _ in range(3)]
    await asyncio.sleep(0.2)
    fragile.kill()
    results = await asyncio.gather(*running, return_exceptions=True)
    assert [type(result) for result in results] == [errors.Unavailable] * 3
    fragile.start()
    assert await database.value("SELECT 1") == 1


async def test_a_busy_pool_is_ready_and_connections_that_are_not_made_in_time_are_counted(
    fragile: Postgres, database: databases.Database, failures: list[None]
) -> None:
    await database.value("SELECT 1")
    sleeps = [asyncio.create_task(database.value("SELECT pg_sleep(0.6)")) for _ in range(3)]
    await asyncio.sleep(0.1)
    async with asyncio.timeout(0.4):
        await database.check()
    await asyncio.gather(*sleeps)
    limits = databases.Limits(connect_seconds=0.3)
    fresh = databases.Database(fragile.url(), limits=limits, on_failure=lambda: failures.append(None))
    await fresh.open()
    assert failures == []
    fragile.signal(signal.SIGSTOP)
    try:
        with pytest.raises(errors.Unavailable):
            await fresh.value("SELECT 1")
    finally:
        fragile.signal(signal.SIGCONT)
    assert failures == [None]
    await fresh.close()


CLIENT = """
import asyncio, sys
from seatrial_kit import databases

async def main():
    database = databases.Database(sys.argv[1], limits=databases.Limits(command_seconds=60))
    await database.open()
    await database.value("SELECT pg_sleep(45)")

asyncio.run(main())
"""
LEFT = "SELECT count(*) FROM pg_stat_activity WHERE query = 'SELECT pg_sleep(45)' AND state = 'active'"


async def test_the_server_ends_what_a_killed_client_left_running(
    fragile: Postgres, database: databases.Database
) -> None:
    client = await asyncio.create_subprocess_exec(sys.executable, "-c", CLIENT, fragile.url())
    try:
        async with asyncio.timeout(10):
            while await database.value(LEFT) == 0:
                await asyncio.sleep(0.1)
    finally:
        client.kill()
        await client.wait()
    async with asyncio.timeout(5):
        while await database.value(LEFT) == 1:
            await asyncio.sleep(0.1)
    limit = await database.value("SELECT setting::int FROM pg_settings WHERE name = 'statement_timeout'")
    assert limit == 3000  # a little above the client's own


async def test_a_server_that_hangs_is_given_up_on_in_time(
    fragile: Postgres, database: databases.Database
) -> None:
    await database.value("SELECT 1")
    fragile.signal(signal.SIGSTOP)
    try:
        begin = time.monotonic()
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.6):
                await database.value("SELECT 1")
        assert time.monotonic() - begin < 1.0
        with pytest.raises(errors.Unavailable):
            await database.check()
        assert time.monotonic() - begin < 6
    finally:
        fragile.signal(signal.SIGCONT)
    assert await database.value("SELECT 1") == 1


@pytest.mark.parametrize("way", ["value", "transaction"])
async def test_a_loop_that_outlives_outages_can_be_cancelled_while_the_server_hangs(
    fragile: Postgres, database: databases.Database, way: str
) -> None:
    async def ask() -> None:
        if way == "value":
            await database.value("SELECT 1")
        else:
            async with database.transaction() as connection:
                await connection.fetchval("SELECT pg_sleep(0.3)")

    async def outlive() -> None:
        while True:
            with contextlib.suppress(errors.Unavailable):
                await ask()

    await database.value("SELECT 1")
    task = asyncio.create_task(outlive())
    await asyncio.sleep(0.2)
    fragile.signal(signal.SIGSTOP)
    try:
        await asyncio.sleep(0.2)
        task.cancel()
        done, _ = await asyncio.wait([task], timeout=1)
        assert done and task.cancelled()
    finally:
        fragile.signal(signal.SIGCONT)
        task.cancel()
    assert await database.value("SELECT 1") == 1


async def test_more_callers_than_connections_wait_and_then_are_refused(database: databases.Database) -> None:
    sleeps = [asyncio.create_task(database.value("SELECT pg_sleep(0.9)")) for _ in range(3)]
    await asyncio.sleep(0.1)
    with pytest.raises(errors.Unavailable, match="in time"):
        await database.value("SELECT 1")
    await asyncio.gather(*sleeps)
    assert await database.value("SELECT 1") == 1


async def test_a_statement_that_takes_too_long_is_ended(database: databases.Database) -> None:
    with pytest.raises(errors.Unavailable, match="in time"):
        await database.value("SELECT pg_sleep(30)")
    assert await database.value("SELECT 1") == 1


async def test_a_missing_table_is_unavailable_and_a_wrong_value_a_defect(
    database: databases.Database,
) -> None:
    with pytest.raises(errors.Unavailable, match="schema"):
        await database.rows("SELECT * FROM nowhere")
    with pytest.raises(Exception, match="invalid input") as caught:
        await database.value("SELECT $1::int", "x")
    assert not isinstance(caught.value, errors.Problem)


async def test_a_transaction_that_fails_leaves_nothing(database: databases.Database) -> None:
    await database.row("CREATE TABLE IF NOT EXISTS kept (n int)")

    async def write_and_fail() -> None:
        async with database.transaction() as connection:
            await connection.execute("INSERT INTO kept VALUES (1)")
            raise errors.Conflict

    with pytest.raises(errors.Conflict):
        await write_and_fail()
    assert await database.value("SELECT count(*) FROM kept") == 0


async def test_it_starts_without_a_server() -> None:
    absent = databases.Database("postgresql://nobody:x@127.0.0.1:1/none")
    await absent.open()
    with pytest.raises(errors.Unavailable, match="away"):
        await absent.check()
    await absent.close()
