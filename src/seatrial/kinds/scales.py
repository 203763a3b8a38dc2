"""How many copies, and what makes them more or fewer."""

from __future__ import annotations

import re
from typing import Annotated, Self

from pydantic import AfterValidator, Field, model_validator

from seatrial import parts
from seatrial.values import fields, quantities


class TopicLoad(fields.Spec):
    """`{of: bus, topic: raw-events, group: etl, lag: 1000}`: one more copy for so many unread messages."""

    of: fields.Name
    """A store of kind kafka."""
    topic: fields.Topic
    """One of its topics."""
    group: fields.Text
    """Name of the group of readers, as the service uses it."""
    lag: Annotated[int, Field(ge=1)]
    """Unread messages for which there is one more copy."""


class QueueLoad(fields.Spec):
    """`{of: cache, list: jobs, each: 10}`, `{expr: sum(waiting), each: 5}`: a copy for so many waiting."""

    each: Annotated[float, Field(gt=0)]
    """Waiting jobs for which there is one more copy."""
    expr: fields.Text | None = None
    """PromQL that counts the waiting jobs."""
    of: fields.Name | None = None
    """A store of kind redis that holds them, with `list`."""
    list_: fields.Text | None = Field(default=None, alias="list")
    """Key of the list that holds them, with `of`."""

    @model_validator(mode="after")
    def is_counted_in_one_way(self) -> Self:
        """A PromQL expression, or a list of a Redis."""
        if (self.expr is None) == (self.of is None) or (self.of is None) != (self.list_ is None):
            raise ValueError(
                "says what waits in one of two ways: expr, or of (a redis) with list (the key of a list)"
            )
        return self


_BY = r"^([1-9]\d{0,2}|1000|(?=[\d.]*[1-9])\d{1,3}(\.\d{1,6})?%)$"
_BY_WORDS = "a number of copies or a percentage such as 50%"


def _ensure_by(text: str) -> str:
    if re.fullmatch(_BY, text, re.ASCII) is None:
        raise ValueError(f"found {text!r}, expected {_BY_WORDS}")
    return text


class Step(fields.Spec):
    """`{after: 5m, by: 100%, every: 1m}`: after how long of the same verdict, how many at once, how often."""

    after: fields.Duration | None = None
    """How long the verdict must have been the same."""
    by: Annotated[
        fields.Setting,
        AfterValidator(_ensure_by),
        fields.form("copies or share", _BY_WORDS, _BY, {"type": "integer", "minimum": 1, "maximum": 1000}),
    ] = "100%"
    """How many copies at once: a number, or a share of those that there are."""
    every: fields.Duration = 60.0
    """Time between two steps."""

    def lower(self) -> parts.ScaleStep:
        share = quantities.parse_percentage(self.by, share_max=10) if self.by.endswith("%") else None
        return parts.ScaleStep(
            after_seconds=self.after or 0.0,
            copies=None if share else int(self.by),
            share=share,
            every_seconds=self.every,
        )


class Scale(fields.Spec):
    """`{min: 2, max: 9, cpu: 70%}`: copies, and the load at which there should be more."""

    min: fields.Copies = 1
    """Copies at least; 0 lets it end where nothing waits."""
    max: Annotated[int, Field(ge=1, le=1000)] | None = None
    """Copies at most; where nothing is said, `min`."""
    cpu: fields.Share | None = None
    """Share of `size.cpu` in use above which there should be more."""
    memory: fields.Share | None = None
    """Share of `size.memory` in use above which there should be more."""
    topics: list[TopicLoad] = []
    """Topics whose unread messages make it more."""
    queue: QueueLoad | None = None
    """Waiting jobs that make it more."""
    up: Step | None = None
    """How fast copies come."""
    down: Step | None = None
    """How fast copies go."""

    def lower(self) -> parts.Scale:
        queue = self.queue
        return parts.Scale(
            copies_min=self.min,
            copies_max=max(self.min, 1) if self.max is None else self.max,
            cpu_share=self.cpu,
            memory_share=self.memory,
            topics=tuple(
                parts.TopicLoad(topic=f"{load.of}/{load.topic}", group=load.group, lag=load.lag)
                for load in self.topics
            ),
            queue=parts.QueueLoad(
                each=queue.each, expression=queue.expr, store=queue.of, list_key=queue.list_
            )
            if queue
            else None,
            up=self.up.lower() if self.up else None,
            down=self.down.lower() if self.down else None,
        )
