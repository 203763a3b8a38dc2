"""However a supervisor ends, the next command leaves nothing of it running, and touches nothing of others."""

import asyncio
import os
import pickle
import shutil
import signal
import subprocess
import sys

import pytest

from seatrial import parts
from seatrial.drivers.laptop import folders, identities, leftovers, ports, records
from seatrial.drivers.reports import Arrival, State
from tests.integration.drivers.benches import Bench, wait_until

# Leaves a child in a session of its own behind.
PARENT = """
import subprocess, sys, time
subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'], start_new_session=True)
time.sleep(600)
"""

# Listens to a system until all is ready, and then ends in one way or another.
LISTENER = """
import asyncio, pathlib, pickle, sys
from seatrial.drivers.laptop import Laptop
from seatrial.drivers.reports import Arrival
async def listen():
    async for report in Laptop(pathlib.Path(sys.argv[1])).supervise(pickle.load(sys.stdin.buffer)):
        if isinstance(report, Arrival):
            END
asyncio.run(listen())
"""


def fill(bench: Bench) -> None:
    bench.add_postgres()
    bench.add_redis()
    bench.add_job("migrate", "print('migrated')", needs=("db",))
    bench.add_service("worker", PARENT, needs=("migrate", "cache"))


def supervisor_of(bench: Bench) -> identities.Identity:
    pid = bench.laptop.status().supervisor_pid
    assert pid is not None
    identity = identities.identity_of(pid)
    assert identity is not None
    return identity


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_a_detached_supervisor_that_is_signalled_stops_all(
    bench: Bench, number: signal.Signals
) -> None:
    bench.add_postgres()
    bench.add_redis()
    await bench.start()
    supervisor = supervisor_of(bench)
    assert bench.living() > 2
    identities.send(supervisor, number)
    assert not await identities.wait_gone([supervisor], 10)
    assert bench.living() == 0
    status = bench.laptop.status()
    assert status.phase == "stopped"
    assert {one.state for one in status.components} == {State.STOPPED}


async def test_after_the_supervisor_was_killed_status_says_so_and_stop_leaves_nothing(bench: Bench) -> None:
    fill(bench)
    await bench.start()
    supervisor = supervisor_of(bench)
    identities.send(supervisor, signal.SIGKILL)
    await identities.wait_gone([supervisor], 5)
    status = bench.laptop.status()
    assert status.phase == "lost"
    assert status.leftovers >= 9  # PostgreSQL with its workers, Valkey, the worker and its child
    assert bench.component("db").reason == "its supervisor is gone"
    stopped = await bench.laptop.stop()
    assert stopped.leftovers == status.leftovers
    assert bench.living() == 0
    assert bench.laptop.status().phase == "stopped"


async def test_what_ignores_a_request_to_end_is_killed_after_a_while(bench: Bench) -> None:
    ignoring = "import signal, time\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\ntime.sleep(600)\n"
    bench.add_service("worker", ignoring)
    await bench.start()
    await asyncio.sleep(0.3)
    identities.send(supervisor_of(bench), signal.SIGKILL)
    await bench.laptop.stop()
    assert bench.living() == 0


async def test_after_the_supervisor_and_postmaster_were_killed_the_next_start_works(bench: Bench) -> None:
    fill(bench)
    await bench.start()
    supervisor = supervisor_of(bench)
    postmaster = bench.component("db").pid
    before = bench.laptop.reach("db.main")
    identities.send(supervisor, signal.SIGKILL)
    assert postmaster is not None
    os.kill(postmaster, signal.SIGKILL)
    await bench.start()
    assert bench.laptop.reach("db.main") == before
    assert {one.state for one in bench.laptop.status().components} == {State.READY, State.DONE}
    assert bench.component("db").pid != postmaster


