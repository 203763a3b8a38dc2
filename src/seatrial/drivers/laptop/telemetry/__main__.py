"""The collector: takes spans and logs, scrapes metrics, writes all; started by `collectors` only.

It takes its settings from standard input, says sentences for people on standard output, and ends with its
supervisor. Its listening socket is its supervisor's, so that what is sent while it is away waits for it.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import socket
import sys
from pathlib import Path
from typing import Any

import uvicorn

from seatrial import errors
from seatrial.drivers.laptop import folders
from seatrial.drivers.laptop.telemetry import inboxes, receivers, scrapes, stores, usages

_CONNECTIONS_MAX = 256
_PARENT_SECONDS = 1.0
_DRAIN_SECONDS_MAX = 2
_FLUSH_SECONDS_MAX = 5.0


def main() -> None:
    settings: dict[str, Any] = json.load(sys.stdin)
    try:
        store = stores.Store(Path(settings["store"]), stores.Bounds())
    except errors.MissingError as error:
        _say(str(error))
        sys.exit(1)
    asyncio.run(_collect(store, settings))


async def _collect(store: stores.Store, settings: dict[str, Any]) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):  # before the server: it hands on what it got
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    inbox = inboxes.Inbox(store, _say)
    server = _server(inbox)
    listener = socket.socket(fileno=settings["socket"])
    targets = [scrapes.Target(**target) for target in settings["targets"]]
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    folder = folders.Folder(root=Path(settings["folder"]), run=settings["run"])
    working = [asyncio.create_task(scrapes.scrape_for_ever(target, inbox, _say)) for target in targets]
    working += [
        asyncio.create_task(usages.Watcher(folder=folder, data=settings["data"]).run(inbox)),
        asyncio.create_task(inbox.run(settings["keep_seconds"])),
        asyncio.create_task(_end_with(settings["supervisor"], stop)),
    ]
    ended: set[asyncio.Task[Any]]
    stopping = asyncio.create_task(stop.wait())
    ended, _ = await asyncio.wait([stopping, serving, *working], return_when=asyncio.FIRST_COMPLETED)
    server.should_exit = True
    with contextlib.suppress(asyncio.CancelledError):
        await serving
    for task in (*working, stopping):
        task.cancel()
    await asyncio.gather(*working, stopping, return_exceptions=True)
    async with asyncio.timeout(_FLUSH_SECONDS_MAX):
        await inbox.flush()
    store.close()
    for task in ended & set(working):
        task.result()  # a defect of ours ends it with a traceback, and it is started again


def _server(inbox: inboxes.Inbox) -> uvicorn.Server:
    return uvicorn.Server(
        uvicorn.Config(
            receivers.make_application(inbox),
            http="h11",
            loop="asyncio",
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            limit_concurrency=_CONNECTIONS_MAX,
            timeout_graceful_shutdown=_DRAIN_SECONDS_MAX,
        )
    )


async def _end_with(supervisor: int, stop: asyncio.Event) -> None:
    """A supervisor that is gone wants nothing collected."""
    while os.getppid() == supervisor:  # noqa: ASYNC110  # the system does not tell
        await asyncio.sleep(_PARENT_SECONDS)
    stop.set()


def _say(sentence: str) -> None:
    with contextlib.suppress(OSError):  # whoever listened has gone
        print(sentence, flush=True)  # noqa: T201  # to its supervisor, which puts it into the log


if __name__ == "__main__":
    main()
