"""What a killed supervisor left is ended as it would have been ended itself: the leader first, in order."""

import asyncio
import contextlib
import shutil
import signal

import asyncpg
import pytest

from seatrial import parts
from seatrial.drivers.laptop import identities
from tests.integration.drivers.benches import FILE_SERVICE, Bench, wait_until

ROUNDS = 8
WRITERS = 40
LOST = (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError, TimeoutError)

# Ends at once when it is asked to, and leaves a child that must be asked itself.
LEADER = """
import subprocess, sys, time
child = '''
import pathlib, signal, sys, time
report = pathlib.Path("report")
signal.signal(signal.SIGTERM, lambda *_: sys.exit(bool(report.write_text("orderly")) - 1))
report.write_text("began")
time.sleep(600)
'''
subprocess.Popen([sys.executable, "-c", child], start_new_session=True)
time.sleep(600)
"""

# Tells how many of its children ended before it ended them.
COUNTING = """
import pathlib, signal, subprocess, sys, time
report = pathlib.Path("report")
children = [subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"]) for _ in range(4)]
def end(*_):
    time.sleep(0.5)
    report.write_text(f"{sum(child.poll() is not None for child in children)} ended before")
    for child in children:
        child.kill()
    sys.exit()
signal.signal(signal.SIGTERM, end)
report.write_text("began")
time.sleep(600)
"""


async def kill_supervisor(bench: Bench) -> None:
    pid = bench.laptop.status().supervisor_pid
    supervisor = identities.identity_of(pid) if pid else None
    assert supervisor is not None
    identities.send(supervisor, signal.SIGKILL)
    assert not await identities.wait_gone([supervisor], 5)


async def write_until_it_ends(url: str, numbers: range, answered: list[int]) -> None:
    """Commits one row after the other; what was answered must never be lost."""
    connection = await asyncpg.connect(url, timeout=5)
    with contextlib.suppress(*LOST):
        for number in numbers:
            await connection.execute("INSERT INTO kept VALUES ($1)", number, timeout=10)
            answered.append(number)
    connection.terminate()


async def write_from_many(bench: Bench, answered: list[int], turn: int) -> list[asyncio.Task[None]]:
    url = bench.database_url()
    first = turn * 10**8
    ranges = [range(first + writer * 10**6, first + (writer + 1) * 10**6) for writer in range(WRITERS)]
    writing = [asyncio.create_task(write_until_it_ends(url, numbers, answered)) for numbers in ranges]
    wanted = len(answered) + 200
    await wait_until(lambda: len(answered) > wanted)
    return writing


async def kept_rows(bench: Bench) -> set[int]:
    connection = await asyncpg.connect(bench.database_url())
    rows = await connection.fetch("SELECT number FROM kept")
    await connection.close()
    return {row["number"] for row in rows}


async def test_rows_committed_while_a_leftover_postgres_is_stopped_are_kept(bench: Bench) -> None:
    bench.add_postgres()
    await bench.start()
    connection = await asyncpg.connect(bench.database_url())
    await connection.execute("CREATE TABLE kept (number bigint)")
    await connection.close()
    answered: list[int] = []
    for turn in range(ROUNDS):
        writing = await write_from_many(bench, answered, turn)
        await kill_supervisor(bench)
        if turn % 2:  # a start ends leftovers too
            await bench.laptop.stop()
        await bench.start()
        await asyncio.wait_for(asyncio.gather(*writing), 20)
        assert not set(answered) - await kept_rows(bench)


async def test_a_leftover_postgres_is_shut_down_in_order(bench: Bench) -> None:
    bench.add_postgres()
    await bench.start()
    await kill_supervisor(bench)
    await bench.laptop.stop()
    await bench.start()
    said = "\n".join(await bench.log_texts("db"))
    assert "database system was shut down at" in said
    assert "was not properly shut down" not in said


async def test_what_a_leader_leaves_behind_is_asked_to_end_before_it_is_killed(bench: Bench) -> None:
    report = bench.folder / "report"
    bench.add_service("worker", LEADER)
    await bench.start()
    await wait_until(lambda: report.exists() and report.read_text() == "began")
    await kill_supervisor(bench)
    await bench.laptop.stop()
    assert bench.living() == 0
    assert report.read_text() == "orderly"


async def test_the_children_of_a_leader_are_left_to_it(bench: Bench) -> None:
    report = bench.folder / "report"
    bench.add_service("worker", COUNTING)
    await bench.start()
    await wait_until(lambda: report.exists() and report.read_text() == "began")
    await kill_supervisor(bench)
    await bench.laptop.stop()
    assert report.read_text() == "0 ended before"
    assert bench.living() == 0


async def test_a_copy_of_a_running_system_is_another_with_ports_of_its_own(
    bench: Bench, tmp_path_factory: pytest.TempPathFactory
) -> None:
    (bench.folder / "ready").touch()
    probes = parts.Probes(ready=parts.Probe(endpoint="api.http", path="/ready"))
    bench.add_service("api", FILE_SERVICE, probes=probes)
    await bench.start()
    copied = tmp_path_factory.mktemp("copies") / "copy"
    shutil.copytree(bench.folder, copied)
    other = Bench(folder=copied, made=bench.made)
    assert other.laptop.status().phase == "never"
    try:
        assert not (await other.start()).already
        assert other.laptop.reach("api.http") != bench.laptop.reach("api.http")
    finally:
        await other.laptop.stop()
    assert bench.laptop.status().phase == "up"
    assert bench.component("api").restarts == 0
