"""A job on demand: run to its end beside the running system, by whoever asks for it."""

from __future__ import annotations

import asyncio
import time

from seatrial import errors, parts
from seatrial.drivers.laptop import arrangements, folders, ports, processes, records, secrets, sites
from seatrial.drivers.laptop.telemetry import logs
from seatrial.drivers.reports import State
from seatrial.plan import Plan


async def run_job(folder: folders.Folder, plan: Plan, name: str) -> float:
    """Seconds that it took. Raises CallError, MissingError, PartFailedError, OutOfTimeError."""
    job = next((one for one in plan.of(parts.Job) if one.name == name), None)
    if job is None:
        raise errors.CallError(f"the page has no job {name}")
    _ensure_needs(folder, job)
    texts = secrets.collect_secrets(folder, sites.wanted_secrets(plan))
    ground = sites.Ground(plan=plan, folder=folder, ports=ports.read_ports(folder), secrets=texts)
    launch = await arrangements.runnable_at(ground.site(job)).prepare()
    writer = logs.LogWriter(folder.telemetry)
    began = time.monotonic()
    try:
        outcome = await processes.run_to_end(
            launch,
            seconds_max=job.deadline_seconds,
            sink=lambda stream, lines: writer.add(name, stream, lines),
        )
    finally:
        await asyncio.to_thread(writer.close)
    if outcome.code:
        said = "".join(f"\n  | {line}" for line in writer.tail(name))
        raise errors.PartFailedError(f"{name} {processes.describe_code(outcome.code)}{said}")
    return time.monotonic() - began


def _ensure_needs(folder: folders.Folder, job: parts.Job) -> None:
    """What it needs must be ready now: nobody would start it, or wait for it."""
    record = records.read_record(folder)
    runs = record is not None and record.supervisor is not None
    ready = (State.READY, State.DONE)
    arrived = {one.name for one in record.components if one.state in ready} if record and runs else set()
    if late := [name for name in job.needs if name not in arrived]:
        raise errors.MissingError(f"{job.name} needs {', '.join(late)}, which is not ready: start the system")
