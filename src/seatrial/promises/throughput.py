"""How much is done in a second, for as long as the window lasts."""

from __future__ import annotations

from seatrial import parts
from seatrial.values import fields

TAG = "a promise of throughput"
KEYS = ("throughput",)
OF = frozenset({"service"})


class Spec(fields.Spec):
    """`{throughput: 300/s, of: worker, window: 5m}`: how much is done in a second."""

    throughput: fields.Rate
    """How much is done in a second, at least."""
    of: fields.Name
    """A service of the page."""
    route: fields.Text | None = None
    """Method and path, such as `POST /v1/errors`; all of them where nothing is said."""
    window: fields.Duration = 60.0
    """How long it is kept up."""


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
