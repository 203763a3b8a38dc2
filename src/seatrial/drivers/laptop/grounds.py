"""The ground that a supervisor laid, for what runs beside it: a job on demand, or a command of somebody."""

from __future__ import annotations

from seatrial import errors, parts
from seatrial.drivers.laptop import folders, ports, records, secrets, sites
from seatrial.plan import Plan


def ground_beside(folder: folders.Folder, plan: Plan) -> sites.Ground:
    """Raises MissingError where the system was never started, since it has no addresses then."""
    chosen = ports.read_ports(folder)
    if any(endpoint.name not in chosen for endpoint in plan.of(parts.Endpoint)):
        raise errors.MissingError(f"{plan.system} has no addresses yet: start it once")
    record = records.read_record(folder)
    if record is None or record.supervisor is None:
        chosen.pop(ports.OTLP.name, None)  # nobody takes spans
    texts = secrets.collect_secrets(folder, sites.wanted_secrets(plan))
    return sites.Ground(plan=plan, folder=folder, ports=chosen, secrets=texts)
