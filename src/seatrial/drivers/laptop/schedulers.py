"""Runs the jobs that have a schedule, as long as their system is up; what was missed is said, not made up."""

from __future__ import annotations

import asyncio
import json
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from seatrial import errors, parts
from seatrial.drivers import reports
from seatrial.drivers.laptop import (
    arrangements,
    folders,
    leftovers,
    processes,
    sites,
    timetables,
    turns,
)
from seatrial.drivers.laptop.telemetry.logs import LogWriter
from seatrial.values.durations import format_duration

_SLICE_SECONDS_MAX = 5.0
"""The clock is looked at again so soon: it can be set, and a laptop can sleep."""
_LATE_SECONDS_MAX = 60.0
"""What would begin later than this after its time was missed."""
_RUNS_MAX = 10
"""At once of one job, where the page allows several."""
_GRACE_SECONDS = 10.0
_BACK_OFF_SECONDS_MAX = 60.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Surroundings:
    """Whom a scheduler tells what happens, and what it asks."""

    logs: LogWriter
    changed: Callable[[str, reports.State, str], None]
    """Called with the job, its state and the reason."""
    lacking: Callable[[tuple[str, ...]], list[str]]
    """Of what a job needs, that which is not ready now."""


class Scheduler:
    """One job with a schedule."""

    def __init__(self, site: sites.Site, job: parts.Job, around: Surroundings) -> None:
        self.job = job
        self._site = site
        self._runnable = arrangements.runnable_at(site)
        self._around = around
        self._memory = Memory(site.ground.folder, job)
        self._state = reports.State.PENDING
        self._reason = ""
        self._since = time.time()
        self._due: float | None = timetables.next_due(job, self._since)
        self._process: processes.Process | None = None
        self._runs: set[asyncio.Task[None]] = set()
        self._task: asyncio.Task[None] | None = None

    def begin(self) -> None:
        """From now on it runs at its times."""
        self._task = asyncio.create_task(self._keep(), name=f"schedule of {self.job.name}")

    async def stop(self) -> None:
        """Ends whatever of it runs, in order."""
        if self._task:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        await self._end_runs()
        self._due = None
        if self._state not in (reports.State.DONE, reports.State.FAILED):
            self._move(reports.State.STOPPED, "")

    def report(self) -> reports.Component:
        lives = self._process is not None and not self._process.ended.done()
        identity = self._process.identity if self._process and lives else None
        return reports.Component(
            name=self.job.name,
            state=self._state,
            reason=self._reason,
            since=self._since,
            pid=identity.pid if identity else None,
            birth=identity.birth if identity else None,
            due=self._due,
        )

    async def _keep(self) -> None:
        after = time.time()
        if missed := self._memory.missed(after):
            many = "once" if len(missed) == 1 else f"{len(missed)} times"
            many = f"more than {many}" if len(missed) == timetables.MISSED_MAX else many
            last = timetables.shown(self.job, missed[-1])
            self._move(self._state, f"was due {many} while the system was down, last at {last}: skipped")
        while True:
            self._memory.write(after)
            self._due = due = timetables.next_due(self.job, after)
            self._around.changed(self.job.name, self._state, self._reason)
            while (left := due - time.time()) > 0:  # noqa: ASYNC110  # it waits for the time of day
                await asyncio.sleep(min(left, _SLICE_SECONDS_MAX))
            after = max(due, time.time() - _LATE_SECONDS_MAX)
            if after > due:
                self._skip(due, "nothing ran here at that time")
            else:
                await self._begin_run(due)

    async def _begin_run(self, due: float) -> None:
        if self._runs and self.job.overlap == "replace":
            await self._end_runs()
        if len(self._runs) >= (_RUNS_MAX if self.job.overlap == "allow" else 1):
            self._skip(due, "the last run had not ended")
            return
        run = asyncio.create_task(self._run(due), name=f"run of {self.job.name}")
        self._runs.add(run)
        run.add_done_callback(self._runs.discard)

    async def _run(self, due: float) -> None:
        try:
            with turns.turn(self._site.ground.folder, self.job):
                await self._try(f"was due at {timetables.shown(self.job, due)}")
        except turns.TakenError:
            self._skip(due, "somebody was running it")
        except Exception as error:  # noqa: BLE001  # a defect of ours fails this job by name, and no other part
            self._move(reports.State.FAILED, f"{type(error).__name__}: {error}")

    async def _try(self, why: str) -> None:
        for attempt in range(self.job.retries + 1):
            self._move(reports.State.STARTING, why)
            failure = await self._once()
            if not failure:
                self._move(reports.State.DONE, "")
                return
            why = f"{failure}; is tried again"
            if attempt < self.job.retries:
                self._move(reports.State.STARTING, why)
                await asyncio.sleep(min(2.0**attempt, _BACK_OFF_SECONDS_MAX))
        self._move(reports.State.FAILED, failure)

    async def _once(self) -> str:
        """One run to its end; gives why it failed."""
        if lacking := self._around.lacking(self.job.needs):
            return f"needs {', '.join(lacking)}, which is not ready"
        name = self.job.name
        try:
            launch = await self._runnable.prepare()
            self._around.logs.begin(name)
            process = processes.Process(
                launch, lambda stream, lines: self._around.logs.add(name, stream, lines), self._clean
            )
        except (errors.SeatrialError, OSError) as error:
            return f"could not be started: {error}"
        self._process = process
        self._around.changed(name, self._state, self._reason)
        try:
            async with asyncio.timeout(self.job.deadline_seconds):
                code = await asyncio.shield(process.ended)
        except TimeoutError:
            return f"did not end within {format_duration(self.job.deadline_seconds)}"
        finally:
            await process.stop(signal.SIGTERM, _GRACE_SECONDS)
        said = self._runnable.blame(self._around.logs.tail(name))
        return f"{processes.describe_code(code)}: {said}".rstrip(": ") if code else ""

    def _clean(self) -> None:
        """What a run left elsewhere; another run of the same job bears the same mark and must live on."""
        if self.job.overlap != "allow":
            leftovers.kill_marked(self._site.mark)

    async def _end_runs(self) -> None:
        runs = list(self._runs)
        for run in runs:
            run.cancel()
        await asyncio.gather(*runs, return_exceptions=True)

    def _skip(self, due: float, why: str) -> None:
        at = timetables.shown(self.job, due)
        self._move(self._state, f"was due at {at} and skipped: {why}")

    def _move(self, state: reports.State, reason: str) -> None:
        if state is not self._state:
            self._since = time.time()
        self._state, self._reason = state, reason
        self._around.changed(self.job.name, state, reason)


class Memory:
    """Until when the times of one job were kept, over runs of the supervisor."""

    def __init__(self, folder: folders.Folder, job: parts.Job) -> None:
        self._path = folder.turns / f"{job.name}.json"
        self._job = job

    def missed(self, now: float) -> list[float]:
        """The times at which nothing ran; none where the schedule is another than it was."""
        try:
            kept = json.loads(self._path.read_text(encoding="utf-8"))
            same = (kept["schedule"], kept["zone"]) == (self._job.schedule, self._job.zone)
            return timetables.missed(self._job, float(kept["until"]), now) if same else []
        except (OSError, ValueError, TypeError, KeyError, OverflowError):
            return []

    def write(self, until: float) -> None:
        """Where that is not possible, what will be missed is not said; the job runs all the same."""
        with suppress(OSError):
            self._path.parent.mkdir(mode=0o700, exist_ok=True)
            kept = {"schedule": self._job.schedule, "zone": self._job.zone, "until": until}
            folders.write_atomically(self._path, json.dumps(kept))
