"""Kafka, by FastStream's broker and the aiokafka consumer that its subscriber makes.

The consumer is read here, a task for each partition, and not by FastStream's own loop: that one reads all
partitions in turn, so a message that is tried again would hold up all of them.
"""

import asyncio
import contextlib
import logging
import ssl
from collections.abc import AsyncIterator, Iterator, Sequence
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import aiokafka  # type: ignore[import-untyped]
from aiokafka import errors as failures
from faststream import AckPolicy, kafka, security

from seatrial_kit import errors
from seatrial_kit.events import brokers, messages
from seatrial_kit.events.brokers import readers

REQUEST_SECONDS = 30.0  # also of joining a group, which waits for what other members have in flight
COMMIT_SECONDS = 10.0
RETRY_SECONDS = 0.2
STOP_SECONDS = 2.0
SASL = {
    "scram-sha-512": security.SASLScram512,
    "scram-sha-256": security.SASLScram256,
    "plain": security.SASLPlaintext,
}
POLL_SECONDS = 24 * 3600.0  # handlers have bounds of their own; being slow is not being dead
FETCH_BYTES_MAX = 8 * 1024 * 1024  # in memory for all partitions
_LOST = (
    failures.CommitFailedError,
    failures.IllegalGenerationError,
    failures.IllegalStateError,
    failures.RebalanceInProgressError,
    failures.UnknownMemberIdError,
    failures.ConsumerStoppedError,
)
_TOO_LARGE = (failures.MessageSizeTooLargeError, failures.RecordTooLargeError)


