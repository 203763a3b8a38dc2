"""What can be known to be missing before anything starts, or is stopped for a new start.

What only a run shows is left to the run: also a program that a job before a deploy may still build.
"""

from __future__ import annotations

from collections import defaultdict

from seatrial import errors, parts
from seatrial.drivers.laptop import arrangements, dotenvs, folders, runnables, secrets, sites
from seatrial.plan import Plan

_NAMES_MAX = 2
"""So many parts are named that lack the same program; the others are counted."""


def ensure_startable(folder: folders.Folder, plan: Plan) -> None:
    """Order, engines, `.env`, secrets, programs. Raises RefusedError, PageError, CallError, MissingError."""
    said = dotenvs.read_said(plan)
    arrangements.ensure_order(plan)
    texts = secrets.collect_secrets(folder, sites.wanted_secrets(plan), said)
    ground = sites.Ground(plan=plan, folder=folder, ports={}, secrets=texts, said=said)
    if lacking := _lacking(ground):
        raise errors.MissingError("\n".join(lacking))


def ensure_replaceable(folder: folders.Folder, plan: Plan) -> None:
    """As `ensure_startable`; the folders that programs run in must be there too; a start waits for them."""
    for part in arrangements.starting(plan).values():
        if isinstance(part.program, parts.Command):
            sites.context_of(plan, part.program)
    ensure_startable(folder, plan)


def _lacking(ground: sites.Ground) -> list[str]:
    """A line for each program that is nowhere."""
    parts_of: dict[str, list[str]] = defaultdict(list)
    for part in arrangements.starting(ground.plan).values():
        if isinstance(part.program, parts.Command) and (why := _missing(ground, part, part.program)):
            parts_of[why].append(part.name)
    return [f"{_counted(names)} {why}" for why, names in parts_of.items()]


def _missing(ground: sites.Ground, part: parts.Workload | parts.Job, command: parts.Command) -> str:
    """What a part lacks; nothing where its program is there, or where that cannot be said yet."""
    site = ground.site(part)
    first = command.words[0]
    if any(first.references()) or "PATH" in site.names_of_settings():
        return ""
    word = site.resolve(first)
    if "/" in word and _follows_job(ground.plan, part):
        return ""  # what it builds is there when the job is done
    try:
        runnables.find_program(site, command, word)
    except errors.MissingError as error:
        exists = (ground.plan.directory / command.build.context).is_dir()
        return f"cannot start: {error}" if exists else ""  # the folder may still come
    return ""


def _follows_job(plan: Plan, part: parts.Workload | parts.Job) -> bool:
    return not {job.name for job in plan.of(parts.Job)}.isdisjoint(part.needs)


def _counted(names: list[str]) -> str:
    shown = ", ".join(names[:_NAMES_MAX])
    more = len(names) - _NAMES_MAX
    return f"{shown} and {more} more" if more > 0 else shown
