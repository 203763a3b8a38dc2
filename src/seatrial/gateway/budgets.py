"""Budgets: how much may be spent on which models in which span, and what should happen on the way there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Span = Literal["day", "month"]
_LENGTHS: dict[Span, int] = {"day": 10, "month": 7}


Doing = Literal["tell", "scale", "stop"]
_WHOLE = 10**6
_REST_SHARE = 100


@dataclass(frozen=True, kw_only=True, slots=True)
class Threshold:
    """What is due when a share of the limit is spent. Models are stopped here; the rest others must do."""

    millionths: int
    """Of the limit."""
    do: Doing
    who: tuple[str, ...]
    """Contacts who are told, services that are scaled, models or services that are stopped."""
    by: float | None = None
    """Factor for `scale`."""
    severity: str = "warning"

    @property
    def action(self) -> str:
        """Its name in a line: `scale creator by 0.8`."""
        return f"{self.do} {' '.join(self.who)}" + (f" by {self.by:g}" if self.by is not None else "")

    @property
    def share(self) -> str:
        return f"{self.millionths / 10_000:g}%"

    def is_crossed(self, spent_nanos: int, limit_nanos: int) -> bool:
        return spent_nanos * _WHOLE >= limit_nanos * self.millionths


@dataclass(frozen=True, kw_only=True, slots=True)
class Budget:
    """A limit in nanos of its currency; days and months are those of UTC."""

    name: str
    currency: str
    limit_nanos: int
    span: Span
    models: tuple[str, ...] | None = None
    """None: all of them together."""
    thresholds: tuple[Threshold, ...] = ()
    call_nanos: int = 0
    """What an ordinary call to its models reserves, by their settings: no caller has a say in it."""

    def holds_for(self, model: str) -> bool:
        return self.models is None or model in self.models

    def may_stop(self, model: str) -> bool:
        return any(one.do == "stop" and model in one.who for one in self.thresholds)

    def window(self, day: str) -> str:
        """The span that a day such as `2026-11-20` lies in: itself, or `2026-11`."""
        return day[: _LENGTHS[self.span]]


@dataclass(frozen=True, kw_only=True, slots=True)
class Standing:
    """How far a budget has gone in one window."""

    budget: Budget
    window: str
    spent_nanos: int
    bound_nanos: int
    """Of it charged as the upper bound of calls whose use nobody told."""
    reserved_nanos: int

    @property
    def crossed(self) -> tuple[Threshold, ...]:
        """By what is spent and the limit as it is now: a budget that is raised is open again.

        A rest into which no ordinary call fits counts as spent, up to a hundredth of the limit.
        """
        limit = self.budget.limit_nanos
        rest = min(self.budget.call_nanos, limit // _REST_SHARE)
        counted = limit if limit - self.spent_nanos < rest else self.spent_nanos
        return tuple(
            one for one in self.budget.thresholds if one.is_crossed(max(counted, self.spent_nanos), limit)
        )

    def stops(self, model: str) -> Threshold | None:
        """The crossed threshold by which the model gets no more calls in this window."""
        return next((one for one in self.crossed if one.do == "stop" and model in one.who), None)

    @property
    def remaining_nanos(self) -> int:
        return max(0, self.budget.limit_nanos - self.spent_nanos - self.reserved_nanos)


@dataclass(frozen=True, kw_only=True, slots=True)
class Crossing:
    """A threshold that was crossed just now, for the first time in its window."""

    budget: Budget
    window: str
    threshold: Threshold
    spent_nanos: int
