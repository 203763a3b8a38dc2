"""The seam to what carries the messages: what NATS JetStream and Kafka both can do, in the same words.

A partition is read in order from what its group has committed, and a commit says that everything up to a
message is handled. Both guarantees of the bus follow from these two rules, whoever else reads the partition
meanwhile: nothing is lost, for only handled messages are committed; and first deliveries are in order, for
nobody starts behind a message that is not handled yet.
"""

import asyncio
import dataclasses
from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol

from seatrial_kit.events import messages


class Lost(Exception):  # noqa: N818 -- not a failure: the rest is somebody else's
    """Another member of the group reads this partition now."""


class Partition(Protocol):
    """One partition of a topic that this member reads for its group; `leaving` is set when it must end."""

    topic: str
    number: int
    leaving: asyncio.Event

    async def read(self, count_max: int, wait_seconds: float) -> Sequence[messages.Record]:
        """The next messages, none after `wait_seconds` without any."""

    async def commit(self, record: messages.Record) -> None:
        """Says that all messages up to this one are handled; raises `Lost`."""

    def behind(self) -> int:
        """How many messages wait behind those that were read."""

    async def close(self) -> None:
        """Lets go what the reading needed."""


type Deliver = Callable[[Partition], Awaitable[None]]


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Membership:
    """As what one process takes part in reading a topic."""

    topic: str
    group: str
    lost_seconds: float  # of silence, after which others take over what this member read
    finish_seconds: float  # for what is in flight when a partition must be left


class Broker(Protocol):
    """One connection to a bus. Every method but `close` raises `errors.Unavailable` while the bus is away."""

    async def connect(self) -> None: ...

    async def close(self) -> None: ...

    async def publish(self, message: messages.Outgoing) -> None:
        """Returns when the bus keeps the message."""

    async def ensure_topic(self, topic: str) -> None:
        """Raises `errors.Unavailable` when there is no such topic."""

    async def check(self) -> None:
        """Raises `errors.Unavailable` when the bus does not answer."""

    async def consume(self, membership: Membership, deliver: Deliver, stopping: asyncio.Event) -> None:
        """Delivers the partitions that this member is given, until `stopping` or a failure."""


async def read_unless_left(
    partition: Partition, count_max: int, wait_seconds: float
) -> Sequence[messages.Record]:
    """As `read`, but nothing once the partition must be left; what was on its way is delivered again."""
    reading = asyncio.ensure_future(partition.read(count_max, wait_seconds))
    leaving = asyncio.ensure_future(partition.leaving.wait())
    try:
        await asyncio.wait((reading, leaving), return_when=asyncio.FIRST_COMPLETED)
        return reading.result() if reading.done() else []
    finally:
        leaving.cancel()
        reading.cancel()
        await asyncio.wait((reading, leaving))


async def waits(event: asyncio.Event, seconds: float) -> bool:
    """Whether the event came within `seconds`."""
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        return False
    return True
