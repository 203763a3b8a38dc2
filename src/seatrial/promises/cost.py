"""What the system may cost, as a whole or for each of what it makes."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import model_validator

from seatrial import parts
from seatrial.values import fields

TAG = "a promise of cost"
KEYS = ("cost",)
OF = frozenset({"system"})
_WINDOWS = {"day": 86400.0, "month": 30 * 86400.0}
_UNITS: dict[str, Literal["USD", "EUR"]] = {"USD": "USD", "EUR": "EUR"}


class Spec(fields.Spec):
    """`{cost: 4250 USD, per: month}`, `{cost: 0.10 USD, each: "increase(ideas[1d])"}`: what it costs."""

    cost: fields.Money
    """What it costs at most."""
    per: Literal["day", "month"] | None = None
    """In which span, for all of the system; in place of `each`."""
    each: fields.Text | None = None
    """PromQL that counts the results of a day."""

    model_config = fields.holding("oneOf", "per", "each")

    @model_validator(mode="after")
    def is_for_something(self) -> Self:
        """A span of time, or one result."""
        if (self.per is None) == (self.each is None):
            raise ValueError("needs exactly one of per (day or month) and each (PromQL that counts results)")
        if self.cost.currency not in _UNITS:
            raise ValueError(f"found {self.cost.currency}, expected {' or '.join(_UNITS)}")
        return self


def lower(name: str, spec: Spec) -> tuple[parts.Signal, ...]:
    """One signal."""
    signal = parts.Signal(
        name=name,
        purpose="promise",
        measure="cost" if spec.each is None else f"cost for each of {spec.each}",
        comparison="at most",
        bar=float(spec.cost.amount),
        unit=_UNITS[spec.cost.currency],
        window_seconds=_WINDOWS[spec.per or "day"],
    )
    return (signal,)
