"""What a part is given on this machine, for people who look at it or run a program in its place."""

from __future__ import annotations

import os
import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from seatrial import parts
from seatrial.drivers.laptop import folders, grounds, runnables, secrets, sites
from seatrial.drivers.laptop.engines import clients
from seatrial.plan import Plan
from seatrial.values import references

MASK = "********"


@dataclass(frozen=True, kw_only=True, slots=True)
class Inside:
    """Where a part runs and with what."""

    folder: Path
    environment: Mapping[str, str]
    """All of it, for a process; without the marks by which a supervisor knows its own."""
    given: Mapping[str, str]
    """What page and driver give beside what every process has."""
    masked: Mapping[str, str]
    """The same with each secret hidden."""
    expressions: Mapping[str, str]
    """The same as words for a shell, which reads each secret from where it is kept."""


def look_inside(folder: folders.Folder, plan: Plan, part: parts.Workload | parts.Job) -> Inside:
    """Raises MissingError where the system was never started, as it has no addresses then."""
    site = grounds.ground_beside(folder, plan).site(part)
    program = part.program
    client = clients.settings(site)
    every = (
        runnables.environment_of(site, program)
        if isinstance(program, parts.Command)
        else site.environment(clients.folders(site))
    )
    every |= {name: site.resolve(template) for name, template in client.items()}
    own = {name: text for name, text in every.items() if name not in site.mark.environment}
    plain = site.common().keys() - site.settings().keys()
    given = {name: text for name, text in own.items() if name not in plain}
    templates = {name: template for name, template in part.env if name in given} | client
    return Inside(
        folder=_place(site),
        environment=own,
        given=given,
        masked=given | {name: _told(one, site, lambda _: MASK) for name, one in templates.items()},
        expressions={name: shlex.quote(text) for name, text in given.items()}
        | {name: _expression(one, site) for name, one in templates.items()},
    )


def _place(site: sites.Site) -> Path:
    program = site.part.program
    if isinstance(program, parts.Command):
        return site.context(program)
    return site.data if site.data.is_dir() else site.ground.folder.root


def _told(template: references.Template, site: sites.Site, tell_secret: Callable[[str], str]) -> str:
    """The text of a template in which each secret is told in another way."""
    return "".join(
        tell_secret(piece.name)
        if isinstance(piece, references.SecretOf)
        else site.resolve(references.Template((piece,)))
        for piece in template.pieces
    )


def _expression(template: references.Template, site: sites.Site) -> str:
    """Words that a shell joins to one: plain text quoted, secrets read where they are kept."""
    words = [
        f'"{_reading(site.ground, piece.name)}"'
        if isinstance(piece, references.SecretOf)
        else shlex.quote(site.resolve(references.Template((piece,))))
        for piece in template.pieces
    ]
    return "".join(words) or "''"


def _reading(ground: sites.Ground, name: str) -> str:
    """Read from where it came: the caller's environment, a file of its own, or `.env`.

    No shell reads `.env` as we do, so the expression takes the variable, and says so where it is not set.
    """
    variable = secrets.variable(name)
    operators = {one.name for one in ground.plan.of(parts.Secret) if one.source == "operator"}
    if name not in operators or not ground.said.get(variable):
        return secrets.reading_expression(ground.folder, name)
    if os.environ.get(variable):
        return f"${{{variable}}}"
    return f"${{{variable}:?stands in .env, which a shell reads otherwise: set it in this shell too}}"
