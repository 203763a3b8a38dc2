"""What is printed fits where it goes: plain lines off a terminal, no colour where none is wanted."""

import os
import pty
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.integration.cli.conftest import Terminal

PROGRAM = str(Path(sys.executable).parent / "seatrial")
PAGE = (
    "services: {api: {command: [sleep, '600']}}\n"
    "jobs: {long: {command: [sh, -c, 'trap \"echo ended; exit\" TERM; echo on; sleep 600 & wait']}}\n"
)
COLOUR = (b"\x1b[3", b"\x1b[1;3")
"""How a sequence begins that colours what follows."""


def up_in_terminal(folder: Path, **environment: str) -> bytes:
    pid, terminal = pty.fork()
    if pid == 0:
        os.chdir(folder)
        os.execve(PROGRAM, [PROGRAM, "up", "--detach"], {"PATH": os.environ["PATH"], **environment})
    told = b""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            told += os.read(terminal, 4096)
        except OSError:  # its other end is closed
            break
    os.close(terminal)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0, told
    return told


@pytest.mark.parametrize(
    ("environment", "moves", "coloured"),
    [
        ({"TERM": "xterm-256color"}, True, True),
        ({"TERM": "xterm-256color", "NO_COLOR": "1"}, True, False),
        ({"TERM": "dumb"}, False, False),
    ],
    ids=str,
)
def test_a_terminal_decides_on_colour_and_movement(
    environment: dict[str, str], moves: bool, coloured: bool, terminal: Terminal
) -> None:
    terminal.page(PAGE)
    told = up_in_terminal(terminal.folder, **environment)
    assert (b"\x1b[" in told) == moves
    assert any(sequence in told for sequence in COLOUR) == coloured
    assert b"ready" in told


def test_off_a_terminal_nothing_is_coloured_and_each_change_is_a_line(terminal: Terminal) -> None:
    terminal.page(PAGE)
    for words in (("up", "--detach"), ("status",), ("restart", "api"), ("run", "--help"), ("down",)):
        done = terminal.type(*words)
        assert done.code == 0
        assert "\x1b" not in done.out + done.err
        assert "\r" not in done.out + done.err


def test_ctrl_c_ends_a_job_in_order_and_is_told_as_shells_expect(terminal: Terminal) -> None:
    terminal.page(PAGE)
    assert terminal.type("up", "--detach").code == 0
    with subprocess.Popen(
        [PROGRAM, "run", "long"], cwd=terminal.folder, stdout=subprocess.PIPE, text=True
    ) as running:
        assert running.stdout
        assert running.stdout.readline() == "on\n"
        running.send_signal(signal.SIGINT)
        assert running.stdout.read() == "ended\n"
        assert running.wait(timeout=30) == 130
