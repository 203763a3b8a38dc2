"""Ranges of time, rates and trends."""

import datetime as dt
from typing import Any

RANGES_DAYS = {"1d": 1, "7d": 7, "30d": 30, "90d": 90, "1y": 365, "all": None}
STABLE_PERCENT = 5.0  # a smaller change is not called one


def begin(time_range: str, now: dt.datetime) -> dt.datetime | None:
    """Where the range begins; None for all time."""
    days = RANGES_DAYS[time_range]
    return None if days is None else now - dt.timedelta(days=days)


def previous_begin(time_range: str, now: dt.datetime) -> dt.datetime | None:
    """Where the range of the same length before it begins; all time has none before it."""
    days = RANGES_DAYS[time_range]
    return None if days is None else now - dt.timedelta(days=2 * days)


def rate(part: int, whole: int) -> float:
    return round(part / whole, 4) if whole else 0.0


def success_rate(successes: int, attempts: int) -> float | None:
    """None where nothing was tried: that is not a rate of zero."""
    return round(successes / attempts, 4) if attempts else None


def trend(current: float | None, previous: float | None) -> dict[str, Any]:
    """The change in percent; without a basis there is none to name."""
    if not previous or current is None:
        return {"current": current, "previous": previous, "change": None, "trend": "unknown"}
    change = round((current - previous) / previous * 100, 2)
    word = "stable" if abs(change) < STABLE_PERCENT else "increasing" if change > 0 else "decreasing"
    return {"current": current, "previous": previous, "change": change, "trend": word}
