"""The share of requests that are answered rightly, over a window."""

from __future__ import annotations

from seatrial import parts
from seatrial.values import fields

TAG = "a promise of availability"
KEYS = ("availability",)
OF = frozenset({"service", "system"})


class Spec(fields.Spec):
    """`{availability: 99.9%, window: 30d, of: api}`: the share of requests that is answered rightly."""

    availability: fields.Share
    """Share of requests that are answered rightly, at least."""
    window: fields.Duration = 30 * 86400.0
    """Span over which it is counted; a month where nothing is said."""
    of: fields.Name | None = None
    """The whole system where nothing is said: every exposed service."""


def lower(name: str, spec: Spec) -> tuple[parts.Signal, ...]:
    """One signal."""
    signal = parts.Signal(
        name=name,
        purpose="promise",
        measure="availability",
        comparison="at least",
        bar=spec.availability,
        unit="share",
        of=spec.of,
        window_seconds=spec.window,
    )
    return (signal,)
