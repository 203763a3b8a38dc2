import asyncio
import contextlib
import time

import pytest
from seatrial_kit import background


async def test_work_that_fails_on_its_way_out_is_not_started_again() -> None:
    starts = 0

    async def work() -> None:
        nonlocal starts
        starts += 1
        try:
            await asyncio.sleep(60)
        finally:
            raise ConnectionError

    begin = time.monotonic()
    async with background.running(work):
        await asyncio.sleep(0.05)
    assert starts == 1
    assert time.monotonic() - begin < background.PAUSE_SECONDS + 0.5


async def test_work_that_does_not_end_is_left_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(background, "STOP_SECONDS", 0.2)
    ended = asyncio.Event()

    async def work() -> None:
        while not ended.is_set():
            with contextlib.suppress(asyncio.CancelledError):
                await ended.wait()

    begin = time.monotonic()
    async with background.running(work):
        await asyncio.sleep(0.05)
    assert time.monotonic() - begin < 1
    ended.set()
