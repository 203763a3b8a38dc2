"""Promises to users, one file a sort, and the watches of operators: what they say, how they are judged."""

from __future__ import annotations

from types import ModuleType

from seatrial.promises import availability, latency, recovery, watch

PROMISES: tuple[ModuleType, ...] = (latency, availability, recovery)


__all__ = ["PROMISES", "availability", "latency", "recovery", "watch"]
