"""Budgets: how much may be spent on which models in which span, and what should happen on the way there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Span = Literal["day", "month", "ever"]
_LENGTHS: dict[Span, int] = {"day": 10, "month": 7, "ever": 0}


@dataclass(frozen=True, kw_only=True, slots=True)
class Threshold:
    """An action that is due when a share of the limit is spent."""

    percent: int
    action: str

    def is_crossed(self, spent_nanos: int, limit_nanos: int) -> bool:
        return spent_nanos * 100 >= limit_nanos * self.percent


@dataclass(frozen=True, kw_only=True, slots=True)
class Budget:
    """A limit in nanodollars; days and months are those of UTC."""

    name: str
    limit_nanos: int
    span: Span
    models: tuple[str, ...] | None = None
    """None: all of them together."""
    thresholds: tuple[Threshold, ...] = ()

    def holds_for(self, model: str) -> bool:
        return self.models is None or model in self.models

    def window(self, day: str) -> str:
        """The span that a day such as `2026-11-20` lies in: itself, `2026-11`, or all time."""
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
    crossed: tuple[Threshold, ...] = ()

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
