"""What a workload or job runs, how much of it, and how one asks whether it is well."""

from __future__ import annotations

from dataclasses import dataclass

from seatrial.values.references import Template


@dataclass(frozen=True, kw_only=True, slots=True)
class Command:
    """A program of the application itself: words to run in what the page builds."""

    words: tuple[Template, ...]
    context: str
    """Folder of the build, relative to the page."""
    python: str | None = None
    """Version of Python, when the build is a Python project."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Server:
    """A ready-made server, named by product and version; targets hold its image, drivers its engine."""

    product: str
    version: str
    settings: tuple[tuple[str, str], ...] = ()
    extensions: tuple[str, ...] = ()
    account: str | None = None
    """User and database that the application gets, where the product has such."""
    password: str | None = None
    """Name of the secret that holds its password."""


Program = Command | Server


@dataclass(frozen=True, kw_only=True, slots=True)
class Probe:
    """A GET that must answer 2xx on an endpoint of the part."""

    endpoint: str
    path: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Probes:
    """Is it alive (else restart it), is it ready (else send it nothing), and until when must it first be."""

    live: Probe | None = None
    ready: Probe | None = None
    interval_seconds: float = 1.0
    timeout_seconds: float = 1.0
    deadline_seconds: float = 60.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Scale:
    """Copies, and the load (share of the requested size) at which there should be more."""

    copies_min: int = 1
    copies_max: int = 1
    cpu_share: float | None = None
    memory_share: float | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Size:
    """Cores and bytes that one copy is given for sure, and may use at most."""

    cpu_cores: float | None = None
    cpu_cores_max: float | None = None
    memory_bytes: int | None = None
    memory_bytes_max: int | None = None
