"""What a workload or job runs, how much of it and where, and how one asks whether it is well."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from seatrial.values.references import Template


@dataclass(frozen=True, kw_only=True, slots=True)
class Build:
    """What a program is made from: an image that is there, or a folder and what it takes."""

    context: str = "."
    """Folder, relative to the page."""
    python: str | None = None
    node: str | None = None
    dockerfile: str | None = None
    """Relative to the context; none where we write it."""
    image: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Command:
    """A program of the application itself: words to run in what the page builds."""

    words: tuple[Template, ...]
    build: Build


@dataclass(frozen=True, kw_only=True, slots=True)
class Account:
    """A user of a server beside the owner: may change rows, or may read them."""

    name: str
    rights: Literal["write", "read"]
    password: str
    """Name of the secret that holds its password."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Server:
    """A ready-made server, named by product and version; targets hold its image, drivers its engine."""

    product: str
    version: str
    edition: str | None = None
    """Where the product comes in several."""
    settings: tuple[tuple[str, str], ...] = ()
    extensions: tuple[str, ...] = ()
    account: str | None = None
    """User and database that the application gets, where the product has such."""
    password: str | None = None
    """Name of the secret that holds its password."""
    accounts: tuple[Account, ...] = ()
    """Further users of the same database."""
    encrypted: bool = False
    """Its data is encrypted on disk."""
    read_copies: int = 0
    """Copies that only answer reads, at the endpoint named `read`."""


Program = Command | Server


@dataclass(frozen=True, kw_only=True, slots=True)
class Probe:
    """A GET that must answer 2xx on an endpoint of the part; without a path, a connection to it."""

    endpoint: str
    path: str | None
    interval_seconds: float | None = None
    timeout_seconds: float | None = None
    """None: as the part's probes have it."""
    after_seconds: float = 0.0
    failures_max: int = 3


@dataclass(frozen=True, kw_only=True, slots=True)
class CommandProbe:
    """A command that must end with 0, in the environment of the part."""

    words: tuple[Template, ...]
    interval_seconds: float | None = None
    timeout_seconds: float | None = None
    after_seconds: float = 0.0
    failures_max: int = 3


AnyProbe = Probe | CommandProbe


@dataclass(frozen=True, kw_only=True, slots=True)
class Probes:
    """Is it alive (else restart it), is it ready (else send it nothing), and until when must it first be."""

    live: AnyProbe | None = None
    ready: AnyProbe | None = None
    interval_seconds: float = 1.0
    timeout_seconds: float = 1.0
    deadline_seconds: float = 60.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Scrape:
    """Where metrics are read, in Prometheus' text format."""

    endpoint: str
    path: str
    interval_seconds: float | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class TopicLoad:
    """One more copy for so many messages that a group has not read yet."""

    topic: str
    group: str
    lag: int


@dataclass(frozen=True, kw_only=True, slots=True)
class QueueLoad:
    """One more copy for so many waiting jobs, as an expression or a list in a Redis tells them."""

    each: float
    expression: str | None = None
    store: str | None = None
    list_key: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class ScaleStep:
    """How fast copies come or go: after how long of the same verdict, how many at once, how often."""

    after_seconds: float = 0.0
    copies: int | None = None
    share: float | None = None
    every_seconds: float = 60.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Scale:
    """Copies, and the load at which there should be more (shares are of the requested size)."""

    copies_min: int = 1
    copies_max: int = 1
    cpu_share: float | None = None
    memory_share: float | None = None
    topics: tuple[TopicLoad, ...] = ()
    queue: QueueLoad | None = None
    up: ScaleStep | None = None
    down: ScaleStep | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Size:
    """Cores, bytes and graphics processors that one copy is given for sure, and may use at most."""

    cpu_cores: float | None = None
    cpu_cores_max: float | None = None
    memory_bytes: int | None = None
    memory_bytes_max: int | None = None
    disk_bytes: int | None = None
    gpus: int = 0
    gpu: str | None = None
    """Model of the graphics processor."""
    sized_by_itself: bool = False
    """The size follows what it used (a vertical autoscaler)."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    """Which machines it may run on."""

    zones: Literal["spread", "any"] = "spread"
    pool: str | None = None
    spot: bool = False
    labels: tuple[tuple[str, str], ...] = ()
