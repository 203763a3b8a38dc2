"""The supervisor's side of the collector: starts it, starts it again when it ends, and stops it last.

Nothing of the system waits for it, and nothing that befalls it is a fault of a part.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import sys
import time
from collections.abc import Callable, Iterable

from seatrial import errors, parts
from seatrial.drivers.laptop import leftovers, ports, processes, sites
from seatrial.drivers.laptop.telemetry import logs

PART = "seatrial.telemetry"
"""What its process bears in its mark; no name of a page has this form."""
_BACKLOG = 128
_BACK_OFF_SECONDS = 0.5
_BACK_OFF_SECONDS_MAX = 30.0
_LONG_SECONDS = 60.0
"""After so long a life the next end begins with the first back-off again."""
_STOP_GRACE_SECONDS = 5.0

Say = Callable[[str], None]


class Collector:
    """One collector for one run of a plan."""

    def __init__(self, ground: sites.Ground, writer: logs.LogWriter) -> None:
        self._ground = ground
        self._writer = writer
        self._mark = leftovers.Mark(run=ground.folder.run, part=PART)
        self._listener = _listen(ground.ports[ports.OTLP.name], self._say)
        self._process: processes.Process | None = None
        self._task: asyncio.Task[None] | None = None

    def begin(self, after: asyncio.Event, seconds_max: float) -> None:
        """Starts it when the event is set, or after so long: what is sent before that waits in its socket."""
        if self._listener:
            self._task = asyncio.create_task(self._keep(self._listener, after, seconds_max))

    async def stop(self) -> None:
        """After the parts, whose last words it takes."""
        if self._task:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        if self._process:
            await self._process.stop(signal.SIGTERM, _STOP_GRACE_SECONDS)
        if self._listener:
            self._listener.close()

    async def _keep(self, listener: socket.socket, after: asyncio.Event, seconds_max: float) -> None:
        waiting = asyncio.create_task(after.wait())
        await asyncio.wait([waiting], timeout=seconds_max)
        waiting.cancel()
        back_off_seconds = _BACK_OFF_SECONDS
        while True:
            began = time.monotonic()
            try:
                self._process = processes.Process(
                    self._launch(listener),
                    lambda _, lines: self._writer.add(logs.OWN_PART, "supervisor", lines),
                )
                code = await asyncio.shield(self._process.ended)
                why = processes.describe_code(code)
            except errors.RefusedError as error:
                why = str(error)
            if time.monotonic() - began > _LONG_SECONDS:
                back_off_seconds = _BACK_OFF_SECONDS
            self._say(f"the collector of telemetry {why}; it starts again in {back_off_seconds:g}s")
            await asyncio.sleep(back_off_seconds)
            back_off_seconds = min(back_off_seconds * 2, _BACK_OFF_SECONDS_MAX)

    def _launch(self, listener: socket.socket) -> processes.Launch:
        settings = {
            "store": str(self._ground.folder.telemetry),
            "socket": listener.fileno(),
            "supervisor": os.getpid(),
            "targets": list(_targets(self._ground)),
            "folder": str(self._ground.folder.root),
            "run": self._ground.folder.run,
            "data": {part.name: _data(self._ground, part) for part in self._ground.plan.of(parts.Workload)},
            "keep_seconds": next((one.keep_seconds for one in _observed(self._ground)), None),
        }
        return processes.Launch(
            words=(sys.executable, "-P", "-m", "seatrial.drivers.laptop.telemetry"),
            cwd=self._ground.folder.root,
            env={"PATH": "/usr/bin:/bin", **self._mark.environment},
            stdin=json.dumps(settings),
            descriptors=(listener.fileno(),),
        )

    def _say(self, sentence: str) -> None:
        self._writer.add(logs.OWN_PART, "supervisor", [sentence])


def _data(ground: sites.Ground, part: parts.Workload) -> tuple[str, ...]:
    return tuple(str(ground.folder.data / volume) for volume in part.volumes)


def _observed(ground: sites.Ground) -> tuple[parts.Observation, ...]:
    """What the page says of telemetry: one part, or none."""
    return ground.plan.of(parts.Observation)


def _targets(ground: sites.Ground) -> Iterable[dict[str, str | float | None]]:
    common = next((one.scrape_seconds for one in _observed(ground)), None)
    for workload in ground.plan.of(parts.Workload):
        if workload.metrics:
            yield {
                "part": workload.name,
                "port": ground.ports[workload.metrics.endpoint],
                "path": workload.metrics.path,
                "interval_seconds": workload.metrics.interval_seconds or common,
            }


def _listen(port: int, say: Say) -> socket.socket | None:
    """None where the port was taken a moment ago: the system goes on without its collector."""
    listener = socket.socket()
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((ports.HOST, port))
        listener.listen(_BACKLOG)
    except OSError as error:
        listener.close()
        say(f"spans and metrics are not collected: port {port} cannot be used ({error.strerror})")
        return None
    return listener
