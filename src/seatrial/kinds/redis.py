"""A cache that speaks the Redis protocol; wherever we may choose the server, it is Valkey."""

from __future__ import annotations

import dataclasses
from typing import Annotated, Literal

from pydantic import Field

from seatrial import parts
from seatrial.kinds import lowering, stores
from seatrial.values import fields

KIND = "redis"
PORT = 6379


class Spec(stores.ServerSpec):
    """`{kind: redis, size: 1Gi}`: a cache or queue that speaks the Redis protocol."""

    kind: Literal["redis"]
    version: Annotated[int, Field(ge=7, le=9)] = 9
    """Major version of the server, which is Valkey wherever we may choose."""
    size: fields.Bytes = 2**30
    """Memory for data, and as much disk for its log."""


def address(name: str, _spec: Spec, use: lowering.Use) -> lowering.Variables:
    """`CACHE_URL`, `CACHE_HOST`, `CACHE_PORT`, `CACHE_PASSWORD`."""
    return lowering.store_address(
        name, "redis", use, account="", path="0", password=stores.password_name(name)
    )


def lower(name: str, spec: Spec) -> tuple[parts.Part, ...]:
    """A server with its endpoint, volume and password."""
    server = parts.Server(
        product=KIND,
        version=str(spec.version),
        settings=tuple(sorted(spec.settings.items())),
        password=stores.password_name(name),
    )
    asked = spec.resources.lower()
    size = dataclasses.replace(asked, memory_bytes_max=asked.memory_bytes_max or spec.size)
    return stores.lower_server(name, spec, server, PORT, size)
