"""What is said of a system to somebody who looks: the record, corrected by what is found alive."""

from __future__ import annotations

from dataclasses import replace

from seatrial.drivers.laptop import folders, identities, leftovers, records, turns
from seatrial.drivers.reports import Component, State, Status

_LOST = "its supervisor is gone"


def status_of(folder: folders.Folder) -> Status:
    record = records.read_record(folder)
    mark = leftovers.Mark(run=folder.run)
    if record is None:
        left = len(leftovers.find_marked(mark))
        return Status(phase="lost" if left else "never", leftovers=left)
    supervisor = record.supervisor
    phase, left = record.phase, 0
    if supervisor is None:
        left = len(leftovers.find_marked(mark, record.processes))
        phase = "lost" if left or phase in records.RUNNING else phase
    known = tuple(map(_orphaned, record.components)) if phase == "lost" else record.components
    return Status(
        phase=phase,
        system=record.system,
        environment=record.environment,
        fingerprint=record.fingerprint,
        settings=record.settings,
        failure=record.failure,
        components=tuple(_redeemed(one, turns.last_success(folder, one.name)) for one in known),
        urls=record.urls,
        inner_urls=record.inner_urls,
        elapsed_seconds=record.elapsed_seconds,
        supervisor_pid=supervisor.pid if supervisor else None,
        leftovers=left,
    )


def write_stopped(folder: folders.Folder) -> None:
    """Whatever ran is now stopped; a failure stays readable, and a run that began meanwhile goes on."""
    record = records.read_record(folder)
    if record is None or record.phase == "failed" or record.supervisor:
        return
    components = tuple(
        replace(one, due=None)
        if one.state in (State.DONE, State.FAILED)
        else replace(one, state=State.STOPPED, due=None, pid=None, birth=None)
        for one in record.components
    )
    records.write_record(folder, replace(record, phase="stopped", components=components))


def _redeemed(component: Component, success: float) -> Component:
    """A job that failed at its time and was run well afterwards, by somebody else than its supervisor."""
    if component.state is not State.FAILED or success <= component.since:
        return component
    return replace(component, state=State.DONE, reason="", since=success)


def _orphaned(component: Component) -> Component:
    """Nobody watches it any more."""
    lives = component.pid and identities.birth_of(component.pid) == component.birth
    if component.state is State.DONE or lives:
        return replace(component, reason=_LOST, due=None)
    return replace(component, state=State.STOPPED, reason=_LOST, due=None, pid=None, birth=None)
