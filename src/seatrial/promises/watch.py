"""A signal that operators want to see, with its threshold. Not a promise: nothing proves it."""

from __future__ import annotations

import dataclasses
import math
from typing import Literal, Self

from pydantic import model_validator

from seatrial import parts
from seatrial.values import fields, quantities


class Spec(fields.Spec):
    """`{expr: "a_total / b_total", below: 50%, for: 10m}`: a signal; without threshold it is shown."""

    expr: fields.Text
    """PromQL of the signal."""
    above: fields.Setting | None = None
    """Threshold, as a number or percentage; more is reported."""
    below: fields.Setting | None = None
    """Threshold, as a number or percentage; less is reported."""
    for_: fields.Duration = 300.0
    """How long it must be past the threshold."""
    severity: fields.Name = "warning"
    """One of the page's severities."""
    say: fields.Text | None = None
    """What it means and what to do, for whoever is told."""

    model_config = {**fields.Spec.model_config, "alias_generator": lambda field: field.rstrip("_")}

    @model_validator(mode="after")
    def has_at_most_one_bar(self) -> Self:
        """Above or below, and it is a number or a share."""
        if self.above is not None and self.below is not None:
            raise ValueError("has two bars: keep one of above and below")
        if self.above is not None or self.below is not None:
            parse_bar(self.above if self.above is not None else self.below)
        return self


def parse_bar(text: str | None) -> tuple[float, Literal["share", "number"]]:
    """The threshold and its unit, from `50%` or `0.5`. Raises ValueError."""
    if text is not None and text.endswith("%"):
        return quantities.parse_percentage(text), "share"
    try:
        number = float(text or "")
        if math.isfinite(number):
            return number, "number"
        raise ValueError  # noqa: TRY301  # the same message for a word and for an odd number
    except ValueError:
        raise ValueError(f"found {text!r}, expected a number or a percentage such as 50%") from None


def lower(name: str, spec: Spec) -> tuple[parts.Signal, ...]:
    """One signal, which is well as long as the expression keeps to its side of the bar."""
    signal = parts.Signal(
        name=name,
        purpose="watch",
        measure=spec.expr,
        comparison="shown",
        bar=0.0,
        unit="number",
        window_seconds=spec.for_,
        severity=spec.severity,
        note=spec.say,
    )
    text = spec.below if spec.below is not None else spec.above
    if text is None:
        return (signal,)
    bar, unit = parse_bar(text)
    comparison: Literal["at most", "at least"] = "at least" if spec.below is not None else "at most"
    return (dataclasses.replace(signal, bar=bar, unit=unit, comparison=comparison),)
