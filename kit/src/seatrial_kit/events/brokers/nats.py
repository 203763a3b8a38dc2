"""NATS JetStream in Kafka's words, by FastStream's broker and the client beneath it: the bus of a laptop.

A topic is one stream, named like the topic with dashes for dots, whose subjects are `<topic>.<partition>`;
how many there are stands in the stream's metadata. Groups are in `groups`, for a consumer of JetStream either
keeps the order of a partition or shares it between members that take several messages at once, but not both.
"""

import asyncio
import contextlib
import dataclasses
import itertools
import time
import uuid
from collections.abc import Iterator, Sequence
from typing import Any
from urllib.parse import quote_from_bytes, unquote, unquote_to_bytes, urlsplit

import nats.errors
from faststream import nats as faststream_nats
from faststream import security
from faststream.nats.security import NatsToken
from nats import js
from nats.js import api
from nats.js import errors as failures

from seatrial_kit import errors
from seatrial_kit.events import brokers, messages, partitions
from seatrial_kit.events.brokers import groups, readers

PARTITIONS = "seatrial.partitions"  # in a stream's metadata, beside `seatrial.topic`
KEY = "Seatrial-Key"  # percent-encoded, for a header holds no other bytes
ONCE = "Nats-Msg-Id"  # a second publishing of the same id within two minutes is not stored again
CONNECT_SECONDS = 2.0
REQUEST_SECONDS = 5.0
PING_SECONDS = 2.0
KNOWN_SECONDS = 2.0  # for which a publisher takes for true what it knows of a topic
IDLE_SECONDS = 300.0  # without a question after which the server forgets a reader; it is made again then
TOO_LARGE_CODE = 10054  # of the server, where a stream has a limit of its own
_TOO_LARGE = "the message is larger than its topic takes"
INACTIVE = (failures.NotFoundError, failures.NoStreamResponseError, failures.ServiceUnavailableError)


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class _Topic:
    partitions: int
    made: str  # when; a stream that is made again counts its messages from 1 again
    asked_at: float = dataclasses.field(compare=False)


