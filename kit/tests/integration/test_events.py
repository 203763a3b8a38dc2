"""What events promise, the same on both buses."""

import asyncio
from collections.abc import Sequence

import prometheus_client
import pytest
from opentelemetry import trace
from seatrial_kit import errors, events

from kit.tests import pages
from kit.tests.buses import LOST_SECONDS_MIN, Bus
from kit.tests.payments import (
    LIMITS,
    PARTITIONS,
    Heard,
    Names,
    Paid,
    cents,
    ensure_ordered,
    publish,
    reading,
    until,
)


async def test_a_message_arrives_with_its_key_its_headers_its_id_and_its_time(
    bus_server: Bus, names: Names
) -> None:
    heard: list[Heard] = []
    async with reading(bus_server, names, heard) as bus:
        given = await bus.publish(names.paid, Paid(order="a ü/1", cents=5), headers={"Shop": "north"})
        await bus.publish(names.paid, Paid(order="x", cents=6), key="other", message_id="mine-1")
        await until(lambda: len(heard) == 2)
    first, second = sorted(heard, key=lambda event: event.value.cents)
    assert (first.id, first.key, first.value) == (given, "a ü/1", Paid(order="a ü/1", cents=5))
    assert dict(first.headers) == {"Shop": "north"}
    assert abs(first.at - second.at) < 60 and first.tries == 1
    assert (second.id, second.key) == ("mine-1", "other")


async def test_each_group_gets_all_and_members_share(bus_server: Bus, names: Names) -> None:
    one: list[Heard] = []
    two: list[Heard] = []
    other: list[Heard] = []
    async with (
        reading(bus_server, names, one) as bus,
        reading(bus_server, names, two),
        reading(bus_server, names, other, group="mail"),
    ):
        await asyncio.sleep(2 * LOST_SECONDS_MIN)  # both members are in
        await publish(bus, names, 60)
        await until(lambda: len(one) + len(two) >= 60 and len(other) >= 60)
    assert set(cents([*one, *two])) == set(cents(other)) == set(range(60))
    assert one and two
    assert {event.partition for event in [*one, *two]} == set(range(PARTITIONS))


async def test_order_within_a_key_is_kept_while_members_come_and_go(bus_server: Bus, names: Names) -> None:
    heard: list[Heard] = []
    async with reading(bus_server, names, heard) as bus:
        publishing = asyncio.create_task(publish(bus, names, 600))
        async with reading(bus_server, names, heard):
            await until(lambda: len(heard) > 100)
        async with reading(bus_server, names, heard):
            await until(lambda: len(heard) > 300)
        await publishing
        await until(lambda: len(set(cents(heard))) == 600)
    ensure_ordered(heard)


async def test_a_new_group_reads_what_was_published_before(bus_server: Bus, names: Names) -> None:
    heard: list[Heard] = []
    late: list[Heard] = []
    async with reading(bus_server, names, heard) as bus:
        await publish(bus, names, 20)
        async with reading(bus_server, names, late, group="late"):
            await until(lambda: len(late) == 20)
    ensure_ordered(late)


async def test_a_batch_is_of_one_partition_in_order_and_within_its_limits(
    bus_server: Bus, names: Names
) -> None:
    batches: list[Sequence[Heard]] = []
    bus = events.Bus(bus_server.url, limits=LIMITS)
    limits = events.Batches(count_max=7, size_bytes_max=1000)

    @bus.subscribe_batches(names.paid, group="ledger", dead=names.dead.name, batches=limits)
    async def hear(batch: Sequence[Heard]) -> None:
        batches.append(batch)

    await publish(bus, names, 100)
    await bus.publish(names.paid, Paid(order="o" * 2000, cents=100), key="large")
    async with bus.running():
        await until(lambda: sum(map(len, batches)) == 101)
    heard = [event for batch in batches for event in batch]
    ensure_ordered(heard)
    assert cents(heard) == list(range(101))
    assert max(map(len, batches)) == 7
    assert all(len({event.partition for event in batch}) == 1 for batch in batches)
    assert any(len(batch) == 1 and batch[0].value.cents == 100 for batch in batches)


async def test_what_is_in_flight_at_the_end_is_finished_and_not_delivered_again(
    bus_server: Bus, names: Names
) -> None:
    begun = asyncio.Event()
    done: list[int] = []
    bus = events.Bus(bus_server.url, limits=LIMITS)

    @bus.subscribe(names.paid, group="ledger", dead=names.dead.name)
    async def slow(event: Heard) -> None:
        begun.set()
        await asyncio.sleep(1)
        done.append(event.value.cents)

    await publish(bus, names, 5, orders=1)
    async with bus.running():
        await begun.wait()
    assert done == [0]
    heard: list[Heard] = []
    async with reading(bus_server, names, heard):
        await until(lambda: len(heard) >= 4)
    assert cents(heard) == [1, 2, 3, 4]


