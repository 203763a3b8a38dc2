"""The tasks that read partitions for one member of a group: one each, so a slow one holds up no other."""

import asyncio
import contextlib
from collections.abc import Collection

from seatrial_kit.events import brokers


class Readers:
    """Starts them, lets them finish what is in flight, and tells of those that failed."""

    def __init__(self, deliver: brokers.Deliver) -> None:
        self._deliver = deliver
        self._reading: dict[int, tuple[brokers.Partition, asyncio.Task[None]]] = {}
        self._ended = asyncio.Event()

    @property
    def numbers(self) -> set[int]:
        """Of the partitions that are read, or were until a failure that nobody was told of yet."""
        return set(self._reading)

    def start(self, partition: brokers.Partition) -> None:
        task = asyncio.create_task(self._run(partition))
        task.add_done_callback(lambda _task: self._ended.set())
        self._reading[partition.number] = (partition, task)

    async def leave(self, numbers: Collection[int], finish_seconds: float) -> None:
        """Ends these when what they have in flight is done; what takes longer is cut and delivered again."""
        left = [self._reading.pop(number) for number in numbers if number in self._reading]
        for partition, _task in left:
            partition.leaving.set()
        tasks = [task for _partition, task in left]
        if not tasks:
            return
        _done, slow = await asyncio.wait(tasks, timeout=finish_seconds)
        for task in slow:
            task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.gather(*tasks, return_exceptions=True)

    async def wait(self, stopping: asyncio.Event, seconds: float) -> None:
        """Until `stopping`, the end of a reader, or `seconds`; raises what a reader failed with."""
        self._ended.clear()
        waiting = [asyncio.create_task(event.wait()) for event in (stopping, self._ended)]
        try:
            if not any(task.done() for _partition, task in self._reading.values()):
                await asyncio.wait(waiting, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for each in waiting:
                each.cancel()
        for number, (_partition, task) in list(self._reading.items()):
            if task.done():
                del self._reading[number]
                task.result()

    async def _run(self, partition: brokers.Partition) -> None:
        try:
            with contextlib.suppress(brokers.Lost):
                await self._deliver(partition)
        finally:
            await partition.close()
