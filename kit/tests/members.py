"""A consumer as a process of its own, which tests kill: it writes down what it handles, on the disk."""

import asyncio
import multiprocessing
import os
from collections.abc import Sequence
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import Any

import msgspec
from seatrial_kit import events
from seatrial_kit.events.brokers import kafka, nats

from kit.tests.buses import LOST_SECONDS_MIN

assert kafka and nats  # loaded before the fork, so that a member begins at once
LIMITS = events.Limits(lost_seconds=LOST_SECONDS_MIN)
HANDLER_SECONDS = 0.002


class Numbered(msgspec.Struct, frozen=True):
    number: int
    key: str


def topic(name: str) -> events.Topic[Numbered]:
    return events.Topic(name=name, kind=Numbered, key=lambda value: value.key)


def start(url: str, name: str, record: Path) -> ForkServerProcess:
    """Forked from a server that has everything imported; killed by its `pid`."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__])
    process = context.Process(target=_run, args=(url, name, str(record)))
    process.start()
    return process


def written(record: Path) -> list[tuple[int, Numbered]]:
    """Each message that a handler got to the disk, in order, with the process that did."""
    lines = record.read_bytes().splitlines() if record.exists() else []
    rows = [msgspec.json.decode(line, type=tuple[int, int, str]) for line in lines]
    return [(pid, Numbered(number=number, key=key)) for pid, number, key in rows]


def _run(url: str, name: str, record: str) -> None:
    asyncio.run(_work(url, name, record))


async def _work(url: str, name: str, record: str) -> None:
    bus = events.Bus(url, limits=LIMITS)
    disk = os.open(record, os.O_WRONLY | os.O_APPEND | os.O_CREAT)

    @bus.subscribe_batches(topic(name), group="members", dead=events.Instead.HOLD)
    async def handle(batch: Sequence[events.Event[Any]]) -> None:
        for event in batch:
            os.write(disk, msgspec.json.encode((os.getpid(), event.value.number, event.value.key)) + b"\n")
            os.fsync(disk)
            await asyncio.sleep(HANDLER_SECONDS)

    await events.work(bus)