class Nats:
    """`nats://user:password@host:port`, or `nats://token@host:port`; what is special is percent-encoded."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._server = parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()
        self._login = _login(parts.username, parts.password)
        self._broker: Any = None
        self._stream: Any = None  # JetStream's context of the connection
        self._topics: dict[str, _Topic] = {}
        self._turns = itertools.count()  # for messages without key
        self._orders: dict[str, asyncio.Lock] = {}  # one message on its way to a partition at a time

    async def connect(self) -> None:
        broker = faststream_nats.NatsBroker(
            self._server,
            **self._login,
            connect_timeout=int(CONNECT_SECONDS),
            max_reconnect_attempts=-1,
            reconnect_time_wait=0.2,  # type: ignore[arg-type] # any number is slept
            ping_interval=int(PING_SECONDS),
            error_cb=_ignore,  # every call has its own answer, and what is away says so in readiness
            logger=None,
        )
        with _mapped():
            await broker.start()
        self._broker = broker
        self._stream = broker.connection.jetstream(timeout=REQUEST_SECONDS)

    async def close(self) -> None:
        if self._broker is not None:
            broker, self._broker = self._broker, None
            await (
                broker.connection.close()
            )  # nothing is in flight; draining would wait for a server that is away
            with contextlib.suppress(nats.errors.ConnectionClosedError):
                await broker.stop()

    async def publish(self, message: messages.Outgoing) -> None:
        count = (await self._topic(message.topic)).partitions
        number = next(self._turns) if message.key is None else partitions.of_key(message.key, count)
        subject = f"{message.topic}.{number % count}"
        headers = dict(message.headers) | {ONCE: f"{message.topic}:{message.headers[messages.ID]}"}
        if message.key is not None:
            headers[KEY] = quote_from_bytes(message.key)
        async with self._orders.setdefault(subject, asyncio.Lock()):
            with _mapped(), self._forgetting(message.topic):
                await self._broker.publish(
                    message.body,
                    subject,
                    stream=_stream_name(message.topic),
                    headers=headers,
                    correlation_id=message.headers[messages.ID],
                    timeout=REQUEST_SECONDS,
                )

    async def ensure_topic(self, topic: str) -> None:
        await self._topic(topic)

    async def check(self) -> None:
        with _mapped():
            await self._broker.connection.flush(timeout=REQUEST_SECONDS)
            await self._stream.account_info()

    async def consume(
        self, membership: brokers.Membership, deliver: brokers.Deliver, stopping: asyncio.Event
    ) -> None:
        own = readers.Readers(deliver)
        with _mapped():
            bucket = await self._stream.create_key_value(api.KeyValueConfig(bucket=groups.BUCKET))
            topic = await self._topic(membership.topic, anew=True)
            group = groups.Group(bucket, membership, partitions=topic.partitions, made=topic.made)
            await group.beat()
            beating = asyncio.create_task(group.keep_beating())  # also while a partition is being left
            watching = asyncio.create_task(self._watch(membership, topic))
            try:
                while not stopping.is_set():
                    await _share(self._stream, group, own)
                    await own.wait(stopping, membership.lost_seconds / groups.BEATS)
                    for task in (beating, watching):
                        if task.done():
                            task.result()
            finally:
                await own.leave(own.numbers, membership.finish_seconds)
                beating.cancel()
                watching.cancel()
                await asyncio.wait([beating, watching])
                await group.resign()

    @contextlib.contextmanager
    def _forgetting(self, topic: str) -> Iterator[None]:
        """What was known of a topic that is not there as it was."""
        try:
            yield
        except failures.NoStreamResponseError:
            self._topics.pop(topic, None)
            raise

    async def _watch(self, membership: brokers.Membership, topic: _Topic) -> None:
        """Until cancelled; raises `errors.Unavailable` when the topic is not what the group shares out."""
        while True:
            if await self._topic(membership.topic, anew=True) != topic:
                raise errors.Unavailable(f"the topic {membership.topic} was changed; it is read anew")
            await asyncio.sleep(membership.lost_seconds / groups.BEATS)

    async def _topic(self, topic: str, *, anew: bool = False) -> _Topic:
        known, now = self._topics.get(topic), time.monotonic()
        if anew or known is None or now - known.asked_at > KNOWN_SECONDS:
            if known is not None:  # others go on with it meanwhile
                self._topics[topic] = dataclasses.replace(known, asked_at=now)
            known = self._topics[topic] = await self._ask(topic)
        return known

    async def _ask(self, topic: str) -> _Topic:
        with _mapped():
            try:
                info = await self._stream.stream_info(_stream_name(topic))
            except failures.NotFoundError as error:
                raise errors.Unavailable(
                    f"there is no topic {topic}; list it under the topics of the page's store"
                ) from error
        count = int((info.config.metadata or {}).get(PARTITIONS, "1"))
        return _Topic(partitions=count, made=str(info.created), asked_at=time.monotonic())


async def _share(stream: js.JetStreamContext, group: groups.Group, own: readers.Readers) -> None:
    """Leaves what others are to read, takes what this member is to read."""
    surplus = own.numbers - group.wanted
    await own.leave(surplus, group.membership.finish_seconds)
    for number in surplus:
        await group.release(number)
    for number in group.wanted - own.numbers:
        place = await group.acquire(number)
        if place is not None:
            own.start(_Partition(stream, group, place))


class _Partition:
    """Read through a consumer that the server may forget at any time: what counts is the group's place."""

    def __init__(self, stream: js.JetStreamContext, group: groups.Group, place: groups.Place) -> None:
        self.topic = group.membership.topic
        self.number = place.number
        self.leaving = asyncio.Event()
        self._stream = stream
        self._group = group
        self._place = place
        self._next = place.next  # in the stream, to be read
        self._behind = 0
        self._reader: Any = None
        self._consumer = ""
        self._delivered = 0  # by the present consumer

    async def read(self, count_max: int, wait_seconds: float) -> Sequence[messages.Record]:
        with _mapped():
            if self._reader is None:
                await self._open()
            try:
                found = await self._reader.fetch(count_max, timeout=wait_seconds)
            except (TimeoutError, nats.errors.TimeoutError):
                await self._ensure_complete()
                return []
            except INACTIVE:
                await self._forget()
                return []
            records = self._contiguous(found)
            if len(records) < len(found):
                await self._forget()
        return records

    async def commit(self, record: messages.Record) -> None:
        with _mapped():
            await self._group.commit(self._place, record.offset + 1)

    def behind(self) -> int:
        return self._behind

    async def close(self) -> None:
        with contextlib.suppress(errors.Unavailable), _mapped():
            await self._forget()

    def _contiguous(self, found: Sequence[Any]) -> list[messages.Record]:
        """Up to the first gap: what was lost on the way, as when the connection broke, is asked for again."""
        records: list[messages.Record] = []
        for each in found:
            if each.metadata.sequence.consumer != self._delivered + 1:
                break
            self._delivered += 1
            self._behind = each.metadata.num_pending
            self._next = each.metadata.sequence.stream + 1
            records.append(_record(self.topic, self.number, each))
        return records

    async def _open(self) -> None:
        info = await self._stream.stream_info(_stream_name(self.topic))
        if str(info.created) != self._group.made:
            raise errors.Unavailable(f"the topic {self.topic} was made again")
        if self._next > info.state.last_seq + 1:  # a crash of the machine took messages and not this place
            self._next = 1
        self._consumer = uuid.uuid4().hex
        config = api.ConsumerConfig(
            name=self._consumer,
            filter_subject=f"{self.topic}.{self.number}",
            ack_policy=api.AckPolicy.NONE,
            deliver_policy=api.DeliverPolicy.BY_START_SEQUENCE,
            opt_start_seq=self._next,
            inactive_threshold=IDLE_SECONDS,
            mem_storage=True,
        )
        await self._stream.add_consumer(_stream_name(self.topic), config)
        self._reader = await self._stream.pull_subscribe_bind(
            consumer=self._consumer, stream=_stream_name(self.topic)
        )
        self._delivered = 0

    async def _ensure_complete(self) -> None:
        """Nothing came: either there is nothing, or it was lost on the way."""
        try:
            info = await self._reader.consumer_info()
        except failures.NotFoundError:
            await self._forget()
            return
        if info.delivered is not None and info.delivered.consumer_seq != self._delivered:
            await self._forget()
        self._behind = info.num_pending or 0

    async def _forget(self) -> None:
        """The next read makes a new consumer, from where this one got to."""
        if self._reader is None:
            return
        reader, self._reader = self._reader, None
        await reader.unsubscribe()
        with contextlib.suppress(failures.NotFoundError):
            await self._stream.delete_consumer(_stream_name(self.topic), self._consumer)


