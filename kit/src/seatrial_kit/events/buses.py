"""The bus of an application: publish to topics, subscribe to topics, the same on NATS JetStream and on Kafka.

Nothing here fails because the bus is away: publishing then raises `errors.NotAccepted`, and subscriptions
go on when it is back.
"""

import asyncio
import contextlib
import dataclasses
import itertools
import signal
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any

import prometheus_client
import structlog

from seatrial_kit import errors
from seatrial_kit.events import brokers, contexts, counters, deliveries, messages, subscriptions

PAUSE_SECONDS = (0.2, 0.5, 1.0, 2.0, 5.0)  # between tries to reach the bus; the last one repeats
CONNECT_SECONDS = 5.0
CHECK_SECONDS = 0.5  # below what a readiness probe waits
CLOSE_SECONDS = 2.0
RESERVED = ("nats-", "dead-")  # what headers of an application must not begin with


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Limits:
    """Bounds of every wait."""

    publish_seconds: float = 5.0
    publishing_max: int = 1000  # at once; more wait, within their `publish_seconds`
    handler_seconds: float = 30.0
    finish_seconds: float = 6.0  # for handlers in flight at the end, so that a service stops within 10
    lost_seconds: float = 10.0  # a member that is silent for so long has lost its partitions


class Bus:
    """One connection for publishing and all subscriptions; made when it is first needed."""

    def __init__(
        self,
        url: str,
        *,
        registry: prometheus_client.CollectorRegistry | None = None,
        limits: Limits | None = None,
    ) -> None:
        self._limits = limits or Limits()
        self._broker = _broker(url)
        self._counters = counters.Counters(registry or prometheus_client.CollectorRegistry())
        self._subscriptions: list[subscriptions.Subscription[Any]] = []
        self._connecting = asyncio.Lock()
        self._connected = False
        self._publishing = asyncio.Semaphore(self._limits.publishing_max)
        self._stopping = asyncio.Event()
        self._away: dict[str, str] = {}  # why a subscription does not read, by its name
        self._logger: Any = structlog.get_logger()

    def subscribe[T](
        self,
        topic: messages.Topic[T],
        *,
        group: str,
        dead: str | subscriptions.Instead,
        retries: subscriptions.Retries | None = None,
    ) -> Callable[[subscriptions.Handler[T]], subscriptions.Handler[T]]:
        """Each message of `topic` goes to one member of `group`; what fails for good goes to `dead`."""

        def register(handler: subscriptions.Handler[T]) -> subscriptions.Handler[T]:
            self._add(topic, group=group, dead=dead, retries=retries, handler=handler, batches=None)
            return handler

        return register

    def subscribe_batches[T](
        self,
        topic: messages.Topic[T],
        *,
        group: str,
        dead: str | subscriptions.Instead,
        retries: subscriptions.Retries | None = None,
        batches: subscriptions.Batches | None = None,
    ) -> Callable[[subscriptions.BatchHandler[T]], subscriptions.BatchHandler[T]]:
        """The same for a handler that takes several messages of one partition at once."""
        bounds = batches or subscriptions.Batches()

        def register(handler: subscriptions.BatchHandler[T]) -> subscriptions.BatchHandler[T]:
            self._add(topic, group=group, dead=dead, retries=retries, handler=handler, batches=bounds)
            return handler

        return register

    async def publish[T](
        self,
        topic: messages.Topic[T],
        value: T,
        *,
        key: str | None = None,
        message_id: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> str:
        """Returns the message's id when the bus keeps it; raises `errors.NotAccepted` when it did not say so.

        Without `key` the topic's own key is taken. Messages of one key that are published one after another
        are read in that order. Raises `errors.ContentTooLarge` for what no bus would take.
        """
        given = dict(headers or {})
        for name in given:
            if name.lower() in messages.OWN_HEADERS or name.lower().startswith(RESERVED):
                raise ValueError(f"the header {name} is the kit's own; give yours another name")
        if message_id is not None:
            messages.ensure_id(message_id)
            given[messages.ID] = message_id
        if key is None and topic.key is not None:
            key = topic.key(value)
        with contexts.publishing(topic.name) as carried:
            message = messages.outgoing(topic.name, value, key=key, headers=given | carried)
            await self._publish(message)
        return message.headers[messages.ID]

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Subscriptions are read for as long as the block lasts; at its end what is in flight is finished."""
        self._stopping.clear()
        works = [self._keep_connecting(), *(self._read(each) for each in self._subscriptions)]
        tasks = [asyncio.create_task(work) for work in works]
        try:
            yield
        finally:
            self._stopping.set()
            _done, slow = await asyncio.wait(tasks, timeout=self._limits.finish_seconds + CLOSE_SECONDS)
            for task in slow:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await self._close()

    async def check(self) -> None:
        """For the readiness probe, while `running`: the bus answers, and every subscription is read."""
        if not self._connected:
            raise errors.Unavailable("the bus is away")
        try:
            async with asyncio.timeout(CHECK_SECONDS):
                await self._broker.check()
        except TimeoutError as error:
            raise errors.Unavailable("the bus is away") from error
        if self._away:
            raise errors.Unavailable("; ".join(f"{name}: {why}" for name, why in sorted(self._away.items())))

    def _add(self, topic: messages.Topic[Any], *, group: str, **settings: Any) -> None:  # noqa: ANN401
        messages.ensure_name(group, "a group")
        dead = settings["dead"]
        if isinstance(dead, str):
            messages.ensure_name(dead, "a dead-letter topic")
        if dead == topic.name:
            raise ValueError(f"{topic.name} cannot be its own dead-letter topic")
        if any((each.topic.name, each.group) == (topic.name, group) for each in self._subscriptions):
            raise ValueError(
                f"the group {group} subscribes to {topic.name} already; give one of them another name"
            )
        settings["retries"] = settings["retries"] or subscriptions.Retries()
        bound = self._limits.handler_seconds
        self._subscriptions.append(
            subscriptions.Subscription(topic=topic, group=group, handler_seconds_max=bound, **settings)
        )

    async def _publish(self, message: messages.Outgoing) -> None:
        outcome = "not_accepted"
        try:
            async with asyncio.timeout(self._limits.publish_seconds):
                async with self._publishing:
                    await self._ensure_connected()
                    await self._broker.publish(message)
            outcome = "accepted"
        except TimeoutError as error:
            raise errors.NotAccepted(
                f"the bus has not said within {self._limits.publish_seconds:g} s that it keeps the message "
                f"for {message.topic}; publish it again"
            ) from error
        except errors.Unavailable as error:
            raise errors.NotAccepted(
                f"{error.message}; the message for {message.topic}: publish it again"
            ) from error
        finally:
            self._counters.published.labels(topic=message.topic, outcome=outcome).inc()

    async def _ensure_connected(self) -> None:
        if self._connected:
            return
        async with self._connecting:
            if not self._connected:
                async with asyncio.timeout(CONNECT_SECONDS):
                    await self._broker.connect()
                self._connected = True

    async def _keep_connecting(self) -> None:
        """Until it is connected once; from then on the client comes back by itself."""
        for pause in itertools.chain(PAUSE_SECONDS, itertools.repeat(PAUSE_SECONDS[-1])):
            with contextlib.suppress(errors.Unavailable, TimeoutError):
                await self._ensure_connected()
                return
            if await brokers.waits(self._stopping, pause):
                return

    async def _read(self, subscription: subscriptions.Subscription[Any]) -> None:
        """Until stopping; after each failure a pause and a new beginning from what is committed."""
        name = f"{subscription.topic.name} for {subscription.group}"
        self._away[name] = "not begun"
        tries = 0
        while not self._stopping.is_set():
            begin = asyncio.get_running_loop().time()
            reason = await self._read_once(subscription, name)
            if self._stopping.is_set():
                return
            self._away[name] = reason
            self._logger.warning("events are not read", subscription=name, reason=reason)
            steady = asyncio.get_running_loop().time() - begin > 2 * CONNECT_SECONDS
            tries = 0 if steady else tries + 1
            await brokers.waits(self._stopping, PAUSE_SECONDS[min(tries, len(PAUSE_SECONDS) - 1)])

    async def _read_once(self, subscription: subscriptions.Subscription[Any], name: str) -> str:
        """Why it ended."""
        work = deliveries.Deliveries(subscription, self._publish, self._counters)
        topic = subscription.topic.name
        membership = brokers.Membership(
            topic=topic,
            group=subscription.group,
            lost_seconds=self._limits.lost_seconds,
            finish_seconds=self._limits.finish_seconds,
        )
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                await self._ensure_connected()
                for each in (topic, subscription.dead):
                    if isinstance(each, str):
                        await self._broker.ensure_topic(each)
            self._away.pop(name, None)
            await self._broker.consume(membership, work.run, self._stopping)
        except TimeoutError:
            return "the bus is away"
        except errors.Unavailable as error:
            return error.message
        except asyncio.CancelledError:
            task = asyncio.current_task()
            if task is None or task.cancelling():
                raise
            return "a task of the client was cut"  # its own, not this one
        except Exception as error:
            self._logger.exception("reading events failed", subscription=name)
            return f"{type(error).__name__}: {error}"
        return "ended"

    async def _close(self) -> None:
        if not self._connected:
            return
        self._connected = False
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(CLOSE_SECONDS):
                await self._broker.close()


async def work(bus: Bus) -> None:
    """Reads the bus's subscriptions until SIGTERM or SIGINT: the whole life of a process without requests."""
    told = asyncio.Event()
    loop = asyncio.get_running_loop()
    numbers = (signal.SIGTERM, signal.SIGINT)
    for number in numbers:
        loop.add_signal_handler(number, told.set)
    try:
        async with bus.running():
            await told.wait()
    finally:
        for number in numbers:
            loop.remove_signal_handler(number)


def _broker(url: str) -> brokers.Broker:
    """The scheme of the address says what answers there; only its client is imported."""
    scheme = url.partition("://")[0]
    if scheme == "nats":
        from seatrial_kit.events.brokers import nats  # noqa: PLC0415 -- half a second that the other needs not

        return nats.Nats(url)
    if scheme == "kafka":
        from seatrial_kit.events.brokers import kafka  # noqa: PLC0415 -- the same

        return kafka.Kafka(url)
    raise ValueError("the address of the bus must start with nats:// or kafka://")
