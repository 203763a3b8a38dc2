"""PostgreSQL and Valkey stop, hang and come back; processes are told to stop: what is answered meanwhile."""

import asyncio
import json
import signal
import time
from collections.abc import Iterator

import aiohttp
import psycopg
import pytest

from kit.tests.engines import Postgres, Valkey, postgres_engine, valkey_engine, wait_for
from systems.gekb.tests.processes import ADMIN_KEY, Gekb, running, send, unique

ERROR = {"error": {"message": "during an outage"}}
DEATHS = 20
STORED = "SELECT error_id FROM errors e JOIN projects p ON p.id = e.project_id WHERE p.slug = %s"


@pytest.fixture(scope="module")
def fragile_postgres() -> Iterator[Postgres]:
    with postgres_engine() as engine:
        yield engine


@pytest.fixture(scope="module")
def fragile_valkey() -> Iterator[Valkey]:
    with valkey_engine() as engine:
        yield engine


@pytest.fixture(scope="module")
def fragile(fragile_postgres: Postgres, fragile_valkey: Valkey) -> Iterator[Gekb]:
    with running(fragile_postgres.create_database("gekb"), fragile_valkey.url) as system:
        yield system


def ready_again(gekb: Gekb) -> None:
    for process in (gekb.api, gekb.worker):
        wait_for(lambda: process.probe("/ready") == 200, 15, f"{process.words} ready again")  # noqa: B023


def test_without_postgres_nothing_is_ready_all_is_alive_and_callers_are_told(
    fragile: Gekb, fragile_postgres: Postgres
) -> None:
    fragile.submit("outage", "before")
    failed = fragile.api.metric("gekb_database_connections_failed_total")
    unmatched = fragile.api.metric("gekb_pattern_matching_failures_total")
    fragile_postgres.kill()
    for process in (fragile.api, fragile.worker):
        assert process.probe("/ready") == 503
        assert process.probe("/health") == 200
    why = json.loads(send(fragile.api.port, "GET", "/ready").text)["checks"]["db"]
    assert why["ok"] is False and why["reason"] == "the database is away"
    answer = fragile.ask("POST", "/v1/errors", ERROR, X_Project_ID="outage")
    assert (answer.status, answer.error["code"]) == (503, "SERVICE_UNAVAILABLE")
    assert int(answer.headers["retry-after"]) >= 1
    for path in ("/v1/errors", "/v1/patterns/search", "/v1/analytics/overview"):
        assert fragile.ask("GET", path).status == 503
    assert fragile.api.metric("gekb_database_connections_failed_total") > failed
    assert fragile.api.metric("gekb_pattern_matching_failures_total") == unmatched + 1
    fragile_postgres.start()
    ready_again(fragile)
    assert fragile.ask("POST", "/v1/errors", ERROR, X_Project_ID="outage").status == 200
    fragile.drain()
    assert fragile.overview("outage")["summary"]["totalErrors"] == 2


def test_with_a_postgres_that_hangs_probes_still_answer_within_a_second(
    fragile: Gekb, fragile_postgres: Postgres
) -> None:
    ready_again(fragile)
    fragile_postgres.signal(signal.SIGSTOP)
    try:
        for _ in range(3):
            begin = time.monotonic()
            assert fragile.api.probe("/ready") == 503
            assert time.monotonic() - begin < 1
            assert fragile.api.probe("/health") == 200
        assert fragile.ask("POST", "/v1/errors", ERROR, X_Project_ID="outage").status == 503
    finally:
        fragile_postgres.signal(signal.SIGCONT)
    ready_again(fragile)
    assert fragile.ask("POST", "/v1/errors", ERROR, X_Project_ID="outage").status == 200


