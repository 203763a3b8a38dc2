"""`seatrial up`, `down`, `run` and `status`: a system on this machine."""

from __future__ import annotations

import dataclasses
import json
import signal
import time
from collections.abc import Coroutine
from typing import TYPE_CHECKING, Annotated, Any

import typer

from seatrial import errors
from seatrial.cli import systems

if TYPE_CHECKING:
    from seatrial.drivers import Status
    from seatrial.drivers.laptop import Laptop

INTERRUPTED = 130
"""What a shell expects of a command that Ctrl-C ended."""

System = Annotated[str, typer.Argument(help="Folder or file of a page, or the short name of a system.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def up(
    system: System,
    detach: Annotated[bool, typer.Option("--detach", "-d", help="Leave it running and return.")] = False,
) -> None:
    """Start a system on this machine and say where it answers."""
    from seatrial.cli import starts  # noqa: PLC0415  # late: --help must not pay for what up needs

    plan = systems.load_plan(system, "laptop")
    run_work(starts.Start(driver=driver_of(system), plan=plan, again=system, detach=detach).follow())


def down(system: System) -> None:
    """Stop a system, and whatever a killed run left behind."""
    stopped = run_work(driver_of(system).stop())
    if not stopped.parts and not stopped.leftovers:
        typer.echo("nothing of it was running")
        return
    left = f"; ended {stopped.leftovers} processes that a killed run had left" if stopped.leftovers else ""
    typer.echo(f"stopped {', '.join(stopped.parts) or 'nothing'}{left}; data and addresses are kept")


def run(system: System, job: Annotated[str, typer.Argument(help="A job of the page.")]) -> None:
    """Run a job to its end, beside the running system."""
    plan = systems.load_plan(system, "laptop")
    seconds = run_work(driver_of(system).run(plan, job))
    typer.echo(
        f"{job} is done after {seconds:.1f} s; `{systems.called_as()} logs {system} {job}` shows its output"
    )


def status(system: System, as_json: AsJson = False) -> None:
    """Say how each part of a system is. Exit code 0 when all is ready, else 1."""
    found = driver_of(system).status()
    if as_json:
        typer.echo(json.dumps(dataclasses.asdict(found), indent=2, ensure_ascii=False))
    else:
        _print_status(found, system)
    healthy = found.phase == "up" and all(c.state in {"ready", "done"} for c in found.components)
    raise typer.Exit(0 if healthy else 1)


def driver_of(system: str) -> Laptop:
    """The laptop as the driver of a system. Raises CallError."""
    from seatrial.drivers import laptop  # noqa: PLC0415

    page = systems.find_page(system)
    if page.name != systems.FILE_NAME:
        raise errors.CallError(
            f"{systems.shown(page)}: a page that runs is called {systems.FILE_NAME}, one a folder"
        )
    return laptop.Laptop(page.parent)


def run_work[T](work: Coroutine[Any, Any, T]) -> T:
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
        raise typer.Exit(INTERRUPTED) from None


def _print_status(found: Status, system: str) -> None:
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
        ending = f"`{systems.called_as()} down {system}` ends them"
        typer.echo(f"  {found.leftovers} processes of a killed run are left; {ending}")
