"""What operators rely on: backups, signals, budgets, the people who answer, the machines there are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from seatrial.values.money import Money


@dataclass(frozen=True, kw_only=True, slots=True)
class Backup:
    """How often a store, bucket or volume is copied, where and how long copies are kept and tried."""

    name: str
    of: str
    every_seconds: float
    """Between two full copies."""
    at: str | None = None
    """Time of day in UTC, `02:00`, at which a full copy begins."""
    changes_every_seconds: float | None = None
    """Between two copies of what changed since."""
    log: Literal["none", "continuous"] = "none"
    keep_seconds: float
    keep_log_seconds: float | None = None
    """Span in which any moment can be restored; as long as full copies are kept where nothing is said."""
    elsewhere: tuple[tuple[str, float], ...] = ()
    """Regions that keep a copy, and for how many seconds."""
    restore_every_seconds: float | None = None
    """Between two restores that are tried by themselves."""
    failover_every_seconds: float | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Signal:
    """A number that is measured and compared with a bar: a promise to users, or a watch of operators."""

    name: str
    purpose: Literal["promise", "watch"]
    measure: str
    """`latency.p95`, `availability`, `recovery.time`, …, or an expression of a watch."""
    comparison: Literal["at most", "at least", "shown"]
    """`shown` has no bar: it is only looked at."""
    bar: float
    unit: Literal["seconds", "share", "number", "per second", "USD", "EUR"]
    of: str | None = None
    """Name of a workload, job, topic or model; none for the whole system."""
    route: str | None = None
    loss: str | None = None
    """What was lost, for a promise of recovery."""
    window_seconds: float | None = None
    rate_per_second: float | None = None
    """Load at which the promise holds."""
    severity: str = "critical"
    note: str | None = None
    """What it means and what to do, in words."""


@dataclass(frozen=True, kw_only=True, slots=True)
class BudgetAction:
    """What happens when a share of a budget is spent."""

    at: float
    """Share of the limit."""
    do: Literal["tell", "scale", "stop"]
    who: tuple[str, ...]
    """Contacts who are told, services whose copies are scaled, models or services that are stopped."""
    by: float | None = None
    """Factor for `scale`."""
    severity: str = "warning"


@dataclass(frozen=True, kw_only=True, slots=True)
class Budget:
    """What may be spent in a day or month, on models or on all that runs, and what happens on the way."""

    name: str
    of: tuple[str, ...]
    """Models; none for the infrastructure."""
    limit: Money
    per: Literal["day", "month"]
    actions: tuple[BudgetAction, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Contact:
    """Someone who is told."""

    name: str
    ways: tuple[tuple[str, str], ...]
    """Way and address: mail, phone, chat, pager."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Severity:
    """How soon somebody answers, and what happens when nobody does."""

    name: str
    answer_seconds: float
    escalate_seconds: float | None = None
    update_seconds: float | None = None
    hours: Literal["always", "business"] = "always"
    contacts: tuple[str, ...] = ()
    escalate_to: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Site:
    """Where the whole system runs in this environment, and what is on everything that is made for it."""

    name: str
    """The system's."""
    summary: str | None = None
    owner: str | None = None
    labels: tuple[tuple[str, str], ...] = ()
    domain: str | None = None
    region: str | None = None
    second_region: str | None = None
    zones: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class NodePool:
    """Machines of one sort."""

    name: str
    nodes_min: int
    nodes_max: int
    cpu_cores: float | None = None
    memory_bytes: int | None = None
    disk_bytes: int | None = None
    gpu: str | None = None
    spot: bool = False
    expire_seconds: float | None = None
    idle_seconds: float | None = None
    """After so long of too little work a machine is given back."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Observation:
    """How often metrics are read, which share of requests is traced, how long all of it is kept."""

    name: str
    scrape_seconds: float
    keep_seconds: float
    traced_share: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Delivery:
    """How a new version reaches this environment, and what people make sure of before, during and after."""

    name: str
    branch: str | None = None
    approved: bool = False
    by: Literal["rolling", "blue-green"] = "rolling"
    wait_seconds: float = 600.0
    before: tuple[str, ...] = ()
    during: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
