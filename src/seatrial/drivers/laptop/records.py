"""The record of a run, `state.json`: what other processes know of a supervised system."""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass, field

from seatrial.drivers.laptop import folders, owners
from seatrial.drivers.laptop.identities import Identity
from seatrial.drivers.reports import Component, State

VERSION = 1
RUNNING = ("starting", "up", "stopping")
"""Phases in which a supervisor works."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Record:
    """A run as its supervisor last wrote it down."""

    version: int = VERSION
    run: str = ""
    """Of the folder that it was written for: a copy of the folder holds the record of another."""
    phase: str
    """starting, up, stopping, stopped or failed."""
    system: str
    environment: str
    fingerprint: str
    """Of the plan."""
    settings: str = ""
    """Fingerprint of what the operator said."""
    failure: str = ""
    failure_class: str = ""
    """Name of the error that ended the run."""
    began: float = 0.0
    """Unix time."""
    elapsed_seconds: float = 0.0
    supervisor_pid: int = 0
    supervisor_birth: str = ""
    components: tuple[Component, ...] = ()
    urls: dict[str, str] = field(default_factory=dict)
    inner_urls: dict[str, str] = field(default_factory=dict)
    addresses: dict[str, str] = field(default_factory=dict)
    """Endpoint to host:port."""

    @property
    def supervisor(self) -> Identity | None:
        """The supervisor, if it still lives."""
        identity = Identity(pid=self.supervisor_pid, birth=self.supervisor_birth)
        return identity if self.phase in RUNNING and identity.alive() else None

    @property
    def processes(self) -> tuple[Identity, ...]:
        """The processes of all parts, alive or not."""
        return tuple(
            Identity(pid=one.pid, birth=one.birth) for one in self.components if one.pid and one.birth
        )


def write_record(folder: folders.Folder, record: Record) -> None:
    written = dataclasses.replace(record, run=folder.run)
    folders.write_atomically(folder.record, json.dumps(dataclasses.asdict(written), indent=1))


def read_record(folder: folders.Folder) -> Record | None:
    """The last record; None where there is none that this version can read (its processes bear marks too).

    Nor is one of another folder, which came along with a copy: what it names is not ours to stop.
    """
    try:
        raw = json.loads(folder.record.read_text(encoding="utf-8"))
        if raw.get("version") != VERSION or raw.get("run", folder.run) != folder.run:
            return None
        components = tuple(
            Component(**{**component, "state": State(component["state"])}) for component in raw["components"]
        )
        return Record(**{**raw, "components": components})
    except (FileNotFoundError, ValueError, TypeError, KeyError, AttributeError):
        return None
    except PermissionError as error:
        raise owners.not_ours(folder.root) from error
