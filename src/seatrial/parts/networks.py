"""Who listens where, who may talk to whom, and what the outside reaches."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class Endpoint:
    """A port on which a workload listens, named `<workload>.<port name>`."""

    name: str
    of: str
    port: int
    protocol: str = "tcp"


@dataclass(frozen=True, kw_only=True, slots=True)
class Exposure:
    """An endpoint that users reach under a host name."""

    name: str
    endpoint: str
    host: str
    rate_per_second: float | None = None
    body_bytes_max: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Access:
    """One workload or job may open connections to an endpoint."""

    name: str
    by: str
    to: str
