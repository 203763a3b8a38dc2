"""What a part takes of the machine, measured of processes that are really there."""

import os
import subprocess
import sys
import time
from pathlib import Path

from seatrial.drivers import reports
from seatrial.drivers.laptop import folders, records
from seatrial.drivers.laptop.telemetry import usages


def record(folder: folders.Folder, pid: int | None) -> None:
    component = reports.Component(name="api", state=reports.State.READY, pid=pid)
    made = records.Record(
        phase="up", system="s", environment="laptop", fingerprint="f", components=(component,)
    )
    records.write_record(folder, made)


def test_memory_cores_processes_and_data_of_a_part_are_told(tmp_path: Path) -> None:
    folder = folders.open_folder(tmp_path)
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "file").write_bytes(b"x" * 100_000)
    watcher = usages.Watcher(folder=folder, data={"api": (str(tmp_path / "data"), str(tmp_path / "gone"))})
    busy = subprocess.Popen([sys.executable, "-c", "while True: pass"])
    try:
        record(folder, os.getpid())
        (first,) = watcher.look()
        time.sleep(0.3)
        (second,) = watcher.look()
    finally:
        busy.kill()
        busy.wait()
    assert (first.part, first.source) == ("api", "machine")
    assert usages.CORES not in first.readings, "there is nothing yet to compare it with"
    assert second.readings[usages.PROCESSES] >= 2
    assert second.readings[usages.MEMORY] > 2**20
    assert second.readings[usages.CORES] > 0
    assert second.readings[usages.DATA] >= 100_000


def test_a_part_without_a_process_and_a_run_without_a_record_tell_nothing(tmp_path: Path) -> None:
    folder = folders.open_folder(tmp_path)
    watcher = usages.Watcher(folder=folder, data={})
    assert watcher.look() == []
    record(folder, None)
    assert watcher.look() == []
    record(folder, 2**22 + 1)
    assert watcher.look() == []
