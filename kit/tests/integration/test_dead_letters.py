"""What becomes of messages that cannot be handled, the same on both buses."""

import asyncio
import dataclasses
from collections import Counter
from collections.abc import Sequence

import msgspec
import prometheus_client
import pytest
from seatrial_kit import errors, events

from kit.tests.buses import Bus
from kit.tests.payments import (
    LIMITS,
    QUICK,
    Heard,
    Names,
    Paid,
    dead_letters,
    publish,
    reading,
    until,
)


async def test_a_handler_that_fails_is_tried_again_and_then_the_message_is_a_dead_letter(
    bus_server: Bus, names: Names
) -> None:
    tries: Counter[int] = Counter()
    bus = events.Bus(bus_server.url, limits=LIMITS)

    @bus.subscribe(names.paid, group="ledger", dead=names.dead.name, retries=QUICK)
    async def hear(event: Heard) -> None:
        tries[event.value.cents] += 1
        assert event.tries == tries[event.value.cents]
        if event.value.cents == 3 or (event.value.cents == 4 and event.tries == 1):
            raise ValueError("no such\naccount")

    async with bus.running(), dead_letters(bus_server, names) as letters:
        await publish(bus, names, 6, orders=1)
        await until(lambda: len(letters) == 1 and tries[5] == 1)
    assert tries == {0: 1, 1: 1, 2: 1, 3: 3, 4: 2, 5: 1}
    (letter,) = letters
    assert msgspec.json.decode(letter.value, type=Paid) == Paid(order="order-0", cents=3)
    assert letter.key == "order-0"
    assert letter.headers["dead-topic"] == names.paid.name
    assert letter.headers["dead-reason"] == "ValueError: no such account"
    assert letter.headers["dead-tries"] == "3"


async def test_each_group_that_fails_writes_a_dead_letter_of_its_own(bus_server: Bus, names: Names) -> None:
    bus = events.Bus(bus_server.url, limits=LIMITS)

    async def fail(_event: Heard) -> None:
        raise LookupError

    for group in ("ledger", "mail"):
        bus.subscribe(names.paid, group=group, dead=names.dead.name, retries=QUICK)(fail)
    async with bus.running(), dead_letters(bus_server, names) as letters:
        given = await bus.publish(names.paid, Paid(order="a", cents=1))
        await until(lambda: len(letters) == 2)
    assert {letter.headers["dead-group"] for letter in letters} == {"ledger", "mail"}
    assert {letter.headers["dead-id"] for letter in letters} == {given}
    assert len({letter.id for letter in letters}) == 2


async def test_a_message_that_is_held_stops_those_behind_it_until_it_works(
    bus_server: Bus, names: Names
) -> None:
    heard: list[int] = []
    mended = asyncio.Event()
    failed = 0
    bus = events.Bus(bus_server.url, limits=LIMITS)

    @bus.subscribe(names.paid, group="ledger", dead=events.Instead.HOLD, retries=QUICK)
    async def hear(event: Heard) -> None:
        nonlocal failed
        if event.value.cents == 1 and not mended.is_set():
            failed += 1
            raise ConnectionError
        heard.append(event.value.cents)

    async with bus.running():
        malformed = events.Topic(name=names.paid.name, kind=bytes)
        await bus.publish(malformed, b"{", key="order-0")  # would never work, so it is dropped
        await publish(bus, names, 3, orders=1)
        await until(lambda: failed > QUICK.times + 2)
        assert heard == [0]
        mended.set()
        await until(lambda: heard == [0, 1, 2])


async def test_what_is_malformed_is_a_dead_letter_and_blocks_nothing(bus_server: Bus, names: Names) -> None:
    heard: list[Heard] = []
    bodies = {
        "not JSON": b"{",
        "wrong type": b'{"order": "a", "cents": "many"}',
        "empty": b"",
        "not text": b"\x00\xff",
    }
    async with reading(bus_server, names, heard) as bus, dead_letters(bus_server, names) as letters:
        raw = events.Topic(name=names.paid.name, kind=bytes)
        for word, body in bodies.items():
            await bus.publish(raw, body, key="order-0", headers={"Word": word})
        await publish(bus, names, 3, orders=1)
        await until(lambda: len(letters) == len(bodies) and len(heard) == 3)
    assert {letter.headers["Word"]: letter.value for letter in letters} == bodies
    assert {letter.headers["dead-tries"] for letter in letters} == {"0"}


async def test_of_a_batch_that_fails_only_what_fails_alone_is_a_dead_letter(
    bus_server: Bus, names: Names
) -> None:
    done: list[int] = []
    bus = events.Bus(bus_server.url, limits=LIMITS)

    @bus.subscribe_batches(names.paid, group="ledger", dead=names.dead.name, retries=QUICK)
    async def hear(batch: Sequence[Heard]) -> None:
        if any(event.value.cents == 5 for event in batch):
            raise ValueError("unlucky")
        done.extend(event.value.cents for event in batch)

    await publish(bus, names, 10, orders=1)
    async with bus.running(), dead_letters(bus_server, names) as letters:
        await until(lambda: len(letters) == 1 and len(done) == 9)
    assert done == [0, 1, 2, 3, 4, 6, 7, 8, 9]
    assert msgspec.json.decode(letters[0].value, type=Paid).cents == 5


