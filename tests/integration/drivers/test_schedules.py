"""Jobs run at their times by the supervisor: here each second, which only the clockwork can say, no page."""

import asyncio
import json
import time
from typing import Literal

import pytest

from seatrial import errors, parts
from seatrial.drivers.laptop import folders, turns
from seatrial.drivers.reports import State
from tests.integration.drivers.benches import Bench, wait_until
from tests.integration.drivers.test_supervision import SLEEP

EACH_SECOND = "* * * * * *"
NEVER_SOON = "0 0 29 2 *"
SLOW = "import os, time\nopen('began', 'a').write('x')\ntime.sleep(600)\n"


def add(
    bench: Bench,
    name: str,
    script: str,
    *,
    schedule: str = EACH_SECOND,
    overlap: Literal["forbid", "allow", "replace"] = "forbid",
    retries: int = 0,
) -> None:
    bench.add_job(name, script, on_demand=True)
    made = bench.made.pop()
    assert isinstance(made, parts.Job)
    bench.made.append(
        parts.Job(
            name=name,
            program=made.program,
            when="schedule",
            schedule=schedule,
            overlap=overlap,
            retries=retries,
        )
    )


async def test_a_job_runs_at_its_times_and_shows_when_it_runs_next(bench: Bench) -> None:
    add(bench, "tick", "open('ticks', 'a').write('x')")
    add(bench, "rare", "open('rare', 'w')", schedule=NEVER_SOON)
    bench.add_service("api", SLEEP)
    async with bench.up():
        ticks = bench.folder / "ticks"
        await wait_until(lambda: ticks.exists() and len(ticks.read_text()) >= 3)
        await wait_until(lambda: bench.component("tick").state is State.DONE)
        due = bench.component("tick").due
        assert due is not None
        assert abs(due - time.time()) < 10
        rare = bench.component("rare")
        assert (rare.state, rare.reason) == (State.PENDING, "")
        assert rare.due is not None
        assert rare.due > time.time() + 3600
        assert await bench.laptop.run(bench.plan, "rare") > 0
        assert (bench.folder / "rare").exists()
        assert turns.last_success(folders.open_folder(bench.folder), "rare") > 0
        with pytest.raises(errors.CallError, match="rare is a job"):
            await bench.laptop.restart("rare")
    stopped = bench.component("rare")
    assert (stopped.state, stopped.due) == (State.STOPPED, None)


async def test_a_run_that_fails_is_tried_again_and_then_shown(bench: Bench) -> None:
    add(bench, "broken", "open('tries', 'a').write('x')\nraise SystemExit('no such table')", retries=1)
    bench.add_service("api", SLEEP)
    async with bench.up() as events:
        await wait_until(lambda: any(event.state is State.FAILED for event in events))
        failed = next(event for event in events if event.state is State.FAILED)
        assert (failed.part, failed.reason) == ("broken", "ended with code 1: no such table")
        assert any("no such table; is tried again" in event.reason for event in events)
        assert bench.component("api").state is State.READY
        assert bench.laptop.status().phase == "up"
    assert any("failed: ended with code 1" in line for line in await bench.log_texts("broken"))


async def test_a_job_is_never_run_twice_at_once_unless_the_page_allows_it(bench: Bench) -> None:
    add(bench, "slow", SLOW)
    bench.add_service("api", SLEEP)
    async with bench.up() as events:
        said = "skipped: the last run had not ended"
        await wait_until(lambda: any(said in event.reason for event in events))
        assert (bench.folder / "began").read_text() == "x"
        with pytest.raises(
            errors.RefusedError, match="slow runs already, and the page does not allow it twice"
        ):
            await bench.laptop.run(bench.plan, "slow")
    assert bench.living() == 0


@pytest.mark.parametrize(("overlap", "living"), [("allow", 4), ("replace", 2)])
async def test_a_page_may_allow_several_runs_or_have_the_last_one_replaced(
    bench: Bench, overlap: Literal["allow", "replace"], living: int
) -> None:
    add(bench, "slow", SLOW, overlap=overlap)
    bench.add_service("api", SLEEP)
    began = bench.folder / "began"
    async with bench.up():
        await wait_until(lambda: began.exists() and len(began.read_text()) >= 3)
        counts = []
        for _ in range(20):
            counts.append(bench.living())
            await asyncio.sleep(0.05)
        assert max(counts) >= living if overlap == "allow" else max(counts) <= living
    assert bench.living() == 0


async def test_what_was_missed_while_the_system_was_down_is_said_and_not_made_up(bench: Bench) -> None:
    add(bench, "hourly", "open('ran', 'w')", schedule="0 * * * *")
    bench.add_service("api", SLEEP)
    async with bench.up():
        pass
    memory = folders.open_folder(bench.folder).turns / "hourly.json"
    kept = json.loads(memory.read_text())
    memory.write_text(json.dumps({**kept, "until": time.time() - 3 * 3600}))
    async with bench.up():
        await wait_until(
            lambda: "was due 3 times while the system was down" in bench.component("hourly").reason
        )
    memory.write_text(json.dumps({**kept, "until": 0.0, "schedule": "30 * * * *"}))
    async with bench.up():
        await asyncio.sleep(0.2)
        assert bench.component("hourly").reason == ""
    assert not (bench.folder / "ran").exists()
