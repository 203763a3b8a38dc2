"""What operators rely on: backups, and the signals that promises and watches are judged by."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, kw_only=True, slots=True)
class Backup:
    """How often a store is copied in full, whether its log is kept in between, and for how long."""

    name: str
    of: str
    every_seconds: float
    log: Literal["none", "continuous"]
    keep_seconds: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Signal:
    """A number that is measured and compared with a bar: a promise to users, or a watch of operators."""

    name: str
    purpose: Literal["promise", "watch"]
    measure: str
    """`latency.p95`, `availability`, `recovery.time`, `recovery.point`, or an expression of a watch."""
    comparison: Literal["at most", "at least"]
    bar: float
    unit: Literal["seconds", "share", "number"]
    of: str | None = None
    route: str | None = None
    window_seconds: float | None = None
    rate_per_second: float | None = None
    """Load at which the promise holds."""
    severity: Literal["info", "warning", "critical"] = "critical"