async def test_without_a_record_what_bears_the_mark_is_still_found(bench: Bench) -> None:
    fill(bench)
    await bench.start()
    supervisor = supervisor_of(bench)
    identities.send(supervisor, signal.SIGKILL)
    folder = folders.find_folder(bench.folder)
    assert folder is not None
    folder.record.write_text('{"version": 1, "components": [')  # half a record, as a full disk leaves it
    assert records.read_record(folder) is None
    assert bench.laptop.status().phase == "lost"
    assert (await bench.laptop.stop()).leftovers >= 9
    assert bench.living() == 0


async def test_a_stranger_whose_number_stands_in_the_record_is_left_alone(bench: Bench) -> None:
    bench.add_service("worker", PARENT)
    await bench.start()
    component = bench.component("worker")
    words = [sys.executable, "-c", "import time; time.sleep(600)"]
    stranger = subprocess.Popen(words, cwd=bench.folder, start_new_session=True)
    try:
        identities.send(supervisor_of(bench), signal.SIGKILL)
        folder = folders.find_folder(bench.folder)
        assert folder is not None
        # A record from before a restart of the machine: the pid is now somebody else's.
        text = folder.record.read_text().replace(f'"pid": {component.pid}', f'"pid": {stranger.pid}')
        folder.record.write_text(text)
        await bench.laptop.stop()
        assert stranger.poll() is None
        assert bench.living() == 0
    finally:
        stranger.kill()
        stranger.wait()


async def test_an_interrupted_start_leaves_nothing(bench: Bench) -> None:
    fill(bench)
    async for report in bench.laptop.supervise(bench.plan):  # closed at its first word, while initdb runs
        assert not isinstance(report, Arrival)
        break
    await wait_until(lambda: bench.laptop.status().phase == "stopped")
    started = bench.laptop.start(bench.plan)
    asking = asyncio.ensure_future(anext(started))
    await asyncio.sleep(0)  # the supervisor is spawned and has not said a word yet
    asking.cancel()
    await asyncio.gather(asking, return_exceptions=True)
    await started.aclose()
    assert bench.living() == 0
    starting = asyncio.create_task(bench.start())
    await wait_until(lambda: bench.laptop.status().phase == "starting")
    starting.cancel()
    await asyncio.gather(starting, return_exceptions=True)
    assert bench.laptop.status().supervisor_pid is None
    assert bench.living() == 0


@pytest.mark.parametrize("end", ["raise SystemExit(7)", "1 / 0", "break", "asyncio.current_task().cancel()"])
async def test_however_a_listener_ends_everything_is_stopped_in_order(bench: Bench, end: str) -> None:
    farewell = (
        "import signal, sys, time\nsignal.signal(signal.SIGTERM, lambda *_: sys.exit(print('farewell')))\n"
    )
    bench.add_service("base", farewell + "time.sleep(600)\n")
    bench.add_service("top", farewell + "time.sleep(600)\n", needs=("base",))
    script = LISTENER.replace("END", end)
    words = (sys.executable, "-c", script, str(bench.folder))
    listener = await asyncio.create_subprocess_exec(*words, stdin=subprocess.PIPE, stderr=subprocess.PIPE)
    await listener.communicate(pickle.dumps(bench.plan))
    assert bench.living() == 0
    assert bench.laptop.status().phase == "stopped"
    for part in ("top", "base"):
        assert (await bench.log_texts(part))[-2:] == ["farewell", "stopped"]


async def test_a_stop_that_is_cancelled_again_and_again_is_still_a_whole_one(bench: Bench) -> None:
    slow = (
        "import signal, sys, time\nsignal.signal(signal.SIGTERM, lambda *_: (time.sleep(0.5), sys.exit()))\n"
    )
    bench.add_service("worker", slow + "time.sleep(600)\n")
    arrived = asyncio.Event()

    async def listen() -> None:
        async for report in bench.laptop.supervise(bench.plan):
            if isinstance(report, Arrival):
                arrived.set()

    listening = asyncio.create_task(listen())
    await arrived.wait()
    for _ in range(3):
        listening.cancel()
        await asyncio.sleep(0.1)
    assert not listening.done()
    await asyncio.gather(listening, return_exceptions=True)
    assert listening.cancelled()
    assert bench.laptop.status().phase == "stopped"
    assert bench.living() == 0


