"""`seatrial secrets`: which there are, who uses them, and how they get a new text. Never the text itself."""

from __future__ import annotations

import dataclasses
import json
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from seatrial import errors
from seatrial.cli import completions, running, systems
from seatrial.values.durations import format_age

if TYPE_CHECKING:
    from seatrial.drivers.laptop import Laptop
    from seatrial.drivers.laptop.holdings import Holding
    from seatrial.plan import Plan

application = typer.Typer(
    name="secrets",
    help="Look after the secrets of a system on this machine.",
    rich_markup_mode=None,
    invoke_without_command=True,
)

SecretWords = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[SYSTEM] NAME",
        help="A system, as elsewhere, and one of its secrets.",
        autocompletion=completions.complete_secrets,
    ),
]
Again = Annotated[
    bool,
    typer.Option("--restart", help="Where the system runs, start it again so that it takes the new text."),
]


@application.callback()
def options(context: typer.Context) -> None:
    """Look after the secrets of a system on this machine."""
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())
        raise typer.Exit(errors.CallError.exit_code)


@application.command("list")
def show(system: systems.System = None, as_json: running.AsJson = False) -> None:
    """List the secrets of a system: source, age, who uses it, whether it is set."""
    plan = systems.load_plan(system)
    found = running.driver_of(system).holdings(plan)
    if as_json:
        told = [dataclasses.asdict(one) | {"due": one.due} for one in found]
        typer.echo(json.dumps({"secrets": told}, indent=2, ensure_ascii=False))
        return
    for line in _table(found):
        typer.echo(line)


@application.command("set")
def write(words: SecretWords = None, restart: Again = False, as_json: running.AsJson = False) -> None:
    """Keep the text of an operator's secret.

    It is read from standard input, or asked for without being shown; never from the command line.
    """
    system, name = _system_and_name(words or [], "set")
    plan = systems.load_plan(system)
    driver = running.driver_of(system)
    driver.set_secret(plan, name, _text(name))
    _tell(_Change(driver=driver, plan=plan, system=system, name=name, did="set", as_json=as_json), restart)


@application.command()
def rotate(words: SecretWords = None, restart: Again = False, as_json: running.AsJson = False) -> None:
    """Make a new text for a generated secret; stores take a new password at their next start."""
    system, name = _system_and_name(words or [], "rotate")
    plan = systems.load_plan(system)
    driver = running.driver_of(system)
    driver.rotate_secret(plan, name)
    _tell(
        _Change(driver=driver, plan=plan, system=system, name=name, did="rotated", as_json=as_json), restart
    )


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class _Change:
    """A secret that has just got another text."""

    driver: Laptop
    plan: Plan
    system: str | None
    name: str
    did: str
    as_json: bool


def _system_and_name(words: list[str], verb: str) -> tuple[str | None, str]:
    system, rest = systems.split(words)
    if len(rest) != 1:
        raise errors.CallError(
            f"name one secret: `{systems.hint('secrets', verb, *([system] if system else []), 'NAME')}`"
        )
    return system, rest[0]


def _text(name: str) -> str:
    """Without the line end that `echo` and editors add. Raises CallError for what is no text."""
    if sys.stdin.isatty():
        import getpass  # noqa: PLC0415  # late: only people at a terminal need it

        return getpass.getpass(f"{name}: ")
    from seatrial.drivers.laptop import holdings  # noqa: PLC0415

    raw = sys.stdin.buffer.read(holdings.TEXT_BYTES_MAX + 2)
    try:
        return raw.decode("utf-8").removesuffix("\n").removesuffix("\r")
    except UnicodeDecodeError as cause:
        raise errors.CallError(f"the text of {name} is not UTF-8") from cause


def _tell(change: _Change, restart: bool) -> None:
    """Who has the old text until it starts again, and, where it is wanted, that start."""
    from seatrial import parts  # noqa: PLC0415
    from seatrial.plan import users  # noqa: PLC0415

    used = users.of_secrets(change.plan)[change.name]
    runs = change.driver.status().supervisor_pid is not None
    workloads = {workload.name for workload in change.plan.of(parts.Workload)}
    again = runs and restart and not workloads.isdisjoint(used)
    if change.as_json:
        told = {
            "secret": change.name,
            "did": change.did,
            "used_by": used,
            "running": runs,
            "restarted": again,
        }
        typer.echo(json.dumps(told, ensure_ascii=False))
    else:
        for line in _words(change, used, runs=runs, again=again):
            typer.echo(line)
    if again:
        _start_again(change)


def _words(change: _Change, used: tuple[str, ...], *, runs: bool, again: bool) -> Iterator[str]:
    yield f"{change.name} is {change.did}"
    if not used:
        yield "no part is given it"
    elif not runs:
        yield f"{', '.join(used)} take it at the next start"
    elif again:
        yield f"starting {change.plan.system} again, for {', '.join(used)}"
    else:
        yield f"still with the old text: {', '.join(used)}; `run` and `exec` are given the new one"
        down, up = (systems.hint(verb, change.system) for verb in ("down", "up"))
        yield f"`{down}` and `{up}` give them the new one"


def _start_again(change: _Change) -> None:
    """As a whole, since what talks to each other must agree on a password. It runs detached afterwards."""
    from seatrial.cli import progress, starts  # noqa: PLC0415

    driver, plan = change.driver, change.plan
    running.run_work(progress.shown(driver, driver.stop(), progress.stopping))
    start = starts.Start(driver=driver, plan=plan, again=change.system, detach=True, as_json=change.as_json)
    running.run_work(start.follow())


def _table(found: tuple[Holding, ...]) -> Iterator[str]:
    """One line each: name, state, source, age, users."""
    if not found:
        yield "the page has no secrets"
        return
    width = max(len("name"), *(len(one.name) for one in found))
    yield f"{'name':<{width}}  {'state':<12}  {'source':<9}  {'age':>4}  used by"
    for one in found:
        age = "" if one.age_seconds is None else format_age(one.age_seconds)
        due = " rotation is due" if one.due else ""
        state = "variable" if one.kept == "variable" else one.state
        used = " ".join(one.used_by) or "nobody"
        yield f"{one.name:<{width}}  {state:<12}  {one.source:<9}  {age:>4}  {used}{due}".rstrip()
