"""The share of requests that may go wrong by our fault, at any time: availability's fast sibling."""

from __future__ import annotations

from seatrial import parts
from seatrial.values import fields

TAG = "a promise of few errors"
KEYS = ("errors",)
OF = frozenset({"service"})


class Spec(fields.Spec):
    """`{errors: 0.1%, of: api, window: 5m}`: the share of requests that fails by our fault."""

    errors: fields.Share
    """Share of requests that fail by our fault, at most."""
    of: fields.Name
    """A service of the page."""
    window: fields.Duration = 300.0
    """Span over which it is counted; short, so that a sudden fault shows."""
    at: fields.Rate | None = None
    """Load at which it holds."""


def lower(name: str, spec: Spec) -> tuple[parts.Signal, ...]:
    """One signal."""
    signal = parts.Signal(
        name=name,
        purpose="promise",
        measure="errors",
        comparison="at most",
        bar=spec.errors,
        unit="share",
        of=spec.of,
        window_seconds=spec.window,
        rate_per_second=spec.at,
    )
    return (signal,)
