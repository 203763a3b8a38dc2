"""What is kept by name inside a store or beside it: topics, buckets, models that answer for money."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Literal


@dataclass(frozen=True, kw_only=True, slots=True)
class Topic:
    """A log of messages; the order within a key is kept. Named `<store>/<topic>`."""

    name: str
    of: str
    topic: str
    partitions: int
    copies: int
    keep_seconds: float | None = None
    keep_bytes: int | None = None
    compression: Literal["none", "gzip", "snappy", "lz4", "zstd"] = "none"
    compacted: bool = False
    """Only the last message of each key is kept for good."""
    key: str | None = None
    """What the key is, in words."""
    message_bytes_max: int = 2**20


@dataclass(frozen=True, kw_only=True, slots=True)
class Expiry:
    """Objects below a prefix end after a while, or move to cheaper storage."""

    prefix: str
    seconds: float
    do: Literal["delete", "archive"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Bucket:
    """Objects by key."""

    name: str
    versions: bool = False
    """Earlier versions of an object are kept."""
    size_bytes: int | None = None
    expiries: tuple[Expiry, ...] = ()
    copies: tuple[str, ...] = ()
    """Regions that hold a copy."""
    protected: bool = False
    """It is kept when the system is deleted."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Price:
    """What a model costs, in one currency, for a million tokens."""

    currency: str
    input: Decimal
    output: Decimal


@dataclass(frozen=True, kw_only=True, slots=True)
class Model:
    """A model that the gateway offers under this name."""

    name: str
    of: str
    """Workload of the gateway."""
    purpose: Literal["text", "embeddings"]
    provider: str | None
    """Base URL of an endpoint that speaks OpenAI's protocol; none where the operator names it."""
    model: str | None
    """What the provider calls it; none where the operator names it."""
    key: str | None
    """Secret that the provider wants."""
    price: Price | None = None
    """None: looked up in the table of known prices."""
    fallback: tuple[str, ...] = ()
    """Models that are asked next when it fails, has no provider, or its budget is used up."""
    dimensions: int | None = None
    output_tokens_max: int = 4096
