"""A log of messages that speaks Kafka's protocol, with its topics; a laptop runs NATS in its place."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from seatrial import parts
from seatrial.kinds import lowering, stores
from seatrial.values import fields

KIND = "kafka"
PORT = 9092
ACCOUNT = "app"


class Topic(fields.Spec):
    """`{partitions: 6, copies: 3, keep: 7d, key: axis}`: a log of messages, in order within a key."""

    partitions: Annotated[int, Field(ge=1, le=1000)] = 1
    """Parts of the topic that are read side by side; order holds within one."""
    copies: Annotated[int, Field(ge=1, le=9)] = 1
    """Brokers that hold each message; not more than the store has `copies`."""
    keep: fields.Duration | None = None
    """How long messages are kept; where nothing is said, as long as `size` allows."""
    size: fields.Bytes | None = None
    """The most that is kept of each partition."""
    compression: Literal["none", "gzip", "snappy", "lz4", "zstd"] = "none"
    """How batches of messages are packed."""
    compact: bool = False
    """The last message of each key is kept for good."""
    key: fields.Text | None = None
    """What the key is, in words; the order within a key is kept."""
    message: fields.Bytes = 2**20
    """The largest message."""


class Spec(stores.ServerSpec):
    """`{kind: kafka, copies: 3, topics: {raw-events: {partitions: 6, copies: 3}}}`: a log of messages."""

    kind: Literal["kafka"]
    version: Annotated[
        str, *fields.matching("version of Kafka", r"^[34]\.\d{1,2}$", 'a version in quotes such as "4.1"')
    ] = "4.1"
    """Version of Kafka."""
    size: fields.Bytes = 10 * 2**30
    encrypted: bool = True
    """In transit; the laptop listens on loopback only and does not."""
    topics: Annotated[dict[fields.Topic, Topic], Field(min_length=1)]
    """Its topics by name."""

    @model_validator(mode="after")
    def holds_its_topics(self) -> Self:
        """A copy of a topic needs a broker of its own, and names must stay apart where '.' is not allowed."""
        for name, topic in self.topics.items():
            if topic.copies > self.copies:
                raise ValueError(
                    f"{name} has {topic.copies} copies, and there are {self.copies} brokers (copies)"
                )
        plain: dict[str, str] = {}
        for name in self.topics:
            other = plain.setdefault(name.replace(".", "-").replace("_", "-"), name)
            if other != name:
                raise ValueError(f"{name} and {other} differ in '.', '_' and '-' alone: rename one")
        return self


def address(name: str, _spec: Spec, use: lowering.Use) -> lowering.Variables:
    """`BUS_URL`, `BUS_HOST`, `BUS_PORT`, `BUS_USER`, `BUS_PASSWORD`: the address to begin with."""
    return lowering.store_address(
        name, "kafka", use, account=ACCOUNT, path="", password=stores.password_name(name)
    )


def lower(name: str, spec: Spec) -> tuple[parts.Part, ...]:
    """A server with its endpoint, volume and password, and a topic each."""
    server = parts.Server(
        product=KIND,
        version=spec.version,
        settings=tuple(sorted(spec.settings.items())),
        account=ACCOUNT,
        password=stores.password_name(name),
        encrypted=spec.encrypted,
    )
    topics = tuple(
        parts.Topic(
            name=f"{name}/{topic}",
            of=name,
            topic=topic,
            partitions=one.partitions,
            copies=min(one.copies, spec.copies),
            keep_seconds=one.keep,
            keep_bytes=one.size,
            compression=one.compression,
            compacted=one.compact,
            key=one.key,
            message_bytes_max=one.message,
        )
        for topic, one in spec.topics.items()
    )
    return stores.lower_server(name, spec, server, PORT) + topics
