"""Topics on NATS under the laptop driver: what a producer was told is kept, is kept, and topics only grow."""

import asyncio
import contextlib
import stat
from collections.abc import AsyncIterator

import nats
import nats.errors
import pytest
from nats.aio.client import Client

from seatrial import errors
from seatrial.drivers.laptop import probes
from seatrial.drivers.reports import State
from seatrial.kinds import kafka
from tests.integration.drivers.benches import Bench, states_of, wait_until

LOST = (nats.errors.Error, OSError, TimeoutError)


def add_bus(bench: Bench, **topics: dict[str, object]) -> None:
    """Replaces the one that was there."""
    spec = kafka.Spec.model_validate({"kind": "kafka", "size": "1Gi", "topics": topics})
    bench.made = list(kafka.lower("bus", spec))


async def ignore(_error: Exception) -> None:
    """The client would print every lost connection."""


@contextlib.asynccontextmanager
async def client_of(bench: Bench) -> AsyncIterator[Client]:
    """A connection of the application's account, which finds its way back to a server that died."""
    client = await nats.connect(
        f"nats://{bench.laptop.reach('bus.main')}",
        user="app",
        password=bench.secret("bus-password"),
        connect_timeout=1,
        reconnect_time_wait=0.05,
        max_reconnect_attempts=-1,
        error_cb=ignore,
    )
    try:
        yield client
    finally:
        await client.close()


async def stream_of(bench: Bench, name: str) -> dict[str, object]:
    async with client_of(bench) as client:
        config = (await client.jetstream().stream_info(name)).config
    found = vars(config)
    ours = {key: text for key, text in config.metadata.items() if key.startswith("seatrial.")}
    return {key: found[key] for key in ("subjects", "max_age", "max_bytes")} | {"metadata": ours}


async def produce(bench: Bench, answered: list[int], stop: asyncio.Event) -> None:
    """One message after the other; whatever was answered must never be lost."""
    number = 0
    async with client_of(bench) as client:
        stream = client.jetstream()
        while not stop.is_set():
            number += 1
            try:
                await stream.publish(f"raw.events.{number % 3}", str(number).encode(), timeout=0.5)
                answered.append(number)
            except LOST:
                await asyncio.sleep(0.01)


async def test_a_topic_is_a_stream_with_a_subject_for_each_partition(bench: Bench) -> None:
    add_bus(bench, **{"raw.events": {"partitions": 3, "keep": "2h", "size": "1Mi", "key": "the customer"}})
    async with bench.up() as events:
        assert states_of(events, "bus") == [State.STARTING, State.READY]
        assert await stream_of(bench, "raw-events") == {
            "subjects": ["raw.events.0", "raw.events.1", "raw.events.2"],
            "max_age": 7200.0,
            "max_bytes": 3 * 2**20,
            "metadata": {
                "seatrial.topic": "raw.events",
                "seatrial.partitions": "3",
                "seatrial.key": "the customer",
            },
        }
        settings = bench.folder / ".seatrial" / "data" / "bus" / "nats.conf"
        assert stat.S_IMODE(settings.stat().st_mode) == 0o600
        password = bench.secret("bus-password")
        assert password not in "\n".join(await bench.log_texts("bus"))
        login = b'CONNECT {"user": "app", "pass": "guess"}\r\nPING\r\n'
        told = await probes.exchange(bench.laptop.reach("bus.main").port, login, 2.0)
        assert isinstance(told, bytes)
        assert told.endswith(b"-ERR 'Authorization Violation'\r\n")


async def test_nats_killed_ten_times_under_writes_keeps_every_acknowledged_message(bench: Bench) -> None:
    add_bus(bench, **{"raw.events": {"partitions": 3}})
    async with bench.up() as events:
        answered: list[int] = []
        stop = asyncio.Event()
        producing = asyncio.create_task(produce(bench, answered, stop))
        for killed in range(1, 11):
            wanted = len(answered) + 50
            await wait_until(lambda wanted=wanted: len(answered) > wanted)
            await bench.laptop.kill("bus")
            await wait_until(lambda killed=killed: bench.component("bus").restarts == killed)
            await wait_until(lambda: bench.component("bus").state is State.READY)
        stop.set()
        await producing
        async with client_of(bench) as client:
            stream = client.jetstream()
            info = await stream.stream_info("raw-events")
            kept = set()
            for sequence in range(info.state.first_seq, info.state.last_seq + 1):
                message = await stream.get_msg("raw-events", sequence)
                kept.add(int(message.data or b"0"))
    assert len(answered) > 500
    assert not set(answered) - kept
    assert State.FAILED not in states_of(events, "bus")


