"""`seatrial check` and `seatrial plan`: what a page says, whether it is sound, and what follows from it."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from seatrial.cli import completions, systems
from seatrial.cli.systems import System


def check(
    system: System = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print problems and limits as JSON.")] = False,
) -> None:
    """Say everything that is wrong with a page."""
    from seatrial import parts  # noqa: PLC0415  # late: --help must not pay for pydantic
    from seatrial.drivers import laptop  # noqa: PLC0415

    plan = systems.load_plan(system)
    limits = laptop.limits(plan)
    if as_json:
        typer.echo(json.dumps({"problems": [], "limits": list(limits)}, indent=2, ensure_ascii=False))
        return
    counts = [_counted(len(plan.of(kind)), kind.__name__.lower()) for kind in parts.PARTS if plan.of(kind)]
    typer.echo(f"{systems.shown(systems.find_page(system))} is sound: {', '.join(counts)}")
    if limits:
        typer.echo("A laptop leaves out:")
    for limit in limits:
        typer.echo(f"- {limit}")


def plan(
    system: System = None,
    environment: Annotated[
        str,
        typer.Option(
            "--env", help="Environment of the page.", autocompletion=completions.complete_environments
        ),
    ] = systems.LAPTOP,
    as_json: Annotated[bool, typer.Option("--json", help="Print every part in full, as JSON.")] = False,
) -> None:
    """Show the parts that follow from a page."""
    made = systems.load_plan(system, environment)
    if as_json:
        typer.echo(json.dumps(made.to_json(), indent=2, ensure_ascii=False))
        return
    typer.echo(f"{made.system} in {made.environment}, {len(made.parts)} parts ({made.fingerprint})")
    for part in made.parts:
        typer.echo(f"  {type(part).__name__.lower():<9} {part.name}")


def _counted(number: int, word: str) -> str:
    """`1 job`, `4 accesses`, `2 severities`."""
    if number == 1:
        return f"1 {word}"
    plural = f"{word}es" if word.endswith("s") else f"{word[:-1]}ies" if word.endswith("y") else f"{word}s"
    return f"{number} {plural}"
