"""An outside address that the system must reach: the network rule and the fault trial both come from it."""

from __future__ import annotations

from urllib.parse import urlsplit

from seatrial import parts
from seatrial.kinds import lowering
from seatrial.values import fields
from seatrial.values.references import ExternalOf

_PORTS = {"https": 443, "http": 80}


class Spec(fields.Spec):
    """`{url: https://hazards.fema.gov, optional: true, rate: 10/s}`: an address outside."""

    url: fields.HttpUrl
    """Where it is; an environment may say another under `externals`."""
    optional: bool = False
    """The system does its main job without it."""
    rate: fields.Rate | None = None
    """What its owner allows."""
    timeout: fields.Duration = 30.0
    """How long an answer may take before it counts as lost."""


def address(name: str, _spec: Spec, use: lowering.Use) -> lowering.Variables:
    """`FEMA_URL`, `FEMA_HOST`, `FEMA_PORT`."""
    pieces = {
        piece: lowering.text(ExternalOf(external=name, piece=piece)) for piece in ("url", "host", "port")
    }
    return lowering.address_variables(use.alias, pieces)


def lower(name: str, spec: Spec) -> tuple[parts.Part, ...]:
    """One external."""
    split = urlsplit(spec.url)
    external = parts.External(
        name=name,
        url=spec.url.rstrip("/"),
        host=split.hostname or "",
        port=split.port or _PORTS[split.scheme],
        optional=spec.optional,
        rate_per_second=spec.rate,
        timeout_seconds=spec.timeout,
    )
    return (external,)
