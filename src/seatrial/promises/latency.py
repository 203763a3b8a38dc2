"""How long users wait for an answer, at which load."""

from __future__ import annotations

from seatrial import parts
from seatrial.promises import percentiles
from seatrial.values import fields

TAG = "a promise of latency"
KEYS = ("latency",)
OF = frozenset({"service"})


class Spec(fields.Spec):
    """`{latency: {p95: 2s}, of: api, route: POST /v1/errors, at: 50/s}`: how long users wait."""

    latency: percentiles.Percentiles
    """The longest wait, by percentile of requests."""
    of: fields.Name
    """A service of the page."""
    route: fields.Text | None = None
    """Method and path, such as `POST /v1/errors`; all of them where nothing is said."""
    at: fields.Rate | None = None
    """Load at which it holds."""


def lower(name: str, spec: Spec) -> tuple[parts.Signal, ...]:
    """A signal for each percentile."""
    return tuple(
        parts.Signal(
            name=f"{name}.{percentile}",
            purpose="promise",
            measure=f"latency.{percentile}",
            comparison="at most",
            bar=bar,
            unit="seconds",
            of=spec.of,
            route=spec.route,
            rate_per_second=spec.at,
        )
        for percentile, bar in spec.latency.bars().items()
    )
