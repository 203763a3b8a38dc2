"""What the routes lean on, made once for each process."""

import dataclasses

from seatrial_kit import databases, jobs, keys

from gekb import callers, metrics


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Services:
    """`waker` asks the worker for a run after something was stored."""

    database: databases.Database
    callers: callers.Callers
    ring: keys.KeyRing
    metrics: metrics.ApiMetrics
    waker: jobs.Waker
