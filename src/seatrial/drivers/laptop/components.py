"""One part while it runs: waits for what it needs, is started, asked, restarted and stopped."""

from __future__ import annotations

import asyncio
import signal
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from seatrial import errors, parts
from seatrial.drivers.laptop import leftovers, listeners, ports, processes, states
from seatrial.drivers.laptop.probes import Answer
from seatrial.drivers.laptop.runnables import Runnable
from seatrial.drivers.laptop.sites import Site
from seatrial.drivers.laptop.telemetry.logs import LogWriter
from seatrial.drivers.reports import State
from seatrial.values.durations import format_duration

STOP_GRACE_SECONDS = 10.0
_EAGER_SECONDS = 0.05
_EAGER_PROBES = 40
_PATIENT_SECONDS = 0.1
_CALM_PROBES = 30
_CALM_FACTOR = 5.0
_CALM_SECONDS_MAX = 5.0
"""After so many passes in a row it is asked less often, until one fails: each may be a line in its log."""
_SPARE_SECONDS = 5.0
"""Beyond its deadline, for an end that takes as long as it may, and for what prepares a start."""
_SETTLING_SECONDS = 2.0
"""A port that is open says little: servers take it before their workers find out that they cannot work."""
_FREEING_SECONDS_MAX = 0.5
"""What was killed a moment ago gives its port back when the system has ended it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Surroundings:
    """Whom a component tells what happens to it."""

    logs: LogWriter
    changed: Callable[[Component, states.Condition], None]
    """Called with the component and its condition before the change."""


@dataclass(frozen=True, kw_only=True, slots=True)
class End:
    """Why one life of a part ended, and whose fault that was."""

    text: str
    cause: type[errors.SeatrialError] = errors.PartFailedError


class Component:
    """A workload or job of the plan on its way through the states."""

    def __init__(self, site: Site, runnable: Runnable, surroundings: Surroundings) -> None:
        self.name = site.part.name
        self.needs = site.part.needs
        self.condition = states.Condition(since=time.monotonic())
        self.process: processes.Process | None = None
        self.arrival: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        """True when it first was ready or done, False when it failed before."""
        self.site = site
        self._runnable = runnable
        self._around = surroundings
        self._bounds = _bounds(site.part)
        self._interval_seconds = (
            site.part.probes.interval_seconds if isinstance(site.part, parts.Workload) else 1.0
        )
        self._settling_seconds = _settling_seconds(site)
        self._note = ""
        self._stopping = False
        self._again = asyncio.Event()
        """Somebody asked for a restart."""
        self._restarting = asyncio.Lock()
        self._task: asyncio.Task[None] | None = None

    def begin(self, needed: Iterable[Component]) -> None:
        """Starts it when all it needs have arrived."""
        self._task = asyncio.create_task(self._live(tuple(needed)), name=self.name)

    def expect_stop(self) -> None:
        """From now on nothing that a probe is told counts, and no new life begins."""
        self._stopping = True

    async def stop(self, grace_seconds: float = STOP_GRACE_SECONDS) -> None:
        """Ends it, whatever it does just now; between two lives it must not begin another."""
        self.expect_stop()
        if self.process is None or self.process.ended.done():
            await self._cancel()
        await self._end_process(grace_seconds)
        await self._cancel()
        self._happen("stop")

    def restart(self) -> None:
        """Ends its process in order and starts it anew, though it had been given up; dependants stay."""
        self._happen("restart", "is restarted, as somebody asked")
        self._again.set()
        if self._task and self._task.done():
            self._task = asyncio.create_task(self._live(()), name=self.name)

    async def restarted(self) -> None:
        """Restarts it, and returns when it is ready. Raises how that failed; its deadline bounds the wait."""
        seconds_max = STOP_GRACE_SECONDS + self._bounds.deadline_seconds + _SPARE_SECONDS
        async with self._restarting:
            self.restart()
            try:
                async with asyncio.timeout(seconds_max):
                    while self.condition.state is State.STARTING:  # noqa: ASYNC110  # bounded, and rare
                        await asyncio.sleep(_EAGER_SECONDS)
            except TimeoutError as error:
                within = format_duration(seconds_max)
                raise errors.OutOfTimeError(f"{self.name} was not ready again within {within}") from error
        if self.condition.state is not State.READY:
            raise self.condition.cause(f"{self.name} {self.condition.state}: {self.condition.reason}")

    def give_up(self, end: End) -> None:
        self._happen("give_up", end.text, end.cause)

    async def _live(self, needed: tuple[Component, ...]) -> None:
        try:
            if await self._wait(needed):
                await (self._work() if isinstance(self.site.part, parts.Workload) else self._finish())
        except errors.SeatrialError as error:
            await self._end_process(STOP_GRACE_SECONDS)
            self.give_up(End(text=str(error), cause=type(error)))
        except Exception as error:  # noqa: BLE001  # a defect of ours fails this part by name
            await self._end_process(STOP_GRACE_SECONDS)
            self.give_up(End(text=f"{type(error).__name__}: {error}"))

    async def _end_process(self, grace_seconds: float) -> None:
        if self.process:
            await self.process.stop(self._runnable.stop_signal, grace_seconds)

    async def _cancel(self) -> None:
        if self._task:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _wait(self, needed: tuple[Component, ...]) -> bool:
        """Until everything has arrived; a part that needs a failed one does not start and says so."""
        while True:
            if failed := [one.name for one in needed if one.arrival.done() and not one.arrival.result()]:
                self._happen("block", f"does not start: it needs {', '.join(failed)}, which failed")
                return False
            late = [one for one in needed if not one.arrival.done()]
            if not late:
                return True
            self._happen("wait", f"waits for {', '.join(one.name for one in late)}")
            await asyncio.wait([one.arrival for one in late], return_when=asyncio.FIRST_COMPLETED)

    async def _work(self) -> None:
        while not (self.condition.final or self._stopping):
            self._again.clear()
            self._happen("start")
            end = await self._life()
            if self._stopping:
                return
            if not self._again.is_set():
                await self._lament(end)

    async def _lament(self, end: End) -> None:
        """It ended and nobody asked for that: a pause follows, which a wanted restart cuts short."""
        self._happen("exit", end.text, end.cause)
        if not self.condition.final:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._again.wait(), self.condition.back_off_seconds)

    async def _life(self) -> End:
        """From a start to its end. What is missing may come back, so that is an end like any other."""
        if held := await self._held():
            return End(text=held, cause=errors.MissingError)
        try:
            return End(text=await self._attend(await self._start()))
        except errors.RefusedError:
            raise
        except (errors.SeatrialError, OSError) as error:
            await self._end_process(STOP_GRACE_SECONDS)
            return _unstarted(error)

    async def _attend(self, process: processes.Process) -> str:
        """Asks until the process has ended, or ends it; gives why."""
        asking = asyncio.create_task(self._ask(process))
        wanting = asyncio.create_task(self._again.wait())
        try:
            first: tuple[asyncio.Future[Any], ...] = (process.ended, asking, wanting)
            await asyncio.wait(first, return_when=asyncio.FIRST_COMPLETED)
            if process.ended.done():
                return self._why(process.ended.result())
            if not wanting.done():
                why = asking.result()
                await process.kill()
                return why
        finally:
            for task in (asking, wanting):
                task.cancel()
            await asyncio.gather(asking, wanting, return_exceptions=True)
        await self._end_process(STOP_GRACE_SECONDS)
        return "was ended to be started again"

    async def _held(self) -> str:
        """Who holds a port of this program; a start in spite of that would get another one's answers."""
        if not isinstance(self.site.part.program, parts.Command):
            return ""
        until = time.monotonic() + _FREEING_SECONDS_MAX
        own = [self.site.ground.ports[endpoint.name] for endpoint in self.site.endpoints]
        while held := next((port for port in own if not ports.is_free(port)), None):
            if time.monotonic() >= until:
                return f"found port {held} held by {await asyncio.to_thread(listeners.holder, held)}"
            await asyncio.sleep(_EAGER_SECONDS)
        return ""

    async def _finish(self) -> None:
        while not (self.condition.final or self._stopping):
            self._happen("start")
            try:
                process = await self._start()
            except errors.RefusedError:
                raise
            except (errors.SeatrialError, OSError) as error:
                await self._lament(_unstarted(error))
            else:
                await self._outlast(process)

    async def _outlast(self, process: processes.Process) -> None:
        """A job to its end."""
        seconds_max = self._bounds.deadline_seconds
        await asyncio.wait([process.ended], timeout=seconds_max)
        if self._stopping:
            return
        if not process.ended.done():
            await process.kill()
            self.give_up(End(text=f"did not end within {seconds_max:g}s", cause=errors.OutOfTimeError))
        elif process.ended.result() == 0:
            self._happen("end")
        else:
            self.give_up(End(text=self._why(process.ended.result())))

    async def _start(self) -> processes.Process:
        launch = await self._runnable.prepare()
        self._note = launch.note
        self._around.logs.begin(self.name)
        self.process = processes.Process(
            launch,
            lambda stream, lines: self._around.logs.add(self.name, stream, lines),
            lambda: leftovers.kill_marked(self.site.mark),
        )
        self._around.changed(self, self.condition)
        return self.process

    async def _ask(self, process: processes.Process) -> str:
        """Eagerly until it first passes, then each interval; returns why it must be killed."""
        began = time.monotonic()
        asked = 0
        passed = False
        answered: float | None = None
        well = 0
        while True:
            age_seconds = time.monotonic() - began
            checking = self._runnable.watch() if passed else self._runnable.check(age_seconds)
            answer, alive = await asyncio.gather(checking, self._runnable.live())
            asked += 1
            answered = (answered or age_seconds) if answer.passed else None
            if answered is not None and not passed and age_seconds - answered < self._settling_seconds:
                answer = Answer(passed=False, text="accepts connections, which has to last for a moment")
            if answer.passed and not passed:
                answer = await asyncio.to_thread(self._confirm, answer, process.pid)
            elif not answer.passed and states.is_late(self.condition, time.monotonic(), self._bounds):
                answer = await asyncio.to_thread(self._explain, answer, process.pid)
            passed = passed or answer.passed
            self._judge(answer, alive)
            if states.needs_kill(self.condition, self._bounds):
                return f"did not answer its live probe: {self.condition.answer}"
            eager = _EAGER_SECONDS if asked < _EAGER_PROBES else _PATIENT_SECONDS
            well = well + 1 if answer.passed and (alive is None or alive.passed) else 0
            await asyncio.sleep(pause_seconds(self._interval_seconds, well) if passed else eager)

    def _confirm(self, answer: Answer, pid: int) -> Answer:
        """The answer counts when this part gave it."""
        port = self._runnable.answering_port
        if port is None or listeners.listens(pid, self.site.mark, port):
            return answer
        text = f"port {port} is answered by {listeners.holder(port)}, not by this part"
        return Answer(passed=False, text=text)

    def _explain(self, answer: Answer, pid: int) -> Answer:
        """Of a part that is out of time: where it listens instead, if it does."""
        port = self._runnable.answering_port
        found = listeners.ports_of(pid, self.site.mark) if port is not None else []
        if not found or port in found:
            return answer
        where = ", ".join(map(str, found))
        return Answer(passed=False, text=f"{answer.text}; it listens on port {where}, not on {port}")

    def _judge(self, ready: Answer, alive: Answer | None) -> None:
        if self._stopping or self._again.is_set():
            return
        self._happen("pass" if ready.passed else "unready", ready.text)
        if alive:
            self._happen("alive" if alive.passed else "unlive", alive.text)

    def _happen(
        self, kind: states.Kind, text: str = "", cause: type[errors.SeatrialError] = errors.PartFailedError
    ) -> None:
        before = self.condition
        happening = states.Happening(
            kind=kind,
            now=time.monotonic(),
            text=text,
            asked=self._runnable.question,
            note=self._note,
            cause=cause,
        )
        self.condition = states.step(before, happening, self._bounds)
        if not self.arrival.done() and self.condition.arrived:
            self.arrival.set_result(True)
        elif not self.arrival.done() and self.condition.state is State.FAILED:
            self.arrival.set_result(False)
        if self.condition != before:
            self._around.changed(self, before)

    def _why(self, code: int) -> str:
        """What a part said last explains its end, unless somebody killed it."""
        killed = code == -signal.SIGKILL
        said = "" if killed else self._runnable.blame(self._around.logs.tail(self.name))
        return f"{processes.describe_code(code)}: {said}" if said else processes.describe_code(code)


