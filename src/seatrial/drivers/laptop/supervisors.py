"""Runs a whole plan: everything in the order of its needs, one record for others to read, one way to end."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress

from seatrial import errors, parts
from seatrial.drivers import reports
from seatrial.drivers.laptop import (
    adoptions,
    arrangements,
    components,
    dotenvs,
    folders,
    grounds,
    identities,
    leftovers,
    orders,
    ports,
    records,
    schedulers,
    sites,
    states,
)
from seatrial.drivers.laptop.telemetry import collectors, logs
from seatrial.plan import Plan

Notify = Callable[[reports.Event | reports.Arrival], None]
_RECORD_SECONDS = 0.05
_FOLDER_SECONDS = 1.0
_ORDERS_SECONDS = 0.1
_CANCELS_MAX = 10
_COLLECTOR_SECONDS_MAX = 5.0
"""The collector of telemetry starts when all is ready, so that nothing waits for it; not later than this."""
_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Supervisor:
    """One run of a plan, from nothing to nothing."""

    def __init__(self, plan: Plan, folder: folders.Folder, notify: Notify) -> None:
        self._plan = plan
        self._folder = folder
        self._notify = notify
        self._phase = "starting"
        self._began = time.time()
        self._began_monotonic = time.monotonic()
        self._elapsed_seconds = 0.0
        self._error: errors.SeatrialError | None = None
        self._ports: dict[str, int] = {}
        self._ports_before: dict[str, int] = {}
        self._settings = ""
        self._components: dict[str, components.Component] = {}
        self._schedulers: tuple[schedulers.Scheduler, ...] = ()
        self._stop = asyncio.Event()
        self._settled = asyncio.Event()
        """All are ready or done, or one has failed before that."""
        self._dirty = asyncio.Event()
        self._failed: components.Component | None = None
        self._writer: logs.LogWriter | None = None
        self._collector: collectors.Collector | None = None
        self._interrupted = False
        self._told: dict[str, tuple[reports.State, str]] = {}
        self._obeying: set[asyncio.Task[None]] = set()
        self._hurrying: list[asyncio.Task[None]] = []

    async def run(self) -> None:
        """Until it is asked to stop. Raises how the start failed; nothing runs afterwards."""
        with folders.locked(self._folder), self._signals():
            try:
                await end_leftovers(self._folder)
                self._write()
                await self._run()
            except errors.SeatrialError as error:
                self._error = error
                if not self._elapsed_seconds:  # it never was up
                    ports.forget_taken(self._folder, self._ports_before)
                raise
            finally:
                self._phase = "failed" if self._error else "stopped"
                self._write()

    def stop(self) -> None:
        """Asks it to end, as often as one likes."""
        self._stop.set()

    def _interrupt(self) -> None:
        """Pressed twice it means hurry. Closing a terminal sends SIGHUP twice, and does not mean that."""
        if self._interrupted:
            for component in self._components.values():
                if component.process:
                    self._hurrying.append(asyncio.create_task(component.process.kill()))
        self._interrupted = True
        self.stop()

    async def _run(self) -> None:
        ground = self._ground()
        self._writer = writer = logs.LogWriter(self._folder.telemetry)
        recording = asyncio.create_task(self._record())
        self._collector = collectors.Collector(ground, writer)
        try:
            self._collector.begin(self._settled, _COLLECTOR_SECONDS_MAX)
            around = components.Surroundings(logs=writer, changed=self._changed)
            self._components = arrangements.arrange(ground, around)
            self._schedulers = self._arrange_schedules(ground, writer)
            for component in self._components.values():
                component.begin(self._components[name] for name in component.needs)
            if not self._components:
                self._settled.set()
            await self._supervise(writer)
        finally:
            self._phase = "stopping"
            await _through(self._stop_all)
            recording.cancel()
            await asyncio.to_thread(writer.close)

    async def _supervise(self, writer: logs.LogWriter) -> None:
        stopping = asyncio.create_task(self._stop.wait())
        settling = asyncio.create_task(self._settled.wait())
        losing = asyncio.create_task(self._lose())
        serving = asyncio.create_task(self._serve())
        try:
            await asyncio.wait([stopping, settling, losing], return_when=asyncio.FIRST_COMPLETED)
            if not self._stop.is_set() and not losing.done():
                if self._failed:
                    raise self._failure(self._failed, writer)
                self._phase = "up"
                for scheduler in self._schedulers:
                    scheduler.begin()
                self._elapsed_seconds = self._age_seconds()
                self._write()
                self._notify(reports.Arrival(elapsed_seconds=self._elapsed_seconds))
            await asyncio.wait([stopping, losing], return_when=asyncio.FIRST_COMPLETED)
            if losing.done():
                raise errors.MissingError(f"{self._folder.root} was removed or replaced, so all was stopped")
        finally:
            for task in (stopping, settling, losing, serving, *self._obeying):
                task.cancel()

    async def _lose(self) -> None:
        """Returns when the folder is no longer ours: nobody could find this run, or stop it."""
        undertaker = adoptions.Undertaker()
        while folders.is_kept(self._folder):  # other programs remove it, and tell nobody
            undertaker.look()
            await asyncio.sleep(_FOLDER_SECONDS)

    async def _serve(self) -> None:
        """Takes orders once all is up; what was ordered of an earlier run is dropped."""
        orders.clear_orders(self._folder)
        while True:
            for order in orders.take_orders(self._folder) if self._phase == "up" else ():
                obeying = asyncio.create_task(self._obey(order))
                self._obeying.add(obeying)
                obeying.add_done_callback(self._obeying.discard)
            await asyncio.sleep(_ORDERS_SECONDS)

    async def _obey(self, order: orders.Order) -> None:
        component = self._components.get(order.part)
        if component is None:
            orders.answer(order, errors.CallError(f"no part {order.part!r} runs here"))
            return
        try:
            await component.restarted()
        except errors.SeatrialError as error:
            orders.answer(order, error)
        else:
            orders.answer(order, None)

    def _ground(self) -> sites.Ground:
        self._ports_before = ports.read_ports(self._folder)
        ground = grounds.lay_ground(self._folder, self._plan)
        self._ports = dict(ground.ports)
        self._settings = dotenvs.fingerprint(self._plan, ground.said)
        return ground

    def _changed(self, component: components.Component, before: states.Condition) -> None:
        now = component.condition
        self._dirty.set()
        if (now.state, now.reason) != (before.state, before.reason):
            self._tell(component.name, now.state, now.reason)
        if self._phase == "starting" and not self._settled.is_set():
            if now.state is reports.State.FAILED:
                self._failed = component
                self._settled.set()
            elif all(one.condition.arrived for one in self._components.values()):
                self._settled.set()

    def _arrange_schedules(
        self, ground: sites.Ground, writer: logs.LogWriter
    ) -> tuple[schedulers.Scheduler, ...]:
        around = schedulers.Surroundings(logs=writer, changed=self._scheduled, lacking=self._lacking)
        jobs = [job for job in self._plan.of(parts.Job) if job.when == "schedule"]
        return tuple(schedulers.Scheduler(ground.site(job), job, around) for job in jobs)

    def _scheduled(self, name: str, state: reports.State, reason: str) -> None:
        self._dirty.set()
        if self._told.get(name, (reports.State.PENDING, "")) != (state, reason):
            self._told[name] = (state, reason)
            self._tell(name, state, reason)

    def _lacking(self, needs: tuple[str, ...]) -> list[str]:
        arrived = {name for name, one in self._components.items() if one.condition.arrived}
        return [name for name in needs if name not in arrived]

    def _tell(self, name: str, state: reports.State, reason: str) -> None:
        event = reports.Event(part=name, state=state, reason=reason, elapsed_seconds=self._age_seconds())
        self._notify(event)
        if self._writer:
            self._writer.add(name, "supervisor", [f"{state}: {reason}" if reason else str(state)])

    def _failure(self, component: components.Component, writer: logs.LogWriter) -> errors.SeatrialError:
        """It stays failed while the others are stopped, so that a later look still says what happened."""
        reason, cause = component.condition.reason, component.condition.cause
        component.give_up(components.End(text=reason, cause=cause))
        said = "".join(f"\n  | {line}" for line in logs.folded(writer.tail(component.name)))
        return cause(f"{component.name} failed: {reason}{said}")

    async def _stop_all(self) -> None:
        """Each after all that need it; then whatever they left elsewhere."""
        for component in self._components.values():
            component.expect_stop()
        await asyncio.gather(*(scheduler.stop() for scheduler in self._schedulers))
        stopping: dict[str, asyncio.Task[None]] = {}
        for component in reversed(self._components.values()):
            needing = [stopping[one.name] for one in self._components.values() if component.name in one.needs]
            stopping[component.name] = asyncio.create_task(_stop_after(component, needing))
        if stopping:
            await asyncio.gather(*stopping.values())
        if self._collector:
            await self._collector.stop()
        await leftovers.end_marked(leftovers.Mark(run=self._folder.run))
        await adoptions.end_adopted()

    async def _record(self) -> None:
        while True:
            await self._dirty.wait()
            self._dirty.clear()
            with suppress(OSError):  # a full disk, or a folder that just goes; the next change tries again
                self._write()
            await asyncio.sleep(_RECORD_SECONDS)

    def _write(self) -> None:
        """Not into a folder that is another's by now."""
        if not folders.is_kept(self._folder):
            return
        birth = identities.birth_of(os.getpid())
        record = records.Record(
            phase=self._phase,
            system=self._plan.system,
            environment=self._plan.environment,
            fingerprint=self._plan.fingerprint,
            settings=self._settings,
            failure=str(self._error) if self._error else "",
            failure_class=type(self._error).__name__ if self._error else "",
            began=self._began,
            elapsed_seconds=self._elapsed_seconds,
            supervisor_pid=os.getpid(),
            supervisor_birth=birth or "",
            components=(
                *(self._reported(component) for component in self._components.values()),
                *(scheduler.report() for scheduler in self._schedulers),
            ),
            urls=ports.urls(self._ports, self._plan.of(parts.Exposure)),
            inner_urls=ports.inner_urls(self._ports, self._plan),
            addresses=ports.addresses(self._ports, self._plan.of(parts.Endpoint)),
        )
        records.write_record(self._folder, record)

    def _reported(self, component: components.Component) -> reports.Component:
        condition = component.condition
        process = component.process
        lives = process is not None and not process.ended.done()
        return reports.Component(
            name=component.name,
            state=condition.state,
            reason=condition.reason,
            answer=condition.answer,
            since=time.time() - (time.monotonic() - condition.since),
            restarts=condition.restarts_total,
            restarts_asked=condition.restarts_asked,
            unsteady=condition.unsteady,
            pid=process.identity.pid if process and lives else None,
            birth=process.identity.birth if process and lives else None,
            addresses=ports.addresses(self._ports, component.site.endpoints),
        )

    def _age_seconds(self) -> float:
        return time.monotonic() - self._began_monotonic

    @contextmanager
    def _signals(self) -> Iterator[None]:
        loop = asyncio.get_running_loop()
        for number in _SIGNALS:
            loop.add_signal_handler(number, self._interrupt if number is signal.SIGINT else self.stop)
        try:
            yield
        finally:
            for number in _SIGNALS:
                loop.remove_signal_handler(number)


async def end_leftovers(folder: folders.Folder) -> int:
    """Ends what a supervisor that is gone left behind; gives how many processes that were."""
    record = records.read_record(folder)
    return await leftovers.end_marked(leftovers.Mark(run=folder.run), record.processes if record else ())


async def _through(effect: Callable[[], Awaitable[None]]) -> None:
    """Begins again when it is cancelled: a loop that closes cancels all tasks, and nothing may be left."""
    for _ in range(_CANCELS_MAX):
        with suppress(asyncio.CancelledError):
            return await effect()
    return None


async def _stop_after(component: components.Component, needing: list[asyncio.Task[None]]) -> None:
    if needing:
        await asyncio.wait(needing)
    await component.stop()
