"""One process, one service: uvicorn on uvloop, stopped gracefully.

On SIGTERM or SIGINT the service first says that it is not ready, and goes on answering for a moment, so that
whoever sends it traffic can notice; then it takes no new connections and finishes what is in flight.
"""

import asyncio
import contextlib
import dataclasses
import signal
from collections.abc import Iterator

import uvicorn
from starlette.types import ASGIApp

from seatrial_kit import probes, protocols

DRAIN_SECONDS = 0.5
FINISH_SECONDS_MAX = 8  # with the drain and the closing of stores this stays below 10 s
BACKLOG = 512
CONNECTIONS_MAX = 900  # beyond them 503; below the 1,024 open files that a process may usually have


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Address:
    """Where to listen."""

    host: str
    port: int


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, stopping: probes.Stopping) -> None:
        super().__init__(config)
        self._stopping = stopping

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        loop = asyncio.get_running_loop()
        signals = (signal.SIGTERM, signal.SIGINT)
        for number in signals:
            loop.add_signal_handler(number, self._begin_stop, loop)
        try:
            yield
        finally:
            for number in signals:
                loop.remove_signal_handler(number)

    def _begin_stop(self, loop: asyncio.AbstractEventLoop) -> None:
        if not self._stopping.begun:
            self._stopping.event.set()
            loop.call_later(DRAIN_SECONDS, self._end)

    def _end(self) -> None:
        self.should_exit = True


def run(app: ASGIApp, address: Address, stopping: probes.Stopping) -> None:
    """Serves until told to stop; exits with 3 when the address is taken or the start fails."""
    config = uvicorn.Config(
        app,
        host=address.host,
        port=address.port,
        loop="auto",
        http=protocols.Protocol,
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        backlog=BACKLOG,
        limit_concurrency=CONNECTIONS_MAX,
        timeout_keep_alive=30,
        timeout_graceful_shutdown=FINISH_SECONDS_MAX,
    )
    _Server(config, stopping).run()
