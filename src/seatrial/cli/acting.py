"""`seatrial run` and `restart`: something is done to a running system."""

from __future__ import annotations

import functools
import json
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from seatrial import errors
from seatrial.cli import calls, completions, running, systems
from seatrial.cli.outputs import Output

if TYPE_CHECKING:
    from seatrial.drivers import Component

JobWords = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[SYSTEM] JOB [-- WORDS...]",
        help="A system, as elsewhere; a job of the page; words that are added to its command.",
        autocompletion=completions.complete_jobs,
    ),
]

PartWords = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[SYSTEM] PART...",
        help="A system, as elsewhere, and parts of it.",
        autocompletion=completions.complete_workloads,
    ),
]


def run(context: typer.Context, words: JobWords = None, as_json: running.AsJson = False) -> None:
    """Run a job to its end, beside the running system."""
    added = calls.passed_on(context)
    system, named = systems.split(calls.own(words, added))
    if len(named) != 1:
        raise errors.CallError(f"name one job: `{systems.hint('run', system, 'JOB')}`")
    plan = systems.load_plan(system)
    printer = _Printer(as_json=as_json)
    seconds = running.run_work(running.driver_of(system).run(plan, named[0], added, printer.take))
    if as_json:
        printer.say({"job": named[0], "seconds": seconds})
    else:
        typer.echo(f"{named[0]} is done after {seconds:.1f} s", err=True)


def restart(words: PartWords = None, as_json: running.AsJson = False) -> None:
    """Restart parts of a running system.

    One after the other, each is asked to end, started again and waited for until it is ready. What needs it
    goes on meanwhile. Settings and page stay those that the system was started with; `up` takes new ones.
    """
    from seatrial.cli import progress  # noqa: PLC0415  # late: a Tab must not pay for it

    system, named = systems.split(words or [])
    if not named:
        raise errors.CallError(f"name what to restart: `{systems.hint('restart', system, 'PART')}`")
    driver = running.driver_of(system)
    order = [one.name for one in driver.components()]
    wanted = sorted(dict.fromkeys(named), key=lambda name: order.index(name) if name in order else -1)
    done: list[dict[str, object]] = []
    for name in wanted:
        work = progress.shown(driver, driver.restart(name), functools.partial(_restarting, name))
        seconds = running.run_work(work)
        done.append({"part": name, "seconds": seconds})
        if not as_json:
            typer.echo(f"{name} is ready again after {seconds:.1f} s")
    running.tell_outdated(system)
    if as_json:
        typer.echo(json.dumps({"restarted": done}, ensure_ascii=False))


def _restarting(name: str, components: tuple[Component, ...]) -> str:
    found = next((one for one in components if one.name == name), None)
    state = f"{found.state}  {found.reason}".rstrip() if found else ""
    return f"restarting {name}: {state}"


class _Printer:
    """Lines of a program, each to the stream that it was written to; with JSON all to standard output."""

    def __init__(self, *, as_json: bool) -> None:
        self._as_json = as_json
        self._outputs = {"out": Output(), "err": Output(sys.stderr)}

    def take(self, stream: str, lines: list[str]) -> None:
        for line in lines:
            if self._as_json:
                self.say({"stream": stream, "text": line})
            else:
                self._outputs[stream].say(line)

    def say(self, told: dict[str, object]) -> None:
        self._outputs["out"].say(json.dumps(told, ensure_ascii=False))
