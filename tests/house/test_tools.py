"""The linter, the formatter, the type checker and the layers: no change passes without them."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PROGRAMS = Path(sys.executable).parent
CODE = ["src", "kit", "systems", "tests", "benchmarks"]
PACKAGES = ["src/seatrial", "kit/src/seatrial_kit", "systems/gekb/src/gekb"]
SEAMS = ["tests/unit/drivers/test_coverage.py"]  # holds a driver against the protocol, which only types can
COMMANDS = {
    "the linter": ["ruff", "check", *CODE],
    "the formatter": ["ruff", "format", "--check", *CODE],
    "the type checker": ["mypy", *PACKAGES, *SEAMS],
    "the layers": ["lint-imports"],
}


@pytest.mark.parametrize("command", COMMANDS.values(), ids=COMMANDS.keys())
def test_the_tools_have_nothing_to_say(command: list[str]) -> None:
    done = subprocess.run(
        [str(PROGRAMS / command[0]), *command[1:]], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
