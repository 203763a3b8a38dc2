"""Work beside the requests, bound to the life of the process that does it."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import structlog

PAUSE_SECONDS = 1.0
STOP_SECONDS = 6.0  # for what ends in order, such as jobs in flight; the rest is left behind

type Work = Callable[[], Awaitable[None]]


@contextlib.asynccontextmanager
async def running(*works: Work) -> AsyncIterator[None]:
    """Runs each of `works` for as long as the block lasts; at its end they are cancelled and given time."""
    tasks = [asyncio.create_task(_supervise(work)) for work in works]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks, timeout=STOP_SECONDS)


async def _supervise(work: Work) -> None:
    """Starts `work` again after a failure; when it returns, it is done."""
    logger: Any = structlog.get_logger()
    task: Any = asyncio.current_task()
    while not task.cancelling():  # a failure on the way out is not a reason to start again
        try:
            await work()
        except Exception:
            logger.exception("background work failed", work=getattr(work, "__qualname__", repr(work)))
            await asyncio.sleep(PAUSE_SECONDS)
        else:
            return
