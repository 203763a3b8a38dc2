"""The closed set of parts that a plan is made of.

Kinds lower to parts; targets and drivers render or run them. A new part is a class and a line in `PARTS`,
and a test walks `PARTS` and asks every driver and target whether it handles the part or refuses it by name.
"""

from __future__ import annotations

from seatrial.parts.networks import Access, Endpoint, Exposure
from seatrial.parts.operations import Backup, Signal
from seatrial.parts.programs import Command, Probe, Probes, Program, Scale, Server, Size
from seatrial.parts.settings import Config, Secret, Volume
from seatrial.parts.workloads import Job, Workload

Part = Workload | Job | Endpoint | Exposure | Volume | Config | Secret | Access | Backup | Signal

PARTS: tuple[type[Part], ...] = (
    Workload,
    Job,
    Endpoint,
    Exposure,
    Volume,
    Config,
    Secret,
    Access,
    Backup,
    Signal,
)

__all__ = [
    "PARTS",
    "Access",
    "Backup",
    "Command",
    "Config",
    "Endpoint",
    "Exposure",
    "Job",
    "Part",
    "Probe",
    "Probes",
    "Program",
    "Scale",
    "Secret",
    "Server",
    "Signal",
    "Size",
    "Volume",
    "Workload",
]