async def test_a_trace_goes_from_the_publisher_to_the_handler_and_on(bus_server: Bus, names: Names) -> None:
    seen: list[int] = []
    bus = events.Bus(bus_server.url, limits=LIMITS)

    @bus.subscribe(names.paid, group="ledger", dead=events.Instead.HOLD)
    async def hear(event: Heard) -> None:
        seen.append(trace.get_current_span().get_span_context().trace_id)
        if event.value.cents == 0:
            await bus.publish(names.paid, Paid(order="next", cents=1))

    parent = trace.SpanContext(0x1234, 0x56, is_remote=False, trace_flags=trace.TraceFlags(1))
    async with bus.running():
        with trace.use_span(trace.NonRecordingSpan(parent)):
            await bus.publish(names.paid, Paid(order="first", cents=0))
        await until(lambda: len(seen) == 2)
    assert seen == [0x1234, 0x1234]


async def test_what_no_bus_would_take_is_refused_before_it_is_sent(bus_server: Bus, names: Names) -> None:
    bus = events.Bus(bus_server.url, limits=LIMITS)
    large = events.Topic(name=names.paid.name, kind=bytes)
    with pytest.raises(errors.ContentTooLarge, match="keep what is large in a bucket"):
        await bus.publish(large, b"x" * (960 * 1024 + 1))
    with pytest.raises(errors.ContentTooLarge, match="the key"):
        await bus.publish(large, b"", key="k" * 1025)
    heard: list[events.Event[bytes]] = []

    @bus.subscribe(large, group="ledger", dead=events.Instead.DROP)
    async def hear(event: events.Event[bytes]) -> None:
        heard.append(event)

    async with bus.running():
        await bus.publish(large, b"x" * (960 * 1024), key="k" * 1024, headers={"h": "v" * 7000})
        await until(lambda: len(heard) == 1)
    assert len(heard[0].value) == 960 * 1024


async def test_what_is_in_flight_is_finished_before_its_partition_goes_to_another_member(
    bus_server: Bus, names: Names
) -> None:
    heard: list[Heard] = []
    begun = asyncio.Event()

    async def slow(event: Heard) -> None:
        begun.set()
        await asyncio.sleep(0.1 if event.value.cents else 1.5 * limits.lost_seconds)
        heard.append(event)

    limits = events.Limits(lost_seconds=3 * LOST_SECONDS_MIN)
    one, two = (events.Bus(bus_server.url, limits=limits) for _ in range(2))
    for bus in (one, two):
        bus.subscribe(names.paid, group="ledger", dead=names.dead.name)(slow)
    await publish(one, names, 12)
    async with one.running():
        await begun.wait()
        async with two.running():
            await until(lambda: len(heard) >= 12)
    assert cents(heard) == list(range(12))
    ensure_ordered(heard)


async def test_a_topic_that_is_not_on_the_page_is_named(bus_server: Bus, names: Names) -> None:
    bus = events.Bus(bus_server.url, limits=LIMITS)
    missing = events.Topic(name="nobody.listed", kind=Paid)

    @bus.subscribe(names.paid, group="ledger", dead="nobody.listed.dead")
    async def hear(_event: Heard) -> None:
        pass

    with pytest.raises(errors.NotAccepted, match=r"no topic nobody\.listed; list it"):
        await bus.publish(missing, Paid(order="a", cents=1))
    async with bus.running():
        await until(lambda: "list it" in " ".join(bus._away.values()))
        with pytest.raises(errors.Unavailable, match=r"no topic nobody\.listed\.dead; list it"):
            await bus.check()


async def test_the_program_of_the_how_to_page_books_and_buries(bus_server: Bus) -> None:
    await bus_server.create_topics("orders.paid", "orders.paid.dead", partitions=2)
    said = pages.run("events", {"BUS_URL": bus_server.url}).splitlines()
    assert "booked A-7 1200" in said
    assert "dead A-8 ValueError: nobody pays less than nothing" in said


async def test_a_topic_that_is_made_again_is_read_from_its_beginning(bus_server: Bus, names: Names) -> None:
    heard: list[Heard] = []
    async with reading(bus_server, names, heard) as bus:
        await publish(bus, names, 30, orders=1)
        await until(lambda: len(heard) == 30)
    await bus_server.delete_topic(names.paid.name)
    await bus_server.create_topic(names.paid.name, PARTITIONS)
    async with reading(bus_server, names, heard) as bus:
        await publish(bus, names, 5, orders=1)
        await until(lambda: len(heard) == 35)
    assert [event.value.cents for event in heard[30:]] == list(range(5))


async def test_metrics_say_what_was_published_handled_and_what_waits(bus_server: Bus, names: Names) -> None:
    registry = prometheus_client.CollectorRegistry()
    bus = events.Bus(bus_server.url, registry=registry, limits=LIMITS)
    held = asyncio.Event()

    @bus.subscribe(names.paid, group="ledger", dead=names.dead.name)
    async def hear(_event: Heard) -> None:
        await held.wait()

    def behind() -> float:
        labels = {"topic": names.paid.name, "group": "ledger"}
        found = [
            registry.get_sample_value("events_behind", {**labels, "partition": str(n)}) for n in range(3)
        ]
        return sum(value or 0 for value in found)

    of = {"topic": names.paid.name}
    await publish(bus, names, 200, orders=1)
    assert registry.get_sample_value("events_published_total", {**of, "outcome": "accepted"}) == 200
    async with bus.running():
        await until(lambda: behind() == 200)
        held.set()
        handled = {**of, "group": "ledger", "outcome": "handled"}
        await until(lambda: registry.get_sample_value("events_handled_total", handled) == 200)
        await until(lambda: behind() == 0)
