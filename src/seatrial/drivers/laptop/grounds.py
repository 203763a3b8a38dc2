"""The ground that all parts of a run stand on: laid by its supervisor, found again by what runs beside it."""

from __future__ import annotations

from collections.abc import Mapping

from seatrial import errors, parts
from seatrial.drivers.laptop import dotenvs, folders, ports, records, secrets, sites
from seatrial.drivers.laptop.engines import ENGINES
from seatrial.plan import Plan


def lay_ground(folder: folders.Folder, plan: Plan) -> sites.Ground:
    """Chooses ports and makes secrets where there are none yet. Raises MissingError."""
    exposed = frozenset(exposure.endpoint for exposure in plan.of(parts.Exposure))
    said = dotenvs.read_said(plan)
    texts = secrets.collect_secrets(folder, sites.wanted_secrets(plan), said)
    chosen = ports.allocate_ports(folder, (*plan.of(parts.Endpoint), ports.OTLP), exposed)
    return _ground(folder, plan, chosen, texts, said)


def ground_beside(folder: folders.Folder, plan: Plan) -> sites.Ground:
    """Raises MissingError where the system was never started, since it has no addresses then."""
    chosen = ports.read_ports(folder)
    if any(endpoint.name not in chosen for endpoint in plan.of(parts.Endpoint)):
        raise errors.MissingError(f"{plan.system} has no addresses yet: start it once")
    record = records.read_record(folder)
    if record is None or record.supervisor is None:
        chosen.pop(ports.OTLP.name, None)  # nobody takes spans
    said = dotenvs.read_said(plan)
    texts = secrets.collect_secrets(folder, sites.wanted_secrets(plan), said)
    return _ground(folder, plan, chosen, texts, said)


def _ground(
    folder: folders.Folder,
    plan: Plan,
    chosen: Mapping[str, int],
    texts: Mapping[str, str],
    said: Mapping[str, str],
) -> sites.Ground:
    return sites.Ground(
        plan=plan,
        folder=folder,
        ports=chosen,
        secrets=texts,
        schemes=_schemes(plan),
        said=said,
        externals=dotenvs.replaced_externals(plan, said),
    )


def _schemes(plan: Plan) -> dict[str, str]:
    """Endpoint → what is spoken there, where an engine speaks otherwise than the page's product."""
    spoken = {
        workload.name: scheme
        for workload in plan.of(parts.Workload)
        if isinstance(workload.program, parts.Server)
        and workload.program.product in ENGINES
        and (scheme := ENGINES[workload.program.product].SCHEME)
    }
    return {one.name: spoken[one.of] for one in plan.of(parts.Endpoint) if one.of in spoken}
