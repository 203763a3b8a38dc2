"""Draws docs/pictures/up.svg from what `./run up gekb` really shows in a terminal of 100 columns. Needs tmux."""

from __future__ import annotations

import io
import re
import subprocess
import time
from pathlib import Path

from rich.console import Console
from rich.text import Text

ROOT = Path(__file__).parents[2]
SESSION = "seatrial-picture"
COLUMNS, ROWS = 110, 40
UP_SECONDS_MAX = 120


def tmux(*words: str) -> str:
    return subprocess.run(["tmux", *words], cwd=ROOT, capture_output=True, text=True, check=True).stdout


def screen_of_up() -> str:
    """The terminal, with its colours, at the moment at which everything is up."""
    tmux("new-session", "-d", "-s", SESSION, "-x", str(COLUMNS), "-y", str(ROWS), "./run up gekb")
    try:
        deadline = time.monotonic() + UP_SECONDS_MAX
        while "Ctrl-C stops it" not in tmux("capture-pane", "-p", "-t", SESSION):
            if time.monotonic() > deadline:
                raise TimeoutError("up did not come to its end")
            time.sleep(0.2)
        return tmux("capture-pane", "-e", "-p", "-t", SESSION)
    finally:
        tmux("send-keys", "-t", SESSION, "C-c")


def main() -> None:
    shown = "$ ./run up gekb\n" + screen_of_up().rstrip() + "\n"
    shown = shown.replace(f"{ROOT}/", "")
    shown = re.sub(r"gekb_[\w-]{30,}", "gekb_…", shown)
    console = Console(record=True, width=COLUMNS, file=io.StringIO(), force_terminal=True)
    console.print(Text.from_ansi(shown))
    picture = re.sub(r"@font-face \{.*?\}", "", console.export_svg(title="seatrial"), flags=re.DOTALL)
    picture = re.sub(r"<!--.*?-->", "", picture, flags=re.DOTALL)
    (Path(__file__).parent / "up.svg").write_text(picture, encoding="utf-8")


if __name__ == "__main__":
    main()
