import pytest
from aiokafka import partitioner
from hypothesis import given
from hypothesis import strategies as st
from seatrial_kit import events
from seatrial_kit.events import messages, partitions, subscriptions


async def hear(_event: events.Event[bytes]) -> None:
    pass


@given(st.binary(max_size=40))
def test_a_key_hashes_as_kafkas_own_clients_hash_it(key: bytes) -> None:
    assert partitions.murmur2(key) == partitioner.murmur2(key) & 0xFFFFFFFF


@given(st.binary(min_size=1, max_size=20), st.integers(min_value=1, max_value=50))
def test_a_key_belongs_to_the_partition_that_kafkas_default_chooses(key: bytes, count: int) -> None:
    everyone = list(range(count))
    assert partitions.of_key(key, count) == partitioner.DefaultPartitioner()(key, everyone, everyone)


def test_pauses_double_up_to_their_bound() -> None:
    retries = subscriptions.Retries(pause_seconds=1, pause_seconds_max=5)
    assert [retries.pause(tries) for tries in (1, 2, 3, 4, 10_000)] == [1, 2, 4, 5, 5]


@pytest.mark.parametrize("name", ["", "a b", ".a", "a.", "a..b", "a/b", "x" * 201, "a\n"])
def test_a_name_that_one_of_the_buses_would_not_take_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="use up to 200 letters"):
        events.Topic(name=name, kind=bytes)


@pytest.mark.parametrize(
    "url", ["redis://x", "localhost:9092", "kafka://u:secret@h:1?sasl=none", "kafka://h:1?x=1"]
)
def test_an_address_that_no_bus_has_is_refused_without_showing_it(url: str) -> None:
    with pytest.raises(ValueError, match="the address of the bus") as refused:
        events.Bus(url)
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize(
    "headers",
    [
        {"dead-topic": "x"},
        {"Nats-Msg-Id": "x"},
        {"traceparent": "x"},
        {"a b": "x"},
        {"a": "ü"},
        {"a": "x\r\ny"},
        {"a": " x"},
        {f"h{n}": "" for n in range(33)},
        {"a": "x" * 9000},
    ],
)
async def test_a_header_that_would_not_arrive_unchanged_is_refused(headers: dict[str, str]) -> None:
    bus = events.Bus("nats://127.0.0.1:1")
    with pytest.raises(ValueError, match="header"):
        await bus.publish(events.Topic(name="a", kind=bytes), b"", headers=headers)


def test_subscriptions_that_contradict_each_other_are_refused() -> None:
    bus = events.Bus("nats://127.0.0.1:1")
    topic = events.Topic(name="a", kind=bytes)
    bus.subscribe(topic, group="g", dead="a.dead")(hear)
    with pytest.raises(ValueError, match="subscribes to a already"):
        bus.subscribe(topic, group="g", dead="a.dead")(hear)
    with pytest.raises(ValueError, match="its own dead-letter topic"):
        bus.subscribe(topic, group="h", dead="a")(hear)


@given(st.dictionaries(st.text(max_size=50), st.text(max_size=3000), max_size=60))
def test_of_any_headers_a_dead_letter_keeps_what_can_be_sent(headers: dict[str, str]) -> None:
    kept = messages.fitting(headers)
    messages.ensure_headers(kept | {"dead-reason": messages.sane("\x00ü\n" * 500 + "x")})
    assert kept.items() <= headers.items()
