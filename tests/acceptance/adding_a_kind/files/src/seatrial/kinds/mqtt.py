"""A broker of messages for devices that speaks MQTT."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from seatrial import parts
from seatrial.kinds import lowering, stores
from seatrial.values import fields

KIND = "mqtt"
PORT = 1883
ACCOUNT = "app"


class Spec(stores.ServerSpec):
    """`{kind: mqtt, size: 1Gi}`: a broker of messages for devices."""

    kind: Literal["mqtt"]
    version: Annotated[int, Field(ge=2, le=2)] = 2
    """Major version of the broker."""
    size: fields.Bytes = 2**30


def address(name: str, _spec: Spec, use: lowering.Use) -> lowering.Variables:
    """`DEVICES_URL`, `DEVICES_HOST`, `DEVICES_PORT`, `DEVICES_USER`, `DEVICES_PASSWORD`."""
    return lowering.store_address(
        name, "mqtt", use, account=ACCOUNT, path="", password=stores.password_name(name)
    )


def lower(name: str, spec: Spec) -> tuple[parts.Part, ...]:
    """A server with its endpoint, volume and password, and a backup where one is asked for."""
    server = parts.Server(
        product=KIND,
        version=str(spec.version),
        settings=tuple(sorted(spec.settings.items())),
        account=ACCOUNT,
        password=stores.password_name(name),
    )
    return stores.lower_server(name, spec, server, PORT)
