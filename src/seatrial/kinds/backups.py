"""How copies are made of what keeps data, how long and where they are kept, and how often they are tried."""

from __future__ import annotations

import dataclasses
from typing import Annotated, Literal, Self

from pydantic import model_validator

from seatrial import parts
from seatrial.values import fields

_TimeOfDay = Annotated[
    str,
    *fields.matching(
        "time of day", r"^([01]\d|2[0-3]):[0-5]\d$", "a time of day in UTC in quotes, such as '02:00'"
    ),
]


class Elsewhere(fields.Spec):
    """`{region: us-east-1, keep: 30d}`: a region that holds copies as well."""

    region: fields.Text
    """Name of the other region."""
    keep: fields.Duration
    """For how long that region keeps a copy."""


class Backup(fields.Spec):
    """`{full: 1d, at: '02:00', keep: 30d}`: full copies, what changes in between, and how they are tried."""

    full: fields.Duration
    """Time between two full copies."""
    at: _TimeOfDay | None = None
    """Time of day in UTC at which a full copy begins; where nothing is said, whenever it is due."""
    changes: fields.Duration | None = None
    """Time between two copies of what changed since; shorter than `full`."""
    keep: fields.Duration
    """For how long full copies are kept; not shorter than `full`."""
    elsewhere: list[Elsewhere] = []
    """Other regions that hold a copy as well."""
    try_restore: fields.Duration | None = None
    """A restore is tried by itself, this often."""
    try_failover: fields.Duration | None = None
    """A change over to another copy is tried by itself, this often."""

    @model_validator(mode="after")
    def keeps_one(self) -> Self:
        """Whoever keeps copies for less time than lies between two has none most of the time."""
        if self.keep < self.full:
            raise ValueError(
                "keep is shorter than the time between two full copies, so at times there is none"
            )
        if self.changes is not None and self.changes >= self.full:
            raise ValueError("changes are copied no more often than the whole: leave it out, or say less")
        return self

    def lower(self, name: str) -> parts.Backup:
        return parts.Backup(
            name=name,
            of=name,
            every_seconds=self.full,
            at=self.at,
            changes_every_seconds=self.changes,
            keep_seconds=self.keep,
            elsewhere=tuple((one.region, one.keep) for one in self.elsewhere),
            restore_every_seconds=self.try_restore,
            failover_every_seconds=self.try_failover,
        )


class LoggedBackup(Backup):
    """`{full: 1d, log: continuous, keep: 30d}`: with the log, any moment in between can be restored."""

    log: Literal["none", "continuous"] = "none"
    """`continuous` keeps every change, so that any moment can be restored."""
    keep_log: fields.Duration | None = None
    """Span in which any moment can be restored; as long as `keep` where nothing is said."""

    @model_validator(mode="after")
    def keeps_the_log(self) -> Self:
        """A log restores nothing without the full copy that it follows."""
        if self.keep_log is not None and self.log == "none":
            raise ValueError("keepLog needs log: continuous")
        if self.keep_log is not None and self.keep_log > self.keep:
            raise ValueError(
                "keepLog is longer than keep: a log is of no use without the full copy before it"
            )
        return self

    def lower(self, name: str) -> parts.Backup:
        return dataclasses.replace(super().lower(name), log=self.log, keep_log_seconds=self.keep_log)
