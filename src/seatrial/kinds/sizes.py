"""How much one copy gets, and which machines it may run on: the same words at services, jobs and stores."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from seatrial import parts
from seatrial.values import fields


class Gpu(fields.Spec):
    """`{count: 1, model: a10g}`: graphics processors of one model."""

    count: Annotated[int, Field(ge=1, le=16)] = 1
    """How many of them."""
    model: fields.Text | None = None
    """Which; where nothing is said, any."""


class Size(fields.Spec):
    """`{cpu: 250m, memory: 512Mi, memoryMax: 1Gi}`: what one copy gets, and may use at most."""

    cpu: fields.Cores | None = None
    """Cores that it is given for sure."""
    memory: fields.Bytes | None = None
    """Memory that it is given for sure."""
    cpu_max: fields.Cores | None = None
    """Cores that it may use at most."""
    memory_max: fields.Bytes | None = None
    """Memory that it may use at most; above, it is ended."""
    disk: fields.Bytes | None = None
    """Disk for what need not outlive it."""
    gpu: Gpu | None = None
    """Graphics processors, where it needs them."""
    by_itself: bool = False
    """The size follows what it used."""

    @model_validator(mode="after")
    def has_room(self) -> Self:
        """The most that it may use is not less than what it is given for sure."""
        if lacking := self.lacking():
            raise ValueError(lacking)
        return self

    def lacking(self) -> str | None:
        """What contradicts itself; an environment that is laid over it can bring that about."""
        for given, most, word in ((self.cpu, self.cpu_max, "cpu"), (self.memory, self.memory_max, "memory")):
            if given is not None and most is not None and most < given:
                return f"{word}Max is below {word}"
        return None

    def lower(self) -> parts.Size:
        return parts.Size(
            cpu_cores=self.cpu,
            cpu_cores_max=self.cpu_max,
            memory_bytes=self.memory,
            memory_bytes_max=self.memory_max,
            disk_bytes=self.disk,
            gpus=self.gpu.count if self.gpu else 0,
            gpu=self.gpu.model if self.gpu else None,
            sized_by_itself=self.by_itself,
        )


class Place(fields.Spec):
    """`{zones: spread, pool: general}`: which machines it may run on."""

    zones: Literal["spread", "any"] = "spread"
    """Copies are spread over the zones of a region, or lie anywhere."""
    pool: fields.Name | None = None
    """A pool of machines that the environment has under `nodes`."""
    spot: bool = False
    """It may be interrupted, and is cheaper for that."""
    labels: dict[fields.Text, fields.Setting] = {}
    """Labels that a machine must have."""

    def lower(self) -> parts.Place:
        return parts.Place(
            zones=self.zones, pool=self.pool, spot=self.spot, labels=tuple(sorted(self.labels.items()))
        )
