"""`seatrial env --template`: a `.env` with everything that an operator may set, to be filled in."""

from __future__ import annotations

import dataclasses
import json

import typer

from seatrial import errors
from seatrial.cli import systems


def show(words: list[str], environment: str, *, as_json: bool) -> None:
    """Prints it; words may name a system and nothing else. Raises CallError."""
    from seatrial.drivers.laptop import templates  # noqa: PLC0415  # late: --help must not pay for it
    from seatrial.plan import planning  # noqa: PLC0415

    system, rest = systems.split(words)
    if rest:
        raise errors.CallError(f"a template is of a whole system, and {rest[0]!r} is none")
    loaded = systems.load_page(system)
    plan = planning.make_plan(loaded.page, environment, loaded.directory)
    if as_json:
        told = [dataclasses.asdict(entry) for entry in templates.entries(plan, loaded.page)]
        typer.echo(json.dumps({"settings": told}, indent=2, ensure_ascii=False))
        return
    for line in templates.template(plan, loaded.page):
        typer.echo(line)
