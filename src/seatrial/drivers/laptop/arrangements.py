"""What of a plan runs here, in which order, and behind which engine or program."""

from __future__ import annotations

import graphlib

from seatrial import errors, parts
from seatrial.drivers.laptop import components, sites
from seatrial.drivers.laptop.engines import ENGINES
from seatrial.drivers.laptop.runnables import Application, Runnable
from seatrial.plan import Plan


def arrange(ground: sites.Ground, around: components.Surroundings) -> dict[str, components.Component]:
    """All workloads and the jobs before a deploy, each after what it needs.

    Raises RefusedError where there is no such order, or no engine.
    """
    sites_in_order = [ground.site(part) for part in _in_order(starting(ground.plan))]
    return {site.part.name: components.Component(site, runnable_at(site), around) for site in sites_in_order}


def starting(plan: Plan) -> dict[str, parts.Workload | parts.Job]:
    """What a start runs: all workloads, and the jobs before a deploy."""
    running: dict[str, parts.Workload | parts.Job] = {
        workload.name: workload for workload in plan.of(parts.Workload)
    }
    return running | {job.name: job for job in plan.of(parts.Job) if job.when == "before-deploy"}


def ensure_order(plan: Plan) -> None:
    """Raises RefusedError where there is no order to start in, or no engine for a part."""
    for part in _in_order(starting(plan)):
        if isinstance(part.program, parts.Server):
            _ensure_engine(part.name, part.program)


def _in_order(running: dict[str, parts.Workload | parts.Job]) -> list[parts.Workload | parts.Job]:
    needs = {name: part.needs for name, part in running.items()}
    try:
        order = list(graphlib.TopologicalSorter(needs).static_order())
    except graphlib.CycleError as error:
        raise errors.RefusedError(f"these need each other: {' → '.join(error.args[1])}") from error
    if unknown := sorted(set(order) - set(running)):
        raise errors.RefusedError(f"something needs {', '.join(unknown)}, which does not run before a deploy")
    return [running[name] for name in order]


def runnable_at(site: sites.Site) -> Runnable:
    """The engine or the program behind a part. Raises RefusedError for a product without an engine."""
    program = site.part.program
    if isinstance(program, parts.Command):
        probes = site.part.probes if isinstance(site.part, parts.Workload) else parts.Probes()
        return Application(site=site, command=program, asked=probes)
    _ensure_engine(site.part.name, program)
    return ENGINES[program.product].at(site)


def _ensure_engine(part: str, server: parts.Server) -> None:
    if server.product not in ENGINES:
        known = ", ".join(sorted(ENGINES))
        raise errors.RefusedError(f"{part}: the laptop has no {server.product}; it has {known}")
