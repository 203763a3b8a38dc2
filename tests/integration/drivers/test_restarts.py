"""A part is restarted because somebody asked: in order, alone, bounded, and counted apart from its deaths."""

import asyncio
import json
import os
import signal

import pytest

from seatrial import errors
from seatrial.drivers.laptop import folders
from seatrial.drivers.reports import State
from tests.integration.drivers.benches import FILE_SERVICE, Bench, states_of, wait_until
from tests.integration.drivers.test_supervision import SLEEP, probes_of

LEAVING = """
import signal, sys, time
def leave(*_):
    open("left", "a").write("in order\\n")
    sys.exit(0)
signal.signal(signal.SIGTERM, leave)
time.sleep(600)
"""


async def test_a_restart_ends_a_part_in_order_waits_until_it_is_ready_and_leaves_what_needs_it(
    bench: Bench,
) -> None:
    bench.add_service("base", LEAVING)
    bench.add_service("top", SLEEP, needs=("base",))
    async with bench.up() as events:
        before, above = bench.component("base").pid, bench.component("top").pid
        assert await bench.laptop.restart("base") > 0
        after = bench.component("base")
        assert (after.state, after.restarts, after.restarts_asked) == (State.READY, 0, 1)
        assert after.pid not in (before, None)
        assert (bench.folder / "left").read_text() == "in order\n"
        assert bench.component("top").pid == above
        assert states_of(events, "base") == [State.STARTING, State.READY, State.STARTING, State.READY]
        assert states_of(events, "top") == [State.PENDING, State.STARTING, State.READY]


async def test_engines_are_restarted_and_keep_their_data(bench: Bench) -> None:
    bench.add_redis()
    bench.add_postgres()
    async with bench.up():
        for name in ("cache", "db"):
            before = bench.component(name).pid
            await bench.laptop.restart(name)
            assert bench.component(name).pid != before
            assert bench.component(name).restarts_asked == 1


async def test_a_restart_that_is_never_ready_again_is_out_of_time_and_one_that_ends_is_its_own_fault(
    bench: Bench,
) -> None:
    (bench.folder / "ready").touch()
    bench.add_service("slow", FILE_SERVICE, probes=probes_of("slow", deadline_seconds=1.0))
    dying = "import os\nif os.path.exists('broken'): raise SystemExit('no such setting')\n"
    bench.add_service("dying", dying + SLEEP)
    async with bench.up():
        (bench.folder / "ready").unlink()
        (bench.folder / "broken").touch()
        with pytest.raises(errors.OutOfTimeError, match=r"slow failed: GET /ready .* did not pass within 1s"):
            await bench.laptop.restart("slow")
        with pytest.raises(errors.PartFailedError, match="no such setting"):
            await bench.laptop.restart("dying")
        (bench.folder / "ready").touch()
        (bench.folder / "broken").unlink()
        for name in ("slow", "dying"):
            await bench.laptop.restart(name)
            assert bench.component(name).state is State.READY


async def test_restarts_of_one_part_that_are_asked_for_at_once_are_done_one_after_the_other(
    bench: Bench,
) -> None:
    bench.add_service("api", SLEEP)
    await bench.start()
    await asyncio.gather(*(bench.laptop.restart("api") for _ in range(3)))
    assert bench.component("api").restarts_asked == 3
    orders = folders.open_folder(bench.folder).orders
    assert list(orders.iterdir()) == []


async def test_what_cannot_be_restarted_says_why(bench: Bench) -> None:
    bench.add_service("api", SLEEP)
    bench.add_job("migrate", "")
    with pytest.raises(errors.MissingError, match="nothing runs"):
        await bench.laptop.restart("api")
    async with bench.up():
        with pytest.raises(errors.CallError, match="did you mean 'api'"):
            await bench.laptop.restart("apo")
        with pytest.raises(errors.CallError, match="migrate is a job; a job is run"):
            await bench.laptop.restart("migrate")


async def test_a_supervisor_that_dies_or_stops_leaves_nobody_waiting_and_obeys_no_old_order(
    bench: Bench,
) -> None:
    stubborn = (
        "import os, signal\nif os.path.exists('stubborn'): signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
    )
    (bench.folder / "stubborn").touch()
    bench.add_service("api", stubborn + SLEEP)
    await bench.start()
    pid = bench.laptop.status().supervisor_pid
    assert pid is not None
    restarting = asyncio.create_task(bench.laptop.restart("api"))
    await wait_until(lambda: bench.component("api").restarts_asked == 1)
    os.kill(pid, signal.SIGKILL)
    with pytest.raises(errors.PartFailedError, match="the system was stopped before api was ready again"):
        await restarting
    with pytest.raises(
        errors.MissingError, match="the supervisor of bench is gone: `seatrial up` takes over"
    ):
        await bench.laptop.restart("api")
    (bench.folder / "stubborn").unlink()
    orders = folders.open_folder(bench.folder).orders
    (orders / "1-old.json").write_text(json.dumps({"restart": "api"}))
    (orders / "2-broken.json").write_text("[")
    await bench.start()
    assert list(orders.iterdir()) == []
    await bench.laptop.restart("api")
    assert bench.component("api").restarts_asked == 1
