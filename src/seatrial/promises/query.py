"""How long a store takes to answer."""

from __future__ import annotations

from seatrial import parts
from seatrial.promises import percentiles
from seatrial.values import fields

TAG = "a promise of query time"
KEYS = ("query",)
OF = frozenset({"store"})


class Spec(fields.Spec):
    """`{query: {p95: 100ms}, of: db, at: 200/s}`: how long a store takes to answer."""

    query: percentiles.Percentiles
    """The longest wait, by percentile of queries."""
    of: fields.Name
    """A store of the page."""
    at: fields.Rate | None = None
    """Load at which it holds."""


def lower(name: str, spec: Spec) -> tuple[parts.Signal, ...]:
    """A signal for each percentile."""
    return tuple(
        parts.Signal(
            name=f"{name}.{percentile}",
            purpose="promise",
            measure=f"query.{percentile}",
            comparison="at most",
            bar=bar,
            unit="seconds",
            of=spec.of,
            rate_per_second=spec.at,
        )
        for percentile, bar in spec.query.bars().items()
    )
