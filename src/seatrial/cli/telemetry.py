"""`seatrial logs`: what a system on this machine tells of itself."""

from __future__ import annotations

import dataclasses
import json
import time
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Annotated

import typer

from seatrial import errors
from seatrial.cli import running, systems
from seatrial.values import durations

if TYPE_CHECKING:
    from seatrial.drivers import LogLine
    from seatrial.drivers.laptop import Laptop

Since = Annotated[str | None, typer.Option("--since", help="Not older than this, such as 90s, 10m or 2h.")]


def logs(
    words: systems.Words = None,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on as lines come.")] = False,
    last: Annotated[
        int, typer.Option("--last", "-n", min=0, max=1_000_000, help="Lines to begin with.")
    ] = 100,
    since: Since = None,
    grep: Annotated[str, typer.Option("--grep", help="Lines that hold this text, in either case.")] = "",
    trace: Annotated[str, typer.Option("--trace", help="Lines that name the trace of this id.")] = "",
    as_json: running.AsJson = False,
) -> None:
    """Print what the parts of a system wrote."""
    from seatrial.drivers.laptop import Search  # noqa: PLC0415  # late: --help must not pay for it

    system, part = system_and_part(words)
    ensure_part(system, part)
    search = Search(since=time.time() - seconds_of(since) if since else 0.0, grep=grep, trace=trace.lower())
    driver = started_driver(system)
    running.run_work(_print_logs(driver.logs(part, last=last, follow=follow, search=search), as_json=as_json))


def system_and_part(words: list[str] | None) -> tuple[str | None, str | None]:
    """What `[SYSTEM] [PART]` means. Raises CallError."""
    system, rest = systems.split(words or [])
    if len(rest) > 1:
        raise errors.CallError(f"one part or all of them, not {' and '.join(rest)}")
    return system, next(iter(rest), None)


def ensure_part(system: str | None, part: str | None) -> None:
    """Raises CallError that names the nearest part of the page."""
    if part is not None:
        systems.find_part(systems.load_plan(system), part)


def seconds_of(duration: str) -> float:
    """Seconds of a span of time that was typed. Raises CallError."""
    try:
        return durations.parse_duration(duration)
    except ValueError as error:
        raise errors.CallError(f"--since: {error}") from error


def started_driver(system: str | None) -> Laptop:
    """Raises PartFailedError where there is nothing to look at yet."""
    driver = running.driver_of(system)
    if driver.status().phase == "never":
        raise errors.PartFailedError("it was never started here, so nothing has been written")
    return driver


async def _print_logs(lines: AsyncIterator[LogLine], *, as_json: bool) -> None:
    async for line in lines:
        if as_json:
            typer.echo(json.dumps(dataclasses.asdict(line), ensure_ascii=False))
            continue
        clock = time.strftime("%H:%M:%S", time.localtime(line.seconds))
        typer.echo(f"{clock} {line.part:<12} {line.text}")
