"""A long-lived process of the application: web or worker."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import Field, model_validator

from seatrial import parts
from seatrial.kinds import lowering, sizes
from seatrial.values import fields
from seatrial.values.references import HostOf, PortOf, Template


class Health(fields.Spec):
    """Where to ask whether it lives and whether it is ready; the main port unless one is named."""

    live: fields.UrlPath | None = None
    ready: fields.UrlPath | None = None
    port: fields.Name | None = None
    interval: Annotated[fields.Duration, Field(ge=0.1, le=3600)] = 1.0
    timeout: fields.Duration = 1.0
    deadline: fields.Duration = 60.0

    @model_validator(mode="after")
    def asks_something(self) -> Self:
        """A probe that asks nothing proves nothing."""
        if self.live is None and self.ready is None:
            raise ValueError(
                "names no probe: say live, ready or both, such as {live: /health, ready: /ready}"
            )
        return self


class Metrics(fields.Spec):
    """Where Prometheus scrapes it."""

    path: fields.UrlPath = "/metrics"
    port: fields.Name | None = None


class Expose(fields.Spec):
    """The host under which users reach it; rate and body are limits at the edge."""

    host: fields.Text
    port: fields.Name | None = None
    rate: fields.Rate | None = None
    body: fields.Bytes | None = None


class Spec(fields.Spec):
    """A service of the page."""

    command: Annotated[list[fields.Setting], Field(min_length=1, max_length=100)]
    ports: dict[fields.Name, fields.Port] = {}
    health: Health | None = None
    metrics: Metrics | None = None
    env: dict[fields.Variable, fields.Setting] = {}
    uses: list[fields.Text] = []
    scale: sizes.Scale = sizes.Scale()
    size: sizes.Size = sizes.Size()
    expose: Expose | None = None


def main_port(spec: Spec) -> str:
    """The port that is meant where none is named: `http`, else the lowest number; never the order of keys."""
    return "http" if "http" in spec.ports else min(spec.ports, key=lambda port: spec.ports[port])


def address(name: str, spec: Spec) -> lowering.Variables:
    """`API_URL`, `API_HOST`, `API_PORT` of the main port; nothing for a service that listens nowhere."""
    if not spec.ports:
        return ()
    endpoint = _endpoint(name, spec, None)
    host = HostOf(endpoint=endpoint)
    port = PortOf(endpoint=endpoint)
    pieces = {
        "url": Template(("http://", host, ":", port)),
        "host": Template((host,)),
        "port": Template((port,)),
    }
    return lowering.address_variables(name, pieces)


def lower(name: str, spec: Spec, around: lowering.Surroundings) -> tuple[parts.Part, ...]:
    """One workload, an endpoint for each port, and an exposure where users reach it."""
    workload = parts.Workload(
        name=name,
        program=lowering.command(around),
        env=around.env,
        configs=around.configs,
        needs=around.needs,
        probes=_probes(name, spec),
        metrics=_metrics(name, spec),
        scale=spec.scale.lower(),
        size=spec.size.lower(),
    )
    endpoints = (
        parts.Endpoint(name=lowering.endpoint_name(name, port), of=name, port=number, protocol="http")
        for port, number in spec.ports.items()
    )
    return workload, *endpoints, *_exposures(name, spec)


def _endpoint(name: str, spec: Spec, port: str | None) -> str:
    return lowering.endpoint_name(name, port or main_port(spec))


def _probes(name: str, spec: Spec) -> parts.Probes:
    health = spec.health
    if health is None:
        return parts.Probes()
    endpoint = _endpoint(name, spec, health.port)
    return parts.Probes(
        live=parts.Probe(endpoint=endpoint, path=health.live) if health.live else None,
        ready=parts.Probe(endpoint=endpoint, path=health.ready) if health.ready else None,
        interval_seconds=health.interval,
        timeout_seconds=health.timeout,
        deadline_seconds=health.deadline,
    )


def _metrics(name: str, spec: Spec) -> parts.Probe | None:
    if spec.metrics is None:
        return None
    return parts.Probe(endpoint=_endpoint(name, spec, spec.metrics.port), path=spec.metrics.path)


def _exposures(name: str, spec: Spec) -> tuple[parts.Exposure, ...]:
    if spec.expose is None:
        return ()
    return (
        parts.Exposure(
            name=name,
            endpoint=_endpoint(name, spec, spec.expose.port),
            host=spec.expose.host,
            rate_per_second=spec.expose.rate,
            body_bytes_max=spec.expose.body,
        ),
    )
