"""The programs on the kit's how-to pages: everything between ```python and ``` on one page is one program."""

import os
import re
import subprocess
import sys
from pathlib import Path

FOLDER = Path(__file__).parents[2] / "docs" / "how-to"
_BLOCK = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)
SECONDS_MAX = 60


def programs() -> dict[str, str]:
    """The program of each page that has one, by the page's name."""
    found = {page.stem: "\n".join(_BLOCK.findall(page.read_text("utf-8"))) for page in FOLDER.glob("*.md")}
    return {name: program for name, program in found.items() if program}


def run(name: str, environment: dict[str, str]) -> str:
    """What the page's program writes, in a process of its own; it must succeed."""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", programs()[name]],
        env={"PATH": os.environ["PATH"], **environment},
        capture_output=True,
        text=True,
        timeout=SECONDS_MAX,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
