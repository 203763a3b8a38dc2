"""What goes into the background and hides its descent is ended with the system all the same."""

import sys

import psutil
import pytest

from tests.integration.drivers.benches import Bench, wait_until

# Forks twice, with an empty environment and a session of its own, as daemons do; and leaves some dead behind.
DAEMON = """
import os, sys, time
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        os.execve(sys.executable, [sys.executable, "-c", "import time; time.sleep(600)", "hidden"], {})
    os._exit(0)
os.wait()
for _ in range(3):
    if os.fork() == 0:
        if os.fork() == 0:
            time.sleep(0.5)
        os._exit(0)
    os.wait()
time.sleep(600)
"""


def hidden(supervisor: int) -> list[psutil.Process]:
    children = psutil.Process(supervisor).children(recursive=True)
    living = [child for child in children if child.status() != psutil.STATUS_ZOMBIE]
    return [child for child in living if "hidden" in child.cmdline()]


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux gives a supervisor its orphans")
async def test_a_daemon_without_a_mark_is_adopted_and_ended_with_its_system(bench: Bench) -> None:
    bench.add_service("api", DAEMON)
    await bench.start()
    supervisor = bench.laptop.status().supervisor_pid
    assert supervisor is not None
    await wait_until(lambda: len(hidden(supervisor)) == 1)
    daemon = hidden(supervisor)[0]
    assert daemon.ppid() == supervisor
    await bench.laptop.stop()
    assert not daemon.is_running()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux gives a supervisor its orphans")
async def test_the_adopted_dead_are_buried_while_the_system_runs(bench: Bench) -> None:
    bench.add_service("api", DAEMON)
    await bench.start()
    supervisor = bench.laptop.status().supervisor_pid
    assert supervisor is not None

    def dead() -> int:
        children = psutil.Process(supervisor).children()
        return sum(child.status() == psutil.STATUS_ZOMBIE for child in children)

    await wait_until(lambda: dead() == 3)
    await wait_until(lambda: dead() == 0)
    assert bench.component("api").restarts == 0
