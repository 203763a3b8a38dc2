"""How long a job may take."""

from __future__ import annotations

from seatrial import parts
from seatrial.values import fields

TAG = "a promise of job duration"
KEYS = ("duration",)
OF = frozenset({"job"})


class Spec(fields.Spec):
    """`{duration: 2h, of: nightly}`: how long a job takes."""

    duration: fields.Duration
    """How long it takes at most."""
    of: fields.Name
    """A job of the page."""


def lower(name: str, spec: Spec) -> tuple[parts.Signal, ...]:
    """One signal."""
    signal = parts.Signal(
        name=name,
        purpose="promise",
        measure="duration",
        comparison="at most",
        bar=spec.duration,
        unit="seconds",
        of=spec.of,
    )
    return (signal,)
