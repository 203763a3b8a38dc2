"""Topics of the page as streams of NATS JetStream: made, widened, and never narrowed.

A topic is one stream, and each of its partitions a subject `<topic>.<number>`; what the page says of it lies
in the stream's metadata, where clients find the number of partitions.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from seatrial import errors, parts
from seatrial.drivers.laptop import probes
from seatrial.drivers.laptop.ports import HOST
from seatrial.values import quantities

if TYPE_CHECKING:
    from nats.js import JetStreamContext
    from nats.js.api import StreamConfig

_MESSAGE_BYTES_MAX = 30 * 2**20
"""JetStream keeps nothing beyond 32 MiB, with what it adds."""
_HEADER_BYTES = 2**16
"""Beside its body a message has headers, which NATS counts with it."""
_SECONDS_MAX = 30.0
_CONNECT_SECONDS_MAX = 2


@dataclass(frozen=True, kw_only=True, slots=True)
class Address:
    """Where the server listens, and the account that it lets in."""

    port: int
    account: str
    password: str


def message_bytes_max(topic: parts.Topic) -> int:
    """Of a whole message, with its headers."""
    return topic.message_bytes_max + _HEADER_BYTES


def stream_name(topic: str) -> str:
    """Names of streams have no dots: `raw.events` is kept in `raw-events`."""
    return topic.replace(".", "-")


def subjects(topic: parts.Topic) -> list[str]:
    return [f"{topic.topic}.{number}" for number in range(topic.partitions)]


def ensure_possible(topics: Iterable[parts.Topic]) -> None:
    """Raises RefusedError for a name or size that Kafka allows and NATS does not."""
    for topic in topics:
        if "" in topic.topic.split("."):
            raise errors.RefusedError(
                f"{topic.name}: NATS has no topics with nothing before or after a dot; rename it"
            )
        if topic.message_bytes_max > _MESSAGE_BYTES_MAX:
            most = quantities.format_bytes(_MESSAGE_BYTES_MAX)
            raise errors.RefusedError(f"{topic.name}: NATS keeps messages of up to {most}, and not of more")


async def ensure(address: Address, topics: Iterable[parts.Topic]) -> probes.Answer:
    """Every topic is a stream as the page has it.

    Raises RefusedError for one with fewer partitions, and for one whose stream holds messages of another.
    """
    import nats  # noqa: PLC0415  # late: half a second, which a look at the page must not pay for
    import nats.errors  # noqa: PLC0415

    told: list[Exception] = []

    async def tell(error: Exception) -> None:
        told.append(error)

    try:
        async with asyncio.timeout(_SECONDS_MAX):
            client = await nats.connect(
                f"nats://{HOST}:{address.port}",
                user=address.account,
                password=address.password,
                allow_reconnect=False,
                connect_timeout=_CONNECT_SECONDS_MAX,
                error_cb=tell,
            )
            try:
                for topic in topics:
                    await _ensure_stream(client.jetstream(), topic)
            finally:
                await client.close()
    except (nats.errors.Error, OSError, TimeoutError) as error:
        why = str(error) or type(told[-1] if told else error).__name__
        return probes.Answer(passed=False, text=f"topics: {why}"[:500])
    return probes.Answer(passed=True, text="accepts logins, and has its topics")


async def _ensure_stream(stream: JetStreamContext, topic: parts.Topic) -> None:
    from nats.js.errors import NotFoundError  # noqa: PLC0415  # late, as above

    wanted = _configuration(topic)
    try:
        found = (await stream.stream_info(stream_name(topic.topic))).config
    except NotFoundError:
        await stream.add_stream(wanted)
        return
    _ensure_same(topic, found)
    partitions = len(found.subjects or ())
    if topic.partitions < partitions:
        raise errors.RefusedError(
            f"{topic.name} has {partitions} partitions here and {topic.partitions} on the page: nobody would"
            f" read what lies in the others. Leave it at {partitions}, or give the topic another name"
        )
    if not _fits(found, wanted):
        await stream.update_stream(wanted)


def _ensure_same(topic: parts.Topic, found: StreamConfig) -> None:
    """Two names become one stream where they differ in dots and dashes only; messages keep their subjects."""
    others = sorted({one.rpartition(".")[0] for one in found.subjects or ()} - {topic.topic})
    if others:
        raise errors.RefusedError(
            f"{topic.name}: the messages here belong to the topic {others[0]}, and nobody would read them as"
            f" {topic.topic}. Call it {others[0]} again, or choose a name that differs in more than dots"
        )


def _configuration(topic: parts.Topic) -> StreamConfig:
    """A compacted topic keeps what it has: the last message of a key may be its oldest."""
    from nats.js.api import StreamConfig  # noqa: PLC0415  # late, as above

    metadata = {"seatrial.topic": topic.topic, "seatrial.partitions": str(topic.partitions)}
    kept = 0.0 if topic.compacted or topic.keep_seconds is None else topic.keep_seconds
    kept_bytes = None if topic.compacted or topic.keep_bytes is None else topic.keep_bytes * topic.partitions
    return StreamConfig(
        name=stream_name(topic.topic),
        subjects=subjects(topic),
        max_age=kept,
        max_bytes=kept_bytes or -1,
        max_msg_size=message_bytes_max(topic),
        metadata=metadata | ({"seatrial.key": topic.key} if topic.key else {}),
    )


def _fits(found: StreamConfig, wanted: StreamConfig) -> bool:
    """Beside ours the server keeps its own metadata."""
    ours = {name: text for name, text in (found.metadata or {}).items() if name.startswith("seatrial.")}
    return (
        ours == wanted.metadata
        and found.subjects == wanted.subjects
        and (found.max_age or 0) == wanted.max_age
        and found.max_bytes == wanted.max_bytes
        and found.max_msg_size == wanted.max_msg_size
    )
