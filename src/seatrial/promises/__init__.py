"""Promises to users, one file a sort, and the watches of operators: what they say, how they are judged.

Each has `TAG` (what it is called), `KEYS` (by which it is known), `OF`, `Spec` and `lower`. `OF` is what it
may be about: a service (which answers), a program (which need not), a store, volume or job, or the system.
"""

from __future__ import annotations

from types import ModuleType

from seatrial.promises import (
    availability,
    cost,
    duration,
    failures,
    hits,
    lag,
    latency,
    query,
    recovery,
    throughput,
    watch,
)

PROMISES: tuple[ModuleType, ...] = (
    latency,
    availability,
    failures,
    throughput,
    recovery,
    query,
    hits,
    lag,
    duration,
    cost,
)


__all__ = ["PROMISES", "watch"]
