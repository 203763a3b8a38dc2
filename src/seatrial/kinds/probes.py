"""How one asks a service whether it lives, whether it is ready, and how it fares."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Annotated, Any, Self

from pydantic import ConfigDict, Discriminator, Field, Tag, model_validator

from seatrial import parts
from seatrial.values import fields
from seatrial.values.references import Template

_INTERVAL = (
    r"^(?=[\d.]*[1-9])0*(\d{3,7}(\.\d{1,6})?ms|\d{1,4}(\.\d{1,6})?s|\d{1,2}(\.\d{1,6})?m"
    r"|[01](\.\d{1,6})?h|0(\.\d{1,6})?[dw])$"
)
"""Takes a little more than the bounds, and all that lies within them."""
_Interval = Annotated[
    fields.Duration,
    Field(ge=0.1, le=3600),
    fields.form("interval", "a duration of 100ms to 1h, such as 1s", _INTERVAL),
]
_Words = Annotated[list[fields.Setting], Field(min_length=1, max_length=100)]


class Probe(fields.Spec):
    """`{path: /health, after: 30s}`: a path, a connection to a port, or a command that must end with 0."""

    path: fields.UrlPath | None = None
    """Path that must answer 2xx."""
    port: fields.Name | None = None
    """Port that is asked; without a path, a connection to it is enough."""
    command: _Words | None = None
    """Words of a command that must end with 0, run where the service runs."""
    interval: _Interval | None = None
    """Time between two questions, 100ms to 1h; where nothing is said, that of `health`."""
    timeout: fields.Duration | None = None
    """How long an answer may take; where nothing is said, that of `health`."""
    after: fields.Duration | None = None
    """Time after the start at which the first question is asked."""
    failures: Annotated[int, Field(ge=1, le=100)] = 3
    """How many wrong answers in a row count."""

    model_config = ConfigDict(
        json_schema_extra={
            "anyOf": [
                {"properties": {"command": {"type": "null"}}},
                {"properties": {"path": {"type": "null"}, "port": {"type": "null"}}},
            ]
        }
    )

    @model_validator(mode="after")
    def asks_one_thing(self) -> Self:
        """A command asks no port."""
        if self.command is not None and (self.path is not None or self.port is not None):
            raise ValueError("asks a command and a port: keep one of the two")
        return self


def _sort(raw: Any) -> str:  # noqa: ANN401  # whatever stands in the page
    return "a path" if isinstance(raw, str) else "a probe"


Asked = Annotated[
    Annotated[fields.UrlPath, Tag("a path")] | Annotated[Probe, Tag("a probe")], Discriminator(_sort)
]


class Health(fields.Spec):
    """`{live: /health, ready: /ready}`: where to ask whether it lives and whether it is ready."""

    live: Asked | None = None
    """Does it live; where it does not, it is started again."""
    ready: Asked | None = None
    """Is it ready; until it is, it is sent nothing, and whoever uses it waits."""
    port: fields.Name | None = None
    """Port that is asked; where nothing is said, `http`, else the lowest number."""
    interval: _Interval = 1.0
    """Time between two questions, 100ms to 1h."""
    timeout: fields.Duration = 1.0
    """How long an answer may take."""
    deadline: fields.Duration = 60.0
    """Until when after its start it must be ready for the first time."""

    model_config = fields.holding("anyOf", "live", "ready")

    @model_validator(mode="after")
    def asks_something(self) -> Self:
        """A probe that asks nothing proves nothing."""
        if self.live is None and self.ready is None:
            raise ValueError(
                "names no probe: say live, ready or both, such as {live: /health, ready: /ready}"
            )
        return self

    def needs_port(self) -> bool:
        """Whether something is asked of a port."""
        asked = (one for one in (self.live, self.ready) if one is not None)
        return any(isinstance(one, str) or one.command is None for one in asked)

    def commands(self) -> dict[str, list[str]]:
        """The words of the probes that are commands, by `live` and `ready`."""
        asked = {"live": self.live, "ready": self.ready}
        return {name: one.command for name, one in asked.items() if isinstance(one, Probe) and one.command}


class Metrics(fields.Spec):
    """`{path: /metrics, port: http}`: where Prometheus reads it."""

    path: fields.UrlPath = "/metrics"
    """Path of its metrics, in Prometheus' text format."""
    port: fields.Name | None = None
    """Port that is read; where nothing is said, `http`, else the lowest number."""
    every: fields.Duration | None = None
    """Time between two readings; where nothing is said, `observe.scrape`."""


def lower(
    health: Health | None,
    endpoint_of: Callable[[str | None], str],
    words: Mapping[str, tuple[Template, ...]],
) -> parts.Probes:
    """The probes of a service; `endpoint_of` names the endpoint of a port, `words` are resolved commands."""
    if health is None:
        return parts.Probes()

    def lowered(name: str, asked: str | Probe | None) -> parts.AnyProbe | None:
        if asked is None:
            return None
        if isinstance(asked, str):
            return parts.Probe(endpoint=endpoint_of(health.port), path=asked)
        if asked.command is not None:
            return parts.CommandProbe(
                words=words[name],
                interval_seconds=asked.interval,
                timeout_seconds=asked.timeout,
                after_seconds=asked.after or 0.0,
                failures_max=asked.failures,
            )
        return parts.Probe(
            endpoint=endpoint_of(asked.port or health.port),
            path=asked.path,
            interval_seconds=asked.interval,
            timeout_seconds=asked.timeout,
            after_seconds=asked.after or 0.0,
            failures_max=asked.failures,
        )

    return parts.Probes(
        live=lowered("live", health.live),
        ready=lowered("ready", health.ready),
        interval_seconds=health.interval,
        timeout_seconds=health.timeout,
        deadline_seconds=health.deadline,
    )