def test_without_valkey_it_is_ready_but_degraded_and_limits_hold(
    fragile: Gekb, fragile_valkey: Valkey
) -> None:
    ready_again(fragile)
    key = fragile.new_key(unique("limited"))["key"]
    fragile_valkey.kill()
    ready = send(fragile.api.port, "GET", "/ready")
    assert ready.status == 200
    assert json.loads(ready.text)["status"] == "degraded"
    assert json.loads(ready.text)["checks"]["cache"]["ok"] is False
    answers = [fragile.ask("POST", "/v1/errors", ERROR, key=key) for _ in range(202)]
    assert {answer.status for answer in answers} == {200, 429}
    assert sum(answer.status == 200 for answer in answers) <= 200  # the minute may turn once in between
    fragile_valkey.start()
    wait_for(
        lambda: json.loads(send(fragile.api.port, "GET", "/ready").text)["status"] == "ready",
        10,
        "ready again",
    )


def test_the_api_starts_without_its_stores_and_gets_ready_when_they_come(
    fragile: Gekb, fragile_postgres: Postgres, fragile_valkey: Valkey
) -> None:
    fragile_postgres.kill()
    fragile_valkey.kill()
    for process in (fragile.api, fragile.worker):
        process.kill()
        process.start(ready=False)
        assert process.probe("/ready") == 503
    fragile_postgres.start()
    ready_again(fragile)
    fragile_valkey.start()
    assert fragile.ask("POST", "/v1/errors", ERROR, X_Project_ID="outage").status == 200


def test_after_a_restore_to_before_a_project_it_is_made_again(fragile: Gekb) -> None:
    project = unique("restored")
    fragile.submit(project, "before the restore")
    fragile.drain()
    with psycopg.connect(fragile.database_url) as connection:  # what a restore to an hour ago would leave
        connection.execute(
            "DELETE FROM errors WHERE project_id = (SELECT id FROM projects WHERE slug = %s)", [project]
        )
        connection.execute("DELETE FROM projects WHERE slug = %s", [project])
    first = fragile.ask("POST", "/v1/errors", ERROR, X_Project_ID=project)
    assert (first.status, first.headers["retry-after"]) == (503, "1")
    assert fragile.ask("POST", "/v1/errors", ERROR, X_Project_ID=project).status == 200
    (error,) = fragile.ask("GET", "/v1/errors", X_Project_ID=project).data["errors"]
    assert error["message"] == ERROR["error"]["message"]


def test_an_admin_key_lost_by_a_restore_comes_back(fragile: Gekb) -> None:
    with psycopg.connect(fragile.database_url) as connection:
        connection.execute("DELETE FROM api_keys")
    wait_for(lambda: lost_and_found(fragile), 20, "the admin key")


def lost_and_found(gekb: Gekb) -> bool:
    with psycopg.connect(gekb.database_url) as connection:
        found = connection.execute("SELECT 1 FROM api_keys WHERE role = 'admin'").fetchone()
    return found is not None


async def submit_until_answered(session: aiohttp.ClientSession, gekb: Gekb, project: str, key: str) -> str:
    headers = {"Authorization": f"Bearer {ADMIN_KEY}", "X-Project-ID": project, "Idempotency-Key": key}
    address = f"http://127.0.0.1:{gekb.api.port}/v1/errors"
    for _ in range(300):
        async with session.post(address, json=ERROR, headers=headers) as answer:
            if answer.status == 200:
                return str((await answer.json())["data"]["errorId"])
            assert answer.status == 503, await answer.text()
        await asyncio.sleep(0.1)
    raise AssertionError("never answered")