class Kafka:
    """`kafka://user:password@host:port`: SCRAM-SHA-512 without TLS, or what `?sasl=plain&tls=true` says."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        query = {name: values[-1] for name, values in parse_qs(parts.query).items()}
        self._servers = parts.netloc.rpartition("@")[2].split(",")
        self._security = _security(parts.username, parts.password, query)
        # It says many times a second what readiness and the bus's own lines say once.
        logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
        self._broker: kafka.KafkaBroker | None = None
        self._known: frozenset[str] = frozenset()

    async def connect(self) -> None:
        broker = kafka.KafkaBroker(
            self._servers,
            request_timeout_ms=int(REQUEST_SECONDS * 1000),
            retry_backoff_ms=int(RETRY_SECONDS * 1000),
            allow_auto_create_topics=False,
            acks="all",
            enable_idempotence=True,  # its own tries neither double a message nor change the order
            max_request_size=messages.BODY_BYTES_MAX + 64 * 1024,
            security=self._security,
            logger=None,
        )
        with _mapped():
            await self._reach()
            try:
                await broker.start()
            except BaseException:
                with contextlib.suppress(failures.KafkaError):
                    await broker.stop()
                raise
        self._broker = broker

    async def close(self) -> None:
        if self._broker is not None:
            await self._broker.stop()
            self._broker = None

    async def publish(self, message: messages.Outgoing) -> None:
        await self.ensure_topic(message.topic)
        with _mapped():
            await self._open().publish(
                message.body,
                topic=message.topic,
                key=message.key,
                headers=dict(message.headers),
                correlation_id=message.headers[messages.ID],
            )

    async def ensure_topic(self, topic: str) -> None:
        if topic in self._known:
            return
        with _mapped():
            self._known = frozenset(await self._open().config.broker_config.admin_client.list_topics())
        if topic not in self._known:
            raise errors.Unavailable(
                f"there is no topic {topic}; list it under the topics of the page's store"
            )

    async def check(self) -> None:
        with _mapped():
            await self._open().config.broker_config.admin_client.describe_cluster()

    async def consume(
        self, membership: brokers.Membership, deliver: brokers.Deliver, stopping: asyncio.Event
    ) -> None:
        own = readers.Readers(deliver)
        async with self._joined(membership, own):
            try:
                while not stopping.is_set():
                    with _mapped():
                        await own.wait(stopping, 1.0)
            finally:
                await own.leave(own.numbers, membership.finish_seconds)

    @contextlib.asynccontextmanager
    async def _joined(self, membership: brokers.Membership, own: readers.Readers) -> AsyncIterator[None]:
        listener = _Listener(membership, own)
        subscriber = self._open().subscriber(
            membership.topic,
            group_id=membership.group,
            ack_policy=AckPolicy.MANUAL,
            auto_offset_reset="earliest",
            session_timeout_ms=int(membership.lost_seconds * 1000),
            heartbeat_interval_ms=int(membership.lost_seconds * 1000 / 4),
            rebalance_timeout_ms=int((membership.lost_seconds + membership.finish_seconds) * 1000),
            max_poll_interval_ms=int(POLL_SECONDS * 1000),
            fetch_max_bytes=FETCH_BYTES_MAX,
            listener=listener,
            persistent=False,
        )
        with _mapped():
            try:
                await subscriber.start()
            except BaseException:
                await _stop(subscriber)
                raise
        try:
            listener.begin(subscriber.consumer)
            yield
        finally:
            await _stop(subscriber)

    async def _reach(self) -> None:
        """Raises `OSError` when no server listens: FastStream leaves a producer open that could not start."""
        for number, server in enumerate(self._servers, 1):
            host, _colon, port = server.rpartition(":")
            try:
                _reader, writer = await asyncio.open_connection(host, int(port))
            except OSError:
                if number == len(self._servers):
                    raise
            else:
                writer.close()
                return

    def _open(self) -> kafka.KafkaBroker:
        if self._broker is None:
            raise errors.Unavailable("the bus is away")
        return self._broker


class _Listener(aiokafka.ConsumerRebalanceListener):  # type: ignore[misc] # aiokafka has no types
    """Gives partitions to readers when the group does, and lets them finish before it takes them away."""

    def __init__(self, membership: brokers.Membership, own: readers.Readers) -> None:
        self._membership = membership
        self._readers = own
        self._consumer: Any = None
        self._assigned: set[aiokafka.TopicPartition] = set()

    def begin(self, consumer: Any) -> None:  # noqa: ANN401 -- aiokafka has no types
        """The consumer is known after its start, which may have been given partitions already."""
        self._consumer = consumer
        self._start_readers()

    async def on_partitions_assigned(self, assigned: set[aiokafka.TopicPartition]) -> None:
        self._assigned = set(assigned)
        if self._consumer is not None:
            self._start_readers()

    async def on_partitions_revoked(self, revoked: set[aiokafka.TopicPartition]) -> None:  # noqa: ARG002
        self._assigned = set()
        await self._readers.leave(self._readers.numbers, self._membership.finish_seconds)

    def _start_readers(self) -> None:
        for place in self._assigned:
            if place.partition not in self._readers.numbers:
                self._readers.start(_Partition(self._consumer, place))


class _Partition:
    def __init__(self, consumer: Any, place: aiokafka.TopicPartition) -> None:  # noqa: ANN401
        self.topic: str = place.topic
        self.number: int = place.partition
        self.leaving = asyncio.Event()
        self._consumer = consumer
        self._place = place
        self._next = 0

    async def read(self, count_max: int, wait_seconds: float) -> Sequence[messages.Record]:
        try:
            found = await self._consumer.getmany(
                self._place, timeout_ms=int(wait_seconds * 1000), max_records=count_max
            )
        except _LOST as error:
            raise brokers.Lost from error
        records = [_record(each) for each in found.get(self._place, [])]
        if records:
            self._next = records[-1].offset + 1
        return records

    async def commit(self, record: messages.Record) -> None:
        try:
            async with asyncio.timeout(COMMIT_SECONDS):
                await self._consumer.commit({self._place: record.offset + 1})
        except _LOST as error:
            raise brokers.Lost from error

    def behind(self) -> int:
        end = None
        with contextlib.suppress(failures.IllegalStateError):
            end = self._consumer.highwater(self._place)
        return max(0, end - self._next) if end is not None and self._next else 0

    async def close(self) -> None:
        """Nothing: what it needed belongs to the consumer of all partitions."""


async def _stop(subscriber: Any) -> None:  # noqa: ANN401 -- FastStream has a type for each way of reading
    """While the bus is away aiokafka's `stop` ends in a cancelled task of its own, before all is closed."""
    consumer = subscriber.consumer
    stopping = asyncio.ensure_future(subscriber.stop())
    await asyncio.wait([stopping], timeout=STOP_SECONDS)
    if not stopping.done():
        stopping.cancel()
    failed = stopping.cancelled() or not stopping.done() or stopping.exception() is not None
    if failed and consumer is not None:
        await consumer._client.close()  # noqa: SLF001 -- what was left open


def _record(found: Any) -> messages.Record:  # noqa: ANN401 -- aiokafka has no types
    return messages.Record(
        topic=found.topic,
        partition=found.partition,
        offset=found.offset,
        key=found.key,
        body=found.value or b"",
        headers={
            name: value.decode("utf-8", "replace") for name, value in found.headers if value is not None
        },
        at=found.timestamp / 1000,
    )


def _security(user: str | None, password: str | None, query: dict[str, str]) -> security.BaseSecurity | None:
    unknown = set(query) - {"sasl", "tls"}
    name, tls = query.get("sasl", "scram-sha-512"), query.get("tls", "false")
    if unknown or name not in SASL or tls not in {"true", "false"}:
        raise ValueError(f"the address of the bus may end in ?sasl={'|'.join(SASL)}&tls=true|false")
    context = ssl.create_default_context() if tls == "true" else None
    if not user:
        return security.BaseSecurity(ssl_context=context) if context else None
    return SASL[name](username=unquote(user), password=unquote(password or ""), ssl_context=context)


@contextlib.contextmanager
def _mapped() -> Iterator[None]:
    try:
        yield
    except _TOO_LARGE as error:
        raise errors.ContentTooLarge("the message is larger than its topic takes") from error
    except (failures.KafkaError, OSError) as error:
        raise errors.Unavailable(f"the bus is away ({type(error).__name__})") from error
