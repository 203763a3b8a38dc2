"""After a loss: how long until it works again (RTO), and how much is lost at most (RPO)."""

from __future__ import annotations

from typing import Literal

from seatrial import parts
from seatrial.values import fields

TAG = "a promise of recovery"
KEYS = ("time", "point")
OF = frozenset({"store", "program", "volume", "system"})


class Spec(fields.Spec):
    """`{time: 4h, point: 1h, of: db}`: how soon it works again after a loss, and how much is lost."""

    time: fields.Duration
    """How long until it works again, at most (RTO)."""
    point: fields.DurationOrNothing
    """How much of the last data is lost, at most, as a time (RPO)."""
    of: fields.Name | None = None
    """The whole system where nothing is said."""
    loss: Literal["process", "machine", "zone", "region", "data", "corruption", "breach"] = "data"
    """What was lost; `data` where nothing is said, as when a table was dropped."""


def lower(name: str, spec: Spec) -> tuple[parts.Signal, ...]:
    """A signal for the time and one for the point."""
    return tuple(
        parts.Signal(
            name=f"{name}.{sort}",
            purpose="promise",
            measure=f"recovery.{sort}",
            comparison="at most",
            bar=bar,
            unit="seconds",
            of=spec.of,
            loss=spec.loss,
        )
        for sort, bar in (("time", spec.time), ("point", spec.point))
    )
