"""Promises to users, one file a sort, and the watches of operators: what they say, how they are judged.

Each has `TAG` (what it is called), `KEYS` (by which it is known), `OF` (what it is about), `Spec`, `lower`.
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
