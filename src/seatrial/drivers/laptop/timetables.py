"""When jobs on a schedule are due: pure, so that every moment can be tried. `schedulers` runs them.

The times are those of the schedule's zone, as Debian's cron has them: where clocks are put forward or back, a
job at a fixed hour runs once.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from seatrial import parts
from seatrial.values import schedules

MISSED_MAX = 1000


def next_due(job: parts.Job, after: float) -> float:
    """Unix time at which a job with a schedule is due next; never `after` itself."""
    return next(_times(job, after))


def missed(job: parts.Job, after: float, until: float) -> list[float]:
    """The times after the one moment and up to the other, the first 1000 of them."""
    due = itertools.takewhile(lambda at: at <= until, _times(job, after))
    return list(itertools.islice(due, MISSED_MAX))


def shown(job: parts.Job, at: float) -> str:
    """A moment in the zone of the job, for people."""
    return f"{datetime.fromtimestamp(at, ZoneInfo(job.zone)):%Y-%m-%d %H:%M} {job.zone}"


def _times(job: parts.Job, after: float) -> Iterator[float]:
    moments = schedules.due_times(job.schedule or "", job.zone, datetime.fromtimestamp(after, UTC))
    return (moment.timestamp() for moment in moments)
