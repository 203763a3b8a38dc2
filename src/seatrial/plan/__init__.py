"""Page + environment → plan: the sorted, closed parts that targets render and drivers run."""

from __future__ import annotations

from seatrial.plan.plans import Plan

__all__ = ["Plan"]
