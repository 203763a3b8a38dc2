"""How long users wait for an answer, at which load."""

from __future__ import annotations

from typing import Self

from pydantic import model_validator

from seatrial import parts
from seatrial.values import fields

TAG = "a promise of latency"
KEYS = ("latency",)


class Percentiles(fields.Spec):
    """The longest wait of 50, 90, 95 or 99 of 100 requests."""

    p50: fields.Duration | None = None
    p90: fields.Duration | None = None
    p95: fields.Duration | None = None
    p99: fields.Duration | None = None

    @model_validator(mode="after")
    def names_one(self) -> Self:
        """A latency without a percentile promises nothing."""
        if not self.model_fields_set:
            raise ValueError("promises nothing: say a percentile and its bar, such as {p95: 2s}")
        bars = [bar for bar in (self.p50, self.p90, self.p95, self.p99) if bar is not None]
        if bars != sorted(bars):
            raise ValueError("a higher percentile cannot have a lower bar: p50, p90, p95, p99 must not fall")
        return self


class Spec(fields.Spec):
    """`{latency: {p95: 2s}, of: api, route: POST /v1/errors, at: 50/s}`."""

    latency: Percentiles
    of: fields.Name
    route: fields.Text | None = None
    at: fields.Rate | None = None


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
        for percentile, bar in spec.latency.model_dump(exclude_none=True).items()
    )
