"""How a process ended is known, whatever the caller of this program did to its signals."""

import subprocess
import sys
from pathlib import Path

RUNNER = """
import asyncio, pathlib, sys, threading
from seatrial import errors
from seatrial.drivers.laptop import processes
def run():
    words = (sys.executable, "-c", "raise SystemExit(7)")
    launch = processes.Launch(words=words, cwd=pathlib.Path("."), env={})
    try:
        print(asyncio.run(processes.run_to_end(launch, seconds_max=20)).code)
    except errors.RefusedError as error:
        print(error)
if sys.argv[1] == "main":
    run()
else:
    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
"""
IGNORING = """
import os, signal, sys
signal.signal(signal.SIGCHLD, signal.SIG_IGN)
os.execv(sys.argv[1], sys.argv[1:])
"""


def run_with_children_ignored(folder: Path, thread: str) -> str:
    words = [sys.executable, "-c", IGNORING, sys.executable, "-c", RUNNER, thread]
    return subprocess.run(words, capture_output=True, text=True, cwd=folder, check=True, timeout=30).stdout


def test_a_failure_is_a_failure_although_the_caller_ignores_the_end_of_children(tmp_path: Path) -> None:
    assert run_with_children_ignored(tmp_path, "main") == "7\n"


def test_where_the_end_of_children_stays_ignored_nothing_is_started(tmp_path: Path) -> None:
    assert run_with_children_ignored(tmp_path, "other").startswith("SIGCHLD is ignored")
