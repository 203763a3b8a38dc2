"""Times at which something is due, as cron writes them: `0 6 * * *`. Not the clock that waits for them."""

from __future__ import annotations

import zoneinfo
from collections.abc import Iterator
from datetime import datetime

from cronsim import CronSim, CronSimError

PATTERN = r"^\s*\S+(\s+\S+){4}\s*$"
_FIELDS = 5


def ensure_schedule(text: str) -> str:
    """The text itself. Raises ValueError where it is no schedule, or one that never comes."""
    example = "expected five fields as cron has them, such as 0 6 * * * or */15 * * * 1-5"
    if len(text.split()) != _FIELDS:
        raise ValueError(f"found {text!r}, {example}")
    try:
        next(CronSim(text, datetime(2026, 1, 1, tzinfo=zoneinfo.ZoneInfo("UTC"))))
    except CronSimError as cause:
        raise ValueError(f"found {text!r} ({cause}), {example}") from cause
    except StopIteration:
        raise ValueError(f"found {text!r}, which never comes") from None
    return " ".join(text.split())


def ensure_zone(text: str) -> str:
    """The name of a time zone. Raises ValueError for one that is not in the IANA database."""
    if text not in zoneinfo.available_timezones():
        raise ValueError(f"found {text!r}, expected a time zone such as UTC or Europe/Berlin")
    return text


def due_times(schedule: str, zone: str, after: datetime) -> Iterator[datetime]:
    """The moments after `after` (aware of its zone) at which it is due, in their order."""
    return CronSim(schedule, after.astimezone(zoneinfo.ZoneInfo(zone)))
