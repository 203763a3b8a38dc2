"""Nothing that is committed names a machine, a registry's host or unfinished work."""

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
UNFINISHED = [("TO", "DO"), ("FIX", "ME"), ("XX", "X")]
FORBIDDEN = {
    "a registry's host": re.compile(r"https?://[^\s\"']*(registry|mirror|proxy|simple/)|files\.pythonhosted"),
    "unfinished work": re.compile(rf"\b({'|'.join(word + tail for word, tail in UNFINISHED)})\b"),
}


def tracked_files() -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=False,
    )
    if listed.returncode != 0:
        pytest.skip("this is no git checkout, so which files are committed cannot be told")
    return [ROOT / name for name in listed.stdout.decode().split("\0") if name and (ROOT / name).is_file()]


@pytest.mark.parametrize("what", FORBIDDEN)
def test_no_committed_file_holds(what: str) -> None:
    found = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in tracked_files()
        if path.suffix not in {".jsonl", ".png", ".svg"}
        for number, line in enumerate(path.read_text(encoding="utf-8", errors="replace").splitlines(), 1)
        if FORBIDDEN[what].search(line)
    ]
    assert not found
