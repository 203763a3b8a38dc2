"""The page as a closed model: every kind and promise that there is, and nothing else."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import Discriminator, Field, Tag, model_validator

from seatrial import kinds, promises
from seatrial.kinds import sizes
from seatrial.values import fields


class Metadata(fields.Spec):
    """What the system is called, what it is for, and who owns it."""

    name: fields.Name
    summary: fields.Text | None = None
    owner: fields.Text | None = None


class Build(fields.Spec):
    """The folder that services and jobs run in, and the Python they need."""

    context: fields.Text = "."
    python: fields.Text | None = None


GeneratedBytes = Annotated[
    str,
    *fields.matching(
        "number of bytes", r"^(1[6-9]|[2-9]\d|[1-4]\d\d|50\d|51[0-2]) bytes$", "16 to 512 bytes: 32 bytes"
    ),
]


class SecretSpec(fields.Spec):
    """Generated once and kept, or handed in by the operator; shown once where people need it."""

    generate: GeneratedBytes | None = None
    prefix: Annotated[
        str, *fields.matching("prefix", r"^[A-Za-z0-9_-]{0,20}$", "letters, digits, '_' and '-'")
    ] = ""
    show: bool = False
    from_: Literal["operator"] | None = Field(default=None, alias="from")

    @model_validator(mode="after")
    def has_one_source(self) -> Self:
        """Either we make it or the operator does."""
        if (self.generate is None) == (self.from_ is None):
            raise ValueError("needs exactly one source: generate (such as 32 bytes) or from: operator")
        return self

    @property
    def size_bytes(self) -> int:
        return int(self.generate.split()[0]) if self.generate else 32


class Environment(fields.Spec):
    """An overlay of hosts, settings, counts and sizes; `*` stands for every service."""

    domain: fields.Text | None = None
    region: fields.Text | None = None
    env: dict[fields.Variable, fields.Setting] = {}
    scale: dict[str, sizes.Scale] = {}
    size: dict[str, sizes.Size] = {}


_PROMISE_TAGS = {key: module.TAG for module in promises.PROMISES for key in module.KEYS}


def _promise_tag(raw: Any) -> str | None:  # noqa: ANN401  # whatever stands in the page
    """A promise is known by what it is about."""
    keys = raw if isinstance(raw, dict) else ()
    return next((tag for key, tag in _PROMISE_TAGS.items() if key in keys), None)


Watch = promises.watch.Spec
Store = Annotated[kinds.StoreSpec, Field(discriminator="kind")]
Promise = Annotated[
    Annotated[promises.latency.Spec, Tag(promises.latency.TAG)]
    | Annotated[promises.availability.Spec, Tag(promises.availability.TAG)]
    | Annotated[promises.recovery.Spec, Tag(promises.recovery.TAG)],
    Discriminator(_promise_tag),
]


class Page(fields.Spec):
    """Everything that one `seatrial.yaml` may say."""

    api_version: Literal["seatrial/v1alpha1"]
    kind: Literal["System"]
    metadata: Metadata
    build: Build = Build()
    env: dict[fields.Variable, fields.Setting] = {}
    secrets: dict[fields.Name, SecretSpec] = {}
    services: dict[fields.Name, kinds.service.Spec] = {}
    jobs: dict[fields.Name, kinds.job.Spec] = {}
    stores: dict[fields.Name, Store] = {}
    promises: dict[fields.Name, Promise] = {}
    watch: dict[fields.Name, Watch] = {}
    environments: dict[fields.Name, Environment] = {}
    notes: fields.Text | None = None
    """What `up` tells people at the end, with references to URLs and to where secrets are kept."""
