"""The page as a closed model: every kind and promise that there is, and nothing else."""

from __future__ import annotations

import functools
import operator
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self

from pydantic import Discriminator, Field, Tag, model_validator

from seatrial import kinds, promises
from seatrial.kinds import builds
from seatrial.spec import operators, overlays
from seatrial.values import fields


class Metadata(fields.Spec):
    """What the system is called, what it is for, and who owns it."""

    name: fields.Name
    summary: fields.Text | None = None
    owner: fields.Text | None = None
    labels: dict[fields.Text, fields.Setting] = {}
    """On everything that is made, so that costs can be told apart."""


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
    rotate: fields.Duration | None = None
    """After so long it should be a new one."""
    refresh: fields.Duration | None = None
    """How often a changed text is fetched from where the operator keeps it."""

    @model_validator(mode="after")
    def has_one_source(self) -> Self:
        """Either we make it or the operator does."""
        if (self.generate is None) == (self.from_ is None):
            raise ValueError("needs exactly one source: generate (such as 32 bytes) or from: operator")
        return self

    @property
    def size_bytes(self) -> int:
        return int(self.generate.split()[0]) if self.generate else 32


_PROMISE_TAGS = {key: module.TAG for module in promises.PROMISES for key in module.KEYS}


def _promise_tag(raw: Any) -> str | None:  # noqa: ANN401  # whatever stands in the page
    """A promise is known by what it is about."""
    keys = raw if isinstance(raw, dict) else ()
    return next((tag for key, tag in _PROMISE_TAGS.items() if key in keys), None)


Watch = promises.watch.Spec
if TYPE_CHECKING:
    Store = kinds.StoreSpec
    Promise = fields.Spec
else:  # the unions follow the registries, so that a new kind or promise is a line there and none here
    Store = Annotated[
        functools.reduce(operator.or_, (module.Spec for module in kinds.STORES)), Field(discriminator="kind")
    ]
    Promise = Annotated[
        functools.reduce(
            operator.or_, (Annotated[module.Spec, Tag(module.TAG)] for module in promises.PROMISES)
        ),
        Discriminator(_promise_tag),
    ]


class Page(fields.Spec):
    """Everything that one `seatrial.yaml` may say."""

    api_version: Literal["seatrial/v1alpha1"]
    kind: Literal["System"]
    metadata: Metadata
    build: builds.Build = builds.Build()
    env: dict[fields.Variable, fields.Setting] = {}
    secrets: dict[fields.Name, SecretSpec] = {}
    services: dict[fields.Name, kinds.service.Spec] = {}
    jobs: dict[fields.Name, kinds.job.Spec] = {}
    stores: dict[fields.Name, Store] = {}
    models: dict[fields.Name, kinds.model.Spec] = {}
    externals: dict[fields.Name, kinds.external.Spec] = {}
    groups: dict[fields.Name, operators.Group] = {}
    promises: dict[fields.Name, Promise] = {}
    watch: dict[fields.Name, Watch] = {}
    budgets: dict[fields.Name, operators.Budget] = {}
    people: dict[fields.Name, operators.Person] = {}
    severities: dict[fields.Name, operators.Severity] = {}
    observe: operators.Observe = operators.Observe()
    delivery: operators.Delivery = operators.Delivery()
    environments: dict[fields.Name, overlays.Environment] = {}
    notes: fields.Text | None = None
    """What `up` tells people at the end, with references to URLs and to where secrets are kept."""
