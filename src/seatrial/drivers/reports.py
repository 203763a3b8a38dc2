"""What every driver reports of a running system, whatever it runs on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class State(StrEnum):
    """Where one part of a running system stands."""

    PENDING = "pending"
    STARTING = "starting"
    READY = "ready"
    DEGRADED = "degraded"
    FAILED = "failed"
    DONE = "done"
    STOPPED = "stopped"


@dataclass(frozen=True, kw_only=True, slots=True)
class Event:
    """A part came to a state, or its reason changed; `elapsed_seconds` counts from the start of the run."""

    part: str
    state: State
    reason: str
    elapsed_seconds: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Arrival:
    """Every workload is ready and every job before a deploy is done."""

    elapsed_seconds: float
    already: bool = False
    """It ran before this call, from the same plan."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Address:
    """Where an endpoint listens."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Component:
    """One part of a running system as last recorded."""

    name: str
    state: State
    reason: str = ""
    answer: str = ""
    """What the last probe was told."""
    since: float = 0.0
    """Unix time at which the state began."""
    restarts: int = 0
    """Because it ended or had to be ended."""
    restarts_asked: int = 0
    """Because somebody asked for it."""
    unsteady: bool = False
    """It ends again and again soon after its starts, though it may be ready just now."""
    due: float | None = None
    """Unix time at which a job with a schedule runs next."""
    pid: int | None = None
    birth: str | None = None
    """With the pid it names one process for ever; a pid alone is used again."""
    addresses: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class Status:
    """What is known of a system: `phase` is one of never, starting, up, failed, stopped, lost."""

    phase: str
    system: str = ""
    environment: str = ""
    fingerprint: str = ""
    """Of the plan that it was started from."""
    settings: str = ""
    """Fingerprint of what the operator said when it was started."""
    failure: str = ""
    components: tuple[Component, ...] = ()
    urls: Mapping[str, str] = field(default_factory=dict)
    inner_urls: Mapping[str, str] = field(default_factory=dict)
    """Endpoint to address, of services that the page does not expose."""
    elapsed_seconds: float = 0.0
    """From the start of the run to the state in which all was ready."""
    supervisor_pid: int | None = None
    leftovers: int = 0
    """Processes that a supervisor left behind when it was killed; the next up or down ends them."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Stopped:
    """What a stop found and ended."""

    parts: tuple[str, ...]
    leftovers: int


@dataclass(frozen=True, kw_only=True, slots=True)
class LogLine:
    """One line that a part wrote; `seconds` is Unix time, `stream` out, err or supervisor."""

    number: int
    seconds: float
    part: str
    stream: str
    text: str
