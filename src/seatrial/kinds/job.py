"""A process that ends: before a deploy, or on demand."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from seatrial import parts
from seatrial.kinds import lowering, sizes
from seatrial.values import fields


class Spec(fields.Spec):
    """A job of the page."""

    command: Annotated[list[fields.Setting], Field(min_length=1, max_length=100)]
    when: Literal["before-deploy", "on-demand"] = "on-demand"
    env: dict[fields.Variable, fields.Setting] = {}
    uses: list[fields.Text] = []
    size: sizes.Size = sizes.Size()
    deadline: fields.Duration = 300.0


def lower(name: str, spec: Spec, around: lowering.Surroundings) -> tuple[parts.Part, ...]:
    """One job."""
    job = parts.Job(
        name=name,
        program=lowering.command(around),
        when=spec.when,
        env=around.env,
        configs=around.configs,
        needs=around.needs,
        size=spec.size.lower(),
        deadline_seconds=spec.deadline,
    )
    return (job,)
