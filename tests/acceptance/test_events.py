"""What events keep while consumers and buses die: nothing accepted is lost, and keys stay in order."""

import asyncio
import os
import random
import signal
from collections.abc import Callable, Iterator, Sequence
from multiprocessing.context import ForkServerProcess
from pathlib import Path

import pytest
from seatrial_kit import errors, events

from kit.tests import members
from kit.tests.buses import SERVERS, Bus

PARTITIONS = 4
KEYS = 10
KILLS = 50
OUTAGE_SECONDS = 12  # longer than the clients wait for any answer
LIFE_MESSAGES_MAX = 40  # a member dies somewhere within so many


@pytest.fixture(scope="module", params=SERVERS)
def fragile(request: pytest.FixtureRequest) -> Iterator[Bus]:
    """A server of this module's own, for it is killed here."""
    with SERVERS[request.param]() as engine:
        yield engine


@pytest.fixture
async def topic(fragile: Bus, request: pytest.FixtureRequest) -> events.Topic[members.Numbered]:
    name = f"numbers.t{abs(hash(request.node.nodeid)):x}"
    await fragile.create_topics(name, partitions=PARTITIONS)
    return members.topic(name)


class Producer:
    """Publishes numbers until told to stop, each until the bus accepts it, and knows what was accepted."""

    def __init__(self, bus: events.Bus, topic: events.Topic[members.Numbered], pause_seconds: float) -> None:
        self._bus = bus
        self._topic = topic
        self._pause_seconds = pause_seconds
        self.accepted: list[members.Numbered] = []
        self.refused = 0
        self.enough = asyncio.Event()

    async def run(self) -> None:
        number = 0
        while not self.enough.is_set():
            value = members.Numbered(number=number, key=f"key-{number % KEYS}")
            try:
                await self._bus.publish(self._topic, value)
            except errors.NotAccepted:
                self.refused += 1
                continue  # the same number again
            self.accepted.append(value)
            number += 1
            await asyncio.sleep(self._pause_seconds)


async def until(condition: Callable[[], bool], seconds_max: float = 60.0) -> None:
    async with asyncio.timeout(seconds_max):
        while not condition():
            await asyncio.sleep(0.01)


def ensure_complete_and_ordered(
    written: Sequence[tuple[int, members.Numbered]], accepted: Sequence[members.Numbered]
) -> int:
    """The number of duplicates."""
    values = [value for _pid, value in written]
    assert set(accepted) - set(values) == set()
    firsts = list(dict.fromkeys(values))
    for key in {value.key for value in firsts}:
        numbers = [value.number for value in firsts if value.key == key]
        assert numbers == sorted(numbers)
    return len(values) - len(firsts)


def end(process: ForkServerProcess) -> None:
    process.kill()
    process.join(10)


async def wait_for_work(record: Path, process: ForkServerProcess, count: int) -> None:
    """Until this process has written so much, which is in the middle of a batch."""

    def worked() -> bool:
        return sum(1 for pid, _value in members.written(record) if pid == process.pid) >= count

    await until(worked)


async def test_a_consumer_killed_50_times_in_the_middle_of_a_batch_loses_nothing(
    fragile: Bus, topic: events.Topic[members.Numbered], tmp_path: Path
) -> None:
    record, chance = tmp_path / "record", random.Random(7)
    bus = events.Bus(fragile.url)
    producer = Producer(bus, topic, pause_seconds=0.01)
    async with bus.running():
        publishing = asyncio.create_task(producer.run())
        for _ in range(KILLS):
            member = members.start(fragile.url, topic.name, record)
            await wait_for_work(record, member, chance.randint(1, LIFE_MESSAGES_MAX))
            end(member)
            assert member.exitcode == -signal.SIGKILL
        producer.enough.set()
        await publishing
        last = members.start(fragile.url, topic.name, record)
        try:
            await until(lambda: {v for _pid, v in members.written(record)} >= set(producer.accepted))
        finally:
            end(last)
    written = members.written(record)
    assert ensure_complete_and_ordered(written, producer.accepted) > 0
    assert len({pid for pid, _value in written}) == KILLS + 1
    assert producer.refused == 0