async def test_partitions_grow_retention_changes_and_messages_stay(bench: Bench) -> None:
    add_bus(
        bench, **{"raw.events": {"partitions": 1, "keep": "1h"}, "state": {"compact": True, "keep": "1h"}}
    )
    async with bench.up(), client_of(bench) as client:
        await client.jetstream().publish("raw.events.0", b"kept")
    add_bus(bench, **{"raw.events": {"partitions": 4, "keep": "30s"}, "state": {"keep": "1h"}})
    async with bench.up():
        found = await stream_of(bench, "raw-events")
        assert found["subjects"] == [f"raw.events.{number}" for number in range(4)]
        assert found["max_age"] == 30.0
        assert (await stream_of(bench, "state"))["max_age"] == 3600.0
        async with client_of(bench) as client:
            message = await client.jetstream().get_msg("raw-events", 1)
            assert message.data == b"kept"


async def test_partitions_are_never_taken_away(bench: Bench) -> None:
    add_bus(bench, **{"raw.events": {"partitions": 4}})
    async with bench.up():
        pass
    add_bus(bench, **{"raw.events": {"partitions": 2}})
    said = "bus/raw.events has 4 partitions here and 2 on the page: nobody would read what lies in the others"
    with pytest.raises(errors.RefusedError, match=said):
        async with bench.up():
            pass


async def test_a_topic_that_would_take_over_the_messages_of_another_is_refused(bench: Bench) -> None:
    add_bus(bench, **{"raw.events": {"partitions": 1}})
    async with bench.up(), client_of(bench) as client:
        await client.jetstream().publish("raw.events.0", b"kept")
    add_bus(bench, **{"raw-events": {"partitions": 1}})
    with pytest.raises(
        errors.RefusedError, match=r"belong to the topic raw\.events.*Call it raw\.events again"
    ):
        async with bench.up():
            pass
    add_bus(bench, **{"raw.events": {"partitions": 1}})
    async with bench.up(), client_of(bench) as client:
        assert (await client.jetstream().get_msg("raw-events", 1)).data == b"kept"


async def test_a_topic_whose_name_nats_has_no_subject_for_is_refused(bench: Bench) -> None:
    add_bus(bench, **{"raw..events": {}})
    with pytest.raises(
        errors.RefusedError, match=r"bus/raw\.\.events: NATS has no topics with nothing before"
    ):
        async with bench.up():
            pass


async def test_a_topic_of_larger_messages_than_nats_keeps_is_refused(bench: Bench) -> None:
    add_bus(bench, films={"message": "31Mi"})
    with pytest.raises(errors.RefusedError, match="bus/films: NATS keeps messages of up to 30Mi"):
        async with bench.up():
            pass


async def test_messages_as_large_as_the_page_allows_are_taken_and_larger_ones_refused(bench: Bench) -> None:
    add_bus(bench, large={"message": "30Mi"}, small={"message": "1Ki"})
    async with bench.up(), client_of(bench) as client:
        stream = client.jetstream()
        await stream.publish("large.0", bytes(30 * 2**20), timeout=10)
        await stream.publish("small.0", bytes(1024))
        with pytest.raises(nats.errors.Error, match="message size exceeds maximum"):
            await stream.publish("small.0", bytes(2**20))


async def test_a_frozen_nats_is_degraded_and_ready_when_it_goes_on(bench: Bench) -> None:
    add_bus(bench, events={})
    async with bench.up() as events:
        before = bench.component("bus").pid
        await bench.laptop.pause("bus", 3.0)
        await wait_until(lambda: states_of(events, "bus")[-1] is State.READY)
        assert states_of(events, "bus") == [State.STARTING, State.READY, State.DEGRADED, State.READY]
        assert bench.component("bus").pid == before