async def test_a_handler_that_hangs_is_cut_and_counts_as_failed(bus_server: Bus, names: Names) -> None:
    registry = prometheus_client.CollectorRegistry()
    limits = dataclasses.replace(LIMITS, handler_seconds=0.1)
    bus = events.Bus(bus_server.url, registry=registry, limits=limits)

    @bus.subscribe(names.paid, group="ledger", dead=events.Instead.DROP, retries=QUICK)
    async def hang(_event: Heard) -> None:
        await asyncio.sleep(600)

    of = {"topic": names.paid.name, "group": "ledger"}
    async with bus.running():
        await publish(bus, names, 1)
        dropped = {**of, "outcome": "dropped"}
        await until(lambda: registry.get_sample_value("events_handled_total", dropped) == 1)
    failed = {**of, "outcome": "failed"}
    assert registry.get_sample_value("events_handled_total", failed) == QUICK.times + 1


async def test_what_a_topic_would_not_take_is_refused_and_its_dead_letter_comes_bare(
    bus_server: Bus, names: Names
) -> None:
    small = events.Topic(name=f"{names.paid.name}.small", kind=bytes)
    await bus_server.create_topic(small.name, 1, message_bytes_max=2000)
    bus = events.Bus(bus_server.url, limits=LIMITS)

    @bus.subscribe(names.paid, group="ledger", dead=small.name)
    async def hear(_event: Heard) -> None:
        pass

    letters: list[events.Event[bytes]] = []

    @bus.subscribe(small, group="undertaker", dead=events.Instead.DROP)
    async def bury(event: events.Event[bytes]) -> None:
        letters.append(event)

    async with bus.running():
        with pytest.raises(errors.ContentTooLarge, match="larger than its topic takes"):
            await bus.publish(small, b"x" * 5000)
        malformed = events.Topic(name=names.paid.name, kind=bytes)
        await bus.publish(malformed, b"x" * 5000, key="k")
        await until(lambda: len(letters) == 1)
    assert (letters[0].value, letters[0].headers["dead-body-bytes"]) == (b"", "5000")


class Checked(msgspec.Struct, frozen=True):
    """A type whose own check fails with what is neither a ValueError nor a TypeError."""

    order: str
    cents: int

    def __post_init__(self) -> None:
        if self.cents == 1:
            raise KeyError("one")


async def test_a_message_that_its_types_own_check_refuses_is_a_dead_letter(
    bus_server: Bus, names: Names
) -> None:
    heard: list[int] = []
    bus = events.Bus(bus_server.url, limits=LIMITS)

    @bus.subscribe(events.Topic(name=names.paid.name, kind=Checked), group="ledger", dead=names.dead.name)
    async def hear(event: events.Event[Checked]) -> None:
        heard.append(event.value.cents)

    async with bus.running(), dead_letters(bus_server, names) as letters:
        await publish(bus, names, 3, orders=1)
        await until(lambda: len(letters) == 1 and heard == [0, 2])
    assert letters[0].headers["dead-reason"] == "malformed: KeyError: 'one'"


async def test_a_handler_whose_own_work_was_cancelled_has_failed_and_blocks_nothing(
    bus_server: Bus, names: Names
) -> None:
    heard: list[int] = []
    bus = events.Bus(bus_server.url, limits=LIMITS)

    @bus.subscribe(names.paid, group="ledger", dead=names.dead.name, retries=QUICK)
    async def hear(event: Heard) -> None:
        if event.value.cents == 1:
            cut = asyncio.get_running_loop().create_future()
            cut.cancel()
            await cut
        heard.append(event.value.cents)

    async with bus.running(), dead_letters(bus_server, names) as letters:
        await publish(bus, names, 3, orders=1)
        await until(lambda: len(letters) == 1 and heard == [0, 2])
        await bus.check()
    assert letters[0].headers["dead-tries"] == str(QUICK.times + 1)
    assert letters[0].headers["dead-reason"] == "CancelledError"


async def test_the_same_id_in_two_topics_is_two_dead_letters(bus_server: Bus, names: Names) -> None:
    refunded = events.Topic(name=f"{names.paid.name}.refunded", kind=Paid)
    await bus_server.create_topic(refunded.name, 1)
    bus = events.Bus(bus_server.url, limits=LIMITS)

    async def fail(_event: Heard) -> None:
        raise LookupError

    for topic in (names.paid, refunded):
        bus.subscribe(topic, group="ledger", dead=names.dead.name, retries=QUICK)(fail)
    async with bus.running(), dead_letters(bus_server, names) as letters:
        for cents, topic in enumerate((names.paid, refunded)):
            await bus.publish(topic, Paid(order="7", cents=cents), key="7", message_id="order-7")
        await until(lambda: len(letters) == 2)
    assert {letter.headers["dead-topic"] for letter in letters} == {names.paid.name, refunded.name}
    assert {letter.headers["dead-id"] for letter in letters} == {"order-7"}