async def test_two_members_of_which_one_dies_or_sleeps_keep_all_and_the_order(
    fragile: Bus, topic: events.Topic[members.Numbered], tmp_path: Path
) -> None:
    record = tmp_path / "record"
    bus = events.Bus(fragile.url)
    producer = Producer(bus, topic, pause_seconds=0.005)
    alive = [members.start(fragile.url, topic.name, record) for _ in range(2)]
    try:
        async with bus.running():
            publishing = asyncio.create_task(producer.run())
            for number in (signal.SIGKILL, signal.SIGSTOP, signal.SIGTERM):
                for each in alive:
                    await wait_for_work(record, each, 1)
                one, other = alive
                assert one.pid is not None
                os.kill(one.pid, number)
                await wait_for_all(record, producer)  # the other one took over
                if number == signal.SIGSTOP:
                    os.kill(one.pid, signal.SIGCONT)
                    await wait_for_more(record, one)  # it came back, and takes part again
                    end(one)
                one.join(20)
                assert one.exitcode == (0 if number == signal.SIGTERM else -signal.SIGKILL)
                alive = [other, members.start(fragile.url, topic.name, record)]
            producer.enough.set()
            await publishing
            await until(lambda: {v for _pid, v in members.written(record)} >= set(producer.accepted))
    finally:
        for each in alive:
            end(each)
    ensure_complete_and_ordered(members.written(record), producer.accepted)


async def wait_for_all(record: Path, producer: Producer) -> None:
    """Until everything that is accepted by now is written."""
    accepted = set(producer.accepted)
    await until(lambda: {value for _pid, value in members.written(record)} >= accepted)


async def wait_for_more(record: Path, process: ForkServerProcess) -> None:
    now = sum(1 for pid, _value in members.written(record) if pid == process.pid)
    await wait_for_work(record, process, now + 200)


async def test_a_bus_that_is_killed_and_comes_back_has_all_that_it_accepted(
    fragile: Bus, topic: events.Topic[members.Numbered], tmp_path: Path
) -> None:
    record = tmp_path / "record"
    bus = events.Bus(fragile.url, limits=events.Limits(publish_seconds=1.0))
    producer = Producer(bus, topic, pause_seconds=0.002)
    member = members.start(fragile.url, topic.name, record)
    try:
        async with bus.running():
            publishing = asyncio.create_task(producer.run())
            for refusals in (1, OUTAGE_SECONDS):  # one a second
                before = len(members.written(record))
                await until(lambda before=before: len(members.written(record)) > before + 50)
                fragile.kill()
                wanted = producer.refused + refusals
                await until(lambda wanted=wanted: producer.refused >= wanted)
                with pytest.raises(errors.Unavailable):
                    await bus.check()
                await asyncio.to_thread(fragile.start)
            count = len(producer.accepted)
            await until(lambda: len(producer.accepted) > count + 50)
            producer.enough.set()
            await publishing
            await until(lambda: {v for _pid, v in members.written(record)} >= set(producer.accepted))
            await bus.check()
    finally:
        end(member)
    ensure_complete_and_ordered(members.written(record), producer.accepted)


async def test_a_bus_that_hangs_refuses_in_time_and_loses_nothing(
    fragile: Bus, topic: events.Topic[members.Numbered], tmp_path: Path
) -> None:
    record = tmp_path / "record"
    bus = events.Bus(fragile.url, limits=events.Limits(publish_seconds=1.0))
    producer = Producer(bus, topic, pause_seconds=0.002)
    member = members.start(fragile.url, topic.name, record)
    try:
        async with bus.running():
            publishing = asyncio.create_task(producer.run())
            await wait_for_work(record, member, 50)
            fragile.signal(signal.SIGSTOP)
            try:
                await until(lambda: producer.refused >= 3)
                with pytest.raises(errors.Unavailable):
                    await bus.check()
            finally:
                fragile.signal(signal.SIGCONT)
            await wait_for_more(record, member)
            producer.enough.set()
            await publishing
            await wait_for_all(record, producer)
    finally:
        end(member)
    ensure_complete_and_ordered(members.written(record), producer.accepted)


async def test_a_bus_that_is_away_at_the_start_is_waited_for(
    fragile: Bus, topic: events.Topic[members.Numbered]
) -> None:
    heard: list[int] = []
    bus = events.Bus(fragile.url, limits=events.Limits(publish_seconds=1.0))

    @bus.subscribe(topic, group="late", dead=events.Instead.HOLD)
    async def hear(event: events.Event[members.Numbered]) -> None:
        heard.append(event.value.number)

    fragile.kill()
    try:
        async with bus.running():
            with pytest.raises(errors.NotAccepted, match="publish it again"):
                await bus.publish(topic, members.Numbered(number=1, key="a"))
            with pytest.raises(errors.Unavailable):
                await bus.check()
    finally:
        await asyncio.to_thread(fragile.start)
    async with bus.running():
        await bus.publish(topic, members.Numbered(number=2, key="a"))
        await until(lambda: heard[-1:] == [2])
        await bus.check()
