"""Who listens where, who may talk to whom, what the outside reaches, and what is reached outside."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Protocol = Literal["http", "grpc", "websocket", "tcp"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Endpoint:
    """A port on which a workload listens, named `<workload>.<port name>`."""

    name: str
    of: str
    port: int
    protocol: Protocol = "tcp"


@dataclass(frozen=True, kw_only=True, slots=True)
class CacheRule:
    """How long an answer below a path may be kept by browsers and by caches on the way."""

    path: str
    seconds: float
    shared: bool
    """Also by caches between; else by the browser alone."""
    immutable: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class RateRule:
    """How many requests below a path one caller may make."""

    path: str
    rate_per_second: float
    burst: int
    by: Literal["address", "key"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Exposure:
    """An endpoint that users reach under a host name; what the edge must keep, whatever the edge is."""

    name: str
    endpoint: str
    host: str
    path: str = "/"
    rates: tuple[RateRule, ...] = ()
    body_bytes_max: int | None = None
    timeout_seconds: float | None = None
    caches: tuple[CacheRule, ...] = ()
    headers: tuple[tuple[str, str], ...] = ()
    """Added to every answer."""
    origins: tuple[str, ...] = ()
    """Other sites whose pages may call it (CORS)."""
    websockets: bool = False
    tls_min: Literal["1.2", "1.3"] = "1.2"
    firewall: bool = False
    """A web application firewall stands before it."""
    delivery_network: bool = False
    """A content delivery network stands before it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class External:
    """An outside address that the system must reach."""

    name: str
    url: str
    host: str
    port: int
    optional: bool = False
    """The system does its main job without it."""
    rate_per_second: float | None = None
    """What its owner allows."""
    timeout_seconds: float = 30.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Access:
    """One workload or job may open connections to an endpoint, an external or a bucket."""

    name: str
    by: str
    to: str
    """Name of the endpoint, external or bucket; only an endpoint's has a dot."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Group:
    """Services and jobs that are kept apart from others, and the groups whose members they may reach."""

    name: str
    members: tuple[str, ...]
    reaches: tuple[str, ...]
