"""What only the groups on NATS need, which are the kit's own."""

import asyncio
from collections.abc import Iterator

import msgspec
import nats
import pytest
from seatrial_kit import errors, events
from seatrial_kit.events.brokers import groups

from kit.tests.buses import LOST_SECONDS_MIN, NatsServer, nats_server, stream

LIMITS = events.Limits(lost_seconds=LOST_SECONDS_MIN)
NOTES = events.Topic(name="notes", kind=bytes)


@pytest.fixture(scope="module")
def server() -> Iterator[NatsServer]:
    with nats_server() as engine:
        yield engine


async def heard(server: NatsServer, count: int) -> list[bytes]:
    """What a new member of the group hears first."""
    found: list[bytes] = []
    enough = asyncio.Event()
    bus = events.Bus(server.url, limits=LIMITS)

    @bus.subscribe(NOTES, group="readers", dead=events.Instead.HOLD)
    async def hear(event: events.Event[bytes]) -> None:
        found.append(event.value)
        if len(found) == count:
            enough.set()

    async with bus.running(), asyncio.timeout(20):
        await enough.wait()
    return found


async def test_a_place_behind_the_end_of_its_topic_begins_again_with_what_is_kept(server: NatsServer) -> None:
    await server.create_topic(NOTES.name, 1)
    bus = events.Bus(server.url)
    async with bus.running():
        for number in range(3):
            await bus.publish(NOTES, b"%d" % number)
    assert await heard(server, 3) == [b"0", b"1", b"2"]
    async with await nats.connect(server.url) as connection:
        bucket = await connection.jetstream().key_value(groups.BUCKET)
        entry = await bucket.get("notes/readers/0")
        assert entry.value is not None
        place = msgspec.json.decode(entry.value)
        assert place["next"] == 4
        await bucket.put("notes/readers/0", msgspec.json.encode(place | {"next": 100}))
    assert await heard(server, 3) == [b"0", b"1", b"2"]


async def test_a_topic_that_gets_more_partitions_is_written_to_and_read_in_all_of_them(
    server: NatsServer,
) -> None:
    await server.create_topic("growing", 2)
    topic = events.Topic(name="growing", kind=bytes)
    found: dict[int, set[str | None]] = {}
    bus = events.Bus(server.url, limits=LIMITS)

    @bus.subscribe(topic, group="readers", dead=events.Instead.HOLD)
    async def hear(event: events.Event[bytes]) -> None:
        found.setdefault(event.partition, set()).add(event.key)

    async with bus.running(), asyncio.timeout(30):
        await bus.publish(topic, b"", key="before")
        async with await nats.connect(server.url) as connection:
            await connection.jetstream().update_stream(stream("growing", 6, 1024))
        while set(found) != set(range(6)):
            for number in range(24):
                await bus.publish(topic, b"", key=f"key-{number}")
            await asyncio.sleep(0.1)
        await bus.check()


@pytest.mark.parametrize(
    ("login", "address"),
    [
        ('user: "u@x", password: "p@ss/1:%41"', "nats://u%40x:p%40ss%2F1%3A%2541@"),
        ('token: "t@k/1"', "nats://t%40k%2F1@"),
    ],
)
async def test_a_percent_encoded_login_of_the_address_is_decoded(login: str, address: str) -> None:
    with nats_server(login) as engine:
        bus = events.Bus(f"{address}127.0.0.1:{engine.port}")
        async with bus.running():
            with pytest.raises(errors.NotAccepted, match="no topic"):
                await bus.publish(events.Topic(name="missing", kind=bytes), b"")
