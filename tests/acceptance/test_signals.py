"""However `up` ends, nothing of it is left after the next command."""

import os
import signal
import subprocess
import time
from pathlib import Path

import psutil
import pytest

from tests.acceptance.clones import Clone


def processes_of(clone: Clone) -> list[str]:
    """The command lines of all processes that run something from this clone."""
    found = []
    for process in psutil.process_iter(["cmdline", "pid"]):
        words = " ".join(process.info["cmdline"] or [])
        if str(clone.folder) in words and process.info["pid"] != os.getpid():
            found.append(words)
    return found


def foreground(clone: Clone, output: Path) -> subprocess.Popen[bytes]:
    """`./run up gekb` in a process group of its own, as a shell starts it; returns once it is up."""
    with output.open("wb") as file:
        up = subprocess.Popen(
            [str(clone.folder / "run"), "up", "gekb"],
            cwd=clone.folder,
            stdout=file,
            stderr=file,
            start_new_session=True,
        )
    deadline = time.monotonic() + 120
    while "Ctrl-C stops it" not in output.read_text():
        assert up.poll() is None, output.read_text()
        assert time.monotonic() < deadline, output.read_text()
        time.sleep(0.1)
    return up


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP], ids=lambda sent: sent.name)
def test_a_signal_to_the_foreground_stops_everything(
    clone: Clone, tmp_path: Path, sent: signal.Signals
) -> None:
    up = foreground(clone, tmp_path / "out")
    assert len(processes_of(clone)) >= 5
    os.killpg(up.pid, sent)
    up.wait(timeout=30)
    assert processes_of(clone) == []
    assert clone.status()["phase"] == "stopped"


def test_after_a_kill_of_the_supervisor_the_next_command_leaves_nothing(clone: Clone, tmp_path: Path) -> None:
    up = foreground(clone, tmp_path / "out")
    before = clone.status()
    os.kill(int(before["supervisor_pid"]), signal.SIGKILL)
    up.wait(timeout=30)
    lost = clone.status()
    assert lost["phase"] == "lost"
    assert lost["leftovers"] >= 4
    clone.run("down", "gekb")
    assert processes_of(clone) == []

    again = foreground(clone, tmp_path / "again")
    os.kill(int(clone.status()["supervisor_pid"]), signal.SIGKILL)
    again.wait(timeout=30)
    third = foreground(clone, tmp_path / "third")
    assert clone.status()["urls"] == before["urls"]
    os.killpg(third.pid, signal.SIGINT)
    third.wait(timeout=30)
    assert processes_of(clone) == []
