"""From a partition to its handler: tries, pauses, dead letters; knows nothing of what carries messages."""

import asyncio
import itertools
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from typing import Any

import structlog

from seatrial_kit import errors
from seatrial_kit.events import brokers, contexts, counters, messages, subscriptions

READ_MAX = 100  # messages in memory that wait for a handler which takes one at a time
WAIT_SECONDS = 5.0  # for messages; only how often an idle partition is asked anew
COMMIT_SECONDS = 0.2  # after a kill about this much handled work is delivered again
PAUSE_SECONDS = 1.0  # between tries to publish a dead letter; the message is not let go before

type Publish = Callable[[messages.Outgoing], Awaitable[None]]


class Deliveries[T]:
    """The work of one subscription; its partitions run side by side, each in order."""

    def __init__(
        self, subscription: subscriptions.Subscription[T], publish: Publish, own: counters.Counters
    ) -> None:
        self._subscription = subscription
        self._publish = publish
        self._counters = own
        self._names = {"topic": subscription.topic.name, "group": subscription.group}
        self._logger: Any = structlog.get_logger().bind(**self._names)

    async def run(self, partition: brokers.Partition) -> None:
        """Until the partition must be left; raises `brokers.Lost` and `errors.Unavailable`."""
        batches = self._subscription.batches
        count_max = batches.count_max if batches else READ_MAX
        gauge = self._counters.behind.labels(**self._names, partition=str(partition.number))
        try:
            while not partition.leaving.is_set():
                records = await brokers.read_unless_left(partition, count_max, WAIT_SECONDS)
                gauge.set(partition.behind() + len(records))
                await self._work_off(partition, records)
                gauge.set(partition.behind())
        finally:
            self._counters.behind.remove(*self._names.values(), str(partition.number))

    async def _work_off(self, partition: brokers.Partition, records: Sequence[messages.Record]) -> None:
        done: messages.Record | None = None
        committed_at = time.monotonic()
        for chunk in self._chunks(records):
            if partition.leaving.is_set() or not await self._settle(partition, chunk):
                break  # the rest is delivered again, here or elsewhere
            done = chunk[-1]
            if time.monotonic() - committed_at >= COMMIT_SECONDS:
                await partition.commit(done)
                done, committed_at = None, time.monotonic()
        if done is not None:
            await partition.commit(done)

    def _chunks(self, records: Sequence[messages.Record]) -> Iterator[Sequence[messages.Record]]:
        batches = self._subscription.batches
        if batches is None:
            yield from ([record] for record in records)
            return
        chunk: list[messages.Record] = []
        for record in records:
            size_bytes = sum(len(each.body) for each in chunk) + len(record.body)
            if chunk and size_bytes > batches.size_bytes_max:
                yield chunk
                chunk = []
            chunk.append(record)
        if chunk:
            yield chunk

    async def _settle(self, partition: brokers.Partition, chunk: Sequence[messages.Record]) -> bool:
        """Whether each message is handled or put elsewhere; False when the partition must be left before."""
        good: list[messages.Record] = []
        for record in chunk:
            try:
                messages.event(record, self._subscription.topic.kind, tries=1)
            except Exception as error:  # noqa: BLE001 -- a type's own checks may raise anything
                told = error.message if isinstance(error, errors.InvalidRequest) else _reason(error)
                if not await self._give_up(partition, record, f"malformed: {told}", tries=0):
                    return False
            else:
                good.append(record)
        return not good or await self._handle(partition, good)

    async def _handle(self, partition: brokers.Partition, good: Sequence[messages.Record]) -> bool:
        retries = self._subscription.retries
        reason = ""
        for tries in itertools.count(1):
            failure = await self._try(good, tries)
            if failure is None:
                return True
            reason = failure
            if tries > retries.times and self._subscription.dead is not subscriptions.Instead.HOLD:
                break
            if await brokers.waits(partition.leaving, retries.pause(tries)):
                return False
        if len(good) == 1:
            return await self._give_up(partition, good[0], reason, tries=tries)
        return await self._handle_each(partition, good, tries + 1)

    async def _handle_each(
        self, partition: brokers.Partition, good: Sequence[messages.Record], tries: int
    ) -> bool:
        """One message of a batch may be what failed it: each gets a try of its own."""
        for record in good:
            reason = await self._try([record], tries)
            if reason is not None and not await self._give_up(partition, record, reason, tries=tries):
                return False
        return True

    async def _try(self, records: Sequence[messages.Record], tries: int) -> str | None:
        """None when the handler returned, else what it failed with."""
        subscription = self._subscription
        begin = time.perf_counter()
        try:
            given = [messages.event(record, subscription.topic.kind, tries=tries) for record in records]
            with contexts.handling(**self._names, sent=[record.headers for record in records]):
                async with asyncio.timeout(subscription.handler_seconds_max):
                    await subscription.handler(given if subscription.batches else given[0])
        except Exception as error:  # noqa: BLE001 -- a handler may raise anything, and its partition goes on
            return self._note_failure(error, records, tries)
        except asyncio.CancelledError as error:
            task = asyncio.current_task()
            if task is None or task.cancelling():
                raise
            return self._note_failure(
                error, records, tries
            )  # of what the handler waited for, not of this task
        finally:
            self._counters.seconds.labels(**self._names).observe(time.perf_counter() - begin)
        self._counters.handled.labels(**self._names, outcome="handled").inc(len(records))
        return None

    def _note_failure(self, error: BaseException, records: Sequence[messages.Record], tries: int) -> str:
        self._counters.handled.labels(**self._names, outcome="failed").inc(len(records))
        self._logger.warning(
            "a handler failed", id=records[0].id, messages=len(records), tries=tries, exc_info=error
        )
        return _reason(error)

    async def _give_up(
        self, partition: brokers.Partition, record: messages.Record, reason: str, *, tries: int
    ) -> bool:
        """Puts the message aside; False when the partition must be left before that is done."""
        dead = self._subscription.dead
        outcome = "dropped" if isinstance(dead, subscriptions.Instead) else "dead"
        if isinstance(dead, str):
            letters = [self._letter(dead, record, reason, tries, whole=whole) for whole in (True, False)]
            while not await self._publishes(letters):
                if await brokers.waits(partition.leaving, PAUSE_SECONDS):
                    return False
        self._counters.handled.labels(**self._names, outcome=outcome).inc()
        place = {"partition": record.partition, "offset": record.offset}
        self._logger.error(
            "a message is given up", outcome=outcome, id=record.id, reason=reason, tries=tries, **place
        )
        return True

    async def _publishes(self, letters: Sequence[messages.Outgoing]) -> bool:
        """The first of them that is not too large."""
        whole, bare = letters
        try:
            try:
                await self._publish(whole)
            except errors.ContentTooLarge:
                await self._publish(bare)
        except errors.Unavailable as error:
            self._logger.warning("a dead letter is not accepted yet", reason=error.message)
            return False
        return True

    def _letter(
        self, dead: str, record: messages.Record, reason: str, tries: int, *, whole: bool
    ) -> messages.Outgoing:
        """The message as it came, and in headers from where and why; or these headers alone."""
        place = f"{record.topic}/{record.partition}/{record.offset}"
        own = {
            # Ids are the publishers' own: the same one in two topics, or for two groups, is two letters.
            messages.ID: messages.sane(f"{place}:{self._subscription.group}:{record.id}"),
            "dead-id": messages.sane(record.id),
            "dead-topic": record.topic,
            "dead-group": self._subscription.group,
            "dead-partition": str(record.partition),
            "dead-offset": str(record.offset),
            "dead-reason": messages.sane(reason),
            "dead-tries": str(tries),
        }
        if not whole:
            own["dead-body-bytes"] = str(len(record.body))
            return messages.Outgoing(topic=dead, key=None, body=b"", headers=own)
        kept = messages.fitting(record.headers)
        return messages.Outgoing(topic=dead, key=record.key, body=record.body, headers=kept | own)


def _reason(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}".strip(": ")