def pause_seconds(interval_seconds: float, well: int) -> float:
    """Until a ready part is asked again, after so many good answers in a row."""
    if well < _CALM_PROBES:
        return interval_seconds
    return max(interval_seconds, min(_CALM_SECONDS_MAX, interval_seconds * _CALM_FACTOR))


def _unstarted(error: errors.SeatrialError | OSError) -> End:
    cause = type(error) if isinstance(error, errors.SeatrialError) else errors.MissingError
    return End(text=f"could not be started: {error}", cause=cause)


def _bounds(part: parts.Workload | parts.Job) -> states.Bounds:
    """An engine that answers a login is what it says; only of the application a while is asked."""
    deadline = _deadline_seconds(part)
    if isinstance(part.program, parts.Server):
        return states.Bounds(deadline_seconds=deadline, steady_seconds=0.0)
    return states.Bounds(deadline_seconds=deadline)


def _deadline_seconds(part: parts.Workload | parts.Job) -> float:
    return part.probes.deadline_seconds if isinstance(part, parts.Workload) else part.deadline_seconds


def _settling_seconds(site: Site) -> float:
    """How long a program has to accept connections where no request or command asks for more."""
    part = site.part
    if not (isinstance(part, parts.Workload) and isinstance(part.program, parts.Command) and site.endpoints):
        return 0.0
    probe = part.probes.ready or part.probes.live
    if isinstance(probe, parts.CommandProbe) or (probe and probe.path is not None):
        return 0.0
    return min(_SETTLING_SECONDS, part.probes.deadline_seconds / 2)
