"""What operators must know: who answers and how soon, what may be spent, what is kept, how releases go."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from seatrial import parts
from seatrial.values import fields


class Person(fields.Spec):
    """`{mail: oncall@example.com}`: someone who is told: a person, a rota or a room."""

    mail: (
        Annotated[
            str,
            *fields.matching(
                "mail", r"^[^@\s]{1,64}@[A-Za-z0-9.-]{1,253}$", "an address such as oncall@example.com"
            ),
        ]
        | None
    ) = None
    """Address of electronic mail."""
    phone: (
        Annotated[
            str, *fields.matching("phone", r"^\+[0-9 ]{6,20}$", "a number in quotes that begins with '+'")
        ]
        | None
    ) = None
    """Number that begins with '+', in quotes."""
    chat: fields.Text | None = None
    """A room, such as '#alerts'."""
    pager: fields.Name | None = None
    """A secret that holds the key of a paging service."""

    model_config = fields.holding("anyOf", "mail", "phone", "chat", "pager")

    @model_validator(mode="after")
    def can_be_reached(self) -> Self:
        """Whoever is told needs one way to be told."""
        if not self.model_dump(exclude_none=True):
            raise ValueError("cannot be reached: say mail, phone, chat or pager")
        return self

    def lower(self, name: str) -> parts.Contact:
        return parts.Contact(name=name, ways=tuple(sorted(self.model_dump(exclude_none=True).items())))


class Severity(fields.Spec):
    """`{answer: 15m, escalate: 30m, to: [oncall]}`: how soon somebody answers, and what then."""

    answer: fields.Duration
    """How soon somebody answers."""
    escalate: fields.Duration | None = None
    """When others are told; not before `answer`."""
    update: fields.Duration | None = None
    """How often people are told how it goes."""
    hours: Literal["always", "business"] = "always"
    """Somebody answers always, or in business hours."""
    to: list[fields.Name] = []
    """Who is told first, of `people`."""
    then: list[fields.Name] = []
    """Who is told after `escalate`."""

    @model_validator(mode="after")
    def escalates_later(self) -> Self:
        """Nobody is called away before the first had time to answer."""
        if self.escalate is not None and self.escalate < self.answer:
            raise ValueError("escalate comes before answer")
        return self

    def lower(self, name: str) -> parts.Severity:
        return parts.Severity(
            name=name,
            answer_seconds=self.answer,
            escalate_seconds=self.escalate,
            update_seconds=self.update,
            hours=self.hours,
            contacts=tuple(self.to),
            escalate_to=tuple(self.then),
        )


BUILT_IN_SEVERITIES = {
    "critical": Severity.model_validate({"answer": "15m"}),
    "warning": Severity.model_validate({"answer": "8h", "hours": "business"}),
    "info": Severity.model_validate({"answer": "5d", "hours": "business"}),
}
"""There without being written down; the page may say others in their place."""


class Action(fields.Spec):
    """`{at: 80%, tell: [oncall]}`, `{at: 100%, stop: [writer]}`: what happens on the way to a limit."""

    at: Annotated[
        str, *fields.matching("share of a limit", r"^\d{1,4}(\.\d{1,3})?%$", "a percentage such as 80%")
    ]
    """Share of the limit that is spent."""
    tell: list[fields.Name] = []
    """Who is told, of `people`."""
    scale: list[fields.Name] = []
    """Services whose copies are multiplied by `by`."""
    by: Annotated[float, Field(gt=0, lt=10)] | None = None
    """Factor for `scale`, such as 0.8."""
    stop: list[fields.Name] = []
    """Models or services that are stopped."""
    severity: fields.Name = "warning"
    """How urgent it is, of `severities`."""

    @model_validator(mode="after")
    def does_one_thing(self) -> Self:
        """Several things are several actions."""
        if sum(bool(names) for names in (self.tell, self.scale, self.stop)) != 1:
            raise ValueError("does exactly one of tell, scale and stop; write several actions for several")
        if bool(self.scale) != (self.by is not None):
            raise ValueError("scale needs by, such as 0.8, and nothing else has it")
        return self

    def lower(self) -> parts.BudgetAction:
        do: Literal["tell", "scale", "stop"] = "tell" if self.tell else "scale" if self.scale else "stop"
        return parts.BudgetAction(
            at=float(self.at[:-1]) / 100,
            do=do,
            who=tuple(self.tell or self.scale or self.stop),
            by=self.by,
            severity=self.severity,
        )


class Budget(fields.Spec):
    """`{limit: 200 USD, per: day, of: [writer]}`: for models; without `of`, for the infrastructure."""

    limit: fields.Money
    """What may be spent."""
    per: Literal["day", "month"] = "month"
    """In which span."""
    of: list[fields.Name] = []
    """Models that it is for; without any, all that runs."""
    actions: list[Action] = []
    """What happens when a share of it is spent."""

    def lower(self, name: str) -> parts.Budget:
        return parts.Budget(
            name=name,
            of=tuple(sorted(self.of)),
            limit=self.limit,
            per=self.per,
            actions=tuple(one.lower() for one in self.actions),
        )


class Observe(fields.Spec):
    """`{scrape: 15s, keep: 30d, traces: 10%}`: how metrics and traces are taken and kept."""

    scrape: fields.Duration = 15.0
    """Time between two readings of metrics."""
    keep: fields.Duration = 30 * 86400.0
    """For how long metrics, logs and traces are kept."""
    traces: fields.Share = 1.0
    """Share of requests that is traced."""

    def lower(self) -> parts.Observation:
        return parts.Observation(
            name="observe", scrape_seconds=self.scrape, keep_seconds=self.keep, traced_share=self.traces
        )


class Delivery(fields.Spec):
    """`{before: [The tests pass], wait: 10m}`: what people make sure of around a release."""

    before: list[fields.Text] = []
    """What people make sure of before a release."""
    during: list[fields.Text] = []
    """What they watch while it goes out."""
    after: list[fields.Text] = []
    """What they do when it is out."""
    by: Literal["rolling", "blue-green"] = "rolling"
    """Copy by copy, or all of the new beside all of the old."""
    wait: fields.Duration = 600.0
    """How long a release may take to become healthy before it is taken back."""


class Group(fields.Spec):
    """`{reaches: [core]}`: services and jobs that are kept apart, and the groups that they may reach."""

    reaches: list[fields.Name] = []
    """Groups whose members they may open connections to."""
