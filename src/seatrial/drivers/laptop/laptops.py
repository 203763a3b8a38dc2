"""The laptop as a driver: acts on a running system from any process, by what its supervisor recorded."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from pathlib import Path

import psutil

from seatrial import errors, parts
from seatrial.drivers import reports
from seatrial.drivers.laptop import (
    clearances,
    dotenvs,
    folders,
    followers,
    holdings,
    identities,
    insides,
    jobs,
    orders,
    owners,
    ports,
    preflights,
    processes,
    records,
    secrets,
    statuses,
    supervisors,
)
from seatrial.drivers.laptop.telemetry import logs
from seatrial.plan import Plan
from seatrial.values import names, references

_STOP_SECONDS_MAX = 60.0
_PAUSE_SECONDS_MAX = 600.0
_DYING_SECONDS = 0.1
_RECORD_SECONDS_MAX = 30.0
"""How long a supervisor that has just begun may take to write its record."""

_LOST = "the supervisor of {system} is gone: `seatrial up` takes over, `seatrial down` ends what it left"

_RUNNING = frozenset(
    {reports.State.STARTING, reports.State.READY, reports.State.DEGRADED, reports.State.FAILED}
)

Report = reports.Event | reports.Arrival


class Laptop:
    """The system whose page lies in one folder, on this machine."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def supervise(self, plan: Plan) -> AsyncGenerator[Report, None]:
        """Runs the system as long as the caller listens; SIGINT, SIGTERM or closing the iterator stop it.

        Where it already runs from the same plan and settings, tells its state and ends. Raises
        PartFailedError and others.
        """
        return _with_patience(lambda: self._supervise(plan))

    async def _supervise(self, plan: Plan) -> AsyncGenerator[Report, None]:
        dotenvs.read_file(plan)
        folder = self._own_folder()
        if already := await self._running(plan, folder):
            async for report in followers.follow(folder, already, already=True):
                yield report
            return
        queue: asyncio.Queue[Report | None] = asyncio.Queue()
        supervisor = supervisors.Supervisor(plan, folder, queue.put_nowait)
        running = asyncio.create_task(supervisor.run())
        running.add_done_callback(lambda _: queue.put_nowait(None))
        try:
            while (news := await queue.get()) is not None:
                yield news
        finally:
            supervisor.stop()
            await _outlast(running)

    def start(self, plan: Plan) -> AsyncGenerator[Report, None]:
        """Starts the system under a supervisor of its own that outlives the caller; ends after Arrival.

        Raises PartFailedError when the start fails; nothing runs then.
        """
        return _with_patience(lambda: self._start(plan))

    async def _start(self, plan: Plan) -> AsyncGenerator[Report, None]:
        dotenvs.read_file(plan)  # a mistake in it is told here, and costs nothing that runs
        folder = self._own_folder()
        already = await self._running(plan, folder)
        pid = already or followers.spawn_supervisor(folder, plan)
        arrived = already is not None
        try:
            async for report in followers.follow(folder, pid, already=arrived):
                arrived = arrived or isinstance(report, reports.Arrival)
                yield report
        finally:
            spawned = None if arrived else identities.identity_of(pid)
            if spawned:  # the caller has lost interest; what failed has ended by itself
                await _end_supervisor(spawned)
                await self.stop()

    async def stop(self) -> reports.Stopped:
        """Stops everything, and ends what a supervisor that was killed left behind."""
        folder = folders.find_folder(self._directory)
        if folder is None:
            return reports.Stopped(parts=(), leftovers=0)
        record = records.read_record(folder)
        running: tuple[str, ...] = ()
        if record and record.supervisor:
            running = tuple(one.name for one in record.components if _is_kept_up(one))
            await _end_supervisor(record.supervisor)
        left = await supervisors.end_leftovers(folder)
        statuses.write_stopped(folder)
        return reports.Stopped(parts=running, leftovers=left)

    def names_of_data(self) -> tuple[str, ...]:
        """What its stores and volumes keep here."""
        folder = folders.find_folder(self._directory)
        return clearances.names_of_data(folder) if folder else ()

    def remove_data(self) -> tuple[str, ...]:
        """Removes it for good, and gives its names; secrets, addresses and logs stay. Nothing may run.

        Raises RefusedError while it runs, MissingError where something cannot be removed.
        """
        folder = folders.find_folder(self._directory)
        return clearances.remove_data(folder) if folder else ()

    async def run(
        self, plan: Plan, job: str, words: tuple[str, ...] = (), sink: processes.Sink | None = None
    ) -> float:
        """Runs a job to its end beside the running system; gives its seconds. Raises PartFailedError.

        `words` are added to its command; `sink` takes what it writes, as it writes it.
        """
        asked = jobs.Asked(job=job, words=words, sink=sink)
        return await jobs.run_job(folders.open_folder(self._directory), plan, asked)

    async def restart(self, part: str) -> float:
        """Ends a part in order and starts it again, its dependants stay; gives the seconds until it is ready.

        Raises CallError, MissingError where the system is not up, and how the start failed.
        """
        record = self._record()
        found = _component(record, part)
        if record.phase != "up":
            raise errors.MissingError(f"{record.system} is {record.phase}: restart a part once all is up")
        if found.state is reports.State.DONE or found.due is not None:
            raise errors.CallError(f"{part} is a job; a job is run, not restarted")
        supervisor = identities.Identity(pid=record.supervisor_pid, birth=record.supervisor_birth)
        return await orders.restart(self._own_folder(), supervisor, part)

    def inside(self, plan: Plan, part: parts.Workload | parts.Job) -> insides.Inside:
        """Where a part runs and what it is given. Raises MissingError."""
        return insides.look_inside(folders.open_folder(self._directory), plan, part)

    def outdated(self, plan: Plan) -> str | None:
        """What has changed since what runs was started, as a noun: the page, or what the operator says."""
        status = self.status()
        return _news(plan, status) if status.phase == "up" else None

    def components(self) -> tuple[reports.Component, ...]:
        """The parts as last recorded; cheaper than `status`, which also looks for what is left."""
        folder = folders.find_folder(self._directory)
        record = records.read_record(folder) if folder else None
        return record.components if record else ()

    def status(self) -> reports.Status:
        folder = folders.find_folder(self._directory)
        return statuses.status_of(folder) if folder else reports.Status(phase="never")

    async def logs(
        self,
        part: str | None = None,
        *,
        last: int = 100,
        follow: bool = False,
        search: logs.Search = logs.Search(),  # noqa: B008  # frozen
    ) -> AsyncIterator[reports.LogLine]:
        path = self.telemetry
        if path is None:
            return
        async for line in logs.LogReader(path=path, part=part, search=search).lines(last=last, follow=follow):
            yield line

    @property
    def telemetry(self) -> Path | None:
        """The file of its logs, spans and metrics; None where it was never started."""
        folder = folders.find_folder(self._directory)
        return folder.telemetry if folder else None

    def reach(self, endpoint: str) -> reports.Address:
        record = self._record()
        if endpoint not in record.addresses:
            known = ", ".join(sorted(record.addresses))
            raise errors.MissingError(f"no endpoint {endpoint} runs here; there are {known}")
        host, _, port = record.addresses[endpoint].rpartition(":")
        return reports.Address(host=host, port=int(port))

    def urls(self, plan: Plan) -> dict[str, str]:
        """Exposure → address, for what has been started at least once."""
        folder = folders.find_folder(self._directory)
        return ports.urls(ports.read_ports(folder), plan.of(parts.Exposure)) if folder else {}

    def inner_urls(self, plan: Plan) -> dict[str, str]:
        """Endpoint → address of services that the page does not expose, as `urls` has those it does."""
        folder = folders.find_folder(self._directory)
        return ports.inner_urls(ports.read_ports(folder), plan) if folder else {}

    def notes(self, plan: Plan) -> str:
        """The page's notes with its addresses, and shell expressions that read secrets in their place."""
        folder = folders.open_folder(self._directory)

        def meaning(reference: references.Reference) -> str:
            match reference:
                case references.SecretOf():
                    return secrets.reading_expression(folder, reference.name)
                case references.PublicUrlOf():
                    return self.urls(plan)[reference.exposure]
                case _:
                    raise errors.RefusedError(f"notes cannot hold {reference}")

        return plan.notes.resolve(meaning)

    def show_secrets(self, plan: Plan) -> tuple[secrets.Shown, ...]:
        """What people need: the first call after it was generated gives the text, later ones the file."""
        return secrets.show_secrets(folders.open_folder(self._directory), plan.of(parts.Secret))

    def holdings(self, plan: Plan) -> tuple[holdings.Holding, ...]:
        """What is held of each secret, without its text; a look leaves nothing behind."""
        found = folders.find_folder(self._directory)
        return holdings.holdings(found or folders.Folder(root=self._directory / folders.NAME, run=""), plan)

    def set_secret(self, plan: Plan, name: str, text: str) -> None:
        """Keeps the text of an operator's secret. Raises CallError."""
        holdings.set_text(self._own_folder(), plan, name, text)

    def rotate_secret(self, plan: Plan, name: str) -> None:
        """Makes a new text; what runs takes it at its next start. Raises CallError."""
        holdings.rotate(self._own_folder(), plan, name)

    def where_secrets(self, plan: Plan) -> tuple[secrets.Shown, ...]:
        """Where the secrets lie that people need, without showing them."""
        return secrets.where_secrets(folders.open_folder(self._directory), plan.of(parts.Secret))

    async def kill(self, part: str) -> None:
        identity = self._process_of(part)
        if not identities.send(identity, signal.SIGKILL):
            raise errors.MissingError(f"the process of {part} has just ended")
        await identities.wait_gone([identity], _STOP_SECONDS_MAX)

    async def pause(self, part: str, seconds: float) -> None:
        """Freezes its process and all that descend from it."""
        if not 0 < seconds <= _PAUSE_SECONDS_MAX:
            raise errors.CallError(f"a pause lasts up to {_PAUSE_SECONDS_MAX:g}s, not {seconds:g}s")
        frozen = _family(self._process_of(part))
        try:
            for identity in frozen:
                identities.send(identity, signal.SIGSTOP)
            await asyncio.sleep(seconds)
        finally:
            for identity in frozen:
                identities.send(identity, signal.SIGCONT)

    async def cut(self, one: str, other: str, seconds: float) -> None:
        raise errors.RefusedError(
            f"the laptop cannot cut {one} from {other} for {seconds:g}s: all parts share its loopback network"
        )

    async def restore(self, part: str, at: float | None = None) -> None:
        when = "the latest point" if at is None else f"the moment {at:g}"
        raise errors.RefusedError(f"the laptop cannot restore {part} to {when}: it keeps no backups")

    def _own_folder(self) -> folders.Folder:
        """Raises MissingError where it belongs to somebody else."""
        folder = folders.open_folder(self._directory)
        owners.ensure_own(folder.root)
        return folder

    async def _running(self, plan: Plan, folder: folders.Folder) -> int | None:
        """Its supervisor, when it runs from the same plan and settings; a run of others is stopped first.

        One that has only just begun is waited for until its record says which plan it runs.
        """
        until = time.monotonic() + _RECORD_SECONDS_MAX
        while (supervisor := await self._supervisor()) is None:
            if not folders.is_locked(folder):
                preflights.ensure_startable(folder, plan)
                return None
            if time.monotonic() >= until:
                raise folders.LockedError(
                    f"another supervisor works in {folder.root}, and does not say on what"
                )
            await asyncio.sleep(_DYING_SECONDS)
        status = self.status()
        same = _news(plan, status) is None and status.phase in ("starting", "up")
        if same and status.supervisor_pid == supervisor.pid:
            return supervisor.pid
        preflights.ensure_replaceable(folder, plan)
        await self.stop()
        return None

    def ensure_startable(self, plan: Plan) -> None:
        """Raises what keeps a plan from running in place of what runs now; nothing is touched."""
        preflights.ensure_replaceable(self._own_folder(), plan)

    async def _supervisor(self) -> identities.Identity | None:
        """One that was just killed can look alive for a moment."""
        pid = self.status().supervisor_pid
        supervisor = identities.identity_of(pid) if pid else None
        return supervisor if supervisor and await identities.wait_gone([supervisor], _DYING_SECONDS) else None

    def _record(self) -> records.Record:
        folder = folders.find_folder(self._directory)
        record = records.read_record(folder) if folder else None
        if record is None or record.supervisor is None:
            if self.status().phase == "lost":
                raise errors.MissingError(_LOST.format(system=record.system if record else self._directory))
            raise errors.MissingError(f"nothing runs in {self._directory}")
        return record

    def _process_of(self, part: str) -> identities.Identity:
        record = self._record()
        found = _component(record, part)
        if found.pid is None or found.birth is None:
            raise errors.MissingError(f"{part} has no process now: it is {found.state}")
        return identities.Identity(pid=found.pid, birth=found.birth)