def _record(topic: str, number: int, found: Any) -> messages.Record:  # noqa: ANN401 -- the client's message
    headers = {name: value for name, value in (found.headers or {}).items() if not name.startswith("Nats-")}
    key = headers.pop(KEY, None)
    return messages.Record(
        topic=topic,
        partition=number,
        offset=found.metadata.sequence.stream,
        key=None if key is None else unquote_to_bytes(key),
        body=found.data,
        headers=headers,
        at=found.metadata.timestamp.timestamp(),
    )


def _login(user: str | None, password: str | None) -> dict[str, Any]:
    """The client takes what stands in an address as it is; so it is given apart, decoded."""
    if user is None:
        return {}
    if password is None:
        return {"security": NatsToken(unquote(user))}
    return {"security": security.SASLPlaintext(username=unquote(user), password=unquote(password))}


def _stream_name(topic: str) -> str:
    return topic.replace(".", "-")


async def _ignore(_error: Exception) -> None:
    pass


@contextlib.contextmanager
def _mapped() -> Iterator[None]:
    try:
        yield
    except nats.errors.MaxPayloadError as error:
        raise errors.ContentTooLarge(_TOO_LARGE) from error
    except failures.APIError as error:
        if error.err_code == TOO_LARGE_CODE:
            raise errors.ContentTooLarge(_TOO_LARGE) from error
        raise errors.Unavailable(f"the bus refuses ({error.description})") from error
    except (nats.errors.Error, OSError) as error:  # TimeoutError is an OSError
        raise errors.Unavailable(f"the bus is away ({type(error).__name__})") from error
