"""How much is done in a second, for as long as the window lasts."""

from __future__ import annotations

from seatrial import parts
from seatrial.values import fields

TAG = "a promise of throughput"
KEYS = ("throughput",)
OF = frozenset({"service"})


class Spec(fields.Spec):
    """`{throughput: 300/s, of: worker, window: 5m}`."""

    throughput: fields.Rate
    of: fields.Name
    route: fields.Text | None = None
    window: fields.Duration = 60.0


def lower(name: str, spec: Spec) -> tuple[parts.Signal, ...]:
    """One signal."""
    signal = parts.Signal(
        name=name,
        purpose="promise",
        measure="throughput",
        comparison="at least",
        bar=spec.throughput,
        unit="per second",
        of=spec.of,
        route=spec.route,
        window_seconds=spec.window,
    )
    return (signal,)
