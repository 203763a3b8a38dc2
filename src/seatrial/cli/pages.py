"""`seatrial check` and `seatrial plan`: what a page says, whether it is sound, and what follows from it."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from seatrial.cli import completions, systems, wordings
from seatrial.cli.systems import System

if TYPE_CHECKING:
    from seatrial.plan import Plan


Environment = Annotated[
    str,
    typer.Option("--env", help="Environment of the page.", autocompletion=completions.complete_environments),
]


def check(
    system: System = None,
    environment: Environment = systems.LAPTOP,
    every: Annotated[bool, typer.Option("--all-envs", help="In each environment of the page.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print problems and limits as JSON.")] = False,
) -> None:
    """Say everything that is wrong with a page.

    Of a sound one, what follows from it in each environment, and what a laptop leaves out.
    """
    plans = _plans(system, None if every else environment)
    limits = _limits(plans)  # first, since a wrong .env is said here
    if as_json:
        typer.echo(json.dumps(_as_object(plans, limits), indent=2, ensure_ascii=False))
        return
    for name, made in plans.items():
        where = f" in {name}" if every or name != systems.LAPTOP else ""
        sound = f"{systems.shown(systems.find_page(system))} is sound{where}: {_counts(made)}"
        _say(sound, "  ")
    if limits:
        typer.echo("A laptop leaves out:")
    for limit in limits:
        _say(limit, "  ", first="- ")


def plan(
    system: System = None,
    environment: Environment = systems.LAPTOP,
    as_json: Annotated[bool, typer.Option("--json", help="Print every part in full, as JSON.")] = False,
) -> None:
    """Show the parts that follow from a page, and what matters of each."""
    from seatrial.cli import plans  # noqa: PLC0415  # late: --help must not pay for pydantic

    made = systems.load_plan(system, environment)
    if as_json:
        typer.echo(json.dumps(made.to_json(), indent=2, ensure_ascii=False))
        return
    for line in plans.describe(made):
        typer.echo(line)


def _say(text: str, indent: str, first: str = "") -> None:
    for line in wordings.fitted(text, indent, sys.stdout, first=first):
        typer.echo(line)


def _plans(system: str | None, environment: str | None) -> dict[str, Plan]:
    """The plan of one environment, or of all of them, the laptop first."""
    if environment is not None:
        return {environment: systems.load_plan(system, environment)}
    page = systems.load_page(system).page
    known = dict.fromkeys([systems.LAPTOP, *sorted(page.environments)])
    return {name: systems.load_plan(system, name) for name in known}


def _limits(plans: dict[str, Plan]) -> list[str]:
    from seatrial.drivers import laptop  # noqa: PLC0415

    return list(laptop.limits(plans[systems.LAPTOP])) if systems.LAPTOP in plans else []


def _as_object(plans: dict[str, Plan], limits: list[str]) -> dict[str, object]:
    """Problems are none here: a page with problems ends the command with them."""
    told = {name: {"parts": len(made.parts), "fingerprint": made.fingerprint} for name, made in plans.items()}
    return {"problems": [], "limits": limits, "environments": told}


def _counts(made: Plan) -> str:
    from seatrial import parts  # noqa: PLC0415

    found = ((len(made.of(kind)), kind.__name__.lower()) for kind in parts.PARTS)
    return ", ".join(wordings.counted(number, word) for number, word in found if number)
