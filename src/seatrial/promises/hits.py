"""The share of lookups that a cache answers."""

from __future__ import annotations

from seatrial import parts
from seatrial.values import fields

TAG = "a promise of cache hits"
KEYS = ("hits",)
OF = frozenset({"store"})


class Spec(fields.Spec):
    """`{hits: 80%, of: cache, window: 1h}`: the share of lookups that a cache answers."""

    hits: fields.Share
    """Share of lookups that the cache answers, at least."""
    of: fields.Name
    """A store of the page."""
    window: fields.Duration = 3600.0
    """Span over which it is counted."""


def lower(name: str, spec: Spec) -> tuple[parts.Signal, ...]:
    """One signal."""
    signal = parts.Signal(
        name=name,
        purpose="promise",
        measure="hits",
        comparison="at least",
        bar=spec.hits,
        unit="share",
        of=spec.of,
        window_seconds=spec.window,
    )
    return (signal,)
