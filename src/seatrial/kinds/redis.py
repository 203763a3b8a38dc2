"""A cache that speaks the Redis protocol; wherever we may choose the server, it is Valkey."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from seatrial import parts
from seatrial.kinds import lowering
from seatrial.values import fields

KIND = "redis"
PORT = 6379


class Spec(fields.Spec):
    """A Redis of the page."""

    kind: Literal["redis"]
    version: Annotated[int, Field(ge=7, le=9)] = 9
    size: fields.Bytes = 2**30
    settings: dict[fields.Text, fields.Setting] = {}


def is_reserved(_name: str) -> bool:
    """Its one account has no name."""
    return False


def address(name: str, _spec: Spec) -> lowering.Variables:
    """`CACHE_URL`, `CACHE_HOST`, `CACHE_PORT`, `CACHE_PASSWORD`."""
    return lowering.store_address(name, "redis", account="", path="0")


def lower(name: str, spec: Spec) -> tuple[parts.Part, ...]:
    """A server with its endpoint, volume and password."""
    password = f"{name}-password"
    server = parts.Server(
        product=KIND,
        version=str(spec.version),
        settings=tuple(sorted(spec.settings.items())),
        password=password,
    )
    return (
        parts.Workload(
            name=name, program=server, size=parts.Size(memory_bytes_max=spec.size), volumes=(name,)
        ),
        parts.Endpoint(name=lowering.endpoint_name(name, "main"), of=name, port=PORT),
        parts.Volume(name=name, of=name, size_bytes=spec.size),
        parts.Secret(name=password, source="generated"),
    )
