"""What runs: workloads that stay, and jobs that end."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from seatrial.parts.programs import Place, Probes, Program, Scale, Scrape, Size
from seatrial.values.references import Template


@dataclass(frozen=True, kw_only=True, slots=True)
class Workload:
    """A long-lived process or server."""

    name: str
    program: Program
    env: tuple[tuple[str, Template], ...] = ()
    configs: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    """Parts that must be ready (jobs: done) before this one starts."""
    probes: Probes = Probes()
    metrics: Scrape | None = None
    scale: Scale = Scale()
    size: Size = Size()
    volumes: tuple[str, ...] = ()
    place: Place = Place()
    stop_seconds: float = 10.0
    """How long it may take to finish what is in flight after it was told to stop."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Job:
    """A process that ends: before a deploy, on a schedule, or on demand."""

    name: str
    program: Program
    when: Literal["before-deploy", "schedule", "on-demand"]
    schedule: str | None = None
    """Five fields as cron has them."""
    zone: str = "UTC"
    overlap: Literal["forbid", "allow", "replace"] = "forbid"
    """What happens when it is due while the last one still runs."""
    retries: int = 0
    env: tuple[tuple[str, Template], ...] = ()
    configs: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    size: Size = Size()
    deadline_seconds: float = 300.0
    volumes: tuple[str, ...] = ()
    place: Place = Place()