@pytest.mark.parametrize(("number", "hurried"), [(signal.SIGHUP, False), (signal.SIGINT, True)])
async def test_only_a_second_interrupt_hurries(bench: Bench, number: signal.Signals, hurried: bool) -> None:
    slow = "time.sleep(1.5), print('orderly'), sys.exit()"
    script = (
        f"import signal, sys, time\nsignal.signal(signal.SIGTERM, lambda *_: ({slow}))\ntime.sleep(600)\n"
    )
    bench.add_service("worker", script)
    await bench.start()
    supervisor = supervisor_of(bench)
    for _ in range(2):
        identities.send(supervisor, number)
        await asyncio.sleep(0.2)
    assert not await identities.wait_gone([supervisor], 10)
    assert ("orderly" in await bench.log_texts("worker")) != hurried
    assert bench.living() == 0


async def test_a_supervisor_whose_folder_is_removed_or_replaced_stops_all(bench: Bench) -> None:
    bench.add_service("worker", "import time\ntime.sleep(600)\n")
    await bench.start()
    supervisor = supervisor_of(bench)
    folder = folders.open_folder(bench.folder)
    shutil.rmtree(folder.root)
    assert not await identities.wait_gone([supervisor], 5)
    assert leftovers.find_marked(leftovers.Mark(run=folder.run)) == []
    assert not folder.root.exists()
    await bench.start()
    supervisor = supervisor_of(bench)
    folder = folders.open_folder(bench.folder)
    text = (folder.root / "id.json").read_text().replace(folder.run, "another")
    (folder.root / "id.json").write_text(text)
    record = folder.record.read_text()
    assert not await identities.wait_gone([supervisor], 5)
    assert leftovers.find_marked(leftovers.Mark(run=folder.run)) == []
    assert folder.record.read_text() == record


async def test_of_two_starts_at_once_one_follows_the_other(bench: Bench) -> None:
    bench.add_service("worker", "import time\ntime.sleep(600)\n")
    arrivals = await asyncio.gather(bench.start(), bench.start())
    assert sorted(one.already for one in arrivals) == [False, True]
    assert bench.laptop.status().phase == "up"
    assert bench.living() == 1


async def test_a_second_start_of_the_same_plan_shows_the_same_and_of_another_restarts(bench: Bench) -> None:
    bench.add_service("worker", "import time\ntime.sleep(600)\n")
    assert not (await bench.start()).already
    first = bench.component("worker").pid
    assert (await bench.start()).already
    assert bench.component("worker").pid == first
    bench.add_service("other", "import time\ntime.sleep(600)\n")
    assert not (await bench.start()).already
    assert bench.component("worker").pid != first
    assert bench.component("other").state is State.READY


async def test_a_failed_detached_start_says_why_and_leaves_nothing(bench: Bench) -> None:
    bench.add_postgres(settings=(("max_connections", "many"),))
    with pytest.raises(Exception, match='invalid value for parameter "max_connections": "many"') as failure:
        await bench.start()
    assert type(failure.value).__name__ == "PartFailedError"
    assert bench.living() == 0
    await wait_until(lambda: bench.laptop.status().supervisor_pid is None)
    assert bench.laptop.status().failure == str(failure.value)


async def test_a_kept_port_that_people_know_and_a_stranger_holds_is_an_error_that_names_both(
    bench: Bench,
) -> None:
    bench.add_redis()
    bench.made.append(parts.Exposure(name="cache", endpoint="cache.main", host="cache.localhost"))
    await bench.start()
    port = bench.laptop.reach("cache.main").port
    await bench.laptop.stop()
    words = [sys.executable, "-m", "http.server", "--bind", "127.0.0.1", str(port)]
    stranger = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        await wait_until(lambda: not ports.is_free(port))
        with pytest.raises(Exception, match=rf"port {port} is held by python.* \(process {stranger.pid}\)"):
            await bench.start()
    finally:
        stranger.kill()
        stranger.wait()
    await bench.start()
    assert bench.laptop.reach("cache.main").port == port
