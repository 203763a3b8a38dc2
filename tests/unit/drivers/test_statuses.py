"""What is said of a system corrects its record where somebody else than its supervisor has acted."""

import os
from pathlib import Path

from seatrial import parts
from seatrial.drivers.laptop import folders, identities, records, statuses, turns
from seatrial.drivers.reports import Component, State

JOB = parts.Job(
    name="tidy",
    program=parts.Command(words=(), build=parts.Build(context=".")),
    when="schedule",
    schedule="0 3 * * *",
)


def test_a_job_that_failed_at_its_time_is_done_once_somebody_has_run_it_well(tmp_path: Path) -> None:
    folder = folders.open_folder(tmp_path)
    failed = Component(name="tidy", state=State.FAILED, reason="ended with code 7", since=1.0, due=2.0)
    record = records.Record(
        phase="up",
        system="shop",
        environment="laptop",
        fingerprint="x",
        supervisor_pid=os.getpid(),
        supervisor_birth=identities.birth_of(os.getpid()) or "",
        components=(failed,),
    )
    records.write_record(folder, record)
    assert statuses.status_of(folder).components == (failed,)
    turns.write_success(folder, JOB)
    told = statuses.status_of(folder).components[0]
    assert (told.state, told.reason, told.due) == (State.DONE, "", 2.0)
    assert told.since > failed.since
