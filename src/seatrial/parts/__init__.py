"""The closed set of parts that a plan is made of.

Kinds lower to parts; targets and drivers render or run them. A new part is a class and a line in `PARTS`,
and a test walks `PARTS` and asks every driver and target whether it handles the part or refuses it by name.
"""

from __future__ import annotations

from seatrial.parts.data import (
    Bucket,
    Expiry,
    Model,
    Price,
    Topic,
)
from seatrial.parts.networks import (
    Access,
    CacheRule,
    Endpoint,
    Exposure,
    External,
    Group,
    Protocol,
    RateRule,
)
from seatrial.parts.operations import (
    Backup,
    Budget,
    BudgetAction,
    Contact,
    Delivery,
    NodePool,
    Observation,
    Severity,
    Signal,
    Site,
)
from seatrial.parts.programs import (
    Account,
    AnyProbe,
    Build,
    Command,
    CommandProbe,
    Place,
    Probe,
    Probes,
    Program,
    QueueLoad,
    Scale,
    ScaleStep,
    Scrape,
    Server,
    Size,
    TopicLoad,
)
from seatrial.parts.settings import (
    Config,
    Secret,
    Volume,
)
from seatrial.parts.workloads import (
    Job,
    Workload,
)

Part = (
    Workload
    | Job
    | Endpoint
    | Exposure
    | External
    | Volume
    | Bucket
    | Topic
    | Model
    | Config
    | Secret
    | Access
    | Group
    | Backup
    | Budget
    | Signal
    | Contact
    | Severity
    | Site
    | NodePool
    | Observation
    | Delivery
)

PARTS: tuple[type[Part], ...] = (
    Workload,
    Job,
    Endpoint,
    Exposure,
    External,
    Volume,
    Bucket,
    Topic,
    Model,
    Config,
    Secret,
    Access,
    Group,
    Backup,
    Budget,
    Signal,
    Contact,
    Severity,
    Site,
    NodePool,
    Observation,
    Delivery,
)

__all__ = [
    "PARTS",
    "Access",
    "Account",
    "AnyProbe",
    "Backup",
    "Bucket",
    "Budget",
    "BudgetAction",
    "Build",
    "CacheRule",
    "Command",
    "CommandProbe",
    "Config",
    "Contact",
    "Delivery",
    "Endpoint",
    "Expiry",
    "Exposure",
    "External",
    "Group",
    "Job",
    "Model",
    "NodePool",
    "Observation",
    "Part",
    "Place",
    "Price",
    "Probe",
    "Probes",
    "Program",
    "Protocol",
    "QueueLoad",
    "RateRule",
    "Scale",
    "ScaleStep",
    "Scrape",
    "Secret",
    "Server",
    "Severity",
    "Signal",
    "Site",
    "Size",
    "Topic",
    "TopicLoad",
    "Volume",
    "Workload",
]
