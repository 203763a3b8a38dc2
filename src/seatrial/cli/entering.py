"""`seatrial exec`, `env` and `open`: into a part, as it runs here."""

from __future__ import annotations

import json
import os
import shutil
import signal
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from seatrial import errors
from seatrial.cli import calls, completions, running, systems, templates
from seatrial.values import names

_TERMINALS = ("TERM", "COLORTERM")
"""Of the caller, for a program that draws on its terminal; a part itself has none."""
_DISPLAYS = ("DISPLAY", "WAYLAND_DISPLAY")

PartWords = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[SYSTEM] [PART]",
        help="A system, as elsewhere, and a part of it.",
        autocompletion=completions.complete_parts,
    ),
]
ProgramWords = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[SYSTEM] PART -- COMMAND...",
        help="A system, as elsewhere; a part of it; the command to run.",
        autocompletion=completions.complete_parts,
    ),
]


def execute(context: typer.Context, words: ProgramWords = None, as_json: running.AsJson = False) -> None:
    """Run a command in the place of a part.

    It gets the folder, the environment and the path of the part, and this terminal; its exit code is ours.
    With --json only an error of Seatrial's own is written as JSON; what the command writes is its own.
    """
    del as_json  # `failures` looks for it
    command = calls.passed_on(context)
    system, part = _system_and_part(calls.own(words, command), "exec")
    if not command:
        raise errors.CallError(f"write the command: `{systems.hint('exec', system, part, '--')} COMMAND`")
    plan = systems.load_plan(system)
    inside = running.driver_of(system).inside(plan, systems.find_part(plan, part))
    terminal = {name: os.environ[name] for name in _TERMINALS if name in os.environ}
    _become(command, inside.folder, terminal | dict(inside.environment))


def environment(
    words: PartWords = None,
    reveal: Annotated[bool, typer.Option("--reveal", help="Show the texts of secrets.")] = False,
    export: Annotated[
        bool, typer.Option("--export", help="As lines for a shell, which reads secrets where they are kept.")
    ] = False,
    template: Annotated[
        bool,
        typer.Option("--template", help="Write a .env with all that an operator may set; names no part."),
    ] = False,
    place: Annotated[
        str | None,
        typer.Option(
            "--env",
            help="With --template: environment of the page.",
            autocompletion=completions.complete_environments,
        ),
    ] = None,
    as_json: running.AsJson = False,
) -> None:
    """Show the settings that a part is given, or all that may be set.

    Secrets are hidden. With --template it writes a .env for the whole system, to be filled in.
    """
    if template:
        templates.show(words or [], place or systems.LAPTOP, as_json=as_json)
        return
    if place is not None:
        raise errors.CallError("--env goes with --template: what a part is given is of this machine")
    system, part = _system_and_part(words or [], "env")
    plan = systems.load_plan(system)
    inside = running.driver_of(system).inside(plan, systems.find_part(plan, part))
    running.tell_outdated(system)
    told: Mapping[str, str] = inside.given if reveal else inside.masked
    if as_json:
        typer.echo(
            json.dumps({"part": part, "env": dict(sorted(told.items()))}, indent=2, ensure_ascii=False)
        )
        return
    if export:
        told = {name: f"export {name}={text}" for name, text in inside.expressions.items()}
    else:
        told = {name: f"{name}={text}" for name, text in told.items()}
    for _, line in sorted(told.items()):
        typer.echo(line)


def open_address(
    words: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[SYSTEM] [NAME]",
            help="A system, as elsewhere; an exposure of it or the part behind one.",
            autocompletion=completions.complete_parts,
        ),
    ] = None,
    only_print: Annotated[bool, typer.Option("--print", help="Print the address and open nothing.")] = False,
    as_json: running.AsJson = False,
) -> None:
    """Print the address of a running system, and open it in a browser.

    Without a screen, or with --print, it is printed only.
    """
    system, rest = systems.split(words or [])
    if len(rest) > 1:
        raise errors.CallError(f"one address at a time, not {' and '.join(rest)}")
    name, url = _address(system, next(iter(rest), None))
    opened = not only_print and _show(url)
    if as_json:
        typer.echo(json.dumps({"name": name, "url": url, "opened": opened}, ensure_ascii=False))
    else:
        typer.echo(url)


def _system_and_part(words: list[str], verb: str) -> tuple[str | None, str]:
    system, rest = systems.split(words)
    if len(rest) != 1:
        raise errors.CallError(f"name one part: `{systems.hint(verb, system, 'PART')}`")
    return system, rest[0]


def _become(command: tuple[str, ...], folder: Path, environment: Mapping[str, str]) -> NoReturn:
    """Runs the command in place of this process: terminal, signals and exit code need nobody in between."""
    os.chdir(folder)
    program = shutil.which(command[0], path=environment["PATH"])
    if program is None:
        raise errors.MissingError(
            f"found no program {command[0]!r} on the path of this part; `env` shows what one elsewhere needs"
        )
    sys.stdout.flush()
    for ignored in (signal.SIGPIPE, signal.SIGXFSZ):
        signal.signal(ignored, signal.SIG_DFL)  # Python ignores them, and what we become would inherit that
    os.execve(program, command, environment)  # noqa: S606  # without a shell on purpose


def _address(system: str | None, name: str | None) -> tuple[str, str]:
    """An exposure, or what listens unexposed: by its name or its part's. Raises CallError, MissingError."""
    from seatrial import parts  # noqa: PLC0415
    from seatrial.drivers import laptop  # noqa: PLC0415

    plan = systems.load_plan(system)
    behind = {one.name: one.endpoint.partition(".")[0] for one in plan.of(parts.Exposure)}
    behind |= {one.name: one.of for one in laptop.unexposed(plan)}
    if not behind:
        raise errors.CallError(
            f"no service of {plan.system} has an address: add a port and `expose: {{host: ...}}` to one"
        )
    found = [one for one in behind if name in (None, one)] or [one for one in behind if behind[one] == name]
    if len(found) != 1:
        known = names.suggestion(name or "", {*behind, *behind.values()})
        what = "the system" if name is None else repr(name)
        raise errors.CallError(f"{what} is reached at {len(found)} addresses; name one: {known}")
    status = running.driver_of(system).status()
    if status.phase == "lost":
        ending = f"`{systems.hint('down', system)}` ends what it left"
        raise errors.MissingError(
            f"the supervisor of {plan.system} is gone: `{systems.hint('up', system)}` takes over, {ending}"
        )
    urls = {**status.urls, **status.inner_urls}
    if status.supervisor_pid is None or found[0] not in urls:
        raise errors.MissingError(f"{plan.system} does not run: `{systems.hint('up', system)}` starts it")
    return found[0], urls[found[0]]


def _show(url: str) -> bool:
    """Only where a browser has a screen of its own; one for terminals would take ours away."""
    import webbrowser  # noqa: PLC0415

    if sys.platform != "darwin" and not any(os.environ.get(one) for one in _DISPLAYS):
        return False
    return webbrowser.open(url)
