"""A job on demand: run to its end beside the running system, by whoever asks for it."""

from __future__ import annotations

import asyncio
import signal
import time
from dataclasses import dataclass, replace

from seatrial import errors, parts
from seatrial.drivers.laptop import arrangements, folders, grounds, processes, records, turns
from seatrial.drivers.laptop.telemetry import logs
from seatrial.drivers.reports import State
from seatrial.plan import Plan
from seatrial.values import durations, names

_GRACE_SECONDS = 10.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    """A job that somebody wants to have run now."""

    job: str
    words: tuple[str, ...] = ()
    """Added to its command."""
    sink: processes.Sink | None = None
    """Takes what it writes, beside the store of logs; without one an error tells the last lines."""


async def run_job(folder: folders.Folder, plan: Plan, asked: Asked) -> float:
    """Seconds that it took. Raises CallError, MissingError, PartFailedError, OutOfTimeError."""
    job = find_job(plan, asked.job)
    _ensure_needs(folder, job)
    launch = await arrangements.runnable_at(grounds.ground_beside(folder, plan).site(job)).prepare()
    launch = replace(launch, words=(*launch.words, *asked.words))
    writer = logs.LogWriter(folder.telemetry)

    def take(stream: str, lines: list[str]) -> None:
        writer.add(job.name, stream, lines)
        if asked.sink:
            asked.sink(stream, lines)

    began = time.monotonic()
    try:
        with turns.turn(folder, job):
            code = await _run(launch, take, job)
    finally:
        await asyncio.to_thread(writer.close)
    if code:
        said = "" if asked.sink else "".join(f"\n  | {line}" for line in logs.folded(writer.tail(job.name)))
        raise errors.PartFailedError(f"{job.name} {processes.describe_code(code)}{said}")
    if not asked.words:  # with words of its own it is another run than that of the schedule
        turns.write_success(folder, job)
    return time.monotonic() - began


def find_job(plan: Plan, name: str) -> parts.Job:
    """The job of a name. Raises CallError with the nearest one."""
    known = {job.name: job for job in plan.of(parts.Job)}
    if name not in known:
        raise errors.CallError(f"the page has no job {name!r}; {names.suggestion(name, known)}")
    return known[name]


async def _run(launch: processes.Launch, sink: processes.Sink, job: parts.Job) -> int:
    """Its code; whoever loses interest, or patience, ends it in order."""
    process = processes.Process(launch, sink)
    try:
        async with asyncio.timeout(job.deadline_seconds):
            return await asyncio.shield(process.ended)
    except TimeoutError as error:
        within = durations.format_duration(job.deadline_seconds)
        raise errors.OutOfTimeError(f"{job.name} did not end within {within}") from error
    finally:
        await process.stop(signal.SIGTERM, _GRACE_SECONDS)


def _ensure_needs(folder: folders.Folder, job: parts.Job) -> None:
    """What it needs must be ready now: nobody would start it, or wait for it."""
    record = records.read_record(folder)
    runs = record is not None and record.supervisor is not None
    ready = (State.READY, State.DONE)
    arrived = {one.name for one in record.components if one.state in ready} if record and runs else set()
    if late := [name for name in job.needs if name not in arrived]:
        raise errors.MissingError(f"{job.name} needs {', '.join(late)}, which is not ready: start the system")
