"""What runs: workloads that stay, and jobs that end."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from seatrial.parts.programs import Probe, Probes, Program, Scale, Size
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
    metrics: Probe | None = None
    scale: Scale = Scale()
    size: Size = Size()
    volumes: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Job:
    """A process that ends: before a deploy, or on demand."""

    name: str
    program: Program
    when: Literal["before-deploy", "on-demand"]
    env: tuple[tuple[str, Template], ...] = ()
    configs: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    size: Size = Size()
    deadline_seconds: float = 300.0
