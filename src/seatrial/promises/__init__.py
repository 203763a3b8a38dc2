"""Promises to users, one file a sort, and the watches of operators: what they say, how they are judged."""

from __future__ import annotations

from types import ModuleType

from seatrial.promises import availability, latency, recovery, watch

PROMISES: tuple[ModuleType, ...] = (latency, availability, recovery)
PromiseSpec = latency.Spec | availability.Spec | recovery.Spec

__all__ = ["PROMISES", "PromiseSpec", "availability", "latency", "recovery", "watch"]