async def test_postgres_killed_again_and_again_under_writes_keeps_every_answered_error(
    fragile: Gekb, fragile_postgres: Postgres
) -> None:
    project, enough = unique("deaths"), asyncio.Event()
    answered: list[str] = []

    async def write(session: aiohttp.ClientSession) -> None:
        while not enough.is_set():
            answered.append(await submit_until_answered(session, fragile, project, unique("key")))

    async with aiohttp.ClientSession() as session:
        writing = [asyncio.create_task(write(session)) for _ in range(8)]
        for _ in range(DEATHS):
            before = len(answered)
            while len(answered) < before + 5:
                await asyncio.sleep(0.01)
            await asyncio.to_thread(fragile_postgres.kill)
            await asyncio.to_thread(fragile_postgres.start)
        enough.set()
        await asyncio.gather(*writing)
    await asyncio.to_thread(fragile.drain)
    with psycopg.connect(fragile.database_url) as connection:
        found = connection.execute(STORED, [project]).fetchall()
    assert len(answered) == len(set(answered)) > 5 * DEATHS
    assert sorted(row[0] for row in found) == sorted(answered)
    assert fragile.overview(project)["summary"]["totalErrors"] == len(answered)
    (pattern,) = fragile.ask("GET", f"/v1/patterns/search?project={project}").data["patterns"]
    assert pattern["occurrences"] == len(answered)


class HalfSent:
    """A request of which the server has the head and half of the body."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, rest: bytes) -> None:
        self._reader, self._writer, self._rest = reader, writer, rest

    @classmethod
    async def begin(cls, port: int, project: str) -> "HalfSent":
        body = json.dumps(ERROR).encode()
        head = (
            f"POST /v1/errors HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {ADMIN_KEY}\r\n"
            f"X-Project-ID: {project}\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(body)}\r\n\r\n"
        )
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(head.encode() + body[:10])
        await writer.drain()
        await asyncio.sleep(0.2)
        return cls(reader, writer, body[10:])

    async def finish(self) -> int:
        """The status of the answer."""
        self._writer.write(self._rest)
        line = await asyncio.wait_for(self._reader.readline(), 10)
        self._writer.close()
        return int(line.split()[1])


async def test_told_to_stop_it_finishes_what_is_in_flight(fragile: Gekb) -> None:
    project = unique("stop")
    answered = 0
    stopping = asyncio.Event()
    seen: set[int] = set()

    async def probe(session: aiohttp.ClientSession) -> None:
        while not stopping.is_set():
            try:
                async with session.get(f"http://127.0.0.1:{fragile.api.port}/ready") as answer:
                    seen.add(answer.status)
            except aiohttp.ClientError:
                return
            await asyncio.sleep(0.02)

    async def submit(session: aiohttp.ClientSession) -> None:
        nonlocal answered
        headers = {"Authorization": f"Bearer {ADMIN_KEY}", "X-Project-ID": project}
        address = f"http://127.0.0.1:{fragile.api.port}/v1/errors"
        while True:
            try:
                async with session.post(address, json=ERROR, headers=headers) as answer:
                    assert answer.status == 200, await answer.text()
                    answered += 1
            except aiohttp.ClientConnectorError:
                return  # nobody listens any more: only now is it over
            except (aiohttp.ClientOSError, aiohttp.ServerDisconnectedError):
                continue  # an idle connection was closed just as it was used again: nothing was taken on

    async with aiohttp.ClientSession() as session:
        calls = [asyncio.create_task(submit(session)) for _ in range(8)]
        probing = asyncio.create_task(probe(session))
        await asyncio.sleep(0.5)
        in_flight = await HalfSent.begin(fragile.api.port, project)
        stop = asyncio.create_task(asyncio.to_thread(fragile.api.stop))
        await asyncio.sleep(0.3)
        assert await in_flight.finish() == 200  # certainly begun before the signal, and ended after it
        answered += 1
        code = await stop
        await asyncio.wait_for(asyncio.gather(*calls), 20)
        stopping.set()
        await probing
    assert code == 0
    assert seen == {200, 503}
    await asyncio.to_thread(fragile.api.start)
    await asyncio.to_thread(fragile.drain)
    assert fragile.overview(project)["summary"]["totalErrors"] == answered


def test_the_worker_stops_when_told(fragile: Gekb) -> None:
    begin = time.monotonic()
    assert fragile.worker.stop() == 0
    assert time.monotonic() - begin < 10
    fragile.worker.start()
