"""`seatrial up`, `down`, `status` and `logs`: a system on this machine."""

from __future__ import annotations

import dataclasses
import json
import signal
import sys
import time
from collections.abc import AsyncIterator, Coroutine
from typing import TYPE_CHECKING, Annotated, Any

import typer

from seatrial.cli import systems

if TYPE_CHECKING:
    from seatrial.drivers import Arrival, Event, LogLine, Status
    from seatrial.drivers.laptop import Laptop
    from seatrial.plan import Plan

System = Annotated[str, typer.Argument(help="Folder or file of a page, or the short name of a system.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def up(
    system: System,
    detach: Annotated[bool, typer.Option("--detach", "-d", help="Leave it running and return.")] = False,
) -> None:
    """Start a system on this machine and say where it answers."""
    plan = systems.load_plan(system, "laptop")
    driver = _driver(system)
    events = driver.start(plan) if detach else driver.supervise(plan)
    _run(_follow(driver, plan, events, system, detach=detach))


def down(system: System) -> None:
    """Stop a system, and whatever a killed run left behind."""
    stopped = _run(_driver(system).stop())
    if not stopped.parts and not stopped.leftovers:
        typer.echo("nothing of it was running")
        return
    left = f"; ended {stopped.leftovers} processes that a killed run had left" if stopped.leftovers else ""
    typer.echo(f"stopped {', '.join(stopped.parts) or 'nothing'}{left}; data and addresses are kept")


def status(system: System, as_json: AsJson = False) -> None:
    """Say how each part of a system is. Exit code 0 when all is ready, else 1."""
    found = _driver(system).status()
    if as_json:
        typer.echo(json.dumps(dataclasses.asdict(found), indent=2, ensure_ascii=False))
    else:
        _print_status(found)
    healthy = found.phase == "up" and all(c.state in {"ready", "done"} for c in found.components)
    raise typer.Exit(0 if healthy else 1)


def logs(
    system: System,
    part: Annotated[str | None, typer.Argument(help="One part; all of them when left out.")] = None,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on as lines come.")] = False,
    last: Annotated[
        int, typer.Option("--last", "-n", min=0, max=1_000_000, help="Lines to begin with.")
    ] = 100,
    as_json: AsJson = False,
) -> None:
    """Print what the parts of a system wrote."""
    lines = _driver(system).logs(part, last=last, follow=follow)
    _run(_print_logs(lines, as_json=as_json))


def _driver(system: str) -> Laptop:
    from seatrial.drivers import laptop  # noqa: PLC0415

    return laptop.Laptop(systems.find_page(system).parent)


def _run[T](work: Coroutine[Any, Any, T]) -> T:
    """Runs to the end; SIGTERM and a lost terminal end it as Ctrl-C does."""
    import asyncio  # noqa: PLC0415

    async def guarded() -> T:
        task = asyncio.current_task()
        for ending in (signal.SIGTERM, signal.SIGHUP):
            if task is not None:
                asyncio.get_running_loop().add_signal_handler(ending, task.cancel)
        return await work

    try:
        return asyncio.run(guarded())
    except (KeyboardInterrupt, asyncio.CancelledError):
        raise typer.Exit(0) from None


async def _follow(
    driver: Laptop, plan: Plan, events: AsyncIterator[Event | Arrival], again: str, *, detach: bool
) -> None:
    """Shows a start until everything has arrived, then what people need, then what changes later."""
    from seatrial.cli import screens, welcomes  # noqa: PLC0415
    from seatrial.drivers import Arrival  # noqa: PLC0415

    with screens.make_screen(plan, terminal=sys.stdout.isatty()) as screen:
        async for event in events:
            if isinstance(event, Arrival):
                break
            screen.take(event)
        else:
            return
    for line in welcomes.welcome(driver, plan, event, again, detach=detach):
        typer.echo(line)
    lines = screens.Lines()
    async for event in events:
        if not isinstance(event, Arrival):
            lines.take(event)


def _print_status(found: Status) -> None:
    if found.phase == "never":
        typer.echo("it was never started here")
        return
    typer.echo(f"{found.system} in {found.environment}: {found.phase}")
    for component in found.components:
        since = time.strftime("%H:%M:%S", time.localtime(component.since))
        restarts = f"  {component.restarts} restarts" if component.restarts else ""
        reason = f"  {component.reason}" if component.reason else ""
        typer.echo(f"  {component.name:<12} {component.state:<9} since {since}{restarts}{reason}")
    for name, url in found.urls.items():
        typer.echo(f"  {name}: {url}")
    if found.failure:
        typer.echo(f"  {found.failure}")
    if found.leftovers:
        typer.echo(
            f"  {found.leftovers} processes of a killed run are left; `{systems.called_as()} down` ends them"
        )


async def _print_logs(lines: AsyncIterator[LogLine], *, as_json: bool) -> None:
    async for line in lines:
        if as_json:
            typer.echo(json.dumps(dataclasses.asdict(line), ensure_ascii=False))
            continue
        clock = time.strftime("%H:%M:%S", time.localtime(line.seconds))
        typer.echo(f"{clock} {line.part:<12} {line.text}")
