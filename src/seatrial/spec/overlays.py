"""What one environment says in place of the page: hosts, settings, counts, sizes, machines."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from seatrial import parts
from seatrial.kinds import scales, sizes
from seatrial.values import fields


class StoreOverlay(fields.Spec):
    """`{copies: 3, size: 500Gi}`: what of a store differs in one environment."""

    copies: Annotated[int, Field(ge=1, le=99)] | None = None
    """Servers that hold the same data."""
    read_copies: Annotated[int, Field(ge=0, le=15)] | None = None
    """Copies that only answer reads, of a postgres."""
    size: fields.Bytes | None = None
    """How much it keeps on disk."""
    extensions: list[fields.Text] | None = None
    """All of them, in place of the page's."""
    settings: dict[fields.SettingName, fields.Setting] | None = None
    """All of them, in place of the page's."""
    resources: sizes.Size | None = None
    """Cores and memory of its server."""


class BudgetOverlay(fields.Spec):
    """`{limit: 500 USD}`: another limit."""

    limit: fields.Money
    """What may be spent here."""


class Nodes(fields.Spec):
    """`{min: 4, max: 20, cpu: 16, memory: 64Gi}`: machines of one sort."""

    min: Annotated[int, Field(ge=0, le=10_000)]
    """Machines at least."""
    max: Annotated[int, Field(ge=1, le=10_000)]
    """Machines at most."""
    cpu: fields.Cores | None = None
    """Cores of one machine."""
    memory: fields.Bytes | None = None
    """Memory of one machine."""
    disk: fields.Bytes | None = None
    """Disk of one machine."""
    gpu: fields.Text | None = None
    """Model of its graphics processors."""
    spot: bool = False
    """They may be taken away, and are cheaper for that."""
    expire: fields.Duration | None = None
    """Age at which a machine is replaced."""
    idle: fields.Duration | None = None
    """After so long of too little work a machine is given back."""

    def lower(self, name: str) -> parts.NodePool:
        return parts.NodePool(
            name=name,
            nodes_min=self.min,
            nodes_max=self.max,
            cpu_cores=self.cpu,
            memory_bytes=self.memory,
            disk_bytes=self.disk,
            gpu=self.gpu,
            spot=self.spot,
            expire_seconds=self.expire,
            idle_seconds=self.idle,
        )


class Environment(fields.Spec):
    """`{domain: example.com, scale: {"*": {min: 2}}}`: hosts, settings, counts and sizes in one place."""

    domain: fields.Domain | None = None
    """What `${env.domain}` stands for; `localhost` on a laptop."""
    region: fields.Text | None = None
    """Where it runs, and what `${env.region}` stands for."""
    zones: Annotated[int, Field(ge=1, le=9)] | None = None
    """Over how many zones of the region it is spread."""
    second_region: fields.Text | None = None
    """Where the system is brought up when the first is lost."""
    branch: fields.Text | None = None
    """What is merged here is delivered here."""
    approve: bool = False
    """Somebody agrees before."""
    env: dict[fields.Variable, fields.Setting] = {}
    """Plain settings that are added to those of the page, or replace them."""
    scale: dict[str, scales.Scale] = {}
    """Counts of a service by name, or of all by `*`; only what is said here is replaced."""
    size: dict[str, sizes.Size] = {}
    """Sizes of a service by name, or of all by `*`; only what is said here is replaced."""
    stores: dict[fields.Name, StoreOverlay] = {}
    """What of a store differs here, by its name."""
    budgets: dict[fields.Name, BudgetOverlay] = {}
    """Other limits, by the budget's name."""
    externals: dict[fields.Name, fields.HttpUrl] = {}
    """Other addresses, such as a sandbox of the same service."""
    nodes: dict[fields.Name, Nodes] = {}
    """Pools of machines, by the name that `place.pool` names."""
    without: list[fields.Name] = []
    """Services and jobs that do not run here."""
