"""What one environment says in place of the page: hosts, settings, counts, sizes, machines."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from seatrial import parts
from seatrial.kinds import scales, sizes
from seatrial.values import fields


class StoreOverlay(fields.Spec):
    """What of a store differs in one environment."""

    copies: Annotated[int, Field(ge=1, le=99)] | None = None
    read_copies: Annotated[int, Field(ge=0, le=15)] | None = None
    size: fields.Bytes | None = None
    resources: sizes.Size | None = None


class BudgetOverlay(fields.Spec):
    """Another limit."""

    limit: fields.Money


class Nodes(fields.Spec):
    """Machines of one sort: `{min: 4, max: 20, cpu: 16, memory: 64Gi}`."""

    min: Annotated[int, Field(ge=0, le=10_000)]
    max: Annotated[int, Field(ge=1, le=10_000)]
    cpu: fields.Cores | None = None
    memory: fields.Bytes | None = None
    gpu: fields.Text | None = None
    spot: bool = False
    expire: fields.Duration | None = None
    idle: fields.Duration | None = None
    """After so long of too little work a machine is given back."""

    def lower(self, name: str) -> parts.NodePool:
        return parts.NodePool(
            name=name,
            nodes_min=self.min,
            nodes_max=self.max,
            cpu_cores=self.cpu,
            memory_bytes=self.memory,
            gpu=self.gpu,
            spot=self.spot,
            expire_seconds=self.expire,
            idle_seconds=self.idle,
        )


class Environment(fields.Spec):
    """An overlay of hosts, settings, counts and sizes; `*` stands for every service."""

    domain: fields.Text | None = None
    region: fields.Text | None = None
    zones: Annotated[int, Field(ge=1, le=9)] | None = None
    second_region: fields.Text | None = None
    """Where the system is brought up when the first is lost."""
    branch: fields.Text | None = None
    """What is merged here is delivered here."""
    approve: bool = False
    """Somebody agrees before."""
    env: dict[fields.Variable, fields.Setting] = {}
    scale: dict[str, scales.Scale] = {}
    size: dict[str, sizes.Size] = {}
    stores: dict[fields.Name, StoreOverlay] = {}
    budgets: dict[fields.Name, BudgetOverlay] = {}
    externals: dict[fields.Name, fields.HttpUrl] = {}
    """Other addresses, such as a sandbox of the same service."""
    nodes: dict[fields.Name, Nodes] = {}
    without: list[fields.Name] = []
    """Services and jobs that do not run here."""
