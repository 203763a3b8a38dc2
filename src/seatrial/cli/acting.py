"""`seatrial run` and `restart`: something is done to a running system."""

from __future__ import annotations

import json
import sys
from typing import Annotated

import typer

from seatrial import errors
from seatrial.cli import calls, completions, running, systems
from seatrial.cli.outputs import Output

JobWords = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[SYSTEM] JOB [-- WORDS...]",
        help="A system, as elsewhere; a job of the page; words that are added to its command.",
        autocompletion=completions.complete_jobs,
    ),
]


def run(context: typer.Context, words: JobWords = None, as_json: running.AsJson = False) -> None:
    """Run a job to its end, beside the running system, and print what it writes."""
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
