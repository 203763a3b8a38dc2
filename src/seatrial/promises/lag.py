"""How far behind the readers of a topic may be, in messages or in time."""

from __future__ import annotations

from typing import Annotated, Any, Self

from pydantic import Discriminator, Field, Tag, model_validator

from seatrial import parts
from seatrial.values import fields

TAG = "a promise of queue lag"
KEYS = ("lag",)
OF = frozenset({"store", "program"})


def _sort(raw: Any) -> str:  # noqa: ANN401  # whatever stands in the page
    return "a time" if isinstance(raw, str) else "a number"


_Lag = Annotated[
    Annotated[fields.Duration, Tag("a time")] | Annotated[Annotated[int, Field(ge=1)], Tag("a number")],
    Discriminator(_sort),
]


class Spec(fields.Spec):
    """`{lag: 1000, of: bus, topic: raw-events, group: etl}`, `{lag: 30s, of: worker}`: how far behind."""

    lag: _Lag
    """How far readers are behind at most: a number of messages, or a time."""
    of: fields.Name
    """A kafka with `topic` and `group`, or a service with a queue of its own."""
    topic: fields.Topic | None = None
    """One of the store's topics."""
    group: fields.Text | None = None
    """The group of readers."""
    window: fields.Duration = 300.0
    """Span over which it is judged."""
    at: fields.Rate | None = None
    """Load at which it holds."""

    @model_validator(mode="after")
    def is_of_a_group(self) -> Self:
        """Each group of readers has a lag of its own."""
        if (self.topic is None) != (self.group is None):
            raise ValueError("names a topic and the group that reads it, or neither")
        return self


def lower(name: str, spec: Spec) -> tuple[parts.Signal, ...]:
    """One signal."""
    signal = parts.Signal(
        name=name,
        purpose="promise",
        measure=f"lag.{spec.group}" if spec.group else "lag",
        comparison="at most",
        bar=float(spec.lag),
        unit="number" if isinstance(spec.lag, int) else "seconds",
        of=f"{spec.of}/{spec.topic}" if spec.topic else spec.of,
        window_seconds=spec.window,
        rate_per_second=spec.at,
    )
    return (signal,)
