"""A process that ends: before a deploy, on a schedule, or on demand."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, WithJsonSchema, model_validator

from seatrial import parts
from seatrial.kinds import builds, lowering, sizes, usages
from seatrial.values import fields, schedules

_WORDS = ("before-deploy", "on-demand")


def _ensure_when(text: str) -> str:
    if text in _WORDS:
        return text
    if len(text.split()) <= 1:
        raise ValueError(f"found {text!r}, expected before-deploy, on-demand or a schedule such as 0 6 * * *")
    return schedules.ensure_schedule(text)


When = Annotated[
    str,
    AfterValidator(_ensure_when),
    WithJsonSchema(
        {
            "anyOf": [
                {"enum": list(_WORDS)},
                {
                    "type": "string",
                    "pattern": schedules.PATTERN,
                    fields.FORM: "schedule",
                    "description": "a schedule such as 0 6 * * *",
                },
            ]
        }
    ),
]


class Spec(fields.Spec):
    """`{command: [shop, migrate], uses: [db], when: before-deploy}`: a process that ends."""

    command: Annotated[list[fields.Setting], Field(min_length=1, max_length=100)]
    """Words of the program; nothing is given to a shell."""
    build: builds.Build | None = None
    """Its own; the page's where nothing is said."""
    group: fields.Name | None = None
    """One of the page's `groups`, whose rules it keeps."""
    when: When = "on-demand"
    """Before each deploy, on demand, or at the times of a schedule in cron's five fields."""
    zone: fields.Zone = "UTC"
    """The time zone of its schedule."""
    overlap: Literal["forbid", "allow", "replace"] = "forbid"
    """What happens when it is due while the last one still runs."""
    retries: Annotated[int, Field(ge=0, le=20)] = 0
    """How many times it is started again after it failed."""
    env: dict[fields.Variable, fields.Setting] = {}
    """Plain settings of its own, beside those of the page."""
    uses: list[usages.AnyUse] = []
    """What it leans on: it is given the address, let through the network, and started after."""
    size: sizes.Size = sizes.Size()
    """Cores, memory and disk that it gets."""
    place: sizes.Place = sizes.Place()
    """Which machines it may run on."""
    deadline: fields.Duration = 300.0
    """How long it may run before it is ended and counts as failed."""

    @model_validator(mode="after")
    def is_scheduled_where_it_says_how(self) -> Self:
        """Zone and overlap mean something only on a schedule."""
        if not self.is_scheduled and {"zone", "overlap"} & self.model_fields_set:
            raise ValueError("says how a schedule is kept, and has none: say when, such as 0 6 * * *")
        return self

    @property
    def is_scheduled(self) -> bool:
        return self.when not in _WORDS


def lower(name: str, spec: Spec, around: lowering.Surroundings) -> tuple[parts.Part, ...]:
    """One job."""
    when: Literal["before-deploy", "schedule", "on-demand"] = "on-demand"
    if spec.is_scheduled:
        when = "schedule"
    elif spec.when == "before-deploy":
        when = "before-deploy"
    job = parts.Job(
        name=name,
        program=lowering.command(around),
        when=when,
        schedule=spec.when if spec.is_scheduled else None,
        zone=spec.zone,
        overlap=spec.overlap,
        retries=spec.retries,
        env=around.env,
        configs=around.configs,
        needs=around.needs,
        size=spec.size.lower(),
        place=spec.place.lower(),
        deadline_seconds=spec.deadline,
    )
    return (job,)
