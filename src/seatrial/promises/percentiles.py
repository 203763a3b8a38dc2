"""Bars on the slow end of a distribution, as latency and query time have them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Self

from pydantic import model_validator

from seatrial.values import fields


class Percentiles(fields.Spec):
    """`{p95: 2s, p99: 5s}`: the longest wait of 50, 90, 95 or 99 of 100."""

    p50: fields.Duration | None = None
    """The longest wait of the faster half."""
    p90: fields.Duration | None = None
    """The longest wait of the fastest 90 of 100."""
    p95: fields.Duration | None = None
    """The longest wait of the fastest 95 of 100."""
    p99: fields.Duration | None = None
    """The longest wait of the fastest 99 of 100."""

    model_config = fields.holding("anyOf", "p50", "p90", "p95", "p99")

    @model_validator(mode="after")
    def names_one(self) -> Self:
        """Without a percentile nothing is promised."""
        if not self.bars():
            raise ValueError("promises nothing: say a percentile and its bar, such as {p95: 2s}")
        bars = [bar for bar in (self.p50, self.p90, self.p95, self.p99) if bar is not None]
        if bars != sorted(bars):
            raise ValueError("a higher percentile cannot have a lower bar: p50, p90, p95, p99 must not fall")
        return self

    def bars(self) -> Mapping[str, float]:
        """Seconds by percentile, of those that are said."""
        said: dict[str, float] = self.model_dump(exclude_none=True)
        return said
