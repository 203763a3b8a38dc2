"""What of a plan runs here, in which order, and behind which engine or program."""

from __future__ import annotations

import graphlib

from seatrial import errors, parts
from seatrial.drivers.laptop import components, sites
from seatrial.drivers.laptop.engines import ENGINES
from seatrial.drivers.laptop.runnables import Application, Runnable


def arrange(ground: sites.Ground, around: components.Surroundings) -> dict[str, components.Component]:
    """All workloads and the jobs before a deploy, each after what it needs.

    Raises RefusedError where there is no such order, or no engine.
    """
    running: dict[str, parts.Workload | parts.Job] = {
        workload.name: workload for workload in ground.plan.of(parts.Workload)
    }
    running |= {job.name: job for job in ground.plan.of(parts.Job) if job.when == "before-deploy"}
    needs = {name: part.needs for name, part in running.items()}
    try:
        order = list(graphlib.TopologicalSorter(needs).static_order())
    except graphlib.CycleError as error:
        raise errors.RefusedError(f"these need each other: {' → '.join(error.args[1])}") from error
    if unknown := sorted(set(order) - set(running)):
        raise errors.RefusedError(f"something needs {', '.join(unknown)}, which does not run before a deploy")
    sites_in_order = (ground.site(running[name]) for name in order)
    return {site.part.name: components.Component(site, runnable_at(site), around) for site in sites_in_order}


def runnable_at(site: sites.Site) -> Runnable:
    """The engine or the program behind a part. Raises RefusedError for a product without an engine."""
    program = site.part.program
    if isinstance(program, parts.Command):
        probes = site.part.probes if isinstance(site.part, parts.Workload) else parts.Probes()
        return Application(site=site, command=program, asked=probes)
    if program.product not in ENGINES:
        known = ", ".join(sorted(ENGINES))
        raise errors.RefusedError(f"{site.part.name}: the laptop has no {program.product}; it has {known}")
    return ENGINES[program.product].at(site)
