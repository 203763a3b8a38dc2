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
    """`{name: shop, summary: Sells things, owner: sales}`: what the system is called, and whose it is."""

    name: fields.Name
    """What the system is called; everything that is made bears it."""
    summary: fields.Text | None = None
    """What it is for, in a line."""
    owner: fields.Text | None = None
    """The team that answers for it."""
    labels: dict[fields.Text, fields.Setting] = {}
    """On everything that is made, so that costs can be told apart."""


GeneratedBytes = Annotated[
    str,
    *fields.matching(
        "number of bytes",
        r"^(1[6-9]|[2-9]\d|[1-4]\d\d|50\d|51[0-2]) bytes$",
        "16 to 512 bytes, such as 32 bytes",
    ),
]


class SecretSpec(fields.Spec):
    """`{generate: 32 bytes}`, `{from: operator}`: a secret that is made once and kept, or handed in."""

    generate: GeneratedBytes | None = None
    """Bytes of chance that it is made from, once; it is kept afterwards."""
    prefix: Annotated[
        str, *fields.matching("prefix", r"^[A-Za-z0-9_-]{0,20}$", "letters, digits, '_' and '-'")
    ] = ""
    """What the text begins with, so that people and scanners know it."""
    show: bool = False
    """People need it: the first start shows it once, later ones say where it is kept."""
    from_: Literal["operator"] | None = Field(default=None, alias="from")
    """The operator hands it in; in place of `generate`."""
    rotate: fields.Duration | None = None
    """After so long it should be a new one."""
    refresh: fields.Duration | None = None
    """How often a changed text is fetched from where the operator keeps it."""

    model_config = fields.holding("oneOf", "generate", "from")

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
    """The form of the page."""
    kind: Literal["System"]
    """What is described: a system."""
    metadata: Metadata
    """What the system is called, and whose it is."""
    build: builds.Build = builds.Build()
    """What services and jobs are made from, unless they have a build of their own."""
    env: dict[fields.Variable, fields.Setting] = {}
    """Plain settings that every service and job is given."""
    secrets: dict[fields.Name, SecretSpec] = {}
    """Texts that nobody may read on the page, by name; `uses` gives them to a service or job."""
    services: dict[fields.Name, kinds.service.Spec] = {}
    """Processes that stay, by name."""
    jobs: dict[fields.Name, kinds.job.Spec] = {}
    """Processes that end, by name."""
    stores: dict[fields.Name, Store] = {}
    """What keeps data, by name."""
    models: dict[fields.Name, kinds.model.Spec] = {}
    """Models for text or embeddings, by name, behind a gateway that keeps their budgets."""
    externals: dict[fields.Name, kinds.external.Spec] = {}
    """Outside addresses that the system must reach, by name."""
    groups: dict[fields.Name, operators.Group] = {}
    """Services and jobs that are kept apart, by name."""
    promises: dict[fields.Name, Promise] = {}
    """What users are owed, by name."""
    watch: dict[fields.Name, Watch] = {}
    """Signals that operators want to see, by name; nothing proves them."""
    budgets: dict[fields.Name, operators.Budget] = {}
    """What may be spent, by name."""
    people: dict[fields.Name, operators.Person] = {}
    """Whoever is told, by name."""
    severities: dict[fields.Name, operators.Severity] = {}
    """How soon somebody answers; `critical`, `warning` and `info` are there anyhow."""
    observe: operators.Observe = operators.Observe()
    """How metrics and traces are taken, and how long they are kept."""
    delivery: operators.Delivery = operators.Delivery()
    """What people make sure of around a release."""
    environments: dict[fields.Name, overlays.Environment] = {}
    """What differs in one place, by its name; `laptop` is there anyhow."""
    notes: fields.Text | None = None
    """What `up` tells people at the end, with references to URLs and to where secrets are kept."""
