"""What is shown while a command takes its time: in a terminal a line that moves, elsewhere a line a change.

It goes to standard error, since it is no result; and it is read off the record, so any command can show it.
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Callable, Coroutine
from typing import IO, TYPE_CHECKING, Any, cast

from seatrial.cli.outputs import Output
from seatrial.drivers import Component

if TYPE_CHECKING:
    from seatrial.drivers.laptop import Laptop

_LOOK_SECONDS = 0.1
_PATIENCE_SECONDS = 0.5
"""What is over sooner needs no progress."""

Describe = Callable[[tuple[Component, ...]], str]
"""One line on how far it is, from the parts as they are."""


async def shown[T](driver: Laptop, work: Coroutine[Any, Any, T], describe: Describe) -> T:
    """The result of the work; meanwhile people see how far it is."""
    output = Output(sys.stderr)
    show = _move if output.drawable else _list
    showing = asyncio.create_task(show(driver, describe, output))
    try:
        return await work
    finally:
        showing.cancel()
        await asyncio.gather(showing, return_exceptions=True)


def stopping(components: tuple[Component, ...]) -> str:
    """What still runs of a system that is being stopped."""
    left = [one.name for one in components if one.pid]
    return f"stopping {', '.join(left)}" if left else "looking for what is left"


async def _move(driver: Laptop, describe: Describe, output: Output) -> None:
    await asyncio.sleep(_PATIENCE_SECONDS)
    from rich.console import Console  # noqa: PLC0415  # late: only a terminal needs rich
    from rich.markup import escape  # noqa: PLC0415

    began = time.monotonic() - _PATIENCE_SECONDS
    console = Console(file=cast("IO[str]", output))
    with console.status("") as status:
        while True:
            text = escape(describe(driver.components()))
            status.update(f"{text} [dim]{time.monotonic() - began:.1f} s[/dim]")
            await asyncio.sleep(_LOOK_SECONDS)


async def _list(driver: Laptop, describe: Describe, output: Output) -> None:
    began = time.monotonic()
    told = ""
    await asyncio.sleep(_PATIENCE_SECONDS)
    while True:
        if (text := describe(driver.components())) != told:
            output.say(f"{time.monotonic() - began:6.1f} s  {text}")
        told = text
        await asyncio.sleep(_LOOK_SECONDS)