def _news(plan: Plan, status: reports.Status) -> str | None:
    """What is not as it was; a supervisor that has just begun has not yet written what it was told."""
    if status.fingerprint != plan.fingerprint:
        return "the page"
    told = dotenvs.fingerprint(plan, dotenvs.read_said(plan))
    return f"what {dotenvs.NAME} or the environment says" if status.settings not in ("", told) else None


async def _with_patience(attempt: Callable[[], AsyncGenerator[Report, None]]) -> AsyncGenerator[Report, None]:
    """Tries again where another supervisor was a moment faster: the next attempt finds and follows it."""
    until = time.monotonic() + _RECORD_SECONDS_MAX
    while True:
        try:
            async with contextlib.aclosing(attempt()) as reports_of_attempt:
                async for report in reports_of_attempt:
                    yield report
        except folders.LockedError:
            if time.monotonic() >= until:
                raise
        else:
            return


async def _outlast(running: asyncio.Task[None]) -> None:
    """Waits for its end; whoever cancels the wait gets its way only then."""
    cancelled: asyncio.CancelledError | None = None
    while not running.done():
        try:
            await asyncio.wait([running])
        except asyncio.CancelledError as error:
            cancelled = error
    if cancelled:
        raise cancelled
    running.result()


async def _end_supervisor(supervisor: identities.Identity) -> None:
    """Asks it to stop everything, and kills it when that takes too long."""
    identities.send(supervisor, signal.SIGTERM)
    identities.send(supervisor, signal.SIGCONT)  # it may be suspended, and would not hear us
    if await identities.wait_gone([supervisor], _STOP_SECONDS_MAX):
        identities.send(supervisor, signal.SIGKILL)
        await identities.wait_gone([supervisor], _STOP_SECONDS_MAX)


def _is_kept_up(component: reports.Component) -> bool:
    """It runs, or is started again all the time; a job on a schedule only while it runs."""
    return component.pid is not None or (component.due is None and component.state in _RUNNING)


def _component(record: records.Record, part: str) -> reports.Component:
    known = {one.name: one for one in record.components}
    if part not in known:
        raise errors.CallError(f"no part {part!r} runs here; {names.suggestion(part, known)}")
    return known[part]


def _family(identity: identities.Identity) -> list[identities.Identity]:
    family = [identity]
    with contextlib.suppress(psutil.Error):
        for child in psutil.Process(identity.pid).children(recursive=True):
            found = identities.identity_of(child.pid)
            family += [found] if found else []
    return family
