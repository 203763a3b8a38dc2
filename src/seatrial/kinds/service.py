"""A long-lived process of the application: web or worker."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, Tag

from seatrial import parts
from seatrial.kinds import builds, exposures, lowering, mounts, probes, scales, sizes, usages
from seatrial.values import fields
from seatrial.values.references import HostOf, PortOf, Template


class PortSpec(fields.Spec):
    """`{port: 50051, protocol: grpc}`: a port that speaks something else than HTTP."""

    port: fields.Port
    """Its number."""
    protocol: Literal["http", "grpc", "websocket", "tcp"] = "http"
    """What is spoken there."""


def _sort(raw: Any) -> str:  # noqa: ANN401  # whatever stands in the page
    return "a port" if isinstance(raw, dict) else "a number"


AnyPort = Annotated[
    Annotated[fields.Port, Tag("a number")] | Annotated[PortSpec, Tag("a port")], Discriminator(_sort)
]


class Spec(fields.Spec):
    """`{command: [shop, serve], ports: {http: 8000}, health: {ready: /ready}}`: a process that stays."""

    command: Annotated[list[fields.Setting], Field(min_length=1, max_length=100)]
    """Words of the program, such as `[shop, serve, --port, "${port.http}"]`; no shell reads them."""
    build: builds.Build | None = None
    """Its own; the page's where nothing is said."""
    group: fields.Name | None = None
    """One of the page's `groups`, whose rules it keeps."""
    ports: dict[fields.Name, AnyPort] = {}
    """Ports on which it listens, by a name of your own; a laptop may give it another number."""
    health: probes.Health | None = None
    """How one asks whether it lives and whether it is ready."""
    metrics: probes.Metrics | None = None
    """Where Prometheus reads its metrics."""
    env: dict[fields.Variable, fields.Setting] = {}
    """Plain settings of its own, beside those of the page."""
    uses: list[usages.AnyUse] = []
    """What it leans on: it is given the address, let through the network, and started after."""
    volumes: dict[fields.Name, mounts.Volume] = {}
    """Folders that outlive its process, by name."""
    scale: scales.Scale = scales.Scale()
    """How many copies, and what makes them more or fewer."""
    size: sizes.Size = sizes.Size()
    """Cores, memory and disk that one copy gets."""
    place: sizes.Place = sizes.Place()
    """Which machines it may run on."""
    expose: exposures.Exposures | None = None
    """Where users reach it: one exposure, or several by name."""
    stop: fields.Duration = 10.0
    """How long it may take to finish what is in flight."""


def numbers(spec: Spec) -> dict[str, int]:
    """Port names and their numbers."""
    return {name: port if isinstance(port, int) else port.port for name, port in spec.ports.items()}


def main_port(spec: Spec) -> str:
    """The port that is meant where none is named: `http`, else the lowest number; never the order of keys."""
    known = numbers(spec)
    return "http" if "http" in known else min(known, key=lambda port: known[port])


def address(name: str, spec: Spec, use: lowering.Use) -> lowering.Variables:
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
    return lowering.address_variables(use.alias, pieces)


def lower(name: str, spec: Spec, around: lowering.Surroundings) -> tuple[parts.Part, ...]:
    """One workload, an endpoint for each port, its volumes, and an exposure each where users reach it."""
    workload = parts.Workload(
        name=name,
        program=lowering.command(around),
        env=around.env,
        configs=around.configs,
        needs=around.needs,
        probes=probes.lower(spec.health, lambda port: _endpoint(name, spec, port), around.asked),
        metrics=_metrics(name, spec),
        scale=spec.scale.lower(),
        size=spec.size.lower(),
        place=spec.place.lower(),
        volumes=tuple(sorted(mounts.volume_name(name, volume) for volume in spec.volumes)),
        stop_seconds=spec.stop,
    )
    exposed = exposures.by_name(name, spec.expose)
    return (
        workload,
        *_endpoints(name, spec),
        *mounts.lower(name, spec.volumes),
        *(one.lower(key, _endpoint(name, spec, one.port)) for key, one in exposed.items()),
    )


def _endpoint(name: str, spec: Spec, port: str | None) -> str:
    return lowering.endpoint_name(name, port or main_port(spec))


def _endpoints(name: str, spec: Spec) -> tuple[parts.Endpoint, ...]:
    return tuple(
        parts.Endpoint(
            name=lowering.endpoint_name(name, port),
            of=name,
            port=number,
            protocol=said.protocol if isinstance(said := spec.ports[port], PortSpec) else "http",
        )
        for port, number in numbers(spec).items()
    )


def _metrics(name: str, spec: Spec) -> parts.Scrape | None:
    if spec.metrics is None:
        return None
    return parts.Scrape(
        endpoint=_endpoint(name, spec, spec.metrics.port),
        path=spec.metrics.path,
        interval_seconds=spec.metrics.every,
    )
