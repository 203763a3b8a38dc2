"""Payments on a bus: the topics of a test, members that listen, and what is asked of what they hear."""

import asyncio
import contextlib
import dataclasses
from collections.abc import AsyncIterator, Callable, Sequence

import msgspec
import pytest
from seatrial_kit import events

from kit.tests.buses import LOST_SECONDS_MIN, Bus

PARTITIONS = 3
QUICK = events.Retries(times=2, pause_seconds=0.01)
LIMITS = events.Limits(lost_seconds=LOST_SECONDS_MIN, publish_seconds=3.0)


class Paid(msgspec.Struct, frozen=True):
    order: str
    cents: int


type Heard = events.Event[Paid]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Names:
    """The topics of one test."""

    paid: events.Topic[Paid]
    dead: events.Topic[Paid]


@pytest.fixture
async def names(bus_server: Bus, request: pytest.FixtureRequest) -> Names:
    name = f"orders.paid.t{abs(hash(request.node.nodeid)):x}"
    await bus_server.create_topics(name, f"{name}.dead", partitions=PARTITIONS)
    paid = events.Topic(name=name, kind=Paid, key=lambda value: value.order)
    return Names(paid=paid, dead=events.Topic(name=f"{name}.dead", kind=Paid))


@contextlib.asynccontextmanager
async def reading(
    server: Bus, names: Names, heard: list[Heard], *, group: str = "ledger"
) -> AsyncIterator[events.Bus]:
    """One member of a group that writes down what it hears."""
    bus = events.Bus(server.url, limits=LIMITS)

    @bus.subscribe(names.paid, group=group, dead=names.dead.name)
    async def hear(event: Heard) -> None:
        heard.append(event)

    async with bus.running():
        yield bus


@contextlib.asynccontextmanager
async def dead_letters(server: Bus, names: Names) -> AsyncIterator[list[events.Event[bytes]]]:
    letters: list[events.Event[bytes]] = []
    bus = events.Bus(server.url, limits=LIMITS)
    topic = events.Topic(name=names.dead.name, kind=bytes)

    @bus.subscribe(topic, group="undertaker", dead=events.Instead.DROP)
    async def bury(event: events.Event[bytes]) -> None:
        letters.append(event)

    async with bus.running():
        yield letters


async def until(condition: Callable[[], bool], seconds_max: float = 30.0) -> None:
    async with asyncio.timeout(seconds_max):
        while not condition():
            await asyncio.sleep(0.02)


async def publish(bus: events.Bus, names: Names, count: int, *, orders: int = 6) -> None:
    """Cents count from 0 over all orders in turn, so they rise within each."""
    for cents in range(count):
        await bus.publish(names.paid, Paid(order=f"order-{cents % orders}", cents=cents))


def cents(heard: Sequence[Heard]) -> list[int]:
    return sorted(event.value.cents for event in heard)


def ensure_ordered(heard: Sequence[Heard]) -> None:
    """The first of each, by key."""
    firsts: dict[str, list[int]] = {}
    for event in heard:
        of_key = firsts.setdefault(event.value.order, [])
        if event.value.cents not in of_key:
            of_key.append(event.value.cents)
    assert all(of_key == sorted(of_key) for of_key in firsts.values())
