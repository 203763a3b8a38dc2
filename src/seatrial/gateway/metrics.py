"""Counts of this process, as Prometheus reads them; what was spent is read from the ledger."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal

from seatrial.gateway.budgets import Standing
from seatrial.gateway.prices import NANOS

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_COUNTERS = {
    "calls_total": "Calls to a provider by how they ended",
    "refused_total": "Calls that were refused, by the code that the caller got",
    "tokens_total": "Tokens that providers reported",
    "charged_total": "What was charged, by use or by the upper bound of the call",
    "overruns_total": "Calls for which a provider reported more than was reserved",
    "thresholds_total": "Thresholds of budgets that were crossed",
    "unrecorded_total": "Answers that were not recorded, by reason",
}
_GAUGES = {
    "budget_limit": "Limit of a budget",
    "budget_spent": "Spent in the present window",
    "budget_reserved": "Held for calls under way",
}
Labels = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Metrics:
    """Names and label values come from the settings and from fixed codes, so their number is bounded."""

    _counts: Counter[tuple[str, Labels]] = field(default_factory=Counter)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def count(self, name: str, amount: int = 1, **labels: str) -> None:
        with self._lock:  # the ledger's thread counts too
            self._counts[name, tuple(labels.items())] += amount

    def text(self, standings: Iterable[Standing]) -> str:
        return "\n".join((*self._counters(), *_gauges(tuple(standings)), ""))

    def _counters(self) -> Iterator[str]:
        for name, said in _COUNTERS.items():
            yield f"# HELP seatrial_models_{name} {said}"
            yield f"# TYPE seatrial_models_{name} counter"
            with self._lock:
                counts = sorted(self._counts.items())
            for (counted, labels), amount in counts:
                if counted == name:
                    value = _amount(amount) if name == "charged_total" else str(amount)
                    yield _sample(name, labels, value)


def _gauges(standings: tuple[Standing, ...]) -> Iterator[str]:
    for name, said in _GAUGES.items():
        yield f"# HELP seatrial_models_{name} {said}"
        yield f"# TYPE seatrial_models_{name} gauge"
        for one in standings:
            amounts = (one.budget.limit_nanos, one.spent_nanos, one.reserved_nanos)
            amount = dict(zip(_GAUGES, amounts, strict=True))[name]
            labels = {"budget": one.budget.name, "window": one.window, "currency": one.budget.currency}
            yield _sample(name, tuple(labels.items()), _amount(amount))


def _sample(name: str, labels: Labels, value: str) -> str:
    inside = ",".join(f'{key}="{_escaped(text)}"' for key, text in labels)
    return f"seatrial_models_{name}{{{inside}}} {value}"


def _escaped(text: str) -> str:
    return text.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")


def _amount(nanos: int) -> str:
    return f"{Decimal(nanos) / NANOS:f}"
