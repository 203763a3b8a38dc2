"""`seatrial up`, `down` and `status`: a system on this machine."""

from __future__ import annotations

import dataclasses
import json
import signal
import sys
import time
from collections.abc import Coroutine
from typing import TYPE_CHECKING, Annotated, Any

import typer

from seatrial import errors
from seatrial.cli import systems, wordings

if TYPE_CHECKING:
    from seatrial.drivers import Component, Status
    from seatrial.drivers.laptop import Laptop

_SILENT = ("stopped", "failed")
"""Phases in which nothing answers at an address."""
System = systems.System
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, also of an error.")]


def up(
    system: System = None,
    detach: Annotated[bool, typer.Option("--detach", "-d", help="Leave it running and return.")] = False,
    as_json: AsJson = False,
) -> None:
    """Start a system on this machine and say where it answers."""
    from seatrial.cli import starts  # noqa: PLC0415  # late: --help must not pay for what up needs
    from seatrial.drivers import laptop  # noqa: PLC0415

    plan = systems.load_plan(system)
    start = starts.Start(driver=driver_of(system), plan=plan, again=system, detach=detach, as_json=as_json)
    with laptop.adopting():  # this process supervises now, and does nothing else
        run_work(start.follow())


def down(
    system: System = None,
    data: Annotated[
        bool, typer.Option("--data", help="Also remove what its stores keep, for good; asks first.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    as_json: AsJson = False,
) -> None:
    """Stop a system, and whatever a killed run left behind."""
    from seatrial.cli import progress  # noqa: PLC0415

    driver = driver_of(system)
    if data and not yes:
        _confirm(", ".join(driver.names_of_data()) or "nothing")
    stopped = run_work(progress.shown(driver, driver.stop(), progress.stopping))
    if as_json:
        told = dataclasses.asdict(stopped) | ({"removed": driver.remove_data()} if data else {})
        typer.echo(json.dumps(told, ensure_ascii=False))
        return
    if not stopped.parts and not stopped.leftovers:
        typer.echo("nothing of it was running")
    else:
        left = ""
        if stopped.leftovers:
            left = f"; ended {wordings.counted(stopped.leftovers, 'process')} of a killed run"
        kept = "" if data else "; data and addresses are kept"
        typer.echo(f"stopped {', '.join(stopped.parts) or 'nothing'}{left}{kept}")
    if data:
        removed = ", ".join(driver.remove_data()) or "nothing"
        typer.echo(f"removed the data of {removed}; secrets, addresses and logs are kept")


def _confirm(names: str) -> None:
    """Raises CallError where nobody can be asked, and leaves where somebody says no."""
    if not sys.stdin.isatty():
        raise errors.CallError(f"--data removes the data of {names} for good: say --yes as well")
    if not typer.confirm(f"Remove the data of {names} for good?", err=True):
        raise typer.Exit(1)


def status(system: System = None, as_json: AsJson = False) -> None:
    """Say how each part of a system is. Exit code 0 when all is ready, else 1."""
    found = driver_of(system).status()
    if as_json:
        typer.echo(json.dumps(dataclasses.asdict(found), indent=2, ensure_ascii=False))
    else:
        _print_status(found, system)
    raise typer.Exit(0 if headline(found) == "up" else 1)


def headline(found: Status) -> str:
    """`up` where all is well; else the phase, and what of a system that is up is not well."""
    troubles = [_trouble(one) for one in found.components if not _is_well(one)]
    return "; ".join([found.phase, *(troubles if found.phase == "up" else [])])


def driver_of(system: str | None) -> Laptop:
    """The laptop as the driver of a system. Raises CallError."""
    from seatrial.drivers import laptop  # noqa: PLC0415

    page = systems.find_page(system)
    if page.name != systems.FILE_NAME:
        raise errors.CallError(
            f"{systems.shown(page)}: a page that runs is called {systems.FILE_NAME}, one a folder"
        )
    return laptop.Laptop(page.parent)


def tell_outdated(system: str | None) -> None:
    """On standard error, where what runs was not started from what page and settings say now."""
    try:
        news = driver_of(system).outdated(systems.load_plan(system))
    except errors.PageError as error:
        news = f"{error}\nthat"
    if news:
        hint = systems.hint("up", system)
        typer.echo(
            f"{news} has changed since all was started, and is not in use: `{hint}` takes it", err=True
        )


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
        raise typer.Exit(errors.INTERRUPTED) from None


def _with_reason(line: str, reason: str) -> list[str]:
    """On one line where that fits in the terminal, else below it; on one for whatever reads lines."""
    whole = f"{line}  {reason}".rstrip()
    if wordings.fitted(whole, "", sys.stdout) == [whole]:
        return [whole]
    indent = " " * 15
    return [line, *wordings.fitted(reason, indent, sys.stdout, first=indent)]


def _moment(seconds: float) -> str:
    return time.strftime("%Y-%m-%d %H:%M", time.localtime(seconds))


def _is_well(component: Component) -> bool:
    """A job on a schedule is well while it runs or waits for its first time."""
    well = {"ready", "done"} if component.due is None else {"done", "pending", "starting"}
    return component.state in well and not component.unsteady


def _trouble(component: Component) -> str:
    if component.unsteady:
        return f"{component.name} is unsteady"
    job = "job " if component.due is not None else ""
    state = component.state if job and component.state == "failed" else f"is {component.state}"
    return f"{job}{component.name} {state}"


def _print_status(found: Status, system: str | None) -> None:
    if found.phase == "never":
        typer.echo("it was never started here")
        return
    typer.echo(f"{found.system} in {found.environment}: {headline(found)}")
    for component in found.components:
        since = time.strftime("%H:%M:%S", time.localtime(component.since))
        restarts = f"  {wordings.counted(component.restarts, 'restart')}" if component.restarts else ""
        restarts += f"  {component.restarts_asked} asked for" if component.restarts_asked else ""
        restarts += f"  next {_moment(component.due)}" if component.due else ""
        line = f"  {component.name:<12} {component.state:<9} since {since}{restarts}"
        for told in _with_reason(line, component.reason):
            typer.echo(told)
    silent = "  kept for the next `up`" if found.phase in _SILENT else ""
    for name, url in found.urls.items():
        typer.echo(f"  {name}: {url}{silent}")
    for name, url in found.inner_urls.items():
        typer.echo(f"  {name}: {url}{silent or '  inside only'}")
    for line in found.failure.splitlines():
        for told in wordings.fitted(line, "    ", sys.stdout, first="  "):
            typer.echo(told)
    if found.leftovers:
        many = wordings.counted(found.leftovers, "process")
        typer.echo(f"  left of a killed run: {many}; `{systems.hint('down', system)}` ends what is left")
