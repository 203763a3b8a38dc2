"""How much and how many: the same words at services, jobs and environments."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import Field, model_validator

from seatrial import parts
from seatrial.values import fields


class Size(fields.Spec):
    """What one copy gets, and what it may use at most."""

    cpu: fields.Cores | None = None
    memory: fields.Bytes | None = None
    cpu_max: fields.Cores | None = None
    memory_max: fields.Bytes | None = None

    @model_validator(mode="after")
    def has_room(self) -> Self:
        """The most that it may use is not less than what it is given for sure."""
        for given, most, word in ((self.cpu, self.cpu_max, "cpu"), (self.memory, self.memory_max, "memory")):
            if given is not None and most is not None and most < given:
                raise ValueError(f"{word}Max is below {word}")
        return self

    def lower(self) -> parts.Size:
        return parts.Size(
            cpu_cores=self.cpu,
            cpu_cores_max=self.cpu_max,
            memory_bytes=self.memory,
            memory_bytes_max=self.memory_max,
        )


class Scale(fields.Spec):
    """Copies, and the load at which there should be more."""

    min: fields.Copies = 1
    max: Annotated[int, Field(ge=1, le=1000)] | None = None
    cpu: fields.Share | None = None
    memory: fields.Share | None = None

    def lower(self) -> parts.Scale:
        return parts.Scale(
            copies_min=self.min,
            copies_max=self.min if self.max is None else self.max,
            cpu_share=self.cpu,
            memory_share=self.memory,
        )
